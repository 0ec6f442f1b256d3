"""The row of a list: what a desk must know of an incident without opening it, names masked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import asyncpg
import msgspec

from rules.domain.deadlines import DeadlineKind
from rules.domain.lease import lease_until
from rules.domain.masking import mask_address, mask_name
from rules.domain.policy_value import BUILTIN
from rules.domain.vocabulary import UNRESOLVED, Class, Priority, Target
from store.database import Database
from store.feed import snapshot
from store.registers.search import literal
from store.sql import queries
from store.transfers import Transfer

if TYPE_CHECKING:
    from store.database import Connection

Q: Final = queries("items")

#: The class of the test presses that prove the whole way; left out of queues (architecture.md, invariant 15).
CANARY: Final = "canary"


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """Who at the desk is responsible."""

    id: str
    display_name: str


class NextDeadline(msgspec.Struct, frozen=True, kw_only=True):
    """When the next step comes by itself, which it is, and whom it reaches."""

    at: datetime
    step: str
    to: Sequence[str]


class MaskedPerson(msgspec.Struct, frozen=True, kw_only=True):
    """Whom it is about, as a list may show it."""

    masked_name: str


class ItemDevice(msgspec.Struct, frozen=True, kw_only=True):
    """The device that called."""

    id: str
    device: str
    kind: str


class Item(msgspec.Struct, kw_only=True):
    """An incident in a list and on the stream."""

    id: str
    number: str
    state: str
    priority: str
    class_: str = msgspec.field(name="class")
    family: str
    area: str | None
    opened_at: datetime
    oldest_alarm_at: datetime
    sounded_at: datetime
    sound_to: str
    version: int
    seq: int
    claimed_by: Owner | None
    lease_until: datetime | None
    unattended: bool
    deadline: NextDeadline | None
    source: str
    unregistered: bool
    late: bool
    clock_wrong: bool
    retained: bool
    test: bool
    damaged: bool
    marks: Sequence[str]
    alert_count: int
    person: MaskedPerson | None
    place_text: str | None
    device: ItemDevice | None
    follows: str | None
    merged_into: str | None
    transfer: Transfer | None  #: offered to a colleague, who has not answered
    outcome: str | None
    passed_by_me: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Rendered:
    """An item with what the stream needs beside it: who passed, and whether it is a test press of the canary."""

    item: Item
    passed_by: frozenset[int]
    is_canary: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueFilter:
    """What a list of incidents asks for; None means "whatever"."""

    states: Sequence[str] | None = None
    priorities: Sequence[int] | None = None
    area: str | None = None
    resident_id: int | None = None
    text: str | None = None  #: number, device, name, pinyin
    unattended: bool | None = None
    areas: Sequence[str] = field(default=())  #: what the reader may see; empty: everywhere
    closed_too: bool = False  #: also where `states` says so: closed ones are many and elsewhere
    canaries_too: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class QueuePlace:
    """Where a page of the queue ended."""

    priority: int
    attended: bool
    unregistered: bool
    oldest_alarm_at: datetime
    id: int

    @classmethod
    def of(cls, item: Item) -> QueuePlace:
        """The place right behind this item."""
        return cls(
            priority=int(item.priority[1:]),
            attended=not item.unattended,
            unregistered=item.unregistered,
            oldest_alarm_at=item.oldest_alarm_at,
            id=int(item.id),
        )


async def render(connection: Connection, ids: Sequence[int]) -> dict[int, Rendered]:
    """The items of these incidents, by id, in one query; unknown ids are absent."""
    return {row["id"]: _rendered(row, seq=0) for row in await connection.fetch(f"{Q.item} {Q.of_ids}", list(ids))}


async def read_queue(
    db: Database, wanted: QueueFilter, *, user_id: int, after: QueuePlace | None, limit: int
) -> tuple[list[Item], int]:
    """One page of the queue in its order, and the feed's number it stands at."""
    place = (after.priority, after.attended, after.unregistered, after.oldest_alarm_at) if after else (None,) * 4
    async with snapshot(db) as (connection, seq):
        found = await connection.fetch(
            f"{Q.of_any_state if wanted.closed_too else Q.not_closed} {Q.in_queue}",
            wanted.states,
            wanted.priorities,
            wanted.area,
            wanted.resident_id,
            literal(wanted.text),
            wanted.unattended,
            list(wanted.areas),
            *place,
            after.id if after else None,
            wanted.canaries_too,
            limit,
        )
        ids = [row["id"] for row in found]
        rows = {row["id"]: row for row in await connection.fetch(f"{Q.item} {Q.of_ids}", ids)}
    return [_rendered(rows[number], seq=seq, user_id=user_id).item for number in ids], seq


