"""One wrong line at 17:00 on Friday makes every fall a nuisance: a change takes two people, one command undoes it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from devices.event import EventType
from store import policy_versions
from tests.town import CENTRE, Town

COUNTY = """\
version = "chengwan-1"
extends = "builtin"

[classes.fall]
first_escalation_s = 30

[[rules]]
name = "band_log"
type = "removed"
when = { tags_any = ["own_care"] }
class = "removed"
effect = "log"
"""
OTHER = COUNTY.replace("chengwan-1", "chengwan-2").replace("= 30", "= 45")


@pytest.fixture
async def people(console: Any) -> Any:
    await console.db.pool.execute("TRUNCATE policy, policy_file")
    mei = await console.person("mei", "supervisor")
    an = await console.person("an", "centre_manager")
    yield mei, an
    await console.db.pool.execute("TRUNCATE policy, policy_file")


async def _proposed(person: Any, text: str = COUNTY) -> dict[str, Any]:
    answer = await person.posts("/policies", {"toml": text, "reason": "falls were found late"})
    assert answer.status == 201, answer.body
    return dict(answer.body)


async def test_a_policy_takes_effect_when_a_second_person_approves_its_difference(console: Any, people: Any) -> None:
    mei, an = people
    found = await _proposed(mei)
    assert (found["state"], found["proposed_by_name"]) == ("proposed", "Mei")
    assert {line["part"] for line in found["differences"]} == {"class", "rule"}
    assert any("60 → 30" in line["zh"] for line in found["differences"])
    own = await mei.posts(f"/policies/{found['id']}/approve")
    assert (own.status, own.body["code"]) == (409, "second_person_needed")
    assert (await mei.gets("/policies")).body["in_force"] == "builtin-3"
    approved = await an.posts(f"/policies/{found['id']}/approve")
    assert (approved.status, approved.body["state"]) == (200, "active")
    assert (await mei.gets("/policies")).body["in_force"] == found["version"]
    acts = [row["action"] for row in await console.db.pool.fetch("SELECT action FROM audit ORDER BY no DESC LIMIT 2")]
    assert acts == ["policy_approved", "policy_proposed"]


async def test_of_two_approvals_at_once_one_wins(people: Any, console: Any) -> None:
    mei, an = people
    third = await console.person("li", "supervisor")
    found = await _proposed(mei)
    answers = await asyncio.gather(*(who.posts(f"/policies/{found['id']}/approve") for who in (an, third)))
    assert sorted(answer.status for answer in answers) == [200, 409]


async def test_nobody_approves_what_was_compared_with_another_policy(people: Any) -> None:
    mei, an = people
    first, second = await _proposed(mei), await _proposed(mei, OTHER)
    assert (await an.posts(f"/policies/{first['id']}/approve")).status == 200
    stale = await an.posts(f"/policies/{second['id']}/approve")
    assert (stale.status, stale.body["code"]) == (409, "replay_needed")
    again = await mei.posts(f"/policies/{second['id']}/replay")
    assert again.body["replay"]["before"] == first["version"]
    assert (await an.posts(f"/policies/{second['id']}/approve")).status == 200


async def test_a_bad_text_is_refused_with_every_problem_by_its_place(people: Any) -> None:
    mei, _ = people
    bad = COUNTY.replace("first_escalation_s = 30", 'first_escalation_s = 3000\npriority = "P3"\nfrist = 1')
    answer = await mei.posts("/policies", {"toml": bad})
    assert answer.status == 422
    places = {problem["field"] for problem in answer.body["problems"]}
    assert {"classes.fall", "classes.fall.frist"} <= places
    assert (await mei.gets("/policies")).body["items"] == []


async def test_one_command_goes_back_to_the_last_good_policy_and_never_to_what_was_taken_back(people: Any) -> None:
    mei, an = people
    first = await _proposed(mei)
    await an.posts(f"/policies/{first['id']}/approve")
    second = await _proposed(mei, OTHER)
    await an.posts(f"/policies/{second['id']}/approve")
    assert (await mei.posts("/policies/back", {"reason": "rang too soon"})).body["version"] == first["version"]
    assert (await mei.posts("/policies/back", {"reason": "still"})).body["version"] == "builtin-3"
    assert (await mei.posts("/policies/back", {"reason": "still"})).status == 409
    states = {item["version"]: item["state"] for item in (await mei.gets("/policies")).body["items"]}
    assert set(states.values()) == {"refused"}


async def test_what_the_second_person_saw_stays_as_it_was(people: Any, console: Any) -> None:
    mei, an = people
    found = await _proposed(mei)
    approved = await an.posts(f"/policies/{found['id']}/approve")
    console.clock.advance(60)
    assert (await mei.posts(f"/policies/{found['id']}/replay")).status == 409
    assert (await mei.gets(f"/policies/{found['id']}")).body["replay"] == approved.body["replay"]


async def test_a_refusal_has_a_reason_and_is_final(people: Any) -> None:
    mei, an = people
    found = await _proposed(mei)
    assert (await an.posts(f"/policies/{found['id']}/refuse", {})).status == 422
    refused = await an.posts(f"/policies/{found['id']}/refuse", {"reason": "not before the holidays"})
    assert (refused.body["state"], refused.body["reason"]) == ("refused", "not before the holidays")
    assert (await an.posts(f"/policies/{found['id']}/approve")).status == 409


async def test_a_dispatcher_reads_the_policy_and_does_not_change_it(people: Any, console: Any) -> None:
    mei, _ = people
    desk = await console.person("wu", "dispatcher")
    found = await _proposed(mei)
    assert (await desk.posts("/policies", {"toml": COUNTY})).status == 403
    assert (await desk.posts(f"/policies/{found['id']}/approve")).status == 403
    assert (await desk.posts("/policies/back", {"reason": "no"})).status == 403
    assert "[classes.sos]" in (await desk.gets("/policies/in_force")).body["toml"]


async def test_the_replay_names_each_recorded_event_that_would_be_judged_otherwise(people: Any, console: Any) -> None:
    mei, _ = people
    town = Town(db=console.db, centre=CENTRE)
    home = await town.home()
    await town.says(home.button, EventType.FALL, now=console.clock.now())
    console.clock.advance(60)
    found = await _proposed(mei)
    ours = [row for row in found["replay"]["differences"] if row["type"] == "fall"]
    assert ours[-1]["before"]["first_stage_s"] == 60
    assert ours[-1]["after"]["first_stage_s"] == 30
    assert found["replay"]["assumptions"]


async def test_whoever_asks_is_told_why_an_event_got_its_class(people: Any, console: Any) -> None:
    mei, _ = people
    answer = await mei.gets("/policies/explain?type=fence_exit&tag=dementia,living_alone&outdoors_at_risk=true")
    assert (answer.body["class"], answer.body["priority"]) == ("wandering_at_risk", "P1")
    decided = [rule for rule in answer.body["rules"] if rule["decides"]]
    assert decided[0]["name"] == "dementia_at_risk"
    others = [rule["name"] for rule in answer.body["rules"] if rule["holds"] and not rule["decides"]]
    assert others == [
        "dementia",
        "fence_of_one_who_may_go",
    ]
    assert any("预案" in line for line in answer.body["zh"])
    town = Town(db=console.db, centre=CENTRE)
    accepted = await town.says((await town.home()).button, EventType.SOS, now=console.clock.now())
    why = await mei.gets(f"/incidents/{accepted.incident_id}/explain")
    assert (why.body["class"], why.body["recorded_decision"], why.body["floor"]) == ("sos", "class_row", "P1")


async def test_what_the_watched_file_proposed_is_approved_only_after_its_replay(console: Any, people: Any) -> None:
    mei, an = people
    no, _ = await policy_versions.propose(
        console.db, COUNTY, origin=policy_versions.Origin.FILE, by=None, now=console.clock.now()
    )
    early = await an.posts(f"/policies/{no}/approve")
    assert (early.status, early.body["code"]) == (409, "replay_needed")
    assert (await mei.posts(f"/policies/{no}/replay")).status == 200
    assert (await an.posts(f"/policies/{no}/approve")).status == 200
