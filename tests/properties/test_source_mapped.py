"""Any file is a mapping or refused with words; any message gives events or rejects, in bounded time."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from devices.decoding import Decode, Decoded, DecodeError
from devices.encoding import encode
from devices.event import ALARMS, EventType
from devices.mapping.errors import BadPath
from devices.mapping.paths import Frame, getter, parse
from devices.mapping.units import EVENT, LOCATION, VITALS
from devices.sources.mapped import make
from devices.text import is_event_id

MAPPINGS = sorted((Path(__file__).parents[2] / "docs" / "vendors" / "mappings").glob("*.toml"))
SOURCES = [path.read_bytes() for path in MAPPINGS]

#: Every kind of key that a file can have, over names that the messages below have too.
EVERYTHING = b"""
name = "everything"
[message]
topic = ["t", "{a}/{b}"]
each = ["a", "b.*"]
[device]
id = ["$.d", "^.d"]
hub = "$.h"
[time]
path = ["c", "$.c"]
format = "%Y%m%d%H%M%S"
[event]
id = ["d", "$.d"]
battery_pct = { path = "c", table = { x = 5 }, missing = [0], split = ",", index = 1 }
signal_dbm = { path = "d", unit = "csq" }
[location]
lat = { path = "c", unit = "ddmm.mmmm", negative = { path = "d", equals = "S" } }
lon = "d"
when = { path = "a", exists = false }
[vitals]
heart_rate_bpm = { path = ["c", "d"], scale = 3, offset = 1 }
[[rule]]
path = "a"
types = { x = "sos", 1 = ["fall", "battery_low"], 0 = "none" }
split = ","
[[rule]]
path = "b"
bits = { 0 = "smoke", 3 = { set = "gas", clear = "gas_clear" } }
state = true
[[rule]]
when = [{ path = "c", above = 3 }, { path = "d", not = 1 }, { path = "key:", in = ["x", 1] }]
type = "heat"
[[rule]]
path = "e|json.a"
types = { x = "tamper" }
unknown = "fault"
[[reading]]
name = "t"
path = "c"
unit = "K"
"""
ALL = make(EVERYTHING)

names = st.sampled_from(["a", "b", "c", "d", "e", "h", "x"]) | st.text(max_size=3)
scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["x", "1", "0", "x,1", "20260301081530", '{"a":"x"}', "\ud800", ""]) | st.text(max_size=8)
)  # fmt: skip
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=5), max_leaves=20
)
messages = st.dictionaries(names, values, max_size=6)
topics = st.sampled_from(["t", "x/y", "/sys/p/d/thing/event/sos/post", "tuya/ywbj/report", ""]) | st.text(max_size=8)


def check(decoded: Decoded) -> None:
    assert decoded.events or decoded.rejected, "nothing that arrives is dropped unseen"
    assert decoded.hub is None or decoded.hub != decoded.device
    for event in decoded.events:
        assert is_event_id(event.id)
        assert not event.damaged or event.type in ALARMS
        assert event.device is not None or decoded.device is not None
        encode(event).decode()
        assert event.detail is None or isinstance(json.loads(event.detail), dict)
    for rejected in decoded.rejected:
        assert rejected.detail.isprintable() and len(rejected.detail) < 4096
        assert rejected.type_word is None or rejected.type_word.isprintable()


def sent(message: Any) -> bytes:
    return json.dumps(message).encode()


@settings(deadline=None)
@given(st.sampled_from([ALL, *map(make, SOURCES)]), topics, st.binary(max_size=200))
def test_any_bytes_give_events_or_rejects(source: Decode, topic: str, payload: bytes) -> None:
    check(source(topic, payload))


@settings(deadline=None, max_examples=300)
@given(topics, values)
def test_any_json_gives_events_or_rejects(topic: str, message: Any) -> None:
    check(ALL(topic, sent(message)))


@settings(deadline=None, max_examples=300)
@given(messages, st.lists(messages, max_size=3), st.dictionaries(names, messages, max_size=3))
def test_any_message_of_the_mappings_form_gives_events_or_rejects(
    around: dict[str, Any], elements: list[dict[str, Any]], inner: dict[str, Any]
) -> None:
    whole = {**around, "d": "dev", "a": [{**element, "b": inner} for element in elements]}
    check(ALL("t", sent(whole)))


@settings(deadline=None)
@given(messages, st.integers(0, 400))
def test_a_message_that_was_cut_off_gives_damaged_alarms_or_rejects(message: dict[str, Any], end: int) -> None:
    check(ALL("t", sent({"d": "dev", "a": [{"b": {"x": {**message, "d": "e", "a": "x"}}}]})[:end]))


@settings(deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace")))
def test_any_bytes_are_a_mapping_or_refused(source: bytes) -> None:
    with suppress(DecodeError):
        make(source)


@st.composite
def broken_files(draw: st.DrawFn) -> bytes:
    """A good file with a few characters cut out, doubled, or replaced by what TOML and our keys are made of."""
    whole = draw(st.sampled_from([EVERYTHING, *SOURCES]))
    start = draw(st.integers(0, len(whole)))
    end = draw(st.integers(start, min(len(whole), start + 12)))
    put = draw(
        st.sampled_from([b"", b"[", b"]", b'"', b"{}", b"[]", b"0", b"-1", b"1e400", b"nan", b"true", b"x", b"\xff"])
        | st.sampled_from(
            [b"9" * 400, b"0x" + b"f" * 5000, b"1979-05-27", b'"\\u0000"', b"..", b"\n[[rule]]\n", b"= {"]
        )
    )
    return whole[:start] + put + whole[end:]


@settings(deadline=None, max_examples=400)
@given(broken_files(), messages)
def test_a_file_with_a_slip_still_decodes_or_is_refused_with_words(source: bytes, message: dict[str, Any]) -> None:
    try:
        decode = make(source)
    except DecodeError as refused:
        assert str(refused).replace("\n", "").isprintable()
        return
    for topic in ("t", "tuya/ywbj/report"):
        check(decode(topic, sent(message)))


@given(st.text(max_size=40), values)
def test_any_text_is_a_path_or_refused(text: str, message: Any) -> None:
    try:
        get = getter(parse(text))
    except BadPath:
        return
    get(Frame(message, message, {"a": "b"}))


@given(st.sampled_from([*EVENT.items(), *LOCATION.items(), *VITALS.items()]), st.floats(allow_nan=False), st.data())
def test_a_number_in_any_unit_is_within_what_can_be_or_left_out(field: Any, value: float, data: st.DataObject) -> None:
    name, quantity = field
    unit = data.draw(st.sampled_from(list(quantity.units)))
    table = "event" if name in EVENT else "location" if name in LOCATION else "vitals"
    other = "lon = 'o'\n" if name == "lat" else "lat = 'o'\n" if name == "lon" else "lat = 'o'\nlon = 'o'\n"
    text = f"name = 'x'\n[device]\nid = 'd'\n[{table}]\n{name} = {{ path = 'v', unit = '{unit}' }}\n"
    text += other if table == "location" else "[[rule]]\npath = 'd'\ntypes = { dev = 'heartbeat' }\n"
    decoded = make(text.encode())("t", sent({"d": "dev", "v": value if abs(value) < 1e308 else 0, "o": 5}))
    for event in decoded.events:
        assert event.type in (EventType.HEARTBEAT, EventType.LOCATION, EventType.VITALS)
        for holder in (event, event.location, event.vitals):
            found = getattr(holder, name, None)
            assert found is None or quantity.least <= found <= quantity.most
