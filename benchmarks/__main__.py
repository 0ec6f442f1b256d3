"""`make bench`: measure on this machine, and say what holds."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from benchmarks import (
    alarm,
    backlog,
    classification,
    deadlines,
    decoding,
    machine,
    press,
    storm,
    supervision,
    telemetry,
)
from benchmarks.figures import Figure

BENCHMARKS: Final[dict[str, Callable[[], Awaitable[list[Figure]]]]] = {
    "decoding": decoding.measure,
    "alarm": alarm.measure,
    "press": press.measure,
    "telemetry": telemetry.measure,
    "backlog": backlog.measure,
    "supervision": supervision.measure,
    "deadlines": deadlines.measure,
    "classification": classification.measure,
    "storm": storm.measure,
}


async def _measure(name: str) -> list[Figure]:
    return await BENCHMARKS[name]()


def main(arguments: Sequence[str]) -> int:
    """Measure what is named, or everything; 1 if a target is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", nargs="*", help=f"of {', '.join(BENCHMARKS)}; all where none is named")
    names = parser.parse_args(arguments).name
    if unknown := set(names) - set(BENCHMARKS):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    print("\n".join(machine.describe()))
    figures: list[Figure] = []
    for name in names or BENCHMARKS:
        print(f"\n{name} (load average {machine.load()})", flush=True)
        figures += asyncio.run(_measure(name))
    missed = [figure for figure in figures if not figure.holds]
    held = sum(figure.target is not None for figure in figures) - len(missed)
    print(f"\n{held} targets hold, {len(missed)} missed" + "".join(f"\n{figure.line()}" for figure in missed))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
