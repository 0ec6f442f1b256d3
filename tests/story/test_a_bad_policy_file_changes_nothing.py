"""A line mistyped in the county's file must not stop the alarms, and must not pass unseen either."""

from __future__ import annotations

from pathlib import Path

import pytest

from devices.event import EventType
from shouwang.metrics import policy_file_ok
from shouwang.policy_file import PolicyFileWrong
from shouwang.policy_watch import PolicyFilePass, begin_with
from store import policy_versions
from tests.story.centre_at_night import Night, night_in
from tests.story.under_policy import HEAD

GOOD = HEAD + "[classes.fall]\nfirst_escalation_s = 30\n"
BAD = HEAD + '[classes.fall]\npriority = "P4"\nfrist_escalation_s = 30\n'
NEWER = GOOD.replace("= 30", "= 20")


async def in_force(night: Night) -> str:
    return (await policy_versions.in_force(night.town.db)).version


def metric() -> float:
    return float(policy_file_ok._value.get())


async def test_a_bad_file_changes_nothing_and_says_why_and_a_good_one_is_a_proposal(
    fresh_dsn: str, tmp_path: Path
) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(GOOD, encoding="utf-8")
    async with night_in(fresh_dsn) as night:
        db = night.town.db
        await begin_with(db, path, demo=False, now=night.now)
        first = await in_force(night)
        assert first.startswith("chengwan-1+"), "nothing was ever decided by anything else: it takes effect at once"
        looks = PolicyFilePass(db, path)
        await looks.run_once(night.now)
        assert metric() == 1

        path.write_text(BAD, encoding="utf-8")
        await looks.run_once(night.now)
        assert await in_force(night) == first
        assert metric() == 0
        state = await policy_versions.file_state(db)
        assert state is not None
        assert "classes.fall: P4 is under the floor P2" in state.problems
        assert any("did you mean first_escalation_s?" in line for line in state.problems)
        call = await night.press(await night.town.home(), EventType.FALL)
        assert (await night.case(call.incident_id))["first_escalation_s"] == 30, "the last good one decides"

        path.write_text(NEWER, encoding="utf-8")
        await looks.run_once(night.now)
        assert await in_force(night) == first, "a good new text is a proposal: a second person approves it"
        assert metric() == 1
        assert len(await policy_versions.waiting(db)) == 1
        assert await looks.run_once(night.now) == 0, "what has not changed is not read again"


async def test_a_bad_file_refuses_the_first_start_and_never_one_in_the_night(fresh_dsn: str, tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(BAD, encoding="utf-8")
    async with night_in(fresh_dsn) as night:
        with pytest.raises(PolicyFileWrong) as refused:
            await begin_with(night.town.db, path, demo=False, now=night.now)
        assert len(refused.value.lines) == 2, "a line for each problem"
        assert all("policy.toml" in line for line in refused.value.lines)
        await night.press(await night.town.home())
        await begin_with(night.town.db, path, demo=False, now=night.now)
        assert await in_force(night) == "builtin-3"


async def test_a_file_found_at_a_later_start_waits_for_two_people_and_a_demonstration_does_not(
    fresh_dsn: str, tmp_path: Path
) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(GOOD, encoding="utf-8")
    async with night_in(fresh_dsn) as night:
        await night.press(await night.town.home())
        await begin_with(night.town.db, path, demo=False, now=night.now)
        assert await in_force(night) == "builtin-3"
        await begin_with(night.town.db, path, demo=True, now=night.now)
        assert (await in_force(night)).startswith("chengwan-1+")


async def test_a_text_that_somebody_refused_is_not_proposed_again_by_lying_there(
    fresh_dsn: str, tmp_path: Path
) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(GOOD, encoding="utf-8")
    async with night_in(fresh_dsn) as night:
        db = night.town.db
        await night.press(await night.town.home())
        hand = await night.town.user()
        await PolicyFilePass(db, path).run_once(night.now)
        (version,) = await policy_versions.waiting(db)
        number = await policy_versions.number_of(db, version)
        await policy_versions.refuse(db, number, by=hand.user_id, reason="too soon", now=night.now)
        await PolicyFilePass(db, path).run_once(night.now)
        assert await policy_versions.waiting(db) == []


async def test_a_file_that_went_away_is_said_too(fresh_dsn: str, tmp_path: Path) -> None:
    async with night_in(fresh_dsn) as night:
        await PolicyFilePass(night.town.db, tmp_path / "gone.toml").run_once(night.now)
        state = await policy_versions.file_state(night.town.db)
        assert state is not None
        assert state.problems == ["file: No such file or directory"]
