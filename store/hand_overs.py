"""What was handed over to 110, 119 or 120: rung by whom, on which number, and what they answered (centre.md, 27)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from rules.domain import deadlines, services
from rules.domain.deadlines import DeadlineKind
from rules.domain.resolution import Code, Problem, Safety, problems_of
from rules.domain.services import HandOverAnswer
from rules.domain.vocabulary import UNRESOLVED, Action, Priority, State, Step, Target
from store import changes, direct_numbers, field_chain
from store.cases import SYSTEM, Case, Facts, Note, changes_of, key_owner, load, save
from store.database import Connection, Database
from store.feed import snapshot
from store.registers.errors import RecordChanged, RecordUnknown
from store.sealing import Keyring, open_text, owner_cipher, seal_text
from store.sql import queries
from store.step_ends import safety_json
from store.step_types import Hand, HandedOver, Said, StepIncomplete, StepRefused, StepRequest

if TYPE_CHECKING:
    import asyncpg

    from store.opening import Centre

Q: Final = queries("hand_overs")

#: What was said: personal, sealed together under the key of the case's person.
_WORDS: Final = ("taken_by", "told", "reason", "passed_on_to")
_TIMES: Final = ("departed_at", "arrived_at", "closed_at")


class HandOver(msgspec.Struct, frozen=True, kw_only=True):
    """A hand-over and how far it has come."""

    id: str
    incident: str
    service: str
    number: str
    area: str | None  #: whose number it is
    dialled_by: str
    dialled_by_name: str
    dialled_at: datetime
    reference: str | None
    answer: str | None
    answered_at: datetime | None
    estimate_at: datetime | None
    departed_at: datetime | None
    arrived_at: datetime | None
    closed_at: datetime | None
    cancelled_at: datetime | None
    safety: Mapping[str, Any] | None
    taken_by: str | None
    told: str | None
    reason: str | None
    passed_on_to: str | None
    next_service: str | None  #: whom to ring instead, where they refused
    version: int


@dataclass(frozen=True, kw_only=True, slots=True)
class HandOverFilter:
    """What a list asks for; None means "whatever"."""

    sight: Sequence[str] = ()
    incident_id: int | None = None
    answer: str | None = None
    running: bool | None = None


async def record(
    connection: Connection, case: Case, request: StepRequest, by: Hand, keyring: Keyring, now: datetime
) -> Said:
    """Write down that a control room was rung, and what it means for the case; under the case's lock."""
    payload = request.payload
    assert isinstance(payload, HandedOver), "the request's model says so"
    number, area = await _dialled(connection, case, payload)
    owner, sealed = await _seal(connection, case, keyring, {name: getattr(payload, name) for name in _WORDS})
    made = await connection.fetchval(
        Q.make, case.id, payload.service, number, area, by.user_id, payload.dialled_at or now, payload.reference,
        payload.answer, now if payload.answer else None, payload.estimate_at, owner, sealed,
    )  # fmt: skip
    facts = await _consequences(connection, case, made, payload.service, payload.answer, payload.estimate_at, now)
    return Said(facts=(("hand_over", made), ("service", payload.service), ("answer", payload.answer), *facts))


async def change(
    database: Database, hand_over_id: int, fields: Mapping[str, Any], *, version: int | None, safety: Safety | None,
    by: Hand, centre: Centre, now: datetime,
) -> None:  # fmt: skip
    """What became of it: answered, departed, arrived, closed, cancelled; an entry of its case.

    RecordUnknown, RecordChanged; StepIncomplete for a cancellation that does not say how the person is known to be
    safe; StepRefused once the case is closed.
    """
    async with database.transaction() as connection:
        incident_id = await connection.fetchval(Q.incident_of, hand_over_id)
        if incident_id is None:
            raise RecordUnknown(f"no hand-over {hand_over_id}")
        case = await load(connection, incident_id)
        row = await connection.fetchrow(Q.lock, hand_over_id)
        assert row is not None, "hand-overs are never deleted"
        if version is not None and version != row["version"]:
            raise RecordChanged(row["version"])
        if case.state is State.CLOSED:
            raise StepRefused("the case is closed", owner=None, state=case.state)
        first = case.last_seq + 1
        facts = await _change(connection, case, row, fields, safety, by, centre.keyring, now)
        case.note(Note(at=now, actor=by.actor, action=Step.HANDOVER, facts=facts, text=words_of(fields)))
        await save(connection, case, keyring=centre.keyring)
        await changes.record(connection, changes_of(case, first), now=now)


