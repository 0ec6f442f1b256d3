"""An incoming telephone call: how long it may ring, whose it is, and what it is while nobody has answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeVar

from rules.domain.vocabulary import Class

_T = TypeVar("_T")

#: So long a call may ring; then it is a case like any other that nobody has answered (contract.md, part 4).
RINGS_FOR: Final = timedelta(seconds=30)


@dataclass(frozen=True, kw_only=True, slots=True)
class Match:
    """One register entry with the number that rings."""

    resident_id: int | None = None
    contact_id: int | None = None
    device_id: int | None = None
    premises_id: int | None = None
    area: str | None = None


def due_at(began_at: datetime, received_at: datetime) -> datetime:
    """When it becomes a case: 30 s from when it began, on our clock; the telephone system's may be wrong."""
    rung = min(max(received_at - began_at, timedelta(0)), RINGS_FOR)
    return received_at - rung + RINGS_FOR


def whose(found: Sequence[Match]) -> Match:
    """Who rings, as far as all entries agree: two people with one telephone are not one of them."""
    own = [match for match in found if match.contact_id is None]
    told = own or list(found)
    return Match(
        resident_id=_agreed([match.resident_id for match in told]),
        contact_id=None if own else _agreed([match.contact_id for match in told]),
        device_id=_agreed([match.device_id for match in own if match.device_id is not None]),
        premises_id=_agreed([match.premises_id for match in told]),
        area=_agreed([match.area for match in told]),
    )


def class_of(match: Match) -> Class:
    """A resident's or a device's call to the centre is a call for help; of anybody else nobody knows what it is."""
    is_theirs = match.contact_id is None and (match.resident_id, match.device_id, match.premises_id) != (None,) * 3
    return Class.SOS if is_theirs else Class.UNKNOWN


def _agreed(values: Sequence[_T | None]) -> _T | None:
    return values[0] if len(set(values)) == 1 else None
