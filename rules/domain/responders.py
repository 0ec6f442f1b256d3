"""Whoever goes to people: what they are, when they may be asked, and whom the machine may send by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from rules.domain.place import Point
from rules.domain.policy_table import Sent
from rules.domain.vocabulary import Class


class Kind(StrEnum):
    COMMUNITY_WORKER = "community_worker"
    CARE_WORKER = "care_worker"
    GRID_WORKER = "grid_worker"
    VOLUNTEER = "volunteer"
    RESCUE_TEAM = "rescue_team"
    MINI_FIRE_STATION = "mini_fire_station"  #: 微型消防站
    FAMILY_DOCTOR = "family_doctor"
    PROPERTY_GUARD = "property_guard"
    FAMILY = "family"
    NEIGHBOUR = "neighbour"


class Means(StrEnum):
    """How they get about."""

    FOOT = "foot"
    BICYCLE = "bicycle"
    E_BIKE = "e_bike"
    MOTORCYCLE = "motorcycle"
    CAR = "car"
    FIRE_ENGINE = "fire_engine"


class Skill(StrEnum):
    """What somebody has learnt or carries; others may be written down, these are asked for."""

    FIRST_AID = "first_aid"
    DEFIBRILLATOR = "defibrillator"
    BREATHING_GEAR = "breathing_gear"
    DEMENTIA = "dementia"
    LIFTING = "lifting"


class WhyNot(StrEnum):
    """Why somebody is not asked by the machine."""

    BARRED = "barred"  #: a protection order: never notified, offered or given a link (centre.md, 24)
    SUSPENDED = "suspended"
    NO_CHANNEL = "no_channel"
    NOBODY_IS_SENT = "nobody_is_sent"  #: the class sends nobody by itself
    NOT_TRAINED = "not_trained"
    KIND_NOT_SENT = "kind_not_sent"
    ELSEWHERE = "elsewhere"  #: another area, or somebody else's family
    ABSENT = "absent"
    OFF_SHIFT = "off_shift"
    NIGHT_NOT_AGREED = "night_not_agreed"
    BUSY = "busy"
    DECLINED_THIS_CASE = "declined_this_case"
    ASKED_ALREADY = "asked_already"


#: Not even a dispatcher's word sends these.
NEVER: Final = frozenset({WhyNot.BARRED, WhyNot.SUSPENDED, WhyNot.NO_CHANNEL, WhyNot.ASKED_ALREADY})

#: "Staff" (centre.md, part 3); care workers are the community's own as well (glossary).
STAFF: Final = frozenset(
    {Kind.COMMUNITY_WORKER, Kind.CARE_WORKER, Kind.GRID_WORKER, Kind.RESCUE_TEAM, Kind.PROPERTY_GUARD}
)
#: Kinds that are what they are by their training; of the others `trained` says it.
_TRAINED_BY_KIND: Final = frozenset({Kind.RESCUE_TEAM, Kind.MINI_FIRE_STATION})
_TRAINABLE: Final = frozenset({Kind.GRID_WORKER, Kind.PROPERTY_GUARD})

#: Smoke, gas and burglars hurt whoever comes (centre.md, 11).
DANGEROUS: Final = frozenset({Class.FIRE, Class.SMOKE, Class.HEAT, Class.GAS, Class.CARBON_MONOXIDE, Class.INTRUSION})
#: Where the air kills without a smell: without breathing gear one stays outside (centre.md, part 3).
BREATHING_GEAR_NEEDED: Final = frozenset({Class.CARBON_MONOXIDE})
#: Searches in which volunteers who agreed are sent beside the staff (centre.md, part 3).
_SEARCHES: Final = frozenset({Class.WANDERING_AT_RISK})
#: In code and not in any policy: police are called by a person, nobody is sent in (centre.md, 11).
_NEVER_SENT: Final = frozenset({Class.INTRUSION})

#: The night in which only those are asked who agreed to it, in hours of the responder's own time.
NIGHT_FROM_HOUR: Final = 22
NIGHT_TO_HOUR: Final = 6


@dataclass(frozen=True, kw_only=True, slots=True)
class Responder:
    """Somebody who may be asked, as they stand at this moment."""

    id: int
    kind: Kind
    trained: bool = False
    skills: frozenset[str] = frozenset()
    agreed_to_nights: bool = False
    agreed_to_searches: bool = False
    means: Means = Means.E_BIKE
    languages: frozenset[str] = frozenset()
    time_zone: str = "Asia/Shanghai"
    position: Point | None = None  #: live
    position_age_s: float | None = None
    accuracy_m: float = 0.0
    base: Point | None = None
    on_shift: bool = True  #: True also for whoever was never planned: a county without a rota still sends
    absent: bool = False
    suspended: bool = False
    reachable: bool = True  #: has a channel
    barred: bool = False  #: from somebody of this case
    elsewhere: bool = False
    busy: bool = False  #: goes to another case
    load: int = 0  #: other offers that are open
    asked: bool = False  #: has an open assignment of this case
    declined: bool = False  #: was asked in this round, and does not come
    declined_before: bool = False  #: in an earlier round
    standby: bool = False  #: said yes when another was first

    @property
    def is_trained(self) -> bool:
        """Trained for fire, gas and CO (centre.md, part 3: "Trained")."""
        return self.kind in _TRAINED_BY_KIND or (self.trained and self.kind in _TRAINABLE)


def is_night(at: datetime, time_zone: str) -> bool:
    """Whether it is night where the responder lives."""
    hour = at.astimezone(ZoneInfo(time_zone)).hour
    return hour >= NIGHT_FROM_HOUR or hour < NIGHT_TO_HOUR


def may_be_sent(responder: Responder, class_: Class, sent: Sent) -> WhyNot | None:
    """Why the machine may not send this kind of person in this class; None where it may.

    The policy names whom a class sends (`Row.dispatch`). Two guards are no policy's: nobody untrained goes into fire,
    gas or carbon monoxide, and nobody at all into an intrusion.
    """
    if class_ in _NEVER_SENT or sent is Sent.NOBODY:
        return WhyNot.NOBODY_IS_SENT
    if (class_ in DANGEROUS or sent is Sent.TRAINED) and not responder.is_trained:
        return WhyNot.NOT_TRAINED
    if sent is Sent.STAFF and responder.kind not in STAFF:
        searches = class_ in _SEARCHES and responder.kind is Kind.VOLUNTEER and responder.agreed_to_searches
        return None if searches else WhyNot.KIND_NOT_SENT
    return None


def why_not(responder: Responder, class_: Class, sent: Sent, *, now: datetime) -> WhyNot | None:
    """The first reason why the machine does not ask this person now; None where it does."""
    if responder.asked:
        return WhyNot.ASKED_ALREADY
    return not_at_all(responder) or may_be_sent(responder, class_, sent) or not_now(responder, now=now)


def not_at_all(responder: Responder) -> WhyNot | None:
    """Why nobody, not even a dispatcher, asks this person in this case."""
    if responder.barred:
        return WhyNot.BARRED
    if responder.suspended:
        return WhyNot.SUSPENDED
    return None if responder.reachable else WhyNot.NO_CHANNEL


def not_now(responder: Responder, *, now: datetime) -> WhyNot | None:
    """Why this person is left alone at this hour; asked when it is sent, never when it was planned."""
    found = (
        (responder.elsewhere, WhyNot.ELSEWHERE),
        (responder.absent, WhyNot.ABSENT),
        (not responder.on_shift, WhyNot.OFF_SHIFT),
        (not responder.agreed_to_nights and is_night(now, responder.time_zone), WhyNot.NIGHT_NOT_AGREED),
        (responder.busy, WhyNot.BUSY),
        (responder.declined, WhyNot.DECLINED_THIS_CASE),
    )
    return next((reason for holds, reason in found if holds), None)


def may_be_informed(responder: Responder, class_: Class, sent: Sent, *, now: datetime) -> bool:
    """Whether somebody whom the class does not send is told of it, with the safety line first (centre.md, 11).

    Only in a dangerous class, and only who is near for it: elsewhere nobody learns what they can do nothing about.
    """
    if class_ not in DANGEROUS or class_ in _NEVER_SENT or not_at_all(responder) is not None or responder.asked:
        return False
    return may_be_sent(responder, class_, sent) is WhyNot.NOT_TRAINED and not_now(responder, now=now) is None


assert STAFF.isdisjoint({Kind.VOLUNTEER, Kind.FAMILY, Kind.NEIGHBOUR})
