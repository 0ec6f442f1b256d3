"""A month's report as files: JSON for programs, CSV for spreadsheets, HTML to print; pure, the same report the same."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any, Final

import msgspec

from store.kpi_report import FigureReport, Report

#: The manifest names every file with its digest, and is what is signed.
MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "manifest.sig"
PUBLIC_KEY: Final = "public.pem"

_COLUMNS: Final = (
    *("id", "version", "zh", "en", "unit", "numerator", "denominator", "value", "p50", "p90", "p95", "p99", "target"),
    *("met", "excluded", "beside", "misses", "no_data", "source"),
)
_STYLE: Final = (
    "body{font:13px/1.5 'Noto Sans SC','Microsoft YaHei',sans-serif;margin:2em;color:#111}"
    "table{border-collapse:collapse;width:100%}th,td{border:1px solid #999;padding:.25em .4em;text-align:left;"
    "vertical-align:top}td.n{text-align:right;white-space:nowrap}thead{display:table-header-group}"
    "tr{break-inside:avoid}.bad{font-weight:bold}@page{size:A4 landscape;margin:12mm}"
)


def files_of(report: Report) -> dict[str, bytes]:
    """Every file of the bundle but its manifest."""
    encoded = json.dumps(msgspec.to_builtins(report), ensure_ascii=False, indent=1)
    return {
        "report.json": f"{encoded}\n".encode(),
        "report.csv": _csv(report).encode("utf-8-sig"),
        "misses.csv": _misses(report).encode("utf-8-sig"),
        "report.html": _html(report).encode(),
    }


def manifest_of(report: Report, month: str, files: Mapping[str, bytes]) -> bytes:
    """What the bundle is, of what it was made, and the digest of each file."""
    said = {
        "what": "shouwang monthly report",
        "month": month,
        "areas": list(report.areas),
        "time_zone": report.time_zone,
        "made_at": report.made_at.isoformat(),
        "software": report.software,
        "feed_seq": report.seq,
        "chain_head": msgspec.to_builtins(report.chain),
        "definitions": {figure.id: figure.version for figure in report.figures},
        "sha256": {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())},
    }
    return f"{json.dumps(said, ensure_ascii=False, indent=1, sort_keys=True)}\n".encode()


def _csv(report: Report) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    writer.writerows(_row(figure) for figure in report.figures)
    return text.getvalue()


def _row(figure: FigureReport) -> list[Any]:
    percentiles = [figure.percentiles.get(name) for name in ("p50", "p90", "p95", "p99")]
    return [
        figure.id, figure.version, figure.name.zh, figure.name.en, figure.unit, figure.numerator, figure.denominator,
        figure.value, *percentiles, figure.target.en, _met(figure), _counts(figure.exclusions), _counts(figure.beside),
        figure.misses_total, figure.no_data, figure.source,
    ]  # fmt: skip


def _met(figure: FigureReport) -> str:
    known = [target.met for target in figure.targets if target.met is not None]
    return "" if not known else "yes" if all(known) else "no"


def _counts(counts: Iterable[Any]) -> str:
    return "; ".join(f"{one.reason} {one.count}" for one in counts)


def _misses(report: Report) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("figure", "version", "what", "at", "value"))
    for figure in report.figures:
        writer.writerows(
            (figure.id, figure.version, miss.ref, miss.at.isoformat(), miss.value) for miss in figure.misses
        )
    return text.getvalue()


def _html(report: Report) -> str:
    chain = "–" if report.chain is None else f"{report.chain.no} · {report.chain.hash}"
    rows = "".join(_html_row(figure) for figure in report.figures)
    return (
        '<!doctype html>\n<html lang="zh-CN"><meta charset="utf-8"><title>考核指标 · KPI</title>'
        f"<style>{_STYLE}</style><h1>考核指标 · KPI</h1>"
        f"<p>{report.from_.isoformat()} – {report.to.isoformat()} · {escape(report.time_zone)} · "
        f"{escape(', '.join(report.areas) or '全部 · everywhere')}<br>"
        f"{report.made_at.isoformat()} · shouwang {escape(report.software)} · {escape(chain)}</p>"
        "<table><thead><tr><th>指标 · figure<th>值 · value<th>分子/分母<th>p50 / p90<th>目标 · target<th>达标"
        f"<th>排除 · excluded<th>并列 · beside<th>未达 · misses</thead><tbody>{rows}</tbody></table></html>\n"
    )


def _html_row(figure: FigureReport) -> str:
    value = escape(figure.no_data or "") if figure.no_data else _number(figure.value)
    share = "" if figure.no_data else f"{_number(figure.numerator)} / {_number(figure.denominator)}"
    middle = " / ".join(_number(figure.percentiles[name]) for name in ("p50", "p90") if name in figure.percentiles)
    met = _met(figure)
    cells = (
        f"<td>{escape(figure.name.zh)} · {escape(figure.name.en)}<br><small>{figure.id} v{figure.version}, "
        f"{escape(figure.unit)}</small>",
        f"<td class=n>{value}", f"<td class=n>{share}", f"<td class=n>{middle}",
        f"<td>{escape(figure.target.zh)}<br>{escape(figure.target.en)}",
        f"<td class={'bad' if met == 'no' else 'ok'}>{met}", f"<td>{escape(_counts(figure.exclusions))}",
        f"<td>{escape(_counts(figure.beside))}", f"<td class=n>{figure.misses_total}",
    )  # fmt: skip
    return f"<tr>{''.join(cells)}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}".rstrip("0").rstrip(".")
