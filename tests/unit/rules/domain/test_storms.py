"""When storm mode is suggested, which homes without power are one outage, and when a device flaps or says too much."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rules.domain import combinations, damping, storms
from rules.domain.combinations import Burning
from rules.domain.place import Point
from rules.domain.storms import Loss, Rate
from rules.domain.vocabulary import Family

NOW = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        ({"c.t.a": Rate(alarms=51, normal=100.0)}, ["c.t.a"]),
        ({"c.t.a": Rate(alarms=12, normal=3.0)}, ["c.t.a"]),
        ({"c.t.a": Rate(alarms=11, normal=0.0)}, []),
        ({"c.t.a": Rate(alarms=12, normal=4.0)}, []),
        ({"c.t.a": Rate(alarms=30, normal=0.0), "c.t.b": Rate(alarms=30, normal=0.0)}, ["c.t"]),
        ({"c.t.a": Rate(alarms=30, normal=0.0), "c.t.b": Rate(alarms=1, normal=1.0)}, ["c.t.a"]),
    ],
)
def test_a_storm_is_suggested_for_the_widest_area_that_no_single_one_below_explains(
    rates: dict[str, Rate], expected: list[str]
) -> None:
    assert storms.suggested(rates) == expected


def _losses(number: int, area: str | None, hub: int | None = None, start: int = 0) -> list[Loss]:
    return [Loss(home=f"{area}-{n}", area=area, hub_id=hub) for n in range(start, start + number)]


@pytest.mark.parametrize(
    ("recent", "loss", "part"),
    [
        ([], Loss(home="x", area="c.t.a"), None),
        (_losses(4, "c.t.a"), Loss(home="x", area="c.t.a"), None),
        (_losses(5, "c.t.a"), Loss(home="x", area="c.t.a"), "area:c.t.a"),
        (_losses(3, None, hub=7), Loss(home="x", hub_id=7), "hub:7"),
        (_losses(5, "c.t.a") + _losses(5, "c.t.b"), Loss(home="x", area="c.t.d"), "area:c.t"),
        (_losses(10, None), Loss(home="x"), "centre"),
        (_losses(10, "d.t.a"), Loss(home="x", area="c.t.a"), "area:c"),
    ],
)
def test_power_lost_in_many_homes_together_is_one_outage(recent: list[Loss], loss: Loss, part: str | None) -> None:
    assert storms.part_of(loss, recent) == part


def test_a_cause_that_comes_and_goes_flaps_until_it_is_calm() -> None:
    trace, now = None, NOW
    for turn in range(6):
        now = NOW + timedelta(seconds=60 * turn)
        trace = damping.heard(trace, bad=turn % 2 == 0, now=now)
    assert trace is not None
    assert (trace.flapping_since, trace.flaps) == (now, 6)
    assert not damping.is_calm(trace, now + timedelta(seconds=1799))
    assert damping.is_calm(trace, now + timedelta(seconds=1800))


def test_a_cause_that_comes_back_once_an_hour_does_not_flap() -> None:
    trace = None
    for turn in range(40):
        trace = damping.heard(trace, bad=turn % 2 == 0, now=NOW + timedelta(minutes=30 * turn))
    assert trace is not None and trace.flapping_since is None and trace.runaway_since is None


def test_a_device_over_its_line_runs_away_and_is_counted() -> None:
    trace = None
    for turn in range(30):
        trace = damping.heard(trace, bad=True, now=NOW + timedelta(seconds=turn))
    assert trace is not None
    assert (trace.runaway_since, trace.held) == (NOW + timedelta(seconds=20), 10)


def _burning(
    premises_id: int, address: str, *, lat: float = 31.9, at_s: int = 0, building: str | None = None
) -> Burning:
    return Burning(
        premises_id=premises_id, family=Family.FIRE_AND_GAS, alarmed_at=NOW + timedelta(seconds=at_s),
        point=Point(lat=lat, lon=121.2), building=building, address=address,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other", "linked"),
    [
        (_burning(1, "新桥村1号"), _burning(2, "新桥村2号", lat=31.9003), True),
        (_burning(1, "新桥村1号"), _burning(2, "新桥村2号", lat=31.9006), False),
        (_burning(1, "幸福小区3栋502"), _burning(2, "幸福小区 3栋602", lat=32.5), True),
        (_burning(1, "幸福小区3栋502"), _burning(2, "幸福小区4栋502", lat=32.5), False),
        (_burning(1, "a", building="c/t/x/3"), _burning(2, "b", lat=32.5, building="c/t/x/3"), True),
        (_burning(1, "新桥村1号"), _burning(2, "新桥村2号", at_s=121), False),
        (_burning(1, "新桥村1号"), _burning(1, "新桥村1号"), False),
    ],
)
def test_fires_under_one_roof_or_a_few_steps_apart_within_two_minutes_belong_together(
    one: Burning, other: Burning, linked: bool
) -> None:
    assert (combinations.of_neighbours(one, other) is not None) is linked
    assert (combinations.of_neighbours(other, one) is not None) is linked
