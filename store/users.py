"""Accounts as an administrator keeps them: users and the tokens of programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import asyncpg
import msgspec

from store.accounts import AccountError
from store.audit import note_look
from store.changes import Change, record
from store.database import Database
from store.feed import snapshot
from store.passwords import Passwords, digest_of, new_secret
from store.registers.areas import make_areas
from store.sql import queries

if TYPE_CHECKING:
    from store.database import Connection

Q: Final = queries("accounts")


class UserUnknown(AccountError):
    """No such user or token; read the list again."""


class UserExists(AccountError):
    """The sign-in name is taken; choose another."""


class UserChanged(AccountError):
    """Somebody changed the user since it was read; `current` is its version now."""

    def __init__(self, current: int) -> None:
        super().__init__(f"the user is at version {current} by now")
        self.current = current


class TokenRevoked(AccountError):
    """A token that was revoked is not given back; make another."""


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A user as an administrator sees it; never the password."""

    id: str
    name: str
    display_name: str
    role: str
    areas: Sequence[str]
    language: str
    phone: str | None  #: where the on-call list rings, normalised
    phone_typed: str | None
    email: str | None
    channels: Sequence[str]  #: kinds in the order tried; empty: as a notice needs
    disabled: bool
    created_at: datetime
    version: int


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A program's token; its secret is shown once, when it is made."""

    id: str
    name: str
    user_id: str
    user_name: str
    made_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    version: int


class NewUser(msgspec.Struct, frozen=True, kw_only=True):
    """What it takes to make a user."""

    name: str
    display_name: str
    role: str
    areas: Sequence[str] = ()
    language: str = "zh-CN"
    password: str | None = None
    phone: str | None = None
    phone_typed: str | None = None
    email: str | None = None
    channels: Sequence[str] = ()


async def list_users(db: Database, *, after: int, limit: int) -> tuple[list[User], int]:
    """Users in the order they were made, and the feed's number they stand at."""
    async with snapshot(db) as (connection, seq):
        return [_user(row) for row in await connection.fetch(Q.users, after, limit)], seq


async def read_user(db: Database, user_id: int) -> User:
    """One user; UserUnknown otherwise."""
    row = await db.pool.fetchrow(Q.user, user_id)
    if row is None:
        raise UserUnknown(f"no user {user_id}")
    return _user(row)


async def add_user(db: Database, passwords: Passwords, new: NewUser, *, by: int | None, now: datetime) -> User:
    """Make a user, on record; UserExists where the name is taken. `by` None is the command line."""
    kept = await passwords.hash(new.password) if new.password else None
    try:
        async with db.transaction() as connection:
            await make_areas(connection, new.areas)
            user_id = await connection.fetchval(
                Q.add_user,
                new.name,
                new.display_name,
                new.role,
                list(new.areas),
                new.language,
                kept,
                now,
                new.phone,
                new.phone_typed,
                new.email,
                list(new.channels),
            )
            await _on_record(connection, user_id, "user_added", by=by, now=now)
    except asyncpg.UniqueViolationError as error:
        raise UserExists(f"the name {new.name} is taken") from error
    return await read_user(db, user_id)


async def change_user(
    db: Database,
    passwords: Passwords,
    user_id: int,
    changes: dict[str, Any],
    *,
    version: int | None,
    by: int | None,
    now: datetime,
) -> User:
    """Change what is named; a new password, or switching off, ends every session of the user. On record."""
    kept = await passwords.hash(changes["password"]) if changes.get("password") else None
    async with db.transaction() as connection:
        row = await connection.fetchrow(Q.lock_user, user_id)
        if row is None:
            raise UserUnknown(f"no user {user_id}")
        if version is not None and version != row["version"]:
            raise UserChanged(row["version"])
        wanted = {name: changes.get(name, row[name]) for name in ("display_name", "role", "areas", "language")}
        reached = [changes.get(name, row[name]) for name in ("phone", "phone_typed", "email", "channels")]
        disabled_at = _disabled_at(row["disabled_at"], changes.get("disabled"), now)
        await make_areas(connection, changes.get("areas") or ())
        await connection.execute(Q.change_user, user_id, *wanted.values(), kept, disabled_at, *reached)
        if kept or disabled_at:
            await connection.execute(Q.end_sessions_of, user_id)
        if kept:
            await connection.execute(Q.forgive_everywhere, row["name"])
        await _on_record(connection, user_id, "user_changed", by=by, now=now)
    return await read_user(db, user_id)


async def id_of_name(db: Database, name: str) -> int:
    """The user of this sign-in name; UserUnknown otherwise."""
    user_id: int | None = await db.pool.fetchval(Q.id_of_name, name)
    if user_id is None:
        raise UserUnknown(f"no user named {name}")
    return user_id


