"""A LoRaWAN device's own bytes, as a network server or a bridge hands them on: decoded by model and port.

The payload is the frame itself, its hexadecimal digits, or JSON with `hex` or base64 `data` and beside it `fPort`,
`model`, `devEui`, `fCnt`, `devAddr`, `time`. The model is the registered one, else the message's; its port may be
missing, since each model has a main one. Meanings, states and events are written down per vendor in
`devices/lorawan/`.

The device is the EUI in the topic (sixteen hexadecimal digits), else what the JSON names, else nobody. An id is the
message's `deduplicationId`, or `devAddr` and `fCnt` together: the counter alone starts anew with each join.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from devices.decoding import Decoded, Rejected, RejectReason
from devices.lorawan.told import Origin
from devices.lorawan.uplink import Outcome, Uplink, read
from devices.naming import device_id
from devices.report import rejected
from devices.values import instant, number
from devices.wrapping import bare_hex, unwrapped

_EUI: Final = re.compile(r"[0-9A-Fa-f]{16}")
_PORTS: Final = ("fPort", "f_port", "port")
_MODELS: Final = ("device_model", "model", "deviceProfileName")
_DEVICES: Final = ("devEui", "dev_eui", "devEUI", "device", "deviceId", "device_id")
_TIMES: Final = ("received_at", "time", "recvTime")


def decode(topic: str, payload: bytes, /, *, model: str | None = None) -> Decoded:
    """Decode one frame. Never raises: what cannot be used comes back as Rejected."""
    body, beside = unwrapped(payload)
    device = _eui(topic)
    told = _named(beside)
    if device is not None and told is not None and told != device:
        detail = "devEui: names another device than the topic does; send each device's frames on its own topic"
        return _answer(device, Outcome([], [rejected(RejectReason.DEVICE_MISMATCH, detail, payload)]))
    if body is payload:
        bare = _bare(payload)
        if isinstance(bare, Rejected):
            return _answer(device, Outcome([], [bare]))
        body = bare
    uplink = Uplink(
        raw=payload,
        origin=Origin(id=_id(beside), at=instant(_first(beside, _TIMES))),
        models=(model, *(_text(beside.get(name)) for name in _MODELS)),
        body=body,
        port=_port(_first(beside, _PORTS)),
        is_heard=False,
    )
    return _answer(device or told, read(uplink))


def _answer(device: str | None, outcome: Outcome) -> Decoded:
    return Decoded(device=device, channel=None, events=tuple(outcome.events), rejected=tuple(outcome.rejected))


def _bare(payload: bytes) -> bytes | Rejected:
    if (body := bare_hex(payload)) is not None:
        return body
    text = payload.lstrip()
    if text.startswith(b"{") and text[1:2] in (b'"', b"}", b" ", b"\n", b"\r"):
        detail = 'hex: the frame is missing or unreadable; send {"hex": "<pairs of digits>", "fPort": <number>}'
        return rejected(RejectReason.NOT_AN_EVENT, detail, payload)
    return payload


def _eui(topic: str) -> str | None:
    return next((level.lower() for level in reversed(topic.split("/")) if _EUI.fullmatch(level)), None)


def _named(beside: Mapping[str, Any]) -> str | None:
    name = _text(_first(beside, _DEVICES))
    if not name:
        return None
    return name.lower() if _EUI.fullmatch(name) else device_id(name)


def _first(values: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((values[name] for name in names if values.get(name) is not None), None)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _port(value: object) -> int | None:
    found = number(value)
    return int(found) if found is not None and 0 <= found <= 255 else None


def _id(beside: Mapping[str, Any]) -> str | None:
    network_id = _text(beside.get("deduplicationId"))
    if network_id is not None:
        return network_id
    address, count = _text(beside.get("devAddr")), number(beside.get("fCnt"))
    return None if address is None or count is None else f"{address}.{int(count)}"
