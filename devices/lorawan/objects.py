"""What vendors' codecs make of their devices' bytes: free-form objects, read by the names that are in use.

Names are compared without case and separators ("WATER_LEAK_STATUS", "waterLeak"), values by their words ("Alarm",
"No Alarm", "TRUE", "leak"). Null, absent and unknown words say nothing. Members under `history` or `cached` are old and
are not read as present. What has one meaning only for a model (`Alarm` of an emergency button, `status` of a Tabs) is
read where the model is known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from devices.alarm_words import unread
from devices.event import EventType
from devices.lorawan import browan, milesight_detectors, milesight_radar, netvox
from devices.lorawan.models import Known
from devices.lorawan.object_names import (
    BATTERY_LOW,
    EITHER,
    LOW_IN_TEXT,
    MEASURES,
    NO,
    OFF_WORDS,
    ON_WORDS,
    PERCENT,
    PLACES,
    STATES,
    TAMPER,
    TESTS,
    VOLTS,
    VOLTS_MAX,
    YES,
)
from devices.lorawan.told import Told, calls_for_help
from devices.values import flag, instant, number, place, within

_SEPARATORS: Final = re.compile(r"[^a-z0-9]+")
_OLD: Final = frozenset({"history", "cached", "previous", "gpsprevious"})
_DEPTH_MAX: Final = 4
_MEMBERS_MAX: Final = 256
_HISTORY_MAX: Final = 64
#: No codec has longer names; a stranger's are not remembered.
_NAME_CHARACTERS_MAX: Final = 64

_TABS_PORTS: Final = {
    "TBPB": browan.BUTTON_PORT,
    "TBDW": browan.DOOR_PORT,
    "TBMS": browan.MOTION_PORT,
    "TBWL": browan.LEAK_PORT,
}
_IN_VOLTS: Final = frozenset({*_TABS_PORTS, "TG563A"})
_EMERGENCY_BUTTONS: Final = frozenset({"r312a", "rb02i", "r718t"})
_FENCES: Final = {"outside": EventType.FENCE_EXIT, "inside": EventType.FENCE_ENTER}
_MESSAGE_CODES: Final = {word: code for code, word in milesight_detectors.MESSAGES.items()}

Flat = Mapping[str, Any]


class Source(NamedTuple):
    """An object's members by their plain names, and the model that sent them, where it is known."""

    flat: Flat
    model: str
    words: str


Reader = Callable[[Source, Told], None]


def _plain(name: str) -> str:
    return _remembered(name) if len(name) <= _NAME_CHARACTERS_MAX else ""


@lru_cache(maxsize=4_096)
def _remembered(name: str) -> str:
    return _SEPARATORS.sub("", name.lower())


def read(values: Mapping[str, Any], told: Told, found: Known | None) -> None:
    """Note what an object says; members whose meaning is not known here are left to the detail."""
    flat = _members(values)
    source = Source(flat, "" if found is None else found.model.name, "" if found is None else found.words)
    wanted = {_READER_OF[name] for name in flat if name in _READER_OF}
    for reader in _READERS:
        if reader in wanted:
            reader(source, told)
    if "history" in values:
        _old(values["history"], told)
    told.unread = _unread(values, source)


def _unread(values: Mapping[str, Any], source: Source) -> str | None:
    """Return a word of the object's that sounds like an alarm and is none of ours, None where there is none."""
    flat = source.flat
    for name, value in flat.items():
        is_unread = name in _CONDITIONS and value is not None and truth(value) is None
        if is_unread and (word := unread({name: value})) is not None:
            return word
    has_records = "events" in flat and any(True for _ in _alarm_records({"events": flat["events"]}))
    known = _known(_is_emergency_button(source), str(flat.get("event")) in _MESSAGE_CODES, has_records)
    return unread(values, known)


@lru_cache(maxsize=8)
def _known(is_emergency_button: bool, says_event: bool, has_records: bool) -> _Plainly:
    more = {"alarm"} if is_emergency_button else set()
    more |= {"event"} if says_event else set()
    return _Plainly(_READ | more if has_records else (_READ | more) - {"events"})


class _Plainly(frozenset[str]):
    """Names found without looking at case and separators, as they are read here."""

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and super().__contains__(_plain(name))


