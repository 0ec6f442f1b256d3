"""Steps that change what a case says, who has it, and which cases belong together."""

from __future__ import annotations

from typing import Final

from console.api.incidents import refuse_unseen, whole
from console.api.registers import refuse_unknown_resident
from console.api.step_bodies import (
    AnswerBody,
    CorrectBody,
    LinkBody,
    MergeBody,
    ReasonBody,
    ReclassifyBody,
    SplitBody,
    TellBody,
    TransferBody,
)
from console.api.steps import (
    as_step_problems,
    centre_of,
    hand,
    in_parts,
    refuse_unfit_second,
    step_route,
    take,
    with_reason,
    words,
)
from console.problems import FieldProblem, unusable
from console.rights import STEPS
from console.routes import Call, Match, Reply, Route
from rules.domain.vocabulary import Priority, Step
from store import merging, transfers
from store.acts import note_act
from store.cases import Facts
from store.step_types import Answered, Corrected, Offered, Reclassed, StepRequest, Told
from store.views.items import area_of
from store.views.whole import Incident


async def answer(call: Call) -> Reply:
    """Answer a step of the plan; `plan_next` says which follows."""
    body = call.body_as(AnswerBody)
    payload = Answered(step_id=body.step, value=body.value)
    return await take(
        call, StepRequest(step=Step.ANSWER, if_match=call.version, payload=payload, text=words(body.note))
    )


async def reclassify(call: Call) -> Reply:
    body = call.body_as(ReclassifyBody)
    safety = body.safety.as_safety() if body.safety else None
    facts: Facts = ()
    if safety is not None:
        facts = (("safety", str(safety.kind)),)
        await refuse_unfit_second(call, safety, call.id)
    payload = Reclassed(
        reason=body.reason,
        class_=body.class_,
        priority=Priority.from_label(body.priority) if body.priority else None,
    )
    text = in_parts(reason=body.reason, who=safety.who if safety else None)
    request = StepRequest(
        step=Step.RECLASSIFY, if_match=call.version, payload=payload, safety=safety, facts=facts, text=text
    )
    return await take(call, request)


async def confirm(call: Call) -> Reply:
    return await take(call, with_reason(call, Step.CONFIRM))


async def correct(call: Call) -> Reply:
    body = call.body_as(CorrectBody)
    resident = int(body.resident) if body.resident else None
    await refuse_unknown_resident(call, resident, field="resident")
    payload = Corrected(entry=body.entry, outcome=body.outcome, resident_id=resident)
    return await take(
        call, StepRequest(step=Step.CORRECT, if_match=call.version, payload=payload, text=words(body.text))
    )


async def tell(call: Call) -> Reply:
    """Where it is, or whom it is about, as the desk learned; every change is an entry."""
    body = call.body_as(TellBody)
    resident = int(body.resident) if body.resident else None
    await refuse_unknown_resident(call, resident, field="resident")
    place = body.place
    payload = Told(
        place_text=place.text if place else None, point=place.point() if place else None, resident_id=resident
    )
    text = in_parts(place=place.words() if place else None, note=body.note)
    return await take(call, StepRequest(step=Step.TELL, if_match=call.version, payload=payload, text=text))


async def transfer(call: Call) -> Reply:
    """Offer the case; or accept, or decline, one that was offered."""
    body = call.body_as(TransferBody)
    text = words(body.note)
    if body.to is not None:
        payload = Offered(to_user=int(body.to))
        return await take(call, StepRequest(step=Step.TRANSFER, if_match=call.version, payload=payload, text=text))
    if body.accept:
        return await take(call, StepRequest(step=Step.TRANSFER_ACCEPTED, if_match=call.version, text=text))
    await refuse_unseen(call, call.id)
    async with as_step_problems(call):
        await transfers.decline(
            call.context.db, call.id, if_match=call.version, by=hand(call), centre=centre_of(call), now=call.now
        )
    return await _whole_after(call, call.id)


async def merge(call: Call) -> Reply:
    """Take this case into another of the same person, or of the same home and family; the answer is this one."""
    body = call.body_as(MergeBody)
    await _refuse_unseen_other(call, "into", body.into)
    await refuse_unseen(call, call.id)
    request = StepRequest(step=Step.MERGE, if_match=call.version, text=words(body.reason))
    async with as_step_problems(call):
        await merging.merge(
            call.context.db, call.id, int(body.into), request, by=hand(call), centre=centre_of(call), now=call.now
        )
    return await _whole_after(call, call.id)


async def split(call: Call) -> Reply:
    """Undo a merge: the one that went is a case of its own again."""
    body = call.body_as(SplitBody)
    await refuse_unseen(call, call.id)
    gone = int(body.incident) if body.incident else None
    request = StepRequest(step=Step.SPLIT, if_match=call.version, text=words(body.reason))
    async with as_step_problems(call):
        await merging.split(
            call.context.db, call.id, gone, request, by=hand(call), centre=centre_of(call), now=call.now
        )
    return await _whole_after(call, call.id)


async def link(call: Call) -> Reply:
    """Show two cases together; each keeps its own plan, clocks and safety."""
    body = call.body_as(LinkBody)
    await _refuse_unseen_other(call, "other", body.other)
    await refuse_unseen(call, call.id)
    request = StepRequest(step=Step.LINK, if_match=call.version, text=words(body.reason))
    async with as_step_problems(call):
        await merging.link(
            call.context.db, call.id, int(body.other), request, by=hand(call), centre=centre_of(call), now=call.now
        )
    return await _whole_after(call, call.id)


async def _whole_after(call: Call, incident_id: int) -> Reply:
    await note_act(call.context.db, call.user.user_id, call.now)
    found = await whole(call, incident_id)
    return Reply(body=found, version=found.version)


async def _refuse_unseen_other(call: Call, field: str, named: str) -> None:
    """422 for naming a case that does not exist or lies outside the user's areas: both look alike from here."""
    exists, area = await area_of(call.context.db, int(named))
    if not exists or not call.user.may_see(area):
        raise unusable([FieldProblem(field=field, code="unknown")])


ROUTES: Final = [
    step_route("answer", "回答预案步骤", "Answer a step of the plan", answer, AnswerBody),
    step_route("reclassify", "改变类别或级别", "Change the class or the priority", reclassify, ReclassifyBody),
    step_route("confirm", "已看到新的报警", "Say that a further alarm was seen", confirm, ReasonBody),
    step_route("correct", "更正记录", "Correct an earlier entry", correct, CorrectBody),
    step_route("transfer", "转交、接受或谢绝转交", "Offer the case, or answer an offer", transfer, TransferBody),
    step_route("merge", "并入另一事件", "Take this case into another", merge, MergeBody, Match.MUST),
    step_route("split", "撤销合并", "Undo a merge", split, SplitBody),
    step_route("link", "关联事件", "Show two cases together", link, LinkBody),
    Route(
        method="PATCH",
        path="/incidents/{id}",
        zh="更正地点或指明当事人",
        en="Say where it is, or whom it is about",
        roles=STEPS,
        handler=tell,
        body=TellBody,
        reply=Incident,
        match=Match.MAY,
        refusals=(409,),
    ),
]
