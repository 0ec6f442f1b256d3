"""Areas written: their names, and the direct numbers of their own control rooms (centre.md, 7)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, Final

from pydantic import AwareDatetime, StringConstraints

from console.api.fields import AreaPath, Body, NoNul, PhoneTyped
from console.api.registers import as_problems, refuse_foreign_area, refuse_out_of_sight
from console.problems import Problem
from console.rights import READ_AREAS, WRITE_AREAS
from console.routes import Call, Match, Reply, Route
from store.registers.areas import Area, AreaInUse, AreaThere, add_area, change_area, delete_area, read_area

AreaName = Annotated[str, StringConstraints(max_length=100), NoNul]


class AreaFields(Body):
    """What an area's record can hold; a null takes a number away."""

    name: AreaName | None = None
    name_en: AreaName | None = None
    police: PhoneTyped | None = None
    fire: PhoneTyped | None = None
    ambulance: PhoneTyped | None = None
    numbers_tested_at: AwareDatetime | None = None
    is_country: bool | None = None

    def columns(self) -> dict[str, Any]:
        """What was named, as the store takes it."""
        numbers = ("police", "fire", "ambulance", "numbers_tested_at")
        fields = self.model_dump(exclude_unset=True, exclude={"path"})
        return {name: value for name, value in fields.items() if value is not None or name in numbers}


class NewArea(AreaFields):
    """An area to make; what lies above it is made too. Levels are codes, up to six deep."""

    path: AreaPath


class AreaPatch(AreaFields):
    """What to change of an area."""


async def area(call: Call) -> Reply:
    with as_problems():
        found = await read_area(call.context.db, call.id)
    refuse_out_of_sight(call, found.path)
    return Reply(body=found, version=found.version)


async def make(call: Call) -> Reply:
    """Make an area, with its numbers."""
    body = call.body_as(NewArea)
    refuse_foreign_area(call, body.path)
    try:
        made = await add_area(call.context.db, body.path, body.columns(), by=call.user.user_id, now=call.now)
    except AreaThere as error:
        raise Problem(HTTPStatus.CONFLICT, "area_there", str(error)) from error
    found = await read_area(call.context.db, made)
    return Reply(body=found, version=found.version, status=HTTPStatus.CREATED)


async def change(call: Call) -> Reply:
    """Change names and numbers; the path never changes."""
    fields = call.body_as(AreaPatch).columns()
    db = call.context.db
    with as_problems():
        refuse_out_of_sight(call, (await read_area(db, call.id)).path)
        await change_area(db, call.id, fields, version=call.version, by=call.user.user_id, now=call.now)
        found = await read_area(db, call.id)
    return Reply(body=found, version=found.version)


async def remove(call: Call) -> Reply:
    """Take an area away that nothing lies in."""
    db = call.context.db
    with as_problems():
        refuse_out_of_sight(call, (await read_area(db, call.id)).path)
        try:
            await delete_area(db, call.id, version=call.version, by=call.user.user_id, now=call.now)
        except AreaInUse as error:
            raise Problem(HTTPStatus.CONFLICT, "area_in_use", str(error)) from error
    return Reply(status=HTTPStatus.NO_CONTENT)


ROUTES: Final = [
    Route(
        method="POST",
        path="/areas",
        zh="新增区域及其 110/119/120 直拨号码",
        en="Make an area, with the direct numbers of its control rooms",
        roles=WRITE_AREAS,
        handler=make,
        body=NewArea,
        reply=Area,
        status=201,
        refusals=(409,),
    ),
    Route(method="GET", path="/areas/{id}", zh="区域", en="One area", roles=READ_AREAS, handler=area, reply=Area),
    Route(
        method="PATCH",
        path="/areas/{id}",
        zh="修改区域",
        en="Change an area's names and numbers",
        roles=WRITE_AREAS,
        handler=change,
        body=AreaPatch,
        reply=Area,
        match=Match.MAY,
    ),
    Route(
        method="DELETE",
        path="/areas/{id}",
        zh="删除区域",
        en="Take away an area that nothing lies in",
        roles=WRITE_AREAS,
        handler=remove,
        status=204,
        match=Match.MAY,
        refusals=(409,),
    ),
]
