"""Delivery: events go out, alarms go again until acknowledged, and what an outage held back is flushed."""

from __future__ import annotations

import heapq
import itertools
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import cast

import msgspec

from devices import ack
from devices.errors import DecodeError
from devices.topics import Channel, online_topic, parse_topic, reply_topic
from simulator.agents import BUFFER_EVENTS, MOST_AWAITING, Agent, Awaiting, packed
from simulator.carriage import Carriage, Parcel
from simulator.client import Link, Publication
from simulator.clock import Clock
from simulator.commands import Command, answer, answers_after_s, consequence, has_expired, read_command
from simulator.fleet import Device
from simulator.ledger import Ledger
from simulator.plan import Course, Planned
from simulator.tally import Tally


@dataclass(frozen=True, kw_only=True, slots=True)
class Manner:
    """How a run is carried out; none of it changes what is said.

    `shared_connections` of 0 gives every device its own connection and will. An alarm goes again after
    `resend_first_s`, doubled up to `resend_longest_s`. After the last event the run waits `drain_s` for what is owed.
    """

    shared_connections: int = 0
    resend_first_s: float = 5.0
    resend_longest_s: float = 30.0
    drain_s: float = 60.0
    start_timeout_s: float = 60.0


class Delivery:
    """What the fleet owes and to whom. It is told the time of the run (`now_s`) and owns nothing that waits."""

    def __init__(self, course: Course, manner: Manner, clock: Clock, ledger: Ledger, tally: Tally) -> None:
        self.tally = tally
        self.agents: dict[str, Agent] = {}
        self.owing = 0
        self.now_s = 0.0
        self._course, self._manner, self._clock, self._ledger = course, manner, clock, ledger
        self._began_s = clock.monotonic()
        self._by_link: defaultdict[Link, list[Agent]] = defaultdict(list)
        self._later: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._to_pump: set[Link] = set()
        self.carriage = Carriage(ledger, tally, self.at, self._to_pump.add)

    @property
    def owes(self) -> int:
        """Events and vendors' messages that are not yet where they belong."""
        return self.owing + self.carriage.owing

    def add(self, device: Device, link: Link) -> None:
        """Put a device on a link."""
        if device.carried is not None:
            self.carriage.add(device, device.carried, link)
            return
        agent = Agent(device, link)
        self.agents[device.id] = agent
        self._by_link[link].append(agent)

    def begin(self, began_s: float) -> None:
        """Count the run's time from this moment of the monotonic clock."""
        self._began_s = began_s

    def at(self, due_s: float, what: Callable[[], None]) -> None:
        """Have something done at a time of the run."""
        heapq.heappush(self._later, (due_s, next(self._order), what))

    def beat(self, now_s: float) -> None:
        """Do what is due, write the ledger, and only then the sockets."""
        self.now_s = now_s
        while self._later and self._later[0][0] <= now_s:
            heapq.heappop(self._later)[2]()
        # Into the ledger first: what a kill leaves behind must know of everything that was on the wire.
        self._ledger.flush()
        for link in self._to_pump:
            link.pump()
        self._to_pump.clear()

    def tend(self) -> None:
        """Try again what found a queue at its bound; about once a second."""
        for agent in self.agents.values():
            if agent.buffer and agent.reachable:
                self._flush_telemetry(agent)

    def last_words(self, link: Link) -> list[Publication]:
        """Return what the devices of a link say when they are switched off."""
        if self._manner.shared_connections:
            return []
        return self.carriage.last_words(link) + [
            Publication(online_topic(each.device.id).encode(), b"0", None, retain=True) for each in self._by_link[link]
        ]

    # Events on their way out

    def make(self, planned: Planned) -> None:
        """Note an event and send it, now or when its time comes."""
        if planned.dispatches:
            self._note_carried(planned)
            self.carriage.send(planned, self.now_s)
            return
        self.tally.of(planned.type).made += 1
        self.owing += 1
        if not planned.heartbeat:
            self._ledger.made(planned)
        if planned.send_s > self.now_s:
            self.tally.facts["sent out of order"] += 1
            self.at(planned.send_s, partial(self._send, planned))
        else:
            self._send(planned)
        if planned.copy_s is not None:
            self.at(planned.copy_s, partial(self._send_copy, planned))

    def _note_carried(self, planned: Planned) -> None:
        for each in (planned, *planned.beside):
            self.tally.of(each.type).made += 1
            if not each.heartbeat:
                self._ledger.made(each)

    def _send(self, planned: Planned) -> None:
        agent = self.agents[planned.device.id]
        if planned.alarm:
            self._send_alarm(agent, planned)
        elif not agent.reachable or agent.buffer or not self._offer(agent, (planned,), alarm=False):
            self._keep(agent, planned)

    def _send_copy(self, planned: Planned) -> None:
        agent = self.agents[planned.device.id]
        if agent.reachable and self._offer(agent, (planned,), alarm=planned.alarm):
            self.tally.facts["sent twice"] += 1

    def _send_alarm(self, agent: Agent, planned: Planned) -> None:
        if len(agent.awaiting) >= MOST_AWAITING:
            self._give_up(planned)
            return
        awaiting = Awaiting(planned, self.now_s, self._manner.resend_first_s)
        agent.awaiting[planned.id] = awaiting
        if agent.reachable:
            self._offer(agent, (planned,), alarm=True)
            self.at(awaiting.next_s, partial(self._resend, agent, awaiting, awaiting.next_s))

    def _resend(self, agent: Agent, awaiting: Awaiting, due_s: float) -> None:
        # A reconnect may have sent it meanwhile and set another time, or the ack may have come.
        if agent.awaiting.get(awaiting.planned.id) is not awaiting or awaiting.next_s != due_s or not agent.reachable:
            return
        self.tally.facts["alarms sent again"] += 1
        self._offer(agent, (awaiting.planned,), alarm=True)
        awaiting.delay_s = min(awaiting.delay_s * 2, self._manner.resend_longest_s)
        awaiting.next_s = self.now_s + awaiting.delay_s
        self.at(awaiting.next_s, partial(self._resend, agent, awaiting, awaiting.next_s))

    def _offer(self, agent: Agent, events: tuple[Planned, ...], *, alarm: bool) -> bool:
        qos = 1 if alarm else self._course.scenario.telemetry_qos
        if not agent.link.offer(agent.publication(events, alarm=alarm, qos=qos)):
            self.tally.facts["link queue at its bound"] += 1
            return False
        if qos == 0:
            self.owing -= len(events)
        self._to_pump.add(agent.link)
        return True

    def _keep(self, agent: Agent, planned: Planned) -> None:
        if len(agent.buffer) >= BUFFER_EVENTS:
            self._give_up(agent.buffer.popleft())
        agent.buffer.append(planned)

    def _give_up(self, planned: Planned) -> None:
        if planned.taken:
            return  # its second copy went through, so nothing is lost
        self.owing -= 1
        self.tally.facts["given up, a device's memory was full"] += 1
        if not planned.heartbeat:
            self._ledger.given_up(planned.device.id, planned.id)

    def _elapsed_s(self) -> float:
        return self._clock.monotonic() - self._began_s

    # Coming back

    def _flush_all(self, agent: Agent) -> None:
        owed = [each.planned for each in agent.awaiting.values()]
        for group in packed(owed):
            self.tally.facts["alarms sent again"] += len(group)
            self._offer(agent, group, alarm=True)
        for awaiting in agent.awaiting.values():
            awaiting.delay_s = self._manner.resend_first_s
            awaiting.next_s = self.now_s + awaiting.delay_s
            self.at(awaiting.next_s, partial(self._resend, agent, awaiting, awaiting.next_s))
        self._flush_telemetry(agent)

    def _flush_telemetry(self, agent: Agent) -> None:
        kept = list(agent.buffer)
        agent.buffer.clear()
        for group in packed(kept):
            if not self._offer(agent, group, alarm=False):
                agent.buffer.extend(group)
            elif len(group) > 1:
                self.tally.facts["events flushed as arrays"] += len(group)

    # Outages of a device's own network

    def go_away(self, agent: Agent) -> None:
        """Lose the network: the connection breaks without a word, the device keeps what it has to say."""
        self.tally.facts["devices cut off"] += 1
        agent.away = True
        if not self._manner.shared_connections:
            agent.link.hold()

    def come_back(self, agent: Agent) -> None:
        """Have a network again and flush."""
        agent.away = False
        if not self._manner.shared_connections:
            agent.link.release()
        elif agent.link.up:
            self._flush_all(agent)

    # What links tell (client.Owner)

    def on_up(self, link: Link) -> None:
        on_wire = link.on_wire
        unsent = link.take_unsent()
        for publication in reversed(unsent):
            agent, events = _of(publication)
            # Alarms are sent again from `awaiting`; a telemetry copy whose event the broker has already is dropped.
            if agent is not None and publication.qos and not events[0].alarm:
                agent.buffer.extendleft(reversed([each for each in events if not each.taken]))
        for agent in self._by_link[link]:
            if not self._manner.shared_connections:
                link.offer(Publication(online_topic(agent.device.id).encode(), b"1", None, retain=True))
            while len(agent.buffer) > BUFFER_EVENTS:
                self._give_up(agent.buffer.popleft())
            if not agent.away and (agent.buffer or agent.awaiting):
                self._flush_all(agent)
        self.carriage.on_up(link, unsent, on_wire)
        self._to_pump.add(link)

    def on_down(self, link: Link) -> None:
        if not link.held and not link.finished:
            self.tally.facts["connections lost"] += 1

    def on_acknowledged(self, publication: Publication) -> None:
        if isinstance(publication.of, Parcel):
            self.carriage.acknowledged(publication.of, self._elapsed_s())
            return
        agent, events = _of(publication)
        if agent is None:
            return
        now_s = self._elapsed_s()
        for planned in events:
            if planned.taken:
                continue
            planned.taken = True
            self.tally.of(planned.type).taken_over += 1
            self.tally.puback_latency.add(now_s - max(planned.made_s, planned.send_s))
            if not planned.alarm:
                self.owing -= 1
            if not planned.heartbeat:
                self._ledger.taken_over(planned.device.id, planned.id)

    def on_refused(self, publication: Publication, code: int) -> None:
        self.tally.facts[f"publishes refused by the broker with code {code}"] += 1
        if isinstance(publication.of, Parcel):
            self.carriage.refused(publication.of)
            return
        agent, events = _of(publication)
        if agent is not None and not events[0].alarm:
            for planned in events:
                if not planned.taken:
                    self._keep(agent, planned)

    def on_message(self, topic: str, payload: bytes) -> None:
        device, channel = parse_topic(topic) or ("", None)
        agent = self.agents.get(device)
        if agent is None:
            self.tally.facts["messages for others"] += 1
        elif channel is Channel.ACK:
            self._acknowledge(agent, payload)
        elif channel is Channel.DOWN:
            self._obey(agent, payload)

    def _acknowledge(self, agent: Agent, payload: bytes) -> None:
        try:
            acks = ack.read(payload)
        except DecodeError:
            self.tally.facts["acks that are none"] += 1
            return
        for each in acks:
            awaiting = agent.awaiting.pop(each.id, None)
            if awaiting is None:
                self.tally.facts["acks for nothing owed"] += 1
                continue
            if each.error is not None:
                self.tally.facts["alarms kept but not usable"] += 1
            self.owing -= 1
            self._ledger.acked(agent.device.id, awaiting.planned.id)
            self.tally.of(awaiting.planned.type).acked += 1
            self.tally.ack_latency.add(self._elapsed_s() - awaiting.first_s)

    def _obey(self, agent: Agent, payload: bytes) -> None:
        command = read_command(payload)
        if command is None:
            self.tally.facts["commands that are none"] += 1
            return
        if has_expired(command, self._clock.now()):
            self.tally.facts["commands passed over, expired"] += 1
            return
        self.owing += 1
        moment_s = answers_after_s(command, agent.device)
        self.at(self._elapsed_s() + moment_s, partial(self._answer, agent, command))

    def _answer(self, agent: Agent, command: Command) -> None:
        """Reply after the moment it took; obey each id once, and answer each copy alike."""
        self.owing -= 1
        reply = answer(command, agent.device)
        if not agent.reachable:
            self.tally.facts["commands not answered, away"] += 1
            return
        topic = reply_topic(agent.device.id).encode()
        agent.link.offer(Publication(topic, msgspec.json.encode(reply), None))
        self._to_pump.add(agent.link)
        self.tally.facts["commands answered"] += 1
        if reply.ok and command.id not in agent.answered:
            agent.answered.append(command.id)
            now = self._clock.now()
            event = consequence(command, agent.device, self._course.run_word, now, self._elapsed_s())
            if event is not None:
                self.make(event)


def _of(publication: Publication) -> tuple[Agent | None, tuple[Planned, ...]]:
    """Return whose events these are; `online`, replies and what is carried are no agent's."""
    if publication.of is None or isinstance(publication.of, Parcel):
        return None, ()
    return cast("tuple[Agent, tuple[Planned, ...]]", publication.of)
