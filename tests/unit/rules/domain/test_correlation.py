from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from devices.event import EventType
from rules.domain.correlation import (
    Count,
    Join,
    LogOnly,
    NoteOnly,
    OpenIncident,
    OpenNew,
    Reason,
    ResolvedIncident,
    Restore,
    folds_unregistered,
    relate,
    still_reported,
    subject_of,
)
from rules.domain.policy import Assessment, Context, assess, assess_class
from rules.domain.vocabulary import Class, DeviceKind, Family, Mark, Priority, State, Wearer

NOW = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)
P1, P2, P3, P4, P5 = Priority
OPEN = OpenIncident(
    id=7, state=State.OPEN, class_=Class.SOS, priority=P1, attended=False, opened_at=NOW - timedelta(minutes=5)
)
RESOLVED = ResolvedIncident(id=6, class_=Class.SOS, resolved_at=NOW - timedelta(minutes=4), last_owner_id=101)


def said(event_type: EventType | None, **known: Any) -> Assessment:
    return assess(event_type, replace(Context(kind=DeviceKind.SMOKE_ALARM), **known), now=NOW)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def key(assessed: Assessment, **known: Any) -> str:
    return subject_of(assessed, **known).key


def test_a_worn_device_is_about_its_person_and_a_shared_one_about_the_home() -> None:
    sos = said(EventType.SOS)
    everything = {"resident_id": 1, "premises_id": 2, "device_id": 3}
    assert key(sos, wearer=Wearer.PERSONAL, **everything) == "r1"
    assert key(sos, wearer=Wearer.SHARED, **everything) == "p2"


def test_what_is_not_known_falls_back_and_never_fails_while_a_device_is_known() -> None:
    sos = said(EventType.SOS)
    assert key(sos, wearer=Wearer.SHARED, resident_id=1, device_id=3) == "r1"
    assert key(sos, wearer=Wearer.PERSONAL, premises_id=2, device_id=3) == "p2"
    assert key(sos, device_id="stranger-7") == "dstranger-7"
    with pytest.raises(ValueError, match="about a person"):
        subject_of(sos)


def test_a_technical_one_is_about_a_device_and_a_cause_whatever_its_class() -> None:
    plain, dependent = said(EventType.FAULT, kind=DeviceKind.OTHER), said(EventType.FAULT, tags=frozenset({"oxygen"}))
    assert plain.class_ is not dependent.class_
    assert key(plain, device_id=3, resident_id=1) == key(dependent, device_id=3, resident_id=1) == "d3:fault"
    assert key(said(EventType.FAULT_CLEAR, kind=DeviceKind.OTHER), device_id=3, resident_id=1) == "d3:fault"


def test_an_unknown_call_is_about_the_device_the_topic_named() -> None:
    assert key(said(None), device_id=3, resident_id=1, premises_id=2) == "d3"


def test_a_part_of_the_system_has_a_name() -> None:
    assert key(assess_class(Class.LANE_UNHELD, now=NOW), system="lane alarms") == "s:lane alarms"


def test_families_never_share_an_incident() -> None:
    fire, sos = said(EventType.SMOKE), said(EventType.SOS)
    assert subject_of(fire, premises_id=2).family is Family.FIRE_AND_GAS
    assert subject_of(sos, premises_id=2).family is Family.PERSON


def test_the_first_alarm_opens() -> None:
    assert relate(said(EventType.SOS), None, None, now=NOW) == OpenNew(reason=Reason.NOTHING_OPEN)


def test_a_press_after_resolved_opens_a_new_one_that_follows_and_is_offered_to_the_last_owner() -> None:
    assert relate(said(EventType.SOS), None, RESOLVED, now=NOW) == OpenNew(
        reason=Reason.AFTER_RESOLVED, follows=6, offered_first_to=101
    )


def test_a_press_the_day_after_follows_nothing() -> None:
    old = replace(RESOLVED, resolved_at=ago(86_401))
    assert relate(said(EventType.SOS), None, old, now=NOW) == OpenNew(reason=Reason.NOTHING_OPEN)


def test_a_second_press_joins_and_sounds_again_with_a_clock_of_its_own() -> None:
    decided = relate(said(EventType.SOS), OPEN, None, now=NOW, standing_at=ago(1))
    assert isinstance(decided, Join)
    assert (decided.raise_to, decided.new_answer_clock, decided.confirm_within_s) == (None, True, None)


