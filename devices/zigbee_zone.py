"""The alarm zones of the Zigbee standard (cluster 0x0500), for bridges that hand on the bits of a zone's status."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from devices.event import EventType

ALARM_1: Final = 0x0001
ALARM_2: Final = 0x0002
TAMPER: Final = 0x0004
BATTERY_LOW: Final = 0x0008
TROUBLE: Final = 0x0040
MAINS_LOST: Final = 0x0080
TEST: Final = 0x0100
BATTERY_DEFECT: Final = 0x0200


class Zone(StrEnum):
    """What a zone watches; the value is the name under which Tasmota reports its alarm."""

    CONTACT = "Contact"
    OCCUPANCY = "Occupancy"
    FIRE = "Fire"
    WATER = "Water"
    CO = "CO"
    GAS = "Gas"
    PERSONAL = "PersonalAlarm"
    PANIC = "Panic"
    MOVEMENT = "Movement"
    GLASS = "GlassBreak"
    UNKNOWN = "CIE"


#: The standard's numbers of zone types, where a bridge hands on the attribute itself (`ZoneType`).
TYPES: Final = {
    0x000D: Zone.OCCUPANCY,
    0x0015: Zone.CONTACT,
    0x0028: Zone.FIRE,
    0x002A: Zone.WATER,
    0x002B: Zone.CO,
    0x002C: Zone.PERSONAL,
    0x002D: Zone.MOVEMENT,
    0x010F: Zone.PANIC,
    0x0115: Zone.PANIC,
    0x021D: Zone.PANIC,
    0x0226: Zone.GLASS,
}

#: What the alarm bit is, and what it is when it goes; None: nothing.
MEANINGS: Final = {
    Zone.CONTACT: (EventType.DOOR_OPEN, EventType.DOOR_CLOSED),
    Zone.OCCUPANCY: (EventType.OCCUPIED, EventType.VACANT),
    Zone.FIRE: (EventType.SMOKE, EventType.SMOKE_CLEAR),
    Zone.WATER: (EventType.WATER_LEAK, EventType.WATER_LEAK_CLEAR),
    Zone.CO: (EventType.CARBON_MONOXIDE, EventType.CARBON_MONOXIDE_CLEAR),
    Zone.GAS: (EventType.GAS, EventType.GAS_CLEAR),
    Zone.PERSONAL: (EventType.SOS, EventType.SOS_CLEAR),
    Zone.PANIC: (EventType.SOS, EventType.SOS_CLEAR),
    Zone.MOVEMENT: (EventType.ACTIVITY, None),
    Zone.GLASS: (EventType.INTRUSION, EventType.INTRUSION_CLEAR),
    #: The form without a kind is the one that Tasmota's pages show for the leak sensor which does not tell its own.
    Zone.UNKNOWN: (EventType.WATER_LEAK, EventType.WATER_LEAK_CLEAR),
}
#: Pressed, or shaken: every report is a new one. The others stand until they end.
HAPPENINGS: Final = frozenset({Zone.PERSONAL, Zone.PANIC, Zone.MOVEMENT})

_BY_NAME: Final = (
    (re.compile(r"smoke|fire|rauch|brand|烟"), Zone.FIRE),
    (re.compile(r"monoxide|co_?sensor|\bco\b|kohlenmonoxid|一氧化碳"), Zone.CO),
    (re.compile(r"gas|燃气"), Zone.GAS),
    (re.compile(r"leak|water|flood|wasser|水浸|漏水"), Zone.WATER),
    (re.compile(r"sos|panic|emerg|button|pendant|notruf|呼叫|求助|按钮"), Zone.PERSONAL),
    (re.compile(r"door|window|contact|magnet|t(?:ü|ue)r|fenster|门|窗"), Zone.CONTACT),
    (re.compile(r"motion|pir|occupancy|presence|bewegung|人体"), Zone.OCCUPANCY),
    (re.compile(r"vibration|shock"), Zone.MOVEMENT),
)


def zone_by_name(*names: object) -> Zone | None:
    """Return what a device of this model or name watches, None where no name says it."""
    for name in names:
        lower = name[:128].lower() if isinstance(name, str) else ""
        for pattern, zone in _BY_NAME if lower else ():
            if pattern.search(lower):
                return zone
    return None
