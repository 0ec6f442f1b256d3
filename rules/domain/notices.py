"""What people are told, and why: a notice is decided with the case, and sent by somebody else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rules.domain.vocabulary import Priority


class Purpose(StrEnum):
    """Why somebody is told. Acceptance cancels offers, never information (centre.md, 24)."""

    ESCALATION = "escalation"  #: an unattended case: "press 1 to take it, 2 if you cannot"
    OFFER = "offer"  #: a responder is asked to go
    STAND_DOWN = "stand_down"  #: not needed any more; reaches everyone asked
    INFORMATION = "information"  #: of a case, its change or its end
    WARNING = "warning"  #: somebody near by is told to keep out of a danger; nothing is asked of them
    DANGER = "danger"  #: who goes somewhere is told what has begun there: stay out, switch nothing on, call 119
    CHECK_BACK = "check_back"  #: a responder is asked how they are
    CALL_SERVICES = "call_services"  #: a person must call the emergency services
    CHANNEL_TEST = "channel_test"
    SUMMARY = "summary"  #: what was folded because a channel was full
    EVENT = "event"  #: what happened to a case, for a program: nobody reads or hears it, and it has no text


class Answer(StrEnum):
    """What came back from whoever was told."""

    TAKE = "take"  #: "1"
    CANNOT = "cannot"  #: "2"
    HEARD = "heard"  #: picked up, nothing pressed: no acceptance
    DELIVERED = "delivered"  #: it reached the telephone; that says nothing of the person
    NO_ANSWER = "no_answer"
    REFUSED = "refused"  #: the carrier or the receiver would not take it


@dataclass(frozen=True, kw_only=True, slots=True)
class Notice:
    """One person told one thing. Which channels, and whether at all, is checked again when it is sent.

    `key` makes it happen once: a second notice of the same key is not written. `facts` go into templates and leave
    the machine: numbers, classes, areas, distances, never a name, an address, a telephone or a health word.
    """

    purpose: Purpose
    recipient: str  #: "user:3", "contact:9", "responder:4", "webhook:<name>", "robot:<name>"
    priority: Priority
    key: str
    incident_id: int | None = None
    assignment_id: int | None = None
    not_after: datetime | None = None  #: later it would mislead
    facts: tuple[tuple[str, str | int | None], ...] = ()
    not_before: datetime | None = None  #: None: at once
