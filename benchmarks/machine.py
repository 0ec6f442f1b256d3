"""The machine a figure belongs to, and what processes took of it: processor seconds and memory from /proc."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path
from typing import Final

from benchmarks.servers import MOSQUITTO
from shouwang.embedded.places import shipped_binaries

_TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")


def describe() -> list[str]:
    """One line for each fact that a figure depends on."""
    model = next(
        (line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
         if line.startswith("model name")), platform.processor() or "unknown",
    )  # fmt: skip
    memory = next(line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal"))
    return [
        f"processor:  {model}, {len(os.sched_getaffinity(0))} cores",
        f"memory:     {int(memory.split()[1]) // 1024} MiB",
        f"kernel:     {platform.system()} {platform.release()}",
        f"Python:     {platform.python_version()}",
        f"PostgreSQL: {_version([str(shipped_binaries() / 'postgres'), '--version'])}",
        f"Mosquitto:  {_version([MOSQUITTO, '-h'])}",
        f"load before: {load()}",
    ]


def load() -> str:
    """The load average of the last minute: other people's work shows in it."""
    return f"{os.getloadavg()[0]:.1f}"


def _version(command: list[str]) -> str:
    out = subprocess.run(command, capture_output=True, text=True, check=False)
    return (out.stdout or out.stderr).strip().splitlines()[0]


def _fields(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def cpu_s(pid: int) -> float:
    """User and system seconds of one process, its ended children included."""
    return sum(int(value) for value in _fields(pid)[11:15]) / _TICKS_PER_S


def on_processor_s(pid: int) -> float:
    """How long a process of one thread has run, to the nanosecond where `cpu_s` counts hundredths."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def tree_cpu_s(pid: int) -> float:
    """The same of a process and everything under it that still lives: a postmaster and all its backends."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents.setdefault(int(_fields(int(entry.name))[1]), []).append(int(entry.name))
            except OSError:
                continue
    total, todo = 0.0, [pid]
    while todo:
        one = todo.pop()
        try:
            total += cpu_s(one)
        except OSError:
            continue
        todo += parents.get(one, [])
    return total


def status_kib(pid: int, name: str) -> int:
    """A line of /proc/<pid>/status in KiB: `VmHWM` is the most it ever held, `VmRSS` what it holds now."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])
    raise LookupError(name)
