"""Policies: proposed by one, replayed, approved by another, taken back by one command; and why a class was given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import Annotated, Final

import msgspec
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from console.api.fields import AreaPath, Body, Id, Line, NoNul, PageQuery, Tag, after_id, page_by_id
from console.api.incidents import refuse_unseen
from console.api.registers import refuse_beyond
from console.problems import FieldProblem, Problem, not_found, unusable
from console.rights import APPROVE_POLICIES, PROPOSE_POLICIES, READ_CASES, READ_POLICIES
from console.routes import Call, Reply, Route
from devices.event import EventType
from rules.domain.explaining import Explanation, explain
from rules.domain.policy_context import Context
from rules.domain.policy_file import BYTES_MOST
from rules.domain.policy_lint import checked
from rules.domain.policy_reading import PolicyRefused
from rules.domain.policy_value import Policy
from rules.domain.policy_write import write
from rules.domain.vocabulary import DeviceKind, Hearing, Speech
from store import policy_replay, policy_versions
from store.audit import note_look_now
from store.policy_versions import FileState, PolicyRecord, PolicyWhole


class PolicyPage(msgspec.Struct, kw_only=True):
    """A page of versions, the one in force, and what was found in the file that the settings name."""

    items: Sequence[PolicyRecord]
    next: str | None
    seq: int
    in_force: str
    file: FileState | None


class PolicyText(msgspec.Struct, kw_only=True):
    """The policy in force, written out: what a county's own file starts from."""

    version: str
    toml: str


class RuleSeen(msgspec.Struct, kw_only=True):
    """One rule of the event's type, and what became of it."""

    name: str
    when: str
    class_: str = msgspec.field(name="class")
    asks: int
    holds: bool
    decides: bool


class ExplanationBody(msgspec.Struct, kw_only=True):
    """Why an event got its class, and what follows; the lines are for people."""

    policy: str
    type: str | None
    class_: str = msgspec.field(name="class")
    priority: str
    effect: str
    decision: str
    recorded_decision: str | None  #: of an event that was judged already; registers may have changed since
    floor: str | None
    floor_acted: bool
    rules: list[RuleSeen]
    zh: list[str]
    en: list[str]


class PolicyBody(Body):
    """A policy's text, and why it is proposed."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=False, frozen=True)

    toml: Annotated[str, StringConstraints(min_length=1, max_length=BYTES_MOST), NoNul]
    reason: Line = ""


class WhyBody(Body):
    """Why."""

    reason: Annotated[str, StringConstraints(min_length=1, max_length=200), NoNul]


class ExplainQuery(BaseModel):
    """An event as it might come; whatever is not named is as ordinary as can be. `tag` takes several, with commas."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True)

    type: EventType
    kind: DeviceKind = DeviceKind.OTHER
    tag: Annotated[list[Tag], Field(max_length=20)] = []
    ability: Annotated[int, Field(ge=0, le=4)] = 0
    area: AreaPath | None = None
    minute: Annotated[int, Field(ge=0, lt=24 * 60)] | None = None
    speech: Speech = Speech.OK
    hearing: Hearing = Hearing.OK
    other_fire_sign: bool = False
    vitals_in_danger: bool | None = None
    outdoors_at_risk: bool = False
    absent: bool = False
    retained: bool = False
    policy: Id | None = None  #: a version's id; the one in force otherwise

    @field_validator("tag", mode="before")
    @classmethod
    def _several(cls, given: object) -> object:
        return given.split(",") if isinstance(given, str) else given


