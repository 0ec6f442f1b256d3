"""Telephone calls as the telephone system reports them; what rings unanswered becomes a case."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final, Literal, Self

import msgspec
from pydantic import model_validator

from console.api.fields import Body, Id, Line, Moment, Number, Page, PageQuery, after_id, page_by_id
from console.api.registers import as_problems, refuse_out_of_sight
from console.api.steps import centre_of
from console.problems import FieldProblem, unusable
from console.rights import OPEN_CASES, REPORT_CALLS
from console.routes import Call, Match, Reply, Route
from rules.domain.phones import normalise
from store.audit import note_look_now
from store.ringing import Progress, Reported, TelephoneCall, TelephoneCallWhole, list_calls, progress, read_call, report
from store.views.items import area_of


class CallReport(Body):
    """A call in or out; the same call reported again is the same call."""

    direction: Literal["in", "out"]
    number: Number
    line: Line = ""
    began_at: Moment
    answered_at: Moment | None = None
    ended_at: Moment | None = None
    recording: Line | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        for name in ("answered_at", "ended_at"):
            moment = getattr(self, name)
            if moment is not None and moment < self.began_at:
                raise ValueError(f"{name}: not before began_at")
        return self


class CallPatch(Body):
    """What has become known since; `incident` is the case that a desk opened for it."""

    answered_at: Moment | None = None
    ended_at: Moment | None = None
    recording: Line | None = None
    incident: Id | None = None


class CallsQuery(PageQuery):
    """`ringing`: only what rings now."""

    ringing: bool = False


async def calls(call: Call) -> Reply:
    query = call.query_as(CallsQuery)
    rows, seq = await list_calls(
        call.context.db, ringing_only=query.ringing, sight=call.user.areas, before=after_id(query) or None,
        limit=query.limit,
    )  # fmt: skip
    return Reply(body=page_by_id(rows, query, seq))


async def one(call: Call) -> Reply:
    """A call with its number; the look is on record before it is shown."""
    found = await _seen(call)
    await note_look_now(
        call.context.db, call.user.user_id, "look", f"call:{call.id}", purpose=f"call {call.id}", source=call.source,
        now=call.now,
    )  # fmt: skip
    return Reply(body=found, version=found.version)


async def make(call: Call) -> Reply:
    body = call.body_as(CallReport)
    read = normalise(body.number)
    said = Reported(**{**body.model_dump(), "number": body.number if read is None else read.stored})
    made, is_new = await report(call.context.db, said, centre=centre_of(call), now=call.now)
    found = await read_call(call.context.db, made)
    if not call.user.may_see(found.area):
        # Whoever reports a number must not learn by it who lives elsewhere.
        found = msgspec.structs.replace(found, resident=None, contact=None, device=None, area=None, incident=None)
    return Reply(body=found, version=found.version, status=HTTPStatus.CREATED if is_new else HTTPStatus.OK)


async def patch(call: Call) -> Reply:
    body = call.body_as(CallPatch)
    before = await _seen(call)
    for name in ("answered_at", "ended_at"):
        moment = getattr(body, name)
        if moment is not None and moment < before.began_at:
            raise unusable([FieldProblem(field=name, code="before_began_at")])
    incident_id = int(body.incident) if body.incident else None
    if incident_id is not None:
        exists, area = await area_of(call.context.db, incident_id)
        if not exists or not call.user.may_see(area):
            raise unusable([FieldProblem(field="incident", code="unknown")])
    said = Progress(
        answered_at=body.answered_at, ended_at=body.ended_at, recording=body.recording, incident_id=incident_id
    )
    with as_problems():
        await progress(call.context.db, call.id, said, version=call.version, centre=centre_of(call), now=call.now)
        found = await read_call(call.context.db, call.id)
    return Reply(body=found, version=found.version)


async def _seen(call: Call) -> TelephoneCallWhole:
    with as_problems():
        found = await read_call(call.context.db, call.id)
    refuse_out_of_sight(call, found.area)
    return found


ROUTES: Final = [
    Route(
        method="GET", path="/calls", zh="来电与去电(脱敏)", en="Telephone calls, masked, the newest first",
        roles=OPEN_CASES, handler=calls, query=CallsQuery, reply=Page[TelephoneCall],
    ),
    Route(
        method="POST", path="/calls", zh="电话系统报告通话", en="A call in or out, as the telephone system reports it",
        roles=REPORT_CALLS, handler=make, body=CallReport, reply=TelephoneCallWhole, status=201,
    ),
    Route(
        method="GET", path="/calls/{id}", zh="一次通话(用途登记)", en="One call with its number", roles=OPEN_CASES,
        handler=one, reply=TelephoneCallWhole,
    ),
    Route(
        method="PATCH", path="/calls/{id}", zh="通话接听、结束、录音",
        en="Answered, ended or recorded; given up unanswered it is a case at once", roles=REPORT_CALLS, handler=patch,
        body=CallPatch, reply=TelephoneCallWhole, match=Match.MAY,
    ),
]  # fmt: skip