async def area_of(db: Database, incident_id: int) -> tuple[bool, str | None]:
    """Whether the incident exists, and where it is."""
    row = await db.pool.fetchrow(Q.area_of, incident_id)
    return (row is not None, row["area"] if row else None)


async def renew_leases(db: Database, user_id: int, now: datetime) -> None:
    """Give this user's claims one more term: the stream of their desk has just answered a ping."""
    await db.pool.execute(Q.renew_leases, user_id, lease_until(now))


def _rendered(row: asyncpg.Record, *, seq: int, user_id: int | None = None) -> Rendered:
    passed_by = frozenset(row["passed_by"])
    item = Item(**item_fields(row), seq=seq, passed_by_me=user_id in passed_by)
    if item.place_text is not None and item.state not in UNRESOLVED:
        # Help is sent to a place; where it was sent once is for whoever opens the case.
        item.place_text = mask_address(item.place_text)
    return Rendered(item=item, passed_by=passed_by, is_canary=row["class"] == CANARY)


def item_fields(row: asyncpg.Record) -> dict[str, Any]:
    """Every field of an item but `seq` and `passed_by_me`, which depend on the reading."""
    marks = row["marks"]
    return {
        **{name: row[name] for name in _AS_THEY_ARE},
        **{mark: mark in marks for mark in _MARKS},
        "id": str(row["id"]),
        "priority": f"P{row['priority']}",
        "class_": row["class"],
        "claimed_by": _owner(row),
        "deadline": _deadline(row),
        "person": MaskedPerson(masked_name=mask_name(row["person_name"])) if row["person_name"] else None,
        "device": _device(row),
        "follows": _text(row["follows"]),
        "merged_into": _text(row["merged_into"]),
        "transfer": _transfer(row),
    }


_MARKS: Final = ("unregistered", "late", "clock_wrong", "retained", "test", "damaged")
_AS_THEY_ARE: Final = (
    *("number", "state", "family", "area", "opened_at", "oldest_alarm_at", "sounded_at", "sound_to", "version"),
    *("lease_until", "unattended", "source", "marks", "alert_count", "place_text", "outcome"),
)


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)


def _owner(row: asyncpg.Record) -> Owner | None:
    if row["claimed_by"] is None:
        return None
    return Owner(id=str(row["claimed_by"]), display_name=row["display_name"] or "")


def _transfer(row: asyncpg.Record) -> Transfer | None:
    if row["transfer_to"] is None:
        return None
    return Transfer(
        from_user=str(row["transfer_from"]),
        to=str(row["transfer_to"]),
        to_name=row["transfer_to_name"] or "",
        until=row["transfer_until"],
    )


def _deadline(row: asyncpg.Record) -> NextDeadline | None:
    if row["due_at"] is None:
        return None
    return NextDeadline(at=row["due_at"], step=row["due_kind"], to=_reached(row))


def _reached(row: asyncpg.Record) -> Sequence[str]:
    """Whom the next rung of the desk chain reaches; the owner where the owner is waited for."""
    kind = row["due_kind"]
    if kind in (DeadlineKind.CONFIRM, DeadlineKind.ACT):
        return [Target.OWNER]
    if kind != DeadlineKind.ESCALATE:
        return []
    ladder = BUILTIN.ladder_for(Class(row["class"]), Priority(row["priority"]))
    return ladder.stages[int(row["due_stage"]) % len(ladder.stages)].to


def _device(row: asyncpg.Record) -> ItemDevice | None:
    if row["device_id"] is None:
        return None
    return ItemDevice(id=str(row["device_id"]), device=row["device"], kind=row["device_kind"])
