"""The dead man's switch outside: called after each full round of the canary, it rings when it is not called."""

from __future__ import annotations

import asyncio
from typing import Final

import aiohttp
import structlog

from shouwang.metrics import canary_calls_total

log = structlog.stdlib.get_logger()

#: Well within the minute to the next round; a switch that is slower is a switch that does not answer.
ANSWERS_S: Final = 10.0
OK_STATUSES: Final = range(200, 300)


class DeadMansSwitch:
    """Calls an address with a plain GET. Whoever resets it never waits; what comes while a call runs is one call."""

    def __init__(self, address: str | None) -> None:
        self._address = address
        self._due = asyncio.Event()

    def reset(self) -> None:
        """Have it called, now."""
        self._due.set()

    async def run(self) -> None:
        """Call it as often as it is reset, until cancelled; a call that fails is counted and not repeated."""
        while True:
            await self._due.wait()
            self._due.clear()
            if self._address is not None:
                await self._call(self._address)

    async def _call(self, address: str) -> None:
        limit = aiohttp.ClientTimeout(total=ANSWERS_S)
        try:
            async with aiohttp.ClientSession(timeout=limit) as session, session.get(address) as answer:
                well, why = answer.status in OK_STATUSES, f"status {answer.status}"
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            well, why = False, type(error).__name__
        canary_calls_total.labels("called" if well else "failed").inc()
        if not well:
            # Never the address: whoever knows it can keep the switch quiet.
            log.warning("dead_mans_switch_not_called", why=why)
