"""Any bytes on any topic of a bridge are decoded or refused, and what a simulated bridge writes is read back."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from devices.encoders.zigbee2mqtt import CannotBeSaid, encode
from devices.encoding import encode as canonical
from devices.event import ALARMS, LIFE_SAFETY, EventType
from devices.report import reading, report
from devices.sources.zigbee2mqtt import decode
from devices.topics import is_device_id
from devices.zigbee_fields import ATTRIBUTES, READINGS

#: A message of any size gives no more than this: each type once, each reading once.
EVENTS_MAX = len(EventType) + len(READINGS) + 1

levels = st.text(max_size=12) | st.sampled_from(
    ["zigbee2mqtt", "bridge", "event", "state", "availability", "action", "set", "get", "smoke", "logging", "request"]
)
topics = st.lists(levels, max_size=5).map("/".join)
scalars = st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8)
words = st.sampled_from(
    ["true", "emergency", "single", "fall", "fall_alarm", "none", "normal", "online", "device_leave"]
)
values = st.recursive(
    scalars | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
names = st.sampled_from(sorted({*ATTRIBUTES, "device", "type", "data", "state", "friendly_name"})) | st.text(max_size=8)
states: st.SearchStrategy[dict[str, Any]] = st.dictionaries(names, values, max_size=12)
payloads = (
    st.binary()
    | st.from_regex(rb'\{("smoke":true,|"action":"sos",|[^"]){0,9}')
    | states.map(lambda state: json.dumps(state).encode("utf-8", "replace"))
)
times = st.datetimes(datetime(2001, 9, 10), datetime(2100, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
device_ids = st.from_regex(r"[A-Za-z0-9._:-]{1,64}", fullmatch=True)


@given(topics, payloads)
@example("zigbee2mqtt/x", b"[" * 100_000)
@example("zigbee2mqtt/x", b'{"a":' * 100_000)
@example("zigbee2mqtt/x", b'{"smoke":true,"n":1' + b"0" * 10_000 + b"}")
@example("zigbee2mqtt/x/smoke", b"9" * 10_000)
@example("zigbee2mqtt/bridge/event", b'{"type":"device_leave","data":{"friendly_name":"\xff"}}')
@example("zigbee2mqtt/\ud800", b"{}")
@example("zigbee2mqtt/zigbee2mqtt", b'{"device":{"ieeeAddr":"zigbee2mqtt"}}')
def test_any_message_is_events_or_refused_and_never_lost(topic: str, payload: bytes) -> None:
    decoded = decode(topic, payload)
    assert decoded.events or decoded.rejected
    assert len(decoded.events) <= EVENTS_MAX
    assert decoded.device is None or is_device_id(decoded.device)
    assert decoded.hub is None or (is_device_id(decoded.hub) and decoded.hub != decoded.device)
    life = [event.type in LIFE_SAFETY for event in decoded.events]
    assert life == sorted(life, reverse=True)
    for event in decoded.events:
        assert json.loads(canonical(event))


@given(states)
def test_a_state_that_is_cut_off_raises_no_alarm_that_the_whole_one_does_not(state: dict[str, Any]) -> None:
    whole = json.dumps(state).encode("utf-8", "replace")
    said = {event.type for event in decode("zigbee2mqtt/x", whole).events}
    cut = decode("zigbee2mqtt/x", whole[: len(whole) * 2 // 3])
    assert {event.type for event in cut.events} & ALARMS <= said


@given(
    st.sampled_from(EventType),
    device_ids,
    st.booleans(),
    st.none() | times,
    st.none() | st.floats(0, 100),
)
def test_what_a_simulated_bridge_writes_says_the_same_of_the_same_device(
    type_: EventType, device: str, is_state: bool, at: datetime | None, battery_pct: float | None
) -> None:
    with suppress(CannotBeSaid):
        topic, payload = encode(report(type_, is_state=is_state, at=at, battery_pct=battery_pct), device=device)
        decoded = decode(topic, payload)
        first = decoded.events[0]
        assert (decoded.device, first.type) == (device, type_)
        assert type_ in {EventType.ONLINE, EventType.OFFLINE, EventType.REMOVED} or (
            (first.battery_pct, first.at_given) == (battery_pct, at is not None)
        )
        assert at is None or not first.at_given or first.at == at


@given(
    st.sampled_from(sorted({(told.name, told.unit) for told in READINGS.values()})), st.floats(-1e9, 1e9), device_ids
)
def test_a_reading_is_read_back(what: tuple[str, str], value: float, device: str) -> None:
    event = reading(what[0], value, what[1])
    decoded = decode(*encode(event, device=device))
    assert [(one.type, one.value, one.unit, one.detail) for one in decoded.events if one.type is EventType.READING] == [
        (EventType.READING, value, what[1], event.detail)
    ]
