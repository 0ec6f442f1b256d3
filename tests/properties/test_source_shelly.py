"""Any bytes on any topic of a Shelly are decoded or refused."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from devices.damage import CALLS
from devices.decoding import Decoded
from devices.encoding import encode as canonical
from devices.event import ENDS, LIFE_SAFETY, EventType
from devices.sources.shelly import decode
from devices.topics import is_device_id

BESIDE_LIFE = {EventType.CANCEL, EventType.MUTED, EventType.ANSWERED, *ENDS}
scalars = st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8)
names = st.sampled_from(
    [
        "smoke:0",
        "flood:0",
        "devicepower:0",
        "battery",
        "percent",
        "V",
        "external",
        "alarm",
        "mute",
        "errors",
        "ts",
        "events",
        "component",
        "event",
        "data",
        "address",
        "button",
        "window",
        "motion",
        "temperature:0",
        "tC",
        "tF",
        "smoke",
        "gas_sensor",
        "alarm_state",
        "sensor",
        "state",
        "bat",
        "value",
        "event_cnt",
        "wifi",
        "rssi",
        "params",
    ]
)
words = st.sampled_from(["single_push", "btn_down", "smoke.alarm", "alarm_test", "on", "open", "heavy", "S", "true"])
values = st.recursive(
    scalars | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names | st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
components = st.dictionaries(names | st.text(max_size=8), values, max_size=6)
messages: st.SearchStrategy[dict[str, Any]] = components | st.fixed_dictionaries(
    {"method": st.sampled_from(["NotifyStatus", "NotifyFullStatus", "NotifyEvent", "Shelly.GetStatus"])},
    optional={"src": st.text(max_size=20) | scalars, "params": components | values},
)
levels = st.text(max_size=12) | st.sampled_from(
    ["shellies", "events", "rpc", "status", "smoke:0", "online", "sensor", "gas", "input_event", "relay"]
)
topics = st.lists(levels, max_size=5).map("/".join)
payloads = st.binary() | (messages | values).map(lambda message: json.dumps(message).encode("utf-8", "replace"))


def check(decoded: Decoded) -> None:
    assert decoded.events or decoded.rejected, "nothing that arrives is dropped unseen"
    for name in (decoded.device, decoded.hub, *(event.device for event in decoded.events)):
        assert name is None or is_device_id(name)
    last = max((n for n, event in enumerate(decoded.events) if event.type in LIFE_SAFETY), default=-1)
    assert all(event.type in LIFE_SAFETY | BESIDE_LIFE for event in decoded.events[: last + 1])
    for event in decoded.events:
        assert json.loads(canonical(event))
        assert not event.damaged or event.type in CALLS
    assert all(refused.detail.isprintable() for refused in decoded.rejected)


@given(topics, payloads)
@example("s/events/rpc", b"[" * 100_000)
@example("s/events/rpc", b'{"method":"NotifyEvent","params":{"events":[' + b'{"event":"S"},' * 20_000 + b"{}]}}")
@example(
    "s/events/rpc",
    b'{"method":"NotifyStatus","params":{' + b",".join(b'"smoke:%d":{"alarm":true}' % n for n in range(20_000)) + b"}}",
)
@example("\ud800/online", b"true")
@example("shellies/s-1/input_event/0", b'{"event":[],"event_cnt":{}}')
def test_any_message_is_events_or_refused_and_never_lost(topic: str, payload: bytes) -> None:
    check(decode(topic, payload))


@given(topics, messages)
def test_a_message_cut_off_anywhere_is_read_or_refused(topic: str, message: dict[str, Any]) -> None:
    whole = json.dumps(message).encode("utf-8", "replace")
    for end in range(0, len(whole), 3):
        check(decode(topic, whole[:end]))
