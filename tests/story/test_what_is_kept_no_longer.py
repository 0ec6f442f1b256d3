"""Erasing breaks the chain, or the chain stops the erasing: neither; and what is held for a court is not erased."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from devices.event import EventType
from rules.domain.retention import Periods
from rules.domain.vocabulary import Step
from rules.engine.retention import RetentionPass
from store import anchors
from store.partitions import make_days_ahead
from store.retention import RetentionStore
from store.verifying import verify_all
from tests.story.centre_at_night import Night, night_in
from tests.town import CENTRE, Home

PERIODS = Periods(
    incidents=1095, recordings=180, recordings_kept=1095, positions=30, readings=365, dead_letters=90,
    access_logs=365, calls=180, held=365, complaints=1095, call_audits=1095, residents_left=90,
)  # fmt: skip
YEARS = timedelta(days=1096)


async def erase(night: Night, now: datetime) -> None:
    await RetentionPass(RetentionStore(night.town.db, CENTRE), PERIODS).run_once(now)


async def closed_case(night: Night) -> tuple[Home, int]:
    home, desk = await night.town.home(), await night.town.user()
    case = (await night.press(home)).incident_id
    assert case is not None
    await night.step(case, Step.CLAIM, desk)
    await night.step(case, Step.NOTE, desk, text="she sat on the kitchen floor")
    await night.town.resolve(case, desk, now=night.now)
    night.clock.advance(3600)
    await night.step(case, Step.CLOSE, desk, if_match=(await night.case(case))["version"])
    await anchors.write(night.town.db, night.now)
    return home, case


async def texts(night: Night, case: int) -> int:
    query = "SELECT count(*) FROM entry_text WHERE incident_id = $1 AND sealed IS NOT NULL"
    count: int = await night.town.db.pool.fetchval(query, case)
    return count


async def test_a_case_kept_long_enough_loses_its_words_and_its_chain_still_verifies(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        _, case = await closed_case(night)
        await erase(night, night.now + timedelta(days=1000))
        assert await texts(night, case) == 1
        await erase(night, night.now + YEARS)
        assert await texts(night, case) == 0
        row = await night.case(case)
        assert (row["place"], row["erased_at"]) == (None, night.now + YEARS)
        assert (await night.actions(case))[-1] == "erased"
        report = await verify_all(night.town.db, CENTRE.keyring)
        assert (report.broken, report.erased) == ((), 1)
        written = await night.town.db.pool.fetchrow("SELECT what, rows FROM erasure WHERE what = 'incidents'")
        assert tuple(written) == ("incidents", 1)
        await erase(night, night.now + YEARS)
        assert (await night.actions(case)).count("erased") == 1


async def test_a_legal_hold_stops_the_erasing_of_its_case_its_person_and_its_period(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        _, held_case = await closed_case(night)
        home, of_person = await closed_case(night)
        hold = (
            "INSERT INTO legal_hold (author, reason, resident_id, incident_id, from_at)"
            " VALUES (1, 'a court', $1, $2, $3)"
        )
        await night.town.db.pool.execute(hold, home.resident_id, None, night.now)
        await night.town.db.pool.execute(hold, None, held_case, night.now)
        await erase(night, night.now + YEARS)
        assert [await texts(night, held_case), await texts(night, of_person)] == [1, 1]
        await night.town.db.pool.execute("UPDATE legal_hold SET until_at = $1", night.now)
        await night.town.db.pool.execute(
            "INSERT INTO legal_hold (author, reason, from_at, period_from, period_until)"
            " VALUES (1, 'a review', $1, $2, $3)",
            night.now, night.now - timedelta(days=1), night.now,
        )  # fmt: skip
        await erase(night, night.now + YEARS)
        assert [await texts(night, held_case), await texts(night, of_person)] == [1, 1]
        await night.town.db.pool.execute("DELETE FROM legal_hold")
        await erase(night, night.now + YEARS)
        assert [await texts(night, held_case), await texts(night, of_person)] == [0, 0]


async def reading(night: Night, device: str, id_: str, data: dict[str, Any], at: datetime) -> None:
    await night.town.db.pool.execute(
        "INSERT INTO reading (received_at, at, digest, device_id, late, type, event_id, data)"
        " SELECT $2, $2, 1, id, false, $4, $3, $5 FROM device WHERE device = $1",
        device, at, id_, "vitals" if "vitals" in data else "location", data,
    )  # fmt: skip


async def test_positions_go_after_a_month_and_those_of_a_case_stay_with_the_case(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        async with night.town.db.pool.acquire() as connection:
            await make_days_ahead(connection, night.now)
        home, other = await night.town.home(), await night.town.home()
        await night.press(home, EventType.SOS)
        where = {"location": {"lat": 31.9, "lon": 121.2}}
        await reading(night, home.button, "a", where, night.now)
        await reading(night, other.button, "b", where, night.now)
        await erase(night, night.now + timedelta(days=29))
        positions = "SELECT count(*) FROM reading WHERE data ? 'location'"
        assert await night.town.db.pool.fetchval(positions) == 2
        await erase(night, night.now + timedelta(days=32))
        assert await night.town.db.pool.fetchval(positions) == 0
        kept = await night.town.db.pool.fetch("SELECT location FROM case_position")
        assert [row["location"] for row in kept] == [where["location"]]


async def test_a_day_of_readings_becomes_daily_figures_before_it_goes(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        async with night.town.db.pool.acquire() as connection:
            await make_days_ahead(connection, night.now)
        home = await night.town.home()
        for number, rate in enumerate((60, 70, 95)):
            await reading(night, home.button, f"v{number}", {"vitals": {"heart_rate_bpm": rate}}, night.now)
        later = night.now + timedelta(days=368)
        for _ in range(20):
            await erase(night, later)
        rows = await night.town.db.pool.fetch("SELECT what, readings, least, most, mean FROM reading_day")
        assert [tuple(row) for row in rows] == [("heart_rate_bpm", 3, 60.0, 95.0, 75.0)]
        assert await night.town.db.pool.fetchval("SELECT count(*) FROM reading") == 0


async def test_somebody_who_left_keeps_a_name_only_where_a_case_needs_it(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home, _ = await closed_case(night)
        gone = await night.town.home(tags=("living_alone",))
        for resident in (home.resident_id, gone.resident_id):
            await night.town.db.pool.execute(
                "UPDATE resident SET status = 'moved', search = 'wang', phone = '13800000000' WHERE id = $1", resident
            )
            await night.town.db.pool.execute(
                "UPDATE device_holder SET to_at = $2 WHERE resident_id = $1", resident, night.now + timedelta(days=1)
            )
        await erase(night, night.now + timedelta(days=91))
        rows = await night.town.db.pool.fetch("SELECT name, phone, tags FROM resident ORDER BY id")
        assert [row["phone"] for row in rows] == [None, None]
        assert [row["name"] == "—" for row in rows] == [False, True]


async def _call(night: Night, *, resident_id: int | None = None, recording: str | None = None, **more: Any) -> int:
    call: int = await night.town.db.pool.fetchval(
        "INSERT INTO call (direction, number, began_at, ended_at, recording, resident_id, incident_id)"
        " VALUES ('in', '13800001' || (SELECT count(*) FROM call)::text, $1, $1, $2, $3, $4) RETURNING id",
        night.now, recording, resident_id, more.get("incident_id"),
    )  # fmt: skip
    return call


async def _numbers(night: Night) -> list[int]:
    rows = await night.town.db.pool.fetch("SELECT id FROM call WHERE number <> '' ORDER BY id")
    return [row["id"] for row in rows]


async def test_the_number_of_a_call_that_no_case_came_of_goes_after_half_a_year(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home, case = await closed_case(night)
        of_case, recorded = await _call(night, incident_id=case), await _call(night, recording="r-1")
        for_a_court = await _call(night, resident_id=home.resident_id)
        await _call(night)
        await night.town.db.pool.execute(
            "INSERT INTO legal_hold (author, reason, resident_id, from_at) VALUES (1, 'a court', $1, $2)",
            home.resident_id, night.now,
        )  # fmt: skip
        await erase(night, night.now + timedelta(days=179))
        assert len(await _numbers(night)) == 4
        await night.town.db.pool.execute(
            "UPDATE call SET began_at = began_at + interval '9 days' WHERE id = $1", recorded
        )
        await erase(night, night.now + timedelta(days=181))
        assert await _numbers(night) == [of_case, recorded, for_a_court]
        written = await night.town.db.pool.fetchrow("SELECT rows FROM erasure WHERE what = 'calls'")
        assert written["rows"] == 1


async def test_what_was_held_back_goes_a_year_after_it_ended_and_not_before(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        homes = [await night.town.home() for _ in range(3)]
        for home, ended_at in zip(homes, (night.now, night.now, None), strict=True):
            await night.town.db.pool.execute(
                "INSERT INTO held (kind, ref, device_id, premises_id, class, topic, first_at, last_at, ended_at)"
                " SELECT 'silence', 1, id, $2, 'fault', 'fault', $3, $3, $4 FROM device WHERE device = $1",
                home.button, home.premises_id, night.now, ended_at,
            )  # fmt: skip
        await night.town.db.pool.execute(
            "INSERT INTO legal_hold (author, reason, resident_id, from_at) VALUES (1, 'a court', $1, $2)",
            homes[1].resident_id, night.now,
        )  # fmt: skip
        await erase(night, night.now + timedelta(days=364))
        kept = "SELECT premises_id FROM held ORDER BY no"
        assert len(await night.town.db.pool.fetch(kept)) == 3
        await erase(night, night.now + timedelta(days=366))
        left = [row["premises_id"] for row in await night.town.db.pool.fetch(kept)]
        assert left == [homes[1].premises_id, homes[2].premises_id]


async def test_one_case_that_cannot_be_erased_keeps_no_other_and_no_other_kind(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        _, broken = await closed_case(night)
        _, sound = await closed_case(night)
        await _call(night)
        await night.town.db.pool.execute("UPDATE incident SET plan = '[{}]' WHERE id = $1", broken)
        await erase(night, night.now + YEARS)
        assert (await texts(night, sound), await _numbers(night)) == (0, [])
        await night.town.db.pool.execute("UPDATE incident SET plan = '[]' WHERE id = $1", broken)
        await erase(night, night.now + YEARS)
        assert await texts(night, broken) == 0
