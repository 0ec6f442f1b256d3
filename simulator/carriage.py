"""What carries vendors' devices: a bridge in a home, a server for all bands; it repeats its memory and keeps order."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Final

from simulator import wire
from simulator.client import Link, Publication
from simulator.fleet import Device
from simulator.ledger import Ledger
from simulator.plan import Planned
from simulator.speech import BRIDGE, Carried, Speech
from simulator.tally import Tally
from simulator.wording import OFFLINE, ONLINE, Compared, Dispatch

#: What a band keeps while it has no network; the oldest is dropped, as real ones do, and counted.
KEPT_EVENTS: Final = 1000

At = Callable[[float, Callable[[], None]], None]


class Parcel:
    """One message on its way, and the events of which it is the first word; none for a repetition."""

    __slots__ = ("events",)

    def __init__(self, events: tuple[Planned, ...]) -> None:
        self.events = events


class Carrier:
    """One bridge or server. `cache` is what it says again, by topic, when it comes back."""

    __slots__ = ("cache", "carried", "link", "was_up")

    def __init__(self, carried: Carried, link: Link) -> None:
        self.carried = carried
        self.link = link
        self.cache: dict[str, bytes] = {}
        self.was_up = False


class Sender:
    """One device behind a carrier, and what it keeps while it has no network itself."""

    __slots__ = ("away", "carrier", "device", "kept")

    def __init__(self, device: Device, carrier: Carrier) -> None:
        self.device = device
        self.carrier = carrier
        self.away = False
        self.kept: deque[Planned] = deque()


class Carriage:
    """Sends what vendors' devices say; `owing` counts the messages that the broker has not taken over.

    `at` has something done at a time of the run, `pump` has a link written when the ledger is.
    """

    def __init__(self, ledger: Ledger, tally: Tally, at: At, pump: Callable[[Link], None]) -> None:
        self.owing = 0
        self.senders: dict[str, Sender] = {}
        self._ledger, self._tally, self._at, self._pump = ledger, tally, at, pump
        self._carriers: dict[str, Carrier] = {}
        self._by_link: defaultdict[Link, list[Carrier]] = defaultdict(list)

    def add(self, device: Device, carried: Carried, link: Link) -> None:
        """Put a device behind its carrier, which is on this link."""
        carrier = self._carriers.get(carried.carrier)
        if carrier is None:
            carrier = self._carriers[carried.carrier] = Carrier(carried, link)
            self._by_link[link].append(carrier)
        self.senders[device.id] = Sender(device, carrier)

    @property
    def carriers(self) -> Sequence[Carrier]:
        return list(self._carriers.values())

    # What devices say

    def send(self, planned: Planned, now_s: float) -> None:
        """Send an event's messages: the first now, the others when they are due."""
        self.owing += len(planned.dispatches)
        if planned.send_s > now_s:
            self._tally.facts["sent out of order"] += 1
            self._at(planned.send_s, partial(self._set_out, planned, planned.send_s))
        else:
            self._set_out(planned, now_s)
        if planned.copy_s is not None:
            self.owing += 1
            first = planned.dispatches[0]
            self._at(planned.copy_s, partial(self._offer, self.senders[planned.device.id], first, Parcel(())))
            self._tally.facts["sent twice"] += 1

    def _set_out(self, planned: Planned, now_s: float) -> None:
        sender = self.senders[planned.device.id]
        if sender.away:
            sender.kept.append(planned)
            if len(sender.kept) > KEPT_EVENTS:
                self._give_up(sender.kept.popleft())
            return
        for number, dispatch in enumerate(planned.dispatches):
            parcel = Parcel((planned, *planned.beside) if number == 0 else ())
            offer = partial(self._offer, sender, dispatch, parcel)
            if dispatch.after_s:
                self._at(now_s + dispatch.after_s, offer)
            else:
                offer()

    def _offer(self, sender: Sender, dispatch: Dispatch, parcel: Parcel) -> None:
        carrier = sender.carrier
        if dispatch.cached is not None:
            carrier.cache[dispatch.topic] = dispatch.cached
        message = Publication(dispatch.topic.encode(), dispatch.payload, parcel, retain=dispatch.retain)
        if not carrier.link.offer(message):
            self._tally.facts["link queue at its bound"] += 1
            self.owing -= 1
            self._note_given_up(parcel.events)
        self._pump(carrier.link)

    def _give_up(self, planned: Planned) -> None:
        self.owing -= len(planned.dispatches)
        self._note_given_up((planned, *planned.beside))

    def _note_given_up(self, events: Iterable[Planned]) -> None:
        for planned in events:
            self._tally.facts["given up, a device's memory was full"] += 1
            if not planned.heartbeat:
                self._ledger.given_up(planned.device.id, planned.id)

    # What the broker says

    def acknowledged(self, parcel: Parcel, elapsed_s: float) -> None:
        """The broker took a message over; with the first one its events are on their way to the platform."""
        self.owing -= 1
        for planned in parcel.events:
            planned.taken = True
            self._tally.of(planned.type).taken_over += 1
            self._tally.puback_latency.add(max(0.0, elapsed_s - max(planned.made_s, planned.send_s)))
            if not planned.heartbeat:
                self._ledger.taken_over(planned.device.id, planned.id)

    def refused(self, parcel: Parcel) -> None:
        """The broker refused a message: it is not sent again, and its events are given up."""
        self.owing -= 1
        self._note_given_up(parcel.events)

    # Coming and going

    def on_up(self, link: Link, unsent: Sequence[Publication], on_wire: int) -> None:
        """Say that the carriers are there, then what was not acknowledged, in order, then their memory.

        The first `on_wire` of the unsent messages may have reached the broker before the connection broke.
        """
        for carrier in self._by_link[link]:
            if carrier.carried.speech is Speech.ZIGBEE2MQTT:
                link.offer(Publication(_state_topic(carrier), ONLINE, None, retain=True))
        for number, publication in enumerate(unsent):
            parcel = publication.of
            if isinstance(parcel, Parcel):
                if number < on_wire:
                    self._note_again(parcel)
                link.offer(publication)
        for carrier in self._by_link[link]:
            if carrier.was_up and carrier.cache:
                self._tally.facts["states said again from a bridge's memory"] += len(carrier.cache)
                for topic, payload in carrier.cache.items():
                    link.offer(Publication(topic.encode(), payload, None))
            carrier.was_up = True

    def _note_again(self, parcel: Parcel) -> None:
        self._tally.facts["carried messages sent again"] += 1
        for planned in parcel.events:
            if planned.meant is not None and planned.meant.by is not Compared.TIME:
                self._ledger.sent_again(planned.device.id, planned.id)

    def last_words(self, link: Link) -> list[Publication]:
        """Return what the carriers of a link say when they are switched off."""
        bridges = [each for each in self._by_link[link] if each.carried.speech is Speech.ZIGBEE2MQTT]
        return [Publication(_state_topic(each), OFFLINE, None, retain=True) for each in bridges]

    def restart(self, carrier: Carrier) -> None:
        """Switch a carrier off without a word."""
        self._tally.facts["bridges and servers switched off"] += 1
        carrier.link.hold()

    def go_away(self, sender: Sender) -> None:
        """A bridge loses its network, and with it all its sensors; a band loses its own, and keeps what it has."""
        self._tally.facts["devices cut off"] += 1
        if sender.device.is_bridge:
            sender.carrier.link.hold()
        else:
            sender.away = True

    def come_back(self, sender: Sender, now_s: float) -> None:
        """Have a network again, and send what was kept."""
        if sender.device.is_bridge:
            sender.carrier.link.release()
            return
        sender.away = False
        while sender.kept:
            self._set_out(sender.kept.popleft(), now_s)


def will_of(carried: Carried) -> wire.Will | None:
    """Return what the broker says of a carrier that is lost; servers leave none."""
    if carried.speech is not Speech.ZIGBEE2MQTT:
        return None
    return wire.Will(topic=f"{carried.carrier}/{BRIDGE}/state".encode(), payload=OFFLINE)


def _state_topic(carrier: Carrier) -> bytes:
    return f"{carrier.carried.carrier}/{BRIDGE}/state".encode()
