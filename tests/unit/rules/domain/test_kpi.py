"""Figures by table: what starts a clock, what stops it, what is left out, and what never is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from rules.domain import kpi_people, kpi_records
from rules.domain.kpi import Beside, By, Exclusion, Kind, Sample, Target, nearest_rank, tally
from rules.domain.kpi_cases import samples_of
from rules.domain.kpi_course import CaseFacts, Fact
from rules.domain.kpi_definition import Figure
from rules.domain.kpi_definitions import DEFINITIONS
from rules.domain.kpi_load import Desks, DutyChange, Load
from rules.domain.kpi_print import to_markdown
from rules.domain.kpi_read import Period
from rules.domain.kpi_sending import HandedOver
from rules.domain.vocabulary import Priority

START = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)
PERIOD = Period(
    start=START - timedelta(days=1), end=START + timedelta(days=1), as_of=START + timedelta(hours=12),
    timezone=ZoneInfo("Asia/Shanghai"),
)  # fmt: skip
_Said = tuple[Any, ...]


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def case(*said: _Said, priority: int = 1, **more: Any) -> CaseFacts:
    """A case whose record is (seconds, actor, action, facts?) after its opening."""
    told: list[_Said] = [(0, "system", "opened"), *said]
    entries = tuple(
        Fact(
            seq=seq, at=at(one[0]), actor=one[1], action=one[2], facts=(one[3] if len(one) > 3 else {}),
            to=(one[3].get("to") if len(one) > 3 else None),
        )
        for seq, one in enumerate(told, start=1)
    )  # fmt: skip
    fields = {"class_": "sos", "family": "person", "source": "device", "area": "a.b", **more}
    return CaseFacts(
        id=17, priority_at_start=Priority(priority), opened_at=START, entries=entries, **fields
    )  # fmt: skip


def figures(facts: CaseFacts, figure: Figure, hand_overs: Sequence[HandedOver] = ()) -> list[Sample]:
    return [sample for name, sample in samples_of(facts, PERIOD, hand_overs=hand_overs) if name is figure]


def only(facts: CaseFacts, figure: Figure, hand_overs: Sequence[HandedOver] = ()) -> Sample:
    (sample,) = figures(facts, figure, hand_overs)
    return sample


LI, SUN = "user:3", "user:4"


@pytest.mark.parametrize(
    ("what", "said", "seconds"),
    [
        ("a claim that is kept", [(20, LI, "claim")], 20),
        ("given back after three seconds", [(20, LI, "claim"), (23, LI, "release"), (90, SUN, "claim")], 90),
        ("given back after exactly ten", [(20, LI, "claim"), (30, LI, "release"), (90, SUN, "claim")], 20),
        ("passed after three seconds", [(20, LI, "claim"), (23, LI, "pass"), (90, SUN, "claim")], 90),
        ("somebody else passes", [(20, LI, "claim"), (23, SUN, "pass")], 20),
        ("given back after a step", [(20, LI, "claim"), (22, LI, "call"), (23, LI, "release")], 20),
        ("another's step is no work of the owner", [(20, LI, "claim"), (21, SUN, "note"), (22, LI, "release")], None),
        ("a claim by the machine", [(20, "system", "claim")], None),
        ("a claim that a person's tool made", [(20, LI, "claim", {"automatic": True})], None),
        ("the lease is lost at once", [(20, LI, "claim"), (25, "system", "lease_lost")], None),
        ("a colleague takes it over at once", [(20, LI, "claim"), (24, SUN, "claim")], 24),
        ("resolved in a breath", [(20, LI, "claim"), (22, LI, "resolve")], 20),
        ("nobody, and the cause ends", [(20, "system", "restored")], None),
        ('"1" on a telephone is no claim', [(20, "system", "accepted_by_phone")], None),
        ("a volunteer's tap is no claim", [(20, "responder:9", "accepted", {"assignment": 1})], None),
        ("taken into another case by a person", [(20, LI, "merge")], 20),
    ],
)
def test_answer_stops_at_the_first_claim_that_counts(what: str, said: list[_Said], seconds: float | None) -> None:
    assert only(case(*said), Figure.ANSWER).value == seconds, what


def test_on_a_claimed_case_the_owners_next_step_answers_a_further_alarm() -> None:
    told = case((20, LI, "claim"), (100, "system", "joined"), (130, SUN, "note"), (160, LI, "confirm"))
    assert [sample.value for sample in figures(told, Figure.ANSWER)] == [20, 60]


def test_an_alarm_is_labelled_by_the_priority_its_clock_started_at() -> None:
    told = case((5, "system", "raised", {"to": "P1"}), (5, "system", "joined"), (20, LI, "claim"), priority=3)
    (sample,) = figures(told, Figure.ANSWER)
    assert (sample.at, sample.groups[By.PRIORITY]) == (at(5), "P1"), "what was P3 stands in no figure of P1"


def test_lowering_a_priority_takes_no_clock_away() -> None:
    told = case((200, LI, "claim"), (210, LI, "lower_priority", {"to": "P3"}))
    assert only(told, Figure.ANSWER).value == 200


@pytest.mark.parametrize("priority", [3, 4, 5])
def test_what_is_not_pressing_stands_in_no_figure_of_a_case(priority: int) -> None:
    told = case((20, LI, "claim"), (30, LI, "resolve", {"outcome": "technical"}), priority=priority)
    assert list(samples_of(told, PERIOD)) == []


def test_storm_lateness_and_strangers_are_in_and_shown_beside() -> None:
    told = case(marks=frozenset({"late", "unregistered"}), in_storm=True)
    sample = only(told, Figure.ANSWER)
    assert sample.excluded is None
    assert sample.beside == {Beside.LATE, Beside.UNREGISTERED, Beside.STORM}


def test_only_a_press_in_test_mode_that_was_confirmed_is_left_out() -> None:
    said = [(20, LI, "claim"), (20, LI, "resolve", {"outcome": "test"})]
    assert only(case(*said, marks=frozenset({"test"})), Figure.ANSWER).excluded is Exclusion.CONFIRMED_TEST
    assert only(case(*said), Figure.ANSWER).excluded is None, "a desk that calls an alarm a test does not hide it"


def test_a_claim_of_a_moment_ago_has_not_shown_yet_whether_it_counts() -> None:
    told = case((195, LI, "claim"))
    just_now = replace(PERIOD, as_of=at(200))
    found = [sample for name, sample in samples_of(told, just_now) if name is Figure.ANSWER]
    assert found[0].excluded is Exclusion.STILL_RUNNING


OFFER = (30, "system", "offered", {"assignment": 1})


@pytest.mark.parametrize(
    ("what", "said", "seconds", "excluded"),
    [
        ("by page", [OFFER, (400, "responder:9", "arrive", {"assignment": 1})], 370, None),
        ("doubted", [OFFER, (40, "responder:9", "arrive", {"assignment": 1, "doubt": "too_far"})], None, None),
        (
            "taken back", [OFFER, (90, "responder:9", "arrive", {"assignment": 1}),
                           (95, "responder:9", "taken_back", {"assignment": 1})], None, None,
        ),
        ("nobody answers", [OFFER, (90, "system", "timed_out", {"assignment": 1})], None, None),
        (
            "called off", [OFFER, (90, LI, "stand_down", {"assignment": 1, "reason": "by_desk"})], None,
            Exclusion.STOOD_DOWN,
        ),
        (
            "overtaken by one who never came",
            [OFFER, (31, "system", "offered", {"assignment": 2}),
             (60, "responder:8", "stand_down", {"assignment": 1, "reason": "somebody_moves"}),
             (90, "system", "timed_out", {"assignment": 2})], None, None,
        ),
    ],
)  # fmt: skip
def test_arrival_is_of_who_was_there(
    what: str, said: list[_Said], seconds: float | None, excluded: Exclusion | None
) -> None:
    sample = only(case(*said), Figure.ARRIVAL)
    assert (sample.value, sample.excluded) == (seconds, excluded), what


def test_an_arrival_on_the_responders_word_is_marked() -> None:
    told = case(OFFER, (400, LI, "arrive", {"assignment": 1, "by_word": True}))
    assert only(told, Figure.ARRIVAL).beside == {Beside.ON_THEIR_WORD}


def test_the_circle_is_wider_in_the_country() -> None:
    said = [OFFER, (30 + 1200, "responder:9", "arrive", {"assignment": 1})]
    target = DEFINITIONS[Figure.ARRIVAL].main_target
    for is_country, in_time in ((False, 0), (True, 1)):
        samples = figures(case(*said, is_country=is_country), Figure.ARRIVAL)
        assert tally(Kind.TIME, samples, target=target).numerator == in_time


def test_where_only_a_service_came_it_has_a_row_of_its_own() -> None:
    fire = HandedOver(
        id=5, service="fire", dialled_at=at(60), answer="accepted", answered_at=at(90), arrived_at=at(700)
    )
    told = case(OFFER, (35, "system", "timed_out", {"assignment": 1}))
    assert only(told, Figure.ARRIVAL, [fire]).excluded is Exclusion.ONLY_EMERGENCY_SERVICE
    assert only(told, Figure.SERVICE_ARRIVAL, [fire]).value == 640
    assert only(told, Figure.DOOR_TO_HELP, [fire]).value == 700
    assert only(told, Figure.HAND_OFF, [fire]).value == 30


def test_a_fire_is_handed_off_from_its_confirmation() -> None:
    told = case((20, "system", "services_confirmed"), class_="smoke", family="fire_and_gas")
    queued = HandedOver(id=5, service="fire", dialled_at=at(60), answer="queued", answered_at=at(70))
    sample = only(told, Figure.HAND_OFF, [queued])
    assert (sample.at, sample.value, set(sample.beside)) == (at(20), None, {Beside.QUEUED})


def test_unattended_minutes_count_from_the_sixty_first_second() -> None:
    told = case((240, LI, "claim"), (600, LI, "release"), (640, SUN, "claim"), (700, SUN, "resolve"))
    sample = only(told, Figure.UNATTENDED)
    assert (sample.value, sample.missed) == (3.0, True)
    assert only(case((100, LI, "claim")), Figure.UNATTENDED).missed is False


def test_who_acted_first_tells_whether_the_machine_carried_it() -> None:
    by_desk = case((20, LI, "claim"), (40, "responder:9", "accepted"))
    by_phone = case((90, "system", "accepted_by_phone"), (95, LI, "claim"))
    assert only(by_desk, Figure.MACHINE_CARRIED).value == 0
    assert only(by_phone, Figure.MACHINE_CARRIED).value == 1


def test_a_failed_call_is_followed_by_a_decision() -> None:
    failed = (30, LI, "call", {"to": "resident", "result": "voicemail"})
    sent = case((20, LI, "claim"), failed, (150, LI, "dispatch"))
    reached = case((20, LI, "claim"), failed, (60, LI, "call", {"to": "resident", "result": "spoke_ok"}))
    assert only(sent, Figure.NO_ANSWER_DECISION).value == 120
    assert only(reached, Figure.NO_ANSWER_DECISION).excluded is Exclusion.RESIDENT_REACHED
    assert only(sent, Figure.FIRST_CONTACT).value == 30, "whatever the result"


def test_family_is_told_where_the_county_says_at_once() -> None:
    said = (50, "system", "notified", {"recipient": "contact:7"})
    assert figures(case(said), Figure.FAMILY_TOLD) == []
    assert only(case(said, family_at_once=True), Figure.FAMILY_TOLD).value == 50
    nobody = only(case(family_at_once=True), Figure.FAMILY_TOLD)
    assert nobody.excluded is Exclusion.NOBODY_MAY_BE_TOLD
    assert only(case(family_at_once=True, may_tell_family=True), Figure.FAMILY_TOLD).excluded is None


@pytest.mark.parametrize(
    ("values", "percent", "found"),
    [([], 90, None), ([5.0], 50, 5.0), ([1.0, 2.0, 3.0, 4.0], 50, 2.0), ([1.0, 2.0, 3.0, 4.0], 75, 3.0),
     (list(map(float, range(1, 11))), 90, 9.0), (list(map(float, range(1, 11))), 91, 10.0)],
)  # fmt: skip
def test_percentiles_are_by_nearest_rank(values: list[float], percent: float, found: float | None) -> None:
    assert nearest_rank(values, percent) == found


def test_who_calls_again_within_a_day_came_back() -> None:
    ended = [
        kpi_records.Ended(incident_id=1, resident_id=9, resolved_at=START, outcome="accidental", class_="sos"),
        kpi_records.Ended(incident_id=2, resident_id=9, resolved_at=START, outcome="emergency", class_="sos"),
    ]
    for hours, again in ((23, 1.0), (25, 0.0)):
        later = [kpi_records.Opened(incident_id=3, resident_id=9, opened_at=START + timedelta(hours=hours))]
        (sample,) = kpi_records.came_back(ended, later, PERIOD)
        assert (sample.ref, sample.value) == ("incident:1", again)


@pytest.mark.parametrize(
    ("answered_s", "gone_s", "value", "excluded"),
    [(12, 60, 12.0, None), (None, 3, None, Exclusion.GAVE_UP_EARLY), (None, 9, None, None)],
)
def test_a_caller_who_gives_up_early_is_counted_beside(
    answered_s: float | None, gone_s: float, value: float | None, excluded: Exclusion | None
) -> None:
    call = kpi_records.CallIn(
        id=1, at=START, answered_at=at(answered_s) if answered_s is not None else None, ended_at=at(gone_s)
    )
    (sample,) = kpi_records.telephone_answers([call], PERIOD)
    assert (sample.value, sample.excluded) == (value, excluded)
    (given_up,) = kpi_records.given_up([call], PERIOD)
    assert given_up.value == (0.0 if value is not None else 1.0)


def test_a_model_three_times_above_the_median_is_its_vendors_task() -> None:
    models = [kpi_records.ModelUse(model=name, false_alarms=n, device_days=3000) for name, n in
              (("a", 1), ("b", 1), ("c", 4))]  # fmt: skip
    counted = tally(Kind.AMOUNT, kpi_records.false_alarms(models, PERIOD))
    assert (counted.numerator, counted.denominator) == (6, 3)
    assert [miss.ref for miss in counted.misses] == ["model:c"]


def test_residents_who_were_not_there_are_listed_with_the_reason() -> None:
    def resident(number: int, **more: Any) -> kpi_people.ServedResident:
        fields = {"area": None, "tags": (), "statuses": (), "has_live_device": True, "visited": False, **more}
        return kpi_people.ServedResident(id=number, since=START - timedelta(days=400), **fields)

    long_ago = START - timedelta(days=60)
    people = [
        resident(1), resident(2, visited=True), resident(3, statuses=[(long_ago, "away")]),
        resident(4, statuses=[(long_ago, "away"), (START, "active")]), resident(5, statuses=[(START, "died")]),
    ]  # fmt: skip
    counted = tally(Kind.SHARE, kpi_people.monthly_visits(people, PERIOD))
    assert (counted.numerator, counted.denominator) == (1, 3), "who came home was there for a part of it"
    assert counted.exclusions == {Exclusion.AWAY_ALL_PERIOD: 1, Exclusion.DIED: 1}


@pytest.mark.parametrize(("hour", "done"), [(8, 1.0), (10, 0.0)])
def test_a_channel_is_well_that_passed_by_nine(hour: int, done: float) -> None:
    zone = PERIOD.timezone
    passed = datetime(2026, 11, 19, hour, tzinfo=zone)
    test = kpi_records.TestPassed(channel="voice", day=date(2026, 11, 19), passed_at=passed)
    (sample,) = kpi_records.channel_health([test], PERIOD)
    assert sample.value == done


def test_a_minute_without_a_press_that_came_through_was_not_watched() -> None:
    period = replace(PERIOD, start=START, end=START + timedelta(minutes=10))
    rounds = [kpi_records.CanaryRound(at=at(60 * n + 30), seconds=1.2 if n != 4 else 9.0) for n in range(8)]
    counted = tally(Kind.AMOUNT, kpi_records.system_watch(rounds, period))
    assert (counted.numerator, counted.denominator) == (7, 10)


@pytest.mark.parametrize(
    ("kind", "restored", "pressed", "in_time"),
    [
        ("smoke_alarm", 3600, 7200, 1), ("smoke_alarm", 3600, None, 0), ("smoke_alarm", 3600, 90_000, 0),
        ("door_sensor", 90_000, None, 1),
    ],
)  # fmt: skip
def test_a_device_that_a_life_depends_on_is_mended_when_it_was_pressed(
    kind: str, restored: float, pressed: float | None, in_time: int
) -> None:
    fault = kpi_people.RepairFact(
        incident_id=1, class_="fault", kind=kind, opened_at=START, restored_at=at(restored),
        pressed_at=None if pressed is None else at(pressed),
    )  # fmt: skip
    period = replace(PERIOD, as_of=START + timedelta(days=9))
    target = DEFINITIONS[Figure.REPAIR].main_target
    assert tally(Kind.TIME, kpi_people.repairs([fault], period), target=target).numerator == in_time


def test_desks_are_counted_from_when_duty_is_on_record() -> None:
    desks = Desks([DutyChange(at=at(0), user_id=1, is_on=True), DutyChange(at=at(600), user_id=1, is_on=False)])
    load = Load([at(10), at(20)], desks)
    assert [load.group_at(at(s)) for s in (-1, 30, 700)] == [None, "1-5", "no_desk"]
    pieces = list(load.pieces(at(-600), at(1200)))
    assert [piece.value for piece in pieces] == [None, 2.0, None]
    assert [piece.excluded for piece in pieces] == [Exclusion.NO_DUTY_RECORD, None, Exclusion.NO_DESK_ON_DUTY]


def test_looks_that_name_a_case_a_visit_or_a_task_have_one() -> None:
    looks = [
        kpi_records.Look(no=no, at=START, user_id=3, object=what, purpose=why)
        for no, (what, why) in enumerate(
            [("incident:4", "curious"), ("resident:9", "case 20261119-0001"), ("resident:9", "a friend asked")]
        )
    ]
    counted = tally(Kind.SHARE, kpi_records.looks_without_a_case(looks), target=Target(share=0.05, most=True))
    assert [miss.ref for miss in counted.misses] == ["audit:2"]


def test_a_weekend_is_no_working_day() -> None:
    friday, monday = date(2026, 11, 20), date(2026, 11, 23)
    assert kpi_records.working_days(friday, monday) == 1
    assert kpi_records.working_days(friday, monday, frozenset({monday})) == 0


def test_the_page_of_the_figures_is_what_the_code_does() -> None:
    page = Path(__file__).parents[4] / "docs" / "kpi.md"
    assert page.read_text(encoding="utf-8") == to_markdown(), "print it anew: python -m rules.domain.kpi_print"
