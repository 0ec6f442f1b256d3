"""MQTT as bytes: what a device writes, and what it makes of whatever comes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator import wire
from simulator.errors import WireBroken

BOTH = pytest.mark.parametrize("version", list(wire.Version))
CONNACK = {wire.Version.V311: b"\x20\x02\x00\x00", wire.Version.V5: b"\x20\x06\x00\x00\x03\x21\x00\x14"}


def test_a_connect_is_the_specification_s_bytes() -> None:
    will = wire.Will(topic=b"o", payload=b"0")
    packet = wire.connect("a", wire.Version.V311, keep_alive_s=60, will=will, user="u", password="p")
    assert packet == b"\x10\x19\x00\x04MQTT\x04\xee\x00\x3c\x00\x01a\x00\x01o\x00\x010\x00\x01u\x00\x01p"
    assert wire.connect("a", wire.Version.V5, keep_alive_s=60) == b"\x10\x0e\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x01a"


def test_version_5_s_receive_maximum_is_read_and_3_1_1_has_none() -> None:
    (five,) = wire.Reader(wire.Version.V5).feed(CONNACK[wire.Version.V5])
    (three,) = wire.Reader(wire.Version.V311).feed(CONNACK[wire.Version.V311])
    assert five == wire.ConnAck(code=0, receive_maximum=20)
    assert three == wire.ConnAck(code=0, receive_maximum=0xFFFF)


def test_properties_before_the_receive_maximum_are_passed_over() -> None:
    assigned, pair = b"\x12\x00\x02id", b"\x26\x00\x01k\x00\x01v"
    properties = b"\x24\x01" + assigned + pair + b"\x27\x00\x01\x00\x00" + b"\x21\x00\x07"
    packet = b"\x20" + bytes((len(properties) + 3,)) + b"\x00\x00" + bytes((len(properties),)) + properties
    assert next(wire.Reader(wire.Version.V5).feed(packet)) == wire.ConnAck(code=0, receive_maximum=7)


@BOTH
@given(payload=st.binary(max_size=300), cuts=st.lists(st.integers(1, 50), max_size=20))
def test_a_message_is_read_whole_however_the_bytes_are_cut(
    version: wire.Version, payload: bytes, cuts: list[int]
) -> None:
    stream = wire.publish(b"sw/v1/d/ack", payload, 7, version) + wire.publish(b"t", payload, 0, version)
    reader, packets = wire.Reader(version), []
    for cut in [*cuts, len(stream)]:
        packets += list(reader.feed(stream[:cut]))
        stream = stream[cut:]
    assert packets == [
        wire.Incoming(topic="sw/v1/d/ack", payload=payload, packet_id=7),
        wire.Incoming(topic="t", payload=payload, packet_id=0),
    ]


@BOTH
@given(data=st.binary(max_size=200))
def test_any_bytes_are_packets_or_a_broken_wire(version: wire.Version, data: bytes) -> None:
    reader = wire.Reader(version)
    try:
        for packet in reader.feed(data):
            assert isinstance(packet, wire.ConnAck | wire.PubAck | wire.Incoming | wire.SubAck | wire.Other)
    except WireBroken:
        pass


def test_a_refused_publish_shows_its_code() -> None:
    assert list(wire.Reader(wire.Version.V5).feed(b"\x40\x03\x00\x09\x87")) == [wire.PubAck(9, 0x87)]
    assert list(wire.Reader(wire.Version.V311).feed(b"\x40\x02\x00\x09")) == [wire.PubAck(9, 0)]


def test_a_packet_of_another_world_s_size_is_refused_before_it_is_kept() -> None:
    with pytest.raises(WireBroken, match="more than a device takes"):
        list(wire.Reader(wire.Version.V311).feed(b"\x30\xff\xff\xff\x7f"))
