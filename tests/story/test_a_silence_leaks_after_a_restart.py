"""The mistake: a silence is kept in memory, and whatever comes in the first seconds after a restart is heard after all.

Also: it is shown as active and holds nothing, and nobody can tell; or it holds the first notice of a case only, while
the escalation of what is open already goes on.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from devices.event import EventType
from rules.domain.vocabulary import Step
from store.silences import SilenceRefused, end_silence, read_silence
from tests.story.holding_town import AREA, holding_in


async def test_a_silence_holds_counts_and_lets_go_on_what_is_still_bad_at_its_end(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        by, device = await town.night.town.user("supervisor"), await town.device()
        silence = await town.silence(by, classes=("fault_life_safety",), area=AREA, seconds=600)
        await town.says(device, EventType.FAULT)
        await town.says(device, EventType.FAULT)
        assert await town.open_cases() == []
        assert await town.decision_of(device) == "silenced"
        seen, _ = await read_silence(town.db, silence, now=town.night.now)
        assert (seen.hits, seen.never_hit, seen.last_hit_at) == (2, False, town.night.now)
        await town.later(599)
        assert await town.open_cases() == []
        await town.later(1)
        (case,) = await town.open_cases()
        assert (case["class"], case["alert_count"]) == ("fault_life_safety", 1)
        await town.later(5)
        assert len(await town.open_cases()) == 1


async def test_what_ended_meanwhile_opens_nothing_at_the_silences_end(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        by, device = await town.night.town.user("supervisor"), await town.device()
        await town.silence(by, types=("fault",), seconds=600)
        await town.says(device, EventType.FAULT)
        town.night.clock.advance(60)
        await town.says(device, EventType.FAULT_CLEAR)
        await town.later(700)
        assert await town.open_cases() == []


async def test_a_silence_never_holds_a_call_from_the_same_device(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        by, device = await town.night.town.user("supervisor"), await town.device()
        await town.silence(by, classes=("fault_life_safety",), device_id=await town.device_id(device))
        for type_ in (EventType.SMOKE, EventType.SOS, EventType.FALL, EventType.GAS):
            assert (await town.says(device, type_)).incident_id is not None
        assert (await town.says(await town.device(), EventType.FAULT)).incident_id is not None, "of another device"


async def test_the_escalation_of_an_open_case_is_held_and_goes_on_with_one_notice(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        by, device = await town.night.town.user("supervisor"), await town.device()
        case = (await town.says(device, EventType.TAMPER)).incident_id
        silence = await town.silence(by, classes=("tamper",), seconds=7200)
        await town.later(3600)
        assert await town.night.actions(case) == ["opened", "held"]
        await town.later(600)
        assert await town.night.actions(case) == ["opened", "held"]
        await end_silence(town.db, silence, by=by.user_id, now=town.night.now)
        await town.later(1)
        assert await town.night.actions(case) == ["opened", "held", "released", "escalated"]
        await town.later(60)
        assert (await town.night.actions(case)).count("escalated") == 1


async def test_a_held_case_that_somebody_takes_is_theirs(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        by, device = await town.night.town.user("supervisor"), await town.device()
        case = (await town.says(device, EventType.TAMPER)).incident_id
        await town.silence(by, classes=("tamper",), seconds=7200)
        await town.later(3600)
        await town.night.step(case, Step.CLAIM, by)
        await town.later(7200)
        assert "released" not in (await town.night.actions(case))[2:3]


@pytest.mark.parametrize(
    ("classes", "types", "seconds"),
    [(("sos",), (), 60), ((), ("smoke",), 60), ((), (), 60), (("fault",), (), 31 * 86400), (("fault",), (), -1)],
)
async def test_no_silence_is_made_that_could_match_a_call_or_has_no_end(
    fresh_dsn: str, classes: tuple[str, ...], types: tuple[str, ...], seconds: int
) -> None:
    async with holding_in(fresh_dsn) as town:
        by = await town.night.town.user("supervisor")
        with pytest.raises(SilenceRefused):
            await town.silence(by, classes=classes, types=types, seconds=seconds)


async def test_a_silence_that_never_hits_says_so(fresh_dsn: str) -> None:
    async with holding_in(fresh_dsn) as town:
        by = await town.night.town.user("supervisor")
        silence = await town.silence(by, classes=("fault",))
        seen, _ = await read_silence(town.db, silence, now=town.night.now + timedelta(seconds=1))
        assert (seen.hits, seen.never_hit, seen.running) == (0, True, True)
