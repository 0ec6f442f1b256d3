"""The alarm that is still recognisable in a message that could not be used."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Final

from msgspec import DecodeError, Struct, ValidationError
from msgspec.json import Decoder

from devices.decoding import Rejected
from devices.event import ALARMS, EPOCH, Event, EventType
from devices.salvage import AT_BEFORE_MS, AwareTime, trimmed
from gateway.sorting import AlarmArrival

_ALARM_WORDS: Final = frozenset(str(alarm) for alarm in ALARMS)
_ID_CHARACTERS_MAX: Final = 64
_DIGEST_BYTES: Final = 8
#: A device's time that is off by more proves nothing: a clock that was never set says the same at each press.
_CLOCK_TOLERANCE: Final = timedelta(days=1)


class _Dated(Struct, gc=False):
    at: AwareTime | int


_DATED: Final = Decoder(_Dated)


def salvaged(arrival: AlarmArrival) -> Event | None:
    """Its type, and its id or one made for it; None where not even an alarm's type can be read."""
    rejected = arrival.rejected
    if rejected is None or rejected.type_word not in _ALARM_WORDS:
        return None
    id_ = rejected.event_id
    if id_ is None or not _is_usable(id_):
        id_ = _made_id(rejected, arrival)
    return Event(id=id_, at=EPOCH, type=EventType(rejected.type_word), damaged=True, damage=rejected.detail)


def _is_usable(id_: str) -> bool:
    return 1 <= len(id_) <= _ID_CHARACTERS_MAX and id_.isprintable()


def _made_id(rejected: Rejected, arrival: AlarmArrival) -> str:
    """The same for the same bytes, where these hold a time of this press; else one for each that was received.

    Who sends neither id nor time says the same at each press: a later one must not be taken for a copy and vanish.
    A retained one is the broker's copy, however often it shows it.
    """
    at = _at(rejected.raw)
    told_apart = at is not None and abs(arrival.received_at - at) <= _CLOCK_TOLERANCE
    apart = b"" if told_apart or arrival.retained else arrival.received_at.isoformat().encode()
    return f"x-{blake2b(rejected.raw + apart, digest_size=_DIGEST_BYTES).hexdigest()}"


def _at(raw: bytes) -> datetime | None:
    try:
        at = _DATED.decode(trimmed(raw)).at
    except (DecodeError, ValidationError, ValueError, RecursionError):
        return None
    if isinstance(at, datetime):
        return at
    return datetime.fromtimestamp(at / 1000, UTC) if 0 <= at < AT_BEFORE_MS else None
