"""Several parts' metrics as one page: each family once, equal label sets put together."""

from __future__ import annotations

import math
from collections.abc import Iterable

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

_Key = tuple[str, tuple[tuple[str, str], ...]]


def merge(pages: Iterable[str]) -> str:
    """One page in the Prometheus text format. Raises ValueError if a page is not in that format.

    Counters and histograms of two parts add up. A gauge that two parts tell is the same fact told twice (the age of
    the last canary round), so the greater one holds: the more alarming, for everything that we measure.
    """
    families: dict[str, Metric] = {}
    values: dict[str, dict[_Key, Sample]] = {}
    for page in pages:
        for family in text_string_to_metric_families(page):
            families.setdefault(family.name, family)
            known = values.setdefault(family.name, {})
            for sample in family.samples:
                key = (sample.name, tuple(sorted(sample.labels.items())))
                known[key] = _together(family.type, known.get(key), sample)
    return "".join(_render(family, list(values[name].values())) for name, family in families.items())


def _together(kind: str, before: Sample | None, sample: Sample) -> Sample:
    if before is None:
        return sample
    # `_created` is when a counter began, whatever the family's type.
    if kind in {"gauge", "info", "unknown", "untyped"} or sample.name.endswith("_created"):
        # NaN is what a part tells that does not know.
        return before if before.value >= sample.value or math.isnan(sample.value) else sample
    return sample._replace(value=before.value + sample.value)


def _render(family: Metric, samples: list[Sample]) -> str:
    # The parser takes `_total` off a counter's name; the text format wants it back.
    name = f"{family.name}_total" if family.type == "counter" else family.name
    kind = "untyped" if family.type == "unknown" else family.type
    help_text = family.documentation.replace("\\", r"\\").replace("\n", r"\n")
    lines = [f"# HELP {name} {help_text}", f"# TYPE {name} {kind}"]
    lines += [f"{sample.name}{_labels(sample.labels)} {_number(sample.value)}" for sample in samples]
    return "\n".join(lines) + "\n"


def _labels(labels: dict[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escape(value)}"' for name, value in labels.items()) + "}"


def _escape(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def _number(value: float) -> str:
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return "NaN" if math.isnan(value) else repr(value)
