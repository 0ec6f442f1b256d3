from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import REGISTRY

from rules.domain.deadlines import Clocks, Deadline, DeadlineKind
from rules.domain.firing import Firing, IncidentView
from rules.domain.ladders import DEFAULT_LADDERS
from rules.domain.vocabulary import Class, Priority, State
from rules.engine import due
from rules.engine.auditor import AuditPass, OpenCount, Overdue
from rules.engine.due import Decide, DuePass, FiredReport
from rules.engine.leases import LeasePass
from rules.engine.partitions import PartitionPass

NOW = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)


def sample(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"shouwang_{name}", labels) or 0.0


@dataclass
class Incidents:
    """Incidents in memory, each fired on its own as the store does."""

    views: list[IncidentView]
    failed: int = 0
    limits: list[int] = field(default_factory=list)

    async def fire_due(self, now: datetime, limit: int, decide: Decide) -> FiredReport:
        self.limits.append(limit)
        firings: list[Firing] = []
        for place, view in enumerate(self.views):
            firing = decide(view, now)
            if firing is not None:
                self.views[place] = replace(view, deadlines=firing.deadlines)
                firings.append(firing)
        return FiredReport(firings=tuple(firings), failed=self.failed)


def incident(due_in_s: float) -> IncidentView:
    clocks = Clocks(priority=Priority.CRITICAL, ladder=DEFAULT_LADDERS[Priority.CRITICAL], first_escalation_s=60)
    deadline = Deadline(kind=DeadlineKind.ESCALATE, due_at=NOW + timedelta(seconds=due_in_s))
    return IncidentView(id=1, state=State.OPEN, class_=Class.SOS, attended=False, clocks=clocks, deadlines=(deadline,))


async def test_what_is_due_fires_once_however_often_the_pass_runs() -> None:
    store = Incidents([incident(-2), incident(5)])
    before = sample("deadlines_fired_total", kind="escalate", reason="unattended")
    lag_before = sample("deadline_lag_seconds_sum")
    assert [await DuePass(store).run_once(NOW) for _ in range(3)] == [1, 0, 0]
    assert sample("deadlines_fired_total", kind="escalate", reason="unattended") == before + 1
    assert sample("deadline_lag_seconds_sum") == lag_before + 2
    assert set(store.limits) == {due.BATCH_SIZE}


async def test_a_step_that_failed_is_counted_as_work() -> None:
    before = sample("deadlines_failed_total")
    assert await DuePass(Incidents([], failed=2)).run_once(NOW) == 2
    assert sample("deadlines_failed_total") == before + 2


@dataclass
class Claims:
    """Claims by the time they hold until; the store's side of the lease pass."""

    until: list[datetime]
    away: bool = False

    async def lapse_claims(self, valid_until: datetime, now: datetime, limit: int) -> int:
        if self.away:
            raise ConnectionError
        lapsed = [until for until in self.until if until <= valid_until][:limit]
        self.until = [until for until in self.until if until not in lapsed]
        return len(lapsed)


async def test_claims_hold_one_more_term_after_our_start_and_lapse_then() -> None:
    claims = Claims([NOW - timedelta(seconds=90)])
    passes = LeasePass(claims)
    lapsed = [await passes.run_once(NOW + timedelta(seconds=second)) for second in range(22)]
    assert lapsed.index(1) == 20
    assert sum(lapsed) == 1


async def test_claims_hold_one_more_term_after_the_database_was_away() -> None:
    claims = Claims([])
    passes = LeasePass(claims)
    for second in range(30):
        await passes.run_once(NOW + timedelta(seconds=second))
    claims.away = True
    with pytest.raises(ConnectionError):
        await passes.run_once(NOW + timedelta(seconds=30))
    claims.away = False
    claims.until = [NOW + timedelta(seconds=31)]
    lapsed = {second: await passes.run_once(NOW + timedelta(seconds=second)) for second in range(60, 82)}
    assert [second for second, count in lapsed.items() if count] == [80]


async def test_a_claim_nobody_renews_lapses_at_once_when_nothing_was_away() -> None:
    claims = Claims([NOW + timedelta(seconds=40)])
    passes = LeasePass(claims)
    lapsed = {second: await passes.run_once(NOW + timedelta(seconds=second)) for second in range(45)}
    assert [second for second, count in lapsed.items() if count] == [40]


@dataclass
class Watched:
    """What the auditor reads."""

    late: Sequence[Overdue] = ()
    counts: Sequence[OpenCount] = ()
    asked: datetime | None = None

    async def overdue(self, due_before: datetime) -> Sequence[Overdue]:
        self.asked = due_before
        return self.late

    async def open_counts(self) -> Sequence[OpenCount]:
        return self.counts


async def test_the_auditor_shouts_about_what_is_overdue_by_ten_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    late = Overdue(incident_id=4711, priority=Priority.CRITICAL, due_at=NOW - timedelta(seconds=12))
    missing = Overdue(incident_id=4712, priority=Priority.URGENT, due_at=None)
    watched = Watched(late=(late, missing))
    assert await AuditPass(watched).run_once(NOW) == 2
    assert watched.asked == NOW - timedelta(seconds=10)
    assert sample("deadlines_overdue") == 2
    said = "".join(capsys.readouterr())
    assert "deadline_overdue" in said
    assert "4711" in said
    assert "4712" in said


async def test_the_auditor_shows_what_is_open_and_forgets_what_is_not() -> None:
    count = OpenCount(priority=Priority.CRITICAL, state=State.DISPATCHED, incidents=3, unattended=1)
    await AuditPass(Watched(counts=(count,))).run_once(NOW)
    assert sample("incidents_open", priority="P1", state="dispatched") == 3
    assert sample("incidents_unattended", priority="P1") == 1
    await AuditPass(Watched()).run_once(NOW)
    assert sample("incidents_open", priority="P1", state="dispatched") == 0
    assert sample("incidents_unattended", priority="P1") == 0


@dataclass
class Days:
    """Days of readings."""

    ahead: int
    broken: bool = False

    async def make_days_ahead(self, now: datetime) -> int:
        if self.broken:
            raise ConnectionError
        made, self.ahead = 14 - self.ahead, 14
        return made

    async def days_ahead(self, now: datetime) -> int:
        return self.ahead


async def test_days_are_made_ahead() -> None:
    assert await PartitionPass(Days(ahead=11)).run_once(NOW) == 3
    assert sample("partition_days_ahead") == 14


async def test_too_few_days_are_an_alert_also_when_none_can_be_made(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ConnectionError):
        await PartitionPass(Days(ahead=6, broken=True)).run_once(NOW)
    assert sample("partition_days_ahead") == 6
    assert "partition_days_short" in "".join(capsys.readouterr())
