"""Desks on duty that nobody sits at: asked, counted as away, told of; and areas that nobody is there for."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from rules.domain import duty
from rules.domain.deadlines import ALL_BUSY_FIRST_STAGE_S, DeadlineKind
from rules.domain.duty import Desk, Presence
from rules.domain.vocabulary import Action, Class
from store import changes, technical
from store.cases import SYSTEM, Note, changes_of, load, save
from store.context import floor_now
from store.database import Database
from store.opening import Centre
from store.row_guard import RowGuard
from store.sql import queries

_Q: Final = queries("desks")


class DeskStore:
    """The store's side of the duty pass."""

    def __init__(self, database: Database, centre: Centre, *, ask_after: timedelta = duty.ASK_AFTER) -> None:
        self._database = database
        self._centre = centre
        self._ask_after = ask_after
        self._guard = RowGuard("duty")

    async def look(self, now: datetime) -> int:
        """Look at every desk on duty once; then at the areas that nobody present sees."""
        async with self._database.pool.acquire() as connection:
            rows = await connection.fetch(_Q.on_duty)
            told = {row["subject"].removeprefix("s:") for row in await connection.fetch(_Q.silent_gone)}
            bare_told = {row["subject"].removeprefix("s:") for row in await connection.fetch(_Q.bare)}
            areas = [row["area"] or "" for row in await connection.fetch(_Q.desk_areas)]
        found = {row["user_id"]: self._judge(row, now) for row in rows}
        changed = 0
        for row in rows:
            with self._guard.row(("desk", row["user_id"]), now):
                changed += await self._mark(row, found[row["user_id"]], now)
        sights = [row["areas"] for row in rows if found[row["user_id"]] in (Presence.PRESENT, Presence.ASKED)]
        silent = {_about_desk(user_id) for user_id, presence in found.items() if presence is Presence.SILENT}
        # With nobody left to tell at a desk, the wider incident below says it.
        changed += await self._tell(silent if sights else set(), told, now)
        bare = {_about_area(area) for area in duty.uncovered(areas and ["", *areas], sights)}
        for about in sorted(bare):
            # Also where it was told of before: somebody may have given a case back since.
            with self._guard.row(("waiting", about), now):
                await self._bring_forward(_area(about) or "", now)
        if "" not in {_area(about) or "" for about in bare}:
            with self._guard.row(("waiting", "busy"), now):
                await self._while_all_are_busy(now)
        return changed + await self._tell(bare, bare_told, now)

    def _judge(self, row: Any, now: datetime) -> Presence:
        return duty.judge(_desk(row), now=now, ask_after=self._ask_after)

    async def _mark(self, row: Any, presence: Presence, now: datetime) -> bool:
        """Write down what was found, where it is new; whoever has the row in hand is looked at next time."""
        if _marks(row, presence, now) == (row["asked_at"], row["away_since"], row["silent_since"]):
            return False
        async with self._database.transaction() as connection:
            fresh = await connection.fetchrow(_Q.lock, row["user_id"])
            if fresh is None:
                return False
            asked, away, silent = _marks(fresh, self._judge(fresh, now), now)
            await connection.execute(_Q.mark, row["user_id"], asked, away, silent)
        return True

    async def _tell(self, standing: set[str], told: set[str], now: datetime) -> int:
        """Raise what is new, end what is over, each in a transaction of its own; say how many moved."""
        ended = 0
        for about in sorted(standing - told):
            with self._guard.row(("raise", about), now):
                async with self._database.transaction() as connection:
                    await technical.report(
                        connection, Class.NOBODY_ON_DUTY, about, facts=_facts(about), area=_area(about),
                        centre=self._centre, now=now,
                    )  # fmt: skip
        for about in sorted(told - standing):
            with self._guard.row(("end", about), now):
                async with self._database.transaction() as connection:
                    ended += await technical.ended(connection, about, facts=_facts(about), centre=self._centre, now=now)
        return len(standing - told) + ended

    async def _bring_forward(self, area: str, now: datetime) -> None:
        """The first stage of what waits there does not wait for a desk that is not there (centre.md, 9)."""
        async with self._database.pool.acquire() as connection:
            waiting = [row["id"] for row in await connection.fetch(_Q.waiting, area, now)]
        for incident_id in waiting:
            with self._guard.row(("forward", incident_id), now):
                await self._bring_one_forward(incident_id, now)

    async def _while_all_are_busy(self, now: datetime) -> None:
        """With every desk on duty holding a P1, what waits beside them fires after 20 s (centre.md, 9)."""
        soon = now + timedelta(seconds=ALL_BUSY_FIRST_STAGE_S)
        async with self._database.pool.acquire() as connection:
            waiting = await connection.fetch(_Q.waiting, "", soon)
            floors = {row["area"]: await floor_now(connection, row["area"]) for row in waiting}
        for row in waiting:
            if floors[row["area"]].every_desk_holds_p1:
                with self._guard.row(("forward", row["id"]), now):
                    await self._bring_one_forward(row["id"], now, within_s=ALL_BUSY_FIRST_STAGE_S, reason="all_busy")

    async def _bring_one_forward(
        self, incident_id: int, now: datetime, *, within_s: int = 0, reason: str = "nobody_on_duty"
    ) -> None:
        to = now + timedelta(seconds=within_s)
        async with self._database.transaction() as connection:
            case = await load(connection, incident_id)
            due = next((d for d in case.deadlines if d.kind is DeadlineKind.ESCALATE), None)
            if case.attended or due is None or due.due_at <= to or due.stage or due.round:
                return  # meanwhile it has fired, and the second stage has its own time
            others = tuple(d for d in case.deadlines if d is not due)
            first, case.deadlines = case.last_seq + 1, (*others, replace(due, due_at=to))
            facts = (("reason", reason),)
            case.note(Note(at=now, actor=SYSTEM, action=Action.BROUGHT_FORWARD, facts=facts))
            await save(connection, case, keyring=self._centre.keyring)
            await changes.record(connection, changes_of(case, first), now=now)


def _desk(row: Any) -> Desk:
    names = ("user_id", "acted_at", "since", "stream_at", "asked_at")
    return Desk(**{name: row[name] for name in names})


def _marks(row: Any, presence: Presence, now: datetime) -> tuple[datetime | None, datetime | None, datetime | None]:
    """When it was asked, since when it is away, since when its stream is gone."""
    asked: datetime | None = row["asked_at"]
    if presence is Presence.PRESENT:
        asked = None
    elif presence is Presence.ASKED and (asked is None or asked < max(row["acted_at"], row["since"])):
        asked = now
    away = (row["away_since"] or now) if presence is Presence.AWAY else None
    silent = (row["silent_since"] or now) if presence is Presence.SILENT else None
    return asked, away, silent


def _about_desk(user_id: int) -> str:
    return f"desk:{user_id}"


def _about_area(area: str) -> str:
    return f"duty:{area or 'everywhere'}"


def _area(about: str) -> str | None:
    kind, _, which = about.partition(":")
    return which if kind == "duty" and which != "everywhere" else None


def _facts(about: str) -> tuple[tuple[str, str], ...]:
    kind, _, which = about.partition(":")
    return (("desk", f"user:{which}"),) if kind == "desk" else (("area", which),)
