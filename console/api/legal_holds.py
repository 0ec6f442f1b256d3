"""Legal holds: what is not erased while a court, a complaint or a review needs it (centre.md, 33)."""

from __future__ import annotations

from typing import Annotated, Final, Self

from pydantic import StringConstraints, model_validator

from console.api.fields import Body, Id, Moment, NoNul, Page, PageQuery, after_id, page_by_id
from console.api.registers import as_problems, refuse_unknown_resident
from console.rights import LEGAL_HOLDS
from console.routes import Call, Match, Reply, Route
from store.legal_holds import Hold, NewHold, add_hold, end_hold, list_holds

Reason = Annotated[str, StringConstraints(min_length=1, max_length=1_000), NoNul]


class HoldBody(Body):
    """Of a person, a case, or everything of a period; one of the three."""

    reason: Reason
    resident: Id | None = None
    incident: Id | None = None
    period_from: Moment | None = None
    period_until: Moment | None = None
    until: Moment | None = None

    @model_validator(mode="after")
    def _one_scope(self) -> Self:
        scopes = (self.resident, self.incident, self.period_from or self.period_until)
        if sum(scope is not None for scope in scopes) != 1:
            raise ValueError("resident, incident or a period: exactly one of them")
        if self.period_from and self.period_until and self.period_from >= self.period_until:
            raise ValueError("period_until: later than period_from")
        return self


class HoldPatch(Body):
    """Until when it holds; null: until somebody ends it."""

    until: Moment | None


async def holds(call: Call) -> Reply:
    query = call.query_as(PageQuery)
    rows, seq = await list_holds(call.context.db, after=after_id(query), limit=query.limit)
    return Reply(body=page_by_id(rows, query, seq))


async def hold(call: Call) -> Reply:
    """Stop the erasing from now on."""
    body = call.body_as(HoldBody)
    await refuse_unknown_resident(call, int(body.resident) if body.resident else None, field="resident")
    new = NewHold(
        reason=body.reason,
        resident_id=int(body.resident) if body.resident else None,
        incident_id=int(body.incident) if body.incident else None,
        period_from=body.period_from,
        period_until=body.period_until,
        until_at=body.until,
    )
    with as_problems():
        made = await add_hold(call.context.db, new, by=call.user.user_id, now=call.now)
    return Reply(body=made, status=201, version=made.version)


async def change(call: Call) -> Reply:
    """Change when it ends; a time that is past ends it now."""
    with as_problems():
        changed = await end_hold(
            call.context.db, call.id, call.body_as(HoldPatch).until, version=call.version, by=call.user.user_id,
            now=call.now,
        )  # fmt: skip
    return Reply(body=changed, version=changed.version)


ROUTES: Final = [
    Route(
        method="GET",
        path="/legal_holds",
        zh="证据保全",
        en="Legal holds",
        roles=LEGAL_HOLDS,
        handler=holds,
        query=PageQuery,
        reply=Page[Hold],
    ),
    Route(
        method="POST",
        path="/legal_holds",
        zh="新增证据保全",
        en="Stop the erasing of a person's, a case's or a period's records",
        roles=LEGAL_HOLDS,
        handler=hold,
        body=HoldBody,
        reply=Hold,
        status=201,
    ),
    Route(
        method="PATCH",
        path="/legal_holds/{id}",
        zh="修改证据保全期限",
        en="Change until when it holds",
        roles=LEGAL_HOLDS,
        handler=change,
        body=HoldPatch,
        reply=Hold,
        match=Match.MAY,
    ),
]
