"""The machine's hands in the field: it asks, asks the next, stands down, and says when nobody is left.

Everything here runs under the case's lock, and changes the case that the caller saves.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from rules.domain import deadlines
from rules.domain.assignments import Assignment, Standing, answer_s
from rules.domain.dangers import heard_of
from rules.domain.deadlines import DeadlineKind
from rules.domain.dispatch import Verdict, choose, look, pause_s, state_after, when_empty
from rules.domain.lifecycle import after
from rules.domain.policy_table import Sent
from rules.domain.ranking import Candidate
from rules.domain.responders import DANGEROUS, may_be_informed
from rules.domain.vocabulary import UNRESOLVED, Action, Class, Step, Target
from store import field_evening, field_notices, outbox
from store.assignments import Field, Ranked, keep, keep_chain, note_warned, rank_for, write_offer
from store.cases import SYSTEM, Case, Facts, Note
from store.database import Connection
from store.sql import queries

_Q: Final = queries("assignments")

#: Twelve characters, 72 bits: short enough for an SMS, and nobody finds one by trying.
_CODE_BYTES: Final = 9


async def advance(connection: Connection, field: Field, *, zone: ZoneInfo, now: datetime) -> None:
    """Look how the chain stands, and ask the next where nobody was asked and nobody comes. `zone` is the site's."""
    case = field.case
    if case.state not in UNRESOLVED:
        return
    verdict = look(field.chain, field.all)
    if verdict is Verdict.SEND:
        if await field_evening.waits(connection, field, zone=zone, now=now):
            return
        await send(connection, field, count=case.policy.row(case.class_).send_count, now=now)
    elif verdict is Verdict.COMING:
        look_again(field, verdict, now)
    else:
        case.deadlines = deadlines.without(case.deadlines, DeadlineKind.DISPATCH)


async def send(connection: Connection, field: Field, *, count: int, now: datetime) -> None:
    """Ask so many more; where nobody can be asked, the supervisors hear of it, and it begins again."""
    case = field.case
    if case.policy.row(case.class_).dispatch is Sent.NOBODY:
        await _say_nobody(connection, field, Verdict.NOBODY, now)
        return
    ranked = await rank_for(connection, field, now=now)
    chosen = choose(ranked.candidates, count=count)
    if not chosen:
        await _nobody_left(connection, field, now)
        return
    first = field.chain.sendings == 0
    await keep_chain(connection, field, replace(field.chain, sendings=field.chain.sendings + 1, empty_looks=0), now=now)
    await offer(connection, field, chosen, ranked, by=SYSTEM, now=now)
    if first:
        await inform(connection, field, ranked, ranked.ground.scene.class_, now)
        await note_warned(connection, field, heard_of([ranked.ground.scene.class_]))
    look_again(field, Verdict.COMING, now)


async def offer(
    connection: Connection, field: Field, chosen: Sequence[Candidate], ranked: Ranked, *, by: str, now: datetime
) -> list[Assignment]:
    """Write the offers with their notices; by the machine also the step that sends (a desk writes its own)."""
    case, before = field.case, field.case.state
    case.state = after(case.state, Step.DISPATCH, unattended=not case.attended)
    if by == SYSTEM:
        moved = (before, case.state) if before is not case.state else (None, None)
        facts: Facts = (("asked", len(chosen)), ("round", field.chain.round), ("sending", field.chain.sendings))
        case.note(Note(at=now, actor=SYSTEM, action=Step.DISPATCH, from_=moved[0], to=moved[1], facts=facts))
    made, notices = [], []
    for candidate in chosen:
        code = secrets.token_urlsafe(_CODE_BYTES)
        a = await write_offer(
            connection, field, candidate, by=by, code=code, watched=ranked.ground.scene.class_ in DANGEROUS,
            due_at=now + timedelta(seconds=answer_s(case.priority)), now=now,
        )  # fmt: skip
        made.append(a)
        notices.append(field_notices.offer(case, a, ranked.ground, distance_m=candidate.distance_m, code=code, now=now))
        case.note(Note(at=now, actor=by, action=Action.OFFERED, facts=_offered(a, candidate)))
    await outbox.put(connection, notices, now=now)
    return made


def _offered(a: Assignment, candidate: Candidate) -> Facts:
    return (
        ("responder", a.responder_id), ("assignment", a.id), ("round", a.round), ("eta_s", candidate.eta_s),
        ("distance_m", candidate.distance_m), ("in_circle", candidate.in_circle),
        ("position_age_s", candidate.position_age_s), ("skills", ",".join(candidate.skills)),
        ("load", candidate.load), ("despite", str(candidate.why_not) if candidate.why_not else None),
    )  # fmt: skip


async def offer_again(connection: Connection, field: Field, a: Assignment, *, now: datetime) -> None:
    """Tell somebody of their offer once more: the first notice may not have left, or they are wanted now after all."""
    code = await connection.fetchval(_Q.code_of, a.id)
    ranked = await rank_for(connection, field, ids=[a.responder_id], now=now)
    if code is None or not ranked.candidates:
        return
    notice = field_notices.offer(
        field.case, a, ranked.ground, distance_m=ranked.candidates[0].distance_m, code=code, now=now
    )
    await outbox.put(connection, [notice], now=now)


