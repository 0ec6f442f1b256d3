"""`shouwang audit verify`: every incident's record read back and its hash chain checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from rules.domain.chain import Stored, verify
from store.database import Database
from store.sql import queries

_Q: Final = queries("verifying")

#: Incidents in one statement: a few thousand entries, well within a statement's time.
INCIDENTS_AT_ONCE: Final = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Broken:
    """An incident whose record is not what was written, and the first entry that shows it."""

    incident: int
    seq: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ChainReport:
    """What was read and what was found."""

    incidents: int
    entries: int
    broken: tuple[Broken, ...]


async def verify_all(db: Database) -> ChainReport:
    """Check every incident there is; errors of the database leave here. An entry cut off at the end is found too."""
    incidents, entries, after = 0, 0, 0
    broken: list[Broken] = []
    while rows := await db.pool.fetch(_Q.chains, after, INCIDENTS_AT_ONCE):
        for row in rows:
            incidents += 1
            entries += len(row["seqs"] or ())
            seq = first_break(dict(row))
            if seq is not None:
                broken.append(Broken(incident=row["id"], seq=seq))
        after = rows[-1]["id"]
    return ChainReport(incidents=incidents, entries=entries, broken=tuple(broken))


def first_break(row: Mapping[str, Any]) -> int | None:
    """The first seq that is wrong: in the chain itself, or where the incident says it ends elsewhere."""
    columns = (row["seqs"] or (), row["texts"] or (), row["hashes"] or ())
    kept = [Stored(seq=seq, text=text, hash=digest) for seq, text, digest in zip(*columns, strict=True)]
    found = verify(kept)
    if found is not None:
        return found
    claimed: int = row["last_seq"]
    if len(kept) != claimed:
        return min(len(kept), claimed) + 1
    if kept and kept[-1].hash != row["last_hash"]:
        return kept[-1].seq
    return None
