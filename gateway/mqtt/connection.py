"""One persistent MQTT 5 session as an `asyncio.Protocol`: bytes, packet ids, keep-alive, and nothing about meaning."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, cast
from urllib.parse import unquote, urlsplit

from gateway.mqtt import codec

CONNECT_TIMEOUT_S: Final = 10.0
KEEP_ALIVE_S: Final = 10
#: A session outlives any outage that is still called one (architecture.md, Ingest).
SESSION_EXPIRY_S: Final = 7 * 24 * 3600
#: Acks waiting for the broker's window. A device that gets none resends and is acknowledged again, so the oldest go.
ACK_QUEUE_LIMIT: Final = 20_000
#: More than two thousand packets a second are read in gulps, each so long after the last: a call there waits a few
#: commits' time for it, and a lane of alarms alone is never so dense but in a storm.
DENSE_GAP_S: Final = 0.0005
REST_S: Final = 0.01
_PACE_WEIGHT: Final = 0.05
#: Bytes read but not yet whole; one packet is at most 256 KiB at our broker, and foreign brokers allow 256 MiB.
PARTIAL_LIMIT_BYTES: Final = 272 * 1024 * 1024
_QUICKACK: Final[int | None] = getattr(socket, "TCP_QUICKACK", None)  # Linux only


class ConnectionFailed(Exception):
    """The broker could not be reached or refused us; the text says which and what to do."""


class ConnectionEnded(Exception):
    """The connection is gone while an answer was awaited."""


class Receiver(Protocol):
    """Who is given what arrives; called in the order received, in the event loop.

    Told which connection it is of: one that was given up may still have something to say.
    """

    def on_packets(
        self, connection: MqttConnection, packets: list[codec.PublishPacket | codec.UnreadablePacket]
    ) -> None: ...

    def on_closed(self, connection: MqttConnection, reason: str) -> None:
        """The broker had accepted the connection, and it is gone; of one never accepted, `open` tells."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Certificates:
    """Files for `mqtts://`: whom we trust (None: the system's list), and our own name where the broker wants one."""

    ca_file: Path | None = None
    client_cert_file: Path | None = None
    client_key_file: Path | None = None  #: None: it stands in the certificate's file


NO_CERTIFICATES: Final = Certificates()


@dataclass(frozen=True, kw_only=True, slots=True)
class BrokerAddress:
    """Where the broker is, as SHOUWANG_MQTT_URL gives it; the password never shows in a repr."""

    host: str
    port: int
    tls: bool
    username: str | None
    password: bytes | None
    certificates: Certificates = NO_CERTIFICATES

    @classmethod
    def parse(cls, url: str, certificates: Certificates = NO_CERTIFICATES) -> BrokerAddress:
        """Read `mqtt://` or `mqtts://user:password@host:port`; ValueError says what is wrong with it."""
        parts = urlsplit(url)
        if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
            raise ValueError("SHOUWANG_MQTT_URL must be mqtt://host:port or mqtts://host:port")
        tls = parts.scheme == "mqtts"
        return cls(
            host=parts.hostname,
            port=parts.port or (8883 if tls else 1883),
            tls=tls,
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password).encode() if parts.password else None,
            certificates=certificates,
        )

    def tls_context(self) -> ssl.SSLContext | None:
        """Whom we trust and who we are; None without TLS. OSError (ssl.SSLError too) where a file is unusable."""
        if not self.tls:
            return None
        files = self.certificates
        context = ssl.create_default_context(cafile=files.ca_file)
        if files.client_cert_file is not None:
            context.load_cert_chain(files.client_cert_file, files.client_key_file)
        return context

    def __repr__(self) -> str:
        return f"BrokerAddress({self.host}:{self.port})"


class _Pace:
    """Whether packets come so densely that waking for each costs more than what it says."""

    def __init__(self) -> None:
        self._read_at_s = 0.0
        self._gap_s = 1.0  #: between two packets, lately

    def read(self, packets: int, now_s: float) -> bool:
        """Note a read; whether the next one should wait for company."""
        gap_s = min(1.0, now_s - self._read_at_s) / max(1, packets)
        self._read_at_s = now_s
        self._gap_s += (gap_s - self._gap_s) * _PACE_WEIGHT
        return self._gap_s < DENSE_GAP_S


