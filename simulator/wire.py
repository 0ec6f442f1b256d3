"""MQTT 3.1.1 and 5 as bytes, as much of it as a device speaks: no socket and no clock."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from msgspec import Struct

from simulator.errors import WireBroken

#: The largest packet a broker sends a device here: acks and commands are small, more is not a broker speaking.
MAX_PACKET_BYTES: Final = 1 << 20

PINGREQ: Final = b"\xc0\x00"
_U16: Final = struct.Struct(">H")

# MQTT 5 properties by the size of their value (MQTT 5.0, table 2-4), so that unknown ones can be passed over.
_FIXED_BYTES: Final = {
    0x01: 1, 0x17: 1, 0x19: 1, 0x24: 1, 0x25: 1, 0x28: 1, 0x29: 1, 0x2A: 1,
    0x13: 2, 0x21: 2, 0x22: 2, 0x23: 2,
    0x02: 4, 0x11: 4, 0x18: 4, 0x27: 4,
}  # fmt: skip
_STRINGS: Final = frozenset({0x03, 0x08, 0x09, 0x12, 0x15, 0x16, 0x1A, 0x1C, 0x1F})
_PAIR: Final = 0x26
_SUBSCRIPTION_ID: Final = 0x0B
_RECEIVE_MAXIMUM: Final = 0x21


class Version(IntEnum):
    """The protocol level as CONNECT carries it."""

    V311 = 4
    V5 = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Will:
    """What the broker says for a device that is gone; QoS 1 and retained, as contract section 2 has `online`."""

    topic: bytes
    payload: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class ConnAck:
    """The broker's answer to CONNECT; `receive_maximum` bounds what may be sent unacknowledged."""

    code: int
    receive_maximum: int


class PubAck(Struct, frozen=True, gc=False):
    """The broker has taken over the message with this packet id; a `code` of 128 or more is a refusal."""

    packet_id: int
    code: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Incoming:
    """A message for us; `packet_id` is 0 at QoS 0."""

    topic: str
    payload: bytes
    packet_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class SubAck:
    """The broker's answer to SUBSCRIBE, one code a filter; 128 or more is a refusal."""

    codes: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Other:
    """A packet that needs no answer here: PINGRESP, UNSUBACK, DISCONNECT."""

    kind: int


Packet = ConnAck | PubAck | Incoming | SubAck | Other


def length_bytes(length: int) -> bytes:
    """Return a variable byte integer (MQTT 5.0, 1.5.5)."""
    if length < 128:
        return bytes((length,))
    out = bytearray()
    while True:
        length, low = divmod(length, 128)
        out.append(low | (0x80 if length else 0))
        if not length:
            return bytes(out)


def connect(
    client_id: str,
    version: Version,
    *,
    keep_alive_s: int,
    will: Will | None = None,
    user: str | None = None,
    password: str | None = None,
) -> bytes:
    """Return a CONNECT with a clean session: a device keeps what it owes, so the broker need keep nothing for it."""
    flags = 0x02
    no_properties = b"\x00" if version is Version.V5 else b""
    payload = _text(client_id.encode())
    if will is not None:
        flags |= 0x04 | 0x08 | 0x20
        payload += no_properties + _text(will.topic) + _text(will.payload)
    if user is not None:
        flags |= 0x80
        payload += _text(user.encode())
    if password is not None:
        flags |= 0x40
        payload += _text(password.encode())
    head = _text(b"MQTT") + bytes((version, flags)) + _U16.pack(keep_alive_s) + no_properties
    return _packet(0x10, head + payload)


def publish(topic: bytes, payload: bytes, packet_id: int, version: Version, *, retain: bool = False) -> bytes:
    """Return a PUBLISH at QoS 1, or at QoS 0 where `packet_id` is 0."""
    properties = b"\x00" if version is Version.V5 else b""
    if not packet_id:
        body = b"".join((_U16.pack(len(topic)), topic, properties, payload))
        return _packet(0x31 if retain else 0x30, body)
    size = len(topic) + len(payload) + len(properties) + 4
    head = 0x33 if retain else 0x32
    # The hot path of a load run: one join, no copy of the payload before it.
    return b"".join(
        (bytes((head,)), length_bytes(size), _U16.pack(len(topic)), topic, _U16.pack(packet_id), properties, payload)
    )


