"""`shouwang decode`: a vendor's recorded messages in, canonical events out; needs no database and no broker."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Final, NamedTuple

import click

from devices.decoding import Decode, Decoded, DecodeError, Rejected
from devices.encoding import encode
from devices.scanning import members
from devices.sources import MAPPED_SOURCES, SOURCES

#: Enough reasons to find the fault; an array can have thousands.
_ERRORS_SHOWN_MAX: Final = 20


class BadRow(Exception):
    """The line is not {"topic": "...", "payload": ...}; correct the recording."""


@click.command()
@click.option("--source", "source_name", required=True, metavar="NAME", help="Whose messages these are.")
@click.option("--mapping", "mapping_path", metavar="FILE", help="The mapping file, for sources that are made by one.")
@click.argument("path", required=False, metavar="[FILE]")
def decode(source_name: str, mapping_path: str | None, path: str | None) -> None:
    """Print the canonical events of recorded messages.

    Reads JSON lines {"topic": "...", "payload": <object, string, or {"hex": "..."}>} from FILE or standard input and
    prints one JSON line for each, in order: {"events": [...]} or {"error": "..."}. Never stops at a bad line. A line's
    "device_model" chooses the decoder where a source knows several.
    """
    source = source_of(source_name, mapping_path)
    reads_file = path is not None and path != "-"
    try:
        with Path(path or "-").open("rb") if reads_file else nullcontext(sys.stdin.buffer) as lines:
            for line in answers(source, lines):
                click.echo(line)
    except BrokenPipeError:
        raise  # Whoever read our output has seen enough; click ends quietly.
    except OSError as error:
        raise click.ClickException(f"cannot read {path or 'standard input'}: {error.strerror}") from None


def source_of(name: str, mapping_path: str | None) -> Decode:
    """Return the source's decoder; what cannot be had is a ClickException of one line that says what can."""
    if name in MAPPED_SOURCES:
        return _mapped(name, mapping_path)
    if name not in SOURCES:
        known = ", ".join(sorted({*SOURCES, *MAPPED_SOURCES}))
        raise click.ClickException(f"no source is called {name!r}; known are: {known}")
    if mapping_path is not None:
        raise click.ClickException(f"source {name!r} takes no mapping file; leave --mapping out")
    return SOURCES[name]


def _mapped(name: str, mapping_path: str | None) -> Decode:
    if mapping_path is None:
        raise click.ClickException(f"source {name!r} needs a mapping file; add --mapping FILE")
    try:
        return MAPPED_SOURCES[name](Path(mapping_path).read_bytes())
    except OSError as error:
        raise click.ClickException(f"cannot read {mapping_path}: {error.strerror}") from None
    except DecodeError as error:
        raise click.ClickException(f"{mapping_path}: {error}") from None


def answers(source: Decode, lines: Iterable[bytes]) -> Iterator[bytes]:
    """Yield one JSON line for each line, whatever is on it."""
    for line in lines:
        try:
            row = _row(line)
        except BadRow as bad:
            yield _json({"error": f"not_a_row: {bad}"})
            continue
        try:
            yield answer(source(row.topic, row.payload, model=row.model))
        except Exception as bug:  # noqa: BLE001 - around one message: a bug in a source is shown, the next line is read
            yield _json({"error": f"source_failed: {type(bug).__name__}: {bug}"})


def answer(decoded: Decoded) -> bytes:
    """Return the events as a JSON object; what was rejected beside them stands under `errors`, alone as `error`."""
    errors = [_told(rejected) for rejected in decoded.rejected[:_ERRORS_SHOWN_MAX]]
    if errors and not decoded.events:
        return _json({"error": "; ".join(errors)})
    events = b",".join(encode(event, device=decoded.device) for event in decoded.events)
    rest = b',"errors":' + _json(errors) if errors else b""
    return b'{"events":[' + events + b"]" + rest + b"}"


def _told(rejected: Rejected) -> str:
    return f"{rejected.reason}: {rejected.detail}"


class Row(NamedTuple):
    """One recorded message."""

    topic: str
    payload: bytes
    model: str | None


def _row(line: bytes) -> Row:
    """Return the message; the payload's own bytes, so that a vendor's bad JSON reaches the source as it is."""
    values, whole = members(line.strip())
    if not whole:
        raise BadRow("not one complete JSON object in a line")
    if "payload" not in values:
        raise BadRow("payload is missing")
    told = values.get("device_model", b"null")
    model = _text(told, "device_model") if told != b"null" else None
    return Row(_text(values.get("topic", b"null"), "topic"), _payload(values["payload"]), model)


def _text(raw: bytes, name: str) -> str:
    try:
        text = json.loads(raw.decode()) if raw.startswith(b'"') else None
    except ValueError:
        text = None
    if not isinstance(text, str):
        raise BadRow(f"{name} is not a string")
    return text


def _payload(raw: bytes) -> bytes:
    if raw.startswith(b'"'):
        # A lone surrogate becomes bytes that are not UTF-8, for the source to judge.
        return _text(raw, "payload").encode("utf-8", "surrogatepass")
    inner = members(raw).values if raw.startswith(b"{") else {}
    if inner.keys() != {"hex"}:
        return raw
    try:
        return bytes.fromhex(_text(inner["hex"], "hex"))
    except ValueError:
        raise BadRow("hex is not pairs of hexadecimal digits") from None


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace")
