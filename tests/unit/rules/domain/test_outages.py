from __future__ import annotations

from rules.domain.outages import (
    Count,
    Group,
    Kind,
    Risk,
    Silent,
    count,
    has_ended,
    outage_of,
    outages_among,
    rank,
    risks_of,
)

VILLAGE, TOWN = "320000.town.village", "320000.town"


def area(path: str) -> Group:
    return Group(kind=Kind.AREA, key=path)


def silent(number: int, *, hub: int | None = None, path: str | None = VILLAGE, source: str = "canonical") -> Silent:
    return Silent(device_id=number, hub_id=hub, area=path, source=source)


def test_a_village_is_out_and_not_the_town_that_goes_on() -> None:
    counts = count([silent(number) for number in range(12)])
    watched = {area(VILLAGE): 20, area(TOWN): 40, area("320000"): 48}
    assert outages_among(counts, watched) == [area(VILLAGE)]


def test_a_town_is_out_where_several_villages_are() -> None:
    devices = [silent(number, path=f"{TOWN}.v{number % 3}") for number in range(45)]
    watched = {area(f"{TOWN}.v{n}"): 20 for n in range(3)} | {area(TOWN): 80, area("320000"): 10_000}
    assert outages_among(count(devices), watched) == [area(TOWN)]


def test_a_small_share_of_an_area_is_no_outage_however_many() -> None:
    counts = count([silent(number) for number in range(100)])
    assert outages_among(counts, {area(VILLAGE): 1000, area(TOWN): 1000, area("320000"): 1000}) == []


def test_twenty_devices_behind_one_hub_are_a_hub_and_no_area() -> None:
    counts = count([silent(number, hub=999) for number in range(20)])
    hub = Group(kind=Kind.HUB, key="999")
    watched = {hub: 20, area(VILLAGE): 20, area(TOWN): 20, area("320000"): 20}
    assert counts[area(VILLAGE)] == Count(devices=20, roots=1)
    assert outages_among(counts, watched) == [hub]


def test_a_vendors_platform_is_out_where_its_devices_are_wherever_they_stand() -> None:
    devices = [silent(number, path=f"320000.t{number}", source="traccar") for number in range(60)]
    platform = Group(kind=Kind.SOURCE, key="traccar")
    assert outages_among(count(devices), {platform: 100, area("320000"): 5000}) == [platform]


def test_a_device_is_held_by_the_narrowest_outage_that_stands() -> None:
    device = silent(1, hub=7)
    standing = {area(TOWN): 100, Group(kind=Kind.HUB, key="7"): 200}
    assert outage_of(device, standing) == 200
    assert outage_of(silent(2), standing) == 100
    assert outage_of(silent(3, path=None), standing) is None


def test_an_outage_of_many_is_over_when_most_speak_again() -> None:
    assert not has_ended(still_silent=6, held_most=12)
    assert has_ended(still_silent=5, held_most=12)
    assert has_ended(still_silent=0, held_most=0)


def test_equipment_comes_first_whatever_else_is_known_of_the_others() -> None:
    oxygen = risks_of(tags=frozenset({"oxygen"}), ability=0, other_path=True)
    alone = risks_of(tags=frozenset({"living_alone"}), ability=4, other_path=False)
    nobody = risks_of(tags=frozenset(), ability=None, other_path=True)
    assert alone == (Risk.NO_OTHER_PATH, Risk.ALONE, Risk.DEPENDENT)
    assert sorted([nobody, alone, oxygen], key=rank) == [oxygen, alone, nobody]
