"""She was called because her street is dark, and asked for help; it was ticked off in the list, and nobody was sent."""

from __future__ import annotations

from typing import Any

from rules.domain.vocabulary import Class
from store import technical
from store.opening import Centre


async def _dark_street(console: Any) -> tuple[Any, str, str]:
    """A storm's row with one home without power behind it: whoever works off the list, the case, the resident."""
    admin = await console.person("root", "administrator")
    home = await admin.posts("/premises", {"address": "河口村1号", "area": "321999", "lat": 31.9, "lon": 121.2})
    body = {"name": "王小英", "premises_id": home.body["id"], "phone": "13812345678"}
    resident = (await admin.posts("/residents", body)).body["id"]
    made = await admin.posts("/devices", {"device": "a-1", "kind": "smoke_alarm", "premises_id": home.body["id"]})
    assert made.status == 201, made.body
    await console.db.pool.execute("UPDATE device SET life = 'live'")
    centre = Centre(keyring=console.context.keyring, timezone=console.context.site_timezone)
    async with console.db.transaction() as connection:
        row = await technical.report(
            connection, Class.AREA_OUTAGE, "outage:area:321999", facts=(), area="321999", centre=centre,
            now=console.clock.now(),
        )  # fmt: skip
    await console.db.pool.execute(
        "INSERT INTO outage (incident_id, kind, key, hub_silent, from_at) VALUES ($1, 'area', '321999', false, $2)",
        row, console.clock.now(),
    )  # fmt: skip
    await console.db.pool.execute(
        "INSERT INTO supervision (device_id, status, outage_id) SELECT id, 'held', $1 FROM device"
        " ON CONFLICT (device_id) DO UPDATE SET status = 'held', outage_id = excluded.outage_id", row,
    )  # fmt: skip
    return await console.person("gao", "community_worker", ["321999"]), f"/incidents/{row}", resident


async def test_who_asks_for_help_behind_an_outage_has_a_case_of_their_own_at_once(console: Any) -> None:
    worker, path, resident = await _dark_street(console)
    noted = await worker.posts(f"{path}/outage/calls", {"resident": resident, "result": "needs_help"})
    assert (noted.status, noted.body["people"][0]["call_result"]) == (201, "needs_help")
    (call,) = (await worker.gets(f"/incidents?resident={resident}")).body["items"]
    assert (call["class"], call["priority"], call["unattended"], call["source"]) == ("sos", "P1", True, "phone")
    told = (await worker.gets(path)).body["timeline"][-1]["detail"]
    assert (told["outage_call"], told["case"]) == ("needs_help", int(call["id"]))


async def test_who_is_well_has_none(console: Any) -> None:
    worker, path, resident = await _dark_street(console)
    assert (await worker.posts(f"{path}/outage/calls", {"resident": resident, "result": "spoke_ok"})).status == 201
    assert (await worker.gets(f"/incidents?resident={resident}")).body["items"] == []
