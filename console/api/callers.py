"""A caller nobody registered is taken out of its source's case, and has one of its own."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from console.api.fields import Body, Number
from console.api.incidents import refuse_unseen, whole
from console.problems import Problem
from console.rights import STEPS
from console.routes import Call, Reply, Route
from store.opening import Centre
from store.unregistered import NotInFlood, take_out
from store.views.whole import Incident


class TakeOut(Body):
    """Which of the devices in the case."""

    device: Number


async def take(call: Call) -> Reply:
    """Its alarms go with it, the two cases are linked, and what it says from now on goes there."""
    await refuse_unseen(call, call.id)
    context = call.context
    centre = Centre(keyring=context.keyring, timezone=context.site_timezone)
    device = call.body_as(TakeOut).device
    try:
        own = await take_out(context.db, call.id, device, by=call.user.user_id, centre=centre, now=call.now)
    except NotInFlood as error:
        raise Problem(HTTPStatus.CONFLICT, "not_in_flood", str(error)) from error
    found = await whole(call, own)
    return Reply(body=found, version=found.version, status=HTTPStatus.CREATED)


ROUTES: Final = [
    Route(
        method="POST", path="/incidents/{id}/take_out", zh="把一台未登记设备单独立案",
        en="Take one unregistered caller out as a case of its own", roles=STEPS, handler=take, body=TakeOut,
        reply=Incident, status=201, refusals=(409,),
    ),
]  # fmt: skip
