"""Any bytes on any topic of Traccar's forwarder are decoded or refused."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from devices.damage import CALLS
from devices.decoding import Decoded
from devices.encoding import encode as canonical
from devices.event import ENDS, LIFE_SAFETY, EventType
from devices.sources.traccar import decode
from devices.topics import is_device_id

BESIDE_LIFE = {EventType.CANCEL, EventType.MUTED, EventType.ANSWERED, *ENDS}
scalars = st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8)
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
values = st.recursive(
    scalars | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names | st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
parts = st.dictionaries(names | st.text(max_size=8), values, max_size=6)
messages: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {}, optional={"position": parts | values, "event": parts | values, "device": parts | values, "geofence": values}
)
levels = st.text(max_size=12)
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
@example("t", b"{" * 100_000)
@example("t", b'{"device":{"uniqueId":"1"},"position":{"attributes":{"alarm":"' + b"sosx,help," * 50_000 + b'"}}}')
@example("t", b'{"device":{"uniqueId":1e300},"position":{"latitude":1,"longitude":1,"id":1e17,"deviceTime":1e300}}')
@example("t", b'{"device":{"uniqueId":"\\ud800"},"position":{"attributes":{"alarm":"\\ud800,\\u0000"}}}')
def test_any_message_is_events_or_refused_and_never_lost(topic: str, payload: bytes) -> None:
    check(decode(topic, payload))


@given(topics, messages)
def test_a_message_cut_off_anywhere_is_read_or_refused(topic: str, message: dict[str, Any]) -> None:
    whole = json.dumps(message).encode("utf-8", "replace")
    for end in range(0, len(whole), 3):
        check(decode(topic, whole[:end]))
