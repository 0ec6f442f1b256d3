"""For how long somebody who goes may be shown a code."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rules.domain.assignments import GOING, Assignment, Standing
from rules.domain.ways_in import SHOWN_AFTER_ARRIVE_BY, may_see_code

NOW = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)


def _one(standing: Standing, *, arrive_by: datetime | None = NOW) -> Assignment:
    return Assignment(
        id=1, responder_id=2, standing=standing, round=0, offered_at=NOW, step=None, due_at=None, arrive_by=arrive_by
    )


@pytest.mark.parametrize("standing", list(Standing))
def test_only_who_accepted_and_goes_may_see_it(standing: Standing) -> None:
    assert may_see_code(_one(standing), now=NOW) is (standing in GOING)


@pytest.mark.parametrize("late", [timedelta(0), timedelta(seconds=1), timedelta(hours=11)])
def test_who_never_came_may_not_and_who_is_there_may(late: timedelta) -> None:
    now = NOW + SHOWN_AFTER_ARRIVE_BY + late
    assert may_see_code(_one(Standing.EN_ROUTE), now=now) is (late == timedelta(0))
    assert may_see_code(_one(Standing.ON_SCENE), now=now)


def test_who_is_expected_at_no_time_is_not_late() -> None:
    assert may_see_code(_one(Standing.ACCEPTED, arrive_by=None), now=NOW + timedelta(hours=11))
