"""GPS watches and bands that speak `[3G*ID*LEN*TYPE,...]` frames, also under the makers SG, ZJ, CS and others.

Meanings: the makers' protocol sheet as Traccar's decoder reads it (protocol "watch"), and recorded frames. One payload
may hold several frames; the device is the frame's ID. LEN counts the content's bytes in hexadecimal: where it lies, an
alarm is raised from what stands between the brackets and marked as damaged, a sign of life is only that, and the rest
is refused. Off by up to four bytes it is the miscount of makers whose every frame has it: what reads well is used.

Positions (`UD`, `UD2` sent again from a blind area, `UD_LTE`, `WT`, ...) and alarms (`AL`, `AL_LTE`, ...) share one
layout. Bits 16 and above of the status are alarms and events, also in a position; the lower bits are states, new only
on the edge. An alarm frame whose status cannot be read is a call. An alarm frame with status 0 says no more than where
it was sent. Without a fix (`V`) the coordinates are the last known, the network's, or zeros: zeros are no place, any
other is said as wide as a cell tower reaches, so that nobody is sent to it without asking. Minus in the number and `S`
or `W` both mean negative.

Ids: the frame's type and its time, since the watch repeats an alarm unchanged until it is answered; none where the
clock stands on the first day of a year, as it does after a flat battery: two presses could then look the same.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from devices.alarm_words import unknown_alarm, unread
from devices.decoding import Decoded, Rejected, RejectReason
from devices.event import Event, EventType, Location, Vitals
from devices.naming import device_id
from devices.ordering import life_first
from devices.report import rejected, report
from devices.values import number, percent, place, within
from devices.watch_frames import Frame, frames
from devices.watch_status import Condition, conditions, has_unknown_alarm, is_off_wrist
from devices.wrapping import bare_hex, unwrapped

MESSAGE_BYTES_MAX: Final = 256 * 1024
#: A watch that was out of reach for a day sends some hundred positions at once.
FRAMES_MAX: Final = 4096

#: The same alarm stands in the positions that follow it; a watch that was called sends one every 10 s to 60 s.
REPEAT_S: Final = 120.0

_KMH_PER_MPS: Final = 3.6
#: What a network's place can be off by (centre.md, 15): wider than 300 m it is a hint, and the desk asks.
WITHOUT_FIX_M: Final = 2_000.0
_POSITION: Final = re.compile(r"(UD|AL|WT)(?:\d|_[A-Z0-9]+)?")
_ALARM_INSIDE: Final = re.compile(rb"\*AL(?:_[A-Z0-9]+)?,")
_STATUS: Final = re.compile(r"[0-9A-Fa-f]{1,8}")
_FULL_STATUS: Final = re.compile(r"[0-9A-Fa-f]{8}")
_DIGITS: Final = re.compile(r"[0-9]{6}")
#: Off the wrist, and moved: what an alarm frame is never about.
_WORN_OR_MOVED: Final = 0x18
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_STATUS_FIELD: Final = 15
_WORD_CHARACTERS_MAX: Final = 32
_CONTENT_CHARACTERS_MAX: Final = 256
_COUNT_DIGITS_MAX: Final = 9
#: Sound and pictures: their bytes say nothing to a reader.
_BINARY: Final = frozenset({"TK", "JXTK", "IMG"})

#: What stands in a frame of measurements, in order, and what a body can measure: else the watch was not worn.
_MEASURED: Final = {
    "heart_rate_bpm": (20, 300),
    "spo2_pct": (30, 100),
    "systolic_mmhg": (40, 300),
    "diastolic_mmhg": (20, 200),
    "temperature_c": (25, 45),
}
_MEASUREMENTS: Final = {
    "HEART": ("heart_rate_bpm",),
    "PULSE": ("heart_rate_bpm",),
    "BPHRT": ("systolic_mmhg", "diastolic_mmhg", "heart_rate_bpm"),
    "BLOOD": ("systolic_mmhg", "diastolic_mmhg", "heart_rate_bpm"),
    "TEMP": ("temperature_c",),
    "BTEMP2": ("measured", "temperature_c"),
    "OXYGEN": ("kind", "spo2_pct"),
}
_COUNTS: Final = ((8, "course_deg"), (10, "satellites"), (11, "gsm_pct"), (14, "tumbles"))


class _Fix(NamedTuple):
    """The fields of a position or alarm frame, as far as they can be read."""

    at: datetime | None
    id: str | None
    status: int | None
    location: Location | None
    battery_pct: float | None
    vitals: Vitals | None
    detail: dict[str, Any]
    fault: str | None


class _Read(NamedTuple):
    events: list[Event]
    rejected: Rejected | None = None


def decode(topic: str, payload: bytes, *, model: str | None = None) -> Decoded:
    """Decode one message of one or many frames. Total: what cannot be used is a Rejected; only a bug raises."""
    del topic, model  # A frame names its device, and the layout is the same for all.
    if len(payload) > MESSAGE_BYTES_MAX:
        detail = f"message: larger than {MESSAGE_BYTES_MAX} bytes; send fewer frames at once"
        return Decoded(device=None, channel=None, rejected=(_refused(RejectReason.TOO_LARGE, detail, payload),))
    events: list[Event] = []
    refused: list[Rejected] = []
    body = unwrapped(payload.removeprefix(_BYTE_ORDER_MARK)).body
    for count, frame in enumerate(frames(bare_hex(body) or body)):
        if count >= FRAMES_MAX:
            detail = f"message: more than {FRAMES_MAX} frames; send fewer at once"
            refused.append(_refused(RejectReason.TOO_LARGE, detail, payload))
            break
        read = _read(frame)
        events += read.events
        if read.rejected is not None:
            refused.append(read.rejected)
    if not events and not refused:
        refused.append(rejected(RejectReason.EMPTY, "message: holds nothing", payload))
    devices = {event.device for event in events} | {one.device for one in refused}
    device = devices.pop() if len(devices) == 1 else None
    ordered = life_first(events) if len(events) > 1 else events
    return Decoded(device=device, channel=None, events=tuple(ordered), rejected=tuple(refused))


def _refused(reason: RejectReason, detail: str, raw: bytes, device: str | None = None) -> Rejected:
    """Refuse bytes; an alarm frame that can be seen among them is a call all the same."""
    call = EventType.SOS if _ALARM_INSIDE.search(raw) else None
    return rejected(reason, detail, raw, type_=call, device=device)


def _read(frame: Frame) -> _Read:
    if not frame.device:
        return _Read(
            [], _refused(RejectReason.NOT_AN_EVENT, "frame: none begins here; send [3G*ID*LEN*TYPE]", frame.raw)
        )
    device = device_id(frame.device.decode("ascii", "backslashreplace"))
    word, comma, rest = _text(frame.content).partition(",")
    upper = word.upper()
    kind = _POSITION.fullmatch(upper) if comma else None
    if kind is not None:
        return _read_position(frame, device, word, rest.split(","), is_alarm=kind[1] == "AL")
    detail: dict[str, Any] = {"message_type": word[:_WORD_CHARACTERS_MAX], "maker": frame.maker}
    if not frame.is_near:
        return _read_unsound(frame, device, detail, has_values=upper in _MEASUREMENTS)
    if upper in _MEASUREMENTS:
        return _Read([_measured(device, detail, _MEASUREMENTS[upper], rest.split(","))])
    if upper == "LK":
        return _Read([_alive(device, detail, rest.split(","))])
    if rest:
        detail |= {"bytes": len(rest)} if upper in _BINARY else {"content": rest[:_CONTENT_CHARACTERS_MAX]}
    # `SOS1` and `FALLDOWN` alone confirm a setting; with something behind them they say what nobody has written down.
    unknown = unread({word: True}) if rest and upper not in _BINARY else None
    refused = None if unknown is None else unknown_alarm(f"type={unknown}", frame.raw, device=device)
    return _Read([report(EventType.HEARTBEAT, device=device, detail=detail)], refused)


def _text(content: bytes) -> str:
    """Return the content as text: names of wireless networks come in whatever their owner's router speaks."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("gb18030", "replace")


