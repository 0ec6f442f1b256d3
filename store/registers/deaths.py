"""Somebody has died: two people say so, who else lives there is asked, and devices come back (centre.md, 17)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from store import tasks
from store.database import Connection
from store.registers.errors import RegisterError
from store.sql import queries

_Q: Final = queries("deaths")
_DIED: Final = "died"
#: The file is looked at the next morning by whoever was not there (centre.md, end of part 3).
_LOOKED_AT_WITHIN: Final = timedelta(hours=24)
#: Whoever is left is asked for soon: their smoke alarm may hang on the wall.
_ASKED_WITHIN: Final = timedelta(days=3)


class SecondPersonNeeded(RegisterError):
    """One person alone says that somebody has died: name a colleague who agrees. `code` says what is wrong."""

    def __init__(self, code: str) -> None:
        super().__init__("two people say that somebody has died")
        self.code = code


async def agreed(connection: Connection, before: str | None, fields: Mapping[str, Any], *, by: int) -> bool:
    """Whether two people say so, where the record now says that they have died; SecondPersonNeeded otherwise.

    False where the only one on duty says it: then a supervisor looks at it the next morning. It delays the file.
    """
    if not is_new(before, fields):
        return True
    second = fields.get("second_user")
    if second == by:
        raise SecondPersonNeeded("second_user_is_self")
    if second is not None:
        return True
    if not await connection.fetchval(_Q.is_alone_on_duty, by):
        raise SecondPersonNeeded("second_user_required")
    return False


def is_new(before: str | None, fields: Mapping[str, Any]) -> bool:
    """Whether this change says for the first time that they have died."""
    return fields.get("status") == _DIED and before != _DIED


async def follow(connection: Connection, resident_id: int, *, is_agreed: bool, by: int, now: datetime) -> None:
    """Visits to come are called off, and what is left to do is somebody's: who else lives there, and the devices."""
    await connection.execute(_Q.call_visits_off, resident_id, now)
    at = await connection.fetchrow(_Q.home_of, resident_id)
    assert at is not None, "the row is locked"
    left = [(tasks.Kind.ASK_WHO_LIVES_THERE, _ASKED_WITHIN, "community_worker")]
    if at["devices"]:
        left.append((tasks.Kind.RETURN_DEVICES, _ASKED_WITHIN, "community_worker"))
    if not is_agreed:
        left.append((tasks.Kind.CONFIRM_DEATH, _LOOKED_AT_WITHIN, "supervisor"))
    for kind, within, role in left:
        wanted = tasks.NewTask(
            kind=kind, key=f"{kind}:{resident_id}:{now:%Y%m%d%H%M%S}", resident_id=resident_id,
            premises_id=at["premises_id"], area=at["area"], for_role=role, due_at=now + within, made_by=by,
        )  # fmt: skip
        await tasks.make(connection, wanted, now=now)
