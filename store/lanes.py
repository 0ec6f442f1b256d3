"""Who holds which lane: a lease on the database's clock, with an epoch that shuts a former holder out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from store.database import Connection, StoreError
from store.sql import queries

_Q: Final = queries("lanes")

#: Long enough for a slow commit, short enough that a dead gateway's lane is taken within seconds.
LEASE_S: Final = 5.0
RENEW_EVERY_S: Final = 1.0
#: A lane without a holder for so long is a technical incident (architecture.md, Ingest).
UNHELD_S: Final = 10.0


class LeaseLost(StoreError):
    """Another gateway holds the lane now: roll back, disconnect, and do not write again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Leaving:
    """A lane that left the settings; `held` says that somebody, with other settings than ours, still works on it."""

    name: str
    filters: tuple[str, ...]
    held: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class LaneLease:
    """A lane held by us. `filters` are those last subscribed; `had_session` says the broker kept one before."""

    name: str
    holder: str
    epoch: int
    filters: tuple[str, ...]
    had_session: bool
    last_seen: datetime | None


async def declare(connection: Connection, name: str) -> None:
    """Make the lane's row if this is the first time it is named."""
    await connection.execute(_Q.declare, name)


async def take(connection: Connection, name: str, holder: str) -> LaneLease | None:
    """Take the lane if nobody holds it, or None. The epoch grows with each taking."""
    return _lease(name, holder, await connection.fetchrow(_Q.take, name, holder, LEASE_S))


async def take_leaving(connection: Connection, name: str, holder: str) -> LaneLease | None:
    """Take a lane that left the settings, if nobody holds it and it was not retired meanwhile, or None."""
    return _lease(name, holder, await connection.fetchrow(_Q.take_leaving, name, holder, LEASE_S))


def _lease(name: str, holder: str, row: Any) -> LaneLease | None:
    if row is None:
        return None
    return LaneLease(
        name=name,
        holder=holder,
        epoch=row["epoch"],
        filters=tuple(row["filters"]),
        had_session=row["had_session"],
        last_seen=row["last_seen"],
    )


async def renew(connection: Connection, lease: LaneLease, *, heard_at: datetime | None) -> None:
    """Hold the lane for another term, or raise LeaseLost.

    `heard_at` is when the lane last heard its broker: the beginning of any "messages may be lost from … to …".
    """
    if await connection.fetchval(_Q.renew, lease.name, lease.holder, lease.epoch, LEASE_S, heard_at) is None:
        raise LeaseLost(f"lane {lease.name} was taken by another gateway")


async def confirm(connection: Connection, lease: LaneLease) -> None:
    """First statement of every transaction of a lane: locks the lease's row for its length, or raises LeaseLost."""
    if await connection.fetchval(_Q.confirm, lease.name, lease.epoch) is None:
        raise LeaseLost(f"lane {lease.name} was taken by another gateway")


async def release(connection: Connection, lease: LaneLease) -> None:
    """Give the lane up at once, so that another gateway need not wait for the lease to run out."""
    await connection.execute(_Q.release, lease.name, lease.epoch)


async def note_session(connection: Connection, lease: LaneLease, filters: tuple[str, ...]) -> None:
    """Remember that the broker keeps a session for this lane, subscribed to these filters."""
    await connection.execute(_Q.note_session, lease.name, lease.epoch, list(filters))


async def unheld(connection: Connection) -> list[tuple[str, float]]:
    """Lanes in the settings of some gateway that nobody has held for `UNHELD_S`, and for how many seconds."""
    return [(row["name"], row["unheld_s"]) for row in await connection.fetch(_Q.unheld, UNHELD_S)]


async def forget_sessions(connection: Connection) -> None:
    """Note that no broker keeps a session for us: a broker in memory was stopped together with everything else."""
    await connection.execute(_Q.forget_sessions)


async def leaving(connection: Connection, named: Sequence[str]) -> list[Leaving]:
    """Lanes in use that are not among those named in the settings."""
    rows = await connection.fetch(_Q.leaving, list(named))
    return [Leaving(name=row["name"], filters=tuple(row["filters"]), held=row["held"]) for row in rows]


async def retire(connection: Connection, lease: LaneLease, *, now: datetime) -> None:
    """Note that the lane is out of use and the broker keeps nothing for it; raises LeaseLost."""
    if await connection.fetchval(_Q.retire, lease.name, lease.epoch, now) is None:
        raise LeaseLost(f"lane {lease.name} was taken by another gateway")
