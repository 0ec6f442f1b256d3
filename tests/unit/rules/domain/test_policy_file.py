from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from devices.event import EventType
from rules.domain.policy_context import When
from rules.domain.policy_file import PolicyRefused, author_version, read, read_kept, version_of
from rules.domain.policy_lint import checked, covers, lint
from rules.domain.policy_routes import Effect, Reason
from rules.domain.policy_row import FamilyTold, Sent
from rules.domain.policy_table import ROWS, VERSION
from rules.domain.policy_value import BUILTIN, Policy
from rules.domain.policy_write import write
from rules.domain.vocabulary import Class, DeviceKind, Priority, Target

HEAD = 'version = "chengwan-1"\nextends = "builtin"\n'
BUILTIN_TEXT = write(BUILTIN)


def refused(text: str) -> list[str]:
    with pytest.raises(PolicyRefused) as error:
        checked(text)
    return [problem.line() for problem in error.value.problems]


def county(text: str) -> Policy:
    return checked(HEAD + text)


def test_the_built_in_policy_reads_back_equal_in_every_part() -> None:
    found = read(BUILTIN_TEXT)
    for part in ("rows", "routes", "ladders", "plans", "thresholds", "storms"):
        assert getattr(found, part) == getattr(BUILTIN, part), part
    assert author_version(found.version) == VERSION
    assert write(found) == BUILTIN_TEXT


def test_a_version_names_exactly_one_text() -> None:
    first, second = county(""), county("\n")
    assert first.version == f"chengwan-1+{version_of(HEAD)}"
    assert first.version != second.version
    assert author_version(first.version) == "chengwan-1"


def test_a_file_may_say_only_what_differs() -> None:
    found = county('[classes.fall]\nfirst_escalation_s = 30\nfamily_told = "at_once"\n')
    assert found.rows[Class.FALL] == replace(
        BUILTIN.rows[Class.FALL], first_escalation_s=30, family_told=FamilyTold.AT_ONCE
    )
    assert {class_: row for class_, row in found.rows.items() if class_ is not Class.FALL} == {
        class_: row for class_, row in BUILTIN.rows.items() if class_ is not Class.FALL
    }
    assert (found.routes, found.ladders, found.plans) == (BUILTIN.routes, BUILTIN.ladders, BUILTIN.plans)


def test_none_takes_a_value_away() -> None:
    row = county('[classes.water_leak_dependent]\nwarn_s = "none"\ndispatch = "nobody"\n').rows[
        Class.WATER_LEAK_DEPENDENT
    ]
    assert (row.warn_s, row.dispatch, row.dispatch_s) == (None, Sent.NOBODY, None)


def test_a_class_to_which_nobody_is_sent_has_no_evening_and_reads_back() -> None:
    found = county('[classes.wellbeing_unanswered]\ndispatch = "nobody"\n')
    assert not found.rows[Class.WELLBEING_UNANSWERED].dispatch_by_evening
    assert read(write(found)).rows == found.rows


def test_a_countys_rule_decides_before_a_built_in_one_that_asks_as_much() -> None:
    found = county(
        '[[rules]]\nname = "oxygen_first"\ntype = "fault"\nwhen = { tags_any = ["oxygen"] }\nclass = "fault"\n'
    )
    assert [route.name for route in found.routes[EventType.FAULT]] == [
        "oxygen_first",
        "equipment_at_home",
        "life_safety_device",
        "class_row",
    ]
    assert found.routes[EventType.FAULT][0].reason is Reason.COUNTY_RULE


