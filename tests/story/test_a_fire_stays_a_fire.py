"""A fire whose family could not be told was stored as an unknown call of less urgency: it is a fire all the same."""

from __future__ import annotations

import pytest

from devices.event import EventType
from store import reaching
from store.cases import Case
from store.database import Connection
from tests.story.centre_at_night import night_in


async def test_what_hinders_the_telling_takes_nothing_from_the_alarm(
    fresh_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaks(connection: Connection, case: Case, **_: object) -> None:
        await connection.execute("SELECT 1 / 0")

    async with night_in(fresh_dsn) as night:
        home = await night.town.home()
        smoke = await night.town.device("smoke_alarm", premises_id=home.premises_id)
        monkeypatch.setattr(reaching, "_tell_contacts", breaks)
        case = await night.case((await night.press(home, EventType.SMOKE, device=smoke)).incident_id)
        assert (case["class"], case["priority"], case["state"]) == ("smoke", 1, "open")
        again = await night.town.device("smoke_alarm", premises_id=home.premises_id)
        joined = await night.press(home, EventType.FIRE, device=again)
        assert joined.incident_id == case["id"]
        assert (await night.case(case["id"]))["class"] == "fire"