def _read_unsound(frame: Frame, device: str, detail: dict[str, Any], *, has_values: bool) -> _Read:
    """A frame whose length lies proves that the watch is there, and nothing that it says."""
    if has_values or not frame.is_closed:
        return _Read([], _refused(RejectReason.BAD_VALUE, _unsound(frame), frame.raw, device))
    return _Read([report(EventType.HEARTBEAT, device=device, detail=detail)])


def _unsound(frame: Frame) -> str:
    return "LEN: is not the content's length" if frame.is_closed else "frame: is cut off, no closing bracket"


def _alive(device: str, detail: dict[str, Any], values: list[str]) -> Event:
    """`LK`, `LK,steps,tumbles,battery`; two values are the steps and something that makers do not agree on."""
    if len(values) < 3:
        if values != [""]:
            detail["content"] = ",".join(values)[:_CONTENT_CHARACTERS_MAX]
        return report(EventType.HEARTBEAT, device=device, detail=detail)
    detail["tumbles"] = _count(values[1])
    battery_pct, vitals = percent(values[2]), _steps(values[0])
    return report(EventType.HEARTBEAT, device=device, battery_pct=battery_pct, vitals=vitals, detail=detail)


def _steps(text: str) -> Vitals | None:
    found = _count(text)
    return None if found is None or found < 0 else Vitals(steps=found)


