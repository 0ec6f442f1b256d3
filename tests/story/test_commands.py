"""What is asked of devices by itself: told to the wearer once, faster fixes while somebody wanders, all on record."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from devices.commands import Announcement, CommandName
from devices.event import EventType
from rules.domain.commands import Asked, Order, wire_id
from rules.domain.vocabulary import Class, Step
from store import commands, handing
from store.fixes import see_to_fixes
from store.handing import Answer, Fate
from store.steps import Opening, open_by_hand
from tests.story.centre_at_night import Night, night_in
from tests.town import CENTRE, Home


async def asked_of(night: Night, device: str) -> list[Any]:
    return await night.town.db.pool.fetch(
        "SELECT c.* FROM command AS c JOIN device AS d ON d.id = c.device_id WHERE d.device = $1 ORDER BY c.id", device
    )


async def worker_looks(night: Night) -> list[handing.Outgoing]:
    """What a gateway does once a second, with a broker that takes everything."""
    db, now = night.town.db, night.now
    await see_to_fixes(db, centre=CENTRE, now=now)
    await handing.expire(db, now=now)
    going = await handing.take(db, limit=50, again_after=timedelta(seconds=10), now=now)
    for one in going:
        await handing.mark_sent(db, one.id, now=now)
    for command_id, incident_id in await handing.untold(db):
        await handing.tell(db, command_id, incident_id, centre=CENTRE, now=now)
    return going


async def answers(night: Night, device: str, command_id: int, *, ok: bool = True, detail: str = "") -> Fate:
    made_at = await night.town.db.pool.fetchval("SELECT made_at FROM command WHERE id = $1", command_id)
    return await says(night, device, wire_id(command_id, made_at or night.now), ok=ok, detail=detail)


async def says(night: Night, device: str, id_: str, *, ok: bool = True, detail: str = "") -> Fate:
    answer = Answer(device=device, id=id_, ok=ok, detail=detail)
    async with night.town.db.transaction() as connection:
        (fate,) = await handing.note_answers(connection, [answer], now=night.now)
    return fate


async def band_of(
    night: Night, *, tags: tuple[str, ...] = ("dementia",), source: str = "canonical"
) -> tuple[Home, str]:
    home = await night.town.home(tags=tags)
    band = await night.town.device("location_band", resident_id=home.resident_id)
    await night.town.db.pool.execute("UPDATE device SET source = $2, interval_s = 600 WHERE device = $1", band, source)
    return home, band


async def resolves(night: Night, incident_id: int | None) -> None:
    await night.town.resolve(incident_id, await night.town.user(), now=night.now)


# -- the three announcements ---------------------------------------------------------------------------------------


async def test_a_claim_is_announced_once_to_the_device_that_called(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home, mei = await night.town.home(), await night.town.user()
        call = (await night.press(home)).incident_id
        await night.step(call, Step.CLAIM, mei)
        await night.step(call, Step.RELEASE, mei)
        await night.step(call, Step.CLAIM, mei)
        (one,) = await asked_of(night, home.button)
        assert (one["command"], one["asked"], one["incident_id"]) == ("announce", "case_taken", call)
        assert one["args"]["announcement"] == "taken"
        assert set(one["args"]["text"]) == {"zh", "en"}
        assert (await night.actions(call)).count("commanded") == 1


async def test_a_press_alone_announces_nothing(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home = await night.town.home()
        await night.press(home)
        assert await worker_looks(night) == []


async def test_help_on_the_way_is_told_apart_from_taken(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home, mei = await night.town.home(), await night.town.user()
        call = (await night.press(home)).incident_id
        assert call is not None
        await night.step(call, Step.CLAIM, mei)
        for _ in range(2):
            await commands.announce_coming(night.town.db, call, centre=CENTRE, now=night.now)
        said = [one["args"]["announcement"] for one in await asked_of(night, home.button)]
        assert said == [Announcement.TAKEN, Announcement.COMING]


async def test_nothing_is_announced_in_a_home_with_an_intruder_nor_about_a_fault(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home, mei = await night.town.home(), await night.town.user()
        for type_ in (EventType.INTRUSION, EventType.BATTERY_LOW):
            case = (await night.press(home, type_)).incident_id
            await night.step(case, Step.CLAIM, mei)
        assert await asked_of(night, home.button) == []


async def test_a_vendor_s_device_is_offered_no_announcement(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home, mei = await night.town.home(), await night.town.user()
        await night.town.db.pool.execute("UPDATE device SET source = 'zigbee2mqtt' WHERE device = $1", home.button)
        await night.step((await night.press(home)).incident_id, Step.CLAIM, mei)
        assert await asked_of(night, home.button) == []


async def test_an_announcement_that_nobody_answered_expires_after_five_minutes_and_says_so(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home, mei = await night.town.home(), await night.town.user()
        call = (await night.press(home)).incident_id
        await night.step(call, Step.CLAIM, mei)
        (going,) = await worker_looks(night)
        night.clock.advance(299)
        assert await worker_looks(night) == [], "sent is sent"
        night.clock.advance(1)
        await worker_looks(night)
        (one,) = await asked_of(night, home.button)
        assert (one["state"], one["sent_at"] is None, one["answered_at"]) == ("expired", False, None)
        assert (await night.actions(call))[-1] == "command_ended"
        # It was done after all: the device's word is the truth.
        assert await answers(night, home.button, going.id) is Fate.TAKEN
        await worker_looks(night)
        assert (await asked_of(night, home.button))[0]["state"] == "answered"
        assert (await night.actions(call))[-2:] == ["command_ended", "command_ended"]


# -- answers ---------------------------------------------------------------------------------------------------------


async def _waiting(night: Night) -> tuple[Home, int]:
    home, mei = await night.town.home(), await night.town.user()
    await night.step((await night.press(home)).incident_id, Step.CLAIM, mei)
    (one,) = await asked_of(night, home.button)
    return home, one["id"]


async def test_the_first_answer_stands_and_its_copies_change_nothing(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home, made = await _waiting(night)
        await worker_looks(night)
        assert await answers(night, home.button, made, ok=False, detail="no loudspeaker") is Fate.TAKEN
        assert await answers(night, home.button, made, ok=True) is Fate.REPEATED
        (one,) = await asked_of(night, home.button)
        assert (one["state"], one["ok"], one["detail"]) == ("refused", False, "no loudspeaker")


async def test_another_device_s_answer_moves_nothing(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home, made = await _waiting(night)
        other = await night.town.home()
        await worker_looks(night)
        assert await answers(night, other.button, made) is Fate.NOBODYS
        assert await answers(night, home.button, made + 1) is Fate.NOBODYS
        for nonsense in ("", "x", "-1", str(made), f"{made}-0", f"{made}-" + "f" * 16, "9" * 19, "²-1", f"{made}-1\n"):
            assert await says(night, home.button, nonsense) is Fate.NOBODYS
        (one,) = await asked_of(night, home.button)
        assert (one["state"], one["answered_at"]) == ("sent", None)


async def test_what_never_went_out_cannot_be_answered(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home, made = await _waiting(night)
        assert await answers(night, home.button, made) is Fate.NOBODYS


async def test_a_kill_between_publishing_and_marking_publishes_the_same_id_again(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        _, made = await _waiting(night)
        put_off = timedelta(seconds=10)
        (first,) = await handing.take(night.town.db, limit=50, again_after=put_off, now=night.now)
        # Killed here: published perhaps, and not marked.
        assert await handing.take(night.town.db, limit=50, again_after=put_off, now=night.now) == []
        night.clock.advance(10)
        (second,) = await worker_looks(night)
        assert first.command == second.command
        assert first.id == made


async def test_an_answer_that_overtakes_the_mark_keeps_its_state(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home, made = await _waiting(night)
        await handing.take(night.town.db, limit=50, again_after=timedelta(seconds=10), now=night.now)
        assert await answers(night, home.button, made) is Fate.TAKEN
        await handing.mark_sent(night.town.db, made, now=night.now)
        (one,) = await asked_of(night, home.button)
        assert (one["state"], one["sent_at"] is None, one["delivered_at"] is None) == ("answered", False, False)


# -- faster fixes ----------------------------------------------------------------------------------------------------


async def test_a_band_out_of_its_fence_is_asked_for_faster_fixes_until_two_hours(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home, band = await band_of(night)
        call = (await night.press(home, EventType.FENCE_EXIT, device=band)).incident_id
        (going,) = await worker_looks(night)
        assert going.device == band
        assert going.command.command is CommandName.SET_INTERVAL
        until = night.now + timedelta(hours=2)
        assert going.command.args == {"seconds": 30, "until": until.isoformat().replace("+00:00", "Z")}
        assert "commanded" in await night.actions(call)
        assert await worker_looks(night) == [], "asked once"


async def test_faster_fixes_are_renewed_while_the_case_is_open_and_restored_at_its_end(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home, band = await band_of(night)
        call = (await night.press(home, EventType.FENCE_EXIT, device=band)).incident_id
        (going,) = await worker_looks(night)
        await answers(night, band, going.id)
        night.clock.advance(90 * 60 - 1)
        assert await worker_looks(night) == []
        night.clock.advance(1)
        (renewed,) = await worker_looks(night)
        assert renewed.command.args["seconds"] == 30
        await answers(night, band, renewed.id)
        await resolves(night, call)
        (restored,) = [one for one in await worker_looks(night) if one.command.command is CommandName.SET_INTERVAL]
        assert restored.command.args == {"seconds": 600}
        night.clock.advance(60)
        assert await worker_looks(night) == []
        assert [one["asked"] for one in await asked_of(night, band) if one["command"] == "set_interval"] == [
            Asked.FASTER_FIXES, Asked.FASTER_FIXES, Asked.FIXES_RESTORED,
        ]  # fmt: skip


async def test_an_unanswered_band_is_asked_again_each_quarter_of_an_hour(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home, band = await band_of(night)
        await night.press(home, EventType.WANDERING, device=band)
        assert len(await worker_looks(night)) == 1
        night.clock.advance(15 * 60)
        await worker_looks(night)  # the first has expired
        await worker_looks(night)
        states = [one["state"] for one in await asked_of(night, band)]
        assert states == ["expired", "sent"]


async def test_a_reopened_case_asks_for_faster_fixes_again(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home, band = await band_of(night)
        mei = await night.town.user()
        call = (await night.press(home, EventType.WANDERING, device=band)).incident_id
        await worker_looks(night)
        await night.town.resolve(call, mei, now=night.now)
        await worker_looks(night)
        await night.step(call, Step.REOPEN, mei)
        await worker_looks(night)
        asked = [one["asked"] for one in await asked_of(night, band) if one["command"] == "set_interval"]
        assert asked == [Asked.FASTER_FIXES, Asked.FIXES_RESTORED, Asked.FASTER_FIXES]


async def test_the_band_of_somebody_missed_by_telephone_is_asked_too(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home, band = await band_of(night)
        call = await _told_by_telephone(night, home)
        (going,) = await worker_looks(night)
        assert going.device == band
        assert "commanded" in await night.actions(call)


async def _told_by_telephone(night: Night, home: Home) -> int:
    opening = Opening(source="phone", class_=Class.WANDERING, resident_id=home.resident_id)
    mei = await night.town.user()
    return await open_by_hand(night.town.db, opening, by=mei, centre=CENTRE, now=night.now)


async def test_an_sos_of_the_same_band_asks_for_nothing(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home, band = await band_of(night)
        await night.press(home, EventType.SOS, device=band)
        assert await worker_looks(night) == []


async def test_a_vendor_s_band_cannot_be_asked_and_the_case_says_so_once(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home, band = await band_of(night, source="watch3g")
        call = (await night.press(home, EventType.WANDERING, device=band)).incident_id
        for _ in range(3):
            assert await worker_looks(night) == []
            night.clock.advance(3600)
        (one,) = await asked_of(night, band)
        assert (one["state"], "watch3g" in one["detail"]) == ("undeliverable", True)
        assert (await night.actions(call)).count("commanded") == 1
        await resolves(night, call)
        assert await worker_looks(night) == []


async def test_a_case_lowered_below_p2_lets_the_band_rest(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home, band = await band_of(night)
        call = (await night.press(home, EventType.WANDERING, device=band)).incident_id
        await worker_looks(night)
        await night.town.db.pool.execute("UPDATE incident SET priority = 3 WHERE id = $1", call)
        (restored,) = await worker_looks(night)
        assert restored.command.args == {"seconds": 600}


async def test_two_gateways_that_look_at_once_ask_once(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home, band = await band_of(night)
        await night.press(home, EventType.WANDERING, device=band)
        both = await asyncio.gather(
            *(see_to_fixes(night.town.db, centre=CENTRE, now=night.now) for _ in range(4))
        )  # fmt: skip
        assert sum(both) == 1
        assert len(await asked_of(night, band)) == 1


# -- by hand -----------------------------------------------------------------------------------------------------------


async def test_a_command_by_hand_within_a_case_stands_in_its_timeline_with_its_answer(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home, mei = await night.town.home(), await night.town.user()
        call = (await night.press(home)).incident_id
        order = Order(
            command=CommandName.LOCATE, args={}, asked=Asked.BY_HAND, expires_at=night.now + timedelta(minutes=5)
        )
        row = await night.town.db.pool.fetchrow("SELECT id FROM device WHERE device = $1", home.button)
        assert row is not None
        made = await commands.ask_by_hand(
            night.town.db, row["id"], order, incident_id=call, by=mei.user_id, centre=CENTRE, now=night.now
        )
        await worker_looks(night)
        await answers(night, home.button, made, detail="fix in 20 s")
        await worker_looks(night)
        assert await night.actions(call) == ["opened", "commanded", "command_ended"]
        audit = await night.town.db.pool.fetchrow("SELECT * FROM audit WHERE action = 'device_commanded'")
        assert audit is not None
        assert (audit["user_id"], audit["purpose"]) == (mei.user_id, "locate")
