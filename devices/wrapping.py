"""Bytes inside JSON: how bridges and recordings hand on what was never text."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from devices.json_message import JsonMessage, read_json

#: Under which names bridges put a device's bytes, and how they write them.
_HEX: Final = ("hex",)
_BASE64: Final = ("data", "frm_payload", "base64")


_BETWEEN: Final = re.compile(r"[:,-]\s?")
_HEX_TEXT: Final = re.compile(rb"\s*+(?:0[xX])?(?:[0-9A-Fa-f]{2}[\s:,-]{0,2}){3,}+[\s\0]*+")


class Wrapped(NamedTuple):
    """A device's own bytes, and what its bridge says beside them (`fPort`, `model`)."""

    body: bytes
    beside: Mapping[str, Any]


def unwrapped(payload: bytes) -> Wrapped:
    """Return the bytes in `{"hex": "..."}` or `{"data": "<base64>"}`; of any other payload, the payload itself."""
    if not payload.lstrip().startswith(b"{"):
        return Wrapped(payload, {})
    read = read_json(payload)
    values = read.members if isinstance(read, JsonMessage) else {}
    for name in (*_HEX, *_BASE64):
        text = values.get(name)
        if isinstance(text, str) and (body := _bytes_of(text, is_hex=name in _HEX)) is not None:
            return Wrapped(body, {key: value for key, value in values.items() if key != name})
    return Wrapped(payload, {})


def _bytes_of(text: str, *, is_hex: bool) -> bytes | None:
    try:
        return bytes.fromhex(_digits(text)) if is_hex else b64decode("".join(text.split()), validate=True)
    except (ValueError, binascii.Error):
        return None


def bare_hex(payload: bytes) -> bytes | None:
    """Return the bytes of a payload that is nothing but pairs of hexadecimal digits, None of any other."""
    if _HEX_TEXT.fullmatch(payload) is None:
        return None
    try:
        return bytes.fromhex(_digits(payload.decode("ascii")))
    except ValueError:
        return None


def _digits(text: str) -> str:
    """Take away what people and bridges put around and between pairs: `0x`, colons, dashes, commas."""
    return _BETWEEN.sub(" ", text.strip().removeprefix("0x").removeprefix("0X"))
