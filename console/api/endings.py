"""DELETE of people, homes and devices: the end of service, with its date; no row disappears (centre.md, 17)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Final

from console.api.registers import as_problems, refuse_out_of_sight
from console.problems import FieldProblem, Problem
from console.rights import WRITE_DEVICES, WRITE_PEOPLE
from console.routes import Call, Match, Reply, Route
from store.registers.devices import Holder, change_device, read_device
from store.registers.endings import StillServed, end_premises, end_resident
from store.registers.premises import read_premises
from store.registers.residents import area_of_resident

#: Collected and back in the store's hands: given out again it has to prove itself anew.
_RETURNED: Final = {"life": "returned"}


async def resident(call: Call) -> Reply:
    """They leave the service; refused while a device is at the home, which is named."""
    db = call.context.db
    with as_problems(), _still_served():
        refuse_out_of_sight(call, await area_of_resident(db, call.id))
        await end_resident(db, call.id, version=call.version, by=call.user.user_id, now=call.now)
    return Reply(status=HTTPStatus.NO_CONTENT)


async def premises(call: Call) -> Reply:
    """Nobody is served there any more."""
    db = call.context.db
    with as_problems(), _still_served():
        refuse_out_of_sight(call, (await read_premises(db, call.id)).area)
        await end_premises(db, call.id, version=call.version, by=call.user.user_id, now=call.now)
    return Reply(status=HTTPStatus.NO_CONTENT)


async def device(call: Call) -> Reply:
    """It is returned and nobody's from now on; what it says is heard all the same."""
    context = call.context
    with as_problems():
        refuse_out_of_sight(call, (await read_device(context.db, call.id)).area)
        await change_device(
            context.db, context.keyring, call.id, _RETURNED, Holder(), version=call.version, by=call.user.user_id,
            now=call.now,
        )  # fmt: skip
    return Reply(status=HTTPStatus.NO_CONTENT)


@contextmanager
def _still_served() -> Iterator[None]:
    try:
        yield
    except StillServed as error:
        problems = [FieldProblem(field="id", code=error.what, message=name) for name in error.names]
        raise Problem(HTTPStatus.CONFLICT, error.what, str(error), problems=problems) from error


def _route(path: str, zh: str, en: str, handler: Any, **more: Any) -> Route:
    return Route(
        method="DELETE", path=path, zh=zh, en=en, handler=handler, status=204, match=Match.MAY, **more
    )  # fmt: skip


ROUTES: Final = [
    _route(
        "/residents/{id}", "服务对象退出服务", "End the service of a resident, never while a device is at the home",
        resident, roles=WRITE_PEOPLE, refusals=(409,),
    ),
    _route(
        "/premises/{id}", "居所停用", "End a home that nobody lives in and no device is at", premises,
        roles=WRITE_PEOPLE, refusals=(409,),
    ),
    _route("/devices/{id}", "设备回收", "Take a device back: returned, and nobody's", device, roles=WRITE_DEVICES),
]  # fmt: skip
