"""One row that cannot be worked on stops the queue behind it: of dispatch, and of what is to be told."""

from __future__ import annotations

from rules.domain.sending import Kind
from rules.engine.dispatch import DispatchPass
from rules.engine.outbox import Letter, Outcome
from store.field_due import FieldDueStore
from tests.story.people_who_go import field_in
from tests.story.telephones import Provider, telephones_in
from tests.town import CENTRE


async def test_offers_of_the_other_cases_time_out_though_one_case_cannot_be_read(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        night = field.night
        for _ in range(4):
            await field.responder()
        calls = [(await night.press(await night.town.home())).incident_id for _ in range(2)]
        await night.pass_seconds(185)
        asked = [await field.standing(call) for call in calls]
        assert all(asked), "somebody was asked for each"
        await night.town.db.pool.execute("UPDATE incident SET class = 'of_next_year' WHERE id = $1", calls[0])
        watch = DispatchPass(FieldDueStore(night.town.db, CENTRE))
        for _ in range(60):
            night.clock.advance(5)
            await watch.run_once(night.now)
        assert "timed_out" in (await field.standing(calls[1])).values(), "its offer waited for another case"
        await night.town.db.pool.execute("UPDATE incident SET class = 'sos' WHERE id = $1", calls[0])


async def test_a_notice_that_makes_its_channel_raise_delays_nobody_elses(fresh_dsn: str) -> None:
    broken = Provider(name="broken", kind=Kind.WEBHOOK, answers_with=_raises)
    async with telephones_in(fresh_dsn, more=(broken,)) as centre:
        await centre.user("supervisor", phone="13900000001")
        await centre.user("supervisor", phone="13900000002", rank=2)
        await centre.press(await centre.night.town.home())
        await centre.night.town.db.pool.execute(
            "INSERT INTO outbox (recipient, purpose, priority, due_at, made_at)"
            " VALUES ('webhook:broken', 'information', 1, $1, $1)",
            centre.now,
        )
        await centre.pass_seconds(100)
        assert centre.voice.of(), "nobody was rung"


def _raises(letter: Letter) -> Outcome:
    raise RuntimeError("a channel promises never to raise")
