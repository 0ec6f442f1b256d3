"""A provider that answers as it is told, and connections to it that give up soon."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

import pytest

from notify.http import Outgoing
from tests.provider import Provider, provider

#: Short enough to wait for, long enough for this machine to connect.
TOTAL_S: Final = 1.0


@pytest.fixture
async def outgoing() -> AsyncIterator[Outgoing]:
    made = Outgoing(total_s=TOTAL_S)
    yield made
    await made.close()


@pytest.fixture
async def other() -> AsyncIterator[Provider]:
    async with provider() as made:
        yield made
