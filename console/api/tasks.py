"""Tasks: what is left to do, for whom and by when."""

from __future__ import annotations

from enum import StrEnum
from http import HTTPStatus
from typing import Final

from console.api.fields import Body, Id, Line, Moment, Page, PageQuery, Tag, Text, after_id, page_by_id
from console.api.registers import as_problems, refuse_out_of_sight, refuse_unknown_resident
from console.problems import FieldProblem, unusable
from console.rights import TASKS, Role
from console.routes import Call, Match, Reply, Route
from store import tasks
from store.registers.residents import area_of_resident
from store.tasks import NewTask, Task, TaskFilter
from store.views.items import area_of


class TaskState(StrEnum):
    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


class TasksQuery(PageQuery):
    """Without `state` all of them."""

    state: TaskState | None = None
    kind: Tag | None = None
    incident: Id | None = None
    resident: Id | None = None
    for_role: Role | None = None


class TaskBody(Body):
    """Something for somebody to do."""

    kind: Tag
    incident: Id | None = None
    resident: Id | None = None
    for_role: Role = Role.SUPERVISOR
    assigned_to: Id | None = None
    due_at: Moment | None = None
    note: Text | None = None


class TaskChange(Body):
    """Done, dropped, opened again, given to somebody, put off."""

    state: TaskState | None = None
    assigned_to: Id | None = None
    due_at: Moment | None = None
    reason: Line | None = None


async def listed(call: Call) -> Reply:
    query = call.query_as(TasksQuery)
    wanted = TaskFilter(
        sight=call.user.areas,
        state=query.state,
        kind=query.kind,
        incident_id=int(query.incident) if query.incident else None,
        resident_id=int(query.resident) if query.resident else None,
        for_role=query.for_role,
    )
    rows, seq = await tasks.list_tasks(call.context.db, wanted, after=after_id(query), limit=query.limit)
    return Reply(body=page_by_id(rows, query, seq))


async def one(call: Call) -> Reply:
    found = await _seen(call)
    return Reply(body=found, version=found.version)


async def make(call: Call) -> Reply:
    body = call.body_as(TaskBody)
    incident = int(body.incident) if body.incident else None
    resident = int(body.resident) if body.resident else None
    if incident is not None:
        exists, area = await area_of(call.context.db, incident)
        if not exists or not call.user.may_see(area):
            raise unusable([FieldProblem(field="incident", code="unknown")])
    await refuse_unknown_resident(call, resident, field="resident")
    wanted = NewTask(
        kind=body.kind,
        incident_id=incident,
        resident_id=resident,
        area=await _area(call, incident, resident),
        for_role=body.for_role,
        assigned_to=int(body.assigned_to) if body.assigned_to else None,
        due_at=body.due_at,
        made_by=call.user.user_id,
        note=body.note,
    )
    with as_problems():
        made = await tasks.make_by_hand(call.context.db, call.context.keyring, wanted, now=call.now)
    found = await tasks.read_task(call.context.db, call.context.keyring, made)
    return Reply(body=found, status=HTTPStatus.CREATED, version=found.version)


async def change(call: Call) -> Reply:
    await _seen(call)
    fields = {name: value for name, value in call.body_as(TaskChange).named().items() if name != "reason"}
    if fields.get("assigned_to") is not None:
        fields["assigned_to"] = int(fields["assigned_to"])
    fields = {name: value for name, value in fields.items() if value is not None or name != "state"}
    with as_problems():
        await tasks.change(call.context.db, call.id, fields, version=call.version, by=call.user.user_id, now=call.now)
    found = await _seen(call)
    return Reply(body=found, version=found.version)


async def _seen(call: Call) -> Task:
    with as_problems():
        found = await tasks.read_task(call.context.db, call.context.keyring, call.id)
    refuse_out_of_sight(call, found.area)
    return found


async def _area(call: Call, incident: int | None, resident: int | None) -> str | None:
    if incident is not None:
        return (await area_of(call.context.db, incident))[1]
    return await area_of_resident(call.context.db, resident) if resident is not None else None


ROUTES: Final = [
    Route(
        method="GET",
        path="/tasks",
        zh="待办事项",
        en="Tasks in the order they were made",
        roles=TASKS,
        handler=listed,
        query=TasksQuery,
        reply=Page[Task],
    ),
    Route(
        method="POST",
        path="/tasks",
        zh="新建待办",
        en="Leave something to be done",
        roles=TASKS,
        handler=make,
        body=TaskBody,
        reply=Task,
        status=201,
    ),
    Route(method="GET", path="/tasks/{id}", zh="一项待办", en="One task", roles=TASKS, handler=one, reply=Task),
    Route(
        method="PATCH",
        path="/tasks/{id}",
        zh="更新待办",
        en="Say what became of a task",
        roles=TASKS,
        handler=change,
        body=TaskChange,
        reply=Task,
        match=Match.MAY,
        refusals=(409,),
    ),
]
