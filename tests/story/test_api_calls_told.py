"""The call-back fails: a voice not hers says "fine", the number is wrong, and somebody threatens in the background."""

from __future__ import annotations

from typing import Any


async def _held(console: Any, class_: str = "sos") -> tuple[Any, str]:
    desk = await console.person("mei", "dispatcher")
    path = f"/incidents/{await console.case(desk, class_)}"
    assert (await desk.posts(f"{path}/claim")).status == 200
    return desk, path


def _call(result: str, **more: Any) -> dict[str, Any]:
    return {"to": "resident", "number": "13800001234", "result": result, **more}


async def test_fine_in_a_voice_nobody_knows_asks_one_more_question(console: Any) -> None:
    desk, path = await _held(console)
    assert (await desk.posts(f"{path}/call", _call("spoke_ok"))).body["hints"] == ["ask_once_more"]
    assert (await desk.posts(f"{path}/call", _call("spoke_ok", verified="code_word"))).body["hints"] == []
    assert (await desk.posts(f"{path}/call", _call("spoke_help"))).body["hints"] == []


async def test_a_wrong_number_leaves_somebody_to_put_it_right_once(console: Any) -> None:
    desk, path = await _held(console)
    clerk = await console.person("ling", "register_clerk")
    for _ in range(2):
        assert (await desk.posts(f"{path}/call", _call("wrong_number"))).status == 200
    (task,) = (await clerk.gets("/tasks?state=open&kind=wrong_number")).body["items"]
    assert (task["incident"], task["for_role"]) == (path.rpartition("/")[2], "register_clerk")
    done = await clerk.patches(f"/tasks/{task['id']}", {"state": "done"}, If_Match='"1"')
    assert (done.status, done.body["state"], done.body["ended_by"]) == (200, "done", str(clerk.id))
    assert (await clerk.patches(f"/tasks/{task['id']}", {"state": "open"}, If_Match='"1"')).status == 412
    assert (await clerk.gets("/tasks?state=open")).body["items"] == []


async def test_a_duress_word_raises_the_case_and_sounds_nowhere(console: Any) -> None:
    desk, path = await _held(console, "intrusion")
    boss = await console.person("bao", "supervisor")
    await boss.posts("/duty", {"state": "on"})
    before = (await desk.gets(path)).body
    assert before["priority"] == "P2"
    console.clock.advance(5)
    whole = (await desk.posts(f"{path}/call", _call("spoke_ok", duress=True, verified="code_word"))).body
    assert (whole["priority"], whole["sounded_at"]) == ("P1", before["sounded_at"])
    raised = next(entry for entry in whole["timeline"] if entry["action"] == "raised")
    assert (raised["from"], raised["to"], raised["detail"]["reason"]) == ("P2", "P1", "duress")
    told = await console.db.pool.fetch("SELECT recipient, purpose FROM outbox WHERE key LIKE 'duress:%'")
    assert [tuple(row) for row in told] == [(f"user:{boss.id}", "information")]
    assert await console.db.pool.fetchval("SELECT count(*) FROM command WHERE args::text LIKE '%duress%'") == 0


async def test_tasks_are_written_by_hand_too_and_seen_where_one_may_see(console: Any) -> None:
    boss, reader = await console.person("bao", "supervisor"), await console.person("qing", "auditor")
    made = await boss.posts("/tasks", {"kind": "visit", "note": "去看看门铃", "for_role": "community_worker"})
    assert (made.status, made.body["note"], made.body["state"]) == (201, "去看看门铃", "open")
    assert "note" not in (await boss.gets("/tasks")).body["items"][0] or (
        (await boss.gets("/tasks")).body["items"][0]["note"] is None
    )
    assert (await reader.gets("/tasks")).status == 403
    assert (await boss.posts("/tasks", {"kind": "visit", "incident": "999"})).status == 422
    assert (await boss.posts("/tasks", {"kind": "Not A Word"})).status == 422
    assert (await boss.gets("/tasks/999")).status == 404
