"""What came of watched devices since their detectors looked: fixes against fences, body readings against bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, Final
from zoneinfo import ZoneInfo

from devices.event import EventType, Location
from rules.domain import fences, vitals
from rules.domain.lateness import TOLERANCE_S
from rules.domain.place import Point
from store.cases import Facts
from store.circumstances import Found
from store.context import CLOCK_PROVEN_FOR
from store.database import Connection
from store.detector_rows import fence_of, place_source_of, read, values_of, written
from store.findings import tell_of_device
from store.opening import Centre
from store.sql import queries

_Q: Final = queries("detectors")

#: Milliseconds since 1970 are longer than seconds.
_SECONDS_DIGITS: Final = 10

StateRow = tuple[str, int, int, Any, datetime | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Telling:
    """Something found about one device, ready to be told."""

    type: EventType
    id: str
    found: Found
    location: Location | None = None


@dataclass(slots=True)
class Judged:
    """One device's new states, the inputs they used up, and the first thing found: the rest waits for its telling."""

    device_id: int
    states: dict[tuple[str, int], StateRow] = field(default_factory=dict)
    used: list[int] = field(default_factory=list)
    telling: Telling | None = None


@dataclass(slots=True)
class _Detectors:
    """What one device is watched by, as it stands."""

    guards: list[fences.Fence] = field(default_factory=list)
    fence_states: dict[int, fences.State] = field(default_factory=dict)
    resident_id: int | None = None
    bounds: vitals.Personal | None = None
    vitals_state: vitals.State = field(default_factory=vitals.State)


async def judge_inputs(connection: Connection, device_ids: Sequence[int], zone: ZoneInfo) -> list[Judged]:
    """Judge what waits of these devices, whose rows the caller has locked. Nothing is written here."""
    detectors = await _detectors(connection, device_ids)
    rows = await connection.fetch(_Q.inputs, list(device_ids))
    judged = {device_id: Judged(device_id=device_id) for device_id in device_ids}
    for device_id, group in groupby(rows, key=lambda row: row["device_id"]):
        _judge(judged[device_id], detectors[device_id], list(group), zone)
    return list(judged.values())


async def write(connection: Connection, judged: Sequence[Judged]) -> None:
    """Write the states of these devices and take away the inputs they used up."""
    states = [row for one in judged for row in one.states.values()]
    if states:
        await connection.execute(_Q.write_states, *(list(column) for column in zip(*states, strict=True)))
    used = [no for one in judged for no in one.used]
    if used:
        await connection.execute(_Q.forget_inputs, used)


async def tell(
    connection: Connection, device_id: int, telling: Telling, *, centre: Centre, now: datetime
) -> None:  # fmt: skip
    """Tell it, last in the transaction that wrote the state it was found in."""
    device: str = await connection.fetchval(_Q.device_name, device_id)
    await tell_of_device(
        connection, device, telling.type, telling.id, telling.found, centre=centre, now=now, location=telling.location
    )


async def _detectors(connection: Connection, device_ids: Sequence[int]) -> dict[int, _Detectors]:
    found = {device_id: _Detectors() for device_id in device_ids}
    for row in await connection.fetch(_Q.fences_of, list(device_ids)):
        one = found[row["device_id"]]
        one.guards.append(fence_of(dict(row)))
        one.fence_states[row["id"]] = read(row["state"], fences.State)
    for row in await connection.fetch(_Q.bounds_of, list(device_ids)):
        one = found[row["device_id"]]
        one.resident_id, one.bounds = row["resident_id"], vitals.Personal.of(row["bounds"])
        one.vitals_state = read(row["state"], vitals.State)
    return found


def _judge(judged: Judged, by: _Detectors, rows: Sequence[Any], zone: ZoneInfo) -> None:
    """Input by input, up to the first finding: an input is judged again after it was told, and then says nothing."""
    for _, group in groupby(rows, key=lambda row: row["received_at"]):
        # Several of one receipt are a flush: only the newest of them is where somebody is.
        together = sorted(group, key=lambda row: (row["at"], row["no"]))
        for row in together:
            telling = _fence_telling(judged, by, row, zone) if row is together[-1] else None
            telling = telling or _vitals_telling(judged, by, row)
            if telling is not None:
                judged.telling = telling
                return
        judged.used += [row["no"] for row in together]


def _fence_telling(judged: Judged, by: _Detectors, row: Any, zone: ZoneInfo) -> Telling | None:
    fix = fix_of(row)
    if fix is None:
        return None
    for fence in by.guards:
        before = by.fence_states[fence.id]
        after, finding = fences.judge(before, fix, fence, fix.received_at, zone)
        if after is not before:
            by.fence_states[fence.id] = after
            judged.states["fence", fence.id] = fence_row(judged.device_id, fence, after, fix.received_at, zone)
        if finding is not None:
            location = Location(lat=fix.point.lat, lon=fix.point.lon, accuracy_m=fix.accuracy_m)
            return fence_telling(fence, finding, location)
    return None


