"""What a provider's callback means, in our words, and the proof that it comes from the provider."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

#: A body larger than this is no callback.
BODY_BYTES_MOST: Final = 64 * 1024
#: A provider that bundles reports sends few; more in one body is a flood.
REPORTS_MOST: Final = 100


class Key(StrEnum):
    """What was pressed: "press 1 to take it, 2 if you cannot"."""

    TAKE = "1"
    CANNOT = "2"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """The call was picked up. `key` None: nothing was pressed, which is no acceptance."""

    reference: str
    key: Key | None


@dataclass(frozen=True, kw_only=True, slots=True)
class NoAnswer:
    """It rang and nobody picked up, the line was busy, or the telephone was off. `detail` is the provider's code."""

    reference: str
    detail: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivered:
    """It reached the telephone; that says nothing of the person."""

    reference: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Refused:
    """The carrier or the receiver would not take it. `detail` is the provider's code."""

    reference: str
    detail: str = ""


Callback = Answered | NoAnswer | Delivered | Refused


class HearsBack(Protocol):
    """A channel whose provider reports later. Both promises hold for any bytes: neither ever raises."""

    @property
    def name(self) -> str: ...

    def verify(self, *, query: Mapping[str, str], headers: Mapping[str, str], body: bytes) -> bool:
        """Whether the provider sent this: its signature where it has one, else the secret in the address we gave it."""
        ...

    def read(self, body: bytes) -> Sequence[Callback] | None:
        """What it reports; empty where it is nothing of ours (an event we do not use), None where it is garbage."""
        ...

    @property
    def thanks(self) -> bytes:
        """What the provider wants to hear, so that it does not send again."""
        ...


def key_of(pressed: str | None) -> Key | None:
    """A pressed key in our words; a trailing # ends an input and is no key."""
    said = (pressed or "").strip().rstrip("#")
    if not said:
        return None
    return Key(said) if said in (Key.TAKE, Key.CANNOT) else Key.OTHER


def same_secret(given: str | None, kept: str) -> bool:
    """Compare in constant time; False where either is empty."""
    if not given or not kept:
        return False
    digests = (hashlib.sha256(each.encode("utf-8", "surrogatepass")).digest() for each in (given, kept))
    return hmac.compare_digest(*digests)
