"""Any bytes on any topic of Traccar's forwarder are decoded or refused."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from devices.sources.traccar import decode
from tests.properties.vendor_json import (
    assert_cut_anywhere_nothing_lost,
    assert_nothing_lost,
    objects_of,
    payloads_of,
    topics_of,
    values_of,
)

names = st.sampled_from(
    [
        "id",
        "uniqueId",
        "deviceId",
        "type",
        "eventTime",
        "deviceTime",
        "fixTime",
        "serverTime",
        "valid",
        "outdated",
        "latitude",
        "longitude",
        "altitude",
        "speed",
        "accuracy",
        "attributes",
        "alarm",
        "batteryLevel",
        "heartRate",
        "steps",
        "battery",
        "temp1",
        "name",
    ]
)
words = st.sampled_from(["sos", "lowBattery,sos", "sosX,fallY", "alarm", "deviceOffline", "2026-03-01T00:15:30Z"])
values = values_of(names, words)
parts = objects_of(names, values)
messages: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {}, optional={"position": parts | values, "event": parts | values, "device": parts | values, "geofence": values}
)
levels = st.text(max_size=12)
topics = topics_of(levels)
payloads = payloads_of(messages | values)


@given(topics, payloads)
@example("t", b"{" * 100_000)
@example("t", b'{"device":{"uniqueId":"1"},"position":{"attributes":{"alarm":"' + b"sosx,help," * 50_000 + b'"}}}')
@example("t", b'{"device":{"uniqueId":1e300},"position":{"latitude":1,"longitude":1,"id":1e17,"deviceTime":1e300}}')
@example("t", b'{"device":{"uniqueId":"\\ud800"},"position":{"attributes":{"alarm":"\\ud800,\\u0000"}}}')
def test_any_message_is_events_or_refused_and_never_lost(topic: str, payload: bytes) -> None:
    assert_nothing_lost(decode(topic, payload))


@given(topics, messages)
def test_a_message_cut_off_anywhere_is_read_or_refused(topic: str, message: dict[str, Any]) -> None:
    assert_cut_anywhere_nothing_lost(decode, topic, message)
