from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType

import pytest

from devices.event import EventType
from rules.domain.explaining import Explanation, explain
from rules.domain.policy import Context
from rules.domain.policy_lint import checked
from rules.domain.policy_value import BUILTIN, Policy

NOW = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)
HEAD = 'version = "chengwan-1"\nextends = "builtin"\n'


def why(event_type: EventType | None, policy: Policy = BUILTIN, **known: object) -> Explanation:
    return explain(event_type, replace(Context(), **known), policy, now=NOW)  # type: ignore[arg-type]  # short hand


def test_the_rule_that_asks_most_decides_and_those_that_gave_way_are_named() -> None:
    found = why(EventType.FENCE_EXIT, tags=frozenset({"dementia"}), outdoors_at_risk=True)
    assert [(rule.name, rule.holds, rule.decides, rule.weight) for rule in found.rules] == [
        ("dementia_at_risk", True, True, 2),
        ("dementia", True, False, 1),
        ("fence_of_one_who_may_go", True, False, 0),
    ]
    assert any("holds too and asks 1, so it gives way" in line for line in found.en)
    assert any("也成立" in line for line in found.zh)


def test_a_countys_rule_is_named_as_the_event_keeps_it() -> None:
    text = '[[rules]]\nname = "night_water"\ntype = "water_leak"\nwhen = { hours = ["22:00", "06:00"] }\n'
    policy = checked(HEAD + text + 'class = "water_leak_dependent"\n')
    found = why(EventType.WATER_LEAK, policy, minute=23 * 60)
    assert found.assessment.decision == "county_rule:night_water"
    assert found.assessment.rule == "night_water"
    assert why(EventType.WATER_LEAK, policy, minute=12 * 60).assessment.decision == "class_row"


def test_what_matches_nothing_is_said_to_be_an_unknown_alarm() -> None:
    found = why(EventType.SOS, replace(BUILTIN, routes=MappingProxyType({})))
    assert any("never silence" in line for line in found.en)
    assert any("绝不静默" in line for line in found.zh)
    assert (found.floor, found.floor_acted) == ("P1", True), "the floor of a call for help acts in code"


@pytest.mark.parametrize("event_type", [*EventType, None])
def test_every_type_is_explained_in_both_languages(event_type: EventType | None) -> None:
    found = why(event_type)
    assert len(found.zh) >= 2
    assert len(found.en) >= 2


def test_the_chain_the_sending_and_the_plan_follow() -> None:
    text = "\n".join(why(EventType.GAS).en)
    for part in (
        "nobody at a desk after 45 s",
        "sends 2 of trained after 30 s",
        "fire, ambulance within 60 s",
        "plan gas",
    ):
        assert part in text
