"""Reading a buyer's table: every bad row by its line, every good one kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.domain.vocabulary import DeviceLife, Wearer
from store.registers.search import search_text
from store.registers.table import TableUnreadable, read_table


def test_only_device_and_kind_are_needed() -> None:
    table = read_table("device,kind\nb-1,call_button\n")
    (row,) = table.rows
    assert (row.device, row.fields["kind"], row.resident, row.address) == ("b-1", "call_button", None, None)


def test_an_import_is_an_estate_in_use() -> None:
    (row,) = read_table("device,kind\nb-1,call_button\n").rows
    assert row.fields["life"] is DeviceLife.LIVE
    assert row.fields["source"] == "canonical"


def test_columns_come_in_any_order_and_unknown_ones_are_named() -> None:
    table = read_table("colour,kind,device\nred,hub,h-1\n")
    assert table.unknown_columns == ["colour"]
    assert table.rows[0].device == "h-1"


@pytest.mark.parametrize(
    ("kind", "wearer"),
    [("location_band", Wearer.PERSONAL), ("smoke_alarm", Wearer.SHARED), ("call_button", Wearer.SHARED)],
)
def test_the_kind_says_whether_it_is_worn_where_the_file_does_not(kind: str, wearer: Wearer) -> None:
    (row,) = read_table(f"device,kind\nd,{kind}\n").rows
    assert row.fields["wearer"] is wearer


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("kind", "toaster"),
        ("device", "no spaces allowed"),
        ("device", ""),
        ("interval_s", "0"),
        ("interval_s", "often"),
        ("wearer", "dog"),
        ("life", "dead"),
        ("ability", "5"),
        ("lat", "91"),
        ("lat", "nan"),
        ("area", "中国"),
        ("area", "1.2.3.4.5.6.7"),
        ("birth_date", "3 May 1940"),
        ("phone", "12"),
        ("tags", "Living Alone"),
        ("resident", "王" * 51),
    ],
)
def test_a_bad_row_is_named_by_line_and_column_and_the_next_is_kept(column: str, value: str) -> None:
    cells = {"device": "a", "kind": "hub", "lat": "32", "lon": "120"} | {column: value}
    header, row = ",".join(cells), ",".join(cells.values())
    good = ",".join({**cells, column: "", "device": "b", "kind": "hub"}.values()) if column not in ("lat",) else ""
    table = read_table(f"{header}\n{row}\n{good}\n")
    ((line, error),) = table.errors
    assert line == 2
    assert error.startswith(column)
    assert [kept.device for kept in table.rows] == (["b"] if good else [])


def test_a_line_number_counts_the_lines_of_the_file_not_the_rows() -> None:
    table = read_table('device,kind,address\na,hub,"澄湾县\n1号"\nb,toaster,\n')
    assert [line for line, _ in table.errors] == [4]


def test_tags_are_separated_by_either_semicolon() -> None:
    (row,) = read_table("device,kind,tags\na,hub,living_alone；oxygen;oxygen\n").rows
    assert row.person["tags"] == ["living_alone", "oxygen"]


@pytest.mark.parametrize("text", ["", "device\na\n", "kind\nhub\n", "\x00"])
def test_what_is_no_table_of_devices_is_refused_whole(text: str) -> None:
    with pytest.raises(TableUnreadable):
        read_table(text)


@given(st.text(max_size=200))
def test_any_text_is_rows_errors_or_a_refusal(text: str) -> None:
    try:
        table = read_table("device,kind\n" + text)
    except TableUnreadable:
        return
    assert all(row.device for row in table.rows)


def test_a_person_is_found_by_characters_pinyin_initials_digits_and_room() -> None:
    found = search_text(name="王小英", phone="13812341234", address="澄湾镇东风路3栋2单元502")
    for said in ("王小英", "wangxiaoying", "wang xiao ying", "wxy", "1234", "502", "3-2-502"):
        assert said in found
