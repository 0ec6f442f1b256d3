"""Whatever is typed, sent or stored, the small judgements of the rules answer and keep their promises."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from devices.event import LIFE_SAFETY, EventType
from rules.domain import chain, correlation, duplicates, lateness, phones
from rules.domain.deadlines import Clocks, Deadline, DeadlineKind, on_join
from rules.domain.firing import IncidentView, on_fire
from rules.domain.ladders import DEFAULT_LADDERS
from rules.domain.masking import MASK, mask_address, mask_identity, mask_name, mask_phone
from rules.domain.place import Point, distance_m
from rules.domain.policy import Context, Effect, assess
from rules.domain.policy_table import FLOORS
from rules.domain.vocabulary import (
    LIFE_SAFETY as LIFE_SAFETY_CLASSES,
)
from rules.domain.vocabulary import (
    Class,
    DeviceKind,
    DeviceLife,
    Hearing,
    Mark,
    Priority,
    ResidentStatus,
    Speech,
    State,
    Wearer,
)

NOW = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)
moments = st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
contexts = st.builds(
    Context,
    registered=st.booleans(),
    life=st.sampled_from(DeviceLife),
    kind=st.sampled_from(DeviceKind),
    wearer=st.sampled_from(Wearer),
    retained=st.booleans(),
    late=st.booleans(),
    late_s=st.none() | st.floats(0, 1e9),
    clock_wrong=st.booleans(),
    damaged=st.booleans(),
    test_mode=st.booleans(),
    tags=st.frozensets(st.sampled_from(["dementia", "living_alone", "oxygen", "deaf", "mobility_none"])),
    ability=st.integers(0, 4),
    speech=st.sampled_from(Speech),
    hearing=st.sampled_from(Hearing),
    resident_status=st.sampled_from(ResidentStatus),
    other_fire_sign=st.booleans(),
    vitals_in_danger=st.none() | st.booleans(),
    outdoors_at_risk=st.booleans(),
)


@example(EventType.MEDICAL, Context(retained=True, late_s=None, vitals_in_danger=False))
@given(st.sampled_from(sorted(LIFE_SAFETY)), contexts)
def test_nothing_that_is_known_of_a_person_or_a_device_silences_a_life_safety_alarm(
    event_type: EventType, context: Context
) -> None:
    found = assess(event_type, context, now=NOW)
    assert found.effect is Effect.RING
    assert found.class_ in LIFE_SAFETY_CLASSES
    # A retained call stands at its own floor, or where its class would stand live if that is lower (vitals to look at).
    live = assess(event_type, replace(context, retained=False), now=NOW)
    assert found.priority <= max(FLOORS[found.class_], live.priority)
    assert live.priority <= FLOORS[live.class_]
    assert found.sounds
    assert (Mark.UNREGISTERED in found.marks) is not context.registered


@given(st.sampled_from(sorted(LIFE_SAFETY)), contexts)
def test_a_life_safety_alarm_always_has_an_incident_to_go_to(event_type: EventType, context: Context) -> None:
    found = assess(event_type, context, now=NOW)
    for resolved_ago_s in (None, 1, 700, 90_000):
        last = None
        if resolved_ago_s is not None:
            resolved_at = NOW - timedelta(seconds=resolved_ago_s)
            last = correlation.ResolvedIncident(id=1, class_=found.class_, resolved_at=resolved_at)
        decided = correlation.relate(found, None, last, now=NOW)
        assert isinstance(decided, correlation.OpenNew)


@given(st.none() | st.sampled_from(EventType), contexts)
def test_every_type_in_every_context_has_a_meaning_and_a_subject(
    event_type: EventType | None, context: Context
) -> None:
    found = assess(event_type, context, now=NOW)
    assert found.first_escalation_s >= 0
    assert correlation.subject_of(found, wearer=context.wearer, device_id=3).key.startswith("d3")


@given(moments, st.booleans(), st.booleans())
def test_no_event_is_both_late_and_of_a_wrong_clock(at: datetime, in_flush: bool, proven: bool) -> None:
    judged = lateness.judge(at, NOW, in_flush=in_flush, clock_proven=proven)
    assert not (judged.late and judged.clock_wrong)
    assert judged.age_s is None or judged.age_s >= 0
    assert not judged.late or at < NOW


@given(moments, st.booleans())
def test_what_is_a_copy_as_an_alarm_is_a_copy_as_telemetry(last_at: datetime, other: bool) -> None:
    alarm, telemetry = (
        duplicates.judge(last_copy_at=last_at, other_digest_seen=other, alarm=alarm, now=NOW) for alarm in (True, False)
    )
    assert telemetry.duplicate or not alarm.duplicate


@given(st.text(max_size=60))
def test_any_text_can_be_masked_and_gets_no_longer(text: str) -> None:
    assert len(mask_name(text)) <= len(text)
    assert len(mask_phone(text)) == len(text)
    assert len(mask_identity(text)) == len(text)
    assert len(mask_address(text)) == len(text)
    assert not any(letter.isdecimal() for letter in mask_address(text))


@given(st.text(alphabet="王李小英明华欧阳建国·", min_size=1, max_size=10))
def test_a_masked_name_hides_something_of_every_name(name: str) -> None:
    assert MASK in mask_name(name)


@given(st.text(max_size=60) | st.text(alphabet="0123456789+-() 转", max_size=45))
def test_any_text_is_a_number_or_none_and_a_number_reads_the_same_again(typed: str) -> None:
    phone = phones.normalise(typed)
    if phone is not None:
        again = phones.normalise(phone.number)
        assert again is not None
        assert (again.number, again.kind) == (phone.number, phone.kind)


points = st.builds(Point, lat=st.floats(-90, 90), lon=st.floats(-180, 180))


@given(points, points)
def test_no_two_places_are_further_apart_than_half_the_earth(a: Point, b: Point) -> None:
    assert 0 <= distance_m(a, b) <= 20_015_200


facts = st.lists(st.tuples(st.text(min_size=1), st.text() | st.integers() | st.booleans() | st.none()), max_size=4)


@given(st.lists(st.tuples(facts, moments, st.none() | st.binary(min_size=32, max_size=32)), max_size=6), st.data())
def test_a_chain_of_any_entries_verifies_and_any_change_breaks_it(
    given_entries: list[tuple[list[tuple[str, str | int | bool | None]], datetime, bytes | None]], data: st.DataObject
) -> None:
    links: list[chain.Stored] = []
    for seq, (some_facts, at, digest) in enumerate(given_entries, start=1):
        entry = chain.Entry(
            incident_id=1,
            seq=seq,
            at=at,
            actor="user:1",
            action="note",
            facts=tuple(some_facts),
            text_digest=digest,
        )
        links.append(chain.stored(entry, links[-1].hash if links else chain.GENESIS))
    assert chain.verify(links) is None
    if links:
        place = data.draw(st.integers(0, len(links) - 1))
        changed = chain.Stored(seq=links[place].seq, text=links[place].text + " ", hash=links[place].hash)
        assert chain.verify([*links[:place], changed, *links[place + 1 :]]) == place + 1


clocks = st.builds(
    lambda priority, first_s: Clocks(priority=priority, ladder=DEFAULT_LADDERS[priority], first_escalation_s=first_s),
    st.sampled_from(Priority),
    st.integers(0, 100_000),
)
deadlines = st.lists(
    st.builds(
        lambda kind, seconds, stage: Deadline(kind=kind, due_at=NOW + timedelta(seconds=seconds), stage=stage),
        st.sampled_from(DeadlineKind),
        st.integers(-10_000_000, 10_000_000),
        st.just(0),
    ),
    min_size=1,
    unique_by=lambda deadline: deadline.kind,
).map(tuple)


@given(st.sampled_from([state for state in State if state is not State.CLOSED]), st.booleans(), clocks, deadlines)
def test_whatever_stands_and_however_late_firing_ends_and_leaves_something_to_come(
    state: State, attended: bool, of: Clocks, standing: tuple[Deadline, ...]
) -> None:
    view = IncidentView(id=1, state=state, class_=Class.SOS, attended=attended, clocks=of, deadlines=standing)
    fired = 0
    while (firing := on_fire(view, now=NOW)) is not None:
        attended = attended and not firing.unclaim
        view = IncidentView(
            id=1, state=state, class_=Class.SOS, attended=attended, clocks=of, deadlines=firing.deadlines
        )
        fired += 1
        assert fired <= 2 * len(DeadlineKind)
    assert view.deadlines
    assert all(deadline.due_at > NOW for deadline in view.deadlines)


@given(clocks, deadlines, st.none() | st.integers(1, 60), st.booleans(), st.booleans())
def test_a_further_alarm_never_leaves_nothing_to_come(
    of: Clocks, standing: tuple[Deadline, ...], confirm_s: int | None, raised: bool, real: bool
) -> None:
    after = on_join(standing, of, now=NOW, raised=raised, confirm_within_s=confirm_s, real_at_once=real)
    assert after
    assert len({deadline.kind for deadline in after}) == len(after)
