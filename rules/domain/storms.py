"""Many technical alarms together: when a storm is suggested, and which homes without power are one outage.

Life-safety classes are exempt in code (`suppression.decide`); people with equipment at home are never held.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rules.domain.thresholds import Thresholds


@dataclass(frozen=True, kw_only=True, slots=True)
class StormLines:
    """When storm mode is suggested for an area: any of the two lines. Proposals: a county sets its own."""

    window_s: int = 600
    most: int = 50  #: more technical alarms than this in the window
    times_normal: float = 3.0  #: more than so many times what is usual at this hour …
    least: int = 12  #: … but at least so many: three times nothing is nothing


@dataclass(frozen=True, kw_only=True, slots=True)
class StormProfile:
    """Which classes a storm holds; none named: every technical class that may be held at all."""

    name: str = "default"
    classes: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class PowerLines:
    """From how many together power losses are one outage. At most `total` homes open one of their own in a window."""

    window_s: int = 120
    hub: int = 3  #: devices behind one hub
    own_area: int = 5  #: homes of one community
    wider: int = 10  #: homes of an area above it
    total: int = 10  #: of the whole centre: beyond it everything goes to the row of its own uppermost area


def storm_lines_of(thresholds: Thresholds) -> StormLines:
    """The lines as a policy draws them."""
    return StormLines(
        window_s=thresholds.storm_window_s, most=thresholds.storm_alarms, times_normal=thresholds.storm_times_normal,
        least=thresholds.storm_least,
    )  # fmt: skip


def power_lines_of(thresholds: Thresholds) -> PowerLines:
    """The same of power losses."""
    return PowerLines(
        window_s=thresholds.power_window_s, hub=thresholds.power_hub, own_area=thresholds.power_own_area,
        wider=thresholds.power_wider, total=thresholds.power_total,
    )  # fmt: skip


STORM_LINES: Final = StormLines()
POWER_LINES: Final = PowerLines()
PROFILES: Final = (StormProfile(),)
#: An area is not out by itself where one area below it has this share of what is out.
EXPLAINED_SHARE: Final = 0.9


@dataclass(frozen=True, kw_only=True, slots=True)
class Rate:
    """Technical alarms of an area in the window, and what is usual at this hour."""

    alarms: int
    normal: float


def suggested(rates: Mapping[str, Rate], lines: StormLines = STORM_LINES) -> list[str]:
    """The areas over a line, each by its path: the widest that no single area below explains."""
    totals = _with_those_above(rates)
    over = [path for path, rate in totals.items() if _is_over(rate, lines)]
    own = [path for path in over if not any(_explains(child, path, totals) for child in over)]
    return sorted(path for path in own if not any(_is_under(path, other) for other in own))


def _with_those_above(rates: Mapping[str, Rate]) -> dict[str, Rate]:
    totals: dict[str, Rate] = {}
    for path, rate in rates.items():
        for above in above_and(path):
            known = totals.get(above, Rate(alarms=0, normal=0.0))
            totals[above] = Rate(alarms=known.alarms + rate.alarms, normal=known.normal + rate.normal)
    return totals


def _is_over(rate: Rate, lines: StormLines) -> bool:
    unusual = rate.alarms >= lines.least and rate.alarms > lines.times_normal * rate.normal
    return rate.alarms > lines.most or unusual


def _explains(child: str, path: str, totals: Mapping[str, Rate]) -> bool:
    return _is_under(child, path) and totals[child].alarms >= EXPLAINED_SHARE * totals[path].alarms


def above_and(path: str) -> list[str]:
    """The path itself and every path above it, the narrowest first; nothing of no path."""
    labels = path.split(".") if path else []
    return [".".join(labels[:n]) for n in range(len(labels), 0, -1)]


def _is_under(path: str, other: str) -> bool:
    return path != other and path.startswith(f"{other}.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Loss:
    """Power lost in a home, with an incident of its own."""

    home: str
    hub_id: int | None = None
    area: str | None = None


def part_of(loss: Loss, recent: Iterable[Loss], lines: PowerLines = POWER_LINES) -> str | None:
    """Which part of the centre is without power, if this loss and the recent ones are more than chance.

    `hub:<id>`, `area:<path>`, or `centre` where nobody knows where its devices are; None: it stands alone.
    """
    losses = [*recent, loss]
    if loss.hub_id is not None and sum(one.hub_id == loss.hub_id for one in losses) > lines.hub:
        return f"hub:{loss.hub_id}"
    paths = above_and(loss.area or "")
    homes = {path: _homes_in(path, losses) for path in paths}
    reached = [path for path in paths if homes[path] > (lines.own_area if path == paths[0] else lines.wider)]
    if reached:
        return f"area:{_widest_unexplained(reached, homes)}"
    if len({one.home for one in losses}) <= lines.total:
        return None
    return f"area:{paths[-1]}" if paths else "centre"


def _homes_in(path: str, losses: Iterable[Loss]) -> int:
    return len({one.home for one in losses if one.area is not None and _lies_in(one.area, path)})


def _lies_in(area: str, path: str) -> bool:
    return area == path or _is_under(area, path)


def _widest_unexplained(reached: Sequence[str], homes: Mapping[str, int]) -> str:
    """Climb from the narrowest as long as the area below does not explain nearly all of the one above."""
    found = reached[0]
    for wider in reached[1:]:
        if homes[found] < EXPLAINED_SHARE * homes[wider]:
            found = wider
    return found


#: An outage of many ends while a last few homes are still out; each of them becomes its own again.
ENDS_BELOW_SHARE: Final = 0.1


def outage_is_over(*, still_out: int, most: int, age_s: float, lines: PowerLines = POWER_LINES) -> bool:
    """Whether power is back: everywhere behind it, or but for so few homes that they would not be folded now."""
    if age_s < lines.window_s:
        return False
    return still_out == 0 or (still_out < lines.own_area and still_out < ENDS_BELOW_SHARE * most)
