from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from devices.event import ALARMS, CLEARS, LIFE_SAFETY, EventType
from rules.domain.policy import Assessment, Context, Effect, Reason, assess, assess_class, explain, unknown_call
from rules.domain.policy_print import to_markdown
from rules.domain.policy_routes import ROUTES
from rules.domain.policy_table import FIRST_STAGE_LIMIT_S, FLOORS, ROWS, Sent, problems_of
from rules.domain.policy_value import BUILTIN
from rules.domain.vocabulary import (
    LIFE_SAFETY as LIFE_SAFETY_CLASSES,
)
from rules.domain.vocabulary import (
    Channel,
    Class,
    DeviceKind,
    DeviceLife,
    Family,
    Hearing,
    Mark,
    Priority,
    ResidentStatus,
    Speech,
    Wearer,
)

NOW = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)
PLAIN = Context()
P1, P2, P3, P4, P5 = Priority


def judge(event_type: EventType | None, **known: object) -> Assessment:
    return assess(event_type, replace(PLAIN, **known), now=NOW)  # type: ignore[arg-type]  # a test's short hand


@pytest.mark.parametrize(
    ("event_type", "known", "class_", "priority", "first_escalation_s"),
    [
        (EventType.SOS, {}, Class.SOS, P1, 60),
        (EventType.SOS, {"speech": Speech.NONE}, Class.SOS_NO_VOICE, P1, 45),
        (EventType.SOS, {"hearing": Hearing.DEAF}, Class.SOS_NO_VOICE, P1, 45),
        (EventType.SOS, {"tags": frozenset({"mute"})}, Class.SOS_NO_VOICE, P1, 45),
        (EventType.FIRE, {}, Class.FIRE, P1, 30),
        (EventType.SMOKE, {}, Class.SMOKE, P1, 45),
        (EventType.SMOKE, {"other_fire_sign": True}, Class.FIRE, P1, 30),
        (EventType.HEAT, {"other_fire_sign": True}, Class.FIRE, P1, 30),
        (EventType.GAS, {}, Class.GAS, P1, 45),
        (EventType.CARBON_MONOXIDE, {}, Class.CARBON_MONOXIDE, P1, 30),
        (EventType.FALL, {}, Class.FALL, P1, 60),
        (EventType.MEDICAL, {"vitals_in_danger": True}, Class.MEDICAL_CRITICAL, P1, 60),
        (EventType.MEDICAL, {"vitals_in_danger": False}, Class.MEDICAL_ATTENTION, P3, 1800),
        (EventType.MEDICAL, {}, Class.MEDICAL, P2, 180),
        (EventType.WANDERING, {}, Class.WANDERING, P2, 180),
        (
            EventType.WANDERING,
            {"tags": frozenset({"dementia"}), "outdoors_at_risk": True},
            Class.WANDERING_AT_RISK,
            P1,
            60,
        ),
        (EventType.FENCE_EXIT, {"tags": frozenset({"dementia"})}, Class.WANDERING, P2, 180),
        (EventType.INACTIVITY, {}, Class.INACTIVITY, P2, 300),
        (EventType.WATER_LEAK, {}, Class.WATER_LEAK, P3, 900),
        (EventType.WATER_LEAK, {"ability": 3}, Class.WATER_LEAK, P3, 900),
        (
            EventType.WATER_LEAK,
            {"ability": 3, "tags": frozenset({"living_alone"})},
            Class.WATER_LEAK_DEPENDENT,
            P2,
            180,
        ),
        (EventType.INTRUSION, {}, Class.INTRUSION, P2, 120),
        (EventType.REMOVED, {}, Class.REMOVED, P4, 86_400),
        (EventType.REMOVED, {"tags": frozenset({"dementia"})}, Class.REMOVED_DEMENTIA, P2, 600),
        (EventType.TAMPER, {"kind": DeviceKind.SMOKE_ALARM}, Class.TAMPER, P3, 3600),
        (EventType.TAMPER, {"kind": DeviceKind.DOOR_SENSOR}, Class.TAMPER_OTHER, P4, 72 * 3600),
        (EventType.POWER_LOST, {}, Class.POWER_LOST, P4, 4 * 3600),
        (EventType.POWER_LOST, {"tags": frozenset({"oxygen"})}, Class.POWER_LOST_DEPENDENT, P2, 180),
        (EventType.BATTERY_LOW, {"kind": DeviceKind.CALL_BUTTON}, Class.BATTERY_LOW, P4, 48 * 3600),
        (EventType.FAULT, {"kind": DeviceKind.GAS_ALARM}, Class.FAULT_LIFE_SAFETY, P4, 24 * 3600),
        (EventType.FAULT, {"tags": frozenset({"ventilator"})}, Class.FAULT_DEPENDENT, P4, 4 * 3600),
        (EventType.FAULT, {}, Class.FAULT, P4, 72 * 3600),
        (EventType.BUTTON, {}, Class.REQUEST, P5, 900),
        (None, {}, Class.UNKNOWN, P2, 180),
    ],
)
def test_each_row_of_the_countys_table_is_reached(
    event_type: EventType | None, known: dict[str, object], class_: Class, priority: Priority, first_escalation_s: int
) -> None:
    found = judge(event_type, **known)
    assert (found.effect, found.class_, found.priority) == (Effect.RING, class_, priority)
    assert found.first_escalation_s == first_escalation_s


