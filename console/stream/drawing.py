"""Changes drawn in one go: all incidents, entries, devices, storms and calls of a batch, each in one query."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from console.stream.frames import Drawn
from store.feed import ChangeRow
from store.registers.devices import Device, render_devices
from store.ringing import TelephoneCall, render_calls
from store.sealing import Keyring
from store.storm_records import Storm, render_storms
from store.views.items import Rendered, render
from store.views.timeline import StreamEntry, render_entries

if TYPE_CHECKING:
    from store.database import Connection

#: Incidents whose area is remembered, to tell who loses sight of one that moved.
AREAS_REMEMBERED: Final = 20_000


class Areas:
    """Where incidents were when they were last drawn; bounded, the longest untouched forgotten first."""

    def __init__(self) -> None:
        self._last: OrderedDict[int, str | None] = OrderedDict()

    def moved(self, incident_id: int, area: str | None, changed_in: str | None) -> frozenset[str | None]:
        """The areas it was in before this change, as far as they are known; empty where it did not move."""
        before = {self._last.get(incident_id, area), changed_in or area} - {area}
        self._last[incident_id] = area
        self._last.move_to_end(incident_id)
        if len(self._last) > AREAS_REMEMBERED:
            self._last.popitem(last=False)
        return frozenset(before)


async def draw(connection: Connection, keyring: Keyring, changes: Sequence[ChangeRow], areas: Areas) -> list[Drawn]:
    """Draw these changes in their order; what no screen shows, or is gone, is left out."""
    incidents = {change.object_id for change in changes if change.kind in ("incident", "entry")}
    pairs = [
        (change.object_id, change.part) for change in changes if change.kind == "entry" and change.part is not None
    ]
    devices = {change.object_id for change in changes if change.kind == "device"}
    items = await render(connection, sorted(incidents)) if incidents else {}
    entries = await render_entries(connection, keyring, pairs) if pairs else {}
    things = await render_devices(connection, sorted(devices)) if devices else {}
    storms = await render_storms(connection, [change.object_id for change in changes if change.kind == "storm"])
    calls = await render_calls(connection, [change.object_id for change in changes if change.kind == "call"])
    batch = _Batch(items=items, entries=entries, devices=things, storms=storms, calls=calls, areas=areas)
    return [drawn for change in changes if (drawn := batch.drawn(change)) is not None]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Batch:
    items: dict[int, Rendered]
    entries: dict[tuple[int, int], StreamEntry]
    devices: dict[int, Device]
    storms: dict[int, Storm]
    calls: dict[int, TelephoneCall]
    areas: Areas

    def drawn(self, change: ChangeRow) -> Drawn | None:
        if change.kind == "incident":
            return self._incident(change)
        if change.kind == "entry":
            return self._entry(change)
        if change.kind == "storm":
            storm = self.storms.get(change.object_id)
            return Drawn(change, storm, storm.area, frozenset()) if storm is not None else None
        if change.kind == "call":
            call = self.calls.get(change.object_id)
            return Drawn(change, call, call.area, frozenset()) if call is not None else None
        device = self.devices.get(change.object_id) if change.kind == "device" else None
        return Drawn(change, device, device.area, frozenset()) if device is not None else None

    def _incident(self, change: ChangeRow) -> Drawn | None:
        case = self.items.get(change.object_id)
        if case is None:
            return None
        was = self.areas.moved(change.object_id, case.item.area, change.area)
        return Drawn(change, case, case.item.area, was)

    def _entry(self, change: ChangeRow) -> Drawn | None:
        case = self.items.get(change.object_id)
        entry = self.entries.get((change.object_id, change.part or 0))
        if case is None or entry is None or case.is_canary:
            return None
        return Drawn(change, entry, case.item.area, frozenset())
