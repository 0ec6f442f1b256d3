"""Any bytes on any topic are decoded or refused, what is written is read back, and both ways of reading agree."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime

from hypothesis import example, given, settings
from hypothesis import strategies as st

from devices.ack import read
from devices.decoding import Decoded, DecodeError
from devices.encoding import encode
from devices.event import ALARMS, ENDS, LIFE_SAFETY, Datum, Event, EventType, Location, Vitals, digest
from devices.salvage import UNIT_CHARACTERS_MAX, explain
from devices.scanning import is_too_deep, members, split
from devices.sources.canonical import decode
from devices.text import clean, clean_object, is_event_id
from devices.topics import Channel, parse_topic, topic_of

TELEMETRY = "sw/v1/band-1/telemetry"
WORDS = frozenset({EventType.CANCEL, EventType.MUTED, EventType.ANSWERED})
#: What may stand among life-safety alarms: what ends them or takes them back, where it was sent before them.
BESIDE_LIFE = WORDS | {end for end, kind in ENDS.items() if kind in LIFE_SAFETY}

finite = st.floats(allow_nan=False, allow_infinity=False)
not_negative = st.floats(min_value=0, allow_nan=False, allow_infinity=False)
percent = st.floats(min_value=0, max_value=100)
texts = st.text(max_size=UNIT_CHARACTERS_MAX)
ids = st.text(min_size=1, max_size=64).filter(is_event_id)
times = st.datetimes(datetime(1970, 1, 1), datetime(2100, 12, 31, 23, 59, 59, 999_999), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone

locations = st.builds(
    Location,
    lat=st.floats(-90, 90),
    lon=st.floats(-180, 180),
    accuracy_m=st.none() | not_negative,
    altitude_m=st.none() | finite,
    speed_mps=st.none() | not_negative,
    datum=st.sampled_from(Datum),
)
vitals = st.builds(
    Vitals,
    heart_rate_bpm=st.none() | not_negative,
    spo2_pct=st.none() | percent,
    temperature_c=st.none() | finite,
    steps=st.none() | not_negative,
)
json_values = st.recursive(
    st.none() | st.booleans() | finite | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
details = st.dictionaries(st.text(), json_values, max_size=4).map(
    lambda detail: clean_object(json.dumps(detail, ensure_ascii=False).encode("utf-8", "replace"))
)
events = st.builds(
    Event,
    id=ids,
    at=times,
    type=st.sampled_from(EventType),
    location=st.none() | locations,
    battery_pct=st.none() | percent,
    signal_dbm=st.none() | finite,
    vitals=st.none() | vitals,
    value=st.none() | finite,
    unit=st.none() | texts.map(clean),
    detail=st.none() | details,
)
topics = st.text() | st.builds(topic_of, st.from_regex(r"\A[a-zA-Z0-9._:-]{1,64}\Z"), st.sampled_from(Channel))


@st.composite
def broken_messages(draw: st.DrawFn) -> bytes:
    """An array or event with a few bytes cut out, doubled, or replaced."""
    whole = draw(st.lists(events, min_size=1, max_size=3))
    sent = b",".join(map(encode, whole))
    sent = b"[" + sent + b"]" if draw(st.booleans()) else sent
    start = draw(st.integers(0, len(sent)))
    end = draw(st.integers(start, min(len(sent), start + 8)) | st.just(len(sent)))
    put = draw(st.binary(max_size=4) | st.sampled_from([b"NaN", b"[" * 40, b'"', b"\\", b"}", b"\\ud800", b"1e999999"]))
    return sent[:start] + put + sent[end:]


def _check(decoded: Decoded, topic: str) -> None:
    named = parse_topic(topic)
    assert (decoded.device, decoded.channel) == (named or (None, None))
    assert decoded.events or decoded.rejected, "nothing that arrives is dropped unseen"
    last = max((n for n, event in enumerate(decoded.events) if event.type in LIFE_SAFETY), default=-1)
    assert all(event.type in LIFE_SAFETY | BESIDE_LIFE for event in decoded.events[: last + 1])
    for event in decoded.events:
        assert is_event_id(event.id)
        assert 0 <= digest(event) < 2**63
        assert not event.damaged or event.type in ALARMS
        assert event.damaged == (event.damage is not None)
        encode(event).decode()
        assert event.detail is None or isinstance(json.loads(event.detail), dict)
    for rejected in decoded.rejected:
        assert rejected.detail.isprintable()
        assert len(rejected.detail) < 4096
        for word in (rejected.event_id, rejected.type_word):
            assert word is None or "\0" not in word.encode().decode()


@settings(deadline=None)
@given(topics, st.binary())
def test_any_bytes_on_any_topic_are_decoded_or_refused(topic: str, payload: bytes) -> None:
    _check(decode(topic, payload), topic)


@settings(deadline=None)
@given(st.sampled_from([TELEMETRY, "sw/v1/band-1/alarm"]), broken_messages())
def test_a_broken_message_is_decoded_or_refused(topic: str, payload: bytes) -> None:
    _check(decode(topic, payload), topic)


@settings(deadline=None)
@given(
    st.sampled_from(["sw/v1/b/alarm"]),
    st.text(alphabet='{}[]",:\\ \0\ud800aid1.eE-+NnulTtrusyo').map(lambda text: text.encode("utf-8", "surrogatepass")),
)
def test_any_heap_of_punctuation_is_decoded_or_refused(topic: str, payload: bytes) -> None:
    _check(decode(topic, payload), topic)


@settings(deadline=None)
@given(events)
@example(Event(id="1", at=datetime(2026, 3, 1, tzinfo=UTC), type=EventType.SOS, unit=""))
def test_what_is_written_is_read_back(event: Event) -> None:
    decoded = decode(TELEMETRY, encode(event, device="band-1"))
    assert decoded == Decoded(device="band-1", channel=Channel.TELEMETRY, events=(event,))


@settings(deadline=None)
@given(events)
def test_the_explaining_way_reads_what_the_quick_way_reads(event: Event) -> None:
    assert explain(encode(event), device="band-1") == event


@settings(deadline=None)
@given(st.lists(events, max_size=5).map(lambda some: [encode(event) for event in some]), broken_messages())
def test_in_an_array_a_bad_element_leaves_the_others_alone(good: list[bytes], bad: bytes) -> None:
    _, closed, whole = split(b"[" + bad + b"]")
    if not closed or not whole or is_too_deep(bad):
        return  # It broke out of its place: then it is not one element.
    alone = [event for raw in good for event in decode(TELEMETRY, raw).events]
    together = decode(TELEMETRY, b"[" + b",".join([*good, bad]) + b"]").events
    assert all(event in together for event in alone)


@settings(deadline=None)
@given(st.integers(0, 4_133_980_799_999))
def test_milliseconds_are_exact(at_ms: int) -> None:
    (event,) = decode(TELEMETRY, b'{"id":"1","at":%d,"type":"test"}' % at_ms).events
    assert digest(event) // 128 == at_ms * 1000


@settings(deadline=None)
@given(st.text())
def test_cleaned_text_can_be_stored_and_cleaning_it_again_changes_nothing(text: str) -> None:
    cleaned = clean(text)
    assert "\0" not in cleaned
    assert clean(cleaned.encode().decode()) == cleaned


@settings(deadline=None)
@given(st.dictionaries(st.text(), json_values))
def test_an_object_is_taken_apart_into_the_values_it_was_made_of(whole: dict[str, object]) -> None:
    taken = members(json.dumps(whole).encode())
    assert taken.whole
    assert {name: json.loads(raw) for name, raw in taken.values.items()} == json.loads(json.dumps(whole))


@settings(deadline=None)
@given(st.binary())
def test_the_outline_of_any_bytes_can_be_read(payload: bytes) -> None:
    members(payload)
    is_too_deep(payload)
    assert split(payload).parts


@settings(deadline=None)
@given(st.binary())
def test_any_bytes_are_acknowledgements_or_refused(payload: bytes) -> None:
    with suppress(DecodeError):
        assert isinstance(read(payload), tuple)


flushes = st.lists(st.sampled_from([*BESIDE_LIFE, *LIFE_SAFETY, EventType.LOCATION, EventType.INTRUSION]), max_size=12)


@given(flushes)
@example([EventType.SMOKE_CLEAR, EventType.SMOKE])
@example([EventType.LOCATION, EventType.SMOKE])
@example([EventType.CANCEL, EventType.HEARTBEAT, EventType.SOS])
def test_no_alarm_of_a_flush_changes_places_with_its_own_end(words: list[EventType]) -> None:
    sent = [
        Event(id=str(number), at=datetime(2026, 11, 19, tzinfo=UTC), type=word) for number, word in enumerate(words)
    ]
    got = decode(TELEMETRY, b"[" + b",".join(map(encode, sent)) + b"]").events
    assert sorted(event.id for event in got) == sorted(event.id for event in sent)
    for kind in LIFE_SAFETY:
        for end in WORDS | {end for end, ended in ENDS.items() if ended is kind}:
            pair = [event.id for event in sent if event.type in (kind, end)]
            assert [event.id for event in got if event.type in (kind, end)] == pair, (kind, end)
    others = [event.id for event in sent if event.type not in LIFE_SAFETY | BESIDE_LIFE]
    assert [event.id for event in got if event.type not in LIFE_SAFETY | BESIDE_LIFE] == others
    last = max((n for n, event in enumerate(got) if event.type in LIFE_SAFETY), default=-1)
    assert not {event.id for event in got[: last + 1]} & set(others), "life-safety first"
