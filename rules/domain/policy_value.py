"""A policy as one value: which class, how urgent, who is reached, what is done; versioned, and never changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from devices.event import EventType
from rules.domain.ladders import CANARY_LADDER, DEFAULT_LADDERS, REPAIR_LADDERS, Ladder
from rules.domain.plans import Plan
from rules.domain.plans_builtin import PLANS
from rules.domain.policy_routes import ROUTES, Route
from rules.domain.policy_table import ROWS, VERSION, Row
from rules.domain.responder_rules import RESPONDER_RULES, ResponderRules
from rules.domain.storms import PROFILES, StormProfile
from rules.domain.thresholds import DEFAULT_THRESHOLDS, Thresholds
from rules.domain.vocabulary import Class, Priority


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Policy:
    """Everything a county decides. What is not in it (floors, exemptions of life safety) is in code.

    `version` names exactly this text: an incident keeps the one it opened under.
    """

    version: str
    routes: Mapping[EventType, tuple[Route, ...]]  #: of each type the most specific first; the last holds always
    rows: Mapping[Class, Row]
    ladders: Mapping[str, Ladder]
    plans: Mapping[str, Plan]
    thresholds: Thresholds = DEFAULT_THRESHOLDS
    storms: tuple[StormProfile, ...] = PROFILES  #: what a storm holds, by name
    responders: ResponderRules = RESPONDER_RULES
    #: Assessments without marks, each made once: what every alarm would make anew.
    made: dict[object, Any] = field(init=False, default_factory=dict, repr=False)

    def row(self, class_: Class) -> Row:
        return self.rows[class_]

    def ladder_for(self, class_: Class, priority: Priority) -> Ladder:
        """The chain of an incident of this class while it has this priority."""
        row = self.rows[class_]
        name = row.ladder
        if name and (priority is row.priority or priority is row.ages_to):
            return self.ladders[name]
        return self.ladders[priority.label.lower()]

    def first_stage_s(self, class_: Class, priority: Priority, class_s: int) -> int:
        """Seconds to the first stage of a case whose class says `class_s`: one that was raised above its class, by a
        person or by what became known, waits no longer than its priority does."""
        if priority >= self.rows[class_].priority:
            return class_s
        return min(class_s, self.ladder_for(class_, priority).stages[0].after_s)

    def plan_for(self, class_: Class) -> Plan:
        return self.plans[self.rows[class_].plan]


BUILTIN: Final = Policy(
    version=VERSION,
    routes=ROUTES,
    rows=ROWS,
    ladders=MappingProxyType(
        {
            **{ladder.name: ladder for ladder in DEFAULT_LADDERS.values()},
            CANARY_LADDER.name: CANARY_LADDER,
            **REPAIR_LADDERS,
        }
    ),
    plans=PLANS,
)
