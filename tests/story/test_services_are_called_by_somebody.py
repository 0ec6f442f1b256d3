"""The emergency services that everybody thought somebody else had called."""

from __future__ import annotations

from typing import Any

from devices.event import EventType
from rules.domain.vocabulary import Step
from store.step_types import HandedOver
from tests.story.centre_at_night import Night, night_in


async def _rung(night: Night, call: int | None) -> list[str]:
    rows = await night.town.db.pool.fetch(
        "SELECT recipient FROM outbox WHERE incident_id = $1 AND purpose = 'call_services' ORDER BY id", call
    )
    return [row["recipient"] for row in rows]


async def _smoke(night: Night) -> tuple[Any, Any]:
    home = await night.town.home()
    detector = await night.town.device("smoke_alarm", premises_id=home.premises_id)
    return home, (await night.press(home, EventType.SMOKE, device=detector)).incident_id


def _called(result: str, verified: str = "none") -> dict[str, Any]:
    return {"facts": (("to", "resident"), ("result", result), ("verified", verified))}


async def test_smoke_with_nobody_reached_rings_whoever_must_every_minute_until_it_is_called(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        boss = await night.town.user("supervisor")
        await night.town.db.pool.execute("UPDATE app_user SET phone = '13800000001' WHERE id = $1", boss.user_id)
        _, fire = await _smoke(night)
        await night.pass_seconds(59)
        assert await _rung(night, fire) == []
        await night.pass_seconds(1)
        assert await _rung(night, fire) == [f"user:{boss.user_id}"]
        await night.pass_seconds(60)
        assert await _rung(night, fire) == [f"user:{boss.user_id}"] * 2
        handed = HandedOver(service="fire", number="0513-60000119", answer="accepted")
        await night.step(fire, Step.HANDOVER, boss, payload=handed)
        await night.pass_seconds(120)
        assert len(await _rung(night, fire)) == 2


async def test_the_owner_of_a_fire_is_told_not_the_supervisors(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        await night.town.user("supervisor")
        desk = await night.town.user()
        _, fire = await _smoke(night)
        await night.step(fire, Step.CLAIM, desk)
        await night.holds_on(fire)
        await night.pass_seconds(61)
        assert await _rung(night, fire) == [f"user:{desk.user_id}"]
        assert (await night.case(fire))["sound_to"] == "owner"


async def test_a_good_word_in_a_voice_that_proved_itself_ends_the_ringing(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        desk = await night.town.user()
        _, fire = await _smoke(night)
        await night.step(fire, Step.CLAIM, desk)
        await night.holds_on(fire)
        await night.step(fire, Step.CALL, desk, **_called("spoke_ok"))
        await night.pass_seconds(61)
        assert len(await _rung(night, fire)) == 1, "anybody can say fine"
        await night.step(fire, Step.CALL, desk, **_called("spoke_ok", "voice_known"))
        await night.pass_seconds(61)
        assert len(await _rung(night, fire)) == 1


async def test_a_second_detector_confirms_and_no_good_word_takes_it_back(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        desk = await night.town.user()
        home, fire = await _smoke(night)
        await night.step(fire, Step.CLAIM, desk)
        await night.holds_on(fire)
        other = await night.town.device("smoke_alarm", premises_id=home.premises_id)
        await night.town.db.pool.execute("UPDATE device_state SET open = '{smoke}' WHERE device_id = 2")
        await night.press(home, EventType.HEAT, device=other)
        await night.pass_seconds(1)
        assert await _rung(night, fire) == [f"user:{desk.user_id}"]
        assert "services_confirmed" in await night.actions(fire)
        await night.step(fire, Step.CALL, desk, **_called("spoke_ok", "code_word"))
        await night.pass_seconds(60)
        assert len(await _rung(night, fire)) == 2


async def test_a_call_is_the_desks_to_decide_until_help_is_asked_or_two_calls_reach_nobody(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        desk = await night.town.user()
        calls = [(await night.press(await night.town.home())).incident_id for _ in range(3)]
        for call in calls:
            await night.step(call, Step.CLAIM, desk)
            await night.holds_on(call)
        asked, silent, quiet = calls
        await night.step(asked, Step.CALL, desk, **_called("spoke_help"))
        await night.step(silent, Step.CALL, desk, **_called("no_answer"))
        await night.pass_seconds(30)
        await night.step(silent, Step.CALL, desk, **_called("voicemail"))
        await night.step(quiet, Step.NOTE, desk, text="在听")
        await night.pass_seconds(10)
        assert [len(await _rung(night, call)) for call in calls] == [1, 1, 0]
        assert "services_confirmed" in await night.actions(silent)
        await night.pass_seconds(130)
        assert await _rung(night, quiet) == [], "whoever has it decides"
