"""Any bytes are a SCAIP request or refused, and no XML costs more than its size."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from devices.sources.scaip import decode
from tests.properties.vendor_json import assert_nothing_lost

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
    assert_nothing_lost(decode(topic, payload))
