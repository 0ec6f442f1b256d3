"""What is watched over for a resident: care rules, bounds of body readings, and who answered for them."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, Final, Literal

import msgspec
from pydantic import BaseModel, ConfigDict, Field, model_validator

from console.api.fields import Body, Id, Line
from console.api.hours import Hours, hours_shown
from console.api.registers import as_problems, refuse_out_of_sight
from console.problems import not_found
from console.rights import CHECK_IN, READ_PEOPLE, WRITE_PEOPLE, Role
from console.routes import Call, Match, Reply, Route
from rules.domain.vitals import COUNTY
from store.opening import Centre
from store.registers.care import (
    Bounds,
    CareRule,
    CheckIn,
    add_rule,
    change_rule,
    check_in,
    end_bounds,
    end_rule,
    list_rules,
    read_bounds,
    read_rule,
    set_bounds,
)
from store.registers.residents import area_of_resident
from store.visits import cares_for

#: Nobody sits still for less, and nobody is left alone for more.
AFTER_LEAST_S: Final = 1_800
AFTER_MOST_S: Final = 172_800

Kind = Literal["inactivity", "medicine", "bed_return", "wellbeing"]
Quantity = Literal[
    "heart_rate_bpm", "spo2_pct", "systolic_mmhg", "diastolic_mmhg", "temperature_c", "respiratory_rate_bpm",
    "glucose_mmol_l",
]  # fmt: skip


class NewRule(Body):
    """A rule. `inactivity`: nobody moves for `after_s` within the hours; `medicine`, `wellbeing`: an answer is awaited
    in the hours and asked for at their end; `bed_return`: out of bed in the hours for half an hour."""

    kind: Kind
    hours: Annotated[list[Hours], Field(min_length=1, max_length=20)]
    after_s: Annotated[int, Field(ge=AFTER_LEAST_S, le=AFTER_MOST_S)] | None = None

    @model_validator(mode="after")
    def _has_a_length(self) -> NewRule:
        if (self.kind == "inactivity") != (self.after_s is not None):
            raise ValueError("after_s: of inactivity, and of nothing else")
        return self


class RulePatch(Body):
    """Other hours, another length; it begins anew."""

    hours: Annotated[list[Hours], Field(min_length=1, max_length=20)] | None = None
    after_s: Annotated[int, Field(ge=AFTER_LEAST_S, le=AFTER_MOST_S)] | None = None


class BoundsOf(BaseModel):
    """Beyond these; null: no such bound. What is not named has the county's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    danger_low: float | None = None
    attention_low: float | None = None
    attention_high: float | None = None
    danger_high: float | None = None


class NewBounds(Body):
    """A resident's own bounds; empty: all the county's."""

    bounds: dict[Quantity, BoundsOf] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _in_order(self) -> NewBounds:
        for quantity, own in self.bounds.items():
            county = COUNTY[quantity]
            names = ("danger_low", "attention_low", "attention_high", "danger_high")
            given = own.model_dump(exclude_unset=True)
            known = [value for name in names if (value := given.get(name, getattr(county, name))) is not None]
            if known != sorted(known):
                raise ValueError(f"{quantity}: danger_low, attention_low, attention_high, danger_high must rise")
        return self

    def rows(self) -> dict[str, dict[str, float | None]]:
        """As the store keeps them: only what was named."""
        return {quantity: own.model_dump(exclude_unset=True) for quantity, own in self.bounds.items()}


class NewCheckIn(Body):
    """Who answered: a contact of theirs, or, without, the resident."""

    contact: Id | None = None
    note: Line = ""


class RuleShown(msgspec.Struct, frozen=True, kw_only=True):
    """A care rule; hours by the site's clocks."""

    id: str
    resident_id: str
    kind: str
    hours: list[dict[str, Any]]
    after_s: int | None
    status: str | None
    version: int


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """A resident's rules; there are few."""

    items: list[RuleShown]


async def rules_of(call: Call) -> Reply:
    await _refuse_unseen_resident(call)
    return Reply(body=Rules(items=[_shown(rule) for rule in await list_rules(call.context.db, call.id)]))


async def make_rule(call: Call) -> Reply:
    body = call.body_as(NewRule)
    await _refuse_unseen_resident(call)
    fields = {"kind": body.kind, "hours": [window.row() for window in body.hours], "after_s": body.after_s}
    made = await add_rule(call.context.db, call.id, fields, by=call.user.user_id, now=call.now)
    found = await read_rule(call.context.db, made)
    return Reply(body=_shown(found), version=found.version, status=HTTPStatus.CREATED)


async def patch_rule(call: Call) -> Reply:
    body = call.body_as(RulePatch)
    await _refuse_unseen_rule(call)
    fields: dict[str, Any] = {} if body.hours is None else {"hours": [window.row() for window in body.hours]}
    if body.after_s is not None:
        fields["after_s"] = body.after_s
    with as_problems():
        await change_rule(call.context.db, call.id, fields, version=call.version, by=call.user.user_id, now=call.now)
        found = await read_rule(call.context.db, call.id)
    return Reply(body=_shown(found), version=found.version)


