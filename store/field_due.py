"""The store's side of watching the field: what a due assignment means is carried out under the case's lock."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from rules.domain import deadlines, dispatch
from rules.domain.assignments import Assignment, Effect, Reason, Ruling, Standing, on_due
from rules.domain.vocabulary import UNRESOLVED, Action
from rules.engine.dispatch import FieldReport
from store import changes, field_dangers, field_notices
from store import field as hands
from store.assignments import Field, keep, load_field
from store.cases import SYSTEM, Case, Note, changes_of, save
from store.database import AWAY, Connection, Database
from store.engine import load_if_free
from store.field_alarm import raise_alarm
from store.field_turns import ended_without_coming
from store.opening import Centre
from store.row_guard import RowGuard
from store.sql import queries

_Q: Final = queries("assignments")
_log: Final = structlog.get_logger(__name__)

_ENTRIES: Final = {
    Reason.NOT_ANSWERED: Action.TIMED_OUT,
    Reason.OUTAGE_OF_OURS: Action.PASSED_OVER,
    Reason.NOT_MOVING: Action.NOT_MOVING,
    Reason.ARRIVAL_DOUBTED: Action.ARRIVAL_DOUBTED,
    Reason.ARRIVAL_OVERDUE: Action.ARRIVAL_OVERDUE,
    Reason.REPORT_MISSING: Action.REPORT_MISSING,
    Reason.SILENT: Action.RESPONDER_SILENT,
}
#: The responder_silent class sends a second pair (centre.md, part 3).
_SECOND_PAIR: Final = 2


class FieldDueStore:
    """Any number of engines may share one database: cases in other hands are skipped, each clock fires once."""

    def __init__(self, database: Database, centre: Centre) -> None:
        self._database = database
        self._centre = centre
        self._dangers = RowGuard("field_dangers")

    async def watch_field(self, now: datetime, limit: int) -> FieldReport:
        """Tell who goes of what has begun there, then one batch of cases with an assignment that is due."""
        warned = await field_dangers.look(self._database, self._dangers, centre=self._centre, now=now, limit=limit)
        rows = await self._database.pool.fetch(_Q.due, now, limit)
        reasons: list[Reason] = []
        cases, failed = warned, 0
        for row in rows:
            try:
                ruled = await self._look(row["id"], row["subject"], now)
                reasons += ruled
                cases += bool(ruled)
            except AWAY:
                raise  # the database is away: that concerns them all
            except Exception as error:  # noqa: BLE001  # said, counted, and put off for this one case
                _log.error("assignment_failed", incident=row["id"], error=type(error).__name__)
                await self._database.pool.execute(_Q.put_off, row["id"], now)
                failed += 1
        return FieldReport(reasons=reasons, cases=cases, failed=failed)

    async def _look(self, incident_id: int, subject: str, now: datetime) -> list[Reason]:
        async with self._database.transaction() as connection:
            case = await load_if_free(connection, incident_id, subject)
            if case is None:
                return []
            first = case.last_seq + 1
            reasons, about_responders = await self._rule(connection, await load_field(connection, case), now)
            await save(connection, case, keyring=self._centre.keyring)
            await changes.record(connection, [*changes_of(case, first), *about_responders], now=now)
        return reasons

    async def _rule(
        self, connection: Connection, in_hand: Field, now: datetime
    ) -> tuple[list[Reason], list[changes.Change]]:
        """Rule on everything of the case that is due, then ask once for all of it: an outage brings no burst."""
        if in_hand.case.state not in UNRESOLVED:
            await hands.end_all(connection, in_hand, "case_over", by=SYSTEM, now=now)
            return [], []
        effects: set[Effect] = set()
        reasons: list[Reason] = []
        others: list[changes.Change] = []
        for a in in_hand.all:
            ruling = on_due(
                a, priority=in_hand.case.priority, another_accepted=dispatch.first_won(in_hand.all, a), now=now
            )
            if ruling is None:
                continue
            reasons.append(ruling.reason)
            effects |= ruling.effects
            await self._carry_out(connection, in_hand, a, ruling, now)
            if Effect.ALARM in ruling.effects:
                others += await raise_alarm(connection, in_hand.case, a, centre=self._centre, now=now)
        await _go_on(connection, in_hand, effects, self._centre.timezone, now)
        return reasons, others

    async def _carry_out(
        self, connection: Connection, in_hand: Field, a: Assignment, ruling: Ruling, now: datetime
    ) -> None:
        fresh, case = ruling.assignment, in_hand.case
        again = Effect.OFFER_AGAIN in ruling.effects
        await keep(connection, in_hand, replace(fresh, standby_at=None) if again else fresh)
        if ruling.reason in _ENTRIES:
            from_, to = hands.settle(in_hand) if fresh.standing is Standing.TIMED_OUT else (None, None)
            late_s = round((now - (a.due_at or now)).total_seconds())
            facts = (
                ("responder", a.responder_id), ("assignment", a.id), ("reason", str(ruling.reason)), ("late_s", late_s),
            )  # fmt: skip
            case.note(Note(at=now, actor=SYSTEM, action=_ENTRIES[ruling.reason], from_=from_, to=to, facts=facts))
        if Effect.CALL in ruling.effects:
            await field_notices.call_back(connection, case, fresh, now=now)
        if again:
            await hands.offer_again(connection, in_hand, fresh, now=now)
        if fresh.standing is Standing.TIMED_OUT:
            await ended_without_coming(connection, in_hand, fresh, now=now)


async def _go_on(connection: Connection, in_hand: Field, effects: set[Effect], zone: ZoneInfo, now: datetime) -> None:
    """What follows for the case from everything that was due in it."""
    if Effect.RAISE in effects:
        _raise(in_hand.case, now)
    if Effect.ALARM in effects:
        await hands.send(connection, in_hand, count=_SECOND_PAIR, now=now)
    elif Effect.BESIDE in effects:
        await _beside(connection, in_hand, now)
    elif Effect.NEXT in effects and in_hand.chain.satisfied:
        hands.sound(in_hand.case, now=now)  # somebody is there: who else is wanted is the desk's to say
    elif Effect.NEXT in effects:
        await hands.advance(connection, in_hand, zone=zone, now=now)


async def _beside(connection: Connection, in_hand: Field, now: datetime) -> None:
    """One more in addition: who was willing when another was first, then the next."""
    willing = next((a for a in in_hand.open if a.standby_at is not None), None)
    if willing is not None:
        wanted = replace(willing, standby_at=None)
        await keep(connection, in_hand, wanted)
        await hands.offer_again(connection, in_hand, wanted, now=now)
    elif not any(a.standing is Standing.OFFERED for a in in_hand.open):
        await hands.send(connection, in_hand, count=1, now=now)


def _raise(case: Case, now: datetime) -> None:
    """An arrival that is overdue makes the case louder: one priority higher, and it sounds again."""
    to = dispatch.raised(case.priority)
    if to is not case.priority:
        facts = (("reason", str(Reason.ARRIVAL_OVERDUE)),)
        note = Note(at=now, actor=SYSTEM, action=Action.RAISED, from_=case.priority.label, to=to.label, facts=facts)
        case.note(note)
        case.priority = to
        case.deadlines = deadlines.on_raise(case.deadlines, case.clocks, now=now)
    hands.sound(case, now=now)
