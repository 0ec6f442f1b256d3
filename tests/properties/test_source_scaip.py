"""Any bytes are a SCAIP request or refused, and no XML costs more than its size."""

from __future__ import annotations

import json

from hypothesis import example, given
from hypothesis import strategies as st

from devices.damage import CALLS
from devices.decoding import Decoded
from devices.encoding import encode as canonical
from devices.event import ENDS, LIFE_SAFETY, EventType
from devices.sources.scaip import decode
from devices.topics import is_device_id

BESIDE_LIFE = {EventType.CANCEL, EventType.MUTED, EventType.ANSWERED, *ENDS}
names = st.sampled_from(
    ["cid", "did", "dty", "stc", "mty", "lco", "ref", "snu", "pri", "lte", "s:stc", "deviceType", "x"]
)
texts = st.text(max_size=12) | st.sampled_from(
    ["0003", "0010", "0023", "0009", "PI", "RE", "019", "&lt;", "&x;", "alarm"]
)
roots = st.sampled_from(["mrq", "mrs", "scaip", "x"])


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """A request, whole, cut off or with something else put in."""
    inner = "".join(f"<{name}>{draw(texts)}</{name}>" for name in draw(st.lists(names, max_size=8)))
    root = draw(roots)
    whole = f"<{root}>{inner}</{root}>".encode("utf-8", "replace")
    start = draw(st.integers(0, len(whole)))
    end = draw(st.just(start) | st.integers(start, len(whole)))
    put = draw(st.sampled_from([b"", b"<", b"<!DOCTYPE a>", b"<![CDATA[", b"\xff", b"\0", b"<!--", b"&#x10ffff;"]))
    return whole[:start] + put + whole[end:]


topics = st.lists(st.text(max_size=12), max_size=3).map("/".join)


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


BOMB = b"<!DOCTYPE mrq [<!ENTITY a '" + b"a" * 1000 + b"'>" + b"<!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>" * 50 + b"]>"


@given(topics, st.binary() | requests())
@example("t", BOMB + b"<mrq><stc>0010</stc><lte>&b;&b;</lte></mrq>")
@example("t", b"<mrq>" * 50_000)
@example("t", b"<mrq " * 50_000)
@example("t", b"<mrq>" + b"<ab>" * 20_000 + b"</mrq>")
@example("t", b"<mrq><stc>0010</stc>" + b"<ab>" + b"x" * 1_000_000)
@example("\ud800/\ud800", b"<mrq><stc>0010</stc></mrq>")
@example("t", b"<?xml version='1.0' encoding='no-such'?><mrq><stc>0010</stc></mrq>")
def test_any_message_is_events_or_refused_and_never_lost(topic: str, payload: bytes) -> None:
    check(decode(topic, payload))
