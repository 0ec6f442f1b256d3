"""Text from a device, made safe to store and to show: nothing unseen, nothing that turns the line around."""

from __future__ import annotations

import json
import re
from typing import Final

#: NUL cannot be stored in PostgreSQL and a lone surrogate not even be encoded: both are replaced, so that the text
#: shows that something was there. Line breaks become spaces; other controls, bidi marks, invisible spaces and tags
#: are left out. Joiners (U+200C, U+200D) stay: rare names and emoji are written with them.
_NEVER_SHOWN: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
_REPLACED: Final = re.compile("[\x00\ud800-\udfff]")
_BREAKS: Final = frozenset("\t\n\v\f\r\x85\u2028\u2029")
_REPLACEMENT: Final = "\ufffd"

#: ASCII that needs no look inside: no escape, no DEL, no exponent of three digits.
_PLAIN: Final = re.compile(rb"[^\\\x7f-\xffeE]*+(?:[eE](?![+-]?[0-9]{3})[^\\\x7f-\xffeE]*+)*+")
_HUGE: Final = re.compile(r"[eE][+-]?[0-9]{3}")
_STRING_OR_HUGE: Final = re.compile(
    r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|-?[0-9]++(?:\.[0-9]++)?[eE][+-]?[0-9]{3,}+', re.DOTALL
)

ID_CHARACTERS_MAX: Final = 64


def clean(text: str) -> str:
    """Return the text as a person may read it; text that can be seen as it is comes back unchanged."""
    return text if text.isprintable() else _NEVER_SHOWN.sub(_shown, text)


def _shown(found: re.Match[str]) -> str:
    character = found[0]
    if _REPLACED.match(character):
        return _REPLACEMENT
    return " " if character in _BREAKS else ""


def is_event_id(text: str) -> bool:
    """Say whether a device may number an event so: 1 to 64 printable characters, no space at either end.

    Decided strictly, because two ids that look the same must be the same: no control, invisible or bidi character,
    no space but U+0020, no lone surrogate, and not U+FFFD, which stands for what could not be read.
    """
    return (
        1 <= len(text) <= ID_CHARACTERS_MAX
        and text.isprintable()
        and not text.startswith(" ")
        and not text.endswith(" ")
        and _REPLACEMENT not in text
    )


def clean_object(raw: bytes) -> bytes:
    """Return a valid JSON object with its strings cleaned and everything else byte for byte as sent.

    A number whose exponent has three digits or more becomes a string: PostgreSQL's jsonb refuses what no double
    holds. `raw` must be valid JSON in UTF-8.
    """
    if _PLAIN.fullmatch(raw) is not None:
        return raw
    text = raw.decode()
    if "\\" not in text and text.isprintable() and _HUGE.search(text) is None:
        return raw
    return _STRING_OR_HUGE.sub(_clean_token, text).encode()


def _clean_token(found: re.Match[str]) -> str:
    token = found[0]
    if not token.startswith('"'):
        return f'"{token}"'
    if "\\" not in token and token.isprintable():
        return token
    return json.dumps(clean(json.loads(token)), ensure_ascii=False)