async def _change(
    connection: Connection, case: Case, row: asyncpg.Record, fields: Mapping[str, Any], safety: Safety | None,
    by: Hand, keyring: Keyring, now: datetime,
) -> Facts:  # fmt: skip
    answer = fields.get("answer") or row["answer"]
    answered_anew = fields.get("answer") is not None
    facts: list[tuple[str, str | int | bool | None]] = [("hand_over", row["id"]), ("service", row["service"])]
    cancelled = bool(fields.get("cancelled")) and row["cancelled_at"] is None
    if cancelled:
        _refuse_unsafe(safety, by, now)
        facts += [("cancelled", True), ("safety", str(safety.kind) if safety is not None else None)]
    words = {**_words(row, keyring), **{name: fields[name] for name in _WORDS if fields.get(name)}}
    owner, sealed = await _seal(connection, case, keyring, words)
    times = {name: fields.get(name) or row[name] for name in _TIMES}
    await connection.execute(
        Q.change, row["id"], fields.get("reference") or row["reference"], answer,
        now if answered_anew else row["answered_at"], fields.get("estimate_at") or row["estimate_at"],
        *times.values(), now if cancelled else row["cancelled_at"], by.user_id if cancelled else row["cancelled_by"],
        safety_json(safety) if cancelled and safety is not None else row["safety"], owner, sealed,
    )  # fmt: skip
    facts += [(name, times[name].isoformat()) for name in _TIMES if fields.get(name)]
    if fields.get("arrived_at"):
        await field_chain.satisfied(connection, case, "service_arrived", now=now)
    if answered_anew:
        facts += [("answer", answer)]
        estimate_at = fields.get("estimate_at")
        facts += await _consequences(connection, case, row["id"], row["service"], answer, estimate_at, now)
    elif cancelled or fields.get("closed_at"):
        await _ring_back(connection, case, row["id"], None)
    return tuple(facts)


async def _consequences(
    connection: Connection, case: Case, hand_over_id: int, service: str, answer: str | None,
    estimate_at: datetime | None, now: datetime,
) -> Facts:  # fmt: skip
    """Only `accepted` stops the field chain; `queued` is asked about again, `rejected` raises and shows the next."""
    said = HandOverAnswer(answer) if answer is not None else None
    if case.state in UNRESOLVED and await is_handed_over(connection, case):
        case.deadlines = deadlines.without(case.deadlines, DeadlineKind.SERVICES)
    await _ring_back(connection, case, hand_over_id, services.call_back_at(said, estimate_at, now))
    if said is HandOverAnswer.ACCEPTED:
        await field_chain.satisfied(connection, case, "hand_over_accepted", now=now)
    elif said is not None:
        await field_chain.taken_back(connection, case, now=now)
    return await _refused(connection, case, service, now) if said is HandOverAnswer.REJECTED else ()


async def _ring_back(connection: Connection, case: Case, hand_over_id: int, at: datetime | None) -> None:
    """When this hand-over is asked about again; another's that waits is not put off by it."""
    standing = next((due for due in case.deadlines if due.kind is DeadlineKind.CALL_BACK), None)
    others_wait = standing is not None and await connection.fetchval(Q.another_waits, case.id, hand_over_id)
    if standing is not None and others_wait and (at is None or standing.due_at <= at):
        return
    case.deadlines = deadlines.without(case.deadlines, DeadlineKind.CALL_BACK)
    if at is not None and case.state in UNRESOLVED:
        case.deadlines = deadlines.beside(case.deadlines, DeadlineKind.CALL_BACK, at)


async def _refused(connection: Connection, case: Case, service: str, now: datetime) -> Facts:
    """Raise the case by one, sound again, and name who is rung instead, which a person must do soon."""
    gone = {row["service"] for row in await connection.fetch(Q.refused, case.id)} | {service}
    following = services.next_service(tuple(map(str, case.policy.row(case.class_).services)), gone)
    if case.state not in UNRESOLVED:
        return (("next_service", following),)
    if case.priority is not Priority.CRITICAL:
        to = Priority(case.priority - 1)
        facts = (("reason", "hand_over_rejected"),)
        case.note(Note(at=now, actor=SYSTEM, action=Action.RAISED, from_=case.priority.label, to=to.label, facts=facts))
        case.priority = to
        case.deadlines = deadlines.on_raise(case.deadlines, case.clocks, now=now)
    case.sounded_at, case.sound_to = now, Target.DESKS
    due_at = now + timedelta(seconds=services.AGAIN_S)
    case.deadlines = deadlines.beside(case.deadlines, DeadlineKind.SERVICES, due_at)
    return (("next_service", following),)


async def ask_again(connection: Connection, case: Case, *, now: datetime) -> None:
    """A case that is taken up again: what a control room still owes an answer to is asked about."""
    stands = any(due.kind is DeadlineKind.CALL_BACK for due in case.deadlines)
    if not stands and await connection.fetchval(Q.another_waits, case.id, 0):
        due_at = now + timedelta(seconds=services.CALL_BACK_S)
        case.deadlines = deadlines.beside(case.deadlines, DeadlineKind.CALL_BACK, due_at)


async def is_handed_over(connection: Connection, case: Case) -> bool:
    """Whether a control room has it, or is asked and has not refused; of a fire, each that it cannot do without."""
    asked, refused = await _asked_and_refused(connection, case)
    return bool(asked) and services.required(case.class_, case.family) <= asked | refused


