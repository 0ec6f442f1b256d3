"""`shouwang audit verify`: every incident's record read back, its chain, its sealed texts and its anchors checked."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from rules.domain import chain
from rules.domain.chain import Stored, verify
from store import anchors
from store.database import Database
from store.sealing import Keyring, KeyUnusable, open_text
from store.sql import queries

if TYPE_CHECKING:
    from store.database import Connection

_Q: Final = queries("verifying")
_ANCHORS: Final = queries("anchors")

#: Incidents in one statement: a few thousand entries, well within a statement's time.
INCIDENTS_AT_ONCE: Final = 200
ANCHORS_AT_ONCE: Final = 100


class Part(StrEnum):
    """What of an entry, or of an anchor, is not what was written."""

    ENTRY = "entry"  #: its bytes, its hash, its place in the chain, or it is missing
    COLUMNS = "columns"  #: the time or action beside the chained text
    TEXT = "text"  #: the personal text is not the one that was sealed
    TEXT_MISSING = "text_missing"
    TEXT_ADDED = "text_added"  #: no entry seals it
    ANCHOR = "anchor"  #: the anchor's own chain
    UNLIKE_ANCHOR = "unlike_anchor"  #: a whole chain written anew: it verifies, the anchor says it was another
    UNLIKE_OUTSIDE = "unlike_outside"  #: an anchor that differs from the copy kept outside


@dataclass(frozen=True, kw_only=True, slots=True)
class Broken:
    """Where the record is not what was written."""

    part: Part
    incident: int | None = None
    number: str = ""
    seq: int | None = None
    anchor: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ChainReport:
    """What was read and what was found."""

    incidents: int
    entries: int
    texts: int
    erased: int
    anchors: int
    broken: tuple[Broken, ...]


async def verify_all(
    db: Database, keyring: Keyring | None = None, *, outside: Mapping[int, bytes] | None = None
) -> ChainReport:
    """Check every incident and every anchor there is; errors of the database leave here.

    Without `keyring` sealed texts are only counted. `outside` are anchors' hashes as they were kept elsewhere.
    """
    incidents, entries, texts, erased, after = 0, 0, 0, 0, 0
    broken: list[Broken] = []
    while rows := await db.pool.fetch(_Q.chains, after, INCIDENTS_AT_ONCE):
        for row in rows:
            incidents += 1
            entries += len(row["seqs"] or ())
            found = _chain_break(dict(row))
            if found is not None:
                broken.append(found)
        numbers = {row["id"]: row["number"] for row in rows}
        for text in await db.pool.fetch(_Q.sealed_texts, list(numbers)):
            part = _text_break(text, keyring)
            texts += text["has_text"]
            erased += text["has_text"] and text["sealed"] is None
            if part is not None:
                broken.append(
                    Broken(part=part, incident=text["incident_id"], number=numbers[text["incident_id"]],
                           seq=text["seq"])
                )  # fmt: skip
        after = rows[-1]["id"]
    checked, more = await _anchors(db, outside or {})
    return ChainReport(
        incidents=incidents, entries=entries, texts=texts, erased=erased, anchors=checked,
        broken=(*broken, *more),
    )  # fmt: skip


def _chain_break(row: Mapping[str, Any]) -> Broken | None:
    seq = first_break(row)
    if seq is not None:
        return Broken(part=Part.ENTRY, incident=row["id"], number=row["number"], seq=seq)
    columns = zip(row["seqs"] or (), row["texts"] or (), row["actions"] or (), row["ats"] or (), strict=True)
    for seq, text, action, at in columns:
        fixed = json.loads(text)
        if fixed["action"] != action or fixed["at"] != at.astimezone(UTC).isoformat(timespec="microseconds"):
            return Broken(part=Part.COLUMNS, incident=row["id"], number=row["number"], seq=seq)
    return None


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


def _text_break(row: Any, keyring: Keyring | None) -> Part | None:
    """What is wrong with an entry's personal text; an erased one is gone by a rule, and that is right."""
    if row["fixed"] is None:
        return Part.TEXT_ADDED
    digest = _digest_in(row["fixed"])
    if digest is None:
        return Part.TEXT_ADDED if row["has_text"] else None
    if not row["has_text"]:
        return Part.TEXT_MISSING
    if row["erased_at"] is not None or row["key_erased_at"] is not None:
        return None if row["sealed"] is None or row["wrapped"] is None else Part.TEXT
    if row["sealed"] is None or row["salt"] is None:
        return Part.TEXT_MISSING
    return None if keyring is None or _opens_to(row, keyring, digest) else Part.TEXT


def _digest_in(fixed: str) -> str | None:
    try:
        found = json.loads(fixed).get("text")
    except (ValueError, AttributeError):
        return None  # the chain has said so already
    return found if isinstance(found, str) else None


def _opens_to(row: Any, keyring: Keyring, digest: str) -> bool:
    try:
        cipher = AESGCM(keyring.unwrap(row["wrapped"], owner=row["key_owner"]))
        text = open_text(cipher, row["sealed"], context=f"entry {row['incident_id']}:{row['seq']}")
        return hmac.compare_digest(chain.seal(row["salt"], text).hex(), digest)
    except (KeyUnusable, ValueError):
        return False


async def _anchors(db: Database, outside: Mapping[int, bytes]) -> tuple[int, list[Broken]]:
    """Each anchor's own chain, what it covers as it stands now, and the copies kept elsewhere."""
    broken: list[Broken] = []
    first = await anchors.first_broken(db)
    if first is not None:
        broken.append(Broken(part=Part.ANCHOR, anchor=first))
    count = 0
    after = 0
    async with db.pool.acquire() as connection:
        while rows := await connection.fetch(_ANCHORS.some, after, ANCHORS_AT_ONCE):
            for row in rows:
                count += 1
                if row["no"] in outside and outside[row["no"]] != bytes(row["hash"]):
                    broken.append(Broken(part=Part.UNLIKE_OUTSIDE, anchor=row["no"]))
                broken += await _unlike(connection, row["no"], json.loads(row["covers"]))
            after = rows[-1]["no"]
    missing = [no for no in outside if no > after]
    return count, [*broken, *(Broken(part=Part.UNLIKE_OUTSIDE, anchor=no) for no in sorted(missing))]


async def _unlike(connection: Connection, no: int, covers: Sequence[Any]) -> list[Broken]:
    rows = await connection.fetch(_Q.hashes_of, [cover[0] for cover in covers], [cover[1] for cover in covers])
    now = {(row["incident_id"], row["seq"]): row["hash"].hex() for row in rows}
    return [
        Broken(part=Part.UNLIKE_ANCHOR, incident=incident, seq=seq, anchor=no)
        for incident, seq, head in covers
        if now.get((incident, seq)) != head
    ]
