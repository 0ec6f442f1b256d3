"""What the steps of a case carry."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from console.api.fields import Body, Id, Line, Moment, Name, NoNul, Number, PhoneTyped, Text, WrittenText
from console.api.incidents import PriorityLabel
from rules.domain.call_words import CallResult, CallTo, Verified
from rules.domain.place import Point
from rules.domain.resolution import Safety
from rules.domain.services import HandOverAnswer
from rules.domain.vocabulary import Class, Outcome, SafetyKind

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

    def point(self) -> Point | None:
        """Where it is on the earth, if that was told."""
        return Point(lat=self.lat, lon=self.lon) if self.lat is not None and self.lon is not None else None

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
    duress: bool = False  #: the duress word was said: the case is raised, and nothing sounds
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


class AnswerBody(Body):
    """An answer to a step of the plan: its id (or its name), and one of its choices."""

    step: Annotated[str, StringConstraints(min_length=1, max_length=120), NoNul]
    value: Annotated[str, StringConstraints(min_length=1, max_length=40), NoNul]
    note: Text | None = None


class ReclassifyBody(Body):
    """Another class, another priority, or both, and why. From P1 to P3 or lower takes `safety`."""

    class_: Class | None = Field(default=None, alias="class")
    priority: PriorityLabel | None = None
    reason: WrittenText
    safety: SafetyBody | None = None

    @field_validator("class_")
    @classmethod
    def _by_hand(cls, value: Class | None) -> Class | None:
        if value in _OF_THE_SYSTEM:
            raise ValueError("the system opens this class by itself")
        return value

    @field_validator("safety", mode="before")
    @classmethod
    def _kind_alone(cls, value: Any) -> Any:
        return {"kind": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _something(self) -> ReclassifyBody:
        if self.class_ is None and self.priority is None:
            raise ValueError("class or priority: one of them at least")
        return self


class CorrectBody(Body):
    """Which entry was wrong, and what is right. Once the case is closed a supervisor may change `outcome` and
    `resident` for the reports; the old value is kept."""

    entry: Annotated[int, Field(ge=1)]
    text: WrittenText
    outcome: Outcome | None = None
    resident: Id | None = None


class TransferBody(Body):
    """To whom; or, of a case that was offered, `accept` or `decline` (also by the giver, to take it back)."""

    to: Id | None = None
    accept: Literal[True] | None = None
    decline: Literal[True] | None = None
    note: Text | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> TransferBody:
        if sum(given is not None for given in (self.to, self.accept, self.decline)) != 1:
            raise ValueError("exactly one of to, accept and decline")
        return self


class MergeBody(Body):
    """The case that stays; its owner merges."""

    into: Id
    reason: Text | None = None


class SplitBody(Body):
    """Which of the cases taken in is let out; without it the last."""

    incident: Id | None = None
    reason: Text | None = None


class LinkBody(Body):
    """The case to show beside this one, and why."""

    other: Id
    reason: Text | None = None


class TellBody(Body):
    """What the desk learned: where it is, whom it is about."""

    place: ToldPlace | None = None
    resident: Id | None = None
    note: Text | None = None

    @field_validator("place", mode="before")
    @classmethod
    def _words_alone(cls, value: Any) -> Any:
        return {"text": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _something(self) -> TellBody:
        nowhere = self.place is None or (self.place.text is None and self.place.lat is None)
        if nowhere and self.resident is None:
            raise ValueError("place or resident: one of them at least")
        return self


class ServiceName(StrEnum):
    POLICE = "police"
    FIRE = "fire"
    AMBULANCE = "ambulance"
    OTHER = "other"


#: What people say; both are understood.
_BY_NUMBER: Final = {"110": "police", "119": "fire", "120": "ambulance"}


class AnswerOfService(Body):
    """What a control room said, as far as it is known."""

    answer: HandOverAnswer | None = None
    estimate_at: Moment | None = None
    estimate_min: Annotated[int, Field(ge=0, le=24 * 60)] | None = None
    reference: Line | None = None
    taken_by: Line | None = None
    told: Text | None = None
    reason: Text | None = None
    passed_on_to: Line | None = None

    def estimate(self, now: datetime) -> datetime | None:
        """When they mean to be free."""
        return now + timedelta(minutes=self.estimate_min) if self.estimate_min is not None else self.estimate_at


class HandoverBody(AnswerOfService):
    """A control room was rung; without `number` the direct one of the place of the incident was."""

    service: ServiceName
    number: Number | None = None
    at: Moment | None = None

    @field_validator("service", mode="before")
    @classmethod
    def _number_for_name(cls, value: Any) -> Any:
        return _BY_NUMBER.get(str(value), value)


class NewHandOver(HandoverBody):
    """The same, naming its case."""

    incident: Id


class HandOverChange(AnswerOfService):
    """What became of a hand-over. `cancelled` says how the person is known to be safe."""

    departed_at: Moment | None = None
    arrived_at: Moment | None = None
    closed_at: Moment | None = None
    cancelled: Literal[True] | None = None
    safety: SafetyBody | None = None

    @field_validator("safety", mode="before")
    @classmethod
    def _kind_alone(cls, value: Any) -> Any:
        return {"kind": value} if isinstance(value, str) else value
