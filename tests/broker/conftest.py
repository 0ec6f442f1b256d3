"""Every lane test runs on both brokers: the one a centre uses and the one that comes with the program."""

from __future__ import annotations

import pytest

from tests.broker.field import Broker


@pytest.fixture(scope="module", params=["mosquitto", "embedded"])
def broker(request: pytest.FixtureRequest) -> Broker:
    if request.param == "mosquitto":
        server = request.getfixturevalue("mosquitto")
        return Broker(kind="mosquitto", port=server.port, server=server)
    server = request.getfixturevalue("embedded_broker")
    return Broker(kind="embedded", port=server.port + 1, server=server)
