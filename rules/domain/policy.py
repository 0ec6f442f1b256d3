"""What an event means: which class, how urgent, how soon somebody is reached, and why."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from devices.event import FAULTS, EventType
from rules.domain.policy_context import ALWAYS, Context
from rules.domain.policy_routes import (
    ENDED,
    NOT_IN_USE,
    ROUTES,
    TYPE_FLOORS,
    UNMATCHED,
    WORDS,
    Effect,
    Reason,
    Route,
)
from rules.domain.policy_table import FIRST_STAGE_LIMIT_S, Row
from rules.domain.policy_value import BUILTIN, Policy
from rules.domain.vocabulary import (
    LIFE_SAFETY,
    Channel,
    Class,
    DeviceLife,
    Family,
    Mark,
    Priority,
    ResidentStatus,
    Wearer,
)

__all__ = ["Assessment", "Context", "Effect", "Reason", "assess", "assess_class", "explain", "marks_of", "unknown_call"]

#: A retained alarm younger than this is treated as live, marked (centre.md, part 3).
RETAINED_AS_LIVE_S: Final = 30 * 60
#: An alarm of a device in test mode becomes real by itself unless confirmed within this (centre.md, 12).
TEST_CONFIRM_S: Final = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Assessment:
    """What an event means, and why. Seconds count from receipt."""

    effect: Effect
    class_: Class
    family: Family
    priority: Priority
    reason: Reason
    first_escalation_s: int
    warn_s: int | None
    critical_s: int | None
    topic: str  #: technical: the cause, shared by a fault and its end
    event_type: EventType | None = None  #: None where it could not be decoded, or a person or the system opened it
    soft_s: int = 0  #: sounds softly as "test?" for so long, then is real by itself
    marks: frozenset[Mark] = field(default_factory=frozenset)
    policy: Policy = BUILTIN
    rule: str = ""  #: the county's rule that decided, where one did
    speechless: bool = False  #: whom it is about cannot use the telephone: the plan branches on it (centre.md, 19)

    @property
    def decision(self) -> str:
        """The named reason as the event keeps it."""
        return f"{self.reason}:{self.rule}" if self.rule else str(self.reason)

    @property
    def sounds(self) -> bool:
        return self.effect is Effect.RING and self.priority <= Priority.NOTICE

    @property
    def life_safety(self) -> bool:
        """No silence, storm, quiet hour, rate limit, runaway rule, visit or status touches it."""
        return self.class_ in LIFE_SAFETY

    @property
    def help_call(self) -> bool:
        """Whether it is a call for help, which joins another of its family, not a technical alarm or a request."""
        return self.effect is Effect.RING and self.family not in (Family.TECHNICAL, Family.REQUEST)


def assess(event_type: EventType | None, context: Context, *, now: datetime, policy: Policy = BUILTIN) -> Assessment:
    """Say what an event means. `event_type` is None for what could not be decoded or is of no known type.

    `late` and `clock_wrong` change nothing but the marks (invariant 11): an alarm that was buffered keeps the
    priority and the clocks of its class however old it is. What the table's row "retained or late" lowers to P2 is
    the *retained* alarm that was never seen before and is old or of unknown time: nobody knows whether it was
    pressed in this hour or in another year, and the broker shows it again at every new subscription. Younger than
    30 minutes by a clock that can be trusted, it is treated as its class, marked. It is the only exception to the
    floors, and stands here in code and not in a policy file.

    `now` is when the event was received; the built-in rows do not use it, a county's may (day and night).
    """
    del now
    if event_type is None:
        return _unknown(context, policy)
    if context.canary and event_type in ROUTES:
        return _from_row(policy, Class.CANARY, Effect.RING, Reason.CANARY, event_type, context)
    if event_type in ROUTES:
        return _by_route(event_type, context, policy)
    if event_type in ENDED:
        route = route_of(ENDED[event_type], context, policy)
        return _from_row(policy, route.class_, Effect.NOTE, Reason.END_OF_CONDITION, event_type, context)
    if event_type in WORDS:
        return _from_row(policy, Class.SOS, Effect.NOTE, Reason.WORD_OF_WEARER, event_type, context)
    return _from_row(policy, Class.REQUEST, Effect.LOG, Reason.ROUTINE, event_type, context)


def assess_class(
    class_: Class,
    *,
    by_hand: bool = False,
    marks: frozenset[Mark] = frozenset(),
    now: datetime,
    policy: Policy = BUILTIN,
) -> Assessment:
    """The same clocks for an incident that a person opens by hand or the system by itself."""
    del now
    reason = Reason.OPENED_BY_HAND if by_hand else Reason.OPENED_BY_SYSTEM
    return _plain(policy, class_, Effect.RING, reason, marks)


def unknown_call(*, now: datetime, policy: Policy = BUILTIN) -> Assessment:
    """The last resort for whatever arrived on an alarm topic and could not be assessed: it reads nothing."""
    return assess(None, Context(), now=now, policy=policy)


def route_of(event_type: EventType, context: Context, policy: Policy) -> Route:
    """The rule that decides: of those that hold the most specific, of equals the first; one that says so for none."""
    for route in policy.routes.get(event_type, ()):
        if route.when is ALWAYS or route.when.holds(context):
            return route
    return UNMATCHED


def _by_route(event_type: EventType, context: Context, policy: Policy) -> Assessment:
    route = route_of(event_type, context, policy)
    row = policy.rows[route.class_]
    if event_type in FAULTS and (context.life in NOT_IN_USE or not context.registered):
        return _from_row(policy, route.class_, Effect.LOG, Reason.FAULT_OF_DEVICE_NOT_IN_USE, event_type, context)
    if route.class_ in LIFE_SAFETY and _retained_and_old(context):
        return _retained(policy, row, event_type, context)
    found = _from_row(policy, route.class_, route.effect, route.reason, event_type, context, route.rule)
    floor = TYPE_FLOORS.get(event_type)
    if floor is not None and (found.priority > floor or found.effect is not Effect.RING):
        return _raised(found, floor)
    return found


def _raised(found: Assessment, floor: Priority) -> Assessment:
    """What no policy can be read to do, and what code forbids all the same."""
    limit_s = FIRST_STAGE_LIMIT_S.get(floor, found.first_escalation_s)
    return replace(
        found,
        effect=Effect.RING,
        priority=min(found.priority, floor),
        first_escalation_s=min(found.first_escalation_s, limit_s),
    )


def _retained_and_old(context: Context) -> bool:
    undated = context.late_s is None or context.clock_wrong
    return context.retained and (undated or (context.late_s or 0.0) >= RETAINED_AS_LIVE_S)


def _retained(policy: Policy, row: Row, event_type: EventType, context: Context) -> Assessment:
    """The row of retained calls, in the family of what was called, so that both join the same trouble."""
    called = policy.rows[Class.RETAINED_CALL]
    priority = max(called.priority, row.priority)
    return Assessment(
        effect=Effect.RING,
        class_=called.class_,
        family=row.family,
        priority=priority,
        reason=Reason.RETAINED_OLD_OR_UNDATED,
        first_escalation_s=called.first_escalation_s if priority is called.priority else row.first_escalation_s,
        warn_s=called.warn_s,
        critical_s=called.critical_s,
        topic=called.topic,
        event_type=event_type,
        soft_s=0,
        marks=marks_of(context),
        policy=policy,
        speechless=_is_speechless(context),
    )


def _is_speechless(context: Context) -> bool:
    """Of a device of the home nobody knows who pressed it: then the plan keeps both ways."""
    return context.wearer is Wearer.PERSONAL and context.speechless


def _unknown(context: Context, policy: Policy) -> Assessment:
    if context.channel is Channel.ALARM:
        return _plain(policy, Class.UNKNOWN, Effect.RING, Reason.TYPE_UNKNOWN_ON_ALARM_TOPIC, marks_of(context))
    return _plain(policy, Class.UNKNOWN, Effect.LOG, Reason.TYPE_UNKNOWN, marks_of(context))


def _from_row(
    policy: Policy,
    class_: Class,
    effect: Effect,
    reason: Reason,
    event_type: EventType,
    context: Context,
    rule: str = "",
) -> Assessment:
    in_test = context.test_mode and effect is Effect.RING
    soft_s = TEST_CONFIRM_S if in_test else 0
    found = _plain(policy, class_, effect, reason, marks_of(context), event_type, soft_s, rule)
    return replace(found, speechless=True) if _is_speechless(context) else found


def _plain(
    policy: Policy,
    class_: Class,
    effect: Effect,
    reason: Reason,
    marks: frozenset[Mark],
    event_type: EventType | None = None,
    soft_s: int = 0,
    rule: str = "",
) -> Assessment:
    """The class's row as an assessment; without marks the very same value each time, since most alarms have none."""
    if marks or soft_s:
        return _made(policy, class_, effect, reason, marks, event_type, soft_s, rule)
    key = (class_, effect, reason, event_type, rule)
    known: Assessment | None = policy.made.get(key)
    if known is None:
        known = policy.made[key] = _made(policy, class_, effect, reason, marks, event_type, soft_s, rule)
    return known


