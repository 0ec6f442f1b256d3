"""The tables of supervision as they stand in `docs/supervision.md`: `python -m rules.domain.supervision_print`."""

from __future__ import annotations

from typing import Final

from rules.domain.outages import THRESHOLDS
from rules.domain.supervision import BY_KIND, BY_MODEL, Habit

BEGIN: Final = "<!-- printed by python -m rules.domain.supervision_print -->\n"
END: Final = "<!-- end of what is printed -->\n"


def to_markdown() -> str:
    """The tables between their marks; the same rules give the same text."""
    return f"{BEGIN}\n{_intervals()}\n\n{_outages()}\n\n{END}"


def _intervals() -> str:
    lines = [
        "| source | model | kind | speaks every | is late after | because |",
        "| --- | --- | --- | --- | --- | --- |",
        "| any | any | any, with `interval_s` in the register | `interval_s` | two of them | the register says so |",
    ]
    for row in BY_MODEL:
        kinds = ", ".join(f"`{kind}`" for kind in sorted(row.kinds)) or "any"
        model = f"…{row.model}…" if row.model else "any"
        lines.append(f"| `{row.source}` | {model} | {kinds} | {_habit(row.habit)} |")
    lines += [f"| any | any | `{kind}` | {_habit(habit)} |" for kind, habit in BY_KIND.items()]
    return "\n".join(lines)


def _habit(habit: Habit) -> str:
    return f"{_time(habit.interval_s)} | {_time(habit.allowed_s)} | {habit.why}"


def _outages() -> str:
    lines = [
        "| outage of | devices silent together, at least | share of those watched, at least | hubs or single devices |",
        "| --- | --- | --- | --- |",
    ]
    lines += [
        f"| {kind} | {threshold.devices} | {threshold.share:.0%} | {threshold.roots} |"
        for kind, threshold in THRESHOLDS.items()
    ]
    return "\n".join(lines)


def _time(seconds: int) -> str:
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


if __name__ == "__main__":
    print(to_markdown(), end="")  # noqa: T201 - the tables are what is asked for
