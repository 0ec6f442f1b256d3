"""What a lane has received and not yet acknowledged: in the order received, bounded in count and in bytes."""

from __future__ import annotations

from collections import deque
from typing import Final

from msgspec import Struct

#: A lane stops reading its socket at either; it reads on at half. Receive Maximum is only a hint some brokers ignore.
MESSAGES_LIMIT: Final = 16_384
BYTES_LIMIT: Final = 24 * 1024 * 1024
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
    acks: list[bytes] = []  #: one for each alarm in it, in the order stored


class Window:
    """The messages of a lane in the order received. PUBACKs leave in that order, as the protocol demands."""

    def __init__(
        self, *, generation: int = 0, messages_limit: int = MESSAGES_LIMIT, bytes_limit: int = BYTES_LIMIT
    ) -> None:
        self._order: deque[Message] = deque()
        self._bytes = 0
        self._messages_limit = messages_limit
        self._bytes_limit = bytes_limit
        self.generation = generation

    def add(self, message: Message) -> None:
        self._order.append(message)
        self._bytes += message.size_bytes + MESSAGE_OVERHEAD_BYTES

    def settled(self) -> tuple[list[int], list[Message]]:
        """Take away what is settled at the front: packet ids to PUBACK, and messages whose devices get our ack.

        A message of an earlier connection is not acknowledged: the broker sends it again, and it is a copy then.
        """
        packet_ids: list[int] = []
        answered: list[Message] = []
        order = self._order
        while order and order[0].open_parts == 0:
            message = order.popleft()
            self._bytes -= message.size_bytes + MESSAGE_OVERHEAD_BYTES
            if message.packet_id is not None and message.generation == self.generation:
                packet_ids.append(message.packet_id)
            if message.acks:
                answered.append(message)
        return packet_ids, answered

    @property
    def is_full(self) -> bool:
        return len(self._order) >= self._messages_limit or self._bytes >= self._bytes_limit

    @property
    def has_room(self) -> bool:
        return len(self._order) <= self._messages_limit // 2 and self._bytes <= self._bytes_limit // 2

    def __len__(self) -> int:
        return len(self._order)
