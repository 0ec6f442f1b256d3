"""Who is at a desk."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

import msgspec

from console.api.fields import Body
from console.rights import DUTY
from console.routes import Call, Reply, Route
from store.duty import AtDesk, Duty, at_desks, set_duty


class DutyState(StrEnum):
    ON = "on"
    BREAK = "break"
    OFF = "off"


class DutyBody(Body):
    """What to be from now on."""

    state: DutyState


class AtDesks(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a case can be offered to."""

    items: Sequence[AtDesk]


async def listed(call: Call) -> Reply:
    """Colleagues on duty or on a break, with how many cases each of them holds."""
    return Reply(body=AtDesks(items=await at_desks(call.context.db)))


async def change(call: Call) -> Reply:
    """Go on duty, on a break or off."""
    return Reply(body=await set_duty(call.context.db, call.user.user_id, call.body_as(DutyBody).state, now=call.now))


ROUTES: Final = [
    Route(
        method="GET",
        path="/duty",
        zh="当前在岗人员",
        en="Who is at the desks now",
        roles=DUTY,
        handler=listed,
        reply=AtDesks,
    ),
    Route(
        method="POST",
        path="/duty",
        zh="上岗、小休、离岗",
        en="Say who is at a desk",
        roles=DUTY,
        handler=change,
        body=DutyBody,
        reply=Duty,
    ),
]
