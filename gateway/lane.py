"""One lane's life: take the lease, connect with the lane's id, hand on what arrives, acknowledge what is committed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog

from devices.topics import ack_topic
from gateway import lost_sessions, metrics
from gateway.alarms import SIDE_BY_SIDE, AlarmDesk
from gateway.canary import Canary, OnFullRound, presses_on
from gateway.ending import apart
from gateway.hubs import Hubs
from gateway.lost_sessions import LostSession
from gateway.mqtt import codec
from gateway.mqtt.connection import KEEP_ALIVE_S, BrokerAddress, ConnectionEnded, ConnectionFailed, MqttConnection
from gateway.retrying import Retrying
from gateway.sorting import Sorted, given_up, sort, storable, unreadable
from gateway.sources import LaneSettings, SourceTable
from gateway.suspicion import Suspicion
from gateway.telemetry import TelemetryWriter
from gateway.unruly import Unruly
from gateway.window import Message, Window, answers
from rules.clock import Clock
from store import lanes
from store.database import DATABASE_AWAY, Database, OwnConnection, open_connection
from store.lanes import LaneLease, LeaseLost
from store.opening import Centre

log: Final = structlog.get_logger()

#: How many unacknowledged messages the broker may have out to us. A hint that not every broker keeps.
RECEIVE_MAX: Final = 8_192
#: A device that is still asking after an hour has asked again by itself.
ACK_EXPIRY_S: Final = 3_600
#: A close so soon after connecting counts as a takeover by another holder of our client id: brokers do not say.
TAKEOVER_WITHIN_S: Final = 2.0
BACKOFF_FIRST_S: Final = 1.0
BACKOFF_LONGEST_S: Final = 30.0


@dataclass(frozen=True, kw_only=True, slots=True)
class LaneContext:
    """What every lane of a gateway shares."""

    database: Database
    clock: Clock
    centre: Centre
    broker: BrokerAddress
    holder: str
    version: str
    acks_expire: bool = True  #: False: the broker hands properties on to clients of MQTT 3.1.1, and dies of it
    on_full_round: OnFullRound | None = None  #: told of each full round of a canary; None: no canaries press
    unruly: Unruly | None = None  #: sheds what a device says too much; None: nothing is shed
    #: Connections are set aside for so many alarms at a time, whichever lanes they come by.
    alarm_slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(SIDE_BY_SIDE))


class Lane:
    """One persistent MQTT session that any gateway may hold, one at a time."""

    def __init__(self, settings: LaneSettings, context: LaneContext) -> None:
        self.name = settings.name
        self._settings, self._context, self._sources = settings, context, settings.table
        self._clock, self._unruly = context.clock, context.unruly
        self._retrying = Retrying(context.database, context.clock, lane=settings.name)
        self._suspicion = Suspicion(context.database, context.clock, self._retrying, lane=settings.name)
        self._canary = _canary_of(settings, self._sources, context)
        self._link: OwnConnection | None = None
        self._window = Window()
        self._lost: LostSession | None = None  #: and not told of yet; outlives a term
        self._begin()

    def _begin(self) -> None:
        """Start empty: what an earlier term held belongs to the broker's session, and so to the next holder."""
        labels = {"lane": self.name, "decoder": self._context.version}
        self._telemetry = TelemetryWriter(
            self._context.database, self._clock, self._retrying, self._context.centre, **labels
        )
        self._alarms = AlarmDesk(
            self._context.database, self._clock, self._retrying, self._context.centre, self._context.alarm_slots,
            pass_on=self._telemetry.take, **labels,
        )  # fmt: skip
        self._hubs = Hubs(self._context.database, self._clock, lane=self.name)
        self._window = Window(generation=self._window.generation + 1)
        self._suspicion.begin()
        self._connection: MqttConnection | None = None
        self._connected_at_s = 0.0
        self._read_at_s = 0.0
        self._retry_at_s = 0.0
        self._backoff_s = BACKOFF_FIRST_S
        self._heard_at: datetime | None = None
        self._filters: tuple[str, ...] = ()
        self._had_session = False

    @property
    def is_connected(self) -> bool:
        return self._connection is not None and self._connection.is_open

    @property
    def has_canary(self) -> bool:
        return self._canary is not None

    @property
    def is_listening(self) -> bool:
        """Connected and subscribed to all that the settings name."""
        return self.is_connected and set(self._settings.filters) <= set(self._filters)

    async def run(self) -> None:
        """Hold the lane whenever it is free, until cancelled; what fails is said, counted and begun anew."""
        try:
            await self._go_round()
        finally:
            await self._drop_link()

    async def _go_round(self) -> None:
        again_s = lanes.RENEW_EVERY_S
        while True:
            began_s, wait_s = self._clock.monotonic(), lanes.RENEW_EVERY_S
            try:
                lease = await self._take()
                if lease is not None:
                    await apart(self._hold(lease))
            except* LeaseLost:
                log.warning("lane_lease_lost", lane=self.name)
            except* DATABASE_AWAY as away:
                log.warning("lane_database_away", lane=self.name, error=type(away.exceptions[0]).__name__)
                await self._drop_link()
            except* Exception as failed:  # noqa: BLE001  # a task's outermost line: counted and said
                # Any type: the other lanes must not end with this one, and this one has to be held again.
                wait_s, again_s = again_s, min(again_s * 2, BACKOFF_LONGEST_S)
                self._note_failure("lane_failed", failed.exceptions[0])
                await self._drop_link()
            if self._clock.monotonic() - began_s > BACKOFF_LONGEST_S:
                again_s = lanes.RENEW_EVERY_S
            await self._clock.sleep(wait_s)

    def _note_failure(self, event: str, error: BaseException) -> None:
        metrics.lane_failures_total.labels(self.name, type(error).__name__).inc()
        # Only the kind of error: its text can hold what a device sent.
        log.error(event, lane=self.name, error=type(error).__name__)

    # -- the lease ----------------------------------------------------------------------------------------------------

    async def _take(self) -> LaneLease | None:
        link = await self._open_link()
        await lanes.declare(link, self.name)
        return await lanes.take(link, self.name, self._context.holder)

    async def _hold(self, lease: LaneLease) -> None:
        """Work on the lane until the lease is lost or we are told to stop; the connection ends first."""
        log.info("lane_taken", lane=self.name, epoch=lease.epoch)
        self._begin()
        self._filters, self._heard_at = lease.filters, lease.last_seen
        self._had_session = lease.had_session
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._telemetry.run(lease, self._settle))
                group.create_task(self._alarms.run(lease, self._settle))
                group.create_task(self._suspicion.run(self._examined))
                group.create_task(self._hubs.run())
                group.create_task(self._keep(lease))
                for work in self._beside(lease):
                    group.create_task(work)
        finally:
            self._disconnect("lane given up")
            await self._give_up(lease)

    def _beside(self, lease: LaneLease) -> tuple[Coroutine[None, None, None], ...]:
        """What else runs for as long as we hold the lane."""
        return () if self._canary is None else (self._canary.run(lease, lambda: self.is_listening),)

    async def _keep(self, lease: LaneLease) -> None:
        """Once a second, in the loop that handles messages, so that a stuck process loses its lease."""
        while True:
            renewed = await self._renew(lease)
            if self.is_connected:
                assert self._connection is not None
                self._connection.tick()
                self._observe()
            elif renewed and self._clock.monotonic() >= self._retry_at_s:
                await self._connect(lease)
            if renewed:
                await self._catch_up()
            await self._clock.sleep(lanes.RENEW_EVERY_S)

    async def _catch_up(self) -> None:
        """What else is told to the database, and told again at the next turn where that fails."""
        try:
            await self._suspicion.clear()
            if self._lost is not None:
                context = self._context
                await lost_sessions.report(
                    context.database, self.name, self._lost, centre=context.centre, now=self._clock.now()
                )
                self._lost = None
        except Exception as error:  # noqa: BLE001  # said, counted and tried again
            # Any type: what we have to say about ourselves must not become what stops the lane.
            self._note_failure("lane_not_caught_up", error)

    async def _renew(self, lease: LaneLease) -> bool:
        if self.is_connected:
            # A quiet line is heard too: what a lost session loses was sent after this.
            proven_at = self._clock.now() - timedelta(seconds=KEEP_ALIVE_S)
            self._heard_at = proven_at if self._heard_at is None else max(self._heard_at, proven_at)
        try:
            await lanes.renew(await self._open_link(), lease, heard_at=self._heard_at)
        except DATABASE_AWAY as error:
            # Nobody can take the lease either. What is in memory waits; the socket is not read past its bound.
            metrics.lane_failures_total.labels(self.name, type(error).__name__).inc()
            await self._drop_link()
            return False
        return True

    async def _give_up(self, lease: LaneLease) -> None:
        try:
            await lanes.release(await self._open_link(), lease)
        except DATABASE_AWAY:
            await self._drop_link()  # the lease runs out by itself

    async def _open_link(self) -> OwnConnection:
        if self._link is None or self._link.is_closed():
            dsn = self._context.database.dsn
            self._link = await open_connection(dsn, application_name=f"shouwang lane {self.name}")
        return self._link

    async def _drop_link(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            link.terminate()

    # -- the connection -----------------------------------------------------------------------------------------------

    async def _connect(self, lease: LaneLease) -> None:
        self._window.generation += 1
        self._connected_at_s = float("inf")
        # Ours from its first byte: a backlog can come in one read with the CONNACK.
        connection = self._connection = MqttConnection(self)
        try:
            session_present = await connection.open(
                self._context.broker, client_id=self._settings.client_id, receive_max=RECEIVE_MAX
            )
            self._connected_at_s = self._clock.monotonic()
            self._flush()
            await self._subscribe(connection)
        except (ConnectionFailed, ConnectionEnded) as error:
            log.warning("lane_not_connected", lane=self.name, why=str(error))
            if self._connection is connection:  # else its closing was heard already
                self._disconnect("not connected")
                self._back_off()
            return
        log.info("lane_connected", lane=self.name, session_present=session_present)
        metrics.lane_connected.labels(self.name).set(1)
        if self._had_session and not session_present:
            # Kept until it is told: the next connection finds the new session, and would know nothing of the loss.
            since = self._heard_at if self._lost is None else self._lost.since
            self._lost = LostSession(since=since, until=self._clock.now())
            log.error("lane_session_lost", lane=self.name)
        self._had_session = True
        await lanes.note_session(await self._open_link(), lease, self._settings.filters)
        self._filters = self._settings.filters

    async def _subscribe(self, connection: MqttConnection) -> None:
        await connection.subscribe(self._settings.filters)
        gone = tuple(sorted(set(self._filters) - set(self._settings.filters)))
        if gone:
            await connection.unsubscribe(gone)

    def _disconnect(self, reason: str) -> None:
        """End our connection; from here on it is nobody's, and what it still says changes nothing."""
        connection, self._connection = self._connection, None
        metrics.lane_connected.labels(self.name).set(0)
        if connection is not None:
            connection.close(reason)

    def _back_off(self) -> None:
        """Wait longer each time, with jitter, so that two holders of one id do not kick each other for ever."""
        jitter = 0.5 + random.random()  # noqa: S311  # spreads reconnects, guards nothing
        self._retry_at_s = self._clock.monotonic() + self._backoff_s * jitter
        self._backoff_s = min(self._backoff_s * 2, BACKOFF_LONGEST_S)

    def on_closed(self, connection: MqttConnection, reason: str) -> None:
        """The connection is gone: unacknowledged messages come again by the session."""
        if connection is not self._connection:
            return
        self._connection = None
        metrics.lane_connected.labels(self.name).set(0)
        lived_s = max(0.0, self._clock.monotonic() - self._connected_at_s)
        log.warning("lane_closed", lane=self.name, why=reason, lived_s=round(lived_s, 1))
        if lived_s < TAKEOVER_WITHIN_S:
            self._back_off()
        else:
            self._backoff_s, self._retry_at_s = BACKOFF_FIRST_S, self._clock.monotonic()

    # -- what arrives ------------------------------------------------------------------------------------------

    def on_packets(
        self, connection: MqttConnection, packets: list[codec.PublishPacket | codec.UnreadablePacket]
    ) -> None:
        """Take what arrived, in order; stop reading the socket at the window's bound.

        Of a connection that is not ours any more nothing is taken: the broker sends it again on the next.
        """
        if connection is not self._connection:
            return
        now, self._read_at_s = self._clock.now(), self._clock.monotonic()
        self._heard_at = now
        if self._sources.tells_identity:
            for packet in packets:
                self._receive(packet, now)
        else:
            # Who tells neither id nor time is told apart by the receipt: each message has one of its own.
            for number, packet in enumerate(packets):
                self._receive(packet, now + timedelta(microseconds=number))
        self._flush()
        if self._window.is_full and not connection.is_paused:
            connection.pause()
            metrics.lane_paused_total.labels(self.name).inc()

    def _receive(self, packet: codec.PublishPacket | codec.UnreadablePacket, now: datetime) -> None:
        generation = self._window.generation
        if isinstance(packet, codec.UnreadablePacket):
            message = Message(storable(packet.topic), packet.packet_id, len(packet.raw), generation)
            self._window.add(message)
            self._place(unreadable(packet, message, self._sources.of(packet.topic), now), message)
            return
        topic = packet.topic
        message = Message(storable(topic), packet.packet_id, len(packet.payload), generation)
        self._window.add(message)
        if self._suspicion.is_active:
            message.open_parts = 1
            self._suspicion.take(packet, message)
        else:
            self._place(sort(packet, message, self._sources.of(topic), now), message)

    def _examined(self, packet: codec.PublishPacket, message: Message, condemned: bool) -> None:
        now, source = self._clock.now(), self._sources.of(packet.topic)
        self._read_at_s = self._clock.monotonic()
        if condemned:
            reason = "decoding this message ended the process before; it is kept undecoded"
            parts = given_up(packet.topic, packet.payload, reason, message, source, now, retained=packet.retain)
        else:
            parts = sort(packet, message, source, now)
        self._place(parts, message)
        self._flush()

    def _place(self, parts: Sorted, message: Message) -> None:
        message.open_parts = len(parts.alarms) + len(parts.telemetry)
        for alarm in parts.alarms:
            self._alarms.take(alarm)
        for arrival in parts.telemetry:
            if self._unruly is None or self._unruly.admits(arrival, self.name, self._read_at_s):
                self._telemetry.take(arrival)
            else:
                message.open_parts -= 1
        if parts.hub is not None:
            self._hubs.take(parts.hub, parts)

    # -- what is committed -------------------------------------------------------------------------------------

    def _settle(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self._window.settle(message)
        self._flush()

    def _flush(self) -> None:
        """PUBACK in the order received whatever is settled at the front, and tell devices, in one write."""
        # While there is no connection, or it is just being made, what is settled waits: its PUBACK would be lost.
        if self._connection is None or not self._connection.is_open:
            return
        packet_ids, answered = self._window.settled()
        if packet_ids or answered:
            acks = [(ack_topic(device), payload) for message in answered for device, payload in answers(message)]
            expiry_s = ACK_EXPIRY_S if self._context.acks_expire else None
            self._connection.acknowledge(packet_ids, acks, expiry_s=expiry_s)
        if self._connection.is_paused and self._window.has_room:
            self._connection.resume()

    def _observe(self) -> None:
        metrics.lane_inflight.labels(self.name).set(len(self._window))
        assert self._connection is not None
        dropped, self._connection.acks_dropped = self._connection.acks_dropped, 0
        if dropped:
            metrics.acks_dropped_total.labels(self.name).inc(dropped)


def _canary_of(settings: LaneSettings, sources: SourceTable, context: LaneContext) -> Canary | None:
    if context.on_full_round is None or not any(presses_on(one, settings.name) for one in sources.sources):
        return None
    return Canary(
        settings.name, database=context.database, clock=context.clock, centre=context.centre, broker=context.broker,
        on_full=context.on_full_round,
    )  # fmt: skip
