"""Alibaba Cloud as voice and SMS share it: a signed call, and what its answer's code means."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from notify.callback import decoded, word
from notify.channel import DETAIL_CHARACTERS_MOST, Failed, Outcome, Reason, Sent, Uncertain
from notify.http import Answer, Outgoing, refused_status
from notify.signing import Signer, acs3_headers, canonical_query
from rules.clock import Clock

#: What the push of reports wants to hear (help.aliyun.com: SmsReport, VoiceReport; "code" 0 is received).
THANKS: Final = '{"code":0,"msg":"接收成功"}'.encode()

_RATE, _ADDRESS = (Reason.RATE_LIMITED, True), (Reason.ADDRESS_WRONG, False)
_TEMPLATE, _ACCOUNT, _DOWN = (Reason.TEMPLATE_MISSING, False), (Reason.ACCOUNT, False), (Reason.PROVIDER_DOWN, True)
#: Beginnings of codes, the first that fits; after help.aliyun.com (SendSms, error codes) and the common errors of RPC
#: services. A code that stands not here is a refusal that trying again does not change.
_CODES: Final[tuple[tuple[str, tuple[Reason, bool]], ...]] = (
    ("isv.BUSINESS_LIMIT_CONTROL", _RATE),
    ("BUSINESS_LIMIT_CONTROL", _RATE),
    ("isv.FLOW_CONTROL", _RATE),
    ("Throttling", _RATE),
    ("isv.MOBILE_NUMBER_ILLEGAL", _ADDRESS),
    ("isv.MOBILE_COUNT_OVER_LIMIT", _ADDRESS),
    ("isv.PHONE_NUMBER_ILLEGAL", _ADDRESS),
    ("isv.SMS_TEMPLATE_ILLEGAL", _TEMPLATE),
    ("isv.SMS_SIGNATURE_ILLEGAL", _TEMPLATE),
    ("isv.TTS_TEMPLATE_ILLEGAL", _TEMPLATE),
    ("isv.TEMPLATE_", _TEMPLATE),
    ("isv.INVALID_JSON_PARAM", _TEMPLATE),
    ("isv.PARAM_", _TEMPLATE),
    ("isv.BLACK_KEY_CONTROL_LIMIT", _TEMPLATE),
    ("isv.AMOUNT_NOT_ENOUGH", _ACCOUNT),
    ("isv.OUT_OF_SERVICE", _ACCOUNT),
    ("isv.PRODUCT_", _ACCOUNT),
    ("isv.ACCOUNT_", _ACCOUNT),
    ("isv.DAY_LIMIT_CONTROL", _ACCOUNT),
    ("isv.MONTH_LIMIT_CONTROL", _ACCOUNT),
    ("isp.RAM_PERMISSION_DENY", _ACCOUNT),
    ("InvalidAccessKeyId", _ACCOUNT),
    ("SignatureDoesNotMatch", _ACCOUNT),
    ("IncompleteSignature", _ACCOUNT),
    ("Forbidden", _ACCOUNT),
    ("NoPermission", _ACCOUNT),
    ("isp.", _DOWN),
    ("ServiceUnavailable", _DOWN),
    ("InternalError", _DOWN),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class AliyunApi:
    """One product of Alibaba Cloud at one endpoint."""

    endpoint: str
    version: str
    key_id: str
    secret: str
    outgoing: Outgoing
    clock: Clock

    async def call(self, action: str, parameters: Mapping[str, str]) -> Answer | Failed | Uncertain:
        """Send one action; a second call carries a nonce of its own."""
        query = canonical_query(parameters)
        who = Signer(key_id=self.key_id, secret=self.secret, host=urlsplit(self.endpoint).netloc, version=self.version)
        nonce, now = secrets.token_hex(16), self.clock.now()
        headers = acs3_headers(who, action=action, query=query, body=b"", nonce=nonce, now=now)
        return await self.outgoing.post(f"{self.endpoint}/?{query}", b"", headers)

    def __repr__(self) -> str:
        # Its fields are secrets.
        return f"AliyunApi({self.endpoint!r})"


def outcome_of(answer: Answer, *, sent: Sent, clock: Clock) -> Outcome:
    """What any answer means; `sent` is it if the provider says OK."""
    given = decoded(answer.body)
    code = word(given.get("Code"), most=DETAIL_CHARACTERS_MOST) if isinstance(given, dict) else ""
    if code == "OK":
        return sent
    if code:
        reason, retry_helps = next(
            (means for begin, means in _CODES if code.startswith(begin)), (Reason.REFUSED, False)
        )
        return Failed(reason=reason, retry_helps=retry_helps, detail=code)
    return refused_status(answer, clock) or _unreadable(answer, sent)


def _unreadable(answer: Answer, sent: Sent) -> Outcome:
    detail = f"http_{answer.status}"
    if answer.status in range(200, 300):
        return Uncertain(reason=Reason.ANSWER_UNREADABLE, detail=detail, reference=sent.reference)
    return Failed(reason=Reason.REFUSED, retry_helps=False, detail=detail)
