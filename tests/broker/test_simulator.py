"""A simulated fleet on real brokers: alarms go again until acknowledged, and the ledger knows what was sent."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import aiomqtt
import msgspec
import pytest

from devices import ack
from devices.topics import Channel, ack_topic, down_topic, parse_topic
from shouwang.embedded.broker import EmbeddedBroker
from simulator.client import Broker
from simulator.clock import RealClock
from simulator.delivery import Manner
from simulator.fleet import fleet
from simulator.ledger import Ledger, read
from simulator.plan import Course
from simulator.run import Run
from simulator.scenario import SCENARIOS, Outage, Scenario
from simulator.tally import Tally
from simulator.wire import Version
from tests.waiting import ended, until

ROOT = Path(__file__).parents[2]
HOST = "127.0.0.1"
#: Without the events that come up to 20 s late.
PROMPT = msgspec.structs.replace(SCENARIOS["mixed"], out_of_order_share=0.0)
#: Short enough for a test, long enough for a broker's round trip.
IMPATIENT = Manner(resend_first_s=0.1, resend_longest_s=0.4, drain_s=40.0)


class Server(Protocol):
    """The two brokers of conftest alike."""

    @property
    def port(self) -> int: ...


class Mosquitto(Server, Protocol):
    """The one that can be killed and started again."""

    @property
    def url(self) -> str: ...

    def start(self) -> None: ...

    def stop(self, sign: signal.Signals) -> None: ...


@dataclass(kw_only=True)
class Platform:
    """Stands for us: hears everything, and acknowledges an alarm at its `patience`-th copy."""

    patience: int = 1
    copies: Counter[tuple[str, str]] = field(default_factory=Counter)
    payloads: dict[tuple[str, str], set[bytes]] = field(default_factory=dict)
    arrays: int = 0
    online: list[tuple[str, bytes]] = field(default_factory=list)
    replies: list[dict[str, object]] = field(default_factory=list)

    async def hear(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            device, channel = parse_topic(str(message.topic)) or ("", None)
            assert isinstance(message.payload, bytes)
            if channel is Channel.ONLINE:
                self.online.append((device, message.payload))
            elif channel is Channel.REPLY:
                self.replies.append(msgspec.json.decode(message.payload))
            elif channel in (Channel.ALARM, Channel.TELEMETRY):
                await self._take(client, device, channel, message.payload)

    async def _take(self, client: aiomqtt.Client, device: str, channel: Channel, payload: bytes) -> None:
        said = msgspec.json.decode(payload)
        self.arrays += isinstance(said, list)
        answers = []
        for event in said if isinstance(said, list) else [said]:
            key = device, event["id"]
            self.copies[key] += 1
            self.payloads.setdefault(key, set()).add(msgspec.json.encode(event))
            if self.copies[key] >= self.patience:
                answers.append(ack.stored(event["id"], datetime(2026, 11, 19, tzinfo=UTC)))
        if answers and channel is Channel.ALARM:
            await client.publish(ack_topic(device), ack.array(answers) if len(answers) > 1 else answers[0], qos=1)


@asynccontextmanager
async def listening(server: Server, platform: Platform) -> AsyncIterator[aiomqtt.Client]:
    """Have the platform on the broker for as long as the block lasts."""
    async with aiomqtt.Client(HOST, server.port) as client, asyncio.TaskGroup() as group:
        await client.subscribe("sw/v1/+/+", qos=1)
        hearing = group.create_task(platform.hear(client))
        yield client
        await ended(hearing, "the platform's listening")


async def a_run(
    server: Server, path: Path, scenario: Scenario, fleet_of: int, *, shared: int = 0, v5: bool = False
) -> Tally:
    """Carry out one impatient second, with ids that no other test uses."""
    clock = RealClock()
    course = Course(seed=1, run_word=path.parent.name[-12:], scenario=scenario, duration_s=1.0, start=clock.now())
    # Mosquitto speaks both versions on one port, the embedded broker has version 5 on the next.
    port = server.port + (v5 and isinstance(server, EmbeddedBroker))
    broker = Broker.from_url(f"mqtt://{HOST}:{port}", Version.V5 if v5 else Version.V311)
    manner = replace(IMPATIENT, shared_connections=shared)
    ledger = Ledger(path, clock)
    try:
        return await Run(list(fleet(1, fleet_of, 1)), course, broker, manner, clock, ledger).run()
    finally:
        ledger.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.jsonl"


@pytest.fixture(params=["mosquitto", "embedded_broker"])
def server(request: pytest.FixtureRequest) -> Server:
    found: Server = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize("shared", [0, 1], ids=["own connection", "shared connection"])
@pytest.mark.parametrize("v5", [False, True], ids=["3.1.1", "5"])
async def test_an_alarm_goes_again_until_its_ack_comes(server: Server, path: Path, shared: int, v5: bool) -> None:
    platform = Platform(patience=3)
    async with listening(server, platform):
        tally = await a_run(server, path, SCENARIOS["one_press"], 1, shared=shared, v5=v5)
    (entry,) = read(path)
    assert platform.copies[entry.device, entry.id] >= 3
    # Each copy is the same event to the byte: same id, same type, same time.
    assert len(platform.payloads[entry.device, entry.id]) == 1
    assert entry.acked_at is not None
    assert tally.ack_latency.number == 1
    assert tally.facts["owed at the end"] == 0


async def test_what_an_outage_held_back_is_flushed_as_arrays_and_nothing_is_lost(server: Server, path: Path) -> None:
    scenario = msgspec.structs.replace(
        PROMPT, events_per_second=300.0, alarm_share=0.2, outage=Outage(at_s=0.2, lasts_s=0.4)
    )
    platform = Platform()
    async with listening(server, platform):
        tally = await a_run(server, path, scenario, 5)

        def all_heard() -> bool:
            return all(platform.copies[each.device, each.id] for each in read(path))

        await until(all_heard, "every event of the ledger is heard")
    entries = list(read(path))
    assert len(entries) == 300
    assert all(entry.puback_at for entry in entries)
    assert all(entry.acked_at for entry in entries if entry.resent)
    assert platform.arrays
    assert tally.facts["devices cut off"] == 5


async def test_a_lost_device_is_told_by_its_will_and_a_returning_one_by_itself(server: Server, path: Path) -> None:
    scenario = msgspec.structs.replace(SCENARIOS["load"], events_per_second=50.0, outage=Outage(at_s=0.2, lasts_s=0.2))
    platform = Platform()
    async with listening(server, platform):
        await a_run(server, path, scenario, 1)
        # On, lost, back, switched off.
        await until(lambda: len(platform.online) >= 4, "four words of being online or not")
    assert [payload for _, payload in platform.online][-4:] == [b"1", b"0", b"1", b"0"]


async def test_a_command_is_answered_and_obeyed_once(mosquitto: Mosquitto, path: Path) -> None:
    platform = Platform(patience=2)
    scenario = SCENARIOS["one_press"]
    (device,) = fleet(1, 1, 1)
    command = msgspec.json.encode({"id": "c-1", "command": "locate", "args": {}})
    async with listening(mosquitto, platform) as client, asyncio.TaskGroup() as group:
        run = group.create_task(a_run(mosquitto, path, scenario, 1))
        await until(lambda: platform.copies, "the press is heard")
        for _ in range(2):
            await client.publish(down_topic(device.id), command, qos=1)
        await until(lambda: len(platform.replies) >= 2, "each copy of the command is answered")
    assert run.result().facts["commands answered"] == 2
    assert all(reply == {"id": "c-1", "ok": True, "detail": "done"} for reply in platform.replies)
    assert sorted(entry.type for entry in read(path)) == ["location", "sos"]


async def test_a_killed_simulator_leaves_a_ledger_of_all_that_was_on_the_wire(mosquitto: Mosquitto, path: Path) -> None:
    program = "from simulator.cli import simulate; simulate()"
    arguments = ["--scenario", "mixed", "--events-per-second", "500", "--households", "20", "--seed", "77"]
    arguments += ["--broker", mosquitto.url, "--duration", "10m", "--ledger", str(path)]
    platform = Platform()
    async with listening(mosquitto, platform):
        child = subprocess.Popen([sys.executable, "-c", program, *arguments], cwd=ROOT, stderr=subprocess.DEVNULL)
        try:
            await until(lambda: len(platform.copies) > 300, "the simulator has said three hundred things")
        finally:
            child.send_signal(signal.SIGKILL)
            child.wait()
        # Their wills come after everything they sent.
        await until(lambda: sum(payload == b"0" for _, payload in platform.online) >= 60, "the wills of sixty devices")
    known = {(entry.device, entry.id) for entry in read(path)}
    assert len(platform.copies) > 300
    assert set(platform.copies) <= known


@pytest.mark.parametrize("shared", [0, 2], ids=["own connections", "shared connections"])
async def test_alarms_outlive_a_broker_that_dies_and_comes_back(mosquitto: Mosquitto, path: Path, shared: int) -> None:
    scenario = msgspec.structs.replace(PROMPT, events_per_second=100.0, alarm_share=1.0)
    deaf, hearing = Platform(patience=sys.maxsize), Platform()
    async with asyncio.TaskGroup() as group:
        async with listening(mosquitto, deaf):
            run = group.create_task(a_run(mosquitto, path, scenario, 5, shared=shared))
            await until(lambda: len(deaf.copies) >= 20, "twenty alarms are on the wire")
        mosquitto.stop(signal.SIGKILL)
        mosquitto.start()
        async with listening(mosquitto, hearing):
            tally = await run
    entries = list(read(path))
    assert len(entries) == 100
    assert all(entry.acked_at for entry in entries)
    assert tally.facts["connections lost"] == (shared + 1 if shared else 5)
