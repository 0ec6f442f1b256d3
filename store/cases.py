"""An incident in hand: read under its locks, changed by the rules' decisions, written back with its record."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from rules.domain import chain
from rules.domain.deadlines import Clocks, Deadline, DeadlineKind, Deadlines, earliest
from rules.domain.plans import FrozenStep
from rules.domain.policy_value import BUILTIN, Policy
from rules.domain.vocabulary import Class, Family, Mark, Priority, State
from store import policies
from store.changes import Change
from store.database import Connection, StoreError
from store.plans import plan_json, plan_of
from store.sealing import Keyring, owner_cipher, seal_text
from store.sql import queries

_Q: Final = queries("cases")

SYSTEM: Final = "system"

Facts = tuple[tuple[str, str | int | bool | None], ...]

_Columns = tuple[list[Any], ...]
_Texts = list[tuple[int, bytes, str]]
_NO_ENTRIES: Final[tuple[tuple[Any, ...], ...]] = ((),) * 5


class IncidentUnknown(StoreError):
    """No incident has this id, or the user may not see it: read the list again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    """An entry to be written: facts stand in the chain, `text` is personal and is sealed apart."""

    at: datetime
    actor: str
    action: str
    from_: str | None = None
    to: str | None = None
    facts: Facts = ()
    text: str | None = None


@dataclass(slots=True, eq=False)
class Case:
    """One incident under its lock. Whoever holds it changes the fields, notes why, and saves it once."""

    id: int
    number: str
    state: State
    priority: Priority
    class_: Class
    family: Family
    subject: str
    resident_id: int | None
    premises_id: int | None
    device_id: int | None
    area: str | None
    source: str
    marks: set[Mark]
    opened_at: datetime
    oldest_alarm_at: datetime
    sounded_at: datetime
    sound_to: str
    stage: int
    alert_count: int
    claimed_by: int | None
    claimed_at: datetime | None
    acted_at: datetime | None
    answered_at: datetime | None
    lease_until: datetime | None
    last_owner: int | None
    policy_version: str
    first_escalation_s: int
    place: dict[str, Any] | None
    outcome: str | None
    safety: dict[str, Any] | None
    review: bool
    resolved_at: datetime | None
    resolved_by: int | None
    closed_at: datetime | None
    follows: int | None
    version: int
    last_seq: int
    last_hash: bytes
    deadlines: Deadlines = ()
    plan: tuple[FrozenStep, ...] = ()
    policy: Policy = BUILTIN  #: the one its class in front came in under
    notes: list[Note] = field(default_factory=list)
    plan_as_read: tuple[FrozenStep, ...] | None = None  #: the same object as `plan` while nobody changed it

    @property
    def attended(self) -> bool:
        return self.claimed_by is not None

    @property
    def clocks(self) -> Clocks:
        return Clocks(
            priority=self.priority,
            ladder=self.policy.ladder_for(self.class_, self.priority),
            first_escalation_s=self.policy.first_stage_s(self.class_, self.priority, self.first_escalation_s),
        )

    def count_answer(self, *, counted: bool) -> None:
        """The first claim kept ten seconds, or followed by a step, stops the answer clock (centre.md, part 2)."""
        if counted and self.answered_at is None and self.claimed_at is not None:
            self.answered_at = self.claimed_at

    def note(self, note: Note) -> None:
        self.notes.append(note)


async def lock_subject(connection: Connection, subject: str) -> None:
    """Lock the one row that always exists for a subject, first of all its rows (architecture.md, Ingest)."""
    kind, key = subject[0], subject[1:].partition(":")[0]
    if kind == "s":
        # A part of the system has no row: the name itself is locked, for this transaction.
        await connection.execute(_Q.lock_name, subject)
        return
    await connection.execute({"r": _Q.lock_resident, "p": _Q.lock_premises, "d": _Q.lock_device}[kind], int(key))