def test_a_countys_rule_stands_in_for_the_one_with_its_name_or_its_condition() -> None:
    by_condition = county('[[rules]]\nname = "mine"\ntype = "button"\nclass = "request"\neffect = "log"\n')
    assert [(route.name, route.effect) for route in by_condition.routes[EventType.BUTTON]] == [("mine", Effect.LOG)]
    by_name = county(
        '[[rules]]\nname = "dependent_and_alone"\ntype = "water_leak"\nwhen = { ability_at_least = 4 }\n'
        'class = "water_leak_dependent"\n'
    )
    assert [route.when for route in by_name.routes[EventType.WATER_LEAK]] == [When(ability_at_least=4), When()]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[classes.sos]\npriority = \"P2\"", "classes.sos: P2 is under the floor P1"),
        ("[classes.sos]\nfirst_escalation_s = 61", "classes.sos: first stage after 61 s, at most 60 s"),
        ("[classes.fall]\npriority = \"P2\"\nfirst_escalation_s = 301", "classes.fall: first stage after 301 s"),
        ("[classes.fall]\ndelay_s = 1", "classes.fall: a delay of 1 s, and nothing that calls for help waits"),
        ("[classes.smoke]\ndispatch = \"staff\"", "classes.smoke: the machine sends trained kinds only"),
        ("[classes.intrusion]\ndispatch = \"trained\"\ndispatch_s = 5", "classes.intrusion: the machine sends nobody"),
        ("[classes.sos]\nfrist_escalation_s = 5", "did you mean first_escalation_s?"),
        ("[classes.sos]\nwarn_s = true", 'classes.sos.warn_s: True: a whole number of seconds'),
        ("[classes.sos]\nwarn_s = 1.5", "classes.sos.warn_s: 1.5: a whole number of seconds"),
        ("[classes.sos]\nzh = \"\"", "classes.sos.zh: \"\": some words"),
        ("[classes.sos]\nzh = \"a\\u0000b\"", "a text without control characters"),
        ("[classes.sos]\nplan = \"nothing\"", 'classes.sos.plan: "nothing": no such plan'),
        ("[classes.sos]\nladder = \"nothing\"", 'classes.sos.ladder: "nothing": no such ladder'),
        ("[classes.soss]\nzh = \"x\"", "classes.soss"),
        ("[classes.canary]\npriority = \"P1\"", "the canary is the machine's own"),
        ("[clases]\n", "clases: no such key; did you mean classes?"),
        ("[ladders.p1]\nagain_after_s = 60\nstages = []", "ladders.p1.stages"),
        ('[ladders.p1]\nagain_after_s = 60\nstages = [{ after_s = 60, to = ["record"] }]', "ladders.p1.stages[1].to"),
        ('[[rules]]\nname = "x"\ntype = "sos"\nclass = "request"', "of another kind of trouble"),
        ('[[rules]]\nname = "x"\ntype = "sos"\nclass = "fall"', "sos never goes under P1"),
        ('[[rules]]\nname = "x"\ntype = "sos"\nclass = "sos"\neffect = "log"', "it always rings"),
        ('[[rules]]\nname = "x"\ntype = "intrusion"\nclass = "fall"', "of another kind of trouble"),
        ('[[rules]]\nname = "x"\ntype = "heartbeat"\nclass = "fault"', "rules[1].type"),
        ('[[rules]]\nname = "x"\ntype = "fault"\nclass = "fault"\nwhen = { hours = ["22:00"] }', "rules[1].when.hours"),
        ('[[rules]]\nname = "x"\ntype = "fault"\nclass = "fault"\nwhen = { tag = ["x"] }', "rules[1].when.tag"),
        ("[storms.mine]\nclasses = [\"sos\"]", "no storm holds sos: by code"),
        ("[thresholds]\nstorm_alarms = 0", "thresholds.storm_alarms: 0: a whole number from 1"),
        ("[plans.mine]\nzh = \"x\"\nen = \"x\"\n", "plans.mine.steps"),
    ],
)  # fmt: skip
def test_each_mistake_is_named_with_its_place_and_remedy(text: str, said: str) -> None:
    assert any(said in line for line in refused(HEAD + text)), refused(HEAD + text)


def test_all_mistakes_are_said_in_one_go() -> None:
    found = refused(
        HEAD
        + '[classes.sos]\npriority = "P3"\nfrist = 1\n'
        + '[[rules]]\nname = "a"\ntype = "removed"\nclass = "removed"\n'
        + '[[rules]]\nname = "a"\ntype = "removed"\nclass = "removed"\n'
        + '[ladders.mine]\nagain_after_s = 5\nstages = [{ after_s = 5, to = ["desks"] }]\n'
    )
    assert len(found) >= 4
    assert any("no class uses it" in line for line in found)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = 1\na = 2\n", "it is not TOML"),
        ("version = [[[", "it is not TOML"),
        ("x = " + "[" * 100_000, "it is not TOML"),
        ("x = " + "9" * 10_000, "it is not TOML"),
        ("\ud800", "it is not UTF-8"),
        ("#" * 1_000_001, "at most 1000000 bytes"),
        ("", "version: is missing"),
        ('version = "x"\nextends = "other"\n', 'extends: "other": "builtin"'),
    ],
)
def test_what_is_no_policy_at_all_is_refused_and_nothing_else_is_raised(text: str, said: str) -> None:
    assert any(said in line for line in refused(text)), refused(text)[:5]


def test_a_file_that_states_everything_must_state_every_class() -> None:
    without = BUILTIN_TEXT.replace("[classes.sos]", "[classes.sos_gone]", 1)
    found = refused(without)
    assert any("classes.sos_gone" in line for line in found)
    assert "classes.sos: no row" in found


def test_an_update_that_brings_a_class_does_not_throw_a_county_back_to_the_built_in_policy() -> None:
    start = BUILTIN_TEXT.index("[classes.runaway_device]")
    end = BUILTIN_TEXT.index("[classes.", start + 1)
    kept = (BUILTIN_TEXT[:start] + BUILTIN_TEXT[end:]).replace("first_escalation_s = 60", "first_escalation_s = 50", 1)
    found = read_kept(kept)
    assert found.rows[Class.RUNAWAY_DEVICE] == ROWS[Class.RUNAWAY_DEVICE]
    assert found.rows[Class.SOS].first_escalation_s == 50
    assert "classes.runaway_device: no row" in refused(kept), "what is proposed anew states every class"


# -- the lint --------------------------------------------------------------------------------------------------------


