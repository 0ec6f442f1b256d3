"""Any bytes on any topic of a phone are decoded or refused."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from devices.encoding import encode as canonical
from devices.event import LIFE_SAFETY
from devices.sources.owntracks import decode
from devices.topics import is_device_id

topics = st.lists(st.text(max_size=12) | st.sampled_from(["owntracks", "event", "status"]), max_size=5).map("/".join)
scalars = st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8)
words = st.sampled_from(
    ["location", "transition", "steps", "lwt", "beacon", "encrypted", "cmd", "enter", "leave", "GTSOS", "9", "e"]
)
values = st.recursive(
    scalars | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
names = st.sampled_from(
    ["_type", "lat", "lon", "acc", "alt", "vel", "tst", "t", "batt", "event", "desc", "rid", "wtst", "steps", "to"]
)
messages: st.SearchStrategy[dict[str, Any]] = st.dictionaries(names | st.text(max_size=8), values, max_size=10)
payloads = st.binary() | (messages | st.lists(messages | values, max_size=4)).map(
    lambda message: json.dumps(message).encode("utf-8", "replace")
)


@given(topics, payloads)
@example("owntracks/a/b", b"[" * 100_000)
@example("owntracks/a/b", b"[" + b"1," * 100_000 + b"1]")
@example("owntracks/a/b", b'{"_type":"location","lat":1' + b"0" * 10_000 + b"}")
@example("owntracks/\ud800/b", b'{"_type":"lwt"}')
@example("owntracks/a/b", b'{"_type":"transition","event":"leave","tst":1772324130,"desc":"\\ud800"}')
def test_any_message_is_events_or_refused_and_never_lost(topic: str, payload: bytes) -> None:
    decoded = decode(topic, payload)
    assert decoded.events or decoded.rejected
    assert decoded.device is None or is_device_id(decoded.device)
    life = [event.type in LIFE_SAFETY for event in decoded.events]
    assert life == sorted(life, reverse=True)
    for event in decoded.events:
        assert json.loads(canonical(event))


@given(topics, messages)
def test_a_message_cut_off_anywhere_is_read_or_refused(topic: str, message: dict[str, Any]) -> None:
    whole = json.dumps(message).encode("utf-8", "replace")
    for end in range(len(whole)):
        decoded = decode(topic, whole[:end])
        assert decoded.events or decoded.rejected
        assert all(event.damaged for event in decoded.events)
