"""Homes and areas."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, Final

from pydantic import Field, StringConstraints, model_validator

from console.api.fields import (
    AreaPath,
    Body,
    NoNul,
    Page,
    PageQuery,
    Tag,
    after_id,
    decode_cursor,
    encode_cursor,
    page_by_id,
)
from console.api.registers import as_problems, refuse_foreign_area, refuse_out_of_sight
from console.rights import READ_AREAS, READ_PLACES, WRITE_PEOPLE
from console.routes import Call, Match, Reply, Route
from store.registers.areas import Area, list_areas
from store.registers.premises import Premises, add_premises, change_premises, list_premises, read_premises

Address = Annotated[str, StringConstraints(min_length=1, max_length=300), NoNul]
Part = Annotated[str, StringConstraints(max_length=100), NoNul]


class PremisesFields(Body):
    """What a home's record can hold."""

    parts: Annotated[dict[Tag, Part], Field(max_length=20)] | None = None
    area: AreaPath | None = None
    lat: Annotated[float, Field(ge=-90, le=90)] | None = None
    lon: Annotated[float, Field(ge=-180, le=180)] | None = None
    hazards: Annotated[list[Tag], Field(max_length=20)] | None = None

    @model_validator(mode="after")
    def _both_or_neither(self) -> PremisesFields:
        if (self.lat is None) != (self.lon is None):
            raise ValueError("lat and lon: both or neither")
        return self

    def columns(self) -> dict[str, Any]:
        """What was named, as the store takes it; a null keeps what is there, but for the place."""
        return {name: value for name, value in self.named().items() if value is not None or name in ("lat", "lon")}


class NewPremises(PremisesFields):
    """A home to make."""

    address: Address


class PremisesPatch(PremisesFields):
    """What to change of a home."""

    address: Address | None = None


class PremisesQuery(PageQuery):
    """`q` is a part of the address."""

    q: Annotated[str, StringConstraints(max_length=100)] | None = None
    area: AreaPath | None = None


async def areas(call: Call) -> Reply:
    """Areas in the user's sight, in the order of their paths."""
    query = call.query_as(PageQuery)
    after = decode_cursor(query.cursor, str)[0] if query.cursor else ""
    rows, seq = await list_areas(call.context.db, sight=call.user.areas, after=after, limit=query.limit)
    following = encode_cursor(rows[-1].path) if len(rows) == query.limit else None
    return Reply(body=Page(items=rows, next=following, seq=seq))


async def premises_list(call: Call) -> Reply:
    query = call.query_as(PremisesQuery)
    rows, seq = await list_premises(
        call.context.db,
        sight=call.user.areas,
        area=query.area,
        text=query.q or None,
        after=after_id(query),
        limit=query.limit,
    )
    return Reply(body=page_by_id(rows, query, seq))


async def premises(call: Call) -> Reply:
    with as_problems():
        found = await read_premises(call.context.db, call.id)
    refuse_out_of_sight(call, found.area)
    return Reply(body=found, version=found.version)


async def make_premises(call: Call) -> Reply:
    fields = call.body_as(NewPremises).columns()
    refuse_foreign_area(call, fields.get("area"))
    made = await add_premises(call.context.db, fields, by=call.user.user_id, now=call.now)
    found = await read_premises(call.context.db, made)
    return Reply(body=found, version=found.version, status=HTTPStatus.CREATED)


async def patch_premises(call: Call) -> Reply:
    fields = call.body_as(PremisesPatch).columns()
    db = call.context.db
    with as_problems():
        refuse_out_of_sight(call, (await read_premises(db, call.id)).area)
        refuse_foreign_area(call, fields.get("area"))
        await change_premises(db, call.id, fields, version=call.version, by=call.user.user_id, now=call.now)
        found = await read_premises(db, call.id)
    return Reply(body=found, version=found.version)


ROUTES: Final = [
    Route(
        method="GET",
        path="/areas",
        zh="区域",
        en="Areas, from city to community",
        roles=READ_AREAS,
        handler=areas,
        query=PageQuery,
        reply=Page[Area],
    ),
    Route(
        method="GET",
        path="/premises",
        zh="居所列表",
        en="Homes",
        roles=READ_PLACES,
        handler=premises_list,
        query=PremisesQuery,
        reply=Page[Premises],
    ),
    Route(
        method="POST",
        path="/premises",
        zh="新建居所",
        en="Make a home",
        roles=WRITE_PEOPLE,
        handler=make_premises,
        body=NewPremises,
        reply=Premises,
        status=201,
    ),
    Route(
        method="GET",
        path="/premises/{id}",
        zh="居所",
        en="One home",
        roles=READ_PLACES,
        handler=premises,
        reply=Premises,
    ),
    Route(
        method="PATCH",
        path="/premises/{id}",
        zh="修改居所",
        en="Change a home",
        roles=WRITE_PEOPLE,
        handler=patch_premises,
        body=PremisesPatch,
        reply=Premises,
        match=Match.MAY,
    ),
]
