"""Which decoder reads a device's bytes: found by the model's name, however it is spelled, and the port."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from typing import Final, NamedTuple

from devices.lorawan import (
    abeeway,
    browan,
    digital_matter,
    dragino,
    milesight,
    milesight_detectors,
    milesight_radar,
    netvox,
    smoke_alarms,
)
from devices.lorawan.told import Frame, FrameBroken, Told, calls_for_help

Read = Callable[[Frame, Told], None]

#: Names remembered once looked up; a county has some dozens of models, a stranger may invent any number.
_REMEMBERED: Final = 1_024
_NAME_CHARACTERS_MAX: Final = 200
_SEPARATORS: Final = re.compile(r"[^a-z0-9]+")
_ANY_PORT: Final[frozenset[int]] = frozenset()


class Model(NamedTuple):
    """A model or a family of them. Without a port in the message, the main one is meant."""

    name: str
    spelled: re.Pattern[str]
    main_port: int
    ports: frozenset[int]  #: none: the port is a setting of the device and says nothing
    read: Read


class Known(NamedTuple):
    """A model found, and the words it was found by."""

    model: Model
    words: str


def _button(frame: Frame, told: Told) -> None:
    milesight.read(frame, told, milesight.SOS_BUTTON if calls_for_help(frame.model) else milesight.BUTTON)


def _abeeway(frame: Frame, told: Told) -> None:
    (abeeway.read_2 if frame.port == 18 else abeeway.read_3)(frame, told)


def _milesight(name: str, spelled: str, read: Read | milesight.Table) -> Model:
    reader = read if callable(read) else partial(milesight.read, table=read)
    return Model(name, re.compile(spelled), 85, _ANY_PORT, reader)


def _other(name: str, spelled: str, read: Read, main_port: int, *more: int) -> Model:
    return Model(name, re.compile(spelled), main_port, frozenset({main_port, *more}), read)


#: The first that is spelled so wins: a model stands before its vendor.
MODELS: Final = (
    _milesight("WS101", r"\bws ?1(01|56|36)", _button),
    _milesight("WS202", r"\bws ?202", milesight.WS202),
    _milesight("WS203", r"\bws ?203", milesight.WS203),
    _milesight("WS301", r"\bws ?301", milesight.WS301),
    _milesight("WS303", r"\bws ?303", milesight.WS303),
    _milesight("VS340", r"\bvs ?3(40|41|70)", milesight.PRESENCE),
    _milesight("VS350", r"\bvs ?3[56]0", milesight.COUNTER),
    _milesight("VS373", r"\bvs ?373", milesight_radar.VS373),
    _milesight("EM300-MCS", r"\bem ?300 ?mcs", milesight.EM300_MCS),
    _milesight("EM300-SLD", r"\bem ?300 ?[sz]ld", milesight.EM300_SLD),
    _milesight("EM300-TH", r"\bem ?300 ?th", milesight.EM300_TH),
    _milesight("EM320-TH", r"\bem ?320 ?th", milesight.CLIMATE),
    _milesight("GS601", r"\bgs ?601", milesight_detectors.read_gs601),
    _milesight("AT101", r"\bat ?101", milesight.AT101),
    Model("GS524N", re.compile(r"\bgs ?524n?"), 1, _ANY_PORT, milesight_detectors.read_gs524n),
    _other("SD1001", r"\bsd ?1001", smoke_alarms.read_sd1001, 8, 50),
    _other("TG563A", r"\btg ?563", smoke_alarms.read_tg563a, 1),
    _other("AT3", r"\bat ?3\b|asset ?tracker ?3", abeeway.read_3, 19),
    _other("AT2", r"\bat ?2\b|asset ?tracker ?2", abeeway.read_2, 18),
    _other("Abeeway", r"\babeeway", _abeeway, 19, 18),
    _other("TrackerD", r"\btracker ?d\b", dragino.read_trackerd, 2, 3, 4, 5, 6, 7, 8),
    _other("LGT92", r"\blgt ?92", dragino.read_lgt92, 2),
    _other("LDS02", r"\b(lds|lwl) ?0[12]\b", dragino.read_contact, 10),
    _other("TBPB", r"\btbpb", browan.read_tabs, browan.BUTTON_PORT),
    _other("TBDW", r"\btbdw", browan.read_tabs, browan.DOOR_PORT),
    _other("TBMS", r"\btbms", browan.read_tabs, browan.MOTION_PORT),
    _other("TBWL", r"\btbwl", browan.read_tabs, browan.LEAK_PORT),
    _other("TBHH", r"\btbhh", browan.read_tabs, browan.CLIMATE_PORT),
    _other("DW10", r"\bdw ?10\b", browan.read_merryiot_door, 120),
    _other("Oyster3", r"\b(oyster|yabby)|\bdigital ?matter", digital_matter.read, 1, 2, 3, 4),
    _other("Netvox", r"\bnetvox|\br312a?\b|\bra02[ac]\b|\br311w\b|\br718(t|wa|wb)\b|\brb02i\b", netvox.read, 6, 7, 13),
    _milesight("Milesight", r"\bmilesight", milesight.ANY_MODEL),
)


def known(names: Iterable[str | None]) -> Known | None:
    """Return the first model that one of the names means, or None."""
    for name in names:
        found = _known(name) if name is not None and len(name) <= _NAME_CHARACTERS_MAX else None
        if found is not None:
            return found
    return None


@lru_cache(maxsize=_REMEMBERED)
def _known(name: str) -> Known | None:
    words = _SEPARATORS.sub(" ", name.lower())
    return next((Known(model, words) for model in MODELS if model.spelled.search(words)), None)


def read_as(found: Known, frame: Frame, told: Told) -> None:
    """Read a frame as the model's; raise FrameBroken where it is none of that model's, wholly or in part."""
    if found.model.ports and frame.port not in found.model.ports:
        ports = ", ".join(map(str, sorted(found.model.ports)))
        raise FrameBroken(f"fPort: {found.model.name} says nothing on this one, only on {ports}; correct model or port")
    found.model.read(frame, told)


_RADAR_TOO: Final = partial(milesight.read, table={**milesight_radar.VS373, **milesight.ANY_MODEL})
#: What a port alone suggests.
_BY_PORT: Final[dict[int, Read]] = {
    6: netvox.read,
    18: abeeway.read_2,
    19: abeeway.read_3,
    85: _RADAR_TOO,
    browan.BUTTON_PORT: browan.read_tabs,
    browan.LEAK_PORT: browan.read_tabs,
}


def guess(body: bytes, port: int | None) -> Read | None:
    """Return the decoder that port and shape suggest where nobody says which model it is, or None."""
    if len(body) == 6 and body[1] >> 4 == 1 and sum(body) % 256 == 0 and port in (1, None):
        return milesight_detectors.read_gs524n
    if port is not None:
        return _BY_PORT.get(port)
    if len(body) == 11 and body[:1] == b"\x01" and body[2] <= 1:
        return netvox.read
    return _RADAR_TOO
