"""Telephone calls as the telephone system reports them: ringing, answered, or a case that nobody has answered."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec

from rules.domain import correlation, policy, ringing
from rules.domain.masking import mask_name, mask_phone
from rules.domain.ringing import Match
from rules.domain.vocabulary import Family
from store import changes
from store.cases import SYSTEM, changes_of, lock_subject
from store.changes import Change
from store.context import floor_now, policy_now
from store.database import Database
from store.feed import snapshot
from store.opening import Cause, Centre, relate_and_apply
from store.registers.errors import RecordChanged, RecordUnknown
from store.row_guard import RowGuard
from store.sql import queries

if TYPE_CHECKING:
    from store.database import Connection

_Q: Final = queries("ringing")

#: In one turn of the engine; more wait for the next, a second later.
BATCH: Final = 50


class CallParty(msgspec.Struct, frozen=True, kw_only=True):
    """Whose number it is, masked as in every list."""

    id: str
    masked_name: str
    role: str | None = None  #: of a contact: a barred one is shown as barred


class TelephoneCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call as lists and desks show it."""

    id: str
    direction: str
    state: str  #: ringing, answered, ended, missed
    masked_number: str
    line: str
    began_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    resident: CallParty | None
    contact: CallParty | None
    device: str | None
    area: str | None
    incident: str | None
    version: int


class TelephoneCallWhole(TelephoneCall, frozen=True, kw_only=True):
    """A call with its number and recording."""

    number: str
    recording: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Reported:
    """What the telephone system reports of a call; the number as the registers keep it, where it is one."""

    direction: str
    number: str
    line: str
    began_at: datetime
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    recording: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """What has become known since."""

    answered_at: datetime | None = None
    ended_at: datetime | None = None
    recording: str | None = None
    incident_id: int | None = None


async def report(db: Database, said: Reported, *, centre: Centre, now: datetime) -> tuple[int, bool]:
    """Keep a call and show it; one that ended unanswered is a case at once. Its id, and whether it is new."""
    async with db.transaction() as connection:
        match = ringing.whose([Match(**row) for row in await connection.fetch(_Q.match, said.number)])
        due = ringing.due_at(said.began_at, now) if said.direction == "in" else None
        call_id = await connection.fetchval(
            _Q.insert, said.direction, said.number, said.line, said.began_at, said.answered_at, said.ended_at,
            said.recording, match.resident_id, match.contact_id, match.device_id, match.premises_id, match.area, now,
            due,
        )  # fmt: skip
        if call_id is not None:
            await changes.record(connection, [_change(call_id, match.area)], now=now)
    if call_id is None:
        known = await db.pool.fetchval(_Q.reported, said.direction, said.line, said.number, said.began_at)
        later = Progress(answered_at=said.answered_at, ended_at=said.ended_at, recording=said.recording)
        await progress(db, int(known), later, version=None, centre=centre, now=now)
        return int(known), False
    if said.ended_at is not None:
        await _make_case(db, call_id, centre=centre, now=now)
    return int(call_id), True


async def progress(
    db: Database, call_id: int, said: Progress, *, version: int | None, centre: Centre, now: datetime
) -> None:
    """Answered, ended, recorded; given up by the caller it is a case at once. RecordUnknown, RecordChanged."""
    async with db.transaction() as connection:
        row = await connection.fetchrow(_Q.lock, call_id)
        if row is None:
            raise RecordUnknown(f"no call {call_id}")
        if version is not None and version != row["version"]:
            raise RecordChanged(row["version"])
        await connection.execute(_Q.change, call_id, said.answered_at, said.ended_at, said.recording, said.incident_id)
        area = (await _rows(connection, [call_id]))[0]["area_path"]
        await changes.record(connection, [_change(call_id, area)], now=now)
    if said.ended_at is not None:
        await _make_case(db, call_id, centre=centre, now=now)


async def read_call(db: Database, call_id: int) -> TelephoneCallWhole:
    """The whole of a call; RecordUnknown where there is none."""
    async with db.pool.acquire() as connection:
        rows = await _rows(connection, [call_id])
    if not rows:
        raise RecordUnknown(f"no call {call_id}")
    shown = _shown(rows[0])
    return TelephoneCallWhole(
        **{name: getattr(shown, name) for name in TelephoneCall.__struct_fields__}, number=rows[0]["number"],
        recording=rows[0]["recording"],
    )  # fmt: skip


async def list_calls(
    db: Database, *, ringing_only: bool, sight: Sequence[str], before: int | None, limit: int
) -> tuple[list[TelephoneCall], int]:
    """Calls in these areas and of nobody known, the newest first, and the feed's number."""
    async with snapshot(db) as (connection, seq):
        ids = [row["id"] for row in await connection.fetch(_Q.listed, before, ringing_only, list(sight), limit)]
        found = await render_calls(connection, ids)
    return [found[call_id] for call_id in ids], seq


async def render_calls(connection: Connection, ids: Sequence[int]) -> dict[int, TelephoneCall]:
    """These calls as a screen shows them, by id."""
    return {row["id"]: _shown(row) for row in await _rows(connection, ids)} if ids else {}


