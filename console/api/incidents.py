"""The queue and the whole of a case."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from console.api.fields import AreaPath, Id, NoNul, Page, PageQuery, decode_cursor, encode_cursor
from console.problems import not_found
from console.rights import LIST_CASES, READ_CASES, Role
from console.routes import Call, Reply, Route
from rules.domain.vocabulary import State
from store.audit import note_look_now
from store.cases import IncidentUnknown
from store.outages import OutageView, read_outage
from store.views.items import Item, QueueFilter, QueuePlace, area_of, read_queue
from store.views.whole import Incident, read_incident


class PriorityLabel(StrEnum):
    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"
    P5 = "P5"


class IncidentsQuery(PageQuery):
    """`state` and `priority` take several, separated by commas; without `state` closed ones are left out, unless
    `resident` or `q` asks for the past."""

    state: Annotated[list[State], Field(max_length=6)] | None = None
    priority: Annotated[list[PriorityLabel], Field(max_length=5)] | None = None
    area: AreaPath | None = None
    resident: Id | None = None
    q: Annotated[str, StringConstraints(max_length=64), NoNul] | None = None
    unattended: bool | None = None

    @field_validator("state", "priority", mode="before")
    @classmethod
    def _several(cls, value: object) -> object:
        return [part for part in value.split(",") if part] if isinstance(value, str) else value


class CaseLookQuery(BaseModel):
    """Why one looks, where it is not to work on the case."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True)

    purpose: Annotated[str, StringConstraints(max_length=200), NoNul] | None = None


async def incidents(call: Call) -> Reply:
    """A page of the queue in its order."""
    query = call.query_as(IncidentsQuery)
    rows, seq = await read_queue(
        call.context.db,
        _filter(query, call.user.areas, canaries_too=call.user.role == Role.PROGRAM),
        user_id=call.user.user_id,
        after=_place(query.cursor) if query.cursor else None,
        limit=query.limit,
    )
    if call.user.role == Role.AUDITOR:
        rows = [_without_place(row) for row in rows]
    following = _cursor(QueuePlace.of(rows[-1])) if len(rows) == query.limit else None
    return Reply(body=Page(items=rows, next=following, seq=seq))


async def incident(call: Call) -> Reply:
    """The whole of a case; the look is on record before it is shown."""
    await refuse_unseen(call, call.id)
    await _note_look(call)
    found = await whole(call, call.id)
    return Reply(body=found, version=found.version)


async def outage(call: Call) -> Reply:
    """Who stands behind an outage, in the order in which to call them; the look is on record before it is shown."""
    await refuse_unseen(call, call.id)
    await _note_look(call)
    found = await read_outage(call.context.db, call.id, sight=call.user.areas)
    if found is None:
        raise not_found()
    return Reply(body=found)


async def _note_look(call: Call) -> None:
    query = call.query_as(CaseLookQuery)
    await note_look_now(
        call.context.db,
        call.user.user_id,
        "look",
        f"incident:{call.id}",
        purpose=query.purpose or f"case {call.id}",
        source=call.source,
        now=call.now,
    )


async def whole(call: Call, incident_id: int) -> Incident:
    """The whole of a case as this user sees it; 404 otherwise."""
    context = call.context
    try:
        return await read_incident(
            context.db,
            context.keyring,
            incident_id,
            user_id=call.user.user_id,
            sight=call.user.areas,
            now=call.now,
            zone=context.site_timezone,
        )
    except IncidentUnknown as error:
        raise not_found() from error


async def refuse_unseen(call: Call, incident_id: int) -> None:
    """404 for a case that does not exist or lies outside the user's areas."""
    exists, area = await area_of(call.context.db, incident_id)
    if not exists or not call.user.may_see(area):
        raise not_found()


def _filter(query: IncidentsQuery, sight: Sequence[str], *, canaries_too: bool) -> QueueFilter:
    return QueueFilter(
        states=[str(state) for state in query.state] if query.state else None,
        priorities=[int(label[1:]) for label in query.priority] if query.priority else None,
        area=query.area,
        resident_id=int(query.resident) if query.resident else None,
        text=query.q or None,
        unattended=query.unattended,
        areas=sight,
        closed_too=bool(query.resident or query.q) if query.state is None else State.CLOSED in query.state,
        canaries_too=canaries_too,
    )


def _cursor(place: QueuePlace) -> str:
    return encode_cursor(place.priority, place.attended, place.unregistered, place.oldest_alarm_at, place.id)


def _place(cursor: str) -> QueuePlace:
    priority, attended, unregistered, oldest_alarm_at, number = decode_cursor(cursor, int, bool, bool, datetime, int)
    return QueuePlace(
        priority=priority, attended=attended, unregistered=unregistered, oldest_alarm_at=oldest_alarm_at, id=number
    )


def _without_place(item: Item) -> Item:
    item.place_text = None
    return item


ROUTES: Final = [
    Route(
        method="GET",
        path="/incidents",
        zh="事件队列",
        en="The queue: priority, unattended before attended, oldest alarm first",
        roles=LIST_CASES,
        handler=incidents,
        query=IncidentsQuery,
        reply=Page[Item],
    ),
    Route(
        method="GET",
        path="/incidents/{id}",
        zh="事件全部资料",
        en="The whole of a case",
        roles=READ_CASES,
        handler=incident,
        query=CaseLookQuery,
        reply=Incident,
    ),
    Route(
        method="GET",
        path="/incidents/{id}/outage",
        zh="大面积失联事件背后的人员（按风险排序）",
        en="The people behind an outage, by risk",
        roles=READ_CASES,
        handler=outage,
        query=CaseLookQuery,
        reply=OutageView,
    ),
]
