"""Links without a sign-in: a short code, bound to a device by the last four digits of the responder's telephone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from store.database import Database
from store.passwords import digest_of, new_secret
from store.sql import queries

_Q: Final = queries("links")
_ACCOUNTS: Final = queries("accounts")

#: Codes that are none, from one address within the window, before it is told to wait; a link that stands always opens.
WRONG_CODES_MOST: Final = 30
_WINDOW: Final = timedelta(minutes=15)
#: No user is called so.
_NOBODY: Final = "/r"

#: Wrong digits on one link; then it opens no further device, and the desk takes the word by telephone.
TRIES_MOST: Final = 5
_DIGITS: Final = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Whose:
    """Whose an assignment is, and where its case lies."""

    incident_id: int
    responder_id: int
    user_id: int | None
    area: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """A link that stands."""

    assignment_id: int
    responder_id: int
    state: str
    is_locked: bool
    is_confirmed: bool


class Proof(StrEnum):
    """What became of four digits."""

    RIGHT = "right"
    WRONG = "wrong"
    LOCKED = "locked"


async def whose(db: Database, assignment_id: int) -> Whose | None:
    """Whose the assignment is; None where there is none."""
    row = await db.pool.fetchrow(_Q.whose, assignment_id)
    return None if row is None else Whose(**row)


async def find(db: Database, code: str, *, now: datetime) -> Link | None:
    """The link of this code while it stands; reading it changes nothing."""
    row = await db.pool.fetchrow(_Q.find, digest_of(code), now)
    return None if row is None else _link(row)


async def is_known(db: Database, responder_id: int, secret: str | None) -> bool:
    """Whether this device has proved before that it is the responder's."""
    if not secret:
        return False
    known: bool = await db.pool.fetchval(_Q.is_known, digest_of(secret), responder_id)
    return known


async def prove(db: Database, link: Link, digits: str, *, now: datetime) -> tuple[Proof, str | None]:
    """Bind a device to the responder: the secret its cookie keeps, or what is wrong with the digits."""
    async with db.transaction() as connection:
        row = await connection.fetchrow(_Q.lock, link.assignment_id)
        assert row is not None, "assignments stay"
        if row["link_tries"] >= TRIES_MOST:
            return Proof.LOCKED, None
        if not _agree(row["phone"], digits):
            await connection.execute(_Q.note_try, link.assignment_id)
            return Proof.WRONG, None
        secret = new_secret()
        await connection.execute(_Q.bind, digest_of(secret), link.responder_id, now)
    return Proof.RIGHT, secret


def _agree(phone: str | None, digits: str) -> bool:
    number = (phone or "").partition(";")[0]
    return len(digits) == _DIGITS and digits.isascii() and digits.isdigit() and number.endswith(digits)


async def note_wrong_code(db: Database, source: str, *, now: datetime) -> bool:
    """Count a code that is none; whether this address has tried too many."""
    row = await db.pool.fetchrow(_ACCOUNTS.failures, _NOBODY, source)
    if row is not None and row["count"] >= WRONG_CODES_MOST and now - row["last_at"] < _WINDOW:
        return True
    await db.pool.execute(_ACCOUNTS.note_failure, _NOBODY, source, now, now - _WINDOW)
    return False


async def confirm(db: Database, link: Link, *, now: datetime) -> None:
    """The stand-down was read; saying it twice changes nothing."""
    await db.pool.execute(_Q.confirm, link.assignment_id, now)


def _link(row: Any) -> Link:
    return Link(
        assignment_id=row["id"], responder_id=row["responder_id"], state=row["state"],
        is_locked=row["link_tries"] >= TRIES_MOST, is_confirmed=row["confirmed_at"] is not None,
    )  # fmt: skip
