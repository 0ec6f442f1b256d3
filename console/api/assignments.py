"""Dispatch: who might go, who is asked, and what they say; by sign-in, or by a desk on their word."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Annotated, Any, Final

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from console.api.fields import Body, Id, Line, Page, PageQuery, Text, decode_cursor, encode_cursor
from console.api.incidents import refuse_unseen, whole
from console.api.registers import as_problems
from console.api.steps import as_step_problems, centre_of, hand, step_route, words
from console.problems import FieldProblem, Problem, not_found, unusable
from console.rights import ASSIGNMENTS, OWN_ASSIGNMENTS, READ_CASES, Role
from console.routes import Call, Reply, Route
from rules.domain.assignments import DeclineReason, Word, WordRefused
from rules.domain.doubts import Doubt
from store.acts import note_act
from store.assignments import Said
from store.audit import note_look_now
from store.field_briefing import Briefing, brief
from store.field_desk import Sending, SendingRefused, send_by_desk, stand_down_by_desk, word_by_desk
from store.field_links import whose
from store.field_words import Heard, Outcome, say
from store.responders import AssignmentListed, list_asked, responder_of_user
from store.views.field import Candidates, masked, read_candidates

_DESK: Final = frozenset({Role.DISPATCHER, Role.SUPERVISOR, Role.ADMINISTRATOR})

Seconds = Annotated[int, Field(ge=0, le=6 * 3600)]


class DispatchBody(Body):
    """These responders, or the first of the list (`auto`). Whom the machine would not send needs a reason."""

    responders: Annotated[list[Id], Field(max_length=20)] = Field(default_factory=list, max_length=20)
    auto: bool = False
    reason: Text | None = None


class StandDownBody(Body):
    """One assignment, or all that are open, and why."""

    assignment: Id | None = None
    all: bool = False
    reason: Text


class ArriveBody(Body):
    """Somebody is there; `on_word_of` is who said so, the responder where it is left out."""

    assignment: Id
    on_word_of: Line | None = None


class GoingBody(Body):
    """`eta_s`: how long they say they need."""

    eta_s: Seconds | None = None


class DeclineBody(Body):
    """Why not; it carries no blame."""

    reason: DeclineReason
    note: Text | None = None


class WordBody(Body):
    """A word without more."""

    note: Text | None = None


class ReportBody(Body):
    """How it goes: entered? seen? condition? is 120 needed, or help for whoever went?"""

    entered: bool | None = None
    seen: bool | None = None
    condition: Annotated[str, Field(pattern="^(well|hurt|confused|unconscious|dead|not_found)$")] | None = None
    needs_ambulance: bool | None = None
    needs_help: bool | None = None
    note: Text | None = None


class WordTaken(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a word; `doubt` says why it cannot quite be believed."""

    assignment: str
    state: str
    doubt: Doubt | None


class AskedQuery(PageQuery):
    """`open`: only what waits for something, or only what has ended."""

    open: bool | None = None


