"""Whatever stands and whatever is known, nothing holds, delays or lowers a call for help."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from devices.event import LIFE_SAFETY as LIFE_SAFETY_TYPES
from devices.event import EventType
from rules.domain import combinations, damping, storms, suppression
from rules.domain.combinations import Fall
from rules.domain.deadlines import Deadline, DeadlineKind, held_until, sooner_first_stage, sooner_stage
from rules.domain.policy import Context, assess, assess_class
from rules.domain.policy_table import FLOORS, ROWS
from rules.domain.policy_value import BUILTIN
from rules.domain.storms import Loss
from rules.domain.suppression import Hold, Pass, Standing
from rules.domain.vocabulary import LIFE_SAFETY, Class, DeviceKind, DeviceLife, Family, Priority, ResidentStatus

NOW = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)
refs = st.none() | st.integers(1, 99)
standings = st.builds(
    Standing, silence_id=refs, storm_id=refs, outage_incident=refs, absence_id=refs, runaway_incident=refs,
    flapping_incident=refs,
)  # fmt: skip
contexts = st.builds(
    Context, registered=st.booleans(), life=st.sampled_from(DeviceLife), kind=st.sampled_from(DeviceKind),
    retained=st.booleans(), late=st.booleans(), clock_wrong=st.booleans(), test_mode=st.booleans(),
    tags=st.frozensets(st.sampled_from(["dementia", "living_alone", "oxygen", "ventilator", "deaf"])),
    resident_status=st.sampled_from(ResidentStatus), absent=st.booleans(), outdoors_at_risk=st.booleans(),
    other_fire_sign=st.booleans(), vitals_in_danger=st.none() | st.booleans(), minute=st.none() | st.integers(0, 1439),
)  # fmt: skip
#: A county may put delays into its rows wherever it likes.
impatient = replace(BUILTIN, rows={class_: replace(row, delay_s=300) for class_, row in ROWS.items()})


@given(st.sampled_from(sorted(LIFE_SAFETY_TYPES)), contexts, standings)
def test_nothing_that_stands_holds_a_call_for_help(type_: EventType, known: Context, standing: Standing) -> None:
    found = assess(type_, known, now=NOW)
    assert isinstance(suppression.decide(found, known, standing), Pass)
    assert isinstance(suppression.decide_end(found, standing), Pass)


@given(st.sampled_from(sorted(LIFE_SAFETY | set(FLOORS) - {Class.INACTIVITY})), contexts, standings)
def test_nor_a_case_of_such_a_class_whoever_opened_it(class_: Class, known: Context, standing: Standing) -> None:
    assert isinstance(suppression.decide(assess_class(class_, now=NOW), known, standing), Pass)


@given(st.none() | st.sampled_from(sorted(EventType)), contexts, standings)
def test_whatever_is_held_is_technical_and_not_urgent_or_an_absent_persons_inactivity(
    type_: EventType | None, known: Context, standing: Standing
) -> None:
    found = assess(type_, known, now=NOW)
    held = suppression.decide(found, known, standing)
    if isinstance(held, Hold):
        technical = found.family is Family.TECHNICAL and found.priority >= Priority.NOTICE
        assert technical or (known.absent and found.class_ is Class.INACTIVITY)
        assert held.ref is not None


@given(st.none() | st.sampled_from(sorted(EventType)), contexts)
def test_no_delay_is_added_to_a_call_for_help_nor_to_anything_urgent(type_: EventType | None, known: Context) -> None:
    found = assess(type_, known, now=NOW, policy=impatient)
    if suppression.delay_s_of(found):
        assert found.class_ not in LIFE_SAFETY and found.class_ not in FLOORS
        assert found.priority >= Priority.NOTICE
        assert type_ is not EventType.FALL


@given(st.sampled_from(sorted(LIFE_SAFETY_TYPES)), st.frozensets(st.sampled_from(sorted(map(str, Class))), max_size=4))
def test_no_silence_can_be_made_that_matches_a_call_for_help(type_: EventType, classes: frozenset[str]) -> None:
    assert suppression.problems_of_matcher(classes, frozenset({str(type_)}), BUILTIN)
    if classes & {str(class_) for class_ in LIFE_SAFETY}:
        assert suppression.problems_of_matcher(classes, frozenset(), BUILTIN)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 4000)), min_size=1, max_size=120))
def test_the_first_alarm_of_each_window_passes_however_much_a_device_says(words: list[tuple[bool, int]]) -> None:
    trace, now = None, NOW
    for bad, after_s in words:
        now += timedelta(seconds=after_s)
        before = trace
        trace = damping.heard(trace, bad=bad, now=now)
        assert len(trace.changes) <= damping.LIMITS.flaps + 1
        if bad and (before is None or now - before.window_at >= timedelta(seconds=damping.LIMITS.runaway_window_s)):
            assert trace.is_first_of_window


@given(
    st.lists(
        st.builds(
            Loss, home=st.integers(0, 40).map(str), hub_id=st.none() | st.integers(1, 3),
            area=st.none() | st.lists(st.sampled_from("abcd"), min_size=1, max_size=4).map(".".join),
        ),
        max_size=60,
    )
)  # fmt: skip
def test_never_more_than_the_line_open_a_case_of_their_own(losses: list[Loss]) -> None:
    alone: list[Loss] = []
    for loss in losses:
        part = storms.part_of(loss, alone)
        if part is None:
            alone.append(loss)
        elif part.startswith("area:"):
            assert loss.area is not None
            assert part.removeprefix("area:") in storms.above_and(loss.area)
    assert len({loss.home for loss in alone}) <= storms.POWER_LINES.total


@given(st.integers(0, 300), st.none() | st.integers(-300, 300), st.booleans())
def test_a_combination_only_ever_raises(ago_s: int, moved_s: int | None, joined: bool) -> None:
    fell_at = NOW - timedelta(seconds=ago_s)
    moved_at = None if moved_s is None else fell_at + timedelta(seconds=moved_s)
    found = combinations.of_fall(Fall(fell_at=fell_at, moved_at=moved_at, inactivity_joined=joined), now=NOW)
    if moved_at is not None and moved_at > fell_at and not joined:
        assert found is None
    for finding in combinations.FINDINGS:
        assert finding.raise_to in (None, Priority.CRITICAL)


@given(st.integers(-600, 600), st.integers(0, 3), st.integers(0, 2), st.integers(-600, 600))
def test_bringing_forward_never_puts_off_and_holding_never_brings_forward(
    due_s: int, stage: int, round_: int, to_s: int
) -> None:
    due = Deadline(kind=DeadlineKind.ESCALATE, due_at=NOW + timedelta(seconds=due_s), stage=stage, round=round_)
    to = NOW + timedelta(seconds=to_s)
    for moved in (sooner_first_stage((due,), to), sooner_stage((due,), to)):
        assert len(moved) == 1 and moved[0].due_at <= due.due_at
        assert (moved[0].stage, moved[0].round) == (stage, round_)
    (held,) = held_until((due,), to)
    assert held.due_at >= due.due_at
