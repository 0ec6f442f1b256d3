"""She went in an hour ago, and nobody has asked since: a missed check-back is a case about the responder."""

from __future__ import annotations

from typing import Any

from devices.event import EventType
from rules.domain.assignments import Word
from tests.story.people_who_go import Field, field_in


async def _cases_about(field: Field, responder: int) -> list[Any]:
    return await field.night.town.db.pool.fetch(
        "SELECT * FROM incident WHERE class = 'responder_silent' AND subject = $1", f"s:responder:{responder}"
    )


async def _on_scene_in_smoke(field: Field) -> tuple[int, int]:
    home = await field.night.town.home()
    detector = await field.night.town.device("smoke_alarm", premises_id=home.premises_id)
    team = await field.responder("rescue_team", metres=200)
    call = (await field.night.press(home, EventType.SMOKE, device=detector)).incident_id
    assert call is not None
    await field.night.pass_seconds(32)
    await field.says(call, team, Word.ACCEPT)
    await field.says(call, team, Word.EN_ROUTE)
    await field.night.pass_seconds(120)
    await field.says(call, team, Word.ARRIVE)
    return call, team


async def test_a_report_that_is_missing_calls_and_then_becomes_a_case(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        call, team = await _on_scene_in_smoke(field)
        second = await field.responder("mini_fire_station", metres=900)
        await field.night.pass_seconds(601)
        assert await field.notices(call, "check_back") == [f"responder:{team}"]
        assert await _cases_about(field, team) == []
        await field.night.pass_seconds(120)
        (about,) = await _cases_about(field, team)
        assert (about["priority"], about["state"], about["unattended"]) == (1, "open", True)
        assert (await field.standing(call))[second] == "offered", "a second pair"
        linked = await field.night.town.db.pool.fetchval("SELECT reason FROM incident_link")
        assert linked == "responder_in_danger"


async def test_whoever_reports_in_time_is_left_to_work(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        call, team = await _on_scene_in_smoke(field)
        for _ in range(3):
            await field.night.pass_seconds(590)
            await field.says(call, team, Word.REPORT, report={"entered": True})
        assert await field.notices(call, "check_back") == []


async def test_an_answer_to_the_call_back_is_enough(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        call, team = await _on_scene_in_smoke(field)
        await field.night.pass_seconds(650)
        await field.says(call, team, Word.REPORT)
        await field.night.pass_seconds(300)
        assert await _cases_about(field, team) == []


async def test_alone_at_night_an_arrival_that_does_not_come_is_a_case_too(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        lone = await field.responder(metres=300, agreed_to_nights=True)
        await field.pass_to(1)
        call = (await field.night.press(await field.night.town.home())).incident_id
        await field.night.pass_seconds(181)
        await field.says(call, lone, Word.ACCEPT)
        await field.says(call, lone, Word.EN_ROUTE)
        assert (await field.assignments(call))[0]["is_watched"]
        await field.night.pass_seconds(1100)
        assert len(await _cases_about(field, lone)) == 1


async def test_whoever_asks_for_help_themselves_is_a_case_at_once(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        call, team = await _on_scene_in_smoke(field)
        await field.says(call, team, Word.REPORT, report={"needs_help": True})
        (about,) = await _cases_about(field, team)
        assert (about["priority"], about["unattended"]) == (1, True)