def _vitals_telling(judged: Judged, by: _Detectors, row: Any) -> Telling | None:
    values = values_of(row["data"].get("vitals"))
    if by.bounds is None or not values:
        return None
    received_at, at, late = times_of(row)
    reading = vitals.Reading(values=values, received_at=received_at, at=at, late=late, worn=not row["removed"])
    before = by.vitals_state
    by.vitals_state, finding = vitals.judge(before, reading, by.bounds)
    if by.vitals_state is not before:
        key = ("vitals", by.resident_id or 0)
        judged.states[key] = ("vitals", judged.device_id, by.resident_id or 0, written(by.vitals_state), None)
    return None if finding is None else _vitals_found(finding, reading)


def fence_row(
    device_id: int, fence: fences.Fence, state: fences.State, now: datetime, zone: ZoneInfo
) -> StateRow:  # fmt: skip
    """The state's row, with when time alone may change it."""
    return "fence", device_id, fence.id, written(state), fences.next_look_at(state, fence, now, zone)


def fence_telling(fence: fences.Fence, finding: fences.Finding, location: Location | None) -> Telling:
    """What a fence has found, as it is told."""
    facts: Facts = (
        ("found_by", "fence"), ("fence", fence.id), ("fence_kind", str(fence.kind)), ("why", str(finding.reason)),
    )  # fmt: skip
    return Telling(
        type=EventType.FENCE_EXIT if finding.left else EventType.FENCE_ENTER,
        id=f"fence:{fence.id}:{finding.number}:{_second(finding.at)}",
        found=Found(facts=facts, near_water=fence.kind is fences.FenceKind.WATER),
        location=location,
    )


def _vitals_found(finding: vitals.Finding, reading: vitals.Reading) -> Telling:
    # Not the value: an entry's facts cannot be erased, and a body reading is somebody's. It stands with the readings.
    facts: Facts = (
        ("found_by", "vitals"), ("quantity", finding.quantity), ("level", str(finding.level)),
        ("why", str(finding.reason)),
    )  # fmt: skip
    back = finding.level is vitals.Level.NORMAL
    return Telling(
        type=EventType.MEDICAL_CLEAR if back else EventType.MEDICAL,
        id=f"vitals:{finding.quantity}:{_second(reading.at)}",
        found=Found(facts=facts, vitals_in_danger=None if back else finding.level is vitals.Level.DANGER),
    )


def _second(at: datetime) -> int:
    return int(at.timestamp())


# -- from a row to a reading --------------------------------------------------------------------------------------


def times_of(row: Any) -> tuple[datetime, datetime, bool]:
    """Receipt, the device's time as far as it can be used, and whether it was buffered.

    A time far from the receipt is a buffered one only where the clock is known to be right; of a wrong clock the
    receipt is all that is known, and what it sends is live (invariant 11).
    """
    received_at: datetime = row["received_at"]
    at: datetime = row["at"]
    if not row["late"]:
        return received_at, min(at, received_at), False
    proven_at: datetime | None = row["clock_ok_at"]
    proven = proven_at is not None and abs(received_at - proven_at) <= CLOCK_PROVEN_FOR
    is_buffered = proven and at < received_at
    return received_at, at if is_buffered else received_at, is_buffered


def fix_of(row: Any) -> fences.Fix | None:
    """The fix in a reading; one whose receiver's own time is long past is as late as a buffered one."""
    told = row["data"].get("location")
    if not isinstance(told, dict):
        return None
    received_at, at, late = times_of(row)
    own = _time(row["fix_time"])
    if own is not None and own <= at:
        late = late or (at - own).total_seconds() > TOLERANCE_S
        at = own
    return fences.Fix(
        point=Point(lat=told["lat"], lon=told["lon"]), received_at=received_at, fix_at=at,
        accuracy_m=told.get("accuracy_m"), source=place_source_of(row["data"].get("detail")), late=late,
    )  # fmt: skip


def _time(text: str | None) -> datetime | None:
    """A receiver's time of a fix as vendors write it: ISO 8601, or seconds or milliseconds since 1970."""
    if text is None:
        return None
    try:
        if text.isdigit():
            return datetime.fromtimestamp(int(text) / (1 if len(text) <= _SECONDS_DIGITS else 1000), UTC)
        read_ = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        return None
    return read_ if read_.tzinfo is not None else read_.replace(tzinfo=UTC)
