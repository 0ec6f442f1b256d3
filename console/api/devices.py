"""Devices, who has them, and the import of an estate already in use."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, Final

from pydantic import Field, StringConstraints

from console.api.fields import AreaPath, Body, Id, Line, NoNul, Page, PageQuery, PhoneTyped, after_id, page_by_id
from console.api.registers import (
    as_problems,
    refuse_foreign_area,
    refuse_out_of_sight,
    refuse_unknown_home,
    refuse_unknown_resident,
)
from console.problems import Problem, forbidden
from console.rights import READ_DEVICES, WRITE_DEVICES, WRITE_PEOPLE
from console.routes import Call, Match, Reply, Route
from rules.domain.phones import read
from rules.domain.vocabulary import DeviceKind, DeviceLife, Wearer
from store.registers.devices import (
    Device,
    DeviceFilter,
    Holder,
    add_device,
    change_device,
    list_devices,
    read_device,
)
from store.registers.imports import ImportReport, import_devices
from store.registers.table import TableUnreadable

#: About a hundred thousand rows.
IMPORT_BYTES_MOST: Final = 32 * 1024 * 1024

DeviceId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:-]{1,64}$")]
Source = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,40}$")]


class DeviceFields(Body):
    """What a device's record can hold; `resident_id` and `premises_id` say who has it from now on."""

    source: Source | None = None
    model: Annotated[str, StringConstraints(max_length=100), NoNul] | None = None
    interval_s: Annotated[int, Field(ge=1, le=31_536_000)] | None = None
    wearer: Wearer | None = None
    life: DeviceLife | None = None
    area: AreaPath | None = None
    sim_number: PhoneTyped | None = None
    resident_id: Id | None = None
    premises_id: Id | None = None

    def columns(self) -> dict[str, Any]:
        """What was named of the device itself, as the store takes it."""
        named = {name: value for name, value in self.named().items() if name not in _NOT_OF_THE_ROW}
        if named.get("sim_number"):
            named["sim_number"] = read(named["sim_number"]).stored
        return {name: value for name, value in named.items() if value is not None or name in _MAY_BE_EMPTY}

    def holder(self) -> Holder | None:
        """Who has it from now on; None where the request does not say."""
        if not {"resident_id", "premises_id"} & self.model_fields_set:
            return None
        return Holder(
            resident_id=int(self.resident_id) if self.resident_id else None,
            premises_id=int(self.premises_id) if self.premises_id else None,
        )


_NOT_OF_THE_ROW: Final = frozenset({"device", "resident_id", "premises_id"})
_MAY_BE_EMPTY: Final = frozenset({"interval_s", "area", "sim_number"})


class NewDevice(DeviceFields):
    """A device to register."""

    device: DeviceId
    kind: DeviceKind


class DevicePatch(DeviceFields):
    """What to change of a device."""

    kind: DeviceKind | None = None


class DevicesQuery(PageQuery):
    """`device` is how the device's own id begins."""

    device: Line | None = None
    kind: DeviceKind | None = None
    area: AreaPath | None = None
    registered: bool | None = None
    resident: Id | None = None
    premises: Id | None = None


async def devices(call: Call) -> Reply:
    query = call.query_as(DevicesQuery)
    wanted = DeviceFilter(
        sight=call.user.areas,
        area=query.area,
        kind=query.kind,
        device=query.device or None,
        registered=query.registered,
        resident_id=int(query.resident) if query.resident else None,
        premises_id=int(query.premises) if query.premises else None,
    )
    rows, seq = await list_devices(call.context.db, wanted, after=after_id(query), limit=query.limit)
    return Reply(body=page_by_id(rows, query, seq))


async def device(call: Call) -> Reply:
    with as_problems():
        found = await read_device(call.context.db, call.id)
    refuse_out_of_sight(call, found.area)
    return Reply(body=found, version=found.version)


async def make_device(call: Call) -> Reply:
    body = call.body_as(NewDevice)
    refuse_foreign_area(call, body.area)
    with as_problems():
        await _refuse_unknown_holder(call, body.holder())
        made = await add_device(
            call.context.db,
            call.context.keyring,
            body.device,
            body.columns(),
            body.holder() or Holder(),
            by=call.user.user_id,
            now=call.now,
        )
        found = await read_device(call.context.db, made)
    return Reply(body=found, version=found.version, status=HTTPStatus.CREATED)


async def patch_device(call: Call) -> Reply:
    body = call.body_as(DevicePatch)
    db = call.context.db
    with as_problems():
        refuse_out_of_sight(call, (await read_device(db, call.id)).area)
        refuse_foreign_area(call, body.area)
        await _refuse_unknown_holder(call, body.holder())
        await change_device(
            db,
            call.context.keyring,
            call.id,
            body.columns(),
            body.holder(),
            version=call.version,
            by=call.user.user_id,
            now=call.now,
        )
        found = await read_device(db, call.id)
    return Reply(body=found, version=found.version)


async def import_file(call: Call) -> Reply:
    """Import a CSV file; only for whoever sees every area, since a file can name any."""
    if call.user.areas:
        raise forbidden("whole_centre_only", "An import can name any area; this account sees some.")
    context = call.context
    try:
        report = await import_devices(context.db, context.keyring, call.text, by=call.user.user_id, now=call.now)
    except TableUnreadable as error:
        raise Problem(HTTPStatus.BAD_REQUEST, "table_unreadable", str(error)) from error
    return Reply(body=report)


async def _refuse_unknown_holder(call: Call, holder: Holder | None) -> None:
    if holder is not None:
        await refuse_unknown_resident(call, holder.resident_id)
        await refuse_unknown_home(call, holder.premises_id)


ROUTES: Final = [
    Route(
        method="GET",
        path="/devices",
        zh="设备列表",
        en="Devices",
        roles=READ_DEVICES,
        handler=devices,
        query=DevicesQuery,
        reply=Page[Device],
    ),
    Route(
        method="POST",
        path="/devices",
        zh="登记设备",
        en="Register a device",
        roles=WRITE_DEVICES,
        handler=make_device,
        body=NewDevice,
        reply=Device,
        status=201,
        refusals=(409,),
    ),
    Route(
        method="POST",
        path="/devices/import",
        zh="导入设备(CSV)",
        en="Import devices, people and homes from CSV",
        roles=WRITE_PEOPLE,
        handler=import_file,
        reply=ImportReport,
        text_type="text/csv",
        body_bytes_most=IMPORT_BYTES_MOST,
        refusals=(400,),
    ),
    Route(
        method="GET", path="/devices/{id}", zh="设备", en="One device", roles=READ_DEVICES, handler=device, reply=Device
    ),
    Route(
        method="PATCH",
        path="/devices/{id}",
        zh="修改设备",
        en="Change a device, or who has it",
        roles=WRITE_DEVICES,
        handler=patch_device,
        body=DevicePatch,
        reply=Device,
        match=Match.MAY,
    ),
]
