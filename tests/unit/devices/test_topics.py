"""Which topics are ours and whom they name."""

from __future__ import annotations

import pytest

from devices import topics
from devices.errors import NotADeviceId
from devices.topics import Channel, filter_of, is_device_id, parse_topic, topic_of

NOT_IDS = ["", "a/b", "a b", "+", "#", "a\n", "é", "守", "x" * 65, "a\0"]


@pytest.mark.parametrize("channel", Channel)
@pytest.mark.parametrize("device", ["a", "A-Z_0.9:x", "x" * 64, "..", "-"])
def test_a_topic_that_was_built_is_read_back(device: str, channel: Channel) -> None:
    assert parse_topic(topic_of(device, channel)) == (device, channel)


@pytest.mark.parametrize("device", NOT_IDS)
def test_an_id_that_could_reach_another_topic_builds_none(device: str) -> None:
    assert not is_device_id(device)
    with pytest.raises(NotADeviceId, match="use 1 to 64 of"):
        topic_of(device, Channel.ACK)


@pytest.mark.parametrize("device", NOT_IDS)
def test_an_odd_id_in_a_topic_is_no_topic_of_ours(device: str) -> None:
    assert parse_topic(f"sw/v1/{device}/alarm") is None


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "sw/v1/a",
        "sw/v1/a/",
        "sw/v1/a/alarms",
        "sw/v2/a/alarm",
        "/sw/v1/a/alarm",
        "sw/v1/a/alarm/",
        "sw/v1/a/alarm\n",
    ],
)
def test_what_is_almost_a_topic_is_none(topic: str) -> None:
    assert parse_topic(topic) is None


def test_each_channel_has_its_builder() -> None:
    built = [getattr(topics, f"{channel}_topic")("d") for channel in Channel]
    assert built == [f"sw/v1/d/{channel}" for channel in Channel]


def test_a_filter_takes_every_device() -> None:
    assert filter_of(Channel.ALARM) == "sw/v1/+/alarm"
