"""What devices and vendors' bridges sign in to the broker with: issued, revoked, and how far the broker agrees."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from rules.domain.access import bridge_account, bridge_topics
from store.audit import note_look
from store.changes import Change, record
from store.database import Connection, Database
from store.passwords import digest_of
from store.registers.errors import RecordUnknown, RegisterError
from store.sealing import Keyring, KeyUnusable
from store.sql import queries

_Q: Final = queries("credentials")

#: A wake-up for the door: it says "look", never what.
CHANNEL: Final = "shouwang_credential"
#: 192 bits in 32 characters: no device's setting is known to be shorter, and nobody guesses it.
_SECRET_BYTES: Final = 24
#: One door at a time, whichever gateway runs it.
_ONE_DOOR: Final = 7_340_222


class NotRegistered(RegisterError):
    """The device is known only by its alarms: register it, then issue."""


class NothingToRevoke(RegisterError):
    """There is no credential, or it was revoked already."""


class Issued(msgspec.Struct, frozen=True, kw_only=True):
    """A credential at the one moment its password can be read."""

    username: str
    password: str


class CredentialState(msgspec.Struct, frozen=True, kw_only=True):
    """How a device's credential stands; `applied_at` is None while the broker has not agreed to the newest."""

    username: str
    issued_at: datetime
    revoked_at: datetime | None
    applied_at: datetime | None
    failure: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What the broker is to agree with; `password` is None for a revoked one, and where our key does not open it."""

    id: int
    username: str
    topics: tuple[str, ...]
    version: int
    is_revoked: bool
    password: str | None
    fingerprint: str  #: of the password, to be told from another without holding it
    failures: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Presented:
    """What is kept of a credential that somebody signs in with."""

    digest: bytes | None  #: None: revoked
    topics: tuple[str, ...]
    is_device: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    pending: int
    failing: int
    standing: int


# -- issuing and revoking -----------------------------------------------------------------------------------------


async def id_of_device(db: Database, device: str) -> int:
    """The number of the device of this id; RecordUnknown otherwise."""
    found: int | None = await db.pool.fetchval(_Q.device_id_named, device)
    if found is None:
        raise RecordUnknown(f"no device {device}")
    return found


async def issue(db: Database, keyring: Keyring, device_id: int, *, by: int | None, now: datetime) -> Issued:
    """Give a registered device a new password; an earlier one stops working. On record.

    RecordUnknown or NotRegistered otherwise. The password is told once: in what this returns.
    """
    async with db.transaction() as connection:
        device = await _locked(connection, device_id)
        if not device["registered"]:
            raise NotRegistered(f"the device {device['device']} is not registered")
        issued = await _issue(connection, keyring, device["device"], device_id=device_id, topics=(), now=now)
        await _on_record(connection, device, "credential_issued", by=by, now=now)
    return issued


async def revoke(db: Database, device_id: int, *, by: int | None, now: datetime) -> None:
    """Cut a device off: its password stops working and its connection ends. RecordUnknown or NothingToRevoke."""
    async with db.transaction() as connection:
        device = await _locked(connection, device_id)
        await _revoke(connection, device["device"], now=now)
        await _on_record(connection, device, "credential_revoked", by=by, now=now)


async def issue_to_bridge(
    db: Database, keyring: Keyring, bridge: str, topics: Sequence[str], *, by: int | None, now: datetime
) -> Issued:
    """Give a vendor's bridge a password and these topics, as subscription filters; they replace earlier ones.

    BridgeMisnamed or BridgeTopicsWrong where the name or a topic is none a bridge may have.
    """
    username, filters = bridge_account(bridge), bridge_topics(topics)
    async with db.transaction() as connection:
        issued = await _issue(connection, keyring, username, device_id=None, topics=filters, now=now)
        await note_look(connection, by, "credential_issued", f"bridge:{bridge}", now=now)
    return issued


async def revoke_bridge(db: Database, bridge: str, *, by: int | None, now: datetime) -> None:
    """Cut a vendor's bridge off; NothingToRevoke where there is none."""
    async with db.transaction() as connection:
        await _revoke(connection, bridge_account(bridge), now=now)
        await note_look(connection, by, "credential_revoked", f"bridge:{bridge}", now=now)


async def state_of(db: Database, device_id: int) -> CredentialState | None:
    """How the device's credential stands; None where none was ever issued."""
    row = await db.pool.fetchrow(_Q.of_device, device_id)
    return None if row is None else CredentialState(**dict(row))


