"""A clerk takes the wrong line of the list, and nobody visits her, calls her or tells her daughter any more.

`died` needs two users (centre.md, 17). Who lives there still is asked for, and the devices come back; a press from that
home is a case all the same.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import pytest

from devices.event import EventType
from store.visits import plan_visit
from tests.town import Home, Town

DAY: Final = timedelta(days=1)


@pytest.fixture
async def clerk(console: Any) -> Any:
    return await console.person("clerk", "register_clerk")


async def _home(console: Any) -> tuple[Town, Home, str]:
    town = Town(db=console.db)
    home = await town.home()
    return town, home, f"/residents/{home.resident_id}"


async def _status(console: Any, home: Home) -> str:
    found: str = await console.db.pool.fetchval("SELECT status FROM resident WHERE id = $1", home.resident_id)
    return found


@pytest.mark.parametrize(
    ("second", "code"),
    [(None, "second_user_required"), ("self", "second_user_is_self"), ("999", "unknown"), ("auditor", "unknown")],
)
async def test_one_alone_says_nobody_dead(console: Any, clerk: Any, second: str | None, code: str) -> None:
    _, home, path = await _home(console)
    other = await console.person("an", "auditor")
    named = {"self": str(clerk.id), "auditor": str(other.id)}.get(second or "", second)
    refused = await clerk.patches(path, {"status": "died"} | ({"second_user": named} if named else {}))
    assert (refused.status, refused.body["problems"][0]["code"]) == (422, code)
    assert await _status(console, home) == "active"


async def test_two_people_say_it_and_what_is_left_to_do_is_somebodys(console: Any, clerk: Any) -> None:
    town, home, path = await _home(console)
    mei = await console.person("mei", "supervisor")
    window = {"from_at": console.clock.now() + DAY, "until_at": console.clock.now() + 2 * DAY}
    fields = {"resident_id": home.resident_id, "critical": True, "carer": "", "purpose": "", **window}
    await plan_visit(console.db, fields, by=clerk.id, now=console.clock.now())
    said = await clerk.patches(path, {"status": "died", "second_user": str(mei.id)})
    assert (said.status, said.body["status"]) == (200, "died")
    row = await console.db.pool.fetchrow("SELECT confirmed_by, second_user FROM resident_status")
    assert tuple(row) == (clerk.id, mei.id)
    tasks = await console.db.pool.fetch("SELECT kind FROM task ORDER BY id")
    assert [task["kind"] for task in tasks] == ["ask_who_lives_there", "return_devices"]
    assert await console.db.pool.fetchval("SELECT state FROM visit") == "called_off"
    pressed = await town.says(home.button, EventType.SOS, now=console.clock.now())
    assert pressed.incident_id is not None, "a status never touches alarms"


async def test_the_only_one_on_duty_says_it_and_a_supervisor_looks_in_the_morning(console: Any) -> None:
    _, home, path = await _home(console)
    mei = await console.person("mei", "supervisor")
    assert (await mei.posts("/duty", {"state": "on"})).status == 200
    assert (await mei.patches(path, {"status": "died"})).status == 200
    assert await console.db.pool.fetchval("SELECT count(*) FROM task WHERE kind = 'confirm_death'") == 1
    assert await _status(console, home) == "died"


async def test_a_record_of_somebody_dead_is_changed_by_one(console: Any, clerk: Any) -> None:
    _, _, path = await _home(console)
    mei = await console.person("mei", "supervisor")
    await clerk.patches(path, {"status": "died", "second_user": str(mei.id)})
    again = await clerk.patches(path, {"status": "died", "notes": "见家属"})
    assert again.status == 200, again.body
    assert await console.db.pool.fetchval("SELECT count(*) FROM task WHERE kind = 'ask_who_lives_there'") == 1


async def test_a_new_record_of_somebody_dead_takes_two_as_well(clerk: Any) -> None:
    assert (await clerk.posts("/residents", {"name": "李试", "status": "died"})).status == 422
