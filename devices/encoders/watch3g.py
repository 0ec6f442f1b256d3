"""Speaking as a GPS watch does: one frame for one canonical event, or one for each kind of measurement.

What comes back from the source is the same type, time (to the second), place (to six decimals of a degree), speed,
altitude and battery in whole per cent. A watch sends no time with measurements and has no id: neither is carried, nor
are `detail`, `signal_dbm` and the accuracy. A heartbeat without a time is `LK`, with one a position without a fix.
"""

from __future__ import annotations

from typing import Final

from devices.event import Datum, Event, EventType, Location, Vitals
from devices.watch_frames import frame
from devices.watch_status import BITS

TOPIC: Final = "watch3g"

_KMH_PER_MPS: Final = 3.6
_YEARS: Final = range(2000, 2100)
_WITHOUT_FIX: Final = "V,0.000000,N,0.000000,E,0.00,0,0.0"
#: Cells and wireless networks: none.
_NETWORK: Final = "0,0,0"


class NotSaidByWatch(ValueError):
    """A watch has no frame for this event; take another encoder, or give it a time, a WGS-84 place, a vital sign."""


def encode(event: Event, *, device: str, maker: str = "3G") -> tuple[str, bytes]:
    """Return topic and payload; raises NotSaidByWatch. `device` is the frame's ID where the event names none."""
    id_ = event.device or device
    contents = _contents(event)
    return f"{TOPIC}/{id_}", b"".join(frame(maker, id_, content) for content in contents)


def _contents(event: Event) -> list[str]:
    if event.type is EventType.VITALS:
        return _measured(event.vitals)
    if event.type is EventType.HEARTBEAT and not event.at_given:
        return ["LK" if event.battery_pct is None else f"LK,0,0,{event.battery_pct:.0f}"]
    if event.type in BITS:
        return [f"AL,{_position(event, BITS[event.type])}"]
    is_placed = event.location is not None
    if (event.type is EventType.LOCATION and is_placed) or (event.type is EventType.HEARTBEAT and not is_placed):
        return [f"UD,{_position(event, 0)}"]
    raise NotSaidByWatch(f"a watch has no frame for {event.type} like this")


def _position(event: Event, status: int) -> str:
    if not event.at_given or event.at.year not in _YEARS:
        raise NotSaidByWatch("a position has a time, in the years 2000 to 2099")
    battery = "" if event.battery_pct is None else f"{event.battery_pct:.0f}"
    place = _WITHOUT_FIX if event.location is None else _fix(event.location)
    return f"{event.at:%d%m%y,%H%M%S},{place},0,0,{battery},0,0,{status:08X},{_NETWORK}"


def _fix(location: Location) -> str:
    if location.datum is not Datum.WGS84:
        raise NotSaidByWatch("a watch means WGS-84")
    north, east = "S" if location.lat < 0 else "N", "W" if location.lon < 0 else "E"
    speed = "" if location.speed_mps is None else f"{location.speed_mps * _KMH_PER_MPS:.2f}"
    altitude = "" if location.altitude_m is None else f"{location.altitude_m:.1f}"
    return f"A,{abs(location.lat):.6f},{north},{abs(location.lon):.6f},{east},{speed},0,{altitude}"


def _measured(vitals: Vitals | None) -> list[str]:
    said = vitals or Vitals()
    contents = []
    if said.systolic_mmhg is not None and said.diastolic_mmhg is not None:
        contents.append(f"BLOOD,{said.systolic_mmhg:g},{said.diastolic_mmhg:g}")
    if said.heart_rate_bpm is not None:
        contents.append(f"heart,{said.heart_rate_bpm:g}")
    if said.spo2_pct is not None:
        contents.append(f"oxygen,0,{said.spo2_pct:g}")
    if said.temperature_c is not None:
        contents.append(f"btemp2,1,{said.temperature_c:g}")
    if not contents:
        raise NotSaidByWatch("a watch measures pulse, pressure, oxygen and temperature")
    return contents
