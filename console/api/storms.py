"""Storm mode: technical troubles of an area in one row, switched on by a person, dated, with a report."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from console.api.fields import AreaPath, Body, Moment, NoNul, Page, PageQuery, Tag, after_id, page_by_id
from console.api.registers import (
    as_problems,
    refuse_beyond,
    refuse_foreign_area,
    refuse_out_of_sight,
    refuse_unknown_areas,
)
from console.problems import FieldProblem, Problem, unusable
from console.rights import READ_HOLDERS, STORMS
from console.routes import Call, Match, Reply, Route
from store.opening import Centre
from store.storm_records import (
    NewStorm,
    Storm,
    StormRefused,
    StormReport,
    begin_storm,
    end_storm,
    list_storms,
    read_storm,
    switch_on,
)

Reason = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True), NoNul]
Classes = Annotated[list[Tag], Field(max_length=40)]


class NewStormBody(Body):
    """Without classes it holds every technical class that may be held; never a call for help."""

    area: AreaPath | None = None
    profile: Tag = "default"
    classes: Annotated[list[Tag], Field(default_factory=list, max_length=40)]
    until_at: Moment
    reason: Reason


class StormPatch(Body):
    """`on` takes a suggestion or puts the end elsewhere (with `until_at` and a reason); `ended` ends it now."""

    state: Literal["on", "ended"] | None = None
    until_at: Moment | None = None
    classes: Classes | None = None
    reason: Reason | None = None


class StormsQuery(PageQuery):
    """`state`: suggested, on or ended."""

    state: Literal["suggested", "on", "ended"] | None = None


async def storms(call: Call) -> Reply:
    query = call.query_as(StormsQuery)
    rows, seq = await list_storms(
        call.context.db, state=query.state, sight=call.user.areas, before=after_id(query), limit=query.limit
    )
    return Reply(body=page_by_id(rows, query, seq))


async def storm(call: Call) -> Reply:
    """The storm with the report of what it held, also while it lasts."""
    found = await _seen(call)
    return Reply(body=found, version=found.version)


async def make(call: Call) -> Reply:
    body = call.body_as(NewStormBody)
    refuse_foreign_area(call, body.area)
    await refuse_unknown_areas(call, [body.area])
    if call.user.areas and body.area is None:
        raise unusable([FieldProblem(field="area", code="not_yours", message="name one of your areas")])
    wanted = NewStorm(
        area=body.area, profile=body.profile, classes=frozenset(body.classes), until_at=body.until_at,
        reason=body.reason,
    )  # fmt: skip
    try:
        made = await begin_storm(call.context.db, wanted, by=call.user.user_id, centre=_centre(call), now=call.now)
    except StormRefused as error:
        raise _refused(error) from error
    found = await read_storm(call.context.db, made, now=call.now)
    return Reply(body=found, version=found.version, status=HTTPStatus.CREATED)


async def patch(call: Call) -> Reply:
    body = call.body_as(StormPatch)
    found = await _seen(call)
    refuse_beyond(call, found.area)
    if body.state == "ended":
        with as_problems():
            ended = await end_storm(
                call.context.db, call.id, why="by_person", by=call.user.user_id, centre=_centre(call), now=call.now
            )
        if not ended:
            raise Problem(HTTPStatus.CONFLICT, "ended", "It has ended.")
        return await storm(call)
    until_at, reason = body.until_at or found.until_at, body.reason or found.reason
    if until_at is None or not reason:
        raise unusable([FieldProblem(field="until_at, reason", code="required", message="until when, and why")])
    classes = found.classes if body.classes is None else body.classes
    wanted = NewStorm(
        area=found.area, profile=found.profile, classes=frozenset(classes), until_at=until_at, reason=reason
    )
    try:
        with as_problems():
            await switch_on(
                call.context.db, call.id, wanted, version=call.version, by=call.user.user_id, centre=_centre(call),
                now=call.now,
            )  # fmt: skip
    except StormRefused as error:
        raise _refused(error) from error
    return await storm(call)


async def _seen(call: Call) -> StormReport:
    with as_problems():
        found = await read_storm(call.context.db, call.id, now=call.now)
    refuse_out_of_sight(call, found.area)
    return found


def _centre(call: Call) -> Centre:
    return Centre(keyring=call.context.keyring, timezone=call.context.site_timezone)


def _refused(error: StormRefused) -> Exception:
    return unusable([FieldProblem(field="classes, until_at", code="refused", message=one) for one in error.problems])


ROUTES: Final = [
    Route(
        method="GET", path="/storms", zh="大面积报警模式列表", en="Storms: suggested, on and ended", roles=READ_HOLDERS,
        handler=storms, query=StormsQuery, reply=Page[Storm],
    ),
    Route(
        method="POST", path="/storms", zh="启用大面积报警模式", en="Switch storm mode on for an area, at most a day",
        roles=STORMS, handler=make, body=NewStormBody, reply=StormReport, status=201,
    ),
    Route(
        method="GET", path="/storms/{id}", zh="大面积报警模式报告", en="A storm, with the report of what it held",
        roles=READ_HOLDERS, handler=storm, reply=StormReport,
    ),
    Route(
        method="PATCH", path="/storms/{id}", zh="启用、延长或结束", en="Take a suggestion, move the end, or end it",
        roles=STORMS, handler=patch, body=StormPatch, reply=StormReport, match=Match.MAY, refusals=(409,),
    ),
]  # fmt: skip
