"""Figures as they are printed: what was measured, beside its target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One measured value. Without a target it is for reading only; `at_least` turns the target round."""

    name: str
    value: float
    unit: str
    target: float | None = None
    at_least: bool = False

    @property
    def holds(self) -> bool:
        """Whether the target is met; a value without one always is."""
        if self.target is None:
            return True
        return self.value >= self.target if self.at_least else self.value <= self.target

    def line(self) -> str:
        if self.target is None:
            return f"  {self.name:58}{self.value:12,.1f} {self.unit}"
        sign = ">=" if self.at_least else "<="
        verdict = "holds" if self.holds else "MISSED"
        return f"  {self.name:58}{self.value:12,.1f} {self.unit:12} target {sign} {self.target:,g}  {verdict}"


def percentile(values: Sequence[float], share: float) -> float:
    """The value that so great a share of all does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
