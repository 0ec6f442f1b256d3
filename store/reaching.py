"""Who is told of a case beyond the desks: supervisors, the on-call phone, the county, the contacts.

The desk chain (`rules/domain/ladders.py`) says when; here stands who it is now, and what is put into the outbox. The
contacts are told as their class's row says. Nothing is sent here, and whether somebody may be told is asked again by
whoever sends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import structlog

from rules.domain import deadlines
from rules.domain.call_words import CallResult, CallTo
from rules.domain.calls import reaches_nobody
from rules.domain.deadlines import DeadlineKind
from rules.domain.firing import Firing
from rules.domain.notices import Notice, Purpose
from rules.domain.on_call import Asked, Chosen, Person, Reached, ShiftRole, is_heard, reach
from rules.domain.policy import Assessment
from rules.domain.policy_table import FamilyTold
from rules.domain.telling import FAMILY_UNATTENDED_S, Change, ending_of, tells_family
from rules.domain.vocabulary import UNRESOLVED, Class, Family, Mark, Step, Target
from rules.engine import metrics
from store import outbox
from store.cases import Case, Facts
from store.database import AWAY, Connection
from store.sql import queries

if TYPE_CHECKING:
    from store.steps import Hand, StepRequest

_Q: Final = queries("outbox")
_log: Final = structlog.get_logger(__name__)

_RUNG: Final = (Target.SUPERVISORS, Target.ON_CALL_PHONE, Target.COUNTY_DUTY, Target.COMMUNITY_WORKER)
_Facts = tuple[tuple[str, str | int | None], ...]
_TAKES: Final = frozenset({Step.CLAIM, Step.TRANSFER_ACCEPTED, Step.REOPEN})
_ENDS: Final = frozenset({Step.RESOLVE, Step.CLOSE, Step.MERGE})
_RECLASSED: Final = frozenset({Step.RECLASSIFY, Step.LOWER_PRIORITY})
_GIVES_BACK: Final = frozenset({Step.RELEASE, Step.PASS})


def opening(case: Case, *, now: datetime) -> None:
    """Where family waits for a first call: with nobody at a desk to make one they are told all the same."""
    _wait_for_first_call(case, now)


async def opened(connection: Connection, case: Case, *, now: datetime) -> None:
    """Family at once, where the class says so: one statement."""
    if case.policy.row(case.class_).family_told is FamilyTold.AT_ONCE and _sounds(case):
        await _tell_beside_the_alarm(connection, case, now)


async def joined(connection: Connection, case: Case, assessed: Assessment, *, raised: bool, now: datetime) -> None:
    """What joins may be of a class whose family is told at once: smoke that a second detector makes a fire."""
    row = assessed.policy.row(assessed.class_)
    if row.family_told is FamilyTold.AT_ONCE and _sounds(case):
        await _tell_beside_the_alarm(connection, case, now)
    if raised:
        _wait_for_first_call(case, now)


async def _tell_beside_the_alarm(connection: Connection, case: Case, now: datetime) -> None:
    """Whatever hinders the telling, the fire itself stays a fire: it is never stored as something lesser for it."""
    try:
        async with connection.transaction():
            await _tell_contacts(connection, case, now=now)
    except AWAY:
        raise  # that concerns the alarm too
    except Exception as error:  # noqa: BLE001  # said and counted; the desks and the field have the case all the same
        _log.error("contacts_not_told", incident=case.id, error=type(error).__name__)
        metrics.notices_withheld_total.labels(reason="not_written").inc()


async def stepped(connection: Connection, case: Case, request: StepRequest, *, by: Hand, now: datetime) -> None:
    """A claim ends the ringing, not the information; a first call or a confirmation may be the family's moment."""
    del by
    if request.step in _TAKES or request.step in _ENDS:
        await outbox.end_round(connection, case.id, reason="taken_meanwhile", now=now)
    if request.step is Step.RESOLVE:
        await _tell_end(connection, case, request, now=now)
    elif request.step is Step.REOPEN:
        await _tell_reopened(connection, case, now=now)
    elif request.step in _GIVES_BACK:
        lost(case, now=now)
    elif request.step in _RECLASSED:
        await opened(connection, case, now=now)
        _wait_for_first_call(case, now)
    elif _is_familys_moment(case, request):
        await _tell_contacts(connection, case, now=now)
        case.deadlines = deadlines.without(case.deadlines, DeadlineKind.FAMILY)


