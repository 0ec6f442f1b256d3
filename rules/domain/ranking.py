"""Who is there first: expected arrival, the circle, skill, language and load, each with its number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from rules.domain.place import Point, distance_m
from rules.domain.policy_table import Sent
from rules.domain.responder_rules import RESPONDER_RULES, ResponderRules
from rules.domain.responders import BREATHING_GEAR_NEEDED, DANGEROUS, Means, Responder, Skill, WhyNot, why_not
from rules.domain.vocabulary import Class

#: A way by road is longer than the line; 1.4 is the middle of what towns measure (1.2 to 1.6).
ROAD_FACTOR: Final = 1.4
#: Metres per second on the way, stops and stairs included.
SPEED_M_S: Final[Mapping[Means, float]] = MappingProxyType(
    {
        Means.FOOT: 1.3,
        Means.BICYCLE: 3.5,
        Means.E_BIKE: 5.0,
        Means.MOTORCYCLE: 8.0,
        Means.CAR: 7.5,
        Means.FIRE_ENGINE: 9.0,
    }
)
#: Who drives stands in the queue with all others at these hours, local; by night the road is free.
_RUSH_HOURS: Final = frozenset({7, 8, 17, 18})
_RUSH_FACTOR: Final = 0.7
_FREE_HOURS: Final = frozenset({22, 23, 0, 1, 2, 3, 4, 5})
_FREE_FACTOR: Final = 1.15
_COUNTRY_FACTOR: Final = 1.3
_DRIVEN: Final = frozenset({Means.MOTORCYCLE, Means.CAR, Means.FIRE_ENGINE})
#: From the call to the first step: by night one has to dress.
SET_OUT_S: Final = 60
SET_OUT_NIGHT_S: Final = 180
#: A position older than this says nothing: then the base is taken. Until then it is less sure by the second.
POSITION_STALE_S: Final = 30 * 60
_DRIFT_M_S: Final = 0.5
#: Arrivals that differ by less are as good as the same: then skill, language and load decide.
_SAME_ARRIVAL_S: Final = 60
#: What helps in a class, beside getting there.
_WANTED: Final[Mapping[Class, frozenset[str]]] = MappingProxyType(
    {
        **dict.fromkeys((Class.SOS, Class.SOS_NO_VOICE), frozenset({Skill.FIRST_AID})),
        Class.FALL: frozenset({Skill.FIRST_AID, Skill.LIFTING}),
        **dict.fromkeys((Class.MEDICAL_CRITICAL, Class.MEDICAL), frozenset({Skill.FIRST_AID, Skill.DEFIBRILLATOR})),
        **dict.fromkeys((Class.WANDERING, Class.WANDERING_AT_RISK), frozenset({Skill.DEMENTIA})),
        Class.CARBON_MONOXIDE: frozenset({Skill.BREATHING_GEAR}),
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """Where help is needed, and by whom it is understood."""

    class_: Class
    sent: Sent
    point: Point | None
    is_country: bool = False
    languages: frozenset[str] = frozenset()  #: and dialects
    rules: ResponderRules = RESPONDER_RULES

    @property
    def circle_s(self) -> int:
        """Within this somebody should be there."""
        return self.rules.circle_country_s if self.is_country else self.rules.circle_s


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """One responder with the numbers that placed them. `why_not` None: the machine may ask."""

    responder_id: int
    eta_s: int | None  #: expected, from now; None where nobody knows where one of the two is
    distance_m: int | None  #: along the great circle
    in_circle: bool
    position_age_s: int | None  #: None: taken from the base
    skills: tuple[str, ...]  #: those that help in this class
    speaks: tuple[str, ...]  #: languages and dialects shared
    load: int
    is_trained: bool
    outside_only: bool
    why_not: WhyNot | None


def rank(responders: Iterable[Responder], scene: Scene, *, now: datetime) -> tuple[Candidate, ...]:
    """Everybody with their numbers: first those the machine may ask, the soonest first, then the others.

    Who was asked in an earlier round and did not come stands behind who was not.
    """
    placed = [(_place(responder, scene, now), responder) for responder in responders]
    placed.sort(key=lambda pair: _order(*pair))
    return tuple(candidate for candidate, _ in placed)


def _place(responder: Responder, scene: Scene, now: datetime) -> Candidate:
    away_m, widening_m, age_s = _distance(responder, scene.point)
    eta_s = None if away_m is None else _eta_s(responder, scene, away_m + widening_m, now)
    skills = responder.skills & _WANTED.get(scene.class_, frozenset())
    has_gear = Skill.BREATHING_GEAR in responder.skills
    return Candidate(
        responder_id=responder.id,
        eta_s=eta_s,
        distance_m=None if away_m is None else round(away_m),
        in_circle=eta_s is not None and eta_s <= scene.circle_s,
        position_age_s=age_s,
        skills=tuple(sorted(skills)),
        speaks=tuple(sorted(responder.languages & scene.languages)),
        load=responder.load,
        is_trained=responder.is_trained,
        outside_only=scene.class_ in BREATHING_GEAR_NEEDED and not has_gear,
        why_not=why_not(responder, scene.class_, scene.sent, now=now),
    )


def _distance(responder: Responder, to: Point | None) -> tuple[float | None, float, int | None]:
    """(metres, metres by which it may be more, age of the position it is from)."""
    age_s = responder.position_age_s
    if to is None:
        return None, 0.0, None
    if responder.position is not None and age_s is not None and age_s <= POSITION_STALE_S:
        widening_m = responder.accuracy_m + max(0.0, age_s) * _DRIFT_M_S
        return distance_m(responder.position, to), widening_m, round(max(0.0, age_s))
    if responder.base is not None:
        return distance_m(responder.base, to), 0.0, None
    return None, 0.0, None


def _eta_s(responder: Responder, scene: Scene, metres: float, now: datetime) -> int:
    hour = now.astimezone(ZoneInfo(responder.time_zone)).hour
    set_out_s = SET_OUT_NIGHT_S if hour in _FREE_HOURS else SET_OUT_S
    return round(set_out_s + metres * ROAD_FACTOR / speed_m_s(responder.means, hour, is_country=scene.is_country))


def speed_m_s(means: Means, hour: int, *, is_country: bool) -> float:
    """Metres per second by this means at this hour of the day, local time."""
    speed = SPEED_M_S[means]
    if means not in _DRIVEN:
        return speed
    if is_country:
        return speed * _COUNTRY_FACTOR
    return speed * (_RUSH_FACTOR if hour in _RUSH_HOURS else _FREE_FACTOR if hour in _FREE_HOURS else 1.0)


def _order(candidate: Candidate, responder: Responder) -> tuple[object, ...]:
    eta_s = candidate.eta_s
    return (
        candidate.why_not is not None,
        not responder.standby,
        responder.declined_before,
        candidate.outside_only,
        not candidate.in_circle,
        eta_s is None,
        0 if eta_s is None else eta_s // _SAME_ARRIVAL_S,
        -len(candidate.skills),
        -len(candidate.speaks),
        candidate.load,
        eta_s or 0,
        candidate.responder_id,
    )


assert set(SPEED_M_S) == set(Means), "a new means needs its speed"
assert DANGEROUS >= BREATHING_GEAR_NEEDED
