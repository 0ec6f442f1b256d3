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
from rules.domain.vocabulary import Step
from store.acts import note_act
from store.cases import IncidentUnknown
from store.opening import Centre
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
from store.users import UserUnknown, read_user
from store.views.items import Owner
from store.views.timeline import Entry, read_last, read_since
from store.views.whole import Incident

#: Entries that explain a lost race: what happened last is what lost it.
_LAST_ENTRIES: Final = 3

_SUPERVISING: Final = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR})


async def open_case(call: Call) -> Reply:
    """Open a case by hand, or join the one that is open for this person and family."""
    body = call.body_as(OpenBody)
    await refuse_unknown_resident(call, int(body.resident) if body.resident else None)
    await refuse_unknown_home(call, int(body.premises) if body.premises else None)
    opening = Opening(
        source=body.source,
        class_=body.class_,
        resident_id=int(body.resident) if body.resident else None,
        premises_id=int(body.premises) if body.premises else None,
        occurred_at=body.occurred_at,
        caller=body.caller.model_dump(exclude_none=True) if body.caller else {},
        place_text=body.place.words() if body.place else None,
        note=body.note,
    )
    try:
        made = await open_by_hand(call.context.db, opening, by=_hand(call), centre=_centre(call), now=call.now)
    except IncidentUnknown as error:
        raise unusable([FieldProblem(field="resident, premises", code="unknown", message=str(error))]) from error
    found = await whole(call, made)
    return Reply(body=found, status=HTTPStatus.CREATED, version=found.version)


async def claim(call: Call) -> Reply:
    return await _take(call, StepRequest(step=Step.CLAIM, if_match=call.version))


async def release(call: Call) -> Reply:
    return await _take(call, _with_reason(call, Step.RELEASE))


async def pass_on(call: Call) -> Reply:
    return await _take(call, _with_reason(call, Step.PASS))


async def note(call: Call) -> Reply:
    return await _take(
        call, StepRequest(step=Step.NOTE, if_match=call.version, text=_words(call.body_as(NoteBody).text))
    )


async def telephone(call: Call) -> Reply:
    body = call.body_as(CallBody)
    facts = (("to", str(body.to)), ("result", str(body.result)), ("verified", str(body.verified)))
    text = _told(number=body.number, recording=body.recording, note=body.note)
    return await _take(call, StepRequest(step=Step.CALL, if_match=call.version, facts=facts, text=text))


async def resolve(call: Call) -> Reply:
    body = call.body_as(ResolveBody)
    safety = body.safety.as_safety() if body.safety else None
    facts = [("outcome", str(body.outcome))]
    if safety is not None:
        facts.append(("safety", str(safety.kind)))
        await _refuse_unknown_second(call, safety.second_user_id)
    request = StepRequest(
        step=Step.RESOLVE,
        if_match=call.version,
        outcome=body.outcome,
        safety=safety,
        facts=tuple(facts),
        text=_told(note=body.note, who=safety.who if safety else None, reason=safety.reason if safety else None),
    )
    return await _take(call, request)


async def reopen(call: Call) -> Reply:
    return await _take(call, _with_reason(call, Step.REOPEN))


async def close(call: Call) -> Reply:
    return await _take(call, _with_reason(call, Step.CLOSE))


async def _take(call: Call, request: StepRequest) -> Reply:
    await refuse_unseen(call, call.id)
    async with _as_problems(call):
        await take_step(call.context.db, call.id, request, by=_hand(call), centre=_centre(call), now=call.now)
    await note_act(call.context.db, call.user.user_id, call.now)
    found = await whole(call, call.id)
    return Reply(body=found, version=found.version)


@asynccontextmanager
async def _as_problems(call: Call) -> AsyncIterator[None]:
    """Turn what the store refuses into what the request answers."""
    db, keyring = call.context.db, call.context.keyring
    try:
        yield
    except IncidentUnknown as error:
        raise not_found() from error
    except StepRefused as error:
        last = await read_last(db, keyring, call.id, _LAST_ENTRIES)
        raise await _refused(call, error, last) from error
    except StaleVersion as error:
        changed = await read_since(db, keyring, call.id, versions=error.current - error.given)
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
        HTTPStatus.CONFLICT, "step_refused", str(error), state=str(error.state), claimed_by=owner, changed=last
    )


async def _refuse_unknown_second(call: Call, user_id: int | None) -> None:
    """The second person is somebody who may decide so, not a number."""
    if user_id is None:
        return
    try:
        second = await read_user(call.context.db, user_id)
    except UserUnknown:
        second = None
    if second is None or second.disabled or Role(second.role) not in STEPS:
        raise unusable([FieldProblem(field="safety.second_user", code="unknown")])


def _with_reason(call: Call, step: Step) -> StepRequest:
    return StepRequest(step=step, if_match=call.version, text=_words(call.body_as(ReasonBody).reason))


def _words(text: str | None) -> str | None:
    """What somebody wrote; where it could be taken for parts, as one part, so that nobody writes facts."""
    return _told(text=text) if text and text.startswith("{") else text or None


def _told(**parts: str | None) -> str | None:
    """Personal text in parts, as one sealed text; the timeline takes it apart again."""
    given = {name: part for name, part in parts.items() if part}
    return msgspec.json.encode(given).decode() if given else None


def _hand(call: Call) -> Hand:
    return Hand(user_id=call.user.user_id, supervisor=Role(call.user.role) in _SUPERVISING)


def _centre(call: Call) -> Centre:
    return Centre(keyring=call.context.keyring, timezone=call.context.site_timezone)


def _step(step: str, zh: str, en: str, handler: Any, body: type[BaseModel] | None, match: Match = Match.MAY) -> Route:
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
    _step("claim", "接警(受理)", "Take the case", claim, ReasonBody),
    _step("release", "退回待接", "Give it back to the queue", release, ReasonBody),
    _step("pass", "暂不能接", "Say that one cannot take it now", pass_on, ReasonBody),
    _step("note", "记录", "Write something down", note, NoteBody),
    _step("call", "通话记录", "Say how a telephone call went", telephone, CallBody),
    _step("resolve", "处置完毕", "Help was given, and it is known how the person is", resolve, ResolveBody, Match.MUST),
    _step("reopen", "重新处置", "Take a resolved case up again", reopen, ReasonBody),
    _step("close", "办结", "The file is complete", close, ReasonBody, Match.MUST),
]
