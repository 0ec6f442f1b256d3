"""The whole program put together: `up` starts everything in order, keeps it alive, and stops it in order."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final, TypeVar

import structlog

from rules.clock import Clock, SharedClock
from shouwang.admin import first_admin
from shouwang.database_commands import migrated
from shouwang.demo import register_town, town_command
from shouwang.embedded.broker import EmbeddedBroker, refuse_taken_port
from shouwang.embedded.database import announced, database, held, take_lock
from shouwang.embedded.places import SOCKET_PATH_BYTES, prepare_data_dir
from shouwang.embedded.postgres import EmbeddedPostgres
from shouwang.errors import DatabaseNotRunning
from shouwang.health import common_health
from shouwang.parts import connected
from shouwang.policy_watch import begin_with
from shouwang.settings import Settings
from shouwang.supervise import PartProcess, Server, keep
from store.lanes import forget_sessions

log = structlog.stdlib.get_logger()

Result = TypeVar("Result")
Say = Callable[[str], None]

#: A short command (`shouwang check`) may hold the data folder's lock just now.
LOCK_S: Final = 5.0
#: The console is asked this long for its first answer before we say so; it goes on being started either way.
CONSOLE_ANSWERS_S: Final = 60.0
LOOK_S: Final = 0.1

#: Parts whose health the supervisor puts together on one port, as the settings give only one.
WITH_HEALTH: Final = ("rules", "gateway")


def run_until_signalled(work: Callable[[], Awaitable[Result]], *, fast: bool = False) -> Result | None:
    """Run `work`; the first SIGINT or SIGTERM cancels it, so that its own endings run; None where it was cancelled.

    `fast` takes uvloop. A second signal interrupts even the endings: our children then die with us.
    """

    async def main() -> Result | None:
        loop = asyncio.get_running_loop()
        task = asyncio.ensure_future(work())

        def stop() -> None:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)
                signal.signal(number, signal.SIG_DFL)
            task.cancel()

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop)
        try:
            return await task
        except asyncio.CancelledError:
            return None

    factory = None
    if fast:
        import uvloop

        factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(main())


async def up(settings: Settings, *, demo: bool, say: Say) -> None:
    """Everything in one process tree, until cancelled; raises a ShouwangError where it cannot start.

    `say` takes the few lines meant for the person at the terminal. Whatever ends by itself is started again.
    """
    clock = SharedClock()
    data_dir = prepare_data_dir(settings.data_dir)
    refuse_taken_port(
        settings.http_host, settings.http_port, "stop what listens there, or name another with SHOUWANG_HTTP_PORT"
    )
    # Opened last, closed first: simulator, gateway, rules, console, broker, database.
    async with AsyncExitStack() as running:
        kept: dict[str, Server] = {}
        if settings.database_address is None:
            kept["postgres"] = await running.enter_async_context(_database(data_dir, clock))
        await _prepare(settings, clock, demo=demo, say=say)
        if settings.mqtt_url is None:
            kept["broker"] = await running.enter_async_context(_broker(data_dir, settings, clock))
            await _forget_sessions(settings, clock)
        sockets = running.enter_context(_socket_folder(data_dir))
        await running.enter_async_context(_common_health(settings, sockets))
        for name, arguments in _parts(settings, sockets, demo=demo).items():
            kept[name] = await running.enter_async_context(_part(arguments, clock))
        # Cancelled with us, and before anything is stopped: nothing is started again while we stop.
        async with asyncio.TaskGroup() as tasks:
            for name, server in kept.items():
                tasks.create_task(keep(name, server, clock), name=f"keep {name}")
            tasks.create_task(_say_when_answering(settings, clock, say), name="greeting")


async def _forget_sessions(settings: Settings, clock: SharedClock) -> None:
    """The embedded broker keeps its sessions in memory: those of an earlier life are known to be gone.

    Said once here, so that every start does not raise "messages may be lost"; a broker that dies while we run does.
    """
    async with connected(settings, clock, name="shouwang up") as db, db.pool.acquire() as connection:
        await forget_sessions(connection)


@asynccontextmanager
async def _database(data_dir: Path, clock: Clock) -> AsyncIterator[EmbeddedPostgres]:
    lock = await _lock(data_dir, clock)
    with held(lock):
        server = EmbeddedPostgres(data_dir, clock)
        try:
            dsn = await server.start()
            with announced(data_dir, dsn):
                yield server
        finally:
            await server.stop()


async def _lock(data_dir: Path, clock: Clock) -> int:
    until = clock.monotonic() + LOCK_S
    while (lock := take_lock(data_dir)) is None:
        if clock.monotonic() > until:
            raise DatabaseNotRunning(
                f"SHOUWANG_DATA_DIR: another shouwang runs on {data_dir}; stop it, or name another folder"
            )
        await clock.sleep(LOOK_S)
    return lock


@asynccontextmanager
async def _broker(data_dir: Path, settings: Settings, clock: Clock) -> AsyncIterator[EmbeddedBroker]:
    broker = EmbeddedBroker(data_dir, settings.embedded_mqtt_port, clock)
    try:
        await broker.start()
        yield broker
    finally:
        await broker.stop()


@asynccontextmanager
async def _part(arguments: list[str], clock: Clock) -> AsyncIterator[PartProcess]:
    part = PartProcess(arguments, clock)
    try:
        await part.start()
        yield part
    finally:
        await part.stop()


async def _prepare(settings: Settings, clock: SharedClock, *, demo: bool, say: Say) -> None:
    """The schema, the first administrator, and the demonstration's register."""
    async with database(settings, clock) as dsn:
        steps = await migrated(dsn)
    if steps:
        log.info("schema_migrated", steps=steps)
    async with connected(settings, clock, name="shouwang up", demo=demo) as db:
        made = await first_admin(db, settings, clock.now())
        if made is not None:
            say(f"First sign-in: admin / {made}   (shown once: write it down, or change it in the console)")
        if settings.policy is not None:
            await begin_with(db, settings.policy, demo=demo, now=clock.now())
        if demo:
            await register_town(db, settings, clock.now())


