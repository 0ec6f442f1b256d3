"""Times as vendors write them: counted in several units, or by a pattern, in a zone that the message does not name."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo

from devices.mapping.model import TimeForm
from devices.salvage import AT_BEFORE, AT_MIN
from devices.values import EPOCH_SECONDS_MIN, instant, number

Read = Callable[[Any], datetime | None]

_PER_SECOND: Final = {TimeForm.EPOCH_S: 1, TimeForm.EPOCH_MS: 1_000, TimeForm.EPOCH_US: 1_000_000}
_OFFSET: Final = re.compile(r"([+-])(\d{2}):?(\d{2})")
_DIRECTIVE: Final = re.compile(r"%(.)")
#: What does not depend on the language of the machine.
_DIRECTIVES: Final = frozenset("YymdjHMSfz%")
_NEEDED: Final = (("Y", "y"), ("H",), ("M",))
_DAY: Final = (("m", "d"), ("j",))
_TEXT_CHARACTERS_MAX: Final = 64
_SAMPLE: Final = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)


class BadTime(Exception):
    """The zone or the pattern cannot be used; its words say what can."""


def zone_of(name: str) -> tzinfo:
    """Return the zone of a name (Asia/Shanghai) or an offset (+08:00); what is neither raises BadTime."""
    if found := _OFFSET.fullmatch(name):
        offset = timedelta(hours=int(found[2]), minutes=int(found[3]))
        if offset < timedelta(hours=24):
            return timezone(offset if found[1] == "+" else -offset)
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise BadTime('is no zone; write one such as "Asia/Shanghai", "+08:00" or "UTC"') from None


def check_pattern(pattern: str) -> None:
    """Raise BadTime where a pattern cannot give a time."""
    letters = set(_DIRECTIVE.findall(pattern))
    if foreign := letters - _DIRECTIVES:
        known = " ".join(f"%{letter}" for letter in sorted(_DIRECTIVES))
        raise BadTime(f"%{min(foreign)} cannot be used; known are {known}")
    has_day = any(all(letter in letters for letter in day) for day in _DAY)
    if not has_day or not all(letters & set(needed) for needed in _NEEDED):
        raise BadTime("tells no time: it needs %Y, %m, %d, %H and %M")
    try:
        datetime.strptime(_SAMPLE.strftime(pattern), pattern)  # noqa: DTZ007  # only whether it can be read
    except (ValueError, re.error):
        raise BadTime("cannot be read: each part may stand there once") from None


def reader(form: TimeForm | str, zone: tzinfo) -> Read:
    """Return what reads a time: in UTC, None where it is none, of another age, or counted since the device's start."""
    if not isinstance(form, TimeForm):
        return _by_pattern(form, zone)
    if form is TimeForm.AUTO:
        return lambda value: instant(value, zone=zone)
    if form is TimeForm.RFC3339:
        return lambda value: instant(value, zone=zone) if isinstance(value, str) and number(value) is None else None
    return _by_count(_PER_SECOND[form])


def _by_count(per_second: int) -> Read:
    def read(value: Any) -> datetime | None:
        found = number(value)
        if found is None or found / per_second < EPOCH_SECONDS_MIN:
            return None
        try:
            return _of_this_age(datetime.fromtimestamp(found / per_second, UTC))
        except (ValueError, OverflowError, OSError):
            return None

    return read


def _by_pattern(pattern: str, zone: tzinfo) -> Read:
    def read(value: Any) -> datetime | None:
        # A number too: 20260301080000 without quotes.
        text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
        if not 0 < len(text) <= _TEXT_CHARACTERS_MAX:
            return None
        try:
            found = datetime.strptime(text.strip(), pattern)  # noqa: DTZ007  # its zone comes with the next line
            found = found if found.tzinfo is not None else found.replace(tzinfo=zone)
            return _of_this_age(found.astimezone(UTC))
        except (ValueError, OverflowError):
            return None

    return read


def _of_this_age(at: datetime) -> datetime | None:
    return at if AT_MIN <= at < AT_BEFORE else None
