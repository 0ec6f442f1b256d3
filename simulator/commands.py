"""What a device does on a command (`sw/v1/{device}/down`, contract.md section 2)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from devices.event import EventType, Location
from simulator.fleet import Device, Kind, word_of
from simulator.plan import Planned
from simulator.words import Said, encode

_OBEYED: Final = frozenset({"locate", "test", "silence", "set_interval", "announce"})

#: Kinds that can show or say something to their wearer.
_SPEAKERS: Final = frozenset({Kind.CALL_BUTTON, Kind.LOCATION_BAND})
#: Of so many commands a device cannot do one just now.
BUSY_ONE_IN: Final = 20
ANSWERS_FIRST_S: Final = 0.2
ANSWERS_LAST_S: Final = 2.0


class Command(msgspec.Struct, frozen=True):
    """A command as the platform sends it."""

    id: str
    command: str
    expires_at: datetime | None = None


class Reply(msgspec.Struct, frozen=True):
    """The device's answer."""

    id: str
    ok: bool
    detail: str


def read_command(payload: bytes) -> Command | None:
    """Return the command, or None for what is none: a device has nobody to complain to."""
    try:
        return msgspec.json.decode(payload, type=Command)
    except msgspec.DecodeError:
        return None


def has_expired(command: Command, now: datetime) -> bool:
    """Whether a device passes it over: what it was asked to do is of no use any more."""
    expires_at = command.expires_at
    return expires_at is not None and expires_at.tzinfo is not None and expires_at < now


def answer(command: Command, device: Device) -> Reply:
    """Return what the device replies: the same to every copy of a command."""
    if command.command not in _OBEYED:
        return Reply(command.id, ok=False, detail="unknown command")
    if command.command == "announce" and device.kind not in _SPEAKERS:
        return Reply(command.id, ok=False, detail="no display, no loudspeaker")
    if int(word_of(device.id, command.id, length=16).encode().hex(), 16) % BUSY_ONE_IN == 0:
        return Reply(command.id, ok=False, detail="busy")
    return Reply(command.id, ok=True, detail="done")


def answers_after_s(command: Command, device: Device) -> float:
    """Return how long the device takes: a modem wakes, a motor turns, a sentence is said."""
    share = int(word_of("moment", device.id, command.id, length=16).encode().hex(), 16) % 1000 / 1000
    return ANSWERS_FIRST_S + share * (ANSWERS_LAST_S - ANSWERS_FIRST_S)


def consequence(command: Command, device: Device, run_word: str, now: datetime, now_s: float) -> Planned | None:
    """Return the event that obeying produces: a fix for `locate`, a test for `test`, none for the others."""
    at = round(now.timestamp() * 1000)
    match command.command:
        case "locate":
            said = Said(EventType.LOCATION, Location(lat=device.home.lat, lon=device.home.lon, accuracy_m=25.0))
        case "test":
            said = Said(EventType.TEST)
        case _:
            return None
    event_id = f"{run_word}-c{word_of(command.id, length=10)}"
    return Planned(device, event_id, said.type, now_s, at, encode(said, event_id=event_id, at=at))
