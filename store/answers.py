"""What comes back from whoever was told: "1", "2", nothing at all; and what follows from it.

A telephone's "1" to an escalation is heard, not a claim: the others are left in peace for a while, and the ladder goes
on (centre.md, 2). "2" rings the next at once. Who does not answer is rung again, for P1 until somebody is reached.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from rules.domain.notices import Answer, Notice, Purpose
from rules.domain.on_call import Chosen
from rules.domain.sending import VOICE_GAP_S
from rules.domain.telling import UNREACHABLE, Withheld
from rules.domain.vocabulary import UNRESOLVED, Action, Priority
from store import channel_tests, field_telephone, outbox, reaching
from store.cases import Case
from store.database import Connection, Database
from store.opening import Centre
from store.record import Entry, write_entry
from store.sql import queries

_Q: Final = queries("delivery")

#: What became of these concerns somebody else as well.
LISTENED_FOR: Final = frozenset({Purpose.ESCALATION, Purpose.CALL_SERVICES, Purpose.CHANNEL_TEST})
_PRESSED: Final = frozenset({Answer.TAKE, Answer.CANNOT})
_ON_A_LIST: Final = frozenset({Chosen.ON_CALL, Chosen.COUNTY_DUTY, Chosen.ANYBODY})
_UNHEARD: Final = frozenset({Answer.NO_ANSWER, Answer.REFUSED, Answer.HEARD})
#: A key is asked for, and belongs into the case's record.
_ASKED: Final = frozenset({Purpose.ESCALATION, Purpose.CALL_SERVICES})


async def answered(
    database: Database, channel: str, reference: str, answer: Answer, *, centre: Centre, now: datetime
) -> bool:
    """A provider reports on the call or message it named; False where no notice of ours has that reference."""
    row = await database.pool.fetchrow(_Q.of_reference, channel, reference)
    if row is None:
        return False
    await _take_in(database, row["id"], answer, centre=centre, now=now)
    for other in await database.pool.fetch(_Q.said_with, row["id"]):
        await _take_in(database, other["id"], answer, centre=centre, now=now)
    return True


async def no_answer(database: Database, notice_id: int, *, centre: Centre, now: datetime) -> None:
    """The time for an answer is over: a callback that never comes counts as no answer."""
    await _take_in(database, notice_id, Answer.NO_ANSWER, centre=centre, now=now)


async def after_sending(database: Database, notice_id: int, word: str, *, centre: Centre, now: datetime) -> None:
    """A notice was sent, or could not be: a test is judged, and somebody who cannot be rung makes way for the next."""
    if word in ("failed", "answer_lost"):
        return  # tried again
    incident_id = await database.pool.fetchval(_Q.case_of, notice_id)
    async with database.transaction() as connection:
        entry = await Entry.of(connection, incident_id)
        row = await connection.fetchrow(_Q.lock_answered, notice_id)
        assert row is not None, "notices stay"
        if Purpose(row["purpose"]) is Purpose.CHANNEL_TEST:
            await channel_tests.sent(connection, notice_id, word, centre=centre, now=now)
        elif word in UNREACHABLE and entry.case is not None:
            await _next(connection, entry.case, row, now)


async def _take_in(database: Database, notice_id: int, answer: Answer, *, centre: Centre, now: datetime) -> None:
    incident_id = await database.pool.fetchval(_Q.case_of, notice_id)
    async with database.transaction() as connection:
        entry = await Entry.of(connection, incident_id)
        row = await connection.fetchrow(_Q.lock_answered, notice_id)
        assert row is not None, "notices stay"
        purpose = Purpose(row["purpose"])
        if _says_more(row["answer"], answer):
            await connection.execute(_Q.answer, notice_id, str(answer), now)
            await _follow(connection, entry, row, answer, centre, now)
        elif row["answer"] != answer:
            return
    # Also of what was said before: it may be here once more since this part of it failed.
    if purpose in (Purpose.OFFER, Purpose.CHECK_BACK):
        await _tell_dispatch(database, row, answer, centre=centre, now=now)


async def _follow(
    connection: Connection, entry: Entry, row: Any, answer: Answer, centre: Centre, now: datetime
) -> None:
    """What an answer means for its case, its test or its own next try."""
    purpose = Purpose(row["purpose"])
    if purpose is Purpose.CHANNEL_TEST:
        await channel_tests.answered(connection, row["id"], answer, centre=centre, now=now)
    elif entry.case is not None and purpose in _ASKED:
        await _of_call(connection, entry, row, answer, centre, now)
    elif answer in (Answer.NO_ANSWER, Answer.REFUSED) and row["state"] in ("sent", "uncertain"):
        # The person's next channel: an unheard call becomes a text. What was taken back since stays so.
        await connection.execute(_Q.again, row["id"], now, 0, [*row["tried"], row["channel"]], str(answer))


def _says_more(before: str | None, answer: Answer) -> bool:
    """Providers repeat themselves, and "delivered" may come after a key: a key is the last word.

    Who said that they go may say afterwards that they cannot; who said so first has been passed over.
    """
    if before is None or Answer(before) is Answer.DELIVERED:
        return before != answer
    if Answer(before) is Answer.TAKE:
        return answer is Answer.CANNOT
    return answer in _PRESSED and Answer(before) not in _PRESSED


async def _of_call(
    connection: Connection, entry: Entry, row: Any, answer: Answer, centre: Centre, now: datetime
) -> None:
    """An answer to "press 1 to take it, 2 if you cannot"."""
    case = entry.case
    assert case is not None, "asked by the caller"
    facts = (("recipient", row["recipient"]), ("purpose", row["purpose"]), ("answer", str(answer)))
    if answer is Answer.TAKE:
        if row["purpose"] == Purpose.ESCALATION:
            purposes = (Purpose.ESCALATION,)
            reason = str(Withheld.HEARD_BY_PHONE)
            await outbox.cancel(connection, incident_id=case.id, purposes=purposes, reason=reason, now=now)
        await write_entry(connection, entry, Action.ACCEPTED_BY_PHONE, facts, centre=centre, now=now)
    elif answer is Answer.CANNOT:
        await _next(connection, case, row, now)
        await write_entry(connection, entry, Action.DECLINED_BY_PHONE, facts, centre=centre, now=now)
    elif answer in _UNHEARD:
        await _again(connection, case, row, now)
        await write_entry(connection, entry, Action.NOT_REACHED, facts, centre=centre, now=now)


async def _next(connection: Connection, case: Case, row: Any, now: datetime) -> None:
    """The next on the list, at once; who was chosen for being at a desk has the list's own rungs after them."""
    facts = row["facts"]
    if row["purpose"] != Purpose.ESCALATION or case.priority > Priority.URGENT or row["state"] == "waiting":
        return
    if facts.get("capacity") in _ON_A_LIST:
        await reaching.ring_next(
            connection, case, round_=int(facts.get("round", 0)), stage=int(facts.get("rung", 0)), now=now
        )


