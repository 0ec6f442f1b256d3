"""Lanes that left the settings: read to the end, unsubscribed, their sessions ended, and retired."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import Final

import structlog

from gateway import metrics
from gateway.ending import apart
from gateway.lane import Lane, LaneContext
from gateway.mqtt import codec
from gateway.mqtt.connection import ConnectionEnded, ConnectionFailed, MqttConnection
from gateway.sources import LaneSettings
from store import lanes
from store.database import DATABASE_AWAY
from store.lanes import LaneLease, LeaseLost, Leaving

log: Final = structlog.get_logger()

LOOK_EVERY_S: Final = 10.0
#: A backlog comes without pauses; who was silent for so long has nothing more for us.
QUIET_S: Final = 5.0
#: Another lane may take the same topics by now, and they are never silent: what was kept for us has come long since.
READ_LIMIT_S: Final = 60.0
#: A lane that another gateway held is in that gateway's settings: it may be starting anew just now.
HELD_ELSEWHERE_S: Final = 60.0


class _Retired(Exception):
    """Ends the work on a lane: it is retired."""


class Leavers:
    """Looks for lanes that no settings name any more, and retires them one after the other."""

    def __init__(self, named: Sequence[str], context: LaneContext) -> None:
        self._named = tuple(named)
        self._context, self._clock = context, context.clock
        self._held_s: dict[str, float] = {}

    async def run(self) -> None:
        """Look until cancelled; what fails is said, counted and tried again at the next look."""
        while True:
            name = "leaving"
            try:
                for row in await self._look():
                    name = row.name
                    await LeavingLane(row, self._context).retire()
            except* LeaseLost:
                log.warning("lane_lease_lost", lane=name)
            except* DATABASE_AWAY as away:
                log.warning("lane_database_away", lane=name, error=type(away.exceptions[0]).__name__)
            except* Exception as failed:  # noqa: BLE001  # a task's outermost line: counted and said
                # Any type: lanes in use must not suffer from one that nobody needs.
                metrics.lane_failures_total.labels(name, type(failed.exceptions[0]).__name__).inc()
                # Only the kind of error: its text can hold what a device sent.
                log.error("lane_not_retired", lane=name, error=type(failed.exceptions[0]).__name__)  # noqa: TRY400
            await self._clock.sleep(LOOK_EVERY_S)

    async def _look(self) -> list[Leaving]:
        """Those to be retired now: held by nobody, and not lately by a gateway with other settings than ours."""
        async with self._context.database.pool.acquire() as connection:
            rows = await lanes.leaving(connection, self._named)
        now_s = self._clock.monotonic()
        self._held_s |= {row.name: now_s for row in rows if row.held}
        never = float("-inf")
        return [row for row in rows if now_s - self._held_s.get(row.name, never) >= HELD_ELSEWHERE_S]


class LeavingLane(Lane):
    """A lane held for the last time."""

    def __init__(self, row: Leaving, context: LaneContext) -> None:
        # Its source left the settings with it: what is not in our own form is kept as dead letters, to be replayed.
        super().__init__(LaneSettings(name=row.name, filters=row.filters), context)
        self._reads = 0

    async def retire(self) -> None:
        """Hold it until it is empty and retired; return at once where another holds it or retired it.

        Raises what ends the work on any lane: LeaseLost, or what a database says that is away.
        """
        try:
            lease = await lanes.take_leaving(await self._open_link(), self.name, self._context.holder)
            if lease is None:
                return
            if lease.had_session:
                await apart(self._hold(lease))
            else:
                await lanes.retire(await self._open_link(), lease, now=self._clock.now())
                log.info("lane_retired", lane=self.name)
        except* _Retired:
            log.info("lane_retired", lane=self.name)
        finally:
            await self._drop_link()

    def on_packets(
        self, connection: MqttConnection, packets: list[codec.PublishPacket | codec.UnreadablePacket]
    ) -> None:
        """Take what arrived as any lane does, and note that it is not quiet yet."""
        self._reads += 1
        super().on_packets(connection, packets)

    def _beside(self, lease: LaneLease) -> tuple[Coroutine[None, None, None], ...]:
        return (self._see_out(lease),)

    async def _see_out(self, lease: LaneLease) -> None:
        await self._until_quiet(within_s=READ_LIMIT_S)
        while not await self._unsubscribed():
            await self._clock.sleep(lanes.RENEW_EVERY_S)
        # What the broker had for us before it heard that still comes.
        await self._until_quiet(within_s=float("inf"))
        await self._end_session()
        # On a connection of its own: the lane's link is renewing the lease meanwhile.
        async with self._context.database.pool.acquire() as connection:
            await lanes.retire(connection, lease, now=self._clock.now())
        raise _Retired

    async def _until_quiet(self, *, within_s: float) -> None:
        """Return once nothing came for a while and all that came is committed and acknowledged."""
        since_s = self._clock.monotonic()
        until_s, reads = since_s + within_s, self._reads
        while self._clock.monotonic() < until_s:
            await self._clock.sleep(lanes.RENEW_EVERY_S)
            if reads != self._reads or len(self._window) or not self.is_listening:
                since_s, reads = self._clock.monotonic(), self._reads
            elif self._clock.monotonic() - since_s >= QUIET_S:
                return

    async def _unsubscribed(self) -> bool:
        if self._connection is None or not self.is_listening:
            return False
        try:
            await self._connection.unsubscribe(self._settings.filters)
        except (ConnectionFailed, ConnectionEnded) as error:
            log.warning("lane_not_unsubscribed", lane=self.name, why=str(error))
            return False
        return True

    async def _end_session(self) -> None:
        """A clean start with a session that lives no longer than its connection; tried until the broker takes it."""
        self._retry_at_s = float("inf")  # not made again
        self._disconnect("lane retired")
        while True:
            last = MqttConnection(self)
            try:
                await last.open(
                    self._context.broker, client_id=self._settings.client_id, receive_max=1, clean_start=True,
                    session_expiry_s=0,
                )  # fmt: skip
            except ConnectionFailed as error:
                log.warning("lane_session_not_ended", lane=self.name, why=str(error))
                await self._clock.sleep(lanes.RENEW_EVERY_S)
            else:
                last.close("lane retired")
                return
