from __future__ import annotations

import pytest

from rules.domain.policy_difference import differences
from rules.domain.policy_lint import checked
from rules.domain.policy_value import BUILTIN

HEAD = 'version = "chengwan-1"\nextends = "builtin"\n'


def said(text: str) -> list[tuple[str, str]]:
    return [(found.part, found.en) for found in differences(BUILTIN, checked(HEAD + text))]


def test_the_same_under_another_name_differs_in_nothing() -> None:
    assert said("") == []


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (
            '[classes.fall]\nfirst_escalation_s = 30\nfamily_told = "at_once"\n',
            [("class", "Fall: first_escalation_s 60 → 30"), ("class", "Fall: family_told after_first_call → at_once")],
        ),
        ('[classes.request]\npriority = "P4"\n', [("class", "Service request: priority P5 → P4")]),
        (
            '[[rules]]\nname = "x"\ntype = "button"\nclass = "request"\neffect = "log"\n',
            [("rule", "button x: rule changed (was request) { } → request (log)")],
        ),
        (
            '[[rules]]\nname = "x"\ntype = "button"\nwhen = { absent = true }\nclass = "request"\neffect = "log"\n',
            [("rule", "button x: new rule { absent = true } → request (log)")],
        ),
        (
            '[ladders.p5]\nagain_after_s = 60\nstages = [{ after_s = 5, to = ["desks"] }]\n',
            [("ladder", "ladder p5: [86400s desks; ↻86400s] → [5s desks; ↻60s]")],
        ),
        ("[thresholds]\nstorm_alarms = 80\n", [("threshold", "threshold storm_alarms 50 → 80")]),
        ('[storms.power]\nclasses = ["power_lost"]\n', [("storm", "new storm power")]),
    ],
)
def test_each_change_is_a_line_that_names_both_sides(text: str, lines: list[tuple[str, str]]) -> None:
    assert said(text) == lines


def test_a_plan_says_which_steps_come_go_and_change() -> None:
    text = (
        '[plans.power_lost]\nzh = "断电"\nen = "Power cut"\n[[plans.power_lost.steps]]\nname = "ask"\nkind = "ask"\n'
        'zh = "问"\nen = "Ask"\n[[plans.power_lost.steps]]\nname = "more"\nkind = "ask"\nzh = "再问"\nen = "More"\n'
    )
    assert said(text) == [("plan", "plan power_lost: + more, − close, ~ ask")]


def test_every_line_stands_in_both_languages() -> None:
    text = '[classes.fall]\nfirst_escalation_s = 30\n[storms.power]\nclasses = ["power_lost"]\n'
    for found in differences(BUILTIN, checked(HEAD + text)):
        assert found.zh
        assert found.zh != found.en
