"""What a receiver has asked for, and nothing else: by table."""

from __future__ import annotations

from typing import Any

import pytest

from rules.domain.case_events import EVENT_OF, CaseEvent, Wanted
from rules.domain.vocabulary import Class, Priority

SMOKE: dict[str, Any] = {
    "event": CaseEvent.OPENED, "priority": Priority.CRITICAL, "area": "320681.320681100", "class_": Class.SMOKE
}  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "case", "wanted"),
    [
        ({}, {}, True),
        ({}, {"area": None}, True),
        ({}, {"class_": Class.CANARY}, False),
        ({"areas": ("320681",)}, {}, True),
        ({"areas": ("320681.320681100",)}, {}, True),
        ({"areas": ("320681.32068110",)}, {}, False),
        ({"areas": ("320682", "320681.320681100.x1")}, {}, False),
        ({"areas": ("320681",)}, {"area": None}, False),
        ({"priorities": frozenset({Priority.CRITICAL})}, {}, True),
        ({"priorities": frozenset({Priority.CRITICAL})}, {"priority": Priority.URGENT}, False),
        ({"events": frozenset({CaseEvent.CLOSED})}, {}, False),
        ({"events": frozenset({CaseEvent.CLOSED})}, {"event": CaseEvent.CLOSED}, True),
    ],
)
def test_each_empty_choice_is_everything(asked: dict[str, Any], case: dict[str, Any], wanted: bool) -> None:
    assert Wanted(name="county", **asked).wants(**(SMOKE | case)) is wanted


def test_every_event_has_an_entry_that_is_it() -> None:
    assert set(EVENT_OF.values()) == set(CaseEvent)
