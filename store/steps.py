"""What people at a desk do to an incident: one step, one transaction, with its entry and its clocks."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import msgspec

from devices.commands import Announcement
from rules.domain import correlation, deadlines, policy
from rules.domain.lease import lease_until
from rules.domain.lifecycle import LEAVES_CLAIM, TAKES_CLAIM, IllegalStep, NotYours, after, refuse_unless_may
from rules.domain.resolution import Problem, Safety, check_resolve
from rules.domain.vocabulary import LIFE_SAFETY, Actor, Class, Outcome, State, Step
from store import chains, changes
from store.cases import Case, Facts, IncidentUnknown, Note, changes_of, load, load_open, lock_subject, save
from store.commands import announce
from store.context import floor_now, policy_now
from store.database import Connection, Database, StoreError
from store.opening import Cause, Centre, relate_and_apply
from store.sql import queries
from store.standing import still_reported

_Q: Final = queries("steps")

#: Nobody resolves a case past an alarm they have not seen (contract.md, part 4).
NEEDS_VERSION: Final = frozenset({Step.RESOLVE, Step.CLOSE, Step.MERGE})

#: Giving a case back is no work on it: a claim given back at once did not stop the answer clock (centre.md, 37).
LEAVES_WITHOUT_WORK: Final = frozenset({Step.RELEASE, Step.PASS})


class StepRefused(StoreError):
    """The case moved on, or somebody else holds it. `owner` is who, where anybody does."""

    def __init__(self, message: str, *, owner: int | None, state: State) -> None:
        super().__init__(message)
        self.owner = owner
        self.state = state


class StaleVersion(StoreError):
    """The case has changed since it was read: `given` is the reader's version, `current` the case's."""

    def __init__(self, *, given: int, current: int) -> None:
        super().__init__(f"the case is at version {current}, not {given}; look at what changed and decide again")
        self.given = given
        self.current = current


class VersionRequired(StoreError):
    """This step needs `If-Match` with the version the case was read at."""


class StepIncomplete(StoreError):
    """What the step needs is missing or wrong; `problems` names each field."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(", ".join(f"{problem.field}: {problem.code}" for problem in problems))
        self.problems = problems


@dataclass(frozen=True, kw_only=True, slots=True)
class Hand:
    """Who takes a step: a user at a desk."""

    user_id: int
    supervisor: bool = False

    @property
    def actor(self) -> str:
        return f"user:{self.user_id}"


@dataclass(frozen=True, kw_only=True, slots=True)
class StepRequest:
    """A step and what it carries. `text` is personal (a note, a reason, a number called) and is sealed."""

    step: Step
    if_match: int | None = None
    text: str | None = None
    facts: Facts = ()
    outcome: Outcome | None = None
    safety: Safety | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Opening:
    """A case opened by hand: by telephone, at the door, from another centre, from paper."""

    source: str
    class_: Class
    resident_id: int | None = None
    premises_id: int | None = None
    occurred_at: datetime | None = None
    caller: dict[str, Any] = field(default_factory=dict)
    place_text: str | None = None
    note: str = ""


async def take_step(
    database: Database, incident_id: int, request: StepRequest, *, by: Hand, centre: Centre, now: datetime
) -> None:
    """Take one step, or raise and change nothing: IncidentUnknown, StepRefused, StaleVersion, VersionRequired,
    StepIncomplete."""
    async with database.transaction() as connection:
        case = await load(connection, incident_id)
        _check_version(case, request)
        first = case.last_seq + 1
        before = case.state
        was_owner = case.claimed_by == by.user_id
        counted = _claim_counted(case, now) or (was_owner and request.step not in LEAVES_WITHOUT_WORK)
        case.count_answer(counted=was_owner and counted)
        later_open = request.step is Step.REOPEN and await _later_open(connection, case)
        _check_allowed(case, request.step, by, later_open=later_open)
        await _carry_out(connection, case, request, by, now)
        _set_clocks(case, request.step, by, now, was_owner=was_owner, counted=counted)
        from_, to = (before, case.state) if before is not case.state else (None, None)
        facts, text = request.facts, request.text
        case.note(Note(at=now, actor=by.actor, action=request.step, from_=from_, to=to, facts=facts, text=text))
        await chains.stepped(connection, case, request, by=by, now=now)
        if request.step is Step.CLAIM:
            await announce(connection, case, Announcement.TAKEN, now=now)
        await save(connection, case, keyring=centre.keyring)
        await changes.record(connection, changes_of(case, first), now=now)


async def open_by_hand(database: Database, opening: Opening, *, by: Hand, centre: Centre, now: datetime) -> int:
    """Open a case (or join the one that is open for this person and family) and return its id.

    From there the same plan, clocks and escalation as any other. IncidentUnknown where the resident or the home is
    not in the register.
    """
    async with database.transaction() as connection:
        known = await connection.fetchrow(_Q.person_and_home, opening.resident_id, opening.premises_id)
        assert known is not None
        person_missing = opening.resident_id is not None and known["resident_id"] is None
        home_missing = opening.premises_id is not None and known["premises_id"] is None
        if person_missing or home_missing:
            raise IncidentUnknown("no such resident or premises in the register")
        assessed = policy.assess_class(opening.class_, by_hand=True, now=now, policy=await policy_now(connection))
        nobody = opening.resident_id is None and known["premises_id"] is None
        subject = correlation.subject_of(
            assessed, resident_id=opening.resident_id, premises_id=known["premises_id"],
            system=f"hand:{secrets.token_hex(8)}" if nobody else None,
        )  # fmt: skip
        await lock_subject(connection, subject.key)
        cause = Cause(
            actor=by.actor, subject=subject, source=opening.source, resident_id=opening.resident_id,
            premises_id=known["premises_id"], area=known["area"], facts=(("source", opening.source),),
            text=_told(opening),
        )  # fmt: skip
        effect = await relate_and_apply(
            connection, assessed, cause, centre=centre, floor=await floor_now(connection), now=now
        )
        assert effect.case is not None
        await changes.record(connection, changes_of(effect.case, effect.first_new_seq, received_at=now), now=now)
        return effect.case.id


