"""What a device only says again: found under its state's lock, and counted on the event that it stands by."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any, Final

from devices.encoding import encode
from devices.event import ALARMS, Event
from rules.domain import repeats
from rules.domain.policy_routes import ENDED
from rules.domain.repeats import Reason, Said, Verdict
from rules.domain.vocabulary import State
from store.database import Connection, Database
from store.sql import queries

_Q: Final = queries("repeats")
_ALARMS: Final = sorted(str(alarm) for alarm in ALARMS)
_DIGEST_BYTES: Final = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """An alarm's event as it was received, as far as it matters here."""

    device_id: int
    event: Event
    received_at: datetime
    at: datetime | None  #: the device's time, where it told one
    retained: bool
    resent: bool
    rings: bool
    in_test: bool  #: its device is in test mode

    @property
    def has_no_identity(self) -> bool:
        """Whether it tells neither which one it is nor when it was."""
        return not self.event.id_given and self.at is None


@dataclass(frozen=True, kw_only=True, slots=True)
class Repeat:
    """What became of it: where `counted`, nothing but that is left to do."""

    counted: bool
    reason: Reason
    stands: bool = False
    incident_id: int | None = None


_NEW: Final = Repeat(counted=False, reason=Reason.APART)


async def find(connection: Connection, report: Report) -> Repeat:
    """Say whether a report is new, inside the caller's transaction; count it where it is not."""
    event = report.event
    if event.is_state:
        standing = await connection.fetchval(_Q.lock_state, report.device_id) or []
        if event.type in ENDED:
            stands = str(ENDED[event.type]) in standing
            return _NEW if stands else Repeat(counted=True, reason=Reason.NOTHING_STANDS)
        row = await connection.fetchrow(_Q.last_said, report.device_id, str(event.type), None)
        return await _count(connection, report, row, await _of_state(connection, report, row, standing))
    if event.repeat_s > 0 or (report.resent and report.has_no_identity):
        await connection.fetchval(_Q.lock_state, report.device_id)
        return await _of_report(connection, report)
    return _NEW


async def _of_state(connection: Connection, report: Report, row: Any, standing: list[str]) -> Verdict:
    said, type_ = _said(row), report.event.type
    if type_ in repeats.BEGINNINGS:
        stands = str(type_) in standing
        # Now that the tester has left it is no test, whatever it was.
        stands = stands and not (row is not None and row["was_test"] and not report.in_test)
        return repeats.of_state(said, type_=type_, stands=stands, rings=report.rings, now=report.received_at)
    since = row is not None and await connection.fetchval(_Q.alarm_since, report.device_id, _ALARMS, row["no"])
    return repeats.of_word(said, alarm_since=bool(since), now=report.received_at)


async def _of_report(connection: Connection, report: Report) -> Repeat:
    event = report.event
    if event.repeat_s > 0:
        row = await connection.fetchrow(_Q.last_said, report.device_id, str(event.type), None)
        verdict = repeats.of_report(
            _said(row), at=report.at, repeat_s=event.repeat_s, resent=False, now=report.received_at
        )
        if verdict.counted:
            return await _count(connection, report, row, verdict)
    if not (report.resent and report.has_no_identity):
        return _NEW
    row = await connection.fetchrow(_Q.last_said, report.device_id, str(event.type), made_id(event))
    verdict = repeats.of_report(_said(row), at=None, repeat_s=0.0, resent=True, now=report.received_at)
    return await _count(connection, report, row, verdict)


async def _count(connection: Connection, report: Report, row: Any, verdict: Verdict) -> Repeat:
    incident_id = None if row is None else row["incident_id"]
    # What a broker kept was said once, whenever that was: it is not reported now.
    if verdict.counted and not report.retained:
        await connection.execute(_Q.count, row["no"], report.received_at)
    return Repeat(counted=verdict.counted, reason=verdict.reason, stands=verdict.stands, incident_id=incident_id)


def _said(row: Any) -> Said | None:
    if row is None:
        return None
    return Said(
        last_copy_at=row["last_copy_at"],
        # Stored with its receipt where it told no time.
        at=None if row["at"] == row["received_at"] else row["at"],
        state=None if row["state"] is None else State(row["state"]),
        resolved_at=row["resolved_at"],
    )


def made_id(event: Event) -> str:
    """The id of what has none: made of its contents, so that the very same message is known again."""
    return f"{event.type}.{blake2b(encode(event), digest_size=_DIGEST_BYTES).hexdigest()}"


async def seen_before(connection: Connection, device_id: int, event_id: str) -> Any:
    """The event with these contents, if this device ever said them: its `no` and `incident_id`; else None."""
    return await connection.fetchrow(_Q.seen_before, device_id, event_id)


async def standing(database: Database, device: str) -> frozenset[str] | None:
    """Return the conditions that stand by a device's own words; None where nobody has heard of it."""
    async with database.pool.acquire() as connection:
        conditions = await connection.fetchval(_Q.standing, device)
    return None if conditions is None else frozenset(conditions)


#: A device in a pair, by its number in `pairs`.
StateKey = tuple[int, int]


async def last_states(
    connection: Connection, asked: Iterable[StateKey], pairs: Sequence[tuple[str, str]]
) -> dict[StateKey, str]:
    """Which of two opposite states each device said last, where it said one at all."""
    keys = sorted(asked)
    rows = await connection.fetch(
        _Q.last_states, [device_id for device_id, _ in keys], [pair for _, pair in keys],
        [pairs[pair][0] for _, pair in keys], [pairs[pair][1] for _, pair in keys],
    )  # fmt: skip
    return {(row["device_id"], row["pair"]): row["type"] for row in rows}