def test_a_second_press_on_a_case_with_an_owner_asks_for_a_word_within_a_minute() -> None:
    decided = relate(said(EventType.SOS), replace(OPEN, attended=True, state=State.CLAIMED), None, now=NOW)
    assert isinstance(decided, Join)
    assert decided.confirm_within_s == 60


def test_a_faster_class_asks_for_a_faster_word() -> None:
    fire = replace(OPEN, class_=Class.SMOKE, attended=True)
    decided = relate(said(EventType.SMOKE, other_fire_sign=True), fire, None, now=NOW)
    assert isinstance(decided, Join)
    assert (decided.confirm_within_s, decided.class_in_front) == (30, Class.FIRE)


def test_a_worse_alarm_raises_and_puts_its_plan_in_front() -> None:
    decided = relate(said(EventType.SOS), replace(OPEN, class_=Class.INACTIVITY, priority=P2), None, now=NOW)
    assert isinstance(decided, Join)
    assert (decided.raise_to, decided.class_in_front) == (P1, Class.SOS)


def test_a_lesser_alarm_never_lowers() -> None:
    decided = relate(said(EventType.INACTIVITY), OPEN, None, now=NOW)
    assert isinstance(decided, Join)
    assert decided.raise_to is None


def test_a_second_press_in_test_mode_is_real_at_once() -> None:
    decided = relate(said(EventType.SOS, test_mode=True), replace(OPEN, marks=frozenset({Mark.TEST})), None, now=NOW)
    assert isinstance(decided, Join)
    assert decided.real_at_once


def test_late_alarms_of_one_person_are_one_incident() -> None:
    late = said(EventType.FALL, late=True, late_s=7200.0)
    assert isinstance(relate(late, OPEN, None, now=NOW), Join)


def test_a_state_that_never_cleared_is_counted_and_opens_nothing() -> None:
    smoke = replace(OPEN, class_=Class.SMOKE)
    decided = relate(said(EventType.SMOKE), smoke, None, now=NOW, standing_at=ago(30))
    assert decided == Count(incident_id=7, reason=Reason.SAME_EPISODE)


def test_a_state_reported_again_after_a_long_silence_sounds_again() -> None:
    smoke = replace(OPEN, class_=Class.SMOKE)
    assert isinstance(relate(said(EventType.SMOKE), smoke, None, now=NOW, standing_at=ago(601)), Join)


def test_smoke_that_cleared_and_came_back_is_a_new_alarm() -> None:
    smoke = replace(OPEN, class_=Class.SMOKE)
    assert isinstance(relate(said(EventType.SMOKE), smoke, None, now=NOW, standing_at=None), Join)
    after = relate(said(EventType.SMOKE), None, replace(RESOLVED, class_=Class.SMOKE), now=NOW)
    assert after == OpenNew(reason=Reason.AFTER_RESOLVED, follows=6, offered_first_to=101)


def test_a_state_that_goes_on_after_resolved_is_left_to_the_recheck_and_then_raised_again() -> None:
    soon = replace(RESOLVED, resolved_at=ago(599))
    later = replace(RESOLVED, resolved_at=ago(600))
    assert relate(said(EventType.SMOKE), None, soon, now=NOW, standing_at=ago(60)) == Count(
        incident_id=6, reason=Reason.SAME_EPISODE
    )
    assert relate(said(EventType.SMOKE), None, later, now=NOW, standing_at=ago(60)) == OpenNew(
        reason=Reason.STILL_REPORTED, follows=6, offered_first_to=101
    )


def test_a_state_that_goes_on_after_its_incident_was_closed_or_merged_opens_a_new_one() -> None:
    merged = replace(RESOLVED, resolved_at=ago(30), closed=True)
    decided = relate(said(EventType.SMOKE), None, merged, now=NOW, standing_at=ago(60))
    assert decided == OpenNew(reason=Reason.STILL_REPORTED, follows=6, offered_first_to=101)


