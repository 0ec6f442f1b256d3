"""What is asked about a few kinds of alarms beside their device: the hour and the water around who wanders, the
bounds of whom a device calls ill. Every other alarm costs no statement more."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

import msgspec

from devices.datums import to_wgs84
from devices.event import EventType
from rules.domain import outdoors, vitals
from rules.domain.place import Point
from rules.domain.policy_context import Context
from store import detector_rows
from store.cases import Facts
from store.context import DeviceContext
from store.database import Connection
from store.opening import Centre
from store.sql import queries

if TYPE_CHECKING:
    from store.alarms import Alarm

_Q: Final = queries("circumstances")

_WANDERS: Final = frozenset({EventType.WANDERING, EventType.FENCE_EXIT})


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What a detector of ours found by what a device said: an alarm of the system, no word of the device."""

    facts: Facts  #: which detector, and why
    vitals_in_danger: bool | None = None
    near_water: bool = False


async def of_alarm(
    connection: Connection, known: Context, alarm: Alarm, context: DeviceContext, *, centre: Centre
) -> Context:
    """The context with what only this type of alarm needs to know."""
    if alarm.event.type in _WANDERS:
        near = alarm.found is not None and alarm.found.near_water
        near = near or await _near_water(connection, _where(alarm, context))
        risk = outdoors.at_risk(alarm.received_at, centre.timezone, near_water=near)
        # Taken off and then outside: where the band is they may no longer be (centre.md, part 3).
        risk = risk or await connection.fetchval(_Q.is_removed, context.device_id)
        return replace(known, outdoors_at_risk=risk)
    if alarm.event.type is EventType.MEDICAL:
        return replace(known, vitals_in_danger=await _in_danger(connection, alarm, context))
    return known


def _where(alarm: Alarm, context: DeviceContext) -> Point | None:
    if alarm.event.location is not None:
        told = to_wgs84(alarm.event.location)
        return Point(lat=told.lat, lon=told.lon)
    row = context.row
    return None if row["lat"] is None else Point(lat=row["lat"], lon=row["lon"])


async def _near_water(connection: Connection, point: Point | None) -> bool:
    if point is None:
        return False
    rows = await connection.fetch(_Q.waters)
    return any(detector_rows.shape_of(row["shape"]).edge_m(point) <= outdoors.NEAR_WATER_M for row in rows)


async def _in_danger(connection: Connection, alarm: Alarm, context: DeviceContext) -> bool | None:
    if alarm.found is not None:
        return alarm.found.vitals_in_danger
    if alarm.event.vitals is None or context.resident_id is None:
        return None
    since: datetime = alarm.received_at - vitals.MEDICAL_WITHIN
    row = await connection.fetchrow(_Q.bounds_and_before, context.device_id, context.resident_id, since)
    if row is None:
        return None
    personal = vitals.Personal.of(row["bounds"])
    state = detector_rows.read(row["state"], vitals.State)
    if state.at is None or state.at < since:
        state = vitals.State()
    values = detector_rows.values_of(msgspec.to_builtins(alarm.event.vitals))
    before = [detector_rows.values_of(said) for said in row["said"] or ()]
    said_before = any(vitals.dangers(said, personal) & vitals.dangers(values, personal) for said in before)
    return vitals.in_danger(state, values, personal, said_before=said_before)
