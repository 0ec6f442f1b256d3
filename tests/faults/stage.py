"""One scenario's stage: servers, gateways and a simulated fleet, each killable, and the comparison at the end."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Final

from benchmarks.servers import Child, Part, Servers, servers
from simulator.clock import RealClock
from simulator.ledger import read
from simulator.verify import Findings, compare_when_settled
from store.database import connect
from store.registers.imports import import_devices
from store.sealing import Keyring
from store.verification import stored_events
from tests.faults.cable import Cable, cable

#: Whoever keeps services running starts what ended again after this.
KEEPER_LOOKS_S: Final = 1.0
#: After the last event a device still resends until it is acknowledged.
DRAIN_S: Final = 120.0
#: How long nothing more has to come before what is missing counts as missing.
SETTLE_S: Final = 20.0
#: A few beats of the fleet.
FLEET_NOTES_S: Final = 0.1
#: With three devices each, prime to the spacing of alarms: every device has its turn to call.
HOUSEHOLDS: Final = 499
DEVICES_PER_HOUSEHOLD: Final = 3
#: Of all events: presses, smoke and the like, resent until acknowledged.
ALARM_SHARE: Final = 0.02
#: More than a person ever sends through one connection, few enough for a load run.
SHARED_CONNECTIONS: Final = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """What the fleet does while parts die."""

    seed: int
    seconds: float
    rate: float

    def fleet(self) -> list[str]:
        """The words that name the fleet to `shouwang simulate`."""
        return [
            "--households", str(HOUSEHOLDS), "--devices-per-household", str(DEVICES_PER_HOUSEHOLD),
            "--scenario", "mixed", "--seed", str(self.seed),
        ]  # fmt: skip

    def run(self, broker: str, ledger: Path) -> list[str]:
        return [
            *self.fleet(), "--events-per-second", str(self.rate), "--alarm-share", str(ALARM_SHARE),
            "--duration", f"{self.seconds}s", "--drain", f"{DRAIN_S}s", "--run", "faults",
            "--shared-connections", str(SHARED_CONNECTIONS), "--broker", broker, "--ledger", str(ledger),
        ]  # fmt: skip


@dataclass(kw_only=True)
class Stage:
    """What a scenario may break, and what it has to note."""

    servers: Servers
    load: Load
    chance: Random
    gateways: list[Part] = field(default_factory=list)
    broker_killed_at: list[datetime] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    kept: set[Part] = field(default_factory=set)
    cable: Cable | None = None
    on_leaving: AsyncExitStack = field(default_factory=AsyncExitStack)
    _began_s: float = 0.0

    @property
    def elapsed_s(self) -> float:
        return asyncio.get_running_loop().time() - self._began_s

    async def add_gateway(self, *, database_url: str | None = None) -> Part:
        """Start one more gateway and wait until it answers."""
        gateway = self.servers.part("gateway", database_url=database_url)
        await gateway.up()
        self.gateways.append(gateway)
        self.kept.add(gateway)
        return gateway

    async def at(self, at_s: float) -> None:
        """Wait until this second of the load."""
        await asyncio.sleep(max(0.0, at_s - self.elapsed_s))

    def some_moment(self, *, first: float = 0.15, last: float = 0.75) -> float:
        """A moment of the load, as shares of its length."""
        return self.load.seconds * self.chance.uniform(first, last)

    def note(self, what: str) -> None:
        self.log.append(f"{self.elapsed_s:5.1f} s  {what}")

    async def kill_gateway(self, gateway: Part) -> None:
        """Signal 9, and nobody starts it again but the caller."""
        self.kept.discard(gateway)
        if gateway.alive:
            await gateway.kill()
        self.note("signal 9 to a gateway")

    def start_again(self, gateway: Part) -> None:
        gateway.start()
        self.kept.add(gateway)

    async def kill_broker(self) -> None:
        """Signal 9 to Mosquitto, its moment noted on both sides of its death: what it had not saved is lost with it.

        The fleet notes a PUBACK one beat after it came, so the last ones bear times at which the broker was dead.
        """
        self.broker_killed_at.append(datetime.now(UTC))
        await self.servers.mosquitto.kill()
        await asyncio.sleep(FLEET_NOTES_S)
        self.broker_killed_at.append(datetime.now(UTC))
        self.note("signal 9 to Mosquitto")

    async def lay_cable(self) -> str:
        """A cable to the database; returns the address at our end."""
        folder = self.servers.folder / "cable"
        self.cable, address = await self.on_leaving.enter_async_context(cable(self.servers.dsn, folder))
        return address

    async def holder(self, lane: str) -> Part:
        """The gateway that holds a lane now; StopIteration where none of ours does."""
        async with asyncio.timeout(30):
            while not (holder := await self._holder(lane)):
                await asyncio.sleep(0.2)
        return next(each for each in self.gateways if f":{each.pid}:" in holder)

    async def until_held(self, lane: str) -> None:
        """Wait until a gateway of ours holds the lane."""
        await self.holder(lane)

    async def _holder(self, lane: str) -> str | None:
        database = await connect(self.servers.dsn, application_name="faults", max_size=1)
        try:
            holder: str | None = await database.pool.fetchval(
                "SELECT holder FROM lane WHERE name = $1 AND valid_until > clock_timestamp()", lane
            )
        finally:
            await database.close()
        return holder

    async def keep(self) -> None:
        """As a service manager would: start again what ended by itself."""
        while True:
            await asyncio.sleep(KEEPER_LOOKS_S)
            for gateway in self.kept:
                if not gateway.alive:
                    self.note("a gateway had ended; started again")
                    gateway.start()

    async def run_load(self) -> Findings:
        """Have the fleet speak until it is acknowledged or gives up, then compare its ledger with the database."""
        ledger = self.servers.folder / "ledger.jsonl"
        fleet = Child(
            [sys.executable, "-m", "shouwang", "simulate", *self.load.run(self.servers.mosquitto.url, ledger)],
            log=self.servers.folder / "simulate.log",
        )
        fleet.start()
        try:
            await fleet.ended(self.load.seconds + DRAIN_S + 120.0)
        finally:
            await fleet.stop()
        self.note("the fleet has ended")
        async with stored_events(self.servers.dsn) as stored:
            return await compare_when_settled(
                lambda: read(ledger), stored, self.broker_killed_at, RealClock(), SETTLE_S
            )

    async def began(self) -> None:
        """Wait until the fleet has said its first word, and count seconds from there."""
        ledger = self.servers.folder / "ledger.jsonl"
        async with asyncio.timeout(60):
            while not (ledger.exists() and ledger.stat().st_size):  # another process writes it
                await asyncio.sleep(0.05)
        self._began_s = asyncio.get_running_loop().time()


@asynccontextmanager
async def stage(load: Load, name: str) -> AsyncIterator[Stage]:
    """Empty servers with the fleet registered; everything ends with the block."""
    async with servers() as those:
        one = Stage(servers=those, load=load, chance=Random(f"{load.seed}/{name}"))
        await _register(one)
        async with one.on_leaving:
            yield one


async def _register(one: Stage) -> None:
    fleet = one.servers.folder / "fleet.csv"
    writer = Child(
        [sys.executable, "-m", "shouwang", "simulate", *one.load.fleet(), "--devices-csv", str(fleet)],
        log=one.servers.folder / "simulate.log",
    )
    writer.start()
    assert await writer.ended(60) == 0, "the simulator did not write its fleet"
    database = await connect(one.servers.dsn, application_name="faults", max_size=1)
    try:
        text = fleet.read_text(encoding="utf-8")
        keyring = Keyring.load_or_create(one.servers.keys / "secret.key")
        report = await import_devices(database, keyring, text, by=None, now=datetime.now(UTC))
        assert not report.errors, report.errors[:3]
    finally:
        await database.close()
