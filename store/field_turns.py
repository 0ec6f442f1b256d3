"""What follows from a responder's word: who is stood down, who is asked next, how far help has come."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from devices.commands import Announcement
from rules.domain import deadlines, dispatch
from rules.domain.assignments import TAKE_BACK_S, Assignment, Standing, Word
from rules.domain.deadlines import DeadlineKind
from rules.domain.doubts import Doubt
from rules.domain.lifecycle import after
from rules.domain.vocabulary import Action, State, Step
from store import emergency, field_notices, tasks
from store import field as hands
from store.assignments import Field, Said, count_refusal
from store.cases import Case, Facts, Note
from store.changes import Change
from store.commands import announce
from store.database import Connection
from store.field_alarm import raise_alarm
from store.opening import Centre
from store.sql import queries

_Q: Final = queries("assignments")

#: A position older than this proves nothing about where somebody is now.
FRESH: Final = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """One word, taken: the assignment before and after it."""

    connection: Connection
    in_hand: Field
    before: Assignment
    a: Assignment
    said: Said
    doubt: Doubt | None
    centre: Centre
    now: datetime
    others: list[Change]  #: of other cases that follow from it

    @property
    def case(self) -> Case:
        return self.in_hand.case

    @property
    def facts(self) -> Facts:
        return facts_of(self.a, self.said)

    def note(self, action: str, *more: tuple[str, str | int | bool | None], **fields: str | None) -> None:
        """Write it into the timeline."""
        facts = (*self.facts, *self.said.report.items(), *more)
        self.case.note(
            Note(
                at=self.now, actor=self.said.actor, action=action, from_=fields.get("from_"), to=fields.get("to"),
                facts=facts, text=self.said.text,
            )
        )  # fmt: skip

    async def stand_down(self, which: tuple[Assignment, ...], reason: str) -> None:
        await hands.stand_down(self.connection, self.in_hand, which, reason, by=self.said.actor, now=self.now)


def facts_of(a: Assignment, said: Said) -> Facts:
    """What every entry about a word holds."""
    return (
        ("responder", a.responder_id), ("assignment", a.id), ("by_word", said.by_word), ("reason", said.reason),
        ("eta_s", said.eta_s),
    )  # fmt: skip


async def _accepted(turn: Turn) -> None:
    """The others stay asked until somebody moves; the desk chain goes on (centre.md, 2)."""
    if turn.before.standing is Standing.ACCEPTED:
        return
    await turn.connection.execute(_Q.note_from, turn.a.id, turn.now - FRESH)
    _sent_after_all(turn)
    turn.note(Action.ACCEPTED)
    await announce(turn.connection, turn.case, Announcement.COMING, now=turn.now)


async def _en_route(turn: Turn) -> None:
    _sent_after_all(turn)
    turn.note(Action.EN_ROUTE)
    if turn.before.moving_at is None:
        await announce(turn.connection, turn.case, Announcement.COMING, now=turn.now)
        await turn.stand_down(dispatch.stood_down_by_movement(turn.in_hand.all, turn.a), "somebody_moves")


async def _arrived(turn: Turn) -> None:
    """The first arrival ends the field chain; one that cannot be ends nothing and is heard at the desk."""
    _sent_after_all(turn)
    case, was = turn.case, turn.case.state
    case.state = after(was, Step.ARRIVE, unattended=not case.attended)
    moved = {"from_": str(was), "to": str(case.state)} if was is not case.state else {}
    turn.note(Step.ARRIVE, ("doubt", _code(turn.doubt)), **moved)
    if turn.doubt is not None:
        hands.sound(case, now=turn.now)
        return
    if not turn.in_hand.chain.satisfied:
        await hands.satisfy(turn.connection, turn.in_hand, "arrival", now=turn.now)
    await turn.stand_down(dispatch.stood_down_by_arrival(turn.in_hand.all, turn.a), "somebody_arrived")


async def _reported(turn: Turn) -> None:
    report = turn.said.report
    if report:
        await turn.connection.execute(_Q.note_report, turn.a.id, report)
    turn.note(Action.REPORTED)
    if report.get("needs_help") is True:
        turn.others.extend(await raise_alarm(turn.connection, turn.case, turn.a, centre=turn.centre, now=turn.now))
    if report.get("needs_ambulance") is True or report.get("needs_help") is True:
        hands.sound(turn.case, now=turn.now)
        await field_notices.tell_supervisors(
            turn.connection, turn.case, "help_asked", once=str(turn.a.id), now=turn.now
        )


async def _done(turn: Turn) -> None:
    """The desk hears it, and resolves the case or doubts it."""
    if turn.said.report:
        await turn.connection.execute(_Q.note_report, turn.a.id, turn.said.report)
    turn.note(Action.COMPLETED, ("doubt", _code(turn.doubt)))
    hands.sound(turn.case, now=turn.now)
    if turn.a.is_doubted and not turn.in_hand.chain.satisfied:
        # Nobody has been there by all that is known: when it cannot be taken back any more, it is looked who comes.
        due_at = turn.now + timedelta(seconds=TAKE_BACK_S)
        turn.case.deadlines = deadlines.beside(turn.case.deadlines, DeadlineKind.DISPATCH, due_at, stage=1)


async def _declined(turn: Turn) -> None:
    """Without blame; the next is asked. Whoever was the last leaves the case to the desk, or to nobody."""
    await ended_without_coming(turn.connection, turn.in_hand, turn.a, now=turn.now)
    from_, to = hands.settle(turn.in_hand)
    turn.note(Step.DECLINE, from_=from_, to=to)
    if turn.before.standing in (Standing.ACCEPTED, Standing.EN_ROUTE, Standing.ON_SCENE):
        hands.sound(turn.case, now=turn.now)
        await _chain_goes_on(turn)
    await hands.advance(turn.connection, turn.in_hand, zone=turn.centre.timezone, now=turn.now)


async def _taken_back(turn: Turn) -> None:
    from_, to = hands.settle(turn.in_hand)
    turn.note(Action.TAKEN_BACK, ("was", str(turn.before.standing)), from_=from_, to=to)
    await _chain_goes_on(turn)


FOLLOWS: Final[Mapping[Word, Callable[[Turn], Awaitable[None]]]] = {
    Word.ACCEPT: _accepted,
    Word.EN_ROUTE: _en_route,
    Word.ARRIVE: _arrived,
    Word.REPORT: _reported,
    Word.COMPLETE: _done,
    Word.DECLINE: _declined,
    Word.TAKE_BACK: _taken_back,
}


async def _chain_goes_on(turn: Turn) -> None:
    """An arrival that was none, or that left again, ends nothing: the chain looks at once whether anybody comes."""
    in_hand, case = turn.in_hand, turn.case
    if not {Standing.ON_SCENE, Standing.DONE}.isdisjoint(in_hand.standings) or not in_hand.chain.satisfied:
        return
    if await turn.connection.fetchval(_Q.unsatisfy, case.id) is not None:
        in_hand.chain = replace(in_hand.chain, satisfied=False)
        case.deadlines = deadlines.beside(case.deadlines, DeadlineKind.DISPATCH, turn.now, stage=1)
        emergency.lost(case, now=turn.now)  # whether a service is needed was theirs to say who are not there


def _sent_after_all(turn: Turn) -> None:
    """A late yes: nobody was asked any more, and the case is dispatched again."""
    case, was = turn.case, turn.case.state
    if was in (State.OPEN, State.CLAIMED):
        case.state = after(was, Step.DISPATCH, unattended=not case.attended)
        note = Note(
            at=turn.now, actor=turn.said.actor, action=Step.DISPATCH, from_=was, to=case.state, facts=turn.facts
        )
        case.note(note)


async def ended_without_coming(connection: Connection, in_hand: Field, a: Assignment, *, now: datetime) -> None:
    """Count a refusal or time-out; the third in 30 days is a task for the supervisor (centre.md, 25)."""
    if await count_refusal(connection, a.responder_id, now=now):
        wanted = tasks.NewTask(
            kind=tasks.Kind.RESPONDER_REFUSES, key=f"responder_refuses:{a.responder_id}:{now:%Y%m%d%H%M%S}",
            incident_id=in_hand.case.id, responder_id=a.responder_id, area=in_hand.case.area,
        )  # fmt: skip
        await tasks.make(connection, wanted, now=now)


def _code(doubt: Doubt | None) -> str | None:
    return None if doubt is None else str(doubt)
