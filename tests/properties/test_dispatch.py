"""Whoever is registered and whatever is said, nobody excluded is ranked first, and no assignment waits for nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from rules.domain.assignments import (
    OPEN,
    WORDS,
    Assignment,
    Effect,
    NextStep,
    Standing,
    Word,
    WordRefused,
    heard,
    on_due,
)
from rules.domain.dispatch import choose, first_won, state_after
from rules.domain.place import Point
from rules.domain.policy_table import ROWS, Sent
from rules.domain.ranking import Scene, rank, speed_m_s
from rules.domain.responders import DANGEROUS, Kind, Means, Responder, Skill
from rules.domain.vocabulary import Class, Priority, State

NOW = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)
HOME = Point(lat=31.9, lon=121.2)
points = st.builds(Point, lat=st.floats(31, 33), lon=st.floats(120, 122))
moments = st.integers(0, 86_399).map(lambda seconds: NOW + timedelta(seconds=seconds))
responders = st.builds(
    Responder,
    id=st.integers(1, 10**6),
    kind=st.sampled_from(Kind),
    trained=st.booleans(),
    skills=st.frozensets(st.sampled_from(Skill)),
    agreed_to_nights=st.booleans(),
    agreed_to_searches=st.booleans(),
    means=st.sampled_from(Means),
    languages=st.frozensets(st.sampled_from(["中文", "岛话"])),
    position=st.none() | points,
    position_age_s=st.none() | st.floats(0, 7200),
    accuracy_m=st.floats(0, 500),
    base=st.none() | points,
    on_shift=st.booleans(),
    absent=st.booleans(),
    suspended=st.booleans(),
    reachable=st.booleans(),
    barred=st.booleans(),
    elsewhere=st.booleans(),
    busy=st.booleans(),
    load=st.integers(0, 5),
    asked=st.booleans(),
    declined=st.booleans(),
)
scenes = st.builds(
    Scene,
    class_=st.sampled_from(Class),
    sent=st.sampled_from(Sent),
    point=st.none() | st.just(HOME),
    is_country=st.booleans(),
    languages=st.frozensets(st.sampled_from(["中文", "岛话"])),
)


@given(people=st.lists(responders, max_size=12, unique_by=lambda one: one.id), scene=scenes, now=moments)
def test_nobody_excluded_is_chosen_or_stands_before_somebody_who_may_go(
    people: list[Responder], scene: Scene, now: datetime
) -> None:
    ranked = rank(people, scene, now=now)
    assert sorted(one.responder_id for one in ranked) == sorted(one.id for one in people), "everybody is shown"
    excluded = [one.why_not is not None for one in ranked]
    assert excluded == sorted(excluded)
    by_id = {one.id: one for one in people}
    for chosen in choose(ranked, count=len(people)):
        one = by_id[chosen.responder_id]
        assert one.reachable and one.on_shift
        assert not (one.barred or one.absent or one.suspended or one.busy or one.declined or one.asked)
        assert scene.class_ not in DANGEROUS or one.is_trained
        assert scene.class_ is not Class.INTRUSION


@given(
    one=responders,
    class_=st.sampled_from([class_ for class_, row in ROWS.items() if row.dispatch is not Sent.NOBODY]),
    steps=st.tuples(st.integers(0, 40_000), st.integers(0, 40_000)).filter(lambda pair: pair[0] != pair[1]),
    now=moments,
)
def test_with_all_else_equal_whoever_is_nearer_is_never_behind(
    one: Responder, class_: Class, steps: tuple[int, int], now: datetime
) -> None:
    near, far = sorted(steps)
    scene = Scene(class_=class_, sent=ROWS[class_].dispatch, point=HOME)
    at = [
        replace(one, id=number, position=None, base=Point(lat=HOME.lat + metres / 111_195, lon=HOME.lon))
        for number, metres in ((1, near), (2, far))
    ]
    first, second = rank(reversed(at), scene, now=now)
    assert (first.responder_id, second.responder_id) == (1, 2)
    assert first.eta_s is not None and second.eta_s is not None
    assert first.eta_s <= second.eta_s


@given(one=responders, ages=st.tuples(st.floats(0, 1800), st.floats(0, 1800)), now=moments)
def test_an_older_position_never_promises_an_earlier_arrival(
    one: Responder, ages: tuple[float, float], now: datetime
) -> None:
    scene = Scene(class_=Class.SOS, sent=Sent.STAFF, point=HOME)
    fresh, stale = (
        rank([replace(one, position=Point(lat=31.95, lon=121.2), position_age_s=age)], scene, now=now)[0]
        for age in sorted(ages)
    )
    assert fresh.eta_s is not None and stale.eta_s is not None
    assert fresh.eta_s <= stale.eta_s


@given(means=st.sampled_from(Means), hour=st.integers(0, 23), country=st.booleans())
def test_everybody_moves(means: Means, hour: int, country: bool) -> None:
    assert 1.0 <= speed_m_s(means, hour, is_country=country) <= 15.0


happenings = st.lists(st.tuples(st.sampled_from([*Word, None]), st.integers(0, 1500), st.booleans()), max_size=25)


@given(happenings=happenings, priority=st.sampled_from(Priority), watched=st.booleans(), eta_s=st.none() | st.just(400))
def test_whatever_is_said_or_not_an_open_assignment_always_waits_for_something(
    happenings: list[tuple[Word | None, int, bool]], priority: Priority, watched: bool, eta_s: int | None
) -> None:
    now = NOW
    a = Assignment(
        id=1, responder_id=1, standing=Standing.OFFERED, round=0, offered_at=NOW, step=NextStep.ANSWER,
        due_at=NOW + timedelta(seconds=60), is_watched=watched, eta_s=eta_s,
    )  # fmt: skip
    for word, seconds, another in happenings:
        now += timedelta(seconds=seconds)
        if word is None:
            ruling = on_due(a, priority=priority, another_accepted=another, now=now)
            if ruling is not None:
                a = ruling.assignment
                assert a.due_at is None or a.due_at > now, "counted from now, never from when it was due"
                assert Effect.RAISE not in ruling.effects or a.standing in OPEN
        elif word in WORDS[a.standing]:
            a = heard(a, word, priority=priority, circle_s=900, now=now)
        else:
            before = a
            try:
                heard(a, word, priority=priority, circle_s=900, now=now)
            except WordRefused:
                assert a == before
            else:
                raise AssertionError("a missing pair is the refusal")
        assert (a.standing in OPEN) == (a.due_at is not None) == (a.step is not None)


@given(standings=st.frozensets(st.sampled_from(Standing)), state=st.sampled_from(State), attended=st.booleans())
def test_a_state_says_that_somebody_comes_only_while_somebody_is_asked_or_goes(
    standings: frozenset[Standing], state: State, attended: bool
) -> None:
    to = state_after(state, standings, attended=attended)
    if state not in (State.DISPATCHED, State.ON_SCENE):
        assert to is state
        return
    if standings.isdisjoint(OPEN) and Standing.DONE not in standings:
        assert to is (State.CLAIMED if attended else State.OPEN)
    assert attended or to is not State.CLAIMED


@given(st.lists(st.sampled_from(Standing), min_size=1, max_size=6))
def test_of_one_sending_at_most_one_acceptance_wins(standings: list[Standing]) -> None:
    people = [
        Assignment(id=n, responder_id=n, standing=s, round=0, offered_at=NOW, step=None, due_at=None)
        for n, s in enumerate(standings)
    ]
    going = [a for a in people if a.standing in (Standing.ACCEPTED, Standing.EN_ROUTE, Standing.ON_SCENE)]
    for a in people:
        assert first_won(people, a) is any(b.id != a.id for b in going)
