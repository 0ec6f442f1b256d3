"""When a responder cannot be asked, and where they are: by themselves, or by a desk on their word."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Final

import msgspec
from pydantic import Field, StringConstraints

from console.api.fields import Body, Id, Moment, Page, PageQuery, after_id, page_by_id
from console.api.registers import as_problems
from console.api.responders import Lat, Lon, is_in_sight, responder_seen
from console.problems import FieldProblem, not_found, unusable
from console.rights import POSITIONS, READ_RESPONDERS, WRITE_RESPONDERS, Role
from console.routes import Call, Reply, Route
from devices.datums import converted
from devices.event import Datum
from rules.domain.place import Point
from store.field_positions import note_position
from store.opening import Centre
from store.responders import ResponderAbsence, add_absence, end_absence, list_absences, read_responder


class NewResponderAbsence(Body):
    """When somebody cannot be asked; without an end until further notice."""

    from_at: Moment | None = None
    to_at: Moment | None = None
    reason: Annotated[str, StringConstraints(pattern="^(away|ill|no_transport|other)$")] = "other"


class EndResponderAbsence(Body):
    """Which absence is over."""

    absence: Id


class PositionBody(Body):
    """Where somebody is, in WGS-84 unless it says otherwise."""

    lat: Lat
    lon: Lon
    accuracy_m: Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)] | None = None
    datum: Datum = Datum.WGS84


class PositionTaken(msgspec.Struct, frozen=True, kw_only=True):
    """In how many cases the position showed that they have set out."""

    set_out: int


async def absences(call: Call) -> Reply:
    query = call.query_as(PageQuery)
    with as_problems():
        await responder_seen(call, call.id)
    rows, seq = await list_absences(call.context.db, call.id, after=after_id(query), limit=query.limit)
    return Reply(body=page_by_id(rows, query, seq))


async def make_absence(call: Call) -> Reply:
    """By the desk, or by the responder themselves."""
    body = call.body_as(NewResponderAbsence)
    from_at = body.from_at or call.now
    if body.to_at is not None and body.to_at <= from_at:
        raise unusable([FieldProblem(field="to_at", code="before_from_at")])
    with as_problems():
        await _own_or_seen(call)
        await add_absence(
            call.context.db, call.id, from_at=from_at, to_at=body.to_at, reason=body.reason, by=call.user.user_id,
            now=call.now,
        )  # fmt: skip
    rows, _ = await list_absences(call.context.db, call.id, after=0, limit=500)
    return Reply(body=rows[-1], status=HTTPStatus.CREATED)


async def take_absence_back(call: Call) -> Reply:
    absence = int(call.body_as(EndResponderAbsence).absence)
    with as_problems():
        await _own_or_seen(call)
        await end_absence(call.context.db, call.id, absence, by=call.user.user_id, now=call.now)
    return Reply(status=HTTPStatus.NO_CONTENT)


async def position(call: Call) -> Reply:
    """Where they are: by their own sign-in, by a program, or by a desk on their word."""
    body = call.body_as(PositionBody)
    with as_problems():
        await _own_or_seen(call)
    place = converted(body.lat, body.lon, body.datum, Datum.WGS84)
    centre = Centre(keyring=call.context.keyring, timezone=call.context.site_timezone)
    point = Point(lat=place.lat, lon=place.lon)
    moved = await note_position(call.context.db, call.id, point, body.accuracy_m, centre=centre, now=call.now)
    return Reply(body=PositionTaken(set_out=moved))


async def _own_or_seen(call: Call) -> None:
    found = await read_responder(call.context.db, call.id)
    if call.user.role == Role.RESPONDER:
        if found.user_id != str(call.user.user_id):
            raise not_found()
    elif not is_in_sight(call, found):
        raise not_found()


_WRITE_OWN: Final = WRITE_RESPONDERS | POSITIONS

ROUTES: Final = [
    Route(
        method="GET",
        path="/responders/{id}/absences",
        zh="不在岗时段",
        en="When a responder cannot be asked",
        roles=READ_RESPONDERS,
        handler=absences,
        query=PageQuery,
        reply=Page[ResponderAbsence],
    ),
    Route(
        method="POST",
        path="/responders/{id}/absences",
        zh="报备不在岗",
        en="Say when a responder cannot be asked",
        roles=_WRITE_OWN,
        handler=make_absence,
        body=NewResponderAbsence,
        reply=ResponderAbsence,
        status=201,
    ),
    Route(
        method="DELETE",
        path="/responders/{id}/absences",
        zh="取消不在岗",
        en="They can be asked again",
        roles=_WRITE_OWN,
        handler=take_absence_back,
        body=EndResponderAbsence,
        status=204,
    ),
    Route(
        method="POST",
        path="/responders/{id}/position",
        zh="上报位置",
        en="Where a responder is",
        roles=POSITIONS,
        handler=position,
        body=PositionBody,
        reply=PositionTaken,
    ),
]
