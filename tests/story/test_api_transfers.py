"""Hand-off between dispatchers: the case that was "given" to somebody who had gone home, and belonged to nobody."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from rules.domain.firing import decide
from store.engine import EngineStore
from store.opening import Centre


async def _held(console: Any, by: Any) -> str:
    path = f"/incidents/{await console.case(by)}"
    assert (await by.posts(f"{path}/claim")).status == 200
    return path


async def _engine_looks(console: Any) -> None:
    centre = Centre(keyring=console.context.keyring, timezone=console.context.site_timezone)
    await EngineStore(console.db, centre).fire_due(console.clock.now(), 100, decide)


async def test_the_giver_keeps_the_case_until_the_other_accepts(console: Any) -> None:
    giver, taker = await console.person("mei", "dispatcher"), await console.person("jun", "dispatcher")
    path = await _held(console, giver)
    offered = (await giver.posts(f"{path}/transfer", {"to": str(taker.id)})).body
    assert (offered["claimed_by"]["id"], offered["transfer"]["to"]) == (str(giver.id), str(taker.id))
    listed = (await taker.gets("/incidents")).body["items"]
    assert listed[0]["transfer"]["to"] == str(taker.id), "the other's desk shows it"
    taken = (await taker.posts(f"{path}/transfer", {"accept": True})).body
    assert (taken["claimed_by"]["id"], taken["state"], taken["transfer"]) == (str(taker.id), "claimed", None)
    assert (taken["unattended"], taken["last_owner"]["id"]) == (False, str(giver.id))
    assert [entry["action"] for entry in taken["timeline"]][-2:] == ["transfer", "transfer_accepted"]


async def test_a_claim_by_whom_it_was_offered_to_accepts_it(console: Any) -> None:
    giver, taker = await console.person("mei", "dispatcher"), await console.person("jun", "dispatcher")
    third = await console.person("tao", "dispatcher")
    path = await _held(console, giver)
    await giver.posts(f"{path}/transfer", {"to": str(taker.id)})
    assert (await third.posts(f"{path}/claim")).status == 409
    assert (await third.posts(f"{path}/transfer", {"accept": True})).status == 409
    taken = await taker.posts(f"{path}/claim")
    assert (taken.status, taken.body["claimed_by"]["id"]) == (200, str(taker.id))


async def test_an_offer_declined_or_taken_back_leaves_the_case_where_it_was(console: Any) -> None:
    giver, taker = await console.person("mei", "dispatcher"), await console.person("jun", "dispatcher")
    path = await _held(console, giver)
    for who in (taker, giver):
        await giver.posts(f"{path}/transfer", {"to": str(taker.id)})
        back = (await who.posts(f"{path}/transfer", {"decline": True})).body
        assert (back["claimed_by"]["id"], back["transfer"]) == (str(giver.id), None)
        assert back["timeline"][-1]["action"] == "transfer_declined"
    assert (await taker.posts(f"{path}/transfer", {"decline": True})).status == 409


async def test_an_offer_nobody_answers_falls_back_with_an_entry(console: Any) -> None:
    giver, taker = await console.person("mei", "dispatcher"), await console.person("jun", "dispatcher")
    path = await _held(console, giver)
    await giver.posts(f"{path}/transfer", {"to": str(taker.id)})
    console.clock.advance(61)
    await _engine_looks(console)
    whole = (await giver.gets(path)).body
    assert (whole["claimed_by"]["id"], whole["transfer"], whole["sound_to"]) == (str(giver.id), None, "owner")
    assert whole["timeline"][-1]["action"] == "transfer_lapsed"
    assert (await taker.posts(f"{path}/transfer", {"accept": True})).status == 409


async def test_an_acceptance_after_the_giver_lost_the_case_claims_it(console: Any) -> None:
    giver, taker = await console.person("mei", "dispatcher"), await console.person("jun", "dispatcher")
    path = await _held(console, giver)
    await giver.posts(f"{path}/transfer", {"to": str(taker.id)})
    centre = Centre(keyring=console.context.keyring, timezone=console.context.site_timezone)
    console.clock.advance(30)
    now = console.clock.now()
    assert await EngineStore(console.db, centre).lapse_claims(now - timedelta(seconds=5), now, 10) == 1
    taken = await taker.posts(f"{path}/transfer", {"accept": True})
    assert (taken.status, taken.body["claimed_by"]["id"]) == (200, str(taker.id))


async def test_a_case_is_offered_to_somebody_at_a_desk_who_sees_it(console: Any) -> None:
    giver = await console.person("mei", "dispatcher")
    clerk = await console.person("ling", "register_clerk")
    path = await _held(console, giver)
    for to, code in ((giver, "itself"), (clerk, "not_at_a_desk")):
        refused = await giver.posts(f"{path}/transfer", {"to": str(to.id)})
        assert (refused.status, refused.body["problems"][0]["code"]) == (422, code)
    assert (await giver.posts(f"{path}/transfer", {"to": "1", "accept": True})).status == 422
    assert (await giver.posts(f"{path}/transfer", {})).status == 422


async def test_only_the_owner_or_a_supervisor_offers_a_case(console: Any) -> None:
    giver, other = await console.person("mei", "dispatcher"), await console.person("jun", "dispatcher")
    boss, reader = await console.person("bao", "supervisor"), await console.person("qing", "quality_reviewer")
    path = await _held(console, giver)
    assert (await other.posts(f"{path}/transfer", {"to": str(boss.id)})).status == 409
    assert (await reader.posts(f"{path}/transfer", {"to": str(boss.id)})).status == 403
    assert (await boss.posts(f"{path}/transfer", {"to": str(other.id)})).status == 200
    stale = await giver.posts(f"{path}/transfer", {"to": str(other.id)}, If_Match='"1"')
    assert stale.status == 412
