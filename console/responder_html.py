"""A responder's page as HTML: no script, no picture, nothing fetched; it works on an old telephone."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Final

from console.responder_words import (
    CONDITIONS,
    DOORS,
    EN,
    MAPS,
    REASONS,
    STANDINGS,
    WORDS,
    class_words,
    code_words,
    said,
    warning_words,
)
from rules.domain.assignments import GOING, Standing
from store.field_briefing import Briefing, BriefingDoor, BriefingPerson, BriefingWay

STYLE: Final = (
    "body{font:18px/1.5 sans-serif;margin:0 auto;max-width:34em;padding:1em;color:#111;background:#fff}"
    "h1{font-size:1.3em}button{font-size:1.15em;padding:.7em;margin:.4em 0;width:100%;border:1px solid #555;"
    "border-radius:.4em;background:#fff;color:#111}button.yes{background:#0a6b2d;color:#fff;border-color:#0a6b2d}"
    "input,select,textarea{font-size:1.15em;padding:.4em;width:100%;box-sizing:border-box}"
    "input[type=checkbox]{width:auto}"
    ".warn{background:#8a1c00;color:#fff;padding:.6em;font-weight:bold}.note{background:#eee;padding:.6em}"
    "dt{color:#555}dd{margin:0 0 .5em}form{margin:.6em 0}"
)
#: What the page's policy lets in: this style and nothing else.
STYLE_HASH: Final = f"sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """What is shown: `is_known` says whether this device has proved whose it is."""

    code: str
    language: str
    is_known: bool
    briefing: Briefing
    is_confirmed: bool = False
    message: str | None = None
    code_of: str | None = None  #: the way in whose secret was asked for
    secret: str | None = None

    def words(self, name: str) -> str:
        return said(WORDS[name], self.language)


def page_html(page: Page) -> str:
    """The whole page."""
    return _document(page.language, page.words("title"), "".join(_parts(page)))


def plain_html(name: str, language: str) -> str:
    """A page with one sentence and nothing else: for a link that is none."""
    text = said(WORDS[name], language)
    return _document(language, text, f"<p>{escape(text)}</p>")


def _document(language: str, title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="robots" content="noindex,nofollow,noarchive">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>{body}</body></html>"
    )


def _parts(page: Page) -> Iterable[str]:
    briefing = page.briefing
    standing = Standing(briefing.state)
    warning = warning_words(briefing.danger or briefing.class_, page.language, outside_only=briefing.outside_only)
    if warning is not None and standing in (*GOING, Standing.OFFERED, Standing.TIMED_OUT):
        yield f'<p class="warn">{escape(warning)}</p>'
    if page.message:
        yield f'<p class="note" role="alert">{escape(page.message)}</p>'
    yield f"<h1>{escape(said(STANDINGS[standing], page.language))}</h1>"
    yield _facts(page)
    if briefing.way is not None:
        yield _way(page, briefing.way)
    yield from _forms(page, standing)


def _facts(page: Page) -> str:
    """Area, class and distance: all that somebody sees who has not accepted."""
    briefing = page.briefing
    rows = [
        ("where", briefing.area_name or page.words("unknown")),
        ("what", class_words(briefing.class_, page.language)),
        ("away", _away(page)),
    ]
    return _list((page.words(name), value) for name, value in rows)


def _away(page: Page) -> str:
    metres, eta_s = page.briefing.distance_m, page.briefing.eta_s
    if metres is None:
        return page.words("unknown")
    # Rounded: a home is not found by walking along an exact distance.
    near = f"{round(metres, -2) or 100} m" if metres < 1_000 else f"{metres / 1_000:.1f} km"
    if eta_s is None:
        return near
    return f"{near} ({page.words('minutes').format(n=max(1, round(eta_s / 60)))})"


def _list(rows: Iterable[tuple[str, str]]) -> str:
    return f"<dl>{''.join(f'<dt>{escape(name)}</dt><dd>{escape(value)}</dd>' for name, value in rows)}</dl>"


def _way(page: Page, way: BriefingWay) -> str:
    place = " ".join(filter(None, (way.address, way.place_text))) or page.words("unknown")
    rows = [(page.words("number"), page.briefing.number), (page.words("address"), place)]
    if way.is_hint:
        rows.append((page.words("address"), page.words("hint")))
    rows += [(page.words("people"), _person(page, person)) for person in way.people]
    rows += [(page.words("hazards"), code_words(hazard, page.language)) for hazard in way.hazards]
    links = "".join(
        f'<p><a rel="noreferrer noopener" href="{escape(link)}">{escape(said(MAPS[name], page.language))}</a></p>'
        for name, link in way.map_links.items()
    )
    return _list(rows) + _doors(page, way) + links


def _person(page: Page, person: BriefingPerson) -> str:
    talks = person.communication
    spoken = [*talks.get("languages", ()), *talks.get("dialects", ())]
    risks = [code_words(risk, page.language) for risk in person.risks]
    unable = [code_words(name, page.language) for name in _unable(talks)]
    return " · ".join(filter(None, (person.name, person.phone, "、".join((*unable, *risks, *map(str, spoken))))))


def _unable(talks: Mapping[str, object]) -> Iterable[str]:
    """What makes talking through a door useless."""
    if talks.get("hearing") == "deaf":
        yield "deaf"
    if talks.get("speech") == "none":
        yield "mute"


def _doors(page: Page, way: BriefingWay) -> str:
    if not way.doors:
        return ""
    return "".join(_door(page, door) for door in way.doors)


def _door(page: Page, door: BriefingDoor) -> str:
    """A way in as it is read out; its code only by a press of its own, which is on record."""
    proved = f"{page.words('proved')} {door.proved_at:%Y-%m-%d}" if door.proved_at else None
    parts = (said(DOORS[door.kind], page.language), door.holder, door.instructions, proved)
    row = _list([(page.words("doors"), " · ".join(filter(None, parts)))])
    if page.code_of == door.id and page.secret is not None:
        return row + f'<p class="note">{escape(page.words("code"))}: <b>{escape(page.secret)}</b></p>'
    if not door.has_secret:
        return row
    which = f'<input type="hidden" name="way_in" value="{escape(door.id)}">'
    return row + _button(page, "reveal", which)


def _forms(page: Page, standing: Standing) -> Iterable[str]:
    if standing is Standing.STOOD_DOWN:
        yield f"<p>{escape(page.words('confirmed'))}</p>" if page.is_confirmed else _button(page, "confirm")
        return
    if standing in (Standing.OFFERED, Standing.TIMED_OUT):
        yield _button(page, "accept", yes=True)
        yield _decline(page, "decline")
        return
    if not page.is_known:
        if standing in GOING:
            yield _button(page, "show")
        return
    yield from _going(page, standing)


def _going(page: Page, standing: Standing) -> Iterable[str]:
    if standing is Standing.ACCEPTED:
        yield _button(page, "en_route", yes=True)
    if standing in (Standing.ACCEPTED, Standing.EN_ROUTE):
        yield _button(page, "arrive", yes=standing is Standing.EN_ROUTE)
    if standing is Standing.ON_SCENE:
        yield f"<p>{escape(page.words('every'))}</p>"
        # One form, two buttons: what is ticked goes with either.
        path = f"/r/{escape(page.code)}/complete"
        done = f'<button class="yes" formaction="{path}">{escape(page.words("complete"))}</button>'
        yield _button(page, "report", _report(page), after=done)
    if standing in (Standing.ON_SCENE, Standing.DONE):
        yield _button(page, "take_back")
    if standing in GOING:
        yield _decline(page, "leave")


def _button(page: Page, word: str, inside: str = "", *, after: str = "", yes: bool = False) -> str:
    digits = "" if page.is_known or word == "confirm" else _digits(page)
    look = ' class="yes"' if yes else ""
    language = f'<input type="hidden" name="lang" value="{EN if page.language == EN else "zh"}">'
    return (
        f'<form method="post" action="/r/{escape(page.code)}/{word}">{language}{digits}{inside}'
        f"<button{look}>{escape(page.words(word))}</button>{after}</form>"
    )


def _digits(page: Page) -> str:
    return (
        f"<label>{escape(page.words('digits'))}"
        '<input name="digits" inputmode="numeric" autocomplete="off" maxlength="4" pattern="[0-9]{4}" required></label>'
    )


def _decline(page: Page, word: str) -> str:
    options = "".join(
        f'<option value="{reason}">{escape(said(pair, page.language))}</option>' for reason, pair in REASONS.items()
    )
    choice = f'<label>{escape(page.words("why"))}<select name="reason">{options}</select></label>'
    return _button(page, word, choice)


def _report(page: Page) -> str:
    boxes = "".join(
        f'<p><label><input type="checkbox" name="{name}" value="1"> {escape(page.words(name))}</label></p>'
        for name in ("entered", "seen", "needs_ambulance", "needs_help")
    )
    options = '<option value="">-</option>' + "".join(
        f'<option value="{code}">{escape(said(pair, page.language))}</option>' for code, pair in CONDITIONS.items()
    )
    return (
        f'{boxes}<label>{escape(page.words("condition"))}<select name="condition">{options}</select></label>'
        f'<label>{escape(page.words("note"))}<textarea name="note" maxlength="500"></textarea></label>'
    )