async def fired(connection: Connection, case: Case, firing: Firing, *, now: datetime) -> None:
    """Put the stage's people into the outbox, or tell the family that nobody at a desk has told."""
    if firing.kind is DeadlineKind.FAMILY:
        await _family_due(connection, case, now=now)
        return
    if firing.becomes_real or firing.kind is DeadlineKind.DELAY:
        await opened(connection, case, now=now)
    if firing.unclaim:
        lost(case, now=now)
    await fired_stages(connection, [(case, firing)], now=now)


def lost(case: Case, *, now: datetime) -> None:
    """The claim has ended: what the desk had to decide about the contacts has its time again."""
    if not case.attended:
        _wait_for_first_call(case, now, is_lost=True)


async def fired_stages(connection: Connection, fired: Sequence[tuple[Case, Firing]], *, now: datetime) -> None:
    """Stages of the desk chains of these cases: who there is is read once for all, what is told written once."""
    stages = [(case, firing, targets) for case, firing in fired if (targets := _rung(case, firing))]
    if not stages:
        return
    people = {case.area: await _people(connection, case, now) for case in {c.area: c for c, _, _ in stages}.values()}
    names = {area: await _area_name(connection, area) for area in people}
    asked = await _asked_of(connection, [(case.id, firing.round) for case, firing, _ in stages])
    notices: list[Notice] = []
    for case, firing, targets in stages:
        of_case = asked.get(case.id, [])
        found = {t: reach(t, people[case.area], of_case, priority=case.priority, now=now) for t in targets}
        chosen: dict[int, Chosen] = {}
        for reached in found.values():
            for user_id, capacity in reached.people:
                chosen.setdefault(user_id, capacity)
        facts = _facts_with(case, names[case.area], now)
        notices += _escalations(case, chosen, facts, round_=firing.round, stage=firing.stage)
        _say(case, firing, found, len(chosen))
    await _put(connection, notices, now=now)


def _rung(case: Case, firing: Firing) -> list[Target]:
    if case.class_ is Class.CANARY or case.state not in UNRESOLVED or case.attended:
        return []
    return [target for target in _RUNG if target in firing.resound_to]


def _escalations(
    case: Case, chosen: dict[int, Chosen], facts: _Facts, *, round_: int, stage: int, again: str = ""
) -> list[Notice]:
    """An escalation for each of these people."""
    return [
        Notice(
            purpose=Purpose.ESCALATION, recipient=f"user:{user_id}", priority=case.priority, incident_id=case.id,
            # The version tells a chain that began anew from the one before it: their rounds count alike.
            key=f"{case.id}.{case.version}:{round_}:{stage}:user:{user_id}{again}",
            facts=(*facts, ("round", round_), ("rung", stage), ("capacity", str(capacity))),
        )
        for user_id, capacity in chosen.items()
    ]  # fmt: skip


async def _put(connection: Connection, notices: Sequence[Notice], *, now: datetime) -> None:
    """Write escalations; each takes the place in the queue of what waited for its person of that case."""
    if not notices:
        return
    of = {(one.incident_id or 0, one.recipient): one.not_before or now for one in notices}
    waited = await outbox.supersede(connection, list(of), now=now)
    placed = [
        replace(one, not_before=min(at, waited.get((one.incident_id or 0, one.recipient), at)))
        for one in notices
        for at in (one.not_before or now,)
    ]
    await outbox.put(connection, placed, now=now)


