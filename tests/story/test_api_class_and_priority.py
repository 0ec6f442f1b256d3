"""A priority that can never fall: a burnt pot that waits three days for its detector as P1."""

from __future__ import annotations

from typing import Any

SPOKE = {"kind": "spoke_with_resident"}
REASON = {"reason": "锅烧焦了,已开窗"}


async def _held(console: Any, class_: str = "sos", name: str = "mei", **more: Any) -> tuple[Any, str]:
    desk = await console.person(name, "dispatcher")
    path = f"/incidents/{await console.case(desk, class_, **more)}"
    assert (await desk.posts(f"{path}/claim")).status == 200
    return desk, path


def _codes(answer: Any) -> list[str]:
    return [problem["code"] for problem in answer.body["problems"]]


async def test_the_owner_lowers_a_priority_after_contact_with_a_reason_and_safety(console: Any) -> None:
    desk, path = await _held(console)
    early = await desk.posts(f"{path}/reclassify", {"priority": "P2", **REASON})
    assert (early.status, _codes(early)) == (422, ["no_contact"])
    await desk.posts(f"{path}/call", {"to": "resident", "number": "1", "result": "spoke_ok", "verified": "voice_known"})
    bare = await desk.posts(f"{path}/reclassify", {"priority": "P3", **REASON})
    assert (bare.status, _codes(bare)) == (422, ["safety_required"])
    lowered = await desk.posts(f"{path}/reclassify", {"priority": "P3", "safety": SPOKE, **REASON})
    assert (lowered.status, lowered.body["priority"]) == (200, "P3")
    entry = lowered.body["timeline"][-1]
    assert (entry["action"], entry["from"], entry["to"]) == ("lower_priority", "P1", "P3")
    assert lowered.body["deadline"]["step"] == "act"


async def test_nobody_but_the_owner_lowers_it_and_anybody_raises_who_may_reclassify(console: Any) -> None:
    desk, path = await _held(console, "water_leak")
    boss = await console.person("bao", "supervisor")
    other = await console.person("jun", "dispatcher")
    assert (await boss.posts(f"{path}/reclassify", {"priority": "P4", **REASON})).status == 409
    assert (await other.posts(f"{path}/reclassify", {"priority": "P1", **REASON})).status == 409
    raised = await boss.posts(f"{path}/reclassify", {"priority": "P1", **REASON})
    assert (raised.status, raised.body["priority"]) == (200, "P1")
    assert (raised.body["timeline"][-1]["from"], raised.body["timeline"][-1]["to"]) == ("P3", "P1")
    assert raised.body["claimed_by"]["id"] == str(desk.id)


async def test_another_class_may_raise_the_case_and_never_lowers_it(console: Any) -> None:
    desk, path = await _held(console, "water_leak")
    smoke = (await desk.posts(f"{path}/reclassify", {"class": "smoke", **REASON})).body
    assert (smoke["class"], smoke["family"], smoke["priority"]) == ("smoke", "fire_and_gas", "P1")
    back = (await desk.posts(f"{path}/reclassify", {"class": "water_leak", **REASON})).body
    assert (back["class"], back["family"], back["priority"]) == ("water_leak", "home", "P1")


async def test_a_class_whose_family_is_open_for_this_person_names_that_case(console: Any) -> None:
    desk = await console.person("mei", "dispatcher")
    admin = await console.person("root", "administrator")
    made = await admin.posts("/residents", {"name": "王小英"})
    resident = int(made.body["id"])
    sos = await console.case(desk, "sos", resident_id=resident)
    leak = f"/incidents/{await console.case(desk, 'water_leak', resident_id=resident)}"
    await desk.posts(f"{leak}/claim")
    refused = await desk.posts(f"{leak}/reclassify", {"class": "fall", **REASON})
    assert (refused.status, refused.body["incident"]) == (409, {"id": str(sos)})
    assert (await desk.gets(leak)).body["class"] == "water_leak"


async def test_what_is_no_class_of_a_desk_or_says_nothing_is_refused(console: Any) -> None:
    desk, path = await _held(console)
    for body in (
        {"class": "canary", **REASON},
        {"class": "no_such_class", **REASON},
        {"class": "fall"},
        {"priority": "P9", **REASON},
        REASON,
        {"class": "sos", **REASON},
    ):
        assert (await desk.posts(f"{path}/reclassify", body)).status == 422, body
    assert (await desk.posts(f"{path}/reclassify", {"class": "fall", **REASON}, If_Match='"1"')).status == 412
    reader = await console.person("qing", "quality_reviewer")
    assert (await reader.posts(f"{path}/reclassify", {"class": "fall", **REASON})).status == 403


async def test_life_in_danger_comes_down_to_attention_in_two_steps_as_in_one_only_with_safety(console: Any) -> None:
    """The mistake: P1 to P2 without a word of safety, P2 to P3 without one, and then "no answer", done."""
    desk, path = await _held(console)
    await desk.posts(f"{path}/call", {"to": "resident", "number": "1", "result": "spoke_ok", "verified": "voice_known"})
    first = await desk.posts(f"{path}/reclassify", {"priority": "P2", **REASON})
    assert (first.status, first.body["priority"]) == (200, "P2")
    bare = await desk.posts(f"{path}/reclassify", {"priority": "P3", **REASON})
    assert (bare.status, _codes(bare)) == (422, ["safety_required"])
    lowered = await desk.posts(f"{path}/reclassify", {"priority": "P3", "safety": SPOKE, **REASON})
    assert (lowered.status, lowered.body["priority"]) == (200, "P3")


async def test_a_control_room_that_was_spoken_with_is_no_contact_with_the_person(console: Any) -> None:
    desk, path = await _held(console)
    await desk.posts(f"{path}/call", {"to": "service", "number": "120", "result": "spoke_ok"})
    refused = await desk.posts(f"{path}/reclassify", {"priority": "P2", **REASON})
    assert (refused.status, _codes(refused)) == (422, ["no_contact"])
