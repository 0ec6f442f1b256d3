"""The policy's file as it is kept by hand: looked at every few seconds, and never more than a proposal."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Final

import structlog

from rules.domain.policy_file import PolicyRefused, version_of
from shouwang.metrics import policy_file_ok
from shouwang.policy_file import PolicyFileWrong, policy_of, text_of
from store import policy_versions
from store.database import Database
from store.policy_versions import Origin, PolicyKnown, PolicyUnknown

log: Final = structlog.stdlib.get_logger()


class PolicyFilePass:
    """Looks whether the file has changed. A bad one changes nothing and is said; a good new text is a proposal."""

    name: Final = "policy file"
    every_s: Final = 5.0
    batch_size: Final = 0

    def __init__(self, db: Database, path: Path) -> None:
        self._db = db
        self._path = path
        self._seen: tuple[int, int] | None = None

    async def run_once(self, now: datetime) -> int:
        """Look once; return 1 where a text was read."""
        stamp = self._stamp()
        if stamp is not None and stamp == self._seen:
            return 0
        await look(self._db, self._path, now=now)
        self._seen = stamp
        return 1

    def _stamp(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size


async def look(db: Database, path: Path, *, now: datetime) -> None:
    """Read the file, say how it is, and propose a text that was never seen before."""
    digest, problems = "", []
    try:
        text, policy = await asyncio.to_thread(policy_of, path)
    except PolicyFileWrong as error:
        problems = [problem.line() for problem in error.problems]
        digest = await asyncio.to_thread(_digest, path)
    else:
        digest = version_of(text)
        await _propose(db, text, policy.version, now=now)
    await _say(db, path, digest, problems, now=now)


async def begin_with(db: Database, path: Path, *, demo: bool, now: datetime) -> None:
    """At a first start, and in a demonstration, put the file into force at once.

    PolicyFileWrong where it is no policy and nothing else was ever in force. Where something was, that goes on: an
    engine that is started again at night must not stay away for a line of a file.
    """
    try:
        text, _ = await asyncio.to_thread(policy_of, path)
    except PolicyFileWrong:
        if await policy_versions.is_first_start(db):
            raise
        return
    taken = await policy_versions.take_first(db, text, now=now, always=demo)
    if taken is not None:
        log.info("policy_taken_at_first_start", version=taken)


async def _propose(db: Database, text: str, version: str, *, now: datetime) -> None:
    """Only what was never seen: a text that somebody refused stays refused however often it is read."""
    try:
        await policy_versions.number_of(db, version)
    except PolicyUnknown:
        try:
            await policy_versions.propose(db, text, origin=Origin.FILE, by=None, now=now)
        except (PolicyKnown, PolicyRefused):
            return  # another engine was first
        log.info("policy_proposed", version=version, why="the file has a new text; a person approves it")


async def _say(db: Database, path: Path, digest: str, problems: list[str], *, now: datetime) -> None:
    policy_file_ok.set(0 if problems else 1)
    before = await policy_versions.file_state(db)
    await policy_versions.note_file(db, path=str(path), digest=digest, problems=problems, now=now)
    if problems and (before is None or before.problems != problems):
        log.error("policy_file_wrong", path=str(path), problems=problems, remedy="mend it; nothing has changed")


def _digest(path: Path) -> str:
    try:
        return version_of(text_of(path))
    except PolicyFileWrong:
        return ""
