"""WeChat Work group robots (企业微信群机器人): number, class and area, 20 a minute.

Shape: developer.work.weixin.qq.com/document/path/91770 (`msgtype` text; `errcode` 0; 20 messages a minute for each
robot) and the platform's list of error codes, path/90313. Not verified: with a real group.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

from notify import robot
from notify.channel import Failed, Kind, Message, Outcome, Reason, Sent, Uncertain
from notify.http import Outgoing
from rules.clock import Clock

ENDPOINT: Final = "https://qyapi.weixin.qq.com"

_CODES: Final[dict[int, robot.Meaning]] = {
    -1: (Reason.PROVIDER_DOWN, True),
    45009: (Reason.RATE_LIMITED, True),
    45033: (Reason.RATE_LIMITED, True),
    93000: (Reason.ACCOUNT, False),  # the key is none, or the robot was taken out of the group
    40008: (Reason.REFUSED, False),
    40058: (Reason.REFUSED, False),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class WecomRobot:
    """One robot of one group. Whoever knows its key can post there."""

    name: str
    key: str = field(repr=False)
    outgoing: Outgoing
    clock: Clock
    endpoint: str = ENDPOINT
    per_minute_most: int = robot.PER_MINUTE_MOST
    reserve_p1: int = 5
    kind: Kind = Kind.ROBOT

    async def send(self, message: Message) -> Outcome:
        """Post to the group; `message.to` is not used, the key is the address."""
        url = f"{self.endpoint}/cgi-bin/webhook/send?key={quote(self.key, safe='')}"
        answer = await self.outgoing.post(url, robot.body_of(message), {"Content-Type": "application/json"})
        if isinstance(answer, Failed | Uncertain):
            return answer
        return robot.outcome_of(answer, Sent(reference=message.id), _CODES, self.clock)
