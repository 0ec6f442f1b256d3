"""Each name its own topics, and nothing wider."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.domain.access import (
    BridgeMisnamed,
    BridgeTopicsWrong,
    Deed,
    bridge_account,
    bridge_may,
    bridge_topics,
    covers,
    device_may,
)

PUBLISH, SUBSCRIBE = Deed.PUBLISH, Deed.SUBSCRIBE


@pytest.mark.parametrize("channel", ["alarm", "telemetry", "reply", "online"])
def test_a_device_says_its_own(channel: str) -> None:
    assert device_may("knopf-1", PUBLISH, f"sw/v1/knopf-1/{channel}")
    assert not device_may("knopf-1", SUBSCRIBE, f"sw/v1/knopf-1/{channel}")
    assert not device_may("knopf-1", PUBLISH, f"sw/v1/knopf-2/{channel}")


@pytest.mark.parametrize("channel", ["ack", "down"])
def test_a_device_hears_its_own(channel: str) -> None:
    assert device_may("knopf-1", SUBSCRIBE, f"sw/v1/knopf-1/{channel}")
    assert not device_may("knopf-1", PUBLISH, f"sw/v1/knopf-1/{channel}")


@pytest.mark.parametrize(
    "topic",
    [
        "#", "+", "sw/v1/+/alarm", "sw/v1/#", "sw/v1/knopf-1/#", "sw/v1/knopf-1/+", "sw/v1/knopf-1", "sw/v1/knopf-1/",
        "sw/v1/knopf-1/alarm/", "/sw/v1/knopf-1/alarm", "sw/v2/knopf-1/alarm", "sw/v1/knopf-1/alarm\n", "$SYS/#", "",
        "sw/v1/knopf-1/other", "SW/v1/knopf-1/alarm",
    ],
)  # fmt: skip
def test_a_device_gets_nothing_wider_or_beside(topic: str) -> None:
    assert not any(device_may("knopf-1", deed, topic) for deed in Deed)


@pytest.mark.parametrize(
    ("filter_", "wanted", "covered"),
    [
        ("zigbee2mqtt/#", "zigbee2mqtt/lamp", True),
        ("zigbee2mqtt/#", "zigbee2mqtt", True),
        ("zigbee2mqtt/#", "zigbee2mqtt/#", True),
        ("zigbee2mqtt/#", "zigbee2mqtt/+/set", True),
        ("zigbee2mqtt/#", "zigbee2mqtt2/lamp", False),
        ("zigbee2mqtt/#", "#", False),
        ("a/+/c", "a/b/c", True),
        ("a/+/c", "a/+/c", True),
        ("a/+/c", "a/#", False),
        ("a/+/c", "a/b/c/d", False),
        ("a/b", "a/+", False),
        ("+/b", "$SYS/b", False),
        ("#", "$CONTROL/dynamic-security/v1", False),
        ("#", "anything/else", True),
    ],
)
def test_a_filter_covers_what_it_takes(filter_: str, wanted: str, covered: bool) -> None:
    assert covers(filter_, wanted) is covered
    assert bridge_may(("other/x", filter_), wanted) is covered


@given(st.lists(st.sampled_from("ab+"), min_size=1, max_size=4), st.booleans())
def test_every_filter_covers_itself(levels: list[str], rest: bool) -> None:
    filter_ = "/".join([*levels, *(["#"] if rest else [])])
    assert covers(filter_, filter_)


def test_no_bridge_can_be_taken_for_a_device() -> None:
    account = bridge_account("zigbee2mqtt")
    assert account == "zigbee2mqtt@bridge"
    assert not device_may(account, PUBLISH, f"sw/v1/{account}/alarm")


@pytest.mark.parametrize("name", ["", "a/b", "a b", "a+", "#", "a@b", "ü", "x" * 65])
def test_a_bridge_with_an_impossible_name_is_refused(name: str) -> None:
    with pytest.raises(BridgeMisnamed):
        bridge_account(name)


def test_a_bridges_topics_are_kept_each_once() -> None:
    assert bridge_topics(["zigbee2mqtt/#", "a/+/b", "zigbee2mqtt/#"]) == ("zigbee2mqtt/#", "a/+/b")


@pytest.mark.parametrize(
    "filter_",
    ["", "#", "+/#", "sw/#", "sw/v1/#", "sw/v1", "sw/v1/x/alarm", "+/+/+/alarm", "$SYS/#", "$CONTROL/x", "a#", "a/#/b"],
)
def test_a_bridge_reaches_neither_our_devices_topics_nor_the_brokers(filter_: str) -> None:
    with pytest.raises(BridgeTopicsWrong):
        bridge_topics(["fine/#", filter_])


def test_a_bridge_without_topics_is_none() -> None:
    with pytest.raises(BridgeTopicsWrong):
        bridge_topics([])
