"""What is known about a device and its people when an alarm is assessed: read in the same transaction, never cached."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from devices.event import EventType
from rules.domain.deadlines import Floor
from rules.domain.place import Fix, Place, Point, decide
from rules.domain.policy_context import Context
from rules.domain.policy_value import Policy
from rules.domain.vocabulary import Channel, DeviceKind, DeviceLife, Hearing, ResidentStatus, Speech, Wearer
from store import policies
from store.database import Connection
from store.sql import queries

_Q: Final = queries("context")

#: A device's clock was right if a message within this time before showed it.
CLOCK_PROVEN_FOR: Final = timedelta(days=1)
#: In `test_types`: the whole device is in test mode.
EVERY_TYPE: Final = "*"
#: Registered devices whose id begins so are the watchers of the watcher (architecture.md, invariant 15).
CANARY_PREFIX: Final = "canary:"


@dataclass(frozen=True, kw_only=True, slots=True)
class DeviceContext:
    """A device, whoever has it now, and where; `row` is the query's."""

    device: str
    device_id: int
    registered: bool
    wearer: Wearer
    resident_id: int | None
    premises_id: int | None
    area: str | None
    row: dict[str, Any]
    policy: Policy

    def clock_proven(self, received_at: datetime) -> bool:
        proven_at: datetime | None = self.row["clock_ok_at"]
        return proven_at is not None and received_at - proven_at <= CLOCK_PROVEN_FOR

    @property
    def floor(self) -> Floor:
        return Floor(desks_on_duty=self.row["desks_on_duty"], every_desk_holds_p1=self.row["every_desk_holds_p1"])

    def for_policy(
        self,
        *,
        channel: Channel,
        retained: bool,
        late: bool,
        late_s: float | None,
        clock_wrong: bool,
        damaged: bool,
        minute: int | None = None,
        type_: EventType | None = None,
    ) -> Context:
        """What the policy is told: of a shared device, everybody at the home counts."""
        row, personal = self.row, self.wearer is Wearer.PERSONAL
        communication = (row["communication"] or {}) if personal else {}
        tags = row["tags"] if personal and row["resident_id"] is not None else row["home_tags"]
        ability = row["ability"] if personal and row["resident_id"] is not None else row["home_ability"]
        return Context(
            registered=self.registered,
            life=DeviceLife(row["life"]),
            kind=DeviceKind(row["kind"]),
            wearer=self.wearer,
            channel=channel,
            retained=retained,
            late=late,
            late_s=late_s,
            clock_wrong=clock_wrong,
            damaged=damaged,
            test_mode=self._is_tested(type_),
            # Only one that we made ourselves: a stranger of that name is heard like any other.
            canary=self.registered and self.device.startswith(CANARY_PREFIX),
            tags=frozenset(tags or ()),
            ability=ability or 0,
            speech=Speech(communication.get("speech", "ok")),
            hearing=Hearing(communication.get("hearing", "ok")),
            resident_status=ResidentStatus(row["status"] or "active"),
            area=self.area,
            other_fire_sign=row["other_fire_sign"],
            absent=row["absence_id"] is not None,
            minute=minute,
        )

    def _is_tested(self, type_: EventType | None) -> bool:
        """Whether its test mode is about this kind of alarm: a test of some leaves the others real."""
        types: list[str] | None = self.row["test_types"]
        return types is not None and (types == [EVERY_TYPE] or str(type_) in types)

    def place(self, reported: Point | None, accuracy_m: float | None, *, now: datetime) -> Place | None:
        """Where to send people: the fix in the alarm, else the last one known, else the address."""
        row = self.row
        home = None if row["home_lat"] is None else Point(lat=row["home_lat"], lon=row["home_lon"])
        fix = None
        if reported is not None:
            fix = Fix(point=reported, at=now, accuracy_m=accuracy_m, with_alarm=True)
        elif row["lat"] is not None and row["fix_at"] is not None:
            last = Point(lat=row["lat"], lon=row["lon"])
            fix = Fix(point=last, at=row["fix_at"], accuracy_m=row["accuracy_m"])
        return decide(wearer=self.wearer, fix=fix, home=home, now=now)


async def of_device(connection: Connection, device: str, *, now: datetime) -> DeviceContext:
    """Read a device's context; a device nobody registered gets a row, so that its alarms have one to lock."""
    row = await connection.fetchrow(_Q.of_device, device, now)
    if row is None:
        await connection.execute(_Q.meet_device, device, now)
        row = await connection.fetchrow(_Q.of_device, device, now)
        assert row is not None, "the row was just made, or another transaction committed it"
    return DeviceContext(
        device=device,
        device_id=row["id"],
        registered=row["registered"],
        wearer=Wearer(row["wearer"]),
        resident_id=row["resident_id"],
        premises_id=row["premises_id"],
        area=row["area"],
        row=dict(row),
        policy=await policies.of_version(connection, row["policy_version"]),
    )


async def policy_now(connection: Connection) -> Policy:
    """The policy in force, for incidents that no device opened."""
    return await policies.active(connection)


async def floor_now(connection: Connection, area: str | None) -> Floor:
    """Who is at the desks that see this area, for incidents that no device opened."""
    row = await connection.fetchrow(_Q.floor, area)
    assert row is not None
    return Floor(desks_on_duty=row["desks_on_duty"], every_desk_holds_p1=row["every_desk_holds_p1"])