async def ring_next(connection: Connection, case: Case, *, round_: int, stage: int, now: datetime) -> bool:
    """Somebody cannot, or could not be reached at all: the next on the list at once; whether there was anybody.

    Each at most once a stage, or a provider that is down would be asked for all of them again and again. The case's
    lock is held.
    """
    if case.attended or case.state not in UNRESOLVED:
        return False
    people, asked = await _people(connection, case, now), await _asked(connection, case, round_)
    reached = reach(Target.ON_CALL_PHONE, people, asked, priority=case.priority, now=now)
    facts = await facts_of(connection, case, now)
    notices = _escalations(case, dict(reached.people), facts, round_=round_, stage=stage, again=":next")
    known = {row["key"] for row in await connection.fetch(_Q.known, [notice.key for notice in notices])}
    fresh = [notice for notice in notices if notice.key not in known]
    await _put(connection, fresh, now=now)
    return bool(fresh)


async def facts_of(connection: Connection, case: Case, now: datetime) -> _Facts:
    """What may leave the machine of a case: number, class, area, priority and how long it has waited."""
    return _facts_with(case, await _area_name(connection, case.area), now)


def _facts_with(case: Case, name: str | None, now: datetime) -> _Facts:
    minutes = max(0, int((now - case.opened_at).total_seconds()) // 60)
    return (
        ("number", _short(case)), ("class", str(case.class_)), ("priority", case.priority.label), ("area", name),
        ("minutes", minutes),
    )  # fmt: skip


async def _area_name(connection: Connection, area: str | None) -> str | None:
    row = await connection.fetchrow(_Q.area_name, area) if area is not None else None
    return (row["name"] or None) if row is not None else None


def _short(case: Case) -> str:
    """The day's number, as people say it; with its date in front it would be as long as a telephone number."""
    return case.number.rpartition("-")[2]


def _has_people(case: Case) -> bool:
    return case.class_ is not Class.CANARY and (case.resident_id is not None or case.premises_id is not None)


def _sounds(case: Case) -> bool:
    """Not while an alarm is on test, or may still be withdrawn unheard."""
    delayed = any(deadline.kind is DeadlineKind.DELAY for deadline in case.deadlines)
    return _has_people(case) and Mark.TEST not in case.marks and not delayed


def _wait_for_first_call(case: Case, now: datetime, *, is_lost: bool = False) -> None:
    """By then the contacts are told, whoever should have rung first; whether they were already is asked when due."""
    told = case.policy.row(case.class_).family_told
    waits = any(deadline.kind is DeadlineKind.FAMILY for deadline in case.deadlines)
    unresolved = case.state in UNRESOLVED and told in (FamilyTold.AFTER_FIRST_CALL, FamilyTold.ON_CONFIRMED)
    if unresolved and not waits and _has_people(case):
        due_at = now + timedelta(seconds=FAMILY_UNATTENDED_S)
        if is_lost:
            first_s = case.clocks.first_escalation_s
            due_at = deadlines.after_loss(case.oldest_alarm_at, FAMILY_UNATTENDED_S, first_s, now=now)
        case.deadlines = deadlines.beside(case.deadlines, DeadlineKind.FAMILY, due_at)


async def _tell_contacts(connection: Connection, case: Case, *, now: datetime) -> None:
    """One message per person, case and change: telling twice tells once. In a fire, also whoever belongs to the
    others who live there."""
    whole_home = case.resident_id is None or case.family is Family.FIRE_AND_GAS
    facts = {"number": _short(case), "class": str(case.class_), "priority": case.priority.label, "end": "being_handled"}
    await connection.execute(
        _Q.tell_contacts, case.id, case.resident_id, case.premises_id if whole_home else None, int(case.priority),
        str(Change.OPENED), facts, now,
    )  # fmt: skip


async def _tell_end(connection: Connection, case: Case, request: StepRequest, *, now: datetime) -> None:
    safety = request.safety
    ending = ending_of(safety.kind if safety is not None else None, safety.service if safety is not None else None)
    await connection.execute(_Q.withdraw_untold, case.id, now, True)
    await _tell_again(connection, case, Change.ENDED, str(ending), now=now)


async def _tell_reopened(connection: Connection, case: Case, *, now: datetime) -> None:
    """Whoever heard of it hears that it goes on; whoever was to hear and did not, since it ended first, hears now."""
    await connection.execute(_Q.withdraw_untold, case.id, now, False)
    await _tell_again(connection, case, Change.REOPENED, "", now=now)
    await opened(connection, case, now=now)
    if _sounds(case) and await connection.fetchval(_Q.was_to_be_told, case.id):
        await _tell_contacts(connection, case, now=now)
    _wait_for_first_call(case, now)


async def _tell_again(connection: Connection, case: Case, change: Change, end: str, *, now: datetime) -> None:
    """Reopened and ended again is another change: the case's version tells them apart."""
    facts = {"number": _short(case), "class": str(case.class_), "priority": case.priority.label,
             "end": end or "being_handled"}  # fmt: skip
    await connection.execute(_Q.tell_again, case.id, int(case.priority), f"{change}.{case.version}", facts, now)


def _is_familys_moment(case: Case, request: StepRequest) -> bool:
    told = case.policy.row(case.class_).family_told
    facts: dict[str, Any] = dict(request.facts)
    to_resident = request.step is Step.CALL and facts.get("to") == CallTo.RESIDENT
    call = CallResult(facts["result"]) if to_resident and facts.get("result") else None
    unheard = call is not None and reaches_nobody(call, case.priority)
    return _has_people(case) and tells_family(told, request.step, call, nobody_reached=unheard)


async def _family_due(connection: Connection, case: Case, *, now: datetime) -> None:
    """Nobody at a desk: the contacts are told, also while the machine has sent somebody.

    A desk that has the case decides; when it gives the case back, or loses it, this comes again (`lost`).
    """
    if case.state in UNRESOLVED and not case.attended:
        await _tell_contacts(connection, case, now=now)


async def _people(connection: Connection, case: Case, now: datetime) -> list[Person]:
    return [person_of(row) for row in await connection.fetch(_Q.people, case.area, now)]


def person_of(row: Any) -> Person:
    """Somebody with an account, from their row."""
    shifts = zip(row["shift_roles"], row["shift_ranks"], strict=True)
    return Person(
        user_id=row["id"], role=row["role"], has_phone=row["has_phone"], present=row["present"],
        shifts=tuple((ShiftRole(role), rank) for role, rank in shifts),
    )  # fmt: skip


async def _asked(connection: Connection, case: Case, round_: int) -> list[Asked]:
    return (await _asked_of(connection, [(case.id, round_)])).get(case.id, [])


async def _asked_of(connection: Connection, rounds: Sequence[tuple[int, int]]) -> dict[int, list[Asked]]:
    """Who was rung, of each of these cases, in its own round."""
    found: dict[int, list[Asked]] = {}
    ids, numbers = [list(column) for column in zip(*rounds, strict=True)]
    for row in await connection.fetch(_Q.asked, ids, numbers):
        one = Asked(
            user_id=int(row["recipient"].partition(":")[2]), capacity=Chosen(row["capacity"]),
            cannot=bool(row["cannot"]), took_at=row["took_at"],
        )  # fmt: skip
        found.setdefault(row["incident_id"], []).append(one)
    return found


def _say(case: Case, firing: Firing, found: dict[Target, Reached], rung: int) -> None:
    """The stage's own entry says how many were rung and what was missing: an empty list is never silent."""
    missing = sorted({str(reached.missing) for reached in found.values() if reached.missing is not None})
    fresh: Facts = (("rung", rung), *((("missing", ",".join(missing)),) if missing else ()))
    for place in range(len(case.notes) - 1, -1, -1):
        note = case.notes[place]
        if note.action == firing.entry:
            case.notes[place] = replace(note, facts=(*note.facts, *fresh))
            return


async def is_heard_now(connection: Connection, case: Case, now: datetime) -> bool:
    """Whether somebody has just said by telephone that they take this case."""
    return is_heard(await _asked(connection, case, 0), now)
