"""Silences: technical troubles that nobody needs to hear for a while, by whom, why and until when."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from console.api.fields import AreaPath, Body, Id, Moment, NoNul, Page, PageQuery, Tag, after_id, page_by_id
from console.api.registers import (
    as_problems,
    refuse_beyond,
    refuse_foreign_area,
    refuse_out_of_sight,
    refuse_unknown_areas,
)
from console.problems import FieldProblem, unusable
from console.rights import READ_HOLDERS, SILENCES
from console.routes import Call, Match, Reply, Route
from store.registers.devices import read_device
from store.registers.errors import RecordUnknown
from store.silences import (
    NewSilence,
    Silence,
    SilenceRefused,
    add_silence,
    change_silence,
    end_silence,
    list_silences,
    read_silence,
)

Reason = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True), NoNul]


class NewSilenceBody(Body):
    """Everything named must fit; the classes or types must all be technical, or it is refused."""

    device_id: Id | None = None
    area: AreaPath | None = None
    classes: Annotated[list[Tag], Field(default_factory=list, max_length=40)]
    types: Annotated[list[Tag], Field(default_factory=list, max_length=40)]
    from_at: Moment | None = None
    until_at: Moment
    reason: Reason


class SilencePatch(Body):
    """Another end, or its reason said anew."""

    until_at: Moment | None = None
    reason: Reason | None = None


class SilencesQuery(PageQuery):
    """`running` leaves out what is over."""

    running: bool = False


async def silences(call: Call) -> Reply:
    query = call.query_as(SilencesQuery)
    rows, seq = await list_silences(
        call.context.db, running_at=call.now if query.running else None, sight=call.user.areas,
        before=after_id(query), limit=query.limit, now=call.now,
    )  # fmt: skip
    return Reply(body=page_by_id(rows, query, seq))


async def silence(call: Call) -> Reply:
    found = await _seen(call)
    return Reply(body=found, version=found.version)


async def make(call: Call) -> Reply:
    """Begin a silence; whatever it could match that is a call for help makes it unusable."""
    body = call.body_as(NewSilenceBody)
    refuse_foreign_area(call, body.area)
    await refuse_unknown_areas(call, [body.area])
    await _refuse_unseen_device(call, body.device_id)
    if call.user.areas and body.area is None and body.device_id is None:
        raise unusable([FieldProblem(field="area", code="not_yours", message="name one of your areas")])
    wanted = NewSilence(
        device_id=int(body.device_id) if body.device_id else None, area=body.area,
        classes=frozenset(body.classes), types=frozenset(body.types), from_at=body.from_at or call.now,
        until_at=body.until_at, reason=body.reason,
    )  # fmt: skip
    try:
        made = await add_silence(call.context.db, wanted, by=call.user.user_id, now=call.now)
    except SilenceRefused as error:
        raise _refused(error) from error
    found, _ = await read_silence(call.context.db, made, now=call.now)
    return Reply(body=found, version=found.version, status=HTTPStatus.CREATED)


async def patch(call: Call) -> Reply:
    body = call.body_as(SilencePatch)
    await _own(call)
    try:
        with as_problems():
            await change_silence(
                call.context.db, call.id, until_at=body.until_at, reason=body.reason, version=call.version,
                by=call.user.user_id, now=call.now,
            )  # fmt: skip
    except SilenceRefused as error:
        raise _refused(error) from error
    return await silence(call)


async def end(call: Call) -> Reply:
    """End it now; what it held goes on by itself."""
    await _own(call)
    with as_problems():
        await end_silence(call.context.db, call.id, by=call.user.user_id, now=call.now)
    return Reply(status=HTTPStatus.NO_CONTENT)


async def _seen(call: Call) -> Silence:
    with as_problems():
        found, area = await read_silence(call.context.db, call.id, now=call.now)
    refuse_out_of_sight(call, area)
    return found


async def _own(call: Call) -> None:
    """Of one device it is whoever's who sees the device; of an area, or of the centre, whoever's areas cover that."""
    found = await _seen(call)
    if found.device_id is None:
        refuse_beyond(call, found.area)


async def _refuse_unseen_device(call: Call, device_id: str | None) -> None:
    if device_id is None:
        return
    try:
        area = (await read_device(call.context.db, int(device_id))).area
    except RecordUnknown as error:
        raise unusable([FieldProblem(field="device_id", code="unknown")]) from error
    if not call.user.may_see(area):
        raise unusable([FieldProblem(field="device_id", code="unknown")])


def _refused(error: SilenceRefused) -> Exception:
    return unusable(
        [FieldProblem(field="classes, types, until_at", code="refused", message=one) for one in error.problems]
    )


ROUTES: Final = [
    Route(
        method="GET", path="/silences", zh="屏蔽列表", en="Silences, the newest first, each with how often it was hit",
        roles=READ_HOLDERS, handler=silences, query=SilencesQuery, reply=Page[Silence],
    ),
    Route(
        method="POST", path="/silences", zh="新建屏蔽(仅限设备类)", en="Silence technical classes or types for a time",
        roles=SILENCES, handler=make, body=NewSilenceBody, reply=Silence, status=201,
    ),
    Route(
        method="GET", path="/silences/{id}", zh="一条屏蔽", en="One silence", roles=READ_HOLDERS, handler=silence,
        reply=Silence,
    ),
    Route(
        method="PATCH", path="/silences/{id}", zh="修改屏蔽", en="Change a silence's end or reason", roles=SILENCES,
        handler=patch, body=SilencePatch, reply=Silence, match=Match.MAY,
    ),
    Route(
        method="DELETE", path="/silences/{id}", zh="结束屏蔽", en="End a silence now", roles=SILENCES, handler=end,
        status=204,
    ),
]  # fmt: skip
