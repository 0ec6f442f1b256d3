"""Webhooks: CloudEvents 1.0 in JSON, signed as Standard Webhooks lay down.

CloudEvents 1.0.2, structured content mode (github.com/cloudevents/spec); Standard Webhooks
(github.com/standard-webhooks/standard-webhooks). The receiver tells repeats by `webhook-id`, which stays the same at
every try, so that an answer that got lost may simply be asked for again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC
from typing import Any, Final

import msgspec

from notify.channel import Failed, Kind, Message, Outcome, Reason, Sent, Uncertain
from notify.facts import leaving
from notify.http import Answer, Outgoing, retry_after_s
from notify.signing import webhook_headers
from notify.templates import filled, words_of
from rules.clock import Clock
from rules.domain.notices import Purpose

CONTENT_TYPE: Final = "application/cloudevents+json; charset=utf-8"
TYPE_PREFIX: Final = "shouwang.notice."
EVENT_PREFIX: Final = "shouwang.incident."
#: CloudEvents asks intermediaries to carry 64 KiB; ours are well under one.
BODY_BYTES_MOST: Final = 16 * 1024
GONE: Final = 410
#: A receiver that cannot just now, also one that was too slow.
_LATER: Final = frozenset({408, 425, 429})


@dataclass(frozen=True, kw_only=True, slots=True)
class Webhook:
    """One receiver. What is redirected is not followed: the signature is for this address only."""

    name: str
    url: str
    key: bytes = field(repr=False)
    source: str  #: CloudEvents: who says it, a URI reference
    outgoing: Outgoing
    clock: Clock
    per_minute_most: int = 600
    reserve_p1: int = 120
    kind: Kind = Kind.WEBHOOK

    async def send(self, message: Message) -> Outcome:
        """Post one event, signed now."""
        body = event_of(message, source=self.source)
        if len(body) > BODY_BYTES_MOST:
            return Failed(reason=Reason.REFUSED, retry_helps=False, detail="body_too_large")
        signed = webhook_headers(message.id, body, key=self.key, now=self.clock.now())
        answer = await self.outgoing.post(self.url, body, signed | {"Content-Type": CONTENT_TYPE})
        if isinstance(answer, Failed | Uncertain):
            return answer
        return outcome_of(answer, Sent(reference=message.id), self.clock)


def event_of(message: Message, *, source: str) -> bytes:
    """The CloudEvent of a message, without what may not leave."""
    facts, _ = leaving(message.facts)
    said = filled(words_of(message.purpose, message.language).robot, facts, message.language)
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": message.id,
        "source": source,
        "type": f"{TYPE_PREFIX}{message.purpose}",
        "time": message.at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "data": {
            "purpose": str(message.purpose),
            "priority": f"P{int(message.priority)}",
            "language": str(message.language),
            "text": said,
            "facts": facts,
        },
    }
    if message.purpose is Purpose.EVENT:
        event |= {"type": f"{EVENT_PREFIX}{facts.get('event', 'changed')}", "data": facts}
    if "number" in facts:
        event["subject"] = f"incidents/{facts['number']}"
    return msgspec.json.encode(event)


def outcome_of(answer: Answer, sent: Sent, clock: Clock) -> Outcome:
    """What any answer means: the body says nothing that we would read."""
    status, detail = answer.status, f"http_{answer.status}"
    if status in range(200, 300):
        return sent
    if status == GONE:
        return Failed(reason=Reason.ADDRESS_GONE, retry_helps=False, detail=detail)
    if status in _LATER or status >= 500:
        reason = Reason.RATE_LIMITED if status == 429 else Reason.PROVIDER_DOWN
        return Failed(reason=reason, retry_helps=True, detail=detail, retry_after_s=retry_after_s(answer, clock))
    return Failed(reason=Reason.REFUSED, retry_helps=False, detail=detail)
