"""Fences: whom they guard, where they lie, when they hold."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from console.api.fields import AreaPath, Body, Id, NoNul, Page, PageQuery, after_id, page_by_id
from console.api.hours import Hours, hours_shown
from console.api.registers import as_problems, refuse_foreign_area, refuse_out_of_sight, refuse_unknown_resident
from console.problems import FieldProblem, unusable
from console.rights import READ_PEOPLE, WRITE_PEOPLE
from console.routes import Call, Match, Reply, Route
from devices.datums import to_wgs84
from devices.event import Datum, Location
from rules.domain.fences import CONFIRM_FIXES, DWELL_S, FenceKind
from store.registers.devices import read_device
from store.registers.errors import RecordUnknown
from store.registers.fences import Fence, FenceListed, add_fence, change_fence, end_fence, list_fences, read_fence

#: Below this a fix cannot tell inside from outside: bands between houses are good to some ten metres.
RADIUS_LEAST_M: Final = 50.0
RADIUS_MOST_M: Final = 50_000.0
CORNERS_MOST: Final = 500

FenceName = Annotated[str, StringConstraints(min_length=1, max_length=100), NoNul]


class Corner(BaseModel):
    """Degrees, in the fence's datum."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lat: Annotated[float, Field(ge=-85, le=85)]
    lon: Annotated[float, Field(ge=-180, le=180)]


class Circle(Corner):
    """A point and so many metres around it."""

    radius_m: Annotated[float, Field(ge=RADIUS_LEAST_M, le=RADIUS_MOST_M)]


class FenceFields(Body):
    """What a fence can be changed in. `hours` empty: it always holds."""

    name: FenceName | None = None
    kind: FenceKind | None = None
    circle: Circle | None = None
    polygon: Annotated[list[Corner], Field(min_length=3, max_length=CORNERS_MOST)] | None = None
    datum: Datum = Datum.WGS84
    hours: Annotated[list[Hours], Field(max_length=20)] | None = None
    confirm_fixes: Annotated[int, Field(ge=1, le=10)] | None = None
    dwell_s: Annotated[int, Field(ge=0, le=3600)] | None = None

    @model_validator(mode="after")
    def _one_shape(self) -> FenceFields:
        if self.circle is not None and self.polygon is not None:
            raise ValueError("circle or polygon, not both")
        return self

    def columns(self) -> dict[str, Any]:
        """What was named, as the store takes it; places in WGS-84."""
        named = {name: getattr(self, name) for name in ("name", "kind", "confirm_fixes", "dwell_s")}
        plain = {name: value for name, value in named.items() if value is not None}
        if self.hours is not None:
            plain["hours"] = [window.row() for window in self.hours]
        shape = self.shape()
        return plain if shape is None else {**plain, "shape": shape}

    def shape(self) -> dict[str, Any] | None:
        """The shape as it is kept; None where none was named."""
        if self.circle is not None:
            return {"points": [self._kept(self.circle)], "radius_m": self.circle.radius_m}
        if self.polygon is not None:
            return {"points": [self._kept(corner) for corner in self.polygon], "radius_m": None}
        return None

    def _kept(self, corner: Corner) -> dict[str, float]:
        place = to_wgs84(Location(lat=corner.lat, lon=corner.lon, datum=self.datum))
        return {"lat": place.lat, "lon": place.lon}


class NewFence(FenceFields):
    """A fence of a resident or a device; a water may be everybody's with dementia in an area."""

    name: FenceName
    kind: FenceKind
    resident_id: Id | None = None
    device_id: Id | None = None
    area: AreaPath | None = None

    @model_validator(mode="after")
    def _of_one(self) -> NewFence:
        named = (self.resident_id is not None) + (self.device_id is not None)
        if named > 1 or (named == 0 and self.kind is not FenceKind.WATER):
            raise ValueError("resident_id or device_id: one of them; a water may have neither")
        if named and self.area is not None:
            raise ValueError("area: only of a water that is nobody's own")
        if self.circle is None and self.polygon is None:
            raise ValueError("circle or polygon: one of them")
        return self

    def columns(self) -> dict[str, Any]:
        kept = {"hours": [], "confirm_fixes": CONFIRM_FIXES, "dwell_s": DWELL_S, **super().columns()}
        return kept | {
            "resident_id": int(self.resident_id) if self.resident_id else None,
            "device_id": int(self.device_id) if self.device_id else None,
            "area": self.area,
        }


