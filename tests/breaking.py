"""A real database whose n-th statement fails: never sent, sent and refused, or done and its answer lost."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import asyncpg

from store.database import SESSION_SETTINGS, Database, _prepare


class Manner(StrEnum):
    """How a statement fails."""

    NEVER_SENT = "never_sent"  #: the connection is reset before it leaves
    REFUSED = "refused"  #: the server answers with an error, the transaction is spoilt
    ANSWER_LOST = "answer_lost"  #: the server does it, the connection is reset before it says so


@dataclass(kw_only=True)
class Fuse:
    """Counts statements of every connection together while armed; burns once, at the `at`-th."""

    manner: Manner
    at: int = 0
    seen: int = 0
    burnt: bool = False

    def arm(self, at: int) -> None:
        self.at, self.seen, self.burnt = at, 0, False

    def disarm(self) -> None:
        self.at = 0

    def burns(self) -> bool:
        if not self.at or self.burnt:
            return False
        self.seen += 1
        self.burnt = self.seen == self.at
        return self.burnt


# As a transaction that may be tried again; not as a deadlock, so that none of the real ones passes for a test's.
_REFUSE = "DO $$ BEGIN RAISE EXCEPTION 'a test broke this statement' USING ERRCODE = '40001'; END $$"


@asynccontextmanager
async def breaking_database(dsn: str, fuse: Fuse, *, max_size: int = 3) -> AsyncIterator[Database]:
    """A database as the program has it, on connections that obey the fuse. BEGIN and COMMIT count too."""

    class Breaking(asyncpg.Connection):
        async def execute(self, query: str, *arguments: Any, **options: Any) -> Any:
            return await self._maybe(lambda: super(Breaking, self).execute(query, *arguments, **options))

        async def fetch(self, query: str, *arguments: Any, **options: Any) -> Any:
            return await self._maybe(lambda: super(Breaking, self).fetch(query, *arguments, **options))

        async def fetchrow(self, query: str, *arguments: Any, **options: Any) -> Any:
            return await self._maybe(lambda: super(Breaking, self).fetchrow(query, *arguments, **options))

        async def fetchval(self, query: str, *arguments: Any, **options: Any) -> Any:
            return await self._maybe(lambda: super(Breaking, self).fetchval(query, *arguments, **options))

        async def _maybe(self, go: Callable[[], Awaitable[Any]]) -> Any:
            if not fuse.burns():
                return await go()
            if fuse.manner is Manner.REFUSED:
                return await super().execute(_REFUSE)
            if fuse.manner is Manner.ANSWER_LOST:
                await go()
            self.terminate()
            raise ConnectionResetError("a test cut this connection")

    pool = await asyncpg.create_pool(
        dsn, min_size=1, max_size=max_size, connection_class=Breaking, init=_prepare,
        server_settings=SESSION_SETTINGS | {"application_name": "shouwang breaking"},
    )  # fmt: skip
    try:
        yield Database(pool=pool, dsn=dsn)
    finally:
        fuse.disarm()
        await pool.close()
