"""Ways into a home: their secrets sealed one by one, and shown only inside a case, each time on record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from rules.domain.vocabulary import UNRESOLVED, Action
from rules.domain.ways_in import may_see_code
from store import changes, tasks
from store.assignments import look_at_field
from store.audit import note_look
from store.cases import Case, Note, append, changes_of, load
from store.changes import Change
from store.database import Connection, Database, StoreError
from store.opening import Centre
from store.registers.errors import ReferenceUnknown
from store.sealing import Keyring
from store.sql import queries
from store.views.whole import WayIn

if TYPE_CHECKING:
    from rules.domain.assignments import Assignment

_Q: Final = queries("ways_in")

#: A code that somebody not employed has seen is changed by then.
CHANGED_WITHIN: Final = timedelta(days=1)


class WayKind(StrEnum):
    """What opens the door."""

    KEY_HOLDER = "key_holder"
    KEY_BOX = "key_box"
    SMART_LOCK = "smart_lock"
    GATE_CODE = "gate_code"
    CONCIERGE = "concierge"
    FORCED_ENTRY = "forced_entry"


class NotShown(StoreError):
    """The secret is shown to the case's owner, and to who accepted it and goes; take the case, or say that you go."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WayInput:
    """A way in as it is written down; `id` None: a new one. `names_secret` False keeps the secret that is there."""

    id: int | None
    kind: WayKind
    holder: str | None = None
    secret: str | None = None
    names_secret: bool = False
    valid_to: datetime | None = None
    consent: str = ""
    instructions: str = ""
    proved_at: datetime | None = None


async def of_home(db: Database, premises_id: int) -> list[WayIn]:
    """The ways into a home, without their secrets."""
    rows = await db.pool.fetch(_Q.of_home, premises_id)
    return [WayIn(**{**dict(row), "id": str(row["id"])}) for row in rows]


async def write(connection: Connection, keyring: Keyring, premises_id: int, ways: Sequence[WayInput]) -> None:
    """Keep these ways and no others, under the home's lock; ReferenceUnknown for an id that is none of this home."""
    await connection.execute(_Q.forget, premises_id, [way.id for way in ways if way.id is not None])
    for way in ways:
        secret = keyring.seal(way.secret, context=_context(premises_id)) if way.secret else None
        rest = (way.valid_to, way.consent, way.instructions)
        if way.id is None:
            await connection.execute(_Q.add, premises_id, way.kind, way.holder, secret, *rest, way.proved_at)
        elif not await connection.fetchval(
            _Q.change, premises_id, way.id, way.kind, way.holder, secret, *rest, way.names_secret, way.proved_at
        ):
            raise ReferenceUnknown(f"no way in {way.id} of this home", "access")


async def show_to_owner(
    db: Database, incident_id: int, way_id: int, *, user_id: int, source: str, centre: Centre, now: datetime
) -> str:
    """The secret of a way in, to who holds the case; NotShown otherwise. An entry of the case before it is shown."""
    async with db.transaction() as connection:
        case = await load(connection, incident_id)
        if case.claimed_by != user_id or case.state not in UNRESOLVED:
            raise NotShown("the secret is shown to the case's owner")
        shown = await _open(connection, case, way_id, f"user:{user_id}", centre, now)
        what = f"incident:{case.id}"
        await note_look(connection, user_id, "reveal", what, purpose=f"case {case.number}", source=source, now=now)
        await changes.record(connection, shown.changes, now=now)
    return shown.secret


async def show_to_responder(
    db: Database, incident_id: int, assignment_id: int, way_id: int, *, by: int | None, source: str, centre: Centre,
    now: datetime,
) -> str:  # fmt: skip
    """The same to who accepted and goes; to anybody not employed it makes a task to change the code."""
    async with db.transaction() as connection:
        case = await load(connection, incident_id)
        a = (await look_at_field(connection, case)).assignments.get(assignment_id)
        if a is None or case.state not in UNRESOLVED or not may_see_code(a, now=now):
            raise NotShown("the secret is shown from the acceptance to the end of the assignment")
        shown = await _open(connection, case, way_id, f"responder:{a.responder_id}", centre, now)
        purpose = f"assignment {a.id} of responder {a.responder_id}"
        await note_look(connection, by, "reveal", f"incident:{case.id}", purpose=purpose, source=source, now=now)
        task = await _change_code(connection, case, a, way_id, now)
        await changes.record(connection, [*shown.changes, *task], now=now)
    return shown.secret


@dataclass(frozen=True, kw_only=True, slots=True)
class _Shown:
    secret: str
    changes: list[Change]


async def _open(connection: Connection, case: Case, way_id: int, whom: str, centre: Centre, now: datetime) -> _Shown:
    """Open one secret of the case's home, once the entry that says to whom is written."""
    row = await connection.fetchrow(_Q.sealed, way_id, case.resident_id, case.premises_id, now)
    if row is None:
        raise NotShown("this way in has no secret, or it has run out")
    first = case.last_seq + 1
    facts = (("way_in", way_id), ("kind", row["kind"]), ("to", whom))
    case.note(Note(at=now, actor=whom, action=Action.REVEALED, facts=facts))
    await append(connection, case, keyring=centre.keyring)
    secret = centre.keyring.open(bytes(row["secret"]), context=_context(row["premises_id"]))
    return _Shown(secret=secret, changes=changes_of(case, first))


async def _change_code(connection: Connection, case: Case, a: Assignment, way_id: int, now: datetime) -> list[Change]:
    if await connection.fetchval(_Q.is_employed, a.responder_id):
        return []
    wanted = tasks.NewTask(
        kind=tasks.Kind.CHANGE_CODE, key=f"change_code:{way_id}:{a.id}", incident_id=case.id,
        resident_id=case.resident_id, premises_id=case.premises_id, responder_id=a.responder_id, area=case.area,
        for_role="community_worker", due_at=now + CHANGED_WITHIN,
    )  # fmt: skip
    made = await tasks.make(connection, wanted, now=now)
    return [] if made is None else [Change(kind="task", object_id=made, area=case.area)]


def _context(premises_id: int) -> str:
    return f"way into home {premises_id}"
