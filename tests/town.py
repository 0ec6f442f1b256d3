"""A few invented homes of 澄湾县 in a real database, what their devices say, and a whole look at the record."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from devices.event import Event, EventType
from rules.domain import chain
from rules.domain.resolution import Safety
from rules.domain.vocabulary import Channel, Outcome, SafetyKind, Step
from store.alarms import Accepted, Alarm, Unreadable, accept, accept_unreadable
from store.database import Connection, Database, connect
from store.dead_letters import DeadLetter
from store.opening import Centre
from store.sealing import Keyring
from store.steps import Hand, StepRequest, take_step

#: When nothing says otherwise; the FakeClock's own beginning.
NOW: Final = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)
CENTRE: Final = Centre(keyring=Keyring(bytes(range(32))), timezone=ZoneInfo("Asia/Shanghai"))
_numbers: Final = itertools.count(1)


@dataclass(frozen=True, kw_only=True)
class Home:
    """One person at one address with a button worn on the wrist."""

    resident_id: int
    premises_id: int
    button: str


@dataclass(kw_only=True)
class Town:
    """A database with homes in it; everything it makes has names of its own, so that tests can share it."""

    db: Database
    centre: Centre = field(default_factory=lambda: CENTRE)

    async def home(self, *, tags: tuple[str, ...] = ()) -> Home:
        """Make a home, its resident and their button, live."""
        number = next(_numbers)
        premises_id = await self._one(
            "INSERT INTO premises (address, lat, lon, created_at) VALUES ($1, 31.9, 121.2, $2) RETURNING id",
            f"澄湾县河口镇新桥村{number}号", NOW,
        )  # fmt: skip
        resident_id = await self._one(
            "INSERT INTO resident (name, premises_id, tags, created_at) VALUES ($1, $2, $3, $4) RETURNING id",
            f"王试{number}", premises_id, list(tags), NOW,
        )  # fmt: skip
        button = await self.device("call_button", resident_id=resident_id)
        return Home(resident_id=resident_id, premises_id=premises_id, button=button)

    async def device(
        self, kind: str = "call_button", *, resident_id: int | None = None, premises_id: int | None = None,
        life: str = "live",
    ) -> str:  # fmt: skip
        """Register a device of somebody (worn) or of a home (shared)."""
        name = f"{kind}-{next(_numbers)}"
        wearer = "personal" if resident_id is not None else "shared"
        device_id = await self._one(
            "INSERT INTO device (device, kind, wearer, life, created_at) VALUES ($1, $2, $3, $4, $5) RETURNING id",
            name, kind, wearer, life, NOW,
        )  # fmt: skip
        if resident_id is not None or premises_id is not None:
            await self.db.pool.execute(
                "INSERT INTO device_holder (device_id, from_at, resident_id, premises_id) VALUES ($1, $2, $3, $4)",
                device_id, NOW, resident_id, premises_id,
            )  # fmt: skip
        return name

    async def user(self, role: str = "dispatcher", *, duty: str = "on") -> Hand:
        """Make a user, on duty or not."""
        user_id = await self._one(
            "INSERT INTO app_user (name, display_name, role, created_at) VALUES ($1, $1, $2, $3) RETURNING id",
            f"{role}{next(_numbers)}", role, NOW,
        )  # fmt: skip
        await self.db.pool.execute(
            "INSERT INTO duty (user_id, state, since, acted_at) VALUES ($1, $2, $3, $3)", user_id, duty, NOW
        )
        return Hand(user_id=user_id, supervisor=role == "supervisor")

    # -- what happens in it ----------------------------------------------------------------------------------------

    async def says(
        self, device: str, type_: EventType = EventType.SOS, *, now: datetime = NOW, id_: str = "",
        retained: bool = False,
    ) -> Accepted:  # fmt: skip
        """One alarm, stored and assessed as ingest does it."""
        event = Event(id=id_ or f"e{next(_numbers)}", at=now, type=type_)
        alarm = Alarm(device=device, event=event, channel=Channel.ALARM, received_at=now, retained=retained)
        async with self.db.transaction() as connection:
            return await accept(connection, None, alarm, centre=self.centre)

    async def garbles(self, device: str, payload: bytes, *, now: datetime = NOW) -> Accepted:
        """Something on the device's alarm topic that nobody can read."""
        async with self.db.transaction() as connection:
            return await accept_unreadable(
                connection, None, Unreadable(letter=letter(device, payload), received_at=now), centre=self.centre
            )

    async def step(self, incident_id: int | None, step: Step, by: Hand, *, now: datetime = NOW, **more: Any) -> None:
        assert incident_id is not None
        request = StepRequest(step=step, **more)
        await take_step(self.db, incident_id, request, by=by, centre=self.centre, now=now)

    async def resolve(self, incident_id: int | None, by: Hand, *, now: datetime = NOW) -> None:
        """Claim where it is free, and resolve: the person was spoken with."""
        assert incident_id is not None
        if (await self.incident(incident_id))["claimed_by"] is None:
            await self.step(incident_id, Step.CLAIM, by, now=now)
        await self.step(
            incident_id, Step.RESOLVE, by, now=now, if_match=(await self.incident(incident_id))["version"],
            outcome=Outcome.ACCIDENTAL, safety=Safety(kind=SafetyKind.SPOKE_WITH_RESIDENT),
        )  # fmt: skip

    # -- what is there ---------------------------------------------------------------------------------------------

    async def incident(self, incident_id: int | None) -> Any:
        row = await self.db.pool.fetchrow("SELECT * FROM incident WHERE id = $1", incident_id)
        assert row is not None, f"there is no incident {incident_id}"
        return row

    async def incidents_of(self, device: str) -> list[Any]:
        """Every incident that an alarm of the device is in, or that is about the device; the oldest first."""
        return await self.db.pool.fetch(
            "SELECT DISTINCT i.* FROM incident AS i JOIN device AS d ON d.device = $1"
            " LEFT JOIN event AS e ON e.device_id = d.id AND e.incident_id = i.id"
            " WHERE e.no IS NOT NULL OR i.device_id = d.id ORDER BY i.id", device,
        )  # fmt: skip

    async def events_of(self, device: str) -> list[Any]:
        return await self.db.pool.fetch(
            "SELECT e.* FROM event AS e JOIN device AS d ON d.id = e.device_id WHERE d.device = $1 ORDER BY no", device
        )

    async def actions(self, incident_id: int | None) -> list[str]:
        """What stands in the timeline, in order."""
        rows = await self.db.pool.fetch("SELECT action FROM entry WHERE incident_id = $1 ORDER BY seq", incident_id)
        return [row["action"] for row in rows]

    async def faults(self) -> list[str]:
        async with self.db.pool.acquire() as connection:
            return await record_faults(connection)

    async def _one(self, query: str, *arguments: Any) -> int:
        value: int = await self.db.pool.fetchval(query, *arguments)
        return value


