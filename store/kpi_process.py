"""The report in a process of its own, behind every other: thousands of cases are counted, and no stream waits."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from rules.domain.kpi_read import Period
from store.database import Database, StoreError
from store.kpi import REPORT_S, report_of
from store.kpi_facts import PERIOD_MOST, Scope
from store.kpi_report import Report

#: Beside its own limit: until the other process runs, and has said what it found.
_MARGIN_S: Final = 20.0
#: Whoever answers alarms goes first.
_NICENESS: Final = 10

_by_one: Final = threading.Lock()


class ReportBusy(StoreError):
    """This process makes another report just now: ask again in a minute."""


class ReportFailed(StoreError):
    """The report could not be made; the text names what was in its way."""


class PeriodUnusable(StoreError):
    """A report is of a period that begins before it ends, and of a year at most."""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What to report; it goes to the other process by its standard input, since it says how to reach the database."""

    dsn: str
    start: datetime
    end: datetime
    as_of: datetime
    timezone: str
    areas: Sequence[str]
    software: str

    def scope(self) -> Scope:
        period = Period(start=self.start, end=self.end, as_of=self.as_of, timezone=ZoneInfo(self.timezone))
        return Scope(period=period, areas=tuple(self.areas))


async def make_report(
    db: Database, start: datetime, end: datetime, *, areas: Sequence[str], now: datetime, timezone: ZoneInfo,
    software: str,
) -> Report:  # fmt: skip
    """Every figure of the period as the records stand now. PeriodUnusable, ReportBusy, ReportFailed, TimeoutError."""
    if not start < end or end - start > PERIOD_MOST:
        raise PeriodUnusable(f"from is before to, and {PERIOD_MOST.days} days before it at most")
    order = Order(
        dsn=db.dsn, start=start, end=end, as_of=now, timezone=timezone.key, areas=list(areas), software=software
    )
    # One at a time: two would only take the processor from each other, and from the desks.
    if not _by_one.acquire(blocking=False):
        raise ReportBusy("another report is being made; ask again in a minute")
    try:
        return await _by_another(order)
    finally:
        _by_one.release()


async def _by_another(order: Order) -> Report:
    pipe, root = asyncio.subprocess.PIPE, str(Path(__file__).parents[1])
    found = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "store.kpi_process", stdin=pipe, stdout=pipe, stderr=pipe,
        env={**os.environ, "PYTHONPATH": found},
    )  # fmt: skip
    try:
        async with asyncio.timeout(REPORT_S + _MARGIN_S):
            told, wrong = await process.communicate(msgspec.json.encode(order))
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise ReportFailed(wrong.decode(errors="replace").strip()[-200:] or "the report's process ended early")
    return msgspec.json.decode(told, type=Report)


def main() -> None:
    """Read an order, make the report, print it."""
    os.nice(_NICENESS)
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    try:
        report = asyncio.run(report_of(order.dsn, order.scope(), order.software))
    except Exception as error:  # noqa: BLE001 - a process's outermost line: its name goes to whoever asked, and no more
        sys.exit(type(error).__name__)
    sys.stdout.buffer.write(msgspec.json.encode(report))


if __name__ == "__main__":
    main()