class CandidatesQuery(BaseModel):
    """How many of the first."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=200)] = 50


async def candidates(call: Call) -> Reply:
    """Who might go, ranked, with their numbers, and how many more there are; the look is on record."""
    query = call.query_as(CandidatesQuery)
    await refuse_unseen(call, call.id)
    await note_look_now(
        call.context.db, call.user.user_id, "look", f"incident:{call.id}", purpose="candidates", source=call.source,
        now=call.now,
    )  # fmt: skip
    found = await read_candidates(call.context.db, call.id, limit=query.limit, now=call.now)
    return Reply(body=found if Role(call.user.role) in _DESK else masked(found))


async def dispatch(call: Call) -> Reply:
    body = call.body_as(DispatchBody)
    if bool(body.responders) == body.auto:
        raise unusable([FieldProblem(field="responders, auto", code="one_of_them")])
    sending = Sending(
        responders=tuple(dict.fromkeys(int(one) for one in body.responders)),
        reason=words(body.reason),
        if_match=call.version,
    )
    await refuse_unseen(call, call.id)
    async with _refusals(call):
        await send_by_desk(call.context.db, call.id, sending, by=hand(call), centre=centre_of(call), now=call.now)
    return await _case(call, call.id)


async def stand_down(call: Call) -> Reply:
    body = call.body_as(StandDownBody)
    if (body.assignment is not None) == body.all:
        raise unusable([FieldProblem(field="assignment, all", code="one_of_them")])
    if not body.reason:
        raise unusable([FieldProblem(field="reason", code="missing")])
    await refuse_unseen(call, call.id)
    async with _refusals(call):
        await stand_down_by_desk(
            call.context.db, call.id, int(body.assignment) if body.assignment else None, body.reason,
            if_match=call.version, by=hand(call), centre=centre_of(call), now=call.now,
        )  # fmt: skip
    return await _case(call, call.id)


async def arrive(call: Call) -> Reply:
    """A responder is there, as somebody says by telephone."""
    body = call.body_as(ArriveBody)
    await refuse_unseen(call, call.id)
    owner = await whose(call.context.db, int(body.assignment))
    if owner is None or owner.incident_id != call.id:
        raise unusable([FieldProblem(field="assignment", code="unknown")])
    said = Said(word=Word.ARRIVE, actor=f"user:{call.user.user_id}", by_word=True, text=words(body.on_word_of))
    async with _refusals(call):
        await word_by_desk(
            call.context.db, int(body.assignment), said, if_match=call.version, by=hand(call), centre=centre_of(call),
            now=call.now,
        )  # fmt: skip
    return await _case(call, call.id)


async def accept(call: Call) -> Reply:
    return await _say(call, Word.ACCEPT, eta_s=call.body_as(GoingBody).eta_s)


async def decline(call: Call) -> Reply:
    body = call.body_as(DeclineBody)
    return await _say(call, Word.DECLINE, reason=str(body.reason), text=words(body.note))


async def en_route(call: Call) -> Reply:
    return await _say(call, Word.EN_ROUTE, eta_s=call.body_as(GoingBody).eta_s)


async def arrived(call: Call) -> Reply:
    return await _say(call, Word.ARRIVE, text=words(call.body_as(WordBody).note))


async def report(call: Call) -> Reply:
    text, told = _told(call.body_as(ReportBody))
    return await _say(call, Word.REPORT, report=told, text=text)


async def complete(call: Call) -> Reply:
    text, told = _told(call.body_as(ReportBody))
    return await _say(call, Word.COMPLETE, report=told, text=text)


async def take_back(call: Call) -> Reply:
    return await _say(call, Word.TAKE_BACK, text=words(call.body_as(WordBody).note))


async def own_assignments(call: Call) -> Reply:
    """What the responder who asks is asked, the newest first."""
    query = call.query_as(AskedQuery)
    with as_problems():
        me = await responder_of_user(call.context.db, call.user.user_id)
    before = int(decode_cursor(query.cursor, int)[0]) if query.cursor else None
    rows, seq = await list_asked(call.context.db, int(me.id), before=before, open_only=query.open, limit=query.limit)
    following = encode_cursor(int(rows[-1].id)) if len(rows) == query.limit else None
    return Reply(body=Page(items=rows, next=following, seq=seq))


async def assignment(call: Call) -> Reply:
    """An assignment as its responder may see it: the way only after the acceptance, and as long as it lasts."""
    await _refuse_others(call)
    with as_problems():
        found = await brief(
            call.context.db, call.id, shows_way=True, source=call.source, by=call.user.user_id, now=call.now
        )
    return Reply(body=found)


async def _say(call: Call, word: Word, **more: Any) -> Reply:
    """A responder says it themselves; anybody else writes it down on their word."""
    responder_id = await _refuse_others(call)
    async with _refusals(call):
        heard = await _take(call, word, responder_id, more)
    if heard.outcome is Outcome.STANDBY:
        raise Problem(
            HTTPStatus.CONFLICT,
            "another_was_first",
            "Somebody else goes; stay ready, you are asked if they do not move.",
        )
    return Reply(body=WordTaken(assignment=str(call.id), state=str(heard.standing), doubt=heard.doubt))


async def _take(call: Call, word: Word, responder_id: int, more: dict[str, Any]) -> Heard:
    db, centre = call.context.db, centre_of(call)
    if call.user.role == Role.RESPONDER:
        return await say(
            db, call.id, Said(word=word, actor=f"responder:{responder_id}", **more), centre=centre, now=call.now
        )
    if Role(call.user.role) in _DESK:
        said = Said(word=word, actor=f"user:{call.user.user_id}", by_word=True, **more)
        return await word_by_desk(db, call.id, said, by=hand(call), centre=centre, now=call.now)
    # A telephone system tells what was pressed.
    said = Said(word=word, actor=f"responder:{responder_id}", by_word=True, **more)
    return await say(db, call.id, said, centre=centre, now=call.now)


async def _refuse_others(call: Call) -> int:
    """404 for an assignment that is none, another's, or out of sight; else whose it is."""
    owner = await whose(call.context.db, call.id)
    if owner is None:
        raise not_found()
    if call.user.role == Role.RESPONDER:
        if owner.user_id != call.user.user_id:
            raise not_found()
    elif not call.user.may_see(owner.area):
        raise not_found()
    return owner.responder_id


