"""The code tables of GB/T 26875.3-2011, clause 8.2: kinds of component, bits of state words, quantities."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from types import MappingProxyType
from typing import Final, NamedTuple

from devices.event import EventType

#: The standard's times are China's, without a zone.
CHINA: Final = timezone(timedelta(hours=8))

#: Component types by name; what is not listed is reserved (to 127) or the maker's own (128 to 255).
COMPONENTS: Final[Mapping[int, str]] = MappingProxyType(
    {
        0: "general",
        1: "fire_alarm_controller",
        10: "gas_detector",
        11: "gas_detector_point",
        12: "gas_detector_standalone",
        13: "gas_detector_line",
        16: "electrical_fire_monitor",
        17: "electrical_fire_residual_current",
        18: "electrical_fire_temperature",
        21: "detection_loop",
        22: "fire_display_panel",
        23: "manual_call_point",
        24: "hydrant_button",
        25: "fire_detector",
        30: "heat_detector",
        31: "heat_detector_point",
        32: "heat_detector_point_s",
        33: "heat_detector_point_r",
        34: "heat_detector_line",
        35: "heat_detector_line_s",
        36: "heat_detector_line_r",
        37: "heat_detector_fibre",
        40: "smoke_detector",
        41: "smoke_detector_ionisation",
        42: "smoke_detector_optical",
        43: "smoke_detector_beam",
        44: "smoke_detector_aspirating",
        50: "combined_detector",
        51: "combined_smoke_heat",
        52: "combined_flame_heat",
        53: "combined_flame_smoke",
        61: "flame_detector_ultraviolet",
        62: "flame_detector_infrared",
        69: "flame_detector",
        74: "gas_sensor",
        78: "image_fire_detector",
        79: "acoustic_fire_detector",
        81: "gas_extinguishing_controller",
        82: "electrical_fire_control_device",
        83: "control_room_display",
        84: "module",
        85: "input_module",
        86: "output_module",
        87: "input_output_module",
        88: "relay_module",
        91: "fire_pump",
        92: "fire_water_tank",
        95: "sprinkler_pump",
        96: "water_flow_indicator",
        97: "signal_valve",
        98: "alarm_valve",
        99: "pressure_switch",
        101: "valve_actuator",
        102: "fire_door",
        103: "fire_valve",
        104: "ventilation",
        105: "foam_pump",
        106: "pipe_solenoid_valve",
        111: "smoke_fan",
        113: "smoke_fire_damper",
        114: "air_inlet",
        115: "smoke_outlet",
        116: "smoke_curtain",
        117: "fire_shutter_controller",
        118: "fire_door_monitor",
        121: "alarm_device",
    }
)

_SMOKE: Final = frozenset({0, 40, 41, 42, 43, 44, 51, 53})
_HEAT: Final = frozenset({18, *range(30, 38)})
_GAS: Final = frozenset({*range(10, 14), 74})


def alarm_of(component_type: int) -> EventType:
    """Return what the fire bit (火警) of such a component means.

    What senses one thing says that; anything else, known or not, says fire. "General" is what household smoke alarms
    send that know no other type, so it is taken for smoke: the two are answered alike.
    """
    if component_type in _SMOKE:
        return EventType.SMOKE
    if component_type in _HEAT:
        return EventType.HEAT
    return EventType.GAS if component_type in _GAS else EventType.FIRE


class Quantity(NamedTuple):
    """What an analog value is of; the raw number times `step` is in `unit`."""

    name: str
    unit: str
    step: float
    least: float
    most: float


QUANTITIES: Final[Mapping[int, Quantity]] = MappingProxyType(
    {
        1: Quantity("events", "", 1, 0, 32_000),
        2: Quantity("height", "m", 0.01, 0, 320),
        3: Quantity("temperature", "°C", 0.1, -273, 3200),
        4: Quantity("pressure", "MPa", 0.1, 0, 3200),
        5: Quantity("pressure", "kPa", 0.1, 0, 3200),
        6: Quantity("gas_concentration", "%LEL", 0.1, 0, 100),
        7: Quantity("duration", "s", 1, 0, 32_000),
        8: Quantity("voltage", "V", 0.1, 0, 3200),
        9: Quantity("current", "A", 0.1, 0, 3200),
        10: Quantity("flow", "L/s", 0.1, 0, 3200),
        11: Quantity("air_flow", "m³/min", 0.1, 0, 3200),
        12: Quantity("wind_speed", "m/s", 1, 0, 20),
    }
)


class Bit(NamedTuple):
    """What one bit of a state word says when it is set; `kind` None: told in the detail, calls nobody."""

    bit: int
    word: str
    kind: EventType | None = None


_COMMON: Final = (
    Bit(1, "alarm"),
    Bit(2, "fault", EventType.FAULT),
    Bit(3, "shielded", EventType.FAULT),
    Bit(4, "supervised"),
    Bit(5, "started"),
    Bit(6, "feedback"),
    Bit(7, "delayed"),
)
#: Of a system and of a component. A fault of the backup supply is no loss of power.
SYSTEM_BITS: Final = (
    *_COMMON,
    Bit(8, "main_power_fault", EventType.POWER_LOST),
    Bit(9, "backup_power_fault", EventType.FAULT),
    Bit(10, "bus_fault", EventType.FAULT),
    Bit(11, "manual"),
    Bit(12, "configuration_changed"),
    Bit(13, "reset"),
)
COMPONENT_BITS: Final = (*_COMMON, Bit(8, "power_fault", EventType.POWER_LOST))
#: Of the transmitter itself (用户信息传输装置).
TRANSMITTER_BITS: Final = (
    Bit(1, "alarm"),
    Bit(2, "fault", EventType.FAULT),
    Bit(3, "main_power_fault", EventType.POWER_LOST),
    Bit(4, "backup_power_fault", EventType.FAULT),
    Bit(5, "communication_fault", EventType.FAULT),
    Bit(6, "line_fault", EventType.FAULT),
)
#: What a person did at the panel or at the transmitter. A manual alarm is somebody reporting a fire.
OPERATION_BITS: Final = (
    Bit(0, "reset"),
    Bit(1, "silenced", EventType.MUTED),
    Bit(2, "manual_alarm", EventType.FIRE),
    Bit(3, "alarm_cancelled", EventType.CANCEL),
    Bit(4, "self_test"),
    Bit(5, "confirmed"),
    Bit(6, "test", EventType.TEST),
)
_ENDS: Final = {EventType.FAULT: EventType.FAULT_CLEAR, EventType.POWER_LOST: EventType.POWER_RESTORED}


class Meaning(NamedTuple):
    """A state word, read."""

    words: tuple[str, ...]
    kinds: tuple[EventType, ...]  #: alarm first


@lru_cache(maxsize=4096)
def state(flag: int, bits: tuple[Bit, ...], alarm: EventType) -> Meaning:
    """Return what a state word says. Bit 0 unset means that the unit is on test.

    The fire bit raises its alarm on test too: a word of which only one bit is set is what a unit sends whose maker
    never sets bit 0. On test nothing is cleared, though. Where the fault bit is set beside the supply's, the supply is
    what the fault is: one report, told apart by its words.
    """
    is_on_test = not flag & 1
    found = [one for one in bits if flag >> one.bit & 1]
    words = ("test_state",) if is_on_test else ()
    kinds = [alarm] if flag & 2 else []
    kinds += dict.fromkeys(one.kind for one in found if one.kind is not None)
    if not is_on_test:
        able = {one.kind for one in bits if one.kind in _ENDS}
        if not flag & 2:
            kinds.append(EventType(f"{alarm}_clear"))
        kinds += [end for kind, end in _ENDS.items() if kind in able and kind not in kinds]
    if EventType.FAULT in kinds and EventType.POWER_LOST in kinds:
        kinds.remove(EventType.POWER_LOST)
    return Meaning((*words, *(one.word for one in found)), tuple(kinds))


@lru_cache(maxsize=256)
def operation(flag: int) -> Meaning:
    """Return what was done: several at once where several bits are set."""
    found = [one for one in OPERATION_BITS if flag >> one.bit & 1]
    kinds = sorted((one.kind for one in found if one.kind is not None), key=lambda kind: kind is not EventType.FIRE)
    return Meaning(tuple(one.word for one in found), tuple(kinds))


def time_of(tag: bytes) -> datetime | None:
    """Return the time of six bytes, second first; None where it is none, as of a panel without a clock (all zeros)."""
    try:
        second, minute, hour, day, month, year = tag
        if year > 99:
            return None
        return datetime(2000 + year, month, day, hour, minute, second, tzinfo=CHINA).astimezone(UTC)
    except ValueError:
        return None
