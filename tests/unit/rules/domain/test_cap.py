"""The CAP message is valid against the standard's own schema, whatever anybody wrote into the case."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest
import xmlschema
from hypothesis import given
from hypothesis import strategies as st

from rules.domain.cap import NAMESPACE, Alert, Category, Certainty, Words, category_of, to_xml
from rules.domain.place import Point
from rules.domain.policy_value import BUILTIN
from rules.domain.vocabulary import Class, Family, Priority

#: The official schema, as OASIS publishes it with the standard.
SCHEMA = xmlschema.XMLSchema(Path(__file__).parents[3] / "vectors" / "CAP-v1.2.xsd")
SENT = datetime(2026, 11, 19, 14, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
CHINESE = Words(
    language="zh-CN", event="烟感火警", headline="烟感火警 · 新桥村", description="烟感火警; 2人在册",
    area="新桥村", sender_name="守望应急呼叫中心",
)  # fmt: skip
ALERT = Alert(
    number="20261119-0001", version=3, sender="shouwang.321999", sent=SENT, opened_at=SENT, class_=Class.SMOKE,
    family=Family.FIRE_AND_GAS, priority=Priority.CRITICAL, certainty=Certainty.LIKELY, is_test=False,
    addresses=("fire", "ambulance"), words=(CHINESE,), contact="0513-60000000", point=Point(lat=31.9, lon=121.2),
    accuracy_m=20.0, area_code="321999",
)  # fmt: skip


def found(alert: Alert, path: str) -> list[str | None]:
    root = ET.fromstring(to_xml(alert))  # noqa: S314 - our own message
    return [element.text for element in root.findall(path, {"c": NAMESPACE})]


def test_a_fire_says_what_where_and_whom_to_ring_back() -> None:
    assert SCHEMA.is_valid(to_xml(ALERT))
    assert found(ALERT, "c:status") == ["Actual"]
    assert found(ALERT, "c:info/c:category") == ["Fire"]
    assert found(ALERT, "c:info/c:severity") == ["Extreme"]
    assert found(ALERT, "c:info/c:area/c:circle") == ["31.900000,121.200000 0.050"]
    assert found(ALERT, "c:info/c:contact") == ["0513-60000000"]


def test_a_time_in_utc_is_written_as_the_standard_wants_it() -> None:
    alert = replace(ALERT, sent=datetime(2026, 11, 19, 6, 30, tzinfo=UTC))
    assert found(alert, "c:sent") == ["2026-11-19T06:30:00-00:00"]
    assert SCHEMA.is_valid(to_xml(alert))


def test_a_test_says_so() -> None:
    assert found(replace(ALERT, is_test=True), "c:status") == ["Test"]


@pytest.mark.parametrize("class_", Class)
def test_every_class_and_priority_gives_a_valid_message(class_: Class) -> None:
    row = BUILTIN.row(class_)
    for priority in Priority:
        alert = replace(ALERT, class_=class_, family=row.family, priority=priority, point=None, area_code=None)
        SCHEMA.validate(to_xml(alert))
        assert category_of(class_, row.family) in Category


@given(text=st.text(), number=st.text(max_size=20), lat=st.floats(-90, 90), accuracy=st.none() | st.floats(0, 1e6))
def test_nothing_anybody_writes_breaks_the_message(text: str, number: str, lat: float, accuracy: float | None) -> None:
    words = replace(CHINESE, headline=text, description=text, area=text, event=text)
    alert = replace(ALERT, words=(words, words), number=number, point=Point(lat=lat, lon=0.0), accuracy_m=accuracy)
    SCHEMA.validate(to_xml(alert))
