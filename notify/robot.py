"""What chat robots have in common: a text of number, class and area, and an `errcode` that says how it went."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from notify.callback import decoded
from notify.channel import Failed, Message, Outcome, Reason, Sent, Uncertain
from notify.http import Answer, refused_status
from notify.templates import robot_of
from rules.clock import Clock

#: WeChat Work and DingTalk take so many messages a minute from each robot and refuse the rest (centre.md, 28).
PER_MINUTE_MOST: Final = 20

Meaning = tuple[Reason, bool]


def body_of(message: Message) -> bytes:
    """The plain text message that both platforms take."""
    return msgspec.json.encode({"msgtype": "text", "text": {"content": robot_of(message)}})


def outcome_of(answer: Answer, sent: Sent, codes: Mapping[int, Meaning], clock: Clock) -> Outcome:
    """What any answer means; `codes` are the platform's own."""
    given = decoded(answer.body)
    code = given.get("errcode") if isinstance(given, dict) else None
    if isinstance(code, int) and not isinstance(code, bool) and answer.status == 200:
        if code == 0:
            return sent
        reason, retry_helps = codes.get(code, (Reason.REFUSED, False))
        return Failed(reason=reason, retry_helps=retry_helps, detail=str(code)[:32])
    if answer.status in range(200, 300):
        return Uncertain(reason=Reason.ANSWER_UNREADABLE, detail=f"http_{answer.status}")
    refused = refused_status(answer, clock)
    return refused or Failed(reason=Reason.REFUSED, retry_helps=False, detail=f"http_{answer.status}")