class RingingStore:
    """The engine's side: what has rung long enough becomes a case, each in a transaction of its own."""

    def __init__(self, database: Database, centre: Centre) -> None:
        self._database = database
        self._centre = centre
        self._guard = RowGuard("ringing")

    async def make_cases(self, now: datetime) -> int:
        """Make a case of each call that is due; return how many were. Two engines make one of it."""
        made = 0
        for row in await self._database.pool.fetch(_Q.due, now, self._guard.room(BATCH)):
            if self._guard.waits(row["id"], now):
                continue
            with self._guard.row(row["id"], now):
                made += await _make_case(self._database, row["id"], centre=self._centre, now=now)
        return made


async def _make_case(db: Database, call_id: int, *, centre: Centre, now: datetime) -> bool:
    """A case for a call that came in and was not answered, unless there is one; the subject is locked first."""
    async with db.transaction() as connection:
        row = (await _rows(connection, [call_id]))[0]
        if row["direction"] != "in" or row["answered_at"] is not None or row["missed_at"] is not None:
            return False
        match = Match(
            resident_id=row["resident_id"], contact_id=row["contact_id"], device_id=row["device_id"],
            premises_id=row["premises_id"], area=row["area_path"],
        )  # fmt: skip
        class_ = ringing.class_of(match)
        assessed = policy.assess_class(class_, now=now, policy=await policy_now(connection))
        subject = _subject(assessed.family, match, row)
        await lock_subject(connection, subject.key)
        fresh = await connection.fetchrow(_Q.lock, call_id)
        assert fresh is not None, "calls stay"
        if fresh["answered_at"] is not None or fresh["missed_at"] is not None:
            return False
        cause = _cause(subject, match, row, given_up=fresh["ended_at"] is not None)
        floor = await floor_now(connection, cause.area)
        effect = await relate_and_apply(connection, assessed, cause, centre=centre, floor=floor, now=now)
        assert effect.case is not None, "a call is never only logged"
        await connection.execute(_Q.missed, call_id, now, effect.case.id)
        seen = changes_of(effect.case, effect.first_new_seq, received_at=now)
        await changes.record(connection, [*seen, _change(call_id, match.area)], now=now)
    return True


def _subject(family: Family, match: Match, row: Any) -> correlation.Subject:
    """The person, else the home, else the number: who rings twice unheard is one case."""
    if match.resident_id is not None:
        return correlation.Subject(key=f"r{match.resident_id}", family=family)
    if match.premises_id is not None:
        return correlation.Subject(key=f"p{match.premises_id}", family=family)
    if match.device_id is not None:
        return correlation.Subject(key=f"d{match.device_id}", family=family)
    # Of the number only a digest: the subject stands where numbers do not belong.
    name = hashlib.sha256(row["number"].encode()).hexdigest()[:16] if row["number"] else str(row["id"])
    return correlation.Subject(key=f"s:call:{name}", family=family)


def _cause(subject: correlation.Subject, match: Match, row: Any, *, given_up: bool) -> Cause:
    caller = {"phone": row["number"], **({"name": row["contact_name"]} if row["contact_name"] else {})}
    return Cause(
        actor=SYSTEM, subject=subject, source="phone", resident_id=match.resident_id, premises_id=match.premises_id,
        device_id=match.device_id, area=match.area,
        facts=(("source", "phone"), ("call", str(row["id"])), ("why", "given_up" if given_up else "unanswered")),
        text=msgspec.json.encode({"caller": caller, "occurred_at": row["began_at"].isoformat()}).decode(),
    )  # fmt: skip


async def _rows(connection: Connection, ids: Sequence[int]) -> list[Any]:
    rows: list[Any] = await connection.fetch(_Q.read, list(ids))
    return rows


def _change(call_id: int, area: str | None) -> Change:
    return Change(kind="call", object_id=call_id, area=area)


def _shown(row: Any) -> TelephoneCall:
    return TelephoneCall(
        id=str(row["id"]), direction=row["direction"], state=_state(row), masked_number=mask_phone(row["number"]),
        line=row["line"], began_at=row["began_at"], answered_at=row["answered_at"], ended_at=row["ended_at"],
        resident=_party(row, "resident"), contact=_party(row, "contact"), device=row["device"],
        area=row["area_path"], incident=None if row["incident_id"] is None else str(row["incident_id"]),
        version=row["version"],
    )  # fmt: skip


def _party(row: Any, who: str) -> CallParty | None:
    if row[f"{who}_id"] is None:
        return None
    role = row["contact_role"] if who == "contact" else None
    return CallParty(id=str(row[f"{who}_id"]), masked_name=mask_name(row[f"{who}_name"]), role=role)


def _state(row: Any) -> str:
    if row["missed_at"] is not None and row["answered_at"] is None:
        return "missed"
    if row["ended_at"] is not None:
        return "ended"
    return "ringing" if row["answered_at"] is None else "answered"