def _measured(device: str, detail: dict[str, Any], names: tuple[str, ...], values: list[str]) -> Event:
    told = {name: found for name, value in zip(names, values, strict=False) if (found := _count(value)) is not None}
    good = {name: value for name, value in told.items() if name in _MEASURED and _is_bodily(name, value)}
    if told.get("measured") == 0:
        good = {}
    if not good:
        return report(EventType.HEARTBEAT, device=device, detail=detail | told)
    rest = {name: value for name, value in told.items() if name not in good}
    return report(EventType.VITALS, device=device, vitals=Vitals(**good), detail=detail | rest)


def _is_bodily(name: str, value: float) -> bool:
    least, most = _MEASURED[name]
    return least <= value <= most


def _read_position(frame: Frame, device: str, word: str, fields: list[str], *, is_alarm: bool) -> _Read:
    fix = _fix(frame, word, fields)
    damage = fix.fault if frame.is_sound else _unsound(frame)
    if fix.status is not None:
        found = conditions(fix.status, is_alarm=is_alarm)
    else:
        found = (Condition(EventType.SOS, is_state=False),) if is_alarm else ()
    if fix.fault is not None or not frame.is_near:
        found = tuple(one for one in found if not one.is_state)
        if not found:
            return _Read([], rejected(RejectReason.BAD_VALUE, damage or "frame", frame.raw, device=device))
    events = _events(device, fix, found, damage, is_alarm=is_alarm)
    unknown = None
    # An alarm frame is sent to raise something: a bit that no table names is seen, whichever half it stands in.
    is_mute = is_alarm and not found and bool((fix.status or 0) & ~_WORN_OR_MOVED)
    if fix.status is not None and (is_mute or has_unknown_alarm(fix.status)):
        unknown = unknown_alarm(f"status={fix.status:08x}", frame.raw, device=device)
    return _Read(events, unknown)


def _events(device: str, fix: _Fix, found: tuple[Condition, ...], damage: str | None, *, is_alarm: bool) -> list[Event]:
    """Each condition is its own event; where all are states, which may be old news, the position is one too."""
    shared: dict[str, Any] = {
        "device": device,
        "at": fix.at,
        "id_": fix.id,
        "location": fix.location,
        "battery_pct": fix.battery_pct,
    }
    repeat_s = 0.0 if is_alarm and fix.id is not None else REPEAT_S
    has_event = any(not one.is_state for one in found)
    events = []
    if not has_event:
        type_ = EventType.HEARTBEAT if fix.location is None else EventType.LOCATION
        events.append(report(type_, detail=fix.detail, vitals=fix.vitals, **shared))
    for count, (type_, is_state) in enumerate(found):
        is_first = has_event and count == 0
        detail, vitals = (fix.detail, fix.vitals) if is_first else (None, None)
        once = 0.0 if is_state else repeat_s
        made = report(
            type_, is_state=is_state, repeat_s=once, detail=detail, vitals=vitals, damage=damage, **shared
        )  # fmt: skip
        events.append(made)
    return events


