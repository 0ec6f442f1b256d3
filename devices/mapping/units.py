"""The units that vendors write, and what an event's fields are in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import trunc
from typing import Final, NamedTuple

Convert = Callable[[float], float | None]

#: Above stands 99, which is "not known" (3GPP TS 27.007, +CSQ).
_CSQ_MOST: Final = 31
#: Molar mass of glucose: 180.16 g/mol, in mg/dL for each mmol/L.
_GLUCOSE_MG_DL: Final = 18.016


class Quantity(NamedTuple):
    """What a field measures: the range of what can be, and the units it may come in; the first is the field's own."""

    least: float
    most: float
    units: Mapping[str, Convert]
    hint: str = ""  #: said where a unit of another kind is named


def same(value: float) -> float:
    """Return the value: it is in the field's own unit."""
    return value


def _over(divisor: float) -> Convert:
    """Exact where the vendor wrote a decimal number as a whole one: 320400000 over 1e7 is 32.04."""
    return lambda value: value / divisor


def _times(factor: float) -> Convert:
    return lambda value: value * factor


def _fahrenheit(value: float) -> float:
    return (value - 32) / 1.8


def _kelvin(value: float) -> float:
    return value - 273.15


def _csq(value: float) -> float | None:
    """Return dBm of the 0-31 that a modem answers to AT+CSQ."""
    return -113 + 2 * value if 0 <= value <= _CSQ_MOST else None


def _degrees_minutes(value: float) -> float:
    """Return degrees of NMEA's ddmm.mmmm."""
    degrees = trunc(value / 100)
    return degrees + (value - degrees * 100) / 60


_DEGREES: Final[Mapping[str, Convert]] = {
    "deg": same,
    "1e-5 deg": _over(1e5),
    "1e-6 deg": _over(1e6),
    "1e-7 deg": _over(1e7),
    "arcsec": _over(3600),
    "ddmm.mmmm": _degrees_minutes,
}
_LENGTHS: Final[Mapping[str, Convert]] = {
    "m": same, "cm": _over(100), "dm": _over(10), "km": _times(1000), "ft": _times(0.3048),
}  # fmt: skip
_SPEEDS: Final[Mapping[str, Convert]] = {
    "m/s": same, "km/h": _over(3.6), "0.1 km/h": _over(36), "kn": _times(1852 / 3600),
    "mph": _times(0.44704), "cm/s": _over(100),
}  # fmt: skip
_SHARES: Final[Mapping[str, Convert]] = {
    "%": same, "fraction": _times(100), "0.1 %": _over(10), "/255": _times(100 / 255), "/254": _times(100 / 254),
}  # fmt: skip
_TEMPERATURES: Final[Mapping[str, Convert]] = {
    "°C": same, "0.1 °C": _over(10), "0.01 °C": _over(100), "°F": _fahrenheit, "K": _kelvin,
}  # fmt: skip
_PRESSURES: Final[Mapping[str, Convert]] = {"mmHg": same, "kPa": _times(7.50062)}
_RATES: Final[Mapping[str, Convert]] = {"/min": same, "bpm": same, "Hz": _times(60)}

_VOLTS: Final = (
    'volts say nothing of the percent that is left: make it a [[reading]] with name = "battery_voltage", '
    "and let a rule say battery_low"
)

LOCATION: Final[Mapping[str, Quantity]] = {
    "lat": Quantity(-90, 90, _DEGREES),
    "lon": Quantity(-180, 180, _DEGREES),
    "accuracy_m": Quantity(0, 1_000_000, _LENGTHS),
    "altitude_m": Quantity(-1_000, 20_000, _LENGTHS),
    "speed_mps": Quantity(0, 500, _SPEEDS),
}
#: Zero of a living body is "not measured": the band is not worn. Steps can be none.
VITALS: Final[Mapping[str, Quantity]] = {
    "heart_rate_bpm": Quantity(1, 350, _RATES),
    "spo2_pct": Quantity(1, 100, _SHARES),
    "systolic_mmhg": Quantity(1, 400, _PRESSURES),
    "diastolic_mmhg": Quantity(1, 300, _PRESSURES),
    "temperature_c": Quantity(10, 50, _TEMPERATURES),
    "respiratory_rate_bpm": Quantity(1, 200, _RATES),
    "glucose_mmol_l": Quantity(0.1, 100, {"mmol/L": same, "mg/dL": _over(_GLUCOSE_MG_DL)}),
    "steps": Quantity(0, 1_000_000, {"": same}),
}
EVENT: Final[Mapping[str, Quantity]] = {
    "battery_pct": Quantity(0, 100, _SHARES, _VOLTS),
    "signal_dbm": Quantity(-200, 50, {"dBm": same, "-dBm": _times(-1), "csq": _csq}),
}

#: A further reading keeps its unit, but for those of which there is one that everybody reads.
_READINGS: Final[Mapping[str, tuple[str, Convert]]] = {
    "0.1 °C": ("°C", _over(10)),
    "0.01 °C": ("°C", _over(100)),
    "°F": ("°C", _fahrenheit),
    "K": ("°C", _kelvin),
    "mV": ("V", _over(1000)),
    "0.1 V": ("V", _over(10)),
    "0.01 V": ("V", _over(100)),
    "fraction": ("%", _times(100)),
    "0.1 %": ("%", _over(10)),
    "km/h": ("m/s", _over(3.6)),
    "kn": ("m/s", _times(1852 / 3600)),
    "kPa": ("hPa", _times(10)),
}


def of_reading(unit: str) -> tuple[str, Convert]:
    """Return the unit that a reading is kept in, and how it is turned into that."""
    return _READINGS.get(unit, (unit, same))
