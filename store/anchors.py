"""Anchors over the incidents' records: every minute all last hashes since the one before, chained (invariant 10)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from rules.domain import chain
from store.database import Database
from store.sql import queries

_Q: Final = queries("anchors")

#: Incidents in one anchor; what is left waits for the next.
INCIDENTS_LIMIT: Final = 5_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Anchor:
    """One anchor: its number, how many incidents it covers, and the hash that leaves the machine with the log."""

    no: int
    incidents: int
    hash: bytes


async def write(database: Database, now: datetime) -> Anchor | None:
    """Write the next anchor, or nothing where no record has grown since the last."""
    async with database.transaction() as connection:
        await connection.execute(_Q.one_at_a_time)
        rows = await connection.fetch(_Q.take_heads, INCIDENTS_LIMIT)
        if not rows:
            return None
        heads = sorted((row["id"], row["last_seq"], bytes(row["last_hash"])) for row in rows)
        last = await connection.fetchrow(_Q.last)
        no, previous = (last["no"] + 1, bytes(last["hash"])) if last is not None else (1, chain.GENESIS)
        covers = json.dumps([[incident, seq, head.hex()] for incident, seq, head in heads], separators=(",", ":"))
        digest = chain.anchor(previous, heads)
        await connection.execute(_Q.insert, no, now, covers, digest)
    return Anchor(no=no, incidents=len(heads), hash=digest)


async def first_broken(database: Database) -> int | None:
    """The number of the first anchor that is not what was written, or None."""
    previous, expected = chain.GENESIS, 1
    async with database.pool.acquire() as connection, connection.transaction():
        async for row in connection.cursor(_Q.all):
            heads = [(incident, seq, bytes.fromhex(head)) for incident, seq, head in json.loads(row["covers"])]
            if row["no"] != expected or chain.anchor(previous, heads) != bytes(row["hash"]):
                return expected
            previous, expected = bytes(row["hash"]), expected + 1
    return None
