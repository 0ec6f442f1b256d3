"""What a device does on a command (`sw/v1/{device}/down`, contract.md section 2)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from devices.event import EventType, Location
from simulator.fleet import Device, word_of
from simulator.plan import Planned
from simulator.words import Said, encode

_OBEYED: Final = frozenset({"locate", "test", "silence", "set_interval", "announce"})


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


def answer(command: Command, now: datetime) -> Reply:
    """Return what the device replies."""
    expires_at = command.expires_at
    if expires_at is not None and expires_at.tzinfo is not None and expires_at < now:
        return Reply(command.id, ok=False, detail="expired")
    if command.command not in _OBEYED:
        return Reply(command.id, ok=False, detail="unknown command")
    return Reply(command.id, ok=True, detail="done")


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
