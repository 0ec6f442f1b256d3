"""The names that codecs give to what a device says, compared without case and separators, and what each means."""

from __future__ import annotations

import re
from typing import Final

from devices.event import EventType

YES: Final = frozenset(
    {
        *("alarm", "alert", "active", "detected", "fall", "leak", "leakage", "pressed", "pushed"),
        *("trigger", "triggered", "uninstall", "uninstalled", "alarming", "fire", "smoke", "sos", "emergency"),
    }
)
NO: Final = frozenset(
    {
        *("noalarm", "noleak", "normal", "none", "clear", "inactive", "notdetected", "idle", "ok"),
        *("install", "installed"),
    }
)

#: Names of conditions that each report says anew.
STATES: Final = {
    **dict.fromkeys(("sos", "sosflag", "sosalarm", "sosactive", "sosstatus", "geotriggersos"), EventType.SOS),
    **dict.fromkeys(("alarmstatus", "panic", "panicalarm", "emergency"), EventType.SOS),
    **dict.fromkeys(("smoke", "smokealarm", "smokedetected", "smokestatus", "interconnectalarm"), EventType.SMOKE),
    "fire": EventType.FIRE,
    **dict.fromkeys(("coalarm", "carbonmonoxide", "carbonmonoxidealarm"), EventType.CARBON_MONOXIDE),
    **dict.fromkeys(("gasalarm", "gasdetected", "gasleak"), EventType.GAS),
    **dict.fromkeys(("waterleak", "waterleak1", "waterleak2", "waterleakstatus"), EventType.WATER_LEAK),
    **dict.fromkeys(("heatalarm", "heatdetected"), EventType.HEAT),
    **dict.fromkeys(("flood", "flooddetected", "waterleakalarm", "leakalarm"), EventType.WATER_LEAK),
    **dict.fromkeys(("panicbutton", "sosbutton", "emergencybutton", "emergencyalarm"), EventType.SOS),
    **dict.fromkeys(("waterleakdetected", "leakagestatus", "leakstatus"), EventType.WATER_LEAK),
    **dict.fromkeys(("leak", "leakage", "leakdetected"), EventType.WATER_LEAK),
    **dict.fromkeys(("fall", "falldetected", "mandown"), EventType.FALL),
    **dict.fromkeys(("faultalarm", "fault", "smokechamberfailure", "fouledsmokechamber"), EventType.FAULT),
    "buzzerfailure": EventType.FAULT,
}
TAMPER: Final = ("tamper", "tamperstatus", "tamperalarm", "tamperdetected")
TESTS: Final = ("testbuttonpressed", "test", "testalarm")
BATTERY_LOW: Final = frozenset({"batterylow", "lowbattery", "lowbatteryalarm"})
VOLTS: Final = frozenset({"volt", "batv", "batteryvolt", "batteryvoltage", "batvolt", "bat", "batteryv"})
PERCENT: Final = frozenset(
    {"batterylevelinpercentage", "batterypct", "batterypercent", "batterypercentage", "batterymain"}
)
VOLTS_MAX: Final = 6.0  #: no cell of a device that runs for years has more; what is above is millivolts or percent
LOW_IN_TEXT: Final = re.compile(r"\s*([0-9.]{1,8})\s*\(low", re.IGNORECASE)
PLACES: Final = (
    ("latitude", "longitude"),
    ("latitude", "longitud"),
    ("lat", "lon"),
    ("lat", "lng"),
    ("lat", "long"),
    ("gpslatitude", "gpslongitude"),
    ("latitudedeg", "longitudedeg"),
)
MEASURES: Final = {
    "temperature": ("temperature", "°C"),
    "tem": ("temperature", "°C"),
    "temp": ("temperature", "°C"),
    "temperaturemeasure": ("temperature", "°C"),
    "temperatureboard": ("temperature_board", "°C"),
    "humidity": ("humidity", "%"),
    "hum": ("humidity", "%"),
    "humi": ("humidity", "%"),
    "co2": ("co2", "ppm"),
    "pressure": ("pressure", "hPa"),
    "illuminance": ("illuminance", "lx"),
}
#: Pairs of words that say which of two ways things are: on, off.
EITHER: Final[dict[str, tuple[EventType, EventType]]] = {
    "magnetstatus": (EventType.DOOR_OPEN, EventType.DOOR_CLOSED),
    "dooropenstatus": (EventType.DOOR_OPEN, EventType.DOOR_CLOSED),
    "door": (EventType.DOOR_OPEN, EventType.DOOR_CLOSED),
    "open": (EventType.DOOR_OPEN, EventType.DOOR_CLOSED),
    "occupancy": (EventType.OCCUPIED, EventType.VACANT),
    "occupied": (EventType.OCCUPIED, EventType.VACANT),
    "pir": (EventType.OCCUPIED, EventType.VACANT),
    "powerevent": (EventType.POWER_RESTORED, EventType.POWER_LOST),
}
ON_WORDS: Final = frozenset({"open", "opened", "occupied", "trigger", "triggered", "acpoweron"})
OFF_WORDS: Final = frozenset({"close", "closed", "vacant", "normal", "acpoweroff"})