async def _again(connection: Connection, case: Case, row: Any, now: datetime) -> None:
    """The same person once more, a minute after the last call, while nobody has the case and nobody has said "1".

    One missed call, and then half an hour of nothing, is how people die.
    """
    if row["purpose"] != Purpose.ESCALATION or row["priority"] != Priority.CRITICAL or case.state not in UNRESOLVED:
        return  # a call for the services is repeated by its own chain
    if case.attended or await reaching.is_heard_now(connection, case, now):
        return
    waited = await outbox.supersede(connection, [(case.id, row["recipient"])], now=now)
    began: datetime = row["begun_at"] or now
    again_at = max(now, began + timedelta(seconds=VOICE_GAP_S))
    notice = Notice(
        purpose=Purpose(row["purpose"]), recipient=row["recipient"], priority=Priority(row["priority"]),
        key=f"{row['key'].partition(':again')[0]}:again{row['id']}", incident_id=case.id,
        assignment_id=row["assignment_id"], facts=tuple(row["facts"].items()),
        not_before=min(again_at, waited.get((case.id, row["recipient"]), again_at)),
    )  # fmt: skip
    await outbox.put(connection, [notice], now=now)


async def _tell_dispatch(database: Database, row: Any, answer: Answer, *, centre: Centre, now: datetime) -> None:
    """A responder's word by telephone is the same as by link."""
    if row["assignment_id"] is not None:
        purpose = Purpose(row["purpose"])
        await field_telephone.by_key(database, row["assignment_id"], purpose, answer, centre=centre, now=now)
