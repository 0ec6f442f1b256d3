"""From a press to the frame on a dispatcher's screen: a thousand of them, alone and beside a county's telemetry."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from random import Random
from typing import Final

import asyncpg

from benchmarks import fleet, gateway
from benchmarks.desk import Button, Desk, add_dispatcher, desk
from benchmarks.figures import Figure, percentile
from benchmarks.load import publisher
from benchmarks.servers import ROOT, Part, Servers, servers
from simulator.fleet import fleet as simulated
from store.database import connect
from store.registers.imports import import_devices
from store.sealing import Keyring

PRESSES: Final = 1_000
#: Between two presses, so that they fall anywhere between the ticks of whatever ticks.
PAUSE_S: Final = (0.02, 0.08)
TELEMETRY_RATE: Final = 5_000
#: A press takes this long at most, pause included, while telemetry runs beside; it must not run out before.
TELEMETRY_S: Final = 150
SEED: Final = 4


async def measure() -> list[Figure]:
    """Both halves, each on servers of its own."""
    return [*await _half("idle", 0, 15.0, 50.0), *await _half("beside 5,000 events/s", TELEMETRY_RATE, 30.0, 100.0)]


async def _half(name: str, rate: int, p50_ms: float, p99_ms: float) -> list[Figure]:
    async with servers() as those, _system(those) as (console, buttons), _telemetry(those, rate), desk(console) as one:
        took_s, across_s = await _press_all(those, one, buttons)
    figures = [
        Figure(name=f"press to screen, {name}, p50", value=percentile(took_s, 0.5) * 1e3, unit="ms", target=p50_ms),
        Figure(name=f"press to screen, {name}, p99", value=percentile(took_s, 0.99) * 1e3, unit="ms", target=p99_ms),
        Figure(name=f"press to screen, {name}, longest", value=max(took_s) * 1e3, unit="ms"),
        Figure(name=f"press to screen, {name}, across a CHECKPOINT", value=across_s * 1e3, unit="ms"),
    ]
    print("\n".join(figure.line() for figure in figures), flush=True)
    return figures


async def _press_all(those: Servers, one: Desk, buttons: Sequence[str]) -> tuple[list[float], float]:
    button, chance, across_s = Button(those.mosquitto.port), Random(SEED), 0.0
    took_s: list[float] = []
    for number, device in enumerate(buttons):
        await asyncio.sleep(chance.uniform(*PAUSE_S))
        if number == len(buttons) // 2:
            async with _checkpoint(those):
                across_s = await one.sees(button, device, f"press-{number}")
            took_s.append(across_s)
        else:
            took_s.append(await one.sees(button, device, f"press-{number}"))
    button.close()
    return took_s, across_s


@asynccontextmanager
async def _checkpoint(those: Servers) -> AsyncIterator[None]:
    """Force one, running while the block does."""
    connection = await asyncpg.connect(those.postgres.superuser_dsn)
    async with asyncio.TaskGroup() as group:
        group.create_task(_say_checkpoint(connection))
        await asyncio.sleep(0)
        yield
    await connection.close()


async def _say_checkpoint(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    await connection.execute("CHECKPOINT")


@asynccontextmanager
async def _system(those: Servers) -> AsyncIterator[tuple[Part, list[str]]]:
    """Gateway, rules engine and console as processes, with a button in each of a thousand homes."""
    buttons = [device.id for device in simulated(SEED, PRESSES, 1)]
    await _register(those)
    parts = [those.part(name) for name in ("console", "rules", "gateway")]
    for part in parts:
        await part.up()
    await add_dispatcher(parts[0])
    await gateway.connected(parts[2])
    await asyncio.sleep(gateway.FIRST_WINDOW_S)
    yield parts[0], buttons


async def _register(those: Servers) -> None:
    await fleet.register(those.dsn)
    written = those.folder / "buttons.csv"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "shouwang", "simulate", "--households", str(PRESSES), "--devices-per-household", "1",
        "--scenario", "load", "--seed", str(SEED), "--devices-csv", str(written),
        stdout=asyncio.subprocess.DEVNULL, cwd=ROOT,
    )  # fmt: skip
    assert await process.wait() == 0, "the simulator did not write its fleet"
    database = await connect(those.dsn, application_name="bench", max_size=1)
    try:
        keyring = Keyring.load_or_create(those.keys / "secret.key")
        await import_devices(database, keyring, written.read_text(encoding="utf-8"), by=None, now=datetime.now(UTC))
    finally:
        await database.close()


@asynccontextmanager
async def _telemetry(those: Servers, rate: int) -> AsyncIterator[None]:
    """So many readings a second for as long as the block runs; none at rate 0."""
    if not rate:
        yield
        return
    async with publisher(those.mosquitto.port, rate=rate, count=rate * TELEMETRY_S, run="beside") as load:
        load.go()
        await asyncio.sleep(2.0)
        yield
