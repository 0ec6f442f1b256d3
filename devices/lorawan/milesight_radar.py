"""Milesight VS373, the radar that sees a fall.

The vendor's decoder and newer page number alarm statuses 1 triggered, 2 deactivated, 3 ignored; the older page
0 triggered, 1 deactivated, 2 ignored, and calls type 0 "normal" where the others say "fall". What could be a fall in
either reading is one: type 0 calls unless its status is 2 or 3. Status 2 ends it (deactivated, or ignored by a person
who was told), 3 only silences it. The presence of regions is kept as reported: its polarity changed with the firmware.

The room's state (`03 f8`, 4 = fall) is a state, alarm records (`06 fb`) are events, records of the past (`20 ce`) are
readings. Lying is taken as a fall, dwelling as inactivity, slow and fast breathing as medical; out of bed, motionless
(later "human in place"), occupied and vacant call nobody.
"""

from __future__ import annotations

from typing import Final

from devices.event import EventType
from devices.lorawan.milesight import COMMON, HISTORY, Table, unsigned
from devices.lorawan.told import Told
from devices.values import instant

_TYPES: Final = {
    0: "fall",
    1: "motionless",
    2: "dwell",
    3: "out_of_bed",
    4: "occupied",
    5: "vacant",
    6: "bradypnea",
    7: "tachypnea",
    8: "lying",
}
_CALLS: Final = {
    "fall": (EventType.FALL, EventType.FALL_CLEAR),
    "lying": (EventType.FALL, EventType.FALL_CLEAR),
    "dwell": (EventType.INACTIVITY, EventType.INACTIVITY_CLEAR),
    "bradypnea": (EventType.MEDICAL, EventType.MEDICAL_CLEAR),
    "tachypnea": (EventType.MEDICAL, EventType.MEDICAL_CLEAR),
}
_ROOM: Final = {0: "normal", 1: "vacant", 2: "in_bed", 3: "out_of_bed", 4: "fall"}
_DEACTIVATED: Final = 2
_IGNORED: Final = 3


def say_alarm(told: Told, kind: str, status: int) -> None:
    """Note what an alarm record means; a kind that calls nobody is activity or presence."""
    if kind not in _CALLS:
        routine = {"occupied": EventType.OCCUPIED, "vacant": EventType.VACANT}
        told.say(routine.get(kind, EventType.ACTIVITY))
        return
    begun, ended = _CALLS[kind]
    told.say(ended if status == _DEACTIVATED else EventType.MUTED if status == _IGNORED else begun)


def _room(told: Told, data: bytes) -> None:
    status = data[0]
    told.detail["detection_status"] = _ROOM.get(status, status)
    told.detail["target_status"] = data[1]
    told.detail["use_time_now"] = unsigned(data[2:4])
    told.detail["use_time_today"] = unsigned(data[4:6])
    if status not in _ROOM:
        return
    told.state(EventType.FALL, status == 4)
    told.say(EventType.VACANT if status == 1 else EventType.OCCUPIED, is_state=True)


def _regions(told: Told, data: bytes) -> None:
    told.detail["region_occupancy"] = list(data)


def _out_of_bed_times(told: Told, data: bytes) -> None:
    told.detail["out_of_bed_time_s"] = [unsigned(data[start : start + 2]) for start in range(0, 8, 2)]


def _alarm(told: Told, data: bytes) -> None:
    kind = _TYPES.get(data[2], "unknown")
    record = {"alarm_id": unsigned(data[:2]), "alarm_type": kind, "alarm_status": data[3], "region_id": data[4]}
    told.detail.setdefault("events", []).append(record)
    say_alarm(told, kind, data[3])


def _old_alarm(told: Told, data: bytes) -> None:
    stamp = unsigned(data[:4])
    kind = _TYPES.get(data[6], "unknown")
    beside = {"timestamp": stamp, "alarm_type": kind, "alarm_status": data[7], "region_id": data[8]}
    told.measure("alarm_id", unsigned(data[4:6]), "", at=instant(stamp), **beside)


VS373: Final[Table] = {
    **COMMON,
    0x03F8: (6, _room),
    0x04F9: (4, _regions),
    0x05FA: (8, _out_of_bed_times),
    0x06FB: (5, _alarm),
    HISTORY: (9, _old_alarm),
}
