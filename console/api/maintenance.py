"""Test mode and commissioning: a device is pressed where it will be used, and a person says so by name."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Final, Literal, Self

import msgspec
from pydantic import Field, StringConstraints, model_validator

from console.api.fields import Body, Id, NoNul
from console.api.registers import as_problems, refuse_out_of_sight
from console.problems import Problem
from console.rights import READ_DEVICES, TEST_DEVICES
from console.routes import Call, Reply, Route
from devices.event import EventType
from store import test_mode
from store.opening import Centre
from store.registers.devices import read_device
from store.test_mode import Commissioning, NoPressToConfirm, TestMode

Text = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True), NoNul]


class Maintenance(Body):
    """Test mode for so many minutes, 30 at most; it ends by itself. With `types` only those kinds are tested."""

    minutes: Annotated[int, Field(ge=1, le=30)]
    reason: Text
    types: Annotated[list[EventType], Field(min_length=1, max_length=20)] | None = None


class Pressed(Body):
    """The press just now was a test. With `place` it counts as one of the device's commissioning.

    `incident` names its case, so that a request that comes twice never takes a later press along.
    """

    incident: Id | None = None
    place: Text | None = None
    person_confirmed: bool = False
    address_confirmed: bool = False
    voice: Literal["ok", "none"] = "none"
    voice_reason: Annotated[str, StringConstraints(max_length=200, strip_whitespace=True), NoNul] = ""

    @model_validator(mode="after")
    def _silence_has_a_reason(self) -> Self:
        if self.place is not None and self.voice == "none" and not self.voice_reason:
            raise ValueError("voice_reason: say why nobody was heard, or voice: ok")
        return self

    def commissioning(self) -> Commissioning | None:
        """What was confirmed by name, as the store takes it; None for a plain test."""
        if self.place is None:
            return None
        return Commissioning(
            place=self.place,
            person_confirmed=self.person_confirmed,
            address_confirmed=self.address_confirmed,
            voice=self.voice,
            voice_reason=self.voice_reason,
        )


class Confirmed(msgspec.Struct, frozen=True, kw_only=True):
    """The case of the press, resolved as a test."""

    incident: str


async def read(call: Call) -> Reply:
    await _refuse_unseen(call)
    return Reply(body=await test_mode.read(call.context.db, call.id, now=call.now))


async def begin(call: Call) -> Reply:
    """Presses of this device sound softly as "test?", and are real after 60 s unless they are confirmed."""
    body = call.body_as(Maintenance)
    await _refuse_unseen(call)
    with as_problems():
        await test_mode.begin(
            call.context.db,
            call.id,
            length=timedelta(minutes=body.minutes),
            reason=body.reason,
            types=body.types,
            by=call.user.user_id,
            now=call.now,
        )
    return Reply(body=await test_mode.read(call.context.db, call.id, now=call.now), status=HTTPStatus.CREATED)


async def end(call: Call) -> Reply:
    """The tester leaves: what is pressed from now on is real at once."""
    await _refuse_unseen(call)
    with as_problems():
        await test_mode.end(call.context.db, call.id, by=call.user.user_id, now=call.now)
    return Reply(status=HTTPStatus.NO_CONTENT)


async def confirm(call: Call) -> Reply:
    """The tester says that the press of the last 60 s was theirs; 409 where none waits: then it is a real call."""
    await _refuse_unseen(call)
    context = call.context
    centre = Centre(keyring=context.keyring, timezone=context.site_timezone)
    body = call.body_as(Pressed)
    given, pressed = body.commissioning(), int(body.incident) if body.incident else None
    try:
        with as_problems():
            incident_id = await test_mode.confirm(
                context.db, call.id, given, pressed=pressed, by=call.user.user_id, centre=centre, now=call.now
            )
    except NoPressToConfirm as error:
        raise Problem(HTTPStatus.CONFLICT, "no_press_to_confirm", str(error)) from error
    return Reply(body=Confirmed(incident=str(incident_id)))


async def _refuse_unseen(call: Call) -> None:
    with as_problems():
        refuse_out_of_sight(call, (await read_device(call.context.db, call.id)).area)


_PATH: Final = "/devices/{id}/maintenance"

ROUTES: Final = [
    Route(
        method="GET",
        path=_PATH,
        zh="测试模式与开通情况",
        en="Test mode, and where the device was commissioned",
        roles=READ_DEVICES,
        handler=read,
        reply=TestMode,
    ),
    Route(
        method="POST",
        path=_PATH,
        zh="进入测试模式(至多 30 分钟)",
        en="Test mode for so many minutes",
        roles=TEST_DEVICES,
        handler=begin,
        body=Maintenance,
        reply=TestMode,
        status=201,
    ),
    Route(
        method="DELETE",
        path=_PATH,
        zh="结束测试模式",
        en="End test mode",
        roles=TEST_DEVICES,
        handler=end,
        status=204,
    ),
    Route(
        method="POST",
        path=f"{_PATH}/confirm",
        zh="确认刚才的按键是测试",
        en="The press just now was a test, or one of commissioning",
        roles=TEST_DEVICES,
        handler=confirm,
        body=Pressed,
        reply=Confirmed,
        refusals=(409,),
    ),
]
