"""A policy changed in mid-case must not swap a case's clocks under somebody's hands, nor keep a fire from its own."""

from __future__ import annotations

import json

from devices.event import EventType
from rules.domain.vocabulary import Class
from store import policy_versions
from tests.story.centre_at_night import night_in
from tests.story.under_policy import put_in_force

SLOW_STAGES = """
[ladders.p1]
again_after_s = 60
stages = [{ after_s = 60, to = ["county_duty"] }]

[classes.smoke]
first_escalation_s = 20

[classes.fire]
first_escalation_s = 10
plan = "fire_here"

[plans.fire_here]
zh = "本县火警"
en = "Fire, as we do it"

[[plans.fire_here.steps]]
name = "safety"
kind = "call"
to = "service"
zh = "不要进入，拨打119"
en = "Do not go in, call 119"

[[plans.fire_here.steps]]
name = "close"
kind = "close"
zh = "怎样确认平安？"
en = "How is it known that they are safe?"
choices = [{ value = "seen_by", zh = "见到", en = "Seen" }]
"""


async def test_an_open_case_keeps_its_ladder_and_the_next_one_takes_the_new(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        await night.town.user()
        before = (await night.press(await night.town.home())).incident_id
        version = await put_in_force(night.town.db, SLOW_STAGES, now=night.now)
        after = (await night.press(await night.town.home())).incident_id
        await night.pass_seconds(60)
        assert (await night.case(before))["sound_to"] == "supervisors", "its own ladder: desks and supervisors first"
        assert (await night.case(after))["sound_to"] == "county_duty"
        assert (await night.case(before))["policy_version"] == "builtin-3"
        assert (await night.case(after))["policy_version"] == version


async def test_a_fire_that_joins_takes_the_policy_of_its_own_time_with_its_plan_in_front(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        await night.town.user()
        home = await night.town.home()
        detector = await night.town.device("smoke_alarm", premises_id=home.premises_id)
        case_id = (await night.town.says(detector, EventType.SMOKE, now=night.now)).incident_id
        before = await night.case(case_id)
        version = await put_in_force(night.town.db, SLOW_STAGES, now=night.now)
        other = await night.town.device("smoke_alarm", premises_id=home.premises_id)
        joined = await night.town.says(other, EventType.FIRE, now=night.now)
        assert joined.incident_id == case_id
        case = await night.case(case_id)
        assert (before["class"], case["class"]) == (Class.SMOKE, Class.FIRE)
        assert (before["policy_version"], case["policy_version"]) == ("builtin-3", version)
        steps = case["plan"] if isinstance(case["plan"], list) else json.loads(case["plan"])
        assert [step["id"] for step in steps[:3]] == ["fire.safety", "fire.close", "smoke.safety"]
        assert {step["policy"] for step in steps if step["class"] == "smoke"} == {"builtin-3"}
        assert case["first_escalation_s"] == 10, "its first deadline counts from now, by its own row"


async def test_back_is_felt_by_the_next_alarm(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        await put_in_force(night.town.db, "[classes.sos]\nfirst_escalation_s = 10\n", now=night.now)
        first = await night.press(await night.town.home())
        await policy_versions.back(night.town.db, by=None, reason="rang too soon", now=night.now)
        second = await night.press(await night.town.home())
        assert (await night.case(first.incident_id))["first_escalation_s"] == 10
        assert (await night.case(second.incident_id))["first_escalation_s"] == 60
