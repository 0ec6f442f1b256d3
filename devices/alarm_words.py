"""Words that sound like an alarm although no table says what they mean: refused with the word, never passed over."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any, Final

from devices.decoding import Rejected, RejectReason
from devices.event import ALARMS
from devices.text import clean
from devices.values import flag, number

_NAME_CHARACTERS_MAX: Final = 64
_MEMBERS_MAX: Final = 256
_DEPTH_MAX: Final = 4
#: A code of an alarm is a small number; what is larger is an amount.
_CODE_MAX: Final = 9

_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+|[^\W\d_a-zA-Z]+")
_CALLS: Final = frozenset(
    {
        *("alarm", "alarms", "alarming", "alert", "alerts", "sos", "panic", "emergency", "distress", "duress", "help"),
        *("smoke", "fire", "flame", "fall", "fallen", "falldown", "mandown", "monoxide", "gasleak", "leak", "leakage"),
        *("waterleak", "flood", "intrusion", "burglar", "tamper", "wandering", "warning"),
        *("报警", "告警", "求助", "呼救", "火警", "跌倒", "摔倒"),
    }
)
#: The same where a name is written without a seam.
_CALLS_INSIDE: Final = re.compile(
    r"^(?:alarm|sos|smoke|panic|emergenc|flood|waterleak|gasleak|leak|intrus|falldetect|falldown)|(?:alarm|alert)$"
    r"|报警|告警|求助|呼救"
)
#: What sets an alarm up, counts it, measures beside it or tries it, and raises none.
_SETS_UP: Final = re.compile(
    r"time|durat|volum|ringt|ringing|melod|tone|mode|switch|enabl|disabl|sensitiv|thres|interval|delay|value|densit|concentr"
    r"|count|limit|bright|period|linkage|test|mute|silen|valve|indicat|sound|buzz|siren|strobe|sched|config|support"
    r"|number|name|descr|model|version|frequen|percent|battery|阈值|次数|时间"
)
_SETS_UP_WORDS: Final = frozenset(
    {"led", "light", "level", "max", "min", "id", "unit", "hush", "raw", "ppm", "index", "lock", "memory"}
)
#: Names that hold a word of their own; only such a word can make them sound like an alarm.
_HOLDERS: Final = frozenset(
    {"status", "state", "event", "eventtype", "type", "message", "msg", "messagetype", "msgtype", "action"}
    | {"key", "button", "buttonstatus", "buttonstate", "press", "reason", "trigger", "code", "eventcode", "content"}
)
_QUIET: Final = frozenset(
    {
        *("", "0", "no", "none", "normal", "ok", "idle", "clear", "cleared", "off", "false", "inactive", "standby"),
        *("safe", "unknown", "detecting", "dry", "closed", "cancel", "canceled", "cancelled", "released", "disabled"),
        *("monitoring", "noalarm", "noleak", "notdetected", "end", "ended", "test", "null", "undefined", "armed"),
        *("disarmed", "install", "installed", "online", "offline", "正常", "无"),
    }
)
_NOT: Final = frozenset({"no", "not", "non", "without", "end", "ended", "off", "clear", "cleared", "test", "normal"})
_VALUES: Final = ("value", "val", "state", "status")
#: Words that say an alarm under any name: `{"water": "leak"}`.
_ALWAYS: Final = frozenset({"alarm", "alarming", "alert", "leak", "leaking", "报警", "告警"})
_NAME, _HOLDER, _ANY = 1, 2, 3
_ALARM_TYPES: Final = frozenset(map(str, ALARMS))


def unread(values: Mapping[str, Any], known: Collection[str] = ()) -> str | None:
    """Return the first word that says an alarm under a name that is not `known`, None where there is none.

    Looks into objects and lists, but no deeper and no further than any device's message goes.
    """
    return _of_object(values, known, _DEPTH_MAX)


def unknown_alarm(word: str, raw: bytes, *, device: str | None = None) -> Rejected:
    """Refuse a message for a word in it. A word that is one of the contract's alarms is a call all the same."""
    detail = "message: says an alarm in a word that we do not know; tell us what it means"
    shown = clean(word)[:_NAME_CHARACTERS_MAX]
    return Rejected(reason=RejectReason.UNKNOWN_TYPE, detail=detail, raw=raw, type_word=shown, device=device)


def _of_object(values: Mapping[str, Any], known: Collection[str], depth: int) -> str | None:
    for name, value in islice(values.items(), _MEMBERS_MAX):
        if value is None or value is False or len(name) > _NAME_CHARACTERS_MAX:
            continue
        is_inner = value.__class__ is dict or value.__class__ is list
        if not is_inner and _kind(name) != _NAME and value.__class__ is not str:
            continue  # Most of what devices say: settled by the name alone.
        if name in known:
            continue
        word = _of_inner(name, value, known, depth) if is_inner else _of_member(name, value)
        if word is not None:
            return word
    return None


def _of_inner(name: str, value: dict[str, Any] | list[Any], known: Collection[str], depth: int) -> str | None:
    if depth <= 0:
        return None
    if isinstance(value, dict):
        # `{"sos": {"value": 1}}`: the name stands outside, what it is inside.
        said = (_of_member(name, value[inner]) for inner in _VALUES if inner in value)
        return next((word for word in said if word is not None), None) or _of_object(value, known, depth - 1)
    for one in value[:_MEMBERS_MAX]:
        # What a source knows it reads where it stands, and not in a list of records.
        word = _of_object(one, (), depth - 1) if isinstance(one, dict) else _of_member(name, one)
        if word is not None:
            return word
    return None


def _of_member(name: str, value: object) -> str | None:
    kind = _kind(name)
    if kind == 0:
        return None
    if kind == _ANY:
        return value if isinstance(value, str) and value.strip().lower() in _ALWAYS else None
    if isinstance(value, str) and number(value) is None:
        if flag(value) is None:
            return _of_text(value, is_holder=kind == _HOLDER)
        value = flag(value)
    if kind == _HOLDER or value is False:
        return None
    if value is True:
        return name
    code = number(value)
    return f"{name}={code:g}" if code is not None and 0 < code <= _CODE_MAX and code == int(code) else None


def _of_text(value: str, *, is_holder: bool) -> str | None:
    return _remembered(value, is_holder) if len(value) <= _NAME_CHARACTERS_MAX else None


@lru_cache(maxsize=4096)
def _remembered(value: str, is_holder: bool) -> str | None:
    words = {word.lower() for word in _WORD.findall(value)}
    if "".join(_WORD.findall(value)).lower() in _QUIET or words & _NOT:
        return None
    called = words & _CALLS
    if is_holder and not called:
        return None
    only = called.pop() if len(called) == 1 else ""
    return only if only in _ALARM_TYPES else value


@lru_cache(maxsize=4096)
def _kind(name: str) -> int:
    words = [word.lower() for word in _WORD.findall(name)]
    whole = "".join(words)
    if whole in _HOLDERS:
        return _HOLDER
    if _SETS_UP.search(whole) or not _SETS_UP_WORDS.isdisjoint(words) or words[-1:] == ["no"]:
        return 0
    if words[:1] == ["no"] and not _CALLS.isdisjoint(words[1:2]):
        return 0  # `no_alarm` is the end of one, `no_motion_alarm` is one.
    return _NAME if not _CALLS.isdisjoint(words) or _CALLS_INSIDE.search(whole) else _ANY
