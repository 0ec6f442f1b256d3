"""A row that raises is counted and put off for itself alone; a database that is away concerns them all."""

from __future__ import annotations

from datetime import timedelta

import asyncpg
import pytest

from rules.engine import metrics
from store.row_guard import REMEMBERED_MOST, RowGuard
from tests.town import NOW


def _fails(guard: RowGuard, key: object, after_s: float = 0) -> None:
    with guard.row(key, NOW + timedelta(seconds=after_s)):
        raise ValueError("a row that cannot be read")


def _waits(guard: RowGuard, key: object, after_s: float) -> bool:
    return guard.waits(key, NOW + timedelta(seconds=after_s))


def test_the_next_row_goes_on_and_the_failure_is_counted() -> None:
    guard, done = RowGuard("a test"), []
    counted = metrics.pass_rows_failed_total.labels(name="a test")
    before = counted._value.get()
    for key in (1, 2, 3):
        with guard.row(key, NOW):
            if key == 2:
                raise ValueError("a row that cannot be read")
            done.append(key)
    assert done == [1, 3]
    assert counted._value.get() == before + 1


def test_what_failed_is_tried_after_5_15_and_60_s_and_then_every_minute() -> None:
    guard = RowGuard("a test")
    at_s = 0.0
    for wait_s in (5, 15, 60, 60):
        _fails(guard, 7, at_s)
        assert _waits(guard, 7, at_s + wait_s - 1)
        at_s += wait_s
        assert not _waits(guard, 7, at_s)
    assert not _waits(guard, 8, 0), "nobody else waits for it"


def test_what_goes_well_again_has_never_failed() -> None:
    guard = RowGuard("a test")
    _fails(guard, 7)
    with guard.row(7, NOW):
        pass
    assert not _waits(guard, 7, 0)
    assert guard.room(100) == 100


def test_rows_that_are_put_off_take_no_others_place() -> None:
    guard = RowGuard("a test")
    for key in range(30):
        _fails(guard, key)
    assert guard.room(100) == 130


def test_no_more_rows_are_remembered_than_there_is_room_for() -> None:
    guard = RowGuard("a test")
    for key in range(REMEMBERED_MOST + 5):
        _fails(guard, key)
    assert guard.room(0) == REMEMBERED_MOST
    assert not _waits(guard, 0, 0), "the oldest is tried again sooner"


@pytest.mark.parametrize("away", [OSError(), asyncpg.InterfaceError("closed"), asyncpg.ConnectionDoesNotExistError()])
def test_a_database_that_is_away_is_nobodys_row(away: Exception) -> None:
    guard = RowGuard("a test")
    with pytest.raises(type(away)), guard.row(7, NOW):
        raise away
    assert not _waits(guard, 7, 0)
