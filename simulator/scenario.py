"""What a run is like: named scenarios, and the same from a TOML file."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Final

import msgspec

from simulator.errors import ScenarioRefused
from simulator.speech import Speech, checked_shares


class Outage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A share of the devices loses its connection, keeps what it has to say, and flushes it on return. Run seconds."""

    at_s: float
    lasts_s: float
    share: float = 1.0


class Restart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A share of what carries other devices (bridges, servers) is switched off and on again. Run seconds."""

    at_s: float
    lasts_s: float
    share: float = 1.0


class Storm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Mains fail for a share of the homes within `spread_s`; some of them press as well. Run seconds."""

    at_s: float
    spread_s: float
    lasts_s: float
    share: float
    press_share: float = 0.02


class Scenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way of behaving. Shares are 0 to 1.

    With `events_per_second` the whole fleet is paced exactly and open-loop, and its days play no part; without it each
    device lives its own day. `alarms` multiplies how often people press and alarms sound in such a day, and a stuck
    device (`stuck_share`) sends an alarm with everything it says. `speaks` is what shares of the devices speak which
    format; without it all speak our own.
    """

    name: str
    events_per_second: float | None = None
    alarm_share: float = 0.0
    alarms: float = 1.0
    heartbeats: bool = True
    telemetry_qos: int = 1
    duplicate_share: float = 0.01
    late_share: float = 0.002
    out_of_order_share: float = 0.01
    wrong_clock_share: float = 0.02
    unregistered_share: float = 0.0
    retained_alarm_share: float = 0.0
    stuck_share: float = 0.0
    press_once: bool = False
    speaks: dict[Speech, float] | None = None
    restart: Restart | None = None
    outage: Outage | None = None
    storm: Storm | None = None


#: A fleet without quirks: nothing late, astray, twice or by a wrong clock.
_FAULTLESS: Final = Scenario(
    name="faultless", duplicate_share=0.0, late_share=0.0, out_of_order_share=0.0, wrong_clock_share=0.0
)

#: A county that bought from several vendors.
VENDORS: Final = {Speech.CANONICAL: 0.7, Speech.ZIGBEE2MQTT: 0.15, Speech.TRACCAR: 0.1, Speech.WATCH3G: 0.05}

SCENARIOS: Final = {
    scenario.name: scenario
    for scenario in (
        Scenario(name="town"),
        msgspec.structs.replace(_FAULTLESS, name="load", events_per_second=1000.0),
        Scenario(name="mixed", events_per_second=200.0, alarm_share=0.05),
        Scenario(name="vendors", alarms=20.0, speaks=VENDORS, restart=Restart(at_s=20, lasts_s=5)),
        Scenario(name="storm", storm=Storm(at_s=10, spread_s=20, lasts_s=30, share=0.5)),
        Scenario(name="outage_flush", alarms=20.0, outage=Outage(at_s=10, lasts_s=30, share=0.6)),
        msgspec.structs.replace(_FAULTLESS, name="one_press", press_once=True),
    )
}

_SHARES: Final = tuple(name for name in Scenario.__struct_fields__ if name.endswith("_share"))


def load_scenario(name_or_file: str) -> Scenario:
    """Return a built-in scenario, or one from a TOML file (`base = "town"` and what differs from it).

    Raises ScenarioRefused, which names the key and the allowed range.
    """
    if name_or_file in SCENARIOS:
        return SCENARIOS[name_or_file]
    path = Path(name_or_file)
    if path.suffix != ".toml":
        raise ScenarioRefused(f"no scenario {name_or_file!r}: one of {', '.join(SCENARIOS)}, or a .toml file")
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        base = SCENARIOS[str(table.pop("base", "town"))]
        values = msgspec.to_builtins(base) | {"name": path.stem} | table
        return checked(msgspec.convert(values, Scenario))
    except OSError as error:
        raise ScenarioRefused(f"{path}: {error.strerror}") from error
    except KeyError as error:
        raise ScenarioRefused(f"{path}: base is one of {', '.join(SCENARIOS)}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise ScenarioRefused(f"{path}: {error}") from error


def checked(scenario: Scenario) -> Scenario:
    """Return the scenario if its numbers are in range, or raise ScenarioRefused."""
    for name in _SHARES:
        if not 0.0 <= getattr(scenario, name) <= 1.0:
            raise ScenarioRefused(f"{name} is between 0 and 1")
    if scenario.events_per_second is not None and not 0.0 < scenario.events_per_second <= 1_000_000:
        raise ScenarioRefused("events_per_second is above 0 and at most 1000000")
    if scenario.telemetry_qos not in (0, 1):
        raise ScenarioRefused("telemetry_qos is 0 or 1")
    if scenario.speaks is not None:
        return msgspec.structs.replace(scenario, speaks=checked_shares({str(k): v for k, v in scenario.speaks.items()}))
    return scenario
