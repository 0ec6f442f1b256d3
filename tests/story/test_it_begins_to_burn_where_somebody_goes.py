"""She pressed, the neighbour is on the way, and in her kitchen it begins to burn: nobody tells the neighbour.

Whoever goes there is told the safety line at once, trained or not, and is watched from then on as in any dangerous
class (centre.md, 11). Each danger is told once: of gas after smoke both who goes and who was warned near by.
"""

from __future__ import annotations

from typing import Any

import pytest

from console.responder_html import Page, page_html
from devices.event import EventType
from notify.channel import Language
from notify.templates import TEXTS
from rules.domain.assignments import Word
from rules.domain.notices import Purpose
from rules.domain.vocabulary import Step
from store.field_briefing import Briefing, brief
from store.merging import link
from store.step_types import StepRequest
from tests.story.people_who_go import Field, field_in
from tests.town import CENTRE, Home

DANGERS = [EventType.SMOKE, EventType.FIRE, EventType.GAS, EventType.CARBON_MONOXIDE]


async def _on_the_way(field: Field, kind: str = "grid_worker", **columns: Any) -> tuple[Home, int, int]:
    """Somebody is on the way to a press; half the distance is behind them."""
    goes = await field.responder(kind, metres=800, agreed_to_nights=True, **columns)
    home = await field.night.town.home()
    press = (await field.night.press(home)).incident_id
    assert press is not None
    await field.night.pass_seconds(182)
    await field.says(press, goes, Word.ACCEPT)
    await field.says(press, goes, Word.EN_ROUTE)
    return home, press, goes


async def _told(field: Field, press: int) -> list[tuple[str, int, str]]:
    rows = await field.night.town.db.pool.fetch(
        "SELECT recipient, priority, facts->>'class' AS class FROM outbox WHERE incident_id = $1 AND purpose = 'danger'"
        " ORDER BY id", press,
    )  # fmt: skip
    return [tuple(row) for row in rows]


@pytest.mark.parametrize("type_", DANGERS)
@pytest.mark.parametrize("trained", [False, True])
async def test_who_is_on_the_way_is_told_at_once_and_watched(fresh_dsn: str, type_: EventType, trained: bool) -> None:
    async with field_in(fresh_dsn) as field:
        home, press, goes = await _on_the_way(field, trained=trained)
        assert await _told(field, press) == []
        detector = await field.night.town.device("smoke_alarm", premises_id=home.premises_id)
        await field.night.press(home, type_, device=detector)
        await field.night.pass_seconds(1)
        me, danger = f"responder:{goes}", str(type_)
        assert await _told(field, press) == [(me, 1, danger), (me, 2, danger)], "by voice, and as a text at once"
        assert [row["is_watched"] for row in await field.assignments(press)] == [True]
        assert "informed" in await field.night.actions(press)
        await field.night.pass_seconds(5)
        assert len(await _told(field, press)) == 2


