"""What a case sets in motion beside the desk: who is sent, who is told, which service must be called.

Each chain has a module of its own with the same four occasions. They are asked inside the transaction of whatever
happened, under the case's lock, before it is saved; `opened` alone comes after, when the case has its number.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rules.domain.firing import Firing
from rules.domain.policy import Assessment
from rules.domain.vocabulary import Target
from store import emergency, field_chain, reaching
from store.cases import Case
from store.database import Connection

if TYPE_CHECKING:
    from store.steps import Hand, StepRequest

_CHAINS = (field_chain, reaching, emergency)


def opening(case: Case, *, now: datetime) -> None:
    """Before a new case is written: set the chains' deadlines."""
    for chain in _CHAINS:
        chain.opening(case, now=now)


async def opened(connection: Connection, case: Case, *, now: datetime) -> None:
    """Just after a new case was written: nothing of the case may be changed here."""
    for chain in _CHAINS:
        await chain.opened(connection, case, now=now)


async def joined(connection: Connection, case: Case, assessed: Assessment, *, raised: bool, now: datetime) -> None:
    """A further alarm has joined."""
    for chain in _CHAINS:
        await chain.joined(connection, case, assessed, raised=raised, now=now)


async def stepped(connection: Connection, case: Case, request: StepRequest, *, by: Hand, now: datetime) -> None:
    """Somebody at a desk has taken a step; the case is as it is after it."""
    for chain in _CHAINS:
        await chain.stepped(connection, case, request, by=by, now=now)


def lost(case: Case, *, now: datetime) -> None:
    """A claim has lapsed: what was left to the desk is the machine's again."""
    field_chain.lost(case, now=now)
    reaching.lost(case, now=now)
    emergency.lost(case, now=now)


async def fired(connection: Connection, case: Case, firing: Firing, *, zone: ZoneInfo, now: datetime) -> None:
    """A deadline has fired; the case is as it is after it. `zone` is the site's."""
    await field_chain.fired(connection, case, firing, zone=zone, now=now)
    for chain in (reaching, emergency):
        await chain.fired(connection, case, firing, now=now)


async def replaced(connection: Connection, case: Case, firing: Firing, *, now: datetime) -> None:
    """A step that failed too often was replaced by the fixed one; its own chain is left out, since that is what fails.

    At night the supervisors are whoever is on call.
    """
    heard = replace(firing, resound_to=(*firing.resound_to, Target.ON_CALL_PHONE))
    await reaching.fired_stages(connection, [(case, heard)], now=now)
