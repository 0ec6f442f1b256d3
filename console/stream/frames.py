"""What travels on the stream: a change drawn once, and put into words for each who may see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from store.chain_end import ChainEnd
from store.feed import ChangeRow, Health, Lane
from store.registers.devices import Device
from store.ringing import TelephoneCall
from store.storm_records import Storm
from store.views.items import Rendered
from store.views.timeline import StreamEntry


class Alive(msgspec.Struct, frozen=True, kw_only=True):
    """Sent every two seconds, and only right after the head was read: quiet must differ from dead."""

    kind: str = "alive"
    at: datetime
    head: int
    lanes: Sequence[Lane]
    engine_age_s: float | None
    canary_age_s: float | None
    chain_end: ChainEnd  #: in what the P1 chain ends: every desk shows a banner while that is no tested voice


@dataclass(kw_only=True, slots=True, eq=False)
class Frame:
    """One change for one kind of reader, encoded; `prev` is added when it is sent."""

    seq: int
    kind: str
    at: datetime
    data: bytes
    received_at: datetime | None = None  #: of the alarm behind it; None once its way was measured

    def text(self, prev: int) -> bytes:
        """The frame as it is sent after the one numbered `prev`."""
        at = msgspec.json.encode(self.at)
        head = b'{"seq":%d,"prev":%d,"kind":"%s","at":%s,"data":' % (self.seq, prev, self.kind.encode(), at)
        return head + self.data + b"}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """The last thing in a queue: close with this code."""

    code: int
    reason: str


class Drawn:
    """One change drawn: the same bytes for all who see the same."""

    def __init__(
        self,
        change: ChangeRow,
        value: Rendered | StreamEntry | Device | Storm | TelephoneCall,
        area: str | None,
        was: Any,
    ) -> None:
        self.change = change
        self.value = value
        self.area = area
        self.areas_before: frozenset[str | None] = was
        self._frames: dict[str, Frame] = {}

    @property
    def canary_only(self) -> bool:
        """A test press of the canary: for programs, never for a desk."""
        return isinstance(self.value, Rendered) and self.value.is_canary

    def frame_for(self, user_id: int) -> Frame:
        """The frame as this user sees it."""
        value = self.value
        if not isinstance(value, Rendered):
            return self._frame(self.change.kind, lambda: value)
        passed = user_id in value.passed_by
        return self._frame(f"incident{passed}", lambda: self._item(value, passed_by_me=passed))

    def gone_frame(self) -> Frame:
        """The frame for whoever saw it before and sees it no more."""
        return self._frame("gone", lambda: {"kind": self.change.kind, "id": str(self.change.object_id)})

    def _item(self, value: Rendered, *, passed_by_me: bool) -> Any:
        return msgspec.structs.replace(value.item, seq=self.change.seq, passed_by_me=passed_by_me)

    def _frame(self, key: str, draw: Any) -> Frame:
        frame = self._frames.get(key)
        if frame is None:
            kind = "gone" if key == "gone" else self.change.kind
            frame = Frame(
                seq=self.change.seq,
                kind=kind,
                at=self.change.at,
                data=msgspec.json.encode(draw()),
                received_at=self.change.received_at if kind != "gone" else None,
            )
            self._frames[key] = frame
        return frame


def alive(health: Health, now: datetime) -> bytes:
    """The `alive` frame; it has no number, since it is no change."""
    return msgspec.json.encode(
        Alive(
            at=now,
            head=health.head,
            lanes=health.lanes,
            engine_age_s=health.engine_age_s,
            canary_age_s=health.canary_age_s,
            chain_end=health.chain_end,
        )
    )


class AreYouThere(msgspec.Struct, frozen=True, kw_only=True):
    """To one desk on duty where no key was touched for long; any key answers (centre.md, 9). No change, no number."""

    kind: str = "are_you_there"
    at: datetime
    asked_at: datetime


def are_you_there(asked_at: datetime, now: datetime) -> bytes:
    """The frame that asks a desk for a sign of life."""
    return msgspec.json.encode(AreYouThere(at=now, asked_at=asked_at))


def resync(seq: int, now: datetime) -> Frame:
    """Resuming is not possible: read everything again and go on from `seq`."""
    return Frame(seq=seq, kind="resync", at=now, data=_NULL)


_NULL: Final = b"null"