def test_a_fence_exit_of_one_who_may_go_is_kept_and_nothing_else() -> None:
    assert judge(EventType.FENCE_EXIT).effect is Effect.LOG


@pytest.mark.parametrize("event_type", [EventType.HEARTBEAT, EventType.TEST, EventType.OFFLINE, EventType.DOOR_OPEN])
def test_routine_is_kept_and_nothing_else(event_type: EventType) -> None:
    assert judge(event_type).effect is Effect.LOG


@pytest.mark.parametrize("event_type", sorted(CLEARS | {EventType.CANCEL, EventType.MUTED, EventType.ANSWERED}))
def test_an_end_or_a_word_is_a_note_and_never_rings(event_type: EventType) -> None:
    assert judge(event_type).effect is Effect.NOTE


@pytest.mark.parametrize("event_type", sorted(ROUTES))
def test_neither_late_nor_a_wrong_clock_changes_more_than_the_marks(event_type: EventType) -> None:
    live = judge(event_type)
    late = judge(event_type, late=True, late_s=90_000.0)
    wrong = judge(event_type, clock_wrong=True, late_s=None)
    assert replace(late, marks=frozenset()) == live
    assert replace(wrong, marks=frozenset()) == live
    assert late.marks == {Mark.LATE}
    assert wrong.marks == {Mark.CLOCK_WRONG}


@pytest.mark.parametrize("late_s", [None, 1800.0, 40_000.0])
def test_a_retained_call_never_seen_that_is_old_or_undated_is_urgent_and_says_what_was_called(
    late_s: float | None,
) -> None:
    found = judge(EventType.SMOKE, retained=True, late_s=late_s)
    assert (found.class_, found.priority, found.reason) == (
        Class.RETAINED_CALL,
        P2,
        Reason.RETAINED_OLD_OR_UNDATED,
    )
    assert (found.family, found.event_type) == (Family.FIRE_AND_GAS, EventType.SMOKE)
    assert Mark.RETAINED in found.marks
    assert found.first_escalation_s == 180


def test_a_retained_call_under_a_wrong_clock_counts_as_undated() -> None:
    assert judge(EventType.SOS, retained=True, clock_wrong=True, late_s=5.0).class_ is Class.RETAINED_CALL


def test_a_retained_call_younger_than_half_an_hour_is_its_class_marked() -> None:
    found = judge(EventType.SOS, retained=True, late_s=1799.0)
    assert (found.class_, found.priority, found.marks) == (Class.SOS, P1, frozenset({Mark.RETAINED}))


def test_a_retained_call_of_a_low_class_is_not_raised_by_being_retained() -> None:
    assert judge(EventType.MEDICAL, retained=True, late_s=None, vitals_in_danger=False).priority is P3


@pytest.mark.parametrize("event_type", sorted(ALARMS))
def test_an_alarm_of_an_unknown_device_rings_and_is_marked(event_type: EventType) -> None:
    found = judge(event_type, registered=False)
    assert found.effect is Effect.RING
    assert Mark.UNREGISTERED in found.marks


def test_a_fault_of_an_unknown_device_is_kept_and_nothing_else() -> None:
    assert judge(EventType.BATTERY_LOW, registered=False).reason is Reason.FAULT_OF_DEVICE_NOT_IN_USE


@pytest.mark.parametrize("life", [life for life in DeviceLife if life is not DeviceLife.LIVE])
def test_an_alarm_of_a_device_that_is_not_live_rings_all_the_same(life: DeviceLife) -> None:
    found = judge(EventType.SOS, life=life)
    assert (found.effect, found.priority, found.marks) == (Effect.RING, P1, frozenset({Mark.NOT_LIVE}))


@pytest.mark.parametrize("status", list(ResidentStatus))
def test_a_status_never_touches_an_alarm(status: ResidentStatus) -> None:
    found = judge(EventType.SOS, resident_status=status)
    assert (found.effect, found.priority, found.first_escalation_s) == (Effect.RING, P1, 60)
    assert (Mark.STATUS in found.marks) is (status is not ResidentStatus.ACTIVE)


