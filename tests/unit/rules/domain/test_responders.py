"""Whom the machine may send, told case by case."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from rules.domain.policy_table import ROWS, Sent
from rules.domain.responders import (
    DANGEROUS,
    Kind,
    Responder,
    WhyNot,
    is_night,
    may_be_informed,
    may_be_sent,
    why_not,
)
from rules.domain.vocabulary import Class

DAY = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)  # 14:30 in Shanghai
NIGHT = datetime(2026, 11, 19, 18, 30, tzinfo=UTC)


def _one(kind: Kind = Kind.COMMUNITY_WORKER, **more: Any) -> Responder:
    return Responder(id=1, kind=kind, **more)


@pytest.mark.parametrize("class_", sorted(DANGEROUS))
@pytest.mark.parametrize("kind", Kind)
def test_into_a_danger_only_trained_kinds_are_sent_and_into_an_intrusion_nobody(class_: Class, kind: Kind) -> None:
    for trained in (False, True):
        sent = may_be_sent(_one(kind, trained=trained), class_, ROWS[class_].dispatch) is None
        by_kind = kind in (Kind.RESCUE_TEAM, Kind.MINI_FIRE_STATION)
        by_training = trained and kind in (Kind.GRID_WORKER, Kind.PROPERTY_GUARD)
        assert sent is (class_ is not Class.INTRUSION and (by_kind or by_training))


@pytest.mark.parametrize("sent", Sent)
def test_no_policy_sends_a_volunteer_into_smoke_or_anybody_into_an_intrusion(sent: Sent) -> None:
    assert may_be_sent(_one(Kind.VOLUNTEER, trained=True), Class.SMOKE, sent) is not None
    assert may_be_sent(_one(Kind.RESCUE_TEAM), Class.INTRUSION, sent) is WhyNot.NOBODY_IS_SENT


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        (Kind.COMMUNITY_WORKER, True),
        (Kind.GRID_WORKER, True),
        (Kind.RESCUE_TEAM, True),
        (Kind.PROPERTY_GUARD, True),
        (Kind.CARE_WORKER, True),
        (Kind.VOLUNTEER, False),
        (Kind.NEIGHBOUR, False),
        (Kind.FAMILY, False),
        (Kind.FAMILY_DOCTOR, False),
    ],
)
def test_to_a_press_the_machine_sends_staff(kind: Kind, sent: bool) -> None:
    assert (may_be_sent(_one(kind), Class.SOS, Sent.STAFF) is None) is sent


def test_volunteers_who_agreed_help_to_search() -> None:
    agreed = _one(Kind.VOLUNTEER, agreed_to_searches=True)
    assert may_be_sent(agreed, Class.WANDERING_AT_RISK, Sent.STAFF) is None
    assert may_be_sent(agreed, Class.SOS, Sent.STAFF) is WhyNot.KIND_NOT_SENT
    assert may_be_sent(_one(Kind.VOLUNTEER), Class.WANDERING_AT_RISK, Sent.STAFF) is WhyNot.KIND_NOT_SENT


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"barred": True, "absent": True}, WhyNot.BARRED),
        ({"suspended": True}, WhyNot.SUSPENDED),
        ({"reachable": False}, WhyNot.NO_CHANNEL),
        ({"elsewhere": True}, WhyNot.ELSEWHERE),
        ({"absent": True}, WhyNot.ABSENT),
        ({"on_shift": False}, WhyNot.OFF_SHIFT),
        ({"busy": True}, WhyNot.BUSY),
        ({"declined": True}, WhyNot.DECLINED_THIS_CASE),
        ({"asked": True}, WhyNot.ASKED_ALREADY),
        ({}, None),
    ],
)
def test_everybody_who_is_left_alone_is_left_alone_for_a_reason(more: dict[str, bool], reason: WhyNot | None) -> None:
    assert why_not(_one(**more), Class.SOS, Sent.STAFF, now=DAY) is reason


def test_at_night_only_those_are_asked_who_agreed_and_it_is_their_own_night() -> None:
    assert why_not(_one(), Class.SOS, Sent.STAFF, now=NIGHT) is WhyNot.NIGHT_NOT_AGREED
    assert why_not(_one(agreed_to_nights=True), Class.SOS, Sent.STAFF, now=NIGHT) is None
    assert not is_night(NIGHT, "Europe/Berlin")


def test_the_untrained_are_informed_of_a_danger_and_of_nothing_else() -> None:
    neighbour = _one(Kind.NEIGHBOUR)
    assert may_be_informed(neighbour, Class.GAS, Sent.TRAINED, now=DAY)
    assert not may_be_informed(neighbour, Class.SOS, Sent.STAFF, now=DAY)
    assert not may_be_informed(neighbour, Class.INTRUSION, Sent.NOBODY, now=DAY)
    assert not may_be_informed(_one(Kind.NEIGHBOUR, barred=True), Class.GAS, Sent.TRAINED, now=DAY)
