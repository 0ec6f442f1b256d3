"""What happened to cases, put into the outbox for the programs that asked: read from the feed, after the commit.

Nothing of this runs in an alarm's transaction, and a receiver that is away holds up nobody: its place in the feed stays
where it is, and what waits for it is bounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from rules.domain.case_events import EVENT_NOT_AFTER, EVENT_OF, WAITING_MOST, Wanted
from rules.domain.vocabulary import Priority
from store.database import Connection, Database
from store.row_guard import RowGuard
from store.sql import queries

_Q: Final = queries("webhooks")

#: For whoever asks why a receiver did not hear of something.
KEPT: Final = timedelta(days=30)
FORGOTTEN_MOST: Final = 200
#: Numbers of the feed looked at in one turn.
FEED_BATCH: Final = 1_000


class WebhookStore:
    """The store's side of the webhook pass."""

    def __init__(self, database: Database, wanted: Sequence[Wanted]) -> None:
        self._database = database
        self._wanted = tuple(wanted)
        self._guard = RowGuard("webhooks")

    async def tell(self, now: datetime) -> int:
        """Look once for each receiver; what fails for one is said and put off for it alone."""
        told = 0
        for wanted in self._wanted:
            if self._guard.waits(wanted.name, now):
                continue
            with self._guard.row(wanted.name, now):
                told += await self._tell(wanted, now)
        if self._wanted:
            await self._database.pool.execute(_Q.forget, now - KEPT, FORGOTTEN_MOST)
        return told

    async def _tell(self, wanted: Wanted, now: datetime) -> int:
        async with self._database.transaction() as connection:
            await connection.execute(_Q.begin, wanted.name, now)
            row = await connection.fetchrow(_Q.reached, wanted.name)
            if row is None or row["waiting"] >= WAITING_MOST:
                return 0
            head: int = await connection.fetchval(_Q.head, row["seq"], FEED_BATCH)
            if head == row["seq"]:
                return 0
            entries = await connection.fetch(_Q.entries, row["seq"], head, list(EVENT_OF), now - EVENT_NOT_AFTER)
            fit = [entry for entry in entries if _fits(wanted, entry)]
            room = WAITING_MOST - row["waiting"]
            reached = head if len(fit) <= room else fit[room]["feed_seq"] - 1
            await _put(connection, wanted, fit[:room], now)
            await connection.execute(_Q.moved, wanted.name, reached, now)
        return len(fit[:room])


def _fits(wanted: Wanted, entry: Any) -> bool:
    return wanted.wants(EVENT_OF[entry["action"]], Priority(entry["priority"]), entry["area"], entry["class"])


async def _put(connection: Connection, wanted: Wanted, entries: Sequence[Any], now: datetime) -> None:
    if not entries:
        return
    await connection.execute(
        _Q.put, wanted.name, [entry["priority"] for entry in entries],
        [f"event:{wanted.name}:{entry['id']}:{entry['seq']}" for entry in entries],
        [_facts(entry) for entry in entries], [entry["at"] for entry in entries], EVENT_NOT_AFTER, now,
    )  # fmt: skip


def _facts(entry: Any) -> dict[str, str | int | None]:
    """The case by its numbers, and how it stands: never who, where exactly, or what was said."""
    return {
        "event": str(EVENT_OF[entry["action"]]), "incident": str(entry["id"]), "number": entry["number"],
        "class": entry["class"], "family": entry["family"], "priority": Priority(entry["priority"]).label,
        "state": entry["state"], "unattended": int(entry["unattended"]), "area_code": entry["area"],
        "entry": entry["seq"], "outcome": entry["outcome"], "test": int(entry["test"]),
    }  # fmt: skip
