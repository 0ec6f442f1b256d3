"""Any bytes on any port of any model, and any JSON, give events or refusals, never anything else."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.decoding import Decode, Decoded
from devices.event import ALARMS
from devices.sources import chirpstack, lorawan, ttn

MODELS = st.sampled_from(
    [
        *("WS101 SOS", "WS202", "WS203", "WS301", "WS303", "VS340", "VS350", "VS373", "EM300-MCS", "EM300-SLD"),
        *("EM300-TH", "EM320-TH", "GS601", "AT101", "GS524N", "SD1001", "TG563A", "AT3", "AT2", "Abeeway", "TrackerD"),
        *("LGT92", "LDS02", "TBPB panic", "TBDW", "TBMS", "TBWL", "TBHH", "DW10", "Oyster3", "Netvox", "Milesight"),
    ]
)
PORTS = st.one_of(st.none(), st.integers(0, 255), st.sampled_from([1, 2, 4, 6, 8, 10, 18, 19, 85, 100, 106, 120, 147]))
FRAMES = st.one_of(
    st.binary(max_size=60),
    st.builds(
        bytes.__add__,
        st.sampled_from(
            [bytes.fromhex(one) for one in ("0175", "03f8", "06fb", "20ce", "014d01", "2211", "ff2e", "10")]
        ),
        st.binary(max_size=30),
    ),
)
NAMES = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [
            *(
                "sos",
                "Alarm",
                "ALARM_status",
                "FireAlarm",
                "battery",
                "Volt",
                "status",
                "events",
                "history",
                "timestamp",
            ),
            *("latitude", "longitude", "press", "button_event", "fall_alarm", "alarm_status", "alarm_type", "event"),
            *("detection_status", "temperature", "batteryLevel", "Device", "concentration", "event_code", "cached"),
        ]
    ),
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(NAMES, inner, max_size=6)),
    max_leaves=15,
)
SOURCES: list[tuple[Decode, str]] = [
    (lorawan.decode, "lora/a1b2c3d4e5f60718"),
    (chirpstack.decode, "application/app/device/a1b2c3d4e5f60718/event/up"),
    (ttn.decode, "v3/care@county/devices/hall-7/up"),
]


def is_whole(told: Decoded) -> bool:
    return bool(told.events or told.rejected) and all(one.damage for one in told.events if one.damaged)


@given(MODELS | st.none(), PORTS, FRAMES)
def test_any_frame_is_said_or_refused(model: str | None, port: int | None, body: bytes) -> None:
    values = {"hex": body.hex()} | ({} if port is None else {"fPort": port})
    assert is_whole(lorawan.decode("lora/a1b2c3d4e5f60718", json.dumps(values).encode(), model=model))


@given(PORTS, FRAMES)
def test_without_a_model_every_alarm_is_marked_as_damaged(port: int | None, body: bytes) -> None:
    values = {"hex": body.hex()} | ({} if port is None else {"fPort": port})
    told = lorawan.decode("lora/a1b2c3d4e5f60718", json.dumps(values).encode())
    assert all(one.damaged for one in told.events if one.type in ALARMS)


@pytest.mark.parametrize(("decode", "topic"), SOURCES)
@given(payload=st.binary(max_size=80), model=MODELS | st.none())
def test_any_bytes_are_said_or_refused(decode: Decode, topic: str, payload: bytes, model: str | None) -> None:
    assert is_whole(decode(topic, payload, model=model))


@pytest.mark.parametrize(("decode", "topic"), SOURCES)
@given(value=JSON, cut=st.integers(0, 3), model=MODELS | st.none())
def test_any_json_whole_or_cut_off_is_said_or_refused(
    decode: Decode, topic: str, value: object, cut: int, model: str | None
) -> None:
    payload = json.dumps(value).encode()
    assert is_whole(decode(topic, payload[: len(payload) - cut], model=model))


def _chirpstack(values: object, body: str) -> bytes:
    return json.dumps({"object": values, "data": body, "fPort": 6, "devAddr": "01", "rxInfo": values}).encode()


def _ttn(values: object, body: str) -> bytes:
    return json.dumps(
        {"uplink_message": {"decoded_payload": values, "frm_payload": body, "rx_metadata": values}}
    ).encode()


@pytest.mark.parametrize(("source", "wrap"), [(SOURCES[1], _chirpstack), (SOURCES[2], _ttn)])
@given(values=JSON, body=FRAMES, model=MODELS | st.none())
def test_any_object_with_any_bytes_is_said_or_refused(
    source: tuple[Decode, str], wrap: Callable[[object, str], bytes], values: object, body: bytes, model: str | None
) -> None:
    decode, topic = source
    assert is_whole(decode(topic, wrap(values, b64encode(body).decode()), model=model))
