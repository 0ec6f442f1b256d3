"""What could not be used, with its exact bytes; and messages under suspicion of killing whoever decodes them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from store.database import Connection
from store.sql import queries

_Q: Final = queries("dead_letters")

#: A digest noted so often was decoded so often by a process that died of it (architecture.md, invariant 3).
SUSPECT_LIMIT: Final = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class DeadLetter:
    """One message, or one element of an array, that could not be used."""

    device: str
    topic: str
    source: str
    lane: str
    reason: str
    detail: str
    payload: bytes
    decoder: str  #: the version of the program that gave up
    retained: bool = False
    incident_id: int | None = None

    @property
    def key(self) -> tuple[str, str, bytes]:
        return self.device, self.topic, digest_of(self.payload)


def digest_of(payload: bytes) -> bytes:
    """What equal bytes share."""
    return hashlib.blake2b(payload, digest_size=16).digest()


async def bury(connection: Connection, letters: Sequence[DeadLetter], *, now: datetime) -> None:
    """Keep them; equal bytes of one device and topic are one row with a count. Rows are written in key order."""
    counts = Counter(letter.key for letter in letters)
    unique = {letter.key: letter for letter in letters}
    for key in sorted(unique):
        letter = unique[key]
        await connection.execute(
            _Q.bury,
            letter.device[:200], letter.topic[:1000], letter.source, letter.lane, letter.reason, letter.detail[:1000],
            letter.payload, key[2], letter.decoder, letter.retained, counts[key], now, letter.incident_id,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class BuriedCall:
    """A dead letter that was a call; `seen_in` is the incident that equal bytes opened or joined before."""

    id: int
    seen_in: int | None


async def bury_call(connection: Connection, letter: DeadLetter, *, now: datetime) -> BuriedCall:
    """Keep one letter that arrived as a call; its row stays locked until the caller's commit."""
    row = await connection.fetchrow(
        _Q.bury,
        letter.device[:200], letter.topic[:1000], letter.source, letter.lane, letter.reason, letter.detail[:1000],
        letter.payload, letter.key[2], letter.decoder, letter.retained, 1, now, letter.incident_id,
    )  # fmt: skip
    assert row is not None
    return BuriedCall(id=row["id"], seen_in=row["incident_id"])


async def noted_before(connection: Connection, lane: str, digests: Sequence[bytes]) -> dict[bytes, int]:
    """How often each of these messages was noted; those never noted are left out."""
    rows = await connection.fetch(_Q.noted_before, lane, list(digests))
    return {row["digest"]: row["noted"] for row in rows}


async def suspect(connection: Connection, lane: str, digests: Sequence[bytes], *, now: datetime) -> None:
    """Note that these messages are about to be decoded.

    Must be committed before decoding: the process may not come back to say so.
    """
    await connection.fetch(_Q.suspect, lane, sorted(set(digests)), now)


async def clear_suspects(connection: Connection, lane: str, digests: Sequence[bytes]) -> None:
    """They were decoded and nobody died."""
    await connection.execute(_Q.clear_suspects, lane, sorted(set(digests)))
