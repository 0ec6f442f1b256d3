"""Voice calls as they go over the wire, and what their providers report."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from notify.channel import ANSWER_WAIT_S, Failed, Language, Reason, Sent, Uncertain
from notify.http import Outgoing
from rules.clock import FakeClock
from rules.domain.callbacks import Answered, Callback, Key, NoAnswer
from rules.domain.notices import Purpose
from tests import channels
from tests.channels import TOOK, message
from tests.provider import Provider


async def test_a_call_for_an_answer_goes_to_ivr_call_with_both_keys(other: Provider, outgoing: Outgoing) -> None:
    other.says(TOOK["voice_aliyun"])
    voice = channels.voice_aliyun(other.url, outgoing, FakeClock())
    sent = await voice.send(message(key_press=True))
    assert sent == Sent(reference="4711", waits_for_answer_s=ANSWER_WAIT_S)
    (asked,) = other.requests
    assert asked.headers["x-acs-action"] == "IvrCall" and asked.headers["x-acs-version"] == "2017-05-25"
    assert asked.headers["authorization"].startswith("ACS3-HMAC-SHA256 Credential=key-id,SignedHeaders=host;")
    query = asked.query
    assert msgspec.json.decode(query.pop("StartTtsParams")) == {
        "area": "澄湾县松湖镇", "class": "烟感火警", "number": "0143", "minutes": "3",
    }  # fmt: skip
    assert query == {
        "CalledShowNumber": "057100000000", "CalledNumber": channels.MOBILE, "PlayTimes": "2", "OutId": "4711",
        "StartCode": "T_escalation_zh", "Timeout": "10000", "MenuKeyMap.1.Key": "1", "MenuKeyMap.1.Code": "TTS_taken",
        "MenuKeyMap.2.Key": "2", "MenuKeyMap.2.Code": "TTS_declined",
    }  # fmt: skip


async def test_a_call_that_only_tells_needs_no_keys(other: Provider, outgoing: Outgoing) -> None:
    other.says(TOOK["voice_aliyun"])
    voice = channels.voice_aliyun(other.url, outgoing, FakeClock())
    sent = await voice.send(message(purpose=Purpose.STAND_DOWN))
    assert sent == Sent(reference="4711")
    assert other.requests[0].headers["x-acs-action"] == "SingleCallByTts"
    assert other.requests[0].query["TtsCode"] == "T_stand_down_zh"


async def test_the_same_message_is_the_same_reference_at_every_try(other: Provider, outgoing: Outgoing) -> None:
    other.says(TOOK["voice_aliyun"])
    voice = channels.voice_aliyun(other.url, outgoing, FakeClock())
    for _ in range(2):
        await voice.send(message(id="a-much-longer-id-than-the-provider-takes"))
    first, second = other.requests
    assert first.query["OutId"] == second.query["OutId"] and len(first.query["OutId"]) <= 15
    assert first.headers["x-acs-signature-nonce"] != second.headers["x-acs-signature-nonce"]


async def test_a_lost_answer_keeps_the_reference_that_a_callback_will_name(other: Provider, outgoing: Outgoing) -> None:
    other.reply = b""
    outcome = await channels.voice_aliyun(other.url, outgoing, FakeClock()).send(message(key_press=True))
    assert isinstance(outcome, Uncertain) and outcome.reference == "4711"


async def test_tencent_is_told_template_and_number_and_asked_nothing_else(other: Provider, outgoing: Outgoing) -> None:
    other.says(TOOK["voice_tencent"])
    voice = channels.voice_tencent(other.url, outgoing, FakeClock())
    sent = await voice.send(message(key_press=True, language=Language.EN))
    assert sent == Sent(reference="12582bce-403c", waits_for_answer_s=ANSWER_WAIT_S)
    (asked,) = other.requests
    assert asked.headers["x-tc-action"] == "SendTtsVoice" and asked.headers["x-tc-version"] == "2020-09-02"
    assert msgspec.json.decode(asked.body) == {
        "TemplateId": "T_escalation_en", "TemplateParamSet": ["Smoke alarm", "澄湾县松湖镇", "0,1,4,3"],
        "CalledNumber": f"+86{channels.MOBILE}", "VoiceSdkAppid": "1400000000", "PlayTimes": 2,
        "SessionContext": "4711",
    }  # fmt: skip


@pytest.mark.parametrize("make", [channels.voice_aliyun, channels.voice_tencent])
@pytest.mark.parametrize(
    ("to", "reason"),
    [
        ("+81312345678", Reason.NUMBER_NOT_SERVED), ("4001234567", Reason.NUMBER_NOT_SERVED),
        ("120", Reason.NUMBER_NOT_SERVED), ("057188888888转12", Reason.NUMBER_NOT_SERVED),
        ("not a number", Reason.ADDRESS_WRONG), ("", Reason.ADDRESS_WRONG), ("1\x0039", Reason.ADDRESS_WRONG),
    ],
)  # fmt: skip
async def test_what_a_mainland_gateway_cannot_dial_is_never_tried(
    other: Provider, outgoing: Outgoing, make: channels.Make, to: str, reason: Reason
) -> None:
    outcome = await make(other.url, outgoing, FakeClock()).send(message(to=to))
    assert isinstance(outcome, Failed) and outcome.reason is reason and not outcome.retry_helps
    assert other.requests == []


async def test_a_fixed_line_is_called(other: Provider, outgoing: Outgoing) -> None:
    other.says(TOOK["voice_aliyun"])
    sent = await channels.voice_aliyun(other.url, outgoing, FakeClock()).send(message(to="0571-88888888"))
    assert isinstance(sent, Sent) and other.requests[0].query["CalledNumber"] == "057188888888"


@pytest.mark.parametrize(
    ("code", "reason", "retry_helps"),
    [
        ("InternalError.UpstreamError", Reason.PROVIDER_DOWN, True),
        ("LimitExceeded.DeliveryFrequencyLimit", Reason.RATE_LIMITED, True),
        ("InvalidParameterValue.CalledNumberVerifyFail", Reason.ADDRESS_WRONG, False),
        ("FailedOperation.TemplateIncorrectOrUnapproved", Reason.TEMPLATE_MISSING, False),
        ("UnauthorizedOperation.ServiceSuspendDueToArrears", Reason.ACCOUNT, False),
        ("AuthFailure.SignatureFailure", Reason.ACCOUNT, False),
        ("Whatever.Else", Reason.REFUSED, False),
    ],
)
async def test_an_error_of_tencents_says_whether_trying_again_helps(
    other: Provider, outgoing: Outgoing, code: str, reason: Reason, retry_helps: bool
) -> None:
    other.says(msgspec.json.encode({"Response": {"Error": {"Code": code, "Message": "m"}, "RequestId": "r"}}))
    outcome = await channels.voice_tencent(other.url, outgoing, FakeClock()).send(message())
    assert outcome == Failed(reason=reason, retry_helps=retry_helps, detail=code)


async def test_a_time_out_behind_tencents_door_is_uncertain(other: Provider, outgoing: Outgoing) -> None:
    other.says(b'{"Response":{"Error":{"Code":"InternalError.AccessUpstreamTimeout","Message":"m"}}}')
    outcome = await channels.voice_tencent(other.url, outgoing, FakeClock()).send(message())
    assert isinstance(outcome, Uncertain)


def aliyun_report(**fields: Any) -> bytes:
    return msgspec.json.encode([{"call_id": "116^102", "out_id": "4711", **fields}])


@pytest.mark.parametrize(
    ("report", "heard"),
    [
        ({"status_code": "300000", "dtmf": "1"}, Answered(reference="4711", key=Key.TAKE)),
        ({"status_code": "200000", "dtmf": "2#"}, Answered(reference="4711", key=Key.CANNOT)),
        ({"status_code": "200000", "dtmf": "11"}, Answered(reference="4711", key=Key.OTHER)),
        ({"status_code": "200001", "dtmf": ""}, Answered(reference="4711", key=None)),
        ({"status_code": "200008"}, Answered(reference="4711", key=None)),
        ({"status_code": "200002"}, NoAnswer(reference="4711", detail="200002")),
        ({"status_code": "200003"}, NoAnswer(reference="4711", detail="200003")),
        ({"status_code": "200010"}, NoAnswer(reference="4711", detail="200010")),
        ({"status_code": "200103"}, None),
        ({"status_code": "300000", "dtmf": ""}, None),
        ({"status_code": "100000"}, None),
        ({"status_code": "200000", "out_id": ""}, Answered(reference="116^102", key=None)),
        ({"status_code": "200000", "out_id": "", "call_id": ""}, None),
    ],
)
def test_alibaba_clouds_reports_are_read(report: dict[str, str], heard: Callback | None) -> None:
    voice = channels.voice_aliyun("https://voice.example", Outgoing(), FakeClock())
    assert voice.read(aliyun_report(**report)) == ([heard] if heard is not None else [])


@pytest.mark.parametrize(
    ("report", "heard"),
    [
        ({"voicekey_callback": {"callid": "c1", "keypress": "1", "mobile": "13900000000", "nationcode": "86"}},
         Answered(reference="c1", key=Key.TAKE)),
        ({"voicekey_callback": {"callid": "c1", "keypress": "2"}}, Answered(reference="c1", key=Key.CANNOT)),
        ({"voicekey_callback": {"callid": "c1", "keypress": "7"}}, Answered(reference="c1", key=Key.OTHER)),
        ({"voiceprompt_callback": {"callid": "c1", "result": "0"}}, Answered(reference="c1", key=None)),
        ({"voiceprompt_callback": {"callid": "c1", "result": "1"}}, NoAnswer(reference="c1", detail="1")),
        ({"voice_failure_callback": {"callid": "c1", "failure_code": 8}}, NoAnswer(reference="c1", detail="8")),
        ({"voicekey_callback": {"keypress": "1"}}, None),
        ({"something_new": {"callid": "c1"}}, None),
    ],
)  # fmt: skip
def test_tencents_callbacks_are_read(report: dict[str, Any], heard: Callback | None) -> None:
    voice = channels.voice_tencent("https://voice.example", Outgoing(), FakeClock())
    assert voice.read(msgspec.json.encode(report)) == ([heard] if heard is not None else [])
