"""A happening that nobody needs to hear must have a class of its own: without one, people switch the alarm off."""

from __future__ import annotations

from devices.event import EventType
from rules.domain.policy_file import read
from rules.domain.policy_value import BUILTIN
from rules.domain.policy_write import write
from tests.story.centre_at_night import Night, night_in
from tests.story.under_policy import put_in_force

LOG_ONLY = """
[[rules]]
name = "band_off_at_bedtime"
type = "removed"
when = { hours = ["21:00", "07:00"] }
class = "removed"
effect = "log"
"""


async def test_a_happening_of_a_log_only_rule_is_kept_and_opens_nothing(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        version = await put_in_force(night.town.db, LOG_ONLY, now=night.now)
        home = await night.town.home()
        by_day = await night.press(home, EventType.REMOVED)
        assert by_day.incident_id is not None, "14:30 at the site: no rule of the night"
        night.clock.advance(8 * 3600)
        by_night = await night.press(await night.town.home(), EventType.REMOVED)
        assert by_night.incident_id is None
        row = await night.town.db.pool.fetchrow("SELECT type, judged, policy FROM event ORDER BY no DESC LIMIT 1")
        assert row is not None
        assert (row["type"], row["judged"]) == ("removed", "county_rule:band_off_at_bedtime")
        assert row["policy"] == version


async def test_what_no_rule_matches_is_an_unknown_alarm_for_the_supervisors(fresh_dsn: str) -> None:
    async with night_in(fresh_dsn) as night:
        await _put_in_force_unlinted(night, _without_fallback())
        call = await night.press(await night.town.home(), EventType.WATER_LEAK)
        case = await night.case(call.incident_id)
        assert (case["class"], case["priority"]) == ("unknown", 2)
        await night.engine_looks()
        assert (await night.case(call.incident_id))["sound_to"] == "supervisors"


def _without_fallback() -> str:
    text = write(BUILTIN)
    fallback = '[[rules]]\nname = "class_row"\ntype = "water_leak"\nclass = "water_leak"\n'
    assert fallback in text
    return text.replace(fallback, "")


async def _put_in_force_unlinted(night: Night, text: str) -> None:
    """As if somebody had written it into the database by hand: the lint would have refused it."""
    await night.town.db.pool.execute(
        "INSERT INTO policy (version, toml, state, origin, proposed_at, active_from)"
        " VALUES ($1, $2, 'active', 'command', now(), now())",
        read(text).version,
        text,
    )
