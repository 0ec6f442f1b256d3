"""What must hold at the end of a year, whatever happened in it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from rules.domain.policy_value import BUILTIN
from rules.domain.retention import Kind
from rules.domain.vocabulary import LIFE_SAFETY, Action, Class, Mark, Priority, Step
from shouwang.passes import periods_of
from shouwang.setting_tables import Retention
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
#: From here on a person has it.
OWNS: Final = frozenset({Step.CLAIM, Step.TRANSFER_ACCEPTED, Step.REOPEN})
#: The machine has said so: the next rung's time runs.
GOES_ON: Final = frozenset({Action.ESCALATED, Action.STEP_FAILED})
#: Rounding of the moments in between.
SLACK_S: Final = 1.0

#: A stage later than this, with an engine there, is the auditor's fault too (invariant 6).
LATE_MOST: Final = timedelta(seconds=10)

Window = tuple[datetime, datetime]

#: What is longer overdue than this at the end was overlooked; passes that look in vain look every five minutes.
OVERLOOKED: Final = timedelta(minutes=6)

_CASES: Final = """
SELECT id, class, priority, priority_at_start, first_escalation_s, marks FROM incident WHERE class <> 'canary'
 ORDER BY id
"""
#: What nobody looked at although its time had come by `$1`.
_LEFT: Final = {
    "an incident was due": """
        SELECT id, class, next_due_at FROM incident
         WHERE next_due_at < $1 OR (state <> 'closed') <> (next_due_at IS NOT NULL)""",
    "an assignment was due": "SELECT id, state, next_due_at FROM assignment WHERE next_due_at < $1",
    "a detector was due": "SELECT detector, owner_id, next_look_at FROM detector_state WHERE next_look_at < $1",
    "a reading waits for the detectors": "SELECT device_id FROM detector_input WHERE received_at < $1",
    "a key press waits": """
        SELECT id FROM callback WHERE taken_at IS NULL AND received_at < $1::timestamptz - interval '10 min'""",
    "a notice is left unsent past its time": """
        SELECT id, purpose, recipient, due_at, not_after FROM outbox
         WHERE state = 'waiting' AND least(due_at, not_after) < $1 OR state = 'leased' AND leased_until < $1""",
    "a call's answer is awaited for ever": "SELECT id, purpose FROM outbox WHERE answer IS NULL AND answer_by < $1",
    "something is held by what is over": """
        SELECT h.no, h.kind FROM held AS h LEFT JOIN silence AS s ON h.kind = 'silence' AND s.id = h.ref
          LEFT JOIN absence AS a ON h.kind = 'absence' AND a.id = h.ref
         WHERE h.ended_at IS NULL AND least(s.until_at, s.ended_at, a.until_at, a.ended_at) < $1""",
}
_WITHOUT_A_CASE: Final = "SELECT no, type, received_at FROM event WHERE incident_id IS NULL AND type = ANY ($1)"
#: What explained them was kept long enough.
_OF_ERASED_LETTERS: Final = "SELECT id FROM incident WHERE class = 'unknown' AND opened_at < $1"
_TOO_OLD: Final = "SELECT id, purpose, made_at, ended_at FROM outbox WHERE result = 'too_old'"


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
    letters_until = periods_of(Retention()).before(Kind.DEAD_LETTERS, now)
    erased = {str((row["id"],)) for row in await connection.fetch(_OF_ERASED_LETTERS, letters_until)}
    found = [fault for fault in await record_faults(connection) if fault.partition(": ")[2] not in erased]
    for name, query in _LEFT.items():
        found += [f"{name}: {tuple(row)}" for row in await connection.fetch(query, now - OVERLOOKED)]
    for row in await connection.fetch(_WITHOUT_A_CASE, sorted(str(class_) for class_ in LIFE_SAFETY)):
        found.append(f"a call for help without an incident: {tuple(row)}")
    for row in await connection.fetch(_TOO_OLD):
        if not any(begin <= row["ended_at"] and row["made_at"] <= end for begin, end in away):
            found.append(f"a notice was too old before it was sent: {tuple(row)}")
    timelines, waits = await _timelines(connection), list[Wait]()
    for row in await connection.fetch(_CASES):
        waits += waits_of(row, timelines[row["id"]], now)
        found += [f"incident {row['id']}: {fault}" for fault in stages_of(timelines[row["id"]], away)]
    found += [f"unanswered past its limit: {wait}" for wait in waits if wait.too_long(away)]
    if not waits:
        found.append("nobody waited for anybody: the year was empty")
    return found


async def _timelines(connection: Connection) -> dict[int, list[dict[str, Any]]]:
    entries: dict[int, list[dict[str, Any]]] = {}
    for entry in await connection.fetch("SELECT incident_id, fixed FROM entry ORDER BY incident_id, seq"):
        entries.setdefault(entry["incident_id"], []).append(json.loads(entry["fixed"]))
    return entries


def stages_of(entries: Sequence[dict[str, Any]], away: Sequence[Window]) -> Iterator[str]:
    """A stage that fired twice in one round of its chain, or long after it was due."""
    fired: set[tuple[int, int, str]] = set()
    for entry in entries:
        at, action, facts = datetime.fromisoformat(entry["at"]), entry["action"], entry["facts"]
        if action in BEGINS | ENDS or action == Action.RAISED:
            fired.clear()
        if action != Action.ESCALATED or facts.get("deadline") != "escalate":
            continue
        stage = (facts["round"], facts["stage"], facts["reason"])
        if stage in fired:
            yield f"stage {stage} fired a second time at {at}"
        fired.add(stage)
        late = timedelta(milliseconds=facts["lag_ms"])
        if late > LATE_MOST and not any(begin <= at and at - late <= end for begin, end in away):
            yield f"stage {stage} fired {late} late at {at}"


def waits_of(row: Any, entries: Sequence[dict[str, Any]], now: datetime) -> Iterator[Wait]:
    """The times in which nobody had this incident, cut at each rung of its ladder."""
    class_ = Class(row["class"])
    ladders = [BUILTIN.ladder_for(class_, Priority(row[name])) for name in ("priority", "priority_at_start")]
    rung_s = max(ladder.wait_s(at) for ladder in ladders for at in range(len(ladder.stages)))
    limit_s = first_s = max(row["first_escalation_s"], BUILTIN.row(class_).first_escalation_s)
    since: datetime | None = None
    in_test = any(entry["action"] == Action.TEST_UNCONFIRMED for entry in entries) or Mark.TEST in row["marks"]
    has_owner = False
    for entry in entries:
        at, action = datetime.fromisoformat(entry["at"]), entry["action"]
        if action == Action.TEST_UNCONFIRMED and has_owner:
            continue  # it is told to whoever has it
        if since is not None and action in BEGINS | ENDS | GOES_ON:
            yield Wait(incident_id=row["id"], since=since, until=at, limit_s=limit_s)
            since = None
        if action in GOES_ON:
            since, limit_s = at, rung_s
        elif action in BEGINS and not (in_test and action == Action.OPENED):
            since, limit_s = at, max(first_s, rung_s)
        if action in BEGINS | ENDS:
            has_owner = action in OWNS
    if since is not None:
        yield Wait(incident_id=row["id"], since=since, until=now, limit_s=limit_s)