class EventQuery(BaseModel):
    """Which of a case's events; the first otherwise."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True)

    event: Id | None = None


@contextmanager
def _as_problems() -> Iterator[None]:
    """Turn what the store refuses into what a request answers."""
    try:
        yield
    except PolicyRefused as error:
        raise unusable(
            [FieldProblem(field=problem.place, code="policy", message=problem.line()) for problem in error.problems]
        ) from error
    except policy_versions.PolicyUnknown as error:
        raise not_found() from error
    except policy_versions.SecondPersonNeeded as error:
        raise Problem(HTTPStatus.CONFLICT, "second_person_needed", str(error)) from error
    except policy_versions.ReplayNeeded as error:
        raise Problem(HTTPStatus.CONFLICT, "replay_needed", str(error)) from error
    except policy_versions.PolicyError as error:
        raise Problem(HTTPStatus.CONFLICT, "decided_already", str(error)) from error


async def listed(call: Call) -> Reply:
    query = call.query_as(PageQuery)
    rows, seq = await policy_versions.listed(call.context.db, after=after_id(query), limit=query.limit)
    page = page_by_id(rows, query, seq)
    in_force = await policy_versions.in_force(call.context.db)
    file = await policy_versions.file_state(call.context.db)
    return Reply(body=PolicyPage(items=page.items, next=page.next, seq=seq, in_force=in_force.version, file=file))


async def in_force(call: Call) -> Reply:
    """The policy in force, whole, as a file."""
    policy = await policy_versions.in_force(call.context.db)
    return Reply(body=PolicyText(version=policy.version, toml=write(policy)))


async def one(call: Call) -> Reply:
    with _as_problems():
        return Reply(body=await policy_versions.whole(call.context.db, call.id))


async def propose(call: Call) -> Reply:
    """Check a text strictly, keep it as a proposal, and replay the last seven days through it."""
    body = call.body_as(PolicyBody)
    with _as_problems():
        no, policy = await policy_versions.propose(
            call.context.db,
            body.toml,
            origin=policy_versions.Origin.API,
            by=call.user.user_id,
            now=call.now,
            reason=body.reason,
        )
        await _replay(call, no, policy)
        return Reply(body=await policy_versions.whole(call.context.db, no), status=201)


async def replay(call: Call) -> Reply:
    """Replay the last seven days through a proposal, against what is in force now."""
    with _as_problems():
        found = await policy_versions.whole(call.context.db, call.id)
        if found.state != "proposed":
            raise policy_versions.PolicyNotProposed(f"{found.version} is {found.state}")
        await _replay(call, call.id, checked(found.toml))
        return Reply(body=await policy_versions.whole(call.context.db, call.id))


async def _replay(call: Call, no: int, policy: Policy) -> None:
    before = await policy_versions.in_force(call.context.db)
    result = await policy_replay.of_proposal(
        call.context.db, before, policy, now=call.now, timezone=call.context.site_timezone
    )
    await policy_versions.keep_replay(call.context.db, no, result)


async def approve(call: Call) -> Reply:
    """Put a proposal into force as the second person: it holds everywhere, and so must who approves."""
    refuse_beyond(call, None)
    with _as_problems():
        await policy_versions.approve(call.context.db, call.id, by=call.user.user_id, now=call.now)
        return Reply(body=await policy_versions.whole(call.context.db, call.id))


async def refuse(call: Call) -> Reply:
    reason = call.body_as(WhyBody).reason
    refuse_beyond(call, None)
    with _as_problems():
        await policy_versions.refuse(call.context.db, call.id, by=call.user.user_id, reason=reason, now=call.now)
        return Reply(body=await policy_versions.whole(call.context.db, call.id))


async def back(call: Call) -> Reply:
    """Return to the last good policy at once: one person is enough to undo."""
    reason = call.body_as(WhyBody).reason
    refuse_beyond(call, None)
    with _as_problems():
        await policy_versions.back(call.context.db, by=call.user.user_id, reason=reason, now=call.now)
    policy = await policy_versions.in_force(call.context.db)
    return Reply(body=PolicyText(version=policy.version, toml=write(policy)))


# -- why -------------------------------------------------------------------------------------------------------------


async def explain_any(call: Call) -> Reply:
    """Why an event like this would get its class."""
    query = call.query_as(ExplainQuery)
    policy = await policy_versions.in_force(call.context.db)
    if query.policy is not None:
        with _as_problems():
            found = await policy_versions.whole(call.context.db, int(query.policy))
            policy = checked(found.toml)
    context = Context(
        kind=query.kind,
        tags=frozenset(query.tag),
        ability=query.ability,
        area=query.area,
        minute=query.minute,
        speech=query.speech,
        hearing=query.hearing,
        other_fire_sign=query.other_fire_sign,
        vitals_in_danger=query.vitals_in_danger,
        outdoors_at_risk=query.outdoors_at_risk,
        absent=query.absent,
        retained=query.retained,
        late_s=None if query.retained else 0.0,
    )
    return Reply(body=_explained(explain(query.type, context, policy, now=call.now), None))


async def explain_event(call: Call) -> Reply:
    """Why an event of a case got its class, under the policy that the case keeps."""
    await refuse_unseen(call, call.id)
    await note_look_now(
        call.context.db,
        call.user.user_id,
        "explain_incident",
        f"incident:{call.id}",
        now=call.now,
        purpose=f"incident:{call.id}",
        source=call.source,
    )
    event = call.query_as(EventQuery).event
    found = await policy_versions.judged_event(
        call.context.db, call.id, None if event is None else int(event), timezone=call.context.site_timezone
    )
    if found is None:
        raise not_found("This case has no such event.")
    recorded, decision, policy = found
    explanation = explain(recorded.type, recorded.context, policy, now=recorded.received_at)
    return Reply(body=_explained(explanation, decision))


def _explained(found: Explanation, decision: str | None) -> ExplanationBody:
    assessed = found.assessment
    return ExplanationBody(
        policy=assessed.policy.version,
        type=None if assessed.event_type is None else str(assessed.event_type),
        class_=str(assessed.class_),
        priority=assessed.priority.label,
        effect=str(assessed.effect),
        decision=assessed.decision,
        recorded_decision=decision,
        floor=found.floor,
        floor_acted=found.floor_acted,
        rules=[
            RuleSeen(
                name=rule.name,
                when=rule.when,
                class_=rule.class_,
                asks=rule.weight,
                holds=rule.holds,
                decides=rule.decides,
            )
            for rule in found.rules
        ],
        zh=list(found.zh),
        en=list(found.en),
    )


#: A policy written out is longer than any other body; JSON may double it.
_BODY_BYTES: Final = 2 * BYTES_MOST

ROUTES: Final = [
    Route(
        method="GET", path="/policies", zh="策略版本", en="Versions of the policy", roles=READ_POLICIES, handler=listed,
        query=PageQuery, reply=PolicyPage,
    ),
    Route(
        method="POST", path="/policies", zh="提出新策略", en="Propose a policy", roles=PROPOSE_POLICIES,
        handler=propose, body=PolicyBody, reply=PolicyWhole, status=201, body_bytes_most=_BODY_BYTES,
        refusals=(409, 422),
    ),
    Route(
        method="GET", path="/policies/in_force", zh="现行策略全文", en="The policy in force, written out",
        roles=READ_POLICIES, handler=in_force, reply=PolicyText,
    ),
    Route(
        method="POST", path="/policies/back", zh="退回上一版策略", en="Return to the last good policy",
        roles=APPROVE_POLICIES, handler=back, body=WhyBody, reply=PolicyText, refusals=(409,),
    ),
    Route(
        method="GET", path="/policies/explain", zh="说明为什么这样定级", en="Why an event like this gets its class",
        roles=READ_POLICIES, handler=explain_any, query=ExplainQuery, reply=ExplanationBody,
    ),
    Route(
        method="GET", path="/policies/{id}", zh="一版策略、差异与回放", en="A version, what it changes, and its replay",
        roles=READ_POLICIES, handler=one, reply=PolicyWhole,
    ),
    Route(
        method="POST", path="/policies/{id}/replay", zh="用近七日记录回放", en="Replay the last seven days through it",
        roles=PROPOSE_POLICIES, handler=replay, reply=PolicyWhole, refusals=(409,),
    ),
    Route(
        method="POST", path="/policies/{id}/approve", zh="第二人批准", en="Approve as the second person",
        roles=APPROVE_POLICIES, handler=approve, reply=PolicyWhole, refusals=(409,),
    ),
    Route(
        method="POST", path="/policies/{id}/refuse", zh="不予批准", en="Turn a proposal down", roles=APPROVE_POLICIES,
        handler=refuse, body=WhyBody, reply=PolicyWhole, refusals=(409,),
    ),
    Route(
        method="GET", path="/incidents/{id}/explain", zh="说明本案为什么这样定级",
        en="Why an event of a case got its class", roles=READ_CASES, handler=explain_event,
        query=EventQuery, reply=ExplanationBody,
    ),
]  # fmt: skip
