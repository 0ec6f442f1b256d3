"""Who was asked to go, who came, and what became of a hand-over: read from a case's record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from rules.domain.call_words import AS_NO_ANSWER, CallResult, CallTo
from rules.domain.kpi_course import CaseFacts, Fact
from rules.domain.vocabulary import Action, Step

#: Somebody else moves or is there already: this one was asked beside them, not called off.
_BESIDE: Final = frozenset({"somebody_moves", "somebody_arrived"})
_LEAVES: Final = frozenset({Step.DECLINE, Action.TIMED_OUT, Action.COMPLETED})
_WITH_A_PERSON: Final = frozenset({CallTo.RESIDENT, CallTo.CONTACT})


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """One responder asked to go, as the record tells it."""

    assignment: int
    at: datetime
    seq: int
    accepted_at: datetime | None = None
    arrived_at: datetime | None = None
    on_their_word: bool = False  #: written down by a desk
    stood_down: bool = False  #: called off, not merely overtaken
    is_open: bool = True


def asked(case: CaseFacts) -> tuple[Asked, ...]:
    """Every offer of the case; an arrival that was doubted, or taken back, is none."""
    found: dict[int, Asked] = {}
    for entry in case.entries:
        number = entry.facts.get("assignment")
        if not isinstance(number, int):
            continue
        if entry.action == Action.OFFERED:
            found[number] = Asked(assignment=number, at=entry.at, seq=entry.seq)
        elif number in found:
            found[number] = _after(found[number], entry)
    return tuple(sorted(found.values(), key=lambda one: one.seq))


def _after(one: Asked, entry: Fact) -> Asked:
    if entry.action == Action.ACCEPTED and one.accepted_at is None:
        return replace(one, accepted_at=entry.at, is_open=True)
    if entry.action == Step.ARRIVE and not entry.facts.get("doubt"):
        there = replace(one, is_open=True, accepted_at=one.accepted_at or entry.at)
        if there.arrived_at is not None:
            return there
        return replace(there, arrived_at=entry.at, on_their_word=entry.user is not None)
    if entry.action == Action.TAKEN_BACK:
        return replace(one, arrived_at=None, on_their_word=False, is_open=True)
    if entry.action == Step.STAND_DOWN:
        return replace(one, is_open=False, stood_down=entry.facts.get("reason") not in _BESIDE)
    return replace(one, is_open=False) if entry.action in _LEAVES else one


def first_arrival(offers: Sequence[Asked]) -> Asked | None:
    """Who was there first."""
    came = [one for one in offers if one.arrived_at is not None]
    return min(came, key=lambda one: (one.arrived_at, one.seq), default=None)


def was_called_off(offers: Sequence[Asked]) -> bool:
    """Whether nobody came because whoever was still asked was stood down."""
    return bool(offers) and not any(one.is_open for one in offers) and any(one.stood_down for one in offers)


@dataclass(frozen=True, kw_only=True, slots=True)
class HandedOver:
    """One hand-over to a service, as its record stands at the moment of the report."""

    id: int
    service: str
    dialled_at: datetime
    answer: str | None = None
    answered_at: datetime | None = None
    arrived_at: datetime | None = None


def first_offer(case: CaseFacts) -> datetime | None:
    """When the first responder was asked."""
    return next((entry.at for entry in case.entries if entry.action == Action.OFFERED), None)


def confirmed_at(case: CaseFacts) -> datetime | None:
    """When it was known that the emergency services must be called."""
    return next((entry.at for entry in case.entries if entry.action == Action.SERVICES_CONFIRMED), None)


def first_contact(case: CaseFacts, after_seq: int) -> datetime | None:
    """The first call with a person, or visit, after this entry, whatever came of it."""
    return next((e.at for e in case.entries if e.seq > after_seq and _is_contact(e)), None)


def _is_contact(entry: Fact) -> bool:
    if entry.action == Step.ARRIVE:
        return not entry.facts.get("doubt")
    return entry.action == Step.CALL and entry.facts.get("to") in _WITH_A_PERSON


def first_failed_call(case: CaseFacts) -> Fact | None:
    """The first call to the resident that nobody answered."""
    return next((e for e in case.entries if _called_resident(e) and e.facts.get("result") in AS_NO_ANSWER), None)


def reached_after(case: CaseFacts, failed: Fact) -> datetime | None:
    """When the resident was reached by telephone after all."""
    spoke = {CallResult.SPOKE_OK, CallResult.SPOKE_HELP}
    later = (e for e in case.entries if e.seq > failed.seq and _called_resident(e))
    return next((e.at for e in later if e.facts.get("result") in spoke), None)


def decision_after(case: CaseFacts, failed: Fact) -> datetime | None:
    """When somebody was sent or the case handed over; at once where that stood already."""
    decided = next((e for e in case.entries if e.action in (Step.DISPATCH, Action.OFFERED, Step.HANDOVER)), None)
    return None if decided is None else max(decided.at, failed.at)


def _called_resident(entry: Fact) -> bool:
    return entry.action == Step.CALL and entry.facts.get("to") == CallTo.RESIDENT


def family_told(case: CaseFacts, after_seq: int) -> datetime | None:
    """When the first notice to a contact was taken by its channel, or a contact was spoken with."""
    spoke = {CallResult.SPOKE_OK, CallResult.SPOKE_HELP}
    for entry in case.entries:
        if entry.seq <= after_seq:
            continue
        if entry.action == Action.NOTIFIED and str(entry.facts.get("recipient", "")).startswith("contact:"):
            return entry.at
        by_voice = entry.action == Step.CALL and entry.facts.get("to") == CallTo.CONTACT
        if by_voice and entry.facts.get("result") in spoke:
            return entry.at
    return None


def first_human(case: CaseFacts) -> Fact | None:
    """The first thing that a person did in the case, wherever they were."""
    return next((entry for entry in case.entries if _by_a_person(entry)), None)


def _by_a_person(entry: Fact) -> bool:
    if entry.action in (Action.ACCEPTED_BY_PHONE, Action.DECLINED_BY_PHONE):
        return True
    return entry.actor.startswith(("user:", "responder:")) and entry.action != Action.OPENED
