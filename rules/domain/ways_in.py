"""How long somebody who goes may be shown the code of a door (centre.md, 26)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from rules.domain.assignments import GOING, Assignment, Standing

#: Who is expected and has not come for so long is not on the way: no code for them until they say that they are there.
SHOWN_AFTER_ARRIVE_BY: Final = timedelta(hours=1)


def may_see_code(a: Assignment, *, now: datetime) -> bool:
    """Whether this responder may be shown a code now: from the acceptance to the end, near the time."""
    if a.standing not in GOING:
        return False
    if a.standing is Standing.ON_SCENE or a.arrive_by is None:
        return True
    return now <= a.arrive_by + SHOWN_AFTER_ARRIVE_BY
