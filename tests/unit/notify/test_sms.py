"""SMS: an approved template under a registered signature, mainland mobiles only, and which error can be tried again."""

from __future__ import annotations

import msgspec
import pytest

from notify.channel import Failed, Reason, Sent
from notify.http import Outgoing
from rules.clock import FakeClock
from rules.domain.callbacks import Callback, Delivered, Key, Refused, Replied
from rules.domain.notices import Purpose
from tests import channels
from tests.channels import TOOK, message
from tests.provider import Provider

BOTH = [channels.sms_aliyun, channels.sms_tencent]


async def test_alibaba_cloud_is_told_signature_template_and_parameters(other: Provider, outgoing: Outgoing) -> None:
    other.says(TOOK["sms_aliyun"])
    sent = await channels.sms_aliyun(other.url, outgoing, FakeClock()).send(message(purpose=Purpose.OFFER))
    assert sent == Sent(reference="4711")
    (asked,) = other.requests
    assert asked.headers["x-acs-action"] == "SendSms"
    query = asked.query
    assert msgspec.json.decode(query.pop("TemplateParam")) == {
        "area": "澄湾县松湖镇", "class": "烟感火警", "distance": "640米", "code": "aB3dE5fG",
    }  # fmt: skip
    assert query == {
        "PhoneNumbers": channels.MOBILE, "SignName": "澄湾守望", "TemplateCode": "T_offer_zh", "OutId": "4711",
    }  # fmt: skip


async def test_tencent_is_told_the_parameters_in_the_order_of_the_text(other: Provider, outgoing: Outgoing) -> None:
    other.says(TOOK["sms_tencent"])
    sent = await channels.sms_tencent(other.url, outgoing, FakeClock()).send(message(purpose=Purpose.OFFER))
    assert sent == Sent(reference="5000:10")
    asked = msgspec.json.decode(other.requests[0].body)
    assert asked["PhoneNumberSet"] == [f"+86{channels.MOBILE}"]
    assert asked["TemplateParamSet"] == ["澄湾县松湖镇", "烟感火警", "640米", "aB3dE5fG"]


@pytest.mark.parametrize("make", BOTH)
@pytest.mark.parametrize("to", ["0571-88888888", "4001234567", "+81312345678", "12345"])
async def test_a_fixed_line_gets_voice_and_never_an_sms(
    other: Provider, outgoing: Outgoing, make: channels.Make, to: str
) -> None:
    outcome = await make(other.url, outgoing, FakeClock()).send(message(to=to))
    assert isinstance(outcome, Failed) and outcome.reason is Reason.NUMBER_NOT_SERVED and not outcome.retry_helps
    assert other.requests == []


@pytest.mark.parametrize(
    ("code", "reason", "retry_helps"),
    [
        ("isv.BUSINESS_LIMIT_CONTROL", Reason.RATE_LIMITED, True),
        ("Throttling.User", Reason.RATE_LIMITED, True),
        ("isv.MOBILE_NUMBER_ILLEGAL", Reason.ADDRESS_WRONG, False),
        ("isv.SMS_TEMPLATE_ILLEGAL", Reason.TEMPLATE_MISSING, False),
        ("isv.SMS_SIGNATURE_ILLEGAL", Reason.TEMPLATE_MISSING, False),
        ("isv.AMOUNT_NOT_ENOUGH", Reason.ACCOUNT, False),
        ("isp.RAM_PERMISSION_DENY", Reason.ACCOUNT, False),
        ("SignatureDoesNotMatch", Reason.ACCOUNT, False),
        ("isp.SYSTEM_ERROR", Reason.PROVIDER_DOWN, True),
        ("isv.SOMETHING_NEW", Reason.REFUSED, False),
    ],
)
@pytest.mark.parametrize("status", [200, 400, 503])
async def test_an_error_of_alibaba_clouds_says_whether_trying_again_helps(
    other: Provider, outgoing: Outgoing, code: str, reason: Reason, retry_helps: bool, status: int
) -> None:
    other.says(msgspec.json.encode({"Code": code, "Message": "m", "RequestId": "r"}), status=status)
    outcome = await channels.sms_aliyun(other.url, outgoing, FakeClock()).send(message())
    assert outcome == Failed(reason=reason, retry_helps=retry_helps, detail=code)


