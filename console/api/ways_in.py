"""The code of a door, inside a case: to its owner, and to who accepted and goes; each time on record."""

from __future__ import annotations

from collections.abc import Awaitable
from http import HTTPStatus
from typing import Final

import msgspec

from console.api.fields import Body, Id
from console.api.incidents import refuse_unseen
from console.api.steps import centre_of
from console.problems import Problem, not_found
from console.rights import OWN_ASSIGNMENTS, STEPS
from console.routes import Call, Reply, Route
from store.field_links import whose
from store.ways_in import NotShown, show_to_owner, show_to_responder


class WhichDoor(Body):
    """Which way in."""

    way_in: Id


class Code(msgspec.Struct, frozen=True, kw_only=True):
    """What opens it; never kept by a page."""

    way_in: str
    secret: str


async def to_owner(call: Call) -> Reply:
    door = call.body_as(WhichDoor).way_in
    await refuse_unseen(call, call.id)
    shown = show_to_owner(
        call.context.db, call.id, int(door), user_id=call.user.user_id, source=call.source, centre=centre_of(call),
        now=call.now,
    )  # fmt: skip
    return await _answer(door, shown)


async def to_responder(call: Call) -> Reply:
    door = call.body_as(WhichDoor).way_in
    owner = await whose(call.context.db, call.id)
    if owner is None or owner.user_id != call.user.user_id:
        raise not_found()
    shown = show_to_responder(
        call.context.db, owner.incident_id, call.id, int(door), by=call.user.user_id, source=call.source,
        centre=centre_of(call), now=call.now,
    )  # fmt: skip
    return await _answer(door, shown)


async def _answer(door: str, shown: Awaitable[str]) -> Reply:
    try:
        return Reply(body=Code(way_in=door, secret=await shown))
    except NotShown as error:
        raise Problem(HTTPStatus.CONFLICT, "not_shown", str(error)) from error


ROUTES: Final = [
    Route(
        method="POST", path="/incidents/{id}/reveal", zh="查看门禁密码(责任座席,留痕)",
        en="The code of a door, to the case's owner; an entry", roles=STEPS, handler=to_owner, body=WhichDoor,
        reply=Code, refusals=(409,),
    ),
    Route(
        method="POST", path="/assignments/{id}/reveal", zh="查看门禁密码(接单后,留痕)",
        en="The code of a door, to who accepted and goes; an entry", roles=OWN_ASSIGNMENTS, handler=to_responder,
        body=WhichDoor, reply=Code, refusals=(409,),
    ),
]  # fmt: skip
