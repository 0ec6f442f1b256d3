"""Smoke whose end never comes: asked after once, brought back by each further word of its detector, then let be."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from devices.event import EventType
from devices.report import report
from rules.domain.resolution import Safety
from rules.domain.vocabulary import Channel, Outcome, SafetyKind, Step
from store.alarms import Alarm, accept
from store.steps import Hand, StepRefused
from tests.story.centre_at_night import Night, night_in
from tests.town import Home


@dataclass(kw_only=True)
class Fire:
    """A home with a detector, whose smoke somebody takes for over."""

    night: Night
    home: Home
    desk: Hand
    other: Hand  #: a second pair of eyes closes the file of a fire
    detector: str
    first: int

    async def alarms(self) -> None:
        await self.night.press(self.home, EventType.SMOKE, device=self.detector)

    async def says_how_it_stands(self) -> None:
        said = Alarm(
            device=self.detector, event=report(EventType.SMOKE, is_state=True), channel=Channel.TELEMETRY,
            received_at=self.night.now,
        )  # fmt: skip
        async with self.night.town.db.transaction() as connection:
            await accept(connection, None, said, centre=self.night.town.centre)

    async def cases(self) -> list[Any]:
        """Every case of this home, the oldest first."""
        return await self.night.town.db.pool.fetch(
            "SELECT * FROM incident WHERE premises_id = $1 ORDER BY id", self.home.premises_id
        )

    async def resolve_newest(self) -> int:
        newest: int = (await self.cases())[-1]["id"]
        await self.night.step(newest, Step.CLAIM, self.desk)
        await self.night.step(
            newest, Step.RESOLVE, self.desk, if_match=(await self.night.case(newest))["version"],
            outcome=Outcome.FALSE_ALARM,
            safety=Safety(kind=SafetyKind.SPOKE_WITH_RESIDENT, second_user_id=self.other.user_id),
        )  # fmt: skip
        return newest

    async def minutes(self, count: int) -> None:
        """Let minutes pass; the engine looks at the end of each."""
        for _ in range(count):
            await self.night.outage(60)

    async def close(self, incident_id: int) -> None:
        version = (await self.night.case(incident_id))["version"]
        await self.night.step(incident_id, Step.CLOSE, self.other, if_match=version)


@asynccontextmanager
async def fire_in(dsn: str, *, sends_ends: bool = True) -> AsyncIterator[Fire]:
    async with night_in(dsn) as night:
        home, desk = await night.town.home(), await night.town.user()
        detector = await night.town.device("smoke_alarm", premises_id=home.premises_id)
        if sends_ends:
            await night.press(home, EventType.SMOKE_CLEAR, device=detector)
            night.clock.advance(3600)
        first = (await night.press(home, EventType.SMOKE, device=detector)).incident_id
        assert first is not None
        yield Fire(
            night=night, home=home, desk=desk, other=await night.town.user(), detector=detector, first=first
        )  # fmt: skip


async def test_an_end_that_never_comes_is_asked_after_once_and_not_every_ten_minutes_for_ever(fresh_dsn: str) -> None:
    async with fire_in(fresh_dsn) as fire:
        await fire.resolve_newest()
        with pytest.raises(StepRefused):
            await fire.close(fire.first)
        await fire.minutes(11)
        assert [case["state"] for case in await fire.cases()] == ["resolved", "open"], "its end is awaited"
        with pytest.raises(StepRefused):
            await fire.close(fire.first)
        second = await fire.resolve_newest()
        await fire.minutes(180)
        assert [case["id"] for case in await fire.cases()] == [fire.first, second]
        await fire.close(fire.first)
        await fire.close(second)


async def test_a_detector_that_never_sends_ends_and_says_no_more_is_not_asked_after(fresh_dsn: str) -> None:
    async with fire_in(fresh_dsn, sends_ends=False) as fire:
        await fire.resolve_newest()
        await fire.minutes(60)
        assert len(await fire.cases()) == 1


@pytest.mark.parametrize("sends_ends", [True, False])
async def test_a_fire_resolved_twice_by_mistake_comes_back_while_its_detector_goes_on_alarming(
    fresh_dsn: str, sends_ends: bool
) -> None:
    async with fire_in(fresh_dsn, sends_ends=sends_ends) as fire:
        for number in range(2, 5):
            await fire.resolve_newest()
            await fire.minutes(3)
            await fire.alarms()
            await fire.minutes(7)
            cases = await fire.cases()
            assert len(cases) == number
            assert (cases[-1]["follows"], cases[-1]["state"], cases[-1]["priority"]) == (cases[-2]["id"], "open", 1)


async def test_a_state_said_again_after_the_second_resolution_brings_the_fire_back(fresh_dsn: str) -> None:
    async with fire_in(fresh_dsn) as fire:
        await fire.resolve_newest()
        await fire.minutes(11)
        second = await fire.resolve_newest()
        await fire.minutes(4)
        await fire.says_how_it_stands()
        await fire.minutes(7)
        assert [case["state"] for case in await fire.cases()] == ["resolved", "resolved", "open"]
        with pytest.raises(StepRefused):
            await fire.close(second)


async def test_a_sign_of_life_that_says_nothing_of_the_smoke_brings_nothing_back(fresh_dsn: str) -> None:
    async with fire_in(fresh_dsn) as fire:
        await fire.resolve_newest()
        await fire.minutes(11)
        await fire.resolve_newest()
        for _ in range(6):
            await fire.night.town.db.pool.execute(
                "UPDATE device_state SET last_seen = $1, version = version + 1", fire.night.now
            )
            await fire.minutes(10)
        assert len(await fire.cases()) == 2


async def test_a_word_long_after_the_second_resolution_opens_a_case_at_once(fresh_dsn: str) -> None:
    async with fire_in(fresh_dsn) as fire:
        await fire.resolve_newest()
        await fire.minutes(11)
        second = await fire.resolve_newest()
        await fire.minutes(45)
        await fire.alarms()
        newest = (await fire.cases())[-1]
        assert (newest["follows"], newest["state"], newest["unattended"]) == (second, "open", True)


async def test_an_end_that_comes_late_ends_it(fresh_dsn: str) -> None:
    async with fire_in(fresh_dsn) as fire:
        await fire.resolve_newest()
        await fire.minutes(8)
        await fire.night.press(fire.home, EventType.SMOKE_CLEAR, device=fire.detector)
        await fire.minutes(60)
        assert len(await fire.cases()) == 1
        await fire.close(fire.first)
