"""The timeline as people read it: facts from the chain, personal text opened with its owner's key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import asyncpg
import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from store.database import Database
from store.sealing import Keyring, open_text
from store.sql import queries

if TYPE_CHECKING:
    from store.database import Connection

Q: Final = queries("timeline")


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Who did it: a user, a device, a responder, or the system."""

    kind: str
    id: str | None
    name: str | None


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry; `detail` holds its facts and, under `text`, what somebody wrote. Erased text says so instead."""

    seq: int
    at: datetime
    actor: Actor
    action: str
    from_: str | None = msgspec.field(name="from")
    to: str | None
    detail: Mapping[str, Any]
    hash: str


class StreamEntry(Entry, frozen=True, kw_only=True):
    """The same on the stream, where it must say whose it is."""

    incident: str


async def read_timeline(connection: Connection, keyring: Keyring, incident_id: int) -> list[Entry]:
    """All entries of an incident, oldest first."""
    rows = await connection.fetch(f"{Q.entry} {Q.of_incident}", incident_id)
    return [Entry(**_fields(row, keyring)) for row in rows]


async def read_since(db: Database, keyring: Keyring, incident_id: int, *, versions: int) -> list[Entry]:
    """Entries of the last so many versions, at most a hundred: what a stale request did not know."""
    rows = await db.pool.fetch(f"{Q.entry} {Q.of_last_versions}", incident_id, max(0, versions))
    return [Entry(**_fields(row, keyring)) for row in rows]


async def read_last(db: Database, keyring: Keyring, incident_id: int, count: int) -> list[Entry]:
    """The newest entries, oldest of them first: what a lost race was lost to."""
    rows = await db.pool.fetch(f"{Q.entry} {Q.newest}", incident_id, count)
    return [Entry(**_fields(row, keyring)) for row in reversed(rows)]


async def render_entries(
    connection: Connection, keyring: Keyring, pairs: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], StreamEntry]:
    """These entries by (incident, seq), for the stream."""
    rows = await connection.fetch(f"{Q.entry} {Q.of_pairs}", [pair[0] for pair in pairs], [pair[1] for pair in pairs])
    return {
        (row["incident_id"], row["seq"]): StreamEntry(**_fields(row, keyring), incident=str(row["incident_id"]))
        for row in rows
    }


def _fields(row: asyncpg.Record, keyring: Keyring) -> dict[str, Any]:
    fixed = msgspec.json.decode(row["fixed"])
    kind, _, actor_id = fixed["actor"].partition(":")
    return {
        "seq": row["seq"],
        "at": row["at"],
        "actor": Actor(kind=kind, id=actor_id or None, name=row["actor_name"]),
        "action": fixed["action"],
        "from_": fixed["from"],
        "to": fixed["to"],
        "detail": fixed["facts"] | _text(row, keyring),
        "hash": row["hash"].hex(),
    }


def _text(row: asyncpg.Record, keyring: Keyring) -> dict[str, Any]:
    owner = row["key_owner"]
    if owner is None:
        return {}
    if row["sealed"] is None or row["wrapped"] is None:
        return {"erased": {"rule": row["erased_rule"], "at": row["erased_at"]}}
    cipher = AESGCM(keyring.unwrap(row["wrapped"], owner=owner))
    return _parts(open_text(cipher, row["sealed"], context=f"entry {row['incident_id']}:{row['seq']}"))


def _parts(text: str) -> dict[str, Any]:
    """A text written in parts (a number called, who was seen) is taken apart again; any other stands under `text`."""
    if text.startswith("{"):
        try:
            return msgspec.json.decode(text, type=dict[str, Any])
        except msgspec.MsgspecError:
            pass
    return {"text": text}
