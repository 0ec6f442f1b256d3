"""Waiting for a condition with a deadline: what a test does where it would otherwise sleep."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any, Final

from rules.clock import SharedClock

#: Long enough for a lease to run out and a busy machine to notice; reached only where a test fails.
LIMIT_S: Final = 20.0
LOOK_S: Final = 0.02

_CLOCK: Final = SharedClock()


async def until(look: Callable[[], Any], what: str, *, within_s: float = LIMIT_S) -> Any:
    """What `look` returns once that is true; fails, naming `what` and the last look, where it never is."""
    ends = _CLOCK.monotonic() + within_s
    while True:
        found: Any = look()
        if inspect.isawaitable(found):
            found = await found
        if found:
            return found
        assert _CLOCK.monotonic() < ends, f"in vain for {within_s:.0f} s: {what} (last seen: {found!r})"
        await _CLOCK.sleep(LOOK_S)


async def ended(task: asyncio.Task[Any], what: str) -> None:
    """Tell `task` to end until it has: before Python 3.12 `asyncio.wait_for`, by which aiomqtt waits for each answer,
    forgets a cancellation that meets it."""
    await until(lambda: not task.cancel(), f"{what} ends")


async def while_passing(seconds: float, look: Callable[[], Any], what: str) -> None:
    """Look again and again for so long; fails at the first look that is true: `what` must not happen."""
    ends = _CLOCK.monotonic() + seconds
    while _CLOCK.monotonic() < ends:
        found: Any = look()
        if inspect.isawaitable(found):
            found = await found
        assert not found, f"{what}: {found!r}"
        await _CLOCK.sleep(LOOK_S)