def _made(
    policy: Policy,
    class_: Class,
    effect: Effect,
    reason: Reason,
    marks: frozenset[Mark],
    event_type: EventType | None,
    soft_s: int,
    rule: str,
) -> Assessment:
    row = policy.rows[class_]
    return Assessment(
        effect=effect,
        class_=row.class_,
        family=row.family,
        priority=row.priority,
        reason=reason,
        first_escalation_s=row.first_escalation_s,
        warn_s=row.warn_s,
        critical_s=row.critical_s,
        topic=row.topic,
        event_type=event_type,
        soft_s=soft_s,
        marks=marks,
        policy=policy,
        rule=rule,
    )


_NO_MARKS: Final[frozenset[Mark]] = frozenset()


def marks_of(context: Context) -> frozenset[Mark]:
    """Every mark this context puts on an alarm."""
    holds = (
        (not context.registered, Mark.UNREGISTERED),
        (context.registered and context.life is not DeviceLife.LIVE, Mark.NOT_LIVE),
        (context.late, Mark.LATE),
        (context.clock_wrong, Mark.CLOCK_WRONG),
        (context.retained, Mark.RETAINED),
        (context.test_mode, Mark.TEST),
        (context.damaged, Mark.DAMAGED),
        (context.id_reused, Mark.ID_REUSED),
        (context.resident_status is not ResidentStatus.ACTIVE, Mark.STATUS),
    )
    found = [mark for held, mark in holds if held]
    return frozenset(found) if found else _NO_MARKS


def explain(assessment: Assessment) -> str:
    """One line a person can check (PIPL 24): what, why, under which policy."""
    marks = ", ".join(sorted(assessment.marks)) or "no marks"
    return (
        f"{assessment.event_type or 'no known type'} → {assessment.effect} {assessment.class_} "
        f"{assessment.priority.label}, first escalation {assessment.first_escalation_s} s, because "
        f"{assessment.decision} ({marks}; policy {assessment.policy.version})"
    )
