"""Whatever bytes a provider answers or calls back with, there is an outcome or nothing: never another exception."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notify import aliyun, robot, tencent, webhook
from notify.callback import HearsBack
from notify.channel import Failed, Language, Sent, Uncertain
from notify.facts import ALLOWED, for_robots, leaving
from notify.http import Answer, Outgoing
from notify.registered import REFERENCE_BYTES_MOST, reference_of
from notify.templates import TEXTS, filled
from rules.clock import FakeClock
from rules.domain.callbacks import Answered, Delivered, NoAnswer, Refused, answer_of
from tests import channels

CLOCK = FakeClock()
SENT = Sent(reference="4711")
WORDS = st.sampled_from(
    ["Code", "OK", "Response", "Error", "SendStatus", "SendStatusSet", "CallId", "SerialNo", "Ok", "errcode", "dtmf",
     "out_id", "call_id", "status_code", "success", "sid", "report_status", "SUCCESS", "callid", "keypress", "result",
     "voicekey_callback", "voiceprompt_callback", "voice_failure_callback", "failure_code", "1", "2", "300000"]
)  # fmt: skip
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8) | WORDS
SHAPED = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=5), max_leaves=12
).map(lambda value: msgspec.json.encode(value, enc_hook=str))
BODIES = st.binary(max_size=300) | SHAPED
HEADERS = st.dictionaries(st.sampled_from(["retry-after", "content-type"]), st.text(max_size=40))
ANSWERS = st.builds(Answer, status=st.integers(100, 999), headers=HEADERS, body=BODIES)
OUTGOING = Outgoing()
HEARING: list[Any] = [
    make("https://provider.example", OUTGOING, CLOCK)
    for make in (channels.voice_aliyun, channels.voice_tencent, channels.sms_aliyun, channels.sms_tencent)
]


@given(ANSWERS)
def test_any_answer_has_an_outcome(answer: Answer) -> None:
    outcomes = [
        aliyun.outcome_of(answer, sent=SENT, clock=CLOCK),
        webhook.outcome_of(answer, SENT, CLOCK),
        robot.outcome_of(answer, SENT, {}, CLOCK),
        channels.voice_tencent("https://p.example", OUTGOING, CLOCK)._outcome(answer, None),
        channels.sms_tencent("https://p.example", OUTGOING, CLOCK)._outcome(answer),
    ]
    for outcome in outcomes:
        assert isinstance(outcome, Sent | Failed | Uncertain)
        if isinstance(outcome, Failed) and outcome.retry_after_s is not None:
            assert 0 <= outcome.retry_after_s <= 3_600
    assert isinstance(tencent.refused("x"), Failed)


@pytest.mark.parametrize("channel", HEARING, ids=lambda channel: channel.name)
@given(body=BODIES)
def test_any_callback_is_heard_or_is_garbage(channel: HearsBack, body: bytes) -> None:
    heard = channel.read(body)
    for each in heard or ():
        assert isinstance(each, Answered | NoAnswer | Delivered | Refused)
        assert each.reference and len(each.reference) <= 128 and each.reference.isprintable()
        answer_of(each)


@pytest.mark.parametrize("channel", HEARING, ids=lambda channel: channel.name)
@given(token=st.text() | st.none(), body=st.binary(max_size=50))
def test_nobody_proves_anything_without_the_secret(channel: HearsBack, token: str | None, body: bytes) -> None:
    query = {} if token is None else {"token": token}
    assert not channel.verify(query=query, headers={}, body=body)
    assert channel.verify(query={"token": channels.CALLBACK_SECRET}, headers={}, body=body)


@given(st.dictionaries(st.sampled_from([*ALLOWED, "name", "note"]), st.none() | st.integers() | st.text(max_size=60)))
def test_any_facts_are_said_or_withheld(facts: dict[str, str | int | None]) -> None:
    allowed, withheld = leaving(facts)
    assert set(allowed) | set(withheld) | {name for name, value in facts.items() if value is None} == set(facts)
    assert set(for_robots(facts)) <= {"number", "class", "area", "priority", "count", "channel"}
    for (_, language), words in TEXTS.items():
        assert "\n" not in filled(words.subject, facts, language)


@given(st.text(max_size=80))
def test_a_reference_is_short_plain_and_the_same_at_every_try(message_id: str) -> None:
    reference = reference_of(message_id)
    assert reference == reference_of(message_id) and 1 <= len(reference.encode()) <= REFERENCE_BYTES_MOST


@given(st.text(max_size=20))
def test_any_language_tag_has_a_language(tag: str) -> None:
    assert Language.of(tag) in Language
