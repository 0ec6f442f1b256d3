"""Metrics of several parts on one page."""

from __future__ import annotations

import math

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from shouwang.exposition import merge


def _page(*, presses: float, age: float, source: str = "a") -> str:
    registry = CollectorRegistry()
    Counter("presses_total", 'Presses, "all"\nof them', ["source"], registry=registry).labels(source).inc(presses)
    Gauge("age_seconds", "Age", registry=registry).set(age)
    Histogram("wait_seconds", "Wait", registry=registry, buckets=(1.0,)).observe(0.5)
    return generate_latest(registry).decode()


def _samples(page: str) -> dict[tuple[str, str], float]:
    return {
        (sample.name, ",".join(f"{k}={v}" for k, v in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


def test_one_page_merged_alone_says_the_same() -> None:
    page = _page(presses=3, age=2)
    assert _samples(merge([page])) == _samples(page)


def test_counters_and_histograms_add_up_and_the_greater_gauge_holds() -> None:
    merged = _samples(merge([_page(presses=3, age=2), _page(presses=4, age=9)]))
    assert merged["presses_total", "source=a"] == 7
    assert merged["age_seconds", ""] == 9
    assert merged["wait_seconds_bucket", "le=1.0"] == 2
    assert merged["wait_seconds_count", ""] == 2


def test_other_labels_stay_apart_and_no_family_is_announced_twice() -> None:
    page = merge([_page(presses=3, age=2), _page(presses=4, age=9, source='b"\\')])
    assert page.count("# TYPE presses_total counter") == 1
    assert page.count("# HELP presses_total ") == 1
    merged = _samples(page)
    assert merged["presses_total", "source=a"] == 3
    assert merged["presses_total", 'source=b"\\'] == 4


def test_values_that_are_no_numbers_survive() -> None:
    merged = merge(["# TYPE a gauge\na +Inf\n# TYPE b gauge\nb NaN\n# TYPE c gauge\nc -Inf\n"])
    assert "a +Inf" in merged
    assert "b NaN" in merged
    assert "c -Inf" in merged


def test_a_part_that_is_down_adds_nothing() -> None:
    page = _page(presses=1, age=1)
    assert merge([page, ""]) == merge([page])


@pytest.mark.parametrize("ages", [(math.nan, 5.0), (5.0, math.nan), (3.0, math.nan, 5.0)])
def test_a_part_that_does_not_know_hides_nothing(ages: tuple[float, ...]) -> None:
    merged = _samples(merge([_page(presses=1, age=age) for age in ages]))
    assert merged["age_seconds", ""] == 5


def test_what_no_part_knows_stays_unknown() -> None:
    merged = _samples(merge([_page(presses=1, age=math.nan), _page(presses=1, age=math.nan)]))
    assert math.isnan(merged["age_seconds", ""])
