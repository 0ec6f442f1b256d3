"""The store's side of the engine's passes: due deadlines, lapsed claims, the auditor's reads, the coming days."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import structlog

from rules.domain import claims, correlation, deadlines, policy
from rules.domain.deadlines import DeadlineKind, earliest
from rules.domain.firing import Firing, IncidentView, put_off
from rules.domain.lifecycle import after
from rules.domain.policy_context import Context
from rules.domain.vocabulary import LIFE_SAFETY, Action, Mark, Priority, State, Step, Target
from rules.engine.auditor import OpenCount, Overdue
from rules.engine.due import Decide, FiredReport
from store import chains, changes, partitions, stages
from store.cases import SYSTEM, Case, Facts, Note, changes_of, insert, load, load_open, save
from store.context import floor_now, policy_now
from store.database import AWAY, Connection, Database
from store.opening import Cause, Centre, new_case
from store.releasing import hold_due
from store.sql import queries
from store.standing import aftermath, end_of_line
from store.steps import leave_claim, put_off_by_claim

_Q: Final = queries("engine")
_log: Final = structlog.get_logger(__name__)

#: Whom a re-sounding is shown as reaching, the farthest first: an incident says one of them.
_FARTHEST: Final = (
    Target.COUNTY_DUTY, Target.ON_CALL_PHONE, Target.SUPERVISORS, Target.COMMUNITY_WORKER, Target.DESKS, Target.OWNER,
)  # fmt: skip
#: Deadlines after which the desk chain begins: whether anybody is at a desk counts then.
_BEGIN_THE_CHAIN: Final = frozenset({DeadlineKind.TEST, DeadlineKind.DELAY})
#: Firings of one incident in one go: after an outage a reminder and its end may both be due.
FIRINGS_LIMIT: Final = 8

#: An incident that this program cannot read, for example one of a newer release, is sounded again after this.
UNREAD_AGAIN_S: Final = 60


class EngineStore:
    """Any number of engines may share one database: rows in other hands are skipped, each deadline fires once."""

    def __init__(self, database: Database, centre: Centre) -> None:
        self._database = database
        self._centre = centre

    # -- due deadlines --------------------------------------------------------------------------------

    async def fire_due(self, now: datetime, limit: int, decide: Decide) -> FiredReport:
        """Fire what is due, highest priority first, then oldest, each incident in a transaction of its own.

        Of many at once, as after an outage, the plain stages go together a handful at a time (`store/stages.py`).
        """
        async with self._database.pool.acquire() as connection:
            rows = await connection.fetch(_Q.due, now, limit)
        if len(rows) < stages.MANY:
            return await self._fire_each(rows, now, decide)
        together = await self._fire_together(now, decide)
        each = await self._fire_each([row for row in rows if together.leaves(row)], now, decide)
        return FiredReport(firings=(*each.firings, *together.firings), failed=each.failed)

    async def _fire_together(self, now: datetime, decide: Decide) -> stages.Stages:
        done = stages.Stages()
        try:
            while await stages.fire_together(self._database, now, decide, self._write_into, done):
                pass
        except AWAY:
            raise
        except Exception as error:  # noqa: BLE001  # said; every one of them is fired alone
            _log.error("stages_failed", error=type(error).__name__, where=_where(error))
            done.failed = True
        return done

    async def _fire_each(self, rows: Sequence[Any], now: datetime, decide: Decide) -> FiredReport:
        firings: list[Firing] = []
        failed = 0
        for row in rows:
            try:
                firings += await self._fire_case(row["id"], row["subject"], now, decide)
            except AWAY:
                raise  # the database is away: that concerns them all
            except Exception as error:  # noqa: BLE001  # said, counted, and put off for this one incident
                # Whatever it is stays with this incident: its deadline is put off, the others go on.
                # Not the message: a database's error may quote a row, and rows hold names.
                _log.error("deadline_failed", incident=row["id"], error=type(error).__name__, where=_where(error))
                await self._put_off(row["id"], row["subject"], now)
                failed += 1
        return FiredReport(firings=tuple(firings), failed=failed)

    async def _fire_case(self, incident_id: int, subject: str, now: datetime, decide: Decide) -> list[Firing]:
        """All that is due in one transaction; what goes well is kept where something after it fails."""
        well: list[Firing] = []
        try:
            await self._fire(incident_id, subject, now, decide, well, most=FIRINGS_LIMIT)
        except AWAY:
            raise
        except Exception:
            if not well:
                raise
            # Nothing that works is put off for what does not: that comes up again as the earliest, and alone.
            kept: list[Firing] = []
            await self._fire(incident_id, subject, now, decide, kept, most=len(well))
            return kept
        return well

    async def _fire(
        self, incident_id: int, subject: str, now: datetime, decide: Decide, fired: list[Firing], *, most: int
    ) -> None:
        """Fire until there are so many in `fired`, which has them also where the next one raises."""
        earlier = len(fired)
        async with self._database.transaction() as connection:
            case = await load_if_free(connection, incident_id, subject)
            if case is None:
                return
            first, recorded = case.last_seq + 1, list[changes.Change]()
            if await hold_due(connection, case, now=now) is not None:
                await save(connection, case, keyring=self._centre.keyring)
                await changes.record(connection, changes_of(case, first), now=now)
                return
            while len(fired) < most:
                firing = decide(await _view(connection, case), now)
                if firing is None:
                    break
                recorded += await self._apply(connection, case, firing, now)
                fired.append(firing)
            if len(fired) > earlier:
                await save(connection, case, keyring=self._centre.keyring)
                await changes.record(connection, [*changes_of(case, first), *recorded], now=now)

    async def _apply(self, connection: Connection, case: Case, firing: Firing, now: datetime) -> list[changes.Change]:
        self._write_into(case, firing, now)
        if firing.entry is Action.STEP_FAILED:
            await self._replaced(connection, case, firing, now)
            return []
        await chains.fired(connection, case, firing, zone=self._centre.timezone, now=now)
        if firing.unclaim:
            await self._take_up(connection, case, now)
        return await self._raise_again(connection, case, now) if firing.raise_again else []

    async def _replaced(self, connection: Connection, case: Case, firing: Firing, now: datetime) -> None:
        """The step that failed is not taken; what is left must not fail as well: whoever can be rung is rung."""
        notes = list(case.notes)
        try:
            async with connection.transaction():
                await chains.replaced(connection, case, firing, now=now)
        except AWAY:
            raise
        except Exception as error:  # noqa: BLE001  # said; the entry and the supervisors' screens need nobody's list
            case.notes[:] = notes
            _log.error("nobody_rung", incident=case.id, error=type(error).__name__, where=_where(error))

    @staticmethod
    def _write_into(case: Case, firing: Firing, now: datetime) -> None:
        before = case.state
        if firing.unclaim and case.attended:
            case.state = after(case.state, Step.LEASE_LOST, unattended=False)
            leave_claim(case)
        if firing.close:
            case.state = after(case.state, Step.CLOSE, unattended=not case.attended)
            case.closed_at = now
        if firing.raise_to is not None:
            case.priority = firing.raise_to
        if firing.becomes_real:
            case.marks.discard(Mark.TEST)
        if firing.resound_to:
            case.sounded_at = now
            case.sound_to = next((t for t in _FARTHEST if t in firing.resound_to), Target.RECORD)
        if firing.entry is Action.ESCALATED:
            case.stage += 1
        case.deadlines = firing.deadlines
        moved = before is not case.state
        from_, to = (before, case.state) if moved else (None, None)
        case.note(Note(at=now, actor=SYSTEM, action=firing.entry, from_=from_, to=to, facts=_facts(firing, now)))

    async def _raise_again(self, connection: Connection, case: Case, now: datetime) -> list[changes.Change]:
        """Open the incident that follows a resolved one whose condition is still reported; its lock is held."""
        assessed = await _gravest(connection, case, now)
        if await load_open(connection, case.subject, assessed.family) is not None:
            return []
        subject = correlation.Subject(key=case.subject, family=assessed.family)
        cause = Cause(
            actor=SYSTEM, subject=subject, source="system", resident_id=case.resident_id,
            premises_id=case.premises_id, device_id=case.device_id, area=case.area,
        )  # fmt: skip
        # Of several that were resolved in turn, the last: what is resolved next is then the end of each of them.
        follows = await end_of_line(connection, case.id)
        again = new_case(assessed, cause, floor=await floor_now(connection, cause.area), follows=follows, now=now)
        again.place = case.place
        facts = (("reason", "still_reported"), ("follows", follows))
        again.note(Note(at=now, actor=SYSTEM, action=Action.OPENED, to=State.OPEN, facts=facts))
        await insert(connection, again, keyring=self._centre.keyring, day=self._centre.day(now))
        await chains.opened(connection, again, now=now)
        return changes_of(again, 1, received_at=now)

    async def _put_off(self, incident_id: int, subject: str, now: datetime) -> None:
        """The deadline whose step failed is tried again a little later; one that cannot even be read as well."""
        try:
            async with self._database.transaction() as connection:
                case = await load_if_free(connection, incident_id, subject)
                due = earliest(d for d in case.deadlines if d.due_at <= now) if case is not None else None
                if case is None or due is None:
                    return
                others = tuple(deadline for deadline in case.deadlines if deadline is not due)
                case.deadlines = (*others, put_off(due, now=now))
                await save(connection, case, keyring=self._centre.keyring)
        except AWAY:
            raise
        except Exception as error:  # noqa: BLE001  # said; put off by a statement that reads nothing of the case
            _log.error("deadline_unreadable", incident=incident_id, error=type(error).__name__, where=_where(error))
            await self._put_off_unread(incident_id, now)

    async def _put_off_unread(self, incident_id: int, now: datetime) -> None:
        """The last step of all: needs no plan, no policy and no case. Every supervisor hears it, again and again."""
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(_Q.put_off_unread, incident_id, now, UNREAD_AGAIN_S)
            if row is not None:
                change = changes.Change(kind="incident", object_id=incident_id, area=row["area"])
                await changes.record(connection, [change], now=now)

    # -- claims --------------------------------------------------------------------------------

    async def lapse_claims(self, valid_until: datetime, now: datetime, limit: int) -> int:
        """End claims whose lease ran out by `valid_until`; locked ones wait for the next pass."""
        async with self._database.pool.acquire() as connection:
            rows = await connection.fetch(_Q.lapsed, valid_until, limit)
        lapsed = 0
        for row in rows:
            try:
                lapsed += await self._lapse(row["id"], row["subject"], valid_until, now)
            except AWAY:
                raise
            except Exception as error:  # noqa: BLE001  # stays with this claim; the next pass tries it again
                _log.error("lapse_failed", incident=row["id"], error=type(error).__name__, where=_where(error))
        return lapsed

    async def _lapse(self, incident_id: int, subject: str, valid_until: datetime, now: datetime) -> bool:
        async with self._database.transaction() as connection:
            case = await load_if_free(connection, incident_id, subject)
            if case is None or case.lease_until is None or case.lease_until > valid_until:
                return False
            first, before = case.last_seq + 1, case.state
            case.count_answer(counted=True)  # a lease outlives the ten seconds
            case.state = after(case.state, Step.LEASE_LOST, unattended=False)
            leave_claim(case)
            case.sounded_at, case.sound_to = now, Target.DESKS
            case.deadlines = deadlines.on_step(
                case.deadlines, Step.LEASE_LOST, case.clocks, now=now, attended=False, by_owner=False,
                life_safety=case.class_ in LIFE_SAFETY,
            )  # fmt: skip
            chains.lost(case, now=now)
            await self._take_up(connection, case, now)
            facts = (("last_owner", case.last_owner),)
            lost = Note(at=now, actor=SYSTEM, action=Step.LEASE_LOST, from_=before, to=case.state, facts=facts)
            case.note(lost)
            await save(connection, case, keyring=self._centre.keyring)
            await changes.record(connection, changes_of(case, first), now=now)
        return True

    @staticmethod
    async def _take_up(connection: Connection, case: Case, now: datetime) -> None:
        """What was left to a desk that has lost the case is due when it would have been without it."""
        kept = await put_off_by_claim(connection, case)
        if kept is not None:
            case.deadlines = claims.given_up(case.deadlines, kept, now=now)

    # -- what is only read --------------------------------------------------------------------------------

    async def overdue(self, due_before: datetime) -> Sequence[Overdue]:
        async with self._database.pool.acquire() as connection:
            rows = await connection.fetch(_Q.overdue, due_before)
        return [
            Overdue(incident_id=row["id"], priority=Priority(row["priority"]), due_at=row["next_due_at"])
            for row in rows
        ]

    async def open_counts(self) -> Sequence[OpenCount]:
        async with self._database.pool.acquire() as connection:
            rows = await connection.fetch(_Q.open_counts)
        return [
            OpenCount(
                priority=Priority(row["priority"]), state=State(row["state"]), incidents=row["incidents"],
                unattended=row["unattended"],
            )
            for row in rows
        ]  # fmt: skip

    async def make_days_ahead(self, now: datetime) -> int:
        async with self._database.pool.acquire() as connection:
            return await partitions.make_days_ahead(connection, now)

    async def days_ahead(self, now: datetime) -> int:
        async with self._database.pool.acquire() as connection:
            return await partitions.days_ahead(connection, now)

    # -- the system about itself --------------------------------------------------------------------------------

    async def beat(self, now: datetime) -> None:
        """Say that the engine lives: every desk shows how long ago that was."""
        async with self._database.pool.acquire() as connection:
            await connection.execute(_Q.beat, "engine", now)


async def load_if_free(connection: Connection, incident_id: int, subject: str) -> Case | None:
    """The case under its locks, or None where another holds one of them: it is served there, or next time."""
    if not await _lock_if_free(connection, subject):
        return None
    if await connection.fetchval(_Q.lock_if_free, incident_id, subject) is None:
        return None
    return await load(connection, incident_id)


async def _lock_if_free(connection: Connection, subject: str) -> bool:
    kind, key = subject[0], subject[1:].partition(":")[0]
    if kind == "s":
        free: bool = await connection.fetchval(_Q.try_name, subject)
        return free
    query = {"r": _Q.try_resident, "p": _Q.try_premises, "d": _Q.try_device}[kind]
    return await connection.fetchval(query, int(key)) is not None


async def _view(connection: Connection, case: Case) -> IncidentView:
    after_it = await aftermath(connection, case.id, case.resolved_at if case.state is State.RESOLVED else None)
    ages_to = case.policy.row(case.class_).ages_to
    begins = any(deadline.kind in _BEGIN_THE_CHAIN for deadline in case.deadlines)
    return IncidentView(
        id=case.id, state=case.state, class_=case.class_, attended=case.attended, clocks=case.clocks,
        deadlines=case.deadlines, ages_to=ages_to, test=Mark.TEST in case.marks,
        floor=await floor_now(connection, case.area) if begins else None,
        aged_ladder=case.policy.ladder_for(case.class_, ages_to) if ages_to is not None else None,
        review=case.review, still_reported=after_it.still_reported, follower_open=after_it.follower_open,
    )  # fmt: skip


async def _gravest(connection: Connection, case: Case, now: datetime) -> policy.Assessment:
    """As what a resolved case comes back: its class, or that of a condition still reported which is graver.

    Smoke merged into a leak, or called something else by a desk, comes back as smoke.
    """
    in_force = await policy_now(connection)
    after_it = await aftermath(connection, case.id, case.resolved_at)
    reported = [policy.route_of(type_, Context(), in_force).class_ for type_ in after_it.reported]
    possible = [policy.assess_class(class_, now=now, policy=in_force) for class_ in (case.class_, *reported)]
    return min(possible, key=lambda one: one.priority)  # of equals the case's own


def _facts(firing: Firing, now: datetime) -> Facts:
    lag_ms = round(max(0.0, (now - firing.due_at).total_seconds()) * 1000)
    return (
        ("deadline", str(firing.kind)), ("stage", firing.stage), ("round", firing.round),
        ("reason", str(firing.reason)), ("to", ",".join(firing.resound_to)), ("lag_ms", lag_ms),
        ("passed_over", len(firing.passed_over)),
    )  # fmt: skip


def _where(error: Exception) -> str:
    """The innermost line that raised, as "file:line"."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "unknown"
