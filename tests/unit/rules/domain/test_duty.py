from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rules.domain.duty import Desk, Presence, judge, uncovered

NOW = datetime(2026, 11, 19, 3, 0, tzinfo=UTC)


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("acted_min", "stream_s", "asked_min", "presence"),
    [
        (1, 2, None, Presence.PRESENT),
        (30, 2, None, Presence.PRESENT),
        (31, 2, None, Presence.ASKED),
        (31, 2, 0.5, Presence.ASKED),
        (33, 2, 1.5, Presence.AWAY),
        (33, None, 1.5, Presence.AWAY),
        (1, 16, None, Presence.SILENT),
        (33, 16, 1.5, Presence.SILENT),
        (1, None, None, Presence.PRESENT),
    ],
)
def test_a_desk_is_asked_then_away_and_a_lost_stream_is_found_first(
    acted_min: float, stream_s: float | None, asked_min: float | None, presence: Presence
) -> None:
    desk = Desk(
        user_id=1,
        acted_at=ago(acted_min),
        since=ago(600),
        stream_at=NOW - timedelta(seconds=stream_s) if stream_s is not None else None,
        asked_at=ago(asked_min) if asked_min is not None else None,
    )
    assert judge(desk, now=NOW) is presence


def test_an_answer_given_an_hour_ago_is_no_answer_to_this_question() -> None:
    desk = Desk(user_id=1, acted_at=ago(31), since=ago(600), asked_at=ago(90))
    assert judge(desk, now=NOW) is Presence.ASKED


def test_going_on_duty_is_an_act_and_a_stream_has_its_time_from_then() -> None:
    desk = Desk(user_id=1, acted_at=ago(600), since=ago(0.1), stream_at=ago(60))
    assert judge(desk, now=NOW) is Presence.PRESENT


@pytest.mark.parametrize(
    ("areas", "sights", "bare"),
    [
        ([""], [[]], ()),
        ([""], [], ("",)),
        (["", "a", "a.b"], [], ("",)),
        (["", "a", "b"], [["a"]], ("b",)),
        (["", "a.x", "a.y"], [["a"]], ()),
        (["", "a", "a.x"], [["b"]], ("a",)),
        ([], [], ()),
    ],
)
def test_the_widest_areas_that_nobody_sees_are_named(
    areas: list[str], sights: list[list[str]], bare: tuple[str, ...]
) -> None:
    assert uncovered(areas, sights) == bare
