"""Many devices silent together: when they are one outage, when it ends, how it ages, and who stands behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from rules.domain.policy_routes import DEPENDENT_ABILITY, EQUIPMENT_TAGS

#: Devices whose silence was found within this are silent together.
TOGETHER_S: Final = 1800
#: An outage ends once fewer than this share of the most it ever held is still silent.
ENDS_BELOW_SHARE: Final = 0.5


#: An area is not out by itself where one area below it has this share of its silent devices.
EXPLAINED_SHARE: Final = 0.9


class Kind(StrEnum):
    """What went silent."""

    HUB = "hub"
    AREA = "area"
    SOURCE = "source"  #: a vendor's platform or a carrier: the devices of one source, wherever they are


@dataclass(frozen=True, kw_only=True, slots=True)
class Count:
    """How many devices of a group are silent, and behind how many roots: hubs, or devices that stand alone."""

    devices: int
    roots: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Threshold:
    """All must be reached: devices silent together, their share of those watched, and roots.

    Roots tell a hub from an area: twenty devices behind one hub are one hub's loss, wherever they are.
    """

    devices: int
    share: float
    roots: int

    def reached(self, silent: Count, watched: int) -> bool:
        many = silent.devices >= self.devices and silent.roots >= self.roots
        return many and silent.devices >= self.share * watched


THRESHOLDS: Final[Mapping[Kind, Threshold]] = MappingProxyType(
    {
        Kind.HUB: Threshold(devices=3, share=0.5, roots=1),
        Kind.AREA: Threshold(devices=10, share=0.25, roots=5),
        Kind.SOURCE: Threshold(devices=50, share=0.25, roots=10),
    }
)


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Group:
    """A hub (by its id), an area (by its path) or a source (by its name)."""

    kind: Kind
    key: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Silent:
    """A silent device, as far as grouping needs it."""

    device_id: int
    hub_id: int | None
    area: str | None
    source: str


def groups_of(device: Silent) -> list[Group]:
    """Every group a device is of, the narrowest first: its hub, its area and those above, its source."""
    groups = [] if device.hub_id is None else [Group(kind=Kind.HUB, key=str(device.hub_id))]
    if device.area:
        labels = device.area.split(".")
        groups += [Group(kind=Kind.AREA, key=".".join(labels[:n])) for n in range(len(labels), 0, -1)]
    return [*groups, Group(kind=Kind.SOURCE, key=device.source)]


def count(devices: Iterable[Silent]) -> dict[Group, Count]:
    """How many of these devices each group has, and behind how many roots."""
    roots: dict[Group, set[int]] = {}
    counts: dict[Group, int] = {}
    for device in devices:
        root = device.device_id if device.hub_id is None else device.hub_id
        for group in groups_of(device):
            counts[group] = counts.get(group, 0) + 1
            roots.setdefault(group, set()).add(root)
    return {group: Count(devices=devices, roots=len(roots[group])) for group, devices in counts.items()}


def may_be_outage(counts: Mapping[Group, Count]) -> list[Group]:
    """The groups in which enough devices are silent to ask how many are watched."""
    return [group for group, silent in counts.items() if THRESHOLDS[group.kind].reached(silent, 0)]


def outages_among(counts: Mapping[Group, Count], watched: Mapping[Group, int]) -> list[Group]:
    """The outages that explain the silence: the widest areas, else sources, else hubs. One outage is one incident."""
    reached = [
        group
        for group in may_be_outage(counts)
        # How many are watched is not known of a group that is new: then nothing is folded into it.
        if group in watched and THRESHOLDS[group.kind].reached(counts[group], watched[group])
    ]
    areas = [group for group in reached if group.kind is Kind.AREA]
    own = [area for area in areas if not any(_is_explained(area, child, counts) for child in areas)]
    widest = [area for area in own if not any(_within(area.key, other.key) for other in own)]
    sources = [group for group in reached if group.kind is Kind.SOURCE]
    hubs = [group for group in reached if group.kind is Kind.HUB]
    return sorted(widest or sources or hubs)


def _is_explained(area: Group, child: Group, counts: Mapping[Group, Count]) -> bool:
    """Whether one area below holds nearly all that is silent here: a village's loss is not the county's."""
    return _within(child.key, area.key) and counts[child].devices >= EXPLAINED_SHARE * counts[area].devices


def _within(path: str, other: str) -> bool:
    return path != other and path.startswith(f"{other}.")


def outage_of(device: Silent, standing: Mapping[Group, int]) -> int | None:
    """The standing outage that holds a device, the narrowest; `standing` maps a group to its incident."""
    return next((standing[group] for group in groups_of(device) if group in standing), None)


def has_ended(*, still_silent: int, held_most: int) -> bool:
    """Whether an outage of many is over; one that a silent hub opened ends with the hub's own word instead."""
    return still_silent < ENDS_BELOW_SHARE * held_most or still_silent == 0


class Risk(StrEnum):
    """Why somebody behind an outage is called first; in this order."""

    EQUIPMENT = "equipment"
    NO_OTHER_PATH = "no_other_path"
    ALONE = "alone"
    DEPENDENT = "dependent"


def risks_of(*, tags: frozenset[str], ability: int | None, other_path: bool) -> tuple[Risk, ...]:
    """Everything that puts a person behind an outage at risk, the gravest first."""
    holds = {
        Risk.EQUIPMENT: not tags.isdisjoint(EQUIPMENT_TAGS),
        Risk.NO_OTHER_PATH: not other_path,
        Risk.ALONE: "living_alone" in tags,
        Risk.DEPENDENT: (ability or 0) >= DEPENDENT_ABILITY,
    }
    return tuple(risk for risk in Risk if holds[risk])


def rank(risks: tuple[Risk, ...]) -> tuple[int, ...]:
    """Sorts people by risk: equipment before all, then whoever has more of the graver ones."""
    return tuple(0 if risk in risks else 1 for risk in Risk)


class CallResult(StrEnum):
    """What came of calling or visiting somebody behind an outage."""

    SPOKE_OK = "spoke_ok"
    SEEN_OK = "seen_ok"
    NO_ANSWER = "no_answer"
    VISIT_PLANNED = "visit_planned"
    NEEDS_HELP = "needs_help"


#: They are known to be well; everybody else is still to be reached.
REACHED: Final = frozenset({CallResult.SPOKE_OK, CallResult.SEEN_OK})


def left_to_reach(last_results: Iterable[str | None]) -> int:
    """How many people of the list are not known to be well, by the last call of each."""
    return sum(result is None or result not in REACHED for result in last_results)