async def inform(connection: Connection, field: Field, ranked: Ranked, danger: Class, now: datetime) -> None:
    """In a danger, the untrained near by are told to keep out of it, the nearest first; once of each."""
    case, scene = field.case, ranked.ground.scene
    near = [
        candidate for candidate in ranked.candidates
        if candidate.in_circle
        and may_be_informed(ranked.people[candidate.responder_id], scene.class_, scene.sent, now=now)
    ][: case.policy.responders.informed_most]  # fmt: skip
    notices = [
        field_notices.warning(case, c.responder_id, ranked.ground, danger, distance_m=c.distance_m, now=now)
        for c in near
    ]
    await outbox.put(connection, notices, now=now)
    for candidate in near:
        facts: Facts = (
            ("responder", candidate.responder_id), ("class", str(danger)), ("reason", str(candidate.why_not)),
        )  # fmt: skip
        case.note(Note(at=now, actor=SYSTEM, action=Action.INFORMED, facts=facts))


async def _nobody_left(connection: Connection, field: Field, now: datetime) -> None:
    """A round that is over begins again; a place where nobody can be asked is looked at again."""
    verdict = when_empty(field.chain, field.all)
    await _say_nobody(connection, field, verdict, now)
    look_again(field, verdict, now)
    fresh = (
        replace(field.chain, round=field.chain.round + 1, empty_looks=0)
        if verdict is Verdict.ROUND_OVER
        else replace(field.chain, empty_looks=field.chain.empty_looks + 1)
    )
    await keep_chain(connection, field, fresh, now=now)


async def _say_nobody(connection: Connection, field: Field, verdict: Verdict, now: datetime) -> None:
    case, chain = field.case, field.chain
    action = Action.ROUND_OVER if verdict is Verdict.ROUND_OVER else Action.NOBODY_TO_SEND
    from_, to = settle(field)
    case.note(Note(at=now, actor=SYSTEM, action=action, from_=from_, to=to, facts=(("round", chain.round),)))
    if case.attended:
        sound(case, now=now)  # unattended it rings by its own ladder
    await field_notices.tell_supervisors(
        connection, case, str(action), once=f"{chain.round}.{chain.empty_looks}", now=now
    )


def look_again(field: Field, verdict: Verdict, now: datetime) -> None:
    """The chain's own deadline: it looks again, whatever the assignments' clocks do."""
    case = field.case
    due_at = now + timedelta(seconds=pause_s(verdict, field.chain, case.priority))
    case.deadlines = deadlines.beside(case.deadlines, DeadlineKind.DISPATCH, due_at, stage=max(1, field.chain.sendings))


def settle(field: Field) -> tuple[str | None, str | None]:
    """Bring the case's state to what its responders do; (from, to) where it moved."""
    case, before = field.case, field.case.state
    case.state = state_after(before, field.standings, attended=case.attended)
    return (before, case.state) if before is not case.state else (None, None)


def sound(case: Case, *, now: datetime) -> None:
    """Let the case be heard once more: by its owner, or by everybody who waits for one."""
    case.sounded_at = now
    case.sound_to = Target.OWNER if case.attended else Target.SUPERVISORS if case.stage else Target.DESKS


async def stand_down(
    connection: Connection, field: Field, which: Iterable[Assignment], reason: str, *, by: str, now: datetime
) -> None:
    """Tell these that they are not needed any more, by the channel that reached them; the caller settles the state."""
    for a in which:
        ended = replace(a, standing=Standing.STOOD_DOWN, step=None, due_at=None, ended_at=now)
        await keep(connection, field, ended, ended_for=reason)
        await field_notices.stand_down(connection, field.case, a, now=now)
        facts: Facts = (("responder", a.responder_id), ("assignment", a.id), ("reason", reason))
        field.case.note(Note(at=now, actor=by, action=Step.STAND_DOWN, facts=facts))


async def end_all(connection: Connection, field: Field, reason: str, *, by: str, now: datetime) -> None:
    """The case is over: whoever is there is done, everybody else is stood down; the links die with it."""
    there = [a for a in field.open if a.standing is Standing.ON_SCENE]
    for a in there:
        done = replace(a, standing=Standing.DONE, step=None, due_at=None, ended_at=now)
        await keep(connection, field, done, ended_for=reason)
        await field_notices.stand_down(connection, field.case, a, now=now)
    await stand_down(connection, field, field.open, reason, by=by, now=now)


async def satisfy(connection: Connection, field: Field, reason: str, *, now: datetime) -> None:
    """Somebody is there, or a service has taken it: nobody else is asked."""
    case = field.case
    await connection.execute(_Q.satisfy, case.id, now, reason)
    if not field.chain.satisfied:
        case.note(Note(at=now, actor=SYSTEM, action=Action.FIELD_SATISFIED, facts=(("reason", reason),)))
    field.chain = replace(field.chain, satisfied=True)
    case.deadlines = deadlines.without(case.deadlines, DeadlineKind.DISPATCH)