@pytest.mark.parametrize(
    ("code", "reason", "retry_helps"),
    [
        ("LimitExceeded.PhoneNumberThirtySecondLimit", Reason.RATE_LIMITED, True),
        ("LimitExceeded.PhoneNumberDailyLimit", Reason.RATE_LIMITED, False),
        ("FailedOperation.PhoneNumberInBlacklist", Reason.ADDRESS_WRONG, False),
        ("FailedOperation.InsufficientBalanceInSmsPackage", Reason.ACCOUNT, False),
    ],
)
async def test_an_error_of_one_number_at_tencents_is_read(
    other: Provider, outgoing: Outgoing, code: str, reason: Reason, retry_helps: bool
) -> None:
    other.says(msgspec.json.encode({"Response": {"SendStatusSet": [{"Code": code, "SerialNo": ""}]}}))
    outcome = await channels.sms_tencent(other.url, outgoing, FakeClock()).send(message())
    assert outcome == Failed(reason=reason, retry_helps=retry_helps, detail=code)


@pytest.mark.parametrize(
    ("make", "report", "heard"),
    [
        (channels.sms_aliyun, {"out_id": "4711", "biz_id": "9^0", "success": True}, Delivered(reference="4711")),
        (channels.sms_aliyun, {"biz_id": "9^0", "success": False, "err_code": "MK:0001"},
         Refused(reference="9^0", detail="MK:0001")),
        (channels.sms_aliyun, {"out_id": "4711", "success": "true"}, None),
        (channels.sms_tencent, {"sid": "5:1", "report_status": "SUCCESS"}, Delivered(reference="5:1")),
        (channels.sms_tencent, {"sid": "5:1", "report_status": "FAIL", "errmsg": "UNDELIV"},
         Refused(reference="5:1", detail="UNDELIV")),
        (channels.sms_tencent, {"sid": "5:1", "mobile": "13900000000"}, None),
    ],
)  # fmt: skip
def test_what_became_of_a_text_is_read(make: channels.Make, report: dict[str, object], heard: Callback | None) -> None:
    sms = make("https://sms.example", Outgoing(), FakeClock())
    assert isinstance(sms, channels.SmsAliyun | channels.SmsTencent)
    assert sms.read(msgspec.json.encode([report])) == ([heard] if heard is not None else [])


@pytest.mark.parametrize(
    ("text", "key"),
    [("1", Key.TAKE), (" １。", Key.TAKE), ("2!", Key.CANNOT), ("“1”", Key.OTHER), ("12", Key.OTHER), ("", Key.OTHER),
     ("在路上了", Key.OTHER), ("1" * 5000, Key.OTHER)],
)  # fmt: skip
@pytest.mark.parametrize(
    ("make", "report"),
    [
        (channels.sms_aliyun, {"phone_number": channels.MOBILE, "send_time": "2026-11-19 03:00:00", "sign_name": "守望",
                               "dest_code": "1234", "sequence_id": 1234567890, "content": None}),
        (channels.sms_tencent, {"mobile": channels.MOBILE, "nationcode": "86", "sign": "守望", "time": 1457336869,
                                "extend": "", "text": None}),
    ],
)  # fmt: skip
def test_a_text_sent_back_is_a_key_and_whose(
    make: channels.Make, report: dict[str, object], text: str, key: Key
) -> None:
    sms = make("https://sms.example", Outgoing(), FakeClock())
    assert isinstance(sms, channels.SmsAliyun | channels.SmsTencent)
    said = {name: text if value is None else value for name, value in report.items()}
    (heard,) = sms.read(msgspec.json.encode([said])) or ()
    assert heard == Replied(number=channels.MOBILE, key=key)
    assert channels.MOBILE not in repr(heard)
