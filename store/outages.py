"""Outages of many devices: one incident holds them, lists who stands behind it, and tests each again at its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from rules.domain import correlation, outages, policy
from rules.domain.outages import Group, Kind, Risk, Silent
from rules.domain.policy_routes import EQUIPMENT_TAGS
from rules.domain.vocabulary import LIFE_SAFETY_KINDS, Class, DeviceKind
from store import device_faults, technical
from store.cases import SYSTEM, Facts, lock_subject
from store.context import floor_now, policy_now
from store.database import Connection, Database
from store.device_faults import Whose
from store.opening import Cause, Centre, Effect, relate_and_apply
from store.row_guard import RowGuard
from store.sql import queries

_Q: Final = queries("outages")
_SUPERVISION: Final = queries("supervision")
_POWER: Final = queries("power_outages")

GUARDS: Final = sorted(kind for kind in LIFE_SAFETY_KINDS if kind is not DeviceKind.HUB)
_EQUIPMENT: Final = sorted(EQUIPMENT_TAGS)
#: How long the numbers of watched devices may be old that shares are reckoned from: a look over the whole register.
TOTALS_FOR: Final = timedelta(minutes=5)
#: People a list shows; the count beside it is exact.
PEOPLE_MOST: Final = 1000
HELD_BY_OUTAGE: Final = "held_by_outage"


class PersonBehind(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody behind an outage; the list is in the order in which to call them."""

    resident_id: str
    name: str
    phone: str | None
    address: str | None
    premises_id: str | None
    devices: int
    risks: Sequence[str]
    called_at: datetime | None  #: the last call or visit in this outage
    call_result: str | None


class OutageView(msgspec.Struct, frozen=True, kw_only=True):
    """What stands behind an outage's incident; `devices` are those it holds now."""

    kind: str
    of: str
    from_at: datetime
    ended_at: datetime | None
    devices: int
    devices_most: int
    left: int  #: of these people, how many are not known to be well
    people: Sequence[PersonBehind]


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """An outage that has not ended."""

    incident_id: int
    group: Group
    hub_silent: bool
    resolved: bool  #: somebody ended its case while it lasts
    held: int
    held_most: int

    @property
    def is_over(self) -> bool:
        """Whether it holds nothing any more; behind a case that is over nobody may fall silent unheard."""
        if self.resolved:
            return True
        return not self.hub_silent and outages.has_ended(still_silent=self.held, held_most=self.held_most)


async def read_outage(db: Database, incident_id: int, *, sight: Sequence[str]) -> OutageView | None:
    """The outage of an incident with the people behind it who live in these areas (none: everywhere); else None."""
    async with db.pool.acquire() as connection:
        row = await connection.fetchrow(_Q.of_incident, incident_id)
        if row is None:
            return await _read_fold(connection, incident_id, sight=sight)
        people = await people_behind(connection, incident_id, sight=sight)
    return _view(row, row["key"], people)


async def _read_fold(connection: Connection, incident_id: int, *, sight: Sequence[str]) -> OutageView | None:
    """The same of homes without power and of a storm: whoever a held row stands for."""
    row = await connection.fetchrow(_POWER.of_incident, incident_id)
    if row is None:
        return None
    rows = await connection.fetch(_POWER.people_behind, row["holder"], row["ref"], PEOPLE_MOST, list(sight))
    return _view(row, row["part"], _by_risk(rows, await _calls(connection, incident_id)))


def _view(row: Any, of: str, people: list[PersonBehind]) -> OutageView:
    return OutageView(
        kind=row["kind"], of=of, from_at=row["from_at"], ended_at=row["ended_at"], devices=row["held"],
        devices_most=row["held_most"], left=outages.left_to_reach([one.call_result for one in people]), people=people,
    )  # fmt: skip


_NONE: Final = (None, None)
#: Of each resident the last call or visit of one outage: when, and its result.
_Calls = dict[int, tuple[datetime, str]]


async def _calls(connection: Connection, incident_id: int) -> _Calls:
    rows = await connection.fetch(_Q.calls, incident_id)
    return {row["resident_id"]: (row["at"], row["result"]) for row in rows}


async def people_behind(connection: Connection, incident_id: int, *, sight: Sequence[str] = ()) -> list[PersonBehind]:
    """Everybody whose devices an outage holds, by risk: equipment, no other path, alone, dependent."""
    rows = await connection.fetch(_Q.people_behind, incident_id, GUARDS, PEOPLE_MOST, list(sight))
    return _by_risk(rows, await _calls(connection, incident_id))


