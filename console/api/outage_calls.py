"""Calls and visits to the people behind an outage."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from console.api.fields import Body, Id
from console.api.incidents import refuse_unseen
from console.api.registers import as_problems, refuse_unknown_resident
from console.problems import not_found
from console.rights import OUTAGE_CALLS
from console.routes import Call, Reply, Route
from rules.domain.outages import CallResult
from store.opening import Centre
from store.outage_calls import note_call
from store.outages import OutageView, read_outage


class OutageCall(Body):
    """Who was called or visited, and what came of it."""

    resident: Id
    result: CallResult


async def called(call: Call) -> Reply:
    """Note it; the list with what is left comes back."""
    body = call.body_as(OutageCall)
    await refuse_unseen(call, call.id)
    await refuse_unknown_resident(call, int(body.resident), field="resident")
    context = call.context
    if await read_outage(context.db, call.id, sight=call.user.areas) is None:
        raise not_found()
    centre = Centre(keyring=context.keyring, timezone=context.site_timezone)
    with as_problems():
        await note_call(
            context.db, call.id, int(body.resident), body.result, by=call.user.user_id, centre=centre, now=call.now
        )
    found = await read_outage(context.db, call.id, sight=call.user.areas)
    return Reply(body=found, status=HTTPStatus.CREATED)


ROUTES: Final = [
    Route(
        method="POST", path="/incidents/{id}/outage/calls", zh="登记大面积失联的逐户电话或上门结果",
        en="Note a call or visit to somebody behind an outage", roles=OUTAGE_CALLS, handler=called, body=OutageCall,
        reply=OutageView, status=201,
    ),
]  # fmt: skip
