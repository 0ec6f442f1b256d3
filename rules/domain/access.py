"""Whose topics are whose: what a device or a vendor's bridge may say and hear at the broker. All else is refused."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

#: No device's id holds an `@`, so no bridge is ever taken for a device.
BRIDGE_SUFFIX: Final = "@bridge"

_BRIDGE: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_TOPIC: Final = re.compile(r"sw/v1/([A-Za-z0-9._:-]{1,64})/([a-z]+)")
_DEVICES_OWN: Final = "sw/v1/#"
_MAY_PUBLISH: Final = frozenset({"alarm", "telemetry", "reply", "online"})
_MAY_SUBSCRIBE: Final = frozenset({"ack", "down"})


class BridgeMisnamed(ValueError):
    """A bridge's name is 1 to 64 of A-Z a-z 0-9 . _ : -"""


class BridgeTopicsWrong(ValueError):
    """A bridge's topics are one or more MQTT filters that reach neither the broker's own topics nor our devices'."""


class Deed(StrEnum):
    """What somebody wants to do with a topic."""

    PUBLISH = "publish"
    SUBSCRIBE = "subscribe"


def bridge_account(bridge: str) -> str:
    """The user name of a vendor's bridge; BridgeMisnamed where it cannot have one."""
    if not _BRIDGE.fullmatch(bridge):
        raise BridgeMisnamed(f"{bridge[:80]!r}: {BridgeMisnamed.__doc__}")
    return bridge + BRIDGE_SUFFIX


def bridge_topics(filters: Sequence[str]) -> tuple[str, ...]:
    """These filters, each once; BridgeTopicsWrong names one that no bridge may have."""
    for filter_ in filters:
        if not _is_filter(filter_):
            raise BridgeTopicsWrong(f"{filter_[:80]!r} is not an MQTT topic filter")
        if filter_.startswith("$") or _meet(filter_, _DEVICES_OWN):
            raise BridgeTopicsWrong(f"{filter_[:80]!r}: {BridgeTopicsWrong.__doc__}")
    if not filters:
        raise BridgeTopicsWrong(str(BridgeTopicsWrong.__doc__))
    return tuple(dict.fromkeys(filters))


def _is_filter(text: str) -> bool:
    levels = text.split("/")
    whole = all(level in ("+", "#") or not set("+#\0") & set(level) for level in levels)
    return bool(text) and whole and "#" not in levels[:-1]


def _meet(one: str, other: str) -> bool:
    """Whether some topic is taken by both filters."""
    ours, theirs = one.split("/"), other.split("/")
    for mine, yours in zip(ours, theirs, strict=False):
        if "#" in (mine, yours):
            return True
        if mine != yours and "+" not in (mine, yours):
            return False
    longer = ours[len(theirs) :] or theirs[len(ours) :]
    return not longer or longer == ["#"]


def device_may(device: str, deed: Deed, topic: str) -> bool:
    """Whether a device may publish on this topic, or subscribe to it: its own ones only, by their whole names."""
    found = _TOPIC.fullmatch(topic)
    if found is None or found[1] != device:
        return False
    return found[2] in (_MAY_PUBLISH if deed is Deed.PUBLISH else _MAY_SUBSCRIBE)


def bridge_may(filters: Sequence[str], topic: str) -> bool:
    """Whether a vendor's bridge may publish on this topic, or subscribe to this filter: nothing wider than its own."""
    return any(covers(filter_, topic) for filter_ in filters)


def covers(filter_: str, wanted: str) -> bool:
    """Whether every topic that `wanted` (a topic or a filter) stands for is one of `filter_`'s."""
    ours, theirs = filter_.split("/"), wanted.split("/")
    if theirs[0].startswith("$") and ours[0] in ("+", "#"):
        return False  # the broker's own topics are nobody's by a wildcard
    for position, level in enumerate(ours):
        if level == "#":
            return True
        if position == len(theirs) or theirs[position] == "#":
            return False
        if level not in ("+", theirs[position]):
            return False
    return len(ours) == len(theirs)
