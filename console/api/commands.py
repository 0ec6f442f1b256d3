"""Talking to a device: what is asked of it by hand, and what became of everything that was asked."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from console.api.fields import Body, Id, Moment, NoNul, Page, PageQuery, after_id, page_by_id
from console.api.incidents import refuse_unseen
from console.api.registers import as_problems, refuse_out_of_sight
from console.problems import FieldProblem, not_found, unusable
from console.rights import COMMAND_DEVICES, READ_DEVICES
from console.routes import Call, Reply, Route
from devices.commands import Announcement, CommandName
from rules.domain.commands import BY_HAND_EXPIRES, WORDS, Asked, Order
from store.cases import IncidentUnknown
from store.commands import DeviceCommand, ask_by_hand, list_commands, read_command
from store.opening import Centre
from store.registers.devices import read_device

#: A day: what is later than that is asked anew.
EXPIRES_IN_MOST_S: Final = 86_400
#: A sounder is quiet no longer than a test lasts (centre.md, 12).
SILENCE_MOST_S: Final = 1_800
#: What a screen of a band or a sentence of a loudspeaker takes.
Said = Annotated[str, StringConstraints(min_length=1, max_length=200), NoNul]


class Words(BaseModel):
    """The same words in the languages a device may have."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True)

    zh: Said
    en: Said


class Args(BaseModel):
    """`silence`: seconds; `set_interval`: seconds, and until when; `announce`: which, and in what words."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True)

    seconds: Annotated[int, Field(ge=1, le=86_400)] | None = None
    until: Moment | None = None
    announcement: Announcement | None = None
    text: Words | None = None


#: What each command needs, and what it may have beside that.
_TAKES: Final[dict[CommandName, tuple[frozenset[str], frozenset[str]]]] = {
    CommandName.LOCATE: (frozenset(), frozenset()),
    CommandName.TEST: (frozenset(), frozenset()),
    CommandName.SILENCE: (frozenset({"seconds"}), frozenset()),
    CommandName.SET_INTERVAL: (frozenset({"seconds"}), frozenset({"until"})),
    CommandName.ANNOUNCE: (frozenset({"announcement"}), frozenset({"text"})),
}


class NewCommand(Body):
    """A command for one device; within a case, its timeline says so."""

    command: CommandName
    args: Args = Args()
    expires_in_s: Annotated[int, Field(ge=10, le=EXPIRES_IN_MOST_S)] = int(BY_HAND_EXPIRES.total_seconds())
    incident: Id | None = None

    @model_validator(mode="after")
    def _takes_these(self) -> NewCommand:
        needed, allowed = _TAKES[self.command]
        given = {name for name, value in self.args if value is not None}
        for name in sorted(needed - given):
            raise ValueError(f"args.{name}: {self.command} needs it")
        for name in sorted(given - needed - allowed):
            raise ValueError(f"args.{name}: {self.command} has no such argument")
        if self.command is CommandName.SILENCE and (self.args.seconds or 0) > SILENCE_MOST_S:
            raise ValueError(f"args.seconds: a sounder is silenced for at most {SILENCE_MOST_S} s")
        return self

    def wire_args(self) -> dict[str, Any]:
        """The arguments as they stand on `down`."""
        args = self.args.model_dump(mode="json", exclude_none=True)
        if self.args.announcement is not None and self.args.text is None:
            args["text"] = dict(WORDS[self.args.announcement])
        return args


async def ask(call: Call) -> Reply:
    """Ask it of the device; what its source cannot be told is `undeliverable` at once, and says why."""
    body = call.body_as(NewCommand)
    await _refuse_unseen(call)
    incident_id = int(body.incident) if body.incident else None
    if incident_id is not None:
        await refuse_unseen(call, incident_id)
    if body.args.until is not None and body.args.until <= call.now:
        raise unusable([FieldProblem(field="args.until", code="past", message="a time to come")])
    context = call.context
    order = Order(
        command=body.command, args=body.wire_args(), asked=Asked.BY_HAND,
        expires_at=call.now + timedelta(seconds=body.expires_in_s),
    )  # fmt: skip
    centre = Centre(keyring=context.keyring, timezone=context.site_timezone)
    try:
        with as_problems():
            made = await ask_by_hand(
                context.db, call.id, order, incident_id=incident_id, by=call.user.user_id, centre=centre, now=call.now
            )
    except IncidentUnknown as error:
        raise not_found() from error
    return Reply(body=await read_command(context.db, made), status=HTTPStatus.CREATED)


async def asked(call: Call) -> Reply:
    query = call.query_as(PageQuery)
    await _refuse_unseen(call)
    rows, seq = await list_commands(call.context.db, call.id, before=after_id(query) or None, limit=query.limit)
    return Reply(body=page_by_id(rows, query, seq))


async def _refuse_unseen(call: Call) -> None:
    with as_problems():
        refuse_out_of_sight(call, (await read_device(call.context.db, call.id)).area)


_PATH: Final = "/devices/{id}/commands"

ROUTES: Final = [
    Route(
        method="POST",
        path=_PATH,
        zh="向设备下发指令",
        en="Ask something of a device",
        roles=COMMAND_DEVICES,
        handler=ask,
        body=NewCommand,
        reply=DeviceCommand,
        status=201,
    ),
    Route(
        method="GET",
        path=_PATH,
        zh="设备指令记录",
        en="What was asked of a device and what became of it, the newest first",
        roles=READ_DEVICES,
        handler=asked,
        query=PageQuery,
        reply=Page[DeviceCommand],
    ),
]