def test_an_alarm_in_test_mode_sounds_softly_for_a_minute_with_its_own_priority() -> None:
    found = judge(EventType.SOS, test_mode=True)
    assert (found.priority, found.soft_s, found.marks) == (P1, 60, frozenset({Mark.TEST}))


def test_an_alarm_in_a_damaged_frame_is_its_class_marked() -> None:
    found = judge(EventType.GAS, damaged=True)
    assert (found.class_, found.priority, found.marks) == (Class.GAS, P1, frozenset({Mark.DAMAGED}))


def test_an_unknown_type_on_the_telemetry_topic_is_kept_and_on_the_alarm_topic_a_call() -> None:
    assert judge(None, channel=Channel.TELEMETRY).effect is Effect.LOG
    assert judge(None, channel=Channel.ALARM).effect is Effect.RING
    assert unknown_call(now=NOW).class_ is Class.UNKNOWN


def test_an_alarm_is_an_alarm_on_whatever_topic_it_comes() -> None:
    assert judge(EventType.SOS, channel=Channel.TELEMETRY) == judge(EventType.SOS, channel=Channel.ALARM)


def test_the_canary_is_never_a_call_for_help() -> None:
    found = judge(EventType.SOS, canary=True)
    assert (found.class_, found.sounds, found.help_call) == (Class.CANARY, False, False)
    assert found.first_escalation_s == 10


def test_a_case_by_hand_has_the_clocks_of_its_class() -> None:
    by_hand = assess_class(Class.FALL, by_hand=True, now=NOW)
    assert by_hand.first_escalation_s == judge(EventType.FALL).first_escalation_s
    assert by_hand.reason is Reason.OPENED_BY_HAND


def test_every_life_safety_type_leads_to_a_life_safety_class_of_its_floor() -> None:
    for event_type in LIFE_SAFETY:
        for route in ROUTES[event_type]:
            assert route.class_ in LIFE_SAFETY_CLASSES
            assert ROWS[route.class_].priority <= FLOORS[route.class_]


def test_no_first_stage_of_a_class_with_a_floor_comes_too_late() -> None:
    for class_ in FLOORS:
        limit_s = FIRST_STAGE_LIMIT_S.get(ROWS[class_].priority)
        assert limit_s is None or ROWS[class_].first_escalation_s <= limit_s


@pytest.mark.parametrize(
    ("class_", "change", "complaint"),
    [
        (Class.SOS, {"priority": P3}, "under the floor"),
        (Class.SOS, {"first_escalation_s": 61}, "at most 60"),
        (Class.INACTIVITY, {"first_escalation_s": 301}, "at most 300"),
        (Class.MEDICAL, {"priority": P4}, "under the floor"),
        (Class.INTRUSION, {"dispatch": Sent.STAFF}, "sends nobody"),
        (Class.SMOKE, {"dispatch": Sent.STAFF}, "trained kinds only"),
        (Class.FAULT, {"ages_to": P5}, "only raise"),
    ],
)
def test_a_table_that_no_policy_may_be_is_refused(class_: Class, change: dict[str, object], complaint: str) -> None:
    bad = {**ROWS, class_: replace(ROWS[class_], **change)}  # type: ignore[arg-type]  # a test's short hand
    assert any(complaint in problem for problem in problems_of(bad))


def test_a_table_without_a_row_for_every_class_is_refused() -> None:
    assert problems_of({class_: row for class_, row in ROWS.items() if class_ is not Class.SOS}) == ("sos: no row",)


def test_an_assessment_explains_itself_without_personal_data() -> None:
    line = explain(judge(EventType.SOS, tags=frozenset({"deaf"}), wearer=Wearer.PERSONAL))
    assert "sos_no_voice P1" in line
    assert "cannot_speak_or_hear" in line


def test_the_page_of_the_policy_is_what_the_code_does() -> None:
    page = Path(__file__).parents[4] / "docs" / "policy.md"
    assert page.read_text(encoding="utf-8") == to_markdown(), "print it anew: python -m rules.domain.policy_print"


def test_a_changed_policy_never_answers_with_what_another_has_made() -> None:
    judge(EventType.FALL)
    row = replace(ROWS[Class.FALL], first_escalation_s=30)
    other = replace(BUILTIN, rows={**ROWS, Class.FALL: row})
    found = assess(EventType.FALL, PLAIN, now=NOW, policy=other)
    assert (found.first_escalation_s, found.policy) == (30, other)
    assert judge(EventType.FALL).first_escalation_s == 60