def _by_risk(rows: Sequence[Any], calls: _Calls) -> list[PersonBehind]:
    people = [(_risks(row), row) for row in rows]
    people.sort(key=lambda one: (outages.rank(one[0]), one[1]["id"]))
    return [
        PersonBehind(
            resident_id=str(row["id"]), name=row["name"], phone=row["phone"], address=row["address"],
            premises_id=None if row["premises_id"] is None else str(row["premises_id"]), devices=row["devices"],
            risks=[str(risk) for risk in risks], called_at=calls.get(row["id"], _NONE)[0],
            call_result=calls.get(row["id"], _NONE)[1],
        )
        for risks, row in people
    ]  # fmt: skip


def _risks(row: Any) -> tuple[Risk, ...]:
    return outages.risks_of(tags=frozenset(row["tags"]), ability=row["ability"], other_path=row["other_path"])


class Outages:
    """Opens, fills and ends outages. Keeps nothing but the numbers of watched devices, for `TOTALS_FOR`."""

    def __init__(self, database: Database, centre: Centre) -> None:
        self._database = database
        self._centre = centre
        self._totals: dict[Group, int] = {}
        self._totals_at: datetime | None = None

    async def standing(self) -> dict[Group, Standing]:
        """Every outage that has not ended; a plain read."""
        rows = await self._database.pool.fetch(_Q.standing)
        found = [
            Standing(
                incident_id=row["incident_id"], group=Group(kind=Kind(row["kind"]), key=row["key"]),
                hub_silent=row["hub_silent"], resolved=row["resolved"], held=row["held"], held_most=row["held_most"],
            )
            for row in rows
        ]  # fmt: skip
        return {one.group: one for one in found}

    async def found_among(self, silent: Sequence[Silent], now: datetime) -> dict[Group, list[int]]:
        """The outages that these, with what fell silent alone shortly before, make up; each with its devices."""
        since = now - timedelta(seconds=outages.TOGETHER_S)
        rows = await self._database.pool.fetch(_Q.recently_silent, since, _EQUIPMENT)
        known = {one.device_id for one in silent}
        together = [*silent, *(_silent(row) for row in rows if row["device_id"] not in known)]
        counts = outages.count(together)
        asked = outages.may_be_outage(counts)
        found = outages.outages_among(counts, await self._watched(asked, now)) if asked else []
        never = {row["device_id"] for row in rows if row["never_held"]}
        held = [one for one in together if one.device_id not in never]
        return {group: [one.device_id for one in held if group in outages.groups_of(one)] for group in found}

    async def _watched(self, groups: Sequence[Group], now: datetime) -> dict[Group, int]:
        hubs = [int(group.key) for group in groups if group.kind is Kind.HUB]
        found = {}
        if hubs:
            rows = await self._database.pool.fetch(_Q.watched_by_hub, hubs)
            found = {Group(kind=Kind.HUB, key=row["key"]): row["watched"] for row in rows}
        if any(group.kind is not Kind.HUB for group in groups):
            if self._totals_at is None or now - self._totals_at > TOTALS_FOR:
                self._totals, self._totals_at = await self._count_watched(), now
            found |= self._totals
        return found

    async def _count_watched(self) -> dict[Group, int]:
        totals: dict[Group, int] = {}
        for row in await self._database.pool.fetch(_Q.watched_by_area):
            device = Silent(device_id=0, hub_id=None, area=row["key"], source="")
            for group in outages.groups_of(device):
                totals[group] = totals.get(group, 0) + row["watched"]
        for row in await self._database.pool.fetch(_Q.watched_by_source):
            totals[Group(kind=Kind.SOURCE, key=row["key"])] = row["watched"]
        return totals

    async def open(self, group: Group, device_ids: Sequence[int], now: datetime) -> int:
        """Open the outage's incident, or take the one that stands, and hold these devices; return its incident."""
        async with self._database.transaction() as connection:
            # The subject's lock first: two engines that find one outage open one incident.
            whose = await self._whose(connection, group)
            subject = f"d{group.key}:device_lost" if whose else f"s:outage:{group.kind}:{group.key}"
            await lock_subject(connection, subject)
            incident_id: int | None = await connection.fetchval(_Q.stands, group.kind, group.key)
            effect = None
            if incident_id is None:
                facts: Facts = (("outage", str(group.kind)), ("of", group.key), ("devices", len(device_ids)))
                effect = await self._begin(connection, group, whose, facts, now)
                assert effect.case is not None
                incident_id = effect.case.id
                await connection.execute(_Q.begin, incident_id, group.kind, group.key, False, now)
            await self.hold(connection, device_ids, incident_id, now)
            await device_faults.record(connection, effect, now=now)
        return incident_id

    async def _whose(self, connection: Connection, group: Group) -> Whose | None:
        if group.kind is not Kind.HUB:
            return None
        row = await connection.fetchrow(_SUPERVISION.silent, [int(group.key)], GUARDS)
        return None if row is None else whose_of(row)

    async def _begin(
        self, connection: Connection, group: Group, whose: Whose | None, facts: Facts, now: datetime
    ) -> Effect:
        if whose is not None:
            return await device_faults.begin(
                connection, whose, Class.HUB_LOST, facts=facts, centre=self._centre, now=now
            )
        assessed = policy.assess_class(Class.AREA_OUTAGE, now=now, policy=await policy_now(connection))
        subject = correlation.subject_of(assessed, system=f"outage:{group.kind}:{group.key}")
        area = group.key if group.kind is Kind.AREA else None
        cause = Cause(actor=SYSTEM, subject=subject, source="system", area=area, facts=facts)
        floor = await floor_now(connection, cause.area)
        return await relate_and_apply(connection, assessed, cause, centre=self._centre, floor=floor, now=now)

    async def hold(self, connection: Connection, device_ids: Sequence[int], incident_id: int, now: datetime) -> int:
        """Let an outage hold those of these devices that are silent still; return how many."""
        held = await connection.fetch(_SUPERVISION.hold, list(device_ids), incident_id, now)
        await connection.execute(_Q.note_held, incident_id)
        return len(held)

    async def hub_fell_silent(self, connection: Connection, hub_id: int, incident_id: int, now: datetime) -> None:
        """A hub's own incident is from now on the outage that holds what is behind it."""
        await connection.execute(_Q.begin, incident_id, Kind.HUB, str(hub_id), True, now)
        late = [row["device_id"] for row in await connection.fetch(_Q.late_children, hub_id, _EQUIPMENT)]
        await self.hold(connection, late, incident_id, now)

    async def end_over(self, guard: RowGuard, now: datetime) -> int:
        """End every outage of many that is over, and test its devices again; return how many ended.

        One whose case somebody resolved while it lasts as well: who is silent still is a case again an interval later.
        """
        ended = 0
        for one in (await self.standing()).values():
            if one.is_over:
                with guard.row(("end", one.incident_id), now):
                    ended += await self._end(one, now)
        return ended

    async def _end(self, one: Standing, now: datetime) -> bool:
        async with self._database.transaction() as connection:
            if one.resolved:
                return await self.close(connection, one.incident_id, now)
            if one.group.kind is Kind.HUB:
                whose = await self._whose(connection, one.group)
                await lock_subject(connection, f"d{one.group.key}:device_lost")
                if not await self.close(connection, one.incident_id, now):
                    return False
                assert whose is not None, "a hub's row outlives its outage"
                effect = await device_faults.end(
                    connection, whose, "device_lost", facts=_facts(one), centre=self._centre, now=now
                )
                await device_faults.record(connection, effect, now=now)
                return True
            about = f"outage:{one.group.kind}:{one.group.key}"
            await lock_subject(connection, f"s:{about}")
            if not await self.close(connection, one.incident_id, now):
                return False
            await technical.ended(connection, about, facts=_facts(one), centre=self._centre, now=now)
        return True

    async def close(self, connection: Connection, incident_id: int, now: datetime) -> bool:
        """Note an outage's end and test what it held again; False where another engine did."""
        row = await connection.fetchrow(_Q.end, incident_id, now)
        if row is not None:
            await connection.execute(_Q.test_again, incident_id, now)
        return row is not None

    async def hub_spoke(self, connection: Connection, hub_id: int, now: datetime) -> None:
        """The hub's own word ends the outage that its silence opened."""
        incident_id = await connection.fetchval(_Q.stands, Kind.HUB, str(hub_id))
        if incident_id is not None:
            await self.close(connection, incident_id, now)


def whose_of(row: Any) -> Whose:
    """The device of a row of `supervision.silent`."""
    return Whose(device_id=row["device_id"], device=row["device"], premises_id=row["premises_id"], area=row["area"])


def _silent(row: Any) -> Silent:
    return Silent(device_id=row["device_id"], hub_id=row["hub_id"], area=row["area"], source=row["source"])


def _facts(one: Standing) -> Facts:
    return (("outage", str(one.group.kind)), ("of", one.group.key), ("tested_again", one.held))
