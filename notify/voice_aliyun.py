"""Alibaba Cloud voice calls: text to speech, "press 1 to take it, 2 if you cannot"; mainland numbers only.

Where each shape comes from:
- `IvrCall`, `SingleCallByTts`: help.aliyun.com/document_detail/393521.html,
  helpcdn.aliyun.com/document_detail/114037.html, and github.com/aliyun/alibabacloud-java-sdk, dyvmsapi-20170525
  (OutId of 1 to 15 bytes, Timeout in milliseconds, PlayTimes 1 to 3, mainland numbers only).
- The pushes `VoiceReport` (end of a call) and `VoiceCallReport` (during it; `status_code` 300000 carries `dtmf`):
  help.aliyun.com/zh/vms/voicereport-7, help.aliyun.com/zh/vms/developer-reference/voicecallreport-4.
- Status codes: "运营商回执错误码", help.aliyun.com/zh/vms/developer-reference/operators-receipt-error-code.
Not verified: with a real account, whether the push bears a signature (no page names one: the address holds a secret),
and how its speech reads a long number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from notify import aliyun
from notify.aliyun import AliyunApi
from notify.callback import TOKEN_PARAMETER, Answered, Callback, NoAnswer, key_of, objects, same_secret, word
from notify.channel import ANSWER_WAIT_S, Failed, Kind, Message, Outcome, Sent, Uncertain
from notify.registered import Approved, Templates, approved, dialled, reference_of
from notify.templates import spoken_values, words_of
from rules.domain.phones import Phone

ENDPOINT: Final = "https://dyvmsapi.aliyuncs.com"
VERSION: Final = "2017-05-25"
#: Said twice: the first time wakes, the second is understood.
PLAY_TIMES: Final = "2"
#: How long the call waits for a key after the text, in milliseconds.
KEY_WAIT_MS: Final = "10000"

_KEY_PRESSED: Final = "300000"
#: Heard to the end, hung up early, or no key in time: somebody picked up.
_PICKED_UP: Final = frozenset({"200000", "200001", "200008"})
#: Still under way; the end is reported by itself.
_UNDER_WAY: Final = frozenset({"200101", "200102", "200103"})


@dataclass(frozen=True, kw_only=True, slots=True)
class VoiceAliyun:
    """One account's voice calls from one bought number."""

    name: str
    api: AliyunApi
    show_number: str
    templates: Templates
    taken_code: str  #: said after "1"
    declined_code: str  #: said after "2"
    callback_secret: str = field(repr=False)
    per_minute_most: int = 60
    reserve_p1: int = 20
    kind: Kind = Kind.VOICE
    thanks: bytes = aliyun.THANKS

    async def send(self, message: Message) -> Outcome:
        """Call the number and say the purpose's text; with `key_press` a key is awaited."""
        phone, template = dialled(message.to), approved(self.templates, message)
        if isinstance(phone, Failed):
            return phone
        if isinstance(template, Failed):
            return template
        action = "IvrCall" if message.key_press else "SingleCallByTts"
        sent = Sent(reference=reference_of(message.id), waits_for_answer_s=ANSWER_WAIT_S if message.key_press else None)
        answer = await self.api.call(action, self._parameters(message, phone, template))
        match answer:
            case Failed():
                return answer
            case Uncertain():
                return Uncertain(reason=answer.reason, detail=answer.detail, reference=sent.reference)
            case _:
                return aliyun.outcome_of(answer, sent=sent, clock=self.api.clock)

    def _parameters(self, message: Message, phone: Phone, template: Approved) -> dict[str, str]:
        text = words_of(message.purpose, template.language).spoken
        said = msgspec.json.encode(spoken_values(text, message.facts, template.language)).decode()
        common = {
            "CalledShowNumber": self.show_number, "CalledNumber": phone.number, "PlayTimes": PLAY_TIMES,
            "OutId": reference_of(message.id),
        }  # fmt: skip
        if not message.key_press:
            return common | {"TtsCode": template.code, "TtsParam": said}
        return common | {
            "StartCode": template.code, "StartTtsParams": said, "Timeout": KEY_WAIT_MS,
            "MenuKeyMap.1.Key": "1", "MenuKeyMap.1.Code": self.taken_code,
            "MenuKeyMap.2.Key": "2", "MenuKeyMap.2.Code": self.declined_code,
        }  # fmt: skip

    def verify(self, *, query: Mapping[str, str], headers: Mapping[str, str], body: bytes) -> bool:  # noqa: ARG002 -- no page names a signature
        return same_secret(query.get(TOKEN_PARAMETER), self.callback_secret)

    def read(self, body: bytes) -> Sequence[Callback] | None:
        reports = objects(body)
        if reports is None:
            return None
        return [heard for heard in map(_heard, reports) if heard is not None]


def _heard(report: dict[str, Any]) -> Callback | None:
    reference = word(report.get("out_id")) or word(report.get("call_id"))
    code, key = word(report.get("status_code"), most=16), key_of(word(report.get("dtmf"), most=16))
    if not reference or code in _UNDER_WAY:
        return None
    if key is not None or code in _PICKED_UP:
        return Answered(reference=reference, key=key)
    if code == _KEY_PRESSED or not code.startswith("200"):
        # A step of the call that we do not use; an end that never comes counts as no answer.
        return None
    return NoAnswer(reference=reference, detail=code)
