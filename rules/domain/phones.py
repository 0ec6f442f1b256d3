"""Telephone numbers as they are in China: what was typed becomes what can be dialled and matched (centre.md, 39)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class PhoneUnreadable(ValueError):
    """What was typed is no number that can be dialled: ask for it again, with its area code if it is a fixed line."""


class PhoneKind(StrEnum):
    MOBILE = "mobile"
    FIXED = "fixed"
    SERVICE_400 = "service_400"  #: 400 and 800
    SHORT = "short"  #: 110, 119, 120, 12345, 12349, 95xxx
    FOREIGN = "foreign"


@dataclass(frozen=True, kw_only=True, slots=True)
class Phone:
    """A number: how to dial it in the mainland, how to match it, and what it is.

    `number` is digits for national and short numbers (fixed ones with the area code's 0), E.164 with "+" for
    foreign ones; `extension` is digits or None.
    """

    kind: PhoneKind
    number: str
    extension: str | None
    typed: str

    @property
    def stored(self) -> str:
        """What the database keeps and matches by: the number, and the extension as RFC 3966 writes it."""
        return self.number if self.extension is None else f"{self.number};ext={self.extension}"

    @property
    def textable(self) -> bool:
        """Whether an SMS can reach it: fixed lines get voice, never SMS (centre.md, 20)."""
        return self.kind in (PhoneKind.MOBILE, PhoneKind.FOREIGN)

    @property
    def e164(self) -> str | None:
        """The international form; None for short and 400 numbers, which cannot be dialled from abroad."""
        if self.kind is PhoneKind.FOREIGN:
            return self.number
        if self.kind is PhoneKind.MOBILE:
            return f"+86{self.number}"
        return f"+86{self.number[1:]}" if self.kind is PhoneKind.FIXED else None


#: A number nobody types is longer than this.
MAX_TYPED: Final = 40
_EXTENSION: Final = re.compile(r"(?:转|分机|ext\.?|x|#|,)\s*(\d{1,6})$", re.IGNORECASE)
_HYPHEN_EXTENSION: Final = re.compile(r"^(0\d{2,3}-?\d{7,8})-(\d{1,6})$")
_NOISE: Final = re.compile(r"[\s()（）.\-·‐‑–—]+")
_MOBILE: Final = re.compile(r"1[3-9]\d{9}")
_FIXED: Final = re.compile(r"(010|02\d|0[3-9]\d\d)(\d{7,8})")
_400: Final = re.compile(r"[48]00\d{7}")
_SHORT: Final = re.compile(r"1[12]\d|12\d{3}|95\d{3,7}|96\d{3,6}|100\d{2}|999")
_E164: Final = re.compile(r"\+[1-9]\d{6,14}")


def normalise(typed: str) -> Phone | None:
    """Read a number as a person typed it; None where it is none that can be dialled."""
    try:
        return read(typed)
    except PhoneUnreadable:
        return None


def read(typed: str) -> Phone:
    """Read a number as a person typed it, or raise `PhoneUnreadable`.

    The area code of a fixed number is never guessed. Full-width digits, spaces, brackets, hyphens, +86, 0086 and
    extensions (转, 分机, ext, -) are understood.
    """
    if len(typed) > MAX_TYPED:
        raise PhoneUnreadable(f"longer than {MAX_TYPED} characters")
    text = unicodedata.normalize("NFKC", typed).strip()
    text, extension = _split_extension(text)
    digits = _NOISE.sub("", text)
    if digits.startswith("00"):
        digits = f"+{digits[2:]}"
    if digits.startswith("+86"):
        digits = _national(digits[3:])
    kind = _kind(digits)
    if kind is None or (extension is not None and kind in (PhoneKind.MOBILE, PhoneKind.SHORT)):
        raise PhoneUnreadable("neither a mobile, a fixed line with its area code, a service number nor +country")
    return Phone(kind=kind, number=digits, extension=extension, typed=typed)


def _split_extension(text: str) -> tuple[str, str | None]:
    found = _EXTENSION.search(text)
    if found is not None:
        return text[: found.start()], found[1]
    hyphen = _HYPHEN_EXTENSION.match(text)
    return (hyphen[1], hyphen[2]) if hyphen is not None else (text, None)


def _national(rest: str) -> str:
    """The part after +86 as it is dialled inside: fixed lines get their 0 back."""
    if _MOBILE.fullmatch(rest) or _400.fullmatch(rest) or rest.startswith("0"):
        return rest
    return f"0{rest}"


def _kind(digits: str) -> PhoneKind | None:
    if not digits.isascii():
        return None
    patterns = (
        (_MOBILE, PhoneKind.MOBILE),
        (_FIXED, PhoneKind.FIXED),
        (_400, PhoneKind.SERVICE_400),
        (_SHORT, PhoneKind.SHORT),
        (_E164, PhoneKind.FOREIGN),
    )
    return next((kind for pattern, kind in patterns if pattern.fullmatch(digits)), None)


def last_four(phone: Phone) -> str:
    """What a person is found by with the telephone at the ear."""
    return phone.number[-4:]
