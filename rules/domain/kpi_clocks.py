"""Which clocks of a case stopped between two moments: what the metrics of Answer and Arrival are counted from."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from rules.domain.deadlines import CLAIM_COUNTS_AFTER_S
from rules.domain.kpi import By
from rules.domain.kpi_cases import samples_of
from rules.domain.kpi_course import CaseFacts
from rules.domain.kpi_definition import Figure
from rules.domain.kpi_read import Period

#: After this a claim has shown whether it counts, and whoever began to write by then has committed.
SETTLED_S: Final = CLAIM_COUNTS_AFTER_S + 5
#: Nothing here is grouped by the hour.
_ANY_ZONE: Final = ZoneInfo("UTC")
_SHOWN: Final = frozenset({Figure.ANSWER, Figure.ARRIVAL})


class Stopped(NamedTuple):
    """A clock that stopped, labelled by the priority at its start."""

    figure: Figure
    priority: str
    seconds: float


def stopped_between(case: CaseFacts, after: datetime, until: datetime, *, now: datetime) -> Iterator[Stopped]:
    """The clocks of this case that stopped after `after` and not after `until`; windows in a row count each once."""
    period = Period(start=case.opened_at, end=now + timedelta(seconds=1), as_of=now, timezone=_ANY_ZONE)
    for figure, sample in samples_of(case, period):
        if figure not in _SHOWN or sample.value is None or sample.excluded is not None:
            continue
        if after < sample.at + timedelta(seconds=sample.value) <= until:
            yield Stopped(figure, sample.groups[By.PRIORITY], sample.value)
