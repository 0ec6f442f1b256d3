"""A seed stands for one fleet and one course of events."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from devices.sources.canonical import decode
from simulator.fleet import MODELS, ClockFault, Kind, fleet
from simulator.plan import Course, Planned, plan
from simulator.scenario import SCENARIOS
from simulator.words import RESENT

START = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)


def course(name: str, **changes: object) -> Course:
    base = Course(
        seed=7, run_word="run", scenario=SCENARIOS[name], duration_s=20.0, start=START, rate_scale=600.0, hour=9.0
    )
    return replace(base, **changes)


def said(planned: Planned) -> tuple[object, ...]:
    return planned.device.id, planned.id, planned.type, planned.made_s, planned.send_s, planned.copy_s, planned.payload


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_the_same_seed_gives_the_same_events_to_the_byte(name: str) -> None:
    devices = list(fleet(7, 12, 9, wrong_clock_share=0.3))
    first, second = ([said(each) for each in plan(devices, course(name))] for _ in range(2))
    assert first == second
    assert first


def test_another_seed_gives_other_devices_and_other_events() -> None:
    ours, theirs = list(fleet(7, 5, 3)), list(fleet(8, 5, 3))
    assert not {device.id for device in ours} & {device.id for device in theirs}
    assert [device.home.lat for device in ours] != [device.home.lat for device in theirs]


def test_a_home_is_the_same_in_a_small_and_in_a_large_fleet() -> None:
    assert list(fleet(7, 3, 9)) == list(itertools.islice(fleet(7, 300, 9), 27))


def test_a_later_start_shifts_the_times_and_changes_nothing_else() -> None:
    devices = list(fleet(7, 6, 9))
    later = course("town", start=START + timedelta(days=1))
    for now, then in zip(plan(devices, course("town")), plan(devices, later), strict=True):
        assert (now.id, now.type, now.made_s, now.send_s) == (then.id, then.type, then.made_s, then.send_s)
        today, tomorrow = msgspec.json.decode(now.payload), msgspec.json.decode(then.payload)
        today.pop("at"), tomorrow.pop("at")
        assert today == tomorrow


def test_ids_are_unique_for_a_device_and_differ_between_runs() -> None:
    devices = list(fleet(7, 6, 9))
    events = list(plan(devices, course("mixed")))
    keys = {(each.device.id, each.id) for each in events}
    assert len(keys) == len(events)
    others = {(each.device.id, each.id) for each in plan(devices, course("mixed", run_word="other"))}
    assert not keys & others


@pytest.mark.parametrize("share", [0.0, 0.02, 0.05, 1.0])
def test_a_paced_plan_has_exactly_its_rate_and_its_share_of_alarms(share: float) -> None:
    scenario = msgspec.structs.replace(SCENARIOS["mixed"], alarm_share=share, events_per_second=100.0)
    events = list(plan(list(fleet(7, 10, 3)), course("mixed", scenario=scenario, duration_s=10.0)))
    assert len(events) == 1000
    assert sum(each.type in RESENT for each in events) == round(1000 * share)
    assert [each.made_s for each in events] == [number / 100 for number in range(1000)]


def test_every_event_is_canonical_json_that_the_decoder_accepts() -> None:
    devices = [device for device in fleet(7, 20, 9) if device.clock_fault is ClockFault.NONE]
    for planned in plan(devices, course("town")):
        decoded = decode(f"sw/v1/{planned.device.id}/telemetry", planned.payload)
        assert [(event.id, event.type, event.damage) for event in decoded.events] == [(planned.id, planned.type, None)]
        assert not decoded.rejected


def test_a_wrong_clock_lies_about_the_time_and_only_about_that() -> None:
    device = next(
        device for device in fleet(7, 50, 3, wrong_clock_share=1.0) if device.clock_fault is ClockFault.FUTURE
    )
    events = list(plan([device], course("load", duration_s=1.0)))
    ahead = [msgspec.json.decode(each.payload)["at"] for each in events]
    for at in ahead:
        told = datetime.fromtimestamp(at / 1000, UTC) if isinstance(at, int) else datetime.fromisoformat(at)
        assert timedelta(days=364) < told - START < timedelta(days=366)


def test_a_press_comes_about_once_a_household_and_week() -> None:
    devices = [device for device in fleet(7, 400, 1) if device.kind is Kind.CALL_BUTTON]
    week = course("town", rate_scale=1.0, duration_s=7 * 86_400.0)
    pressed = sum(each.type == "sos" for each in plan(devices, week))
    # 400 households, and one press in ten is followed by another.
    assert 360 < pressed < 520


def test_a_battery_runs_down_until_it_says_so() -> None:
    bands = [device for device in fleet(7, 30, 3) if device.kind is Kind.LOCATION_BAND]
    days = course("town", rate_scale=1.0, duration_s=4 * 86_400.0)
    low = {each.device.id for each in plan(bands, days) if each.type == "battery_low"}
    assert MODELS[Kind.LOCATION_BAND].battery_days < 4
    assert low == {band.id for band in bands}


def test_people_are_at_home_at_night_and_out_in_the_morning() -> None:
    bands = [device for device in fleet(7, 40, 3) if device.kind is Kind.LOCATION_BAND]

    def farthest_deg(hour: float) -> float:
        hours = course("town", rate_scale=1.0, duration_s=3600.0, hour=hour)
        fixes = [(each.device.home, msgspec.json.decode(each.payload)) for each in plan(bands, hours)]
        return max(abs(fix["location"]["lat"] - home.lat) for home, fix in fixes if fix["type"] == "location")

    assert farthest_deg(2.0) < 0.001 < farthest_deg(8.2)


def test_a_stuck_device_sends_an_alarm_with_everything_it_says() -> None:
    scenario = msgspec.structs.replace(SCENARIOS["town"], stuck_share=1.0)
    events = list(plan(list(fleet(7, 5, 3)), course("town", scenario=scenario)))
    alarms = [each for each in events if each.type in RESENT]
    assert len(alarms) >= len(events) / 2
    assert len({(each.device.id, each.id) for each in events}) == len(events)
