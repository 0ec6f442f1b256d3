"""The mistake: a delay before the alarm, meant for a leak that is mopped up, is added to a fall as well."""

from __future__ import annotations

from dataclasses import replace

import pytest

from devices.event import EventType
from rules.domain.policy_value import BUILTIN
from rules.domain.vocabulary import Class, Step
from store import policies
from tests.story.holding_town import holding_in


@pytest.fixture
def delayed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A county that delays everything its file can name by a minute."""
    rows = {class_: replace(row, delay_s=60) for class_, row in BUILTIN.rows.items()}
    county = replace(BUILTIN, rows=rows)

    async def of_version(connection: object, version: str | None) -> object:
        return county

    monkeypatch.setattr(policies, "of_version", of_version)


@pytest.mark.usefixtures("delayed")
async def test_a_leak_that_ends_within_its_delay_was_never_heard_and_is_on_record(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        device = await town.device("other")
        case = (await town.says(device, EventType.WATER_LEAK)).incident_id
        found = await town.night.case(case)
        assert (found["sound_to"], found["next_step"], found["priority"]) == ("record", "delay", 3)
        await town.night.pass_seconds(30)
        await town.says(device, EventType.WATER_LEAK_CLEAR)
        found = await town.night.case(case)
        assert (found["state"], found["outcome"]) == ("resolved", "technical")
        assert await town.night.actions(case) == ["opened", "restored"]


@pytest.mark.usefixtures("delayed")
async def test_what_nothing_withdraws_sounds_when_its_delay_ends(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        await town.night.town.user()
        case = (await town.says(await town.device("other"), EventType.WATER_LEAK)).incident_id
        await town.night.pass_seconds(60)
        assert (await town.night.case(case))["sound_to"] == "desks"
        assert await town.night.actions(case) == ["opened", "delay_ended"]


@pytest.mark.usefixtures("delayed")
async def test_a_claim_ends_the_delay_and_a_clear_after_it_closes_nothing(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        desk, device = await town.night.town.user(), await town.device("other")
        case = (await town.says(device, EventType.WATER_LEAK)).incident_id
        await town.night.step(case, Step.CLAIM, desk)
        await town.says(device, EventType.WATER_LEAK_CLEAR)
        assert (await town.night.case(case))["state"] == "claimed"
        assert (await town.night.actions(case))[-1] == "noted"


@pytest.mark.usefixtures("delayed")
async def test_a_second_signal_ends_the_delay_at_once(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        home = await town.night.town.home()
        one, other = [await town.night.town.device("other", premises_id=home.premises_id) for _ in range(2)]
        case = (await town.says(one, EventType.WATER_LEAK)).incident_id
        town.night.clock.advance(5)
        assert (await town.says(other, EventType.WATER_LEAK)).incident_id == case
        found = await town.night.case(case)
        assert (found["sound_to"], found["next_step"]) == ("desks", "escalate")
        await town.says(one, EventType.WATER_LEAK_CLEAR)
        assert (await town.night.case(case))["state"] == "open"


@pytest.mark.usefixtures("delayed")
@pytest.mark.parametrize(
    "type_", [EventType.FALL, EventType.SOS, EventType.SMOKE, EventType.GAS, EventType.INACTIVITY, EventType.INTRUSION]
)
async def test_no_delay_is_ever_added_to_a_call_for_help(fresh_dsn: str, type_: EventType) -> None:
    async with holding_in(fresh_dsn) as town:
        case = await town.night.case((await town.says(await town.device(), type_)).incident_id)
        assert case["sound_to"] == "desks"
        deadlines = await town.db.pool.fetch("SELECT kind FROM deadline WHERE incident_id = $1", case["id"])
        assert "delay" not in {row["kind"] for row in deadlines}


def test_the_built_in_policy_delays_nothing() -> None:
    assert all(row.delay_s == 0 for row in BUILTIN.rows.values())
    assert Class.FALL in BUILTIN.rows
