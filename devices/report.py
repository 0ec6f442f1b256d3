"""Making the events of a vendor's message: what it leaves out is marked as left out, never invented."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from msgspec import structs
from msgspec.json import Encoder

from devices.decoding import Rejected, RejectReason
from devices.event import EPOCH, Event, EventType, Location, Vitals
from devices.salvage import UNIT_CHARACTERS_MAX
from devices.text import ID_CHARACTERS_MAX, clean, clean_object, is_event_id

#: Why a message was refused is one line: what a mapping or a topic is called may be longer than anybody reads.
REFUSAL_CHARACTERS_MAX: Final = 1_000
#: A vendor's own words beside what was understood; longer is cut away whole, since half an object is none.
DETAIL_BYTES_MAX: Final = 16 * 1024
_FOREIGN: Final = re.compile(r"[^A-Za-z0-9._:@+-]+")
_ENCODER: Final = Encoder()


def report(  # noqa: PLR0913  # one keyword for each field of an event; every source reads the same
    type_: EventType,
    *,
    device: str | None = None,
    at: datetime | None = None,
    id_: str | None = None,
    is_state: bool = False,
    repeat_s: float = 0.0,
    location: Location | None = None,
    battery_pct: float | None = None,
    signal_dbm: float | None = None,
    vitals: Vitals | None = None,
    value: float | None = None,
    unit: str | None = None,
    detail: Mapping[str, Any] | None = None,
    damage: str | None = None,
) -> Event:
    """Make one event. Without `id_` or `at` it says so (`id_given`, `at_given`); `damage` marks it as damaged.

    `id_` may hold anything; what cannot stand in an id is replaced. An id is unique for its device together with type
    and time, so a source derives one only where the message holds something that another press would change: a
    counter, a sequence number, the network's own id.
    """
    known_id = None if id_ is None else _FOREIGN.sub("_", id_)[:ID_CHARACTERS_MAX]
    if known_id is not None and not is_event_id(known_id):
        known_id = None
    return Event(
        id=known_id or str(type_),
        at=EPOCH if at is None else at,
        type=type_,
        location=location,
        battery_pct=battery_pct,
        signal_dbm=signal_dbm,
        vitals=vitals,
        value=value,
        unit=None if unit is None else clean(unit)[:UNIT_CHARACTERS_MAX],
        detail=detail_of(detail),
        damaged=damage is not None,
        damage=damage,
        device=device,
        is_state=is_state,
        id_given=known_id is not None,
        at_given=at is not None,
        repeat_s=repeat_s,
    )


def reading(name: str, value: float, unit: str, *, id_: str | None = None, **fields: Any) -> Event:
    """Make a single reading; `name` says of what (`temperature`, `humidity`, `battery_voltage`), as its detail.

    The name is part of its id: one message holds several readings of one type and time, and none is a copy of another.
    """
    own_id = None if id_ is None else f"{id_[: ID_CHARACTERS_MAX - 1 - len(name)]}:{name}"
    made = report(EventType.READING, value=value, unit=unit, detail={"name": name}, id_=own_id, **fields)
    return made if made.id_given else structs.replace(made, id=f"{EventType.READING}:{name}"[:ID_CHARACTERS_MAX])


def detail_of(values: Mapping[str, Any] | None) -> bytes | None:
    """Return the vendor's words as the JSON object an event keeps, cleaned; None where nothing or too much is there."""
    if not values:
        return None
    try:
        raw = _ENCODER.encode(values if isinstance(values, dict) else dict(values))
    except (ValueError, TypeError, OverflowError, RecursionError):
        return None  # lone surrogates, or deeper than anybody reads: the bytes themselves are kept anyway
    if len(raw) > DETAIL_BYTES_MAX:
        return None
    # Written here, so every number is one that a double holds, and only strings could need cleaning.
    is_plain = raw.isascii() and b"\\" not in raw and b"\x7f" not in raw
    return raw if is_plain else clean_object(raw)


def rejected(
    reason: RejectReason, detail: str, raw: bytes, *, type_: EventType | None = None, device: str | None = None
) -> Rejected:
    """Refuse a message. `type_` names the alarm that can still be recognised in it: it is then a call all the same.

    `device` is whom it is about, where that can be read and is not the message's device.
    """
    type_word = None if type_ is None else str(type_)
    told = detail if len(detail) <= REFUSAL_CHARACTERS_MAX else f"{detail[:REFUSAL_CHARACTERS_MAX]}…"
    return Rejected(reason=reason, detail=told, raw=raw, type_word=type_word, device=device)