def puback(packet_id: int) -> bytes:
    """Return a PUBACK of success, which both versions write alike."""
    return b"\x40\x02" + _U16.pack(packet_id)


def subscribe(filters: Sequence[str], packet_id: int, version: Version) -> bytes:
    """Return a SUBSCRIBE at QoS 1."""
    properties = b"\x00" if version is Version.V5 else b""
    body = b"".join(_text(each.encode()) + b"\x01" for each in filters)
    return _packet(0x82, _U16.pack(packet_id) + properties + body)


def disconnect() -> bytes:
    """Return a DISCONNECT that means to go: the broker forgets the will."""
    return b"\xe0\x00"


class Reader:
    """Turns what the socket gives into packets, whole ones only."""

    def __init__(self, version: Version) -> None:
        self._version = version
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Packet]:
        """Yield every packet that is complete now; raise WireBroken where the bytes are not MQTT."""
        data = self._rest + data if self._rest else data
        at, size = 0, len(data)
        # Kept also if the caller stops half-way: a packet is never seen twice.
        self._rest = b""
        while size - at >= 2:
            length, body = _length(data, at + 1)
            if length is None or body + length > size:
                break
            yield self._packet(data[at], data[body : body + length])
            at = body + length
        self._rest = data[at:]

    def _packet(self, head: int, body: bytes) -> Packet:
        kind = head >> 4
        try:
            if kind == 4:
                return PubAck(_U16.unpack_from(body)[0], body[2] if len(body) > 2 else 0)
            if kind == 3:
                return self._incoming(head, body)
            if kind == 2:
                return self._connack(body)
            if kind == 9:
                return SubAck(codes=self._after_properties(body, 2))
        except (struct.error, IndexError, UnicodeDecodeError) as error:
            raise WireBroken(f"a packet of kind {kind} broke off") from error
        if kind not in (11, 13, 14, 15):
            raise WireBroken(f"a broker does not send packets of kind {kind}")
        return Other(kind=kind)

    def _incoming(self, head: int, body: bytes) -> Incoming:
        end = 2 + _U16.unpack_from(body)[0]
        topic = body[2:end].decode()
        packet_id = 0
        if head & 0x06:
            packet_id = _U16.unpack_from(body, end)[0]
            end += 2
        return Incoming(topic=topic, payload=self._after_properties(body, end), packet_id=packet_id)

    def _after_properties(self, body: bytes, at: int) -> bytes:
        if self._version is Version.V311:
            return body[at:]
        length, start = _length(body, at)
        if length is None:
            raise WireBroken("properties broke off")
        return body[start + length :]

    def _connack(self, body: bytes) -> ConnAck:
        receive_maximum = 0xFFFF
        if self._version is Version.V5 and len(body) > 2:
            length, start = _length(body, 2)
            receive_maximum = _receive_maximum(body[start : start + (length or 0)])
        return ConnAck(code=body[1], receive_maximum=receive_maximum)


def _text(value: bytes) -> bytes:
    return _U16.pack(len(value)) + value


def _packet(head: int, body: bytes) -> bytes:
    return bytes((head,)) + length_bytes(len(body)) + body


def _length(data: bytes, at: int) -> tuple[int | None, int]:
    """Return a variable byte integer and where it ends, or None where it is not all there yet."""
    value = shift = 0
    while at < len(data):
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            if value > MAX_PACKET_BYTES:
                raise WireBroken(f"a packet of {value} bytes is more than a device takes")
            return value, at
        shift += 7
        if shift > 21:
            raise WireBroken("a length of more than four bytes")
    return None, at


def _receive_maximum(properties: bytes) -> int:
    at = 0
    while at < len(properties):
        kind = properties[at]
        at += 1
        if kind == _RECEIVE_MAXIMUM:
            return int(_U16.unpack_from(properties, at)[0])
        at = _past_value(properties, kind, at)
    return 0xFFFF


def _past_value(properties: bytes, kind: int, at: int) -> int:
    if kind in _FIXED_BYTES:
        return at + _FIXED_BYTES[kind]
    if kind == _SUBSCRIPTION_ID:
        return _length(properties, at)[1]
    if kind in _STRINGS or kind == _PAIR:
        for _ in range(2 if kind == _PAIR else 1):
            at += 2 + _U16.unpack_from(properties, at)[0]
        return at
    raise WireBroken(f"no property {kind:#x} in MQTT 5")
