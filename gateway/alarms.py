"""The alarms of a lane: each at once, each in a transaction of its own, one at a time for a device."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from devices import ack
from devices.event import Event
from gateway import metrics
from gateway.retrying import Retrying
from gateway.salvage import salvaged
from gateway.sorting import STAND_IN, AlarmArrival, TelemetryArrival
from gateway.standing import Standing, is_end_of_state
from gateway.telemetry import Settle
from gateway.waiting import DeviceLine, Waiting
from rules.clock import Clock
from rules.domain.vocabulary import Channel as RulesChannel
from store import repeats
from store.alarms import Accepted, Alarm, Unreadable, accept, accept_unreadable
from store.database import DATABASE_AWAY, Database, read_clock
from store.dead_letters import DeadLetter
from store.lanes import LaneLease, LeaseLost
from store.metrics import alarm_seconds
from store.opening import Centre
from store.telemetry import is_bad_data

log: Final = structlog.get_logger()

#: Alarms of different devices committed side by side, of all lanes of a gateway; each takes a connection.
SIDE_BY_SIDE: Final = 16
#: An alarm that fails so often for no reason of the database's goes the way that needs no policy and no plan.
TRIES_BEFORE_LAST_RESORT: Final = 2
#: So does one that fails so often, for so long, with a database that answers: somebody sits on a row that it needs.
STUCK_TRIES: Final = 5
STUCK_S: Final = 10.0
#: What a database that answers at all answers in.
CONTROL_S: Final = 2.0


PassOn = Callable[[TelemetryArrival], None]


class AlarmDesk:
    """Sixteen workers that take whichever device waits; a device's alarms go one at a time, in order.

    A failed one rests without a worker until its next try: whatever holds it up holds up nobody else.
    """

    def __init__(
        self, database: Database, clock: Clock, retrying: Retrying, centre: Centre, slots: asyncio.Semaphore, *,
        lane: str, decoder: str, pass_on: PassOn,
    ) -> None:  # fmt: skip
        self._database = database
        self._clock = clock
        self._retrying = retrying
        self._centre = centre
        self._slots = slots
        self._lane, self._decoder = lane, decoder
        self._pass_on = pass_on
        self._waiting = Waiting()
        self._standing = Standing()

    def take(self, arrival: AlarmArrival) -> None:
        """Queue it behind its device's others; the end of what is known not to stand only says that it lives."""
        event = arrival.event
        if event is not None and is_end_of_state(event):
            known = self._standing.ends_nothing(arrival.device, event, self._clock.monotonic())
            if known and not self._waiting.holds(arrival.device):
                self._pass_on(_heard(arrival, event))
                return
        else:
            self._standing.forget(arrival.device)
        self._waiting.put(arrival)

    async def run(self, lease: LaneLease, settle: Settle) -> None:
        """Work until cancelled; LeaseLost leaves here."""
        async with asyncio.TaskGroup() as group:
            for _ in range(SIDE_BY_SIDE):
                group.create_task(self._work(lease, settle, group))

    async def _work(self, lease: LaneLease, settle: Settle, group: asyncio.TaskGroup) -> None:
        while True:
            await self._waiting.some()
            async with self._slots:
                line = self._waiting.pick()
                try:
                    if await self._ends_nothing(line):
                        continue
                    accepted = await self._accept(line, lease)
                except LeaseLost:
                    raise
                except Exception as error:  # noqa: BLE001  # counted, said and tried again
                    # Any type: it stays with this device's alarms, and they are tried until they hold.
                    group.create_task(self._rest(line, error))
                    continue
            arrival = line.first
            self._standing.forget(arrival.device)
            self._answer(arrival, accepted)
            self._measure(arrival, accepted)
            settle((arrival.message,))
            self._waiting.done(line)

    async def _ends_nothing(self, line: DeviceLine) -> bool:
        """Pass on the end of what does not stand, in its device's turn: it changes nothing but when that was heard."""
        arrival, event = line.first, line.first.event
        if event is None or not is_end_of_state(event):
            return False
        conditions = await repeats.standing(self._database, arrival.device)
        if conditions is not None:
            self._standing.learn(arrival.device, conditions, self._clock.monotonic())
            if not self._standing.ends_nothing(arrival.device, event, self._clock.monotonic()):
                return False
        # A device that nobody registered has nothing to end: it waits in the dead letters like all it says.
        self._pass_on(_heard(arrival, event))
        self._waiting.done(line)
        if self._waiting.holds(arrival.device):
            self._standing.forget(arrival.device)
        return True

    async def _rest(self, line: DeviceLine, error: Exception) -> None:
        await self._clock.sleep(await self._retrying.failed(error, line.tries))
        self._waiting.again(line)

    async def _accept(self, line: DeviceLine, lease: LaneLease) -> Accepted:
        """Try once to store it; what can only fail goes the last way, which needs nothing but the device."""
        line.tries += 1
        if not _needs_last_resort(line):
            try:
                return await self._store(line.first, lease, last_resort=False)
            except LeaseLost:
                raise
            except Exception as error:
                # Any type: whatever is wrong with this alarm stays with it, and it still rings.
                if not await self._is_in_vain(line, error):
                    raise
                log.warning("alarm_took_last_resort", lane=self._lane, error=type(error).__name__)
        return await self._store(line.first, lease, last_resort=True)

    async def _is_in_vain(self, line: DeviceLine, error: Exception) -> bool:
        """Whether the ordinary way will not take it: never, or not soon although the database answers."""
        now_s = self._clock.monotonic()
        if line.tries == 1:
            line.failed_at_s = now_s
        line.is_hopeless = is_bad_data(error) or (_is_ours(error) and line.tries >= TRIES_BEFORE_LAST_RESORT)
        if line.is_hopeless:
            return True
        # The ordinary way is tried again first each time: it knows what kind of call this is.
        return line.tries >= STUCK_TRIES and now_s - line.failed_at_s >= STUCK_S and await self._database_answers()

    async def _database_answers(self) -> bool:
        try:
            async with asyncio.timeout(CONTROL_S), self._database.pool.acquire() as connection:
                await read_clock(connection)
        except DATABASE_AWAY:
            return False
        return True

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
            source=arrival.message.source,
            lane=self._lane,
            reason=str(rejected.reason) if rejected is not None else _damaged(arrival),
            detail=rejected.detail if rejected is not None else _damage(arrival),
            payload=rejected.raw if rejected is not None else arrival.payload,
            decoder=self._decoder,
            retained=arrival.retained,
        )
        return Unreadable(letter=letter, received_at=arrival.received_at)

    def _answer(self, arrival: AlarmArrival, accepted: Accepted) -> None:
        """Answer under the id that the device gave, or the one made for it; to what has neither no answer fits."""
        if arrival.device.startswith(STAND_IN):
            return  # nobody is called that
        event, rejected = arrival.event or salvaged(arrival), arrival.rejected
        incident = None if accepted.incident_id is None else str(accepted.incident_id)
        sent_id = rejected.event_id if rejected is not None else None
        if event is not None:
            arrival.message.answer(arrival.device, ack.stored(sent_id or event.id, self._clock.now(), incident))
        elif rejected is not None and sent_id is not None:
            arrival.message.answer(arrival.device, ack.refused(sent_id, rejected.reason))

    def _measure(self, arrival: AlarmArrival, accepted: Accepted) -> None:
        took_s = max(0.0, (self._clock.now() - arrival.received_at).total_seconds())
        type_ = str(arrival.event.type) if arrival.event is not None else "unknown"
        outcome = "duplicate" if accepted.is_copy else "stored" if arrival.event is not None else "dead_letter"
        metrics.events_total.labels(arrival.message.source, type_, outcome).inc()
        metrics.event_commit_seconds.labels(self._lane).observe(took_s)
        if arrival.rejected is not None:
            metrics.dead_letters_total.labels(str(arrival.rejected.reason)).inc()
        if not accepted.is_copy:
            alarm_seconds.labels("commit").observe(took_s)
            if accepted.incident_id is not None:
                alarm_seconds.labels("incident").observe(took_s)


