"""Residents: masked in lists; a whole record is shown to whoever names a purpose, on record."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from console.api.fields import (
    AreaPath,
    Body,
    Id,
    Line,
    Moment,
    Name,
    NoNul,
    Page,
    PageQuery,
    PhoneTyped,
    Tag,
    Text,
    after_id,
    page_by_id,
)
from console.api.registers import (
    as_problems,
    note_look_of_change,
    refuse_out_of_sight,
    refuse_unfit_second_user,
    refuse_unknown_home,
)
from console.problems import FieldProblem, unusable
from console.rights import READ_PEOPLE, WRITE_PEOPLE
from console.routes import Call, Match, Reply, Route
from rules.domain.phones import read
from rules.domain.vocabulary import Hearing, ResidentStatus, Speech
from store.audit import note_look_now, open_case_of
from store.registers.residents import (
    Resident,
    ResidentFilter,
    ResidentListed,
    add_resident,
    area_of_resident,
    change_resident,
    list_residents,
    read_resident,
)

#: Statuses whose end must be foreseen, so that somebody asks then (centre.md, 17).
_NEEDS_END: Final = frozenset({ResidentStatus.AWAY, ResidentStatus.IN_HOSPITAL})

BirthDate = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}(-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01]))?$")]
Ref = Annotated[str, StringConstraints(min_length=1, max_length=64), NoNul]


class Communication(BaseModel):
    """How one talks with this person."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    languages: Annotated[list[Line], Field(max_length=10)] = []
    dialects: Annotated[list[Line], Field(max_length=10)] = []
    hearing: Hearing = Hearing.OK
    speech: Speech = Speech.OK
    understands: Annotated[str, StringConstraints(pattern="^(ok|impaired)$")] = "ok"
    preferred: Annotated[str, StringConstraints(pattern="^(voice|text|video|in_person)$")] = "voice"
    note: Text = ""


class ResidentFields(Body):
    """What a record can hold."""

    ref: Ref | None = None
    also_called: Line | None = None
    status: ResidentStatus | None = None
    status_expected_end: Moment | None = None
    #: Who agrees that somebody has died: two say so (422 without, but for the only one on duty).
    second_user: Id | None = None
    premises_id: Id | None = None
    birth_date: BirthDate | None = None
    tags: Annotated[list[Tag], Field(max_length=40)] | None = None
    ability: Annotated[int, Field(ge=0, le=4)] | None = None
    phone: PhoneTyped | None = None
    communication: Communication | None = None
    identity: Annotated[str, StringConstraints(min_length=4, max_length=40, to_upper=True)] | None = None
    notes: Text | None = None

    @model_validator(mode="after")
    def _end_foreseen(self) -> ResidentFields:
        if self.status in _NEEDS_END and self.status_expected_end is None:
            raise ValueError("away and in_hospital need status_expected_end")
        return self

    def columns(self) -> dict[str, Any]:
        """What was named, as the store takes it."""
        named = self.named()
        if "phone" in named:
            named["phone_typed"] = named["phone"]
            named["phone"] = read(named["phone"]).stored if named["phone"] else None
        for name in ("premises_id", "second_user"):
            if named.get(name) is not None:
                named[name] = int(named[name])
        # A null empties what may be empty; the others keep what they have.
        return {name: value for name, value in named.items() if value is not None or name in _MAY_BE_EMPTY}


_MAY_BE_EMPTY: Final = frozenset({"ref", "premises_id", "birth_date", "ability", "phone", "phone_typed"})


class NewResident(ResidentFields):
    """A resident to make."""

    name: Name


class ResidentPatch(ResidentFields):
    """What to change of a resident."""

    name: Name | None = None


class ResidentsQuery(PageQuery):
    """`q` finds by characters, pinyin, initials, the last digits of a phone, building and room, or `ref`."""

    q: Annotated[str, StringConstraints(max_length=50)] | None = None
    area: AreaPath | None = None
    status: ResidentStatus | None = None
    premises: Id | None = None


