"""The one contract of all channels: a message goes in, and out comes whether it was sent and what would help."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from rules.domain.notices import Purpose
from rules.domain.vocabulary import Priority

#: What a template is filled with; never a name, an address, a telephone or a health word (`rules.domain.notices`).
Facts = Mapping[str, str | int | None]

#: A key press comes within the call, and a call rings for about a minute; later it "counts as no answer".
ANSWER_WAIT_S: Final = 120.0

#: What may be kept of a provider's own words: a code, never a sentence that could quote a number.
DETAIL_CHARACTERS_MOST: Final = 80


class Kind(StrEnum):
    """What a channel is. Only a voice call wakes a person (centre.md, 8)."""

    VOICE = "voice"
    SMS = "sms"
    WEBHOOK = "webhook"
    EMAIL = "email"
    ROBOT = "robot"
    CATCHER = "catcher"  #: keeps what would have been sent; nothing leaves


class Language(StrEnum):
    """Languages that every template speaks."""

    ZH = "zh"
    EN = "en"

    @classmethod
    def of(cls, tag: str) -> Language:
        """The nearest to a tag such as "zh-CN" or "en"; Chinese where there is none: it is the county's own."""
        return cls.EN if tag.lower().split("-")[0] == "en" else cls.ZH


class Reason(StrEnum):
    """Why a message was not sent, or why that is not known."""

    NUMBER_NOT_SERVED = "number_not_served"  #: this channel cannot dial or text such a number
    ADDRESS_WRONG = "address_wrong"  #: the provider or we say that it is none
    ADDRESS_GONE = "address_gone"  #: the receiver asked us to stop (410)
    TEMPLATE_MISSING = "template_missing"  #: the settings name none for this purpose and language, or it is unapproved
    ACCOUNT = "account"  #: key, signature, balance or licence: a person has to mend it
    REFUSED = "refused"  #: the provider said no for another reason
    RATE_LIMITED = "rate_limited"
    PROVIDER_DOWN = "provider_down"  #: it says itself that it cannot now (5xx)
    UNREACHED = "unreached"  #: no connection; nothing was written
    CERTIFICATE = "certificate"  #: it is not who it should be; nothing was written
    TIMED_OUT = "timed_out"  #: before anything was written
    ANSWER_LOST = "answer_lost"  #: everything was written, and no answer came
    ANSWER_UNREADABLE = "answer_unreadable"  #: an answer came, and says nothing that we understand


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """One message to one address.

    `id` is the same at every try, and reaches the provider as its idempotency key or reference where it has one.
    `to` is what this kind of channel dials: a number as `rules.domain.phones` stores it, an e-mail address, a URL's
    or robot's name where the settings hold the address. It is a person's: never logged, never in an outcome.
    """

    id: str
    to: str
    language: Language
    purpose: Purpose
    priority: Priority
    at: datetime  #: when it was decided; zone-aware UTC
    facts: Facts = field(default_factory=dict)
    key_press: bool = False  #: ask for "1" or "2"; only a voice channel can


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """The provider took it. `reference` is what its callback will name.

    `waits_for_answer_s`: a key press can come within so many seconds; None: nothing is awaited.
    """

    reference: str
    waits_for_answer_s: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Failed:
    """It was not sent. `detail` is the provider's code, without personal data."""

    reason: Reason
    retry_helps: bool
    detail: str = ""
    retry_after_s: float | None = None  #: what the provider asked for; None: it did not say


@dataclass(frozen=True, kw_only=True, slots=True)
class Uncertain:
    """It may have been sent: whoever sends it a second time does so knowingly, and records it as uncertain.

    `reference` is what a callback would name all the same, where we chose it ourselves.
    """

    reason: Reason
    detail: str = ""
    reference: str | None = None


Outcome = Sent | Failed | Uncertain


class Channel(Protocol):
    """One way to reach people.

    `send` never raises for anything that the provider or the network does: it answers with an outcome within
    `notify.http.TOTAL_S`. Cancelling it leaves the outcome unknown, which is `Uncertain` to whoever holds the row.
    """

    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> Kind: ...

    @property
    def per_minute_most(self) -> int:
        """What the provider takes, or what we allow ourselves."""
        ...

    @property
    def reserve_p1(self) -> int:
        """How many of those are kept for P1 in any minute."""
        ...

    async def send(self, message: Message) -> Outcome: ...
