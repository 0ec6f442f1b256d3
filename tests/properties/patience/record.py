"""Everything that the database says has happened, read again after each act: entries, notices, offers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from rules.domain.vocabulary import Action
from store.database import Connection
from tests.properties.patience.courses import Course, Entry
from tests.properties.patience.night import present

_INCIDENTS: Final = """
SELECT id, state, priority, class, family, subject, marks, claimed_by, lease_until, opened_at, first_escalation_s, plan,
       resident_id, premises_id, place IS NOT NULL AS has_place, version, last_seq, unattended
  FROM incident ORDER BY id
"""
_ENTRIES: Final = """
SELECT e.incident_id, e.seq, e.fixed FROM entry AS e
  LEFT JOIN unnest($1::bigint[], $2::int[]) AS known (id, seq) ON known.id = e.incident_id
 WHERE e.seq > coalesce(known.seq, 0)
"""
_NOTICES: Final = """
SELECT id, incident_id, recipient, purpose, key, facts, made_at, state, result, perhaps_sent
  FROM outbox WHERE incident_id IS NOT NULL ORDER BY id
"""
_ASSIGNMENTS: Final = """
SELECT id, incident_id, responder_id, state, offered_by, offered_at, standby_at, accepted_at, moving_at, arrived_at,
       ended_at, heard_at, called_at, next_step
  FROM assignment ORDER BY id
"""


@dataclass(kw_only=True)
class Record:
    """The courses of all cases, and what was written for people."""

    courses: dict[int, Course] = field(default_factory=dict)
    rows: dict[int, Any] = field(default_factory=dict)
    seen: dict[int, int] = field(default_factory=dict)
    notices: list[Any] = field(default_factory=list)
    assignments: list[Any] = field(default_factory=list)
    priority_at: dict[int, int] = field(default_factory=dict)  #: of an assignment's case when it was offered
    present: frozenset[int] = frozenset()
    all_busy_since: datetime | None = None
    restarted_at: datetime | None = None

    async def read(self, connection: Connection, now: datetime) -> None:
        """Take in what is new."""
        self.rows = {row["id"]: row for row in await connection.fetch(_INCIDENTS)}
        new = await connection.fetch(_ENTRIES, list(self.seen), list(self.seen.values()))
        for incident_id, entry in sorted(map(_entry, new), key=lambda one: (one[1].at, one[0], one[1].seq)):
            self._follow(incident_id, entry)
        for incident_id, course in self.courses.items():
            course.row = self.rows[incident_id]
        self.notices = list(await connection.fetch(_NOTICES))
        self.assignments = list(await connection.fetch(_ASSIGNMENTS))
        for a in self.assignments:
            self.priority_at.setdefault(a["id"], self.rows[a["incident_id"]]["priority"])
        self.present = await present(connection)
        self._who_is_busy(now)

    def _follow(self, incident_id: int, entry: Entry) -> None:
        row = self.rows[incident_id]
        if incident_id not in self.courses:
            self.courses[incident_id] = Course(
                id=incident_id, row=row, begun_at=row["opened_at"], priority=row["priority"]
            )
        course = self.courses[incident_id]
        course.take_in(entry, row)
        self.seen[incident_id] = entry.seq
        if entry.action == Action.MERGED:
            for class_, at in self.courses[int(entry.facts["merged"])].alarms.items():
                course.alarms[class_] = min(at, course.alarms.get(class_, at))

    def _who_is_busy(self, now: datetime) -> None:
        holding = {row["claimed_by"] for row in self.rows.values() if row["claimed_by"] and row["priority"] == 1}
        busy = bool(self.present) and self.present <= holding
        self.all_busy_since = (self.all_busy_since or now) if busy else None

    def notices_of(self, incident_id: int, purpose: str, *, since: datetime) -> list[Any]:
        """Notices of a case, made since then."""
        return [
            one for one in self.notices
            if one["incident_id"] == incident_id and one["purpose"] == purpose and one["made_at"] >= since
        ]  # fmt: skip

    def assignments_of(self, incident_id: int) -> list[Any]:
        return [one for one in self.assignments if one["incident_id"] == incident_id]

    def acted(self, user_id: int, at: datetime) -> None:
        """A key at a desk: of every case of that owner."""
        for course in self.courses.values():
            if course.owner == f"user:{user_id}":
                course.worked_on(at)


def _entry(row: Mapping[str, Any]) -> tuple[int, Entry]:
    fixed = json.loads(row["fixed"])
    at = datetime.fromisoformat(fixed["at"])
    return row["incident_id"], Entry(
        seq=row["seq"], at=at, actor=fixed["actor"], action=fixed["action"], from_=fixed["from"], to=fixed["to"],
        facts=fixed["facts"],
    )  # fmt: skip
