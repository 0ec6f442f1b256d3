"""Who is there first, and what decides between two who are there at the same time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from rules.domain.place import Point
from rules.domain.policy_table import Sent
from rules.domain.ranking import SET_OUT_S, Scene, rank
from rules.domain.responders import Kind, Means, Responder, WhyNot
from rules.domain.vocabulary import Class

NOW = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)
HOME = Point(lat=31.9, lon=121.2)
SOS = Scene(class_=Class.SOS, sent=Sent.STAFF, point=HOME, languages=frozenset({"岛话"}))


def _at(number: int, metres: float, **more: Any) -> Responder:
    base = Point(lat=HOME.lat + metres / 111_195, lon=HOME.lon)
    return Responder(**{"id": number, "kind": Kind.COMMUNITY_WORKER, "base": base} | more)


def _order(*people: Responder, scene: Scene = SOS, now: datetime = NOW) -> list[int]:
    return [candidate.responder_id for candidate in rank(people, scene, now=now)]


def test_expected_arrival_is_the_road_by_their_means_and_the_time_to_set_out() -> None:
    (walker,) = rank([_at(1, 1300, means=Means.FOOT)], SOS, now=NOW)
    assert walker.eta_s is not None
    assert abs(walker.eta_s - (SET_OUT_S + 1300 * 1.4 / 1.3)) <= 1
    assert (walker.distance_m, walker.in_circle, walker.position_age_s) == (1300, False, None)


def test_a_car_from_farther_is_there_before_who_walks() -> None:
    assert _order(_at(1, 900, means=Means.FOOT), _at(2, 3000, means=Means.CAR)) == [2, 1]


def test_the_circle_is_wider_in_the_country() -> None:
    far = _at(1, 5000, means=Means.E_BIKE)
    assert [rank([far], SOS, now=NOW)[0].in_circle] == [False]
    country = Scene(class_=Class.SOS, sent=Sent.STAFF, point=HOME, is_country=True)
    assert rank([far], country, now=NOW)[0].in_circle


def test_between_arrivals_of_one_minute_skill_decides_then_language_then_load() -> None:
    plain, skilled = _at(1, 500), _at(2, 510, skills=frozenset({"first_aid"}))
    speaks, laden = _at(3, 510, languages=frozenset({"岛话"})), _at(4, 490, load=2)
    assert _order(plain, skilled, speaks, laden) == [2, 3, 1, 4]


def test_a_position_is_used_while_it_is_fresh_and_the_base_after_that() -> None:
    here = Point(lat=HOME.lat + 100 / 111_195, lon=HOME.lon)
    fresh, stale = (rank([_at(1, 5000, position=here, position_age_s=age)], SOS, now=NOW)[0] for age in (60.0, 1801.0))
    assert (fresh.distance_m, fresh.position_age_s) == (100, 60)
    assert (stale.distance_m, stale.position_age_s) == (5000, None)


def test_whoever_is_nobody_knows_where_stands_behind_whoever_is_known() -> None:
    assert _order(_at(1, 0, base=None), _at(2, 9000)) == [2, 1]
    lost = Scene(class_=Class.SOS, sent=Sent.STAFF, point=None)
    assert [one.eta_s for one in rank([_at(1, 10)], lost, now=NOW)] == [None]


def test_for_carbon_monoxide_breathing_gear_goes_first_and_others_stay_outside() -> None:
    scene = Scene(class_=Class.CARBON_MONOXIDE, sent=Sent.TRAINED, point=HOME)
    near = _at(1, 100, kind=Kind.RESCUE_TEAM)
    geared = _at(2, 4000, kind=Kind.MINI_FIRE_STATION, skills=frozenset({"breathing_gear"}))
    first, second = rank([near, geared], scene, now=NOW)
    assert [(one.responder_id, one.outside_only) for one in (first, second)] == [(2, False), (1, True)]


def test_who_said_no_in_an_earlier_round_is_asked_last() -> None:
    assert _order(_at(1, 100, declined_before=True), _at(2, 9000)) == [2, 1]


def test_excluded_ones_are_shown_behind_with_their_reason() -> None:
    ranked = rank([_at(1, 10, absent=True), _at(2, 900)], SOS, now=NOW)
    assert [(one.responder_id, one.why_not) for one in ranked] == [(2, None), (1, WhyNot.ABSENT)]