def test_the_built_in_policy_has_nothing_to_complain_of() -> None:
    assert lint(BUILTIN) == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '[[rules]]\nname = "a"\ntype = "removed"\nwhen = { tags_any = ["x", "y"] }\nclass = "removed"\n'
            '[[rules]]\nname = "b"\ntype = "removed"\nwhen = { tags_any = ["x"] }\nclass = "removed_dementia"\n',
            "rules of removed: b: never decides: a holds whenever it does",
        ),
        (
            '[ladders.p1]\nagain_after_s = 60\nstages = [{ after_s = 60, to = ["on_call_phone"] },'
            ' { after_s = 20, to = ["on_call_phone"] }]\n',
            "stage 2 comes 20 s later and cuts its call off",
        ),
        (
            '[ladders.p1]\nagain_after_s = 29\nstages = [{ after_s = 60, to = ["county_duty"] }]\n',
            "stage 1 of the next round comes 29 s later",
        ),
        (
            '[classes.sos]\nplan = "mine"\n[plans.mine]\nzh = "求助"\nen = "Help"\n[[plans.mine.steps]]\n'
            'name = "call"\nkind = "call"\nto = "resident"\nzh = "呼叫"\nen = "Call"\n',
            "must hold a close step that asks how it is known that the person is safe",
        ),
        (
            '[classes.fire]\nplan = "sos"\n',
            "plans.sos: send: fire: only trained people are sent",
        ),
        ('[classes.intrusion]\nplan = "fire"\n', "nobody is sent into an intrusion"),
        ('[classes.fire]\nservices_after_s = "none"\n', "by when a person has called the fire service"),
        ("[classes.sos]\nwarn_s = 90\n", "warns after 90 s, later than critical after 60 s"),
    ],
)
def test_what_can_be_read_and_makes_no_sense_is_said(text: str, said: str) -> None:
    assert any(said in line for line in refused(HEAD + text)), refused(HEAD + text)


def test_no_answer_may_not_end_a_case_that_calls_for_help() -> None:
    text = BUILTIN_TEXT.replace(
        'en = "No answer, unclear or busy", goes_to = "call_again"', 'en = "No", goes_to = "close"', 1
    )
    assert text != BUILTIN_TEXT
    assert any("no answer is the outcome of a call" in line for line in refused(text))


def test_a_step_that_leads_to_one_which_this_person_does_not_have_is_said() -> None:
    text = BUILTIN_TEXT.replace('goes_to = "send" }', 'goes_to = "text_resident" }', 1)
    assert any("which is left out for people who can use the telephone" in line for line in refused(text))


def test_a_step_that_leads_nowhere_is_said() -> None:
    text = BUILTIN_TEXT.replace('goes_to = "where"', 'goes_to = "elsewhere"', 1)
    assert any("leads to elsewhere, which is no step of this plan" in line for line in refused(text))


@pytest.mark.parametrize(
    ("wider", "narrower", "does"),
    [
        (When(), When(speechless=True), True),
        (When(speechless=True), When(), False),
        (When(tags_any=frozenset({"a", "b"})), When(tags_any=frozenset({"a"})), True),
        (When(tags_any=frozenset({"a"})), When(tags_any=frozenset({"a", "b"})), False),
        (When(tags_any=frozenset({"a"})), When(tags_all=frozenset({"a", "b"})), True),
        (When(tags_all=frozenset({"a"})), When(tags_any=frozenset({"a"})), True),
        (When(ability_at_least=3), When(ability_at_least=4), True),
        (When(ability_at_least=4), When(ability_at_least=3), False),
        (When(kinds=frozenset({DeviceKind.HUB, DeviceKind.OTHER})), When(kinds=frozenset({DeviceKind.HUB})), True),
        (When(hours=(1320, 360)), When(hours=(0, 300)), True),
        (When(hours=(0, 300)), When(hours=(1320, 360)), False),
        (When(area="chengwan"), When(area="chengwan.haibin"), True),
        (When(area="chengwan.haibin"), When(area="chengwan"), False),
    ],
)
def test_a_condition_covers_another_that_it_holds_with(wider: When, narrower: When, does: bool) -> None:
    assert covers(wider, narrower) is does


def test_every_class_names_a_plan_both_languages_and_when_the_family_is_told() -> None:
    for class_, row in ROWS.items():
        assert row.plan in BUILTIN.plans, class_
        assert row.zh, class_
        assert row.en, class_
    assert ROWS[Class.SOS].services_after_s == 120
    assert ROWS[Class.GAS].services_after_s == 60
    assert ROWS[Class.SOS_NO_VOICE].family_told is FamilyTold.AT_ONCE


def test_every_priority_has_a_chain_that_reaches_somebody() -> None:
    for priority in Priority:
        stages = BUILTIN.ladders[priority.label.lower()].stages
        assert all(Target.RECORD not in stage.to for stage in stages)


def test_the_example_of_the_guide_is_a_good_policy() -> None:
    page = (Path(__file__).parents[4] / "docs" / "policy_file.md").read_text(encoding="utf-8")
    found = checked(page.split("```toml\n", 1)[1].split("```", 1)[0])
    assert {route.name for route in found.routes[EventType.REMOVED]} >= {"band_off_at_bedtime", "dementia"}
    assert found.rows[Class.FALL].warn_s is None
