"""The channels as the outbox pass knows them: one contract's words in the other's."""

from __future__ import annotations

from collections.abc import Sequence

from notify import channel as outside
from rules.domain.sending import Kind, Way
from rules.engine.outbox import Failed, Letter, Outcome, Sent, Uncertain


class ChannelSender:
    """One channel of the settings."""

    def __init__(self, channel: outside.Channel) -> None:
        self._channel = channel
        self._way = Way(
            name=channel.name,
            kind=Kind(channel.kind.value),
            per_minute_most=channel.per_minute_most,
            reserve_p1=channel.reserve_p1,
        )

    @property
    def way(self) -> Way:
        return self._way

    async def send(self, letter: Letter) -> Outcome:
        """Send it; the notice's own id is what the provider knows a second sending by."""
        outcome = await self._channel.send(
            outside.Message(
                id=str(letter.id), to=letter.to, language=outside.Language.of(letter.language), purpose=letter.purpose,
                priority=letter.priority, at=letter.at, facts=letter.facts,
                key_press=letter.key_press and self._way.kind is Kind.VOICE,
            )
        )  # fmt: skip
        match outcome:
            case outside.Sent():
                return Sent(reference=outcome.reference, answer_within_s=outcome.waits_for_answer_s)
            case outside.Failed():
                return Failed(
                    reason=str(outcome.reason), retry_helps=outcome.retry_helps, retry_after_s=outcome.retry_after_s
                )
            case outside.Uncertain():
                return Uncertain(reason=str(outcome.reason))


def senders_of(channels: Sequence[outside.Channel]) -> list[ChannelSender]:
    """Every channel of the settings, in their order: of two that could, the first is tried first."""
    return [ChannelSender(channel) for channel in channels]
