"""The one worker that keeps the broker's accounts as the database says: woken by it, and looking by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Final

import aiomqtt
import structlog

from gateway.door import metrics, plan
from gateway.door.dynsec import DoorShut, Dynsec, connected
from gateway.door.plan import Command
from gateway.ending import apart
from gateway.mqtt.connection import BrokerAddress
from rules.clock import Clock
from store import credentials
from store.credentials import Wanted
from store.database import DATABASE_AWAY, Database, OwnConnection, open_connection
from store.sealing import Keyring

log: Final = structlog.get_logger()

#: Beside the wake-up, which may be missed.
LOOK_S: Final = 1.0
#: A broker that lost its state, or was restored from an older one, is found at the latest then.
RECONCILE_EVERY_S: Final = 600.0
#: Mosquitto 2.0 writes its whole file for each command and serves nobody meanwhile: what is told at once grows only
#: while the broker answers it within this.
PACE_S: Final = 0.1
BATCH_LARGEST: Final = 50
_PAGE: Final = 1_000
#: One credential that the broker refuses is told again after so long, then rarer; the others do not wait for it.
AGAIN_S: Final = (5.0, 60.0, 600.0)
#: How soon another gateway takes the door over, and how soon it is opened anew.
RETRY_S: Final = 2.0


class Door:
    """Keeps the broker's accounts. Any number of gateways may run one; one of them works."""

    def __init__(
        self, *, database: Database, clock: Clock, keyring: Keyring, admin: BrokerAddress, gateway: BrokerAddress,
        on_takeover: Callable[[str], None],
    ) -> None:  # fmt: skip
        self._database, self._clock, self._keyring = database, clock, keyring
        self._admin, self._gateway, self._on_takeover = admin, gateway, on_takeover
        self._woken = asyncio.Event()
        self._batch = 1

    async def run(self) -> None:
        """Keep the accounts until cancelled; whatever fails is said, counted and begun anew."""
        while True:
            try:
                async with self._database_link() as link:
                    while not await credentials.take_door(link):
                        await self._clock.sleep(RETRY_S)
                    await apart(self._keep(link))
            except* (*DATABASE_AWAY, aiomqtt.MqttError, DoorShut) as away:
                self._shut(away.exceptions[0])
            except* Exception as failed:  # noqa: BLE001  # a task's outermost line: counted, said, and begun anew
                # Any type: the lanes must not end with the door.
                self._shut(failed.exceptions[0])
            await self._clock.sleep(RETRY_S)

    def _shut(self, error: BaseException) -> None:
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        metrics.door_open.set(0)
        metrics.failures_total.labels(type(error).__name__).inc()
        # Only our own sentence: another error's text can hold an address or a row.
        why = str(error) if isinstance(error, DoorShut) else type(error).__name__
        log.warning("broker_door_shut", why=why)

    @asynccontextmanager
    async def _database_link(self) -> AsyncIterator[OwnConnection]:
        """A connection that holds the door and hears the wake-ups; the door is free again when it ends."""
        link = await open_connection(self._database.dsn, application_name="shouwang door")
        try:
            await link.add_listener(credentials.CHANNEL, lambda *_: self._woken.set())
            yield link
        finally:
            link.terminate()

    async def _keep(self, link: OwnConnection) -> None:
        async with connected(self._admin, self._on_takeover) as broker:
            log.info("broker_door_open")
            metrics.door_open.set(1)
            due_s = self._clock.monotonic()
            while True:
                if self._clock.monotonic() >= due_s:
                    await self._reconcile(link, broker)
                    due_s = self._clock.monotonic() + RECONCILE_EVERY_S
                self._woken.clear()
                while await self._tell_pending(link, broker):
                    pass
                await self._observe(link)
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_S):
                        await self._woken.wait()

    # -- what changed -------------------------------------------------------------------------------------------------

    async def _tell_pending(self, link: OwnConnection, broker: Dynsec) -> bool:
        """Tell the broker of what changed, a batch; whether there was any."""
        now = self._clock.now()
        those = await credentials.pending(link, self._keyring, limit=self._batch, now=now)
        if not those:
            return False
        began_s = self._clock.monotonic()
        agreed = await self._tell(link, broker, those)
        took_s = self._clock.monotonic() - began_s
        await credentials.note_applied(link, agreed, now=self._clock.now())
        metrics.changes_total.labels("agreed").inc(len(agreed))
        self._pace(len(those), took_s)
        if took_s > PACE_S:
            await self._clock.sleep(took_s)  # the broker's devices have their turn
        return True

    def _pace(self, told: int, took_s: float) -> None:
        fitting = int(told * PACE_S / max(took_s, 0.001))
        self._batch = max(1, min(BATCH_LARGEST, 2 * self._batch, fitting))

    async def _tell(self, link: OwnConnection, broker: Dynsec, those: Sequence[Wanted]) -> list[Wanted]:
        """Tell the broker of these, and return those it agrees with; of each other one it is noted why."""
        told: list[tuple[Wanted, list[Command]]] = []
        agreed = []
        for one, found in zip(those, await broker.ask([plan.look_for(one.username) for one in those]), strict=True):
            exists = plan.exists(found)
            if exists and not plan.is_ours(found):
                if one.is_revoked:
                    agreed.append(one)  # ours is gone; what goes by its name is not ours to delete
                else:
                    await self._refused(link, one, "an account of this name was made by somebody else")
            elif not one.is_revoked and one.password is None:
                await self._refused(link, one, "the secret key is not the one it was sealed under; issue it anew")
            else:
                told.append((one, plan.commands_for(one, exists=exists)))
        for (one, _), error in zip(told, await self._errors(broker, told), strict=True):
            if error is None:
                agreed.append(one)
            else:
                await self._refused(link, one, error)
        return agreed

    async def _errors(self, broker: Dynsec, told: Sequence[tuple[Wanted, list[Command]]]) -> list[str | None]:
        """One message for all of them; of each the first error, or None."""
        answers = iter(await broker.errors([command for _, commands in told for command in commands]))
        return [plan.first_error([next(answers) for _ in commands]) for _, commands in told]

    async def _refused(self, link: OwnConnection, one: Wanted, why: str) -> None:
        metrics.changes_total.labels("refused").inc()
        log.warning("broker_account_refused", credential=one.id, why=why, failures=one.failures + 1)
        wait_s = AGAIN_S[min(one.failures, len(AGAIN_S) - 1)]
        await credentials.note_failure(link, one, why, try_at=self._clock.now() + timedelta(seconds=wait_s))

    # -- everything ---------------------------------------------------------------------------------------------------

    async def _reconcile(self, link: OwnConnection, broker: Dynsec) -> None:
        """Compare all accounts with ours; what differs becomes pending and is told like any change."""
        (error,) = await broker.errors([plan.DEFAULT_ACCESS])
        if error is not None:
            raise DoorShut(f"the plugin does not let us close the door by default: {error}")
        found = await broker.accounts()
        await self._admit_gateway(broker, found)
        difference = plan.differences(await self._all(link), found)
        if difference.tell:
            log.info("broker_accounts_differ", count=len(difference.tell))
            await credentials.tell_again(link, difference.tell, now=self._clock.now())
        if difference.unknown:
            log.warning("broker_accounts_unknown", count=difference.unknown)
        metrics.accounts.labels("unknown").set(difference.unknown)
        metrics.reconciled_at.set(self._clock.now().timestamp())

    async def _all(self, link: OwnConnection) -> list[Wanted]:
        every: list[Wanted] = []
        while True:
            page = await credentials.wanted_after(link, self._keyring, every[-1].id if every else 0, limit=_PAGE)
            every += page
            if len(page) < _PAGE:
                return every

    async def _admit_gateway(self, broker: Dynsec, found: dict[str, str]) -> None:
        """Let the lanes in by the account that SHOUWANG_MQTT_URL names, where it is not the door's own."""
        name, password = self._gateway.username, self._gateway.password
        if name is None or password is None or name == self._admin.username:
            return
        # A person chose it: only with our key can anything be learnt from what the broker shows.
        text = f"gateway {self._keyring.keyed_hash(password.decode())[:4].hex()}"
        if found.get(name) == text:
            return
        if name in found and not found[name].startswith("gateway "):
            return  # made by somebody else, who knows what it may do
        told = plan.gateway_account(name, password.decode(), text, exists=name in found)
        error = plan.first_error(await broker.errors(told))
        if error is not None:
            raise DoorShut(f"the plugin does not take the gateway's own account: {error}")

    async def _observe(self, link: OwnConnection) -> None:
        counts = await credentials.counts(link)
        for state in ("pending", "failing", "standing"):
            metrics.accounts.labels(state).set(getattr(counts, state))
