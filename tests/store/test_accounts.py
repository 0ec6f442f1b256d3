"""Accounts: what is kept of a secret, and what ends a sign-in."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from store.accounts import (
    FAILURES_ALLOWED,
    LOCKOUT_MINUTES,
    SESSION_HOURS,
    SignInLocked,
    SignInRefused,
    by_session,
    by_token,
    sign_in,
    standing,
)
from store.database import Database
from store.passwords import Passwords
from store.users import NewUser, User, UserChanged, UserExists, add_token, add_user, change_user

WORD = "a long enough word"


@pytest.fixture
def passwords() -> Passwords:
    return Passwords()


@pytest.fixture
async def mei(db: Database, passwords: Passwords, now: datetime) -> User:
    new = NewUser(name="mei", display_name="Mei", role="dispatcher", password=WORD)
    return await add_user(db, passwords, new, by=None, now=now)


async def test_neither_password_nor_secret_is_kept(
    db: Database, passwords: Passwords, mei: User, now: datetime
) -> None:
    secret, _ = await sign_in(db, passwords, "mei", WORD, source="10.0.0.1", now=now)
    kept = await db.pool.fetchrow("SELECT u.password, s.digest FROM app_user u JOIN session s ON s.user_id = u.id")
    assert kept is not None
    assert kept["password"].startswith("$argon2id$")
    assert secret.encode() not in kept["digest"]


@pytest.mark.parametrize(("name", "word"), [("mei", "another"), ("nobody", WORD)])
async def test_a_wrong_name_and_a_wrong_password_are_refused_alike(
    db: Database, passwords: Passwords, mei: User, now: datetime, name: str, word: str
) -> None:
    with pytest.raises(SignInRefused, match="name or password is wrong"):
        await sign_in(db, passwords, name, word, source="10.0.0.1", now=now)


async def test_lockout_counts_account_and_source_and_ends_by_itself(
    db: Database, passwords: Passwords, mei: User, now: datetime
) -> None:
    for _ in range(FAILURES_ALLOWED):
        with pytest.raises(SignInRefused):
            await sign_in(db, passwords, "mei", "guess", source="lobby", now=now)
    with pytest.raises(SignInLocked):
        await sign_in(db, passwords, "mei", WORD, source="lobby", now=now)
    await sign_in(db, passwords, "mei", WORD, source="desk 3", now=now)
    later = now + timedelta(minutes=LOCKOUT_MINUTES)
    await sign_in(db, passwords, "mei", WORD, source="lobby", now=later)


async def test_a_session_ends_when_nobody_uses_it(db: Database, passwords: Passwords, mei: User, now: datetime) -> None:
    secret, _ = await sign_in(db, passwords, "mei", WORD, source="", now=now)
    half = now + timedelta(hours=SESSION_HOURS / 2)
    assert await by_session(db, secret, half) is not None
    assert await by_session(db, secret, half + timedelta(hours=SESSION_HOURS - 1)) is not None
    assert await by_session(db, secret, half + timedelta(hours=3 * SESSION_HOURS)) is None


async def test_a_new_password_ends_every_session_of_the_user(
    db: Database, passwords: Passwords, mei: User, now: datetime
) -> None:
    secret, principal = await sign_in(db, passwords, "mei", WORD, source="", now=now)
    await change_user(db, passwords, int(mei.id), {"password": "another word"}, version=None, by=None, now=now)
    assert await by_session(db, secret, now) is None
    assert await standing(db, [principal.digest], now) == {}


async def test_a_token_ends_at_its_time(db: Database, mei: User, now: datetime) -> None:
    until = now + timedelta(days=1)
    _, secret = await add_token(db, int(mei.id), "reports", expires_at=until, by=None, now=now)
    found = await by_token(db, secret, now)
    assert found is not None
    assert (found.name, found.by_token) == ("mei", True)
    assert await by_token(db, secret, until) is None


async def test_a_name_is_given_once(db: Database, passwords: Passwords, mei: User, now: datetime) -> None:
    with pytest.raises(UserExists):
        await add_user(db, passwords, NewUser(name="mei", display_name="M", role="auditor"), by=None, now=now)


async def test_a_change_of_an_older_version_is_refused(
    db: Database, passwords: Passwords, mei: User, now: datetime
) -> None:
    await change_user(db, passwords, int(mei.id), {"role": "supervisor"}, version=1, by=None, now=now)
    with pytest.raises(UserChanged) as refused:
        await change_user(db, passwords, int(mei.id), {"role": "auditor"}, version=1, by=None, now=now)
    assert refused.value.current == 2


async def test_what_administrators_do_is_on_record(
    db: Database, passwords: Passwords, mei: User, now: datetime
) -> None:
    await change_user(db, passwords, int(mei.id), {"disabled": True}, version=None, by=int(mei.id), now=now)
    rows = await db.pool.fetch("SELECT action, user_id FROM audit ORDER BY no")
    assert [tuple(row) for row in rows] == [("user_added", None), ("user_changed", int(mei.id))]
