"""What happened to a resident, where they were, what their body said: each look on record with its purpose."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any, Final, Generic, TypeVar

import msgspec
from pydantic import Field, StringConstraints, TypeAdapter, ValidationError

from console.api.fields import Moment, NoNul, PageQuery, decode_cursor, encode_cursor
from console.api.registers import as_problems, refuse_out_of_sight
from console.problems import FieldProblem, Problem, unusable
from console.rights import TRACKS
from console.routes import Call, Reply, Route
from store.audit import note_look_now, open_case_of
from store.registers.residents import area_of_resident
from store.views import tracks
from store.views.tracks import Happening, Key, Position, Span, VitalsReading

#: When nobody says from when.
_DAY: Final = timedelta(days=1)
_YEAR: Final = timedelta(days=366)
#: Positions are kept thirty days (contract.md, retention); body readings a year.
POSITIONS_MOST: Final = timedelta(days=31)
#: What belongs to a case begins so long before it: which way somebody went.
CASE_BEFORE: Final = timedelta(hours=2)

_Row = TypeVar("_Row")


class TrackQuery(PageQuery):
    """From when, until when, and why one looks; an open case of the resident says why by itself."""

    from_: Moment | None = Field(default=None, alias="from")
    to: Moment | None = None
    purpose: Annotated[str, StringConstraints(max_length=200), NoNul] | None = None


class TrackPage(msgspec.Struct, Generic[_Row], kw_only=True):
    """One page, the newest first; `next` is the cursor of the page after it."""

    items: Sequence[_Row]
    next: str | None


async def positions(call: Call) -> Reply:
    """Where they were. Outside a case only with their consent `location_always`; within one from just before it."""
    query = call.query_as(TrackQuery)
    await _refuse_unseen(call)
    span = _span(query, call.now, usually=_DAY, most=POSITIONS_MOST)
    why = await tracks.why_where(call.context.db, call.id, call.now)
    if not why.always:
        if why.case_opened_at is None:
            await _note(call, "look_refused", "positions: no consent, no case")
            raise Problem(
                HTTPStatus.FORBIDDEN, "consent_required",
                "Positions outside a case are shown only with the resident's consent location_always.",
            )  # fmt: skip
        begins_at = max(span.from_at, why.case_opened_at - CASE_BEFORE)
        span = Span(from_at=begins_at, to_at=max(span.to_at, begins_at), before=span.before)
    await _note(call, "positions", query.purpose or (f"case {why.case}" if why.case else None))
    rows, last = await tracks.positions(call.context.db, call.id, span, limit=query.limit)
    return _page(rows, last)


async def vitals(call: Call) -> Reply:
    query = call.query_as(TrackQuery)
    await _refuse_unseen(call)
    span = _span(query, call.now, usually=_DAY, most=_YEAR)
    await _note(call, "vitals", query.purpose or await _case(call))
    rows, last = await tracks.vitals(call.context.db, call.id, span, limit=query.limit)
    return _page(rows, last)


async def timeline(call: Call) -> Reply:
    query = call.query_as(TrackQuery)
    await _refuse_unseen(call)
    span = _span(query, call.now, usually=_YEAR, most=10 * _YEAR)
    await _note(call, "timeline", query.purpose or await _case(call))
    rows, last = await tracks.timeline(call.context.db, call.id, span, limit=query.limit)
    return _page(rows, last)


async def _refuse_unseen(call: Call) -> None:
    with as_problems():
        refuse_out_of_sight(call, await area_of_resident(call.context.db, call.id))


async def _case(call: Call) -> str | None:
    number = await open_case_of(call.context.db, call.id)
    return None if number is None else f"case {number}"


async def _note(call: Call, action: str, purpose: str | None) -> None:
    """On record before anything is shown; 422 where nobody says why."""
    if not purpose:
        raise unusable([FieldProblem(field="purpose", code="purpose_required", message="Say why you look.")])
    await note_look_now(
        call.context.db, call.user.user_id, action, f"resident:{call.id}", purpose=purpose, source=call.source,
        now=call.now,
    )  # fmt: skip


def _span(query: TrackQuery, now: datetime, *, usually: timedelta, most: timedelta) -> Span:
    to_at = query.to or now + timedelta(seconds=1)
    from_at = query.from_ or to_at - usually
    if not timedelta(0) <= to_at - from_at <= most:
        raise unusable([FieldProblem(field="from", code="span", message=f"before `to`, at most {most.days} days")])
    return Span(from_at=from_at, to_at=to_at, before=_key(query.cursor))


def _key(cursor: str | None) -> Key | None:
    if cursor is None:
        return None
    at, number, word = decode_cursor(cursor, str, int, str)
    try:
        return TypeAdapter(Moment).validate_python(at), number, word
    except ValidationError as error:
        raise unusable([FieldProblem(field="cursor", code="cursor_unreadable")]) from error


def _page(rows: Sequence[Any], last: Key | None) -> Reply:
    following = None if last is None else encode_cursor(last[0].isoformat(), last[1], last[2])
    return Reply(body=TrackPage(items=rows, next=following))


ROUTES: Final = [
    Route(
        method="GET", path="/residents/{id}/timeline", zh="服务对象时间线(用途登记)",
        en="What happened to a resident, the newest first", roles=TRACKS, handler=timeline, query=TrackQuery,
        reply=TrackPage[Happening],
    ),
    Route(
        method="GET", path="/residents/{id}/vitals", zh="体征记录(用途登记)", en="What their body said", roles=TRACKS,
        handler=vitals, query=TrackQuery, reply=TrackPage[VitalsReading],
    ),
    Route(
        method="GET", path="/residents/{id}/positions", zh="位置记录(用途登记，案件外须经同意)",
        en="Where they were; outside a case only with their consent", roles=TRACKS, handler=positions,
        query=TrackQuery, reply=TrackPage[Position],
    ),
]  # fmt: skip
