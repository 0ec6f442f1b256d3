"""The telemetry of a lane: gathered while the batch before it commits, one transaction each, tried until it holds."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog
from msgspec import UNSET, Raw, Struct, UnsetType
from msgspec.json import Encoder

from devices import ack
from devices.datums import to_wgs84
from devices.event import READINGS, Event, EventType, Location, Vitals, digest
from gateway import metrics, moves, replies
from gateway.bad_data import BadDataRateHigh, BadDataWatch
from gateway.detecting import Watched
from gateway.edges import Edges
from gateway.identity import identity_of
from gateway.moves import Move, Moves
from gateway.replies import ReplyArrival
from gateway.retrying import Retrying
from gateway.sorting import Arrival, PresenceArrival, RejectArrival, TelemetryArrival
from gateway.window import Message
from rules.clock import Clock
from rules.domain.lateness import TOLERANCE_S
from store import lanes, telemetry
from store.database import Connection, Database
from store.dead_letters import DeadLetter, bury
from store.lanes import LaneLease
from store.opening import Centre
from store.partitions import day_of
from store.telemetry import BadRow, Batch

log: Final = structlog.get_logger()

#: Enough to spread a commit's cost thinly, little enough that one transaction stays far below its time limit.
BATCH_EVENTS: Final = 2_000
#: How long a first arrival waits for company; telemetry is not a call for help.
GATHER_S: Final = 0.1
#: `last_seen` of heartbeats is written at most this often.
HEARTBEAT_FLUSH_S: Final = 1.0
#: Device ids kept in memory: what a name stands for never changes, whether it is registered can only become true.
KNOWN_DEVICES_LIMIT: Final = 200_000

_TOLERANCE: Final = timedelta(seconds=TOLERANCE_S)
#: Asked for each event: a name of the module's costs a tenth of a member of an enumeration.
_HEARTBEAT: Final = EventType.HEARTBEAT


class _Data(Struct, omit_defaults=True, gc=False):
    """What a reading says, as it is stored: the event without its identity."""

    location: Location | None = None
    battery_pct: float | None = None
    signal_dbm: float | None = None
    vitals: Vitals | None = None
    value: float | None = None
    unit: str | None = None
    detail: Raw | UnsetType = UNSET


_encode: Final = Encoder().encode


def data_of(event: Event) -> str:
    """The stored JSON of an event's contents."""
    # A newline in JSON only ever stands between its parts; the batch's columns are joined by newlines.
    detail = UNSET if event.detail is None else Raw(event.detail.replace(b"\n", b" "))
    location = None if event.location is None else to_wgs84(event.location)
    return _encode(
        _Data(location, event.battery_pct, event.signal_dbm, event.vitals, event.value, event.unit, detail)
    ).decode()


class Settle(Protocol):
    """Called with the messages of which one part each was committed."""

    def __call__(self, messages: Iterable[Message]) -> None: ...


#: What is stored, and by whom it was said.
_Rows = tuple[Batch, list[TelemetryArrival]]


@dataclass(slots=True)
class _Gathered:
    """One batch being made."""

    readings: dict[object, _Rows] = field(default_factory=dict)  #: by day
    states: _Rows = field(default_factory=lambda: (Batch(), []))
    moves: Moves = field(default_factory=dict)
    dropped_moves: int = 0
    letters: list[DeadLetter] = field(default_factory=list)
    replies: list[ReplyArrival] = field(default_factory=list)
    outcomes: Counter[tuple[str, str, str]] = field(default_factory=Counter)  #: by source, type and outcome
    #: Why what came on an alarm topic, and so is answered, could not be used: by the arrival's identity.
    refused: dict[int, str] = field(default_factory=dict)
    came_at: datetime | None = None  #: of the last reading
    of_its_day: _Rows = field(default_factory=lambda: (Batch(), []))

    def rows_of(self, type_: EventType, received_at: datetime) -> _Rows:
        """Where an event goes: readings by the day of their receipt, states beside the alarms."""
        if type_ not in READINGS:
            return self.states
        # What came in one read bears one time, the same object.
        if received_at is not self.came_at:
            self.came_at = received_at
            self.of_its_day = self.readings.setdefault(day_of(received_at), (Batch(), []))
        return self.of_its_day


