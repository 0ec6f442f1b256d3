"""An outage was one grey row; behind it nobody counted who had been asked whether they are well."""

from __future__ import annotations

from rules.domain.outages import CallResult
from store.outage_calls import note_call
from store.outages import read_outage
from tests.story.watched_town import watch_in
from tests.town import CENTRE


async def test_each_call_stands_in_the_list_and_in_the_case_until_nobody_is_left(fresh_dsn: str) -> None:
    async with watch_in(fresh_dsn) as watch:
        names, homes = [], []
        for number in range(12):
            home = await watch.town.home(tags=("living_alone",) if number == 5 else ())
            await watch.town.db.pool.execute("DELETE FROM device_holder WHERE resident_id = $1", home.resident_id)
            names.append(f"v-{number}")
            homes.append(home)
            await watch.device(names[-1], interval_s=60, area="320000.village", resident_id=home.resident_id)
        await watch.look()
        await watch.jump(5, *names)
        await watch.pass_seconds(150)
        (case,) = [case for case in await watch.open_cases() if case["class"] == "area_outage"]
        by = (await watch.town.user()).user_id
        outage = await read_outage(watch.town.db, case["id"], sight=[])
        assert outage is not None
        assert (outage.left, outage.people[0].resident_id) == (12, str(homes[5].resident_id))
        for result in (CallResult.NO_ANSWER, CallResult.SEEN_OK):
            watch.clock.advance(60)
            await note_call(
                watch.town.db, case["id"], homes[5].resident_id, result, by=by, centre=CENTRE, now=watch.now
            )  # fmt: skip
        outage = await read_outage(watch.town.db, case["id"], sight=[])
        assert outage is not None
        assert (outage.left, outage.people[0].call_result) == (11, "seen_ok")
        assert (await watch.town.actions(case["id"])).count("noted") == 2
