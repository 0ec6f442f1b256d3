"""Nobody resolves, or sleeps, past an alarm that came while they were on the telephone."""

from __future__ import annotations

from typing import Any


async def _again(console: Any) -> tuple[Any, Any, str]:
    """A case that somebody holds, and into which a further call has just come."""
    admin = await console.person("root", "administrator")
    person = int((await admin.posts("/residents", {"name": "王小英"})).body["id"])
    desk, other = await console.person("mei", "dispatcher"), await console.person("jun", "dispatcher")
    path = f"/incidents/{await console.case(desk, 'sos', resident_id=person)}"
    await desk.posts(f"{path}/claim")
    await console.case(other, "fall", resident_id=person)
    return desk, other, path


async def _waits(console: Any, path: str) -> bool:
    found = await console.db.pool.fetchval(
        "SELECT EXISTS (SELECT FROM deadline WHERE incident_id = $1 AND kind = 'confirm')", int(path.rpartition("/")[2])
    )
    return bool(found)


async def test_the_owner_says_that_it_was_seen(console: Any) -> None:
    desk, _, path = await _again(console)
    assert await _waits(console, path)
    seen = await desk.posts(f"{path}/confirm")
    assert (seen.status, seen.body["timeline"][-1]["action"]) == (200, "confirm")
    assert not await _waits(console, path)


async def test_nobody_else_says_it_for_them(console: Any) -> None:
    _, other, path = await _again(console)
    assert (await other.posts(f"{path}/confirm")).status == 409
    assert await _waits(console, path)


async def test_a_note_half_typed_before_it_came_is_no_confirmation_and_an_answer_is(console: Any) -> None:
    desk, _, path = await _again(console)
    await desk.posts(f"{path}/note", {"text": "在"})
    assert await _waits(console, path)
    step = (await desk.gets(path)).body["plan"][0]
    value = step["choices"][0]["value"] if step["choices"] else "done"
    assert (await desk.posts(f"{path}/answer", {"step": step["id"], "value": value})).status == 200
    assert not await _waits(console, path)