async def load(connection: Connection, incident_id: int) -> Case:
    """Lock the incident's subject, then the incident, and read it; IncidentUnknown where there is none.

    The subject is read without a lock first; it changes only under its own lock, so it is read again after.
    """
    subject = await connection.fetchval(_Q.subject_of, incident_id)
    if subject is None:
        raise IncidentUnknown(f"there is no incident {incident_id}")
    await lock_subject(connection, subject)
    case = await _read(connection, await connection.fetchrow(_Q.lock_incident, incident_id))
    assert case is not None
    return case if case.subject == subject else await load(connection, incident_id)


async def look_at(connection: Connection, incident_id: int) -> Case:
    """The same to be looked at: nothing is locked, and nothing may be saved. IncidentUnknown where there is none."""
    case = await _read(connection, await connection.fetchrow(_Q.read_incident, incident_id))
    if case is None:
        raise IncidentUnknown(f"there is no incident {incident_id}")
    return case


async def load_open(connection: Connection, subject: str, family: Family) -> Case | None:
    """The unresolved incident of a subject whose lock is held, locked; None where there is none."""
    return await _read(connection, await connection.fetchrow(_Q.lock_open, subject, family))


async def insert(connection: Connection, case: Case, *, keyring: Keyring, day: date) -> None:
    """Write a new incident, its entries and its deadlines; sets its id and number."""
    due = earliest(case.deadlines)
    assert due is not None, "an incident opens with a deadline"
    row = await connection.fetchrow(
        _Q.insert, day, case.state, case.priority, case.class_, case.family, case.subject, case.resident_id,
        case.premises_id, case.device_id, case.area, case.source, sorted(case.marks), case.opened_at,
        case.oldest_alarm_at, case.sounded_at, case.sound_to, case.alert_count, due.due_at, due.kind,
        case.policy_version, case.first_escalation_s, case.place, case.follows, chain.GENESIS, case.claimed_by,
        case.claimed_at, case.lease_until, plan_json(case.plan),
    )  # fmt: skip
    assert row is not None
    case.id, case.number = row["id"], row["number"]
    rows, texts = _record_of(case)
    await connection.execute(
        _Q.write_first, case.id, case.version, case.last_seq, case.last_hash, *rows, *_deadline_columns(case.deadlines)
    )
    await _write_texts(connection, case, texts, keyring)


async def save(connection: Connection, case: Case, *, keyring: Keyring) -> None:
    """Write what was changed, one version on, with its entries and deadlines."""
    case.version += 1
    rows, texts = _record_of(case)
    due = earliest(case.deadlines)
    await connection.execute(
        _Q.update, case.id, case.state, case.priority, case.class_, case.resident_id, case.premises_id,
        sorted(case.marks), case.oldest_alarm_at, case.sounded_at, case.sound_to, case.stage, case.alert_count,
        case.claimed_by, case.claimed_at, case.acted_at, case.answered_at, case.lease_until, case.last_owner,
        due.due_at if due else None, due.kind if due else None, case.first_escalation_s, case.place, case.outcome,
        case.safety, case.review, case.resolved_at, case.resolved_by, case.closed_at, case.version, case.last_seq,
        case.last_hash, case.policy_version, None if case.plan is case.plan_as_read else plan_json(case.plan),
        *rows, *_deadline_columns(case.deadlines),
    )  # fmt: skip
    case.plan_as_read = case.plan
    await _write_texts(connection, case, texts, keyring)


async def append(connection: Connection, case: Case, *, keyring: Keyring) -> None:
    """Write the noted entries and nothing else: the version stays, so that no reader's step is refused for them."""
    rows, texts = _record_of(case)
    await connection.execute(_Q.append, case.id, case.version, case.last_seq, case.last_hash, *rows)
    await _write_texts(connection, case, texts, keyring)


def changes_of(case: Case, first_seq: int, *, received_at: datetime | None = None) -> list[Change]:
    """What a screen has to draw anew: the incident, and each entry from `first_seq` on."""
    changes = [Change(kind="incident", object_id=case.id, area=case.area, received_at=received_at)]
    changes += [
        Change(kind="entry", object_id=case.id, part=seq, area=case.area) for seq in range(first_seq, case.last_seq + 1)
    ]
    return changes