class TelemetryWriter:
    """Takes arrivals from the lane and settles their messages once they are committed."""

    def __init__(
        self, database: Database, clock: Clock, retrying: Retrying, centre: Centre, *, lane: str, decoder: str
    ) -> None:
        self._database = database
        self._clock = clock
        self._retrying = retrying
        self._lane, self._decoder = lane, decoder
        self._waiting: deque[Arrival] = deque()
        self._arrived = asyncio.Event()
        self._known: dict[str, int] = {}
        self._heard: Moves = {}
        self._flushing: Moves = {}  #: heard, and written with the batch in hand
        self._heard_by = ""  #: the source that heard one last
        self._heard_flushed_at = clock.monotonic()
        self._bad_data = BadDataWatch(database, clock, centre, lane=lane)
        self._watched = Watched(clock)

    def take(self, arrival: Arrival) -> None:
        """Queue one arrival; a known device's heartbeat only moves `last_seen` and is settled here and now."""
        if type(arrival) is TelemetryArrival and arrival.event.type is _HEARTBEAT and not arrival.wants_ack:
            device_id = self._known.get(arrival.device)
            if device_id is not None:
                self._hear(device_id, arrival)
                arrival.message.open_parts -= 1
                return
        self._waiting.append(arrival)
        self._arrived.set()

    async def run(self, lease: LaneLease, settle: Settle) -> None:
        """Write batches until cancelled; LeaseLost leaves here."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(HEARTBEAT_FLUSH_S):
                    await self._arrived.wait()
            if 0 < len(self._waiting) < BATCH_EVENTS:
                await self._clock.sleep(GATHER_S)
            batch = [self._waiting.popleft() for _ in range(min(BATCH_EVENTS, len(self._waiting)))]
            if not self._waiting:
                self._arrived.clear()
            if batch or self._heartbeats_due():
                await self._write(lease, batch)
                settle(arrival.message for arrival in batch)

    # -- one batch ----------------------------------------------------------------------------------------------------

    async def _write(self, lease: LaneLease, batch: list[Arrival]) -> None:
        careful = False
        self._take_heartbeats()

        async def go() -> _Gathered:
            nonlocal careful
            try:
                return await self._transaction(lease, batch, careful=careful)
            except BadDataRateHigh:
                await self._bad_data.report()
                raise
            except Exception as error:
                # A row's own fault is found by halving, in a second go; the first pays for no savepoints.
                careful = careful or telemetry.is_bad_data(error)
                self._watched.forget()
                raise

        gathered = await self._retrying.until_done(go)
        await self._bad_data.keep()
        self._count_heartbeats()
        self._count(batch, gathered)
        self._answer(batch, gathered)

    async def _transaction(self, lease: LaneLease, batch: list[Arrival], *, careful: bool) -> _Gathered:
        self._bad_data.begin(len(batch))
        async with self._database.transaction() as connection:
            await lanes.confirm(connection, lease)
            ids = await self._learn(connection, batch)
            await self._watched.refresh(connection)
            gathered = self._gather(batch, ids, await Edges.of(connection, batch, self._known))
            for rows, arrivals in (*gathered.readings.values(), gathered.states):
                if len(rows):
                    await self._store(connection, rows, arrivals, gathered, careful=careful)
            await self._move(connection, gathered, careful=careful)
            if gathered.replies:
                await self._answer_commands(connection, gathered)
            if gathered.letters:
                await bury(connection, gathered.letters, now=self._clock.now())
        return gathered

    async def _learn(self, connection: Connection, batch: list[Arrival]) -> list[int | None]:
        """The id of each one's device, None where nobody registered it: such a name is asked for again next time."""
        ids = [self._known.get(arrival.device) for arrival in batch]
        if None not in ids:
            return ids
        unknown = {a.device for a, id_ in zip(batch, ids, strict=True) if id_ is None and type(a) is not RejectArrival}
        if len(self._known) + len(unknown) > KNOWN_DEVICES_LIMIT:
            self._known.clear()
            unknown = {a.device for a in batch if not isinstance(a, RejectArrival)}
        self._known |= await telemetry.registered_devices(connection, unknown) if unknown else {}
        return [self._known.get(arrival.device) for arrival in batch]

    def _gather(self, batch: list[Arrival], ids: list[int | None], edges: Edges) -> _Gathered:
        gathered = _Gathered()
        for arrival, device_id in zip(batch, ids, strict=True):
            if (
                type(arrival) is TelemetryArrival
                and device_id is not None
                and not arrival.event.is_state
                and arrival.event.type is not _HEARTBEAT
            ):
                self._place(gathered, arrival, device_id)  # most of what comes
            else:
                self._gather_other(gathered, arrival, device_id, edges)
        return gathered

    def _gather_other(self, gathered: _Gathered, arrival: Arrival, device_id: int | None, edges: Edges) -> None:
        """What is no plain reading of a known device."""
        if isinstance(arrival, RejectArrival):
            gathered.letters.append(self._reject_letter(arrival))
            gathered.outcomes[arrival.message.source, "unknown", "dead_letter"] += 1
        elif isinstance(arrival, ReplyArrival):
            gathered.replies.append(arrival)
            if device_id is not None and not arrival.retained:
                gathered.moves.setdefault(device_id, Move(None)).seen_at = arrival.received_at
        elif device_id is None:
            gathered.letters.append(self._unknown_letter(arrival))
            gathered.refused[id(arrival)] = "unknown_device"
            type_ = str(arrival.event.type) if isinstance(arrival, TelemetryArrival) else "online"
            gathered.outcomes[arrival.message.source, type_, "dead_letter"] += 1
        elif isinstance(arrival, PresenceArrival):
            gathered.moves.setdefault(device_id, Move(None)).online = arrival.online
        elif arrival.event.type is _HEARTBEAT:
            self._hear(device_id, arrival)
        elif arrival.event.is_state and not edges.is_new(device_id, arrival):
            gathered.outcomes[arrival.message.source, arrival.event.type.value, "duplicate"] += 1
            moves.note(
                gathered.moves, device_id, arrival.event, arrival.received_at, late=False, retained=arrival.retained
            )
        else:
            self._place(gathered, arrival, device_id)

    def _place(self, gathered: _Gathered, arrival: TelemetryArrival, device_id: int) -> None:
        event, received_at = arrival.event, arrival.received_at
        rows, arrivals = gathered.rows_of(event.type, received_at)
        data = data_of(event)
        if event.id_given and event.at_given:
            id_, identity, at = event.id, digest(event), event.at
        else:
            id_, identity, at = identity_of(event, received_at, data, retained=arrival.retained)
        late = abs(received_at - at) > _TOLERANCE
        rows.add(received_at, at, identity, device_id, late, event.type, id_, data)
        arrivals.append(arrival)

    async def _store(
        self,
        connection: Connection,
        rows: Batch,
        arrivals: list[TelemetryArrival],
        gathered: _Gathered,
        *,
        careful: bool,
    ) -> None:
        readings = arrivals[0].event.type in READINGS
        bad: tuple[BadRow, ...] = ()
        if careful:
            _, copies, bad = await telemetry.store_isolating(connection, rows, readings=readings)
        else:
            stored = await (telemetry.store_readings if readings else telemetry.store_states)(connection, rows)
            copies = stored.copies
        self._bad_data.count(len(bad))
        spoiled = {row.position: row.reason for row in bad}
        for position, reason in spoiled.items():
            arrival = arrivals[position]
            gathered.letters.append(self._letter(arrival, arrival.payload, "unstorable", reason))
            gathered.refused[id(arrivals[position])] = "unstorable"
            gathered.outcomes[arrivals[position].message.source, rows.type[position], "dead_letter"] += 1
        for position in copies:
            gathered.outcomes[arrivals[position].message.source, rows.type[position], "duplicate"] += 1
        old = spoiled.keys() | copies
        if readings:
            await self._watched.queue(connection, rows, arrivals, old)
        for position, (device_id, arrival, late) in enumerate(zip(rows.device_id, arrivals, rows.late, strict=True)):
            if position not in old:
                moves.note(
                    gathered.moves, device_id, arrival.event, arrival.received_at, late=late, retained=arrival.retained
                )
        _count_new(gathered, rows.type, arrivals, old)

    async def _move(self, connection: Connection, gathered: _Gathered, *, careful: bool) -> None:
        both = moves.merged(gathered.moves, self._flushing)
        if both:
            gathered.dropped_moves = await moves.write(connection, both, careful=careful)
            self._bad_data.count(gathered.dropped_moves)

    async def _answer_commands(self, connection: Connection, gathered: _Gathered) -> None:
        for arrival in await replies.settle(connection, gathered.replies, now=self._clock.now()):
            reason, detail = replies.UNKNOWN_COMMAND, replies.UNKNOWN_COMMAND_DETAIL
            gathered.letters.append(
                self._letter(arrival, arrival.payload, reason, detail, retained=arrival.retained)
            )  # fmt: skip
            gathered.outcomes[arrival.message.source, "unknown", "dead_letter"] += 1

    # -- heartbeats --------------------------------------------------------------------------------

    def _hear(self, device_id: int, arrival: TelemetryArrival) -> None:
        if arrival.retained:
            return
        event = arrival.event
        late = event.at_given and abs(arrival.received_at - event.at) > _TOLERANCE
        moves.note(self._heard, device_id, event, arrival.received_at, late=late)
        self._heard_by = arrival.message.source

    def _heartbeats_due(self) -> bool:
        due = self._clock.monotonic() - self._heard_flushed_at >= HEARTBEAT_FLUSH_S
        return bool(self._heard) and due

    def _take_heartbeats(self) -> None:
        """What was heard goes with this batch; what is heard while it is written waits for the next."""
        if self._heartbeats_due():
            # What an earlier batch could not write is still to be written.
            self._flushing, self._heard = moves.merged(self._heard, self._flushing), {}
            self._heard_flushed_at = self._clock.monotonic()

    def _count_heartbeats(self) -> None:
        if self._flushing:
            metrics.events_total.labels(self._heard_by, "heartbeat", "stored").inc(len(self._flushing))
            self._flushing = {}

    # -- what could not be used --------------------------------------------------------------------------------

    def _reject_letter(self, arrival: RejectArrival) -> DeadLetter:
        rejected = arrival.rejected
        return self._letter(arrival, rejected.raw, str(rejected.reason), rejected.detail, retained=arrival.retained)

    def _unknown_letter(self, arrival: TelemetryArrival | PresenceArrival) -> DeadLetter:
        detail = "no registered device has this id; register it, then replay"
        return self._letter(arrival, arrival.payload, "unknown_device", detail)

    def _letter(
        self, arrival: Arrival, payload: bytes, reason: str, detail: str, *, retained: bool = False
    ) -> DeadLetter:
        metrics.dead_letters_total.labels(reason).inc()
        return DeadLetter(
            device=arrival.device, topic=arrival.message.topic, source=arrival.message.source, lane=self._lane,
            reason=reason, detail=detail, payload=payload, decoder=self._decoder, retained=retained,
        )  # fmt: skip

    # -- once it is committed --------------------------------------------------------------------------------------

    def _count(self, batch: list[Arrival], gathered: _Gathered) -> None:
        for (source, type_, outcome), count in gathered.outcomes.items():
            metrics.events_total.labels(source, type_, outcome).inc(count)
        if gathered.dropped_moves:
            metrics.state_moves_dropped_total.labels(self._lane).inc(gathered.dropped_moves)
            log.warning("state_moves_dropped", lane=self._lane, count=gathered.dropped_moves)
        if batch:
            waited = (self._clock.now() - batch[0].received_at).total_seconds()
            metrics.event_commit_seconds.labels(self._lane).observe(max(0.0, waited))

    def _answer(self, batch: list[Arrival], gathered: _Gathered) -> None:
        """Answer what came on an alarm topic, whatever its type: its device sends it until it is answered."""
        now = self._clock.now()
        for arrival in batch:
            if type(arrival) is TelemetryArrival and arrival.wants_ack:
                reason, id_ = gathered.refused.get(id(arrival)), arrival.event.id
                said = ack.stored(id_, now) if reason is None else ack.refused(id_, reason)
                arrival.message.answer(arrival.device, said)


def _count_new(gathered: _Gathered, types: list[str], arrivals: list[TelemetryArrival], old: AbstractSet[int]) -> None:
    """Count what was stored, together: a batch is of few types and mostly of one source."""
    new = types if not old else [type_ for position, type_ in enumerate(types) if position not in old]
    sources = {arrival.message.source for arrival in arrivals}
    if len(sources) == 1:
        (source,) = sources
        for type_, count in Counter(new).items():
            gathered.outcomes[source, type_, "stored"] += count
        return
    for position, arrival in enumerate(arrivals):
        if position not in old:
            gathered.outcomes[arrival.message.source, types[position], "stored"] += 1
