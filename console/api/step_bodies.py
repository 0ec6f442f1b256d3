"""What the steps of a case carry."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from console.api.fields import Body, Id, Line, Moment, Name, Number, PhoneTyped, Text, WrittenText
from rules.domain.resolution import Safety
from rules.domain.vocabulary import CallResult, CallTo, Class, Outcome, SafetyKind, Verified

#: What the system says of itself is not opened by hand.
_OF_THE_SYSTEM: Final = frozenset(
    {
        *(Class.CANARY, Class.UNREGISTERED_FLOOD, Class.LANE_UNHELD, Class.MESSAGES_LOST, Class.DEAD_LETTER_RATE),
        *(Class.CHANNEL_FAILED, Class.NOBODY_ON_DUTY, Class.CLOCK_WRONG),
    }
)


class HandSource(StrEnum):
    PHONE = "phone"
    HOTLINE = "hotline"
    WALK_IN = "walk_in"
    OTHER_CENTRE = "other_centre"
    PAPER = "paper"


class Caller(BaseModel):
    """Who told it."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True)

    name: Name | None = None
    phone: PhoneTyped | None = None
    relation: Line | None = None


class ToldPlace(BaseModel):
    """Where, as it was told."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True)

    text: Line | None = None
    lat: Annotated[float, Field(ge=-90, le=90)] | None = None
    lon: Annotated[float, Field(ge=-180, le=180)] | None = None

    @model_validator(mode="after")
    def _both_or_neither(self) -> ToldPlace:
        if (self.lat is None) != (self.lon is None):
            raise ValueError("lat and lon: both or neither")
        return self

    def words(self) -> str | None:
        """The place as one line of text."""
        point = f"({self.lat:.6f}, {self.lon:.6f})" if self.lat is not None and self.lon is not None else None
        return " ".join(filter(None, (self.text, point))) or None


class OpenBody(Body):
    """A case opened by hand."""

    source: HandSource
    class_: Class = Field(alias="class")
    resident: Id | None = None
    premises: Id | None = None
    place: ToldPlace | None = None
    caller: Caller | None = None
    occurred_at: Moment | None = None
    note: Text = ""

    @field_validator("class_")
    @classmethod
    def _by_hand(cls, value: Class) -> Class:
        if value in _OF_THE_SYSTEM:
            raise ValueError("the system opens this class by itself")
        return value

    @field_validator("place", mode="before")
    @classmethod
    def _words_alone(cls, value: Any) -> Any:
        return {"text": value} if isinstance(value, str) else value


class ReasonBody(Body):
    """A step that may say why."""

    reason: Text | None = None


class NoteBody(Body):
    """Something to write down."""

    text: WrittenText


class CallBody(Body):
    """A telephone call that was made, and how it went."""

    to: CallTo
    number: Number
    result: CallResult
    verified: Verified = Verified.NONE
    recording: Line | None = None
    note: Text | None = None


class SafetyBody(BaseModel):
    """How it is known that the person is safe; which fields are needed depends on `kind`."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True)

    kind: SafetyKind
    who: Line | None = None
    service: Line | None = None
    reference: Line | None = None
    accepted_at: Moment | None = None
    reason: Text | None = None
    second_user: Id | None = None

    def as_safety(self) -> Safety:
        """The rules' value."""
        return Safety(
            kind=self.kind,
            who=self.who,
            service=self.service,
            reference=self.reference,
            accepted_at=self.accepted_at,
            reason=self.reason,
            second_user_id=int(self.second_user) if self.second_user else None,
        )


class ResolveBody(Body):
    """How the case ended, and how it is known that the person is safe; the kind alone may stand for `safety`."""

    outcome: Outcome
    safety: SafetyBody | None = None
    note: Text | None = None

    @field_validator("safety", mode="before")
    @classmethod
    def _kind_alone(cls, value: Any) -> Any:
        return {"kind": value} if isinstance(value, str) else value
