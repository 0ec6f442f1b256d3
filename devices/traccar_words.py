"""Traccar's words for alarms and events, and what each of them is to us: the reading and the writing side agree."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from devices.event import EventType

KNOT_IN_MPS: Final = 1852 / 3600

#: `Position.ALARM_*`, every one that a released Traccar knew, by its lower case. Where several of ours would fit the
#: one that calls somebody is taken: an accident is a person hurt, an unnamed fence is one that was left.
ALARMS_BY_WORD: Final[Mapping[str, EventType]] = MappingProxyType(
    {
        "sos": EventType.SOS,
        "falldown": EventType.FALL,
        "accident": EventType.MEDICAL,
        "removing": EventType.REMOVED,
        "tampering": EventType.TAMPER,
        "lowbattery": EventType.BATTERY_LOW,
        "lowpower": EventType.BATTERY_LOW,
        "powercut": EventType.POWER_LOST,
        "powerrestored": EventType.POWER_RESTORED,
        "poweroff": EventType.OFFLINE,
        "poweron": EventType.ONLINE,
        "geofenceexit": EventType.FENCE_EXIT,
        "geofenceenter": EventType.FENCE_ENTER,
        "geofence": EventType.FENCE_EXIT,
        "fault": EventType.FAULT,
        "general": EventType.FAULT,
        "temperature": EventType.FAULT,
        "gpsantennacut": EventType.FAULT,
        "jamming": EventType.FAULT,
        "fuelleak": EventType.FAULT,
        "oilleak": EventType.FAULT,
        "door": EventType.DOOR_OPEN,
        # How a vehicle is driven or shaken: somebody is there, nobody is called.
        "vibration": EventType.ACTIVITY,
        "shock": EventType.ACTIVITY,
        "movement": EventType.ACTIVITY,
        "tow": EventType.ACTIVITY,
        "lock": EventType.ACTIVITY,
        "unlock": EventType.ACTIVITY,
        "bonnet": EventType.ACTIVITY,
        "footbrake": EventType.ACTIVITY,
        "lowspeed": EventType.ACTIVITY,
        "overspeed": EventType.ACTIVITY,
        "idle": EventType.ACTIVITY,
        "parking": EventType.ACTIVITY,
        "highrpm": EventType.ACTIVITY,
        "hardacceleration": EventType.ACTIVITY,
        "hardbraking": EventType.ACTIVITY,
        "hardbreaking": EventType.ACTIVITY,
        "hardcornering": EventType.ACTIVITY,
        "lanechange": EventType.ACTIVITY,
        "fatiguedriving": EventType.ACTIVITY,
    }
)

#: Words of a later Traccar that nobody may miss, by what stands in them.
_LIFE: Final = (
    (re.compile("fall|mandown"), EventType.FALL),
    (re.compile("smoke"), EventType.SMOKE),
    (re.compile("fire"), EventType.FIRE),
    (re.compile("monoxide"), EventType.CARBON_MONOXIDE),
    (re.compile("heart|pulse|oxygen|medical|breath"), EventType.MEDICAL),
    (re.compile("sos|help|emerg|panic|duress|distress"), EventType.SOS),
)

#: `Event.TYPE_*`. `alarm` is told by its own words. "Inactive" and "unknown" are what Traccar concludes of silence.
EVENTS_BY_WORD: Final[Mapping[str, EventType]] = MappingProxyType(
    {
        "deviceonline": EventType.ONLINE,
        "deviceoffline": EventType.OFFLINE,
        "deviceunknown": EventType.OFFLINE,
        "deviceinactive": EventType.OFFLINE,
        "devicemoving": EventType.ACTIVITY,
        "deviceoverspeed": EventType.ACTIVITY,
        "ignitionon": EventType.ACTIVITY,
        "ignitionoff": EventType.ACTIVITY,
        "driverchanged": EventType.ACTIVITY,
        "geofenceenter": EventType.FENCE_ENTER,
        "geofenceexit": EventType.FENCE_EXIT,
        "devicestopped": EventType.HEARTBEAT,
        "deviceidle": EventType.HEARTBEAT,
        "devicefueldrop": EventType.HEARTBEAT,
        "devicefuelincrease": EventType.HEARTBEAT,
        "maintenance": EventType.HEARTBEAT,
        "media": EventType.HEARTBEAT,
        "commandresult": EventType.HEARTBEAT,
        "queuedcommandsent": EventType.HEARTBEAT,
    }
)

#: How a simulated Traccar says what can be said in its words.
WORDS: Final[Mapping[EventType, str]] = MappingProxyType(
    {
        EventType.SOS: "sos",
        EventType.FALL: "fallDown",
        EventType.MEDICAL: "accident",
        EventType.REMOVED: "removing",
        EventType.TAMPER: "tampering",
        EventType.BATTERY_LOW: "lowBattery",
        EventType.POWER_LOST: "powerCut",
        EventType.POWER_RESTORED: "powerRestored",
        EventType.FENCE_EXIT: "geofenceExit",
        EventType.FENCE_ENTER: "geofenceEnter",
        EventType.FAULT: "fault",
        EventType.DOOR_OPEN: "door",
        EventType.ACTIVITY: "movement",
    }
)

assert all(ALARMS_BY_WORD[word.lower()] is type_ for type_, word in WORDS.items()), "what is written is read back"


def unknown_life_word(word: str) -> EventType | None:
    """Return the call that an unknown word sounds like, or None."""
    lower = word.lower()
    return next((type_ for pattern, type_ in _LIFE if pattern.search(lower)), None)
