"""Passwords and secrets: argon2id for what people type, a plain digest for secrets we made ourselves."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

#: Each hashing holds 64 MiB; more at once would let strangers at the sign-in take the machine's memory.
HASHES_AT_ONCE: Final = 2

#: Bytes of chance in a secret of ours: too many to guess, so that a fast digest is enough to keep it by.
SECRET_BYTES: Final = 32

_HASHER: Final = PasswordHasher()


class Passwords:
    """Hashing beside the event loop, a bounded number at once."""

    def __init__(self) -> None:
        self._at_once = asyncio.Semaphore(HASHES_AT_ONCE)

    async def hash(self, password: str) -> str:
        """The argon2id hash to keep."""
        async with self._at_once:
            return await asyncio.to_thread(_HASHER.hash, password)

    async def agree(self, password: str, kept: str | None) -> bool:
        """Whether the password is the one kept; takes as long where there is none, so that time tells nobody."""
        async with self._at_once:
            return await asyncio.to_thread(_agree, password, kept)


def new_secret() -> str:
    """A secret for a session or a token."""
    return secrets.token_urlsafe(SECRET_BYTES)


def digest_of(secret: str) -> bytes:
    """What the database keeps of a secret of ours."""
    return hashlib.sha256(secret.encode()).digest()


def _agree(password: str, kept: str | None) -> bool:
    try:
        _HASHER.verify(kept or _nobodys_hash(), password)
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


@cache
def _nobodys_hash() -> str:
    return _HASHER.hash(new_secret())
