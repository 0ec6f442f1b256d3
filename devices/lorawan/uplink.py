"""From one uplink to events, by the network's decoded object, by the device's bytes, or by both.

Where a network sends an object it goes before the bytes, since a county may have corrected its codec; an alarm that
the bytes say and the object does not is said too: life goes first. Where nobody says which model a device is, port and
shape are tried: what is an alarm then is marked as damaged, and nothing is ended by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from devices.alarm_words import unknown_alarm
from devices.decoding import Rejected, RejectReason
from devices.event import ALARMS, CLEARS, Event
from devices.lorawan import objects
from devices.lorawan.models import Known, guess, known, read_as
from devices.lorawan.told import Frame, FrameBroken, Origin, Told, events_of
from devices.report import rejected

#: LoRaWAN carries at most 242 bytes; what is longer is no frame.
FRAME_BYTES_MAX: Final = 255


class Uplink(NamedTuple):
    """What a network or a bridge hands on of one uplink."""

    raw: bytes  #: the whole message, for what has to be refused
    origin: Origin
    models: tuple[str | None, ...] = ()  #: what may name the model, the surest first
    body: bytes | None = None
    port: int | None = None
    object: Mapping[str, Any] | None = None  #: as the network's codec made it
    detail: Mapping[str, Any] = {}
    is_heard: bool = True  #: a network says that the device spoke, whether or not it can be understood


class Outcome(NamedTuple):
    """The events of one uplink, and what of it could not be used."""

    events: list[Event]
    rejected: list[Rejected]


def read(uplink: Uplink) -> Outcome:
    """Read an uplink; whatever is wrong with it comes back as Rejected beside what could be used."""
    found = known(uplink.models)
    if uplink.object:
        return _from_object(uplink, uplink.object, found)
    if not uplink.body:
        return (
            _refused(uplink, "data: the frame is empty", RejectReason.EMPTY) if not uplink.is_heard else _heard(uplink)
        )
    if len(uplink.body) > FRAME_BYTES_MAX:
        detail = f"data: longer than the {FRAME_BYTES_MAX} bytes of a frame; send one frame"
        return _refused(uplink, detail, RejectReason.TOO_LARGE)
    return _from_bytes(uplink, uplink.body, found) if found is not None else _guessed(uplink, uplink.body)


def _frame(uplink: Uplink, body: bytes, found: Known | None) -> Frame:
    port = uplink.port if uplink.port is not None else found.model.main_port if found else -1
    return Frame(body, port, found.words if found else "", uplink.origin.at)


def _from_bytes(uplink: Uplink, body: bytes, found: Known) -> Outcome:
    told = Told()
    try:
        read_as(found, _frame(uplink, body, found), told)
    except FrameBroken as broken:
        return _broken(uplink, told, broken)
    told.detail.update(uplink.detail)
    return Outcome(events_of(told, uplink.origin), [])


def _broken(uplink: Uplink, told: Told, broken: FrameBroken) -> Outcome:
    if broken.keeps and told.said:
        told.detail.update(uplink.detail)
        kept = events_of(told, uplink.origin)
        return Outcome(kept, [rejected(broken.reason, broken.detail, uplink.raw)])
    calls = told.alarms()
    if not calls:
        return _refused(uplink, broken.detail, broken.reason)
    told.said = calls
    told.detail.update(uplink.detail)
    return Outcome(events_of(told, uplink.origin._replace(damage=broken.detail)), [])


def _refused(uplink: Uplink, detail: str, reason: RejectReason) -> Outcome:
    """Refuse what was said; that the device spoke is known all the same where a network says so."""
    heard = _heard(uplink).events if uplink.is_heard else []
    return Outcome(heard, [rejected(reason, detail, uplink.raw)])


def _heard(uplink: Uplink) -> Outcome:
    told = Told()
    told.detail.update(uplink.detail)
    if uplink.body:
        told.detail["bytes"] = uplink.body[:FRAME_BYTES_MAX].hex()
    return Outcome(events_of(told, uplink.origin), [])


def _guessed(uplink: Uplink, body: bytes) -> Outcome:
    reader, told = guess(body, uplink.port), Told()
    unknown = "model: not known here, and port and shape do not tell it; register the device with its model"
    if reader is None:
        return _refused(uplink, unknown, RejectReason.BAD_VALUE)
    try:
        reader(_frame(uplink, body, None), told)
    except FrameBroken:
        return _refused(uplink, unknown, RejectReason.BAD_VALUE)
    told.detail.update(uplink.detail)
    calls = told.alarms()
    if calls:
        told.said = calls
        damage = "model: not known; read by port and shape; register the device with its model"
        return Outcome(events_of(told, uplink.origin._replace(damage=damage)), [])
    told.said = [one for one in told.said if one.type not in CLEARS]
    return Outcome(events_of(told, uplink.origin), [])


def _from_object(uplink: Uplink, values: Mapping[str, Any], found: Known | None) -> Outcome:
    told = Told()
    objects.read(values, told, found)
    if uplink.body and found is not None and len(uplink.body) <= FRAME_BYTES_MAX:
        _add_alarms(told, _frame(uplink, uplink.body, found), found)
    told.detail.update(uplink.detail)
    told.detail["object"] = values
    refused = [] if told.unread is None else [unknown_alarm(told.unread, uplink.raw)]
    return Outcome(events_of(told, uplink.origin), refused)


def _add_alarms(told: Told, frame: Frame, found: Known) -> None:
    """Note the alarms that the bytes say and the object does not; bytes that are not sound add nothing."""
    own = Told()
    try:
        read_as(found, frame, own)
    except FrameBroken:
        return
    said = {one.type for one in told.said}
    missing = [one for one in own.said if one.type in ALARMS and one.type not in said]
    told.said.extend(missing)
