"""Recorded alarms through another policy: rows as they are read, sums as they stand at the end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from devices.event import EventType
from rules.domain.policy import Reason
from rules.domain.policy_context import Context, minute_of_day
from rules.domain.policy_replay import Changed, Recorded, Replay, Tally
from rules.domain.policy_value import Policy
from rules.domain.vocabulary import DeviceKind, DeviceLife, Hearing, Mark, ResidentStatus, Speech, Wearer
from store.context import CANARY_PREFIX
from store.database import Database
from store.sql import queries

_Q: Final = queries("policies")

#: Rows read at once, all that is held of them besides the sums; so few that a console goes on answering meanwhile.
BATCH: Final = 200
#: What a proposal is replayed over (centre.md, 40), and how much of it at most while somebody waits for the answer.
PROPOSAL_DAYS: Final = 7
PROPOSAL_EVENTS_MOST: Final = 200_000
#: What the record does not hold, and what stands in for it: said with every result.
ASSUMPTIONS: Final = (
    "people, homes and devices as the registers stand now, where no history of them is kept",
    "a second fire sign, bounds of vital signs and risk outdoors as the event's own decision tells",
    "a case lasts as long as the recorded one, or an hour after its last alarm",
    "silences, storms and absences of that time are not repeated",
)


async def recorded(db: Database, begin: datetime, end: datetime, *, timezone: ZoneInfo) -> AsyncIterator[Recorded]:
    """The events received from `begin` until before `end`, in their order; those of no known type are passed over."""
    bounds = await db.pool.fetchrow(_Q.recorded_bounds, begin, end)
    assert bounds is not None, "an aggregate always has a row"
    if bounds["first"] is None:
        return
    after = bounds["first"] - 1
    while rows := await db.pool.fetch(_Q.recorded, begin, end, after, bounds["last"], BATCH):
        for row in rows:
            if row["type"] in _TYPES:
                yield recorded_of(row, timezone)
        after = rows[-1]["no"]


async def run(
    db: Database,
    policies: tuple[Policy, Policy],
    begin: datetime,
    end: datetime,
    *,
    timezone: ZoneInfo,
    most: int | None = None,
    told: Callable[[int, Changed | None], None] | None = None,
) -> Replay:
    """Feed the stretch through both policies. `told` hears of every event: how many so far, and what differs."""
    replay = Replay(*policies)
    async for event in recorded(db, begin, end, timezone=timezone):
        changed = replay.take(event)
        if told is not None:
            told(replay.events, changed)
        if most is not None and replay.events >= most:
            break
    return replay


async def of_proposal(
    db: Database, before: Policy, after: Policy, *, now: datetime, timezone: ZoneInfo
) -> dict[str, Any]:
    """What a proposal would have changed over the last seven days, as it is kept with it."""
    begin = now - timedelta(days=PROPOSAL_DAYS)
    replay = await run(db, (before, after), begin, now, timezone=timezone, most=PROPOSAL_EVENTS_MOST)
    desks = max(1, await desks_on_duty(db))
    return as_json(replay, before=before.version, after=after.version, begin=begin, end=now, desks=desks)


async def desks_on_duty(db: Database) -> int:
    """How many sit at a desk now."""
    return int(await db.pool.fetchval(_Q.desks_now))


async def count(db: Database, begin: datetime, end: datetime) -> int:
    """How many events the stretch holds, those of the canary among them."""
    return int(await db.pool.fetchval(_Q.recorded_bounds, begin, end))


def as_json(replay: Replay, *, before: str, after: str, begin: datetime, end: datetime, desks: int) -> dict[str, Any]:
    """The whole result as plain values."""
    hours = [
        {"hour": hour.isoformat(), "before": round(was, 2), "after": round(is_, 2)}
        for hour, was, is_ in replay.desk_hours(desks)
    ]
    return {
        "before": before,
        "after": after,
        "from": begin.isoformat(),
        "to": end.isoformat(),
        "events": replay.events,
        "complete": replay.events < PROPOSAL_EVENTS_MOST,
        "changed": replay.changed,
        "differences": [_changed(found) for found in replay.shown],
        "totals": {"before": _tally(replay.before), "after": _tally(replay.after)},
        "desks": desks,
        "alarms_per_desk_and_hour": hours,
        "assumptions": [*ASSUMPTIONS, f"{desks} desks on duty at every hour: no history of duty is kept"],
    }


def _changed(found: Changed) -> dict[str, Any]:
    return {
        "event": str(found.no),
        "type": found.type,
        "received_at": found.received_at.isoformat(),
        "before": _judged(found.before),
        "after": _judged(found.after),
    }


def _judged(judged: Any) -> dict[str, Any]:
    return {
        "effect": judged.effect,
        "class": judged.class_,
        "priority": judged.priority,
        "first_stage_s": judged.first_stage_s,
        "dispatch": judged.dispatch,
        "decision": judged.decision,
    }


def _tally(tally: Tally) -> dict[str, Any]:
    return {
        "classes": dict(sorted(tally.classes.items())),
        "priorities": dict(sorted(tally.priorities.items())),
        "effects": dict(sorted(tally.effects.items())),
        "incidents_opened": sum(tally.opened.values()),
        "incidents_by_class": dict(sorted(tally.opened.items())),
        "joined": tally.joined,
        "sounded": sum(tally.sounded.values()),
    }


def recorded_of(row: Any, timezone: ZoneInfo) -> Recorded:
    return Recorded(
        no=row["no"],
        type=EventType(row["type"]),
        received_at=row["received_at"],
        context=_context(row, timezone),
        device_id=row["device_id"],
        resident_id=row["resident_id"],
        premises_id=row["premises_id"],
        resolved_at=row["resolved_at"],
    )


def _context(row: Any, timezone: ZoneInfo) -> Context:
    marks, decision = frozenset(row["marks"]), row["decision"].split(":")[0]
    personal = row["wearer"] == Wearer.PERSONAL
    communication = (row["communication"] or {}) if personal else {}
    clock_wrong = Mark.CLOCK_WRONG in marks
    return Context(
        registered=Mark.UNREGISTERED not in marks,
        life=DeviceLife(row["life"]),
        kind=DeviceKind(row["kind"]),
        wearer=Wearer(row["wearer"]),
        retained=Mark.RETAINED in marks,
        late=Mark.LATE in marks,
        late_s=None if clock_wrong else max(0.0, (row["received_at"] - row["at"]).total_seconds()),
        clock_wrong=clock_wrong,
        damaged=Mark.DAMAGED in marks,
        test_mode=Mark.TEST in marks,
        canary=row["registered"] and row["device"].startswith(CANARY_PREFIX),
        tags=frozenset((row["tags"] if personal and row["resident_id"] is not None else row["home_tags"]) or ()),
        ability=(row["ability"] if personal and row["resident_id"] is not None else row["home_ability"]) or 0,
        speech=Speech(communication.get("speech", "ok")),
        hearing=Hearing(communication.get("hearing", "ok")),
        resident_status=ResidentStatus(row["status"] or "active"),
        area=row["area"],
        other_fire_sign=decision == Reason.SECOND_FIRE_SIGN,
        vitals_in_danger=_VITALS.get(decision),
        outdoors_at_risk=decision == Reason.DEMENTIA_AT_RISK,
        minute=minute_of_day(row["received_at"], timezone),
    )


_TYPES: Final = frozenset(event_type.value for event_type in EventType)
_VITALS: Final = {Reason.VITALS_IN_DANGER.value: True, Reason.VITALS_NEED_ATTENTION.value: False}
