"""The alarms of a lane: each at once, each in a transaction of its own, one at a time for a device."""

from __future__ import annotations

import asyncio
from typing import Final
from zlib import crc32

import structlog

from devices import ack
from devices.event import ALARMS, EPOCH, Event, EventType
from devices.topics import Channel
from gateway import metrics
from gateway.retrying import Retrying
from gateway.sorting import AlarmArrival
from gateway.telemetry import Settle
from rules.clock import Clock
from rules.domain.vocabulary import Channel as RulesChannel
from store.alarms import Accepted, Alarm, Unreadable, accept, accept_unreadable
from store.database import Database
from store.dead_letters import DeadLetter
from store.lanes import LaneLease
from store.metrics import alarm_seconds
from store.opening import Centre
from store.telemetry import is_bad_data

log: Final = structlog.get_logger()

#: Alarms of different devices committed side by side; each takes a connection.
SIDE_BY_SIDE: Final = 16
#: An alarm that fails so often for no reason of the database's goes the way that needs no policy and no plan.
TRIES_BEFORE_LAST_RESORT: Final = 2


class AlarmDesk:
    """Sixteen workers; a device's alarms always go to the same one, in order."""

    def __init__(
        self, database: Database, clock: Clock, retrying: Retrying, centre: Centre, *, lane: str, source: str,
        decoder: str,
    ) -> None:  # fmt: skip
        self._database = database
        self._clock = clock
        self._retrying = retrying
        self._centre = centre
        self._lane, self._source, self._decoder = lane, source, decoder
        # Bounded by the lane's window: what waits here was counted there when it was received.
        self._queues: list[asyncio.Queue[AlarmArrival]] = [asyncio.Queue() for _ in range(SIDE_BY_SIDE)]

    def take(self, arrival: AlarmArrival) -> None:
        self._queues[crc32(arrival.device.encode()) % SIDE_BY_SIDE].put_nowait(arrival)

    async def run(self, lease: LaneLease, settle: Settle) -> None:
        """Work until cancelled; LeaseLost leaves here."""
        async with asyncio.TaskGroup() as group:
            for queue in self._queues:
                group.create_task(self._work(queue, lease, settle))

    async def _work(self, queue: asyncio.Queue[AlarmArrival], lease: LaneLease, settle: Settle) -> None:
        while True:
            arrival = await queue.get()
            accepted = await self._accept(arrival, lease)
            self._answer(arrival, accepted)
            self._measure(arrival, accepted)
            settle((arrival.message,))

    async def _accept(self, arrival: AlarmArrival, lease: LaneLease) -> Accepted:
        """Store it, trying until it holds; what fails by itself goes the last way, which needs nothing."""
        tries = 0
        last_resort = arrival.event is None and salvaged(arrival) is None

        async def go() -> Accepted:
            nonlocal tries, last_resort
            try:
                return await self._store(arrival, lease, last_resort=last_resort)
            except Exception as error:
                # Any type: whatever is wrong with this alarm stays with it, and it still rings.
                tries += 1
                hopeless = is_bad_data(error) or (_is_ours(error) and tries >= TRIES_BEFORE_LAST_RESORT)
                if hopeless and not last_resort:
                    log.warning("alarm_took_last_resort", lane=self._lane, error=type(error).__name__)
                    last_resort = True
                raise

        return await self._retrying.until_done(go)

    async def _store(self, arrival: AlarmArrival, lease: LaneLease, *, last_resort: bool) -> Accepted:
        async with self._database.transaction() as connection:
            if last_resort:
                return await accept_unreadable(connection, lease, self._call_of(arrival), centre=self._centre)
            broken = arrival.event is None or arrival.event.damaged
            letter = self._call_of(arrival).letter if broken else None
            alarm = _alarm_of(arrival, letter)
            return await accept(connection, lease, alarm, centre=self._centre)

    def _call_of(self, arrival: AlarmArrival) -> Unreadable:
        rejected = arrival.rejected
        letter = DeadLetter(
            device=arrival.device,
            topic=arrival.message.topic,
            source=self._source,
            lane=self._lane,
            reason=str(rejected.reason) if rejected is not None else _damaged(arrival),
            detail=rejected.detail if rejected is not None else _damage(arrival),
            payload=rejected.raw if rejected is not None else arrival.payload,
            decoder=self._decoder,
            retained=arrival.retained,
        )
        return Unreadable(letter=letter, received_at=arrival.received_at)

    def _answer(self, arrival: AlarmArrival, accepted: Accepted) -> None:
        event_id = arrival.event.id if arrival.event is not None else None
        if event_id is None and arrival.rejected is not None:
            event_id = arrival.rejected.event_id
        if event_id is None:
            return
        incident = None if accepted.incident_id is None else str(accepted.incident_id)
        if arrival.event is not None or salvaged(arrival) is not None:
            arrival.message.acks.append(ack.stored(event_id, self._clock.now(), incident))
        elif arrival.rejected is not None:
            arrival.message.acks.append(ack.refused(event_id, arrival.rejected.reason))

    def _measure(self, arrival: AlarmArrival, accepted: Accepted) -> None:
        took_s = max(0.0, (self._clock.now() - arrival.received_at).total_seconds())
        type_ = str(arrival.event.type) if arrival.event is not None else "unknown"
        outcome = "duplicate" if accepted.is_copy else "stored" if arrival.event is not None else "dead_letter"
        metrics.events_total.labels(self._source, type_, outcome).inc()
        metrics.event_commit_seconds.labels(self._lane).observe(took_s)
        if arrival.rejected is not None:
            metrics.dead_letters_total.labels(str(arrival.rejected.reason)).inc()
        if not accepted.is_copy:
            alarm_seconds.labels("commit").observe(took_s)
            if accepted.incident_id is not None:
                alarm_seconds.labels("incident").observe(took_s)


