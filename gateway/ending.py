"""Hearing that one was told to end, also where what was awaited kept silent about it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


async def apart(work: Coroutine[Any, Any, Result]) -> Result:
    """What `work` returns or raises, carried out in a task of its own; a cancellation ends it and is always raised.

    For whoever goes round for ever and goes on after any error of `work`. Up to Python 3.12 a TaskGroup that is ending
    for an error says only the error, though a cancellation met it on its way out: its parent would go round once more,
    and whoever stops it wait for ever. Nor can its parent count the cancellations: the group leaves one of its own.
    """
    # With `return_exceptions` a cancellation of ours is told, whatever the other ended with.
    ended: Result | BaseException = (await asyncio.gather(work, return_exceptions=True))[0]
    if isinstance(ended, BaseException):
        raise ended
    return ended


def end_if_told() -> None:
    """Raise CancelledError where the current task was cancelled and something awaited forgot it.

    Up to Python 3.11 `asyncio.wait_for`, by which aiomqtt waits for each answer, forgets a cancellation that meets the
    answer. Only where no TaskGroup of this task has ended with an error: it may leave its own cancellation counted.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
