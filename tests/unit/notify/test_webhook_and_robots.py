"""Webhooks that a stranger can check, and group robots that say number, class and area."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import timedelta

import msgspec
import pytest

from notify.channel import Failed, Reason, Sent
from notify.http import Outgoing
from notify.robot import PER_MINUTE_MOST
from rules.clock import FakeClock
from rules.domain.notices import Purpose
from tests import channels
from tests.channels import message
from tests.provider import Provider


async def test_a_receiver_can_check_every_byte(other: Provider, outgoing: Outgoing) -> None:
    sent = await channels.webhook(other.url, outgoing, FakeClock()).send(message(id="notice-4711"))
    assert sent == Sent(reference="notice-4711")
    (asked,) = other.requests
    content = f"{asked.headers['webhook-id']}.{asked.headers['webhook-timestamp']}.".encode() + asked.body
    mac = hmac.new(bytes(range(32)), content, hashlib.sha256).digest()
    assert asked.headers["webhook-signature"] == f"v1,{base64.b64encode(mac).decode()}"
    assert asked.headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    event = msgspec.json.decode(asked.body)
    assert {name: event[name] for name in ("specversion", "id", "source", "type", "datacontenttype", "subject")} == {
        "specversion": "1.0", "id": "notice-4711", "source": "urn:shouwang", "type": "shouwang.notice.escalation",
        "datacontenttype": "application/json", "subject": "incidents/20261119-0143",
    }  # fmt: skip
    assert event["time"] == "2026-11-19T06:30:00Z" and event["data"]["priority"] == "P1"
    assert event["data"]["facts"]["class"] == "smoke"


async def test_what_happened_to_a_case_has_a_type_of_its_own_and_no_text(other: Provider, outgoing: Outgoing) -> None:
    facts: dict[str, str | int | None] = {
        "event": "claimed", "incident": "4711", "number": "20261119-0143", "class": "sos", "family": "person",
        "priority": "P1", "state": "claimed", "unattended": 0, "area_code": "320681.320681100.320681100001",
        "entry": 3, "test": 0,
    }  # fmt: skip
    private: dict[str, str | int | None] = {"name": "王小英", "phone": channels.MOBILE, "outcome": "王小英 1390000"}
    hook = channels.webhook(other.url, outgoing, FakeClock())
    await hook.send(message(purpose=Purpose.EVENT, facts=facts | private))
    event = msgspec.json.decode(other.requests[0].body)
    assert (event["type"], event["subject"]) == ("shouwang.incident.claimed", "incidents/20261119-0143")
    assert event["data"] == facts


async def test_a_second_try_keeps_its_id_and_signs_anew(other: Provider, outgoing: Outgoing) -> None:
    clock = FakeClock()
    hook = channels.webhook(other.url, outgoing, clock)
    await hook.send(message())
    clock.advance(60)
    await hook.send(message())
    first, second = other.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"] and first.body == second.body
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]


@pytest.mark.parametrize(
    ("status", "reason", "retry_helps"),
    [
        (410, Reason.ADDRESS_GONE, False), (404, Reason.REFUSED, False), (401, Reason.REFUSED, False),
        (408, Reason.PROVIDER_DOWN, True), (502, Reason.PROVIDER_DOWN, True), (503, Reason.PROVIDER_DOWN, True),
        (301, Reason.REFUSED, False),
    ],
)  # fmt: skip
async def test_a_receivers_status_says_it_all(
    other: Provider, outgoing: Outgoing, status: int, reason: Reason, retry_helps: bool
) -> None:
    other.says(b"", status=status)
    outcome = await channels.webhook(other.url, outgoing, FakeClock()).send(message())
    assert outcome == Failed(reason=reason, retry_helps=retry_helps, detail=f"http_{status}")


@pytest.mark.parametrize(("said", "seconds"), [("120", 120), ("999999", 3600), ("soon", None), ("-5", None)])
async def test_a_wish_to_wait_is_kept_within_bounds(
    other: Provider, outgoing: Outgoing, said: str, seconds: float | None
) -> None:
    other.says(b"", status=503, headers=f"Retry-After: {said}\r\n")
    outcome = await channels.webhook(other.url, outgoing, FakeClock()).send(message())
    assert isinstance(outcome, Failed) and outcome.retry_after_s == seconds


async def test_a_wish_to_wait_may_be_a_date(other: Provider, outgoing: Outgoing) -> None:
    clock = FakeClock()
    at = (clock.now() + timedelta(seconds=90)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    other.says(b"", status=429, headers=f"Retry-After: {at}\r\n")
    outcome = await channels.webhook(other.url, outgoing, clock).send(message())
    assert isinstance(outcome, Failed) and outcome.retry_after_s == pytest.approx(90)


async def test_robots_post_a_plain_text_to_their_own_address(other: Provider, outgoing: Outgoing) -> None:
    other.says(b'{"errcode":0,"errmsg":"ok"}')
    for make in (channels.wecom, channels.dingtalk):
        assert await make(other.url, outgoing, FakeClock()).send(message()) == Sent(reference="4711")
    wecom, ding = other.requests
    assert wecom.target == "/cgi-bin/webhook/send?key=robot-key"
    assert ding.target.startswith("/robot/send?access_token=token&timestamp=") and ding.query["sign"]
    for asked in other.requests:
        text = {"content": "无人接警:烟感火警,澄湾县松湖镇,编号20261119-0143"}
        assert msgspec.json.decode(asked.body) == {"msgtype": "text", "text": text}


@pytest.mark.parametrize(
    ("make", "code", "reason", "retry_helps"),
    [
        (channels.wecom, 45009, Reason.RATE_LIMITED, True), (channels.wecom, 93000, Reason.ACCOUNT, False),
        (channels.wecom, -1, Reason.PROVIDER_DOWN, True), (channels.dingtalk, 130101, Reason.RATE_LIMITED, True),
        (channels.dingtalk, 310000, Reason.ACCOUNT, False), (channels.dingtalk, 400013, Reason.ADDRESS_GONE, False),
        (channels.dingtalk, 7, Reason.REFUSED, False),
    ],
)  # fmt: skip
async def test_a_platforms_refusal_says_whether_trying_again_helps(
    other: Provider, outgoing: Outgoing, make: channels.Make, code: int, reason: Reason, retry_helps: bool
) -> None:
    other.says(msgspec.json.encode({"errcode": code, "errmsg": "m"}))
    outcome = await make(other.url, outgoing, FakeClock()).send(message())
    assert outcome == Failed(reason=reason, retry_helps=retry_helps, detail=str(code))


def test_robots_know_what_their_platform_takes() -> None:
    for make in (channels.wecom, channels.dingtalk):
        assert make("https://x.example", Outgoing(), FakeClock()).per_minute_most == PER_MINUTE_MOST == 20
