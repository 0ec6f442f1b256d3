"""Complaints: acknowledged in one working day, answered in fifteen; the cases they name are held at once."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from console.api.fields import (
    AreaPath,
    Body,
    Id,
    Line,
    Moment,
    Name,
    Page,
    PageQuery,
    PhoneTyped,
    WrittenText,
    after_id,
    page_by_id,
)
from console.api.registers import as_problems, refuse_foreign_area, refuse_out_of_sight, refuse_unknown_resident
from console.problems import FieldProblem, Problem, unusable
from console.rights import COMPLAINTS, READ_COMPLAINTS, TAKE_COMPLAINTS
from console.routes import Call, Match, Reply, Route
from rules.domain.complaints import ComplaintChannel, ComplaintSubject, Finding
from store.audit import note_look_now
from store.complaints import (
    Complainant,
    Complaint,
    ComplaintAnswered,
    ComplaintListed,
    Desk,
    NewComplaint,
    add_complaint,
    areas_of_cases,
    change_complaint,
    list_complaints,
    read_complaint,
)
from store.registers.residents import area_of_resident

Cases = Annotated[list[Id], Field(max_length=50)]


class ComplainantBody(BaseModel):
    """Who complains, as far as they say."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True)

    name: Name | None = None
    phone: PhoneTyped | None = None
    relation: Line | None = None


class NewComplaintBody(Body):
    """A complaint as it came."""

    channel: ComplaintChannel
    subject: ComplaintSubject
    text: WrittenText
    complainant: ComplainantBody | None = None
    received_at: Moment | None = None
    resident: Id | None = None
    incidents: Cases = Field(default_factory=list, max_length=50)
    area: AreaPath | None = None


class ComplaintPatch(Body):
    """What was done about it; an answer says what was found."""

    acknowledged: bool | None = None
    answer: WrittenText | None = None
    finding: Finding | None = None
    subject: ComplaintSubject | None = None
    incidents: Cases | None = None  #: further ones; none is taken away

    @model_validator(mode="after")
    def _both_or_neither(self) -> Self:
        if (self.answer is None) != (self.finding is None):
            raise ValueError("answer and finding: both or neither")
        return self


class ComplaintsQuery(PageQuery):
    """Which complaints."""

    open: bool | None = None
    incident: Id | None = None


async def complaints(call: Call) -> Reply:
    query = call.query_as(ComplaintsQuery)
    rows, seq = await list_complaints(
        call.context.db, sight=call.user.areas, running=query.open, after=after_id(query), limit=query.limit,
        incident_id=int(query.incident) if query.incident else None, now=call.now,
    )  # fmt: skip
    return Reply(body=page_by_id(rows, query, seq))


async def complaint(call: Call) -> Reply:
    """The whole of it; the look is on record before it is shown."""
    found = await _seen(call)
    await note_look_now(
        call.context.db, call.user.user_id, "look", f"complaint:{call.id}", purpose=f"complaint {found.number}",
        source=call.source, now=call.now,
    )  # fmt: skip
    return Reply(body=found, version=found.version)


async def make(call: Call) -> Reply:
    """Write it down; the cases it names are on legal hold when this answers."""
    body = call.body_as(NewComplaintBody)
    if body.received_at is not None and body.received_at > call.now:
        raise unusable([FieldProblem(field="received_at", code="in_the_future")])
    await refuse_unknown_resident(call, int(body.resident) if body.resident else None, field="resident")
    refuse_foreign_area(call, body.area)
    told = body.complainant.model_dump(exclude_none=True) if body.complainant is not None else {}
    new = NewComplaint(
        channel=body.channel, subject=body.subject, complainant=Complainant(**told), text=body.text,
        received_at=body.received_at or call.now, resident_id=int(body.resident) if body.resident else None,
        incidents=await _cases(call, body.incidents), area=await _area(call, body),
    )  # fmt: skip
    with as_problems():
        made = await add_complaint(call.context.db, new, _desk(call))
    found = await read_complaint(call.context.db, made, keyring=call.context.keyring, now=call.now)
    return Reply(body=found, status=HTTPStatus.CREATED, version=found.version)


async def change(call: Call) -> Reply:
    """Acknowledge it, answer it, name further cases."""
    await _seen(call)
    fields: dict[str, Any] = call.body_as(ComplaintPatch).named()
    if fields.get("incidents"):
        fields["incidents"] = await _cases(call, fields["incidents"])
    try:
        with as_problems():
            await change_complaint(call.context.db, call.id, fields, version=call.version, desk=_desk(call))
    except ComplaintAnswered as error:
        raise Problem(HTTPStatus.CONFLICT, "complaint_answered", str(error)) from error
    found = await _seen(call)
    return Reply(body=found, version=found.version)


async def _seen(call: Call) -> Complaint:
    with as_problems():
        found = await read_complaint(call.context.db, call.id, keyring=call.context.keyring, now=call.now)
    refuse_out_of_sight(call, found.area)
    return found


async def _cases(call: Call, named: list[str]) -> tuple[int, ...]:
    """The named cases; 422 for one that is not there or not in the user's sight: both look alike from here."""
    wanted = tuple(int(one) for one in named)
    found = await areas_of_cases(call.context.db, wanted)
    if any(one not in found or not call.user.may_see(found[one]) for one in wanted):
        raise unusable([FieldProblem(field="incidents", code="unknown")])
    return wanted


async def _area(call: Call, body: NewComplaintBody) -> str | None:
    """Where it belongs: as said, else where the resident lives, else where its first case was."""
    if body.area is not None or (body.resident is None and not body.incidents):
        return body.area
    if body.resident is not None:
        return await area_of_resident(call.context.db, int(body.resident))
    return next(iter((await areas_of_cases(call.context.db, [int(body.incidents[0])])).values()), None)


def _desk(call: Call) -> Desk:
    context = call.context
    return Desk(keyring=context.keyring, timezone=context.site_timezone, by=call.user.user_id, now=call.now)


ROUTES: Final = [
    Route(
        method="GET", path="/complaints", zh="投诉列表", en="Complaints", roles=READ_COMPLAINTS, handler=complaints,
        query=ComplaintsQuery, reply=Page[ComplaintListed],
    ),
    Route(
        method="POST", path="/complaints", zh="登记投诉", en="Write a complaint down; the cases it names are held",
        roles=TAKE_COMPLAINTS, handler=make, body=NewComplaintBody, reply=Complaint, status=201,
    ),
    Route(
        method="GET", path="/complaints/{id}", zh="投诉", en="One complaint", roles=READ_COMPLAINTS, handler=complaint,
        reply=Complaint,
    ),
    Route(
        method="PATCH", path="/complaints/{id}", zh="受理、答复投诉", en="Acknowledge or answer a complaint",
        roles=COMPLAINTS, handler=change, body=ComplaintPatch, reply=Complaint, match=Match.MAY, refusals=(409,),
    ),
]  # fmt: skip
