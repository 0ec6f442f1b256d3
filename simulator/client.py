"""One MQTT connection of the fleet: a window of unacknowledged publishes, and reconnecting until told to stop."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final, Protocol, cast
from urllib.parse import unquote, urlsplit

from simulator import wire
from simulator.clock import Clock
from simulator.errors import BrokerAddressRefused, ConnectionRefusedByBroker, WireBroken

#: The first wait after a lost connection, doubled each time up to the longest, plus up to as much again by chance.
FIRST_BACKOFF_S: Final = 1.0
LONGEST_BACKOFF_S: Final = 30.0
#: A broker that has not answered CONNECT by then is tried again.
CONNECT_TIMEOUT_S: Final = 10.0
KEEP_ALIVE_S: Final = 60
_TLS_PORT: Final = 8883
_PLAIN_PORT: Final = 1883


@dataclass(frozen=True, kw_only=True, slots=True)
class Broker:
    """Where and how to connect; `tls` is None for `mqtt://`."""

    host: str
    port: int
    user: str | None
    password: str | None
    tls: ssl.SSLContext | None
    version: wire.Version

    @classmethod
    def from_url(cls, url: str, version: wire.Version) -> Broker:
        """Read `mqtt://` or `mqtts://user:password@host:port`, or raise BrokerAddressRefused."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise BrokerAddressRefused(f"{url!r} is no address: {error}") from error
        if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
            raise BrokerAddressRefused("a broker's address is mqtt://host:port or mqtts://user:password@host:port")
        secure = parts.scheme == "mqtts"
        return cls(
            host=parts.hostname,
            port=port or (_TLS_PORT if secure else _PLAIN_PORT),
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            tls=ssl.create_default_context() if secure else None,
            version=version,
        )


class Publication:
    """One message on its way. `of` is whatever its owner wants back when it is acknowledged."""

    __slots__ = ("of", "payload", "qos", "retain", "topic")

    def __init__(self, topic: bytes, payload: bytes, of: object, *, qos: int = 1, retain: bool = False) -> None:
        self.topic = topic
        self.payload = payload
        self.of = of
        self.qos = qos
        self.retain = retain


class Owner(Protocol):
    """Who a link works for. Called from the event loop, never twice at once; must not block."""

    def on_up(self, link: Link) -> None: ...

    def on_down(self, link: Link) -> None: ...

    def on_acknowledged(self, publication: Publication) -> None: ...

    def on_refused(self, publication: Publication, code: int) -> None: ...

    def on_message(self, topic: str, payload: bytes) -> None: ...


