"""What a lane has received and not yet acknowledged: bounded in count and in bytes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from devices import ack

#: A lane stops reading its socket at either; it reads on at half. Receive Maximum is only a hint some brokers ignore.
MESSAGES_LIMIT: Final = 16_384
BYTES_LIMIT: Final = 24 * 1024 * 1024
#: More acks than this in one message are sent as several arrays: brokers refuse what is too large and hang up.
ACK_BYTES_LIMIT: Final = 64 * 1024
#: What a message costs beside its bytes: its objects while it waits.
MESSAGE_OVERHEAD_BYTES: Final = 600


class Message(Struct, eq=False, gc=False):
    """One PUBLISH on its way: settled once every part of it is committed.

    `eq=False`: two messages with equal content are still two messages. A Struct, as what refers to it: a lane makes
    fifteen thousand a second.
    """

    topic: str
    packet_id: int | None  #: None at QoS 0: nothing to acknowledge, and nothing promised
    size_bytes: int
    generation: int  #: of the connection it came on; a packet id means nothing on another
    open_parts: int = 0
    device: str = ""
    is_array: bool = False
    acks: list[bytes] = []  #: to that device: one for each alarm in it, in the order stored
    others: list[tuple[str, bytes]] = []  #: and to others, where the message is not one device's
    source: str = "canonical"  #: as the settings name it

    def answer(self, device: str, payload: bytes) -> None:
        """Say to a device what became of something that this message said about it."""
        if device == self.device:
            self.acks.append(payload)
        elif device:
            self.others.append((device, payload))


class Window:
    """The messages of a lane in the order received. PUBACKs leave in that order, as the protocol demands.

    Our own acks wait for nothing but their own message's commit.
    """

    def __init__(
        self, *, generation: int = 0, messages_limit: int = MESSAGES_LIMIT, bytes_limit: int = BYTES_LIMIT
    ) -> None:
        self._order: deque[Message] = deque()
        self._answered: list[Message] = []
        self._bytes = 0
        self._messages_limit = messages_limit
        self._bytes_limit = bytes_limit
        self.generation = generation

    def add(self, message: Message) -> None:
        self._order.append(message)
        self._bytes += message.size_bytes + MESSAGE_OVERHEAD_BYTES

    def settle(self, message: Message) -> None:
        """One part of this message is committed."""
        message.open_parts -= 1
        if message.open_parts == 0 and (message.acks or message.others):
            self._answered.append(message)

    def settled(self) -> tuple[list[int], list[Message]]:
        """Take away what is settled: packet ids to PUBACK, at the front, and messages whose devices get our ack.

        A message of an earlier connection is not acknowledged: the broker sends it again, and it is a copy then.
        """
        packet_ids: list[int] = []
        order = self._order
        while order and order[0].open_parts == 0:
            message = order.popleft()
            self._bytes -= message.size_bytes + MESSAGE_OVERHEAD_BYTES
            if message.packet_id is not None and message.generation == self.generation:
                packet_ids.append(message.packet_id)
        answered, self._answered = self._answered, []
        return packet_ids, answered

    @property
    def is_full(self) -> bool:
        return len(self._order) >= self._messages_limit or self._bytes >= self._bytes_limit

    @property
    def has_room(self) -> bool:
        return len(self._order) <= self._messages_limit // 2 and self._bytes <= self._bytes_limit // 2

    def __len__(self) -> int:
        return len(self._order)


def answers(message: Message) -> Iterator[tuple[str, bytes]]:
    """What goes to whom of a settled message."""
    if message.acks:
        yield from ((message.device, payload) for payload in payloads(message))
    yield from message.others


def payloads(message: Message) -> Iterator[bytes]:
    """The acks of a settled message, as its device gets them: one, or an array for an array."""
    if not message.is_array:
        yield from message.acks
        return
    part: list[bytes] = []
    size_bytes = 0
    for one in message.acks:
        if part and size_bytes + len(one) > ACK_BYTES_LIMIT:
            yield ack.array(part)
            part, size_bytes = [], 0
        part.append(one)
        size_bytes += len(one)
    yield ack.array(part)
