"""Telemetry stored by one gateway: what an event costs each side, the rate it holds, and beside a plain subscriber."""

from __future__ import annotations

import asyncio
import statistics
import time
from typing import Final

from benchmarks import fleet, gateway, machine
from benchmarks.figures import Figure
from benchmarks.gateway import Taken
from benchmarks.load import publisher
from benchmarks.servers import Child, Part, Servers, servers

HELD_RATE: Final = 15_000
HELD_S: Final = 60
#: A run at the held rate, for what an event costs.
COST_EVENTS: Final = 150_000
RUNS: Final = 5
#: A flood, as fast as the publisher's window allows.
FLOOD_EVENTS: Final = 200_000
FLOODS: Final = 3
#: After the last event of a held load nothing but what was in flight may be left: a second's worth.
QUEUE_MOST_EVENTS: Final = HELD_RATE
#: What is measured must end; a gateway that stores nothing for so long never will.
PATIENCE_S: Final = 120.0


async def measure() -> list[Figure]:
    """All three, on one set of servers."""
    async with servers() as those:
        await fleet.register(those.dsn)
        one = those.part("gateway")
        await one.up()
        await gateway.connected(one)
        await asyncio.sleep(gateway.FIRST_WINDOW_S)
        return [*await _cost(those, one), *await _held(those, one), *await _ratio(those, one)]


def _say(figures: list[Figure]) -> list[Figure]:
    print("\n".join(figure.line() for figure in figures), flush=True)
    return figures


async def until_stored(one: Part, count: int) -> float:
    """Wait until so many are committed in all, and return the monotonic second; raises TimeoutError."""
    async with asyncio.timeout(PATIENCE_S):
        while await gateway.stored(one) < count:  # noqa: ASYNC110  # another process's figure
            await asyncio.sleep(0.05)
    return time.monotonic()


async def _cost(those: Servers, one: Part) -> list[Figure]:
    """Processor time an event: the median of five runs, with the load average beside each."""
    runs = []
    for number in range(RUNS):
        async with publisher(those.mosquitto.port, rate=HELD_RATE, count=COST_EVENTS, run=f"cost{number}") as load:
            before_count, before = await gateway.stored(one), Taken.now(those, one)
            load.go()
            await load.finished()
            await until_stored(one, before_count + COST_EVENTS)
            # The last second of `last_seen`, and PostgreSQL's writers behind it.
            await asyncio.sleep(1.0)
            runs.append(Taken.now(those, one).since(before, COST_EVENTS))
        told = ", ".join(f"{side} {cost:.1f}" for side, cost in runs[-1].items())
        print(f"    run {number + 1}: {told} us an event; load average {machine.load()}", flush=True)
    median = {side: statistics.median(run[side] for run in runs) for side in runs[0]}
    return _say([
        Figure(name="gateway's processor time an event", value=median["gateway"], unit="us", target=25),
        Figure(name="PostgreSQL's processor time an event", value=median["postgres"], unit="us", target=25),
        Figure(name="Mosquitto's processor time an event", value=median["mosquitto"], unit="us"),
    ])  # fmt: skip


async def _held(those: Servers, one: Part) -> list[Figure]:
    """A minute at the rate; the queue is what was sent and is not committed, sampled each second."""
    count = HELD_RATE * HELD_S
    queue: list[int] = []
    inflight: list[float] = []
    async with publisher(those.mosquitto.port, rate=HELD_RATE, count=count, run="held") as load:
        before, began_s = await gateway.stored(one), time.monotonic()
        load.go()
        async for word in load.told():
            queue.append(word.sent - (await gateway.stored(one) - before))
            inflight.append(await gateway.sampled(one, "shouwang_lane_inflight", 'lane="telemetry"'))
        ended_s = await until_stored(one, before + count)
    third = len(queue) // 3
    print(f"    queue each fifth second: {queue[::5]}; load average {machine.load()}", flush=True)
    return _say([
        Figure(name="held for 60 s: events stored a second", value=count / (ended_s - began_s), unit="/s"),
        Figure(name="queue, median of the last third", value=statistics.median(queue[-third:]), unit="events",
               target=QUEUE_MOST_EVENTS),
        Figure(name="queue, median of the first third", value=statistics.median(queue[:third]), unit="events"),
        Figure(name="lane_inflight, largest sample", value=max(inflight), unit="messages"),
    ])  # fmt: skip


async def _ratio(those: Servers, one: Part) -> list[Figure]:
    """The same flood to the gateway and to `mosquitto_sub -q 1 > /dev/null`, by turns; medians."""
    ours, plain = [], []
    for number in range(FLOODS):
        ours.append(await _flood_gateway(those, one, number))
        plain.append(await _flood_subscriber(those, one, number))
        print(
            f"    flood {number + 1}: gateway {ours[-1]:,.0f}/s, mosquitto_sub {plain[-1]:,.0f}/s;"
            f" load average {machine.load()}",
            flush=True,
        )
    rate, other = statistics.median(ours), statistics.median(plain)
    return _say([
        Figure(name="flood: stored by the gateway", value=rate, unit="/s"),
        Figure(name="flood: received by mosquitto_sub -q 1 > /dev/null", value=other, unit="/s"),
        Figure(name="flood: stored for each 100 received", value=100 * rate / other, unit="%", target=50,
               at_least=True),
    ])  # fmt: skip


async def _flood_gateway(those: Servers, one: Part, number: int) -> float:
    async with publisher(those.mosquitto.port, rate=0, count=FLOOD_EVENTS, run=f"flood{number}") as load:
        before, began_s = await gateway.stored(one), time.monotonic()
        load.go()
        await load.finished()
        return FLOOD_EVENTS / (await until_stored(one, before + FLOOD_EVENTS) - began_s)


async def _flood_subscriber(those: Servers, one: Part, number: int) -> float:
    """By another prefix, which no lane of ours subscribes: only the subscriber is fed, and the gateway idles."""
    subscriber = Child(
        ["sh", "-c", f"exec mosquitto_sub -p {those.mosquitto.port} -q 1 -C {FLOOD_EVENTS} "
         "-t 'plain/v1/+/telemetry' > /dev/null"],
        log=those.folder / "subscriber.log",
    )  # fmt: skip
    assert one.alive
    subscriber.start()
    await asyncio.sleep(1.0)
    async with publisher(
        those.mosquitto.port, rate=0, count=FLOOD_EVENTS, run=f"plain{number}", prefix="plain/v1"
    ) as load:
        began_s = time.monotonic()
        load.go()
        await load.finished()
        await subscriber.ended(PATIENCE_S)
        return FLOOD_EVENTS / (time.monotonic() - began_s)
