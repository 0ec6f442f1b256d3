"""Visits: planned, begun, completed with a proof that somebody was there."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from console.api.fields import Body, Id, Line, Moment, Page, PageQuery, after_id, page_by_id
from console.api.registers import as_problems, refuse_out_of_sight, refuse_unknown_resident
from console.problems import FieldProblem, Problem, not_found, unusable
from console.rights import CHECK_IN, PLAN_VISITS, READ_PEOPLE, Role
from console.routes import Call, Match, Reply, Route
from store.registers.references import is_somebody
from store.visits import (
    Visit,
    VisitFilter,
    VisitNotProven,
    VisitStepNotAllowed,
    change_visit,
    is_carer,
    list_visits,
    plan_visit,
    read_visit,
)

#: A window is part of a day.
WINDOW_MOST: Final = timedelta(hours=24)

Carer = Annotated[str, StringConstraints(pattern=r"^(user|responder|contact):[0-9]{1,18}$")]
VisitState = Literal["planned", "started", "completed", "missed", "called_off"]


class ProofPlace(BaseModel):
    """Where whoever visits is, WGS-84."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lat: Annotated[float, Field(ge=-90, le=90)]
    lon: Annotated[float, Field(ge=-180, le=180)]
    accuracy_m: Annotated[float, Field(ge=0)] | None = None


class NewVisit(Body):
    """A visit to plan; an hour past `until_at` without its beginning it is missed."""

    resident_id: Id
    from_at: Moment
    until_at: Moment
    critical: bool = False
    carer: Carer | None = None
    purpose: Line = ""

    @model_validator(mode="after")
    def _is_a_window(self) -> NewVisit:
        if not timedelta(0) <= self.until_at - self.from_at <= WINDOW_MOST:
            raise ValueError("until_at: not before from_at, at most 24 h after it")
        return self

    def columns(self) -> dict[str, Any]:
        return {
            "resident_id": int(self.resident_id), "from_at": self.from_at, "until_at": self.until_at,
            "critical": self.critical, "carer": self.carer or "", "purpose": self.purpose,
        }  # fmt: skip


class VisitPatch(Body):
    """`state` moves it on; `completed` needs the place near the home, or the call in which a voice was heard."""

    state: Literal["started", "completed", "called_off"] | None = None
    from_at: Moment | None = None
    until_at: Moment | None = None
    critical: bool | None = None
    carer: Carer | None = None
    purpose: Line | None = None
    place: ProofPlace | None = None
    call: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = None  #: its id or recording

    def columns(self) -> dict[str, Any]:
        """What was named, as the store takes it."""
        return {name: value for name, value in self.named().items() if value is not None}


class VisitsQuery(PageQuery):
    """Of whom, in what state, within which days."""

    resident: Id | None = None
    state: VisitState | None = None
    from_: Moment | None = Field(default=None, alias="from")
    to: Moment | None = None
    carer: Carer | None = None


async def visits(call: Call) -> Reply:
    query = call.query_as(VisitsQuery)
    wanted = VisitFilter(
        sight=call.user.areas, resident_id=int(query.resident) if query.resident else None, state=query.state,
        from_at=query.from_, until_at=query.to, carer=query.carer,
    )  # fmt: skip
    rows, seq = await list_visits(call.context.db, wanted, after=after_id(query), limit=query.limit)
    return Reply(body=page_by_id(rows, query, seq))


async def visit(call: Call) -> Reply:
    found = await _seen(call)
    return Reply(body=found, version=found.version)


async def make_visit(call: Call) -> Reply:
    fields = call.body_as(NewVisit).columns()
    await refuse_unknown_resident(call, fields["resident_id"])
    await _refuse_unknown_carer(call, fields["carer"], fields["resident_id"])
    with as_problems():
        made = await plan_visit(call.context.db, fields, by=call.user.user_id, now=call.now)
        found = await read_visit(call.context.db, made)
    return Reply(body=found, version=found.version, status=HTTPStatus.CREATED)


async def patch_visit(call: Call) -> Reply:
    """Change or move it on; 409 where its state does not lead there, 422 where nothing proves it."""
    fields = call.body_as(VisitPatch).columns()
    before = await _seen(call)
    await _refuse_anothers(call)
    await _refuse_unknown_carer(call, fields.get("carer", ""), int(before.resident_id))
    from_at, until_at = fields.get("from_at", before.from_at), fields.get("until_at", before.until_at)
    if not timedelta(0) <= until_at - from_at <= WINDOW_MOST:
        raise unusable([FieldProblem(field="until_at", code="window", message="not before from_at, at most 24 h")])
    try:
        with as_problems():
            await change_visit(
                call.context.db, call.id, fields, version=call.version, by=call.user.user_id, now=call.now
            )  # fmt: skip
            found = await read_visit(call.context.db, call.id)
    except VisitStepNotAllowed as error:
        raise Problem(HTTPStatus.CONFLICT, "step_not_allowed", str(error), state=before.state) from error
    except VisitNotProven as error:
        raise unusable([FieldProblem(field="place", code="not_proven", message=str(error))]) from error
    return Reply(body=found, version=found.version)


async def _refuse_unknown_carer(call: Call, carer: str, resident_id: int) -> None:
    """422 for a visit by nobody: it would be missed by nobody too."""
    if carer and not await is_somebody(call.context.db, carer, resident_id):
        raise unusable([FieldProblem(field="carer", code="unknown", message=carer)])


async def _refuse_anothers(call: Call) -> None:
    """A responder's word is about their own visits."""
    if call.user.role == Role.RESPONDER and not await is_carer(call.context.db, call.user.user_id, call.id):
        raise not_found()


async def _seen(call: Call) -> Visit:
    with as_problems():
        found = await read_visit(call.context.db, call.id)
    refuse_out_of_sight(call, found.area)
    return found


ROUTES: Final = [
    Route(
        method="GET", path="/visits", zh="探访列表", en="Visits", roles=READ_PEOPLE, handler=visits, query=VisitsQuery,
        reply=Page[Visit],
    ),
    Route(
        method="POST", path="/visits", zh="计划探访", en="Plan a visit", roles=PLAN_VISITS, handler=make_visit,
        body=NewVisit, reply=Visit, status=201,
    ),
    Route(
        method="GET", path="/visits/{id}", zh="探访", en="One visit", roles=READ_PEOPLE, handler=visit, reply=Visit,
    ),
    Route(
        method="PATCH", path="/visits/{id}", zh="探访开始、完成(位置或语音证明)、取消或改期",
        en="Begin, complete (place or voice proven), call off or move a visit", roles=CHECK_IN,
        handler=patch_visit, body=VisitPatch, reply=Visit, match=Match.MAY, refusals=(409,),
    ),
]  # fmt: skip
