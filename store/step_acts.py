"""Steps that change what a case says: answers, class, priority, corrections, place and person, calls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from rules.domain import correlation, deadlines, place, plan_course, policy
from rules.domain.call_words import CallResult, CallTo
from rules.domain.notices import Purpose
from rules.domain.place import Point
from rules.domain.plans import Answer, answered, freeze, swap_rest
from rules.domain.policy import Assessment
from rules.domain.resolution import NEEDS_SAFETY, REFUSED_OUTCOMES, Code, Problem, check_lower
from rules.domain.vocabulary import Action, Class, Family, Priority, State, Step
from store import tasks
from store.calls import calls_of
from store.cases import Case, Facts, IncidentUnknown, Note, load_open
from store.context import policy_now
from store.database import Connection
from store.opening import place_json
from store.sql import queries
from store.step_types import Answered, Corrected, Hand, Reclassed, Said, StepIncomplete, StepRefused, StepRequest, Told
from store.who_must import Told as Notified
from store.who_must import tell_supervisors

_Q: Final = queries("steps")

#: A number that is wrong in the register is put right by then: the next call for help may be made on it.
DATA_TASK_S: Final = 24 * 3600
#: Contact is with the person, or with somebody of theirs: a control room's word says nothing about them.
_SPOKEN: Final = frozenset({CallResult.SPOKE_OK, CallResult.SPOKE_HELP})
_THEIRS: Final = frozenset({CallTo.RESIDENT, CallTo.CONTACT})
#: A fact by which a desk says, without a word on the line, that the caller is threatened (centre.md, 18).
DURESS_FACT: Final = ("duress", True)


async def also_locked(connection: Connection, incident_id: int, request: StepRequest) -> list[str]:
    """Subjects to lock before the case, in their order: a step may make it another subject's."""
    payload = request.payload
    moves = (isinstance(payload, Reclassed) and payload.class_ is not None) or (
        isinstance(payload, Told) and payload.resident_id is not None
    )
    if not moves:
        return []
    row = await connection.fetchrow(_Q.about, incident_id)
    if row is None:
        raise IncidentUnknown(f"there is no incident {incident_id}")
    named = payload.resident_id if isinstance(payload, Told) else row["resident_id"]
    keys = {"r": named, "p": row["premises_id"], "d": row["device_id"]}
    return sorted({row["subject"], *(f"{kind}{key}" for kind, key in keys.items() if key is not None)})


# -- the plan --------------------------------------------------------------------------------------------------------


async def answer(connection: Connection, case: Case, request: StepRequest, by: Hand, now: datetime) -> Said:
    """Answer a step of the plan, again if need be: the last counts, the record keeps all."""
    payload = request.payload
    assert isinstance(payload, Answered), "the request's model says so"
    step = plan_course.find(case.plan, payload.step_id)
    if step is None:
        raise _refused("step", Code.UNKNOWN)
    if not plan_course.fits(step, payload.value):
        raise _refused("value", Code.NO_CHOICE)
    given = Answer(value=payload.value, by=by.user_id, at=now)
    plan = answered(case.plan, step.id, given)
    assert plan is not None, "the step was found in it"
    case.plan = plan
    found = plan_course.find(plan, step.id)
    if found is not None and plan_course.says_duress(found):
        await _raise_silently(connection, case, by, now)
    following = plan_course.next_of(plan)
    return Said(facts=(("step", step.id), ("value", payload.value), ("policy", step.policy), ("next", following)))


# -- class and priority ----------------------------------------------------------------------------------------------


def lowers(case: Case, request: StepRequest) -> bool:
    """Whether the request puts the priority down, which only the owner may."""
    payload = request.payload
    return isinstance(payload, Reclassed) and payload.priority is not None and payload.priority > case.priority


async def reclassify(connection: Connection, case: Case, request: StepRequest, by: Hand, now: datetime) -> Said:
    """Another class (its plan for what is left of the old one's), another priority, or both."""
    payload = request.payload
    assert isinstance(payload, Reclassed), "the request's model says so"
    before, facts = case.priority, list[tuple[str, str | int | bool | None]]()
    if payload.class_ is not None and payload.class_ is not case.class_:
        facts += [("class", str(payload.class_)), ("from_class", str(case.class_))]
        await _become(connection, case, payload.class_, now)
    if payload.priority is not None and payload.priority > case.priority:
        await _refuse_to_lower(connection, case, request, payload, by, now)
        case.priority = payload.priority
    elif payload.priority is not None:
        case.priority = payload.priority
    if not facts and case.priority is before:
        raise _refused("class", Code.NOTHING_GIVEN)
    if case.priority is not before:
        case.deadlines = deadlines.on_raise(case.deadlines, case.clocks, now=now)
        return Said(facts=tuple(facts), from_=before.label, to=case.priority.label)
    return Said(facts=tuple(facts))


