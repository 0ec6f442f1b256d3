"""The frames of GPS watches, `[3G*ID*LEN*TYPE,...]`: where one begins and ends, and whether its length is true."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

#: Maker, device, an index that some makers add, and the length of the content in bytes as four hexadecimal digits.
_HEAD: Final = re.compile(rb"\[([A-Za-z0-9]{2})\*([^*\[\],]{1,64})\*(?:([^*\[\],]{1,16})\*)?([0-9A-Fa-f]{4})\*")
#: The same with a length that is none: where the frame begins can still be seen.
_LOOSE_HEAD: Final = re.compile(rb"\[([A-Za-z0-9]{2})\*([^*\[\],]{1,64})\*(?:([^*\[\],]{1,16})\*)?([^*\[\],]{0,16})\*")
_HEX: Final = re.compile(rb"[0-9A-Fa-f]{4}")
_NO_LENGTH: Final = 0x10000
_BLANK: Final = b" \t\r\n\0"
#: Some makers count wrong by one to three bytes in every frame they send, with the brackets where they belong.
_MISCOUNT_BYTES_MAX: Final = 4


class Frame(NamedTuple):
    """One frame; what stands between frames is one without `device`."""

    raw: bytes
    maker: str = ""
    device: bytes = b""
    counter: bytes | None = None  #: counts a maker's messages; not every maker sends one
    content: bytes = b""
    is_sound: bool = False  #: the length is true
    is_near: bool = False  #: it is, or is off by no more than makers miscount
    is_closed: bool = False  #: not cut off: the last field has an end


def frames(body: bytes) -> Iterator[Frame]:
    """Yield every frame, and what stands between them; takes time in proportion to the bytes."""
    place = 0
    while place < len(body):
        head = _HEAD.match(body, place) or _LOOSE_HEAD.match(body, place)
        if head is None:
            found = _LOOSE_HEAD.search(body, place)
            end = len(body) if found is None else found.start()
            between = body[place:end].strip(_BLANK)
            if between:
                yield Frame(between)
        else:
            frame, end = _frame(body, head)
            yield frame
        place = end


def _frame(body: bytes, head: re.Match[bytes]) -> tuple[Frame, int]:
    start = head.end()
    end = start + _length(head)
    content = body[start:end]
    is_sound = body[end : end + 1] == b"]" and (b"[" not in content or _LOOSE_HEAD.search(content) is None)
    is_closed = is_near = is_sound
    if not is_sound:
        following = _LOOSE_HEAD.search(body, start)
        limit = len(body) if following is None else following.start()
        closed_at = body.rfind(b"]", start, limit)
        is_closed = closed_at >= 0
        end = closed_at if is_closed else limit
        content = body[start:end]
        is_near = is_closed and abs(_length(head) - len(content)) <= _MISCOUNT_BYTES_MAX
    after = end + 1 if is_closed else end
    frame = Frame(
        raw=body[head.start() : after],
        maker=head[1].decode(),
        device=head[2],
        counter=head[3],
        content=content,
        is_sound=is_sound,
        is_near=is_near,
        is_closed=is_closed,
    )
    return frame, after


def _length(head: re.Match[bytes]) -> int:
    """Return the length that a head tells; of one that tells none, one that no frame has."""
    return int(head[4], 16) if _HEX.fullmatch(head[4]) else _NO_LENGTH


def frame(maker: str, device: str, content: str) -> bytes:
    """Return the frame that says this."""
    body = content.encode()
    return f"[{maker}*{device}*{len(body):04X}*".encode() + body + b"]"
