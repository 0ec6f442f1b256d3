"""Erasing by period: personal text and its keys, positions, days of readings, letters, logs; holds are kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

import structlog

from rules.domain.retention import Kind, days_past
from rules.domain.vocabulary import Action
from store import changes
from store.cases import SYSTEM, Note, changes_of, load, save
from store.database import Database, open_connection
from store.opening import Centre
from store.partitions import drop_day
from store.row_guard import RowGuard
from store.sql import queries

if TYPE_CHECKING:
    from store.database import Connection

_Q: Final = queries("retention")
_log: Final = structlog.get_logger(__name__)

#: Days of readings in one turn, however little is in them; a turn ends with the first that held anything, since
#: stripping or folding a day is the dearest thing here.
DAYS_AT_ONCE: Final = 31
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Term:
    """What one turn erases: everything older than `before`, about `limit` rows of it, by a rule with a name."""

    before: datetime
    limit: int
    rule: str
    now: datetime


class RetentionStore:
    """The store's side of the retention pass; several engines may run it, each row is erased once."""

    def __init__(self, database: Database, centre: Centre) -> None:
        self._database = database
        self._centre = centre
        self._guard = RowGuard("retention")
        self._erasers: dict[Kind, Callable[[_Term], Awaitable[int]]] = {
            Kind.INCIDENTS: self._incidents,
            Kind.RECORDINGS: self._recordings,
            Kind.RECORDINGS_KEPT: self._recordings_kept,
            Kind.POSITIONS: self._positions,
            Kind.READINGS: self._readings,
            Kind.DEAD_LETTERS: self._dead_letters,
            Kind.ACCESS_LOGS: self._access_logs,
            Kind.CALLS: self._calls,
            Kind.HELD: self._held,
            Kind.COMPLAINTS: self._complaints,
            Kind.CALL_AUDITS: self._call_audits,
            Kind.RESIDENTS_LEFT: self._residents_left,
        }

    async def erase(self, kind: Kind, before: datetime, limit: int, *, days: int, now: datetime) -> int:
        """Erase up to about `limit` rows of the kind older than `before`; return how many, and write it down.

        A kind that cannot be erased is put off, said and counted; the other kinds go on.
        """
        rows = 0
        if not self._guard.waits(kind, now):
            with self._guard.row(kind, now):
                rows = await self._erasers[kind](_Term(before=before, limit=limit, rule=f"{kind}_{days}_days", now=now))
        if rows:
            async with self._database.pool.acquire() as connection:
                await connection.execute(_Q.note, now, str(kind), days, before, rows)
            _log.info("records_erased", what=str(kind), days=days, rows=rows)
        return rows

    async def _incidents(self, term: _Term) -> int:
        async with self._database.pool.acquire() as connection:
            found = await connection.fetch(_Q.incidents, term.before, term.now, self._guard.room(term.limit))
        erased = 0
        for row in found:
            key = ("incident", row["id"])
            if self._guard.waits(key, term.now):
                continue
            with self._guard.row(key, term.now):
                async with self._database.transaction() as connection:
                    await self._erase_incident(connection, row["id"], term.rule, term.now)
                erased += 1
        return erased

    async def _erase_incident(self, connection: Connection, incident_id: int, rule: str, now: datetime) -> None:
        """What happened stays, with its hashes; what could name somebody goes, and an entry says by which rule."""
        case = await load(connection, incident_id)
        first = case.last_seq + 1
        case.place = None
        case.note(Note(at=now, actor=SYSTEM, action=Action.ERASED, facts=(("rule", rule),)))
        await save(connection, case, keyring=self._centre.keyring)
        await connection.execute(_Q.erase_texts, incident_id, now, rule)
        await connection.execute(_Q.erase_own_key, incident_id, now, rule)
        for query in (_Q.erase_events, _Q.erase_hand_overs, _Q.erase_positions, _Q.erase_calls):
            await connection.execute(query, incident_id)
        await connection.execute(_Q.erase_incident, incident_id, now)
        await changes.record(connection, changes_of(case, first), now=now)

    async def _recordings(self, term: _Term) -> int:
        return len(await self._database.pool.fetch(_Q.recordings, term.before, term.now, False, term.limit))

    async def _recordings_kept(self, term: _Term) -> int:
        return len(await self._database.pool.fetch(_Q.recordings, term.before, term.now, True, term.limit))

    async def _dead_letters(self, term: _Term) -> int:
        return len(await self._database.pool.fetch(_Q.dead_letters, term.before, term.limit))

    async def _access_logs(self, term: _Term) -> int:
        changes_too = len(await self._database.pool.fetch(_Q.record_changes, term.before, term.limit))
        return max(changes_too, len(await self._database.pool.fetch(_Q.access_logs, term.before, term.limit)))

    async def _calls(self, term: _Term) -> int:
        """The numbers of calls that no case came of: whoever rang, and whom it was taken for."""
        return len(await self._database.pool.fetch(_Q.calls, term.before, term.now, term.limit))

    async def _held(self, term: _Term) -> int:
        return len(await self._database.pool.fetch(_Q.held, term.before, term.now, term.limit))

    async def _complaints(self, term: _Term) -> int:
        """Who complained, their words and the answer; number, dates and finding stay for the figures."""
        found = await self._database.pool.fetch(_Q.complaints, term.before, term.now, term.limit, term.rule)
        return len(found)

    async def _call_audits(self, term: _Term) -> int:
        """What reviewers wrote; the scores stay for the figures."""
        found = await self._database.pool.fetch(_Q.call_audits, term.before, term.now, term.limit, term.rule)
        return len(found)

    async def _residents_left(self, term: _Term) -> int:
        async with self._database.pool.acquire() as connection:
            found = await connection.fetch(_Q.residents_left, term.before, term.now, self._guard.room(term.limit))
        erased = 0
        for row in found:
            key = ("resident", row["id"])
            if self._guard.waits(key, term.now):
                continue
            with self._guard.row(key, term.now):
                async with self._database.transaction() as connection:
                    await self._empty_resident(connection, row["id"], term)
                erased += 1
        return erased

    async def _empty_resident(self, connection: Connection, resident_id: int, term: _Term) -> None:
        await connection.execute(_Q.lock_resident, resident_id)
        has_cases = await connection.fetchval(_Q.has_cases, resident_id)
        await connection.execute(_Q.empty_resident, resident_id, has_cases)
        await connection.execute(_Q.forget_contacts, resident_id)
        await connection.execute(_Q.empty_contacts, resident_id)
        if not has_cases:
            await connection.execute(_Q.erase_key, resident_id, term.now, term.rule)

    # -- days of readings ---------------------------------------------------------------------------------------------

    async def _positions(self, term: _Term) -> int:
        """Take the positions out of days that are over; where a case led is kept apart first, in the same commit."""
        stripped = 0
        for day in await self._days(term.before, without_positions=False):
            async with self._database.transaction() as connection:
                if not await connection.fetchval(_Q.one_at_a_time):
                    return stripped
                begins, ends = _bounds(day)
                await connection.execute(_Q.keep_positions_of_cases, begins, ends)
                done = await connection.execute(_Q.strip_positions, begins, ends)
                await connection.execute(_Q.positions_gone, day, term.now)
                stripped += int(done.rpartition(" ")[2])
            if stripped:
                break
        return stripped

    async def _readings(self, term: _Term) -> int:
        """Fold days that are over into daily figures, then drop their tables."""
        days = await self._days(term.before, without_positions=True)
        for day in days:
            async with self._database.transaction() as connection:
                if not await connection.fetchval(_Q.one_at_a_time):
                    return 0
                await connection.execute(_Q.daily_figures, *_bounds(day), day)
                await connection.execute(_Q.forget_day, day)
            # DETACH CONCURRENTLY stands in no transaction, on a connection of its own.
            alone = await open_connection(self._database.dsn, application_name="shouwang retention")
            try:
                await drop_day(alone, day)
            finally:
                await alone.close()
        return len(days)

    async def _days(self, before: datetime, *, without_positions: bool) -> tuple[date, ...]:
        async with self._database.pool.acquire() as connection:
            names = [row["name"] for row in await connection.fetch(_Q.days)]
            done = {row["day"] for row in await connection.fetch(_Q.days_without_positions)}
        days = {datetime.strptime(name[-8:], "%Y%m%d").replace(tzinfo=UTC).date() for name in names}
        return days_past(days if without_positions else days - done, before)[:DAYS_AT_ONCE]


def _bounds(day: date) -> tuple[datetime, datetime]:
    begins = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return begins, begins + _DAY
