"""The report of figures: read in one snapshot on a connection of its own, so that no alarm waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from types import MappingProxyType
from typing import Final, TypeVar

from rules.domain import kpi_people as people
from rules.domain import kpi_records as records
from rules.domain.kpi import Sample
from rules.domain.kpi_cases import samples_of
from rules.domain.kpi_course import outcome_of
from rules.domain.kpi_definition import Figure, NoData
from rules.domain.kpi_definitions import DEFINITIONS
from rules.domain.kpi_read import Period
from rules.domain.vocabulary import Outcome
from store import kpi_facts as facts
from store.database import Connection, open_connection
from store.feed import head
from store.kpi_facts import Q, Scope
from store.kpi_report import ChainHead, FigureReport, Report, figure_report

T = TypeVar("T")

#: Working days (centre.md, KPI "Complaints").
ACKNOWLEDGED_WITHIN_DAYS: Final = 1
ANSWERED_WITHIN_DAYS: Final = 15
#: A statement of a report that takes longer is given up, and the whole report a while later.
STATEMENT_MS: Final = 30_000
REPORT_S: Final = 300.0


async def report_of(dsn: str, scope: Scope, software: str) -> Report:
    """Every figure of the period as the records stand at one moment; TimeoutError after five minutes."""
    period = scope.period
    async with asyncio.timeout(REPORT_S), _reading(dsn) as connection:
        seq = await head(connection)
        samples = await _samples(connection, scope)
        anchor = await connection.fetchrow(Q.chain_head)
        return Report(
            from_=period.start, to=period.end, areas=list(scope.areas), made_at=period.as_of,
            time_zone=period.timezone.key, software=software, seq=seq,
            chain=None if anchor is None else ChainHead(no=anchor["no"], at=anchor["at"], hash=anchor["hash"].hex()),
            figures=[_figure(figure, samples.get(figure), scope) for figure in DEFINITIONS],
        )  # fmt: skip


def _figure(figure: Figure, samples: Sequence[Sample] | None, scope: Scope) -> FigureReport:
    definition = DEFINITIONS[figure]
    why = definition.no_data
    if why is None and definition.whole_centre and scope.areas:
        why = NoData.NOT_BY_AREA
    elif why is None and samples is None:
        why = NoData.NOT_RECORDED
    return figure_report(definition, samples or (), why)


@asynccontextmanager
async def _reading(dsn: str) -> AsyncIterator[Connection]:
    """A connection outside the pool, in one snapshot that cannot write."""
    connection = await open_connection(dsn, application_name="shouwang report")
    try:
        await connection.execute(
            f"SET transaction_timeout = {int(REPORT_S * 1000)}; SET statement_timeout = {STATEMENT_MS};"
            " SET idle_in_transaction_session_timeout = 30000; SET max_parallel_workers_per_gather = 0"
        )
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            yield connection
    finally:
        await connection.close()


async def _samples(connection: Connection, scope: Scope) -> Mapping[Figure, Sequence[Sample]]:
    load = await facts.load(connection, scope)
    scope = replace(scope, period=replace(scope.period, load=load.group_at))
    found: dict[Figure, Sequence[Sample]] = dict(await _of_cases(connection, scope))
    found[Figure.ALARM_LOAD] = list(load.pieces(scope.period.start, scope.until))
    for figure, read in _RECORDS.items():
        found[figure] = list(await read(connection, scope))
    found |= await _of_residents(connection, scope)
    if not any(sample.value for sample in found[Figure.SYSTEM_WATCH]):
        # Not one press that came the whole way says how long it took: nothing is known, which is no zero.
        del found[Figure.SYSTEM_WATCH]
    return found


async def _of_cases(connection: Connection, scope: Scope) -> Mapping[Figure, list[Sample]]:
    found: dict[Figure, list[Sample]] = {figure: [] for figure in _OF_CASES}
    ended, false_alarms = list[records.Ended](), dict[str, int]()
    async for whole in facts.cases(connection, scope):
        case, outcome = whole.case, outcome_of(whole.case)
        for figure, sample in samples_of(case, scope.period, hand_overs=whole.hand_overs):
            found[figure].append(sample)
        if case.resolved_at is None or outcome is None or not scope.period.has(case.resolved_at):
            continue
        if outcome == Outcome.FALSE_ALARM and case.model is not None:
            false_alarms[case.model] = false_alarms.get(case.model, 0) + 1
        if case.resident_id is not None:
            ended.append(
                records.Ended(
                    incident_id=case.id, resident_id=case.resident_id, resolved_at=case.resolved_at, outcome=outcome,
                    class_=case.class_, area=case.area,
                )
            )  # fmt: skip
    opened = await facts.p1_opened(connection, scope)
    found[Figure.CAME_BACK] = list(records.came_back(ended, opened, scope.period))
    found[Figure.FALSE_ALARMS] = await _false_alarms(connection, scope, false_alarms)
    return found


#: What a case alone can give; the others need more than one.
_OF_CASES: Final = (
    *(Figure.ANSWER, Figure.FIRST_CONTACT, Figure.NO_ANSWER_DECISION, Figure.DISPATCH, Figure.DECISION_TO_DISPATCH),
    *(Figure.ACCEPTANCE, Figure.ARRIVAL, Figure.SERVICE_ARRIVAL, Figure.DOOR_TO_HELP, Figure.HAND_OFF),
    *(Figure.FAMILY_TOLD, Figure.UNATTENDED, Figure.MACHINE_CARRIED, Figure.DURATION, Figure.REAL_HELP),
)


async def _false_alarms(connection: Connection, scope: Scope, counts: Mapping[str, int]) -> list[Sample]:
    used = await facts.device_days(connection, scope)
    models = [
        records.ModelUse(model=model, false_alarms=counts.get(model, 0), device_days=used.get(model, 0.0))
        for model in sorted({*used, *counts})
    ]
    return list(records.false_alarms(models, scope.period))


async def _of_residents(connection: Connection, scope: Scope) -> Mapping[Figure, Sequence[Sample]]:
    served = await facts.residents(connection, scope)
    return {
        Figure.COVERAGE: list(people.coverage(served, scope.period)),
        Figure.MONTHLY_VISITS: list(people.monthly_visits(served, scope.period)),
    }


#: Reads one figure's records and gives their samples.
Reader = Callable[[Connection, Scope], Awaitable[Iterable[Sample]]]


def _told(read: Callable[[Connection, Scope], Awaitable[T]], tell: Callable[[T, Period], Iterable[Sample]]) -> Reader:
    """Most figures: what is read of the period's records, told as samples of it."""

    async def reader(connection: Connection, scope: Scope) -> Iterable[Sample]:
        return tell(await read(connection, scope), scope.period)

    return reader


