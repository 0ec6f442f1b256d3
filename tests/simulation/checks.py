"""What must hold at the end of a year, whatever happened in it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from rules.domain.policy_value import BUILTIN
from rules.domain.vocabulary import Action, Class, Mark, Priority, Step
from store.database import Connection
from tests.town import record_faults

#: From here on somebody must come, or the machine must say so.
BEGINS: Final = frozenset({
    Action.OPENED, Step.RELEASE, Step.PASS, Step.LEASE_LOST, Action.UNATTENDED_AGAIN, Action.TEST_UNCONFIRMED,
    Action.DELAY_ENDED,
})  # fmt: skip
#: A person has it, or it is over: nobody waits.
ENDS: Final = frozenset({
    Step.CLAIM, Step.TRANSFER_ACCEPTED, Step.REOPEN, Step.RESOLVE, Step.MERGE, Step.CLOSE, Action.RESTORED,
    Action.CLOSED,
})  # fmt: skip
#: The machine has said so: the next rung's time runs.
GOES_ON: Final = frozenset({Action.ESCALATED, Action.STEP_FAILED})
#: Rounding of the moments in between.
SLACK_S: Final = 1.0

Window = tuple[datetime, datetime]


@dataclass(frozen=True, kw_only=True, slots=True)
class Wait:
    """From one moment to the next at which a person or the machine moved, while nobody had the case."""

    incident_id: int
    since: datetime
    until: datetime
    limit_s: float

    def too_long(self, away: Sequence[Window]) -> bool:
        """Whether it was longer than the limit, apart from the time in which there was no engine."""
        over_s = (self.until - self.since).total_seconds() - self.limit_s - SLACK_S
        if over_s <= 0:
            return False
        missing_s = sum(
            max(0.0, (min(self.until, end) - max(self.since, begin)).total_seconds()) for begin, end in away
        )
        return over_s > missing_s


async def faults(connection: Connection, *, away: Sequence[Window], now: datetime) -> list[str]:
    """Everything that can never be; empty after a good year."""
    found = await record_faults(connection)
    for row in await connection.fetch("SELECT id FROM incident WHERE state <> 'closed' AND next_due_at IS NULL"):
        found.append(f"incident {row['id']} waits for nothing")
    for row in await connection.fetch("SELECT id, next_due_at FROM incident WHERE next_due_at < $1", now):
        found.append(f"incident {row['id']} was due at {row['next_due_at']} and nobody looked")
    waits = [wait async for wait in _waits(connection, now)]
    found += [f"unanswered past its limit: {wait}" for wait in waits if wait.too_long(away)]
    if not waits:
        found.append("nobody waited for anybody: the year was empty")
    return found


async def _waits(connection: Connection, now: datetime) -> Any:
    entries: dict[int, list[dict[str, Any]]] = {}
    for entry in await connection.fetch("SELECT incident_id, fixed FROM entry ORDER BY incident_id, seq"):
        entries.setdefault(entry["incident_id"], []).append(json.loads(entry["fixed"]))
    for row in await connection.fetch(
        "SELECT id, class, priority, priority_at_start, first_escalation_s, marks FROM incident WHERE class <> 'canary'"
    ):
        for wait in waits_of(row, entries[row["id"]], now):
            yield wait


def waits_of(row: Any, entries: Sequence[dict[str, Any]], now: datetime) -> Iterator[Wait]:
    """The times in which nobody had this incident, cut at each rung of its ladder."""
    class_ = Class(row["class"])
    ladders = [BUILTIN.ladder_for(class_, Priority(row[name])) for name in ("priority", "priority_at_start")]
    rung_s = max(ladder.wait_s(at) for ladder in ladders for at in range(len(ladder.stages)))
    limit_s = first_s = max(row["first_escalation_s"], BUILTIN.row(class_).first_escalation_s)
    since: datetime | None = None
    in_test = any(entry["action"] == Action.TEST_UNCONFIRMED for entry in entries) or Mark.TEST in row["marks"]
    for entry in entries:
        at, action = datetime.fromisoformat(entry["at"]), entry["action"]
        if since is not None and action in BEGINS | ENDS | GOES_ON:
            yield Wait(incident_id=row["id"], since=since, until=at, limit_s=limit_s)
            since = None
        if action in GOES_ON:
            since, limit_s = at, rung_s
        elif action in BEGINS and not (in_test and action == Action.OPENED):
            since, limit_s = at, max(first_s, rung_s)
    if since is not None:
        yield Wait(incident_id=row["id"], since=since, until=now, limit_s=limit_s)