def _members(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members that are known here by their plain names; an alarm wins, then the outermost of a name."""
    found: dict[str, Any] = {}
    level: list[Mapping[str, Any]] = [values]
    left = _MEMBERS_MAX
    for _ in range(_DEPTH_MAX):
        inner: list[Mapping[str, Any]] = []
        for members in level:
            for name, value in members.items():
                left -= 1
                plain = _plain(name)
                if left < 0 or plain in _OLD:
                    continue
                if plain in _NAMES and (plain not in found or (plain in _CONDITIONS and truth(value))):
                    found[plain] = value
                if isinstance(value, dict):
                    inner.append(value)
        if not inner:
            break
        level = inner
    return found


def _word(value: object) -> str | None:
    return _plain(value) if isinstance(value, str) and len(value) <= 64 else None


def truth(value: object) -> bool | None:
    """Return what a vendor's word or number means as a condition, None where it says nothing."""
    word = _word(value)
    if word in YES:
        return True
    return False if word in NO else flag(value)


def _any(flat: Flat, names: tuple[str, ...]) -> bool | None:
    """True where one of them holds, False where none does and one is said not to, else None."""
    said = [one for name in names if name in flat and (one := truth(flat[name])) is not None]
    return any(said) if said else None


def _states(source: Source, told: Told) -> None:
    flat = source.flat
    found: dict[EventType, bool] = {}
    for name, value in flat.items():
        alarm = STATES.get(name)
        if alarm is not None and (on := truth(value)) is not None:
            found[alarm] = on or found.get(alarm, False)
    if _word(flat.get("notificationtype")) == "soson":
        found[EventType.SOS] = True
    for alarm, is_on in found.items():
        told.state(alarm, is_on)


def _fire(source: Source, told: Told) -> None:
    flat = source.flat
    on, hot = truth(flat.get("firealarm")), truth(flat.get("hightempalarm"))
    if on is not None:
        netvox.say_fire(told, EventType.SMOKE, on, bool(hot))
    elif hot is not None and not (hot and told.says(EventType.CARBON_MONOXIDE)):
        told.state(EventType.HEAT, hot)


def _tamper(source: Source, told: Told) -> None:
    flat = source.flat
    # WS301's pages contradict themselves about it: see the module of its bytes.
    on = None if "magnetstatus" in flat else _any(flat, TAMPER)
    if on is not None:
        told.state(EventType.TAMPER, on)
    mounted = truth(flat.get("mounted"))
    if mounted is not None:
        told.state(EventType.REMOVED, not mounted)


def _test(source: Source, told: Told) -> None:
    if _any(source.flat, TESTS):
        told.say(EventType.TEST)


def _either(source: Source, told: Told) -> None:
    flat = source.flat
    for name, (on_type, off_type) in EITHER.items():
        if name not in flat:
            continue
        word = _word(flat[name])
        on = True if word in ON_WORDS else False if word in OFF_WORDS else flag(flat[name])
        if on is not None:
            told.say(on_type if on else off_type, is_state=True)


def _radar(source: Source, told: Told) -> None:
    flat = source.flat
    status = _word(flat.get("detectionstatus"))
    if status in ("normal", "vacant", "inbed", "outofbed", "fall"):
        told.state(EventType.FALL, status == "fall")
        told.say(EventType.VACANT if status == "vacant" else EventType.OCCUPIED, is_state=True)
    for kind, statuses in _alarm_records(flat):
        for one in statuses:
            milesight_radar.say_alarm(told, kind, one)


_ALARM_MEMBERS: Final = (("fallalarm", "fall"), ("lyingalarm", "lying"), ("dwellalarm", "dwell"))
_STATUS_WORDS: Final = {"alarmtriggered": 1, "alarmdeactivated": 2, "alarmignored": 3}


def _alarm_records(flat: Flat) -> Iterator[tuple[str, list[int]]]:
    events = flat.get("events")
    for record in events[:_HISTORY_MAX] if isinstance(events, list) else ():
        if isinstance(record, dict) and isinstance(record.get("alarm_type"), str):
            yield record["alarm_type"], _statuses(record.get("alarm_status"))
    for name, kind in _ALARM_MEMBERS:
        record = flat.get(name)
        if isinstance(record, dict):
            yield kind, _statuses(record.get("alarm_status"))
        elif truth(record) is not None:
            yield kind, [1 if truth(record) else 2]


def _statuses(value: object) -> list[int]:
    """Return the statuses of records; one that cannot be read counts as raised."""
    words = str(value).split(",")[:_HISTORY_MAX]
    return [_STATUS_WORDS.get(_plain(word), int(number(word) or 1)) for word in words]


def _located(source: Source, told: Told) -> None:
    flat = source.flat
    if flag(flat.get("fixfailed")):
        return
    for lat, lon in PLACES:
        if lat not in flat or lon not in flat:
            continue
        speed_kmh = number(flat.get("speedkmph"))
        told.location = place(
            flat[lat],
            flat[lon],
            accuracy_m=flat.get("horizontalaccuracy", flat.get("ehpe", flat.get("accuracy"))),
            altitude_m=flat.get("altitude"),
            speed_mps=None if speed_kmh is None else speed_kmh / 3.6,
        )
        if told.location is not None:
            return


def _measures(source: Source, told: Told) -> None:
    flat = source.flat
    said: set[str] = set()
    for name, value in flat.items():
        if name not in MEASURES:
            continue
        found = number(value)
        what, unit = MEASURES[name]
        if found is not None and what not in said:
            said.add(what)
            told.measure(what, found, unit)


def _time(source: Source, told: Told) -> None:
    told.at = instant(source.flat["timestamp"])


def _fence(source: Source, told: Told) -> None:
    fence = _FENCES.get(_word(source.flat["geofencestatus"]) or "")
    if fence is not None:
        told.say(fence, is_state=True)


def _emergency(source: Source, told: Told) -> None:
    if truth(source.flat["alarm"]) and _is_emergency_button(source):
        told.say(EventType.SOS)


def _is_emergency_button(source: Source) -> bool:
    device = _word(source.flat.get("device")) or source.words
    return any(name in device for name in _EMERGENCY_BUTTONS)


def _tabs(source: Source, told: Told) -> None:
    status = flag(source.flat["status"]) if source.model in _TABS_PORTS else None
    if status is not None:
        browan.say_status(told, _TABS_PORTS[source.model], int(status), source.words)


def _message(source: Source, told: Told) -> None:
    flat = source.flat
    if source.model != "GS524N" and "concentration" not in flat:
        return
    code = number(flat.get("eventcode")) or _MESSAGE_CODES.get(str(flat.get("event")))
    if code is not None:
        milesight_detectors.say_message(told, int(code))


def _press(source: Source, told: Told) -> None:
    flat = source.flat
    event = flat.get("buttonevent")
    value = event.get("status") if isinstance(event, dict) else flat.get("press", flat.get("button", event))
    word = _word(value) or ""
    if word.startswith(("short", "long", "double")):
        is_call = word.startswith("long") and calls_for_help(source.words)
        told.say(EventType.SOS if is_call else EventType.BUTTON)
    elif number(value):
        told.say(EventType.BUTTON)


def _battery(source: Source, told: Told) -> None:
    flat, model, _ = source
    for name, value in flat.items():
        if name in VOLTS:
            _volts(value, told)
        elif name in PERCENT and told.battery_pct is None:
            told.battery_pct = within(value, 0, 100)
        elif name in BATTERY_LOW and truth(value):
            _battery_low(told)
    level = number(flat.get("batterylevel", flat.get("battery")))
    if level is None or model == "AT2" or "trackingmode" in flat:
        return  # words such as CHARGING, and Abeeway's raw level: both stand in the detail
    is_volts = model in _IN_VOLTS or "temperatureboard" in flat or (level < VOLTS_MAX and level % 1 != 0)
    if is_volts:
        _volts(level, told)
    elif told.battery_pct is None:
        told.battery_pct = within(level, 0, 100)


def _volts(value: object, told: Told) -> None:
    text = LOW_IN_TEXT.match(value) if isinstance(value, str) else None
    if text is not None:
        _battery_low(told)
    found = number(text[1] if text is not None else value)
    if found is not None and found > 100:
        found /= 1000
    if found is not None and 0 <= found <= VOLTS_MAX:
        told.measure("battery_voltage", found, "V")


def _battery_low(told: Told) -> None:
    if not told.says(EventType.BATTERY_LOW):
        told.say(EventType.BATTERY_LOW, is_state=True)


def _old(records: object, told: Told) -> None:
    for record in records[:_HISTORY_MAX] if isinstance(records, list) else ():
        if not isinstance(record, dict):
            continue
        at = instant(record.get("timestamp"))
        for name, value in record.items():
            found = number(value)
            if name in MEASURES and found is not None and at is not None:
                what, unit = MEASURES[name]
                told.measure(what, found, unit, at=at)


#: Which reader a name wants. Where one is wanted it looks at all of its names.
_READER_OF: Final[dict[str, Reader]] = {
    **dict.fromkeys(STATES, _states),
    "notificationtype": _states,
    **dict.fromkeys(("firealarm", "hightempalarm"), _fire),
    **dict.fromkeys((*TAMPER, "mounted"), _tamper),
    **dict.fromkeys(TESTS, _test),
    **dict.fromkeys(EITHER, _either),
    **dict.fromkeys(("detectionstatus", "events", *(name for name, _ in _ALARM_MEMBERS)), _radar),
    **dict.fromkeys((lat for lat, _ in PLACES), _located),
    **dict.fromkeys(MEASURES, _measures),
    "timestamp": _time,
    "geofencestatus": _fence,
    "alarm": _emergency,
    "status": _tabs,
    **dict.fromkeys(("event", "eventcode"), _message),
    **dict.fromkeys(("press", "button", "buttonevent"), _press),
    **dict.fromkeys((*BATTERY_LOW, *VOLTS, *PERCENT, "battery", "batterylevel"), _battery),
}
_READERS: Final = tuple(dict.fromkeys(_READER_OF.values()))
#: Names that only say how to read others.
_BESIDE: Final = ("device", "concentration", "trackingmode", "fixfailed", "altitude", "speedkmph")
_ACCURACY: Final = ("horizontalaccuracy", "ehpe", "accuracy")
_NAMES: Final = frozenset({*_READER_OF, *_BESIDE, *_ACCURACY, *(lon for _, lon in PLACES)})
#: What is read wherever it stands; the others only where model or word fit, and are looked at again for what they say.
_READ: Final = _NAMES - {"alarm", "event", "status", "press", "button", "buttonevent"} | _OLD
_CONDITIONS: Final = frozenset({*STATES, *TAMPER, "firealarm", "hightempalarm"})
