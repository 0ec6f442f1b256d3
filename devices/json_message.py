"""A vendor's JSON message as values, and what can still be read of one that is broken."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from msgspec import DecodeError
from msgspec.json import Decoder

from devices.decoding import Rejected, RejectReason
from devices.report import rejected
from devices.salvage import trimmed
from devices.scanning import NESTING_MAX, is_too_deep, members, split

MESSAGE_BYTES_MAX: Final = 1024 * 1024
#: Elements read of an array that is broken: commas alone must not make millions.
_ELEMENTS_MAX: Final = 4_096

_ANY: Final = Decoder(Any)


class JsonMessage(NamedTuple):
    """What a message holds; with `damage`, what could still be read of it and what is wrong."""

    value: Any
    damage: str | None = None

    @property
    def members(self) -> dict[str, Any]:
        """The message's members, none where it is no object."""
        return self.value if isinstance(self.value, dict) else {}


def read_json(payload: bytes) -> JsonMessage | Rejected:
    """Read a message. Never raises; a broken object or array comes back as far as it can be read, with `damage`.

    What is recovered of a broken message may be used to raise an alarm, marked as damaged, and for nothing else.
    """
    if len(payload) > MESSAGE_BYTES_MAX:
        detail = f"message: larger than {MESSAGE_BYTES_MAX} bytes; send less at once"
        return rejected(RejectReason.TOO_LARGE, detail, payload)
    body = trimmed(payload)
    if not body:
        return rejected(RejectReason.EMPTY, "message: holds nothing", payload)
    if is_too_deep(body):
        return rejected(RejectReason.TOO_DEEP, f"message: nested more than {NESTING_MAX} deep", payload)
    try:
        if not body.isascii():
            body.decode()  # msgspec does not look at the bytes of what it passes over
        return JsonMessage(_ANY.decode(body))
    except UnicodeDecodeError:
        damage, reason = "is not UTF-8", RejectReason.NOT_UTF8
    except (DecodeError, ValueError, RecursionError):
        damage, reason = "is not valid JSON, or was cut off", RejectReason.NOT_JSON
    # Something may stand before the message: a log's prefix, half of the message before it.
    start = body.find(b"{")
    value = _recovered(body) or (_recovered(body[start:]) if start > 0 else None)
    if not value:
        return rejected(reason, f"message: {damage}", payload)
    return JsonMessage(value, f"message: {damage}")


def _recovered(raw: bytes) -> Any:
    """What can be read of a broken part: bounded by the nesting that was checked before."""
    if raw.startswith(b"{"):
        named = {name: _value(part) for name, part in members(raw).values.items()}
        return {name: value for name, value in named.items() if value is not None}
    if raw.startswith(b"["):
        found = split(raw)
        parts = [part.strip() for part in found.parts[:_ELEMENTS_MAX]]
        if not found.closed and parts[-1][:1] not in (b'"', b"{", b"["):
            parts.pop()  # It may be the beginning of a longer number.
        return [value for part in parts if (value := _value(part)) is not None]
    return None


def _value(raw: bytes) -> Any:
    try:
        return _ANY.decode(raw.decode("utf-8", "replace"))
    except (DecodeError, ValueError, RecursionError):
        return _recovered(raw)
