"""Duplicates, lateness, leases and the order of the queue: small judgements, each by a table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rules.domain import duplicates, lateness, lease
from rules.domain.queue import queue_key
from rules.domain.vocabulary import Priority

NOW = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("last_copy_s", "other_seen", "alarm", "duplicate", "reused"),
    [
        (None, False, True, False, False),
        (None, True, True, False, True),
        (5, False, True, True, False),
        (5, True, True, True, False),
        (86_399, False, True, True, False),
        (86_400, False, True, False, True),
        (86_400, False, False, True, False),
        (48 * 3600, False, False, False, True),
    ],
)
def test_an_alarm_is_a_copy_only_of_one_seen_within_a_day(
    last_copy_s: float | None, other_seen: bool, alarm: bool, duplicate: bool, reused: bool
) -> None:
    last_copy_at = None if last_copy_s is None else ago(last_copy_s)
    verdict = duplicates.judge(last_copy_at=last_copy_at, other_digest_seen=other_seen, alarm=alarm, now=NOW)
    assert (verdict.duplicate, verdict.id_reused) == (duplicate, reused)


def test_a_repeat_without_identity_never_vanishes_when_nothing_is_open() -> None:
    assert duplicates.judge_without_identity(incident_open=True).duplicate
    assert not duplicates.judge_without_identity(incident_open=False).duplicate


@pytest.mark.parametrize(
    ("at", "in_flush", "proven", "late", "wrong"),
    [
        (ago(0), False, False, False, False),
        (ago(600), False, False, False, False),
        (ago(-600), False, False, False, False),
        (ago(601), False, False, False, True),
        (ago(601), False, True, True, False),
        (ago(601), True, False, True, False),
        (ago(-601), True, True, False, True),
        (datetime(1970, 1, 1, tzinfo=UTC), True, True, False, True),
        (None, True, True, False, False),
    ],
)
def test_late_is_said_only_of_a_clock_that_is_known_to_be_right(
    at: datetime | None, in_flush: bool, proven: bool, late: bool, wrong: bool
) -> None:
    judged = lateness.judge(at, NOW, in_flush=in_flush, clock_proven=proven)
    assert (judged.late, judged.clock_wrong) == (late, wrong)
    assert (judged.age_s is None) is (wrong or at is None)


def test_a_live_message_in_time_proves_a_clock() -> None:
    assert lateness.proves_clock(ago(600), NOW)
    assert not lateness.proves_clock(ago(601), NOW)
    assert not lateness.proves_clock(None, NOW)


def test_a_claim_holds_for_twenty_seconds_and_no_longer() -> None:
    until = lease.lease_until(ago(20))
    assert lease.judge(until, now=ago(0.001), resumed_at=None).reason is lease.Reason.HELD
    assert lease.judge(until, now=NOW, resumed_at=None).lapsed


def test_after_an_outage_of_ours_every_claim_has_one_more_term() -> None:
    until = ago(300)
    spared = lease.judge(until, now=NOW, resumed_at=ago(19.9))
    assert (spared.lapsed, spared.reason) == (False, lease.Reason.TERM_AFTER_OUTAGE)
    assert lease.judge(until, now=NOW, resumed_at=ago(20)).lapsed
    assert lease.lapsed_before(NOW, resumed_at=ago(19.9)) is None
    assert lease.lapsed_before(NOW, resumed_at=ago(20)) == NOW
    assert lease.lapsed_before(NOW, resumed_at=None) == NOW


def test_the_queue_is_by_priority_then_unattended_then_registered_then_oldest() -> None:
    def key(priority: Priority, attended: bool, unregistered: bool, age_s: int, incident_id: int) -> tuple[object, ...]:
        return queue_key(
            priority=priority,
            attended=attended,
            unregistered=unregistered,
            oldest_alarm_at=ago(age_s),
            incident_id=incident_id,
        )

    in_order = [
        key(Priority.CRITICAL, False, False, 90, 9),
        key(Priority.CRITICAL, False, False, 10, 1),
        key(Priority.CRITICAL, False, True, 900, 2),
        key(Priority.CRITICAL, True, False, 900, 3),
        key(Priority.URGENT, False, False, 9000, 4),
        key(Priority.URGENT, False, False, 9000, 5),
    ]
    assert sorted(set(in_order)) == in_order


def test_a_priority_is_read_and_written_as_its_label() -> None:
    assert [priority.label for priority in Priority] == ["P1", "P2", "P3", "P4", "P5"]
    assert Priority.from_label("P3") is Priority.NOTICE
    for wrong in ("P0", "p1", "1", "P9999999999999", ""):
        with pytest.raises(ValueError, match="not a priority"):
            Priority.from_label(wrong)
