"""Audited calls: a month's sample with its seed, one sheet each, a second reviewer where they disagree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from rules.domain.call_audits import Candidate, draw, score_pct
from rules.domain.vocabulary import Priority
from store.audit import note_look
from store.database import Connection, Database
from store.feed import snapshot
from store.registers.errors import RecordChanged, RecordUnknown, RegisterError
from store.sealing import Keyring, open_text, owner_cipher, seal_text
from store.sql import queries

_Q: Final = queries("call_audits")


class AuditRefused(RegisterError):
    """Who scores is neither whose call it was nor who scored it before, and a second opinion needs a first."""


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """One reviewer's sheet."""

    reviewer: str
    scores: Mapping[str, int]
    pct: float | None
    at: datetime


class CallAudit(msgspec.Struct, frozen=True, kw_only=True):
    """One call that was drawn, and what was found."""

    id: str
    sample: str
    incident: str
    incident_number: str
    entry: int
    user: str
    user_name: str
    called_at: datetime
    stratum: str
    call: Mapping[str, Any]  #: as the case's record has it: to whom, with what result
    recording: str | None
    first: Sheet | None
    second_wanted: bool
    second: Sheet | None
    note: str | None
    signed_at: datetime | None
    disagrees: bool
    area: str | None
    version: int


class CallSample(msgspec.Struct, frozen=True, kw_only=True):
    """A month's sample: who draws again with this seed from the same calls draws the same."""

    id: str
    month: date
    seed: str
    per_user: int
    candidates: int
    drawn_by: str
    drawn_at: datetime
    audits: Sequence[CallAudit]


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What to draw: from the calls of [start, end), of these areas (none: everywhere)."""

    month: date
    start: datetime
    end: datetime
    seed: int
    per_user: int
    areas: Sequence[str]
    timezone: ZoneInfo


@dataclass(frozen=True, kw_only=True, slots=True)
class Scored:
    """A sheet handed in."""

    scores: Mapping[str, int]
    note: str | None
    second_wanted: bool


async def draw_sample(db: Database, wanted: Wanted, *, keyring: Keyring, by: int, now: datetime) -> CallSample:
    """Draw a month's sample and keep it with its seed. On record."""
    async with db.transaction() as connection:
        rows = await connection.fetch(_Q.candidates, wanted.start, wanted.end, list(wanted.areas))
        candidates = [_candidate(row) for row in rows]
        drawn = draw(candidates, seed=wanted.seed, per_user=wanted.per_user, zone=wanted.timezone)
        sample_id = await connection.fetchval(
            _Q.add_sample, wanted.month, wanted.seed, wanted.per_user, list(wanted.areas), len(candidates), by, now
        )
        calls = [call for call, _ in drawn]
        await connection.execute(
            _Q.add_audits, sample_id, [call.incident_id for call in calls], [call.seq for call in calls],
            [call.user_id for call in calls], [call.called_at for call in calls], [str(why) for _, why in drawn],
        )  # fmt: skip
        await note_look(connection, by, "calls_drawn", f"call_sample:{sample_id}", now=now)
        sample = await connection.fetchrow(_Q.sample, sample_id)
        audits = await connection.fetch(f"{_Q.audit} {_Q.listed}", 0, [], None, sample_id, None, len(drawn) + 1)
    assert sample is not None, "it was just made"
    return CallSample(
        id=str(sample_id), month=sample["month"], seed=str(sample["seed"]), per_user=sample["per_user"],
        candidates=sample["candidates"], drawn_by=str(sample["drawn_by"]), drawn_at=sample["drawn_at"],
        audits=[_audit(row, keyring) for row in audits],
    )  # fmt: skip


async def list_audits(
    db: Database, *, sight: Sequence[str], user_id: int | None, sample_id: int | None, unscored: bool | None,
    keyring: Keyring, after: int, limit: int,
) -> tuple[list[CallAudit], int]:  # fmt: skip
    """In the order they were drawn, and the feed's number they stand at."""
    async with snapshot(db) as (connection, seq):
        rows = await connection.fetch(
            f"{_Q.audit} {_Q.listed}", after, list(sight), user_id, sample_id, unscored, limit
        )
    return [_audit(row, keyring) for row in rows], seq