def _told(opening: Opening) -> str:
    told = {"caller": opening.caller, "place": opening.place_text, "note": opening.note}
    if opening.occurred_at is not None:
        told["occurred_at"] = opening.occurred_at.isoformat()
    return msgspec.json.encode({name: value for name, value in told.items() if value}).decode()


def _check_version(case: Case, request: StepRequest) -> None:
    if request.if_match is None:
        if request.step in NEEDS_VERSION:
            raise VersionRequired(f"{request.step} needs If-Match with the version you have seen")
    elif request.if_match != case.version:
        raise StaleVersion(given=request.if_match, current=case.version)


def _check_allowed(case: Case, step: Step, by: Hand, *, later_open: bool) -> None:
    actors = {Actor.DESK}
    if case.claimed_by == by.user_id:
        actors.add(Actor.OWNER)
    if by.supervisor:
        actors.add(Actor.SUPERVISOR)
    try:
        after(case.state, step, unattended=not case.attended, later_open=later_open)
        if not _declines_anothers_case(case, step, by):
            refuse_unless_may(case.state, step, frozenset(actors))
    except (IllegalStep, NotYours) as error:
        raise StepRefused(str(error), owner=case.claimed_by, state=case.state) from error


def _declines_anothers_case(case: Case, step: Step, by: Hand) -> bool:
    return step is Step.PASS and case.attended and case.claimed_by != by.user_id


async def _later_open(connection: Connection, case: Case) -> bool:
    """Whether another incident of the same trouble is unresolved; the subject's lock is held."""
    return await load_open(connection, case.subject, case.family) is not None


async def _carry_out(connection: Connection, case: Case, request: StepRequest, by: Hand, now: datetime) -> None:
    step = request.step
    if step is Step.RESOLVE:
        _resolve(case, request, by, now)
    elif step is Step.REOPEN:
        case.resolved_at = case.resolved_by = case.outcome = case.safety = None
    elif step is Step.CLOSE:
        await _refuse_if_still_reported(connection, case)
        case.closed_at = now
    elif step is Step.PASS:
        await connection.execute(_Q.note_pass, case.id, by.user_id, now)
        if _declines_anothers_case(case, step, by):
            return  # it stays with the colleague: this says something about this desk only
    case.state = after(case.state, step, unattended=not case.attended)
    if step in TAKES_CLAIM:
        _claim(case, by, now)
    elif step in LEAVES_CLAIM:
        leave_claim(case)


def _claim(case: Case, by: Hand, now: datetime) -> None:
    case.claimed_by, case.claimed_at, case.acted_at = by.user_id, now, now
    case.lease_until = lease_until(now)
    case.stage = 0


def leave_claim(case: Case) -> None:
    """End the claim; the last owner is still named."""
    if case.claimed_by is not None:
        case.last_owner = case.claimed_by
    case.claimed_by = case.claimed_at = case.lease_until = None


def _resolve(case: Case, request: StepRequest, by: Hand, now: datetime) -> None:
    assert request.outcome is not None, "the body's model requires an outcome"
    ruling = check_resolve(
        priority=case.priority, class_=case.class_, outcome=request.outcome, safety=request.safety,
        user_id=by.user_id, arrived=case.state is State.ON_SCENE, now=now,
    )  # fmt: skip
    if not ruling.allowed:
        raise StepIncomplete(ruling.problems)
    case.outcome, case.review = request.outcome, ruling.review
    case.safety = None if request.safety is None else _safety_json(request.safety)
    case.resolved_at, case.resolved_by = now, by.user_id


def _safety_json(safety: Safety) -> dict[str, Any]:
    """Codes and times only: who was seen and why stand in the sealed text."""
    return {
        "kind": str(safety.kind),
        "service": safety.service,
        "reference": safety.reference,
        "accepted_at": safety.accepted_at.isoformat() if safety.accepted_at is not None else None,
        "second_user": str(safety.second_user_id) if safety.second_user_id is not None else None,
    }


async def _refuse_if_still_reported(connection: Connection, case: Case) -> None:
    if case.class_ in LIFE_SAFETY and await still_reported(connection, case.id, case.resolved_at):
        raise StepRefused(
            "a device of this case still reports the condition; it cannot be closed", owner=None, state=case.state
        )


def _set_clocks(case: Case, step: Step, by: Hand, now: datetime, *, was_owner: bool, counted: bool) -> None:
    case.deadlines = deadlines.on_step(
        case.deadlines, step, case.clocks, now=now, attended=case.attended,
        by_owner=was_owner or case.claimed_by == by.user_id, life_safety=case.class_ in LIFE_SAFETY,
        claim_counted=counted,
    )  # fmt: skip
    if case.claimed_by == by.user_id:
        case.acted_at = now


def _claim_counted(case: Case, now: datetime) -> bool:
    if case.claimed_at is None or case.acted_at is None:
        return True
    held_s = (now - case.claimed_at).total_seconds()
    return held_s >= deadlines.CLAIM_COUNTS_AFTER_S or case.acted_at > case.claimed_at