async def _read(connection: Connection, row: Any) -> Case | None:
    if row is None:
        return None
    deadlines = tuple(deadline_of(d) for d in await connection.fetch(_Q.deadlines, row["id"]))
    policy = await policies.of_version(connection, row["policy_version"])
    return case_of(row, deadlines, plan_of(row["plan"]), policy)


def deadline_of(row: Any) -> Deadline:
    return Deadline(
        kind=DeadlineKind(row["kind"]), due_at=row["due_at"], stage=row["stage"], round=row["round"],
        failures=row["failures"],
    )  # fmt: skip


def case_of(row: Any, deadlines: Deadlines, plan: tuple[FrozenStep, ...], policy: Policy) -> Case:
    """An incident in hand from its row, which is locked."""
    fields = {name: row[name] for name in row.keys() if name not in ("class", "marks", "plan")}  # noqa: SIM118  # a Record
    fields |= {
        "state": State(row["state"]),
        "priority": Priority(row["priority"]),
        "class_": Class(row["class"]),
        "family": Family(row["family"]),
        "marks": {Mark(mark) for mark in row["marks"]},
    }
    return Case(**fields, deadlines=deadlines, plan=plan, plan_as_read=plan, policy=policy)


def _record_of(case: Case) -> tuple[_Columns, _Texts]:
    """The noted entries as columns, chained onto the case's head, which moves on; and their personal texts."""
    texts: _Texts = []
    columns = zip(*chained(case, texts), strict=True) if case.notes else _NO_ENTRIES
    return tuple(list(column) for column in columns), texts


def chained(
    case: Case, texts: _Texts | None = None
) -> list[tuple[int, datetime, str, str, bytes]]:  # fmt: skip
    """The noted entries as rows, chained onto the case's head, which moves on; personal texts go to `texts`."""
    rows = []
    for note in case.notes:
        case.last_seq += 1
        digest = None
        if note.text is not None:
            assert texts is not None, "whoever notes a personal text has to keep it"
            salt = secrets.token_bytes(chain.SALT_BYTES)
            digest = chain.seal(salt, note.text)
            texts.append((case.last_seq, salt, note.text))
        stored = chain.stored(_entry_of(case, note, digest), case.last_hash)
        case.last_hash = stored.hash
        rows.append((stored.seq, note.at, note.action, stored.text, stored.hash))
    case.notes.clear()
    return rows


def _entry_of(case: Case, note: Note, digest: bytes | None) -> chain.Entry:
    return chain.Entry(
        incident_id=case.id,
        seq=case.last_seq,
        at=note.at,
        actor=note.actor,
        action=note.action,
        from_=note.from_,
        to=note.to,
        facts=note.facts,
        text_digest=digest,
    )


async def _write_texts(connection: Connection, case: Case, texts: _Texts, keyring: Keyring) -> None:
    """Keep the personal texts of entries that were just written: in the chain stands only their salted digest."""
    if not texts:
        return
    owner = key_owner(case)
    cipher = await owner_cipher(connection, keyring, owner)
    for seq, salt, text in texts:
        sealed = seal_text(cipher, text, context=f"entry {case.id}:{seq}")
        await connection.execute(_Q.insert_text, case.id, seq, owner, salt, sealed)


def key_owner(case: Case) -> str:
    """Under whose key this case's personal texts lie: the resident's, or the case's own while nobody is named."""
    return f"r{case.resident_id}" if case.resident_id is not None else f"i{case.id}"


def _deadline_columns(standing: Deadlines) -> _Columns:
    return (
        [str(deadline.kind) for deadline in standing],
        [deadline.stage for deadline in standing],
        [deadline.round for deadline in standing],
        [deadline.due_at for deadline in standing],
        [deadline.failures for deadline in standing],
    )
