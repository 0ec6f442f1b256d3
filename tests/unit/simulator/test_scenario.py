"""Scenarios by name and from a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.errors import ScenarioRefused
from simulator.scenario import SCENARIOS, Outage, Restart, load_scenario
from simulator.speech import Speech


def test_a_file_says_only_what_differs_from_its_base(tmp_path: Path) -> None:
    path = tmp_path / "winter.toml"
    path.write_text('base = "mixed"\nalarm_share = 0.5\n[outage]\nat_s = 1\nlasts_s = 2\n')
    scenario = load_scenario(str(path))
    assert scenario.name == "winter"
    assert scenario.alarm_share == 0.5
    assert scenario.outage == Outage(at_s=1, lasts_s=2)
    assert scenario.events_per_second == SCENARIOS["mixed"].events_per_second


def test_a_file_says_who_speaks_what_and_when_bridges_restart(tmp_path: Path) -> None:
    path = tmp_path / "mixed_county.toml"
    path.write_text("[speaks]\ncanonical = 60\nzigbee2mqtt = 20\n[restart]\nat_s = 1\nlasts_s = 2\n")
    scenario = load_scenario(str(path))
    assert scenario.speaks == {Speech.CANONICAL: 0.75, Speech.ZIGBEE2MQTT: 0.25}
    assert scenario.restart == Restart(at_s=1, lasts_s=2)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("alarm_share = 1.5", "alarm_share is between 0 and 1"),
        ("alarms_per_day = 3", "unknown field `alarms_per_day`"),
        ("alarm_share = 'many'", "alarm_share"),
        ("events_per_second = 0", "events_per_second is above 0"),
        ("telemetry_qos = 2", "telemetry_qos is 0 or 1"),
        ('base = "village"', "base is one of"),
        ("not toml", "Expected"),
        ("[speaks]\nmorse = 1", "speaks"),
        ("[speaks]\ncanonical = 0", "speaks: each share is 0 or more"),
        ("[restart]\nat_s = 1", "lasts_s"),
    ],
)
def test_a_mistake_in_a_file_is_refused_by_name(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    with pytest.raises(ScenarioRefused, match=reason):
        load_scenario(str(path))


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ScenarioRefused, match="town"):
        load_scenario("village")
