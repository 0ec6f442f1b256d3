"""Who is at a desk."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from console.api.fields import Body
from console.rights import DUTY
from console.routes import Call, Reply, Route
from store.duty import Duty, set_duty


class DutyState(StrEnum):
    ON = "on"
    BREAK = "break"
    OFF = "off"


class DutyBody(Body):
    """What to be from now on."""

    state: DutyState


async def change(call: Call) -> Reply:
    """Go on duty, on a break or off."""
    return Reply(body=await set_duty(call.context.db, call.user.user_id, call.body_as(DutyBody).state, now=call.now))


ROUTES: Final = [
    Route(
        method="POST",
        path="/duty",
        zh="上岗、小休、离岗",
        en="Say who is at a desk",
        roles=DUTY,
        handler=change,
        body=DutyBody,
        reply=Duty,
    )
]