def _heard(arrival: AlarmArrival, event: Event) -> TelemetryArrival:
    return TelemetryArrival(
        arrival.message, arrival.device, event, arrival.received_at, arrival.payload, retained=arrival.retained
    )


def _damaged(arrival: AlarmArrival) -> str:
    return "damaged" if arrival.event is not None and arrival.event.damaged else "unassessable"


def _damage(arrival: AlarmArrival) -> str:
    return (arrival.event.damage if arrival.event is not None else None) or "storing or assessing it failed"


def _is_ours(error: Exception) -> bool:
    """A fault in the rules or in our own code, as opposed to a database that is away."""
    return isinstance(error, ArithmeticError | AssertionError | AttributeError | LookupError | TypeError | ValueError
                      | RecursionError | MemoryError)  # fmt: skip


def _needs_last_resort(line: DeviceLine) -> bool:
    return line.is_hopeless or (line.first.event is None and salvaged(line.first) is None)


def _alarm_of(arrival: AlarmArrival, letter: DeadLetter | None) -> Alarm:
    event = arrival.event or salvaged(arrival)
    assert event is not None, "what cannot be salvaged takes the last resort"
    return Alarm(
        device=arrival.device,
        event=event,
        channel=RulesChannel.ALARM if arrival.is_call else RulesChannel.TELEMETRY,
        received_at=arrival.received_at,
        retained=arrival.retained,
        in_flush=arrival.in_flush,
        at_known=arrival.event is not None and event.at_given,
        letter=letter,
        source=arrival.message.source,
        resent=arrival.resent,
    )