async def test_the_page_of_who_goes_says_it_first(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        home, press, _ = await _on_the_way(field)
        before = await _page(field, press)
        assert (before.danger, "119" in _shown(before)) == (None, False)
        await field.night.press(home, EventType.GAS, device=await _detector(field, home, "gas_alarm"))
        await field.night.pass_seconds(1)
        after = await _page(field, press)
        assert (after.class_, after.danger) == ("sos", "gas")
        shown = _shown(after)
        assert shown.index("119") < shown.index("<h1>")


def _shown(briefing: Briefing) -> str:
    return page_html(Page(code="c", language="zh-CN", is_known=False, briefing=briefing))


async def _page(field: Field, press: int) -> Briefing:
    (row,) = await field.assignments(press)
    return await brief(
        field.night.town.db, row["id"], shows_way=False, source="", by=None, now=field.night.now
    )  # fmt: skip


async def test_who_does_not_arrive_there_counts_as_in_danger(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        home, _, _ = await _on_the_way(field)
        await field.night.press(home, EventType.GAS, device=await _detector(field, home))
        await field.night.pass_seconds(60)
        for _ in range(40):
            await field.night.outage(29)
        rows = await field.night.town.db.pool.fetch("SELECT class FROM incident WHERE class = 'responder_silent'")
        assert rows, "called back, not heard, and nobody looked for them"


async def test_who_is_only_asked_is_told_too(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        asked = await field.responder("grid_worker", metres=800)
        home = await field.night.town.home()
        press = (await field.night.press(home)).incident_id
        assert press is not None
        await field.night.pass_seconds(182)
        await field.night.press(home, EventType.SMOKE, device=await _detector(field, home))
        await field.night.pass_seconds(1)
        assert {told[0] for told in await _told(field, press)} == {f"responder:{asked}"}


async def test_gas_after_smoke_is_another_danger(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        home, press, _ = await _on_the_way(field)
        near = await field.responder("neighbour", metres=40, agreed_to_nights=True)
        team = await field.responder("rescue_team", metres=3000)
        smoke = (await field.night.press(home, EventType.SMOKE, device=await _detector(field, home))).incident_id
        await field.night.pass_seconds(32)
        assert await field.notices(smoke, "warning") == [f"responder:{near}"]
        await field.night.press(home, EventType.GAS, device=await _detector(field, home, "gas_alarm"))
        await field.night.pass_seconds(2)
        assert [told[2] for told in await _told(field, press)] == ["smoke", "smoke", "gas", "gas"]
        assert {told[0] for told in await _told(field, smoke or 0)} == {f"responder:{team}"}
        warned = await field.night.town.db.pool.fetch(
            "SELECT facts->>'class' AS class FROM outbox WHERE recipient = $1 AND purpose = 'warning' ORDER BY id",
            f"responder:{near}",
        )  # fmt: skip
        assert [row["class"] for row in warned] == ["smoke", "gas"]


async def test_the_same_smoke_again_is_told_once(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        home, press, _ = await _on_the_way(field)
        detector = await _detector(field, home)
        await field.night.press(home, EventType.SMOKE, device=detector)
        await field.night.pass_seconds(2)
        await field.night.press(home, EventType.SMOKE_CLEAR, device=detector)
        await field.night.press(home, EventType.SMOKE, device=detector)
        await field.night.press(home, EventType.HEAT, device=detector)
        await field.night.pass_seconds(2)
        assert len({told[2] for told in await _told(field, press)} & {"smoke", "heat"}) == 1


async def test_a_fire_that_is_linked_to_their_case_is_told(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        _, press, _ = await _on_the_way(field)
        next_door, desk = await field.night.town.home(), await field.night.town.user()
        fire = (await field.night.press(next_door, EventType.GAS, device=await _detector(field, next_door))).incident_id
        await field.night.pass_seconds(1)
        assert await _told(field, press) == [] and fire is not None
        await link(
            field.night.town.db, press, fire, StepRequest(step=Step.LINK), by=desk, centre=CENTRE, now=field.night.now
        )  # fmt: skip
        await field.night.pass_seconds(1)
        assert [told[2] for told in await _told(field, press)] == ["gas", "gas"]


async def test_a_test_of_the_detector_drives_nobody_back(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        home, press, _ = await _on_the_way(field)
        detector = await _detector(field, home)
        await field.night.town.db.pool.execute(
            "INSERT INTO test_mode (device_id, from_at, until_at, by_user, reason)"
            " SELECT id, $2, $2::timestamptz + interval '20 min', $3, '' FROM device WHERE device = $1",
            detector, field.night.now, (await field.night.town.user()).user_id,
        )  # fmt: skip
        await field.night.press(home, EventType.SMOKE, device=detector)
        await field.night.pass_seconds(2)
        assert await _told(field, press) == []
        await field.night.pass_seconds(60)
        assert [told[2] for told in await _told(field, press)] == ["smoke", "smoke"], "nobody said it was a test"


def test_the_safety_line_stands_first_for_who_goes() -> None:
    assert TEXTS[Purpose.DANGER, Language.ZH].spoken.startswith("请勿进入,勿动任何开关,请拨打119。")
    assert TEXTS[Purpose.DANGER, Language.EN].sms.startswith("Do not go in. Do not switch anything on. Call 119.")


async def _detector(field: Field, home: Home, kind: str = "smoke_alarm") -> str:
    return await field.night.town.device(kind, premises_id=home.premises_id)