async def _locked(connection: Connection, device_id: int) -> Any:
    row = await connection.fetchrow(_Q.lock_device, device_id)
    if row is None:
        raise RecordUnknown(f"no device {device_id}")
    return row


async def _issue(
    connection: Connection, keyring: Keyring, username: str, *, device_id: int | None, topics: tuple[str, ...],
    now: datetime,
) -> Issued:  # fmt: skip
    version = (await connection.fetchval(_Q.version_of, username) or 0) + 1
    password = secrets.token_urlsafe(_SECRET_BYTES)
    sealed = keyring.seal(password, context=_context(username, version))
    await connection.execute(
        _Q.issue, username, device_id, list(topics), version, digest_of(password), sealed, now
    )  # fmt: skip
    await connection.execute(_Q.wake)
    return Issued(username=username, password=password)


async def _revoke(connection: Connection, username: str, *, now: datetime) -> None:
    if await connection.fetchval(_Q.revoke, username, now) is None:
        raise NothingToRevoke(f"{username} has no credential that stands")
    await connection.execute(_Q.wake)


async def _on_record(connection: Connection, device: Any, action: str, *, by: int | None, now: datetime) -> None:
    await note_look(connection, by, action, f"device:{device['id']}", now=now)
    await record(connection, [Change(kind="device", object_id=device["id"], area=device["area"])], now=now)


def _context(username: str, version: int) -> str:
    return f"credential {username} {version}"


# -- for brokers that ask us --------------------------------------------------------------------------------------


async def presented(db: Database, username: str) -> Presented | None:
    """What is kept of this name's credential; None where none was ever issued."""
    row = await db.pool.fetchrow(_Q.presented, username)
    if row is None:
        return None
    return Presented(digest=row["digest"], topics=tuple(row["topics"]), is_device=row["is_device"])


# -- for the door -------------------------------------------------------------------------------------------------


async def take_door(connection: Connection) -> bool:
    """Become the one door for as long as this connection lives; False where another gateway is."""
    taken: bool = await connection.fetchval(_Q.try_door, _ONE_DOOR)
    return taken


async def pending(connection: Connection, keyring: Keyring, *, limit: int, now: datetime) -> list[Wanted]:
    """What the broker has not agreed to yet and is due to be told, revocations first."""
    rows = await connection.fetch(f"{_Q.wanted} {_Q.pending}", now, limit)
    return [_wanted(row, keyring) for row in rows]


async def wanted_after(connection: Connection, keyring: Keyring, after_id: int, *, limit: int) -> list[Wanted]:
    """Every credential, revoked ones too, a page at a time in order of id."""
    return [_wanted(row, keyring) for row in await connection.fetch(f"{_Q.wanted} {_Q.after}", after_id, limit)]


async def note_applied(connection: Connection, those: Sequence[Wanted], *, now: datetime) -> None:
    """The broker agrees with these versions."""
    await connection.execute(_Q.applied, [one.id for one in those], [one.version for one in those], now)


async def note_failure(connection: Connection, one: Wanted, why: str, *, try_at: datetime) -> None:
    """The broker refused this one; it is told again at `try_at`."""
    await connection.execute(_Q.not_applied, one.id, one.version, why[:200], try_at)


async def tell_again(connection: Connection, those: Sequence[Wanted], *, now: datetime) -> None:
    """The broker was found not to agree with these after all."""
    await connection.execute(_Q.again, [one.id for one in those], now)


async def counts(connection: Connection) -> Counts:
    row = await connection.fetchrow(_Q.counts)
    assert row is not None, "counts are one row"
    return Counts(**dict(row))


def _wanted(row: Any, keyring: Keyring) -> Wanted:
    digest = row["digest"]
    return Wanted(
        id=row["id"],
        username=row["username"],
        topics=tuple(row["topics"]),
        version=row["version"],
        is_revoked=row["revoked"],
        password=_opened(row, keyring),
        fingerprint="" if digest is None else digest[:4].hex(),
        failures=row["failures"],
    )


def _opened(row: Any, keyring: Keyring) -> str | None:
    if row["sealed"] is None:
        return None
    try:
        return keyring.open(row["sealed"], context=_context(row["username"], row["version"]))
    except KeyUnusable:
        return None  # of one row: the others' passwords must reach the broker all the same
