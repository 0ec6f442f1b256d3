"""The field chain of a case: responders asked, sent, watched until somebody is there or a service has taken it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from rules.domain.firing import Firing
from rules.domain.policy import Assessment
from store.cases import Case
from store.database import Connection

if TYPE_CHECKING:
    from store.steps import Hand, StepRequest


def opening(case: Case, *, now: datetime) -> None:
    """Before a new case is written: set this chain's deadlines."""


async def opened(connection: Connection, case: Case, *, now: datetime) -> None:
    """Just after a new case was written."""


async def joined(connection: Connection, case: Case, assessed: Assessment, *, raised: bool, now: datetime) -> None:
    """A further alarm has joined."""


async def stepped(connection: Connection, case: Case, request: StepRequest, *, by: Hand, now: datetime) -> None:
    """Somebody at a desk has taken a step."""


async def fired(connection: Connection, case: Case, firing: Firing, *, now: datetime) -> None:
    """A deadline has fired."""


async def satisfied(connection: Connection, case: Case, reason: str, *, now: datetime) -> None:
    """Somebody is there, or a service has taken it: nothing else ends this chain."""


async def merged(connection: Connection, gone: Case, stays: Case, *, now: datetime) -> None:
    """One case was taken into another, both locked: whoever goes to the one goes to the other."""
