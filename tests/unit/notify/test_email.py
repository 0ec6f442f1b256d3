"""E-mail over a real relay: private before anything is said, and one outcome for whatever the relay does."""

from __future__ import annotations

import email
import email.policy
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from notify.channel import Failed, Language, Reason, Sent, Uncertain
from notify.email import Email, Security, is_address
from notify.templates import mail_of
from tests.channels import message
from tests.mail_relay import Relay, relay
from tests.provider import Certificates, certificates

TO = "li@centre.example"


@pytest.fixture
def mine(tmp_path: Path) -> Certificates:
    return certificates(tmp_path)


@pytest.fixture
async def post(mine: Certificates) -> AsyncIterator[Relay]:
    async with relay(mine.server) as made:
        yield made


def channel(port: int, trust: ssl.SSLContext, **more: Any) -> Email:
    given: dict[str, Any] = {
        "name": "mail", "host": "127.0.0.1", "port": port, "security": Security.STARTTLS,
        "sender": "notices@centre.example", "username": "notices", "password": "invented", "context": trust,
        "answer_s": 1.0,
    }  # fmt: skip
    return Email(**(given | more))


async def test_a_mail_is_handed_over_after_tls(post: Relay, mine: Certificates) -> None:
    told = message(to=TO)
    assert await channel(post.port, mine.trusting).send(told) == Sent(reference="4711")
    verbs = [command.split(" ")[0] for command in post.commands]
    assert verbs[:3] == ["ehlo", "STARTTLS", "ehlo"] and verbs.index("AUTH") > verbs.index("STARTTLS")
    got = email.message_from_bytes(post.mails[0], policy=email.policy.default)
    assert (got["To"], got["From"]) == (TO, "notices@centre.example")
    assert got["Subject"] == mail_of(told)[0] and got["Auto-Submitted"] == "auto-generated"
    assert "烟感火警" in got.get_body().get_content()  # type: ignore[union-attr] -- a mail of ours has a body


async def test_without_tls_neither_password_nor_mail_is_said(post: Relay, mine: Certificates) -> None:
    post.offers_tls = False
    outcome = await channel(post.port, mine.trusting).send(message(to=TO))
    assert isinstance(outcome, Failed) and outcome.reason is Reason.ACCOUNT and not outcome.retry_helps
    assert not any(command.startswith(("AUTH", "mail")) for command in post.commands)


async def test_a_wrong_certificate_gets_nothing(post: Relay) -> None:
    outcome = await channel(post.port, ssl.create_default_context()).send(message(to=TO))
    assert outcome == Failed(reason=Reason.CERTIFICATE, retry_helps=False)
    assert post.mails == []


@pytest.mark.parametrize(
    ("verb", "reply", "expected"),
    [
        ("CONNECT", "421 too busy", Failed(reason=Reason.PROVIDER_DOWN, retry_helps=True, detail="smtp_421")),
        ("CONNECT", "554 no", Failed(reason=Reason.REFUSED, retry_helps=False, detail="smtp_554")),
        ("AUTH", "535 wrong", Failed(reason=Reason.ACCOUNT, retry_helps=False, detail="SMTPAuthenticationError")),
        ("MAIL", "451 later", Failed(reason=Reason.PROVIDER_DOWN, retry_helps=True, detail="smtp_451")),
        ("RCPT", "450 greylisted", Failed(reason=Reason.PROVIDER_DOWN, retry_helps=True, detail="smtp_450")),
        ("RCPT", "550 nobody", Failed(reason=Reason.ADDRESS_WRONG, retry_helps=False, detail="smtp_550")),
        ("DATA", "554 no", Failed(reason=Reason.REFUSED, retry_helps=False, detail="smtp_554")),
        ("MAIL-DATA", "452 full", Failed(reason=Reason.PROVIDER_DOWN, retry_helps=True, detail="smtp_452")),
        ("MAIL-DATA", "550 spam", Failed(reason=Reason.REFUSED, retry_helps=False, detail="smtp_550")),
        ("CONNECT", "garbage", Failed(reason=Reason.ANSWER_UNREADABLE, retry_helps=True, detail="smtp")),
        ("MAIL", None, Failed(reason=Reason.TIMED_OUT, retry_helps=True)),
    ],
)
async def test_each_refusal_says_whether_trying_again_helps(
    post: Relay, mine: Certificates, verb: str, reply: str | None, expected: Failed
) -> None:
    post.replies[verb] = reply
    assert await channel(post.port, mine.trusting).send(message(to=TO)) == expected


@pytest.mark.parametrize("reply", [None, "garbage that is no reply", "\x00\xff"])
async def test_an_answer_that_is_lost_after_the_mail_is_uncertain(
    post: Relay, mine: Certificates, reply: str | None
) -> None:
    post.replies["MAIL-DATA"] = reply
    outcome = await channel(post.port, mine.trusting).send(message(to=TO))
    assert isinstance(outcome, Uncertain) and len(post.mails) == 1
    assert outcome.reason is (Reason.ANSWER_LOST if reply is None else Reason.ANSWER_UNREADABLE)


async def test_nobody_there_is_tried_again(mine: Certificates) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        outcome = await channel(taken.getsockname()[1], mine.trusting).send(message(to=TO))
    assert isinstance(outcome, Failed) and outcome.reason is Reason.UNREACHED and outcome.retry_helps


@pytest.mark.parametrize(
    "to",
    [
        "", "li", "li@", "@centre.example", "li@centre.example\r\nBcc: all@elsewhere.example", "li@centre.example\n",
        "li@centre.example,all@elsewhere.example", "<li@centre.example>", "li @centre.example", "li@centre.example\x00",
        "李@centre.example", "li@centre..example", "x" * 300 + "@centre.example",
    ],
)  # fmt: skip
async def test_an_address_that_could_become_a_header_is_refused(post: Relay, mine: Certificates, to: str) -> None:
    outcome = await channel(post.port, mine.trusting).send(message(to=to))
    assert outcome == Failed(reason=Reason.ADDRESS_WRONG, retry_helps=False) and post.commands == []
    assert not is_address(to)


async def test_no_fact_becomes_a_header(post: Relay, mine: Certificates) -> None:
    facts = {"area": "澄湾县\r\nBcc: all@elsewhere.example", "class": "smoke"}
    await channel(post.port, mine.trusting).send(message(to=TO, facts=facts, language=Language.EN))
    assert email.message_from_bytes(post.mails[0])["Bcc"] is None


def test_how_it_shows_itself_holds_no_password(mine: Certificates) -> None:
    assert "invented" not in repr(channel(25, mine.trusting))
