"""The demonstration's town speaks some vendors' formats, and what it speaks is read."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from gateway.sources import matches
from shouwang.demo import SPEAKS, TOWN, town_command, with_vendors
from shouwang.setting_tables import Source
from shouwang.settings import Settings
from shouwang.sources import lanes_of
from simulator.cli import simulate
from simulator.fleet import fleet
from simulator.speech import read_shares

OWN = Source(name="homes", source="zigbee2mqtt", filters=("zigbee2mqtt/#",))


def test_the_vendors_come_by_one_lane_beside_the_two_of_ours() -> None:
    lanes = {lane.name: lane for lane in lanes_of(with_vendors(Settings()))}
    assert set(lanes) == {"alarms", "telemetry", "vendors"}
    assert {source.name for source in lanes["vendors"].sources} == {"zigbee2mqtt", "traccar", "watch3g"}
    for topic in ("zigbee/sim1-00001/smoke", "traccar/positions", "traccar/events", "watch3g/0100000000"):
        assert any(matches(filter_, topic) for filter_ in lanes["vendors"].filters)


def test_the_town_s_file_has_a_few_devices_of_each_format(tmp_path: Path) -> None:
    path = tmp_path / "fleet.csv"
    command = town_command(Settings())
    assert command[0] == "simulate"
    result = CliRunner().invoke(simulate, [*command[1:], "--devices-csv", str(path)])
    assert result.exit_code == 0, result.output
    sources = [line.split(",")[2] for line in path.read_text().splitlines()[1:]]
    assert all(sources.count(each) >= 2 for each in ("zigbee2mqtt", "traccar", "watch3g"))
    assert sources.count("canonical") > 100


def test_most_of_the_town_is_as_it_was_before_it_had_vendors() -> None:
    seed = int(TOWN[TOWN.index("--seed") + 1])
    plain = {device.id: device for device in fleet(seed, 40, 3)}
    ours = [device for device in fleet(seed, 40, 3, speaks=read_shares(SPEAKS[1])) if device.carried is None]
    assert len(ours) > 100
    assert all(plain[device.id] == device for device in ours)


def test_somebody_s_own_sources_stay_and_then_the_town_speaks_our_form_alone() -> None:
    settings = Settings(sources=(OWN,))
    assert with_vendors(settings) is settings
    assert "--speaks" not in town_command(settings)
