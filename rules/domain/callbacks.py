"""What a provider reports of a message sent earlier, in our words: answered by a key or a text, not, or delivered."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from rules.domain.notices import Answer


class Key(StrEnum):
    """What was pressed: "press 1 to take it, 2 if you cannot"."""

    TAKE = "1"
    CANNOT = "2"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """The call was picked up. `key` None: nothing was pressed, which is no acceptance."""

    reference: str
    key: Key | None


@dataclass(frozen=True, kw_only=True, slots=True)
class NoAnswer:
    """It rang and nobody picked up, the line was busy, or the telephone was off. `detail` is the provider's code."""

    reference: str
    detail: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivered:
    """It reached the telephone; that says nothing of the person."""

    reference: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Refused:
    """The carrier or the receiver would not take it. `detail` is the provider's code."""

    reference: str
    detail: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Replied:
    """Somebody sent a text back (上行短信). It names no message of ours: what it answers is found by the number, at
    once, and the number is not kept."""

    number: str = field(repr=False)  #: normalised
    key: Key


Callback = Answered | NoAnswer | Delivered | Refused


def answer_of(said: Callback) -> Answer:
    """What it means for the notice; a key that was neither "1" nor "2" is no acceptance, and no refusal either."""
    match said:
        case Answered(key=Key.TAKE):
            return Answer.TAKE
        case Answered(key=Key.CANNOT):
            return Answer.CANNOT
        case Answered():
            return Answer.HEARD
        case NoAnswer():
            return Answer.NO_ANSWER
        case Delivered():
            return Answer.DELIVERED
        case Refused():
            return Answer.REFUSED
