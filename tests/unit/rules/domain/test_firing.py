from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rules.domain.deadlines import Clocks, Deadline, DeadlineKind
from rules.domain.firing import Firing, IncidentView, PassedOver, Reason, decide, on_fire, put_off
from rules.domain.ladders import CANARY_LADDER, DEFAULT_LADDERS, REPAIR_LADDERS
from rules.domain.vocabulary import Action, Class, Priority, State, Target

NOW = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)
K = DeadlineKind
P1 = Clocks(priority=Priority.CRITICAL, ladder=DEFAULT_LADDERS[Priority.CRITICAL], first_escalation_s=60)
P4 = Clocks(priority=Priority.TECHNICAL, ladder=DEFAULT_LADDERS[Priority.TECHNICAL], first_escalation_s=60)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def due(kind: DeadlineKind, seconds: float = 0, stage: int = 0, round_: int = 0, failures: int = 0) -> Deadline:
    return Deadline(kind=kind, due_at=at(seconds), stage=stage, round=round_, failures=failures)


def view(*deadlines: Deadline, **changes: Any) -> IncidentView:
    plain = IncidentView(
        id=1, state=State.OPEN, class_=Class.SOS, attended=False, clocks=P1, deadlines=tuple(deadlines)
    )
    return replace(plain, **changes)


def fired(of: IncidentView) -> Firing:
    firing = on_fire(of, now=NOW)
    assert firing is not None
    return firing


CLAIMED: dict[str, Any] = {"state": State.CLAIMED, "attended": True}
RESOLVED: dict[str, Any] = {"state": State.RESOLVED}


def test_nothing_happens_before_its_time() -> None:
    assert on_fire(view(due(K.ESCALATE, 1)), now=NOW) is None
    assert on_fire(view(state=State.CLOSED), now=NOW) is None


def test_a_stage_reaches_its_people_and_sets_the_next_from_now() -> None:
    firing = fired(view(due(K.ESCALATE, -0.4)))
    assert (firing.entry, firing.reason) == (Action.ESCALATED, Reason.UNATTENDED)
    assert firing.resound_to == (Target.DESKS, Target.SUPERVISORS)
    assert firing.deadlines == (due(K.ESCALATE, 30, stage=1),)


def test_the_last_stage_is_followed_by_the_first() -> None:
    firing = fired(view(due(K.ESCALATE, stage=5)))
    assert firing.resound_to == (Target.COUNTY_DUTY, Target.DESKS)
    assert firing.deadlines == (due(K.ESCALATE, 60, stage=0, round_=1),)


def test_a_chain_past_the_end_of_a_shorter_ladder_goes_on_from_its_last_rung() -> None:
    p2 = Clocks(priority=Priority.URGENT, ladder=DEFAULT_LADDERS[Priority.URGENT], first_escalation_s=60)
    firing = fired(view(due(K.ESCALATE, stage=4), clocks=p2))
    assert firing.resound_to == (Target.ON_CALL_PHONE,)
    assert firing.deadlines == (due(K.ESCALATE, 180, stage=0, round_=1),)


@pytest.mark.parametrize(
    ("clocks", "minutes", "expected"),
    [
        (P1, 8, "60 desks+supervisors, 90 on_call_phone, 150 on_call_phone, 210 on_call_phone, 270 on_call_phone, "
            "300 county_duty+desks, 360 desks+supervisors, 390 on_call_phone, 450 on_call_phone"),
        (
            Clocks(priority=Priority.URGENT, ladder=DEFAULT_LADDERS[Priority.URGENT], first_escalation_s=180),
            11,
            "180 supervisors+desks, 300 on_call_phone, 480 supervisors+desks, 600 on_call_phone",
        ),
    ],
)  # fmt: skip
def test_a_time_in_which_nobody_answers_goes_by_the_countys_ladder(clocks: Clocks, minutes: int, expected: str) -> None:
    waiting, heard = view(due(K.ESCALATE, clocks.first_escalation_s), clocks=clocks), []
    for second in range(minutes * 60):
        firing = on_fire(waiting, now=at(second))
        if firing is not None:
            waiting = replace(waiting, deadlines=firing.deadlines)
            heard.append(f"{second} {'+'.join(firing.resound_to)}")
    assert ", ".join(heard) == expected


def test_after_an_outage_the_latest_stage_fires_and_the_earlier_are_on_record() -> None:
    firing = fired(view(due(K.ESCALATE, -100)))
    assert (firing.stage, firing.reason) == (2, Reason.CAUGHT_UP_AFTER_OUTAGE)
    assert firing.passed_over == (
        PassedOver(stage=0, due_at=at(-100)),
        PassedOver(stage=1, due_at=at(-70)),
    )
    assert firing.resound_to == (Target.ON_CALL_PHONE, Target.DESKS)
    assert firing.deadlines == (due(K.ESCALATE, 60, stage=3),)


