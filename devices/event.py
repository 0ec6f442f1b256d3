"""The canonical event: what any device can say, whatever its vendor, once its bytes have been read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Final

from msgspec import Meta, Struct

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
#: Room for the codes in a digest; a power of two, so that a digest can be taken apart again.
_CODE_SPACE: Final = 128


class EventType(StrEnum):
    """Every type of the wire contract; the value is the word on the wire."""

    SOS = "sos"
    SMOKE = "smoke"
    FIRE = "fire"
    HEAT = "heat"
    GAS = "gas"
    CARBON_MONOXIDE = "carbon_monoxide"
    WATER_LEAK = "water_leak"
    FALL = "fall"
    INACTIVITY = "inactivity"
    WANDERING = "wandering"
    INTRUSION = "intrusion"
    MEDICAL = "medical"
    TAMPER = "tamper"
    REMOVED = "removed"

    SOS_CLEAR = "sos_clear"
    SMOKE_CLEAR = "smoke_clear"
    FIRE_CLEAR = "fire_clear"
    HEAT_CLEAR = "heat_clear"
    GAS_CLEAR = "gas_clear"
    CARBON_MONOXIDE_CLEAR = "carbon_monoxide_clear"
    WATER_LEAK_CLEAR = "water_leak_clear"
    FALL_CLEAR = "fall_clear"
    INACTIVITY_CLEAR = "inactivity_clear"
    WANDERING_CLEAR = "wandering_clear"
    INTRUSION_CLEAR = "intrusion_clear"
    MEDICAL_CLEAR = "medical_clear"
    TAMPER_CLEAR = "tamper_clear"
    REMOVED_CLEAR = "removed_clear"

    BATTERY_LOW = "battery_low"
    POWER_LOST = "power_lost"
    POWER_RESTORED = "power_restored"
    FAULT = "fault"
    FAULT_CLEAR = "fault_clear"

    FENCE_EXIT = "fence_exit"
    FENCE_ENTER = "fence_enter"

    HEARTBEAT = "heartbeat"
    LOCATION = "location"
    VITALS = "vitals"
    READING = "reading"
    ACTIVITY = "activity"
    BUTTON = "button"
    DOOR_OPEN = "door_open"
    DOOR_CLOSED = "door_closed"
    OCCUPIED = "occupied"
    VACANT = "vacant"
    ONLINE = "online"
    OFFLINE = "offline"
    TEST = "test"
    CANCEL = "cancel"
    MUTED = "muted"
    ANSWERED = "answered"


#: The number of a type inside stored digests. Never renumber one and never use a retired one again: the identity of
#: every stored event would change, and a resent alarm would count as a new one.
CODES: Final[Mapping[EventType, int]] = MappingProxyType(
    {
        EventType.SOS: 1,
        EventType.SMOKE: 2,
        EventType.FIRE: 3,
        EventType.HEAT: 4,
        EventType.GAS: 5,
        EventType.CARBON_MONOXIDE: 6,
        EventType.WATER_LEAK: 7,
        EventType.FALL: 8,
        EventType.INACTIVITY: 9,
        EventType.WANDERING: 10,
        EventType.INTRUSION: 11,
        EventType.MEDICAL: 12,
        EventType.TAMPER: 13,
        EventType.REMOVED: 14,
        EventType.SOS_CLEAR: 33,
        EventType.SMOKE_CLEAR: 34,
        EventType.FIRE_CLEAR: 35,
        EventType.HEAT_CLEAR: 36,
        EventType.GAS_CLEAR: 37,
        EventType.CARBON_MONOXIDE_CLEAR: 38,
        EventType.WATER_LEAK_CLEAR: 39,
        EventType.FALL_CLEAR: 40,
        EventType.INACTIVITY_CLEAR: 41,
        EventType.WANDERING_CLEAR: 42,
        EventType.INTRUSION_CLEAR: 43,
        EventType.MEDICAL_CLEAR: 44,
        EventType.TAMPER_CLEAR: 45,
        EventType.REMOVED_CLEAR: 46,
        EventType.BATTERY_LOW: 65,
        EventType.POWER_LOST: 66,
        EventType.POWER_RESTORED: 67,
        EventType.FAULT: 68,
        EventType.FAULT_CLEAR: 69,
        EventType.FENCE_EXIT: 81,
        EventType.FENCE_ENTER: 82,
        EventType.HEARTBEAT: 97,
        EventType.LOCATION: 98,
        EventType.VITALS: 99,
        EventType.READING: 100,
        EventType.ACTIVITY: 101,
        EventType.BUTTON: 102,
        EventType.DOOR_OPEN: 103,
        EventType.DOOR_CLOSED: 104,
        EventType.OCCUPIED: 105,
        EventType.VACANT: 106,
        EventType.ONLINE: 107,
        EventType.OFFLINE: 108,
        EventType.TEST: 109,
        EventType.CANCEL: 110,
        EventType.MUTED: 111,
        EventType.ANSWERED: 112,
    }
)

ALARMS: Final = frozenset(
    {
        EventType.SOS,
        EventType.SMOKE,
        EventType.FIRE,
        EventType.HEAT,
        EventType.GAS,
        EventType.CARBON_MONOXIDE,
        EventType.WATER_LEAK,
        EventType.FALL,
        EventType.INACTIVITY,
        EventType.WANDERING,
        EventType.INTRUSION,
        EventType.MEDICAL,
        EventType.TAMPER,
        EventType.REMOVED,
    }
)

#: What ends what: from the clear to the alarm or fault that it is the end of.
ENDS: Final[Mapping[EventType, EventType]] = MappingProxyType(
    {EventType(f"{kind}_clear"): kind for kind in (*sorted(ALARMS), EventType.FAULT)}
)
FAULTS: Final = frozenset(
    {
        EventType.BATTERY_LOW,
        EventType.POWER_LOST,
        EventType.POWER_RESTORED,
        EventType.FAULT,
        EventType.FAULT_CLEAR,
    }
)
CLEARS: Final = frozenset(ENDS) - FAULTS
PLACES: Final = frozenset({EventType.FENCE_EXIT, EventType.FENCE_ENTER})
ROUTINE: Final = frozenset(EventType) - ALARMS - CLEARS - FAULTS - PLACES

#: No silence, storm, quiet hour, rate limit, visit or status ever touches these, and they come first in a message.
LIFE_SAFETY: Final = frozenset(
    {
        EventType.SOS,
        EventType.SMOKE,
        EventType.FIRE,
        EventType.HEAT,
        EventType.GAS,
        EventType.CARBON_MONOXIDE,
        EventType.FALL,
        EventType.WANDERING,
        EventType.MEDICAL,
    }
)

#: Kept by day of receipt; what is left, but for the heartbeat, is kept where no missing partition can stop an alarm.
READINGS: Final = frozenset({EventType.LOCATION, EventType.VITALS, EventType.READING, EventType.ACTIVITY})
STATE_CHANGES: Final = frozenset(EventType) - READINGS - {EventType.HEARTBEAT}

assert set(CODES) == set(EventType) and len(set(CODES.values())) == len(CODES), "every type has one code of its own"
assert all(0 <= code < _CODE_SPACE for code in CODES.values()), "a code has to fit into its share of the digest"


class Datum(StrEnum):
    """The map datum of a pair of coordinates. Maps in China are shifted: mixing them up is off by 500 m."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    BD09 = "bd09"


