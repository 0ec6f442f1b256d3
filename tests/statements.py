"""Which statements went over a connection, by the names that they have in `store/queries`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import store

if TYPE_CHECKING:
    from asyncpg.connection import LoggedQuery

    from store.database import Connection

_OTHER: Final = re.compile(r"^[A-Z]+( INTO [a-z]+)?", re.MULTILINE)


def _names() -> dict[str, str]:
    found: dict[str, str] = {}
    for file in (Path(store.__file__).parent / "queries").glob("*.sql"):
        parts = re.split(r"^-- name: (\w+)$", file.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
        found |= {body: f"{file.stem}.{name}" for name, body in zip(parts[0::2], parts[1::2], strict=True)}
    return found


_NAMES: Final = _names()


class Statements:
    """All that goes over one connection, from the moment it is told to listen; what has no name by its first word."""

    def __init__(self) -> None:
        self._sent: list[str] = []

    def listen(self, connection: Connection) -> None:
        """Note what is sent from now on, also after the pool has the connection back."""
        connection.add_query_logger(self._note)

    def taken(self) -> tuple[str, ...]:
        """What was sent since this was last asked."""
        sent, self._sent = self._sent, []
        return tuple(_NAMES.get(query) or _first_words(query) for query in sent)

    def _note(self, said: LoggedQuery) -> None:
        self._sent.append(said.query)


def _first_words(query: str) -> str:
    found = _OTHER.search(query)
    return query if found is None else found[0]
