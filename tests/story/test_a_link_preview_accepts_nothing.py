"""Chat apps and mail scanners open every link they see: if opening were accepting, a robot would end the offers.

Opening changes nothing and shows nothing personal. Acceptance is a press, bound to the responder by the last four
digits of the telephone; name and address come after it, and are gone with the assignment.
"""

from __future__ import annotations

from typing import Any

import pytest

from store.field_links import TRIES_MOST, WRONG_CODES_MOST

PERSONAL = ("王小英", "东风路", "13812345678", "502", "李小军")


class Link:
    """A link in somebody's hands: a browser without a sign-in."""

    def __init__(self, console: Any, desk: Any, case: int, code: str) -> None:
        self.console, self.desk, self.case, self.code = console, desk, case, code

    async def opens(self, **headers: str) -> tuple[int, str, Any]:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.console.client.get(f"/r/{self.code}", headers=sent) as response:
            return response.status, await response.text(), response.headers

    async def presses(self, word: str, *, follow: bool = True, **form: str) -> tuple[int, str]:
        path = f"/r/{self.code}/{word}"
        async with self.console.client.post(path, data=form, allow_redirects=follow) as response:
            return response.status, await response.text()

    async def standing(self) -> dict[str, Any]:
        whole = (await self.desk.gets(f"/incidents/{self.case}")).body
        found: dict[str, Any] = whole["assignments"][0]
        return found


@pytest.fixture
async def link(console: Any) -> Link:
    clerk, desk = await console.person("clerk", "register_clerk"), await console.person("mei", "dispatcher")
    home = await clerk.posts("/premises", {"address": "澄湾县东风路3栋502", "lat": 31.9, "lon": 121.2})
    resident = await clerk.posts(
        "/residents", {"name": "王小英", "phone": "138 1234 5678", "premises_id": home.body["id"]}
    )
    await console.db.pool.execute(
        "INSERT INTO premises_access (premises_id, kind, holder, instructions)"
        " SELECT id, 'key_holder', '<b>赵</b>', '五楼' FROM premises"
    )
    one = {"name": "李小军", "kind": "community_worker", "phone": "13900004321", "base_lat": 31.91, "base_lon": 121.2}
    made = await clerk.posts("/responders", one)
    case = await console.case(desk, "sos", resident_id=int(resident.body["id"]))
    await desk.posts(f"/incidents/{case}/dispatch", {"responders": [made.body["id"]]})
    code = await console.db.pool.fetchval("SELECT facts->>'code' FROM outbox WHERE purpose = 'offer'")
    return Link(console, desk, case, code)


async def test_opening_it_changes_nothing_and_shows_nothing_personal(link: Link) -> None:
    before = await link.console.db.pool.fetchval("SELECT version FROM incident WHERE id = $1", link.case)
    for agent in ("WhatsApp/2.0", "Mozilla/5.0 (compatible; scanner)", "facebookexternalhit/1.1"):
        status, text, headers = await link.opens(User_Agent=agent)
        assert status == 200
        assert not any(word in text for word in PERSONAL), text
        assert "一键呼叫" in text
        assert headers["Cache-Control"] == "no-store"
        assert "noindex" in headers["X-Robots-Tag"]
        assert "script" not in headers["Content-Security-Policy"]
    assert (await link.standing())["state"] == "offered"
    assert await link.console.db.pool.fetchval("SELECT version FROM incident WHERE id = $1", link.case) == before


async def test_a_press_without_the_digits_accepts_nothing(link: Link) -> None:
    assert (await link.presses("accept"))[0] == 403
    assert (await link.presses("accept", digits="0000"))[0] == 403
    assert (await link.standing())["state"] == "offered"


async def test_the_digits_bind_the_device_and_the_way_is_shown_as_long_as_it_lasts(link: Link) -> None:
    status, text = await link.presses("accept", digits="4321")
    assert status == 200
    assert "东风路3栋502" in text
    assert "王小英" in text
    assert "&lt;b&gt;赵&lt;/b&gt;" in text, "what somebody typed is no markup"
    assert "uri.amap.com" in text
    assert (await link.standing())["state"] == "accepted"
    looks = await link.console.db.pool.fetchval("SELECT count(*) FROM audit WHERE purpose LIKE 'assignment %'")
    assert looks >= 1
    link.console.clock.advance(60)
    assert (await link.presses("en_route"))[0] == 200, "the device is known by now"
    link.console.clock.advance(300)
    await link.presses("arrive")
    link.console.clock.advance(300)
    await link.presses("report", seen="1", condition="well")
    link.console.clock.advance(300)
    status, text = await link.presses("complete", note="已吃药")
    assert status == 200
    assert not any(word in text for word in PERSONAL)
    assert (await link.standing())["state"] == "done"
    link.console.clock.advance(601)
    assert (await link.opens())[0] == 410, "it dies with the assignment"


