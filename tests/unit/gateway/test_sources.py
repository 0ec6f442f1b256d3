"""Which source reads a message, and how the settings bend what it says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.decoding import Decoded, Rejected, RejectReason
from devices.event import EventType
from devices.naming import device_id
from devices.report import report
from gateway.sources import NotATemplate, Source, SourceTable, bent, covers, matches, overlap


def says(decoded: Decoded) -> object:
    def decode(_topic: str, _payload: bytes, *, model: str | None = None) -> Decoded:
        del model
        return decoded

    return decode


def told(decoded: Decoded, topic: str = "zigbee/home7/kitchen", **bends: str) -> Decoded:
    return bent(says(decoded), **bends)(topic, b"{}")  # type: ignore[arg-type]  # a decoder


SMOKE = report(EventType.SMOKE)


@pytest.mark.parametrize(
    ("template", "device", "hub", "becomes"),
    [
        ("{device}", "kitchen", "hub", "kitchen"),
        ("{hub}:{device}", "kitchen", "hub", "hub:kitchen"),
        ("{topic.1}.{device}", "kitchen", None, "home7.kitchen"),
        ("{topic.1}", None, None, "home7"),
        ("{topic.9}", "kitchen", None, "kitchen"),
        ("z-{device}", None, "hub", None),
        ("{hub}:{device}", "kitchen", None, "kitchen"),
        ("{hub}:{device}", "hub", "hub", "hub"),
        ("{topic.1} {device}", "kitchen", None, device_id("home7 kitchen")),
    ],
)
def test_a_device_is_called_as_the_register_calls_it(
    template: str, device: str | None, hub: str | None, becomes: str | None
) -> None:
    decoded = Decoded(device=device, channel=None, events=(SMOKE,), hub=hub)
    assert told(decoded, device=template).device == becomes


def test_each_device_of_a_message_is_renamed() -> None:
    rejected = Rejected(reason=RejectReason.NOT_JSON, detail="x", raw=b"x", device="c")
    decoded = Decoded(
        device="a", channel=None, events=(SMOKE, report(EventType.SOS, device="b")), rejected=(rejected,), hub="h"
    )
    renamed = told(decoded, device="{hub}-{device}")
    assert [event.device for event in renamed.events] == [None, "h-b"]
    assert (renamed.device, renamed.rejected[0].device) == ("h-a", "h-c")


def test_a_hub_of_the_settings_stands_in_where_the_decoder_names_none() -> None:
    assert told(Decoded(device="a", channel=None), hub="ours").hub == "ours"
    assert told(Decoded(device="a", channel=None, hub="its"), hub="ours").hub == "its"
    assert told(Decoded(device="a", channel=None, hub="its"), hub="{topic.1}-bridge").hub == "home7-bridge"


@pytest.mark.parametrize(
    "template", ["{devise}", "{", "{device!r}", "{device:>9}", "{topic}", "{topic.x}", "kitchen", ""]
)
def test_a_template_that_cannot_be_is_refused_with_what_can(template: str) -> None:
    with pytest.raises(NotATemplate, match=r"use \{device\}"):
        bent(says(Decoded(device=None, channel=None)), device=template)  # type: ignore[arg-type]  # a decoder


def test_a_topic_belongs_to_the_source_whose_filter_says_most() -> None:
    def source(name: str, *filters: str) -> Source:
        return Source(name=name, filters=filters, decode=bent(says(Decoded(device=None, channel=None))))  # type: ignore[arg-type]  # a decoder

    table = SourceTable(
        [source("all", "#"), source("z", "z/#", "z"), source("bridge", "z/bridge/+"), source("x", "z/x")]
    )
    topics = ("a", "z", "z/y", "z/bridge/state", "z/bridge/state/x", "z/x")
    assert [table.of(topic).name for topic in topics] == ["all", "z", "z", "bridge", "z", "x"]
    assert table.of("z/x") is table.of("z/x")


LEVELS = st.lists(st.sampled_from(["a", "b", "+"]), min_size=1, max_size=3)
FILTERS = st.builds(lambda levels, end: "/".join([*levels, *end]), LEVELS, st.sampled_from([[], ["#"]]))
TOPICS = [
    "/".join(levels)
    for levels in (
        [a] + [b] * (b != "") + [c] * (b != "" and c != "")
        for a in ("a", "b", "c")
        for b in ("a", "b", "c", "")
        for c in ("a", "b", "c", "")
    )
] + ["a/a/a/a", "a/b/a/b", "b/b/b/b"]


@given(FILTERS, FILTERS)
def test_filters_overlap_and_cover_as_the_topics_they_take_do(one: str, other: str) -> None:
    mine = {topic for topic in TOPICS if matches(one, topic)}
    its = {topic for topic in TOPICS if matches(other, topic)}
    assert overlap(one, other) == bool(mine & its)
    if covers(one, other):
        assert its <= mine
