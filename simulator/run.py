"""A run: a fleet, its links and its plan against one broker, beat by beat."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from random import Random
from typing import Final

from devices.topics import Channel, ack_topic, down_topic, filter_of, online_topic
from simulator import wire
from simulator.carriage import will_of
from simulator.client import Broker, Link
from simulator.clock import Clock, process_cpu_s
from simulator.delivery import Delivery, Manner
from simulator.errors import BrokerUnreachable
from simulator.fleet import Device, Kind
from simulator.ledger import Ledger
from simulator.pacing import Schedule
from simulator.plan import Course, plan
from simulator.speech import Carried
from simulator.tally import Tally

#: The fleet's heart beat: what became due within it is written to the ledger and to each link in one go.
TICK_S: Final = 0.005
#: Events of one tick at most, so that sockets are read in between even when far behind.
MOST_PER_TICK: Final = 2000
#: Connections dialled at the same time: a fleet that comes back must not flood the broker's accept queue.
DIALLING_AT_ONCE: Final = 64
#: Telemetry of one shared link that waits for the window; beyond it the devices keep it in their own buffers.
SHARED_LINK_PENDING: Final = 20_000
OWN_LINK_PENDING: Final = 200
OWN_WINDOW: Final = 20
SHARED_WINDOW: Final = 2_000


class Run:
    """One fleet against one broker. Create it inside the event loop, and `await run()` once."""

    def __init__(
        self, devices: Sequence[Device], course: Course, broker: Broker, manner: Manner, clock: Clock, ledger: Ledger
    ) -> None:
        self.tally = Tally(devices=len(devices))
        self._course, self._manner, self._clock, self._ledger = course, manner, clock, ledger
        self._broker, self._devices = broker, devices
        self._links: list[Link] = []
        self._stopped = False
        self._delivery = Delivery(course, manner, clock, ledger, self.tally)
        self._connect(devices)
        self.tally.connections = len(self._links)

    async def run(self) -> Tally:
        """Carry the run out and return its counts.

        Raises BrokerUnreachable if no link comes up, ConnectionRefusedByBroker (in a group) if the broker refuses.
        Ends early, with the ledger flushed, when cancelled.
        """
        admission = asyncio.Semaphore(DIALLING_AT_ONCE)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(link.run(admission)) for link in self._links]
            try:
                await self._all_up()
                began_cpu_s = process_cpu_s()
                await self._carry_out()
                self.tally.cpu_s = process_cpu_s() - began_cpu_s
            finally:
                await self._take_leave()
                for task in tasks:
                    task.cancel()
        return self.tally

    def stop(self) -> None:
        """End at the next beat; what is owed by then stays owed."""
        self._stopped = True

    # Links and agents

    def _connect(self, devices: Sequence[Device]) -> None:
        shared = [self._shared_link(f"pub{number}") for number in range(self._manner.shared_connections)]
        if shared:
            # One wildcard instead of a filter a device: ten thousand filters cost the broker more than a few
            # foreign acks cost us.
            self._links.append(self._shared_link("ack", filter_of(Channel.ACK), filter_of(Channel.DOWN)))
        self._links += shared
        carriers: dict[str, Link] = {}
        for number, device in enumerate(devices):
            carried = device.carried
            if carried is None:
                link = shared[number % len(shared)] if shared else self._own_link(device)
            else:
                if carried.carrier not in carriers:
                    carriers[carried.carrier] = shared[number % len(shared)] if shared else self._carrier_link(carried)
                link = carriers[carried.carrier]
            self._delivery.add(device, link)

    def _shared_link(self, word: str, *filters: str) -> Link:
        return Link(
            f"sim{self._course.seed}-{self._course.run_word}-{word}",
            self._broker,
            self._delivery,
            self._clock,
            filters=filters,
            window=SHARED_WINDOW,
            most_pending=SHARED_LINK_PENDING,
        )

    def _own_link(self, device: Device) -> Link:
        link = Link(
            device.id,
            self._broker,
            self._delivery,
            self._clock,
            filters=(ack_topic(device.id), down_topic(device.id)),
            will=wire.Will(topic=online_topic(device.id).encode(), payload=b"0"),
            window=OWN_WINDOW,
            most_pending=OWN_LINK_PENDING,
        )
        self._links.append(link)
        return link

    def _carrier_link(self, carried: Carried) -> Link:
        """A bridge's connection, or a server's for all that it carries: one that keeps order whatever happens."""
        link = Link(
            f"sim{self._course.seed}-{self._course.run_word}-{carried.carrier.replace('/', '-')}",
            self._broker,
            self._delivery,
            self._clock,
            will=will_of(carried),
            window=OWN_WINDOW if will_of(carried) else SHARED_WINDOW,
            most_pending=SHARED_LINK_PENDING,
        )
        self._links.append(link)
        return link

    async def _all_up(self) -> None:
        give_up_s = self._clock.monotonic() + self._manner.start_timeout_s
        while not self._stopped and not all(link.up for link in self._links):
            if self._clock.monotonic() > give_up_s:
                if not any(link.up for link in self._links):
                    raise BrokerUnreachable(f"nobody answers at {self._broker.host}:{self._broker.port}")
                break
            await self._clock.sleep(TICK_S)

    async def _take_leave(self) -> None:
        self._ledger.flush()
        for link in self._links:
            link.finish(*self._delivery.last_words(link))
            self.tally.facts["reconnects"] += link.reconnects
            self.tally.facts["filters refused by the broker"] += link.refused_filters
        await self._clock.sleep(TICK_S)

    # The beat

    async def _carry_out(self) -> None:
        # Connecting a large fleet takes seconds: the events' times begin when the events do.
        course = replace(self._course, start=self._clock.now())
        schedule = Schedule(plan(self._devices, course), self._clock)
        self._delivery.begin(schedule.began_s)
        self._plan_outage()
        self._plan_restart()
        tend_s = 0.0
        while not self._over(schedule):
            now_s = schedule.elapsed_s
            self._delivery.now_s = now_s
            for planned in schedule.due(MOST_PER_TICK):
                self._delivery.make(planned)
            self._delivery.beat(now_s)
            if now_s >= tend_s:
                tend_s = now_s + 1.0
                self._tend()
            await self._clock.sleep(TICK_S)
        self._ledger.flush()
        self.tally.elapsed_s = schedule.elapsed_s
        self.tally.facts["owed at the end"] = self._delivery.owes
        self.tally.facts["furthest behind the plan, ms"] = round(schedule.furthest_behind_s * 1000)

    def _over(self, schedule: Schedule) -> bool:
        if self._stopped:
            return True
        if not schedule.exhausted:
            return False
        return not self._delivery.owes or schedule.elapsed_s > self._course.duration_s + self._manner.drain_s

    def _tend(self) -> None:
        for link in self._links:
            link.tend()
        self._delivery.tend()

    def _plan_outage(self) -> None:
        outage = self._course.scenario.outage
        if outage is None:
            return
        for agent in self._delivery.agents.values():
            if Random(f"{self._course.seed}/outage/{agent.device.id}").random() < outage.share:
                self._delivery.at(outage.at_s, partial(self._delivery.go_away, agent))
                self._delivery.at(outage.at_s + outage.lasts_s, partial(self._delivery.come_back, agent))
        carriage = self._delivery.carriage
        for sender in carriage.senders.values():
            # A sensor's network is its bridge's; on a connection shared with others nobody can lose his own.
            is_own = sender.device.is_bridge and not self._manner.shared_connections
            if not (is_own or sender.device.kind is Kind.LOCATION_BAND):
                continue
            if Random(f"{self._course.seed}/outage/{sender.device.id}").random() < outage.share:
                back_s = outage.at_s + outage.lasts_s
                self._delivery.at(outage.at_s, partial(carriage.go_away, sender))
                self._delivery.at(back_s, partial(carriage.come_back, sender, back_s))

    def _plan_restart(self) -> None:
        restart = self._course.scenario.restart
        if restart is None or self._manner.shared_connections:
            return
        carriage = self._delivery.carriage
        for carrier in carriage.carriers:
            if Random(f"{self._course.seed}/restart/{carrier.carried.carrier}").random() < restart.share:
                self._delivery.at(restart.at_s, partial(carriage.restart, carrier))
                self._delivery.at(restart.at_s + restart.lasts_s, carrier.link.release)
