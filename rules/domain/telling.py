"""Who may be told, and whether still, at the moment of sending; every refusal has a name (centre.md, 8 and 24)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rules.domain.call_words import CallResult
from rules.domain.notices import Purpose
from rules.domain.policy_table import FamilyTold
from rules.domain.vocabulary import Priority, SafetyKind, Step


class Withheld(StrEnum):
    """Why a notice is not sent; stands on its row and in the case's record."""

    TOO_OLD = "too_old"
    TAKEN_MEANWHILE = "taken_meanwhile"  #: somebody has claimed the case, or accepted the assignment
    CASE_ENDED = "case_ended"
    OFF_DUTY = "off_duty"
    NOT_AVAILABLE = "not_available"  #: a responder who is away or already busy
    SWITCHED_OFF = "switched_off"  #: the account
    BARRED = "barred"
    NO_CONSENT = "no_consent"
    NOTICES_STOPPED = "notices_stopped"  #: the register says that the resident has died (centre.md, 17)
    QUIET_HOURS = "quiet_hours"  #: and it would be too old when they end
    NO_ADDRESS = "no_address"
    NO_CHANNEL = "no_channel"  #: every channel that could reach this person has been tried
    UNKNOWN_RECIPIENT = "unknown_recipient"
    SUPERSEDED = "superseded"  #: a later one says the same to the same person
    HEARD_BY_PHONE = "heard_by_phone"  #: somebody has just said that they take it
    FOLDED = "folded"  #: its channel was full; it stands in a summary


#: Of an escalation: this person cannot be rung, and the next must be.
UNREACHABLE: Final = frozenset(
    {
        Withheld.NO_ADDRESS,
        Withheld.NO_CHANNEL,
        Withheld.OFF_DUTY,
        Withheld.SWITCHED_OFF,
        Withheld.UNKNOWN_RECIPIENT,
    }
)


class ContactRole(StrEnum):
    ATTENDS = "attends"
    HOLDS_KEY = "holds_key"
    INFORMED_ONLY = "informed_only"
    DECIDES = "decides"
    BARRED = "barred"


class Change(StrEnum):
    """What a contact is told of a case: at most one message per person, case and change."""

    OPENED = "opened"
    REOPENED = "reopened"
    ENDED = "ended"


class Ending(StrEnum):
    """How a case ended, as family hears it: never a diagnosis."""

    SAFE_AT_HOME = "safe_at_home"
    IN_HOSPITAL = "in_hospital"
    CLOSED = "closed"


#: Quiet hours hold these; P1 and P2 are never held (centre.md, 24).
MAY_BE_HELD: Final = frozenset({Priority.NOTICE, Priority.TECHNICAL, Priority.INFORMATION})
#: With nobody at a desk the contacts are told all the same, when the whole chain has been rung once (invariant 7).
FAMILY_UNATTENDED_S: Final = 300
#: "I take it" by telephone: nobody else is rung for so long; only a claim ends the chain (centre.md, 2).
HEARD_S: Final = 180

#: Of whom a case is taken over by a claim; information is never cancelled by one.
_ASKS: Final = frozenset({Purpose.ESCALATION, Purpose.OFFER})
#: What means nothing once the case has ended: nobody has to be called, and there is no danger to keep out of.
_PASSES: Final = frozenset({Purpose.CALL_SERVICES, Purpose.WARNING, Purpose.DANGER})


@dataclass(frozen=True, kw_only=True, slots=True)
class QuietHours:
    """From a local time to a local time, over midnight where the end is earlier."""

    from_: time
    to: time


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """A notice just before it is sent, and what is known of its case and its recipient at this moment."""

    purpose: Purpose
    priority: Priority
    not_after: datetime | None = None
    attended: bool = False  #: the case is claimed
    heard: bool = False  #: somebody has just said by telephone that they take it
    unresolved: bool = True
    over: bool = False  #: what a contact was to hear is past: the case has ended since, or was taken up again
    going: bool = True  #: a responder who is asked how they are still goes, or is there
    offer_open: bool = True  #: nobody has accepted, declined or stood it down
    known: bool = True  #: the recipient is in the register
    disabled: bool = False
    on_duty: bool = True  #: in the capacity it was chosen for
    available: bool = True  #: of a responder
    contact: bool = False
    role: ContactRole | None = None
    barred_number: bool = False  #: a contact or responder whose number is barred for this home under another role
    consented: bool = False
    resident_died: bool = False
    quiet: tuple[QuietHours, ...] = ()
    time_zone: str = "UTC"


