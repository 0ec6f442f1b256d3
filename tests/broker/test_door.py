"""The broker's door, on a real Mosquitto with its plugin and with the tools that a vendor has."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from subprocess import PIPE, Popen
from typing import Any, Final

import aiomqtt
import pytest

from gateway.door import metrics
from rules.clock import SharedClock
from store import credentials
from store.credentials import Issued
from store.sealing import Keyring
from tests.broker.guarded import ADMIN, GATEWAY, REFUSED, GuardedMosquitto, door_on
from tests.servers import free_port
from tests.town import CENTRE, Town, town_in
from tests.waiting import until

NOT_ALLOWED: Final = "Publish 1 failed: Not authorized"
_numbers: Final = itertools.count(1)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedMosquitto]:
    broker = GuardedMosquitto(folder=tmp_path_factory.mktemp("guarded"), port=free_port())
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
async def town(fresh_dsn: str) -> AsyncIterator[Town]:
    async with town_in(fresh_dsn) as town:
        yield town


async def device_of(town: Town, name: str = "") -> tuple[int, str]:
    device = name or f"knopf-{next(_numbers)}"
    number = await town.db.pool.fetchval(
        "INSERT INTO device (device, created_at) VALUES ($1, now()) RETURNING id", device
    )
    return number, device


async def issue(town: Town, device_id: int, keyring: Keyring = CENTRE.keyring) -> Issued:
    return await credentials.issue(town.db, keyring, device_id, by=None, now=SharedClock().now())


async def agreed(town: Town, device_id: int) -> None:
    async def look() -> bool:
        state = await credentials.state_of(town.db, device_id)
        return state is not None and state.applied_at is not None

    await until(look, "the broker agrees")


def account(issued: Issued) -> tuple[str, str]:
    return issued.username, issued.password


def publishes(broker: GuardedMosquitto, who: tuple[str, str] | None, topic: str) -> str:
    return broker.said("mosquitto_pub", who, "-t", topic, "-m", "{}")


async def test_a_registered_device_can_publish_only_as_itself(guarded: GuardedMosquitto, town: Town) -> None:
    async with door_on(guarded, town.db):
        number, name = await device_of(town)
        other = account(await issue(town, (await device_of(town))[0]))
        mine = account(await issue(town, number))
        await agreed(town, number)
        for channel in ("alarm", "telemetry", "reply", "online"):
            assert publishes(guarded, mine, f"sw/v1/{name}/{channel}") == ""
            assert NOT_ALLOWED in publishes(guarded, mine, f"sw/v1/{other[0]}/{channel}")
        for topic in (f"sw/v1/{name}/ack", f"sw/v1/{name}/down", "anything", "$CONTROL/dynamic-security/v1"):
            assert NOT_ALLOWED in publishes(guarded, mine, topic), topic


async def test_a_device_hears_its_own_acks_and_nothing_else(guarded: GuardedMosquitto, town: Town) -> None:
    async with door_on(guarded, town.db):
        number, name = await device_of(town)
        mine = account(await issue(town, number))
        await agreed(town, number)
        arguments = ["-v", "-C", "1", "-t", "#", "-t", "$SYS/#", "-t", f"sw/v1/{name}/ack"]
        command = ["mosquitto_sub", "-p", str(guarded.port), "-V", "5", "-u", mine[0], "-P", mine[1], *arguments]
        with Popen(command, stdout=PIPE) as listening:
            async with aiomqtt.Client("127.0.0.1", guarded.port, username=GATEWAY[0], password=GATEWAY[1]) as client:

                async def sent() -> bool:
                    for topic in ("sw/v1/another/ack", f"sw/v1/{name}/alarm", "zigbee2mqtt/lamp", f"sw/v1/{name}/ack"):
                        await client.publish(topic, b"{}", qos=1)
                    return listening.poll() is not None

                await until(sent, "something is heard")
            assert listening.stdout is not None
            assert listening.stdout.read() == f"sw/v1/{name}/ack {{}}\n".encode()


async def test_a_stranger_is_refused(guarded: GuardedMosquitto, town: Town) -> None:
    async with door_on(guarded, town.db):
        number, name = await device_of(town)
        await issue(town, number)
        await agreed(town, number)
        for stranger in (None, (name, "guessed"), ("nobody", "nothing")):
            assert REFUSED in publishes(guarded, stranger, f"sw/v1/{name}/alarm"), stranger


@asynccontextmanager
async def connected_as(broker: GuardedMosquitto, who: tuple[str, str]) -> AsyncIterator[asyncio.Task[None]]:
    """A device that stays connected; the task is done once it no longer is."""
    async with asyncio.TaskGroup() as group:
        with suppress(aiomqtt.MqttError):
            async with aiomqtt.Client("127.0.0.1", broker.port, username=who[0], password=who[1]) as client:
                line = group.create_task(_until_cut_off(client))
                yield line
                line.cancel()


async def _until_cut_off(client: aiomqtt.Client) -> None:
    with suppress(aiomqtt.MqttError):
        async for _ in client.messages:
            pass


async def test_a_revoked_device_is_cut_off_and_stays_out(guarded: GuardedMosquitto, town: Town) -> None:
    async with door_on(guarded, town.db):
        number, name = await device_of(town)
        mine = account(await issue(town, number))
        await agreed(town, number)
        async with connected_as(guarded, mine) as line:
            await credentials.revoke(town.db, number, by=None, now=SharedClock().now())
            await until(line.done, "its connection ends")
        assert REFUSED in publishes(guarded, mine, f"sw/v1/{name}/alarm")


async def test_a_device_issued_anew_is_cut_off_with_its_old_password(guarded: GuardedMosquitto, town: Town) -> None:
    async with door_on(guarded, town.db):
        number, name = await device_of(town)
        old = account(await issue(town, number))
        await agreed(town, number)
        async with connected_as(guarded, old) as line:
            new = account(await issue(town, number))
            await until(line.done, "the old password's connection ends")
        await agreed(town, number)
        assert REFUSED in publishes(guarded, old, f"sw/v1/{name}/alarm")
        assert publishes(guarded, new, f"sw/v1/{name}/alarm") == ""


async def test_a_revoked_device_gets_in_again_once_issued_anew(guarded: GuardedMosquitto, town: Town) -> None:
    async with door_on(guarded, town.db):
        number, name = await device_of(town)
        await issue(town, number)
        await credentials.revoke(town.db, number, by=None, now=SharedClock().now())
        mine = account(await issue(town, number))
        await agreed(town, number)
        assert publishes(guarded, mine, f"sw/v1/{name}/alarm") == ""


async def test_a_broker_that_lost_its_accounts_gets_them_back(guarded: GuardedMosquitto, town: Town) -> None:
    async with door_on(guarded, town.db):
        devices = [await device_of(town) for _ in range(5)]
        accounts = [account(await issue(town, number)) for number, _ in devices]
        for number, _ in devices:
            await agreed(town, number)
        guarded.forget()
        guarded.start()

        def all_in() -> bool:
            return not any(publishes(guarded, mine, f"sw/v1/{mine[0]}/alarm") for mine in accounts)

        await until(all_in, "every device is in again")


async def test_accounts_that_are_not_ours_are_left_alone(guarded: GuardedMosquitto, town: Town) -> None:
    """Neither a person's account nor one of another database is deleted, and no device takes such a name over."""
    by_hand = f"hand-{next(_numbers)}"
    control(guarded, {"command": "createClient", "username": by_hand, "password": "kept"})
    control(guarded, {"command": "createClient", "username": "lost", "password": "kept", "textname": "shouwang 1 0a0b"})
    async with door_on(guarded, town.db):
        number, _ = await device_of(town, by_hand)
        admin, _ = await device_of(town, ADMIN[0])
        await issue(town, number)
        await issue(town, admin)
        other, _ = await device_of(town)
        await issue(town, other)
        await agreed(town, other)
        for refused in (number, admin):
            await until(lambda refused=refused: failure_of(town, refused), "it says why it is refused")
            await credentials.revoke(town.db, refused, by=None, now=SharedClock().now())
            await agreed(town, refused)
        assert metrics.accounts.labels("unknown")._value.get() >= 1
    for kept in (by_hand, "lost"):
        assert REFUSED not in publishes(guarded, (kept, "kept"), f"sw/v1/{kept}/alarm"), kept


