"""Field types that several bodies share, and the paging of lists."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Final, Generic, TypeVar

import msgspec
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from console.problems import Problem
from rules.domain.phones import PhoneUnreadable, read
from rules.domain.sending import Kind

#: Rows of a page when nobody says, and at most.
PAGE_DEFAULT: Final = 50
PAGE_MOST: Final = 500

#: Times outside are slips of a finger, and counting days from them ends outside the calendar.
_EARLIEST_YEAR: Final = 1900
_LATEST_YEAR: Final = 2200
#: What the database counts to.
_NUMBER_MOST: Final = 2**63 - 1

_Row = TypeVar("_Row")


class Body(BaseModel):
    """A request's body: what is not named here is refused by name."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True)

    def named(self) -> dict[str, Any]:
        """What the request named, also where it said null."""
        return self.model_dump(exclude_unset=True)


class PageQuery(BaseModel):
    """Paging, for every list."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True)

    limit: int = Field(default=PAGE_DEFAULT, ge=1, le=PAGE_MOST)
    cursor: str | None = Field(default=None, max_length=400)


class Page(msgspec.Struct, Generic[_Row], kw_only=True):
    """One page of a list; `next` is the cursor of the page after it, `seq` the feed's number it stands at."""

    items: Sequence[_Row]
    next: str | None
    seq: int


def _no_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError("a text without NUL")
    return text


def _dialled(typed: str) -> str:
    try:
        read(typed)
    except PhoneUnreadable as error:
        raise ValueError(str(error)) from error
    return typed


def _of_a_person(kind: Kind) -> Kind:
    if kind not in (Kind.VOICE, Kind.SMS, Kind.EMAIL):
        raise ValueError("voice, sms or email")
    return kind


def _within_reach(moment: datetime) -> datetime:
    if not _EARLIEST_YEAR <= moment.year <= _LATEST_YEAR:
        raise ValueError(f"a time between {_EARLIEST_YEAR} and {_LATEST_YEAR}")
    return moment


NoNul = AfterValidator(_no_nul)
Id = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,18}$")]
AreaPath = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]{1,32}(\.[A-Za-z0-9_]{1,32}){0,5}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=50), NoNul]
Line = Annotated[str, StringConstraints(max_length=200), NoNul]
Text = Annotated[str, StringConstraints(max_length=4_000), NoNul]
WrittenText = Annotated[str, StringConstraints(min_length=1, max_length=4_000), NoNul]
PhoneTyped = Annotated[str, StringConstraints(max_length=40), AfterValidator(_dialled)]
Number = Annotated[str, StringConstraints(min_length=1, max_length=40), NoNul]
Tag = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Moment = Annotated[AwareDatetime, AfterValidator(_within_reach)]
Mail = Annotated[str, StringConstraints(pattern=r"^[^@\s\x00]{1,64}@[^@\s\x00]{1,190}$")]
#: What people can be reached by; the others are channels of programs and groups.
Channels = Annotated[list[Annotated[Kind, AfterValidator(_of_a_person)]], Field(max_length=3)]


def encode_cursor(*parts: Any) -> str:
    """A cursor that only we read."""
    return base64.urlsafe_b64encode(msgspec.json.encode(parts)).decode().rstrip("=")


def decode_cursor(cursor: str, *kinds: type[Any]) -> tuple[Any, ...]:
    """The parts of a cursor of ours; 400 for anything else."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        given = msgspec.json.decode(base64.urlsafe_b64decode(padded), type=list[Any])
        if len(given) != len(kinds):
            raise _cursor_unreadable()
        return tuple(_usable(msgspec.convert(part, kind)) for part, kind in zip(given, kinds, strict=True))
    except (binascii.Error, ValueError, msgspec.MsgspecError) as error:
        raise _cursor_unreadable() from error


def _usable(part: Any) -> Any:
    """A part that the database can compare with; ValueError for what we never wrote."""
    if isinstance(part, int) and abs(part) > _NUMBER_MOST:
        raise ValueError("a number the database has no room for")
    return _no_nul(part) if isinstance(part, str) else part


def _cursor_unreadable() -> Problem:
    return Problem(HTTPStatus.BAD_REQUEST, "cursor_unreadable", "Take the cursor from `next` of the page before.")


def after_id(query: PageQuery) -> int:
    """Where a list in the order of ids goes on."""
    return int(decode_cursor(query.cursor, int)[0]) if query.cursor else 0


def page_by_id(items: Sequence[_Row], query: PageQuery, seq: int) -> Page[_Row]:
    """A page of a list in the order of ids, with the cursor behind its last row."""
    last: Any = items[-1] if len(items) == query.limit else None
    return Page(items=items, next=encode_cursor(int(last.id)) if last is not None else None, seq=seq)


def moment_text(at: datetime) -> str:
    """A time as it stands in JSON."""
    return at.isoformat()
