"""What a resident is found by while the phone is at the ear: characters, pinyin, digits, building and room."""

from __future__ import annotations

import re
from typing import Final

from pypinyin import Style, lazy_pinyin

#: Building, unit and room as they are said: 3栋2单元502 is found by "502" and by "3-502".
_NUMBERS: Final = re.compile(r"\d+")


def literal(text: str | None) -> str | None:
    """What somebody typed, for LIKE: its wildcards mean themselves."""
    return re.sub(r"([\\%_])", r"\\\1", text) if text else None


def search_text(*, name: str, also_called: str = "", phone: str | None = None, address: str | None = None) -> str:
    """One lower-case line to search in; it holds what was given in no form that a list shows."""
    words = []
    for called in filter(None, (name, also_called)):
        syllables = lazy_pinyin(called)
        initials = lazy_pinyin(called, style=Style.FIRST_LETTER)
        words += [called, "".join(syllables), " ".join(syllables), "".join(initials)]
    if phone:
        words += [phone, phone[-4:]]
    if address:
        numbers = _NUMBERS.findall(address)
        words += [address, "-".join(numbers), *numbers]
    return " ".join(dict.fromkeys(word.lower() for word in words))
