"""Simulated bridges, servers and watches as a broker sees them: wills, memories, repetitions, none of our topics."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiomqtt
import msgspec
import pytest

from simulator.client import Broker
from simulator.clock import RealClock
from simulator.delivery import Manner
from simulator.fleet import Device, fleet
from simulator.ledger import ForeignEntry, Ledger, read
from simulator.plan import Course
from simulator.run import Run
from simulator.scenario import SCENARIOS, Outage, Restart, Scenario
from simulator.speech import read_shares
from simulator.tally import Tally
from simulator.wire import Version
from simulator.wording import ONLINE
from tests.servers import Mosquitto
from tests.waiting import until

HOST = "127.0.0.1"
QUIET = msgspec.structs.replace(
    SCENARIOS["vendors"], alarms=0.0, heartbeats=False, restart=None, late_share=0.0, out_of_order_share=0.0,
    duplicate_share=0.0, wrong_clock_share=0.0,
)  # fmt: skip


@dataclass(kw_only=True)
class Tap:
    """Everything that the broker hands on, in order."""

    heard: list[tuple[str, bytes]] = field(default_factory=list)

    async def hear(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            assert isinstance(message.payload, bytes)
            self.heard.append((str(message.topic), message.payload))

    def on(self, topic: str) -> list[bytes]:
        return [payload for name, payload in self.heard if name == topic]


@asynccontextmanager
async def tapped(broker: Mosquitto) -> AsyncIterator[Tap]:
    """Hear the broker; at the end all that came before a last word of ours was heard."""
    tap = Tap()
    async with aiomqtt.Client(HOST, broker.port) as client, asyncio.TaskGroup() as group:
        await client.subscribe("#", qos=1)
        hearing = group.create_task(tap.hear(client))
        yield tap
        await client.publish("end", b"", qos=1)
        await until(lambda: tap.on("end"), "all that was said before")
        hearing.cancel()


async def simulate(
    broker: Mosquitto, devices: list[Device], scenario: Scenario, path: Path, *, shared: int = 0, rate: float = 1.0
) -> Tally:
    clock = RealClock()
    course = Course(
        seed=1, run_word=path.parent.name[-12:], scenario=scenario, duration_s=1.0, start=clock.now(), rate_scale=rate
    )
    ledger = Ledger(path, clock)
    manner = Manner(shared_connections=shared, drain_s=30.0)
    try:
        address = Broker.from_url(broker.url, Version.V311)
        return await Run(devices, course, address, manner, clock, ledger).run()
    finally:
        ledger.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.jsonl"


def homes(number: int, shares: str, each: int = 3) -> list[Device]:
    return list(fleet(1, number, each, speaks=read_shares(shares)))


async def test_a_bridge_is_told_of_by_its_will_and_says_its_memory_again(mosquitto: Mosquitto, path: Path) -> None:
    devices = [each for each in homes(3, "canonical=1,zigbee2mqtt=2") if each.carried is not None]
    base = devices[0].carried.carrier if devices[0].carried is not None else ""
    async with tapped(mosquitto) as tap:
        restart = Restart(at_s=0.3, lasts_s=0.2)
        scenario = msgspec.structs.replace(QUIET, events_per_second=20.0, restart=restart)
        tally = await simulate(mosquitto, devices, scenario, path)
    states = [msgspec.json.decode(each)["state"] for each in tap.on(f"{base}/bridge/state")]
    assert states == ["online", "offline", "online", "offline"]
    back = [n for n, said in enumerate(tap.heard) if said == (f"{base}/bridge/state", ONLINE)][1]
    # What waited in the bridge comes first, so that no memory is older than what follows it.
    kept = [msgspec.json.decode(payload) for topic, payload in tap.heard[back:] if topic == f"{base}/smoke"]
    assert kept and {(each["smoke"], each["tamper"]) for each in kept} == {(False, False)}
    assert tally.facts["states said again from a bridge's memory"] == 2 * 3
    assert not [topic for topic, _ in tap.heard if topic.startswith("sw/")]


async def test_an_alarm_goes_from_position_to_event_and_a_frame_goes_again(mosquitto: Mosquitto, path: Path) -> None:
    devices = [each for each in homes(12, "canonical=2,traccar=0.5,watch3g=0.5") if each.carried is not None]
    scenario = msgspec.structs.replace(QUIET, alarms=60.0)
    async with tapped(mosquitto) as tap:
        tally = await simulate(mosquitto, devices, scenario, path, rate=86_400.0)
    assert tally.facts["owed at the end"] == 0
    assert tally.connections == 2, "one server for all bands, one gateway for all watches"
    alarms = [msgspec.json.decode(each) for each in tap.on("traccar/positions")]
    words = Counter(
        (each["device"]["uniqueId"], word)
        for each in alarms
        for word in each["position"]["attributes"].get("alarm", "").split(",")
        if word not in ("", "movement")
    )
    events = Counter(
        (each["device"]["uniqueId"], each["event"]["attributes"]["alarm"])
        for each in map(msgspec.json.decode, tap.on("traccar/events"))
        if each["event"]["type"] == "alarm"
    )
    assert words and words == events
    frames = Counter((topic, payload) for topic, payload in tap.heard if b"*AL," in payload)
    assert max(frames.values()) > 1


@pytest.mark.parametrize("shared", [0, 2], ids=["own connections", "shared connections"])
async def test_what_an_outage_held_back_is_sent_afterwards(mosquitto: Mosquitto, path: Path, shared: int) -> None:
    scenario = msgspec.structs.replace(
        SCENARIOS["vendors"],
        events_per_second=300.0,
        alarm_share=0.2,
        restart=None,
        outage=Outage(at_s=0.2, lasts_s=0.4),
    )
    devices = homes(6, "canonical=1,zigbee2mqtt=1,traccar=0.5,watch3g=0.5")
    async with tapped(mosquitto) as tap:
        # Ours stay without an answer: nobody acknowledges them here.
        foreign = [each for each in devices if each.carried is not None]
        tally = await simulate(mosquitto, foreign, scenario, path, shared=shared)
    assert tally.facts["owed at the end"] == 0
    entries = list(read(path))
    assert entries and all(isinstance(entry, ForeignEntry) and entry.puback_at for entry in entries)
    assert tally.facts["devices cut off"]
    assert len([topic for topic, _ in tap.heard if topic.startswith(("zigbee/", "traccar/", "watch3g/"))]) >= len(
        entries
    )