async def read_audit(db: Database, audit_id: int, *, keyring: Keyring) -> CallAudit:
    """One of them; RecordUnknown otherwise."""
    row = await db.pool.fetchrow(f"{_Q.audit} {_Q.one}", audit_id)
    if row is None:
        raise RecordUnknown(f"no call audit {audit_id}")
    return _audit(row, keyring)


async def score(
    db: Database, audit_id: int, scored: Scored, *, version: int | None, keyring: Keyring, by: int, now: datetime
) -> None:
    """Hand a sheet in: the first, or another reviewer's second. RecordUnknown, RecordChanged, AuditRefused."""
    async with db.transaction() as connection:
        row = await _lock(connection, audit_id, version)
        if row["user_id"] == by:
            raise AuditRefused("nobody scores their own call")
        owner, sealed = await _seal(connection, keyring, audit_id, scored.note)
        scores = dict(scored.scores)
        if row["scores"] is None:
            await connection.execute(_Q.score, audit_id, by, scores, now, scored.second_wanted, owner, sealed)
        elif row["reviewer"] == by or row["second_scores"] is not None:
            raise AuditRefused("it has its sheets: a second one is another reviewer's, and there is no third")
        else:
            await connection.execute(_Q.score_again, audit_id, by, scores, now, owner, sealed)
        await note_look(connection, by, "call_scored", f"call_audit:{audit_id}", now=now)


async def sign(db: Database, audit_id: int, *, disagrees: bool, version: int | None, by: int, now: datetime) -> None:
    """Whose call it was has read the feedback; who disagrees gets a second reviewer. AuditRefused otherwise."""
    async with db.transaction() as connection:
        row = await _lock(connection, audit_id, version)
        if row["user_id"] != by or row["scores"] is None:
            raise AuditRefused("it is signed by whose call it was, once it is scored")
        await connection.execute(_Q.sign, audit_id, now, disagrees)
        await note_look(connection, by, "call_audit_signed", f"call_audit:{audit_id}", now=now)


async def _lock(connection: Connection, audit_id: int, version: int | None) -> Any:
    locked = await connection.fetchval(_Q.lock, audit_id)
    if locked is None:
        raise RecordUnknown(f"no call audit {audit_id}")
    if version is not None and version != locked:
        raise RecordChanged(locked)
    return await connection.fetchrow(f"{_Q.audit} {_Q.one}", audit_id)


async def _seal(
    connection: Connection, keyring: Keyring, audit_id: int, note: str | None
) -> tuple[str | None, bytes | None]:
    if not note:
        return None, None
    owner = f"q{audit_id}"
    return owner, seal_text(await owner_cipher(connection, keyring, owner), note, context=owner)


def _candidate(row: Any) -> Candidate:
    return Candidate(
        incident_id=row["incident_id"], seq=row["seq"], user_id=row["user_id"], called_at=row["called_at"],
        class_=row["class"], priority=Priority(row["priority"]), outcome=row["outcome"],
    )  # fmt: skip


def _audit(row: Any, keyring: Keyring) -> CallAudit:
    return CallAudit(
        id=str(row["id"]), sample=str(row["sample_id"]), incident=str(row["incident_id"]),
        incident_number=row["incident_number"], entry=row["entry_seq"], user=str(row["user_id"]),
        user_name=row["user_name"], called_at=row["called_at"], stratum=row["stratum"], call=row["call"] or {},
        recording=row["recording"], first=_sheet(row["reviewer"], row["scores"], row["reviewed_at"]),
        second_wanted=row["second_wanted"],
        second=_sheet(row["second_reviewer"], row["second_scores"], row["second_at"]), note=_note(row, keyring),
        signed_at=row["signed_at"], disagrees=row["disagrees"], area=row["area"], version=row["version"],
    )  # fmt: skip


def _sheet(reviewer: int | None, scores: Mapping[str, int] | None, at: datetime | None) -> Sheet | None:
    if reviewer is None or scores is None or at is None:
        return None
    return Sheet(reviewer=str(reviewer), scores=scores, pct=score_pct(scores), at=at)


def _note(row: Any, keyring: Keyring) -> str | None:
    if row["note_sealed"] is None or row["wrapped"] is None:
        return None
    owner = row["note_owner"]
    return open_text(AESGCM(keyring.unwrap(row["wrapped"], owner=owner)), row["note_sealed"], context=owner)
