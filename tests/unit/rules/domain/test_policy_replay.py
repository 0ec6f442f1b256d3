from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from devices.event import EventType
from rules.domain.policy import Context
from rules.domain.policy_lint import checked
from rules.domain.policy_replay import SHOWN_MOST, Recorded, Replay
from rules.domain.policy_value import BUILTIN
from rules.domain.vocabulary import Wearer

NOW = datetime(2026, 11, 19, 6, 0, tzinfo=UTC)
HEAD = 'version = "chengwan-1"\nextends = "builtin"\n'


def event(no: int, type_: EventType, after_s: int, **more: object) -> Recorded:
    base = Recorded(
        no=no, type=type_, received_at=NOW + timedelta(seconds=after_s), context=Context(), device_id=1, resident_id=7
    )
    return replace(base, **more)  # type: ignore[arg-type]  # a test's short hand


def replayed(text: str, *events: Recorded) -> Replay:
    replay = Replay(BUILTIN, checked(HEAD + text))
    for found in events:
        replay.take(found)
    return replay


def test_the_same_policy_changes_nothing() -> None:
    replay = replayed("", event(1, EventType.SOS, 0), event(2, EventType.FALL, 60))
    assert (replay.events, replay.changed, replay.shown) == (2, 0, [])
    assert replay.before == replay.after


def test_a_later_first_stage_and_another_sending_are_differences_of_the_event() -> None:
    replay = replayed("[classes.fall]\nfirst_escalation_s = 30\ndispatch_s = 60\n", event(1, EventType.FALL, 0))
    (changed,) = replay.shown
    assert (changed.before.first_stage_s, changed.after.first_stage_s) == (60, 30)
    assert (changed.before.dispatch, changed.after.dispatch) == ("staff 120s x2", "staff 60s x2")


def test_what_would_only_be_recorded_opens_nothing_and_sounds_nowhere() -> None:
    text = '[[rules]]\nname = "x"\ntype = "removed"\nclass = "removed"\neffect = "log"\n'
    replay = replayed(text, event(1, EventType.REMOVED, 0), event(2, EventType.SOS, 10))
    assert dict(replay.before.opened) == {"removed": 1, "sos": 1}
    assert dict(replay.after.opened) == {"sos": 1}
    assert sum(replay.before.sounded.values()) == sum(replay.after.sounded.values()) == 1, (
        "a removed band makes no sound"
    )


def test_a_second_press_joins_and_after_the_recorded_end_a_new_case_opens() -> None:
    replay = replayed(
        "",
        event(1, EventType.SOS, 0, resolved_at=NOW + timedelta(seconds=300)),
        event(2, EventType.SOS, 60, resolved_at=NOW + timedelta(seconds=300)),
        event(3, EventType.SOS, 900),
    )
    assert (replay.after.opened["sos"], replay.after.joined) == (2, 1)


def test_a_smoke_alarm_that_goes_on_is_one_episode() -> None:
    home = {"context": Context(wearer=Wearer.SHARED), "resident_id": None, "premises_id": 3}
    replay = replayed("", *(event(no, EventType.SMOKE, no * 60, **home) for no in range(1, 6)))
    assert (replay.after.opened["smoke"], replay.after.joined) == (1, 0)


def test_alarms_are_counted_by_desk_and_hour() -> None:
    replay = replayed(
        "", event(1, EventType.SOS, 0), event(2, EventType.FALL, 10, resident_id=8), event(3, EventType.SOS, 4000)
    )
    assert list(replay.desk_hours(2)) == [(NOW, 1.0, 1.0), (NOW + timedelta(hours=1), 0.5, 0.5)]


def test_more_differences_than_can_be_shown_are_all_counted() -> None:
    replay = Replay(BUILTIN, checked(HEAD + "[classes.fall]\nfirst_escalation_s = 30\n"))
    for no in range(SHOWN_MOST + 5):
        replay.take(event(no, EventType.FALL, no))
    assert (replay.changed, len(replay.shown)) == (SHOWN_MOST + 5, SHOWN_MOST)
