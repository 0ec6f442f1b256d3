"""Any bytes are a fire panel's packets or refused, in time in proportion to them, and no alarm is lost to the rest."""

from __future__ import annotations

import json

from hypothesis import example, given
from hypothesis import strategies as st

from devices.encoding import encode as canonical
from devices.event import ALARMS, LIFE_SAFETY
from devices.sources.gbt26875 import decode
from devices.topics import is_device_id


def _packet(serial: int, source: bytes, command: int, unit: bytes) -> bytes:
    body = serial.to_bytes(2, "little") + b"\x01\x01\x1e\x0f\x08\x10\x03\x1a" + source + bytes(6)
    body += len(unit).to_bytes(2, "little") + bytes((command,)) + unit
    return b"@@" + body + bytes((sum(body) & 0xFF,)) + b"##"


units = st.builds(
    lambda kind, count, rest: bytes((kind, count)) + rest,
    st.sampled_from([1, 2, 3, 4, 5, 6, 7, 8, 21, 24, 25, 26, 28, 91]) | st.integers(0, 255),
    st.integers(0, 3) | st.integers(0, 255),
    st.binary(max_size=150),
)
built = st.builds(
    _packet, st.integers(0, 65535), st.binary(min_size=6, max_size=6), st.integers(0, 6), units | st.binary(max_size=60)
)
payloads = st.binary() | units | st.lists(built | st.binary(max_size=40), max_size=4).map(b"".join)
smoke = bytes((2, 1, 1, 2, 40, 5, 0, 6, 0, 3, 0)) + bytes(31) + bytes((30, 15, 8, 16, 3, 26))


@given(st.text(max_size=20), payloads)
@example("", b"@" * 200_000)
@example("", (b"@@" + bytes(22) + b"\x00\x04\x02") * 9_000)
@example("", (b"@@" + bytes(24) + b"\x02") * 9_000)
@example("", b"@@##" * 60_000)
@example("", b"\x02\xff" + bytes(200_000))
@example("/", b"\x19\x01\x03\x04")
def test_any_payload_is_events_or_refused(topic: str, payload: bytes) -> None:
    decoded = decode(topic, payload)
    assert decoded.events or decoded.rejected
    assert decoded.hub is None or decoded.hub != decoded.device
    for event in decoded.events:
        assert is_device_id(event.device or "")
        assert json.loads(canonical(event))
        assert not event.damaged or event.type in ALARMS


@given(st.binary(max_size=30).filter(lambda noise: b"@" not in noise), st.integers(0, 65535), st.binary(max_size=30))
def test_an_alarm_is_found_between_anything(before: bytes, serial: int, behind: bytes) -> None:
    decoded = decode("", before + _packet(serial, b"\1\2\3\4\5\6", 2, smoke) + behind)
    assert decoded.events[0].type in LIFE_SAFETY


@given(st.integers(27, 77))
def test_a_packet_cut_off_anywhere_raises_nothing_but_is_kept(end: int) -> None:
    decoded = decode("", _packet(7, b"\1\2\3\4\5\6", 2, smoke)[:end])
    assert not decoded.events
    (refusal,) = decoded.rejected
    assert refusal.type_word == ("smoke" if end > 36 else None)


@given(built, st.data())
def test_one_flipped_bit_is_never_read_as_something_else(packet: bytes, data: st.DataObject) -> None:
    bit = data.draw(st.integers(16, len(packet) * 8 - 1))
    flipped = bytearray(packet)
    flipped[bit // 8] ^= 1 << bit % 8
    decoded = decode("", bytes(flipped))
    assert not decoded.events
    assert decoded.rejected
