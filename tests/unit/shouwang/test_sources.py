"""The settings' sources: every good one is served, every bad one is one line that names table, key and remedy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from devices.decoding import Decode, Decoded, DecodeError
from gateway.sources import LaneSettings
from shouwang import sources
from shouwang.errors import SettingWrong
from shouwang.settings import load
from shouwang.sources import lanes_of, overlaps_of

HOMES = "[[sources]]\nname = 'homes'\nsource = 'zigbee2mqtt'\nfilters = ['zigbee/#']\n"


def lanes(tmp_path: Path, text: str) -> list[LaneSettings]:
    config = tmp_path / "shouwang.toml"
    config.write_text(text, encoding="utf-8")
    return lanes_of(load({"SHOUWANG_CONFIG": str(config)}))


def test_without_a_source_our_own_form_is_read_on_two_lanes(tmp_path: Path) -> None:
    found = lanes(tmp_path, "")
    assert [(lane.name, [source.name for source in lane.sources]) for lane in found] == [
        ("alarms", ["canonical"]), ("telemetry", ["canonical"]),
    ]  # fmt: skip
    assert all(lane.table.tells_identity for lane in found)


def test_a_source_has_a_lane_of_its_own_unless_it_names_one(tmp_path: Path) -> None:
    more = "[[sources]]\nname = 'bands'\nsource = 'owntracks'\nfilters = ['owntracks/+/+']\nlane = 'homes'\n"
    found = {lane.name: lane for lane in lanes(tmp_path, HOMES + more)}
    assert list(found) == ["alarms", "telemetry", "homes"]
    assert found["homes"].filters == ("zigbee/#", "owntracks/+/+")
    assert found["homes"].table.of("owntracks/wang/band").name == "bands"
    assert not found["homes"].table.tells_identity


def test_a_broker_is_asked_once_for_what_two_filters_of_a_lane_take(tmp_path: Path) -> None:
    more = "[[sources]]\nname = 'bridge'\nsource = 'zigbee2mqtt'\nfilters = ['zigbee/+/bridge/#']\nlane = 'homes'\n"
    found = {lane.name: lane for lane in lanes(tmp_path, HOMES + more)}
    assert found["homes"].filters == ("zigbee/#",)
    assert found["homes"].table.of("zigbee/home7/bridge/state").name == "bridge"


def test_lanes_that_take_the_same_topics_are_told_of(tmp_path: Path) -> None:
    more = "[[sources]]\nname = 'all'\nsource = 'zigbee2mqtt'\nfilters = ['+/home7/#']\n"
    (told,) = overlaps_of(lanes(tmp_path, HOMES + more))
    assert told == "lanes homes and all both take what zigbee/# and +/home7/# have in common"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HOMES + "quos = 1", "[sources] quos is not a setting"),
        (HOMES + "mappping = 'x'", "[sources] mappping is not a setting; did you mean mapping?"),
        (HOMES + HOMES, "sources: homes is the name of two"),
        (HOMES.replace("zigbee2mqtt", "zigbee2mqt"), "sources.homes.source: no source is called 'zigbee2mqt'; did you"),
        (HOMES.replace("zigbee2mqtt", "xyzzy"), "sources.homes.source: no source is called 'xyzzy'; known are: "),
        (HOMES.replace("'homes'", "'owntracks'"), "sources.owntracks.name: owntracks is what another source is called"),
        (HOMES + "device = '{devise}'", "sources.homes: '{devise}' names {devise}; use {device}"),
        (HOMES + "device = 'x'", "sources.homes: 'x' gives every device one name"),
        (HOMES + "hub = 'a b'", "sources.homes.hub: 'a b' is no device's id"),
        (HOMES + "hub = '{x}'", "sources.homes: '{x}' names {x}"),
        (HOMES + "mapping = 'x.toml'", "sources.homes.mapping: source zigbee2mqtt takes no mapping file"),
        (HOMES.replace("zigbee2mqtt", "made"), "sources.homes.mapping: source made needs a mapping file"),
        (HOMES.replace("zigbee2mqtt", "made") + "mapping = '/no/x'", "sources.homes.mapping: /no/x cannot be read: No"),
        (HOMES.replace("zigbee2mqtt", "canonical") + "calls = true", "sources.homes.calls: the canonical source takes"),
        (
            "[[lanes]]\nname = 'a'\nfilters = ['x']\nsource = 'tasmotta'",
            "lanes.a.source: no source is called 'tasmotta'",
        ),
        ("[[lanes]]\nname = 'a'\nfilters = ['x']\nsource = 'made'", "lanes.a.source: made needs a mapping file"),
        (
            HOMES + "[[sources]]\nname = 'x'\nsource = 'zigbee2mqtt'\nfilters = ['+/home7']\nlane = 'homes'",
            "sources.x.filters: +/home7 and zigbee/# of homes take the same topics in one lane",
        ),
        (
            HOMES + "[[sources]]\nname = 'x'\nsource = 'zigbee2mqtt'\nfilters = ['zigbee/#']\nlane = 'homes'",
            "sources.x.filters: zigbee/# and zigbee/# of homes take the same topics",
        ),
    ],
)
def test_a_bad_source_is_one_line_that_names_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, said: str
) -> None:
    monkeypatch.setattr(sources, "MAPPED_SOURCES", made())
    with pytest.raises(SettingWrong) as refused:
        lanes(tmp_path, text)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_mapping_with_a_mistake_is_told_with_file_and_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MAPPED_SOURCES", made())
    file = tmp_path / "made.toml"
    file.write_text("bad")
    with pytest.raises(SettingWrong) as refused:
        lanes(tmp_path, HOMES.replace("zigbee2mqtt", "made") + f"mapping = '{file}'")
    assert str(refused.value) == f"sources.homes.mapping: {file}: time.format: expected rfc3339"
    file.write_text("good")
    found = lanes(tmp_path, HOMES.replace("zigbee2mqtt", "made") + f"mapping = '{file}'")
    assert found[-1].sources[0].decode("t", b"").device == "mapped"


def made() -> Mapping[str, Callable[[bytes], Decode]]:
    def make(mapping: bytes) -> Decode:
        if mapping == b"bad":
            raise DecodeError("time.format: expected rfc3339")

        def decode(_topic: str, _payload: bytes, *, model: str | None = None) -> Decoded:
            del model
            return Decoded(device="mapped", channel=None)

        return decode

    return MappingProxyType({"made": make})
