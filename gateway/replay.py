"""Dead letters used again: decoded by today's sources, stored like anything that comes, late and never twice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import structlog

from devices.decoding import Decoded
from devices.event import READINGS, Event, EventType
from devices.topics import Channel
from gateway import metrics
from gateway.identity import identity_of
from gateway.sorting import AT_ONCE
from gateway.sources import Read
from gateway.telemetry import data_of
from rules.clock import Clock
from rules.domain.lateness import TOLERANCE_S
from rules.domain.vocabulary import Channel as RulesChannel
from store import replay, telemetry
from store.alarms import Alarm, accept
from store.database import DATABASE_AWAY, Connection, Database
from store.opening import Centre
from store.replay import TRIES_MAX, AskedLetter, ReplayResult
from store.telemetry import Batch

log: Final = structlog.get_logger()

#: How long registering a device may wait to see what it said before.
LOOK_S: Final = 1.0
AFTER_FAILURE_S: Final = 5.0

_TOLERANCE: Final = timedelta(seconds=TOLERANCE_S)


class Replayer:
    """Uses the letters that are asked for, one transaction each; one process of all at a time."""

    def __init__(self, decoders: Mapping[str, Read], *, database: Database, clock: Clock, centre: Centre) -> None:
        self._decoders, self._database, self._clock, self._centre = decoders, database, clock, centre

    async def run(self) -> None:
        """Work until cancelled; what fails is said, and tried again or given up by its own count of tries."""
        while True:
            try:
                while await self.run_once():
                    pass
                wait_s = LOOK_S
            except Exception as error:  # noqa: BLE001  # a task's outermost line: said, counted and begun anew
                # Any type: a letter's own fault is ended inside; replays must not end with an error of ours.
                metrics.replay_failures_total.labels(type(error).__name__).inc()
                log.warning("replay_failed", error=type(error).__name__)
                wait_s = AFTER_FAILURE_S
            await self._clock.sleep(wait_s)

    async def run_once(self) -> bool:
        """Use the next letter; whether there was one."""
        letter = await replay.note_try(self._database)
        if letter is None:
            return False
        try:
            result = await self._use(letter)
        except DATABASE_AWAY:
            raise
        except Exception as error:  # noqa: BLE001  # around one letter: written down, the next is used
            # Any type: whatever is wrong with this letter stays with it.
            log.warning("replay_of_letter_failed", letter=letter.id, error=type(error).__name__)
            result = ReplayResult.UNSTORABLE if telemetry.is_bad_data(error) else ReplayResult.FAILED
            await self._end(letter, result)
        metrics.replays_total.labels(str(result)).inc()
        return True

    async def _use(self, letter: AskedLetter) -> ReplayResult:
        if letter.replay_tries >= TRIES_MAX:
            await self._end(letter, ReplayResult.ENDED_THE_PROCESS)
            return ReplayResult.ENDED_THE_PROCESS
        decode = self._decoders.get(letter.source)
        decoded = None if decode is None else decode(letter.topic, letter.payload)
        async with self._database.transaction() as connection:
            if not await replay.take(connection, letter):
                return ReplayResult.NOTHING_LEFT  # another process was quicker
            result = ReplayResult.SOURCE_UNKNOWN
            if decoded is not None:
                result = await self._store(connection, letter, decoded)
            await replay.end(connection, letter, result, now=self._clock.now())
        return result

    async def _end(self, letter: AskedLetter, result: ReplayResult) -> None:
        async with self._database.transaction() as connection:
            if await replay.take(connection, letter):
                await replay.end(connection, letter, result, now=self._clock.now())

    async def _store(self, connection: Connection, letter: AskedLetter, decoded: Decoded) -> ReplayResult:
        if not decoded.events:
            told_all = decoded.channel is Channel.ONLINE
            return ReplayResult.NOTHING_LEFT if told_all else ReplayResult.STILL_UNREADABLE
        # An unknown device's alarms were incidents all along; only the rest of its message waited.
        waited = letter.reason == "unknown_device"
        events = [event for event in decoded.events if not (waited and event.type in AT_ONCE)]
        names = {event.device or decoded.device or letter.device for event in events}
        known = await telemetry.registered_devices(connection, names)
        calls = [event for event in events if event.type in AT_ONCE]
        quiet = [event for event in events if event.type not in AT_ONCE]
        if any((event.device or decoded.device or letter.device) not in known for event in quiet):
            return ReplayResult.DEVICE_UNKNOWN
        for event in calls:
            await self._accept(connection, letter, decoded, event)
        quiet_of = [(known[event.device or decoded.device or letter.device], event) for event in quiet]
        await self._keep(connection, quiet_of, letter.first_at)
        if decoded.rejected:
            return ReplayResult.STILL_UNREADABLE
        return ReplayResult.USED if events else ReplayResult.NOTHING_LEFT

    async def _accept(self, connection: Connection, letter: AskedLetter, decoded: Decoded, event: Event) -> None:
        on_alarm = decoded.channel is Channel.ALARM
        alarm = Alarm(
            device=event.device or decoded.device or letter.device,
            event=event,
            channel=RulesChannel.ALARM if on_alarm else RulesChannel.TELEMETRY,
            received_at=self._clock.now(),
            retained=letter.retained,
            in_flush=True,
            at_known=event.at_given,
            source=letter.source,
        )
        await accept(connection, None, alarm, centre=self._centre)

    async def _keep(self, connection: Connection, events: list[tuple[int, Event]], first_at: datetime) -> None:
        """Kept as what was said then: late is not new, so nothing of it moves a device's state (invariant 11)."""
        readings, states = Batch(), Batch()
        now = self._clock.now()
        for device_id, event in events:
            if event.type is EventType.HEARTBEAT:
                continue
            data = data_of(event)
            id_, identity, at = identity_of(event, first_at, data)
            late = abs(now - at) > _TOLERANCE
            rows = readings if event.type in READINGS else states
            rows.add(now, at, identity, device_id, late, event.type.value, id_, data)
        if len(readings):
            await telemetry.store_readings(connection, readings)
        if len(states):
            await telemetry.store_states(connection, states)
