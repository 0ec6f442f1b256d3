"""DingTalk group robots (钉钉群机器人), secured by a signature (加签): number, class and area, 20 a minute.

Shape: open.dingtalk.com/document/robots/custom-robot-access and …/customize-robot-security-settings (`timestamp` and
`sign` in the address, `msgtype` text, `errcode` 0; 130101 where more than 20 came in a minute, 310000 where the
security settings refuse). Not verified: with a real group.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

from notify import robot
from notify.channel import Failed, Kind, Message, Outcome, Reason, Sent, Uncertain
from notify.http import Outgoing
from notify.signing import dingtalk_query
from rules.clock import Clock

ENDPOINT: Final = "https://oapi.dingtalk.com"

_CODES: Final[dict[int, robot.Meaning]] = {
    -1: (Reason.PROVIDER_DOWN, True),
    130101: (Reason.RATE_LIMITED, True),
    410100: (Reason.RATE_LIMITED, True),
    90030: (Reason.RATE_LIMITED, True),
    300001: (Reason.ACCOUNT, False),  # the token is none
    300005: (Reason.ACCOUNT, False),
    310000: (Reason.ACCOUNT, False),  # signature, key word or address refused
    400013: (Reason.ADDRESS_GONE, False),  # the group was dissolved
    400101: (Reason.ACCOUNT, False),
    400102: (Reason.ACCOUNT, False),  # the robot was stopped
}


@dataclass(frozen=True, kw_only=True, slots=True)
class DingtalkRobot:
    """One robot of one group."""

    name: str
    token: str = field(repr=False)
    secret: str = field(repr=False)
    outgoing: Outgoing
    clock: Clock
    endpoint: str = ENDPOINT
    per_minute_most: int = robot.PER_MINUTE_MOST
    reserve_p1: int = 5
    kind: Kind = Kind.ROBOT

    async def send(self, message: Message) -> Outcome:
        """Post to the group, signed now; `message.to` is not used, the token is the address."""
        signed = dingtalk_query(secret=self.secret, now=self.clock.now())
        url = f"{self.endpoint}/robot/send?access_token={quote(self.token, safe='')}&{signed}"
        answer = await self.outgoing.post(url, robot.body_of(message), {"Content-Type": "application/json"})
        if isinstance(answer, Failed | Uncertain):
            return answer
        return robot.outcome_of(answer, Sent(reference=message.id), _CODES, self.clock)
