"""The memory a gateway needs for a backlog: a million messages wait in its session while it is away."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from benchmarks import fleet, gateway, machine
from benchmarks.figures import Figure
from benchmarks.load import publisher
from benchmarks.servers import Part, Servers, servers
from benchmarks.telemetry import until_stored

MESSAGES: Final = 1_000_000
TARGET_MIB: Final = 250
#: The queue is made in parts: the publisher holds what it will send.
AT_ONCE: Final = 250_000


async def measure() -> list[Figure]:
    """Make the session, take the gateway away, queue, bring it back and watch its memory."""
    async with servers() as those:
        await fleet.register(those.dsn)
        first = those.part("gateway")
        await first.up()
        await gateway.connected(first)
        await first.stop()
        await _queue(those)
        second = those.part("gateway")
        began_s = time.monotonic()
        await second.up()
        await _drained(second)
        took_s = time.monotonic() - began_s
        peak_mib = machine.status_kib(second.pid, "VmHWM") / 1024
        stored = await gateway.stored(second)
    print(f"    {stored:,} of {MESSAGES:,} stored; load average {machine.load()}", flush=True)
    figures = [
        Figure(name="peak memory over a backlog of a million", value=peak_mib, unit="MiB", target=TARGET_MIB),
        Figure(name="backlog worked off, events a second", value=stored / took_s, unit="/s"),
        Figure(name="of the backlog missing", value=MESSAGES - stored, unit="events", target=0),
    ]
    print("\n".join(figure.line() for figure in figures), flush=True)
    return figures


async def _queue(those: Servers) -> None:
    for part in range(MESSAGES // AT_ONCE):
        async with publisher(those.mosquitto.port, rate=0, count=AT_ONCE, run=f"backlog{part}") as load:
            load.go()
            await load.finished()


async def _drained(second: Part) -> None:
    """Until all is stored, or nothing more comes for as long as patience lasts."""
    done = 0
    while done < MESSAGES:
        try:
            await until_stored(second, done + 1)
        except TimeoutError:
            return
        await asyncio.sleep(0.5)
        done = await gateway.stored(second)
