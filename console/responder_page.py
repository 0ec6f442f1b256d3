"""A responder's page by link, without a sign-in (centre.md, 20): opening it changes nothing, a press is a POST.

The first press on a device asks for the last four digits of the responder's telephone; from then on a cookie says whose
device it is. The link dies with its assignment, stands in no index and carries nothing personal.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from aiohttp import web

from console.context import CONTEXT, ConsoleContext
from console.responder_html import STYLE_HASH, Page, page_html, plain_html
from console.responder_words import EN, WORDS, ZH, doubt_words, said
from console.signin import is_secure
from rules.domain.assignments import DeclineReason, Standing, Word, WordRefused
from store.assignments import AssignmentUnknown, Said
from store.field_briefing import brief
from store.field_links import Link, Proof, confirm, find, is_known, note_wrong_code, prove, whose
from store.field_words import Heard, Outcome, say
from store.opening import Centre
from store.ways_in import NotShown, show_to_responder

COOKIE: Final = "shouwang_responder"
#: A telephone is changed, given away, found: once a year it proves again whose it is.
COOKIE_SECONDS: Final = 365 * 86_400
#: A form of this page is small.
BODY_BYTES_MOST: Final = 8_192

_PATTERN: Final = "{code:[A-Za-z0-9_-]{8,64}}"
_WORDS: Final[Mapping[str, Word]] = {
    "accept": Word.ACCEPT, "decline": Word.DECLINE, "leave": Word.DECLINE, "en_route": Word.EN_ROUTE,
    "arrive": Word.ARRIVE, "report": Word.REPORT, "complete": Word.COMPLETE, "take_back": Word.TAKE_BACK,
}  # fmt: skip
_NUMBER: Final = re.compile(r"[0-9]{1,18}")
_CONDITIONS: Final = frozenset({"well", "hurt", "confused", "unconscious", "not_found"})
_BOXES: Final = ("entered", "seen", "needs_ambulance", "needs_help")
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    # The browser names this page's own origin on its forms; elsewhere it says nothing of the link.
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src '{STYLE_HASH}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
}


def add_responder_page(app: web.Application) -> None:
    """Register the page; before the pages of the desk, which take every other path."""
    app.router.add_get(f"/r/{_PATTERN}", show)
    app.router.add_post(f"/r/{_PATTERN}/{{word:[a-z_]{{4,16}}}}", press)


async def show(request: web.Request) -> web.Response:
    """The page as it stands. Whoever opens it, a person or a machine that looks ahead, changes nothing."""
    context, now = request.app[CONTEXT], request.app[CONTEXT].clock.now()
    link = await find(context.db, request.match_info["code"], now=now)
    if link is None:
        return await _unknown(request, context, now)
    return await _page(request, link, now=now)


async def press(request: web.Request) -> web.Response:
    """A button: taken, or answered with what is wrong."""
    context, now = request.app[CONTEXT], request.app[CONTEXT].clock.now()
    if not _from_this_page(request):
        return _plain("other_page", _language(request, {}), HTTPStatus.FORBIDDEN)
    form = await _form(request)
    link = await find(context.db, request.match_info["code"], now=now)
    if link is None:
        return await _unknown(request, context, now)
    word = request.match_info["word"]
    if word == "confirm":
        await confirm(context.db, link, now=now)
        return _back(request, form)
    if word not in ("show", "reveal") and word not in _WORDS:
        return _plain("gone", _language(request, form), HTTPStatus.NOT_FOUND)
    secret = None
    if not await is_known(context.db, link.responder_id, request.cookies.get(COOKIE)):
        proof, secret = await prove(context.db, link, form.get("digits", ""), now=now)
        if proof is not Proof.RIGHT:
            text = said(WORDS[str(proof)], _language(request, form))
            return await _page(request, link, form=form, text=text, status=HTTPStatus.FORBIDDEN, now=now)
    response = await _pressed(request, link, word, form, now)
    if secret is not None:
        _bind(request, response, secret)
    return response


async def _pressed(request: web.Request, link: Link, word: str, form: Mapping[str, str], now: datetime) -> web.Response:
    """By a device that is known."""
    if word == "show":
        return _back(request, form)
    if word == "reveal":
        return await _reveal(request, link, form, now)
    return await _say(request, link, word, form, now)


async def _reveal(request: web.Request, link: Link, form: Mapping[str, str], now: datetime) -> web.Response:
    """The code of one door, in this answer and nowhere else: a reload asks again, and is on record again."""
    context, language = request.app[CONTEXT], _language(request, form)
    centre = Centre(keyring=context.keyring, timezone=context.site_timezone)
    door, owner = form.get("way_in", ""), await whose(context.db, link.assignment_id)
    assert owner is not None, "assignments stay"
    number = int(door) if _NUMBER.fullmatch(door) else 0  # none is called so
    try:
        secret = await show_to_responder(
            context.db, owner.incident_id, link.assignment_id, number, by=None, source=request.remote or "",
            centre=centre, now=now,
        )  # fmt: skip
    except NotShown:
        text = said(WORDS["not_shown"], language)
        return await _page(request, link, form=form, text=text, status=HTTPStatus.CONFLICT, now=now, known=True)
    return await _page(request, link, form=form, now=now, known=True, shown=(door, secret))


async def _say(request: web.Request, link: Link, word: str, form: Mapping[str, str], now: datetime) -> web.Response:
    context, language = request.app[CONTEXT], _language(request, form)
    centre = Centre(keyring=context.keyring, timezone=context.site_timezone)
    try:
        heard = await say(context.db, link.assignment_id, _said(link, _WORDS[word], form), centre=centre, now=now)
    except (WordRefused, AssignmentUnknown):
        late = said(WORDS["late"], language) + said(WORDS["ended"], language)
        return await _page(request, link, form=form, text=late, status=HTTPStatus.CONFLICT, now=now, known=True)
    text = _answer(heard, language)
    if text is None:
        return _back(request, form)
    return await _page(request, link, form=form, text=text, now=now, known=True)


def _answer(heard: Heard, language: str) -> str | None:
    if heard.outcome is Outcome.STANDBY:
        return said(WORDS["standby"], language)
    return doubt_words(heard.doubt, language)


def _said(link: Link, word: Word, form: Mapping[str, str]) -> Said:
    reason = None
    if word is Word.DECLINE:
        given = form.get("reason", "")
        reason = given if given in set(DeclineReason) else str(DeclineReason.OTHER)
    report: dict[str, str | bool] = {}
    text = None
    if word in (Word.REPORT, Word.COMPLETE):
        report |= {name: True for name in _BOXES if form.get(name) == "1"}
        if form.get("condition") in _CONDITIONS:
            report["condition"] = form["condition"]
        text = form.get("note", "").replace("\x00", "").strip()[:500].lstrip("{") or None
    return Said(word=word, actor=f"responder:{link.responder_id}", reason=reason, report=report, text=text)


async def _page(
    request: web.Request, link: Link, *, now: datetime, form: Mapping[str, str] | None = None,
    text: str | None = None, status: HTTPStatus = HTTPStatus.OK, known: bool = False,
    shown: tuple[str, str] | None = None,
) -> web.Response:  # fmt: skip
    context, language = request.app[CONTEXT], _language(request, form or {})
    knows = known or await is_known(context.db, link.responder_id, request.cookies.get(COOKIE))
    briefing = await brief(
        context.db, link.assignment_id, shows_way=knows, source=request.remote or "", by=None, now=now
    )
    standing = Standing(briefing.state)
    over = briefing.ended_at is not None and standing in (Standing.DONE, Standing.DECLINED, Standing.LEFT)
    if over and briefing.ended_at is not None and now - briefing.ended_at > timedelta(minutes=10):
        return _plain("ended", language, HTTPStatus.GONE)
    page = Page(
        code=request.match_info["code"], language=language, is_known=knows, briefing=briefing,
        is_confirmed=link.is_confirmed, message=text,
        code_of=shown[0] if shown else None, secret=shown[1] if shown else None,
    )  # fmt: skip
    return _respond(page_html(page), status)


async def _unknown(request: web.Request, context: ConsoleContext, now: datetime) -> web.Response:
    """No such link, or one that has died; who tries many is told to wait, and no link that stands is touched by it."""
    tried_too_often = await note_wrong_code(context.db, request.remote or "", now=now)
    if tried_too_often:
        return _plain("slow_down", _language(request, {}), HTTPStatus.TOO_MANY_REQUESTS)
    return _plain("gone", _language(request, {}), HTTPStatus.NOT_FOUND)


def _from_this_page(request: web.Request) -> bool:
    """Whether a page of ours sent it: an old browser may name no origin, a foreign page cannot hide its own."""
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc.lower() == request.host.lower()


async def _form(request: web.Request) -> dict[str, str]:
    if (request.content_length or 0) > BODY_BYTES_MOST:
        raise web.HTTPRequestEntityTooLarge(BODY_BYTES_MOST, request.content_length or 0)
    data = bytearray()
    async for chunk in request.content.iter_chunked(BODY_BYTES_MOST):
        data += chunk
        if len(data) > BODY_BYTES_MOST:
            raise web.HTTPRequestEntityTooLarge(BODY_BYTES_MOST, len(data))
    try:
        return dict(parse_qsl(bytes(data).decode(), keep_blank_values=True, max_num_fields=20))
    except ValueError:
        return {}


def _language(request: web.Request, form: Mapping[str, str]) -> str:
    asked = form.get("lang") or request.query.get("lang") or ""
    if asked:
        return EN if asked.startswith("en") else ZH
    return EN if request.headers.get("Accept-Language", "").lower().startswith("en") else ZH


def _back(request: web.Request, form: Mapping[str, str]) -> web.Response:
    """Back to the page by GET, so that a reload presses nothing twice."""
    query = "?lang=en" if form.get("lang") == EN else ""
    location = f"/r/{request.match_info['code']}{query}"
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={**_HEADERS, "Location": location})


def _bind(request: web.Request, response: web.Response, secret: str) -> None:
    # Lax: the link is opened from a message, and the device must still be known; a foreign page cannot press with it.
    response.set_cookie(
        COOKIE, secret, max_age=COOKIE_SECONDS, path="/r", httponly=True, samesite="Lax", secure=is_secure(request)
    )


def _plain(name: str, language: str, status: HTTPStatus) -> web.Response:
    return _respond(plain_html(name, language), status)


def _respond(text: str, status: HTTPStatus) -> web.Response:
    return web.Response(text=text, status=status, content_type="text/html", charset="utf-8", headers=_HEADERS)
