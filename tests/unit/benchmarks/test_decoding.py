"""What is measured is what is there: every source has a typical message, and it is in order."""

from __future__ import annotations

import pytest

from benchmarks.decoding import TYPICAL, decoded
from devices.sources import MAPPED_SOURCES, SOURCES


def test_every_source_has_a_typical_message() -> None:
    assert set(TYPICAL) == {*SOURCES, *MAPPED_SOURCES}


@pytest.mark.parametrize("name", sorted(TYPICAL))
def test_a_typical_message_is_understood_whole(name: str) -> None:
    told = decoded(name)
    assert told.events and not told.rejected
    assert not any(event.damaged for event in told.events)
    assert told.device is not None or all(event.device is not None for event in told.events)
