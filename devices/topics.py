"""The canonical topics: which device, and which of its channels."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from devices.errors import NotADeviceId

DEVICE_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}")
PREFIX: Final = "sw/v1"


class Channel(StrEnum):
    """The last part of a topic; `alarm`, `telemetry`, `online` and `reply` are the device's, the others ours."""

    ALARM = "alarm"
    TELEMETRY = "telemetry"
    ONLINE = "online"
    REPLY = "reply"
    ACK = "ack"
    DOWN = "down"


_CHANNELS: Final = {str(channel): channel for channel in Channel}
_TOPIC: Final = re.compile(rf"{PREFIX}/({DEVICE_ID.pattern})/({'|'.join(_CHANNELS)})")


def is_device_id(text: str) -> bool:
    """Say whether a device may be called this."""
    return DEVICE_ID.fullmatch(text) is not None


def parse_topic(topic: str) -> tuple[str, Channel] | None:
    """Return the device and the channel that a topic names, or None if it is not one of ours."""
    found = _TOPIC.fullmatch(topic)
    return None if found is None else (found[1], _CHANNELS[found[2]])


def topic_of(device: str, channel: Channel) -> str:
    """Return the device's topic; an id that could reach another topic raises NotADeviceId."""
    if not is_device_id(device):
        raise NotADeviceId(f"{device[:80]!r} is not a device id: use 1 to 64 of A-Z a-z 0-9 . _ : -")
    return f"{PREFIX}/{device}/{channel}"


def filter_of(channel: Channel) -> str:
    """Return the subscription that takes this channel of every device."""
    return f"{PREFIX}/+/{channel}"


def alarm_topic(device: str) -> str:
    """Return where the device publishes its alarms."""
    return topic_of(device, Channel.ALARM)


def telemetry_topic(device: str) -> str:
    """Return where the device publishes everything but alarms."""
    return topic_of(device, Channel.TELEMETRY)


def online_topic(device: str) -> str:
    """Return where the device, or its will, publishes `1` or `0`."""
    return topic_of(device, Channel.ONLINE)


def reply_topic(device: str) -> str:
    """Return where the device answers commands."""
    return topic_of(device, Channel.REPLY)


def ack_topic(device: str) -> str:
    """Return where the device hears that its alarm is stored."""
    return topic_of(device, Channel.ACK)


def down_topic(device: str) -> str:
    """Return where the device hears commands."""
    return topic_of(device, Channel.DOWN)