@asynccontextmanager
async def _refusals(call: Call) -> AsyncIterator[None]:
    try:
        async with as_step_problems(call):
            yield
    except WordRefused as error:
        raise Problem(HTTPStatus.CONFLICT, "word_refused", str(error)) from error
    except SendingRefused as error:
        problems = [
            FieldProblem(field=f"responders.{who}" if who else "responders", code=code) for who, code in error.problems
        ]
        raise unusable(problems) from error


async def _case(call: Call, incident_id: int) -> Reply:
    await note_act(call.context.db, call.user.user_id, call.now)
    found = await whole(call, incident_id)
    return Reply(body=found, version=found.version)


def _told(body: ReportBody) -> tuple[str | None, dict[str, str | bool]]:
    given = body.model_dump(exclude_none=True)
    text = given.pop("note", None)
    return words(text), given


def _word(word: str, zh: str, en: str, handler: Any, body: type[BaseModel]) -> Route:
    return Route(
        method="POST", path=f"/assignments/{{id}}/{word}", zh=zh, en=en, roles=ASSIGNMENTS, handler=handler, body=body,
        reply=WordTaken, refusals=(409,),
    )  # fmt: skip


ROUTES: Final = [
    Route(
        method="GET",
        path="/incidents/{id}/candidates",
        zh="可调派人员排序(附理由)",
        en="Who might go, in order, with the reasons",
        roles=READ_CASES,
        handler=candidates,
        query=CandidatesQuery,
        reply=Candidates,
    ),
    step_route("dispatch", "调派", "Ask responders to go", dispatch, DispatchBody),
    step_route("stand_down", "撤回任务", "They are not needed any more", stand_down, StandDownBody),
    step_route("arrive", "已到场(电话告知)", "Somebody is there, as told by telephone", arrive, ArriveBody),
    Route(
        method="GET",
        path="/assignments",
        zh="我的任务",
        en="What the responder who asks is asked",
        roles=OWN_ASSIGNMENTS,
        handler=own_assignments,
        query=AskedQuery,
        reply=Page[AssignmentListed],
    ),
    Route(
        method="GET",
        path="/assignments/{id}",
        zh="任务详情(接单后显示地址)",
        en="An assignment; address and people only after the acceptance",
        roles=ASSIGNMENTS,
        handler=assignment,
        reply=Briefing,
    ),
    _word("accept", "接单", "I go", accept, GoingBody),
    _word("decline", "无法前往", "I cannot go, or not any more", decline, DeclineBody),
    _word("en_route", "已出发", "I am on the way", en_route, GoingBody),
    _word("arrive", "已到场", "I am there", arrived, WordBody),
    _word("report", "情况报告", "How it goes", report, ReportBody),
    _word("complete", "处置完毕", "Done here", complete, ReportBody),
    _word("take_back", "撤回到场或完毕", "Arrived, or done, was pressed by mistake", take_back, WordBody),
]
