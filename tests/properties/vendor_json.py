"""What every vendor's source promises of any message, and how JSON is drawn from the words that a vendor uses."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from devices.damage import CALLS
from devices.decoding import Decoded
from devices.encoding import encode as canonical
from devices.event import ENDS, LIFE_SAFETY, EventType
from devices.topics import is_device_id

BESIDE_LIFE = {EventType.CANCEL, EventType.MUTED, EventType.ANSWERED, *ENDS}
scalars = st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8)

Json = st.SearchStrategy[Any]


def assert_nothing_lost(decoded: Decoded) -> None:
    """Events or a refusal; calls for help first; every name and every event can go on as it is."""
    assert decoded.events or decoded.rejected, "nothing that arrives is dropped unseen"
    for name in (decoded.device, decoded.hub, *(event.device for event in decoded.events)):
        assert name is None or is_device_id(name)
    last = max((n for n, event in enumerate(decoded.events) if event.type in LIFE_SAFETY), default=-1)
    assert all(event.type in LIFE_SAFETY | BESIDE_LIFE for event in decoded.events[: last + 1])
    for event in decoded.events:
        assert json.loads(canonical(event))
        assert not event.damaged or event.type in CALLS
    assert all(refused.detail.isprintable() for refused in decoded.rejected)


def assert_cut_anywhere_nothing_lost(decode: Callable[[str, bytes], Decoded], topic: str, message: object) -> None:
    """A connection that breaks in the middle of a message leaves its beginning."""
    whole = json.dumps(message).encode("utf-8", "replace")
    for end in range(0, len(whole), 3):
        assert_nothing_lost(decode(topic, whole[:end]))


def values_of(names: Json, words: Json) -> Json:
    """Any value, also nested, with the vendor's own names and words where chance wants them."""
    return st.recursive(
        scalars | words,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names | st.text(max_size=8), inner, max_size=4),
        max_leaves=8,
    )


def objects_of(names: Json, values: Json) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(names | st.text(max_size=8), values, max_size=6)


def topics_of(levels: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(levels, max_size=5).map("/".join)


def payloads_of(messages: Json) -> st.SearchStrategy[bytes]:
    """Any bytes, or such a message as bytes."""
    return st.binary() | messages.map(lambda message: json.dumps(message).encode("utf-8", "replace"))
