"""What is asked of a band and when; ids that no other command has."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.commands import Announcement
from rules.domain.commands import (
    ANNOUNCED,
    FASTER_FIXES_S,
    WORDS,
    Asked,
    CommandState,
    FixesAsked,
    fixes_due,
    fixes_order,
    read_wire_id,
    wire_id,
)

NOW = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)
CASE, OTHER = 7, 8


def asked(
    state: CommandState, *, minutes_ago: float = 0, asked: Asked = Asked.FASTER_FIXES, incident_id: int = CASE
) -> FixesAsked:
    made_at = NOW - timedelta(minutes=minutes_ago)
    return FixesAsked(asked=asked, state=state, incident_id=incident_id, made_at=made_at)


@pytest.mark.parametrize(
    ("last", "case", "due"),
    [
        (None, None, None),
        (None, CASE, Asked.FASTER_FIXES),
        (asked(CommandState.WAITING), CASE, None),
        (asked(CommandState.SENT, minutes_ago=14), CASE, None),
        (asked(CommandState.EXPIRED, minutes_ago=15), CASE, Asked.FASTER_FIXES),
        (asked(CommandState.ANSWERED, minutes_ago=89.9), CASE, None),
        (asked(CommandState.ANSWERED, minutes_ago=90), CASE, Asked.FASTER_FIXES),
        (asked(CommandState.REFUSED, minutes_ago=5), CASE, None),
        (asked(CommandState.UNDELIVERABLE, minutes_ago=600), CASE, None),
        (asked(CommandState.UNDELIVERABLE, incident_id=OTHER), CASE, Asked.FASTER_FIXES),
        (asked(CommandState.ANSWERED, incident_id=OTHER), CASE, Asked.FASTER_FIXES),
        (asked(CommandState.ANSWERED, asked=Asked.FIXES_RESTORED), CASE, Asked.FASTER_FIXES),
        (asked(CommandState.ANSWERED, minutes_ago=119), None, Asked.FIXES_RESTORED),
        (asked(CommandState.WAITING), None, Asked.FIXES_RESTORED),
        (asked(CommandState.EXPIRED, minutes_ago=20), None, Asked.FIXES_RESTORED),
        (asked(CommandState.ANSWERED, minutes_ago=120), None, None),
        (asked(CommandState.UNDELIVERABLE), None, None),
        (asked(CommandState.ANSWERED, asked=Asked.FIXES_RESTORED), None, None),
    ],
)
def test_what_a_band_is_asked_now(last: FixesAsked | None, case: int | None, due: Asked | None) -> None:
    assert fixes_due(last, case, now=NOW) is due


def test_a_band_that_reports_oftener_by_itself_is_not_slowed_down() -> None:
    order = fixes_order(Asked.FASTER_FIXES, usual_s=10, now=NOW)
    assert order.args["seconds"] == 10
    assert fixes_order(Asked.FASTER_FIXES, usual_s=600, now=NOW).args["seconds"] == FASTER_FIXES_S


def test_every_announcement_has_its_words_and_none_of_them_says_help_before_somebody_goes() -> None:
    assert set(WORDS) == set(ANNOUNCED) == set(Announcement)
    assert "help" not in WORDS[Announcement.TAKEN]["en"].lower()
    assert "赶来" not in WORDS[Announcement.TAKEN]["zh"]


@given(
    number=st.integers(1, 10**18 - 1),
    at=st.datetimes(datetime(2020, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  # made aware
)
def test_an_id_on_the_wire_names_its_command_and_its_making(number: int, at: datetime) -> None:
    id_ = wire_id(number, at)
    assert len(id_) <= 64
    named = read_wire_id(id_)
    assert named is not None
    assert named[0] == number
    assert read_wire_id(wire_id(number, at + timedelta(milliseconds=1))) != named


@given(st.text(max_size=80))
def test_any_text_is_an_id_or_none(text: str) -> None:
    named = read_wire_id(text)
    assert named is None or all(0 <= part < 2**63 for part in named)