class MqttConnection(asyncio.Protocol):
    """A session's one connection. Everything is written at once; PUBACKs are the caller's to order."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._transport: asyncio.Transport | None = None
        self._socket: socket.socket | None = None
        self._partial = bytearray()
        self._answers: dict[int, asyncio.Future[codec.Packet]] = {}
        self._connack: asyncio.Future[codec.ConnAckPacket] = asyncio.get_running_loop().create_future()
        self._next_id = 0
        self._window = 0
        self._in_flight: set[int] = set()
        self._waiting: deque[tuple[str, bytes, int | None]] = deque(maxlen=ACK_QUEUE_LIMIT)
        self._heard = True
        self._ticks = 0
        self._is_accepted = False
        self.closed_reason: str | None = None
        self.is_paused = False
        self._pace = _Pace()
        self._is_resting = False
        self.acks_dropped = 0

    # -- life ----------------------------------------------------------------------------------------------------

    async def open(
        self,
        address: BrokerAddress,
        *,
        client_id: str,
        receive_max: int,
        clean_start: bool = False,
        session_expiry_s: int = SESSION_EXPIRY_S,
    ) -> bool:
        """Connect, and return whether the broker still had our session. Raises ConnectionFailed; call it once.

        Whatever ends it early, cancellation too, ends the connection: a broker must not hold our session on one that
        nobody listens to. No Maximum Packet Size is set: brokers drop larger packets in silence.
        """
        connect = codec.ConnectPacket(
            client_id,
            username=address.username,
            password=address.password,
            clean_start=clean_start,
            keep_alive=KEEP_ALIVE_S,
            session_expiry_interval=session_expiry_s,
            receive_max=receive_max,
        )
        try:
            connack = await self._connect(address, connect.write())
        except BaseException:
            self.close("not connected")
            raise
        if connack.reason_code != codec.ConnAckReasonCode.SUCCESS:
            self.close("refused")
            raise ConnectionFailed(
                f"SHOUWANG_MQTT_URL: the broker at {address.host}:{address.port} refused us: {connack.reason_code!r}"
            )
        return connack.session_present

    async def _connect(self, address: BrokerAddress, connect: bytes) -> codec.ConnAckPacket:
        loop = asyncio.get_running_loop()
        try:
            context = address.tls_context()
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await loop.create_connection(lambda: self, address.host, address.port, ssl=context)
                self._write(connect)
                return await self._connack
        except (OSError, TimeoutError, ConnectionEnded) as error:
            raise ConnectionFailed(
                f"SHOUWANG_MQTT_URL: no broker answers at {address.host}:{address.port}"
                f" ({type(error).__name__}: {error})"
            ) from error

    def close(self, reason: str) -> None:
        """Drop the connection without a word: the session and what is unacknowledged stay with the broker."""
        if self._transport is not None and not self._transport.is_closing():
            self.closed_reason = self.closed_reason or reason
            self._transport.abort()

    @property
    def is_open(self) -> bool:
        """Accepted by the broker, and not closed since."""
        return self._is_accepted and self._transport is not None and not self._transport.is_closing()

    def tick(self) -> None:
        """Once a second by the lane's loop: ping a silent broker, and drop one that answered nothing in time."""
        self._ticks += 1
        if self._ticks < KEEP_ALIVE_S // 2:
            return
        self._ticks = 0
        if not self._heard and not self.is_paused:
            self.close("broker silent")
            return
        self._heard = False
        self._write(codec.ping())

    # -- what the lane does ----------------------------------------------------------------------------------------

    async def subscribe(self, filters: tuple[str, ...]) -> None:
        """Subscribe at QoS 1; raises ConnectionFailed where the broker refuses a filter."""
        answer = await self._ask(lambda packet_id: codec.subscribe(packet_id, filters))
        assert isinstance(answer, codec.SubAckPacket)
        refused = [f for f, code in zip(filters, answer.reason_codes, strict=True) if int(code) >= 0x80]
        if refused:
            raise ConnectionFailed(f"lanes: the broker refuses to subscribe us to {', '.join(refused)}")

    async def unsubscribe(self, filters: tuple[str, ...]) -> None:
        await self._ask(lambda packet_id: codec.unsubscribe(packet_id, filters))

    async def publish(self, topic: str, payload: bytes, *, expiry_s: int | None) -> codec.PubAckReasonCode:
        """Publish at QoS 1; return the broker's word. ConnectionFailed or ConnectionEnded where it says none."""
        answer = await self._ask(lambda id_: codec.publish(topic, payload, packet_id=id_, expiry_s=expiry_s))
        assert isinstance(answer, codec.PubAckPacket)
        return answer.reason_code

    def acknowledge(self, packet_ids: list[int], acks: list[tuple[str, bytes]], *, expiry_s: int | None) -> None:
        """PUBACK to the broker in the order given, and our acks to devices, in one write."""
        out = bytearray(codec.pubacks(packet_ids))
        for topic, payload in acks:
            if len(self._waiting) == ACK_QUEUE_LIMIT:
                self.acks_dropped += 1
            self._waiting.append((topic, payload, expiry_s))
        self._take_waiting(out)
        if out:
            self._write(bytes(out))

    def pause(self) -> None:
        if self._transport is not None and not self.is_paused and not self._transport.is_closing():
            if not self._is_resting:
                self._transport.pause_reading()
            self.is_paused = True

    def resume(self) -> None:
        if self._transport is not None and self.is_paused and not self._transport.is_closing():
            if not self._is_resting:
                self._transport.resume_reading()
            self.is_paused = False
            self._heard = True

    # -- asyncio.Protocol --------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports do everything an asyncio.Transport does without being one.
        self._transport = cast("asyncio.Transport", transport)
        self._socket = self._transport.get_extra_info("socket")

    def data_received(self, data: bytes) -> None:
        self._heard = True
        self._acknowledge_segment()
        if self._partial:
            self._partial += data
            result = self._read(self._partial)
            del self._partial[: result.taken]
        else:
            result = self._read(data)
            if result.taken < len(data):
                self._partial += data[result.taken :]
        if len(self._partial) > PARTIAL_LIMIT_BYTES:
            self.close("packet too large")
        self._hand_on(result.packets)
        if self._pace.read(len(result.packets), asyncio.get_running_loop().time()):
            self._rest()

    def connection_lost(self, error: Exception | None) -> None:
        reason = self.closed_reason or (str(error) if error else "closed by the broker")
        self.closed_reason = reason
        ended = ConnectionEnded(reason)
        for future in self._answers.values():
            _fail(future, ended)
        _fail(self._connack, ended)
        self._answers.clear()
        if self._is_accepted:
            self._receiver.on_closed(self, reason)

    # -- inside -----------------------------------------------------------------------------------------------------

    def _acknowledge_segment(self) -> None:
        """Have TCP acknowledge at once, while Linux lets us.

        A broker without `set_tcp_nodelay` holds a press back until its last segment is acknowledged, and an
        acknowledgement may be delayed by 40 ms: half a press's time to the screen. The option lasts for one segment.
        """
        if self._socket is not None and _QUICKACK is not None:
            self._socket.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)

    def _rest(self) -> None:
        """Leave the socket alone for a moment: a broker writes each packet by itself, and one read takes many."""
        if self._is_resting or self.is_paused or not self.is_open:
            return
        assert self._transport is not None
        self._transport.pause_reading()
        self._is_resting = True
        asyncio.get_running_loop().call_later(REST_S, self._wake)

    def _wake(self) -> None:
        self._is_resting = False
        if self._transport is not None and not self.is_paused and not self._transport.is_closing():
            self._transport.resume_reading()

    def _read(self, buffer: bytes | bytearray) -> codec.ReadResult:
        try:
            return codec.read_packets(buffer)
        except codec.WireBroken as error:
            self.close(str(error))
            return codec.ReadResult(packets=[], taken=len(buffer))

    def _hand_on(self, packets: list[codec.Packet | codec.UnreadablePacket]) -> None:
        published: list[codec.PublishPacket | codec.UnreadablePacket] = []
        for packet in packets:
            if isinstance(packet, codec.PublishPacket | codec.UnreadablePacket):
                published.append(packet)
            else:
                self._control(packet)
        if published:
            self._receiver.on_packets(self, published)

    def _control(self, packet: codec.Packet) -> None:
        match packet:
            case codec.PubAckPacket():
                self._in_flight.discard(packet.packet_id)
                self._answered(packet)
                out = bytearray()
                self._take_waiting(out)
                if out:
                    self._write(bytes(out))
            case codec.ConnAckPacket():
                if not self._connack.done():
                    self._is_accepted = packet.reason_code == codec.ConnAckReasonCode.SUCCESS
                    self._window = packet.receive_max
                    self._connack.set_result(packet)
            case codec.SubAckPacket() | codec.UnsubAckPacket():
                self._answered(packet)
            case codec.DisconnectPacket():
                self.close(f"broker: {packet.reason_code!r}")
            # PINGRESP: hearing it was all.

    def _answered(self, packet: codec.PubAckPacket | codec.SubAckPacket | codec.UnsubAckPacket) -> None:
        waiting = self._answers.pop(packet.packet_id, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(packet)

    async def _ask(self, build: Callable[[int], bytes]) -> codec.Packet:
        packet_id = self._take_id()
        future: asyncio.Future[codec.Packet] = asyncio.get_running_loop().create_future()
        self._answers[packet_id] = future
        self._write(build(packet_id))
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                return await future
        except TimeoutError as error:
            raise ConnectionFailed("the broker does not answer") from error

    def _take_waiting(self, out: bytearray) -> None:
        while self._waiting and len(self._in_flight) < self._window:
            topic, payload, expiry_s = self._waiting.popleft()
            packet_id = self._take_id()
            self._in_flight.add(packet_id)
            out += codec.publish(topic, payload, packet_id=packet_id, expiry_s=expiry_s)

    def _take_id(self) -> int:
        while True:
            self._next_id = self._next_id % 65_535 + 1
            if self._next_id not in self._in_flight and self._next_id not in self._answers:
                return self._next_id

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)


def _fail(future: asyncio.Future[Any], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
        future.exception()  # seen: whoever awaits it still gets it, and nobody is warned at exit
