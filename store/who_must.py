"""Whom a case needs beyond its timeline: its owner, or the supervisors and the on-call phone where nobody holds it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from rules.domain.notices import Notice, Purpose
from rules.domain.on_call import reach
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
    """Tell the supervisors on duty and the on-call phone; return how many there are."""
    people = [person_of(row) for row in await connection.fetch(_Q.people, case.area, now)]
    found: dict[int, None] = {}
    for target in (Target.SUPERVISORS, Target.ON_CALL_PHONE):
        reached = reach(target, people, [], priority=case.priority, now=now)
        found |= {user_id: None for user_id, _ in reached.people}
    if not found:
        # Nobody with a telephone: a mail is late, but nothing at all is later.
        found = {person.user_id: None for person in people if person.present and person.role in _SUPERVISING}
    return await _tell(connection, case, list(found), told, now)


async def _tell(connection: Connection, case: Case, users: list[int], told: Told, now: datetime) -> int:
    if not users or case.class_ is Class.CANARY:
        return 0
    facts = (*await facts_of(connection, case, now), *told.facts)
    not_after = None if told.not_after_s is None else now + timedelta(seconds=told.not_after_s)
    notices = [
        Notice(
            purpose=told.purpose, recipient=f"user:{user_id}", priority=case.priority, incident_id=case.id,
            key=f"{told.key}:user:{user_id}", not_after=not_after, facts=facts,
        )
        for user_id in users
    ]  # fmt: skip
    await outbox.put(connection, notices, now=now)
    return len(notices)
