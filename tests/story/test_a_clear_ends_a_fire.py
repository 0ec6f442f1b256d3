"""The mistake: a detector says that the smoke is gone, since its battery was pulled, and the case is closed, lowered or
silent; or somebody begins a test, and what escalates already is silent too.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from devices.event import EventType
from rules.domain.vocabulary import Step
from store import test_mode
from tests.story.holding_town import Holding, holding_in

ENDS = [EventType.SMOKE_CLEAR, EventType.CANCEL, EventType.MUTED, EventType.ANSWERED]


async def in_state(town: Holding, device: str, state: str) -> int:
    desk = await town.night.town.user()
    case = (await town.says(device, EventType.SMOKE)).incident_id
    assert case is not None
    if state != "open":
        await town.night.step(case, Step.CLAIM, desk)
        await town.night.holds_on(case)
    if state in ("dispatched", "on_scene"):
        await town.db.pool.execute("UPDATE incident SET state = $2 WHERE id = $1", case, state)
    return case


def what_counts(case: Any) -> tuple[Any, ...]:
    names = ("state", "priority", "class", "sounded_at", "sound_to", "claimed_by", "next_due_at", "next_step")
    return tuple(case[name] for name in names)


@pytest.mark.parametrize("state", ["open", "claimed", "dispatched", "on_scene"])
async def test_no_word_of_a_device_ends_lowers_or_silences_a_fire_in_any_state(fresh_dsn: str, state: str) -> None:
    async with holding_in(fresh_dsn) as town:
        device = await town.device()
        case = await in_state(town, device, state)
        before = what_counts(await town.night.case(case))
        for number, type_ in enumerate(ENDS, start=1):
            town.night.clock.advance(1)
            await town.says(device, type_)
            assert what_counts(await town.night.case(case)) == before
            assert (await town.night.actions(case)).count("noted") == number


async def test_a_heartbeat_that_returns_changes_nothing_of_a_call(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        home = await town.night.town.home()
        case = (await town.says(home.button, EventType.SOS)).incident_id
        before = what_counts(await town.night.case(case))
        await town.db.pool.execute(
            "UPDATE device_state SET last_seen = $2 WHERE device_id = (SELECT id FROM device WHERE device = $1)",
            home.button, town.night.now,
        )  # fmt: skip
        await town.look()
        assert what_counts(await town.night.case(case)) == before


async def test_a_test_begun_later_silences_no_escalation_that_runs(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        desk, home = await town.night.town.user(), await town.night.town.home()
        case = (await town.says(home.button, EventType.SOS)).incident_id
        await begin_test(town, home.button, desk.user_id)
        await town.night.pass_seconds(30)
        assert (await town.says(home.button, EventType.SOS)).incident_id == case
        assert "test" not in (await town.night.case(case))["marks"]
        await town.night.pass_seconds(30)
        assert "escalated" in await town.night.actions(case)


async def test_a_test_of_one_kind_of_alarm_leaves_the_others_real(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        desk = await town.night.town.user()
        panel = await town.device("smoke_alarm")
        await begin_test(town, panel, desk.user_id, types=["smoke", "fire"])
        tested = await town.night.case((await town.says(panel, EventType.SMOKE)).incident_id)
        real = await town.night.case((await town.says(panel, EventType.SOS)).incident_id)
        assert ("test" in tested["marks"], "test" in real["marks"]) == (True, False)
        town.night.clock.advance(31 * 60)
        again = await town.night.case((await town.says(panel, EventType.FIRE)).incident_id)
        assert "test" not in again["marks"], "it ends by itself"


async def begin_test(town: Holding, device: str, by: int, *, types: list[str] | None = None) -> None:
    await test_mode.begin(
        town.db, await town.device_id(device), length=timedelta(minutes=30), reason="检修", by=by, now=town.night.now,
        types=types,
    )  # fmt: skip
