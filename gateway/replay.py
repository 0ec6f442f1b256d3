"""Dead letters used again: decoded by today's sources, stored like anything that comes, late and never twice."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

import structlog

from devices.decoding import Decoded
from devices.event import READINGS, Event, EventType
from devices.topics import Channel
from gateway import metrics
from gateway.identity import identity_of
from gateway.sorting import AT_ONCE
from gateway.sources import Read, registrable
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
#: A database that answers and fails so often with one letter fails by that letter: the others go on.
AWAY_MAX: Final = 10

_TOLERANCE: Final = timedelta(seconds=TOLERANCE_S)


class Replayer:
    """Uses the letters that are asked for, one transaction each; one process of all at a time."""

    def __init__(self, decoders: Mapping[str, Read], *, database: Database, clock: Clock, centre: Centre) -> None:
        self._decoders, self._database, self._clock, self._centre = decoders, database, clock, centre
        self._away = 0  #: failures of the database, one after the other

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
        async with replay.alone(self._database) as is_alone:
            letter = await replay.note_try(self._database) if is_alone else None
            if letter is None:
                return False
            result = await self._try(letter)
        if result is not None:
            metrics.replays_total.labels(str(result)).inc()
        return True

    async def _try(self, letter: AskedLetter) -> ReplayResult | None:
        try:
            result = await self._use(letter)
            if result is None:
                await replay.take_back_try(self._database, letter)
            self._away = 0
        except Exception as error:
            # Any type: whatever is wrong with this letter stays with it; it is written down, and the next is used.
            is_bad = telemetry.is_bad_data(error)
            if isinstance(error, DATABASE_AWAY) and not is_bad and self._away < AWAY_MAX:
                self._away += 1
                with suppress(*DATABASE_AWAY):
                    await replay.take_back_try(self._database, letter)
                raise
            self._away = 0
            log.warning("replay_of_letter_failed", letter=letter.id, error=type(error).__name__)
            result = ReplayResult.UNSTORABLE if is_bad else ReplayResult.FAILED
            await self._end(letter, result)
        return result

    async def _use(self, letter: AskedLetter) -> ReplayResult | None:
        """What became of it; None where it is not ours to use just now."""
        if letter.replay_tries >= TRIES_MAX:
            await self._end(letter, ReplayResult.ENDED_THE_PROCESS)
            return ReplayResult.ENDED_THE_PROCESS
        decode = self._decoders.get(letter.source)
        decoded = None if decode is None else decode(letter.topic, letter.payload)
        async with self._database.transaction() as connection:
            if not await replay.take(connection, letter):
                return None
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
        # Whoever called is heard, registered or not, and whatever stands beside it in the message.
        for event in events:
            if event.type in AT_ONCE:
                await self._accept(connection, letter, decoded, event)
        quiet = [(_device_of(letter, decoded, event), event) for event in events if event.type not in AT_ONCE]
        known = await telemetry.registered_devices(connection, {device for device, _ in quiet})
        if any(device not in known for device, _ in quiet):
            return ReplayResult.DEVICE_UNKNOWN
        await self._keep(connection, [(known[device], event) for device, event in quiet], letter.first_at)
        if decoded.rejected:
            return ReplayResult.STILL_UNREADABLE
        return ReplayResult.USED if events else ReplayResult.NOTHING_LEFT

    async def _accept(self, connection: Connection, letter: AskedLetter, decoded: Decoded, event: Event) -> None:
        on_alarm = decoded.channel is Channel.ALARM
        alarm = Alarm(
            device=_device_of(letter, decoded, event),
            event=event,
            channel=RulesChannel.ALARM if on_alarm else RulesChannel.TELEMETRY,
            received_at=self._clock.now(),
            retained=letter.retained,
            in_flush=True,
            at_known=event.at_given,
            source=letter.source,
            first_at=letter.first_at,
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


def _device_of(letter: AskedLetter, decoded: Decoded, event: Event) -> str:
    """Whose word it is, as the register calls it; where the message names nobody, as the letter was filed."""
    return registrable(event.device or decoded.device or "") or letter.device