async def _become(connection: Connection, case: Case, class_: Class, now: datetime) -> None:
    """Take the class in under the policy in force; its own priority may raise the case, never lower it."""
    assessed = policy.assess_class(class_, by_hand=True, now=now, policy=await policy_now(connection))
    await _move(connection, case, _subject(case, assessed), assessed.family)
    fresh = freeze(assessed.policy.plan_for(class_), class_=class_, policy=assessed.policy.version)
    case.plan = swap_rest(case.plan, fresh)
    case.class_, case.first_escalation_s = class_, assessed.first_escalation_s
    case.policy, case.policy_version = assessed.policy, assessed.policy.version
    if assessed.priority < case.priority:
        case.priority = assessed.priority
        case.deadlines = deadlines.on_raise(case.deadlines, case.clocks, now=now)
    else:
        # The same ladder goes on from where it is: a better word for the trouble puts no telephone off.
        soon = now + timedelta(seconds=case.clocks.first_escalation_s)
        case.deadlines = deadlines.sooner_stage(case.deadlines, soon)


def _subject(case: Case, assessed: Assessment) -> str:
    """Whom the case is about under its new class; only a technical one is about a device and its cause."""
    if Family.TECHNICAL not in (case.family, assessed.family) or case.subject.startswith("s:"):
        return case.subject
    if assessed.family is case.family and case.device_id is None:
        return case.subject
    return correlation.subject_of(
        assessed, resident_id=case.resident_id, premises_id=case.premises_id, device_id=case.device_id
    ).key


async def _move(connection: Connection, case: Case, subject: str, family: Family) -> None:
    """Let it be that subject's case of that family; StepRefused, naming it, where there is one already."""
    if (subject, family) == (case.subject, case.family):
        return
    if case.state is not State.RESOLVED:
        other = await load_open(connection, subject, family)
        if other is not None:
            said = f"case {other.number} is open for the same trouble: work there, or merge"
            raise StepRefused(said, owner=other.claimed_by, state=case.state, other=other.id)
    await connection.execute(_Q.move, case.id, subject, family, case.area)
    case.subject, case.family = subject, family


async def _refuse_to_lower(
    connection: Connection, case: Case, request: StepRequest, payload: Reclassed, by: Hand, now: datetime
) -> None:
    if case.claimed_by != by.user_id:
        raise StepRefused("only the owner lowers a priority", owner=case.claimed_by, state=case.state)
    calls = await calls_of(connection, case)
    spoken = any(call.result in _SPOKEN and call.to in _THEIRS for call in calls)
    assert payload.priority is not None, "that is what is asked for"
    # In two steps as in one: from P1 by way of P2 is from P1.
    was_critical = await connection.fetchval(_Q.was_lowered_from, case.id, Priority.CRITICAL.label)
    ruling = check_lower(
        current=Priority.CRITICAL if was_critical else case.priority, wanted=payload.priority, reason=payload.reason,
        contact_made=spoken or case.state is State.ON_SCENE, safety=request.safety, user_id=by.user_id, now=now,
    )  # fmt: skip
    if not ruling.allowed:
        raise StepIncomplete(ruling.problems)


# -- what was wrong, and what the desk learned -----------------------------------------------------------------------


async def correct(connection: Connection, case: Case, request: StepRequest, by: Hand, now: datetime) -> Said:
    """An entry that names the one it corrects; once closed, a supervisor may change outcome and person for reports."""
    del by, now
    payload = request.payload
    assert isinstance(payload, Corrected), "the request's model says so"
    if not 1 <= payload.entry <= case.last_seq:
        raise _refused("entry", Code.UNKNOWN)
    facts: list[tuple[str, str | int | bool | None]] = [("corrects", payload.entry)]
    changes_file = payload.outcome is not None or payload.resident_id is not None
    if changes_file and case.state is not State.CLOSED:
        raise _refused("outcome" if payload.outcome is not None else "resident", Code.ONLY_AFTER_CLOSING)
    if payload.outcome is not None:
        if payload.outcome in REFUSED_OUTCOMES and case.priority in NEEDS_SAFETY:
            raise _refused("outcome", Code.OUTCOME_REFUSED)
        facts += [("outcome", str(payload.outcome)), ("outcome_was", case.outcome)]
        case.outcome = payload.outcome
    if payload.resident_id is not None:
        await _known(connection, payload.resident_id)
        facts += [("resident", payload.resident_id), ("resident_was", case.resident_id)]
        case.resident_id = payload.resident_id
    return Said(facts=tuple(facts))


