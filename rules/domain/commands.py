"""Talking back to devices: the states of a command, what is asked without anybody's asking, and for how long."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from devices.commands import Announcement, CommandName
from devices.event import EPOCH
from rules.domain.vocabulary import Class, Family, Priority

#: Sources whose devices hear `down`. A vendor's own form of a command (a hub's `set`, a watch's frame) is no form of
#: ours yet: a command to such a device is undeliverable at once, and says so.
HEARS_COMMANDS: Final = frozenset({"canonical"})

#: A band out of its fence says where it is every half minute: a walker is then 40 m on (1.3 m/s), inside the accuracy
#: of the fix before. Our proposal, like every number of centre.md, part 3 ("faster fixes").
FASTER_FIXES_S: Final = 30
#: Then the device ends it by itself, whoever cannot tell it any more; renewed while the case is open.
FASTER_FIXES_FOR: Final = timedelta(hours=2)
#: Renewed so long after it was asked: half an hour of tries before the two hours are over.
FASTER_FIXES_RENEWED_AFTER: Final = timedelta(minutes=90)
#: Unanswered after so long, it is asked once more: a band in a cellar comes out again.
FASTER_FIXES_EXPIRE: Final = timedelta(minutes=15)
#: What is announced later than this is no comfort, and may be wrong by then.
ANNOUNCEMENT_EXPIRES: Final = timedelta(minutes=5)
#: What a person asks for by hand, where they do not say.
BY_HAND_EXPIRES: Final = timedelta(minutes=5)

#: The cases in which a band is asked for faster fixes, at P2 and above.
WANDERING: Final = frozenset({Class.WANDERING, Class.WANDERING_AT_RISK, Class.FENCE_EXIT})
WANDERING_FROM: Final = Priority.URGENT

#: Families in which nothing is announced: a fault is nobody's call, and in a home with an intruder a voice from the
#: wall tells the wrong person (centre.md, part 3: intrusion is answered with a duress word).
NEVER_ANNOUNCED: Final = frozenset({Family.TECHNICAL, Family.SECURITY})

#: What a device that shows or speaks tells its wearer (centre.md, 19); `ack` alone says neither.
WORDS: Final = MappingProxyType(
    {
        Announcement.TAKEN: MappingProxyType(
            {"zh": "值班员已接到您的求助，正在处理。", "en": "A person at the centre has your call."}
        ),
        Announcement.COMING: MappingProxyType(
            {"zh": "救助人员已出发，正在赶来。", "en": "Somebody is on the way to you."}
        ),
        Announcement.STILL_THERE: MappingProxyType(
            {
                "zh": "您好，请按一下按钮或走动一下，让我们知道您一切都好。",
                "en": "Are you well? Press the button, or move.",
            }
        ),
    }
)


class CommandState(StrEnum):
    """How far a command has come. Each state is dated on the command."""

    WAITING = "waiting"  #: committed; the broker has not taken it
    SENT = "sent"  #: the broker has taken it, which says nothing about the device
    #: The device is known to have it and has not said what it did. Over MQTT nothing tells that but its reply, which
    #: says more: no source of ours stops here yet.
    DELIVERED = "delivered"
    ANSWERED = "answered"  #: the device says that it did it
    REFUSED = "refused"  #: the device says that it did not
    EXPIRED = "expired"  #: not answered in time; whether it was done nobody knows
    UNDELIVERABLE = "undeliverable"  #: the device's source takes no commands


def wire_id(command_id: int, made_at: datetime) -> str:
    """Return the id that stands on `down`: no other command ever has it, also none of another database.

    Devices pass over what they have done already, and a centre that began anew would begin with their old numbers.
    """
    return f"{command_id}-{_millis(made_at):x}"


def read_wire_id(text: str) -> tuple[int, int] | None:
    """Return the number and the milliseconds of its making that an id on `reply` holds; None for what is none."""
    found = _WIRE_ID.fullmatch(text)
    return None if found is None else (int(found[1]), int(found[2], 16))


def _millis(at: datetime) -> int:
    return (at - EPOCH) // timedelta(milliseconds=1)


#: Both fit a bigint.
_WIRE_ID: Final = re.compile(r"([1-9][0-9]{0,17})-([0-9a-f]{1,15})", re.ASCII)

PENDING: Final = frozenset({CommandState.WAITING, CommandState.SENT, CommandState.DELIVERED})


class Asked(StrEnum):
    """Why a command was made."""

    BY_HAND = "by_hand"
    CASE_TAKEN = "case_taken"  #: a person at a desk claimed the case
    HELP_COMING = "help_coming"  #: somebody who goes accepted
    FASTER_FIXES = "faster_fixes"
    FIXES_RESTORED = "fixes_restored"
    STILL_THERE = "still_there"  #: nobody was seen to move, or answered; no case yet


#: Why each announcement is made; of each reason there is one a case and device.
ANNOUNCED: Final = MappingProxyType(
    {
        Announcement.TAKEN: Asked.CASE_TAKEN,
        Announcement.COMING: Asked.HELP_COMING,
        Announcement.STILL_THERE: Asked.STILL_THERE,
    },
)


def announcement(which: Announcement) -> dict[str, Any]:
    """The arguments of an `announce`."""
    return {"announcement": str(which), "text": dict(WORDS[which])}


@dataclass(frozen=True, kw_only=True, slots=True)
class FixesAsked:
    """What a band was last asked about its interval by the platform itself."""

    asked: Asked
    state: CommandState
    incident_id: int
    made_at: datetime


def fixes_due(last: FixesAsked | None, incident_id: int | None, *, now: datetime) -> Asked | None:
    """What to ask of a band now; `incident_id` is the open case that wants faster fixes, None where none does."""
    faster = last is not None and last.asked is Asked.FASTER_FIXES
    if incident_id is None:
        lasts = last is not None and now < last.made_at + FASTER_FIXES_FOR
        heard = last is not None and last.state is not CommandState.UNDELIVERABLE
        return Asked.FIXES_RESTORED if faster and lasts and heard else None
    if last is None or not faster or last.incident_id != incident_id:
        return Asked.FASTER_FIXES
    if last.state is CommandState.UNDELIVERABLE or last.state in PENDING:
        return None
    again_at = last.made_at if last.state is CommandState.EXPIRED else last.made_at + FASTER_FIXES_RENEWED_AFTER
    return Asked.FASTER_FIXES if now >= again_at else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """A command to be made."""

    command: CommandName
    args: dict[str, Any]
    asked: Asked
    expires_at: datetime


def fixes_order(asked: Asked, *, usual_s: int, now: datetime) -> Order:
    """The `set_interval` for faster fixes, or for the band's usual ones.

    The usual interval stands without `until`. Where it does not arrive, the faster one ends by itself.
    """
    if asked is Asked.FASTER_FIXES:
        until = now + FASTER_FIXES_FOR
        args: dict[str, Any] = {
            "seconds": min(FASTER_FIXES_S, usual_s),
            "until": until.isoformat().replace("+00:00", "Z"),
        }
        return Order(command=CommandName.SET_INTERVAL, args=args, asked=asked, expires_at=now + FASTER_FIXES_EXPIRE)
    args = {"seconds": usual_s}
    return Order(command=CommandName.SET_INTERVAL, args=args, asked=asked, expires_at=now + FASTER_FIXES_FOR)
