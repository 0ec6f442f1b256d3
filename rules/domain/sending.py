"""By which channel a notice goes, and when: the person's own order, the channel's rate, and one voice call a minute."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from rules.domain.notices import Purpose
from rules.domain.phones import normalise
from rules.domain.vocabulary import Priority


class Kind(StrEnum):
    """What a channel is. Only a voice call wakes a person (centre.md, 8)."""

    VOICE = "voice"
    SMS = "sms"
    WEBHOOK = "webhook"
    EMAIL = "email"
    ROBOT = "robot"
    CATCHER = "catcher"  #: keeps what would have been sent


#: A ladder that annoys is switched off: nobody is rung more often than this (centre.md, part 3).
VOICE_GAP_S: Final = 60
#: Of its rate, what a channel keeps for P1 where the settings do not say.
RESERVE_SHARE: Final = 0.3
RATE_WINDOW_S: Final = 60
#: A call rings for about a minute, and a key comes within it; later it "counts as no answer" (centre.md, 8).
ANSWER_WAIT_S: Final = 120
#: So long a channel that failed is left alone for this notice, where its provider did not say; then it is the next's.
AGAIN_AFTER_S: Final = (5, 15, 60)
#: A program that is away is asked again until what it would hear is a day old.
_EVENT_AGAIN_AFTER_S: Final = (5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 21_600, 28_800)
#: A P1 does not wait long for one channel to recover.
_TRIES_P1: Final = 1
#: Two of one recipient are no flood yet: from here on they are one summary.
FOLD_FROM: Final = 3

#: "Press 1 to take it, 2 if you cannot."
ASKS_FOR_A_KEY: Final = frozenset({Purpose.ESCALATION, Purpose.OFFER, Purpose.CHECK_BACK, Purpose.CALL_SERVICES})
#: What may stand in a summary: an offer or a stand-down is somebody's own, and P1 is never folded.
FOLDABLE: Final = frozenset({Purpose.ESCALATION, Purpose.INFORMATION, Purpose.SUMMARY})

_WAKING: Final = (Kind.VOICE, Kind.SMS, Kind.EMAIL)
_PLAIN: Final = (Kind.SMS, Kind.EMAIL, Kind.VOICE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """A channel as the outbox sees it."""

    name: str
    kind: Kind
    per_minute_most: int
    reserve_p1: int

    def has_room(self, used: int, priority: Priority) -> bool:
        """Whether one more may go after `used` in the last minute: the reserve is for P1 alone."""
        most = self.per_minute_most
        return used < (most if priority is Priority.CRITICAL else most - self.reserve_p1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Addresses:
    """Where somebody can be reached. `named` is a webhook's or a robot's channel."""

    phone: str | None = None  #: normalised
    email: str | None = None
    named: str | None = None
    order: tuple[str, ...] = ()  #: kinds as the person wants them; empty: as the notice needs

    def of(self, kind: Kind) -> str | None:
        """What a channel of this kind would dial, or None."""
        if kind is Kind.VOICE:
            return self.phone
        if kind is Kind.SMS:
            read = normalise(self.phone) if self.phone else None
            return self.phone if read is not None and read.textable else None
        if kind is Kind.EMAIL:
            return self.email
        if kind is Kind.CATCHER:
            return self.phone or self.email or self.named
        return self.named


@dataclass(kw_only=True, slots=True)
class Books:
    """What was sent in the last minute, over all engines; whoever sends notes it before the next is judged."""

    used: dict[str, int] = field(default_factory=dict)  #: by channel
    rung: dict[str, datetime] = field(default_factory=dict)  #: a recipient's last voice call
    slots: dict[str, int] = field(default_factory=dict)  #: sendings that this engine can still begin, by channel

    def note(self, recipient: str, way: Way, *, now: datetime) -> None:
        self.used[way.name] = self.used.get(way.name, 0) + 1
        if way.name in self.slots:
            self.slots[way.name] -= 1
        if way.kind is Kind.VOICE:
            self.rung[recipient] = now


@dataclass(frozen=True, kw_only=True, slots=True)
class Take:
    """Send it now, this way."""

    way: Way
    address: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Later:
    """Not before this moment."""

    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Busy:
    """The channel has as many in hand as it may: in a moment, and by no other."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Full:
    """Every channel that could has sent what it may in this minute."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NoWay:
    """No channel is left; `addressed` is whether the person has any address at all."""

    addressed: bool


Verdict = Take | Later | Busy | Full | NoWay


def again_after_s(purpose: Purpose, priority: Priority) -> Sequence[int]:
    """The waits before each further try by the same channel; then it is the next channel's."""
    if purpose is Purpose.EVENT:
        return _EVENT_AGAIN_AFTER_S
    return AGAIN_AFTER_S[:_TRIES_P1] if priority is Priority.CRITICAL else AGAIN_AFTER_S


def needs_voice(purpose: Purpose, priority: Priority) -> bool:
    """Whether it must wake somebody: SMS and chat may accompany, but are never the whole of it."""
    return priority is Priority.CRITICAL or (purpose in ASKS_FOR_A_KEY and priority is Priority.URGENT)


def ways_of(addresses: Addresses, ways: Sequence[Way], *, wakes: bool, tried: Collection[str]) -> list[Way]:
    """The channels that can reach this person, in the order to try them; a catcher takes what no other could."""
    if addresses.named is not None:
        own = [way for way in ways if way.name == addresses.named]
        return [way for way in (own or _catchers(ways)) if way.name not in tried]
    wanted = addresses.order or (_WAKING if wakes else _PLAIN)
    if wakes:
        wanted = (Kind.VOICE, *(kind for kind in wanted if kind != Kind.VOICE))
    fit = [way for kind in wanted for way in ways if way.kind == kind and addresses.of(way.kind) is not None]
    left = [way for way in (fit or _catchers(ways)) if way.name not in tried]
    # While a voice can still be tried, nothing else stands in for it.
    voices = [way for way in left if way.kind is Kind.VOICE] if wakes else []
    return voices or left


def _catchers(ways: Sequence[Way]) -> list[Way]:
    return [way for way in ways if way.kind is Kind.CATCHER]


def choose(
    recipient: str,
    addresses: Addresses,
    priority: Priority,
    *,
    wakes: bool,
    ways: Sequence[Way],
    tried: Collection[str],
    books: Books,
    now: datetime,
) -> Verdict:
    """The channel to send by now, or what stands in the way. `wakes`: it must ring (`needs_voice`)."""
    if all(address is None for address in (addresses.phone, addresses.email, addresses.named)):
        return NoWay(addressed=False)
    fit = ways_of(addresses, ways, wakes=wakes, tried=tried)
    if not fit:
        return NoWay(addressed=True)
    later: datetime | None = None
    for way in fit:
        free_at = _free_at(recipient, way, books)
        if free_at is not None and free_at > now:
            later = free_at
        elif way.has_room(books.used.get(way.name, 0), priority):
            if books.slots.get(way.name, 1) <= 0:
                return Busy()
            address = addresses.of(way.kind)
            assert address is not None, "a way fits only with an address"
            return Take(way=way, address=address)
        elif priority is not Priority.CRITICAL:
            return Full()  # a flood of no urgency does not spill from texts into calls
    return Later(at=later) if later is not None else Full()


def _free_at(recipient: str, way: Way, books: Books) -> datetime | None:
    rung = books.rung.get(recipient)
    return None if way.kind is not Kind.VOICE or rung is None else rung + timedelta(seconds=VOICE_GAP_S)
