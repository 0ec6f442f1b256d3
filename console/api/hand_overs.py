"""Hand-overs to 110, 119 and 120: what was rung and answered, the card that is read aloud, and the CAP message."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from pydantic import Field

from console.api.fields import Id, Page, PageQuery, after_id, page_by_id
from console.api.incidents import refuse_unseen, whole
from console.api.registers import as_problems, refuse_out_of_sight
from console.api.step_bodies import HandoverBody, HandOverChange, NewHandOver
from console.api.steps import as_step_problems, centre_of, hand, refuse_unfit_second, step_route, take
from console.problems import FieldProblem, unusable
from console.rights import READ_CASES, STEPS
from console.routes import Call, Match, Reply, Route
from rules.domain import cap
from rules.domain.services import HandOverAnswer
from rules.domain.vocabulary import Step
from store import cards, hand_overs
from store.acts import note_act
from store.audit import note_look_now
from store.hand_overs import HandOver, HandOverFilter
from store.step_types import HandedOver, StepRequest
from store.steps import take_step
from store.views.items import area_of


class HandOversQuery(PageQuery):
    """`running` asks for those that are neither closed nor cancelled."""

    incident: Id | None = None
    answer: HandOverAnswer | None = None
    running: bool | None = Field(default=None)


async def handover(call: Call) -> Reply:
    """A control room was rung for this case; the answer is the whole case."""
    return await take(call, _request(call, call.body_as(HandoverBody)))


async def make(call: Call) -> Reply:
    """The same, naming the case; the answer is the hand-over."""
    body = call.body_as(NewHandOver)
    incident_id = int(body.incident)
    exists, area = await area_of(call.context.db, incident_id)
    if not exists or not call.user.may_see(area):
        raise unusable([FieldProblem(field="incident", code="unknown")])
    request = _request(call, body)
    async with as_step_problems(call, incident_id):
        await take_step(call.context.db, incident_id, request, by=hand(call), centre=centre_of(call), now=call.now)
    await note_act(call.context.db, call.user.user_id, call.now)
    found = (await whole(call, incident_id)).hand_overs[-1]
    return Reply(body=found, status=HTTPStatus.CREATED, version=found.version)


async def listed(call: Call) -> Reply:
    """Hand-overs without what was said in them."""
    query = call.query_as(HandOversQuery)
    wanted = HandOverFilter(
        sight=call.user.areas,
        incident_id=int(query.incident) if query.incident else None,
        answer=query.answer,
        running=query.running,
    )
    rows, seq = await hand_overs.list_hand_overs(call.context.db, wanted, after=after_id(query), limit=query.limit)
    return Reply(body=page_by_id(rows, query, seq))


async def one(call: Call) -> Reply:
    return await _found(call)


async def change(call: Call) -> Reply:
    """What became of it; `cancelled` needs `safety`."""
    body = call.body_as(HandOverChange)
    found = await _seen(call)
    fields = {name: value for name, value in body.named().items() if name not in ("safety", "estimate_min")}
    fields["estimate_at"] = body.estimate(call.now)
    safety = body.safety.as_safety() if body.safety else None
    if safety is not None:
        await refuse_unfit_second(call, safety, int(found.incident))
    async with as_step_problems(call, int(found.incident)):
        with as_problems():
            await hand_overs.change(
                call.context.db, call.id, fields, version=call.version, safety=safety, by=hand(call),
                centre=centre_of(call), now=call.now,
            )  # fmt: skip
    await note_act(call.context.db, call.user.user_id, call.now)
    return await _found(call)


async def card(call: Call) -> Reply:
    """What is read aloud to a control room, on one screen; that it was read is an entry of the case."""
    await refuse_unseen(call, call.id)
    async with as_step_problems(call):
        await cards.note_read(call.context.db, call.id, by=hand(call), centre=centre_of(call), now=call.now)
    found = await whole(call, call.id)
    made = cards.card_of(found, call_back=call.context.call_back_number, now=call.now, zone=call.context.site_timezone)
    return Reply(body=made, version=found.version)


async def cap_message(call: Call) -> Reply:
    """The case as a CAP 1.2 alert, without names and without words of health."""
    await refuse_unseen(call, call.id)
    await note_look_now(
        call.context.db, call.user.user_id, "cap_export", f"incident:{call.id}", purpose=f"case {call.id}",
        source=call.source, now=call.now,
    )  # fmt: skip
    found = await whole(call, call.id)
    return Reply(
        body=cap.to_xml(
            cards.alert_of(
                found, call_back=call.context.call_back_number, now=call.now, zone=call.context.site_timezone
            )
        )
    )


async def _seen(call: Call) -> HandOver:
    with as_problems():
        found, area = await hand_overs.read_hand_over(call.context.db, call.context.keyring, call.id)
    refuse_out_of_sight(call, area)
    return found


async def _found(call: Call) -> Reply:
    found = await _seen(call)
    return Reply(body=found, version=found.version)


def _request(call: Call, body: HandoverBody) -> StepRequest:
    payload = HandedOver(
        service=body.service,
        number=body.number,
        reference=body.reference,
        answer=body.answer,
        estimate_at=body.estimate(call.now),
        dialled_at=body.at,
        taken_by=body.taken_by,
        told=body.told,
        reason=body.reason,
        passed_on_to=body.passed_on_to,
    )
    return StepRequest(
        step=Step.HANDOVER, if_match=call.version, payload=payload, text=hand_overs.words_of(body.named())
    )


ROUTES: Final = [
    step_route("handover", "移交110/119/120", "Say that a control room was rung", handover, HandoverBody),
    Route(
        method="GET",
        path="/hand_overs",
        zh="移交记录",
        en="Hand-overs in the order they were made",
        roles=READ_CASES,
        handler=listed,
        query=HandOversQuery,
        reply=Page[HandOver],
    ),
    Route(
        method="POST",
        path="/hand_overs",
        zh="登记移交",
        en="Say that a control room was rung for a case",
        roles=STEPS,
        handler=make,
        body=NewHandOver,
        reply=HandOver,
        status=201,
        refusals=(409,),
    ),
    Route(
        method="GET",
        path="/hand_overs/{id}",
        zh="一次移交",
        en="One hand-over",
        roles=READ_CASES,
        handler=one,
        reply=HandOver,
    ),
    Route(
        method="PATCH",
        path="/hand_overs/{id}",
        zh="移交的进展",
        en="What became of a hand-over",
        roles=STEPS,
        handler=change,
        body=HandOverChange,
        reply=HandOver,
        match=Match.MAY,
        refusals=(409,),
    ),
    Route(
        method="GET",
        path="/incidents/{id}/card",
        zh="移交宣读卡",
        en="The card to read aloud to a control room",
        roles=STEPS,
        handler=card,
        reply=cards.Card,
        refusals=(409,),
    ),
    Route(
        method="GET",
        path="/incidents/{id}/cap.xml",
        zh="CAP 1.2 报文",
        en="The case as a CAP 1.2 alert",
        roles=STEPS,
        handler=cap_message,
        media_type="application/cap+xml",
    ),
]
