"""Answers to a plan are kept, with who gave them and when, also where the class changes."""

from __future__ import annotations

from typing import Any


async def _case(console: Any, class_: str) -> tuple[Any, str, dict[str, Any]]:
    desk = await console.person("mei", "dispatcher")
    path = f"/incidents/{await console.case(desk, class_)}"
    return desk, path, (await desk.posts(f"{path}/claim")).body


async def test_an_answer_stands_in_the_plan_and_leads_on(console: Any) -> None:
    desk, path, case = await _case(console, "sos")
    asked = next(step for step in case["plan"] if any(choice["goes_to"] for choice in step["choices"]))
    choice = next(choice for choice in asked["choices"] if choice["goes_to"])
    whole = (await desk.posts(f"{path}/answer", {"step": asked["id"], "value": choice["value"], "note": "声音小"})).body
    answer = next(step for step in whole["plan"] if step["id"] == asked["id"])["answer"]
    assert (answer["value"], answer["by"]) == (choice["value"], str(desk.id))
    assert whole["plan_next"] == f"sos.{choice['goes_to']}"
    entry = next(entry for entry in reversed(whole["timeline"]) if entry["action"] == "answer")
    assert (entry["detail"]["step"], entry["detail"]["value"], entry["detail"]["text"]) == (
        asked["id"], choice["value"], "声音小",
    )  # fmt: skip


async def test_the_last_answer_counts_and_the_record_keeps_all(console: Any) -> None:
    desk, path, case = await _case(console, "sos")
    step = next(step for step in case["plan"] if len(step["choices"]) > 1)
    for choice in step["choices"][:2]:
        whole = (await desk.posts(f"{path}/answer", {"step": step["id"], "value": choice["value"]})).body
    kept = next(one for one in whole["plan"] if one["id"] == step["id"])["answer"]
    assert kept["value"] == step["choices"][1]["value"]
    said = [entry["detail"]["value"] for entry in whole["timeline"] if entry["action"] == "answer"]
    assert said == [choice["value"] for choice in step["choices"][:2]]


async def test_no_answer_outside_the_plan(console: Any) -> None:
    desk, path, case = await _case(console, "sos")
    step = next(step for step in case["plan"] if step["choices"])
    unknown = await desk.posts(f"{path}/answer", {"step": "sos.no_such_step", "value": "yes"})
    assert (unknown.status, unknown.body["problems"][0]) == (422, {"field": "step", "code": "unknown", "message": None})
    no_choice = await desk.posts(f"{path}/answer", {"step": step["id"], "value": "perhaps"})
    assert (no_choice.status, no_choice.body["problems"][0]["code"]) == (422, "no_choice")
    assert [entry["action"] for entry in (await desk.gets(path)).body["timeline"]] == ["opened", "claim"]


async def test_a_reclassified_case_keeps_its_answers_and_gets_the_rest_of_the_new_plan(console: Any) -> None:
    desk, path, case = await _case(console, "sos")
    step = next(step for step in case["plan"] if step["choices"])
    await desk.posts(f"{path}/answer", {"step": step["id"], "value": step["choices"][0]["value"]})
    whole = (await desk.posts(f"{path}/reclassify", {"class": "fall", "reason": "她说摔倒了"})).body
    assert (whole["class"], whole["priority"]) == ("fall", "P1")
    kept = [one["id"] for one in whole["plan"] if one["class"] == "sos"]
    assert kept == [step["id"]], "what was answered stays, the rest of the old plan goes"
    assert any(one["class"] == "fall" for one in whole["plan"])
    entry = whole["timeline"][-1]
    assert (entry["action"], entry["detail"]["from_class"], entry["detail"]["class"]) == ("reclassify", "sos", "fall")
    assert entry["detail"]["reason"] == "她说摔倒了"
