"""Bytes inside JSON: how bridges and recordings hand on what was never text."""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from devices.json_message import JsonMessage, read_json

#: Under which names bridges put a device's bytes, and how they write them.
_HEX: Final = ("hex",)
_BASE64: Final = ("data", "frm_payload", "base64")


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
        return bytes.fromhex(text) if is_hex else b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return None