def _damaged(arrival: AlarmArrival) -> str:
    return "damaged" if arrival.event is not None and arrival.event.damaged else "unassessable"


def _damage(arrival: AlarmArrival) -> str:
    return (arrival.event.damage if arrival.event is not None else None) or "storing or assessing it failed"


def _is_ours(error: Exception) -> bool:
    """A fault in the rules or in our own code, as opposed to a database that is away."""
    return isinstance(error, ArithmeticError | AssertionError | AttributeError | LookupError | TypeError | ValueError
                      | RecursionError | MemoryError)  # fmt: skip


def salvaged(arrival: AlarmArrival) -> Event | None:
    """The alarm that is still recognisable in a message that could not be used: its type and its id."""
    rejected = arrival.rejected
    if rejected is None or rejected.event_id is None or rejected.type_word not in _ALARM_WORDS:
        return None
    if not 1 <= len(rejected.event_id) <= _ID_LENGTH_MAX or not rejected.event_id.isprintable():
        return None
    return Event(
        id=rejected.event_id, at=EPOCH, type=EventType(rejected.type_word), damaged=True, damage=rejected.detail
    )


_ALARM_WORDS: Final = frozenset(str(alarm) for alarm in ALARMS)
_ID_LENGTH_MAX: Final = 64


def _alarm_of(arrival: AlarmArrival, letter: DeadLetter | None) -> Alarm:
    event = arrival.event or salvaged(arrival)
    assert event is not None, "what cannot be salvaged takes the last resort"
    on_alarm_topic = arrival.channel is not Channel.TELEMETRY
    return Alarm(
        device=arrival.device,
        event=event,
        channel=RulesChannel.ALARM if on_alarm_topic else RulesChannel.TELEMETRY,
        received_at=arrival.received_at,
        retained=arrival.retained,
        in_flush=arrival.in_flush,
        at_known=arrival.event is not None,
        letter=letter,
    )
