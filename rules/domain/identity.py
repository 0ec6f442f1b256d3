"""The resident identity number (GB 11643): whether it can be one, and the birth date in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

_SHAPE: Final = re.compile(r"[1-9]\d{16}[\dX]")
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK: Final = "10X98765432"
#: Nobody alive was born before.
_EARLIEST_BIRTH: Final = date(1890, 1, 1)


class Reason(StrEnum):
    VALID = "valid"
    SHAPE = "shape"
    CHECK_DIGIT = "check_digit"
    BIRTH_DATE = "birth_date"


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """What a number says. `number` is as it is stored, with a capital X; `birth_date` is set where it is valid."""

    number: str
    reason: Reason
    birth_date: date | None = None

    @property
    def valid(self) -> bool:
        return self.reason is Reason.VALID


def read(typed: str, *, today: date) -> Identity:
    """Read an 18-digit number. Another document is no mistake of the person: say so, and store it as such."""
    number = typed.strip().upper()
    if not number.isascii() or _SHAPE.fullmatch(number) is None:
        return Identity(number=number, reason=Reason.SHAPE)
    if check_digit(number[:17]) != number[17]:
        return Identity(number=number, reason=Reason.CHECK_DIGIT)
    born = _birth_date(number)
    if born is None or not _EARLIEST_BIRTH <= born <= today:
        return Identity(number=number, reason=Reason.BIRTH_DATE)
    return Identity(number=number, reason=Reason.VALID, birth_date=born)


def check_digit(first_17: str) -> str:
    """The 18th character of a number (ISO 7064, MOD 11-2)."""
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, first_17, strict=True))
    return _CHECK[total % 11]


def _birth_date(number: str) -> date | None:
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None
