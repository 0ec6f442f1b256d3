"""What may never be, whatever happened: the invariants 4 to 10 over two looks at the same database."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from devices.event import LIFE_SAFETY as LIFE_SAFETY_EVENTS
from rules.domain import chain
from rules.domain.deadlines import ACT_LIMIT_S, DeadlineKind
from rules.domain.firing import Reason
from rules.domain.policy_value import BUILTIN
from rules.domain.vocabulary import LIFE_SAFETY, UNRESOLVED, Action, Class, Mark, Priority, State, Step
from store.database import Connection

#: Entries by which a person, and nobody else, gives a case a lower priority.
LOWERS: Final = frozenset({Step.LOWER_PRIORITY, Step.RECLASSIFY, Step.SPLIT, Step.CORRECT})
#: Entries by which a case may leave its owner's hands.
GIVES: Final = frozenset({
    Step.RELEASE, Step.PASS, Step.LEASE_LOST, Step.TRANSFER_ACCEPTED, Step.RESOLVE, Step.REOPEN, Step.MERGE,
    Action.UNATTENDED_AGAIN,
})  # fmt: skip
#: Entries by which a person changes the plan itself.
CHANGES_PLAN: Final = frozenset({Step.RECLASSIFY, Step.LOWER_PRIORITY, Step.MERGE, Step.SPLIT, Step.CORRECT})
#: Entries of the machine after which a desk chain has a reason to begin again.
BEGINS_ANEW: Final = frozenset({
    Action.RAISED, Action.UNATTENDED_AGAIN, Action.TEST_UNCONFIRMED, Action.DELAY_ENDED, Step.LEASE_LOST, Step.RELEASE,
})  # fmt: skip
#: What the engine writes when a deadline fires; each carries its kind, stage and round.
FIRED: Final = "deadline"

_INCIDENTS: Final = """
SELECT i.id, i.state, i.priority, i.class, i.family, i.subject, i.marks, i.claimed_by, i.lease_until, i.opened_at,
       i.sounded_at, i.next_due_at, i.version, i.last_seq, i.last_hash, i.plan, i.first_escalation_s, i.unattended,
       coalesce(d.kinds, '{}') AS kinds, coalesce(d.dues, '{}') AS dues
  FROM incident AS i
  LEFT JOIN (SELECT incident_id, array_agg(kind ORDER BY kind) AS kinds, array_agg(due_at ORDER BY kind) AS dues
               FROM deadline GROUP BY incident_id) AS d ON d.incident_id = i.id
 ORDER BY i.id
"""
_NEW_ENTRIES: Final = """
SELECT e.incident_id, e.seq, e.action, e.fixed, e.hash FROM entry AS e
  LEFT JOIN unnest($1::bigint[], $2::int[]) AS known (id, seq) ON known.id = e.incident_id
 WHERE e.seq > coalesce(known.seq, 0) ORDER BY e.incident_id, e.seq
"""
_UNHEARD: Final = "SELECT no, type FROM event WHERE incident_id IS NULL AND type = ANY ($1)"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One new line of a timeline, with its facts."""

    seq: int
    action: str
    actor: str
    at: str
    facts: dict[str, Any]
    text: str
    hash: bytes


#: A round of the desk chain and a stage of it, both from 0.
Rung = tuple[int, int]


@dataclass(kw_only=True)
class Look:
    """Everything of one moment, and the entries that are new in it."""

    incidents: dict[int, Any] = field(default_factory=dict)
    fresh: dict[int, list[Entry]] = field(default_factory=dict)
    rungs: dict[int, Rung] = field(default_factory=dict)  #: the last that fired of each desk chain that goes on

    def acted(self, incident_id: int) -> set[str]:
        return {entry.action for entry in self.fresh.get(incident_id, ())}


