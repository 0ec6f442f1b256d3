"""Who signs in: sessions, tokens, and the lockout per account and source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import asyncpg

from store.audit import note_look
from store.database import Database, StoreError
from store.passwords import Passwords, digest_of, new_secret
from store.sql import queries

Q: Final = queries("accounts")

#: Failures from one source for one account before it has to wait; the source of the next desk is not touched.
FAILURES_ALLOWED: Final = 5
LOCKOUT_MINUTES: Final = 15
#: A session nobody uses; a desk on duty is never ended by it.
SESSION_HOURS: Final = 12
TOUCH_SECONDS: Final = 60


class AccountError(StoreError):
    """Base of what goes wrong with accounts."""


class SignInRefused(AccountError):
    """Name or password is wrong, or the account is switched off; which of them is nobody's business."""


class SignInLocked(AccountError):
    """Too many failures for this account from this source: wait, sign in elsewhere, or ask a supervisor."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Principal:
    """Somebody signed in, with the rights as they stood when they were read."""

    user_id: int
    name: str
    display_name: str
    role: str
    areas: tuple[str, ...]  #: empty: everywhere
    language: str
    version: int  #: of the user; rights changed when it grows
    digest: bytes  #: of the credential
    by_token: bool

    def may_see(self, area: str | None) -> bool:
        """Whether something of that area is in this user's sight; what has no area belongs to whoever sees everything
        and to every desk, since an alarm without a place must not fall between two."""
        return sees(self.areas, area)

    def covers(self, area: str | None) -> bool:
        """Whether everything of that area lies in this user's; None is the whole centre."""
        return not self.areas or (area is not None and self.may_see(area))


def sees(areas: Sequence[str], area: str | None) -> bool:
    """Whether something of that area is in the sight of whoever has these; none: everywhere."""
    if not areas or area is None:
        return True
    return any(area == own or area.startswith(f"{own}.") for own in areas)


async def sign_in(
    db: Database, passwords: Passwords, name: str, password: str, *, source: str, now: datetime
) -> tuple[str, Principal]:
    """Begin a session and return its secret; SignInRefused or SignInLocked otherwise. Open sessions go on."""
    if await _is_locked(db, name, source, now):
        raise SignInLocked("too many failed sign-ins for this account from this address")
    row = await db.pool.fetchrow(Q.for_sign_in, name)
    agrees = await passwords.agree(password, row["password"] if row else None)
    if row is None or not agrees or row["disabled_at"] is not None:
        since = now - timedelta(minutes=LOCKOUT_MINUTES)
        await db.pool.execute(Q.note_failure, name[:64], source, now, since)
        raise SignInRefused("name or password is wrong")
    secret = new_secret()
    async with db.transaction() as connection:
        await connection.execute(Q.forgive, name, source)
        await connection.execute(Q.drop_old_sessions, now)
        await connection.execute(Q.drop_old_failures, now - timedelta(hours=SESSION_HOURS))
        expires_at = now + timedelta(hours=SESSION_HOURS)
        await connection.execute(Q.begin_session, digest_of(secret), row["id"], now, expires_at, source)
        await note_look(connection, row["id"], "sign_in", f"user:{row['id']}", source=source, now=now)
    principal = await by_session(db, secret, now)
    assert principal is not None, "a session just begun stands"
    return secret, principal


async def by_session(db: Database, secret: str, now: datetime) -> Principal | None:
    """Who the cookie's secret belongs to, and a sign of life for the session; None where it does not stand."""
    digest = digest_of(secret)
    row = await db.pool.fetchrow(Q.by_session, digest, now)
    if row is None:
        return None
    if (now - row["seen_at"]).total_seconds() >= TOUCH_SECONDS:
        await db.pool.execute(Q.touch_session, digest, now, now + timedelta(hours=SESSION_HOURS))
    return _principal(row, digest, by_token=False)


async def by_token(db: Database, secret: str, now: datetime) -> Principal | None:
    """Who the bearer token belongs to; None where it does not stand."""
    digest = digest_of(secret)
    row = await db.pool.fetchrow(Q.by_token, digest, now)
    return _principal(row, digest, by_token=True) if row else None


async def end_session(db: Database, principal: Principal, now: datetime) -> None:
    """Sign out; streams of this session close by themselves."""
    async with db.transaction() as connection:
        await connection.execute(Q.end_session, principal.digest)
        await note_look(connection, principal.user_id, "sign_out", f"user:{principal.user_id}", now=now)


async def standing(db: Database, digests: Sequence[bytes], now: datetime) -> Mapping[bytes, int]:
    """Of these credentials those that still stand, with their user's version."""
    rows = await db.pool.fetch(Q.standing, list(digests), now)
    return {row["digest"]: row["version"] for row in rows}


async def _is_locked(db: Database, name: str, source: str, now: datetime) -> bool:
    row = await db.pool.fetchrow(Q.failures, name[:64], source)
    if row is None or row["count"] < FAILURES_ALLOWED:
        return False
    last_at: datetime = row["last_at"]
    return now - last_at < timedelta(minutes=LOCKOUT_MINUTES)


def _principal(row: asyncpg.Record, digest: bytes, *, by_token: bool) -> Principal:
    return Principal(
        user_id=row["id"],
        name=row["name"],
        display_name=row["display_name"],
        role=row["role"],
        areas=tuple(row["areas"]),
        language=row["language"],
        version=row["version"],
        digest=digest,
        by_token=by_token,
    )
