"""A responder's key press: "1" goes, "2" cannot; asked how they are, "1" is well and "2" needs help."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Final

from rules.domain.assignments import DeclineReason, Word, WordRefused
from rules.domain.notices import Answer, Purpose
from store import changes
from store.assignments import AssignmentUnknown, Said, load_field
from store.cases import changes_of, load, save
from store.database import Database
from store.field_alarm import raise_alarm
from store.field_words import say, say_in
from store.opening import Centre
from store.sql import queries

_Q: Final = queries("assignments")


async def by_key(
    database: Database, assignment_id: int, purpose: Purpose, answer: Answer, *, centre: Centre, now: datetime
) -> None:
    """Take the key press into the case; what comes too late for it changes nothing."""
    if answer not in (Answer.TAKE, Answer.CANNOT):
        return
    with suppress(WordRefused, AssignmentUnknown):
        if purpose is Purpose.CHECK_BACK and answer is Answer.CANNOT:
            await _needs_help(database, assignment_id, centre=centre, now=now)
            return
        word = Word.REPORT if purpose is Purpose.CHECK_BACK else Word.ACCEPT
        if answer is Answer.CANNOT:
            word = Word.DECLINE
        await say(database, assignment_id, await _said(database, assignment_id, word), centre=centre, now=now)


async def _needs_help(database: Database, assignment_id: int, *, centre: Centre, now: datetime) -> None:
    """The responder is in danger: a case about them, at once."""
    said = await _said(database, assignment_id, Word.REPORT)
    incident_id = await database.pool.fetchval(_Q.incident_of, assignment_id)
    async with database.transaction() as connection:
        case = await load(connection, incident_id)
        first = case.last_seq + 1
        with suppress(WordRefused):  # over or not: whoever needs help needs it
            await say_in(connection, case, assignment_id, said, centre=centre, now=now)
        a = (await load_field(connection, case)).assignments[assignment_id]
        about = await raise_alarm(connection, case, a, centre=centre, now=now)
        await save(connection, case, keyring=centre.keyring)
        await changes.record(connection, [*changes_of(case, first), *about], now=now)


async def _said(database: Database, assignment_id: int, word: Word) -> Said:
    responder_id = await database.pool.fetchval(_Q.responder_of, assignment_id)
    if responder_id is None:
        raise AssignmentUnknown(f"no assignment {assignment_id}")
    reason = str(DeclineReason.OTHER) if word is Word.DECLINE else None
    return Said(word=word, actor=f"responder:{responder_id}", by_word=True, reason=reason)
