"""A figure without a definition is an argument: what a claim-and-release game, a test and an outage do to it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from devices.event import EventType
from rules.domain.kpi_definition import Figure
from rules.domain.kpi_definitions import DEFINITIONS
from rules.domain.vocabulary import Step
from store.steps import Hand
from tests.story.conftest import Console, Person
from tests.town import Town

OF_THE_DAY = "/reports/kpi?from=2026-11-18T16:00:00Z&to=2026-11-20T16:00:00Z"


@pytest.fixture
def town(console: Console) -> Town:
    return Town(db=console.db)


async def figure(by: Person, name: str, path: str = OF_THE_DAY) -> dict[str, Any]:
    answer = await by.gets(path)
    assert answer.status == 200, answer.body
    return next(one for one in answer.body["figures"] if one["id"] == name)


async def pressed(console: Console, town: Town) -> int:
    home = await town.home()
    return int((await town.says(home.button, EventType.SOS, now=console.clock.now())).incident_id or 0)


async def step(console: Console, town: Town, incident_id: int, what: Step, by: Hand) -> None:
    await town.step(incident_id, what, by, now=console.clock.now())


async def test_every_figure_comes_with_its_definition_and_says_why_it_has_no_data(console: Console) -> None:
    manager = await console.person("chen", "centre_manager")
    body = (await manager.gets(OF_THE_DAY)).body
    assert [one["id"] for one in body["figures"]] == [str(one) for one in Figure]
    assert (body["time_zone"], body["software"], body["areas"]) == ("Asia/Shanghai", "0.0", [])
    for one in body["figures"]:
        assert one["version"] == DEFINITIONS[Figure(one["id"])].version
        assert one["no_data"], f"{one['id']}: nothing has happened in this town"
        assert one["value"] is None, "never a zero"


async def test_a_claim_given_back_at_once_stops_no_clock(console: Console, town: Town) -> None:
    manager, player = await console.person("chen", "centre_manager"), await town.user()
    incident = await pressed(console, town)
    console.clock.advance(5)
    await step(console, town, incident, Step.CLAIM, player)
    console.clock.advance(3)
    await step(console, town, incident, Step.RELEASE, player)
    console.clock.advance(92)
    await step(console, town, incident, Step.CLAIM, player)
    console.clock.advance(600)
    answer = await figure(manager, "answer")
    assert (answer["numerator"], answer["denominator"]) == (0, 1)
    assert answer["percentiles"]["p50"] == 100
    assert [(miss["ref"], miss["value"]) for miss in answer["misses"]] == [(f"incident:{incident}", 100)]
    assert [target["met"] for target in answer["targets"]] == [False, True]


async def test_a_claim_that_is_worked_on_counts_from_its_first_moment(console: Console, town: Town) -> None:
    manager, dispatcher = await console.person("chen", "centre_manager"), await town.user()
    incident = await pressed(console, town)
    console.clock.advance(20)
    await step(console, town, incident, Step.CLAIM, dispatcher)
    console.clock.advance(2)
    await town.step(incident, Step.NOTE, dispatcher, now=console.clock.now(), text="she fell")
    await step(console, town, incident, Step.RELEASE, dispatcher)
    answer = await figure(manager, "answer")
    assert (answer["numerator"], answer["denominator"], answer["misses"]) == (1, 1, [])
    assert answer["groups"]["priority"] == [{"key": "P1", "numerator": 1, "denominator": 1, "p50": 20, "p90": 20}]
    assert [one["key"] for one in answer["groups"]["hour"]] == ["14"], "of the site, not of Greenwich"


async def test_a_further_press_has_a_clock_of_its_own(console: Console, town: Town) -> None:
    manager, dispatcher = await console.person("chen", "centre_manager"), await town.user()
    home = await town.home()
    incident = (await town.says(home.button, now=console.clock.now())).incident_id
    assert incident is not None
    console.clock.advance(20)
    await step(console, town, incident, Step.CLAIM, dispatcher)
    console.clock.advance(100)
    await town.says(home.button, now=console.clock.now())
    console.clock.advance(40)
    await step(console, town, incident, Step.CONFIRM, dispatcher)
    answer = await figure(manager, "answer")
    assert (answer["denominator"], answer["percentiles"]["p50"], answer["percentiles"]["p90"]) == (2, 20, 40)


async def test_what_is_still_young_is_counted_beside_and_what_is_old_is_missed(console: Console, town: Town) -> None:
    manager = await console.person("chen", "centre_manager")
    await pressed(console, town)
    console.clock.advance(30)
    young = await figure(manager, "answer")
    assert {one["reason"]: one["count"] for one in young["exclusions"]} == {"confirmed_test": 0, "still_running": 1}
    console.clock.advance(300)
    old = await figure(manager, "answer")
    assert (old["numerator"], old["denominator"], old["percentiles"]["p50"]) == (0, 1, None)
    assert (await figure(manager, "unattended"))["misses_total"] == 1


async def test_figures_are_of_the_areas_one_may_see(console: Console, town: Town) -> None:
    outsider = await console.person("sun", "supervisor", ["320681.320681900"])
    await pressed(console, town)
    console.clock.advance(600)
    assert (await figure(outsider, "answer"))["no_data"] == "nothing_happened"
    assert (await figure(outsider, "system_watch"))["no_data"] == "not_by_area"
    assert (await outsider.gets(f"{OF_THE_DAY}&area=320681.320681100")).status == 422


async def test_who_may_not_answer_for_figures_reads_none(console: Console) -> None:
    for role in ("dispatcher", "responder", "system_administrator", "program"):
        person = await console.person(f"one.{role}", role)
        assert (await person.gets(OF_THE_DAY)).status == 403, role


async def test_a_period_is_bounded(console: Console) -> None:
    auditor = await console.person("zhou", "auditor")
    for period in (
        "from=2026-11-20T00:00:00Z&to=2026-11-19T00:00:00Z",
        "from=2025-01-01T00:00:00Z&to=2026-11-19T00:00:00Z",
        "from=2026-11-20T00:00:00Z",
    ):
        assert (await auditor.gets(f"/reports/kpi?{period}")).status == 422, period


async def test_a_report_is_made_one_at_a_time_and_by_another_process(console: Console) -> None:
    manager = await console.person("chen", "centre_manager")
    answers = await asyncio.gather(*(manager.gets(OF_THE_DAY) for _ in range(3)))
    assert sorted(answer.status for answer in answers) == [200, 503, 503]
    assert {answer.body["code"] for answer in answers if answer.status == 503} == {"report_busy"}
    assert (await manager.gets(OF_THE_DAY)).status == 200, "the way is free again"
