"""Hearing that one was told to end, also where something awaited kept silent about it."""

from __future__ import annotations

import asyncio


def end_if_told() -> None:
    """Raise CancelledError where the current task was cancelled before and works on.

    Whatever goes round for ever asks this after it caught something. Up to Python 3.12 a TaskGroup that ends for an
    error says only the error, though a cancellation met it on its way out, and `asyncio.wait_for` up to 3.11 forgets
    one that meets its answer: without this the loop would go round once more, and whoever stops it wait for ever.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