def _parts(settings: Settings, sockets: Path, *, demo: bool) -> dict[str, list[str]]:
    """Each part's own command, in the order they start."""
    marks = ["--demo"] if demo else []
    parts = {
        "console": ["console", *marks],
        **{name: [name, *marks, "--health-socket", str(sockets / f"{name}.sock")] for name in WITH_HEALTH},
    }
    if demo:
        parts["simulate"] = town_command(settings)
    return parts


@contextmanager
def _socket_folder(data_dir: Path) -> Iterator[Path]:
    """A closed folder for the parts' health sockets, short enough for their names."""
    longest = data_dir / "sockets" / "gateway.sock"
    if len(os.fsencode(longest)) <= SOCKET_PATH_BYTES:
        longest.parent.mkdir(mode=0o700, exist_ok=True)
        yield longest.parent
        return
    with tempfile.TemporaryDirectory(prefix="shouwang-") as short:
        yield Path(short)


def _common_health(settings: Settings, sockets: Path) -> AbstractAsyncContextManager[None]:
    parts = {name: sockets / f"{name}.sock" for name in WITH_HEALTH}
    return common_health((settings.http_host, settings.metrics_port), parts)


async def _say_when_answering(settings: Settings, clock: Clock, say: Say) -> None:
    host = f"[{settings.http_host}]" if ":" in settings.http_host else settings.http_host
    address = f"http://{host}:{settings.http_port}/"
    until = clock.monotonic() + CONSOLE_ANSWERS_S
    while not _listens(settings.http_host, settings.http_port):
        if clock.monotonic() > until:
            say(f"The console at {address} does not answer yet; what hinders it stands above")
            return
        await clock.sleep(LOOK_S)
    say(f"Shouwang is awake. Console: {address}   Ctrl-C stops everything")


def _listens(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host if host not in {"0.0.0.0", "::"} else "localhost", port), timeout=0.2):  # noqa: S104 -- compared, not bound
            return True
    except OSError:
        return False
