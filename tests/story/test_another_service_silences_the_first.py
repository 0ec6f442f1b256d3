"""120 says yes at once, and nobody rings back 119, which said "wait", or was never called at all."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from rules.domain.firing import decide
from store.engine import EngineStore
from store.opening import Centre


async def _held(console: Any, class_: str) -> tuple[Any, str]:
    """A case at home, in a county with numbers of its own, that a desk has claimed."""
    admin = await console.person("root", "administrator")
    await console.db.pool.execute(
        """INSERT INTO area (path, name, police, fire, ambulance)
           VALUES ('321999', '澄湾县', '0513-60000110', '0513-60000119', '0513-60000120')"""
    )
    body = {"address": "河口村1号", "area": "321999", "lat": 31.9, "lon": 121.2}
    home = int((await admin.posts("/premises", body)).body["id"])
    desk = await console.person("mei", "dispatcher")
    path = f"/incidents/{await console.case(desk, class_, premises_id=home)}"
    assert (await desk.posts(f"{path}/claim")).status == 200
    return desk, path


async def _rings(desk: Any, path: str, service: str, **said: Any) -> str:
    """A control room is rung; the hand-over's id."""
    whole = (await desk.posts(f"{path}/handover", {"service": service, **said})).body
    hand_over: str = whole["hand_overs"][-1]["id"]
    return hand_over


async def _due(console: Any, path: str, kind: str) -> Any:
    number = int(path.rpartition("/")[2])
    return await console.db.pool.fetchval(
        "SELECT due_at FROM deadline WHERE incident_id = $1 AND kind = $2", number, kind
    )


async def _engine_looks(console: Any) -> None:
    centre = Centre(keyring=console.context.keyring, timezone=console.context.site_timezone)
    await EngineStore(console.db, centre).fire_due(console.clock.now(), 100, decide)


async def test_the_one_that_said_wait_is_asked_again_though_another_has_accepted(console: Any) -> None:
    desk, path = await _held(console, "smoke")
    await _rings(desk, path, "fire", answer="queued", estimate_min=2)
    await _rings(desk, path, "ambulance", answer="accepted", reference="B-1")
    assert await _due(console, path, "call_back") == console.clock.now() + timedelta(minutes=2)
    console.clock.advance(121)
    await _engine_looks(console)
    assert "call_back_due" in [entry["action"] for entry in (await desk.gets(path)).body["timeline"]]


async def test_the_sooner_of_two_that_wait_is_asked_first_and_cancelling_one_forgets_not_the_other(
    console: Any,
) -> None:
    desk, path = await _held(console, "smoke")
    await _rings(desk, path, "fire", answer="queued", estimate_min=2)
    ambulance = await _rings(desk, path, "ambulance", answer="queued", estimate_min=40)
    assert await _due(console, path, "call_back") == console.clock.now() + timedelta(minutes=2)
    gone = await desk.patches(f"/hand_overs/{ambulance}", {"cancelled": True, "safety": "spoke_with_resident"})
    assert gone.status == 200
    assert await _due(console, path, "call_back") == console.clock.now() + timedelta(minutes=2)


async def test_whoever_accepted_and_now_says_wait_ends_the_field_chain_no_more(console: Any) -> None:
    desk, path = await _held(console, "sos")
    ambulance = await _rings(desk, path, "ambulance", answer="accepted", reference="B-2")
    assert await _due(console, path, "dispatch") is None
    await desk.patches(f"/hand_overs/{ambulance}", {"answer": "queued", "estimate_min": 40})
    assert await _due(console, path, "dispatch") == console.clock.now(), "who comes is looked at once"
    assert await _due(console, path, "call_back") == console.clock.now() + timedelta(minutes=40)


async def test_an_ambulance_is_no_fire_brigade(console: Any) -> None:
    desk, path = await _held(console, "smoke")
    await _rings(desk, path, "ambulance", answer="accepted", reference="B-3")
    assert await _due(console, path, "services") is not None, "119 is still to be called"
    console.clock.advance(61)
    await _engine_looks(console)
    facts = await console.db.pool.fetchval("SELECT facts FROM outbox WHERE key LIKE 'services:%'")
    assert (facts["services"], facts["service"]) == ("fire", "fire"), "who has it already is not named again"
    await _rings(desk, path, "fire", answer="accepted", reference="F-1")
    assert await _due(console, path, "services") is None


async def test_a_refused_ambulance_is_not_named_as_whom_to_ring(console: Any) -> None:
    desk, path = await _held(console, "fall")
    await _rings(desk, path, "ambulance", answer="rejected", reason="没有车")
    console.clock.advance(61)
    await _engine_looks(console)
    facts = await console.db.pool.fetchval("SELECT facts FROM outbox WHERE key LIKE 'services:%'")
    assert facts["service"] == "police"


async def test_whoever_still_owes_an_answer_is_asked_once_the_case_is_taken_up_again(console: Any) -> None:
    desk, path = await _held(console, "sos")
    await _rings(desk, path, "ambulance", answer="queued", estimate_min=20)
    etag = (await desk.gets(path)).headers["ETag"]
    await desk.posts(f"{path}/resolve", {"outcome": "assistance", "safety": "spoke_with_resident"}, If_Match=etag)
    assert await _due(console, path, "call_back") is None
    await desk.posts(f"{path}/reopen", {"reason": "她又不好了"})
    assert await _due(console, path, "call_back") == console.clock.now() + timedelta(minutes=5)
