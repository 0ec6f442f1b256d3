"""The settings' lanes and sources as the gateway runs them: every name, file and filter looked at before the start."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from itertools import combinations

from devices.decoding import Decode, DecodeError
from devices.sources import MAPPED_SOURCES, SOURCES
from devices.topics import is_device_id
from gateway.sources import AS_TOLD, LaneSettings, NotATemplate, Source, bent, canonical_source, covers, overlap
from shouwang import setting_tables as given
from shouwang.errors import SettingWrong
from shouwang.settings import Settings


def lanes_of(settings: Settings) -> list[LaneSettings]:
    """Every lane with its sources; raises SettingWrong, one line that names the table, the key and the remedy."""
    sources: dict[str, list[Source]] = {lane.name: [_of_lane(lane)] for lane in settings.lanes}
    for told in settings.sources:
        sources.setdefault(told.lane_name, []).append(_source(told))
    return [_lane(name, own) for name, own in sources.items()]


def overlaps_of(lanes: Sequence[LaneSettings]) -> Iterator[str]:
    """Say which lanes take the same topics: what comes there is read twice, and told apart only by its ids."""
    for one, other in combinations(lanes, 2):
        for mine, its in ((mine, its) for mine in one.filters for its in other.filters):
            if overlap(mine, its):
                yield f"lanes {one.name} and {other.name} both take what {mine} and {its} have in common"


def _lane(name: str, sources: list[Source]) -> LaneSettings:
    _refuse_ambiguity(sources)
    filters = [filter_ for source in sources for filter_ in source.filters]
    # A broker may send a message once for each of our filters that takes it.
    kept = [one for one in filters if not any(covers(other, one) for other in filters if other != one)]
    return LaneSettings(name=name, filters=tuple(kept), sources=tuple(sources))


def _refuse_ambiguity(sources: list[Source]) -> None:
    for one, other in combinations(sources, 2):
        for mine, its in ((mine, its) for mine in one.filters for its in other.filters):
            if mine == its or (overlap(mine, its) and not covers(mine, its) and not covers(its, mine)):
                raise SettingWrong(
                    f"sources.{other.name}.filters: {its} and {mine} of {one.name} take the same topics in one lane,"
                    " and neither says more; write one as a part of the other, or give one a lane of its own"
                )


def _of_lane(lane: given.Lane) -> Source:
    if lane.source == "canonical":
        return canonical_source(lane.filters)
    if lane.source in MAPPED_SOURCES:
        raise SettingWrong(f"lanes.{lane.name}.source: {lane.source} needs a mapping file; write it as [[sources]]")
    decode = _known(lane.source, f"lanes.{lane.name}")
    return Source(name=lane.source, filters=lane.filters, decode=bent(decode))


def _source(told: given.Source) -> Source:
    where = f"sources.{told.name}"
    if told.name != told.source and told.name in {*SOURCES, *MAPPED_SOURCES}:
        raise SettingWrong(f"{where}.name: {told.name} is what another source is called; choose a name of your own")
    if told.hub is not None and "{" not in told.hub and not is_device_id(told.hub):
        raise SettingWrong(f"{where}.hub: {told.hub!r} is no device's id; use 1 to 64 of A-Z a-z 0-9 . _ : -")
    if told.source == "canonical":
        return _canonical(told, where)
    decode = _mapped(told, where) if told.source in MAPPED_SOURCES else _plain(told, where)
    try:
        read = bent(decode, model=told.model, device=told.device, hub=told.hub)
    except NotATemplate as error:
        raise SettingWrong(f"{where}: {error}") from None
    return Source(name=told.name, filters=told.filters, decode=read, calls=told.calls)


def _canonical(told: given.Source, where: str) -> Source:
    """Our own topics name device and channel themselves: there is nothing to bend."""
    bends = {"mapping": told.mapping, "model": told.model, "hub": told.hub, "calls": told.calls or None}
    for key, value in (*bends.items(), ("device", None if told.device == AS_TOLD else told.device)):
        if value is not None:
            raise SettingWrong(f"{where}.{key}: the canonical source takes none; leave it out")
    return canonical_source(told.filters)


def _plain(told: given.Source, where: str) -> Decode:
    if told.mapping is not None:
        raise SettingWrong(f"{where}.mapping: source {told.source} takes no mapping file; leave it out")
    return _known(told.source, where)


def _known(name: str, where: str) -> Decode:
    if name in SOURCES:
        return SOURCES[name]
    known = sorted({*SOURCES, *MAPPED_SOURCES})
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    remedy = f"did you mean {near[0]}?" if near else f"known are: {', '.join(known)}"
    raise SettingWrong(f"{where}.source: no source is called {name!r}; {remedy}")


def _mapped(told: given.Source, where: str) -> Decode:
    if told.mapping is None:
        raise SettingWrong(f"{where}.mapping: source {told.source} needs a mapping file; name one")
    try:
        return MAPPED_SOURCES[told.source](told.mapping.read_bytes())
    except OSError as error:
        raise SettingWrong(f"{where}.mapping: {told.mapping} cannot be read: {error.strerror}") from None
    except DecodeError as error:
        raise SettingWrong(f"{where}.mapping: {told.mapping}: {error}") from None
