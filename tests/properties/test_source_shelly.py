"""Any bytes on any topic of a Shelly are decoded or refused."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from devices.sources.shelly import decode
from tests.properties.vendor_json import (
    assert_cut_anywhere_nothing_lost,
    assert_nothing_lost,
    objects_of,
    payloads_of,
    scalars,
    topics_of,
    values_of,
)

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
values = values_of(names, words)
components = objects_of(names, values)
messages: st.SearchStrategy[dict[str, Any]] = components | st.fixed_dictionaries(
    {"method": st.sampled_from(["NotifyStatus", "NotifyFullStatus", "NotifyEvent", "Shelly.GetStatus"])},
    optional={"src": st.text(max_size=20) | scalars, "params": components | values},
)
levels = st.text(max_size=12) | st.sampled_from(
    ["shellies", "events", "rpc", "status", "smoke:0", "online", "sensor", "gas", "input_event", "relay"]
)
topics = topics_of(levels)
payloads = payloads_of(messages | values)


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
    assert_nothing_lost(decode(topic, payload))


@given(topics, messages)
def test_a_message_cut_off_anywhere_is_read_or_refused(topic: str, message: dict[str, Any]) -> None:
    assert_cut_anywhere_nothing_lost(decode, topic, message)
