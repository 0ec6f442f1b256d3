"""The desk chain as data: who is reached, how long after the stage before, and that it begins again."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from rules.domain.vocabulary import Priority, Target


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """One rung. `after_s` counts from the firing of the rung before; the first rung's comes from the class."""

    after_s: int
    to: tuple[Target, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Ladder:
    """Rungs that repeat for ever: the chain never ends with "list exhausted"."""

    name: str
    stages: tuple[Stage, ...]
    again_after_s: int  #: from the last rung's firing to the first's next

    def __post_init__(self) -> None:
        waits = (*(stage.after_s for stage in self.stages[1:]), self.again_after_s)
        if not self.stages or min(waits) <= 0:
            raise ValueError(f"ladder {self.name}: needs stages, and time between them")

    def wait_s(self, fired: int) -> int:
        """Seconds from the firing of rung `fired` to the next."""
        following = self.after(fired)
        return self.again_after_s if following == 0 else self.stages[following].after_s

    def after(self, fired: int) -> int:
        """The rung that follows `fired`; after the last, the first."""
        return (fired + 1) % len(self.stages)

    @property
    def round_s(self) -> int:
        """Seconds of one whole round."""
        return sum(self.wait_s(stage) for stage in range(len(self.stages)))


_HOUR_S: Final = 3600
_DAY_S: Final = 24 * _HOUR_S

#: Seconds from receipt with a first stage at 60 s: desks 60, telephone 90, 150, 210, 270, county duty 300, again 360.
P1_LADDER: Final = Ladder(
    name="p1",
    stages=(
        Stage(after_s=60, to=(Target.DESKS, Target.SUPERVISORS)),
        Stage(after_s=30, to=(Target.ON_CALL_PHONE,)),
        Stage(after_s=60, to=(Target.ON_CALL_PHONE,)),
        Stage(after_s=60, to=(Target.ON_CALL_PHONE,)),
        Stage(after_s=60, to=(Target.ON_CALL_PHONE,)),
        Stage(after_s=30, to=(Target.COUNTY_DUTY, Target.DESKS)),
    ),
    again_after_s=60,
)
P2_LADDER: Final = Ladder(
    name="p2",
    stages=(
        Stage(after_s=180, to=(Target.SUPERVISORS, Target.DESKS)),
        Stage(after_s=120, to=(Target.ON_CALL_PHONE,)),
    ),
    again_after_s=180,
)
P3_LADDER: Final = Ladder(
    name="p3", stages=(Stage(after_s=_HOUR_S, to=(Target.SUPERVISORS, Target.DESKS)),), again_after_s=_HOUR_S
)
P4_LADDER: Final = Ladder(name="p4", stages=(Stage(after_s=_DAY_S, to=(Target.SUPERVISORS,)),), again_after_s=_DAY_S)
P5_LADDER: Final = Ladder(name="p5", stages=(Stage(after_s=_DAY_S, to=(Target.DESKS,)),), again_after_s=_DAY_S)
#: The canary's own: nobody is reached, the entry alone proves that the engine is awake (invariant 15).
CANARY_LADDER: Final = Ladder(name="canary", stages=(Stage(after_s=10, to=(Target.RECORD,)),), again_after_s=60)
#: What replaces a step that failed three times: needs no plan and no policy (invariant 6).
FIXED_LADDER: Final = Ladder(name="fixed", stages=(Stage(after_s=60, to=(Target.SUPERVISORS,)),), again_after_s=60)

DEFAULT_LADDERS: Final = MappingProxyType(
    {
        Priority.CRITICAL: P1_LADDER,
        Priority.URGENT: P2_LADDER,
        Priority.NOTICE: P3_LADDER,
        Priority.TECHNICAL: P4_LADDER,
        Priority.INFORMATION: P5_LADDER,
    }
)


def repair_ladder_name(repair_s: int) -> str:
    return f"repair_{repair_s // _HOUR_S}h"


def _repair_ladder(repair_s: int) -> Ladder:
    """A fault not repaired in time is the community worker's, in twice the time the supervisor's (centre.md, 23)."""
    worker, both = (Target.COMMUNITY_WORKER,), (Target.SUPERVISORS, Target.COMMUNITY_WORKER)
    stages = (Stage(after_s=repair_s, to=worker), Stage(after_s=repair_s, to=both))
    return Ladder(name=repair_ladder_name(repair_s), stages=stages, again_after_s=_DAY_S)


#: Repair times that the built-in classes have, in hours.
REPAIR_H: Final = (4, 24, 48, 72)
REPAIR_LADDERS: Final = MappingProxyType(
    {ladder.name: ladder for ladder in (_repair_ladder(hours * _HOUR_S) for hours in REPAIR_H)}
)
assert set(DEFAULT_LADDERS) == set(Priority), "a new priority needs a ladder"
