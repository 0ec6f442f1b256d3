"""Two cases at once: one is taken into the other, let out again, or shown beside it (centre.md, 14 and 31)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from rules.domain import deadlines
from rules.domain.deadlines import BESIDE, DeadlineKind, Deadlines
from rules.domain.merging import Party, may_merge
from rules.domain.plan_course import put_together
from rules.domain.resolution import Code, Problem
from rules.domain.vocabulary import LIFE_SAFETY, UNRESOLVED, Action, Mark, Outcome, State, Step, Target
from store import chains, changes, field_chain
from store.cases import SYSTEM, Case, IncidentUnknown, Note, changes_of, load, load_open, lock_subject, save
from store.context import floor_now
from store.database import Connection, Database
from store.opening import Centre
from store.sql import queries
from store.step_types import Hand, StepIncomplete, StepRefused, StepRequest
from store.steps import check_allowed, check_version, leave_claim, set_clocks

_Q: Final = queries("merging")

#: The reason of a link that a person made; theirs stands sealed in the entry.
BY_HAND: Final = "by_hand"


async def merge(
    database: Database, gone_id: int, stays_id: int, request: StepRequest, *, by: Hand, centre: Centre, now: datetime
) -> None:
    """Take one case into another, which its owner does. IncidentUnknown, StepRefused, StaleVersion, VersionRequired;
    StepIncomplete for other people's or other homes' cases: those are linked."""
    async with database.transaction() as connection:
        gone, stays = await _both(connection, gone_id, stays_id, field="into")
        check_version(gone, request)
        _refuse_merge(gone, stays, by)
        firsts = (gone.last_seq + 1, stays.last_seq + 1)
        await field_chain.merged(connection, gone, stays, now=now)
        _take_in(gone, stays, by, now)
        before = gone.state
        await _end(connection, gone, stays, now)
        _write(gone, stays, request, by, now, before=before)
        await chains.stepped(connection, gone, request, by=by, now=now)
        await _save_both(connection, (gone, stays), firsts, centre=centre, now=now)


def _refuse_merge(gone: Case, stays: Case, by: Hand) -> None:
    if stays.state not in UNRESOLVED:
        raise StepRefused("the one that stays is over", owner=stays.claimed_by, state=stays.state, other=stays.id)
    if stays.claimed_by != by.user_id:
        raise StepRefused("merge is for the owner of the one that stays", owner=stays.claimed_by, state=stays.state)
    if gone.state is State.CLOSED:
        raise StepRefused("a closed case is not merged", owner=None, state=gone.state)
    if not may_merge(_party(gone), _party(stays)):
        raise _refused("into", Code.LINK_INSTEAD)


def _party(case: Case) -> Party:
    return Party(family=case.family, resident_id=case.resident_id, premises_id=case.premises_id)


def _take_in(gone: Case, stays: Case, by: Hand, now: datetime) -> None:
    """The higher priority, both plans, the sooner of each clock that runs beside the desk; the person, if one knew."""
    leads = (gone.priority, gone.first_escalation_s) < (stays.priority, stays.first_escalation_s)
    stays.plan = put_together(*((gone.plan, stays.plan) if leads else (stays.plan, gone.plan)))
    if leads and gone.family is stays.family:
        stays.class_, stays.policy, stays.policy_version = gone.class_, gone.policy, gone.policy_version
    if gone.priority < stays.priority:
        facts = (("reason", "merged"), ("merged", gone.id))
        from_, to = stays.priority.label, gone.priority.label
        stays.note(Note(at=now, actor=SYSTEM, action=Action.RAISED, from_=from_, to=to, facts=facts))
    stays.priority = min(stays.priority, gone.priority)
    stays.first_escalation_s = min(stays.first_escalation_s, gone.first_escalation_s)
    both_tests = Mark.TEST in stays.marks and Mark.TEST in gone.marks
    stays.marks = (stays.marks | gone.marks) - (set() if both_tests else {Mark.TEST})
    stays.alert_count += gone.alert_count
    stays.oldest_alarm_at = min(stays.oldest_alarm_at, gone.oldest_alarm_at)
    stays.resident_id = stays.resident_id if stays.resident_id is not None else gone.resident_id
    stays.premises_id = stays.premises_id if stays.premises_id is not None else gone.premises_id
    stays.place = stays.place or gone.place
    stays.deadlines = _sooner(stays.deadlines, gone.deadlines)
    # Whoever merges has seen both.
    set_clocks(stays, Step.CONFIRM, by, now, was_owner=True)


def _sooner(standing: Deadlines, other: Deadlines) -> Deadlines:
    for due in other:
        if due.kind not in BESIDE or due.kind is DeadlineKind.TRANSFER:
            continue
        mine = next((own for own in standing if own.kind is due.kind), None)
        if mine is None or due.due_at < mine.due_at:
            standing = deadlines.beside(standing, due.kind, due.due_at, stage=due.stage)
    return standing


async def _end(connection: Connection, gone: Case, stays: Case, now: datetime) -> None:
    leave_claim(gone)
    gone.state, gone.closed_at = State.CLOSED, now
    gone.outcome = gone.outcome or Outcome.DUPLICATE
    gone.deadlines = deadlines.on_step(
        gone.deadlines, Step.MERGE, gone.clocks, now=now, attended=False, by_owner=False,
        life_safety=gone.class_ in LIFE_SAFETY,
    )  # fmt: skip
    await connection.execute(_Q.merge, gone.id, stays.id)


def _write(gone: Case, stays: Case, request: StepRequest, by: Hand, now: datetime, *, before: State) -> None:
    into = (("into", stays.id), ("into_number", stays.number))
    gone.note(
        Note(at=now, actor=by.actor, action=Step.MERGE, from_=before, to=gone.state, facts=into, text=request.text)
    )
    taken = (("merged", gone.id), ("merged_number", gone.number), ("alerts", gone.alert_count))
    stays.note(Note(at=now, actor=by.actor, action=Action.MERGED, facts=taken))


async def split(
    database: Database, stays_id: int, gone_id: int | None, request: StepRequest, *, by: Hand, centre: Centre,
    now: datetime,
) -> int:  # fmt: skip
    """Undo a merge: the one that went is a case of its own again, unattended, and sounds. Return its id.

    Without `gone_id` the last one that was taken in. Asked of the one that went, it is let out of the one that stayed.
    """
    async with database.transaction() as connection:
        ids = await connection.fetchrow(_Q.merged_pair, stays_id, gone_id)
        if ids is None or ids["gone"] is None:
            # One that is over says so first, as to any other step.
            check_allowed(await load(connection, stays_id), Step.SPLIT, by)
            raise _refused("incident", Code.NOT_MERGED)
        gone, stays = await _both(connection, ids["gone"], ids["stays"], field="incident")
        asked = stays if stays.id == stays_id else gone
        check_version(asked, request)
        check_allowed(stays, Step.SPLIT, by)
        firsts = (gone.last_seq + 1, stays.last_seq + 1)
        await _let_out(connection, gone, now)
        stays.alert_count = max(1, stays.alert_count - gone.alert_count)
        was_owner = stays.claimed_by == by.user_id
        set_clocks(stays, Step.SPLIT, by, now, was_owner=was_owner)
        facts = (("split", gone.id), ("split_number", gone.number))
        stays.note(Note(at=now, actor=by.actor, action=Step.SPLIT, facts=facts, text=request.text))
        out = (("from", stays.id), ("from_number", stays.number))
        gone.note(Note(at=now, actor=by.actor, action=Step.SPLIT, from_=State.CLOSED, to=gone.state, facts=out))
        await _save_both(connection, (gone, stays), firsts, centre=centre, now=now)
        return gone.id


async def _let_out(connection: Connection, gone: Case, now: datetime) -> None:
    """As far as it was: resolved if it was resolved before, else open; nobody is assumed to know of it."""
    gone.closed_at = None
    if gone.resolved_at is not None:
        gone.state = State.RESOLVED
        gone.deadlines = deadlines.on_step(
            (), Step.RESOLVE, gone.clocks, now=now, attended=False, by_owner=False,
            life_safety=gone.class_ in LIFE_SAFETY,
        )  # fmt: skip
    else:
        other = await load_open(connection, gone.subject, gone.family)
        if other is not None:
            said = f"case {other.number} is open for the same trouble by now"
            raise StepRefused(said, owner=other.claimed_by, state=State.CLOSED, other=other.id)
        gone.state, gone.outcome, gone.stage = State.OPEN, None, 0
        gone.marks.discard(Mark.TEST)
        gone.sounded_at, gone.sound_to = now, Target.DESKS
        gone.deadlines = deadlines.on_open(gone.clocks, now=now, floor=await floor_now(connection, gone.area))
        # Merged by mistake or not, nobody has it: what was due by its oldest alarm is not put off by a whole time.
        chains.lost(gone, now=now)
        await field_chain.let_out(connection, gone)
    await connection.execute(_Q.split, gone.id)


async def link(
    database: Database, incident_id: int, other_id: int, request: StepRequest, *, by: Hand, centre: Centre,
    now: datetime,
) -> None:  # fmt: skip
    """Show two cases together; each is still resolved by its own safety."""
    async with database.transaction() as connection:
        case, other = await _both(connection, incident_id, other_id, field="other")
        check_version(case, request)
        check_allowed(case, Step.LINK, by)
        firsts = (case.last_seq + 1, other.last_seq + 1)
        await connection.execute(_Q.link, case.id, other.id, BY_HAND, now)
        was_owner = case.claimed_by == by.user_id
        set_clocks(case, Step.LINK, by, now, was_owner=was_owner)
        for one, another in ((case, other), (other, case)):
            facts = (("other", another.id), ("other_number", another.number))
            one.note(Note(at=now, actor=by.actor, action=Step.LINK, facts=facts, text=request.text))
        await _save_both(connection, (case, other), firsts, centre=centre, now=now)


async def _both(connection: Connection, one: int, other: int, *, field: str) -> tuple[Case, Case]:
    """Both cases locked, in the one order in which everybody locks them: subjects first, then incidents."""
    if one == other:
        raise _refused(field, Code.ITSELF)
    rows = {row["id"]: row["subject"] for row in await connection.fetch(_Q.subjects, [one, other])}
    if one not in rows:
        raise IncidentUnknown(f"there is no incident {one}")
    if other not in rows:
        raise _refused(field, Code.UNKNOWN)
    for subject in sorted(set(rows.values())):
        await lock_subject(connection, subject)
    found = {number: await load(connection, number) for number in sorted(rows)}
    return found[one], found[other]


async def _save_both(
    connection: Connection, cases: tuple[Case, Case], firsts: tuple[int, int], *, centre: Centre, now: datetime
) -> None:
    recorded: list[changes.Change] = []
    for case, first in zip(cases, firsts, strict=True):
        await save(connection, case, keyring=centre.keyring)
        recorded += changes_of(case, first)
    await changes.record(connection, recorded, now=now)


def _refused(field: str, code: Code) -> StepIncomplete:
    return StepIncomplete((Problem(field=field, code=code),))
