"""Hours of the week in a body: days and times of the site's clocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from rules.domain.hours import ALL_DAYS, DAY_MIN

ClockTime = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$")]
Day = Annotated[int, Field(ge=1, le=7)]


class Hours(BaseModel):
    """From one time to another, over midnight where `to` is not later; days by their beginning, 1 is Monday."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    from_: ClockTime = Field(alias="from")
    to: ClockTime
    days: Annotated[list[Day], Field(min_length=1, max_length=7)] = sorted(ALL_DAYS)

    def row(self) -> dict[str, Any]:
        """As the store keeps it."""
        return {
            "from_min": _minute(self.from_) % DAY_MIN, "to_min": _minute(self.to), "days": sorted(set(self.days)),
        }  # fmt: skip


def hours_shown(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """As a body wrote it."""
    return [{"from": _clock(row["from_min"]), "to": _clock(row["to_min"]), "days": row["days"]} for row in rows]


def _minute(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
