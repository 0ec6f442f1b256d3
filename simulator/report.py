"""The report: one page that needs nothing else, with every text escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from simulator.tally import EDGES_S, Latencies, Tally

_SHARES: Final = (0.5, 0.9, 0.975, 0.99, 0.999)
_STYLE: Final = """
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c2024;background:#fff}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}table{border-collapse:collapse}
td,th{padding:.2rem .8rem .2rem 0;text-align:left;border-bottom:1px solid #d9dde1}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
.bar{background:#2f6f8f;height:.8rem;min-width:1px}pre{background:#f3f5f6;padding:.8rem;overflow:auto}
@media(prefers-color-scheme:dark){body{background:#15181a;color:#e3e6e8}td,th{border-color:#3a4045}pre{background:#20252a}}
"""


def page(tally: Tally, *, title: str, command: str, findings: Sequence[str] = ()) -> str:
    """Return the report of a run. `command` repeats it; `findings` are the lines of `--verify`, if that was asked."""
    parts = [
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(title)}</title><style>{_STYLE}</style>",
        f"<h1>{escape(title)}</h1><p>To repeat it:</p><pre>{escape(command)}</pre>",
        _section("In all", _table(("", "n"), summary(tally))),
        _section("By type", _types(tally)),
        _section("Alarm sent → ack received", _latency(tally.ack_latency)),
        _section("Event made → taken over by the broker", _latency(tally.puback_latency)),
        _section("What else happened", _table(("", "n"), sorted(tally.facts.items()))),
    ]
    if findings:
        parts.append(_section("Ledger against database", f"<pre>{escape(chr(10).join(findings))}</pre>"))
    return "\n".join(parts) + "</html>\n"


def summary(tally: Tally) -> list[tuple[str, object]]:
    """Return the figures of the whole run, for the page and for the terminal."""
    rate = tally.made / tally.elapsed_s if tally.elapsed_s else 0.0
    cpu_us = tally.cpu_us_per_event
    return [
        ("devices", tally.devices),
        ("connections", tally.connections),
        ("events", tally.made),
        ("taken over by the broker", tally.taken_over),
        ("alarms acknowledged", tally.ack_latency.number),
        ("seconds", round(tally.elapsed_s, 1)),
        ("events a second", round(rate, 1)),
        ("µs of processor time an event", round(cpu_us, 1)),
        ("events a second and core", round(1e6 / cpu_us) if cpu_us else 0),
        ("ack p50, ms", _ms(tally.ack_latency.percentile_s(0.5))),
        ("ack p99, ms", _ms(tally.ack_latency.percentile_s(0.99))),
    ]


def _section(title: str, body: str) -> str:
    return f"<h2>{escape(title)}</h2>\n{body}"


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    return f"<table>{_row('th', heads)}{''.join(_row('td', row) for row in rows)}</table>"


def _row(tag: str, cells: Sequence[object]) -> str:
    first, *rest = (escape(str(cell)) for cell in cells)
    return f"<tr><{tag}>{first}</{tag}>" + "".join(f"<{tag} class=n>{cell}</{tag}>" for cell in rest) + "</tr>"


def _types(tally: Tally) -> str:
    rows = [(word, row.made, row.taken_over, row.acked) for word, row in sorted(tally.types.items())]
    return _table(("type", "made", "taken over by the broker", "acknowledged"), rows)


def _latency(latencies: Latencies) -> str:
    if not latencies.number:
        return "<p>None.</p>"
    shares = [(f"p{share * 100:g}, at most ms", _ms(latencies.percentile_s(share))) for share in _SHARES]
    shares.append(("longest, ms", _ms(latencies.longest_s)))
    return _table(("", "ms"), shares) + _bars(latencies)


def _bars(latencies: Latencies) -> str:
    most = max(latencies.counts)
    names = [f"≤ {edge * 1000:g} ms" for edge in EDGES_S] + [f"> {EDGES_S[-1]:g} s"]
    rows = [
        f"<tr><td>{escape(name)}<td class=n>{count}<td style='width:30rem'>"
        f"<div class=bar style='width:{100 * count / most:.1f}%'></div>"
        for name, count in zip(names, latencies.counts, strict=True)
        if count
    ]
    return f"<table>{''.join(rows)}</table>"


def _ms(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds * 1000:.1f}"
