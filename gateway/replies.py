"""Devices' answers to commands: read from `reply`, and written to the command of that id and that device."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct
from prometheus_client import Counter

from devices.commands import read_reply, shown
from devices.decoding import Rejected, RejectReason
from devices.errors import DecodeError
from devices.topics import Channel, parse_topic
from gateway.mqtt.codec import PublishPacket
from gateway.window import Message
from store import handing
from store.database import Connection
from store.handing import Answer, Fate

command_replies_total: Final = Counter(
    "shouwang_command_replies_total", "Devices' answers to commands: taken, repeated, nobodys", ["fate"]
)

#: Why an answer that belongs to no command became a dead letter.
UNKNOWN_COMMAND: Final = "unknown_command"
UNKNOWN_COMMAND_DETAIL: Final = "no command of this id was sent to this device; answer with the id that came on `down`"


class ReplyArrival(Struct, frozen=True, gc=False):
    """One answer for the next batch; `payload` is kept for the dead letter, should the command be unknown."""

    message: Message
    device: str
    answer: Answer
    received_at: datetime
    payload: bytes
    retained: bool = False


def reply_of(packet: PublishPacket, message: Message, received_at: datetime) -> ReplyArrival | Rejected | None:
    """The answer in a message on `reply`, or why it is none; None where it came on another topic."""
    named = parse_topic(packet.topic)
    if named is None or named[1] is not Channel.REPLY:
        return None
    device = message.device = named[0]
    try:
        reply = read_reply(packet.payload)
    except DecodeError as error:
        reason, _, detail = str(error).partition(": ")
        return Rejected(reason=RejectReason(reason), detail=f"reply: {detail}", raw=packet.payload)
    answer = Answer(device=device, id=reply.id, ok=reply.ok, detail=shown(reply.detail))
    return ReplyArrival(message, device, answer, received_at, packet.payload, packet.retain)


async def settle(connection: Connection, arrivals: Sequence[ReplyArrival], *, now: datetime) -> list[ReplyArrival]:
    """Write the answers inside the batch's transaction; return those that belong to no command."""
    fates = await handing.note_answers(connection, [arrival.answer for arrival in arrivals], now=now)
    for fate in fates:
        command_replies_total.labels(str(fate)).inc()
    return [arrival for arrival, fate in zip(arrivals, fates, strict=True) if fate is Fate.NOBODYS]
