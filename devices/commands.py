"""What the platform asks of a device on `down`, and what the device answers on `reply`."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final

from msgspec import Meta, MsgspecError, Struct
from msgspec.json import Decoder, Encoder

from devices.decoding import RejectReason
from devices.errors import DecodeError
from devices.salvage import trimmed
from devices.scanning import is_too_deep
from devices.text import ID_CHARACTERS_MAX, clean

REPLY_BYTES_MAX: Final = 16 * 1024
#: What a device may say about an answer that people read; longer is cut.
DETAIL_CHARACTERS_MAX: Final = 1_000


class CommandName(StrEnum):
    """Everything a device may be asked; the value is the word on the wire."""

    LOCATE = "locate"  #: say where you are, now: no arguments
    TEST = "test"  #: test yourself and send a `test` event: no arguments
    SILENCE = "silence"  #: stop your own sounder for `args.seconds`; what you report stays the same
    SET_INTERVAL = "set_interval"  #: report every `args.seconds` until `args.until`; without it, for good
    ANNOUNCE = "announce"  #: show or say `args.announcement`, in the words of `args.text`


class Announcement(StrEnum):
    """What a device tells its wearer; that the call is stored is the `ack`, and is never help (centre.md, 19)."""

    TAKEN = "taken"  #: a person at the centre has the call
    COMING = "coming"  #: somebody is on the way
    STILL_THERE = "still_there"  #: nobody was seen to move for long: any press or movement answers


class Command(Struct, frozen=True, kw_only=True, gc=False):
    """One command as it stands on `down`. A device passes over one that has expired, and one it has done already."""

    id: Annotated[str, Meta(min_length=1, max_length=ID_CHARACTERS_MAX)]
    command: CommandName
    args: dict[str, Any]
    expires_at: datetime


class Reply(Struct, frozen=True, kw_only=True, gc=False):
    """A device's answer: `ok` says whether it was done, `detail` whatever it wants to add."""

    id: Annotated[str, Meta(min_length=1, max_length=ID_CHARACTERS_MAX)]
    ok: bool
    detail: Any = None


_ENCODER: Final = Encoder()
_COMMAND: Final = Decoder(Command)
_REPLY: Final = Decoder(Reply)


def encode_command(command: Command) -> bytes:
    """Return the message for `down`; `expires_at` is zone-aware."""
    return _ENCODER.encode(command)


def read_command(payload: bytes) -> Command:
    """Read a command as a device does; what is none raises DecodeError."""
    try:
        return _COMMAND.decode(payload)
    except (MsgspecError, ValueError, RecursionError) as error:
        raise DecodeError(f"not a command: {error}") from error


def encode_reply(reply: Reply) -> bytes:
    """Return the message for `reply`, as a device writes it."""
    return _ENCODER.encode(reply)


def read_reply(payload: bytes) -> Reply:
    """Read a device's answer; what is none raises DecodeError with `RejectReason` as its first word."""
    body = trimmed(payload)
    if not body:
        raise DecodeError(f"{RejectReason.EMPTY}: a reply is {{id, ok, detail}}")
    if len(payload) > REPLY_BYTES_MAX:
        raise DecodeError(f"{RejectReason.TOO_LARGE}: a reply has at most {REPLY_BYTES_MAX} bytes")
    if is_too_deep(body):
        raise DecodeError(f"{RejectReason.TOO_DEEP}: send a flat reply")
    try:
        body.decode()
        return _REPLY.decode(body)
    except UnicodeDecodeError:
        raise DecodeError(f"{RejectReason.NOT_UTF8}: a reply is UTF-8") from None
    except (MsgspecError, ValueError, RecursionError) as error:
        raise DecodeError(f"{RejectReason.NOT_JSON}: a reply is {{id, ok, detail}}: {error}") from error


def shown(detail: object) -> str:
    """Return what a device added to its answer, as one line for people."""
    if detail is None:
        return ""
    text = detail if isinstance(detail, str) else _ENCODER.encode(detail).decode()
    return clean(text)[:DETAIL_CHARACTERS_MAX]
