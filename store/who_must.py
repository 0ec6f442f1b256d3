"""Whom a case needs beyond its timeline: its owner, or the supervisors and the on-call phone where nobody holds it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from rules.domain.notices import Answer, Notice, Purpose
from rules.domain.on_call import Asked, Chosen, Person, reach
from rules.domain.vocabulary import Class, Target
from store import outbox
from store.cases import Case
from store.database import Connection
from store.reaching import facts_of, person_of
from store.sql import queries

_Q: Final = queries("outbox")
_SUPERVISING: Final = frozenset({"supervisor", "administrator"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What they are told; a second one of the same key is not written. `facts` hold nothing personal."""

    purpose: Purpose
    key: str
    facts: tuple[tuple[str, str | int | None], ...] = ()
    not_after_s: int | None = None


async def tell_owner(connection: Connection, case: Case, told: Told, *, now: datetime) -> int:
    """Tell whoever holds the case; without an owner the supervisors and the on-call phone. Return how many."""
    if case.claimed_by is None:
        return await tell_supervisors(connection, case, told, now=now)
    return await _tell(connection, case, [case.claimed_by], told, now)


async def tell_supervisors(connection: Connection, case: Case, told: Told, *, now: datetime) -> int:
    """Tell the supervisors on duty and the on-call phone; return how many there are.

    Told again, it is the next of the list: the first may be asleep. Who said "cannot" is passed over while another is
    left, who said "1" is the one who is asked again.
    """
    people = [person_of(row) for row in await connection.fetch(_Q.people, case.area, now)]
    asked = await _rung_for(connection, case, told.purpose)
    willing = [replace(one, cannot=False) for one in asked]
    found = _reached(case, people, asked, now) or _reached(case, people, willing, now)
    if not found:
        # Nobody with a telephone: a mail is late, but nothing at all is later.
        found = [person.user_id for person in people if person.present and person.role in _SUPERVISING]
    return await _tell(connection, case, found, told, now)


def _reached(case: Case, people: Sequence[Person], asked: Sequence[Asked], now: datetime) -> list[int]:
    found: dict[int, None] = {}
    for target in (Target.SUPERVISORS, Target.ON_CALL_PHONE):
        reached = reach(target, people, asked, priority=case.priority, now=now)
        found |= {user_id: None for user_id, _ in reached.people}
    return list(found)


async def _rung_for(connection: Connection, case: Case, purpose: Purpose) -> list[Asked]:
    rows = await connection.fetch(_Q.rung_for, case.id, str(purpose))
    if rows and rows[-1]["answer"] == Answer.TAKE:
        rows = rows[:-1]
    return [
        Asked(
            user_id=int(row["recipient"].partition(":")[2]), capacity=Chosen.ON_CALL,
            cannot=row["answer"] == Answer.CANNOT,
        )
        for row in rows
    ]  # fmt: skip


async def _waited(
    connection: Connection, case: Case, users: list[int], told: Told, now: datetime
) -> dict[tuple[int, str], datetime]:
    """What is said anew every minute takes the place of what still waits: else, behind many cases, it is never said."""
    if told.purpose is not Purpose.CALL_SERVICES:
        return {}
    same, of = told.key.partition(":")[0] + ":", [(case.id, f"user:{user_id}") for user_id in users]
    return await outbox.supersede(connection, of, purpose=told.purpose, keys=same, now=now)


async def _tell(connection: Connection, case: Case, users: list[int], told: Told, now: datetime) -> int:
    if not users or case.class_ is Class.CANARY:
        return 0
    facts = (*await facts_of(connection, case, now), *told.facts)
    not_after = None if told.not_after_s is None else now + timedelta(seconds=told.not_after_s)
    waited = await _waited(connection, case, users, told, now)
    notices = [
        Notice(
            purpose=told.purpose, recipient=f"user:{user_id}", priority=case.priority, incident_id=case.id,
            key=f"{told.key}:user:{user_id}", not_after=not_after, facts=facts,
            not_before=waited.get((case.id, f"user:{user_id}")),
        )
        for user_id in users
    ]  # fmt: skip
    await outbox.put(connection, notices, now=now)
    return len(notices)
