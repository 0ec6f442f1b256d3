"""What is wrong with a rota, said before the night it would matter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from rules.domain.on_call import ShiftRole

#: So far ahead somebody can still be found.
AHEAD: Final = timedelta(days=7)
#: Whoever is rung at night needs a telephone; who sits at a desk has a screen.
_RUNG: Final = frozenset({ShiftRole.SUPERVISOR, ShiftRole.ON_CALL, ShiftRole.COUNTY_DUTY, ShiftRole.COMMUNITY_WORKER,
                          ShiftRole.RESPONDER})  # fmt: skip


class Wrong(StrEnum):
    NO_NUMBER = "no_number"  #: on the rota without a telephone
    SWITCHED_OFF = "switched_off"  #: the account
    GAP = "gap"  #: nobody on call who could be rung


@dataclass(frozen=True, kw_only=True, slots=True)
class Shift:
    """Somebody's time on the rota."""

    id: int
    role: ShiftRole
    who: str  #: a reference
    from_at: datetime
    to_at: datetime
    has_phone: bool
    disabled: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing wrong: whose shift it is, or from when to when nobody is there."""

    wrong: Wrong
    from_at: datetime
    to_at: datetime
    role: ShiftRole
    shift_id: int | None = None
    who: str | None = None


def findings(shifts: Sequence[Shift], *, now: datetime, ahead: timedelta = AHEAD) -> list[Finding]:
    """Everything wrong from now on, in the order of time."""
    until = now + ahead
    coming = [shift for shift in shifts if shift.to_at > now and shift.from_at < until]
    found = [_of(shift) for shift in coming if shift.role in _RUNG and _unreachable(shift) is not None]
    able = [shift for shift in coming if shift.role is ShiftRole.ON_CALL and _unreachable(shift) is None]
    found += _gaps(able, now, until)
    return sorted(found, key=lambda one: (one.from_at, one.shift_id or 0))


def _unreachable(shift: Shift) -> Wrong | None:
    if shift.disabled:
        return Wrong.SWITCHED_OFF
    return None if shift.has_phone else Wrong.NO_NUMBER


def _of(shift: Shift) -> Finding:
    wrong = _unreachable(shift)
    assert wrong is not None, "asked by the caller"
    return Finding(
        wrong=wrong, from_at=shift.from_at, to_at=shift.to_at, role=shift.role, shift_id=shift.id, who=shift.who
    )


def _gaps(able: Sequence[Shift], now: datetime, until: datetime) -> list[Finding]:
    gaps, covered_to = [], now
    for shift in sorted(able, key=lambda one: one.from_at):
        if shift.from_at > covered_to:
            gaps.append((covered_to, shift.from_at))
        covered_to = max(covered_to, shift.to_at)
    if covered_to < until:
        gaps.append((covered_to, until))
    return [Finding(wrong=Wrong.GAP, from_at=from_at, to_at=to_at, role=ShiftRole.ON_CALL) for from_at, to_at in gaps]
