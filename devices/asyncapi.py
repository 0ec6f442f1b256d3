"""The MQTT contract as an AsyncAPI 3 document, made from the very types that decode and encode its messages."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from msgspec import Raw

from devices.ack import Refused, Stored
from devices.commands import Command, Reply
from devices.sources.canonical import EVENT_BYTES_MAX, WireEvent
from devices.topics import PREFIX, Channel

ASYNCAPI_VERSION: Final = "3.0.0"
_REF: Final = "#/components/schemas/{name}"
_DEVICE: Final = "#/components/parameters/device"

#: Of each channel: who writes, QoS, retained, what may come alone or in an array, and what it is for.
_CHANNELS: Final[tuple[tuple[Channel, str, list[int], bool, tuple[str, ...], str], ...]] = (
    (Channel.ALARM, "device", [1], False, ("WireEvent",), "Alarms, their ends, cancel and test. Kept and sent again "
     "with the same id until its ack arrives."),
    (Channel.TELEMETRY, "device", [0, 1], False, ("WireEvent",), "Everything else. A device that can raise an alarm "
     "here uses QoS 1. Not acknowledged, but for alarms."),
    (Channel.REPLY, "device", [1], False, ("Reply",), "The answer to a command."),
    (Channel.ONLINE, "device", [1], True, (), "`1` when connected; `0` as the will."),
    (Channel.ACK, "platform", [1], False, ("Stored", "Refused"), "Committed to the database, or kept and unusable: "
     "stop sending it. Never shown as \"help is coming\". Expires after an hour."),
    (Channel.DOWN, "platform", [1], False, ("Command",), "A command; passed over once it has expired."),
)  # fmt: skip
#: Where a message may hold several at once: what a device kept is flushed as one array.
_ARRAYS: Final = frozenset({Channel.ALARM, Channel.TELEMETRY, Channel.ACK})


def describe(*, version: str) -> dict[str, Any]:
    """Return the document; `version` is the program's."""
    return {
        "asyncapi": ASYNCAPI_VERSION,
        "info": {
            "title": "守望 Shouwang: devices over MQTT",
            "version": version,
            "description": "MQTT 3.1.1 or 5. JSON in UTF-8, an event at most "
            f"{EVENT_BYTES_MAX // 1024} KiB. Vendors' own formats are read by sources; this is the canonical one.",
        },
        "defaultContentType": "application/json",
        "channels": {str(channel): _channel(channel, kinds, told) for channel, _, _, _, kinds, told in _CHANNELS},
        "operations": dict(_operation(row[0], by=row[1], qos=row[2], retain=row[3]) for row in _CHANNELS),
        "components": {
            "schemas": _schemas(),
            "messages": {name: _message(name) for name in ("WireEvent", "Reply", "Stored", "Refused", "Command")},
            "parameters": {"device": {"description": "The device's id: 1 to 64 of A-Z a-z 0-9 . _ : -"}},
        },
    }


def _channel(channel: Channel, kinds: tuple[str, ...], told: str) -> dict[str, Any]:
    messages: dict[str, Any] = {name: {"$ref": f"#/components/messages/{name}"} for name in kinds}
    if channel is Channel.ONLINE:
        messages = {"presence": {"contentType": "text/plain", "payload": {"type": "string", "enum": ["1", "0"]}}}
    if channel in _ARRAYS:
        one_of: list[dict[str, Any]] = [{"$ref": _REF.format(name=name)} for name in kinds]
        items: dict[str, Any] = one_of[0] if len(one_of) == 1 else {"oneOf": one_of}
        messages["several"] = {"payload": {"type": "array", "items": items, "minItems": 1}}
    return {
        "address": f"{PREFIX}/{{device}}/{channel}",
        "description": told,
        "parameters": {"device": {"$ref": _DEVICE}},
        "messages": messages,
    }


def _operation(channel: Channel, *, by: str, qos: list[int], retain: bool) -> tuple[str, dict[str, Any]]:
    """The platform's side: it receives what devices publish and sends what they hear."""
    bindings = {"mqtt": {"qos": qos[-1], "retain": retain, "bindingVersion": "0.2.0"}}
    operation: dict[str, Any] = {
        "action": "receive" if by == "device" else "send",
        "channel": {"$ref": f"#/channels/{channel}"},
        "bindings": bindings,
    }
    if qos == [0, 1]:
        operation["description"] = "QoS 0 or 1."
    return f"{'receive' if by == 'device' else 'send'}_{channel}", operation


def _message(name: str) -> dict[str, Any]:
    return {"name": name, "contentType": "application/json", "payload": {"$ref": _REF.format(name=name)}}


def _schemas() -> dict[str, Any]:
    kinds = [WireEvent, Stored, Refused, Command, Reply]
    _, components = msgspec.json.schema_components(kinds, ref_template=_REF, schema_hook=_raw)
    return dict(components)


def _raw(kind: type) -> dict[str, Any]:
    if kind is Raw:
        return {"type": "object", "description": "Whatever else the vendor sends; stored, never interpreted."}
    raise NotImplementedError