async def _acknowledged(connection: Connection, scope: Scope) -> Iterable[Sample]:
    return records.complaints(await facts.complaints(connection, scope, "acknowledged_at"), ACKNOWLEDGED_WITHIN_DAYS)


async def _answered(connection: Connection, scope: Scope) -> Iterable[Sample]:
    return records.complaints(await facts.complaints(connection, scope, "answered_at"), ANSWERED_WITHIN_DAYS)


async def _looks(connection: Connection, scope: Scope) -> Iterable[Sample]:
    return records.looks_without_a_case(await facts.looks(connection, scope))


_RECORDS: Final[Mapping[Figure, Reader]] = MappingProxyType(
    {
        Figure.TELEPHONE_ANSWER: _told(facts.calls, records.telephone_answers),
        Figure.GIVEN_UP: _told(facts.calls, records.given_up),
        Figure.FIRST_ATTEMPT: _told(facts.delivered, people.first_attempts),
        Figure.PROTECTED: _told(facts.protected_hours, people.protected),
        Figure.REPAIR: _told(facts.repairs, people.repairs),
        Figure.MONTHLY_TEST: _told(facts.tests_due, people.monthly_tests),
        Figure.VISIT_IN_TIME: _told(facts.visits, people.visits_in_time),
        Figure.SYSTEM_WATCH: _told(facts.canary_rounds, records.system_watch),
        Figure.CHANNEL_HEALTH: _told(facts.channel_tests, records.channel_health),
        Figure.CALL_AUDITS: _told(facts.audited_months, records.call_audits),
        Figure.COMPLAINTS_ACKNOWLEDGED: _acknowledged,
        Figure.COMPLAINTS_ANSWERED: _answered,
        Figure.LOOKS_WITHOUT_A_CASE: _looks,
    }
)