async def test_another_gateway_takes_the_door_over(guarded: GuardedMosquitto, town: Town) -> None:
    async with door_on(guarded, town.db):
        async with door_on(guarded, town.db):
            first, _ = await device_of(town)
            await issue(town, first)
            await agreed(town, first)
        second, _ = await device_of(town)
        await issue(town, second)
        await agreed(town, second)


async def failure_of(town: Town, device_id: int) -> str:
    state = await credentials.state_of(town.db, device_id)
    return state.failure if state is not None else ""


async def test_one_that_cannot_be_told_does_not_hold_up_the_others(guarded: GuardedMosquitto, town: Town) -> None:
    spoilt, _ = await device_of(town)
    await issue(town, spoilt, Keyring(bytes(32)))
    numbers = [(await device_of(town))[0] for _ in range(5)]
    for number in numbers:
        await issue(town, number)
    async with door_on(guarded, town.db):
        for number in numbers:
            await agreed(town, number)
        await until(lambda: failure_of(town, spoilt), "it says why")


async def test_a_bridge_has_its_own_topics_only(guarded: GuardedMosquitto, town: Town) -> None:
    name = f"zigbee{next(_numbers)}"
    async with door_on(guarded, town.db):
        now = SharedClock().now()
        first = await credentials.issue_to_bridge(town.db, CENTRE.keyring, name, [f"{name}/#"], by=None, now=now)
        await until(lambda: not publishes(guarded, account(first), f"{name}/lamp"), "the bridge is in")
        assert NOT_ALLOWED in publishes(guarded, account(first), "elsewhere/lamp")
        assert NOT_ALLOWED in publishes(guarded, account(first), f"sw/v1/{name}/alarm")
        other = [f"{name}-other/+/state"]
        second = await credentials.issue_to_bridge(town.db, CENTRE.keyring, name, other, by=None, now=now)
        await until(lambda: not publishes(guarded, account(second), f"{name}-other/1/state"), "it has the new topics")
        assert NOT_ALLOWED in publishes(guarded, account(second), f"{name}/lamp")
        await credentials.revoke_bridge(town.db, name, by=None, now=now)
        await until(lambda: REFUSED in publishes(guarded, account(second), f"{name}-other/1/state"), "it is out")


async def test_the_gateways_own_account_is_made_and_hears_everything(guarded: GuardedMosquitto, town: Town) -> None:
    async with door_on(guarded, town.db):
        await until(lambda: not publishes(guarded, GATEWAY, "sw/v1/anybody/ack"), "the lanes are let in")
        assert NOT_ALLOWED in publishes(guarded, GATEWAY, "$CONTROL/dynamic-security/v1")


def control(broker: GuardedMosquitto, command: dict[str, Any]) -> None:
    """What an administrator does by hand."""
    topic, text = "$CONTROL/dynamic-security/v1", json.dumps({"commands": [command]})
    assert broker.said("mosquitto_pub", ADMIN, "-t", topic, "-m", text) == ""