@pytest.mark.parametrize("away_s", [300, 1200, 86_400, 30 * 86_400])
def test_however_long_the_outage_each_case_fires_once(away_s: int) -> None:
    firing = fired(view(due(K.ESCALATE, -away_s)))
    assert firing.round == away_s // 300
    assert len(firing.passed_over) <= 6
    assert firing.deadlines[0].due_at > NOW
    assert on_fire(view(*firing.deadlines), now=NOW) is None


def test_a_fault_not_repaired_in_time_is_the_workers_and_in_twice_the_time_the_supervisors() -> None:
    repair = replace(P4, ladder=REPAIR_LADDERS["repair_48h"])
    firing = fired(view(due(K.ESCALATE), clocks=repair, class_=Class.BATTERY_LOW, ages_to=Priority.NOTICE))
    assert (firing.raise_to, firing.reason) == (Priority.NOTICE, Reason.AGED)
    assert firing.resound_to == (Target.COMMUNITY_WORKER,)
    assert firing.deadlines == (due(K.ESCALATE, 48 * 3600, stage=1),)
    aged = replace(repair, priority=Priority.NOTICE)
    twice = fired(view(due(K.ESCALATE, stage=1), clocks=aged, class_=Class.BATTERY_LOW, ages_to=Priority.NOTICE))
    assert (twice.raise_to, Target.SUPERVISORS in twice.resound_to) == (None, True)


def test_what_rises_out_of_its_chain_goes_on_in_the_chain_of_its_new_priority() -> None:
    p5 = replace(P4, priority=Priority.INFORMATION, ladder=DEFAULT_LADDERS[Priority.INFORMATION])
    aged_ladder = DEFAULT_LADDERS[Priority.TECHNICAL]
    rising = view(
        due(K.ESCALATE), clocks=p5, class_=Class.TEST_OVERDUE, ages_to=Priority.TECHNICAL, aged_ladder=aged_ladder
    )
    firing = fired(rising)
    assert firing.raise_to is Priority.TECHNICAL
    assert firing.deadlines == (due(K.ESCALATE, 24 * 3600),)
    aged = view(due(K.ESCALATE), class_=Class.BATTERY_LOW, ages_to=Priority.NOTICE)
    assert fired(aged).raise_to is None


def test_the_canarys_escalation_reaches_nobody_and_is_on_record() -> None:
    clocks = Clocks(priority=Priority.INFORMATION, ladder=CANARY_LADDER, first_escalation_s=10)
    assert fired(view(due(K.ESCALATE), class_=Class.CANARY, clocks=clocks)).resound_to == (Target.RECORD,)


def test_a_test_nobody_confirms_becomes_real_and_starts_its_chain() -> None:
    firing = fired(view(due(K.TEST), test=True))
    assert (firing.becomes_real, firing.entry) == (True, Action.TEST_UNCONFIRMED)
    assert firing.resound_to == (Target.DESKS,)
    assert firing.deadlines == (due(K.ESCALATE, 60),)


def test_an_owner_is_reminded_before_the_claim_ends() -> None:
    firing = fired(view(due(K.ACT), **CLAIMED))
    assert (firing.entry, firing.resound_to, firing.unclaim) == (Action.REMINDED, (Target.OWNER,), False)
    assert firing.deadlines == (due(K.ACT, 30, stage=1),)


def test_a_reminder_is_never_passed_over_by_an_outage() -> None:
    firing = fired(view(due(K.ACT, -3600), **CLAIMED))
    assert (firing.entry, firing.unclaim) == (Action.REMINDED, False)


@pytest.mark.parametrize(
    ("deadline", "reason"),
    [(due(K.ACT, stage=1), Reason.NO_HUMAN_ACT), (due(K.CONFIRM), Reason.ALARM_NOT_CONFIRMED)],
)
def test_a_case_whose_owner_is_silent_is_unattended_again_and_everybody_hears(
    deadline: Deadline, reason: Reason
) -> None:
    firing = fired(view(deadline, due(K.ACT, 90), **CLAIMED))
    assert (firing.unclaim, firing.entry, firing.reason) == (True, Action.UNATTENDED_AGAIN, reason)
    assert firing.resound_to == (Target.DESKS, Target.SUPERVISORS)
    assert firing.deadlines == (due(K.ESCALATE, 30, stage=1),)


