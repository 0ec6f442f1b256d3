"""Looking at JSON without decoding it: how deep it is, and what its parts are even where it is broken."""

from __future__ import annotations

import json
import re
from itertools import accumulate
from typing import Final, NamedTuple

#: Deeper messages are refused before any decoder recurses into them.
NESTING_MAX: Final = 32
BLANK: Final = b" \t\r\n"

_STRING: Final = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+'
_STRINGS: Final = re.compile(_STRING + rb'"?', re.DOTALL)
_TOKEN: Final = re.compile(_STRING + rb'"?|[\[\]{},]', re.DOTALL)
_MEMBER: Final = re.compile(rb"[ \t\r\n]*+(" + _STRING + rb'")[ \t\r\n]*+:(.*+)', re.DOTALL)
_NOT_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))
_STEPS: Final = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_QUOTE, _OPEN_LIST, _OPEN_OBJECT, _COMMA = b'"[{,'
_WORDS: Final = frozenset({b"true", b"false", b"null"})  #: nothing longer begins with these
_CLOSED_BY: Final = {_OPEN_LIST: b"]", _OPEN_OBJECT: b"}"}


class Parts(NamedTuple):
    """What stands between the commas of an array or object."""

    parts: list[bytes]
    closed: bool  #: not cut off: the last part has an end
    whole: bool  #: closed by the same kind of bracket as opened, and nothing before or after


class Members(NamedTuple):
    """An object's values, each as its own bytes and not yet looked at."""

    values: dict[str, bytes]
    whole: bool  #: nothing was cut off or passed over


def is_too_deep(payload: bytes) -> bool:
    """Say whether the nesting goes beyond the limit; brackets inside strings do not count."""
    if payload.count(b"{") + payload.count(b"[") <= NESTING_MAX:
        return False
    brackets = _STRINGS.sub(b"", payload).translate(None, _NOT_BRACKETS)
    return max(accumulate(map(_STEPS.__getitem__, brackets)), default=0) > NESTING_MAX


def split(payload: bytes) -> Parts:
    """Take apart an array or object, also one that is broken or cut off, without recursion and in linear time."""
    parts: list[bytes] = []
    depth = start = 0
    opened_by = -1
    for found in _TOKEN.finditer(payload):
        at = found.start()
        kind = payload[at]
        if kind == _QUOTE:
            continue
        if kind in _CLOSED_BY:
            depth += 1
            if depth == 1:
                opened_by, start = kind, at + 1
        elif kind == _COMMA:
            if depth == 1:
                parts.append(payload[start:at])
                start = at + 1
        else:
            depth -= 1
            if depth <= 0:
                parts.append(payload[start:at])
                return Parts(parts, closed=True, whole=_is_whole(payload, opened_by, at))
    return Parts([*parts, payload[start:]], closed=False, whole=False)


def _is_whole(payload: bytes, opened_by: int, closed_at: int) -> bool:
    return (
        payload.lstrip(BLANK)[0] == opened_by
        and payload[closed_at : closed_at + 1] == _CLOSED_BY[opened_by]
        and not payload[closed_at + 1 :].strip(BLANK)
    )


def members(payload: bytes) -> Members:
    """Return what can be read of an object: the last of equal names, and of a cut-off one what is certainly complete.

    The last value of a cut-off object is left out where it could be the beginning of a longer one: `31` of `31.98`.
    """
    parts, closed, whole = split(payload)
    whole = whole and payload.lstrip(BLANK).startswith(b"{")
    if whole and len(parts) == 1 and not parts[0].strip(BLANK):
        return Members({}, whole=True)
    values: dict[str, bytes] = {}
    for place, part in enumerate(parts, start=1):
        found = _MEMBER.fullmatch(part)
        value = found[2].strip(BLANK) if found else b""
        may_be_cut = not closed and place == len(parts) and value[:1] not in (b'"', b"{", b"[") and value not in _WORDS
        if found is None or may_be_cut:
            whole = False
            continue
        try:
            values[json.loads(found[1].decode())] = value
        except ValueError:
            whole = False
    return Members(values, whole)
