"""Words: for every purpose, kind of channel and language, bounded, and without what must not be said outside."""

from __future__ import annotations

import re

import pytest

from notify import templates
from notify.channel import Language
from notify.facts import ALLOWED, leaving
from notify.templates import SAID, TEXTS, filled, mail_of, parameters_of, robot_of, spoken_values, values_of, words_of
from notify.words import CLASSES, ENDS, PARAMETERS
from rules.domain.notices import Purpose
from rules.domain.telling import Ending
from rules.domain.vocabulary import Class
from tests.channels import FACTS, message

EVERY = [(purpose, language) for purpose in SAID for language in Language]
LONGEST = FACTS | {"area": "澄" * 40, "class": "removed_dementia", "code": "x" * 64, "count": 10**11}
HEALTH = re.compile(r"失智|痴呆|体征|心率|血压|血氧|依赖|残疾|dementia|vital|dependent|heart|disab", re.IGNORECASE)


@pytest.mark.parametrize(("purpose", "language"), EVERY)
def test_every_purpose_is_said_by_every_kind_of_channel_in_every_language(purpose: Purpose, language: Language) -> None:
    words = TEXTS[purpose, language]
    for text in (words.spoken, words.sms, words.subject, words.robot):
        assert text and set(parameters_of(text)) <= PARAMETERS
        assert "{" not in filled(text, FACTS, language) and "{" not in filled(text, {}, language)


@pytest.mark.parametrize(("purpose", "language"), EVERY)
def test_no_text_grows_past_its_bound(purpose: Purpose, language: Language) -> None:
    words = words_of(purpose, language)
    bounds = {
        words.spoken: templates.SPOKEN_CHARACTERS_MOST,
        words.subject: templates.SUBJECT_CHARACTERS_MOST + 20,  # a longest area and class at once
        words.robot: templates.ROBOT_CHARACTERS_MOST,
    }
    for text, most in bounds.items():
        assert len(filled(text, LONGEST, language)) <= most
    assert len(filled(words.sms, LONGEST | {"code": "aB3dE5fG7h"}, language)) <= templates.SMS_CHARACTERS_MOST
    for name, value in values_of(words.sms, LONGEST, language).items():
        assert len(value) <= (64 if name == "code" else 20)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("purpose", [Purpose.ESCALATION, Purpose.OFFER, Purpose.CHECK_BACK, Purpose.CALL_SERVICES])
def test_a_call_that_waits_for_a_key_says_which(purpose: Purpose, language: Language) -> None:
    spoken = words_of(purpose, language).spoken
    assert "1" in spoken and "2" in spoken


@pytest.mark.parametrize("class_", Class)
def test_every_class_has_a_word_that_may_be_said_outside(class_: Class) -> None:
    zh, en = CLASSES[class_]
    assert zh and en and not HEALTH.search(zh + en) and len(zh) <= 20 and len(en) <= 20


@pytest.mark.parametrize("ending", Ending)
def test_every_end_is_said_without_a_diagnosis(ending: Ending) -> None:
    said = filled("{end}", {"end": str(ending)}, Language.ZH)
    assert said != "未知" and not HEALTH.search(said)
    assert not any(HEALTH.search("".join(pair)) for pair in ENDS.values())


def test_no_sms_text_holds_a_variable_link() -> None:
    for words in TEXTS.values():
        assert "http" not in words.sms
        if "code" in parameters_of(words.sms):
            assert "〔" in words.sms  # the domain stands in the fixed part


def test_a_number_is_spoken_short_enough_to_remember() -> None:
    assert spoken_values("{number}", FACTS, Language.ZH) == {"number": "0143"}


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        ("name", "王秀英"), ("resident", "王秀英"), ("phone", "13900000000"), ("address", "松湖镇望江路12号"),
        ("area", "松湖镇望江路12号3栋"), ("area", "13900000000"), ("area", "王秀英 13900000000"), ("note", "糖尿病"),
        ("number", "13900000000"), ("number", 13900000000), ("number", "330100194001010011"), ("number", True),
        ("end", "糖尿病"), ("class", "王秀英"), ("code", "https://elsewhere.example/x"), ("services", "13900000000"),
        ("minutes", "13900000000"), ("area", "x" * 41), ("reason", "王秀英"), ("channel", "王秀英"), ("priority", "王"),
    ],
)  # fmt: skip
def test_a_fact_that_may_not_leave_is_left_out_of_everything(fact: str, value: str | int) -> None:
    facts = {**FACTS, fact: value}
    allowed, withheld = leaving(facts)
    assert withheld == (fact,) and fact not in allowed
    for purpose, language in EVERY:
        told = message(purpose=purpose, language=language, facts=facts)
        words = words_of(purpose, language)
        everything = [robot_of(told), *mail_of(told), filled(words.spoken, facts, language)]
        assert not any(str(value) in text for text in [*everything, filled(words.sms, facts, language)])


def test_a_group_is_told_number_class_and_area_and_nothing_else() -> None:
    for purpose, language in EVERY:
        told = robot_of(message(purpose=purpose, language=language))
        assert FACTS["code"] not in told and "640" not in told


def test_no_fact_is_called_by_what_a_person_is() -> None:
    assert not set(ALLOWED) & {"name", "resident", "phone", "address", "premises", "note", "tags", "place"}