def test_the_file_of_an_urgent_case_goes_on_the_supervisors_list_every_day() -> None:
    firing = fired(view(due(K.WRAP_UP), **RESOLVED))
    assert (firing.entry, firing.resound_to, firing.close) == (Action.WRAP_UP_OVERDUE, (Target.SUPERVISORS,), False)
    assert firing.deadlines == (due(K.WRAP_UP, 86_400, stage=1),)


def test_a_technical_case_closes_itself_after_its_wrap_up_unless_somebody_must_look() -> None:
    technical: dict[str, Any] = {**RESOLVED, "clocks": P4, "class_": Class.POWER_LOST}
    closing = fired(view(due(K.WRAP_UP), **technical))
    assert (closing.close, closing.deadlines) == (True, ())
    for kept in ({"review": True}, {"still_reported": True}, {"class_": Class.SOS}):
        assert not fired(view(due(K.WRAP_UP), **{**technical, **kept})).close


def test_smoke_that_goes_on_after_resolved_is_raised_again_and_looked_at_again() -> None:
    firing = fired(view(due(K.RECHECK), due(K.WRAP_UP, 9), **RESOLVED, still_reported=True))
    assert (firing.raise_again, firing.resound_to) == (True, (Target.DESKS, Target.SUPERVISORS))
    assert set(firing.deadlines) == {due(K.WRAP_UP, 9), due(K.RECHECK, 600, stage=1)}


def test_smoke_that_a_later_incident_stands_for_is_not_raised_twice() -> None:
    firing = fired(view(due(K.RECHECK), due(K.WRAP_UP, 9), **RESOLVED, still_reported=True, follower_open=True))
    assert (firing.raise_again, firing.resound_to) == (False, ())
    assert K.RECHECK in {deadline.kind for deadline in firing.deadlines}


def test_smoke_that_ended_is_on_record_and_the_file_still_waits() -> None:
    firing = fired(view(due(K.RECHECK), due(K.WRAP_UP, 9), **RESOLVED))
    assert (firing.entry, firing.raise_again) == (Action.RECHECKED, False)
    assert firing.deadlines == (due(K.WRAP_UP, 9),)


@pytest.mark.parametrize(
    ("of", "left"),
    [
        (view(due(K.WRAP_UP)), K.ESCALATE),
        (view(due(K.ACT)), K.ESCALATE),
        (view(due(K.ESCALATE), **CLAIMED), K.ACT),
        (view(due(K.CONFIRM), **RESOLVED), K.WRAP_UP),
        (view(due(K.RECHECK), **RESOLVED), K.WRAP_UP),
    ],
)
def test_a_deadline_left_over_is_swept_away_and_never_leaves_nothing(of: IncidentView, left: DeadlineKind) -> None:
    firing = fired(of)
    assert firing.resound_to == ()
    assert not (firing.unclaim or firing.close or firing.raise_again)
    assert [deadline.kind for deadline in firing.deadlines] == [left]
    assert firing.deadlines[0].due_at > NOW


def test_of_two_due_together_both_fire_one_after_the_other() -> None:
    first = fired(view(due(K.RECHECK, -1), due(K.WRAP_UP, -2), **RESOLVED))
    assert first.kind is K.WRAP_UP
    second = fired(view(*first.deadlines, **RESOLVED))
    assert second.kind is K.RECHECK
    assert on_fire(view(*second.deadlines, **RESOLVED), now=NOW) is None


def test_a_step_that_fails_waits_5_15_and_60_seconds_and_is_then_replaced_by_every_supervisor() -> None:
    failing, waited = due(K.ESCALATE, stage=3), []
    for _ in range(3):
        failing = put_off(failing, now=NOW)
        waited.append((failing.due_at - NOW).total_seconds())
    assert waited == [5, 15, 60]
    tried = decide(view(replace(failing, due_at=NOW)), NOW)
    assert tried is not None
    assert tried.entry is Action.ESCALATED
    failing = put_off(failing, now=NOW)
    replaced = decide(view(failing, due(K.ACT, 7)), NOW)
    assert replaced is not None
    assert (replaced.entry, replaced.resound_to) == (Action.STEP_FAILED, (Target.SUPERVISORS,))
    assert set(replaced.deadlines) == {due(K.ACT, 7), due(K.ESCALATE, 60, stage=3, failures=3)}


def test_a_step_that_went_well_has_no_failures_behind_it() -> None:
    firing = decide(view(due(K.ESCALATE, failures=2)), NOW)
    assert firing is not None
    assert firing.deadlines[0].failures == 0
