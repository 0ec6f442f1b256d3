"""A case offered to a colleague: the giver keeps it until they accept, and it falls back by itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from rules.domain import deadlines
from rules.domain.deadlines import DeadlineKind
from rules.domain.resolution import Code, Problem
from rules.domain.vocabulary import Action, Step, Target
from store import changes
from store.cases import Case, Note, changes_of, load, save
from store.database import Connection, Database
from store.sql import queries
from store.step_types import Hand, Offered, Said, StepIncomplete, StepRefused, StepRequest, refuse_stale

if TYPE_CHECKING:
    import asyncpg

    from store.opening import Centre

_Q: Final = queries("transfers")

#: An offer that nobody answers in this time falls back to the giver, who has had the case all along.
OFFER_S: Final = 60


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """An offer that waits for its answer."""

    from_user: str = msgspec.field(name="from")
    to: str
    to_name: str
    until: datetime


async def offer(connection: Connection, case: Case, request: StepRequest, by: Hand, now: datetime) -> Said:
    """Offer the case; an offer that stands is replaced. StepIncomplete where the other cannot take it."""
    payload = request.payload
    assert isinstance(payload, Offered), "the request's model says so"
    assert case.claimed_by is not None, "only a case that somebody holds is offered"
    del by
    if payload.to_user == case.claimed_by:
        raise _refused(Code.ITSELF)
    if not await connection.fetchval(_Q.may_take, payload.to_user, case.area):
        raise _refused(Code.NOT_AT_A_DESK)
    until = now + timedelta(seconds=OFFER_S)
    await connection.execute(_Q.offer, case.id, case.claimed_by, payload.to_user, now, until)
    case.deadlines = deadlines.beside(case.deadlines, DeadlineKind.TRANSFER, until)
    return Said(facts=(("to_user", payload.to_user), ("until", until.isoformat())))


async def counts_as(connection: Connection, case: Case, step: Step, by: Hand, now: datetime) -> Step:
    """A claim of a case that one was offered accepts it; an acceptance of one that lost its owner claims it.

    StepRefused for accepting what was not offered, or not any more.
    """
    if step not in (Step.CLAIM, Step.TRANSFER_ACCEPTED):
        return step
    pending = await _pending(connection, case, now)
    is_mine = pending is not None and pending["to_user"] == by.user_id
    if step is Step.CLAIM:
        return Step.TRANSFER_ACCEPTED if is_mine and case.attended else step
    if not is_mine:
        raise StepRefused("this case is not offered to you, or not any more", owner=case.claimed_by, state=case.state)
    return step if case.attended else Step.CLAIM


async def decline(
    database: Database, incident_id: int, *, if_match: int | None, by: Hand, centre: Centre, now: datetime
) -> None:
    """Say no to an offer, or take one's own back: the giver has the case, as all along. StepRefused without one,
    StaleVersion where the case is not the one that was seen."""
    async with database.transaction() as connection:
        case = await load(connection, incident_id)
        refuse_stale(case, if_match)
        first = case.last_seq + 1
        pending = await _pending(connection, case, now)
        if pending is None or by.user_id not in (pending["to_user"], pending["from_user"]):
            raise StepRefused("no offer of this case waits for you", owner=case.claimed_by, state=case.state)
        await forget(connection, case)
        _back_to_its_owner(case, now)
        facts = (("from_user", pending["from_user"]), ("to_user", pending["to_user"]))
        case.note(Note(at=now, actor=by.actor, action=Action.TRANSFER_DECLINED, facts=facts))
        await save(connection, case, keyring=centre.keyring)
        await changes.record(connection, changes_of(case, first), now=now)


async def lapse(connection: Connection, case: Case, now: datetime) -> None:
    """The offer's time is over; its entry is written, the deadline is gone."""
    await connection.execute(_Q.forget, case.id)
    if case.attended:
        _back_to_its_owner(case, now)


async def forget(connection: Connection, case: Case) -> None:
    """An offer that stands means nothing any more: the claim has changed."""
    if _deadline(case):
        await connection.execute(_Q.forget, case.id)
        case.deadlines = deadlines.without(case.deadlines, DeadlineKind.TRANSFER)


def _back_to_its_owner(case: Case, now: datetime) -> None:
    case.sounded_at, case.sound_to = now, Target.OWNER


async def _pending(connection: Connection, case: Case, now: datetime) -> asyncpg.Record | None:
    """The offer that waits; its deadline stands as long as it does, so that most claims ask nothing."""
    return await connection.fetchrow(_Q.pending, case.id, now) if _deadline(case) else None


def _deadline(case: Case) -> bool:
    return any(deadline.kind is DeadlineKind.TRANSFER for deadline in case.deadlines)


def _refused(code: Code) -> StepIncomplete:
    return StepIncomplete((Problem(field="to", code=code),))
