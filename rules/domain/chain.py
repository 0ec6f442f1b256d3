"""The record's hash chain: exact text in, hash out; personal text enters only as a salted digest (invariant 10)."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

#: What the first entry of an incident is chained to.
GENESIS: Final = bytes(32)
#: Bytes of salt: beyond guessing, so that a short note ("she fell") cannot be found by trying texts.
SALT_BYTES: Final = 16


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """The fixed fields of a timeline entry: nothing personal stands here.

    `actor` is an id ("user:7", "system"), `facts` are codes and numbers, `text_digest` seals the personal text
    that is kept apart (None where there is none).
    """

    incident_id: int
    seq: int
    at: datetime
    actor: str
    action: str
    from_: str | None = None
    to: str | None = None
    facts: tuple[tuple[str, str | int | bool | None], ...] = ()
    text_digest: bytes | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored:
    """An entry as the database keeps it: the exact text and the hash over it and the hash before."""

    seq: int
    text: str
    hash: bytes


def text_of(entry: Entry) -> str:
    """The exact text that is stored and hashed: canonical JSON, keys in order, no spaces, time in UTC.

    `ValueError` for a time without a zone: it could not be read back.
    """
    if entry.at.tzinfo is None:
        raise ValueError("an entry's time needs a zone")
    fields = {
        "v": 1,
        "incident": entry.incident_id,
        "seq": entry.seq,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": entry.actor,
        "action": entry.action,
        "from": entry.from_,
        "to": entry.to,
        "facts": dict(entry.facts),
        "text": None if entry.text_digest is None else entry.text_digest.hex(),
    }
    return json.dumps(fields, ensure_ascii=True, sort_keys=True, separators=(",", ":"), allow_nan=False)


def hash_of(previous: bytes, text: str) -> bytes:
    """The hash of an entry's exact text and of the entry before it."""
    return hashlib.sha256(previous + text.encode()).digest()


def seal(salt: bytes, text: str) -> bytes:
    """The digest of a personal text under its salt: erasing both leaves a chain that still verifies."""
    if len(salt) < SALT_BYTES:
        raise ValueError(f"a salt has at least {SALT_BYTES} bytes")
    return hmac.new(salt, text.encode(), hashlib.sha256).digest()


def stored(entry: Entry, previous: bytes) -> Stored:
    """The entry as it is to be kept after the one whose hash is `previous`."""
    text = text_of(entry)
    return Stored(seq=entry.seq, text=text, hash=hash_of(previous, text))


def verify(entries: Iterable[Stored]) -> int | None:
    """The first seq at which the chain is broken, or None. Entries come in the order of seq, from 1."""
    previous = GENESIS
    for expected, entry in enumerate(entries, start=1):
        if entry.seq != expected or not _says_seq(entry):
            return expected
        if not hmac.compare_digest(hash_of(previous, entry.text), entry.hash):
            return expected
        previous = entry.hash
    return None


def _says_seq(entry: Stored) -> bool:
    try:
        fields = json.loads(entry.text)
    except ValueError:
        return False
    return isinstance(fields, dict) and fields.get("seq") == entry.seq


def anchor(previous: bytes, heads: Iterable[tuple[int, int, bytes]]) -> bytes:
    """Chain the last hashes of all incidents changed since the anchor before; (incident id, seq, hash) in any order."""
    digest = hashlib.sha256(previous)
    for incident_id, seq, head in sorted(heads):
        digest.update(f"{incident_id}:{seq}:".encode() + head)
    return digest.digest()
