"""What holds an alarm, in which order, and what a silence may be about."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from devices.event import EventType
from rules.domain import suppression
from rules.domain.policy import Context, assess, assess_class
from rules.domain.policy_value import BUILTIN
from rules.domain.suppression import Hold, Reason, Standing
from rules.domain.vocabulary import Class, DeviceKind

NOW = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)
EVERYTHING = Standing(
    silence_id=1, storm_id=2, outage_incident=3, absence_id=4, runaway_incident=5, flapping_incident=6
)


@pytest.mark.parametrize(
    ("standing", "reason"),
    [
        (EVERYTHING, Reason.SILENCED),
        (Standing(flapping_incident=6, storm_id=2), Reason.FLAPPING),
        (Standing(runaway_incident=5, storm_id=2), Reason.RUNAWAY_DEVICE),
        (Standing(storm_id=2, outage_incident=3), Reason.IN_STORM),
        (Standing(outage_incident=3), Reason.BEHIND_OUTAGE),
        (Standing(absence_id=4), Reason.NOTHING_HOLDS),
    ],
)
def test_what_a_person_asked_for_comes_before_what_the_machine_folds(standing: Standing, reason: Reason) -> None:
    known = Context(kind=DeviceKind.OTHER)
    assert suppression.decide(assess(EventType.FAULT, known, now=NOW), known, standing).reason is reason


def test_a_storm_and_an_outage_never_hold_whoever_needs_the_power() -> None:
    known = Context(tags=frozenset({"ventilator"}))
    found = assess(EventType.BATTERY_LOW, known, now=NOW)
    both = Standing(storm_id=2, outage_incident=3)
    assert suppression.decide(found, known, both).reason is Reason.EQUIPMENT_AT_HOME


@pytest.mark.parametrize(
    "class_", [Class.NOBODY_ON_DUTY, Class.CHANNEL_FAILED, Class.LANE_UNHELD, Class.AREA_OUTAGE, Class.CANARY]
)
def test_what_the_centre_finds_of_itself_is_never_held(class_: Class) -> None:
    assert not isinstance(suppression.decide(assess_class(class_, now=NOW), Context(), EVERYTHING), Hold)


def test_an_absence_holds_inactivity_and_nothing_else() -> None:
    away = Context(absent=True)
    standing = Standing(absence_id=4)
    held = suppression.decide(assess(EventType.INACTIVITY, away, now=NOW), away, standing)
    assert held == Hold(reason=Reason.RESIDENT_ABSENT, holder=suppression.Holder.ABSENCE, ref=4)
    for type_ in (EventType.SOS, EventType.SMOKE, EventType.WATER_LEAK, EventType.INTRUSION, EventType.FAULT):
        assert not isinstance(suppression.decide(assess(type_, away, now=NOW), away, standing), Hold)


@pytest.mark.parametrize(
    ("classes", "types", "is_good"),
    [
        ({"fault", "battery_low"}, set(), True),
        (set(), {"power_lost"}, True),
        (set(), set(), False),
        ({"fault", "sos"}, set(), False),
        ({"water_leak"}, set(), False),
        (set(), {"smoke"}, False),
        ({"nobody_on_duty"}, set(), False),
        ({"no_such_class"}, set(), False),
        (set(), {"removed"}, False),  # of somebody with dementia it is about a person
    ],
)
def test_a_silence_names_technical_classes_or_types_and_nothing_else(
    classes: set[str], types: set[str], is_good: bool
) -> None:
    assert bool(suppression.problems_of_matcher(frozenset(classes), frozenset(types), BUILTIN)) is not is_good