@pytest.mark.parametrize(
    ("event_type", "reported_s", "ended_s", "sends_ends", "resolved_again", "expected"),
    [
        (EventType.SMOKE, 60, None, False, False, True),
        (EventType.SMOKE, 60, None, False, True, True),
        (EventType.SMOKE, 60, 30, True, False, False),
        (EventType.SMOKE, 60, 90, False, False, True),
        (EventType.SMOKE, 700, None, True, False, True),
        (EventType.SMOKE, 700, None, True, True, False),
        (EventType.SMOKE, 700, None, False, False, False),
        (EventType.SOS, 60, None, True, False, False),
    ],
)
def test_what_goes_on_after_resolved_is_a_state_heard_since_or_once_one_whose_end_is_awaited(
    event_type: EventType, reported_s: int, ended_s: int | None, sends_ends: bool, resolved_again: bool, expected: bool
) -> None:
    found = still_reported(
        event_type, last_report_at=ago(reported_s), ended_at=None if ended_s is None else ago(ended_s),
        resolved_at=ago(600), sends_ends=sends_ends, resolved_again=resolved_again,
    )  # fmt: skip
    assert found is expected


def test_a_state_never_vanishes_when_nothing_is_open() -> None:
    assert isinstance(relate(said(EventType.SMOKE), None, None, now=NOW, standing_at=ago(60)), OpenNew)


def test_a_press_is_never_counted_as_a_state() -> None:
    for event_type in (EventType.SOS, EventType.FALL, EventType.MEDICAL, EventType.INTRUSION):
        assert isinstance(relate(said(event_type), OPEN, None, now=NOW, standing_at=ago(1)), Join), event_type


@pytest.mark.parametrize("attended", [True, False])
@pytest.mark.parametrize("event_type", [EventType.SMOKE_CLEAR, EventType.SOS_CLEAR, EventType.WATER_LEAK_CLEAR])
def test_an_end_is_a_note_on_a_case_about_people(event_type: EventType, attended: bool) -> None:
    decided = relate(said(event_type), replace(OPEN, attended=attended), None, now=NOW)
    assert decided == NoteOnly(incident_id=7, reason=Reason.END_OF_LIFE_SAFETY_CONDITION)


@pytest.mark.parametrize("event_type", [EventType.CANCEL, EventType.MUTED, EventType.ANSWERED])
def test_a_word_of_the_wearer_is_a_note(event_type: EventType) -> None:
    assert relate(said(event_type), OPEN, None, now=NOW) == NoteOnly(incident_id=7, reason=Reason.WORD_OF_WEARER)


def test_a_word_before_its_alarm_is_kept_and_the_alarm_still_opens() -> None:
    assert relate(said(EventType.CANCEL), None, None, now=NOW) == LogOnly(reason=Reason.NOTHING_TO_NOTE_ON)
    assert isinstance(relate(said(EventType.SOS), None, None, now=NOW), OpenNew)


@pytest.mark.parametrize("ends", [EventType.POWER_RESTORED, EventType.FAULT_CLEAR, EventType.REMOVED_CLEAR])
def test_a_technical_cause_that_ends_resolves_a_case_nobody_works_on(ends: EventType) -> None:
    technical = replace(OPEN, class_=Class.POWER_LOST, priority=P4)
    assert isinstance(relate(said(ends), technical, None, now=NOW), Restore)
    worked_on = replace(technical, attended=True, state=State.CLAIMED)
    assert relate(said(ends), worked_on, None, now=NOW) == NoteOnly(incident_id=7, reason=Reason.END_WHILE_OWNED)
    dispatched = replace(technical, state=State.DISPATCHED)
    assert isinstance(relate(said(ends), dispatched, None, now=NOW), NoteOnly)


def test_power_that_returns_to_one_on_oxygen_is_only_a_note() -> None:
    dependent = replace(OPEN, class_=Class.POWER_LOST_DEPENDENT, priority=P2)
    decided = relate(said(EventType.POWER_RESTORED, tags=frozenset({"oxygen"})), dependent, None, now=NOW)
    assert isinstance(decided, NoteOnly)


def test_a_technical_repeat_is_counted() -> None:
    technical = replace(OPEN, class_=Class.BATTERY_LOW, priority=P4)
    assert isinstance(relate(said(EventType.BATTERY_LOW), technical, None, now=NOW), Count)


def test_a_technical_repeat_that_became_worse_raises() -> None:
    technical = replace(OPEN, class_=Class.TAMPER_OTHER, priority=P4)
    decided = relate(said(EventType.TAMPER), technical, None, now=NOW, standing_at=ago(5))
    assert isinstance(decided, Join)
    assert decided.raise_to is P3


def test_routine_is_kept() -> None:
    assert relate(said(EventType.HEARTBEAT), OPEN, None, now=NOW) == LogOnly(reason=Reason.ROUTINE)


def test_more_than_ten_unregistered_devices_of_a_source_are_one_incident() -> None:
    assert not folds_unregistered(10)
    assert folds_unregistered(11)
