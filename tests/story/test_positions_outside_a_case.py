"""The register is no map of where people are: outside a case their positions are shown only by their consent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from store.partitions import make_days_ahead


async def _walker(console: Any) -> int:
    """Somebody with a band that told three fixes in the last hour and one a day ago."""
    now = console.clock.now()
    async with console.db.transaction() as connection:
        await make_days_ahead(connection, now)
        resident: int = await connection.fetchval(
            "INSERT INTO resident (name, created_at) VALUES ('王试', $1) RETURNING id", now
        )
        device = await connection.fetchval(
            "INSERT INTO device (device, kind, wearer, created_at) VALUES ('band-1', 'location_band', 'personal', $1)"
            " RETURNING id", now,
        )  # fmt: skip
        await connection.execute(
            "INSERT INTO device_holder (device_id, from_at, resident_id) VALUES ($1, $2, $3)",
            device, now - timedelta(days=2), resident,
        )  # fmt: skip
        for minutes in (1_400, 30, 20, 10):
            await connection.execute(
                "INSERT INTO reading (received_at, at, digest, device_id, late, type, event_id, data)"
                " VALUES ($1, $1, $2, $3, false, 'location', $4, $5)",
                now - timedelta(minutes=minutes), minutes, device, f"f{minutes}",
                {"location": {"lat": 31.9, "lon": 121.2, "accuracy_m": 10.0}, "vitals": {"heart_rate_bpm": 70}},
            )  # fmt: skip
    return resident


async def _consents(console: Any, resident: int, purpose: str) -> None:
    await console.db.pool.execute(
        "INSERT INTO consent (resident_id, purpose, basis, given_by, how, given_at)"
        " VALUES ($1, $2, 'consent', 'self', 'paper', $3)", resident, purpose, console.clock.now(),
    )  # fmt: skip


async def _looks(console: Any, action: str) -> list[tuple[str, str]]:
    rows = await console.db.pool.fetch("SELECT object, purpose FROM audit WHERE action = $1 ORDER BY no", action)
    return [tuple(row) for row in rows]


async def test_without_consent_or_case_they_are_refused_and_the_try_is_on_record(console: Any) -> None:
    resident, mei = await _walker(console), await console.person("mei", "dispatcher")
    refused = await mei.gets(f"/residents/{resident}/positions?purpose=curious")
    assert (refused.status, refused.body["code"]) == (403, "consent_required")
    await _consents(console, resident, "location_in_case")
    assert (await mei.gets(f"/residents/{resident}/positions?purpose=curious")).status == 403
    assert [object_ for object_, _ in await _looks(console, "look_refused")] == [f"resident:{resident}"] * 2


async def test_by_consent_they_are_shown_to_who_says_why(console: Any) -> None:
    resident, mei = await _walker(console), await console.person("mei", "dispatcher")
    await _consents(console, resident, "location_always")
    path = f"/residents/{resident}/positions"
    assert (await mei.gets(path)).status == 422
    first = await mei.gets(f"{path}?purpose=visit&limit=2")
    assert (first.status, len(first.body["items"])) == (200, 2)
    rest = await mei.gets(f"{path}?purpose=visit&limit=2&cursor={first.body['next']}")
    assert len(rest.body["items"]) == 2
    times = [one["received_at"] for one in (*first.body["items"], *rest.body["items"])]
    assert times == sorted(times, reverse=True)
    assert await _looks(console, "positions") == [(f"resident:{resident}", "visit")] * 2


async def test_a_case_shows_its_own_hours_and_no_more(console: Any) -> None:
    resident, mei = await _walker(console), await console.person("mei", "dispatcher")
    await console.case(mei, "wandering", resident_id=resident)
    shown = await mei.gets(f"/residents/{resident}/positions")
    assert (shown.status, len(shown.body["items"])) == (200, 3), shown.body
    ((_, purpose),) = await _looks(console, "positions")
    assert purpose.startswith("case ")


async def test_body_readings_and_the_line_of_time_name_their_purpose(console: Any) -> None:
    resident, mei = await _walker(console), await console.person("mei", "dispatcher")
    for what in ("vitals", "timeline"):
        assert (await mei.gets(f"/residents/{resident}/{what}")).status == 422
    vitals = await mei.gets(f"/residents/{resident}/vitals?purpose=doctor")
    assert vitals.body["items"][0]["vitals"] == {"heart_rate_bpm": 70}
    await console.case(mei, "wandering", resident_id=resident)
    line = await mei.gets(f"/residents/{resident}/timeline")
    assert [one["kind"] for one in line.body["items"]] == ["incident_opened"]
    clerk = await console.person("qian", "register_clerk")
    assert (await clerk.gets(f"/residents/{resident}/positions?purpose=x")).status == 403
