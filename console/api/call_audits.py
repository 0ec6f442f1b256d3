"""Audited calls: a monthly sample by a recorded seed, a score sheet, a second reviewer, feedback that is signed."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from http import HTTPStatus
from typing import Annotated, Final, Self

from pydantic import Field, StringConstraints, model_validator

from console.api.fields import Body, Id, Page, PageQuery, WrittenText, after_id, page_by_id
from console.api.registers import as_problems, refuse_out_of_sight
from console.problems import FieldProblem, Problem, not_found, unusable
from console.rights import AUDIT_CALLS, READ_CALL_AUDITS
from console.routes import Call, Match, Reply, Route
from rules.domain.call_audits import PER_USER_LEAST, PER_USER_MOST, SCORE_MOST, Criterion
from store.audit import note_look_now
from store.call_audits import (
    AuditRefused,
    CallAudit,
    CallSample,
    Scored,
    Wanted,
    draw_sample,
    list_audits,
    read_audit,
    score,
    sign,
)

_MONTH: Final = re.compile(r"^20\d\d-(0[1-9]|1[0-2])$")
#: Fits a bigint, and a hand that types it again.
_SEED_MOST: Final = 2**53


class DrawBody(Body):
    """Which month to draw from; without a seed one is drawn and kept."""

    month: Annotated[str, StringConstraints(pattern=_MONTH.pattern)]
    per_user: Annotated[int, Field(ge=PER_USER_LEAST, le=PER_USER_MOST)] = PER_USER_LEAST
    seed: Annotated[int, Field(ge=0, le=_SEED_MOST)] | None = None


class AuditPatch(Body):
    """A sheet by a reviewer, or the signature of whose call it was."""

    scores: dict[Criterion, Annotated[int, Field(ge=0, le=SCORE_MOST)]] | None = None
    note: WrittenText | None = None
    second_wanted: bool = False
    signed: bool | None = None
    disagrees: bool = False

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if bool(self.scores) == bool(self.signed):
            raise ValueError("scores, or signed: one of them")
        return self


class AuditsQuery(PageQuery):
    """Which audited calls."""

    user: Id | None = None
    sample: Id | None = None
    unscored: bool | None = None


async def draw(call: Call) -> Reply:
    """Draw the sample of a month that is over, or of this one so far."""
    body, context = call.body_as(DrawBody), call.context
    month = date.fromisoformat(f"{body.month}-01")
    following = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    zone = context.site_timezone
    start, end = (datetime.combine(day, time(0), tzinfo=zone) for day in (month, following))
    if start > call.now:
        raise unusable([FieldProblem(field="month", code="in_the_future")])
    wanted = Wanted(
        month=month, start=start, end=end, per_user=body.per_user, areas=call.user.areas, timezone=zone,
        seed=secrets.randbelow(_SEED_MOST) if body.seed is None else body.seed,
    )  # fmt: skip
    sample = await draw_sample(context.db, wanted, keyring=context.keyring, by=call.user.user_id, now=call.now)
    return Reply(body=sample, status=HTTPStatus.CREATED)


async def audits(call: Call) -> Reply:
    """A dispatcher sees their own."""
    query = call.query_as(AuditsQuery)
    user_id = int(query.user) if query.user else None
    if call.user.role not in AUDIT_CALLS:
        user_id = call.user.user_id
    rows, seq = await list_audits(
        call.context.db, sight=call.user.areas, user_id=user_id, sample_id=int(query.sample) if query.sample else None,
        unscored=query.unscored, keyring=call.context.keyring, after=after_id(query), limit=query.limit,
    )  # fmt: skip
    return Reply(body=page_by_id(rows, query, seq))


async def audit(call: Call) -> Reply:
    found = await _seen(call)
    await note_look_now(
        call.context.db, call.user.user_id, "look", f"call_audit:{call.id}", purpose=f"audit {call.id}",
        source=call.source, now=call.now,
    )  # fmt: skip
    return Reply(body=found, version=found.version)


async def change(call: Call) -> Reply:
    """Score it, or sign what was found."""
    await _seen(call)
    body, db = call.body_as(AuditPatch), call.context.db
    by, now = call.user.user_id, call.now
    with as_problems(), _refused():
        if body.signed:
            await sign(db, call.id, disagrees=body.disagrees, version=call.version, by=by, now=now)
        elif call.user.role not in AUDIT_CALLS:
            raise AuditRefused("calls are scored by who reviews quality")
        else:
            scores = {str(name): value for name, value in (body.scores or {}).items()}
            scored = Scored(scores=scores, note=body.note, second_wanted=body.second_wanted)
            await score(db, call.id, scored, version=call.version, keyring=call.context.keyring, by=by, now=now)
    found = await _seen(call)
    return Reply(body=found, version=found.version)


@contextmanager
def _refused() -> Iterator[None]:
    try:
        yield
    except AuditRefused as error:
        raise Problem(HTTPStatus.CONFLICT, "audit_refused", str(error)) from error


async def _seen(call: Call) -> CallAudit:
    with as_problems():
        found = await read_audit(call.context.db, call.id, keyring=call.context.keyring)
    refuse_out_of_sight(call, found.area)
    if call.user.role not in AUDIT_CALLS and found.user != str(call.user.user_id):
        raise not_found()
    return found


ROUTES: Final = [
    Route(
        method="GET", path="/call_audits", zh="通话质检列表", en="Audited calls", roles=READ_CALL_AUDITS,
        handler=audits, query=AuditsQuery, reply=Page[CallAudit],
    ),
    Route(
        method="POST", path="/call_audits", zh="抽取当月质检样本", en="Draw a month's sample by a recorded seed",
        roles=AUDIT_CALLS, handler=draw, body=DrawBody, reply=CallSample, status=201,
    ),
    Route(
        method="GET", path="/call_audits/{id}", zh="一次通话质检", en="One audited call", roles=READ_CALL_AUDITS,
        handler=audit, reply=CallAudit,
    ),
    Route(
        method="PATCH", path="/call_audits/{id}", zh="评分、签收", en="Score a call, or sign what was found",
        roles=READ_CALL_AUDITS, handler=change, body=AuditPatch, reply=CallAudit, match=Match.MAY, refusals=(409,),
    ),
]  # fmt: skip