class LookQuery(BaseModel):
    """Why one looks; an open case of the resident says it by itself."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True)

    purpose: Annotated[str, StringConstraints(max_length=200), NoNul] | None = None


async def residents(call: Call) -> Reply:
    query = call.query_as(ResidentsQuery)
    wanted = ResidentFilter(
        sight=call.user.areas,
        area=query.area,
        text=query.q or None,
        status=query.status,
        premises_id=int(query.premises) if query.premises else None,
    )
    rows, seq = await list_residents(call.context.db, wanted, after=after_id(query), limit=query.limit)
    return Reply(body=page_by_id(rows, query, seq))


async def resident(call: Call) -> Reply:
    """The whole record, once the look stands in the audit with its purpose."""
    with as_problems():
        refuse_out_of_sight(call, await area_of_resident(call.context.db, call.id))
        purpose = await _purpose(call)
        await note_look_now(
            call.context.db,
            call.user.user_id,
            "look",
            f"resident:{call.id}",
            purpose=purpose,
            source=call.source,
            now=call.now,
        )
        return await _whole(call, call.id)


async def make_resident(call: Call) -> Reply:
    body = call.body_as(NewResident)
    await refuse_unknown_home(call, body.columns().get("premises_id"))
    await refuse_unfit_second_user(call, body.columns().get("second_user"), None)
    context = call.context
    with as_problems():
        made = await add_resident(context.db, context.keyring, body.columns(), by=call.user.user_id, now=call.now)
        return await _whole(call, made, status=HTTPStatus.CREATED)


async def patch_resident(call: Call) -> Reply:
    body = call.body_as(ResidentPatch)
    context = call.context
    with as_problems():
        area = await area_of_resident(context.db, call.id)
        refuse_out_of_sight(call, area)
        await refuse_unknown_home(call, body.columns().get("premises_id"))
        await refuse_unfit_second_user(call, body.columns().get("second_user"), area)
        await change_resident(
            context.db,
            context.keyring,
            call.id,
            body.columns(),
            version=call.version,
            by=call.user.user_id,
            now=call.now,
        )
        await note_look_of_change(call, f"resident:{call.id}")
        return await _whole(call, call.id)


async def _whole(call: Call, resident_id: int, *, status: int = HTTPStatus.OK) -> Reply:
    found = await read_resident(call.context.db, call.context.keyring, resident_id)
    return Reply(body=found, version=found.version, status=status)


async def _purpose(call: Call) -> str:
    typed = call.query_as(LookQuery).purpose
    if typed:
        return typed
    case = await open_case_of(call.context.db, call.id)
    if case is None:
        raise unusable([FieldProblem(field="purpose", code="purpose_required", message="Say why you look.")])
    return f"case {case}"


ROUTES: Final = [
    Route(
        method="GET",
        path="/residents",
        zh="服务对象列表(脱敏)",
        en="Residents, masked",
        roles=READ_PEOPLE,
        handler=residents,
        query=ResidentsQuery,
        reply=Page[ResidentListed],
    ),
    Route(
        method="POST",
        path="/residents",
        zh="新建服务对象",
        en="Make a resident",
        roles=WRITE_PEOPLE,
        handler=make_resident,
        body=NewResident,
        reply=Resident,
        status=201,
        refusals=(409,),
    ),
    Route(
        method="GET",
        path="/residents/{id}",
        zh="服务对象全部资料(用途登记)",
        en="The whole record, with the purpose of the look",
        roles=READ_PEOPLE,
        handler=resident,
        query=LookQuery,
        reply=Resident,
    ),
    Route(
        method="PATCH",
        path="/residents/{id}",
        zh="修改服务对象",
        en="Change a resident",
        roles=WRITE_PEOPLE,
        handler=patch_resident,
        body=ResidentPatch,
        reply=Resident,
        match=Match.MAY,
        refusals=(409,),
    ),
]
