"""The publisher as a process: made ready first, let go later, heard as it tells."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks.fleet import DEVICES
from benchmarks.servers import ROOT
from shouwang.embedded.processes import die_with_parent


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """One second of the publisher. `at_s` is of the machine's monotonic clock, which all processes share."""

    sent: int
    taken: int
    at_s: float
    done: bool


class Publisher:
    """One load, ready to go."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    def go(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(b"go\n")

    async def told(self) -> AsyncIterator[Told]:
        """What it tells once a second, until everything is taken over."""
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            values: dict[str, Any] = json.loads(line)
            yield Told(**values)

    async def finished(self) -> Told:
        """Its last word."""
        last = None
        async for word in self.told():
            last = word
        assert last is not None and last.done, "the publisher ended before its time"
        return last


@asynccontextmanager
async def publisher(
    port: int, *, rate: int, count: int, run: str, devices: int = DEVICES, prefix: str = "sw/v1"
) -> AsyncIterator[Publisher]:
    """A publisher of `count` messages at `rate` a second (0: as fast as it can), waiting for `go`."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.publisher", str(port), str(rate), str(count), str(devices), run, prefix,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, cwd=ROOT,
        preexec_fn=die_with_parent(signal.SIGKILL),
    )  # fmt: skip
    try:
        assert process.stdout is not None
        if (await process.stdout.readline()).strip() != b"ready":
            raise RuntimeError("the publisher did not get ready")
        yield Publisher(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
