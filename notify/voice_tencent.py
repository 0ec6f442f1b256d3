"""Tencent Cloud voice calls: an approved text, and the key that is pressed; mainland numbers only.

Where each shape comes from:
- `SendTtsVoice` of version 2020-09-02: github.com/TencentCloud/tencentcloud-sdk-dotnet, Vms/V20200902, and
  tencentcloud-cli, examples/vms/v20200902; error codes: tencentcloud-sdk-python, vms/v20200902/errorcodes.py.
- `voicekey_callback`: cloud.tencent.com.cn/document/product/216/37726 (语音通知按键通知); `voiceprompt_callback`
  (0 answered, 1 not answered, 2 failed) and `voice_failure_callback`: github.com/tencentyun/qcloud-documents.
Not verified: with a real account, and whether a template asks for a key by itself: the request has no parameter for it,
keys are reported to the address given in the console. No page names a signature: the address holds a secret. The key
and the end of a call come as two callbacks in either order; "answered" without a key never takes a key back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from notify import tencent
from notify.callback import TOKEN_PARAMETER, Answered, Callback, NoAnswer, key_of, objects, same_secret, word
from notify.channel import ANSWER_WAIT_S, Failed, Kind, Message, Outcome, Sent, Uncertain
from notify.http import Answer
from notify.registered import Templates, approved, dialled, reference_of
from notify.templates import spoken_values, words_of
from notify.tencent import TencentApi

ENDPOINT: Final = "https://vms.tencentcloudapi.com"
VERSION: Final = "2020-09-02"
REGION: Final = "ap-guangzhou"
PLAY_TIMES: Final = 2

_ANSWERED: Final = "0"


@dataclass(frozen=True, kw_only=True, slots=True)
class VoiceTencent:
    """One application's voice calls."""

    name: str
    api: TencentApi
    app_id: str
    templates: Templates
    callback_secret: str = field(repr=False)
    per_minute_most: int = 60
    reserve_p1: int = 20
    kind: Kind = Kind.VOICE
    thanks: bytes = tencent.THANKS

    async def send(self, message: Message) -> Outcome:
        """Call the number and say the purpose's text; keys come back by callback."""
        phone, template = dialled(message.to), approved(self.templates, message)
        if isinstance(phone, Failed):
            return phone
        if isinstance(template, Failed):
            return template
        values = spoken_values(words_of(message.purpose, template.language).spoken, message.facts, template.language)
        answer = await self.api.call(
            "SendTtsVoice",
            {
                "TemplateId": template.code,
                "TemplateParamSet": [_spelled(name, value) for name, value in values.items()],
                "CalledNumber": phone.e164,
                "VoiceSdkAppid": self.app_id,
                "PlayTimes": PLAY_TIMES,
                "SessionContext": reference_of(message.id),
            },
        )
        if isinstance(answer, Failed | Uncertain):
            return answer
        return self._outcome(answer, ANSWER_WAIT_S if message.key_press else None)

    def _outcome(self, answer: Answer, waits_s: float | None) -> Outcome:
        response = tencent.response_of(answer, clock=self.api.clock)
        if not isinstance(response, dict):
            return response
        status = response.get("SendStatus")
        call_id = word(status.get("CallId")) if isinstance(status, dict) else ""
        return Sent(reference=call_id, waits_for_answer_s=waits_s) if call_id else tencent.unreadable(answer)

    def verify(self, *, query: Mapping[str, str], headers: Mapping[str, str], body: bytes) -> bool:  # noqa: ARG002 -- no page names a signature
        return same_secret(query.get(TOKEN_PARAMETER), self.callback_secret)

    def read(self, body: bytes) -> Sequence[Callback] | None:
        reports = objects(body)
        if reports is None:
            return None
        return [heard for heard in map(_heard, reports) if heard is not None]


def _spelled(name: str, value: str) -> str:
    """A case's number digit by digit: "5678" is read as a quantity, "5,6,7,8" as digits (qcloud-documents)."""
    return ",".join(value) if name == "number" and value.isdigit() else value


def _heard(report: dict[str, Any]) -> Callback | None:
    for name, read in _READERS.items():
        given = report.get(name)
        if isinstance(given, dict):
            reference = word(given.get("callid"))
            return read(reference, given) if reference else None
    return None


def _pressed(reference: str, given: dict[str, Any]) -> Callback:
    return Answered(reference=reference, key=key_of(word(given.get("keypress"), most=16)))


def _ended(reference: str, given: dict[str, Any]) -> Callback:
    result = word(given.get("result"), most=16)
    if result == _ANSWERED:
        return Answered(reference=reference, key=None)
    return NoAnswer(reference=reference, detail=result)


def _failed(reference: str, given: dict[str, Any]) -> Callback:
    return NoAnswer(reference=reference, detail=word(given.get("failure_code"), most=32))


_READERS: Final = {
    "voicekey_callback": _pressed,
    "voiceprompt_callback": _ended,
    "voicecode_callback": _ended,
    "voice_failure_callback": _failed,
}
