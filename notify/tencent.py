"""Tencent Cloud as voice and SMS share it: a signed call, and what its answer's code means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from notify.callback import decoded, word
from notify.channel import DETAIL_CHARACTERS_MOST, Failed, Outcome, Reason, Uncertain
from notify.http import Answer, Outgoing, refused_status
from notify.signing import Signer, tc3_headers
from rules.clock import Clock

#: What every callback of voice and SMS wants to hear (cloud.tencent.com.cn/document/product/216/37726, 382/43547).
THANKS: Final = b'{"result":0,"errmsg":"OK"}'

_RATE, _ADDRESS = (Reason.RATE_LIMITED, True), (Reason.ADDRESS_WRONG, False)
_TEMPLATE, _ACCOUNT, _DOWN = (Reason.TEMPLATE_MISSING, False), (Reason.ACCOUNT, False), (Reason.PROVIDER_DOWN, True)
#: Codes whose own words say that the message may have gone on (github.com/TencentCloud/tencentcloud-sdk-python,
#: vms/v20200902/errorcodes.py and sms/v20210111/errorcodes.py).
_LOST: Final = frozenset(
    {"InternalError.AccessUpstreamTimeout", "InternalError.SendAndRecvFail", "InternalError.Timeout"}
)
#: Beginnings of codes, the first that fits; the same files.
_CODES: Final[tuple[tuple[str, tuple[Reason, bool]], ...]] = (
    ("LimitExceeded.AppDailyLimit", _ACCOUNT),
    ("LimitExceeded.DailyLimit", _ACCOUNT),
    ("LimitExceeded.PhoneNumberDailyLimit", (Reason.RATE_LIMITED, False)),
    ("LimitExceeded.PhoneNumberSameContentDailyLimit", (Reason.RATE_LIMITED, False)),
    ("LimitExceeded.PhoneNumberCountLimit", (Reason.REFUSED, False)),
    ("LimitExceeded", _RATE),
    ("RequestLimitExceeded", _RATE),
    ("InvalidParameterValue.CalledNumberVerifyFail", _ADDRESS),
    ("InvalidParameterValue.IncorrectPhoneNumber", _ADDRESS),
    ("FailedOperation.PhoneNumberInBlacklist", _ADDRESS),
    ("FailedOperation.PhoneNumberOnBlacklist", _ADDRESS),
    ("FailedOperation.Template", _TEMPLATE),
    ("FailedOperation.Signature", _TEMPLATE),
    ("FailedOperation.MissingTemplate", _TEMPLATE),
    ("FailedOperation.MissingSignature", _TEMPLATE),
    ("FailedOperation.ContainSensitiveWord", _TEMPLATE),
    ("InvalidParameterValue.ContentLengthLimit", _TEMPLATE),
    ("InvalidParameterValue.Template", _TEMPLATE),
    ("InvalidParameterValue.ProhibitedUseUrl", _TEMPLATE),
    ("FailedOperation.InsufficientBalance", _ACCOUNT),
    ("FailedOperation.PhonenumberUnappliedOrExpired", _ACCOUNT),
    ("InvalidParameterValue.SdkApp", _ACCOUNT),
    ("UnauthorizedOperation", _ACCOUNT),
    ("AuthFailure", _ACCOUNT),
    ("InternalError.SigVerificationFail", _ACCOUNT),
    ("InternalError.RequestTimeException", _ACCOUNT),
    ("InternalError.RestApiInterfaceNotExist", _ACCOUNT),
    ("InternalError", _DOWN),
    ("ServiceUnavailable", _DOWN),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class TencentApi:
    """One product of Tencent Cloud at one endpoint."""

    endpoint: str
    service: str
    version: str
    region: str
    key_id: str
    secret: str
    outgoing: Outgoing
    clock: Clock

    async def call(self, action: str, parameters: Mapping[str, Any]) -> Answer | Failed | Uncertain:
        """Send one action."""
        body = msgspec.json.encode(parameters)
        who = Signer(key_id=self.key_id, secret=self.secret, host=urlsplit(self.endpoint).netloc, version=self.version)
        headers = tc3_headers(
            who, service=self.service, region=self.region, action=action, body=body, now=self.clock.now()
        )
        return await self.outgoing.post(f"{self.endpoint}/", body, headers)

    def __repr__(self) -> str:
        # Its fields are secrets.
        return f"TencentApi({self.endpoint!r})"


def response_of(answer: Answer, *, clock: Clock) -> dict[str, Any] | Outcome:
    """The `Response` of an answer without error, or what any other answer means."""
    given = decoded(answer.body)
    response = given.get("Response") if isinstance(given, dict) else None
    if not isinstance(response, dict):
        return refused_status(answer, clock) or unreadable(answer)
    error = response.get("Error")
    if isinstance(error, dict):
        return refused(word(error.get("Code"), most=DETAIL_CHARACTERS_MOST))
    return response


def refused(code: str) -> Failed | Uncertain:
    """What an error's code means."""
    if code in _LOST:
        return Uncertain(reason=Reason.ANSWER_LOST, detail=code)
    reason, retry_helps = next((means for begin, means in _CODES if code.startswith(begin)), (Reason.REFUSED, False))
    return Failed(reason=reason, retry_helps=retry_helps, detail=code)


def unreadable(answer: Answer) -> Outcome:
    """An answer that says nothing: after a success's status the message may well be on its way."""
    detail = f"http_{answer.status}"
    if answer.status in range(200, 300):
        return Uncertain(reason=Reason.ANSWER_UNREADABLE, detail=detail)
    return Failed(reason=Reason.REFUSED, retry_helps=False, detail=detail)
