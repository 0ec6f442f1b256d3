"""Alibaba Cloud SMS: a registered signature 【…】 and an approved template; no free text, no fixed lines.

Where each shape comes from: `SendSms` of version 2017-05-25, help.aliyun.com/document_detail/419273.html; its
error codes, www.alibabacloud.com/help/doc-detail/73694.htm; the push `SmsReport` (a list, answered by {"code":0}),
help.aliyun.com/zh/sms/developer-reference/smsreport-2, and `SmsUp` of texts sent back, .../smsup-http. Not verified:
with a real account. Neither push bears a signature: the address holds a secret.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from notify import aliyun
from notify.aliyun import AliyunApi
from notify.callback import TOKEN_PARAMETER, Callback, Delivered, Refused, Replied, objects, reply_of, same_secret, word
from notify.channel import Failed, Kind, Message, Outcome, Sent, Uncertain
from notify.registered import Templates, approved, reference_of, texted
from notify.templates import values_of, words_of

ENDPOINT: Final = "https://dysmsapi.aliyuncs.com"
VERSION: Final = "2017-05-25"


@dataclass(frozen=True, kw_only=True, slots=True)
class SmsAliyun:
    """One account's messages under one signature."""

    name: str
    api: AliyunApi
    signature: str
    templates: Templates
    callback_secret: str = field(repr=False)
    per_minute_most: int = 300
    reserve_p1: int = 60
    kind: Kind = Kind.SMS
    thanks: bytes = aliyun.THANKS

    async def send(self, message: Message) -> Outcome:
        """Send the purpose's template to a mainland mobile."""
        phone, template = texted(message.to), approved(self.templates, message)
        if isinstance(phone, Failed):
            return phone
        if isinstance(template, Failed):
            return template
        values = values_of(words_of(message.purpose, template.language).sms, message.facts, template.language)
        sent = Sent(reference=reference_of(message.id))
        parameters = {
            "PhoneNumbers": phone.number,
            "SignName": self.signature,
            "TemplateCode": template.code,
            "TemplateParam": msgspec.json.encode(values).decode(),
            "OutId": sent.reference,
        }
        answer = await self.api.call("SendSms", parameters)
        match answer:
            case Failed():
                return answer
            case Uncertain():
                return Uncertain(reason=answer.reason, detail=answer.detail, reference=sent.reference)
            case _:
                return aliyun.outcome_of(answer, sent=sent, clock=self.api.clock)

    def verify(self, *, query: Mapping[str, str], headers: Mapping[str, str], body: bytes) -> bool:  # noqa: ARG002 -- no page names a signature
        return same_secret(query.get(TOKEN_PARAMETER), self.callback_secret)

    def read(self, body: bytes) -> Sequence[Callback | Replied] | None:
        reports = objects(body)
        if reports is None:
            return None
        return [heard for heard in map(_heard, reports) if heard is not None]


def _heard(report: dict[str, Any]) -> Callback | Replied | None:
    if "content" in report:
        return reply_of(report.get("phone_number"), report["content"])
    reference = word(report.get("out_id")) or word(report.get("biz_id"))
    success = report.get("success")
    if not reference or not isinstance(success, bool):
        return None
    if success:
        return Delivered(reference=reference)
    return Refused(reference=reference, detail=word(report.get("err_code"), most=64))
