"""How a provider's callback is proved and read; what it means stands in `rules.domain.callbacks`."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

import msgspec

from rules.domain.callbacks import Answered, Callback, Delivered, Key, NoAnswer, Refused, Replied
from rules.domain.phones import normalise

__all__ = ["Answered", "Callback", "Delivered", "HearsBack", "Key", "NoAnswer", "Refused", "Replied"]

#: A provider that bundles reports sends few; more in one body is a flood, and the rest is left out.
REPORTS_MOST: Final = 100
#: A reference is ours or the provider's own id; longer is garbage.
REFERENCE_CHARACTERS_MOST: Final = 128
#: The query parameter of the address that we give to a provider without signatures.
TOKEN_PARAMETER: Final = "token"  # noqa: S105 -- the parameter's name, no secret


#: More than a key and what people put around it.
REPLY_CHARACTERS_MOST: Final = 70
_AROUND_A_REPLY: Final = " \t\r\n。.,、!;:\"'()【】[]"


class HearsBack(Protocol):
    """A channel whose provider reports later. All of it holds for any bytes: nothing here ever raises."""

    @property
    def name(self) -> str: ...

    @property
    def thanks(self) -> bytes:
        """What the provider wants to hear, so that it does not send again."""
        ...

    def verify(self, *, query: Mapping[str, str], headers: Mapping[str, str], body: bytes) -> bool:
        """Whether the provider sent this: its signature where it has one, else the secret in the address we gave it."""
        ...

    def read(self, body: bytes) -> Sequence[Callback | Replied] | None:
        """What it reports; empty where it is nothing of ours (an event we do not use), None where it is garbage."""
        ...


def key_of(pressed: str | None) -> Key | None:
    """A pressed key in our words; a trailing # ends an input and is no key."""
    said = (pressed or "").strip().rstrip("#")
    if not said:
        return None
    return Key(said) if said in (Key.TAKE, Key.CANNOT) else Key.OTHER


def reply_of(number: object, text: object) -> Replied | None:
    """A text that somebody sent back; None where it says nothing of who. Anything but "1" or "2" is no answer."""
    phone = normalise(word(number))
    if phone is None or not isinstance(text, str):
        return None
    said = unicodedata.normalize("NFKC", text[:REPLY_CHARACTERS_MOST]).strip(_AROUND_A_REPLY)
    return Replied(number=phone.stored, key=key_of(said) or Key.OTHER)


def same_secret(given: str | None, kept: str) -> bool:
    """Compare in constant time; False where either is empty."""
    if not given or not kept:
        return False
    digests = (hashlib.sha256(each.encode("utf-8", "surrogatepass")).digest() for each in (given, kept))
    return hmac.compare_digest(*digests)


def decoded(body: bytes) -> Any | None:
    """The JSON of a body, or None where it is none; never raises."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError, RecursionError):
        return None


def objects(body: bytes) -> list[dict[str, Any]] | None:
    """The objects of a report, bundled in a list or alone; None where it is neither."""
    given = decoded(body)
    if isinstance(given, dict):
        given = [given]
    if not isinstance(given, list):
        return None
    return [each for each in given[:REPORTS_MOST] if isinstance(each, dict)]


def word(value: object, *, most: int = REFERENCE_CHARACTERS_MOST) -> str:
    """A field as a short text without control characters; empty where it is none."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    text = str(value) if isinstance(value, str) or abs(value) < 10**most else ""
    return text if len(text) <= most and text.isprintable() else ""
