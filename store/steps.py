"""What people at a desk do to an incident: one step, one transaction, with its entry and its clocks."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

import msgspec

from devices.commands import Announcement
from rules.domain import claims, correlation, deadlines, policy
from rules.domain.lease import lease_until
from rules.domain.lifecycle import LEAVES_CLAIM, TAKES_CLAIM, IllegalStep, NotYours, after, refuse_unless_may
from rules.domain.place import Place, Point, told
from rules.domain.plan_course import concerns_life
from rules.domain.vocabulary import Actor, Class, State, Step
from store import chains, changes, hand_overs, step_acts, step_ends, transfers
from store.cases import Case, IncidentUnknown, Note, changes_of, load, load_open, lock_subject, save
from store.commands import announce
from store.context import floor_now, policy_now
from store.database import Connection, Database
from store.opening import Cause, Centre, relate_and_apply
from store.sql import queries
from store.step_types import (
    Hand,
    Said,
    StaleVersion,
    StepIncomplete,
    StepRefused,
    StepRequest,
    VersionRequired,
    refuse_stale,
)

__all__ = [
    "Hand",
    "Opening",
    "StaleVersion",
    "StepIncomplete",
    "StepRefused",
    "StepRequest",
    "VersionRequired",
    "leave_claim",
    "open_by_hand",
    "take_step",
]

_Q: Final = queries("steps")

#: Nobody resolves a case past an alarm they have not seen (contract.md, part 4).
NEEDS_VERSION: Final = frozenset({Step.RESOLVE, Step.CLOSE, Step.MERGE})

#: Giving a case back is no work on it: a claim given back at once did not stop the answer clock (centre.md, 37).
LEAVES_WITHOUT_WORK: Final = frozenset({Step.RELEASE, Step.PASS})


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
    point: Point | None = None
    note: str = ""


async def take_step(
    database: Database, incident_id: int, request: StepRequest, *, by: Hand, centre: Centre, now: datetime
) -> None:
    """Take one step, or raise and change nothing: IncidentUnknown, StepRefused, StaleVersion, VersionRequired,
    StepIncomplete."""
    async with database.transaction() as connection:
        for subject in await step_acts.also_locked(connection, incident_id, request):
            await lock_subject(connection, subject)
        case = await load(connection, incident_id)
        check_version(case, request)
        request = await _as_it_counts(connection, case, request, by, now)
        first = case.last_seq + 1
        before = case.state
        was_owner = case.claimed_by == by.user_id
        counted = _claim_counted(case, now) or (was_owner and request.step not in LEAVES_WITHOUT_WORK)
        case.count_answer(counted=was_owner and counted)
        later_open = request.step is Step.REOPEN and await _later_open(connection, case)
        check_allowed(case, request.step, by, later_open=later_open)
        gives_back = was_owner and request.step in LEAVES_WITHOUT_WORK
        kept = await put_off_by_claim(connection, case) if gives_back else claims.put_off(case.deadlines)
        said = await _carry_out(connection, case, request, by, centre, now)
        if request.step is Step.CLAIM and kept is not None:
            said = replace(said, facts=(*said.facts, (claims.FACT, kept)))
        set_clocks(case, request.step, by, now, was_owner=was_owner, counted=counted)
        _write_down(case, request, said, by, now, before=before)
        await chains.stepped(connection, case, request, by=by, now=now)
        if gives_back and kept is not None:
            goes_on = claims.given_up if counted else claims.given_back
            case.deadlines = goes_on(case.deadlines, kept, now=now)
        if request.step is Step.CLAIM:
            await announce(connection, case, Announcement.TAKEN, now=now)
        await save(connection, case, keyring=centre.keyring)
        await changes.record(connection, changes_of(case, first), now=now)


async def _as_it_counts(
    connection: Connection, case: Case, request: StepRequest, by: Hand, now: datetime
) -> StepRequest:
    """The step that a request is under the lock: a claim of a case one was offered accepts it, and a priority that
    goes down is the owner's to change."""
    step = await transfers.counts_as(connection, case, request.step, by, now)
    if step is Step.RECLASSIFY and step_acts.lowers(case, request):
        step = Step.LOWER_PRIORITY
    return replace(request, step=step) if step is not request.step else request


