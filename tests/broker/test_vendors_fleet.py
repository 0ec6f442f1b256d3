"""A fleet that speaks four formats at once, with the guide's own settings: nothing is missing, nothing is doubled."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from devices.event import EventType
from gateway.run import Gateway
from rules.clock import SharedClock
from shouwang.settings import load
from shouwang.sources import lanes_of
from simulator.client import Broker
from simulator.clock import RealClock
from simulator.delivery import Manner
from simulator.fleet import Device, Kind, fleet
from simulator.ledger import ForeignEntry, Ledger, read
from simulator.plan import Course
from simulator.registration import write_devices_csv
from simulator.run import Run
from simulator.scenario import SCENARIOS, Restart, Scenario
from simulator.speech import read_shares
from simulator.tally import Tally
from simulator.verify import Findings, compare, compare_when_settled
from simulator.wire import Version
from simulator.wording import Compared
from store.database import connect
from store.partitions import make_days_ahead
from store.registers.imports import import_devices
from store.verification import stored_events
from tests.servers import Mosquitto
from tests.town import CENTRE, Town, town_in
from tests.waiting import until

ROOT = Path(__file__).parents[2]
SETTINGS = re.compile(r"```toml\n(\[\[sources\]\].*?)```", re.DOTALL)
SHARES = read_shares("canonical=20,zigbee2mqtt=60,traccar=10,watch3g=10")
#: With more alarms than any town has.
BUSY = msgspec.structs.replace(SCENARIOS["vendors"], speaks=SHARES, alarms=60.0, late_share=0.0)


def settings_of_the_guide(folder: Path) -> dict[str, str]:
    found = SETTINGS.search((ROOT / "docs" / "simulator.md").read_text(encoding="utf-8"))
    assert found is not None, "the guide has the settings for these formats"
    path = folder / "vendors.toml"
    path.write_text(found[1], encoding="utf-8")
    return {"SHOUWANG_CONFIG": str(path)}


@asynccontextmanager
async def platform(broker: Mosquitto, dsn: str, folder: Path, devices: list[Device]) -> AsyncIterator[None]:
    """The devices registered by the simulator's own file, and a gateway with the guide's settings."""
    database = await connect(dsn, application_name="shouwang tests fleet", max_size=30)
    clock = SharedClock()
    try:
        csv = folder / "fleet.csv"
        write_devices_csv(csv, devices)
        text = csv.read_text(encoding="utf-8")
        report = await import_devices(database, CENTRE.keyring, text, by=None, now=clock.now())
        assert not report.errors
        async with database.pool.acquire() as connection:
            await make_days_ahead(connection, clock.now())
        lanes = lanes_of(load(settings_of_the_guide(folder)))
        gateway = Gateway(lanes, database=database, clock=clock, centre=CENTRE, mqtt_url=broker.url, version="0.0-test")
        async with asyncio.TaskGroup() as group:
            running = group.create_task(gateway.run())
            await until(lambda: all(lane.is_listening for lane in gateway.lanes), "every lane is connected")
            yield
            running.cancel()
    finally:
        await database.close()


async def simulate(broker: Mosquitto, devices: list[Device], scenario: Scenario, path: Path, run: str) -> Tally:
    """Six seconds of the clock, thirteen hours of the fleet."""
    clock = RealClock()
    course = Course(seed=3, run_word=run, scenario=scenario, duration_s=6.0, start=clock.now(), rate_scale=8_000.0)
    ledger = Ledger(path, clock)
    try:
        address = Broker.from_url(broker.url, Version.V311)
        return await Run(devices, course, address, Manner(drain_s=30.0), clock, ledger).run()
    finally:
        ledger.close()


async def compared(path: Path, dsn: str) -> Findings:
    async with stored_events(dsn) as stored:
        return await compare_when_settled(lambda: read(path), stored, [], RealClock(), 10.0)


async def reports_of_presses(town: Town, devices: list[Device]) -> tuple[int, int]:
    """How many presses of Zigbee buttons are stored, and how many messages were counted on them."""
    buttons = [each.id for each in devices if each.carried is not None and each.kind is Kind.CALL_BUTTON]
    row = await town.db.pool.fetchrow(
        "SELECT count(*) AS presses, coalesce(sum(e.copies), 0) AS reports FROM event AS e JOIN device AS d"
        " ON d.id = e.device_id WHERE d.device = ANY ($1) AND e.type = 'sos' AND e.incident_id IS NOT NULL",
        buttons,
    )
    assert row is not None
    return row["presses"], row["reports"]


# Forty seconds of it pass on any machine, twice twenty: an alarm of the last second is said again by its watch for a
# quarter of a minute, and what overtakes is late by as much.
@pytest.mark.timeout(150)
async def test_every_meant_alarm_is_in_its_incident_once_whoever_said_it(
    mosquitto: Mosquitto, fresh_dsn: str, tmp_path: Path
) -> None:
    devices = list(fleet(3, 10, 5, speaks=SHARES))
    path = tmp_path / "ledger.jsonl"
    async with platform(mosquitto, fresh_dsn, tmp_path, devices), town_in(fresh_dsn) as town:
        tally = await simulate(mosquitto, devices, BUSY, path, "one")
        assert tally.facts["owed at the end"] == 0
        findings = await compared(path, fresh_dsn)
        assert findings.good, "\n".join(findings.lines())
        assert findings.missing == findings.duplicated == findings.alarms_without_incident == 0
        foreign = [entry for entry in read(path) if isinstance(entry, ForeignEntry)]
        assert {entry.by for entry in foreign} == set(Compared)
        presses = sum(entry.by is Compared.REPORTS for entry in foreign)

        async def both_topics() -> bool:
            # Every press may be found before the second message about the last of them is counted.
            stored, reports = await reports_of_presses(town, devices)
            return 0 < stored <= presses and reports == 2 * presses

        await until(both_topics, f"each of {presses} presses came on two topics, and nothing of it was lost")

        # Once more in the same homes, where doors stand and batteries are low from before; bridges restart meanwhile.
        restarting = msgspec.structs.replace(BUSY, restart=Restart(at_s=2.0, lasts_s=0.5))
        tally = await simulate(mosquitto, devices, restarting, path, "two")
        assert tally.facts["bridges and servers switched off"] > 2
        assert tally.facts["states said again from a bridge's memory"]
        findings = await compared(path, fresh_dsn)
        assert findings.good, "\n".join(findings.lines())

        # And what the comparison is worth: an alarm that nobody finds any more is missed.
        gone = next(entry for entry in read(path) if isinstance(entry, ForeignEntry) and entry.type is EventType.SOS)
        await town.db.pool.execute(
            "UPDATE event SET type = 'medical' WHERE type = $2 AND device_id ="
            " (SELECT id FROM device WHERE device = $1)",
            gone.device, str(gone.type),
        )  # fmt: skip
        async with stored_events(fresh_dsn) as stored_now:
            assert (await compare(read(path), stored_now)).missing >= 1
