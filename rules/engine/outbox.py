"""The pass that sends what waits: taken in one transaction, sent outside any, recorded in another.

Each notice is a task of its own, so that one recipient's trouble never touches another's page. What was taken and never
recorded, since a process died in between, is sent a second time under the same id, once, and recorded as uncertain.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Any, Final, Protocol, Self

import structlog

from rules.clock import Clock
from rules.domain.notices import Purpose
from rules.domain.sending import Way
from rules.domain.vocabulary import Priority
from rules.engine import metrics

#: Looked at so often: a call at night is not a second late for it.
EVERY_S: Final = 0.5
#: Notices that may be on their way by one channel: a provider that hangs holds these, and no other channel's.
IN_FLIGHT_MOST: Final = 16
#: A notice nobody has recorded after this is a lost answer. Longer than any channel may take to answer.
LEASE_S: Final = 60
#: A channel that answers by nothing at all is given up, well within the lease.
SEND_LIMIT_S: Final = 40.0
#: Recordings at a time: a flood of sent notices must not take every connection from the escalations.
RECORDING_MOST: Final = 3
#: A case's row may be in other hands for a moment: what is not recorded would be sent again, so it is tried again.
RECORD_TRIES: Final = 3
#: Refusals written at a time; each waits for its case, and none of them for anybody's page.
REFUSING_MOST: Final = 2
#: On ending, what is on its way may still be recorded for so long.
LAST_WORD_S: Final = 5.0

_log: Final = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Letter:
    """One notice in the sender's hand. `to` is a person's address: never logged."""

    id: int
    hold: int  #: which sending this is; whoever records must still have it
    channel: str
    to: str
    language: str
    purpose: Purpose
    priority: Priority
    at: datetime
    facts: Mapping[str, str | int | None]
    key_press: bool
    second: bool = False  #: the answer of the first sending was lost


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """The provider took it; a key press may come within `answer_within_s`, None where none is awaited."""

    reference: str
    answer_within_s: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Failed:
    """It was not sent. `reason` is a word, without personal data."""

    reason: str
    retry_helps: bool
    retry_after_s: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Uncertain:
    """It may have been sent."""

    reason: str


Outcome = Sent | Failed | Uncertain


class Sender(Protocol):
    """A channel, as the pass needs it."""

    @property
    def way(self) -> Way: ...

    async def send(self, letter: Letter) -> Outcome: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Refused:
    """One that may not be sent any more, or not at all: how it ends, and why."""

    id: int
    hold: int  #: how often it had been taken: one that was taken since is somebody else's to judge
    incident_id: int | None
    recipient: str
    purpose: Purpose
    state: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """What a lease brought: what to send now, what to refuse, and how many were put off or folded."""

    letters: Sequence[Letter] = ()
    refused: Sequence[Refused] = ()
    settled: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Depth:
    """What waits although it is due, and how many answers are overdue."""

    waiting: int
    oldest_s: float
    unanswered: int


class OutboxStore(Protocol):
    """The store's side of the pass."""

    async def lease(self, now: datetime, ways: Sequence[Way], slots: Mapping[str, int]) -> Taken:
        """Take what may be sent now, P1 first, with everything asked again: whether somebody has taken the case, is
        still on duty, has agreed, and whether it is too old. Waits for no case."""
        ...

    async def refuse(self, refused: Refused, now: datetime) -> None:
        """End what may not be sent, with its reason, under its case's lock; whatever fails is judged again."""
        ...

    async def record(self, letter: Letter, outcome: Outcome, now: datetime) -> str:
        """Write what became of it; returns the outcome's word. Changes nothing where the lease has ended since."""
        ...

    async def unanswered(self, now: datetime) -> int:
        """Calls whose answer has not come in time count as no answer; return how many."""
        ...

    async def depth(self, now: datetime) -> Depth: ...


@dataclass(kw_only=True, slots=True)
class _Busy:
    tasks: dict[asyncio.Task[None], str] = field(default_factory=dict)
    refusing: set[int] = field(default_factory=set)
    listening: bool = False  #: answers that never came are being written

    def by(self, channel: str) -> int:
        return sum(name == channel for name in self.tasks.values())


