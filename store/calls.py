"""The telephone calls of a case, as its record has them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from rules.domain.call_words import CallResult, CallTo, Verified
from rules.domain.calls import CallMade
from rules.domain.vocabulary import Step
from store.cases import Case
from store.database import Connection
from store.sql import queries

_Q: Final = queries("calls")


async def calls_of(connection: Connection, case: Case) -> tuple[CallMade, ...]:
    """Every call of the case, also one that is being written just now; the case's lock is held."""
    rows = await connection.fetch(_Q.of_incident, case.id)
    kept = [_call(row["at"], msgspec.json.decode(row["fixed"])["facts"]) for row in rows]
    fresh = [_call(note.at, dict(note.facts)) for note in case.notes if note.action == Step.CALL]
    return tuple(call for call in (*kept, *fresh) if call is not None)


def _call(at: datetime, facts: Mapping[str, Any]) -> CallMade | None:
    if "to" not in facts or "result" not in facts:
        return None
    return CallMade(
        at=at,
        to=CallTo(facts["to"]),
        result=CallResult(facts["result"]),
        verified=Verified(facts.get("verified") or Verified.NONE),
    )
