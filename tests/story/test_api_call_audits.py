"""Who answers for calls hears some of them: nobody chooses which, a second pair of ears decides a quarrel."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.domain.call_audits import Candidate, Stratum, draw
from rules.domain.vocabulary import Priority, Step
from store.steps import Hand
from tests.story.conftest import Console, Person
from tests.town import Town

SITE = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 10, 4, tzinfo=UTC)


def call(number: int, *, user: int = 1, hours: int = 0, **more: object) -> Candidate:
    fields = {"class_": "sos", "priority": Priority.CRITICAL, "outcome": "accidental", **more}
    return Candidate(
        incident_id=number, seq=2, user_id=user, called_at=NOON + timedelta(hours=hours), **fields  # type: ignore[arg-type]  # a test's short hand
    )  # fmt: skip


CALLS = [
    *(call(n) for n in range(1, 20)), call(50, outcome="emergency"), call(51, hours=12, outcome="assistance"),
    call(52, hours=12), call(53, class_="smoke", outcome="technical"),
]  # fmt: skip


@given(seed=st.integers(0, 2**53), per_user=st.integers(2, 6))
def test_a_sample_begins_with_an_emergency_and_nobody_chooses_it(seed: int, per_user: int) -> None:
    drawn = draw(CALLS, seed=seed, per_user=per_user, zone=SITE)
    assert len(drawn) == per_user
    assert drawn[0][1] is Stratum.EMERGENCY
    assert len({one.incident_id for one, _ in drawn}) == per_user
    assert drawn == draw(reversed(CALLS), seed=seed, per_user=per_user, zone=SITE), "the seed proves it"


def test_night_and_accidental_have_their_turn() -> None:
    strata = {why for _, why in draw(CALLS, seed=7, per_user=4, zone=SITE)}
    assert strata == set(Stratum)


async def called(console: Console, dispatcher: Person) -> None:
    case = await console.case(dispatcher)
    town, by = Town(db=console.db), Hand(user_id=dispatcher.id)
    await town.step(case, Step.CLAIM, by, now=console.clock.now())
    console.clock.advance(30)
    facts = (("to", "resident"), ("result", "spoke_ok"), ("verified", "none"))
    await town.step(case, Step.CALL, by, now=console.clock.now(), facts=facts)


@pytest.fixture
async def people(console: Console) -> tuple[Person, Person, Person]:
    dispatcher = await console.person("li", "dispatcher")
    for _ in range(3):
        await called(console, dispatcher)
    reviewer = await console.person("qian", "quality_reviewer")
    return dispatcher, reviewer, await console.person("zhao", "quality_reviewer")


async def test_a_sample_is_drawn_scored_signed_and_scored_again(
    console: Console, people: tuple[Person, Person, Person]
) -> None:
    dispatcher, reviewer, second = people
    drawn = await reviewer.posts("/call_audits", {"month": "2026-11"})
    assert drawn.status == 201, drawn.body
    assert (len(drawn.body["audits"]), drawn.body["candidates"]) == (2, 3)
    again = await second.posts("/call_audits", {"month": "2026-11", "seed": int(drawn.body["seed"])})
    assert [one["incident"] for one in again.body["audits"]] == [one["incident"] for one in drawn.body["audits"]]
    path = f"/call_audits/{drawn.body['audits'][0]['id']}"
    assert (await dispatcher.patches(path, {"signed": True})).status == 409, "nothing to sign yet"
    assert (await dispatcher.patches(path, {"scores": {"tone": 4}})).status == 409
    scored = await reviewer.patches(path, {"scores": {"tone": 2, "plan_followed": 4}, "note": "asked for Mr Wang"})
    assert (scored.status, scored.body["first"]["pct"], scored.body["note"]) == (200, 75.0, "asked for Mr Wang")
    assert (await reviewer.patches(path, {"scores": {"tone": 1}})).status == 409, "the second is another's"
    signed = await dispatcher.patches(path, {"signed": True, "disagrees": True})
    assert (signed.body["disagrees"], signed.body["second_wanted"]) == (True, True)
    final = await second.patches(path, {"scores": {"tone": 4, "plan_followed": 4}})
    assert final.body["second"]["pct"] == 100.0
    report = await reviewer.gets("/reports/kpi?from=2026-10-31T16:00:00Z&to=2026-11-30T16:00:00Z")
    (audits,) = [one for one in report.body["figures"] if one["id"] == "call_audits"]
    assert (audits["numerator"], audits["denominator"]) == (0, 1), "one of two, and no emergency among them"


async def test_a_dispatcher_sees_their_own_and_nobody_elses(
    console: Console, people: tuple[Person, Person, Person]
) -> None:
    dispatcher, reviewer, _ = people
    other = await console.person("sun", "dispatcher")
    drawn = await reviewer.posts("/call_audits", {"month": "2026-11"})
    path = f"/call_audits/{drawn.body['audits'][0]['id']}"
    assert len((await dispatcher.gets("/call_audits")).body["items"]) == 2
    assert (await other.gets("/call_audits")).body["items"] == []
    assert (await other.gets(path)).status == 404
    assert (await dispatcher.posts("/call_audits", {"month": "2026-11"})).status == 403
    assert (await reviewer.posts("/call_audits", {"month": "2027-01"})).status == 422
