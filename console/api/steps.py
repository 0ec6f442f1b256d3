"""What people at a desk do to a case: one request, one step; a lost race says who did what and changes nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, Final

import msgspec
from pydantic import BaseModel

from console.api.incidents import refuse_unseen, whole
from console.api.registers import refuse_unknown_home, refuse_unknown_resident
from console.api.step_bodies import CallBody, NoteBody, OpenBody, ReasonBody, ResolveBody
from console.problems import FieldProblem, Problem, not_found, unusable
from console.rights import OPEN_CASES, STEPS, Role
from console.routes import Call, Match, Reply, Route
from rules.domain.call_words import CallTo
from rules.domain.calls import asks_once_more
from rules.domain.resolution import Code, Safety
from rules.domain.vocabulary import SafetyKind, Step
from store.acts import note_act
from store.cases import Facts, IncidentUnknown
from store.opening import Centre
from store.step_acts import DURESS_FACT
from store.steps import (
    Hand,
    Opening,
    StaleVersion,
    StepIncomplete,
    StepRefused,
    StepRequest,
    VersionRequired,
    open_by_hand,
    take_step,
)
from store.users import User, UserUnknown, read_user
from store.views.items import Owner, area_of
from store.views.timeline import Entry, read_last, read_since
from store.views.whole import Incident

#: Entries that explain a lost race: what happened last is what lost it.
_LAST_ENTRIES: Final = 3

#: A hint: "fine" in a voice nobody has proved whose it is; one more question (centre.md, 18).
ASK_ONCE_MORE: Final = "ask_once_more"

_SUPERVISING: Final = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR})


async def open_case(call: Call) -> Reply:
    """Open a case by hand, or join the one that is open for this person and family."""
    body = call.body_as(OpenBody)
    await refuse_unknown_resident(call, int(body.resident) if body.resident else None, field="resident")
    await refuse_unknown_home(call, int(body.premises) if body.premises else None, field="premises")
    opening = Opening(
        source=body.source,
        class_=body.class_,
        resident_id=int(body.resident) if body.resident else None,
        premises_id=int(body.premises) if body.premises else None,
        occurred_at=body.occurred_at,
        caller=body.caller.model_dump(exclude_none=True) if body.caller else {},
        place_text=body.place.words() if body.place else None,
        point=body.place.point() if body.place else None,
        note=body.note,
    )
    try:
        made = await open_by_hand(call.context.db, opening, by=hand(call), centre=centre_of(call), now=call.now)
    except IncidentUnknown as error:
        raise unusable([FieldProblem(field="resident, premises", code="unknown", message=str(error))]) from error
    found = await whole(call, made)
    return Reply(body=found, status=HTTPStatus.CREATED, version=found.version)


async def claim(call: Call) -> Reply:
    return await take(call, StepRequest(step=Step.CLAIM, if_match=call.version))


async def release(call: Call) -> Reply:
    return await take(call, with_reason(call, Step.RELEASE))


async def pass_on(call: Call) -> Reply:
    return await take(call, with_reason(call, Step.PASS))


async def note(call: Call) -> Reply:
    return await take(call, StepRequest(step=Step.NOTE, if_match=call.version, text=words(call.body_as(NoteBody).text)))


async def telephone(call: Call) -> Reply:
    body = call.body_as(CallBody)
    facts: Facts = (("to", str(body.to)), ("result", str(body.result)), ("verified", str(body.verified)))
    text = in_parts(number=body.number, recording=body.recording, note=body.note)
    if body.duress:
        facts = (*facts, DURESS_FACT)
    reply = await take(call, StepRequest(step=Step.CALL, if_match=call.version, facts=facts, text=text))
    if asks_once_more(body.result, body.verified) and body.to is CallTo.RESIDENT:
        reply.body.hints = [ASK_ONCE_MORE]
    return reply


async def resolve(call: Call) -> Reply:
    body = call.body_as(ResolveBody)
    safety = body.safety.as_safety() if body.safety else None
    facts = [("outcome", str(body.outcome))]
    if safety is not None:
        facts.append(("safety", str(safety.kind)))
        await refuse_unfit_second(call, safety, call.id)
    request = StepRequest(
        step=Step.RESOLVE,
        if_match=call.version,
        outcome=body.outcome,
        safety=safety,
        facts=tuple(facts),
        text=in_parts(note=body.note, who=safety.who if safety else None, reason=safety.reason if safety else None),
    )
    return await take(call, request)


async def reopen(call: Call) -> Reply:
    return await take(call, with_reason(call, Step.REOPEN))


async def close(call: Call) -> Reply:
    return await take(call, with_reason(call, Step.CLOSE))


async def take(call: Call, request: StepRequest) -> Reply:
    """Take a step of the case that the request is about, and answer with the whole of it."""
    await refuse_unseen(call, call.id)
    async with as_step_problems(call):
        await take_step(call.context.db, call.id, request, by=hand(call), centre=centre_of(call), now=call.now)
    await note_act(call.context.db, call.user.user_id, call.now)
    found = await whole(call, call.id)
    return Reply(body=found, version=found.version)


@asynccontextmanager
async def as_step_problems(call: Call, incident_id: int | None = None) -> AsyncIterator[None]:
    """Turn what the store refuses into what the request answers."""
    db, keyring = call.context.db, call.context.keyring
    about = call.id if incident_id is None else incident_id
    try:
        yield
    except IncidentUnknown as error:
        raise not_found() from error
    except StepRefused as error:
        last = await read_last(db, keyring, about, _LAST_ENTRIES)
        raise await _refused(call, error, last) from error
    except StaleVersion as error:
        changed = await read_since(db, keyring, about, versions=error.current - error.given)
        raise Problem(
            HTTPStatus.PRECONDITION_FAILED, "stale_version", str(error), changed=changed, version=error.current
        ) from error
    except VersionRequired as error:
        raise Problem(HTTPStatus.PRECONDITION_REQUIRED, "version_required", str(error)) from error
    except StepIncomplete as error:
        raise unusable([FieldProblem(field=found.field, code=str(found.code)) for found in error.problems]) from error


async def _refused(call: Call, error: StepRefused, last: list[Entry]) -> Problem:
    owner = None
    if error.owner is not None:
        holder = await read_user(call.context.db, error.owner)
        owner = Owner(id=holder.id, display_name=holder.display_name)
    return Problem(
        HTTPStatus.CONFLICT, "step_refused", str(error), state=str(error.state), claimed_by=owner, changed=last,
        incident=await _in_the_way(call, error.other),
    )  # fmt: skip


async def _in_the_way(call: Call, other: int | None) -> dict[str, str] | None:
    if other is None or not call.user.may_see((await area_of(call.context.db, other))[1]):
        return None
    return {"id": str(other)}


async def refuse_unfit_second(call: Call, safety: Safety | None, incident_id: int) -> None:
    """The second person is somebody who may decide so and sees the case, not a number; and of a supervisor's decision
    one of the two is a supervisor."""
    if safety is None:
        return
    second = await _second(call, safety.second_user_id)
    if safety.second_user_id is not None:
        _, area = await area_of(call.context.db, incident_id)
        if second is None or Role(second.role) not in STEPS or not _sees(second, area):
            raise unusable([FieldProblem(field="safety.second_user", code="unknown")])
    roles = {Role(call.user.role), *(() if second is None else (Role(second.role),))}
    if safety.kind is SafetyKind.SUPERVISOR_DECISION and roles.isdisjoint(_SUPERVISING):
        message = "One of the two who decide is a supervisor."
        raise unusable([FieldProblem(field="safety.second_user", code=Code.SECOND_USER_REQUIRED, message=message)])


async def _second(call: Call, user_id: int | None) -> User | None:
    if user_id is None:
        return None
    try:
        second = await read_user(call.context.db, user_id)
    except UserUnknown:
        return None
    return None if second.disabled else second


def _sees(user: User, area: str | None) -> bool:
    """As `Principal.may_see`, for somebody who does not ask themselves."""
    within = (area is not None and f"{area}.".startswith(f"{own}.") for own in user.areas)
    return not user.areas or area is None or any(within)


def with_reason(call: Call, step: Step) -> StepRequest:
    return StepRequest(step=step, if_match=call.version, text=words(call.body_as(ReasonBody).reason))


def words(text: str | None) -> str | None:
    """What somebody wrote; where it could be taken for parts, as one part, so that nobody writes facts."""
    return in_parts(text=text) if text and text.startswith("{") else text or None


def in_parts(**parts: str | None) -> str | None:
    """Personal text in parts, as one sealed text; the timeline takes it apart again."""
    given = {name: part for name, part in parts.items() if part}
    return msgspec.json.encode(given).decode() if given else None


def hand(call: Call) -> Hand:
    return Hand(user_id=call.user.user_id, supervisor=Role(call.user.role) in _SUPERVISING)


def centre_of(call: Call) -> Centre:
    return Centre(keyring=call.context.keyring, timezone=call.context.site_timezone)


def step_route(
    step: str, zh: str, en: str, handler: Any, body: type[BaseModel] | None, match: Match = Match.MAY
) -> Route:
    return Route(
        method="POST",
        path=f"/incidents/{{id}}/{step}",
        zh=zh,
        en=en,
        roles=STEPS,
        handler=handler,
        body=body,
        reply=Incident,
        match=match,
        refusals=(409,),
    )


ROUTES: Final = [
    Route(
        method="POST",
        path="/incidents",
        zh="人工建立事件",
        en="Open a case by hand",
        roles=OPEN_CASES,
        handler=open_case,
        body=OpenBody,
        reply=Incident,
        status=201,
    ),
    step_route("claim", "接警(受理)", "Take the case", claim, ReasonBody),
    step_route("release", "退回待接", "Give it back to the queue", release, ReasonBody),
    step_route("pass", "暂不能接", "Say that one cannot take it now", pass_on, ReasonBody),
    step_route("note", "记录", "Write something down", note, NoteBody),
    step_route("call", "通话记录", "Say how a telephone call went", telephone, CallBody),
    step_route(
        "resolve", "处置完毕", "Help was given, and it is known how the person is", resolve, ResolveBody, Match.MUST
    ),
    step_route("reopen", "重新处置", "Take a resolved case up again", reopen, ReasonBody),
    step_route("close", "办结", "The file is complete", close, ReasonBody, Match.MUST),
]