class FencesQuery(PageQuery):
    """Whose fences; nobody named: all in sight."""

    resident: Id | None = None
    device: Id | None = None
    kind: FenceKind | None = None


class FenceShown(FenceListed, frozen=True, kw_only=True):
    """A whole fence, WGS-84, hours by the site's clocks."""

    circle: dict[str, float] | None
    polygon: list[dict[str, float]] | None
    hours: list[dict[str, Any]]
    confirm_fixes: int
    dwell_s: int


async def fences(call: Call) -> Reply:
    query = call.query_as(FencesQuery)
    rows, seq = await list_fences(
        call.context.db, sight=call.user.areas, resident_id=int(query.resident) if query.resident else None,
        device_id=int(query.device) if query.device else None, kind=query.kind, after=after_id(query),
        limit=query.limit,
    )  # fmt: skip
    return Reply(body=page_by_id(rows, query, seq))


async def fence(call: Call) -> Reply:
    return _shown(await _seen(call))


async def make_fence(call: Call) -> Reply:
    body = call.body_as(NewFence)
    fields = body.columns()
    await refuse_unknown_resident(call, fields["resident_id"])
    await _refuse_unknown_device(call, fields["device_id"])
    refuse_foreign_area(call, fields["area"])
    with as_problems():
        made = await add_fence(call.context.db, fields, by=call.user.user_id, now=call.now)
        return _shown(await read_fence(call.context.db, made), status=HTTPStatus.CREATED)


async def patch_fence(call: Call) -> Reply:
    fields = call.body_as(FenceFields).columns()
    await _seen(call)
    with as_problems():
        await change_fence(
            call.context.db, call.id, fields, version=call.version, by=call.user.user_id, now=call.now
        )  # fmt: skip
        return _shown(await read_fence(call.context.db, call.id))


async def delete_fence(call: Call) -> Reply:
    """It ends now; its row and its crossings stay on record."""
    await _seen(call)
    with as_problems():
        await end_fence(call.context.db, call.id, by=call.user.user_id, now=call.now)
    return Reply(status=HTTPStatus.NO_CONTENT)


async def _seen(call: Call) -> Fence:
    with as_problems():
        found = await read_fence(call.context.db, call.id)
    refuse_out_of_sight(call, found.area)
    return found


async def _refuse_unknown_device(call: Call, device_id: int | None) -> None:
    if device_id is None:
        return
    try:
        seen = call.user.may_see((await read_device(call.context.db, device_id)).area)
    except RecordUnknown:
        seen = False
    if not seen:
        raise unusable([FieldProblem(field="device_id", code="unknown")])


def _shown(found: Fence, *, status: int = HTTPStatus.OK) -> Reply:
    points, radius_m = found.shape["points"], found.shape["radius_m"]
    listed = {name: getattr(found, name) for name in FenceListed.__struct_fields__}
    body = FenceShown(
        **listed, circle=None if radius_m is None else {**points[0], "radius_m": radius_m},
        polygon=points if radius_m is None else None, hours=hours_shown(found.hours),
        confirm_fixes=found.confirm_fixes, dwell_s=found.dwell_s,
    )  # fmt: skip
    return Reply(body=body, version=found.version, status=status)


ROUTES: Final = [
    Route(
        method="GET", path="/fences", zh="电子围栏列表", en="Fences", roles=READ_PEOPLE, handler=fences,
        query=FencesQuery, reply=Page[FenceListed],
    ),
    Route(
        method="POST", path="/fences", zh="新建电子围栏", en="Draw a fence", roles=WRITE_PEOPLE, handler=make_fence,
        body=NewFence, reply=FenceShown, status=201,
    ),
    Route(
        method="GET", path="/fences/{id}", zh="电子围栏", en="One fence", roles=READ_PEOPLE, handler=fence,
        reply=FenceShown,
    ),
    Route(
        method="PATCH", path="/fences/{id}", zh="修改电子围栏", en="Change a fence", roles=WRITE_PEOPLE,
        handler=patch_fence, body=FenceFields, reply=FenceShown, match=Match.MAY,
    ),
    Route(
        method="DELETE", path="/fences/{id}", zh="停用电子围栏", en="End a fence", roles=WRITE_PEOPLE,
        handler=delete_fence, status=204,
    ),
]  # fmt: skip