def _write_down(case: Case, request: StepRequest, said: Said, by: Hand, now: datetime, *, before: State) -> None:
    from_, to = (before, case.state) if before is not case.state else (said.from_, said.to)
    facts = (*request.facts, *said.facts)
    case.note(Note(at=now, actor=by.actor, action=request.step, from_=from_, to=to, facts=facts, text=request.text))


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
            place=_place(opening, dict(known), now), text=_told(opening),
        )  # fmt: skip
        effect = await relate_and_apply(
            connection, assessed, cause, centre=centre, floor=await floor_now(connection, cause.area), now=now
        )
        assert effect.case is not None
        await changes.record(connection, changes_of(effect.case, effect.first_new_seq, received_at=now), now=now)
        return effect.case.id


def _place(opening: Opening, known: Mapping[str, Any], now: datetime) -> Place | None:
    """Where it is as whoever called said; else the address, if there is one, is where to begin."""
    if opening.point is None and not opening.place_text:
        return None
    home = None if known["lat"] is None else Point(lat=known["lat"], lon=known["lon"])
    return told(opening.point, home, now=now, text=opening.place_text)


def _told(opening: Opening) -> str:
    said = {"caller": opening.caller, "place": opening.place_text, "note": opening.note}
    if opening.occurred_at is not None:
        said["occurred_at"] = opening.occurred_at.isoformat()
    return msgspec.json.encode({name: value for name, value in said.items() if value}).decode()


def check_version(case: Case, request: StepRequest) -> None:
    """VersionRequired or StaleVersion where the request did not see the case as it is."""
    if request.if_match is None and request.step in NEEDS_VERSION:
        raise VersionRequired(f"{request.step} needs If-Match with the version you have seen")
    refuse_stale(case, request.if_match)


def check_allowed(case: Case, step: Step, by: Hand, *, later_open: bool = False) -> None:
    """StepRefused where the state, or the right, does not allow the step."""
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


async def _carry_out(
    connection: Connection, case: Case, request: StepRequest, by: Hand, centre: Centre, now: datetime
) -> Said:
    step, said = request.step, Said()
    if step in step_acts.ACTS:
        said = await step_acts.ACTS[step](connection, case, request, by, now)
    elif step in step_ends.ENDS:
        said = await step_ends.ENDS[step](connection, case, request, by, now)
    elif step is Step.TRANSFER:
        said = await transfers.offer(connection, case, request, by, now)
    elif step is Step.HANDOVER:
        said = await hand_overs.record(connection, case, request, by, centre.keyring, now)
    elif step is Step.PASS:
        await connection.execute(_Q.note_pass, case.id, by.user_id, now)
        if _declines_anothers_case(case, step, by):
            return said  # it stays with the colleague: this says something about this desk only
    case.state = after(case.state, step, unattended=not case.attended)
    if step in TAKES_CLAIM:
        _claim(case, by, now)
    elif step in LEAVES_CLAIM:
        leave_claim(case)
    if step in TAKES_CLAIM or step in LEAVES_CLAIM:
        await transfers.forget(connection, case)
    return said


def _claim(case: Case, by: Hand, now: datetime) -> None:
    if case.claimed_by not in (None, by.user_id):
        case.last_owner = case.claimed_by
    case.claimed_by, case.claimed_at, case.acted_at = by.user_id, now, now
    case.lease_until = lease_until(now)
    case.stage = 0


async def put_off_by_claim(connection: Connection, case: Case) -> str | None:
    """What the claim that stands, or has just ended, has put off (`rules/domain/claims.py`)."""
    kept: str | None = await connection.fetchval(_Q.put_off, case.id)
    return kept


def leave_claim(case: Case) -> None:
    """End the claim; the last owner is still named."""
    if case.claimed_by is not None:
        case.last_owner = case.claimed_by
    case.claimed_by = case.claimed_at = case.lease_until = None


def set_clocks(case: Case, step: Step, by: Hand, now: datetime, *, was_owner: bool, counted: bool = True) -> None:
    """The deadlines after the step, and the owner's proof of being there."""
    case.deadlines = deadlines.on_step(
        case.deadlines, step, case.clocks, now=now, attended=case.attended,
        by_owner=was_owner or case.claimed_by == by.user_id, life_safety=concerns_life(case.class_, case.plan),
        claim_counted=counted,
    )  # fmt: skip
    if case.claimed_by == by.user_id:
        case.acted_at = now


def _claim_counted(case: Case, now: datetime) -> bool:
    if case.claimed_at is None or case.acted_at is None:
        return True
    held_s = (now - case.claimed_at).total_seconds()
    return held_s >= deadlines.CLAIM_COUNTS_AFTER_S or case.acted_at > case.claimed_at
