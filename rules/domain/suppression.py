"""What may hold an alarm back, and that nothing may hold a call for help (architecture.md, invariant 4).

Silences, storms, outages, absences and runaway devices are asked in one place, so that the guard stands in one place.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from devices.event import LIFE_SAFETY as LIFE_SAFETY_TYPES
from devices.event import EventType
from rules.domain.policy import Assessment, Context, Effect
from rules.domain.policy_routes import EQUIPMENT_TAGS
from rules.domain.policy_table import FLOORS
from rules.domain.policy_value import Policy
from rules.domain.vocabulary import LIFE_SAFETY, Class, Family, Mark, Priority


class Holder(StrEnum):
    """What an alarm is held by."""

    SILENCE = "silence"  #: a person's, dated, with a reason
    STORM = "storm"  #: a person's, over an area
    OUTAGE = "outage"  #: many homes without power together
    FOLDING = "folding"  #: nobody yet: the engine says within seconds what outage it is behind, or that it stands alone
    ABSENCE = "absence"  #: nobody is at home to be active
    RUNAWAY = "runaway"  #: one device that says too much
    FLAPPING = "flapping"  #: one cause that comes and goes: its case stays open and counts


class Reason(StrEnum):
    """Why an alarm is held, or why nothing may hold it."""

    SILENCED = "silenced"
    IN_STORM = "in_storm"
    BEHIND_OUTAGE = "behind_outage"
    BEING_FOLDED = "being_folded"
    RESIDENT_ABSENT = "resident_absent"
    RUNAWAY_DEVICE = "runaway_device"
    FLAPPING = "flapping"
    LIFE_SAFETY = "life_safety"
    NOTHING_TO_HOLD = "nothing_to_hold"
    NOT_TECHNICAL = "not_technical"
    TOO_URGENT = "too_urgent"
    EQUIPMENT_AT_HOME = "equipment_at_home"
    IN_TEST = "in_test"
    NOTHING_HOLDS = "nothing_holds"


@dataclass(frozen=True, kw_only=True, slots=True)
class Pass:
    """It goes its way."""

    reason: Reason


@dataclass(frozen=True, kw_only=True, slots=True)
class Hold:
    """It opens nothing by itself: it is kept, counted, on record, and looked at again when what holds it ends."""

    reason: Reason
    holder: Holder
    ref: int  #: the silence, the storm, the absence; the incident of an outage, a runaway device or one that flaps


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """What stands that could hold an alarm of this device and cause: read in the alarm's own transaction."""

    silence_id: int | None = None
    storm_id: int | None = None
    outage_incident: int | None = None
    absence_id: int | None = None
    runaway_incident: int | None = None  #: None also for the first alarm of each window
    flapping_incident: int | None = None


NOTHING_STANDS: Final = Standing()

#: An absence says that nobody is there to be active; it says nothing of smoke, water or a press.
HELD_BY_ABSENCE: Final = frozenset({Class.INACTIVITY, Class.INACTIVITY_UNKNOWN})
#: Each of these stands for many already, or tells that somebody must look at a device that says too much.
STANDS_FOR_MANY: Final = frozenset({Class.AREA_OUTAGE, Class.HUB_LOST, Class.RUNAWAY_DEVICE, Class.CLONED_DEVICE})
#: Above this nothing is technical only: nobody on duty, a lane without a holder.
HOLDS_FROM: Final = Priority.NOTICE


def decide(assessment: Assessment, context: Context, standing: Standing) -> Pass | Hold:
    """Say whether an alarm is held, by what, and why; pure, and the same for what the system reports of a device.

    The first line is the guard: nothing that stands, and nothing that is known, holds a call for help.
    """
    if _is_life_safety(assessment) or context.canary:
        return Pass(reason=Reason.LIFE_SAFETY)
    if assessment.effect is not Effect.RING:
        return Pass(reason=Reason.NOTHING_TO_HOLD)
    if Mark.TEST in assessment.marks:
        return Pass(reason=Reason.IN_TEST)
    if assessment.class_ in HELD_BY_ABSENCE:
        return _by_absence(context, standing)
    if not may_be_held(assessment.class_, assessment.family, assessment.priority):
        urgent = assessment.family is Family.TECHNICAL
        return Pass(reason=Reason.TOO_URGENT if urgent else Reason.NOT_TECHNICAL)
    return _technical(context, standing)


