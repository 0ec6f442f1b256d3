"""Fences that a device knows by itself: seen first from outside, told by a drifting receiver, told again and again."""

from __future__ import annotations

from datetime import timedelta

from devices.event import Event, EventType
from devices.report import report
from devices.sources import watch3g
from rules.domain.vocabulary import Channel
from store.alarms import Accepted, Alarm, accept
from tests.story.centre_at_night import Night, night_in
from tests.town import CENTRE, Home

OUT_OF_FENCE = "UD,221126,061500,A,32.0412,N,121.1205,E,0,0,12,8,80,81,0,0,00000002,0,0,0"


async def _wanderer(night: Night) -> Home:
    await night.town.user()
    return await night.town.home(tags=("dementia",))


async def _says(night: Night, device: str, event: Event) -> Accepted:
    alarm = Alarm(device=device, event=event, channel=Channel.TELEMETRY, received_at=night.now, at_known=event.at_given)
    async with night.town.db.transaction() as connection:
        return await accept(connection, None, alarm, centre=CENTRE)


def _crossing(night: Night, type_: EventType) -> Event:
    return report(type_, at=night.now)


async def test_a_band_first_heard_outside_its_fence_is_not_overlooked_for_want_of_an_edge(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home = await _wanderer(night)
        content = OUT_OF_FENCE.encode()
        (outside,) = [
            event
            for event in watch3g.decode("", b"[3G*9705100012*%04X*%b]" % (len(content), content)).events
            if event.type is EventType.FENCE_EXIT
        ]
        assert outside.is_state, "it says that it is outside, not that it went"
        first = await _says(night, home.button, outside)
        assert (await night.case(first.incident_id))["class"] in {"wandering", "wandering_at_risk"}
        night.clock.advance(60)
        again = await _says(night, home.button, outside)
        assert (again.incident_id, again.rang) == (first.incident_id, False)


async def test_a_drifting_receiver_is_one_case_and_not_twenty(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home = await _wanderer(night)
        cases = set()
        for _ in range(20):
            night.clock.advance(20)
            cases.add((await _says(night, home.button, _crossing(night, EventType.FENCE_EXIT))).incident_id)
            night.clock.advance(20)
            await _says(night, home.button, _crossing(night, EventType.FENCE_ENTER))
        assert len(cases) == 1
        (case,) = cases
        assert (await night.case(case))["state"] == "open", "coming back resolves nothing by itself"


async def test_a_fence_of_somebody_who_may_go_calls_nobody_however_it_drifts(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        home = await night.town.home()
        for _ in range(5):
            night.clock.advance(int(timedelta(minutes=1).total_seconds()))
            told = await _says(night, home.button, _crossing(night, EventType.FENCE_EXIT))
            assert (told.incident_id, told.rang) == (None, False)