_NotNegative = Annotated[float, Meta(ge=0)]
_Percent = Annotated[float, Meta(ge=0, le=100)]


class Location(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """Where the device says that it is; degrees in the given datum, as sent and not yet converted."""

    lat: Annotated[float, Meta(ge=-90, le=90)]
    lon: Annotated[float, Meta(ge=-180, le=180)]
    accuracy_m: _NotNegative | None = None
    altitude_m: float | None = None
    speed_mps: _NotNegative | None = None
    datum: Datum = Datum.WGS84


class Vitals(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """Body readings. `None` is "not measured", which zero is not."""

    heart_rate_bpm: _NotNegative | None = None
    spo2_pct: _Percent | None = None
    systolic_mmhg: _NotNegative | None = None
    diastolic_mmhg: _NotNegative | None = None
    temperature_c: float | None = None
    respiratory_rate_bpm: _NotNegative | None = None
    glucose_mmol_l: _NotNegative | None = None
    steps: _NotNegative | None = None


class Event(Struct, frozen=True, kw_only=True, gc=False):
    """One thing that a device says, already checked: whoever holds an Event need not look at its fields again.

    The last five fields are for vendors' messages that say less than a canonical event; the canonical source never
    sets them.
    """

    id: str  #: unique for its device together with the digest; 1-64 printable characters
    at: datetime  #: the device's clock, in UTC: may lie by decades
    type: EventType
    location: Location | None = None
    battery_pct: _Percent | None = None
    signal_dbm: float | None = None
    vitals: Vitals | None = None
    value: float | None = None
    unit: str | None = None  #: cleaned of what cannot be seen
    detail: bytes | None = None  #: a JSON object of the vendor's, strings cleaned, never interpreted
    damaged: bool = False  #: an alarm that could be recognised in a message that is not in order
    damage: str | None = None  #: what was not in order and is therefore missing here
    device: str | None = None  #: whom it is about, where the message is not one device's: a hub's, a forwarder's
    is_state: bool = False  #: how things stand, said each time anew: new only where it was not so before
    id_given: bool = True  #: False: the message holds nothing to make an id of; `id` is then the type's word
    at_given: bool = True  #: False: the message tells no time; `at` is then EPOCH until the receipt takes its place
    repeat_s: float = 0.0  #: the source says one happening several times: equal ones within so many seconds are one


def digest(event: Event) -> int:
    """Return what tells apart two events of one device with the same id: exact, without a hash.

    It is microseconds since 1970 times 128 plus the type's code. For the years 1970 to 2100 that decoding accepts it
    lies between 0 and 5.3e17; any `datetime` up to the year 4253 fits into the signed 64 bits of a database's bigint.
    """
    return (event.at - EPOCH) // _MICROSECOND * _CODE_SPACE + CODES[event.type]
