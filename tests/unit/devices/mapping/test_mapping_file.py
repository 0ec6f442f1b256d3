"""A mapping file is checked key by key: each mistake is named with its line, its key and what was expected."""

from __future__ import annotations

import pytest

from devices.errors import DecodeError
from devices.mapping.errors import BadPath, NotAMapping
from devices.mapping.file import FILE_BYTES_MAX, read
from devices.mapping.paths import Frame, getter, parse

START = 'name = "a call button"\n[device]\nid = "id"\n'
SOS = '[[rule]]\npath = "alarm"\ntypes = { "1" = "sos" }\n'


def refused(text: str) -> str:
    with pytest.raises(NotAMapping) as raised:
        read(text.encode())
    return str(raised.value)


def test_the_shortest_file_says_who_and_what() -> None:
    mapping = read((START + SOS).encode())
    assert (mapping.name, len(mapping.rules)) == ("a call button", 1)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name = ", "file: is not TOML: Invalid value (at"),
        ("x = " + "[" * 5000, "file: is nested too deep"),
        (START, "file: says nothing of any event; expected at least one of rule, reading, location, vitals"),
        ('[device]\nid = "a"\n' + SOS, "name: is missing; expected what the messages are called"),
        ('name = "x"\n' + SOS, "device: is missing; expected a table with id"),
        ('name = "x"\n[device]\n' + SOS, "line 2: device.id: is missing"),
        (START + SOS + '[locaton]\nlat = "a"\n', 'line 7: locaton: is no key here; did you mean "location"?'),
        (
            START + '[[rule]]\npath = "a"\ntypes = { "1" = "soss" }',
            'line 6: rule 1, types.1: "soss" is no type; did you mean',
        ),
        (START + '[[rule]]\npath = "a"\ntypes = {}', "line 6: rule 1, types: is empty"),
        (
            START + '[[rule]]\ntypes = { "1" = "sos" }',
            "line 4: rule 1, path: is missing; expected where the word stands",
        ),
        (START + '[[rule]]\npath = "a"', "line 4: rule 1: expected exactly one of type, types, bits; there is none"),
        (START + '[[rule]]\ntype = "sos"', "rule 1, when: is missing; expected what must hold"),
        (START + SOS + 'state = "yes"', 'line 7: rule 1, state: expected true or false, not "yes"'),
        (START + SOS + "repeat_s = 90000", "line 7: rule 1, repeat_s: expected a number from 0 to 3600, not 90000"),
        (START + SOS + 'unknown = "ignore"', 'rule 1, unknown: "ignore" hides a new word for sos'),
        (START + SOS + 'unknown = "rejct"', 'unknown: expected "reject", "ignore" or a type, not "rejct"'),
        (
            START + SOS + "[[rule]]\npath = 'b'\nbits = { 64 = 'sos' }",
            "line 9: rule 2, bits.64: expected the number of a bit, 0",
        ),
        (START + SOS + "[[rule]]\npath = 'b'\nbits = { 1 = { on = 'sos' } }", "rule 2, bits.1, on: is no key here"),
        (START + SOS + 'when = { path = "a..b", exists = true }', 'line 7: rule 1, when 1, path: "a..b" is no path'),
        (
            START + SOS + 'when = { path = "a" }',
            "rule 1, when 1: expected exactly one of equals, in, not, exists, above, below",
        ),
        (
            START + SOS + 'when = { path = "^.a", equals = 1 }',
            '"^.a" goes out of the message; message.each has 0 arrays',
        ),
        (START + SOS + 'when = { path = "topic:x", equals = 1 }', '"topic:x": no topic has a level of this name'),
        (START + SOS + '[location]\nlat = "a"\n', "line 7: location.lon: is missing"),
        (
            START + SOS + '[location]\nlat = "a"\nlon = "b"\ndatum = "gcj2"',
            'expected one of "wgs84", "gcj02", "bd09", not "gcj2"; did',
        ),
        (
            START + SOS + '[event]\nbattery_pct = { path = "a", unit = "mV" }',
            'line 8: event.battery_pct.unit: "mV": volts say nothing of',
        ),
        (
            START + SOS + "[event]\nbattery_pct = { const = 120 }",
            "event.battery_pct.const: expected a number from 0 to 100, not 120",
        ),
        (
            START + SOS + '[vitals]\nheart_rate_bpm = { path = "a", scal = 2 }',
            'scal: is no key here; did you mean "scale"?',
        ),
        (
            START + SOS + '[vitals]\nheart_rate = "a"',
            'line 8: vitals.heart_rate: is no key here; did you mean "heart_rate_bpm"?',
        ),
        (START + SOS + '[time]\npath = "a"\nformat = "%Y-%m"', 'line 9: time.format: "%Y-%m" tells no time'),
        (
            START + SOS + '[time]\npath = "a"\nformat = "%d %B %Y %H:%M"',
            'time.format: "%d %B %Y %H:%M" %B cannot be used',
        ),
        (
            START + SOS + '[time]\npath = "a"\nformat = "epoch"',
            'expected one of "auto", "rfc3339", "epoch_s", "epoch_ms"',
        ),
        (
            START + SOS + '[time]\npath = "a"\nzone = "Asia/Shangai"',
            'line 9: time.zone: "Asia/Shangai" is no zone; write one',
        ),
        (START + SOS + '[message]\ntopic = "a/#/b"', 'line 8: message.topic: "a/#/b": + stands for a whole level'),
        (START + SOS + '[message]\ntopic = "a/{x}/{x}"', "each name stands in it once"),
        (START + SOS + '[message]\ntopic = "a/{x}{y}"', "a level has at most 2 names, and something between them"),
        (START + SOS + "[message]\neach = 5", "line 8: message.each: expected a path, or an array of paths, not 5"),
        (START + SOS + '[[reading]]\npath = "t"\nunit = "°C"', "line 7: reading 1, name: is missing"),
        (
            START + SOS + '[[reading]]\nname = "t"\npath = "t"\nunit = "C"\nindex = 1',
            "split: split and index go together",
        ),
        (
            START + SOS + '[[reading]]\nname = "t"\nunit = ""\npath = "t"\ntable = { a = "b" }',
            'table.a: expected a number, not "b"',
        ),
    ],
)
def test_a_mistake_is_named_with_its_key_and_what_was_expected(text: str, told: str) -> None:
    assert told in refused(text)


