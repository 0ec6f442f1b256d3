"""A list of everybody who lives alone is what burglars live on: two people, a reason, an end, a locked file."""

from __future__ import annotations

import base64
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.story.conftest import Console
from tests.town import Town

FOR = {"kind": "residents", "reason": "a flood drill of the town", "until": "2026-11-30T00:00:00Z"}
WORD = {"passphrase": "an invented long word"}


@pytest.fixture
def town(console: Console) -> Town:
    return Town(db=console.db)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="the file is opened by openssl, which is not here")
async def test_few_people_leave_in_a_locked_and_marked_file(console: Console, town: Town, tmp_path: Path) -> None:
    clerk, home = await console.person("gu", "register_clerk"), await town.home()
    await console.db.pool.execute("UPDATE resident SET ref = '=1+2' WHERE id = $1", home.resident_id)
    asked = await clerk.posts("/exports", FOR)
    assert (asked.status, asked.body["state"], asked.body["people"]) == (201, "ready", 1)
    taken = await clerk.posts(f"/exports/{asked.body['id']}/file", WORD)
    assert (taken.status, taken.body["rows"]) == (201, 1)
    locked = tmp_path / "file.enc"
    locked.write_text(taken.body["content"], encoding="ascii")
    assert b"\xe7\x8e\x8b\xe8\xaf\x95" not in base64.decodebytes(locked.read_bytes()), "nobody's name in clear"
    openssl = ["openssl", "enc", "-d", "-aes-256-cbc", "-pbkdf2", "-iter", "600000", "-a", "-in", str(locked)]
    opened = subprocess.run([*openssl, "-pass", f"pass:{WORD['passphrase']}"], capture_output=True, check=True)
    lines = opened.stdout.decode("utf-8-sig").splitlines()
    assert taken.body["watermark"] in lines[0]
    assert all(line.endswith(taken.body["watermark"]) for line in lines[2:]), "every line says who took it"
    assert "'=1+2" in lines[2], "nothing a spreadsheet would run"
    log = await console.db.pool.fetch("SELECT action, purpose FROM audit WHERE object LIKE 'export:%' ORDER BY no")
    assert [row["action"] for row in log] == ["export_asked", "export_taken"]
    assert FOR["reason"] in log[1]["purpose"]


async def test_more_than_fifty_people_need_a_second_person(console: Console, town: Town) -> None:
    clerk, manager = await console.person("gu", "register_clerk"), await console.person("chen", "centre_manager")
    for _ in range(51):
        await town.home()
    asked = await manager.posts("/exports", FOR)
    path = f"/exports/{asked.body['id']}"
    assert (asked.body["state"], asked.body["people"]) == ("waiting", 51)
    assert (await manager.posts(f"{path}/file", WORD)).status == 409
    assert (await manager.patches(path, {"agreed": True})).status == 409, "not the one who asks"
    assert (await clerk.patches(path, {"agreed": True})).status == 409, "not everybody answers for the data"
    officer = await console.person("wu", "data_protection_officer")
    agreed = await officer.patches(path, {"agreed": True})
    assert (agreed.status, agreed.body["state"], agreed.body["decided_by"]) == (200, "ready", str(officer.id))
    assert (await officer.posts(f"{path}/file", WORD)).status == 409, "it is taken by who asked for it"
    assert (await manager.posts(f"{path}/file", WORD)).body["rows"] == 51


async def test_an_export_ends(console: Console, town: Town) -> None:
    clerk = await console.person("gu", "register_clerk")
    for until in ("2026-11-19T00:00:00Z", "2027-11-19T00:00:00Z"):
        assert (await clerk.posts("/exports", {**FOR, "until": until})).status == 422
    first, second = [(await clerk.posts("/exports", FOR)).body["id"] for _ in range(2)]
    assert (await clerk.patches(f"/exports/{first}", {"ended": True})).body["state"] == "ended"
    assert (await clerk.posts(f"/exports/{first}/file", WORD)).status == 409
    console.clock.advance(12 * 86_400)
    assert (await clerk.posts(f"/exports/{second}/file", WORD)).status == 409
    assert (await clerk.gets(f"/exports/{second}")).body["state"] == "ended"


async def test_what_grew_past_fifty_since_it_was_asked_for_asks_again(console: Console, town: Town) -> None:
    clerk = await console.person("gu", "register_clerk")
    asked = await clerk.posts("/exports", FOR)
    for _ in range(51):
        await town.home()
    assert (await clerk.posts(f"/exports/{asked.body['id']}/file", WORD)).status == 409


async def test_a_dispatcher_exports_nothing_and_nobody_from_another_area(console: Console) -> None:
    dispatcher = await console.person("li", "dispatcher")
    assert (await dispatcher.posts("/exports", FOR)).status == 403
    clerk = await console.person("gu", "register_clerk", ["320681.320681100"])
    assert (await clerk.posts("/exports", {**FOR, "area": "320681.320681900"})).status == 422
