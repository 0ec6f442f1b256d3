"""Every HTTP channel, on real sockets: whatever the other side does has one outcome, and never an exception."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from notify.channel import Failed, Outcome, Reason, Sent, Uncertain
from notify.http import Outgoing
from rules.clock import FakeClock
from tests.channels import API_SECRET, CALLBACK_SECRET, EVERY, MOBILE, TOOK, message
from tests.provider import Provider, certificates, provider, silence

pytestmark = pytest.mark.parametrize("kind", EVERY)


async def send(kind: str, url: str, outgoing: Outgoing) -> Outcome:
    return await EVERY[kind](url, outgoing, FakeClock()).send(message())


async def test_a_provider_that_took_it_means_sent(kind: str, other: Provider, outgoing: Outgoing) -> None:
    other.says(TOOK[kind])
    assert isinstance(await send(kind, other.url, outgoing), Sent)
    assert len(other.requests) == 1


async def test_a_refused_connection_wrote_nothing_and_may_be_tried_again(kind: str, outgoing: Outgoing) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refused
        outcome = await send(kind, f"http://127.0.0.1:{taken.getsockname()[1]}", outgoing)
    assert outcome == Failed(reason=Reason.UNREACHED, retry_helps=True)


async def test_a_time_out_before_writing_may_be_tried_again(kind: str, outgoing: Outgoing) -> None:
    async with silence() as url:
        assert await send(kind, url, outgoing) == Failed(reason=Reason.TIMED_OUT, retry_helps=True)


async def test_an_answer_that_never_comes_is_uncertain(kind: str, other: Provider, outgoing: Outgoing) -> None:
    other.reply = None
    outcome = await send(kind, other.url, outgoing)
    assert isinstance(outcome, Uncertain) and outcome.reason is Reason.ANSWER_LOST


async def test_a_connection_that_breaks_after_writing_is_uncertain(
    kind: str, other: Provider, outgoing: Outgoing
) -> None:
    other.reply = b""
    outcome = await send(kind, other.url, outgoing)
    assert isinstance(outcome, Uncertain) and outcome.reason is Reason.ANSWER_LOST


async def test_a_provider_that_is_down_may_be_tried_again(kind: str, other: Provider, outgoing: Outgoing) -> None:
    other.says(b"<html>oops</html>", status=500)
    outcome = await send(kind, other.url, outgoing)
    assert isinstance(outcome, Failed) and outcome.reason is Reason.PROVIDER_DOWN and outcome.retry_helps


async def test_too_many_waits_as_long_as_it_was_asked_to(kind: str, other: Provider, outgoing: Outgoing) -> None:
    other.says(b"", status=429, headers="Retry-After: 7\r\n")
    outcome = await send(kind, other.url, outgoing)
    assert isinstance(outcome, Failed) and outcome.reason is Reason.RATE_LIMITED
    assert outcome.retry_helps and outcome.retry_after_s == 7


async def test_what_is_no_http_is_uncertain(kind: str, other: Provider, outgoing: Outgoing) -> None:
    other.reply = b"\x00\xffgarbage\r\n\r\n"
    assert isinstance(await send(kind, other.url, outgoing), Uncertain)


async def test_garbage_after_success_is_uncertain_unless_the_status_says_it_all(
    kind: str, other: Provider, outgoing: Outgoing
) -> None:
    other.says(b"\xfe{[garbage")
    outcome = await send(kind, other.url, outgoing)
    if kind == "webhook":
        assert isinstance(outcome, Sent)
    else:
        assert isinstance(outcome, Uncertain) and outcome.reason is Reason.ANSWER_UNREADABLE


async def test_an_answer_without_end_is_cut(kind: str, other: Provider, outgoing: Outgoing) -> None:
    other.says(TOOK[kind] + b" " * 1_000_000)
    assert isinstance(await send(kind, other.url, outgoing), Sent | Uncertain)


async def test_a_wrong_certificate_gets_nothing(kind: str, outgoing: Outgoing, tmp_path: Path) -> None:
    async with provider(certificates(tmp_path).server) as stranger:
        outcome = await send(kind, stranger.url, outgoing)
        assert outcome == Failed(reason=Reason.CERTIFICATE, retry_helps=False)
        assert stranger.requests == []


async def test_a_trusted_certificate_is_spoken_to(kind: str, tmp_path: Path) -> None:
    mine = certificates(tmp_path)
    outgoing = Outgoing(mine.trusting, total_s=1.0)
    async with provider(mine.server) as own:
        own.says(TOOK[kind])
        assert isinstance(await send(kind, own.url, outgoing), Sent)
    await outgoing.close()


async def test_no_redirect_is_followed(kind: str, other: Provider, outgoing: Outgoing) -> None:
    async with provider() as elsewhere:
        other.says(b"", status=307, headers=f"Location: {elsewhere.url}/in\r\n")
        outcome = await send(kind, other.url, outgoing)
        assert isinstance(outcome, Failed) and not outcome.retry_helps
        assert elsewhere.requests == []


async def test_no_proxy_of_the_environment_reads_along(
    kind: str, other: Provider, outgoing: Outgoing, monkeypatch: pytest.MonkeyPatch
) -> None:
    other.says(TOOK[kind])
    async with provider() as proxy:
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert isinstance(await send(kind, other.url, outgoing), Sent)
        assert proxy.requests == []


async def test_neither_secret_nor_number_is_in_an_outcome_or_in_how_a_channel_shows_itself(
    kind: str, other: Provider, outgoing: Outgoing
) -> None:
    other.says(f'{{"Code":"isv.X","errcode":1,"Message":"{MOBILE} {API_SECRET}"}}'.encode(), status=403)
    channel = EVERY[kind](other.url, outgoing, FakeClock())
    shown = f"{await channel.send(message())!r} {channel!r}"
    for secret in (MOBILE, API_SECRET, CALLBACK_SECRET, "robot-key", "SECsecret", "'token'", repr(bytes(range(32)))):
        assert secret not in shown
