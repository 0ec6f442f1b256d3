"""Fire and gas where somebody goes, or is: which of them they have heard of, and which they must still be told."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from rules.domain.services import FIRE_AND_GAS
from rules.domain.vocabulary import Class

#: The gravest first: what has no smell, what a switch sets off, what is seen.
GRAVITY: Final = (Class.CARBON_MONOXIDE, Class.GAS, Class.FIRE, Class.SMOKE, Class.HEAT)
#: Who was told of the one need not be told of the other: the same danger, not a graver one.
_SAID_WITH: Final = {
    Class.FIRE: frozenset({Class.SMOKE, Class.HEAT}),
    Class.SMOKE: frozenset({Class.HEAT}),
    Class.HEAT: frozenset({Class.SMOKE}),
}


def heard_of(told: Iterable[Class]) -> frozenset[Class]:
    """All that somebody knows of who was told of these classes; what is no fire and no gas says nothing."""
    known = FIRE_AND_GAS & frozenset(told)
    return known.union(*(_SAID_WITH.get(class_, frozenset()) for class_ in known))


def gravest_untold(present: Collection[Class], heard: Collection[Class]) -> Class | None:
    """The danger to name to somebody who heard of these; None where nothing is new."""
    return next((class_ for class_ in GRAVITY if class_ in present and class_ not in heard), None)


assert set(GRAVITY) == FIRE_AND_GAS, "a new danger needs its place"