class OutboxPass:
    """Sends what waits. Enter it before its first turn: what is on its way outlives the turn that sent it."""

    name: Final = "outbox"
    every_s: Final = EVERY_S
    batch_size: Final = 0

    def __init__(self, store: OutboxStore, senders: Sequence[Sender], clock: Clock) -> None:
        self._store = store
        self._senders = {sender.way.name: sender for sender in senders}
        self._clock = clock
        self._busy = _Busy()
        self._recording = asyncio.Semaphore(RECORDING_MOST)
        self._refusing = asyncio.Semaphore(REFUSING_MOST)
        self._group: asyncio.TaskGroup | None = None

    @property
    def ways(self) -> Sequence[Way]:
        """The channels it sends by."""
        return [sender.way for sender in self._senders.values()]

    async def __aenter__(self) -> Self:
        self._group = await asyncio.TaskGroup().__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._group is not None, "entered"
        if self._busy.tasks:
            await asyncio.wait(self._busy.tasks, timeout=LAST_WORD_S)
        for task in list(self._busy.tasks):
            task.cancel()
        # What ended the block goes on as it is: the tasks have ended, and none of them ever raises.
        await self._group.__aexit__(None, None, None)

    async def run_once(self, now: datetime) -> int:
        """Begin sending what may be sent; return how many notices were begun or settled."""
        assert self._group is not None, "enter the pass before its first turn"
        depth = await self._store.depth(now)
        metrics.outbox_waiting.set(depth.waiting)
        metrics.outbox_oldest_seconds.set(depth.oldest_s)
        # Twice a second nearly nothing is asked while nothing waits.
        begun = await self._begin(now) if depth.waiting else 0
        if depth.unanswered and not self._busy.listening:
            self._busy.listening = True
            self._start(self._unanswered(now), name="unanswered")
        return begun

    async def _begin(self, now: datetime) -> int:
        assert self._group is not None, "entered"
        ways = self.ways
        slots = {way.name: IN_FLIGHT_MOST - self._busy.by(way.name) for way in ways}
        taken = await self._store.lease(now, ways, slots)
        for letter in taken.letters:
            self._start(self._carry(letter), name=f"notice {letter.id}", channel=letter.channel)
        # Whoever has a case may have it for a while: nobody's page waits for that.
        fresh = [refused for refused in taken.refused if refused.id not in self._busy.refusing]
        for refused in fresh:
            self._busy.refusing.add(refused.id)
            self._start(self._refuse(refused, now), name=f"refusal {refused.id}")
        return len(taken.letters) + len(fresh) + taken.settled

    def _start(self, work: Coroutine[Any, Any, None], *, name: str, channel: str = "") -> None:
        assert self._group is not None, "entered"
        task = self._group.create_task(work, name=name)
        self._busy.tasks[task] = channel
        task.add_done_callback(lambda done: self._busy.tasks.pop(done, None))

    async def settle(self) -> None:
        """Wait for everything that is on its way."""
        while self._busy.tasks:
            await asyncio.wait(self._busy.tasks)

    async def _carry(self, letter: Letter) -> None:
        try:
            outcome = await self._send(letter)
            word = await self._record(letter, outcome)
        except Exception as error:  # noqa: BLE001  # one notice's outermost line: its lease runs out, the others go on
            word = "not_recorded"
            _log.error("notice_not_recorded", notice=letter.id, error=type(error).__name__)
        metrics.notifications_total.labels(channel=letter.channel, outcome=word).inc()

    async def _record(self, letter: Letter, outcome: Outcome) -> str:
        for tries_left in reversed(range(RECORD_TRIES)):
            try:
                async with self._recording:
                    return await self._store.record(letter, outcome, self._clock.now())
            except Exception as error:
                if not tries_left:
                    raise
                _log.warning("notice_recorded_later", notice=letter.id, error=type(error).__name__)
        raise AssertionError("the last try returns or raises")

    async def _refuse(self, refused: Refused, now: datetime) -> None:
        try:
            async with self._refusing:
                await self._store.refuse(refused, now)
        except Exception as error:  # noqa: BLE001  # one notice's outermost line: said, and judged again next time
            metrics.pass_rows_failed_total.labels(name=self.name).inc()
            _log.error("notice_not_refused", notice=refused.id, error=type(error).__name__)
        finally:
            self._busy.refusing.discard(refused.id)

    async def _unanswered(self, now: datetime) -> None:
        try:
            await self._store.unanswered(now)
        except Exception as error:  # noqa: BLE001  # its outermost line: the next turn tries them again
            metrics.pass_failures_total.labels(name=self.name, error=type(error).__name__).inc()
            _log.error("answers_not_taken", error=type(error).__name__)
        finally:
            self._busy.listening = False

    async def _send(self, letter: Letter) -> Outcome:
        try:
            async with asyncio.timeout(SEND_LIMIT_S):
                return await self._senders[letter.channel].send(letter)
        except TimeoutError:
            return Uncertain(reason="timed_out")
        except Exception as error:  # noqa: BLE001  # a channel promises never to raise; one that does is one channel's
            _log.error("channel_raised", channel=letter.channel, error=type(error).__name__)
            return Uncertain(reason="channel_raised")
