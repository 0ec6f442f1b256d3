"""One way of helping that cannot go on is said aloud, and every other goes on: the desk's stages, above all."""

from __future__ import annotations

from typing import Any

import pytest

from rules.domain.firing import decide
from store import field, reaching
from tests.story.centre_at_night import night_in


async def _never(*_: Any, **__: Any) -> Any:
    raise RuntimeError("nobody's list can be read")


async def test_responders_that_cannot_be_read_do_not_stop_the_desks_stages(
    fresh_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with night_in(fresh_dsn) as night:
        await night.town.user()
        call = (await night.press(await night.town.home())).incident_id
        monkeypatch.setattr(field, "rank_for", _never)
        stages: list[int] = []
        for second in range(400):
            night.clock.advance(1)
            report = await night.engine.fire_due(night.now, 100, decide)
            stages += [second for firing in report.firings if firing.entry == "escalated"]
        actions = await night.actions(call)
        assert actions.count("escalated") >= 6, "a whole round of the ladder"
        assert min(stages) <= 62, "and the first of it in its time"
        assert actions.count("step_failed") >= 2, "what does not work is said every minute"


async def test_people_that_cannot_be_read_do_not_keep_the_supervisors_screens_quiet(
    fresh_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with night_in(fresh_dsn) as night:
        await night.town.user()
        call = (await night.press(await night.town.home())).incident_id
        monkeypatch.setattr(reaching, "_people", _never)
        for _ in range(300):
            night.clock.advance(1)
            await night.engine.fire_due(night.now, 100, decide)
        assert (await night.actions(call)).count("step_failed") >= 2
        case = await night.case(call)
        assert case["sound_to"] == "supervisors"
        assert (night.now - case["sounded_at"]).total_seconds() <= 61
