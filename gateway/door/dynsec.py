"""Mosquitto's dynamic security plugin over MQTT: commands out, one answer for each, and the broker's own log lines."""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import aiomqtt
import msgspec

from gateway.door.plan import Command
from gateway.ending import end_if_told
from gateway.mqtt.connection import BrokerAddress

_TOPIC: Final = "$CONTROL/dynamic-security/v1"
_ANSWERS: Final = f"{_TOPIC}/response"
#: The broker's errors, one of which names whom it threw out; there where its configuration says `log_dest topic`.
_LOG: Final = "$SYS/broker/log/E"
_TAKEN_OVER: Final = re.compile(r"Client (\S+) already connected, closing old connection")
#: A broker that writes a file of 100,000 accounts for each of a few commands needs seconds.
ANSWER_S: Final = 20.0
_PAGE: Final = 1_000

_QUIET: Final = logging.getLogger("shouwang.door")
_QUIET.setLevel(logging.CRITICAL)


class DoorShut(Exception):
    """The plugin does not answer: load it in the broker's configuration, and let the account use its topic."""


class Dynsec:
    """One connection to the plugin, used by one caller at a time."""

    def __init__(self, client: aiomqtt.Client, on_takeover: Callable[[str], None]) -> None:
        self._client = client
        self._on_takeover = on_takeover
        self._nonce = secrets.token_hex(4)
        self._asked = 0
        self._answers: dict[str, dict[str, Any]] = {}
        self._answered = asyncio.Event()

    async def listen(self) -> None:
        """Take what the broker sends, until cancelled; raises aiomqtt's error when the connection ends."""
        async for message in self._client.messages:
            assert isinstance(message.payload, bytes)
            if str(message.topic) == _ANSWERS:
                self._take(message.payload)
            elif found := _TAKEN_OVER.search(message.payload.decode("utf-8", "replace")):
                self._on_takeover(found[1])

    def _take(self, payload: bytes) -> None:
        try:
            answers = msgspec.json.decode(payload)["responses"]
        except (msgspec.MsgspecError, KeyError, TypeError):
            return  # nobody's answer; ours will be missed
        for answer in answers:
            key = answer.get("correlationData", "")
            if key.startswith(self._nonce):
                self._answers[key] = answer
        self._answered.set()

    async def ask(self, commands: Sequence[Command]) -> list[dict[str, Any]]:
        """Send them as one message; the answer to each, in order. DoorShut where not all are answered."""
        if not commands:
            return []
        keys = [f"{self._nonce}:{self._asked + number}" for number in range(len(commands))]
        self._asked += len(commands)
        marked = [{**command, "correlationData": key} for command, key in zip(commands, keys, strict=True)]
        self._answers.clear()
        await self._client.publish(_TOPIC, msgspec.json.encode({"commands": marked}), qos=1)
        end_if_told()
        try:
            async with asyncio.timeout(ANSWER_S):
                while not all(key in self._answers for key in keys):
                    self._answered.clear()
                    await self._answered.wait()
        except TimeoutError as error:
            raise DoorShut(DoorShut.__doc__) from error
        return [self._answers[key] for key in keys]

    async def errors(self, commands: Sequence[Command]) -> list[str | None]:
        """The same; of each answer only what went wrong."""
        return [answer.get("error") for answer in await self.ask(commands)]

    async def accounts(self) -> dict[str, str]:
        """Every account at the broker: its name, and its text."""
        found: dict[str, str] = {}
        while True:
            command = {"command": "listClients", "verbose": True, "count": _PAGE, "offset": len(found)}
            (answer,) = await self.ask([command])
            if "error" in answer:
                raise DoorShut(f"the plugin lists no accounts: {answer['error']}")
            page = answer["data"]["clients"]
            found |= {one["username"]: one.get("textname", "") for one in page}
            if len(page) < _PAGE:
                return found


@asynccontextmanager
async def connected(address: BrokerAddress, on_takeover: Callable[[str], None]) -> AsyncIterator[Dynsec]:
    """A connection to the plugin, listening. Raises aiomqtt's error where the broker is away or refuses us."""
    async with (
        aiomqtt.Client(
            address.host,
            address.port,
            protocol=aiomqtt.ProtocolVersion.V5,
            username=address.username,
            password=None if address.password is None else address.password.decode(),
            identifier=f"shouwang-door-{secrets.token_hex(4)}",
            clean_start=True,
            tls_context=address.tls_context(),
            logger=_QUIET,
        ) as client,
        asyncio.TaskGroup() as group,
    ):
        broker = Dynsec(client, on_takeover)
        listening = group.create_task(broker.listen())
        await client.subscribe([(_ANSWERS, 1), (_LOG, 0)])
        yield broker
        listening.cancel()
