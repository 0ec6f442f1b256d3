"""What the telephone calls of a case say: whether somebody was reached, and when it is time to send somebody."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from rules.domain.call_words import AS_NO_ANSWER, CallResult, CallTo, Verified
from rules.domain.vocabulary import Priority

#: So many attempts without an answer move the plan on (centre.md, 7 and 18).
ATTEMPTS: Final = 2
#: Two attempts within this that reach nobody make it a case for the emergency services (centre.md, 7).
SERVICES_WITHIN_S: Final = 120

#: Somebody spoke with the person who is looked for.
_SPOKE: Final = frozenset({CallResult.SPOKE_OK, CallResult.SPOKE_HELP})
#: With life at stake, whoever hangs up unheard, and whoever else a wrong number reaches, is nobody reached.
_URGENT: Final = AS_NO_ANSWER | {CallResult.REFUSED, CallResult.WRONG_NUMBER}
_OTHERS: Final = frozenset({CallResult.NO_ANSWER})


@dataclass(frozen=True, kw_only=True, slots=True)
class CallMade:
    """A call as it stands in the record."""

    at: datetime
    to: CallTo
    result: CallResult
    verified: Verified = Verified.NONE


@dataclass(frozen=True, kw_only=True, slots=True)
class Unanswered:
    """Attempts to reach the person since somebody last spoke with them."""

    attempts: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    reached: CallResult | None = None  #: what they said the last time they were spoken with

    @property
    def moves_on(self) -> bool:
        """Whether it is time to send somebody instead of ringing once more."""
        return self.attempts >= ATTEMPTS

    def moves_on_apart(self, seconds: int) -> bool:
        """The same where the attempts must lie so far apart (long quiet: two calls ten minutes apart)."""
        if self.first_at is None or self.last_at is None:
            return False
        return self.moves_on and self.last_at - self.first_at >= timedelta(seconds=seconds)


def reaches_nobody(result: CallResult, priority: Priority) -> bool:
    """Whether a call with this result counts as unanswered: for P1 and P2 everything in which nobody was heard."""
    return result in (_URGENT if priority <= Priority.URGENT else _OTHERS)


def unanswered(
    calls: Iterable[CallMade],
    now: datetime,
    *,
    priority: Priority = Priority.CRITICAL,
    speechless: bool = False,
) -> Unanswered:
    """The attempts to reach the resident that nobody answered, since one in which they were spoken with.

    Calls to contacts, responders and services say nothing about the person. Who cannot use the telephone is never
    "no answer" (`speechless`; centre.md, 19): for them somebody goes at once, whatever the telephone does.
    """
    if speechless:
        return Unanswered()
    state = Unanswered()
    for call in sorted((call for call in calls if call.to is CallTo.RESIDENT and call.at <= now), key=_at):
        if call.result in _SPOKE:
            state = Unanswered(reached=call.result)
        elif reaches_nobody(call.result, priority):
            state = Unanswered(
                attempts=state.attempts + 1,
                first_at=state.first_at or call.at,
                last_at=call.at,
                reached=state.reached,
            )
    return state


def unanswered_within(calls: Iterable[CallMade], now: datetime, *, priority: Priority = Priority.CRITICAL) -> bool:
    """Whether two attempts within two minutes reached nobody: the emergency services' own line (centre.md, 7)."""
    made = [call for call in calls if call.to is CallTo.RESIDENT and call.at <= now]
    spoke_at = max((call.at for call in made if call.result in _SPOKE), default=None)
    failed = sorted(
        call.at for call in made if reaches_nobody(call.result, priority) and (spoke_at is None or call.at > spoke_at)
    )
    window = timedelta(seconds=SERVICES_WITHIN_S)
    return any(later - first <= window for first, later in zip(failed, failed[ATTEMPTS - 1 :], strict=False))


def asks_once_more(result: CallResult, verified: Verified) -> bool:
    """Whether a voice that says "fine" must prove whose it is, by one more question (centre.md, 18)."""
    return result is CallResult.SPOKE_OK and verified is Verified.NONE


def says_help(call: CallMade) -> bool:
    """Whether the call confirms that help is needed, whoever of theirs or of ours was spoken with."""
    return call.result is CallResult.SPOKE_HELP and call.to is not CallTo.SERVICE


def said_ok(calls: Iterable[CallMade]) -> bool:
    """Whether the last word with the resident was that all is well, from a voice that proved whose it is."""
    spoken = [call for call in calls if call.to is CallTo.RESIDENT and call.result in _SPOKE]
    if not spoken:
        return False
    last = max(spoken, key=_at)
    return last.result is CallResult.SPOKE_OK and not asks_once_more(last.result, last.verified)


def _at(call: CallMade) -> datetime:
    return call.at
