"""The store's side of the detectors' passes: who is watched, what came of them, what time brings."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import asyncpg
import structlog

from rules.engine.detectors import Detected
from store import detect_due, detect_inputs
from store.database import AWAY, Connection, Database
from store.detect_due import Around, Looked
from store.detect_inputs import Judged
from store.opening import Centre
from store.row_guard import RowGuard
from store.sql import queries
from store.telemetry import is_bad_data

_Q: Final = queries("detectors")
_log: Final = structlog.get_logger(__name__)

#: Whoever is watched is planned anew at least so often: a tag or an address may have changed.
PLAN_EVERY: Final = timedelta(seconds=30)
#: Findings of one device in one look; more wait for the next.
TELLINGS_MOST: Final = 20

_BY_DEVICE: Final = ["fence"]
_BY_RESIDENT: Final = ["care", "visit"]


class DetectorStore:
    """Any number of engines may look at one database: rows in other hands are passed over, each thing is told once."""

    def __init__(self, database: Database, centre: Centre) -> None:
        self._database = database
        self._centre = centre
        self._guard = RowGuard("detector_inputs")

    async def plan(self, now: datetime) -> int:
        """Settle who is watched, where anything moved that it depends on; return how many devices came or went.

        Where that fails, whoever was watched goes on being watched.
        """
        with self._guard.row("plan", now):
            return await self._plan(now)
        return 0

    async def _plan(self, now: datetime) -> int:
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(_Q.plan_now)
            if row is None or (row["changed"] == row["seen"] and now - row["planned_at"] < PLAN_EVERY):
                return 0
            moved: int = await connection.fetchval(_Q.plan)
            # What is not committed yet has moved the sequence already: plan once more in the next turn.
            is_settled = row["changed"] == row["seen"]
            await connection.execute(_Q.planned, moved, now if is_settled else now - PLAN_EVERY, row["changed"])
            await connection.execute(_Q.forget_unwatched)
        return moved

    async def lag_s(self, now: datetime) -> float:
        """How long the oldest input has waited, in seconds; a plain read."""
        oldest: datetime | None = await self._database.pool.fetchval(_Q.oldest_input)
        return 0.0 if oldest is None else max(0.0, (now - oldest).total_seconds())

    async def take_inputs(self, now: datetime, limit: int) -> Detected:
        """Judge what came of up to `limit` devices."""
        async with self._database.transaction() as connection:
            ids = [row["device_id"] for row in await connection.fetch(_Q.take_devices, limit)]
            if not ids:
                return Detected()
            judged = await self._judged(connection, ids)
            await detect_inputs.write(connection, [one for one in judged if one.telling is None])
        found, failed = 0, 0
        known = {one.device_id for one in judged}
        for device_id in [one.device_id for one in judged if one.telling] + [one for one in ids if one not in known]:
            try:
                found += await self._device(device_id, now)
            except AWAY:
                raise
            except Exception as error:  # noqa: BLE001  # around one device: said, counted, and judged again
                _say_failed(error, device_id)
                failed += 1
                if not isinstance(error, asyncpg.PostgresError) or is_bad_data(error):
                    # It will fail again. What it stands in front of must be heard: it stays with the readings.
                    await self._database.pool.execute(_Q.put_aside, device_id)
        return Detected(rows=len(ids), found=found, failed=failed, is_full=len(ids) >= limit)

    async def _judged(self, connection: Connection, ids: Sequence[int]) -> list[Judged]:
        try:
            return await detect_inputs.judge_inputs(connection, ids, self._centre.timezone)
        except AWAY:
            raise
        except Exception:  # noqa: BLE001  # one of them cannot be judged: each alone finds out which, and says so there
            return []

    async def _device(self, device_id: int, now: datetime) -> int:
        """One device by itself: each finding in a transaction of its own, with the state it was found in."""
        for told in range(TELLINGS_MOST):
            async with self._database.transaction() as connection:
                if await connection.fetchval(_Q.take_device, device_id) is None:
                    return told
                (judged,) = await detect_inputs.judge_inputs(connection, [device_id], self._centre.timezone)
                await detect_inputs.write(connection, [judged])
                if judged.telling is None:
                    return told
                await detect_inputs.tell(connection, device_id, judged.telling, centre=self._centre, now=now)
        return TELLINGS_MOST

    # -- what time brings -------------------------------------------------------------------------------------------

    async def look_due(self, now: datetime, limit: int) -> Detected:
        """Look at up to `limit` things that are due, the longest due first."""
        around = Around(centre=self._centre, now=now)
        rows, looked = await self._look_together(around, limit)
        tellings = [one for one in looked if one.tell is not None]
        known = {_key(one) for one in looked}
        alone = [_key(one) for one in tellings] + [key for row in rows if (key := _row_key(row)) not in known]
        found, failed = 0, 0
        for key in alone:
            try:
                found += await self._alone(key, around)
            except AWAY:
                raise
            except Exception as error:  # noqa: BLE001  # around one row: said, counted, and put off
                _say_failed(error, key[1])
                failed += 1
                await self._database.pool.execute(_Q.put_off, *key, now)
        lag_s = max(((now - row["next_look_at"]).total_seconds() for row in rows), default=0.0)
        return Detected(rows=len(rows), found=found, failed=failed, is_full=len(rows) >= limit, lag_s=lag_s)

    async def _look_together(self, around: Around, limit: int) -> tuple[list[Any], list[Looked]]:
        async with self._database.transaction() as connection:
            rows = await connection.fetch(_Q.due, around.now, limit, [*_BY_RESIDENT])
            fences = await connection.fetch(_Q.due_unlocked, around.now, limit, _BY_DEVICE)
            try:
                async with connection.transaction():
                    looked = await detect_due.look(connection, rows, around)
            except AWAY:
                raise
            except Exception:  # noqa: BLE001  # one of them cannot be judged: each alone finds out which
                looked = []
            await detect_due.write(connection, [one for one in looked if one.tell is None])
        return [*rows, *fences], looked

    async def _alone(self, key: tuple[str, int, int], around: Around) -> bool:
        async with self._database.transaction() as connection:
            row = await self._lock(connection, key)
            if row is None or row["next_look_at"] is None or row["next_look_at"] > around.now:
                return False
            looked = await detect_due.look(connection, [row], around)
            await detect_due.write(connection, looked)
            tell = looked[0].tell if looked else None
            if tell is not None:
                await tell(connection)
        return tell is not None

    async def _lock(self, connection: Connection, key: tuple[str, int, int]) -> Any:
        """The watched device's row before a fence's state, as when its fixes come; else the state's own."""
        if key[0] in _BY_DEVICE and await connection.fetchval(_Q.take_device, key[1]) is None:
            return None
        return await connection.fetchrow(_Q.due_one, *key)


def _key(one: Looked) -> tuple[str, int, int]:
    return one.detector, one.owner_id, one.part_id


def _row_key(row: Any) -> tuple[str, int, int]:
    return row["detector"], row["owner_id"], row["part_id"]


def _say_failed(error: Exception, owner_id: int) -> None:
    # Not the message: a database's error may quote a row, and rows hold names.
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "unknown"
    _log.error("detector_failed", owner=owner_id, error=type(error).__name__, where=where)
