"""Responders: who goes to people."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from console.api.fields import (
    AreaPath,
    Body,
    Id,
    Line,
    Name,
    NoNul,
    Page,
    PageQuery,
    PhoneTyped,
    Tag,
    after_id,
    page_by_id,
)
from console.api.registers import as_problems, note_look_of_change, refuse_unknown_resident
from console.api.residents import LookQuery
from console.problems import FieldProblem, not_found, unusable
from console.rights import READ_RESPONDERS, WRITE_RESPONDERS
from console.routes import Call, Match, Reply, Route
from rules.domain.phones import read
from rules.domain.responders import Kind, Means
from store.audit import case_of_responder, note_look_now
from store.responders import (
    ResponderFilter,
    ResponderListed,
    ResponderRecord,
    add_responder,
    change_responder,
    list_responders,
    read_responder,
    remove_responder,
)


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("a zone of the tz database, for example Asia/Shanghai") from None
    return name


Words = Annotated[list[Line], Field(max_length=20)]
Degrees = Annotated[float, Field(allow_inf_nan=False)]
Lat = Annotated[Degrees, Field(ge=-90, le=90)]
Lon = Annotated[Degrees, Field(ge=-180, le=180)]
Zone = Annotated[str, StringConstraints(max_length=64), AfterValidator(_zone)]
Status = Annotated[str, StringConstraints(pattern="^(active|suspended|left)$")]
#: What may be emptied again.
_MAY_BE_EMPTY: Final = frozenset({"user_id", "phone", "phone_typed", "email", "base_lat", "base_lon"})


class ResponderFields(Body):
    """What a record can hold. `residents` binds family and neighbours to these people; empty areas: everywhere."""

    user_id: Id | None = None
    phone: PhoneTyped | None = None
    email: Annotated[str, StringConstraints(max_length=200, pattern=r"^[^@\s]+@[^@\s]+$"), NoNul] | None = None
    channels: Annotated[list[Tag], Field(max_length=10)] | None = None
    trained: bool | None = None
    skills: Annotated[list[Tag], Field(max_length=40)] | None = None
    areas: Annotated[list[AreaPath], Field(max_length=200)] | None = None
    residents: Annotated[list[Id], Field(max_length=50)] | None = None
    agreed_to_nights: bool | None = None
    agreed_to_searches: bool | None = None
    is_employed: bool | None = None
    means: Means | None = None
    languages: Words | None = None
    dialects: Words | None = None
    time_zone: Zone | None = None
    base_lat: Lat | None = None
    base_lon: Lon | None = None

    @model_validator(mode="after")
    def _both_or_neither(self) -> ResponderFields:
        if (self.base_lat is None) != (self.base_lon is None):
            raise ValueError("base_lat and base_lon: both or neither")
        return self

    def columns(self) -> dict[str, Any]:
        """What was named, as the store takes it."""
        named = self.named()
        if "phone" in named:
            named["phone_typed"] = named["phone"]
            named["phone"] = read(named["phone"]).stored if named["phone"] else None
        if named.get("user_id") is not None:
            named["user_id"] = int(named["user_id"])
        if named.get("residents") is not None:
            named["residents"] = [int(one) for one in named["residents"]]
        return {name: value for name, value in named.items() if value is not None or name in _MAY_BE_EMPTY}


class NewResponder(ResponderFields):
    """A responder to make."""

    name: Name
    kind: Kind


class ResponderPatch(ResponderFields):
    """What to change; `flagged: false` says that somebody has talked with them."""

    name: Name | None = None
    kind: Kind | None = None
    status: Status | None = None
    flagged: Annotated[bool, Field(strict=True)] | None = None


class RespondersQuery(PageQuery):
    """`status`: without it, everybody but who has left."""

    q: Annotated[str, StringConstraints(max_length=50), NoNul] | None = None
    area: AreaPath | None = None
    kind: Kind | None = None
    status: Status | None = None
    flagged: bool | None = None


async def responders(call: Call) -> Reply:
    query = call.query_as(RespondersQuery)
    wanted = ResponderFilter(
        sight=call.user.areas,
        area=query.area,
        kind=query.kind,
        status=query.status,
        text=query.q or None,
        flagged=query.flagged,
    )
    rows, seq = await list_responders(call.context.db, wanted, after=after_id(query), limit=query.limit)
    return Reply(body=page_by_id(rows, query, seq))


async def responder(call: Call) -> Reply:
    """The whole record with where they are, once the look stands in the audit with its purpose."""
    with as_problems():
        found = await responder_seen(call, call.id)
    purpose = await _purpose(call)
    await note_look_now(
        call.context.db, call.user.user_id, "look", f"responder:{call.id}", purpose=purpose, source=call.source,
        now=call.now,
    )  # fmt: skip
    return Reply(body=found, version=found.version)


async def _purpose(call: Call) -> str:
    """Why one looks, as whoever looks says; a case that they are asked for says it by itself."""
    typed = call.query_as(LookQuery).purpose
    if typed:
        return typed
    case = await case_of_responder(call.context.db, call.id)
    if case is None:
        raise unusable([FieldProblem(field="purpose", code="purpose_required", message="Say why you look.")])
    return f"case {case}"


async def make_responder(call: Call) -> Reply:
    fields = call.body_as(NewResponder).columns()
    _refuse_foreign_areas(call, fields)
    await _refuse_unknown_residents(call, fields)
    with as_problems():
        made = await add_responder(call.context.db, fields, by=call.user.user_id, now=call.now)
        found = await read_responder(call.context.db, made)
    return Reply(body=found, version=found.version, status=HTTPStatus.CREATED)


async def patch_responder(call: Call) -> Reply:
    fields = call.body_as(ResponderPatch).columns()
    with as_problems():
        await responder_seen(call, call.id)
        _refuse_foreign_areas(call, fields)
        await _refuse_unknown_residents(call, fields)
        db = call.context.db
        await change_responder(db, call.id, fields, version=call.version, by=call.user.user_id, now=call.now)
        await note_look_of_change(call, f"responder:{call.id}")
        found = await read_responder(db, call.id)
    return Reply(body=found, version=found.version)


async def delete_responder(call: Call) -> Reply:
    """They have left: not asked any more. Cases go on naming them."""
    with as_problems():
        await responder_seen(call, call.id)
        await remove_responder(call.context.db, call.id, by=call.user.user_id, now=call.now)
    return Reply(status=HTTPStatus.NO_CONTENT)


async def responder_seen(call: Call, responder_id: int) -> ResponderRecord:
    """The responder, if they work where this user sees; 404 otherwise."""
    found = await read_responder(call.context.db, responder_id)
    if not is_in_sight(call, found):
        raise not_found()
    return found


def is_in_sight(call: Call, found: ResponderRecord) -> bool:
    """Whether a responder works where this user sees; without areas they work everywhere."""
    return not found.areas or any(call.user.may_see(area) for area in found.areas)


def _refuse_foreign_areas(call: Call, fields: dict[str, Any]) -> None:
    if any(not call.user.may_see(area) for area in fields.get("areas") or ()):
        raise unusable([FieldProblem(field="areas", code="not_yours")])


async def _refuse_unknown_residents(call: Call, fields: dict[str, Any]) -> None:
    """Who is bound to somebody is asked to go to them, and then sees their address."""
    for resident_id in fields.get("residents") or ():
        await refuse_unknown_resident(call, resident_id, field="residents")


ROUTES: Final = [
    Route(
        method="GET",
        path="/responders",
        zh="上门救助人员列表(脱敏)",
        en="Responders, masked",
        roles=READ_RESPONDERS,
        handler=responders,
        query=RespondersQuery,
        reply=Page[ResponderListed],
    ),
    Route(
        method="POST",
        path="/responders",
        zh="新建上门救助人员",
        en="Make a responder",
        roles=WRITE_RESPONDERS,
        handler=make_responder,
        body=NewResponder,
        reply=ResponderRecord,
        status=201,
        refusals=(409,),
    ),
    Route(
        method="GET",
        path="/responders/{id}",
        zh="上门救助人员资料",
        en="One responder, whole, with the purpose of the look",
        roles=READ_RESPONDERS,
        handler=responder,
        query=LookQuery,
        reply=ResponderRecord,
    ),
    Route(
        method="PATCH",
        path="/responders/{id}",
        zh="修改上门救助人员",
        en="Change a responder",
        roles=WRITE_RESPONDERS,
        handler=patch_responder,
        body=ResponderPatch,
        reply=ResponderRecord,
        match=Match.MAY,
        refusals=(409,),
    ),
    Route(
        method="DELETE",
        path="/responders/{id}",
        zh="上门救助人员离队",
        en="A responder has left: not asked any more, and not forgotten in cases",
        roles=WRITE_RESPONDERS,
        handler=delete_responder,
        status=204,
        refusals=(409,),
    ),
]
