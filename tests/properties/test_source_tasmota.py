"""Any bytes on any topic of a Tasmota device are decoded or refused."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from devices.damage import CALLS
from devices.decoding import Decoded
from devices.encoding import encode as canonical
from devices.event import ENDS, LIFE_SAFETY, EventType
from devices.sources.tasmota import decode
from devices.topics import is_device_id

BESIDE_LIFE = {EventType.CANCEL, EventType.MUTED, EventType.ANSWERED, *ENDS}
scalars = st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8)
names = st.sampled_from(
    [
        "ZbReceived",
        "0x8F20",
        "Device",
        "Name",
        "Fire",
        "Water",
        "CO",
        "Contact",
        "Panic",
        "ZoneStatusChange",
        "Power",
        "0500<00",
        "0501!02",
        "0006!02",
        "Click",
        "Battery",
        "Temperature",
        "TempUnit",
        "StatusSNS",
        "Switch1",
        "Action",
        "Time",
        "Vcc",
        "Wifi",
        "Signal",
        "RfReceived",
        "Occupancy",
        "ModelId",
    ]
)
words = st.sampled_from(["ON", "Online", "010000FF0000", "2026-03-01T08:15:30+08:00", "door", "SINGLE", "F"])
values = st.recursive(
    scalars | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names | st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
messages: st.SearchStrategy[dict[str, Any]] = st.dictionaries(names | st.text(max_size=8), values, max_size=6)
levels = st.text(max_size=12) | st.sampled_from(
    ["tele", "stat", "cmnd", "SENSOR", "STATE", "LWT", "RESULT", "SWITCH1", "BUTTON1", "STATUS8", "8F20"]
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
@example("tele/p/SENSOR", b"{" * 100_000)
@example("tele/p/SENSOR", b'{"ZbReceived":{' + b",".join(b'"%d":{"Fire":1}' % n for n in range(20_000)) + b"}}")
@example("tele/p/SENSOR", b'{"ZbReceived":{"":{"Name":"\\ud800","ZoneStatus":1e400}}}')
@example("tele/\ud800/LWT", b"Online")
def test_any_message_is_events_or_refused_and_never_lost(topic: str, payload: bytes) -> None:
    check(decode(topic, payload))


@given(topics, messages)
def test_a_message_cut_off_anywhere_is_read_or_refused(topic: str, message: dict[str, Any]) -> None:
    whole = json.dumps(message).encode("utf-8", "replace")
    for end in range(0, len(whole), 3):
        check(decode(topic, whole[:end]))
