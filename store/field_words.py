"""What responders say: yes, no, on my way, here, how it goes, done; by page, by telephone, or a desk on their word."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from rules.domain import assignments as rules
from rules.domain import dispatch
from rules.domain.assignments import Assignment, Standing, Word, WordRefused
from rules.domain.doubts import Doubt, doubt_arrival, doubt_done, doubted
from rules.domain.place import Point, distance_m
from rules.domain.responders import DANGEROUS, is_night
from rules.domain.vocabulary import UNRESOLVED, Action, Class
from store import changes
from store.assignments import AssignmentUnknown, Field, Said, ground_of, keep, load_field
from store.cases import Case, Note, changes_of, load, save
from store.changes import Change
from store.database import Connection, Database
from store.field_turns import FOLLOWS, FRESH, Turn, facts_of
from store.opening import Centre
from store.sql import queries

_Q: Final = queries("assignments")


#: Words after an arrival that was doubted which prove nothing about where somebody is.
_SAY_NOTHING_NEW: Final = frozenset({Word.REPORT, Word.COMPLETE})


class Outcome(StrEnum):
    """What became of a word."""

    TAKEN = "taken"
    STANDBY = "standby"  #: another was first; wanted if that one does not move


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """What became of a word: the standing now, and whether it was doubted."""

    outcome: Outcome
    standing: Standing
    doubt: Doubt | None = None
    others: tuple[Change, ...] = ()  #: of other cases, to be recorded with this one's


async def say(database: Database, assignment_id: int, said: Said, *, centre: Centre, now: datetime) -> Heard:
    """Take a responder's word into the case; AssignmentUnknown or WordRefused, and nothing changed, otherwise."""
    incident_id = await database.pool.fetchval(_Q.incident_of, assignment_id)
    if incident_id is None:
        raise AssignmentUnknown(f"no assignment {assignment_id}")
    async with database.transaction() as connection:
        case = await load(connection, incident_id)
        first = case.last_seq + 1
        heard = await say_in(connection, case, assignment_id, said, centre=centre, now=now)
        await save(connection, case, keyring=centre.keyring)
        await changes.record(connection, [*changes_of(case, first), *heard.others], now=now)
    return heard


async def say_in(
    connection: Connection, case: Case, assignment_id: int, said: Said, *, centre: Centre, now: datetime
) -> Heard:
    """The same inside the caller's transaction, under the case's lock; the caller saves the case."""
    in_hand = await load_field(connection, case)
    found = in_hand.assignments.get(assignment_id)
    if found is None:
        raise AssignmentUnknown(f"assignment {assignment_id} is of another case by now; look again")
    return await _take(connection, in_hand, found, said, centre, now)


async def _take(
    connection: Connection, in_hand: Field, a: Assignment, said: Said, centre: Centre, now: datetime
) -> Heard:
    _refuse(in_hand, a, said, now)
    if said.word is Word.ACCEPT and a.standing is not Standing.ACCEPTED and dispatch.first_won(in_hand.all, a):
        return await _stand_by(connection, in_hand, a, said, now)
    ground = await ground_of(connection, in_hand.case)
    fresh = rules.heard(
        a, said.word, priority=in_hand.case.priority, circle_s=ground.scene.circle_s, now=now, eta_s=said.eta_s
    )
    doubt = await _doubt(connection, in_hand.case, a, said, ground.scene.point, now)
    watched = fresh.is_watched or await _watched(connection, in_hand, fresh, ground.scene.class_, now)
    # What cannot be is not made true by talking on; only arriving, or the desk on their word, is.
    stays = doubt is not None or (a.is_doubted and _says_nothing_new(in_hand, fresh, said))
    fresh = replace(doubted(fresh, a, now=now) if stays else fresh, is_doubted=stays, is_watched=watched)
    await keep(connection, in_hand, fresh, ended_for=said.reason)
    turn = Turn(
        connection=connection, in_hand=in_hand, before=a, a=fresh, said=said, doubt=doubt, centre=centre, now=now,
        others=[],
    )  # fmt: skip
    await FOLLOWS[said.word](turn)
    return Heard(outcome=Outcome.TAKEN, standing=fresh.standing, doubt=doubt, others=tuple(turn.others))


def _says_nothing_new(in_hand: Field, fresh: Assignment, said: Said) -> bool:
    """Whether an arrival that was doubted is doubted after this word still; "done" taken back is no arrival either."""
    if said.word is Word.TAKE_BACK:
        return fresh.standing is Standing.ON_SCENE and not in_hand.chain.satisfied
    return said.word in _SAY_NOTHING_NEW and not said.by_word


def _refuse(in_hand: Field, a: Assignment, said: Said, now: datetime) -> None:
    """Refuse what comes too late for this case, or too late to be taken back."""
    if in_hand.case.state not in UNRESOLVED:
        raise WordRefused("the case is over; thank you")
    if said.word is Word.TAKE_BACK and not rules.may_take_back(a, now=now):
        raise WordRefused(f"only within {rules.TAKE_BACK_S} s; tell the desk")
    if a.standing is Standing.TIMED_OUT:
        asked_again = any(b.responder_id == a.responder_id for b in in_hand.open)
        if asked_again or dispatch.somebody_moves(in_hand.all) or in_hand.chain.satisfied:
            raise WordRefused("somebody else goes by now; thank you")


async def _stand_by(connection: Connection, in_hand: Field, a: Assignment, said: Said, now: datetime) -> Heard:
    """Another was first: this one stays asked, and is wanted if the first does not move."""
    if a.standing is not Standing.OFFERED:
        raise WordRefused("somebody else goes by now; thank you")
    await keep(connection, in_hand, replace(a, standby_at=now, heard_at=now))
    in_hand.case.note(Note(at=now, actor=said.actor, action=Action.STANDBY, facts=facts_of(a, said)))
    return Heard(outcome=Outcome.STANDBY, standing=a.standing)


async def _watched(connection: Connection, in_hand: Field, a: Assignment, class_: Class, now: datetime) -> bool:
    """In danger, or alone at night: a check-back time that is not missed unnoticed (centre.md, 11)."""
    if class_ in DANGEROUS:
        return True
    alone = not any(b.id != a.id and b.standing in rules.GOING for b in in_hand.all)
    if a.standing not in rules.GOING or not alone:
        return False
    return is_night(now, await connection.fetchval(_Q.zone_of, a.responder_id))


async def _doubt(
    connection: Connection, case: Case, a: Assignment, said: Said, point: Point | None, now: datetime
) -> Doubt | None:
    """Why "arrived" or "done" cannot be; a desk that asked by telephone has no doubt."""
    if said.by_word:
        return None
    if said.word is Word.COMPLETE:
        return doubt_done(a, now=now)
    if said.word is not Word.ARRIVE:
        return None
    row = await connection.fetchrow(_Q.position_of, a.responder_id, now - FRESH)
    away_m, accuracy_m = None, (case.place or {}).get("accuracy_m") or 0.0
    if row is not None and point is not None:
        away_m = distance_m(Point(lat=row["lat"], lon=row["lon"]), point)
        accuracy_m += row["accuracy_m"] or 0.0
    measured = a.eta_s is not None and point is not None
    return doubt_arrival(a, away_m=away_m, accuracy_m=accuracy_m, is_eta_measured=measured, now=now)
