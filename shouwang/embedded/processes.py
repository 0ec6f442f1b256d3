"""Child processes that never outlive us, and finding what an earlier life of ours left behind."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import psutil

_PR_SET_PDEATHSIG: Final = 1

_libc: Final = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(sign: signal.Signals) -> Callable[[], None]:
    """What a child runs before its program: the kernel sends it `sign` when we die, even of signal 9.

    To be called in the parent, whose main thread must do the starting: the kernel watches that thread. Where there is
    no such service (not Linux), does nothing: a later start finds and stops what was left.
    """
    parent = os.getpid()

    def arrange() -> None:
        if _libc is None:
            return
        _libc.prctl(_PR_SET_PDEATHSIG, int(sign))
        if os.getppid() != parent:
            # We died between fork and prctl: nobody is left to watch this child.
            os._exit(1)

    return arrange


def processes_in(folder: Path) -> Iterator[psutil.Process]:
    """Every living process whose working directory is `folder`: a postmaster and its backends sit in their data.

    A number in a left-over pid file proves nothing, the directory does. Processes we may not look at are not ours.
    """
    real = os.path.realpath(folder)
    for process in psutil.process_iter():
        try:
            if process.status() != psutil.STATUS_ZOMBIE and process.cwd() == real:
                yield process
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
