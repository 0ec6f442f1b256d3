"""Any bytes on any topic of a Tasmota device are decoded or refused."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from devices.sources.tasmota import decode
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
values = values_of(names, words)
messages = objects_of(names, values)
levels = st.text(max_size=12) | st.sampled_from(
    ["tele", "stat", "cmnd", "SENSOR", "STATE", "LWT", "RESULT", "SWITCH1", "BUTTON1", "STATUS8", "8F20"]
)
topics = topics_of(levels)
payloads = payloads_of(messages | values)


@given(topics, payloads)
@example("tele/p/SENSOR", b"{" * 100_000)
@example("tele/p/SENSOR", b'{"ZbReceived":{' + b",".join(b'"%d":{"Fire":1}' % n for n in range(20_000)) + b"}}")
@example("tele/p/SENSOR", b'{"ZbReceived":{"":{"Name":"\\ud800","ZoneStatus":1e400}}}')
@example("tele/\ud800/LWT", b"Online")
def test_any_message_is_events_or_refused_and_never_lost(topic: str, payload: bytes) -> None:
    assert_nothing_lost(decode(topic, payload))


@given(topics, messages)
def test_a_message_cut_off_anywhere_is_read_or_refused(topic: str, message: dict[str, Any]) -> None:
    assert_cut_anywhere_nothing_lost(decode, topic, message)