async def tell(connection: Connection, case: Case, request: StepRequest, by: Hand, now: datetime) -> Said:
    """Where it is, or whom it is about, as the desk learned; responders and numbers of services follow it."""
    del by
    payload = request.payload
    assert isinstance(payload, Told), "the request's model says so"
    facts: Facts = ()
    if payload.resident_id is not None:
        facts += await _name(connection, case, payload.resident_id)
    if payload.names_place:
        facts += await _place(connection, case, payload, now)
    if not facts:
        raise _refused("body", Code.NOTHING_GIVEN)
    return Said(facts=facts)


async def _name(connection: Connection, case: Case, resident_id: int) -> Facts:
    home = await _known(connection, resident_id)
    was, case.resident_id = case.resident_id, resident_id
    if case.premises_id is None:
        case.premises_id = home["premises_id"]
        case.area = case.area or home["area"]
        await connection.execute(_Q.move, case.id, case.subject, case.family, case.area)
    if case.subject.startswith("s:hand:"):
        await _move(connection, case, f"r{resident_id}", case.family)
    return (("resident", resident_id), ("resident_was", was))


async def _place(connection: Connection, case: Case, payload: Told, now: datetime) -> Facts:
    row = await connection.fetchrow(_Q.home_of, case.premises_id)
    home = None if row is None or row["lat"] is None else Point(lat=row["lat"], lon=row["lon"])
    was = case.place["kind"] if case.place is not None else None
    case.place = place_json(place.told(payload.point, home, now=now, text=payload.place_text))
    return (("place", "told"), ("place_was", was), ("has_point", payload.point is not None))


async def _known(connection: Connection, resident_id: int) -> Mapping[str, Any]:
    row = await connection.fetchrow(_Q.person_and_home, resident_id, None)
    if row is None or row["resident_id"] is None:
        raise _refused("resident", Code.UNKNOWN)
    return dict(row)


# -- calls -----------------------------------------------------------------------------------------------------------


async def call(connection: Connection, case: Case, request: StepRequest, by: Hand, now: datetime) -> Said:
    """How a call went: a wrong number is put right by somebody, a duress word raises without a sound."""
    facts = dict(request.facts)
    if facts.get("result") == CallResult.WRONG_NUMBER:
        await _open_data_task(connection, case, str(facts.get("to")), by, now)
    if DURESS_FACT in request.facts:
        await _raise_silently(connection, case, by, now)
    return Said()


async def _open_data_task(connection: Connection, case: Case, to: str, by: Hand, now: datetime) -> None:
    about = case.resident_id if to in (CallTo.RESIDENT, CallTo.CONTACT) else None
    wanted = tasks.NewTask(
        kind=tasks.Kind.WRONG_NUMBER, key=f"wrong_number:{case.id}:{to}", incident_id=case.id, resident_id=about,
        premises_id=case.premises_id, area=case.area, for_role="register_clerk",
        due_at=now + timedelta(seconds=DATA_TASK_S), made_by=by.user_id,
    )  # fmt: skip
    await tasks.make(connection, wanted, now=now)


async def _raise_silently(connection: Connection, case: Case, by: Hand, now: datetime) -> None:
    """Nothing sounds at this desk or on the device: whoever threatens may be listening."""
    if case.priority is not Priority.CRITICAL:
        note = Note(
            at=now, actor=by.actor, action=Action.RAISED, from_=case.priority.label, to=Priority.CRITICAL.label,
            facts=(("reason", "duress"),),
        )  # fmt: skip
        case.note(note)
        case.priority = Priority.CRITICAL
        case.deadlines = deadlines.on_raise(case.deadlines, case.clocks, now=now)
    told = Notified(purpose=Purpose.INFORMATION, key=f"duress:{case.id}:{case.last_seq}", facts=(("silent", 1),))
    await tell_supervisors(connection, case, told, now=now)


async def _nothing_more(connection: Connection, case: Case, request: StepRequest, by: Hand, now: datetime) -> Said:
    del connection, case, request, by, now
    return Said()


def _refused(field: str, code: Code) -> StepIncomplete:
    return StepIncomplete((Problem(field=field, code=code),))


ACTS: Final[Mapping[Step, Callable[[Connection, Case, StepRequest, Hand, datetime], Awaitable[Said]]]] = (
    MappingProxyType(
        {
            Step.ANSWER: answer,
            Step.RECLASSIFY: reclassify,
            Step.LOWER_PRIORITY: reclassify,
            Step.CORRECT: correct,
            Step.TELL: tell,
            Step.CALL: call,
            Step.CONFIRM: _nothing_more,
        }
    )
)