async def list_tokens(db: Database, *, after: int, limit: int) -> tuple[list[Token], int]:
    """Tokens in the order they were made, revoked ones too, and the feed's number they stand at."""
    async with snapshot(db) as (connection, seq):
        rows = await connection.fetch(Q.tokens, after, limit)
    return [_token(row) for row in rows], seq


async def read_token(db: Database, token_id: int) -> Token:
    """One token, revoked or not; UserUnknown otherwise."""
    row = await db.pool.fetchrow(Q.token, token_id)
    if row is None:
        raise UserUnknown(f"no token {token_id}")
    return _token(row)


async def change_token(
    db: Database, token_id: int, changes: Mapping[str, Any], *, version: int | None, by: int, now: datetime
) -> None:
    """Call it otherwise, or let it end at another time; UserUnknown, UserChanged, TokenRevoked. On record."""
    async with db.transaction() as connection:
        row = await connection.fetchrow(Q.lock_token, token_id)
        if row is None:
            raise UserUnknown(f"no token {token_id}")
        if version is not None and version != row["version"]:
            raise UserChanged(row["version"])
        if row["revoked_at"] is not None:
            raise TokenRevoked("what was revoked stays so; make another")
        wanted = {name: changes.get(name, row[name]) for name in ("name", "expires_at")}
        await connection.execute(Q.change_token, token_id, *wanted.values())
        await note_look(connection, by, "token_changed", f"token:{token_id}", now=now)
        await record(connection, [Change(kind="session", object_id=row["user_id"])], now=now)


async def end_user(db: Database, user_id: int, *, version: int | None, by: int, now: datetime) -> None:
    """Switch an account off for good: sessions end, tokens are revoked, streams close within two seconds.

    The row stays: the record names who did what. UserUnknown or UserChanged otherwise.
    """
    async with db.transaction() as connection:
        row = await connection.fetchrow(Q.lock_user, user_id)
        if row is None:
            raise UserUnknown(f"no user {user_id}")
        if version is not None and version != row["version"]:
            raise UserChanged(row["version"])
        kept = [row[name] for name in ("display_name", "role", "areas", "language")]
        reached = [row[name] for name in ("phone", "phone_typed", "email", "channels")]
        await connection.execute(Q.change_user, user_id, *kept, None, row["disabled_at"] or now, *reached)
        await connection.execute(Q.end_sessions_of, user_id)
        await connection.execute(Q.revoke_tokens_of, user_id, now)
        if await connection.fetchval(Q.off_duty, user_id, now) is not None:
            await note_look(connection, user_id, "duty_off", f"user:{user_id}", now=now)
        await _on_record(connection, user_id, "user_ended", by=by, now=now)


async def add_token(
    db: Database, user_id: int, name: str, *, expires_at: datetime | None, by: int | None, now: datetime
) -> tuple[str, str]:
    """Make a token for a user; returns its id and its secret, which is kept nowhere. UserUnknown otherwise."""
    secret = new_secret()
    try:
        async with db.transaction() as connection:
            token_id = await connection.fetchval(Q.add_token, name, digest_of(secret), user_id, now, expires_at)
            await note_look(connection, by, "token_added", f"token:{token_id}", now=now)
    except asyncpg.ForeignKeyViolationError as error:
        raise UserUnknown(f"no user {user_id}") from error
    return str(token_id), secret


async def revoke_token(db: Database, token_id: int, *, by: int | None, now: datetime) -> None:
    """Revoke a token; saying it twice changes nothing. Its streams close within two seconds."""
    async with db.transaction() as connection:
        user_id = await connection.fetchval(Q.revoke_token, token_id, now)
        if user_id is None:
            raise UserUnknown(f"no token {token_id}")
        await note_look(connection, by, "token_revoked", f"token:{token_id}", now=now)
        await record(connection, [Change(kind="session", object_id=user_id)], now=now)


async def _on_record(connection: Connection, user_id: int, action: str, *, by: int | None, now: datetime) -> None:
    await note_look(connection, by, action, f"user:{user_id}", now=now)
    await record(connection, [Change(kind="user", object_id=user_id)], now=now)


def _token(row: asyncpg.Record) -> Token:
    return Token(**{**dict(row), "id": str(row["id"]), "user_id": str(row["user_id"])})


def _disabled_at(before: datetime | None, wanted: bool | None, now: datetime) -> datetime | None:
    if wanted is None:
        return before
    return (before or now) if wanted else None


def _user(row: asyncpg.Record) -> User:
    return User(
        id=str(row["id"]),
        name=row["name"],
        display_name=row["display_name"],
        role=row["role"],
        areas=row["areas"],
        language=row["language"],
        phone=row["phone"],
        phone_typed=row["phone_typed"],
        email=row["email"],
        channels=row["channels"],
        disabled=row["disabled_at"] is not None,
        created_at=row["created_at"],
        version=row["version"],
    )
