"""The plan of the evening rings whoever went home at midnight: unavailable people are still paged.

Availability is looked at when an offer is made, not when it was planned: shift, absence, night agreement, another case.
"""

from __future__ import annotations

from datetime import timedelta

from rules.domain.assignments import Word
from tests.story.people_who_go import field_in
from tests.town import NOW


async def test_who_went_off_shift_before_the_sending_is_left_alone(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        gone, on, never_planned = [await field.responder(metres=one) for one in (100, 2000, 3000)]
        await field.shift(gone, NOW - timedelta(hours=8), NOW + timedelta(seconds=120))
        await field.shift(on, NOW - timedelta(hours=1), NOW + timedelta(hours=7))
        call = (await field.night.press(await field.night.town.home())).incident_id
        await field.night.pass_seconds(181)
        assert set(await field.standing(call)) == {on, never_planned}


async def test_who_is_ill_or_on_the_way_elsewhere_is_left_alone(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        ill, busy, free = [await field.responder(metres=one) for one in (100, 200, 3000)]
        await field.away(ill, since=NOW - timedelta(days=1))
        first = (await field.night.press(await field.night.town.home())).incident_id
        await field.night.pass_seconds(181)
        assert set(await field.standing(first)) == {busy, free}
        await field.says(first, busy, Word.ACCEPT)
        await field.says(first, busy, Word.EN_ROUTE)
        second = (await field.night.press(await field.night.town.home())).incident_id
        await field.night.pass_seconds(181)
        assert set(await field.standing(second)) == {free}


async def test_at_night_only_those_are_asked_who_agreed_to_nights(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        sleeper = await field.responder(metres=100)
        awake = await field.responder(metres=2000, agreed_to_nights=True)
        await field.pass_to(2)
        call = (await field.night.press(await field.night.town.home())).incident_id
        await field.night.pass_seconds(181)
        assert await field.standing(call) == {awake: "offered"}
        del sleeper


async def test_somebody_with_a_protection_order_against_them_is_never_asked(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        home = await field.night.town.home()
        barred = await field.responder(metres=10, phone="13900001111")
        other = await field.responder(metres=2000)
        await field.night.town.db.pool.execute(
            "INSERT INTO contact (resident_id, name, role, phone) VALUES ($1, '前夫', 'barred', '13900001111')",
            home.resident_id,
        )
        call = (await field.night.press(home)).incident_id
        await field.night.pass_seconds(181)
        assert await field.standing(call) == {other: "offered"}
        assert f"responder:{barred}" not in await field.notices(call, "offer")
