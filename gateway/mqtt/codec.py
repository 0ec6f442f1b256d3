"""The one file that touches the `mqtt5` package: bytes in, packets out, and what it cannot read set apart.

The codec is young and has one author (docs/adr/0001); whatever it does with a packet stays with that packet.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import mqtt5
from mqtt5 import (
    ConnAckPacket,
    ConnAckReasonCode,
    ConnectPacket,
    DisconnectPacket,
    Packet,
    PingReqPacket,
    PingRespPacket,
    PubAckPacket,
    PubAckReasonCode,
    PublishPacket,
    QoS,
    RetainHandling,
    SubAckPacket,
    SubscribePacket,
    TopicFilter,
    UnsubAckPacket,
    UnsubscribePacket,
)

__all__ = [
    "ConnAckPacket",
    "ConnAckReasonCode",
    "ConnectPacket",
    "DisconnectPacket",
    "Packet",
    "PingRespPacket",
    "PubAckPacket",
    "PubAckReasonCode",
    "PublishPacket",
    "ReadResult",
    "SubAckPacket",
    "UnreadablePacket",
    "UnsubAckPacket",
    "WireBroken",
    "ping",
    "pubacks",
    "publish",
    "read_packets",
    "subscribe",
    "unsubscribe",
]

_PUBLISH: Final = 3
_LONGEST_HEADER: Final = 5
#: A PUBACK's first two bytes, before its packet id.
_PUBACK: Final = 0x4002_0000


class WireBroken(Exception):
    """The bytes no longer tell where a packet ends: the connection must be dropped and made again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class UnreadablePacket:
    """A packet whose end is known and whose content the codec could not read; nothing of it is lost."""

    raw: bytes
    reason: str
    topic: str
    packet_id: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadResult:
    """Whole packets in order, and how many bytes of the buffer they took."""

    packets: list[Packet | UnreadablePacket]
    taken: int


def read_packets(buffer: bytes | bytearray) -> ReadResult:
    """Read every whole packet at the front of `buffer`; raise WireBroken where framing itself is lost."""
    packets: list[Packet | UnreadablePacket] = []
    taken, size = 0, len(buffer)
    read = mqtt5.read
    with memoryview(buffer) as view:
        while taken < size:
            try:
                packet, length = read(view[taken:])
            except IndexError:
                break
            except (KeyboardInterrupt, SystemExit):
                raise
            except BaseException as error:  # noqa: BLE001  # a panic in the codec is no Exception
                # A panic inside the codec is a BaseException of its own kind. It may cost one packet, never the lane.
                end = _end_of_packet(view, taken)
                if end is None:
                    break
                packets.append(_set_apart(bytes(view[taken:end]), error))
                taken = end
            else:
                packets.append(packet)
                taken += length
    return ReadResult(packets=packets, taken=taken)


def _end_of_packet(view: memoryview, start: int) -> int | None:
    """Where the packet that begins at `start` ends, from its fixed header alone; None if it is not all there."""
    length, shift = 0, 0
    for position in range(start + 1, min(start + _LONGEST_HEADER, len(view))):
        byte = view[position]
        length |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            end = position + 1 + length
            return end if end <= len(view) else None
    if len(view) - start >= _LONGEST_HEADER:
        raise WireBroken("a packet's length is not a length")
    return None


def _set_apart(raw: bytes, error: BaseException) -> UnreadablePacket:
    topic, packet_id = "", None
    if raw[0] >> 4 == _PUBLISH:
        body = raw[next(i for i in range(1, _LONGEST_HEADER) if not raw[i] & 0x80) + 1 :]
        topic_end = 2 + int.from_bytes(body[:2], "big")
        topic = body[2:topic_end].decode("utf-8", "replace")
        if raw[0] & 0x06:
            packet_id = int.from_bytes(body[topic_end : topic_end + 2], "big")
    return UnreadablePacket(raw=raw, reason=f"{type(error).__name__}: {error}"[:200], topic=topic, packet_id=packet_id)


def pubacks(packet_ids: Sequence[int]) -> bytes:
    """PUBACKs that say success, in their shortest form of four bytes (MQTT 5, 3.4.2.1)."""
    return struct.pack(f">{len(packet_ids)}I", *[_PUBACK | packet_id for packet_id in packet_ids])


def publish(topic: str, payload: bytes, *, packet_id: int, expiry_s: int | None) -> bytes:
    """A QoS 1 PUBLISH that the broker drops after `expiry_s`; None: never, and without any property of MQTT 5."""
    return PublishPacket(
        topic, payload, qos=QoS.AT_LEAST_ONCE, packet_id=packet_id, message_expiry_interval=expiry_s
    ).write()


def subscribe(packet_id: int, filters: tuple[str, ...]) -> bytes:
    """Retain As Published 0 and Retain Handling 1: the flag then means "was there before we subscribed"."""
    return SubscribePacket(
        packet_id,
        [
            TopicFilter(
                pattern,
                max_qos=QoS.AT_LEAST_ONCE,
                retain_as_published=False,
                retain_handling=RetainHandling.SEND_IF_SUBSCRIPTION_NOT_EXISTS,
            )
            for pattern in filters
        ],
    ).write()


def unsubscribe(packet_id: int, filters: tuple[str, ...]) -> bytes:
    return UnsubscribePacket(packet_id, list(filters)).write()


def ping() -> bytes:
    return PingReqPacket().write()