async def look(connection: Connection, before: Look) -> Look:
    """Read what is there now; entries only from where the last look ended."""
    rows = {row["id"]: row for row in await connection.fetch(_INCIDENTS)}
    heads = before.incidents.values()
    new = await connection.fetch(_NEW_ENTRIES, [row["id"] for row in heads], [row["last_seq"] for row in heads])
    now = Look(incidents=rows, rungs=dict(before.rungs))
    for row in new:
        fixed = json.loads(row["fixed"])
        entry = Entry(
            seq=row["seq"], action=row["action"], actor=fixed["actor"], at=fixed["at"], facts=fixed["facts"],
            text=row["fixed"], hash=row["hash"],
        )  # fmt: skip
        now.fresh.setdefault(row["incident_id"], []).append(entry)
        _climbs(now.rungs, row["incident_id"], entry)
    unheard = await connection.fetch(_UNHEARD, [str(type_) for type_ in LIFE_SAFETY_EVENTS])
    assert not unheard, f"life-safety alarms without an incident: {unheard}"
    return now


def _climbs(rungs: dict[int, Rung], incident_id: int, entry: Entry) -> None:
    """A desk chain goes on, whatever devices say: a rung comes again in the next round, and not before."""
    if entry.actor.startswith("user:") or entry.action in BEGINS_ANEW:
        rungs.pop(incident_id, None)
    elif entry.action == Action.ESCALATED:
        rung = (entry.facts["round"], entry.facts["stage"])
        last = rungs.get(incident_id)
        assert last is None or rung > last, f"{incident_id}: its chain went back from {last} to {rung} at {entry.seq}"
        rungs[incident_id] = rung
        if entry.facts["reason"] == Reason.AGED:
            del rungs[incident_id]


def compare(before: Look, after: Look) -> None:
    """Every incident against itself a moment ago, and against the others."""
    assert before.incidents.keys() <= after.incidents.keys(), "an incident vanished"
    open_ = Counter((row["subject"], row["family"]) for row in after.incidents.values() if row["state"] in UNRESOLVED)
    assert all(count == 1 for count in open_.values()), f"two unresolved of one subject and family: {open_}"
    for incident_id, row in after.incidents.items():
        was, new = before.incidents.get(incident_id), after.fresh.get(incident_id, [])
        _has_a_next_step(row)
        _is_a_lease(row)
        _is_chained(was, row, new)
        if was is not None:
            _moved_rightly(was, row, after)
            _kept_its_plan(was, row, after.acted(incident_id))


def _has_a_next_step(row: Any) -> None:
    assert (row["state"] == State.CLOSED) == (row["next_due_at"] is None), f"{row['id']}: no next step"
    assert row["next_due_at"] == min(row["dues"], default=None), f"{row['id']}: not its earliest deadline"


def _is_a_lease(row: Any) -> None:
    assert (row["claimed_by"] is None) == (row["lease_until"] is None), f"{row['id']}: a claim is a lease"
    if row["claimed_by"] is not None:
        assert row["state"] in UNRESOLVED, f"{row['id']}: claimed while {row['state']}"
        assert {DeadlineKind.ACT, DeadlineKind.CONFIRM} & set(row["kinds"]), f"{row['id']}: its owner may sleep"


def _is_chained(was: Any, row: Any, new: list[Entry]) -> None:
    previous, seq = (chain.GENESIS, 0) if was is None else (was["last_hash"], was["last_seq"])
    for entry in new:
        seq += 1
        assert entry.seq == seq, f"{row['id']}: entry {entry.seq} where {seq} was due"
        assert chain.hash_of(previous, entry.text) == entry.hash, f"{row['id']}: the chain is broken at {seq}"
        previous = entry.hash
    assert (row["last_seq"], row["last_hash"]) == (seq, previous), f"{row['id']}: its head is not its last entry"