def decide_end(assessment: Assessment, standing: Standing) -> Pass | Hold:
    """The same for the end of a technical cause: only one that comes and goes is not ended by it."""
    if _is_life_safety(assessment) or assessment.family is not Family.TECHNICAL:
        return Pass(reason=Reason.NOT_TECHNICAL)
    if standing.flapping_incident is None:
        return Pass(reason=Reason.NOTHING_HOLDS)
    return Hold(reason=Reason.FLAPPING, holder=Holder.FLAPPING, ref=standing.flapping_incident)


def may_be_held(class_: Class, family: Family, priority: Priority) -> bool:
    """Whether a silence, a storm or an outage may hold a class at all; never one of life safety."""
    if class_ in LIFE_SAFETY or class_ in FLOORS or class_ in STANDS_FOR_MANY or class_ is Class.CANARY:
        return False
    return family is Family.TECHNICAL and priority >= HOLDS_FROM


def delay_s_of(assessment: Assessment) -> int:
    """How long a clear may withdraw it before anybody hears it: none where life is at stake or somebody must hurry.

    None is added to a fall: the device's own countdown is the delay (centre.md, 3).
    """
    if _is_life_safety(assessment) or assessment.class_ in FLOORS or assessment.priority < HOLDS_FROM:
        return 0
    if assessment.effect is not Effect.RING or assessment.family not in (Family.TECHNICAL, Family.HOME):
        return 0
    return max(0, assessment.policy.row(assessment.class_).delay_s)


def _is_life_safety(assessment: Assessment) -> bool:
    return assessment.life_safety or assessment.event_type in LIFE_SAFETY_TYPES


def _by_absence(context: Context, standing: Standing) -> Pass | Hold:
    if not context.absent or standing.absence_id is None:
        return Pass(reason=Reason.NOTHING_HOLDS)
    return Hold(reason=Reason.RESIDENT_ABSENT, holder=Holder.ABSENCE, ref=standing.absence_id)


def _technical(context: Context, standing: Standing) -> Pass | Hold:
    """The first of these that stands; people with equipment at home are behind no storm and no outage."""
    if (own := _first(_OF_THE_DEVICE, standing)) is not None:
        return own
    if not context.tags.isdisjoint(EQUIPMENT_TAGS):
        return Pass(reason=Reason.EQUIPMENT_AT_HOME)
    return _first(_OF_MANY, standing) or Pass(reason=Reason.NOTHING_HOLDS)


def _first(order: tuple[tuple[str, Reason, Holder], ...], standing: Standing) -> Hold | None:
    for name, reason, holder in order:
        ref: int | None = getattr(standing, name)
        if ref is not None:
            return Hold(reason=reason, holder=holder, ref=ref)
    return None


_OF_THE_DEVICE: Final = (
    ("silence_id", Reason.SILENCED, Holder.SILENCE),
    ("flapping_incident", Reason.FLAPPING, Holder.FLAPPING),
    ("runaway_incident", Reason.RUNAWAY_DEVICE, Holder.RUNAWAY),
)
_OF_MANY: Final = (
    ("storm_id", Reason.IN_STORM, Holder.STORM),
    ("outage_incident", Reason.BEHIND_OUTAGE, Holder.OUTAGE),
)


_CLASSES: Final = frozenset(str(class_) for class_ in Class)
_TYPES: Final = frozenset(str(type_) for type_ in EventType)


def problems_of_matcher(classes: frozenset[str], types: frozenset[str], policy: Policy) -> tuple[str, ...]:
    """Every reason why a silence of these classes and types may not be; empty for a good one.

    Whatever it could match must be technical and not urgent. A matcher that names neither could match anything its
    device or area says, a call for help too.
    """
    if not classes and not types:
        return ("name the technical classes or types: without them it would match calls for help",)
    found = [f"{name}: may never be silenced" for name in sorted(classes) if not _class_may(name, policy)]
    found += [f"{name}: may never be silenced" for name in sorted(types) if not _type_may(name, policy)]
    return tuple(found)


def _class_may(name: str, policy: Policy) -> bool:
    if name not in _CLASSES:
        return False
    row = policy.row(Class(name))
    return may_be_held(row.class_, row.family, row.priority)


def _type_may(name: str, policy: Policy) -> bool:
    """Whether a type leads to nothing but what may be held, or to nobody's power and equipment, which is passed."""
    if name not in _TYPES or EventType(name) in LIFE_SAFETY_TYPES:
        return False
    routes = policy.routes.get(EventType(name), ())
    classes = [route.class_ for route in routes if not route.when.tags_any & EQUIPMENT_TAGS]
    return bool(classes) and all(_class_may(str(class_), policy) for class_ in classes)
