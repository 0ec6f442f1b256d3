"""Which hub carries a device, learnt from what comes through it; and that a hub was heard."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from store.database import Database
from store.sql import queries

_Q: Final = queries("hubs")


async def learn(database: Database, carried: Mapping[str, str]) -> set[str]:
    """Write for each device the hub that carried it; return the devices of which the register says so now.

    What is not registered yet, or is held by somebody just now, is missing there: tell it again with a later message.
    """
    columns = list(carried), list(carried.values())
    async with database.pool.acquire() as connection:
        await connection.execute(_Q.learn, *columns)
        return {row["device"] for row in await connection.fetch(_Q.learnt, *columns)}


async def hear(database: Database, heard: Mapping[str, datetime]) -> None:
    """Note when a message last came through each hub; one that is not registered is passed over."""
    async with database.pool.acquire() as connection:
        await connection.execute(_Q.heard, list(heard), list(heard.values()))