def letter(device: str, payload: bytes) -> DeadLetter:
    return DeadLetter(
        device=device, topic=f"sw/v1/{device}/alarm", source="canonical", lane="alarms", reason="not_json",
        detail="a test", payload=payload, decoder="0",
    )  # fmt: skip


@asynccontextmanager
async def town_in(dsn: str, *, max_size: int = 4) -> AsyncIterator[Town]:
    database = await connect(dsn, application_name="shouwang tests", max_size=max_size)
    try:
        yield Town(db=database)
    finally:
        await database.close()


async def record_faults(connection: Connection) -> list[str]:
    """Everything in the database that our invariants say can never be; empty for a good record."""
    faults = []
    entries: dict[int, list[chain.Stored]] = {}
    for entry in await connection.fetch("SELECT incident_id, seq, fixed, hash FROM entry ORDER BY incident_id, seq"):
        stored = chain.Stored(seq=entry["seq"], text=entry["fixed"], hash=entry["hash"])
        entries.setdefault(entry["incident_id"], []).append(stored)
    for row in await connection.fetch("SELECT id, last_seq, last_hash FROM incident ORDER BY id"):
        timeline = entries.get(row["id"], [])
        broken = chain.verify(timeline)
        if broken is not None:
            faults.append(f"incident {row['id']}: the chain is broken at {broken}")
        if not timeline or (timeline[-1].seq, timeline[-1].hash) != (row["last_seq"], row["last_hash"]):
            faults.append(f"incident {row['id']}: its head is not its last entry")
    for name, query in _FAULTS.items():
        faults += [f"{name}: {tuple(row)}" for row in await connection.fetch(query)]
    return faults


_FAULTS: Final = {
    "the feed has a gap, or its counter is not its last number": """
        SELECT count(*), min(seq), max(seq), (SELECT seq FROM change_counter) FROM change
        HAVING count(*) <> coalesce(max(seq), 0) OR coalesce(max(seq), 0) <> (SELECT seq FROM change_counter)""",
    "an entry without exactly one change": """
        SELECT e.incident_id, e.seq, count(c.seq) FROM entry AS e
          LEFT JOIN change AS c ON c.kind = 'entry' AND c.object_id = e.incident_id AND c.part = e.seq
         GROUP BY e.incident_id, e.seq HAVING count(c.seq) <> 1""",
    "a change of an entry that is not there": """
        SELECT c.seq FROM change AS c LEFT JOIN entry AS e ON e.incident_id = c.object_id AND e.seq = c.part
         WHERE c.kind = 'entry' AND e.seq IS NULL""",
    "next_due_at is not the earliest deadline": """
        SELECT i.id, i.next_due_at, min(d.due_at) FROM incident AS i LEFT JOIN deadline AS d ON d.incident_id = i.id
         GROUP BY i.id HAVING i.next_due_at IS DISTINCT FROM min(d.due_at)""",
    "an alarm that rings without an incident": """
        SELECT e.no, e.type FROM event AS e
         WHERE e.incident_id IS NULL AND e.type IN ('sos', 'smoke', 'fire', 'gas', 'fall', 'medical')""",
    "an incident that no alarm, letter, person or system explains": """
        SELECT i.id FROM incident AS i
         WHERE i.source = 'device' AND NOT EXISTS (SELECT FROM event AS e WHERE e.incident_id = i.id)
           AND NOT EXISTS (SELECT FROM dead_letter AS l WHERE l.incident_id = i.id)""",
    "two unresolved incidents of one subject and family": """
        SELECT subject, family FROM incident WHERE state NOT IN ('resolved', 'closed')
         GROUP BY subject, family HAVING count(*) > 1""",
}
