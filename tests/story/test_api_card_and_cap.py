"""What 119 and 120 ask is read from one screen, without secrets; what leaves by machine names nobody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import xmlschema

from store.cards import LINE_MOST, LINES_MOST

SCHEMA = xmlschema.XMLSchema(Path(__file__).parents[1] / "vectors" / "CAP-v1.2.xsd")


async def _case(console: Any) -> tuple[Any, str]:
    admin, desk = await console.person("root", "administrator"), await console.person("mei", "dispatcher")
    await console.db.pool.execute("INSERT INTO area (path, name) VALUES ('321999', '澄湾县')")
    home = (
        await admin.posts(
            "/premises",
            {"address": "澄湾县城关镇东风路3栋502", "area": "321999", "lat": 31.9, "lon": 121.2, "hazards": ["dog"]},
        )
    ).body["id"]
    await console.db.pool.execute(
        "INSERT INTO premises_access (premises_id, kind, holder, secret) VALUES ($1, 'gate_code', '门卫', $2)",
        int(home), console.context.keyring.seal("4711#", context="access secret"),
    )  # fmt: skip
    person = await admin.posts("/residents", {"name": "王小英", "premises_id": home, "tags": ["oxygen", "dementia"]})
    path = f"/incidents/{await console.case(desk, 'smoke', resident_id=int(person.body['id']))}"
    await desk.posts(f"{path}/claim")
    await desk.posts(f"{path}/call", {"to": "resident", "number": "13800001234", "result": "no_answer"})
    return desk, path


async def test_the_card_says_all_that_is_asked_in_both_languages_and_no_secret(console: Any) -> None:
    desk, path = await _case(console)
    card = (await desk.gets(f"{path}/card")).body
    said = {line["key"]: line for line in card["lines"]}
    assert {"what", "place", "way_in", "hazards", "people", "condition", "seen"} <= set(said)
    assert "东风路3栋502" in said["place"]["zh"]
    assert said["people"]["zh"] == "当事人：王小英"
    assert "家用制氧" in said["condition"]["zh"]
    assert "on oxygen" in said["condition"]["en"]
    assert "14:30致电本人无人接听" in said["seen"]["zh"], "in the site's own time"
    assert "4711" not in str(card)
    assert "13800001234" not in str(card)
    assert len(card["lines"]) <= LINES_MOST
    assert all(max(len(line["zh"]), len(line["en"])) <= LINE_MOST for line in card["lines"])


async def test_reading_the_card_is_an_entry_and_its_answer_carries_the_new_version(console: Any) -> None:
    desk, path = await _case(console)
    read = await desk.gets(f"{path}/card")
    whole = await desk.gets(path)
    assert (whole.body["timeline"][-1]["action"], whole.headers["ETag"]) == ("card_read", read.headers["ETag"])
    reader = await console.person("qing", "quality_reviewer")
    assert (await reader.gets(f"{path}/card")).status == 403
    elsewhere = await console.person("lin", "dispatcher", ["330999"])
    assert (await elsewhere.gets(f"{path}/card")).status == 404


async def test_the_alert_is_valid_cap_and_names_nobody(console: Any) -> None:
    desk, path = await _case(console)
    answer = await desk.gets(f"{path}/cap.xml")
    assert answer.headers["Content-Type"].startswith("application/cap+xml")
    SCHEMA.validate(answer.body)
    for word in ("王小英", "13800001234", "制氧", "oxygen", "dementia", "失智"):
        assert word not in answer.body
    assert "东风路3栋502" in answer.body
    assert await console.db.pool.fetchval("SELECT count(*) FROM audit WHERE action = 'cap_export'") == 1