async def test_another_device_with_the_forwarded_link_sees_nothing(link: Link) -> None:
    await link.presses("accept", digits="4321")
    link.console.client.session.cookie_jar.clear()
    _, text, _ = await link.opens()
    assert not any(word in text for word in PERSONAL)
    assert (await link.presses("arrive"))[0] == 403
    assert (await link.standing())["state"] == "accepted"


@pytest.mark.parametrize("word", ["complete", "leave", "report", "take_back", "en_route"])
async def test_nothing_that_ends_or_moves_help_is_pressed_by_the_link_alone(link: Link, word: str) -> None:
    await link.presses("accept", digits="4321")
    link.console.clock.advance(60)
    await link.presses("arrive")
    link.console.client.session.cookie_jar.clear()
    link.console.clock.advance(30)
    assert (await link.presses(word))[0] == 403
    assert (await link.presses(word, digits="0000"))[0] == 403
    assert (await link.standing())["state"] == "on_scene"


async def test_by_the_link_alone_only_a_stand_down_is_confirmed(link: Link) -> None:
    await link.presses("accept", digits="4321")
    link.console.client.session.cookie_jar.clear()
    await link.presses("confirm")
    found = await link.standing()
    assert (found["state"], found["stand_down_confirmed_at"]) == ("accepted", None)


async def test_digits_are_guessed_a_few_times_and_no_more(link: Link) -> None:
    for number in range(TRIES_MOST):
        assert (await link.presses("accept", digits=f"{number:04}"))[0] == 403
    status, text = await link.presses("accept", digits="4321")
    assert (status, "致电守望中心" in text) == (403, True)
    assert (await link.standing())["state"] == "offered"


async def test_a_page_of_another_origin_presses_nothing(link: Link) -> None:
    path = f"/r/{link.code}/accept"
    headers = {"Origin": "https://elsewhere.example"}
    async with link.console.client.post(path, data={"digits": "4321"}, headers=headers) as response:
        assert response.status == 403
    assert (await link.standing())["state"] == "offered"


async def test_who_tries_codes_waits_and_the_link_that_stands_still_opens(link: Link) -> None:
    seen = set()
    for number in range(WRONG_CODES_MOST + 1):
        async with link.console.client.get(f"/r/wrongcode{number:04}") as response:
            seen.add(response.status)
    assert seen == {404, 429}
    assert (await link.opens())[0] == 200


async def test_a_stand_down_is_read_and_confirmed(link: Link) -> None:
    await link.desk.posts(f"/incidents/{link.case}/stand_down", {"all": True, "reason": "女儿已到"})
    _, text, _ = await link.opens()
    assert "不用前往" in text
    assert (await link.standing())["stand_down_confirmed_at"] is None
    await link.presses("confirm")
    assert (await link.standing())["stand_down_confirmed_at"] is not None


async def test_the_page_speaks_english_to_whoever_asks_for_it(link: Link) -> None:
    _, text, _ = await link.opens(Accept_Language="en-GB")
    assert "Last four digits" in text
    assert "Help button" in text


async def test_once_the_case_is_over_the_way_is_gone_from_every_device(link: Link) -> None:
    await link.presses("accept", digits="4321")
    assert "东风路" in (await link.opens())[1]
    await link.desk.posts(f"/incidents/{link.case}/claim")
    whole = (await link.desk.gets(f"/incidents/{link.case}")).body
    done = await link.desk.posts(
        f"/incidents/{link.case}/resolve", {"outcome": "accidental", "safety": {"kind": "spoke_with_resident"}},
        If_Match=f'"{whole["version"]}"',
    )  # fmt: skip
    assert done.status == 200, done.body
    shown = (await link.opens())[1]
    assert [word for word in PERSONAL if word in shown] == []
    assert (await link.presses("arrive"))[0] == 409


async def test_who_was_taken_off_the_register_opens_nothing_any_more(link: Link) -> None:
    await link.presses("accept", digits="4321")
    boss = await link.console.person("boss", "supervisor")
    one = (await boss.gets("/responders")).body["items"][0]["id"]
    left = await boss.patches(f"/responders/{one}", {"status": "left"})
    assert left.status == 200, left.body
    status, shown, _ = await link.opens()
    assert (status, [word for word in PERSONAL if word in shown]) == (404, [])


async def test_a_decline_carries_its_reason_and_no_blame(link: Link) -> None:
    status, text = await link.presses("decline", digits="4321", reason="no_transport")
    assert (status, "谢谢" in text) == (200, True)
    found = await link.standing()
    assert (found["state"], found["ended_for"]) == ("declined", "no_transport")


async def test_a_link_lasts_twelve_hours_at_most(link: Link) -> None:
    link.console.clock.advance(12 * 3600 + 1)
    assert (await link.opens())[0] == 404