def test_every_mistake_of_a_file_is_told_at_once() -> None:
    told = refused('nam = "x"\n[device]\nide = "a"\n' + '[[rule]]\npath = "a"\ntypes = { "1" = "soss" }')
    assert told.startswith("5 things to correct\n")
    assert 'line 1: nam: is no key here; did you mean "name"?' in told
    assert "line 6: rule 1, types.1:" in told


def test_bytes_that_are_no_text_and_files_without_end_are_refused() -> None:
    for source in (b"\xff\xfe", b"#" * (FILE_BYTES_MAX + 1)):
        with pytest.raises(DecodeError):
            read(source)


MESSAGE = {"a": {"b": [{"c": 1}, {"c": 2}]}, "x.y": 3, "text": '{"z": 4}', "none": None, "烟": 5, "a b": 6}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a.b[1].c", 2),
        ("a.b[-1].c", 2),
        ("a.b[2].c", None),
        ('"x.y"', 3),
        ("text|json.z", 4),
        ("a|json.b[0].c", 1),
        ("none", None),
        ("none.x", None),
        ("a.b.c", None),
        ("烟", 5),
        ("a b", 6),
        ("$.a.b[0].c", 1),
        ("@.text|json", {"z": 4}),
        ("topic:device", "d1"),
        ("topic:none", None),
        ("key:", "k"),
        ("^.up", "around"),
        ("^^.up", None),
    ],
)
def test_a_path_fetches_what_stands_there(path: str, value: object) -> None:
    around = Frame({"up": "around"}, MESSAGE, {})
    assert getter(parse(path))(Frame(MESSAGE, MESSAGE, {"device": "d1"}, "k", around)) == value


@pytest.mark.parametrize("path", ["", ".a", "a.", "a..b", "a[x]", "a[1", "$a", "^a", "a b.", "x" * 300, 'a."', "|x"])
def test_what_is_no_path_says_how_one_is_written(path: str) -> None:
    with pytest.raises(BadPath, match="write a path such as"):
        parse(path)
