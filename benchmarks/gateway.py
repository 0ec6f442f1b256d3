"""A gateway under measurement: started, asked for its own figures, and what it and PostgreSQL took for them."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import Final
from urllib.request import urlopen

from benchmarks import machine
from benchmarks.servers import Part, Servers

_SAMPLE: Final = re.compile(r"^(\w+)(?:\{([^}]*)\})? (\S+)$", re.MULTILINE)
#: Its first window after a start is noted before it is decoded; what is measured is what comes after.
FIRST_WINDOW_S: Final = 11.0


def _read(port: int) -> str:
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:  # our own loopback
        return str(answer.read().decode())


async def sampled(part: Part, name: str, *labels: str) -> float:
    """The sum of a metric's samples whose labels hold all of `labels`, for example `outcome="stored"`."""
    text = await asyncio.to_thread(_read, part.metrics_port)
    return sum(
        float(value)
        for found, given, value in _SAMPLE.findall(text)
        if found == name and all(label in given for label in labels)
    )


async def stored(part: Part) -> int:
    """How many readings this gateway has committed so far."""
    return int(await sampled(part, "shouwang_events_total", 'type="location"', 'outcome="stored"'))


async def connected(part: Part) -> None:
    """Wait until both lanes are connected."""
    async with asyncio.timeout(60):
        while await sampled(part, "shouwang_lane_connected") < 2:  # noqa: ASYNC110  # another process's figure
            await asyncio.sleep(0.1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """Processor seconds taken by each side up to now."""

    gateway_s: float
    postgres_s: float
    mosquitto_s: float

    @classmethod
    def now(cls, those: Servers, gateway: Part) -> Taken:
        assert those.postgres.pid is not None
        return cls(
            gateway_s=machine.cpu_s(gateway.pid),
            postgres_s=machine.tree_cpu_s(those.postgres.pid),
            mosquitto_s=machine.cpu_s(those.mosquitto.pid),
        )

    def since(self, before: Taken, events: int) -> dict[str, float]:
        """Microseconds an event, by side."""
        return {
            "gateway": (self.gateway_s - before.gateway_s) / events * 1e6,
            "postgres": (self.postgres_s - before.postgres_s) / events * 1e6,
            "mosquitto": (self.mosquitto_s - before.mosquitto_s) / events * 1e6,
        }