def _moved_rightly(was: Any, row: Any, after: Look) -> None:
    id_, acted = row["id"], after.acted(row["id"])
    by_people = {entry.action for entry in after.fresh.get(id_, ()) if entry.actor.startswith("user:")}
    assert row["version"] >= was["version"], f"{id_}: its version went back"
    revived = was["state"] == State.CLOSED and row["state"] != State.CLOSED
    assert not revived or Step.SPLIT in acted, f"{id_}: closed and alive again by {acted}"
    if row["priority"] > was["priority"]:
        assert by_people & LOWERS, f"{id_}: the machine lowered it from {was['priority']} to {row['priority']}: {acted}"
    owners = was["claimed_by"], row["claimed_by"]
    if None not in owners and owners[0] != owners[1]:
        assert acted & GIVES, f"{id_}: taken from its owner: {acted}"
    ended = was["state"] in UNRESOLVED and row["state"] not in UNRESOLVED
    if ended and was["class"] in LIFE_SAFETY:
        assert by_people & {Step.RESOLVE, Step.MERGE}, f"{id_}: a life-safety case ended by {acted}"
    assert row["sounded_at"] >= was["sounded_at"], f"{id_}: its sound went back"


def _kept_its_plan(was: Any, row: Any, acted: set[str]) -> None:
    then = {step["id"]: step for step in was["plan"]}
    now = {step["id"]: step for step in row["plan"]}
    for step_id, step in then.items():
        if step.get("answer"):
            assert now.get(step_id, {}).get("answer"), f"{row['id']}: the answer to {step_id} is gone"
    if not acted & CHANGES_PLAN:
        kept = [step["id"] for step in row["plan"] if step["id"] in then]
        assert kept == [step["id"] for step in was["plan"]], f"{row['id']}: its plan was frozen"
        for step_id, step in then.items():
            same = _without_answer(step) == _without_answer(now[step_id])
            assert same, f"{row['id']}: {step_id} was frozen and reads otherwise now"


def _without_answer(step: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in step.items() if name != "answer"}


def fired_once(fresh: dict[int, list[Entry]]) -> None:
    """Of one pass, however many engines took part: no deadline of any incident fired twice.

    One that was due at another moment is another: set anew in the same pass, when the case lost its owner.
    """
    for incident_id, entries in fresh.items():
        facts = ("deadline", "stage", "round", "lag_ms")
        fired = Counter(
            (entry.action, entry.at, *(entry.facts[fact] for fact in facts))
            for entry in entries
            if entry.actor == "system" and FIRED in entry.facts
        )
        twice = [key for key, count in fired.items() if count > 1]
        assert not twice, f"{incident_id}: fired twice: {twice}"


def nothing_waits(after: Look, now: datetime) -> None:
    """After a pass that nothing hindered: nothing due is left, and whoever nobody attends is looked at in time."""
    for row in after.incidents.values():
        assert row["next_due_at"] is None or row["next_due_at"] > now, f"{row['id']}: due and not fired"
        if row["state"] not in UNRESOLVED:
            continue
        due = dict(zip(row["kinds"], row["dues"], strict=True))
        if row["claimed_by"] is not None:
            limit_s = ACT_LIMIT_S[Priority(row["priority"])]
            assert due[_first(due, DeadlineKind.ACT, DeadlineKind.CONFIRM)] <= now + timedelta(seconds=limit_s)
        elif Mark.TEST not in row["marks"] and DeadlineKind.DELAY not in due:
            assert DeadlineKind.ESCALATE in due, f"{row['id']}: unattended and no stage waits: {due}"
            ladder = BUILTIN.ladder_for(Class(row["class"]), Priority(row["priority"]))
            longest_s = max(row["first_escalation_s"], *(ladder.wait_s(at) for at in range(len(ladder.stages))))
            latest = now + timedelta(seconds=longest_s)
            assert due[DeadlineKind.ESCALATE] <= latest, f"{row['id']}: its stage is later than its ladder says"


def _first(due: Iterable[str], *kinds: DeadlineKind) -> DeadlineKind:
    return next(kind for kind in kinds if kind in due)
