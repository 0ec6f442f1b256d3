"""The rota: who is on call, in charge and on duty, when; and what is wrong with the week to come."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Any, Final

import msgspec
from pydantic import Field, model_validator

from console.api.fields import AreaPath, Body, Id, Moment, PageQuery, after_id, page_by_id
from console.api.registers import as_problems, refuse_foreign_area
from console.problems import FieldProblem, forbidden, not_found, unusable
from console.rights import READ_SHIFTS, WRITE_SHIFTS
from console.routes import Call, Match, Reply, Route
from rules.domain.on_call import ShiftRole
from store.rota import RotaFinding, Shift, add_shift, change_shift, list_shifts, read_shift, wrong_with

Areas = Annotated[list[AreaPath], Field(max_length=100)]
Rank = Annotated[int, Field(ge=1, le=99)]


class NewShift(Body):
    """Somebody's time on the rota: a user, or a responder."""

    role: ShiftRole
    user_id: Id | None = None
    responder_id: Id | None = None
    from_at: Moment
    to_at: Moment
    areas: Areas = Field(default_factory=list, max_length=100)
    rank: Rank = 1

    @model_validator(mode="after")
    def _somebody_some_time(self) -> NewShift:
        if (self.user_id is None) == (self.responder_id is None):
            raise ValueError("user_id or responder_id: one of them")
        if self.to_at <= self.from_at:
            raise ValueError("to_at: after from_at")
        return self


class ShiftPatch(Body):
    """What to change of a shift; whoever comes instead is a new one."""

    from_at: Moment | None = None
    to_at: Moment | None = None
    areas: Areas | None = None
    rank: Rank | None = None
    cancelled: bool | None = None


class ShiftsQuery(PageQuery):
    """Shifts that touch this time; without it all that are kept."""

    from_at: Moment | None = None
    to_at: Moment | None = None
    role: ShiftRole | None = None


class Rota(msgspec.Struct, frozen=True, kw_only=True):
    """A page of shifts, and what is wrong with the next seven days."""

    items: Sequence[Shift]
    next: str | None
    seq: int
    findings: Sequence[RotaFinding]


async def shifts(call: Call) -> Reply:
    query = call.query_as(ShiftsQuery)
    rows, seq = await list_shifts(
        call.context.db, sight=call.user.areas, from_at=query.from_at, to_at=query.to_at, role=query.role,
        after=after_id(query), limit=query.limit,
    )  # fmt: skip
    page = page_by_id(rows, query, seq)
    wrong = await wrong_with(call.context.db, call.now)
    return Reply(body=Rota(items=page.items, next=page.next, seq=seq, findings=wrong))


async def make_shift(call: Call) -> Reply:
    body = call.body_as(NewShift)
    for area in body.areas:
        refuse_foreign_area(call, area)
    _refuse_everywhere(call, body.areas)
    fields = body.model_dump(mode="python")
    for name in ("user_id", "responder_id"):
        fields[name] = int(fields[name]) if fields[name] is not None else None
    with as_problems():
        made = await add_shift(call.context.db, fields, by=call.user.user_id, now=call.now)
        found = await read_shift(call.context.db, made)
    return Reply(body=found, version=found.version, status=HTTPStatus.CREATED)


async def patch_shift(call: Call) -> Reply:
    fields = {name: value for name, value in call.body_as(ShiftPatch).named().items() if value is not None}
    db = call.context.db
    with as_problems():
        before = await read_shift(db, call.id)
        if before.areas and not any(call.user.may_see(area) for area in before.areas):
            raise not_found()
        if not all(map(call.user.may_see, before.areas)) or (call.user.areas and not before.areas):
            raise forbidden("wider_than_yours", "This shift is also for areas that are not yours.")
        _refuse_everywhere(call, fields.get("areas", before.areas))
        for area in fields.get("areas", ()):
            refuse_foreign_area(call, area)
        if fields.get("to_at", before.to_at) <= fields.get("from_at", before.from_at):
            raise unusable([FieldProblem(field="to_at", code="before_from_at")])
        await change_shift(db, call.id, fields, version=call.version, by=call.user.user_id, now=call.now)
        found = await read_shift(db, call.id)
    return Reply(body=found, version=found.version)


def _refuse_everywhere(call: Call, areas: Sequence[str]) -> None:
    """A shift without areas is for all of them: only who sees all makes one."""
    if call.user.areas and not areas:
        raise unusable([FieldProblem(field="areas", code="not_yours", message="name one of your areas")])


def _route(method: str, path: str, zh: str, en: str, handler: Any, **more: Any) -> Route:
    roles = READ_SHIFTS if method == "GET" else WRITE_SHIFTS
    return Route(method=method, path=path, zh=zh, en=en, roles=roles, handler=handler, **more)


ROUTES: Final = [
    _route("GET", "/shifts", "排班及其缺漏", "The rota, and what is wrong with it", shifts,
           query=ShiftsQuery, reply=Rota),
    _route("POST", "/shifts", "排班", "Put somebody on the rota", make_shift, body=NewShift, reply=Shift, status=201),
    _route("PATCH", "/shifts/{id}", "修改排班", "Change a shift", patch_shift,
           body=ShiftPatch, reply=Shift, match=Match.MAY),
]  # fmt: skip
