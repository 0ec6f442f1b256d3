"""What a desk does in the field: sends people, stands them down, and writes down what they said by telephone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from rules.domain import deadlines
from rules.domain.assignments import Standing, Word
from rules.domain.deadlines import DeadlineKind
from rules.domain.dispatch import Verdict, choose
from rules.domain.ranking import Candidate
from rules.domain.responders import NEVER
from rules.domain.vocabulary import Step
from store import chains, changes
from store import field as hands
from store.assignments import AssignmentUnknown, Field, Ranked, Said, keep_chain, load_field, rank_for
from store.cases import Case, Facts, Note, changes_of, load, save
from store.database import Connection, Database, StoreError
from store.field_words import Heard, say_in
from store.opening import Centre
from store.sql import queries
from store.step_types import refuse_stale
from store.steps import Hand, StepRequest, check_allowed, check_version, set_clocks

_Q: Final = queries("assignments")


class SendingRefused(StoreError):
    """Somebody cannot be sent, or not without a reason; `problems` are (responder id or None, code)."""

    def __init__(self, problems: Sequence[tuple[int | None, str]]) -> None:
        super().__init__(", ".join(f"{who or 'responders'}: {code}" for who, code in problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sending:
    """Whom a desk asks: these, or the ones the machine would (`responders` empty)."""

    responders: tuple[int, ...] = ()
    reason: str | None = None
    if_match: int | None = None


@asynccontextmanager
async def _step(
    database: Database, incident_id: int, request: StepRequest, *, by: Hand, centre: Centre, now: datetime
) -> AsyncIterator[tuple[Connection, Field]]:
    """One step of a desk with its clocks, in one transaction; refused as any other step is."""
    async with database.transaction() as connection:
        case = await load(connection, incident_id)
        check_version(case, request)
        check_allowed(case, request.step, by, later_open=False)
        first, was_owner = case.last_seq + 1, case.claimed_by == by.user_id
        case.count_answer(counted=was_owner)
        in_hand = await load_field(connection, case)
        yield connection, in_hand
        set_clocks(case, request.step, by, now, was_owner=was_owner, counted=True)
        await chains.stepped(connection, case, request, by=by, now=now)
        await save(connection, case, keyring=centre.keyring)
        await changes.record(connection, changes_of(case, first), now=now)


async def send_by_desk(
    database: Database, incident_id: int, sending: Sending, *, by: Hand, centre: Centre, now: datetime
) -> None:
    """Ask these responders, or the first of the list; SendingRefused where one of them cannot be asked.

    A person may send whom the machine may not, with a reason; never somebody barred from those people.
    """
    request = StepRequest(step=Step.DISPATCH, if_match=sending.if_match)
    async with _step(database, incident_id, request, by=by, centre=centre, now=now) as (connection, in_hand):
        case, before = in_hand.case, in_hand.case.state
        ranked = await rank_for(connection, in_hand, ids=list(sending.responders) or None, now=now)
        chosen = _chosen(case, ranked, sending)
        await keep_chain(connection, in_hand, in_hand.chain, now=now)
        facts: Facts = (("asked", len(chosen)), ("auto", not sending.responders))
        step = Note(at=now, actor=by.actor, action=Step.DISPATCH, facts=facts, text=sending.reason)
        place = len(case.notes)
        await hands.offer(connection, in_hand, chosen, ranked, by=by.actor, now=now)
        case.notes.insert(place, _moved(step, before, case))
        hands.look_again(in_hand, Verdict.COMING, now)


def _chosen(case: Case, ranked: Ranked, sending: Sending) -> tuple[Candidate, ...]:
    if not sending.responders:
        chosen = choose(ranked.candidates, count=case.policy.row(case.class_).send_count)
        if not chosen:
            raise SendingRefused([(None, "nobody_to_send")])
        return chosen
    found = {candidate.responder_id: candidate for candidate in ranked.candidates}
    problems = [(one, code) for one in sending.responders if (code := _refusal(found.get(one), sending)) is not None]
    if problems:
        raise SendingRefused(problems)
    return tuple(found[one] for one in sending.responders)


def _refusal(candidate: Candidate | None, sending: Sending) -> str | None:
    if candidate is None:
        return "unknown"
    if candidate.why_not is None:
        return None
    if candidate.why_not in NEVER:
        return str(candidate.why_not)
    return None if sending.reason else f"reason_required_{candidate.why_not}"


def _moved(note: Note, before: str, case: Case) -> Note:
    if before == case.state:
        return note
    return Note(
        at=note.at, actor=note.actor, action=note.action, from_=before, to=case.state, facts=note.facts, text=note.text
    )


async def stand_down_by_desk(
    database: Database, incident_id: int, assignment_id: int | None, reason: str, *, if_match: int | None = None,
    by: Hand, centre: Centre, now: datetime,
) -> None:  # fmt: skip
    """Stand one or all down; AssignmentUnknown where it is not open in this case. The desk decides what follows."""
    request = StepRequest(step=Step.STAND_DOWN, if_match=if_match)
    async with _step(database, incident_id, request, by=by, centre=centre, now=now) as (connection, in_hand):
        which = [a for a in in_hand.open if assignment_id in (None, a.id)]
        if not which:
            raise AssignmentUnknown("no such assignment is open in this case")
        case = in_hand.case
        await hands.stand_down(connection, in_hand, which, "by_desk", by=by.actor, now=now)
        from_, to = hands.settle(in_hand)
        facts: Facts = (("stood_down", len(which)),)
        case.note(Note(at=now, actor=by.actor, action=Step.STAND_DOWN, from_=from_, to=to, facts=facts, text=reason))
        if not in_hand.open:
            await _nobody_is_there(connection, in_hand, now)


async def _nobody_is_there(connection: Connection, in_hand: Field, now: datetime) -> None:
    """Who arrived was sent away: that ends the chain no more. The owner decides; without one the machine goes on."""
    case = in_hand.case
    goes_on = Standing.DONE not in in_hand.standings and await connection.fetchval(_Q.unsatisfy, case.id) is not None
    if case.attended:
        case.deadlines = deadlines.without(case.deadlines, DeadlineKind.DISPATCH)
    elif goes_on:
        case.deadlines = deadlines.beside(case.deadlines, DeadlineKind.DISPATCH, now, stage=1)


async def word_by_desk(
    database: Database, assignment_id: int, said: Said, *, if_match: int | None = None, by: Hand, centre: Centre,
    now: datetime,
) -> Heard:  # fmt: skip
    """Write down what a responder said by telephone; the owner's act as any other step, refused as any other."""
    incident_id = await database.pool.fetchval(_Q.incident_of, assignment_id)
    if incident_id is None:
        raise AssignmentUnknown(f"no assignment {assignment_id}")
    async with database.transaction() as connection:
        case = await load(connection, incident_id)
        refuse_stale(case, if_match)
        first, was_owner = case.last_seq + 1, case.claimed_by == by.user_id
        heard = await say_in(connection, case, assignment_id, said, centre=centre, now=now)
        if said.word is Word.ARRIVE and was_owner:
            case.count_answer(counted=True)
        set_clocks(case, Step.NOTE, by, now, was_owner=was_owner, counted=True)
        if said.word is Word.ARRIVE:
            await chains.stepped(connection, case, StepRequest(step=Step.ARRIVE), by=by, now=now)
        await save(connection, case, keyring=centre.keyring)
        await changes.record(connection, [*changes_of(case, first), *heard.others], now=now)
    return heard