class Link(asyncio.Protocol):
    """A connection that comes back.

    `offer()` queues, `pump()` writes: the owner writes its ledger between the two and does not yield to the loop before
    it has, so that nothing is on the wire that the ledger does not know. What was not acknowledged when a connection
    broke is handed back by `take_unsent()`.
    """

    def __init__(
        self,
        client_id: str,
        broker: Broker,
        owner: Owner,
        clock: Clock,
        *,
        filters: Sequence[str] = (),
        will: wire.Will | None = None,
        window: int,
        most_pending: int,
    ) -> None:
        self.client_id = client_id
        self.up = False
        self.held = False
        self.reconnects = 0
        self.refused_filters = 0
        self._broker, self._owner, self._clock = broker, owner, clock
        self._filters, self._will = filters, will
        self._window_asked = self._window = window
        self._most_pending = most_pending
        self._pending: deque[Publication] = deque()
        self._inflight: dict[int, Publication] = {}
        self._last_packet_id = 0
        self._transport: asyncio.Transport | None = None
        self._reader = wire.Reader(broker.version)
        self._answered: asyncio.Future[None] | None = None
        self._closed: asyncio.Future[None] | None = None
        self._wake = asyncio.Event()
        self.finished = False
        self._paused = False
        self._heard_s = self._wrote_s = clock.monotonic()
        self._rng = Random(client_id)

    # What the owner does

    @property
    def waiting(self) -> int:
        """Messages not yet acknowledged by the broker, those not yet sent among them."""
        return len(self._pending) + len(self._inflight)

    @property
    def on_wire(self) -> int:
        """Of those, how many were sent."""
        return len(self._inflight)

    def offer(self, publication: Publication) -> bool:
        """Queue a message; False where the queue is at its bound."""
        if len(self._pending) >= self._most_pending:
            return False
        self._pending.append(publication)
        return True

    def pump(self) -> None:
        """Write what the window allows, in one go."""
        if not self.up or self._paused or self._transport is None:
            return
        out = []
        pending, inflight = self._pending, self._inflight
        while pending and len(inflight) < self._window:
            publication = pending.popleft()
            packet_id = 0
            if publication.qos:
                packet_id = self._free_packet_id()
                inflight[packet_id] = publication
            out.append(
                wire.publish(
                    publication.topic, publication.payload, packet_id, self._broker.version, retain=publication.retain
                )
            )
        if out:
            self._write(b"".join(out))

    def take_unsent(self) -> list[Publication]:
        """Return everything unacknowledged, oldest first, and forget it."""
        unsent = [*self._inflight.values(), *self._pending]
        self._inflight.clear()
        self._pending.clear()
        return unsent

    def tend(self) -> None:
        """Keep the connection alive, or break it if the broker has fallen silent; called about once a second."""
        now_s = self._clock.monotonic()
        if not self.up or self._transport is None:
            return
        if now_s - self._heard_s > KEEP_ALIVE_S * 1.5:
            self._transport.abort()
        elif now_s - max(self._wrote_s, self._heard_s) > KEEP_ALIVE_S / 2 or now_s - self._wrote_s > KEEP_ALIVE_S * 0.7:
            self._write(wire.PINGREQ)

    def hold(self) -> None:
        """Lose the connection as a device does that has no network: without a word, so that the will is published."""
        self.held = True
        if self._transport is not None:
            self._transport.abort()

    def release(self) -> None:
        """Have a network again."""
        self.held = False
        self._wake.set()

    def finish(self, *last: Publication) -> None:
        """Say the last words at QoS 0, take leave, and come back no more."""
        self.finished = True
        self._wake.set()
        if self._transport is None:
            return
        if self.up:
            version = self._broker.version
            words = [wire.publish(each.topic, each.payload, 0, version, retain=each.retain) for each in last]
            self._write(b"".join((*words, wire.disconnect())))
            self._transport.close()
        else:
            self._transport.abort()

    async def run(self, admission: asyncio.Semaphore) -> None:
        """Connect, and connect again, until finished. `admission` bounds how many dial at once.

        Raises ConnectionRefusedByBroker if the broker refuses the very first CONNECT: that mends by itself never.
        """
        backoff_s, ever = FIRST_BACKOFF_S, False
        while not self.finished:
            if self.held:
                await self._released()
                continue
            try:
                async with admission:
                    await self._dial()
                ever, backoff_s = True, FIRST_BACKOFF_S
                await self._until_closed()
            except ConnectionRefusedByBroker:
                if not ever:
                    raise
            except OSError:
                pass  # the broker is away: that is what the wait below is for
            self._lost()
            if self._should_return:
                self.reconnects += 1
                await self._clock.sleep(backoff_s * (1 + self._rng.random()))
                backoff_s = min(backoff_s * 2, LONGEST_BACKOFF_S)

    # The connection

    @property
    def _should_return(self) -> bool:
        return not self.finished and not self.held

    async def _dial(self) -> None:
        loop = asyncio.get_running_loop()
        self._answered, self._closed = loop.create_future(), loop.create_future()
        self._reader = wire.Reader(self._broker.version)
        self._paused = False
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await loop.create_connection(lambda: self, self._broker.host, self._broker.port, ssl=self._broker.tls)
                await self._answered
        except BaseException:
            # Also when cancelled: a half-open connection must not outlive its caller.
            if self._transport is not None:
                self._transport.abort()
            raise
        if self._filters:
            self._write(wire.subscribe(self._filters, self._free_packet_id(), self._broker.version))
        self.up = True
        self._owner.on_up(self)

    async def _released(self) -> None:
        self._wake.clear()
        await self._wake.wait()

    async def _until_closed(self) -> None:
        if self._closed is not None:
            await self._closed

    def _lost(self) -> None:
        if self.up:
            self.up = False
            self._owner.on_down(self)

    def _write(self, data: bytes) -> None:
        if self._transport is not None:
            self._wrote_s = self._clock.monotonic()
            self._transport.write(data)

    def _free_packet_id(self) -> int:
        while True:
            self._last_packet_id = self._last_packet_id % 0xFFFF + 1
            if self._last_packet_id not in self._inflight:
                return self._last_packet_id

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports do not inherit from asyncio's, so this cannot be asked.
        self._transport = cast("asyncio.Transport", transport)
        self._heard_s = self._clock.monotonic()
        self._write(
            wire.connect(
                self.client_id,
                self._broker.version,
                keep_alive_s=KEEP_ALIVE_S,
                will=self._will,
                user=self._broker.user,
                password=self._broker.password,
            )
        )

    def data_received(self, data: bytes) -> None:
        self._heard_s = self._clock.monotonic()
        try:
            for packet in self._reader.feed(data):
                self._take(packet)
            if self._pending:
                self.pump()
        except WireBroken as error:
            if self._answered is not None and not self._answered.done():
                self._answered.set_exception(ConnectionRefusedByBroker(str(error)))
            if self._transport is not None:
                self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 -- asyncio's signature
        self._transport = None
        self._lost()
        if self._answered is not None and not self._answered.done():
            self._answered.set_exception(ConnectionResetError("closed before CONNACK"))
            self._answered.exception()  # the dialler may be gone already: nobody need be told twice
        if self._closed is not None and not self._closed.done():
            self._closed.set_result(None)

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        self.pump()

    def _take(self, packet: wire.Packet) -> None:
        if (
            not self.up
            and type(packet) is not wire.ConnAck
            and self._answered is not None
            and not self._answered.done()
        ):
            raise WireBroken("what answers there is no MQTT broker: it begins with something else than CONNACK")
        if type(packet) is wire.PubAck:
            self._acknowledged(packet)
        elif type(packet) is wire.Incoming:
            if packet.packet_id:
                self._write(wire.puback(packet.packet_id))
            self._owner.on_message(packet.topic, packet.payload)
        elif type(packet) is wire.ConnAck:
            self._connected(packet)
        elif type(packet) is wire.SubAck:
            self.refused_filters += sum(code >= 0x80 for code in packet.codes)

    def _acknowledged(self, packet: wire.PubAck) -> None:
        publication = self._inflight.pop(packet.packet_id, None)
        if publication is None:
            return
        if packet.code >= 0x80:
            self._owner.on_refused(publication, packet.code)
        else:
            self._owner.on_acknowledged(publication)

    def _connected(self, packet: wire.ConnAck) -> None:
        self._window = min(self._window_asked, packet.receive_maximum)
        if self._answered is None or self._answered.done():
            return
        if packet.code:
            reason = f"the broker refused the connection with code {packet.code}: check user, password and version"
            self._answered.set_exception(ConnectionRefusedByBroker(reason))
        else:
            self._answered.set_result(None)
