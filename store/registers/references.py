"""Whether what a record names is there: areas, and who visits somebody."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from store.database import Database
from store.sql import queries

_Q: Final = queries("references")


async def unknown_areas(db: Database, paths: Sequence[str]) -> list[str]:
    """Those of the paths that are no area of the register."""
    return [row["path"] for row in await db.pool.fetch(_Q.unknown_areas, list(paths))] if paths else []


async def is_somebody(db: Database, carer: str, resident_id: int) -> bool:
    """Whether a carer (`user:3`, `responder:4`, `contact:9`) is there for this resident, and not barred."""
    found: bool = await db.pool.fetchval(_Q.carer, carer, resident_id)
    return found
