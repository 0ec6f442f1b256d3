"""The emergency services of a case: what confirms it, whom to ring next, when to ring back (centre.md, 7 and 27)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from rules.domain.calls import CallMade, says_help, unanswered_within
from rules.domain.plan_course import asks_for_services
from rules.domain.plans import FrozenStep
from rules.domain.vocabulary import Class, Family, Priority

#: A control room that keeps us waiting without an estimate is asked again after this.
CALL_BACK_S: Final = 300
#: Whoever must ring a control room hears of it again this often, until they have.
AGAIN_S: Final = 60
#: Fire, gas and CO: confirmed, a good word from the telephone does not take it back.
FIRE_AND_GAS: Final = frozenset({Class.FIRE, Class.SMOKE, Class.HEAT, Class.GAS, Class.CARBON_MONOXIDE})


class HandOverAnswer(StrEnum):
    """What a control room said."""

    ACCEPTED = "accepted"
    QUEUED = "queued"
    REJECTED = "rejected"
    PASSED_ON = "passed_on"


class Confirmed(StrEnum):
    """Why a service must be called now."""

    HELP_ASKED = "help_asked"
    TWO_SIGNS = "two_signs"  #: two detectors, or two kinds of sign
    PLAN_ANSWER = "plan_answer"
    NOBODY_REACHED = "nobody_reached"


#: The numbers that a desk in China knows by heart; the direct ones are an area's.
SHORT_NUMBER: Final = {"police": "110", "fire": "119", "ambulance": "120"}


def confirmed(
    plan: Sequence[FrozenStep],
    calls: Iterable[CallMade],
    *,
    priority: Priority,
    now: datetime,
    speechless: bool = False,
) -> Confirmed | None:
    """Why the services must be called now; None while nothing says so.

    Who cannot use the telephone (`speechless`) is never "nobody reached": for them somebody goes at once.
    """
    calls = tuple(calls)
    if any(says_help(call) for call in calls):
        return Confirmed.HELP_ASKED
    if asks_for_services(plan) is not None:
        return Confirmed.PLAN_ANSWER
    if two_signs(plan):
        return Confirmed.TWO_SIGNS
    if speechless:
        return None
    return Confirmed.NOBODY_REACHED if unanswered_within(calls, now, priority=priority) else None


def two_signs(plan: Sequence[FrozenStep]) -> bool:
    """Whether two kinds of signs of one fire have come in: two detectors make a `fire` of smoke (centre.md, 7)."""
    return len({step.class_ for step in plan} & FIRE_AND_GAS) > 1


def stands_whatever_is_said(why: Confirmed | None, family: Family) -> bool:
    """Whether "all is well" on the telephone leaves it as it is: a fire that is confirmed is not talked out."""
    return family is Family.FIRE_AND_GAS and why in (Confirmed.HELP_ASKED, Confirmed.TWO_SIGNS, Confirmed.PLAN_ANSWER)


def required(class_: Class, family: Family) -> frozenset[str]:
    """The services that a case is not handed over without: 119 of a fire, and of carbon monoxide 120 as well."""
    if class_ is Class.CARBON_MONOXIDE:
        return frozenset({"fire", "ambulance"})
    return frozenset({"fire"}) if family is Family.FIRE_AND_GAS else frozenset()


def next_service(order: Sequence[str], refused: Collection[str]) -> str | None:
    """Whom to ring after these have refused: the class's own order, then whoever is left; the police open doors."""
    return next((name for name in (*order, "police", "fire", "ambulance") if name not in refused), None)


def call_back_at(answer: HandOverAnswer | None, estimate_at: datetime | None, now: datetime) -> datetime | None:
    """When a hand-over is asked about again; None once they have accepted or refused it."""
    if answer in (HandOverAnswer.ACCEPTED, HandOverAnswer.REJECTED):
        return None
    soon = now + timedelta(seconds=CALL_BACK_S)
    if answer is HandOverAnswer.QUEUED and estimate_at is not None:
        return max(estimate_at, now)
    return soon
