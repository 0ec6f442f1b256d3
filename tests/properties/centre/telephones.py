"""Two invented providers, one of calls and one of texts: what they were given, and what they said of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from rules.domain.sending import Kind, Way
from rules.engine.outbox import Failed, Letter, Outcome, Sent, Uncertain
from store.database import Connection

#: Of so many notices a provider refuses one, one more never tells, and one is taken by a provider that raises.
_OF: Final = 11
#: A second time after a lost answer; after that nobody tries again by this channel.
TIMES_MOST: Final = 2
#: A key is awaited for so long.
ANSWER_WAIT_S: Final = 40.0

#: Whether it is known, here or in the case's record, that a notice may have reached its person twice by one channel.
_KNOWN: Final = """
SELECT o.id, o.state, o.result,
       o.state IN ('uncertain', 'leased') OR o.result = 'answer_lost' OR EXISTS (
           SELECT FROM entry AS e WHERE e.incident_id = o.incident_id AND e.action = 'notified'
              AND e.fixed::jsonb @> jsonb_build_object('facts', jsonb_build_object(
                  'recipient', o.recipient, 'purpose', o.purpose, 'uncertain', true))) AS known
  FROM outbox AS o WHERE id = ANY ($1::bigint[])
"""
#: Due, although its person was not rung within the last minute.
_WAITING: Final = """
SELECT id, recipient, purpose, priority, channel, result, tried, due_at FROM outbox AS o
 WHERE state = 'waiting' AND due_at <= $1
   AND NOT EXISTS (SELECT FROM outbox AS r
                    WHERE r.recipient = o.recipient AND r.begun_at > $1::timestamptz - interval '1 minute')
"""
_TWICE: Final = """
SELECT incident_id, recipient, key, count(*)::int AS notices FROM outbox GROUP BY 1, 2, 3 HAVING count(*) > 1
"""


@dataclass(kw_only=True)
class Given:
    """What every provider was given, whichever engine gave it."""

    took: Counter[tuple[int, str]] = field(default_factory=Counter)  #: notice and channel: how often it may have rung
    calls: list[tuple[str, str]] = field(default_factory=list)  #: channel and reference of every call

    def telephones(self) -> Sequence[Telephone]:
        return [
            Telephone(given=self, name="calls", kind=Kind.VOICE),
            Telephone(given=self, name="texts", kind=Kind.SMS),
        ]


@dataclass(frozen=True, kw_only=True)
class Telephone:
    """A provider: how it answers follows from the notice's number, so that a run repeats itself."""

    given: Given
    name: str
    kind: Kind

    @property
    def way(self) -> Way:
        return Way(name=self.name, kind=self.kind, per_minute_most=600, reserve_p1=100)

    async def send(self, letter: Letter) -> Outcome:
        fate = letter.id % _OF
        if fate == 0:
            return Failed(reason="refused", retry_helps=letter.id % 2 == 0)
        self.given.took[letter.id, self.name] += 1
        if fate == 1:
            return Uncertain(reason="no_answer")
        if fate == 2 and not letter.second:
            raise ValueError("an invented fault of a channel")
        reference = f"{self.name}-{letter.id}-{letter.hold}"
        if self.kind is Kind.VOICE:
            self.given.calls.append((self.name, reference))
        return Sent(reference=reference, answer_within_s=ANSWER_WAIT_S if letter.key_press else None)


async def told_rightly(connection: Connection, given: Given, now: Any, *, whole: bool) -> None:
    """Nothing reaches a person twice without the word for it; after a whole pass nothing due is left lying."""
    doubled = {notice_id: times for (notice_id, _), times in given.took.items() if times > 1}
    for row in await connection.fetch(_KNOWN, list(doubled)):
        assert doubled[row["id"]] <= TIMES_MOST, f"notice {row['id']} given {doubled[row['id']]} times"
        assert row["known"], (
            f"notice {row['id']} given twice, now {row['state']} ({row['result']}), without a word of it"
        )
    twice = await connection.fetch(_TWICE)
    assert not twice, f"told twice: {twice}"
    if whole:
        left = await connection.fetch(_WAITING, now)
        assert not left, f"due and not sent: {left}"