def _fix(frame: Frame, word: str, fields: list[str]) -> _Fix:
    if not frame.is_closed:
        fields = fields[:-1]  # It may be the beginning of a longer one.
    told = [*fields[: _STATUS_FIELD + 1], *[""] * (_STATUS_FIELD + 1 - len(fields))]
    at = _at(told[0], told[1])
    status_is_told = (_STATUS if frame.is_sound else _FULL_STATUS).fullmatch(told[_STATUS_FIELD])
    detail: dict[str, Any] = {"message_type": word, "maker": frame.maker, "fix_valid": told[2] == "A"}
    location = _located(told, detail)
    for place_, name in _COUNTS:
        if (found := _count(told[place_])) is not None:
            detail[name] = found
    detail["status"] = told[_STATUS_FIELD][:_WORD_CHARACTERS_MAX]
    status = int(told[_STATUS_FIELD], 16) if status_is_told else None
    if status is not None and is_off_wrist(status):
        detail["off_wrist"] = True
    if len(fields) > _STATUS_FIELD + 1:
        detail["cells_wifi"] = ",".join(fields[_STATUS_FIELD + 1 :])[: _CONTENT_CHARACTERS_MAX * 4]
    if frame.counter is not None:
        detail["index"] = _text(frame.counter)
    return _Fix(
        at=at,
        id=None if at is None or (at.month, at.day) == (1, 1) else f"{word}-{told[0]}{told[1]}",
        status=status,
        location=location,
        battery_pct=percent(_count(told[12])),
        vitals=_steps(told[13]),
        detail=detail,
        fault=_fault(at, status, told),
    )


def _fault(at: datetime | None, status: int | None, told: list[str]) -> str | None:
    if status is None:
        return "status: cannot be read; send it as hexadecimal digits"
    if at is None:
        return "date and time: cannot be read; send ddmmyy,hhmmss"
    if told[2] not in ("A", "V"):
        return "fix: is neither A nor V"
    return None


def _located(told: list[str], detail: dict[str, Any]) -> Location | None:
    """Return the place; of one without a valid fix the detail keeps what was reported."""
    lat, lon = _degrees(told[3], told[4], "S"), _degrees(told[5], told[6], "W")
    speed_kmh, is_fix = within(told[7], 0, 1800), told[2] == "A"
    location = place(
        lat,
        lon,
        accuracy_m=None if is_fix else WITHOUT_FIX_M,
        altitude_m=told[9] if is_fix else None,
        speed_mps=None if speed_kmh is None else speed_kmh / _KMH_PER_MPS,
    )
    if location is None or not is_fix:
        reported = {"lat": lat, "lon": lon, "speed_kmh": speed_kmh}
        detail.update({name: value for name, value in reported.items() if value is not None})
    return location


def _count(text: str) -> float | None:
    return int(text) if len(text) <= _COUNT_DIGITS_MAX and text.isascii() and text.isdigit() else number(text)


def _degrees(text: str, letter: str, negative: str) -> float | None:
    found = number(text)
    if found is None:
        return None
    return -abs(found) if letter == negative else found


def _at(date: str, time: str) -> datetime | None:
    if not (_DIGITS.fullmatch(date) and _DIGITS.fullmatch(time)):
        return None
    try:
        return datetime(
            2000 + int(date[4:]),
            int(date[2:4]),
            int(date[:2]),
            int(time[:2]),
            int(time[2:4]),
            int(time[4:]),
            tzinfo=UTC,
        )
    except ValueError:
        return None
