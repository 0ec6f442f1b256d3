"""What vendors' devices put on the wire is read by their sources as what the ledger says was meant."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import msgspec
import pytest

from devices.event import ALARMS, Event, EventType
from devices.sources import SOURCES
from gateway.edges import PAIRS as EDGES
from gateway.sources import Read, bent
from simulator.errors import ScenarioRefused
from simulator.fleet import Device, Kind, fleet
from simulator.plan import Course, Planned, plan
from simulator.registration import write_devices_csv
from simulator.scenario import SCENARIOS, Scenario
from simulator.speech import Speech, read_shares
from simulator.wording import Compared

START = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)
SHARES = read_shares("canonical=40,zigbee2mqtt=40,traccar=10,watch3g=10")
#: As docs/simulator.md has them in the settings.
READ: dict[Speech, Read] = {
    Speech.ZIGBEE2MQTT: bent(SOURCES["zigbee2mqtt"], device="{topic.1}-{topic.2}", hub="{topic.1}-bridge"),
    Speech.TRACCAR: bent(SOURCES["traccar"], device="gps-{device}"),
    Speech.WATCH3G: bent(SOURCES["watch3g"], device="watch-{device}", hub="watches"),
}
#: Each state under the name of what it is one of.
PAIRED = {one: pair[0] for pair in EDGES for one in pair} | {
    one: alarm for alarm in ALARMS for one in (alarm, EventType(f"{alarm}_clear"))
}


def devices(homes: int = 12, each: int = 5) -> list[Device]:
    return list(fleet(7, homes, each, speaks=SHARES))


def course(scenario: Scenario | None = None, run: str = "run") -> Course:
    faultless = msgspec.structs.replace(SCENARIOS["vendors"], late_share=0.0, out_of_order_share=0.0)
    return Course(
        seed=7, run_word=run, scenario=scenario or faultless, duration_s=60.0, start=START, rate_scale=2000.0
    )  # fmt: skip


@cache
def carried() -> list[Planned]:
    """What a mixed town's vendors' devices say, in order."""
    return [each for each in plan(devices(20), course()) if each.device.carried is not None]


def heard(planned: Planned) -> list[tuple[str | None, Event]]:
    """What the platform reads out of an event's messages, by the device's registered name."""
    assert planned.device.carried is not None
    read, found = READ[planned.device.carried.speech], []
    for dispatch in planned.dispatches:
        decoded = read(dispatch.topic, dispatch.payload)
        assert not decoded.rejected, decoded.rejected
        found += [(event.device or decoded.device, event) for event in decoded.events]
    return found


@pytest.mark.parametrize("speech", [Speech.ZIGBEE2MQTT, Speech.TRACCAR, Speech.WATCH3G])
def test_what_is_meant_is_what_the_source_reads_under_the_registered_name(speech: Speech) -> None:
    meant: Counter[EventType] = Counter()
    for planned in carried():
        assert planned.device.carried is not None
        if planned.device.carried.speech is not speech:
            continue
        told = heard(planned)
        assert {device for device, _ in told} == {planned.device.id}
        for each in (planned, *planned.beside):
            if each.meant is not None:
                meant[each.type] += 1
                assert each.type in {event.type for _, event in told}
    assert meant, "nothing was said at all"


def test_no_alarm_is_read_that_nobody_meant() -> None:
    for planned in carried():
        meant = {each.type for each in (planned, *planned.beside) if each.meant is not None}
        # A state said again stands in each further message of its sensor.
        told = {event.type for _, event in heard(planned) if event.type in ALARMS and not event.is_state}
        assert told <= meant


def test_a_time_that_is_told_is_the_ledger_s() -> None:
    checked = 0
    for planned in carried():
        if planned.meant is None or planned.meant.by is not Compared.TIME:
            continue
        first = next(event for _, event in heard(planned) if event.type is planned.type)
        told_s = (first.at - datetime.fromisoformat(str(planned.at))).total_seconds()
        assert -planned.meant.unit_s < told_s <= 0
        checked += 1
    assert checked


def test_a_change_of_state_is_meant_where_the_platform_hears_one_and_nowhere_else() -> None:
    """By hand what the platform does: what a sensor reports again with its battery did not happen again."""
    was: dict[tuple[str, EventType], EventType] = {}
    changes = 0
    for planned in carried():
        told = [event for _, event in heard(planned) if event.is_state and event.type in PAIRED]
        news = {
            event.type for event in told if was.get((planned.device.id, PAIRED[event.type]), event.type) != event.type
        }
        was |= {(planned.device.id, PAIRED[event.type]): event.type for event in told}
        meant = {each.type for each in (planned, *planned.beside) if each.meant and each.meant.by is Compared.EDGE}
        assert news == meant
        changes += len(meant)
    assert changes


def test_a_press_is_said_on_both_topics_of_a_zigbee_button() -> None:
    events = carried()
    presses = [each for each in events if each.meant is not None and each.meant.by is Compared.REPORTS]
    assert presses
    for press in presses:
        topics = [dispatch.topic for dispatch in press.dispatches]
        assert topics[1] == f"{topics[0]}/action"
        assert [event.type for _, event in heard(press) if event.type is EventType.SOS] == [EventType.SOS] * 2
        assert press.dispatches[0].cached is not None and b"action" not in press.dispatches[0].cached


@pytest.mark.parametrize("speech", [Speech.TRACCAR, Speech.WATCH3G])
def test_some_presses_bring_the_low_battery_in_the_same_message(speech: Speech) -> None:
    joined = [
        each
        for each in carried()
        if each.device.carried is not None and each.device.carried.speech is speech and each.beside
    ]
    assert joined
    for press in joined:
        read = READ[speech](press.dispatches[0].topic, press.dispatches[0].payload)
        assert [event.type for event in read.events][:2] == [EventType.SOS, EventType.BATTERY_LOW]


def test_the_same_seed_says_the_same_and_only_traccar_s_numbers_are_another_run_s() -> None:
    def said(run: str) -> list[tuple[object, ...]]:
        events = plan(devices(), course(run=run))
        return [(e.device.id, e.type, e.made_s, e.payload, e.dispatches) for e in events]

    assert said("one") == said("one")
    for one, other in zip(said("one"), said("two"), strict=True):
        assert one[:3] == other[:3]


def test_shares_change_nothing_of_what_speaks_our_own_form() -> None:
    plain = {device.id: device for device in fleet(7, 12, 5)}
    ours = [device for device in devices() if device.carried is None]
    assert ours and all(device == plain[device.id] for device in ours)
    fleets = [ours[0]], devices()
    alone, mixed = ({e.id: e.payload for e in plan(those, course()) if e.device == ours[0]} for those in fleets)
    assert alone == mixed


def test_a_home_speaks_the_same_in_a_small_and_in_a_large_fleet() -> None:
    small = devices(3)
    assert devices(30)[: len(small)] == small


def test_the_shares_are_met() -> None:
    spoken = Counter(
        Speech.CANONICAL if device.carried is None else device.carried.speech
        for device in devices(200)
        if not device.is_bridge
    )
    for speech, share in SHARES.items():
        assert abs(spoken[speech] / spoken.total() - share) < 0.02


def test_more_than_there_can_be_is_refused() -> None:
    with pytest.raises(ScenarioRefused, match="at most 33 %"):
        list(fleet(1, 1, 3, speaks=read_shares("traccar=1")))


@pytest.mark.parametrize("text", ["", "canonical", "canonical=x", "canonical=-1", "canonical=0", "morse=1", "a=nan"])
def test_shares_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ScenarioRefused, match="speaks"):
        read_shares(text)


def test_a_bridge_and_a_server_are_registered_as_hubs_with_what_they_carry(tmp_path: Path) -> None:
    path = tmp_path / "fleet.csv"
    assert write_devices_csv(path, devices()) == len(path.read_text().splitlines()) - 1
    rows = [line.split(",") for line in path.read_text().splitlines()[1:]]
    hubs = {row[0] for row in rows if row[1] == Kind.HUB}
    assert {"traccar", "watches"} < hubs
    assert {row[2] for row in rows} == set(Speech)
    behind = {row[0].rpartition("-")[0] for row in rows if row[2] == "zigbee2mqtt" and row[1] != Kind.HUB}
    assert behind == {hub.removesuffix("-bridge") for hub in hubs if hub.endswith("-bridge")}
