"""Tencent Cloud SMS: a registered signature 【…】 and an approved template; no free text, no fixed lines.

Where each shape comes from: `SendSms` of version 2021-01-11, cloud.tencent.cn/document/product/409/55981; error codes,
github.com/TencentCloud/tencentcloud-sdk-python, sms/v20210111/errorcodes.py; the callback of what became of a message,
www.tencentcloud.com/document/product/382/43547, and of a text sent back, .../382/43548. Not verified: with a real
account. Neither callback bears a signature: the address holds a secret.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from notify import tencent
from notify.callback import TOKEN_PARAMETER, Callback, Delivered, Refused, Replied, objects, reply_of, same_secret, word
from notify.channel import DETAIL_CHARACTERS_MOST, Failed, Kind, Message, Outcome, Sent, Uncertain
from notify.http import Answer
from notify.registered import Templates, approved, reference_of, texted
from notify.templates import values_of, words_of
from notify.tencent import TencentApi

ENDPOINT: Final = "https://sms.tencentcloudapi.com"
VERSION: Final = "2021-01-11"
REGION: Final = "ap-guangzhou"


@dataclass(frozen=True, kw_only=True, slots=True)
class SmsTencent:
    """One application's messages under one signature."""

    name: str
    api: TencentApi
    app_id: str
    signature: str
    templates: Templates
    callback_secret: str = field(repr=False)
    per_minute_most: int = 300
    reserve_p1: int = 60
    kind: Kind = Kind.SMS
    thanks: bytes = tencent.THANKS

    async def send(self, message: Message) -> Outcome:
        """Send the purpose's template to a mainland mobile."""
        phone, template = texted(message.to), approved(self.templates, message)
        if isinstance(phone, Failed):
            return phone
        if isinstance(template, Failed):
            return template
        values = values_of(words_of(message.purpose, template.language).sms, message.facts, template.language)
        answer = await self.api.call(
            "SendSms",
            {
                "PhoneNumberSet": [phone.e164],
                "SmsSdkAppId": self.app_id,
                "SignName": self.signature,
                "TemplateId": template.code,
                "TemplateParamSet": list(values.values()),
                "SessionContext": reference_of(message.id),
            },
        )
        return answer if isinstance(answer, Failed | Uncertain) else self._outcome(answer)

    def _outcome(self, answer: Answer) -> Outcome:
        response = tencent.response_of(answer, clock=self.api.clock)
        if not isinstance(response, dict):
            return response
        statuses = response.get("SendStatusSet")
        status = statuses[0] if isinstance(statuses, list) and statuses else None
        if not isinstance(status, dict):
            return tencent.unreadable(answer)
        code, serial = word(status.get("Code"), most=DETAIL_CHARACTERS_MOST), word(status.get("SerialNo"))
        if code != "Ok":
            return tencent.refused(code) if code else tencent.unreadable(answer)
        return Sent(reference=serial) if serial else tencent.unreadable(answer)

    def verify(self, *, query: Mapping[str, str], headers: Mapping[str, str], body: bytes) -> bool:  # noqa: ARG002 -- no page names a signature
        return same_secret(query.get(TOKEN_PARAMETER), self.callback_secret)

    def read(self, body: bytes) -> Sequence[Callback | Replied] | None:
        reports = objects(body)
        if reports is None:
            return None
        return [heard for heard in map(_heard, reports) if heard is not None]


def _heard(report: dict[str, Any]) -> Callback | Replied | None:
    if "text" in report:
        country = word(report.get("nationcode")).lstrip("+")
        return reply_of(f"+{country}{word(report.get('mobile'))}", report["text"])
    reference, status = word(report.get("sid")), word(report.get("report_status"), most=16)
    if not reference or status not in ("SUCCESS", "FAIL"):
        return None
    if status == "SUCCESS":
        return Delivered(reference=reference)
    return Refused(reference=reference, detail=word(report.get("errmsg"), most=64))
