"""Homes and areas."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Any, Final

import msgspec
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from console.api.fields import (
    AreaPath,
    Body,
    Id,
    Moment,
    NoNul,
    Page,
    PageQuery,
    Tag,
    after_id,
    decode_cursor,
    encode_cursor,
    page_by_id,
)
from console.api.registers import as_problems, note_look_of_change, refuse_foreign_area, refuse_out_of_sight
from console.api.residents import LookQuery
from console.rights import READ_AREAS, READ_PLACES, WRITE_PEOPLE, Role
from console.routes import Call, Match, Reply, Route
from store import ways_in
from store.audit import note_look_now
from store.registers.areas import Area, list_areas
from store.registers.premises import (
    Premises,
    WritesWays,
    add_premises,
    change_premises,
    list_premises,
    read_premises,
)
from store.sealing import Keyring
from store.views.whole import WayIn
from store.ways_in import WayInput, WayKind

Address = Annotated[str, StringConstraints(min_length=1, max_length=300), NoNul]
Part = Annotated[str, StringConstraints(max_length=100), NoNul]


class WayBody(BaseModel):
    """A way in. `id` names one that is there; without `secret` named, it keeps its own."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True)

    id: Id | None = None
    kind: WayKind
    holder: Annotated[str, StringConstraints(max_length=100), NoNul] | None = None
    secret: Annotated[str, StringConstraints(min_length=1, max_length=100), NoNul] | None = None
    valid_to: Moment | None = None
    consent: Annotated[str, StringConstraints(max_length=200), NoNul] = ""
    instructions: Annotated[str, StringConstraints(max_length=500), NoNul] = ""
    proved_at: Moment | None = None

    def written(self) -> WayInput:
        """As the store takes it."""
        given = self.model_dump(exclude={"id"})
        names = "secret" in self.model_fields_set
        return WayInput(**given, id=None if self.id is None else int(self.id), names_secret=names)


class PremisesFields(Body):
    """What a home's record can hold."""

    parts: Annotated[dict[Tag, Part], Field(max_length=20)] | None = None
    area: AreaPath | None = None
    lat: Annotated[float, Field(ge=-90, le=90)] | None = None
    lon: Annotated[float, Field(ge=-180, le=180)] | None = None
    hazards: Annotated[list[Tag], Field(max_length=20)] | None = None
    access: Annotated[list[WayBody], Field(max_length=20)] | None = None  #: all of them; who is not named is gone

    @model_validator(mode="after")
    def _both_or_neither(self) -> PremisesFields:
        if (self.lat is None) != (self.lon is None):
            raise ValueError("lat and lon: both or neither")
        return self

    def columns(self) -> dict[str, Any]:
        """What was named, as the store takes it; a null keeps what is there, but for the place."""
        named = {name: value for name, value in self.named().items() if name != "access"}
        return {name: value for name, value in named.items() if value is not None or name in ("lat", "lon")}

    def ways(self, keyring: Keyring) -> WritesWays | None:
        """What writes the ways in; None where none was named."""
        if self.access is None:
            return None
        written = [way.written() for way in self.access]

        async def write(connection: Any, premises_id: int) -> None:
            await ways_in.write(connection, keyring, premises_id, written)

        return write


class NewPremises(PremisesFields):
    """A home to make."""

    address: Address


class PremisesPatch(PremisesFields):
    """What to change of a home."""

    address: Address | None = None


class PremisesWhole(Premises, frozen=True, kw_only=True):
    """One home; with its ways in (their secrets never) where whoever asks said why."""

    access: Sequence[WayIn] | None


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
    """The home; its ways in once the look stands in the audit with its purpose."""
    with as_problems():
        found = await read_premises(call.context.db, call.id)
    refuse_out_of_sight(call, found.area)
    purpose = call.query_as(LookQuery).purpose
    shows = bool(purpose) and Role(call.user.role) in WRITE_PEOPLE
    if purpose and shows:
        await note_look_now(
            call.context.db, call.user.user_id, "look", f"premises:{call.id}", purpose=purpose, source=call.source,
            now=call.now,
        )  # fmt: skip
    return await _whole(call, found, shows=shows)


async def _whole(call: Call, found: Premises, *, shows: bool, status: int = HTTPStatus.OK) -> Reply:
    access = await ways_in.of_home(call.context.db, int(found.id)) if shows else None
    whole = PremisesWhole(**msgspec.structs.asdict(found), access=access)
    return Reply(body=whole, version=found.version, status=status)


async def make_premises(call: Call) -> Reply:
    body = call.body_as(NewPremises)
    fields = body.columns()
    refuse_foreign_area(call, fields.get("area"))
    ways = body.ways(call.context.keyring)
    with as_problems():
        made = await add_premises(call.context.db, fields, ways=ways, by=call.user.user_id, now=call.now)
    found = await read_premises(call.context.db, made)
    return await _whole(call, found, shows=True, status=HTTPStatus.CREATED)


async def patch_premises(call: Call) -> Reply:
    body = call.body_as(PremisesPatch)
    fields, ways = body.columns(), body.ways(call.context.keyring)
    db = call.context.db
    with as_problems():
        refuse_out_of_sight(call, (await read_premises(db, call.id)).area)
        refuse_foreign_area(call, fields.get("area"))
        await change_premises(db, call.id, fields, ways=ways, version=call.version, by=call.user.user_id, now=call.now)
        found = await read_premises(db, call.id)
    await note_look_of_change(call, f"premises:{call.id}")
    return await _whole(call, found, shows=True)


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
        reply=PremisesWhole,
        status=201,
    ),
    Route(
        method="GET",
        path="/premises/{id}",
        zh="居所",
        en="One home",
        roles=READ_PLACES,
        handler=premises,
        query=LookQuery,
        reply=PremisesWhole,
    ),
    Route(
        method="PATCH",
        path="/premises/{id}",
        zh="修改居所",
        en="Change a home",
        roles=WRITE_PEOPLE,
        handler=patch_premises,
        body=PremisesPatch,
        reply=PremisesWhole,
        match=Match.MAY,
    ),
]
