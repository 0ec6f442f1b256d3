"""Who complained of whom stands in the books for ever; and the recording that would prove it is gone in half a year.

Complaints and what reviewers wrote of a call go three years after, as their cases do (centre.md, 33); numbers,
dates, findings and scores stay for the figures. Recordings of cases that a complaint names are kept as long.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from rules.domain.vocabulary import Step
from rules.engine.retention import RetentionPass
from shouwang.passes import periods_of
from shouwang.setting_tables import Retention
from store.retention import RetentionStore
from store.steps import Hand
from tests.story.conftest import Console
from tests.town import CENTRE, Town

YEARS = timedelta(days=1_096)


async def _erase(console: Console, now: datetime) -> None:
    await RetentionPass(RetentionStore(console.db, CENTRE), periods_of(Retention())).run_once(now)


async def _complaint(console: Console, by: Any, *, answered: bool = True) -> tuple[str, int]:
    case = await console.case(by)
    body = {
        "channel": "phone", "subject": "answer", "text": "nobody came", "incidents": [str(case)],
        "complainant": {"name": "王小明", "phone": "13800001234", "relation": "son"},
    }  # fmt: skip
    made = await by.posts("/complaints", body)
    path = f"/complaints/{made.body['id']}"
    if answered:
        said = await by.patches(path, {"answer": "we are sorry", "finding": "upheld"})
        assert said.status == 200, said.body
    return path, case


async def _sealed(console: Console) -> list[bool]:
    rows = await console.db.pool.fetch("SELECT length(sealed) > 0 AS there FROM complaint ORDER BY id")
    return [row["there"] for row in rows]


async def test_a_complaint_goes_three_years_after_its_answer(console: Console) -> None:
    by, later = await console.person("chen", "centre_manager"), console.clock.now() + YEARS
    path, _ = await _complaint(console, by)
    await _complaint(console, by, answered=False)
    await console.db.pool.execute("UPDATE legal_hold SET until_at = $1", console.clock.now())
    await _erase(console, console.clock.now() + timedelta(days=1_000))
    assert await _sealed(console) == [True, True]
    await _erase(console, later)
    assert await _sealed(console) == [False, True], "what was never answered is not done"
    read = await by.gets(path)
    assert (read.status, read.body["text"], read.body["complainant"]["name"]) == (200, "", "")
    assert (read.body["number"], read.body["finding"]) == ("C20261119-001", "upheld")
    rule = await console.db.pool.fetchval("SELECT erased_rule FROM text_key WHERE owner LIKE 'c%' AND wrapped IS NULL")
    assert rule == "complaints_1095_days"
    assert await console.db.pool.fetchval("SELECT rows FROM erasure WHERE what = 'complaints'") == 1
    await _erase(console, later)
    assert await console.db.pool.fetchval("SELECT count(*) FROM erasure WHERE what = 'complaints'") == 1


async def test_the_hold_of_its_cases_keeps_the_complaint_that_says_why(console: Console) -> None:
    await _complaint(console, await console.person("chen", "centre_manager"))
    await _erase(console, console.clock.now() + YEARS)
    assert await _sealed(console) == [True]


@pytest.mark.parametrize(("named", "days", "kept"), [(True, 200, True), (True, 1_096, False), (False, 200, False)])
async def test_a_recording_is_kept_as_long_as_the_complaint_that_names_its_case(
    console: Console, named: bool, days: int, kept: bool
) -> None:
    by = await console.person("chen", "centre_manager")
    _, case = await _complaint(console, by)
    other = await console.case(by, "medical_attention")
    await console.db.pool.execute("UPDATE incident SET priority_at_start = 3")
    await console.db.pool.execute("UPDATE legal_hold SET until_at = $1", console.clock.now())
    await console.db.pool.execute(
        "INSERT INTO call (direction, number, line, began_at, ended_at, incident_id, recording)"
        " VALUES ('in', '13900001234', '12349', $1, $1, $2, 'r-1')", console.clock.now(), case if named else other,
    )  # fmt: skip
    await _erase(console, console.clock.now() + timedelta(days=days))
    assert (await console.db.pool.fetchval("SELECT recording IS NOT NULL FROM call")) is kept


async def test_what_reviewers_wrote_goes_and_the_scores_stay(console: Console) -> None:
    dispatcher, reviewer = await console.person("li", "dispatcher"), await console.person("qian", "quality_reviewer")
    case = await console.case(dispatcher)
    town, by = Town(db=console.db), Hand(user_id=dispatcher.id)
    await town.step(case, Step.CLAIM, by, now=console.clock.now())
    facts = (("to", "resident"), ("result", "spoke_ok"), ("verified", "none"))
    await town.step(case, Step.CALL, by, now=console.clock.now(), facts=facts)
    drawn = await reviewer.posts("/call_audits", {"month": "2026-11"})
    path = f"/call_audits/{drawn.body['audits'][0]['id']}"
    scored = await reviewer.patches(path, {"scores": {"tone": 2}, "note": "asked for Mr Wang"})
    assert scored.status == 200, scored.body
    await _erase(console, console.clock.now() + timedelta(days=1_000))
    assert (await reviewer.gets(path)).body["note"] == "asked for Mr Wang"
    await _erase(console, console.clock.now() + YEARS)
    read = (await reviewer.gets(path)).body
    assert (read["note"], read["first"]["scores"]) == (None, {"tone": 2})
