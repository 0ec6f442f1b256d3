"""Any bytes on any topic of IoTDA are events or refused, and a message cut off anywhere raises alarms or nothing."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from devices.encoding import encode as canonical
from devices.event import ALARMS, LIFE_SAFETY
from devices.sources.huawei_iotda import decode
from devices.topics import is_device_id

REPORT = "$oc/devices/d1/sys/properties/report"

topics = st.sampled_from(
    [
        REPORT,
        "$oc/devices/g/sys/gateway/sub_devices/properties/report",
        "$oc/devices/ç/sys/events/up",
        "",
        "$oc/devices//x",
    ]
) | st.text(max_size=30)
scalars = st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=6)
values = st.recursive(
    scalars | st.sampled_from(["ONLINE", "alarm", "20260316T001530Z", 1, 0, "1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=5,
)
names = st.sampled_from(
    [
        "alarm",
        "smoke",
        "sos",
        "gas",
        "battery",
        "temperature",
        "heart_rate",
        "lat",
        "lon",
        "status",
        "battery_voltage",
        "co",
    ]
)
properties = st.dictionaries(names | st.text(max_size=6), values, max_size=6)
services = st.fixed_dictionaries(
    {},
    optional={
        "service_id": st.sampled_from(["Smoke", "SOS", "basic"]) | values,
        "properties": properties | values,
        "paras": properties | values,
        "event_time": values,
        "event_type": st.sampled_from(["sos", "offline"]) | values,
    },
)
bodies = st.fixed_dictionaries(
    {},
    optional={
        "services": st.lists(services | values, max_size=3) | values,
        "devices": st.lists(
            st.fixed_dictionaries({"device_id": st.just("a") | values, "services": st.lists(services, max_size=2)})
            | values,
            max_size=3,
        ),
        "status": values,
        "object_device_id": values,
        "notify_data": st.fixed_dictionaries({"header": st.just({"device_id": "x"}) | values, "body": values}) | values,
    },
)
payloads = st.binary() | (bodies | values).map(lambda body: json.dumps(body).encode("utf-8", "replace"))


@given(topics, payloads)
@example(REPORT, b"[" * 100_000)
@example(REPORT, b'{"services":[' + b"{}," * 100_000 + b"{}]}")
@example(REPORT, b'{"services":[{"properties":{' + b'"alarm":1,' * 50_000 + b'"a":1}}]}')
@example(REPORT, b'{"services":[{"service_id":"\\ud800","properties":{"alarm":1e999,"smoke":1}}]}')
@example("$oc/devices/\ud800/x", b'{"services":[{"properties":{"smoke":1}}]}')
def test_any_message_is_events_or_refused(topic: str, payload: bytes) -> None:
    decoded = decode(topic, payload)
    assert decoded.events or decoded.rejected
    assert decoded.hub is None or decoded.hub != decoded.device
    for event in decoded.events:
        assert is_device_id(event.device or "")
        assert json.loads(canonical(event))


@given(bodies)
def test_a_message_cut_off_anywhere_raises_alarms_or_nothing(body: dict[str, Any]) -> None:
    whole = json.dumps(body).encode("utf-8", "replace")
    for end in range(len(whole)):
        decoded = decode(REPORT, whole[:end])
        assert decoded.events or decoded.rejected
        assert all(event.damaged and event.type in ALARMS for event in decoded.events)


@given(st.lists(properties, min_size=1, max_size=4))
def test_a_smoke_alarm_is_found_beside_anything(beside: list[dict[str, Any]]) -> None:
    said = [{"service_id": "basic", "properties": one} for one in beside]
    said.append({"service_id": "Smoke", "properties": {"alarm": 1}})
    decoded = decode(REPORT, json.dumps({"services": said}).encode("utf-8", "replace"))
    assert any(event.type in LIFE_SAFETY for event in decoded.events)
