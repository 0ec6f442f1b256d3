"""Every way of breaking the system that we know, each as what happens at which moment."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from tests.faults.stage import Stage

#: How long the database is away, and how long a gateway is stopped: seconds of a 60 s load; shorter ones shrink them.
DATABASE_AWAY_SHARE: Final = 30 / 60
STOPPED_SHARE: Final = 15 / 60
GATEWAY_KILLS: Final = 5

Break = Callable[[Stage], Awaitable[None]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Scenario:
    """`prepare` brings the gateways up, `breaks` runs beside the load."""

    name: str
    says: str
    prepare: Break
    breaks: Break


async def one_gateway(stage: Stage) -> None:
    await stage.add_gateway()


async def two_gateways(stage: Stage) -> None:
    await stage.add_gateway()
    await stage.add_gateway()


async def kill_gateway_often(stage: Stage) -> None:
    """Five random moments; each time it starts again at once."""
    gateway = stage.gateways[0]
    for moment in sorted(stage.some_moment(first=0.05, last=0.95) for _ in range(GATEWAY_KILLS)):
        await stage.at(moment)
        await stage.kill_gateway(gateway)
        stage.start_again(gateway)


async def kill_broker(stage: Stage) -> None:
    await stage.at(stage.some_moment())
    await stage.kill_broker()
    await stage.servers.mosquitto.up()
    stage.note("Mosquitto is back")


async def kill_postmaster(stage: Stage) -> None:
    await stage.at(stage.some_moment())
    await stage.servers.kill_postmaster()
    stage.note("signal 9 to the postmaster")
    await stage.servers.postgres.start()
    stage.note("PostgreSQL is back")


async def kill_everything(stage: Stage) -> None:
    """As when the power goes: the broker, the database and the gateway at one moment."""
    gateway = stage.gateways[0]
    stage.kept.discard(gateway)
    await stage.at(stage.some_moment())
    gateway.signal(signal.SIGKILL)
    await stage.kill_broker()
    await stage.servers.kill_postmaster()
    await gateway.ended()
    stage.note("signal 9 to gateway, Mosquitto and postmaster")
    async with asyncio.TaskGroup() as starting:
        starting.create_task(stage.servers.mosquitto.up())
        starting.create_task(stage.servers.postgres.start())
    stage.start_again(gateway)
    stage.note("everything was started again")


async def stop_database(stage: Stage) -> None:
    """A database that is stopped in order, as for an update, and comes back half a minute later."""
    away_s = stage.load.seconds * DATABASE_AWAY_SHARE
    await stage.at(stage.some_moment(first=0.1, last=0.3))
    await stage.servers.postgres.stop()
    stage.note("PostgreSQL stopped")
    await asyncio.sleep(away_s)
    await stage.servers.postgres.start()
    stage.note(f"PostgreSQL is back after {away_s:.0f} s")


async def kill_one_of_two(stage: Stage) -> None:
    """The one that holds the telemetry; it never comes back."""
    await stage.at(stage.some_moment())
    await stage.kill_gateway(await stage.holder("telemetry"))


async def stop_one_of_two(stage: Stage) -> None:
    """A process that stands still and wakes believing that it holds its lanes."""
    await stage.at(stage.some_moment(last=0.6))
    victim = await stage.holder("telemetry")
    victim.signal(signal.SIGSTOP)
    stage.note("one of two gateways stopped")
    await asyncio.sleep(stage.load.seconds * STOPPED_SHARE)
    victim.signal(signal.SIGCONT)
    stage.note("and continued")


async def two_gateways_one_by_cable(stage: Stage) -> None:
    """The first, which takes the lanes, reaches the database through a cable of its own."""
    address = await stage.lay_cable()
    await stage.add_gateway(database_url=address)
    await stage.until_held("telemetry")
    await stage.add_gateway()


async def cut_cable(stage: Stage) -> None:
    """For good, and without a word: nothing is refused, nothing is closed."""
    assert stage.cable is not None
    await stage.at(stage.some_moment())
    stage.cable.cut()
    stage.note("the holder was cut from the database")


SCENARIOS: Final = (
    Scenario(name="gateway_killed", says="signal 9 to the gateway, five times",
             prepare=one_gateway, breaks=kill_gateway_often),
    Scenario(name="broker_killed", says="signal 9 to Mosquitto", prepare=one_gateway, breaks=kill_broker),
    Scenario(name="postmaster_killed", says="signal 9 to the postmaster",
             prepare=one_gateway, breaks=kill_postmaster),
    Scenario(name="all_killed", says="signal 9 to everything at once", prepare=one_gateway, breaks=kill_everything),
    Scenario(name="database_stopped", says="the database stopped for half of the time",
             prepare=one_gateway, breaks=stop_database),
    Scenario(name="one_of_two_killed", says="two gateways, signal 9 to the holder",
             prepare=two_gateways, breaks=kill_one_of_two),
    Scenario(name="one_of_two_stopped", says="two gateways, the holder stopped for a quarter of the time",
             prepare=two_gateways, breaks=stop_one_of_two),
    Scenario(name="one_of_two_cut_off", says="two gateways, the holder cut from the database",
             prepare=two_gateways_one_by_cable, breaks=cut_cable),
)  # fmt: skip
