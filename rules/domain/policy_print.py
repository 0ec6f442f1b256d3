"""The built-in policy as the page `docs/policy.md`: `python -m rules.domain.policy_print > docs/policy.md`."""

from __future__ import annotations

from rules.domain.ladders import DEFAULT_LADDERS, REPAIR_LADDERS, Ladder
from rules.domain.lifecycle import to_mermaid
from rules.domain.policy_routes import ENDED, ROUTES, ROUTINE, WORDS, Effect
from rules.domain.policy_table import FLOORS, ROWS, VERSION, Row, Sent


def to_markdown() -> str:
    """The whole page; the same policy gives the same text."""
    parts = (_head(), _classes(), _routes(), _ladders(), _life())
    return "\n".join(parts)


def _head() -> str:
    return (
        "# The built-in policy\n\n"
        "Printed from the code by `python -m rules.domain.policy_print`; a test compares the two. "
        f"Version `{VERSION}`.\n"
    )


def _classes() -> str:
    lines = [
        "## Classes",
        "",
        "Warn and critical are colours on an unattended alarm; the first escalation counts from receipt while "
        "unattended. No policy puts a class under its floor.",
        "",
        "| class | zh | family | priority | floor | warn | critical | first escalation | the machine sends | ages to |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [_class_line(row) for row in sorted(ROWS.values(), key=lambda row: (row.priority, row.class_))]
    return "\n".join([*lines, ""])


def _class_line(row: Row) -> str:
    floor = FLOORS.get(row.class_)
    cells = (
        f"`{row.class_}`",
        row.zh,
        f"`{row.family}`",
        row.priority.label,
        floor.label if floor else "",
        _time(row.warn_s),
        _time(row.critical_s),
        _time(row.first_escalation_s),
        "nobody" if row.dispatch is Sent.NOBODY else f"{row.dispatch} after {_time(row.dispatch_s)}",
        _ages(row),
    )
    return f"| {' | '.join(cells)} |"


def _ages(row: Row) -> str:
    if row.ages_to is not None:
        return row.ages_to.label
    return ", ".join(f"{to.label} after {_time(after_s)}" for after_s, to in row.rises)


def _time(seconds: int | None) -> str:
    if seconds is None:
        return ""
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size and seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _routes() -> str:
    lines = [
        "## From what a device says to a class",
        "",
        "The first condition that holds is taken; the last of a type holds always.",
        "",
        "| type | condition | class | becomes |",
        "| --- | --- | --- | --- |",
    ]
    for event_type, routes in ROUTES.items():
        for route in routes:
            condition = "" if route is routes[-1] else route.reason.replace("_", " ")
            lines.append(f"| `{event_type}` | {condition} | `{route.class_}` | {_becomes(route.effect)} |")
    ends = ", ".join(f"`{end}`" for end in ENDED)
    words = ", ".join(f"`{word}`" for word in sorted(WORDS))
    routine = ", ".join(f"`{event_type}`" for event_type in sorted(ROUTINE))
    lines += [
        "",
        f"A note on the incident, where one is open (a technical one nobody works on is resolved by it): {ends}.",
        "",
        f"A note on every open incident of the device: {words}.",
        "",
        f"Kept and nothing else: {routine}.",
        "",
        "A retained call for help that was never seen before and is older than 30 minutes or of unknown time is "
        "`retained_call`; an undecodable message or a type unknown on an alarm topic is `unknown`. "
        "`late` and `clock_wrong` change nothing but the marks.",
        "",
    ]
    return "\n".join(lines)


def _becomes(effect: Effect) -> str:
    return "an incident" if effect is Effect.RING else "a log line"


def _ladders() -> str:
    lines = ["## The desk chain", "", "While nobody attends. It never ends by itself.", ""]
    lines += [f"- {priority.label}: {_ladder(ladder)}" for priority, ladder in DEFAULT_LADDERS.items()]
    for name, ladder in sorted(REPAIR_LADDERS.items()):
        classes = ", ".join(f"`{class_}`" for class_, row in ROWS.items() if row.ladder == name)
        lines.append(f"- {classes}: {_ladder(ladder)}")
    return "\n".join([*lines, ""])


def _ladder(ladder: Ladder) -> str:
    rungs = [
        f"{'at the first escalation' if stage == 0 else f'{_time(rung.after_s)} later'} {' and '.join(rung.to)}"
        for stage, rung in enumerate(ladder.stages)
    ]
    return f"{', '.join(rungs)}; again from the start {_time(ladder.again_after_s)} later."


def _life() -> str:
    return f"## The life of an incident\n\n```mermaid\n{to_mermaid()}```\n"


if __name__ == "__main__":
    print(to_markdown(), end="")  # noqa: T201 - the page is what is asked for