async def still_to_call(connection: Connection, case: Case) -> Sequence[str]:
    """Whom to ring, in the class's order: neither who is asked already nor who has refused, where one is left."""
    asked, refused = await _asked_and_refused(connection, case)
    order = tuple(map(str, case.policy.row(case.class_).services))
    left = [name for name in order if name not in asked | refused]
    following = services.next_service(order, asked | refused)
    return left or ([following] if following else order)


async def _asked_and_refused(connection: Connection, case: Case) -> tuple[frozenset[str], frozenset[str]]:
    """The services that have it or are asked, and those that were and have refused."""
    rows = await connection.fetch(Q.services, case.id)
    asked = frozenset(row["service"] for row in rows if row["asked"])
    return asked, frozenset(row["service"] for row in rows) - asked


async def _dialled(connection: Connection, case: Case, payload: HandedOver) -> tuple[str, str | None]:
    """The number that was rung; by default the direct one of the place of the incident, never the centre's own."""
    if payload.number:
        return payload.number, None
    found = await direct_numbers.of_case(connection, case)
    direct = next((number for number in found if number.service == payload.service), None)
    if direct is None:
        raise StepIncomplete((Problem(field="number", code=Code.NUMBER_REQUIRED),))
    return direct.number, direct.area


def _refuse_unsafe(safety: Safety | None, by: Hand, now: datetime) -> None:
    if safety is None:
        raise StepIncomplete((Problem(field="safety", code=Code.SAFETY_REQUIRED),))
    problems = problems_of(safety, outcome=None, user_id=by.user_id, now=now)
    if problems:
        raise StepIncomplete(problems)


# -- as people read them ---------------------------------------------------------------------------------------------


async def of_case(connection: Connection, keyring: Keyring, incident_id: int, order: Sequence[str]) -> list[HandOver]:
    """Every hand-over of a case and of those taken into it, oldest first; `order` is the class's own."""
    rows = await connection.fetch(f"{Q.hand_over} {Q.of_case}", incident_id)
    return [_hand_over(row, keyring, order) for row in rows]


async def read_hand_over(db: Database, keyring: Keyring, hand_over_id: int) -> tuple[HandOver, str | None]:
    """One, and the area of its case, to judge who may see it; RecordUnknown otherwise."""
    row = await db.pool.fetchrow(f"{Q.hand_over} {Q.one}", hand_over_id)
    if row is None:
        raise RecordUnknown(f"no hand-over {hand_over_id}")
    return _hand_over(row, keyring, ()), row["incident_area"]


async def list_hand_overs(
    db: Database, wanted: HandOverFilter, *, after: int, limit: int
) -> tuple[list[HandOver], int]:
    """Hand-overs in the order they were made, without what was said, and the feed's number they stand at."""
    async with snapshot(db) as (connection, seq):
        rows = await connection.fetch(
            f"{Q.hand_over} {Q.listed}", after, list(wanted.sight), wanted.incident_id, wanted.answer, wanted.running,
            limit,
        )  # fmt: skip
    return [_hand_over(row, None, ()) for row in rows], seq


def _hand_over(row: asyncpg.Record, keyring: Keyring | None, order: Sequence[str]) -> HandOver:
    words = _words(row, keyring) if keyring is not None else {}
    refused = row["answer"] == HandOverAnswer.REJECTED
    fields: dict[str, Any] = {name: row[name] for name in _AS_THEY_ARE}
    fields |= {name: words.get(name) for name in _WORDS}
    return HandOver(
        **fields,
        id=str(row["id"]),
        incident=str(row["incident_id"]),
        dialled_by=str(row["dialled_by"]),
        next_service=services.next_service(order, {row["service"]}) if refused else None,
    )


_AS_THEY_ARE: Final = (
    *("service", "number", "area", "dialled_by_name", "dialled_at", "reference", "answer", "answered_at"),
    *("estimate_at", "departed_at", "arrived_at", "closed_at", "cancelled_at", "safety", "version"),
)


async def _seal(
    connection: Connection, case: Case, keyring: Keyring, words: Mapping[str, str | None]
) -> tuple[str | None, bytes | None]:
    given = {name: text for name, text in words.items() if text}
    if not given:
        return None, None
    owner = key_owner(case)
    cipher = await owner_cipher(connection, keyring, owner)
    return owner, seal_text(cipher, msgspec.json.encode(given).decode(), context=f"hand_over of {owner}")


def _words(row: asyncpg.Record, keyring: Keyring) -> Mapping[str, str]:
    """What was said; nothing once it was erased."""
    if row["sealed"] is None or row["wrapped"] is None:
        return MappingProxyType({})
    owner = row["key_owner"]
    cipher = AESGCM(keyring.unwrap(row["wrapped"], owner=owner))
    text = open_text(cipher, row["sealed"], context=f"hand_over of {owner}")
    return msgspec.json.decode(text, type=dict[str, str])


def words_of(fields: Mapping[str, Any]) -> str | None:
    """What was said, as the sealed text of an entry."""
    given = {name: fields[name] for name in (*_WORDS, "reference") if fields.get(name)}
    return msgspec.json.encode(given).decode() if given else None
