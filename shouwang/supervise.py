"""Keeping servers and parts alive: what ends is started again, with back-off; what must stop, stops."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import Final, Protocol

import structlog

from rules.clock import Clock
from shouwang.embedded.processes import die_with_parent
from shouwang.errors import ShouwangError
from shouwang.metrics import part_restarts_total

log = structlog.stdlib.get_logger()

#: A part that keeps falling must not eat the machine, nor stay away long once its cause is gone.
BACK_OFF_FIRST_S: Final = 1.0
BACK_OFF_MOST_S: Final = 30.0
#: Who lived this long starts again without a grudge.
LIVED_WELL_S: Final = 60.0

#: Parts finish the message in hand; what takes longer than this hangs.
STOP_S: Final = 10.0
LOOK_S: Final = 0.05


class Server(Protocol):
    """Something that runs beside us: the database, the broker, a part."""

    async def start(self) -> object: ...

    async def wait(self) -> int: ...

    async def stop(self) -> None: ...


class PartProcess:
    """One part of the program as a child of ours, which never outlives us."""

    def __init__(self, arguments: list[str], clock: Clock) -> None:
        self._command = [sys.executable, "-m", "shouwang", *arguments]
        self._clock = clock
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Start it; what it has to say it says on our standard error."""
        self._process = self._launch()

    def _launch(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._command,
            stdin=subprocess.DEVNULL,
            # A session of its own: Ctrl-C reaches us alone, and we stop the parts in their order.
            start_new_session=True,
            # Nothing that a part has is lost by this: what counts is committed.
            preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509 -- two system calls, no locks taken
        )

    async def wait(self) -> int:
        """Wait until it ends by itself and return its exit code."""
        while self._process is not None and self._process.poll() is None:
            await self._clock.sleep(LOOK_S)
        return 0 if self._process is None else self._process.returncode

    async def stop(self) -> None:
        """Ask it to end, and after a while end it with everything it started. Safe to call twice."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        until = self._clock.monotonic() + STOP_S
        while process.poll() is None and self._clock.monotonic() < until:
            await self._clock.sleep(LOOK_S)
        _end_group(process.pid)
        process.wait()


def _end_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        # Gone, or what is left of the group changed its user: nothing more of ours.
        return


def next_back_off(before_s: float, lived_s: float) -> float:
    """How long to wait before the next start, in seconds."""
    if before_s == 0.0 or lived_s >= LIVED_WELL_S:
        return BACK_OFF_FIRST_S
    return min(before_s * 2, BACK_OFF_MOST_S)


async def keep(name: str, server: Server, clock: Clock) -> None:
    """Start `server` again whenever it ends, for ever; the caller started it the first time."""
    back_off_s = 0.0
    started = clock.monotonic()
    while True:
        code = await server.wait()
        back_off_s = next_back_off(back_off_s, clock.monotonic() - started)
        log.error("part_ended", ended=name, code=code, again_in_s=back_off_s)
        part_restarts_total.labels(name).inc()
        await clock.sleep(back_off_s)
        started = clock.monotonic()
        try:
            await server.start()
        except ShouwangError as error:
            log.error("part_start_failed", failed=name, why=str(error))  # noqa: TRY400 -- one clear line, no stack