def withheld(notice: Waiting, *, now: datetime) -> Withheld | None:
    """Why it must not be sent, or None. Quiet hours are asked by `held_until`: they only put off."""
    if notice.not_after is not None and now > notice.not_after:
        return Withheld.TOO_OLD
    if not notice.known:
        return Withheld.UNKNOWN_RECIPIENT
    if (notice.contact or notice.barred_number) and (refused := _of_contact(notice)) is not None:
        return refused
    if notice.disabled:
        return Withheld.SWITCHED_OFF
    if _is_past(notice):
        return Withheld.CASE_ENDED
    return _taken(notice) if notice.purpose in _ASKS else None


def _is_past(notice: Waiting) -> bool:
    """Whether what it says means nothing any more, whoever has taken what."""
    if notice.purpose is Purpose.CHECK_BACK:
        return not notice.going
    return notice.purpose in _PASSES and not notice.unresolved


def _of_contact(notice: Waiting) -> Withheld | None:
    if notice.barred_number or notice.role is None or notice.role is ContactRole.BARRED:
        return Withheld.BARRED
    if notice.resident_died:
        return Withheld.NOTICES_STOPPED
    if not notice.consented:
        return Withheld.NO_CONSENT
    return Withheld.CASE_ENDED if notice.over and notice.purpose is Purpose.INFORMATION else None


def _taken(notice: Waiting) -> Withheld | None:
    """An escalation ends with a claim, an offer with its assignment; both with the case."""
    if not notice.unresolved:
        return Withheld.CASE_ENDED
    if notice.purpose is Purpose.ESCALATION:
        if notice.attended:
            return Withheld.TAKEN_MEANWHILE
        if notice.heard:
            return Withheld.HEARD_BY_PHONE
        return None if notice.on_duty else Withheld.OFF_DUTY
    if not notice.offer_open:
        return Withheld.TAKEN_MEANWHILE
    return None if notice.available else Withheld.NOT_AVAILABLE


def held_until(notice: Waiting, *, now: datetime) -> datetime | None:
    """When the recipient's quiet hours end, or None where nothing holds it: P1 and P2 are never held."""
    if notice.priority not in MAY_BE_HELD or not notice.quiet:
        return None
    try:
        zone = ZoneInfo(notice.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        return None  # told at a bad hour is better than not told
    ends = [end for hours in notice.quiet if (end := _end_of(hours, now, zone)) is not None]
    return max(ends, default=None)


def _end_of(hours: QuietHours, now: datetime, zone: ZoneInfo) -> datetime | None:
    local = now.astimezone(zone)
    at = local.time()
    over_midnight = hours.to <= hours.from_
    inside = (at >= hours.from_ or at < hours.to) if over_midnight else hours.from_ <= at < hours.to
    if not inside:
        return None
    tomorrow = over_midnight and at >= hours.from_
    day = local.date() + timedelta(days=1) if tomorrow else local.date()
    return datetime.combine(day, hours.to, tzinfo=zone).astimezone(now.tzinfo)


def quiet_hours_of(kept: Sequence[Mapping[str, Any]]) -> tuple[QuietHours, ...]:
    """As the register keeps them, `[{"from": "22:00", "to": "07:00"}]`; what cannot be read holds nothing."""
    hours = []
    for each in kept:
        try:
            hours.append(QuietHours(from_=time.fromisoformat(each["from"]), to=time.fromisoformat(each["to"])))
        except (KeyError, TypeError, ValueError):
            continue
    return tuple(hours)


#: Steps by which somebody at the desk has found that it is real.
_CONFIRMING: Final = frozenset({Step.DISPATCH, Step.HANDOVER, Step.ARRIVE})


def tells_family(told: FamilyTold, step: Step, call: CallResult | None, *, nobody_reached: bool) -> bool:
    """Whether this step of the desk is the moment at which the class's contacts are told.

    `call` is the result of a call to the resident, `nobody_reached` whether it counts as unanswered.
    """
    if told is FamilyTold.NO or told is FamilyTold.AT_ONCE:
        return False
    if call is CallResult.SPOKE_HELP or step in _CONFIRMING:
        return True
    return told is FamilyTold.AFTER_FIRST_CALL and call is not None and nobody_reached


def ending_of(safety: SafetyKind | None, service: str | None) -> Ending:
    """What those who were told are told at the end."""
    if safety in (SafetyKind.SPOKE_WITH_RESIDENT, SafetyKind.SEEN_BY):
        return Ending.SAFE_AT_HOME
    taken = safety is SafetyKind.HANDED_OVER and service in _HOSPITAL
    return Ending.IN_HOSPITAL if taken else Ending.CLOSED


#: Services that take somebody to a hospital, as the desk writes them.
_HOSPITAL: Final = frozenset({"ambulance", "120", "hospital"})
