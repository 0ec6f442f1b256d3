"""`make faults`: break a running system in every way we know, and count what was lost."""

from __future__ import annotations

import argparse
import asyncio
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import machine
from simulator.verify import Findings
from tests.faults.scenarios import SCENARIOS, Scenario
from tests.faults.stage import Load, Stage, stage


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What a scenario came to; `misses` names each promise that was not kept."""

    scenario: Scenario
    findings: Findings
    misses: tuple[str, ...]
    took_s: float


def incidents(findings: Findings) -> tuple[int, int]:
    """How many incidents were opened, and how many troubles there were: one for each subject and family."""
    told = dict(line.split(": ", 1) for line in findings.lines() if not line.startswith(" "))
    return int(told["incidents opened"]), int(told["incidents expected"])


def misses_of(findings: Findings) -> tuple[str, ...]:
    """The promises that these findings break, in words."""
    opened, expected = incidents(findings)
    promises = {
        "resent events missing": findings.missing,
        "events stored twice": findings.duplicated,
        "alarms without incident": findings.alarms_without_incident,
        "incidents too many or too few": abs(opened - expected),
        "telemetry lost outside a killed broker's last second": findings.telemetry_missing,
        "nothing was sent": not findings.sent,
    }
    return tuple(f"{what}: {int(count)}" for what, count in promises.items() if count)


async def perform(scenario: Scenario, load: Load) -> Outcome:
    """Carry one scenario out on servers of its own."""
    began_s = time.monotonic()
    async with stage(load, scenario.name) as one:
        await scenario.prepare(one)
        findings = await _beside_load(scenario, one)
        misses = misses_of(findings)
        _tell(one, findings, misses)
    return Outcome(scenario=scenario, findings=findings, misses=misses, took_s=time.monotonic() - began_s)


async def _beside_load(scenario: Scenario, one: Stage) -> Findings:
    async with asyncio.TaskGroup() as tasks:
        keeper = tasks.create_task(one.keep())
        speaking = tasks.create_task(one.run_load())
        await one.began()
        await scenario.breaks(one)
        findings = await speaking
        keeper.cancel()
    return findings


def _tell(one: Stage, findings: Findings, misses: Sequence[str]) -> None:
    for line in one.log:
        print(f"    {line}")
    if not misses:
        return
    for line in findings.named:
        print(f"  {line}")
    kept = Path(tempfile.mkdtemp(prefix="sw-faults-"))
    for path in (*one.servers.folder.glob("*.log"), *one.servers.folder.glob("*.jsonl")):
        shutil.copy(path, kept)
    print(f"    logs and ledger kept in {kept}")


HEAD = f"{'scenario':20}{'sent':>8}{'stored':>8}{'missing':>8}{'doubled':>8}{'incidents':>12}{'telemetry lost':>15}"


def row(outcome: Outcome) -> str:
    found = outcome.findings
    lost = f"{found.telemetry_missing} + {found.telemetry_missing_last_second}"
    opened, expected = incidents(found)
    verdict = "passed" if not outcome.misses else "FAILED: " + "; ".join(outcome.misses)
    return (
        f"{outcome.scenario.name:20}{found.sent:8}{found.stored:8}{found.missing:8}{found.duplicated:8}"
        f"{f'{opened}/{expected}':>12}{lost:>15}  {outcome.took_s:4.0f} s  {verdict}"
    )


def main(arguments: Sequence[str]) -> int:
    """Run the named scenarios, or all; 1 if any promise was broken."""
    names = [scenario.name for scenario in SCENARIOS]
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("scenario", nargs="*", help=f"of {', '.join(names)}; all where none is named")
    parser.add_argument("--seconds", type=float, default=60.0, help="length of each load")
    parser.add_argument("--rate", type=float, default=2000.0, help="events a second")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    options = parser.parse_args(arguments)
    if unknown := set(options.scenario) - set(names):
        parser.error(f"no scenario {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    load = Load(seed=options.seed, seconds=options.seconds, rate=options.rate)
    print("\n".join(machine.describe()))
    print(f"seed {options.seed}: {options.rate:g} events/s for {options.seconds:g} s each\n")
    outcomes = []
    for scenario in SCENARIOS:
        if not options.scenario or scenario.name in options.scenario:
            print(f"{scenario.name}: {scenario.says}", flush=True)
            outcomes.append(asyncio.run(perform(scenario, load)))
            print(f"    {row(outcomes[-1])}", flush=True)
    print("\nTelemetry lost: by our own fault + in the last second of a broker that was killed.")
    print("\n".join([HEAD, *map(row, outcomes)]))
    failed = sum(bool(outcome.misses) for outcome in outcomes)
    print(f"{len(outcomes) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
