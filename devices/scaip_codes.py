"""The codes of SCAIP (SS 91100:2014, CLC/TS 50134-9): what a device type and a status code mean to us."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from devices.event import EventType


class DeviceType(NamedTuple):
    """A `dty`: its name in the standard, and what its alarm is."""

    name: str
    alarm: EventType | None  #: None: it raises nothing by itself, so an alarm of it is a call for help
    hears_people: bool = False  #: a manual alarm of it is its own alarm (a call point), not a press for help
    active: EventType | None = None  #: what "activated" is, where that is no alarm
    inactive: EventType = EventType.HEARTBEAT  #: what "inactive" is


_D: Final = DeviceType
DEVICE_TYPES: Final[Mapping[str, DeviceType]] = MappingProxyType(
    {
        "0000": _D("unknown", None),
        "0001": _D("undefined", None),
        "0002": _D("local unit and controller", None),
        "0003": _D("personal trigger", EventType.SOS),
        "0004": _D("fixed trigger", EventType.SOS),
        "0005": _D("fall detector", EventType.FALL),
        "0006": _D("personal attack trigger", EventType.SOS),
        "0007": _D("panic button", EventType.SOS),
        "0008": _D("duty switch remote", None),
        "0009": _D("duty switch local", None),
        "0010": _D("activity detector", EventType.INACTIVITY, active=EventType.ACTIVITY, inactive=EventType.INACTIVITY),
        "0011": _D("pill dispenser", EventType.INACTIVITY, active=EventType.ACTIVITY),
        "0012": _D("bed monitor", EventType.INACTIVITY, active=EventType.OCCUPIED, inactive=EventType.VACANT),
        "0013": _D("mat sensor", EventType.INACTIVITY, active=EventType.OCCUPIED, inactive=EventType.VACANT),
        "0014": _D("door sensor", EventType.WANDERING, active=EventType.DOOR_OPEN, inactive=EventType.DOOR_CLOSED),
        "0015": _D("wandering sensor", EventType.WANDERING),
        "0016": _D("enuresis detector", EventType.MEDICAL),
        "0017": _D("epilepsy detector", EventType.MEDICAL, hears_people=True),
        "0018": _D("occupancy detector", EventType.INACTIVITY, active=EventType.OCCUPIED, inactive=EventType.VACANT),
        "0019": _D("heart rate monitor", EventType.MEDICAL, hears_people=True),
        "0020": _D("environmental monitor", EventType.HEAT),
        "0021": _D("gas detector", EventType.GAS, hears_people=True),
        "0022": _D(
            "lighting circuit monitor", EventType.INACTIVITY, active=EventType.ACTIVITY, inactive=EventType.INACTIVITY
        ),
        "0023": _D("smoke detector", EventType.SMOKE, hears_people=True),
        "0024": _D("heating system monitor", EventType.FAULT, active=EventType.ACTIVITY),
        "0025": _D("heat detector", EventType.HEAT, hears_people=True),
        "0026": _D("carbon monoxide detector", EventType.CARBON_MONOXIDE, hears_people=True),
        "0027": _D("bogus caller switch", EventType.SOS),
        "0028": _D("intruder detector", EventType.INTRUSION),
        "0029": _D("boundary detector", EventType.INTRUSION),
        "0030": _D("automatic man down detector", EventType.FALL),
        "0031": _D("system monitor", EventType.FAULT),
        "0032": _D("communication link monitor", EventType.FAULT),
        "0033": _D("flood detector", EventType.WATER_LEAK, hears_people=True),
        "0034": _D("bath sensor", EventType.WATER_LEAK),
        "0035": _D("latch key", EventType.ACTIVITY),
        "0036": _D("perimeter", EventType.INTRUSION),
        "0037": _D("sprinkler", EventType.FIRE, hears_people=True),
        "0038": _D("tamper", EventType.TAMPER),
        "0039": _D("printer", EventType.FAULT),
        "0040": _D("router", EventType.FAULT),
        "0041": _D("power supply", EventType.FAULT),
        "0043": _D("access controller", EventType.INTRUSION),
        "0044": _D("chair monitor", EventType.INACTIVITY, active=EventType.OCCUPIED, inactive=EventType.VACANT),
        "0045": _D("controller", None),
        "0046": _D("elevator alarm unit", EventType.SOS),
        "0047": _D("fire alarm system", EventType.FIRE, hears_people=True),
        "0048": _D("local unit", None),
        "0049": _D("monitoring device", None),
        "0050": _D("radio unit", None),
        "0051": _D("tracking device", EventType.WANDERING),
    }
)


class Kind:
    """What a status does beyond being one event: how `scaip` reads it together with the device type."""

    ALARM: Final = "alarm"  #: the device's own alarm
    MANUAL: Final = "manual"  #: a person called
    END: Final = "end"  #: the end of the device's own alarm
    ACTIVE: Final = "active"  #: the device's own alarm, unless being active is what it is for
    INACTIVE: Final = "inactive"


class Status(NamedTuple):
    """A `stc`: its name in the standard, and what it says."""

    name: str
    says: EventType | str  #: an event of its own, or a `Kind`


_S: Final = Status
_FAULT: Final = EventType.FAULT
_NEWS: Final = EventType.HEARTBEAT
STATUSES: Final[Mapping[str, Status]] = MappingProxyType(
    {
        "0000": _S("unknown", Kind.ALARM),
        "0001": _S("undefined", Kind.ALARM),
        "0002": _S("abort", EventType.CANCEL),
        "0003": _S("absent", EventType.VACANT),
        "0004": _S("accepted", EventType.ANSWERED),
        "0005": _S("acknowledge", EventType.ANSWERED),
        "0006": _S("activated", Kind.ACTIVE),
        "0007": _S("active", Kind.ACTIVE),
        "0008": _S("added", _NEWS),
        "0009": _S("automatic alarm", Kind.ALARM),
        "0010": _S("manual alarm", Kind.MANUAL),
        "0011": _S("alert", Kind.ALARM),
        "0012": _S("armed", EventType.ACTIVITY),
        "0013": _S("assigned", _NEWS),
        "0014": _S("battery failure", EventType.BATTERY_LOW),
        "0015": _S("battery ok", _NEWS),
        "0016": _S("battery low", EventType.BATTERY_LOW),
        "0017": _S("busy", _NEWS),
        "0018": _S("bypass", _FAULT),
        "0019": _S("cancel", EventType.CANCEL),
        "0020": _S("charged", _NEWS),
        "0021": _S("closed", EventType.DOOR_CLOSED),
        "0022": _S("closed too long", EventType.DOOR_CLOSED),
        "0023": _S("ip connection failure", _FAULT),
        "0024": _S("mobile network connection failure", _FAULT),
        "0025": _S("pots connection failure", _FAULT),
        "0026": _S("primary communication link failure", _FAULT),
        "0027": _S("redundant communication link failure", _FAULT),
        "0028": _S("deleted", _NEWS),
        "0029": _S("denied", _NEWS),
        "0030": _S("disarmed", EventType.ACTIVITY),
        "0031": _S("disconnected", _FAULT),
        **{f"{code:04}": _S(f"error code {code - 31}", _FAULT) for code in range(32, 41)},
        "0041": _S("executed", _NEWS),
        "0042": _S("failure", _FAULT),
        "0043": _S("frequency drifted", _FAULT),
        "0044": _S("frequency drifted to lower level", _FAULT),
        "0045": _S("frequency drifted to upper level", _FAULT),
        "0046": _S("high level", Kind.ALARM),
        "0047": _S("in progress", _NEWS),
        "0048": _S("in service", _NEWS),
        "0049": _S("inactive", Kind.INACTIVE),
        "0050": _S("initiated or inactive", Kind.INACTIVE),  # one table has it for both
        "0051": _S("interrupted", _FAULT),
        "0052": _S("jammed", _FAULT),
        **{f"{code:04}": _S(f"level {code - 52}", _NEWS) for code in range(53, 62)},
        "0062": _S("log", _NEWS),
        "0063": _S("loss", _FAULT),
        "0064": _S("low level", _FAULT),
        "0065": _S("maintenance needed", _FAULT),
        "0066": _S("urgent maintenance needed", _FAULT),
        "0067": _S("malfunction", _FAULT),
        "0068": _S("memory full", _FAULT),
        "0069": _S("non active", Kind.INACTIVE),
        "0070": _S("normal state", _NEWS),
        "0071": _S("occupied", EventType.OCCUPIED),
        "0072": _S("off", _NEWS),
        "0073": _S("offline", EventType.OFFLINE),
        "0074": _S("on", _NEWS),
        "0075": _S("online", EventType.ONLINE),
        "0076": _S("open", EventType.DOOR_OPEN),
        "0077": _S("open too long", EventType.DOOR_OPEN),
        "0078": _S("out of service", _FAULT),
        "0079": _S("overflow", Kind.ALARM),
        "0080": _S("pending", _NEWS),
        "0081": _S("pill not taken", EventType.INACTIVITY),
        "0082": _S("pill reminder", EventType.ACTIVITY),
        "0083": _S("pill taken", EventType.ACTIVITY),
        "0084": _S("planned", _NEWS),
        "0085": _S("power failure", EventType.POWER_LOST),
        "0086": _S("power restored", EventType.POWER_RESTORED),
        "0087": _S("planned presence", EventType.ACTIVITY),
        "0088": _S("presence after alarm", EventType.ANSWERED),
        "0089": _S("privacy switch operated", EventType.ACTIVITY),
        "0090": _S("pulse", EventType.ACTIVITY),
        "0091": _S("reestablished", EventType.FAULT_CLEAR),
        "0092": _S("automatic reset", Kind.END),
        "0093": _S("manual reset", Kind.END),
        "0094": _S("restoral", Kind.END),
        "0095": _S("rf interference", _FAULT),
        "0096": _S("started", _NEWS),
        "0097": _S("ended", _NEWS),
        "0098": _S("substituted", _NEWS),
        "0099": _S("succeeded", _NEWS),
        "0100": _S("temperature high", EventType.HEAT),
        "0101": _S("temperature low", _FAULT),
        "0102": _S("test transmission over primary channel", EventType.TEST),
        "0103": _S("test transmission over redundant channel", EventType.TEST),
        "0104": _S("time out", _FAULT),
        "0105": _S("trouble", _FAULT),
        "0106": _S("trespass", EventType.INTRUSION),
        "0107": _S("unauthorized access", EventType.INTRUSION),
        "0108": _S("unbypass", EventType.FAULT_CLEAR),
        "0109": _S("verified", _NEWS),
        "0110": _S("assistance", Kind.MANUAL),
        "0111": _S("intervention complete", EventType.ANSWERED),
        "0112": _S("ip connection reestablished", EventType.FAULT_CLEAR),
        "0113": _S("mobile network connection reestablished", EventType.FAULT_CLEAR),
        "0114": _S("pots connection reestablished", EventType.FAULT_CLEAR),
        "0115": _S("primary communication link reestablished", EventType.FAULT_CLEAR),
        "0116": _S("redundant communication link reestablished", EventType.FAULT_CLEAR),
        "0117": _S("lying in bed", EventType.OCCUPIED),
        "0118": _S("locked", EventType.ACTIVITY),
        "0119": _S("movement", EventType.ACTIVITY),
        "0120": _S("occupancy", EventType.OCCUPIED),
        "0121": _S("present", EventType.OCCUPIED),
        "0122": _S("radio interference", _FAULT),
        "0123": _S("radio test transmission missing", _FAULT),
        "0124": _S("radio test transmission reestablished", EventType.FAULT_CLEAR),
        "0125": _S("tamper alarm", EventType.TAMPER),
        "0126": _S("temperature rate of rise", EventType.HEAT),
        "0127": _S("unlocked", EventType.ACTIVITY),
    }
)

#: `lco`: only the one that changes what a message means.
GEO_FENCE: Final = "019"


def _word(name: str) -> str:
    return name.replace(" ", "")


#: Gateways that write names for codes (`fixedTrigger`, `lowBattery`), by their letters in lower case.
DEVICE_TYPE_WORDS: Final = {_word(found.name): code for code, found in DEVICE_TYPES.items()}
STATUS_WORDS: Final = {_word(found.name): code for code, found in STATUSES.items()} | {
    "alarm": "0009",
    "normal": "0070",
    "lowbattery": "0016",
    "restored": "0094",
    "test": "0102",
    "heartbeat": "0070",
}