async def delete_rule(call: Call) -> Reply:
    await _refuse_unseen_rule(call)
    with as_problems():
        await end_rule(call.context.db, call.id, by=call.user.user_id, now=call.now)
    return Reply(status=HTTPStatus.NO_CONTENT)


async def bounds(call: Call) -> Reply:
    await _refuse_unseen_resident(call)
    with as_problems():
        found = await read_bounds(call.context.db, call.id)
    return Reply(body=found, version=found.version)


async def put_bounds(call: Call) -> Reply:
    """From now on their readings are judged by these."""
    body = call.body_as(NewBounds)
    await _refuse_unseen_resident(call)
    with as_problems():
        await set_bounds(
            call.context.db, call.id, body.rows(), version=call.version, by=call.user.user_id, now=call.now
        )  # fmt: skip
        found = await read_bounds(call.context.db, call.id)
    return Reply(body=found, version=found.version)


async def delete_bounds(call: Call) -> Reply:
    await _refuse_unseen_resident(call)
    await end_bounds(call.context.db, call.id, by=call.user.user_id, now=call.now)
    return Reply(status=HTTPStatus.NO_CONTENT)


async def note_check_in(call: Call) -> Reply:
    """It ends what waits of wellbeing calls; it touches no other case and no other rule."""
    body = call.body_as(NewCheckIn)
    await _refuse_unseen_resident(call)
    if call.user.role == Role.RESPONDER and not await cares_for(call.context.db, call.user.user_id, call.id):
        raise not_found()
    contact = int(body.contact) if body.contact else None
    centre = Centre(keyring=call.context.keyring, timezone=call.context.site_timezone)
    with as_problems():
        made = await check_in(
            call.context.db, call.id, contact_id=contact, note=body.note, by=call.user.user_id, centre=centre,
            now=call.now,
        )  # fmt: skip
    return Reply(body=made, status=HTTPStatus.CREATED)


async def _refuse_unseen_resident(call: Call) -> None:
    with as_problems():
        refuse_out_of_sight(call, await area_of_resident(call.context.db, call.id))


async def _refuse_unseen_rule(call: Call) -> None:
    with as_problems():
        refuse_out_of_sight(call, (await read_rule(call.context.db, call.id)).area)


def _shown(rule: CareRule) -> RuleShown:
    return RuleShown(
        id=rule.id, resident_id=rule.resident_id, kind=rule.kind, hours=hours_shown(rule.hours), after_s=rule.after_s,
        status=rule.status, version=rule.version,
    )  # fmt: skip


_RULES: Final = "/residents/{id}/care_rules"
_BOUNDS: Final = "/residents/{id}/bounds"

ROUTES: Final = [
    Route(
        method="GET", path=_RULES, zh="照护规则(活动、用药、夜间离床、平安问候)",
        en="What is watched over: movement, medicine, the night's bed, wellbeing calls", roles=READ_PEOPLE,
        handler=rules_of, reply=Rules,
    ),
    Route(
        method="POST", path=_RULES, zh="新建照护规则", en="Make a care rule", roles=WRITE_PEOPLE, handler=make_rule,
        body=NewRule, reply=RuleShown, status=201,
    ),
    Route(
        method="PATCH", path="/care_rules/{id}", zh="修改照护规则", en="Change a care rule", roles=WRITE_PEOPLE,
        handler=patch_rule, body=RulePatch, reply=RuleShown, match=Match.MAY,
    ),
    Route(
        method="DELETE", path="/care_rules/{id}", zh="停用照护规则", en="End a care rule", roles=WRITE_PEOPLE,
        handler=delete_rule, status=204,
    ),
    Route(
        method="GET", path=_BOUNDS, zh="个人体征界限", en="A resident's own bounds of body readings",
        roles=READ_PEOPLE, handler=bounds, reply=Bounds,
    ),
    Route(
        method="PUT", path=_BOUNDS, zh="设置个人体征界限", en="Set a resident's bounds; their readings are judged",
        roles=WRITE_PEOPLE, handler=put_bounds, body=NewBounds, reply=Bounds, match=Match.MAY,
    ),
    Route(
        method="DELETE", path=_BOUNDS, zh="停止体征监测", en="Judge their readings no more", roles=WRITE_PEOPLE,
        handler=delete_bounds, status=204,
    ),
    Route(
        method="POST", path="/residents/{id}/check_ins", zh="平安问候应答(本人或联系人)",
        en="The resident, or a contact for them, says that they are well", roles=CHECK_IN, handler=note_check_in,
        body=NewCheckIn, reply=CheckIn, status=201,
    ),
]  # fmt: skip
