"""The definitions as the page `docs/kpi.md`: `python -m rules.domain.kpi_print > docs/kpi.md`."""

from __future__ import annotations

from rules.domain.kpi import PERCENTILES
from rules.domain.kpi_definition import Definition, NoData
from rules.domain.kpi_definitions import DEFINITIONS

_WHY = {
    NoData.ONLY_A_METRIC: "timed in the process and kept by Prometheus, in no row",
    NoData.NOT_RECORDED: "no record of this kind is kept yet",
    NoData.NOTHING_HAPPENED: "nothing of this happened in the period",
    NoData.NO_HISTORY: "the register keeps how it stands now, not how it stood",
    NoData.NOT_BY_AREA: "of the whole centre only",
}


def to_markdown() -> str:
    """The whole page; the same definitions give the same text."""
    figures = "\n".join(_figure(definition) for definition in DEFINITIONS.values())
    return f"{_head()}\n{_table()}\n{figures}\n{_reasons()}"


def _head() -> str:
    percentiles = ", ".join(f"p{percent}" for percent in PERCENTILES)
    return (
        "# KPI definitions\n\n"
        "Printed from the code by `python -m rules.domain.kpi_print`; a test compares the two. The figures: "
        "`GET /api/v1/reports/kpi?from=&to=&area=`.\n\n"
        "- Times are the server's (`received_at`); months and hours are in site time. A clock belongs to the period in "
        "which it started, and may stop after its end.\n"
        f"- Percentiles ({percentiles}) by nearest rank over the whole period, never averaged. What never got there "
        "counts as never: a percentile that falls on it has no number.\n"
        "- Numerator, denominator and each exclusion's count stand beside every figure, with the list of misses. "
        "Nothing is excluded for storms, restarts, lateness or outages of ours: those are counted beside it.\n"
        "- P3, P4 and P5 never stand in a figure of P1 and P2; the priority is the one at the start of the clock. "
        "Canary cases stand in no figure.\n"
        "- `still_running` counts clocks whose limit had not passed when the report was made; a report of a past month "
        "has none.\n"
        "- A figure without a record says `no_data` with the reason, never a zero.\n"
        "- A target without a source is a proposal.\n"
    )


def _table() -> str:
    lines = ["| id | zh | en | version | target | source |", "| --- | --- | --- | --- | --- | --- |"]
    lines += [
        f"| `{d.figure}` | {d.name.zh} | {d.name.en} | {d.version} | {d.target.en} | {d.source} |"
        for d in DEFINITIONS.values()
    ]
    return "\n".join([*lines, ""])


def _figure(definition: Definition) -> str:
    excluded = ", ".join(f"`{reason}`" for reason in definition.exclusions) or "nothing"
    lines = [
        f"## {definition.name.zh} · {definition.name.en} (`{definition.figure}`)",
        "",
        f"- starts: {definition.starts.zh} · {definition.starts.en}",
        f"- stops: {definition.stops.zh} · {definition.stops.en}",
        f"- excluded, counted beside: {excluded}",
        f"- target: {definition.target.zh} · {definition.target.en} ({definition.source})",
        f"- unit: {definition.unit}; version {definition.version}",
    ]
    if definition.no_data is not None:
        lines.append(f"- no data: `{definition.no_data}`, {_WHY[definition.no_data]}")
    elif definition.whole_centre:
        lines.append("- of the whole centre: with `area` it has no data")
    return "\n".join([*lines, ""])


def _reasons() -> str:
    lines = ["## Why a figure has no data", "", "| reason | |", "| --- | --- |"]
    return "\n".join([*lines, *(f"| `{reason}` | {why} |" for reason, why in _WHY.items()), ""])


if __name__ == "__main__":
    print(to_markdown(), end="")  # noqa: T201 - the page is what is asked for
