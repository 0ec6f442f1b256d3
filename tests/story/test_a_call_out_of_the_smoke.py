"""Smoke sounds at home, then she presses: the neighbour whom nobody sends into the smoke is sent for the press."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from devices.event import EventType
from rules.domain.vocabulary import Step
from store.merging import merge
from store.step_types import StepRequest, Told
from tests.story.centre_at_night import Night
from tests.story.people_who_go import field_in
from tests.town import CENTRE


async def test_nobody_untrained_is_sent_for_a_press_into_a_home_that_smokes(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        home = await field.night.town.home()
        detector = await field.night.town.device("smoke_alarm", premises_id=home.premises_id)
        neighbour = await field.responder("grid_worker", metres=50)
        team = await field.responder("rescue_team", metres=3000)
        await field.night.press(home, EventType.SMOKE, device=detector)
        press = (await field.night.press(home)).incident_id
        await field.night.pass_seconds(182)
        assert set(await field.standing(press)) <= {team}
        assert neighbour not in await field.standing(press)


async def test_nor_where_the_smoke_was_taken_into_the_press(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        night = field.night
        home, desk = await night.town.home(), await night.town.user()
        detector = await night.town.device("smoke_alarm", premises_id=home.premises_id)
        await field.responder("grid_worker", metres=50)
        team = await field.responder("rescue_team", metres=3000)
        press = (await night.press(home)).incident_id
        smoke = (await night.press(home, EventType.SMOKE, device=detector)).incident_id
        assert press is not None and smoke is not None
        await night.step(press, Step.CLAIM, desk)
        await night.step(smoke, Step.TELL, desk, payload=Told(resident_id=home.resident_id))
        seen = StepRequest(step=Step.MERGE, if_match=(await night.case(smoke))["version"])
        await merge(night.town.db, smoke, press, seen, by=desk, centre=CENTRE, now=night.now)
        await night.step(press, Step.RELEASE, desk)
        await night.pass_seconds(240)
        assert set(await field.standing(press)) == {team}


async def test_a_press_in_a_home_where_nothing_burns_any_more_sends_the_nearest(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        night = field.night
        home, desk = await night.town.home(), await night.town.user()
        detector = await night.town.device("smoke_alarm", premises_id=home.premises_id)
        neighbour = await field.responder("grid_worker", metres=50)
        smoke = (await night.press(home, EventType.SMOKE, device=detector)).incident_id
        await night.press(home, EventType.SMOKE_CLEAR, device=detector)
        await night.town.resolve(smoke, desk, now=night.now)
        press = (await night.press(home)).incident_id
        await night.pass_seconds(182)
        assert set(await field.standing(press)) == {neighbour}


@asynccontextmanager
async def _smoke_in_a_leak(dsn: str) -> AsyncIterator[tuple[Night, int, str]]:
    """A resolved case of water into which smoke was taken, and the detector of the smoke."""
    async with field_in(dsn) as field:
        night = field.night
        home, desk = await night.town.home(), await night.town.user()
        detector = await night.town.device("smoke_alarm", premises_id=home.premises_id)
        water = await night.town.device("other", resident_id=home.resident_id)
        leak = (await night.press(home, EventType.WATER_LEAK, device=water)).incident_id
        smoke = (await night.press(home, EventType.SMOKE, device=detector)).incident_id
        assert leak is not None and smoke is not None
        await night.step(leak, Step.CLAIM, desk)
        await night.step(smoke, Step.TELL, desk, payload=Told(resident_id=home.resident_id))
        seen = StepRequest(step=Step.MERGE, if_match=(await night.case(smoke))["version"])
        await merge(night.town.db, smoke, leak, seen, by=desk, centre=CENTRE, now=night.now)
        await night.town.resolve(leak, desk, now=night.now)
        yield night, leak, detector


async def test_smoke_that_was_taken_into_a_leak_is_looked_for_again_after_the_end(fresh_dsn: str) -> None:
    async with _smoke_in_a_leak(fresh_dsn) as (night, leak, _):
        kinds = await night.town.db.pool.fetch("SELECT kind FROM deadline WHERE incident_id = $1", leak)
        assert "recheck" in {row["kind"] for row in kinds}


async def test_smoke_that_was_taken_into_a_leak_comes_back_as_smoke(fresh_dsn: str) -> None:
    """As what it is, with what smoke asks for: not as the leak it was put to."""
    async with _smoke_in_a_leak(fresh_dsn) as (night, leak, detector):
        await night.pass_seconds(5)
        await night.town.says(detector, EventType.SMOKE, now=night.now)
        assert (await night.actions(leak))[-1] == "counted"
        await night.outage(601)
        newest = await night.town.db.pool.fetchrow("SELECT * FROM incident ORDER BY id DESC LIMIT 1")
        assert newest["follows"] == leak
        assert (newest["class"], newest["priority"], newest["family"]) == ("smoke", 1, "fire_and_gas")
