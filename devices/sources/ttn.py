"""The Things Stack v3 over MQTT: `v3/<application>@<tenant>/devices/<device>/<kind>`.

Meanings from its documentation (data formats). The device is the `device_id` that the operator gave it, as in the
topic; the hub is the application. What a message is, its members say: `uplink_message` carries the formatter's
`decoded_payload`, or the frame in `frm_payload`; `join_accept` is `online`; `location_solved` a position. An
acknowledged downlink is a sign of life; what the network does with downlinks by itself is a heartbeat of the
application, and so is a simulated uplink: somebody typed it in, no device said it. The place in the register
(`locations`) is no fix and is passed over. The model is the registered one, else that of `version_ids` or the
attribute `model`.

The Things Stack leaves out whatever is zero, false or empty: an uplink without `f_cnt` is number 0. An id is the
session's key id and that number: the counter starts anew with each session. The time is the device's own where the
decoded payload tells it, else when the network received the message, else the gateway.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from msgspec import structs

from devices.decoding import Decoded, Rejected, RejectReason
from devices.event import ALARMS, EventType
from devices.json_message import read_json
from devices.lorawan.told import Origin
from devices.lorawan.uplink import Outcome, Uplink, read
from devices.naming import device_id
from devices.report import rejected, report
from devices.values import flag, instant, number, place

_Members = Mapping[str, Any]
_OF_THE_NETWORK: Final = (
    "downlink_queued",
    "downlink_sent",
    "downlink_nack",
    "downlink_failed",
    "downlink_queue_invalidated",
    "service_data",
)


def decode(topic: str, payload: bytes, /, *, model: str | None = None) -> Decoded:
    """Decode one message of the application server. Never raises: what cannot be used comes back as Rejected."""
    application, device = _where(topic)
    told = read_json(payload)
    if isinstance(told, Rejected):
        return _answer(device, application, Outcome([], [told]))
    values = told.members
    ids = _object(values.get("end_device_ids"))
    named = _name(ids.get("device_id"))
    hub = application or _name(_object(ids.get("application_ids")).get("application_id"))
    outcome = _outcome(values, payload, hub, (model, *_models(values)))
    if device is not None and named is not None and device != named:
        outcome = _mismatch(outcome, payload)
    elif told.damage is not None:
        outcome = _damaged(outcome, told.damage, payload)
    return _answer(device or named or _name(ids.get("dev_eui")), hub, outcome)


def _answer(device: str | None, hub: str | None, outcome: Outcome) -> Decoded:
    events, refused = tuple(outcome.events), tuple(outcome.rejected)
    return Decoded(device=device, channel=None, events=events, rejected=refused, hub=hub)


def _where(topic: str) -> tuple[str | None, str | None]:
    """Return application and device as the topic names them; a bridge may have put levels before it."""
    levels = topic.split("/")
    for at in range(1, len(levels) - 1):
        if levels[at] == "devices":
            return _name(levels[at - 1].partition("@")[0]), _name(levels[at + 1])
    return None, None


def _name(value: object) -> str | None:
    return device_id(value) if isinstance(value, str) and value else None


def _object(value: object) -> _Members:
    return value if isinstance(value, dict) else {}


def _models(values: _Members) -> tuple[str | None, ...]:
    uplink = _object(values.get("uplink_message"))
    version, attributes = _object(uplink.get("version_ids")), _object(uplink.get("attributes"))
    given = version.get("model_id"), attributes.get("model")
    return tuple(name if isinstance(name, str) else None for name in given)


def _outcome(values: _Members, raw: bytes, hub: str | None, models: tuple[str | None, ...]) -> Outcome:
    at = instant(values.get("received_at"))
    if flag(values.get("simulated")):
        return _of_the_network(values, hub, at, {"simulated": True})
    if isinstance(values.get("uplink_message"), dict):
        return _uplink(values["uplink_message"], raw, at, models)
    if "location_solved" in values:
        return _solved(_object(values["location_solved"]), values, hub, at)
    return _sign_of_life(values, at) or _of_a_downlink(values, hub, at, raw)


def _sign_of_life(values: _Members, at: datetime | None) -> Outcome | None:
    if "join_accept" in values:
        session = _object(values["join_accept"]).get("session_key_id")
        id_ = session if isinstance(session, str) else None
        return Outcome([report(EventType.ONLINE, id_=id_, at=at)], [])
    if "downlink_ack" in values:
        return Outcome([report(EventType.HEARTBEAT, at=at, detail=_object(values["downlink_ack"]))], [])
    return None


def _of_a_downlink(values: _Members, hub: str | None, at: datetime | None, raw: bytes) -> Outcome:
    for name in _OF_THE_NETWORK:
        if name in values:
            return _of_the_network(values, hub, at, {name: values[name]})
    detail = "message: holds no uplink_message, join_accept, downlink_… or location_solved; subscribe to v3/+/devices/#"
    return Outcome([], [rejected(RejectReason.NOT_AN_EVENT, detail, raw)])


def _of_the_network(values: _Members, hub: str | None, at: datetime | None, detail: dict[str, Any]) -> Outcome:
    detail["device_id"] = _object(values.get("end_device_ids")).get("device_id")
    return Outcome([report(EventType.HEARTBEAT, device=hub, at=at, detail=detail)], [])


def _solved(solved: _Members, values: _Members, hub: str | None, at: datetime | None) -> Outcome:
    told = _object(solved.get("location"))
    found = place(
        told.get("latitude"),
        told.get("longitude"),
        accuracy_m=told.get("accuracy"),
        altitude_m=told.get("altitude"),
    )
    if found is None:
        return _of_the_network(values, hub, at, {"location_solved": solved})
    kept = {name: told.get(name, solved.get(name)) for name in ("source", "service")}
    return Outcome([report(EventType.LOCATION, at=at, location=found, detail=kept)], [])


def _uplink(message: _Members, raw: bytes, received_at: datetime | None, models: tuple[str | None, ...]) -> Outcome:
    body = _bytes(message.get("frm_payload"))
    port = number(message.get("f_port"))
    gateways = message.get("rx_metadata")
    heard = [_object(one) for one in gateways[:64]] if isinstance(gateways, list) else []
    signals = [signal for one in heard if (signal := number(one.get("rssi"))) is not None]
    outcome = read(
        Uplink(
            raw=raw,
            origin=Origin(_id(message), _at(message, received_at, heard), max(signals, default=None)),
            models=models,
            body=body,
            port=None if port is None else int(port),
            object=_object(message.get("decoded_payload")),
            detail={name: message[name] for name in ("f_cnt", "f_port") if name in message},
        )
    )
    if body is None and message.get("frm_payload") is not None:
        detail = "frm_payload: is not base64; send it as it is"
        outcome.rejected.append(rejected(RejectReason.BAD_VALUE, detail, raw))
    return outcome


def _bytes(value: object) -> bytes | None:
    try:
        return b64decode(value, validate=True) if isinstance(value, str) else None
    except (ValueError, binascii.Error):
        return None


def _id(message: _Members) -> str | None:
    session = message.get("session_key_id")
    return f"{session}.{int(number(message.get('f_cnt')) or 0)}" if isinstance(session, str) and session else None


def _at(message: _Members, received_at: datetime | None, heard: list[_Members]) -> datetime | None:
    own = instant(message.get("received_at")) or received_at or instant(_object(message.get("settings")).get("time"))
    return own or next((at for one in heard if (at := instant(one.get("time"))) is not None), None)


def _mismatch(outcome: Outcome, raw: bytes) -> Outcome:
    alarm = next((event.type for event in outcome.events if event.type in ALARMS), None)
    detail = "end_device_ids.device_id: names another device than the topic does; publish as the network server does"
    return Outcome([], [rejected(RejectReason.DEVICE_MISMATCH, detail, raw, type_=alarm)])


def _damaged(outcome: Outcome, damage: str, raw: bytes) -> Outcome:
    """Keep of a broken message what calls somebody, marked as damaged."""
    calls = [event for event in outcome.events if event.type in ALARMS]
    if calls:
        return Outcome([structs.replace(one, damaged=True, damage=one.damage or damage) for one in calls], [])
    return Outcome([], [rejected(RejectReason.NOT_JSON, f"{damage}; send it whole", raw)])
