"""A vendor's bridge on a real broker: its devices' alarms ring under their own names, beside our own form."""

from __future__ import annotations

import json
from typing import Any

from gateway.sources import canonical_source
from tests.broker.field import Broker, event, field_on, gateway_on, lane_name
from tests.broker.gateway_process import BRIDGES
from tests.town import town_in
from tests.waiting import until

ALARMS = canonical_source(("sw/v1/+/alarm",))
FILTERS = ("zigbee/#", "sw/v1/+/alarm")


async def registered(town: Any, name: str, **more: Any) -> None:
    """Call a device of the town so."""
    given = await town.device(**more)
    await town.db.pool.execute("UPDATE device SET device = $2 WHERE device = $1", given, name)


async def test_a_smoke_alarm_behind_a_bridge_rings_in_its_home_and_its_battery_is_known(
    broker: Broker, fresh_dsn: str
) -> None:
    name = lane_name()
    async with (
        town_in(fresh_dsn) as town,
        field_on(broker) as field,
        gateway_on(broker.url, fresh_dsn, name=name, filters=FILTERS, sources=(BRIDGES, ALARMS)),
    ):
        home = await town.home()
        await registered(town, "home7-kitchen", kind="smoke_alarm", premises_id=home.premises_id)
        await field.client.publish("zigbee/home7/kitchen", json.dumps({"smoke": True, "battery": 41}), qos=1)
        await until(lambda: town.incidents_of("home7-kitchen"), "the incident")
        (incident,) = await town.incidents_of("home7-kitchen")
        assert (incident["class"], incident["priority"], incident["premises_id"]) == ("smoke", 1, home.premises_id)
        state = await town.db.pool.fetchrow(
            "SELECT s.* FROM device_state AS s JOIN device AS d ON d.id = s.device_id WHERE d.device = 'home7-kitchen'"
        )
        assert (state["battery_pct"], state["open"]) == (41, ["smoke"])
        await field.alarm(home.button, event("p1"))
        assert (await field.acked(home.button, "p1")).incident is not None, "our own form on the same lane"


async def test_a_button_of_nobody_we_know_rings_all_the_same_and_its_readings_wait_with_their_bytes(
    broker: Broker, fresh_dsn: str
) -> None:
    name = lane_name()
    async with (
        town_in(fresh_dsn) as town,
        field_on(broker) as field,
        gateway_on(broker.url, fresh_dsn, name=name, filters=FILTERS, sources=(BRIDGES, ALARMS)),
    ):
        payload = json.dumps({"action": "emergency", "temperature": 20.9})
        await field.client.publish("zigbee/home9/button", payload, qos=1)
        (incident,) = await until(lambda: town.incidents_of("home9-button"), "the incident")
        assert (incident["class"], incident["priority"], list(incident["marks"])) == ("sos", 1, ["unregistered"])
        query = "SELECT * FROM dead_letter WHERE device = 'home9-button'"
        (letter,) = await until(lambda: town.db.pool.fetch(query), "the letter")
        assert (letter["reason"], letter["source"], letter["payload"]) == ("unknown_device", "homes", payload.encode())
