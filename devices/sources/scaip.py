"""SCAIP: the social alarm protocol of SS 91100:2014 and CLC/TS 50134-9, as bridges publish its XML.

Meanings: `devices/scaip_codes.py`, the standard's tables of device types (`dty`) and status codes (`stc`); roots `mrq`
and `mrs`, or `scaip`, with or without a namespace and the SIP headers before it. A document type or an entity is
refused unread.

Ids. A device is its `did`, where it has none the controller's `cid`, which else is the hub; in a message without both
the last level of the topic. The event's id is `ref`: a unit sends the same one until it is answered. SCAIP carries no
time of the message.

State and event. Everything is an event, sent because something happened. What is said is the status; "alarm" and
"activated" are the alarm of the device type, "manual alarm" and "assistance" a person's call: a press on a fall
detector is `sos`. A tracking device that is activated at the geo-fence (`lco` 019) has left it; its reset is the way
back. A reset or restoral (also `mty` RE) ends the device's own alarm. An unknown status of a device that has an alarm,
and an alarm without its device type, is raised and marked as damaged: a missing tag must not cost a life. Broken XML is
refused unless an alarm can be recognised in it. An answer (`snu`) is news between receivers and nobody's alarm.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from msgspec import structs

from devices.damage import only_calls
from devices.decoding import Decoded, RejectReason
from devices.event import ENDS, EventType
from devices.naming import device_id
from devices.ordering import life_first
from devices.report import rejected, report
from devices.scaip_codes import (
    DEVICE_TYPE_WORDS,
    DEVICE_TYPES,
    GEO_FENCE,
    STATUS_WORDS,
    STATUSES,
    DeviceType,
    Kind,
    Status,
)
from devices.scaip_xml import Elements, documents, read_xml

_CLEARS: Final = {kind: end for end, kind in ENDS.items()}
_LETTERS: Final = re.compile(r"[^a-z]")
_TRACKING: Final = "0051"
_NUMBERS: Final = ("snu", "pri", "hbi")


class _Said(NamedTuple):
    """What a message says, and what was missing to be sure of it."""

    type: EventType
    damage: str | None = None


def decode(topic: str, payload: bytes, *, model: str | None = None) -> Decoded:
    """Decode one message. Total: whatever is wrong with it becomes a Rejected; only a bug raises."""
    del model  # `dty` says what it is.
    parts = documents(payload)
    if len(parts) == 1:
        return _decoded(topic, parts[0], payload)
    every = [_decoded(topic, part, part) for part in parts]
    events = [structs.replace(event, device=one.device) for one in every for event in one.events]
    refused = [structs.replace(one, device=told.device) for told in every for one in told.rejected]
    devices, hubs = {one.device for one in every}, {one.hub for one in every}
    return Decoded(
        device=devices.pop() if len(devices) == 1 else None,
        channel=None,
        events=tuple(life_first(events)),
        rejected=tuple(refused),
        hub=hubs.pop() if len(hubs) == 1 else None,
    )


def _decoded(topic: str, document: bytes, payload: bytes) -> Decoded:
    found = read_xml(document)
    values = found.values
    if not any(name in values for name in ("stc", "dty", "mty", "snu")):
        return _refused(found, payload, "message: holds no SCAIP request; send mrq with cid, dty and stc")
    device, hub = _named(topic, values)
    said = _said(values, found.root)
    event = report(said.type, id_=values.get("ref"), detail=_detail(values), damage=said.damage)
    if found.damage is None:
        return Decoded(device=device, channel=None, events=(event,), hub=hub)
    calls = only_calls((event,), found.damage)
    refusal = () if calls else (rejected(RejectReason.BAD_VALUE, found.damage, payload),)
    return Decoded(device=device, channel=None, events=tuple(calls), rejected=refusal, hub=hub)


def _refused(found: Elements, payload: bytes, otherwise: str) -> Decoded:
    reason = RejectReason.NOT_AN_EVENT if payload.strip() else RejectReason.EMPTY
    return Decoded(device=None, channel=None, rejected=(rejected(reason, found.damage or otherwise, payload),))


def _named(topic: str, values: Mapping[str, str]) -> tuple[str | None, str | None]:
    """Return device and hub."""
    did, cid = values.get("did"), values.get("cid")
    if did:
        device = device_id(did)
        hub = device_id(cid) if cid else None
        return device, hub if hub != device else None
    if cid:
        return device_id(cid), None
    level = topic.strip("/").rpartition("/")[2]
    return (device_id(level) if level and "snu" not in values else None), None


def _said(values: Mapping[str, str], root: str) -> _Said:
    if "snu" in values and (root == "mrs" or not ("stc" in values or "dty" in values)):
        return _Said(EventType.HEARTBEAT)
    device = DEVICE_TYPES.get(_code(values.get("dty"), DEVICE_TYPE_WORDS))
    code = _code(values.get("stc"), STATUS_WORDS)
    status = STATUSES.get(code)
    is_reset = values.get("mty", "").upper() == "RE"
    if status is None and not code and values.get("mty", "ME").upper() != "ME":
        return _Said(EventType.HEARTBEAT)  # PI: that it lives; IN and RE without a status say nothing else either.
    said = _meaning(device, status, is_reset=is_reset, at_fence=_is_at_fence(values))
    damage = None
    if status is None:
        damage = "stc: missing, or a status that we do not know"
    elif device is None and not isinstance(status.says, EventType):
        damage = "dty: missing, or a device type that we do not know"
    return _Said(said, damage if said in _CLEARS else None)


def _is_at_fence(values: Mapping[str, str]) -> bool:
    at_fence = values.get("lco") == GEO_FENCE or _LETTERS.sub("", values.get("lco", "").lower()) == "geofence"
    return at_fence and _code(values.get("dty"), DEVICE_TYPE_WORDS) in ("", _TRACKING, "0015")


def _meaning(device: DeviceType | None, status: Status | None, *, is_reset: bool, at_fence: bool) -> EventType:
    says = Kind.ALARM if status is None else status.says
    own = EventType.SOS if device is None or device.alarm is None else device.alarm
    if says == Kind.END or (is_reset and says in (Kind.ALARM, Kind.ACTIVE, Kind.MANUAL)):
        return EventType.FENCE_ENTER if at_fence else _CLEARS.get(own, EventType.HEARTBEAT)
    if says == Kind.MANUAL:
        return own if device is not None and device.hears_people else EventType.SOS
    if says == Kind.INACTIVE:
        return EventType.HEARTBEAT if device is None else device.inactive
    if says == Kind.ACTIVE and device is not None and device.active is not None:
        return device.active
    if says in (Kind.ALARM, Kind.ACTIVE):
        return EventType.FENCE_EXIT if at_fence else own
    return EventType(says)


def _code(text: str | None, words: Mapping[str, str]) -> str:
    """Return the four digits of a code, also where leading zeros or the number's name are written."""
    if not text:
        return ""
    if text.isascii() and text.isdigit():
        return text.zfill(4)
    return words.get(_LETTERS.sub("", text.lower()), text[:64])


def _detail(values: Mapping[str, str]) -> dict[str, Any]:
    """The vendor's elements under their own names, and the standard's names of the two codes."""
    detail: dict[str, Any] = dict(values)
    for name in _NUMBERS:
        text = values.get(name, "")
        if text.isascii() and text.isdigit() and len(text) < 9:
            detail[name] = int(text)
    device = DEVICE_TYPES.get(_code(values.get("dty"), DEVICE_TYPE_WORDS))
    status = STATUSES.get(_code(values.get("stc"), STATUS_WORDS))
    if device is not None:
        detail["device_type"] = device.name
    if status is not None:
        detail["status"] = status.name
    return detail
