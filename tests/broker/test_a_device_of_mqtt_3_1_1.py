"""A device of MQTT 3.1.1 hears our `ack`, on both brokers and as the gateway is put together for each."""

from __future__ import annotations

import aiomqtt
import pytest

from gateway.mqtt.connection import BrokerAddress, MqttConnection
from tests.broker.field import HOST, Broker, lane_name
from tests.broker.test_brokers_differ import Session
from tests.waiting import until

#: As `shouwang.rooms` decides: the embedded broker passes properties on to clients that know none, and dies of them.
EXPIRY_S = {"mosquitto": 3_600, "embedded": None}


@pytest.mark.parametrize("presses", [1, 3])
async def test_an_ack_reaches_it_and_the_broker_lives_on(broker: Broker, presses: int) -> None:
    name = lane_name()
    topic = f"sw/v1/{name}/ack"
    port = broker.port if broker.kind == "mosquitto" else broker.port - 1
    lane = MqttConnection(Session())
    await lane.open(BrokerAddress.parse(broker.url), client_id=name, receive_max=10)
    heard: list[bytes] = []
    try:
        async with aiomqtt.Client(HOST, port, protocol=aiomqtt.ProtocolVersion.V311) as device:
            await device.subscribe(topic, qos=1)
            for number in range(presses):
                lane.acknowledge([], [(topic, b"%d" % number)], expiry_s=EXPIRY_S[broker.kind])
            while len(heard) < presses:
                message = await anext(aiter(device.messages))
                heard.append(bytes(message.payload))
        assert heard == [b"%d" % number for number in range(presses)]
        # A thread of the broker that had died would let nobody in any more.
        async with aiomqtt.Client(HOST, port, protocol=aiomqtt.ProtocolVersion.V311) as another:
            await another.publish(topic, b"x", qos=1)
        await until(lambda: lane.is_open, "the lane's own connection lives on")
    finally:
        lane.close("the test is over")
