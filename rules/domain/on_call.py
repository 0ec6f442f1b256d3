"""Whom a stage of the desk chain reaches by telephone: who is on duty, who is next on the list, and who if nobody is.

The list rotates: each further rung rings the next. Who said "cannot" is not rung again in that round. A high alarm that
nobody is on call for is everybody's who may take it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from rules.domain.telling import HEARD_S
from rules.domain.vocabulary import Priority, Target


class ShiftRole(StrEnum):
    """What somebody is on the rota for."""

    DESK = "desk"
    SUPERVISOR = "supervisor"
    ON_CALL = "on_call"
    COUNTY_DUTY = "county_duty"
    COMMUNITY_WORKER = "community_worker"
    RESPONDER = "responder"


class Chosen(StrEnum):
    """In which capacity somebody is rung: asked again at the moment of sending."""

    ON_DUTY = "on_duty"
    ON_CALL = "on_call"
    COUNTY_DUTY = "county_duty"
    COMMUNITY_WORKER = "community_worker"
    ANYBODY = "anybody"  #: nobody is on the rota, so whoever may take it


class Missing(StrEnum):
    """Why a stage reached nobody, or not whom it should."""

    NOBODY_ON_CALL = "nobody_on_call"
    NOBODY_WITH_A_NUMBER = "nobody_with_a_number"
    ALL_CANNOT = "all_cannot"  #: everybody has said so in this round
    HEARD = "heard_by_phone"  #: somebody has just said that they take it


#: Whoever may claim a case (console/rights.py, STEPS).
_MAY_TAKE: Final = ("supervisor", "administrator", "dispatcher")


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Somebody with an account that is not switched off, whose areas cover the case."""

    user_id: int
    role: str
    has_phone: bool
    present: bool = False  #: at a desk
    shifts: tuple[tuple[ShiftRole, int], ...] = ()  #: running now, each with its rank

    def rank(self, role: ShiftRole) -> int | None:
        return min((rank for own, rank in self.shifts if own is role), default=None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A notice of this case that somebody got, in the order they were made."""

    user_id: int
    capacity: Chosen
    cannot: bool = False  #: said so, in the round that runs
    took_at: datetime | None = None  #: said "1"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reached:
    """Whom to ring, in which capacity, and what was missing."""

    people: tuple[tuple[int, Chosen], ...] = ()
    missing: Missing | None = None


def reach(
    target: Target, people: Sequence[Person], asked: Sequence[Asked], *, priority: Priority, now: datetime
) -> Reached:
    """Whom this target of a stage is now; nobody for the desks, which hear it on their screens."""
    if target is Target.SUPERVISORS:
        return _supervisors(people, asked, priority)
    if target is Target.ON_CALL_PHONE:
        return _on_call(people, asked, priority, now)
    if target is Target.COUNTY_DUTY:
        return _county(people, asked, priority, now)
    if target is Target.COMMUNITY_WORKER:
        own = [one for one in people if _is(one, "community_worker", ShiftRole.COMMUNITY_WORKER)]
        return Reached(people=_as(own, Chosen.COMMUNITY_WORKER))
    return Reached()


def next_on_list(people: Sequence[Person], asked: Sequence[Asked]) -> int | None:
    """The next of the on-call list after whoever was rung last; None where nobody of it is left in this round."""
    ranked = sorted((rank, one.user_id) for one in people if one.has_phone and (rank := one.rank(ShiftRole.ON_CALL)))
    order = [user_id for _, user_id in ranked]
    if not order:
        return None
    last = next((one.user_id for one in reversed(asked) if one.user_id in order), None)
    start = 0 if last is None else order.index(last) + 1
    cannot = _cannot(asked)
    return next((user_id for user_id in (*order[start:], *order[:start]) if user_id not in cannot), None)


def _on_call(people: Sequence[Person], asked: Sequence[Asked], priority: Priority, now: datetime) -> Reached:
    if is_heard(asked, now):
        return Reached(missing=Missing.HEARD)
    following = next_on_list(people, asked)
    if following is not None:
        return Reached(people=((following, Chosen.ON_CALL),))
    listed = any(one.rank(ShiftRole.ON_CALL) is not None for one in people)
    found = _whoever(people, asked, priority)
    return Reached(people=found.people, missing=Missing.ALL_CANNOT if listed else found.missing)


def _county(people: Sequence[Person], asked: Sequence[Asked], priority: Priority, now: datetime) -> Reached:
    if is_heard(asked, now):
        return Reached(missing=Missing.HEARD)
    cannot = _cannot(asked)
    duty = [one for one in people if one.rank(ShiftRole.COUNTY_DUTY) is not None and one.has_phone]
    left = [one for one in duty if one.user_id not in cannot]
    return Reached(people=_as(left, Chosen.COUNTY_DUTY)) if left else _whoever(people, asked, priority)


def _supervisors(people: Sequence[Person], asked: Sequence[Asked], priority: Priority) -> Reached:
    """Those on duty; with none on duty and life at stake the on-call list is rung by its own rung, sooner or later."""
    cannot = _cannot(asked)
    on_duty = [one for one in people if _on_duty(one) and one.user_id not in cannot]
    if on_duty or priority > Priority.URGENT:
        # Whoever sits at a desk hears it there, also without a telephone.
        return Reached(people=_as([one for one in on_duty if one.has_phone or not one.present], Chosen.ON_DUTY))
    if any(one.has_phone and one.rank(ShiftRole.ON_CALL) is not None for one in people):
        return Reached()
    return _whoever(people, asked, priority)


def _whoever(people: Sequence[Person], asked: Sequence[Asked], priority: Priority) -> Reached:
    """A high alarm that nobody is on call for: every supervisor with a telephone, else everybody who may take it."""
    if priority > Priority.URGENT:
        return Reached(missing=Missing.NOBODY_ON_CALL)
    cannot = _cannot(asked)
    able = [one for one in people if one.has_phone and one.user_id not in cannot and one.role in _MAY_TAKE]
    supervisors = [one for one in able if one.role == "supervisor"]
    found = supervisors or able
    missing = Missing.NOBODY_ON_CALL if found else Missing.NOBODY_WITH_A_NUMBER
    return Reached(people=_as(found, Chosen.ANYBODY), missing=missing)


def is_heard(asked: Sequence[Asked], now: datetime) -> bool:
    """Whether somebody has just said by telephone that they take it: the others are left in peace for a while."""
    since = now - timedelta(seconds=HEARD_S)
    return any(one.took_at is not None and one.took_at > since for one in asked)


def still_in(capacity: Chosen, person: Person) -> bool:
    """Whether somebody still is what they were chosen as: asked again just before sending."""
    if capacity is Chosen.ON_CALL:
        return person.rank(ShiftRole.ON_CALL) is not None
    if capacity is Chosen.COUNTY_DUTY:
        return person.rank(ShiftRole.COUNTY_DUTY) is not None
    if capacity is Chosen.ON_DUTY:
        return _on_duty(person)
    return True


def _on_duty(person: Person) -> bool:
    return (_is(person, "supervisor", None) and person.present) or person.rank(ShiftRole.SUPERVISOR) is not None


def _is(person: Person, role: str, shift: ShiftRole | None) -> bool:
    return person.role == role or (shift is not None and person.rank(shift) is not None)


def _cannot(asked: Sequence[Asked]) -> frozenset[int]:
    return frozenset(one.user_id for one in asked if one.cannot)


def _as(people: Sequence[Person], capacity: Chosen) -> tuple[tuple[int, Chosen], ...]:
    return tuple((one.user_id, capacity) for one in people)
