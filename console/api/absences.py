"""Absences: who is not at home until when. They hold inactivity and visits, and nothing else."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Final

from pydantic import StringConstraints

from console.api.fields import Body, Id, Moment, NoNul, Page, PageQuery, after_id, page_by_id
from console.api.registers import as_problems, refuse_out_of_sight, refuse_unknown_home, refuse_unknown_resident
from console.problems import FieldProblem, unusable
from console.rights import ABSENCES, READ_HOLDERS
from console.routes import Call, Match, Reply, Route
from store.absences import (
    Absence,
    AbsenceRefused,
    NewAbsence,
    add_absence,
    change_absence,
    end_absence,
    list_absences,
    read_absence,
)

Reason = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True), NoNul]


class NewAbsenceBody(Body):
    """A person, or a whole home, and until when: an absence without an end is none."""

    resident_id: Id | None = None
    premises_id: Id | None = None
    from_at: Moment | None = None
    until_at: Moment
    reason: Reason


class AbsencePatch(Body):
    """Another end, or its reason said anew."""

    until_at: Moment | None = None
    reason: Reason | None = None


class AbsencesQuery(PageQuery):
    """`running` leaves out what is over."""

    running: bool = False
    resident: Id | None = None


async def absences(call: Call) -> Reply:
    query = call.query_as(AbsencesQuery)
    rows, seq = await list_absences(
        call.context.db, running_at=call.now if query.running else None,
        resident_id=int(query.resident) if query.resident else None, sight=call.user.areas, before=after_id(query),
        limit=query.limit, now=call.now,
    )  # fmt: skip
    return Reply(body=page_by_id(rows, query, seq))


async def absence(call: Call) -> Reply:
    found = await _seen(call)
    return Reply(body=found, version=found.version)


async def make(call: Call) -> Reply:
    body = call.body_as(NewAbsenceBody)
    resident_id = int(body.resident_id) if body.resident_id else None
    premises_id = int(body.premises_id) if body.premises_id else None
    await refuse_unknown_resident(call, resident_id)
    await refuse_unknown_home(call, premises_id)
    wanted = NewAbsence(
        resident_id=resident_id, premises_id=premises_id, from_at=body.from_at or call.now, until_at=body.until_at,
        reason=body.reason,
    )  # fmt: skip
    try:
        made = await add_absence(call.context.db, wanted, by=call.user.user_id, now=call.now)
    except AbsenceRefused as error:
        raise _refused(error) from error
    found = await read_absence(call.context.db, made, now=call.now)
    return Reply(body=found, version=found.version, status=HTTPStatus.CREATED)


async def patch(call: Call) -> Reply:
    body = call.body_as(AbsencePatch)
    await _seen(call)
    try:
        with as_problems():
            await change_absence(
                call.context.db, call.id, until_at=body.until_at, reason=body.reason, version=call.version,
                by=call.user.user_id, now=call.now,
            )  # fmt: skip
    except AbsenceRefused as error:
        raise _refused(error) from error
    return await absence(call)


async def end(call: Call) -> Reply:
    """They are back, or never left: everything counts again from now on."""
    await _seen(call)
    with as_problems():
        await end_absence(call.context.db, call.id, by=call.user.user_id, now=call.now)
    return Reply(status=HTTPStatus.NO_CONTENT)


async def _seen(call: Call) -> Absence:
    with as_problems():
        found = await read_absence(call.context.db, call.id, now=call.now)
    refuse_out_of_sight(call, found.area)
    return found


def _refused(error: AbsenceRefused) -> Exception:
    return unusable([FieldProblem(field="resident_id, premises_id, until_at", code="refused", message=str(error))])


ROUTES: Final = [
    Route(
        method="GET", path="/absences", zh="外出报备列表", en="Absences, the newest first", roles=READ_HOLDERS,
        handler=absences, query=AbsencesQuery, reply=Page[Absence],
    ),
    Route(
        method="POST", path="/absences", zh="外出报备", en="Note that a person or a home is away until a time",
        roles=ABSENCES, handler=make, body=NewAbsenceBody, reply=Absence, status=201,
    ),
    Route(
        method="GET", path="/absences/{id}", zh="一条外出报备", en="One absence", roles=READ_HOLDERS, handler=absence,
        reply=Absence,
    ),
    Route(
        method="PATCH", path="/absences/{id}", zh="修改外出报备", en="Change an absence's end or reason",
        roles=ABSENCES, handler=patch, body=AbsencePatch, reply=Absence, match=Match.MAY,
    ),
    Route(
        method="DELETE", path="/absences/{id}", zh="结束外出(已回家)", en="End an absence: they are back",
        roles=ABSENCES, handler=end, status=204,
    ),
]  # fmt: skip
