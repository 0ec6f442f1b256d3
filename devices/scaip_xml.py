"""The elements of a SCAIP message, read without ever expanding an entity, and what can be read of a broken one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice
from typing import Final, NamedTuple
from xml.parsers import expat

#: A request has thirty short elements; the standard allows no more than a SIP MESSAGE carries.
MESSAGE_BYTES_MAX: Final = 64 * 1024
DEPTH_MAX: Final = 8
ELEMENTS_MAX: Final = 256
TEXT_CHARACTERS_MAX: Final = 1024

#: Where the XML begins: behind SIP headers, a byte order mark, or what a bridge wrote before it.
_BEGINS: Final = re.compile(rb"<\?xml|<(?:[\w.-]{1,32}:)?(?:scaip|mrq|mrs)[\s/>]", re.IGNORECASE)
#: An element with nothing but text in it, whatever stands around.
_ELEMENT: Final = re.compile(r"<(?:[\w.-]{1,32}:)?([A-Za-z]{2,32})(?:\s[^<>]{0,256})?>([^<>]{0,1024})(?=<)")
#: Where a message ends, and behind it the next one may begin.
_ENDS: Final = re.compile(rb"</(?:[\w.-]{1,32}:)?(?:scaip|mrq|mrs)\s{0,16}>", re.IGNORECASE)
_DOCUMENTS_MAX: Final = 256
_DECLARED: Final = re.compile(r"\s*<\?xml[^>]{0,256}\?>")
_AFTER: Final = b" \t\r\n\0"
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
#: Names that gateways write out.
_ALIASES: Final = {
    "controllerid": "cid",
    "deviceid": "did",
    "devicetype": "dty",
    "devicecomponent": "dco",
    "statuscode": "stc",
    "location": "lco",
    "priority": "pri",
    "reference": "ref",
    "messagetype": "mty",
}


#: What some gateways write as attributes of the root, and the standard as elements.
_CODES: Final = frozenset({"cid", "did", "dty", "dco", "stc", "lco", "pri", "ref", "mty", "snu"})


class Elements(NamedTuple):
    """What a message holds by element name; with `damage`, what could still be read and what is wrong."""

    values: Mapping[str, str]
    root: str
    damage: str | None = None


class _Refused(ValueError):
    """The XML holds what no SCAIP message needs: a document type, an entity, a heap of elements."""


def documents(payload: bytes) -> list[bytes]:
    """Return the messages in a payload, each by itself: a bridge that was away sends its queue as one."""
    if payload.startswith(_UTF_16):
        payload = _DECLARED.sub("", payload.decode("utf-16", "replace"), count=1).encode()
    ends = [found.end() for found in islice(_ENDS.finditer(payload), _DOCUMENTS_MAX)]
    parts = [payload[start:end] for start, end in zip([0, *ends[:-1]], ends, strict=True)] if ends else []
    rest = payload[ends[-1] :] if ends else payload
    if parts and _BEGINS.search(rest) is None:
        parts[-1] += rest.rstrip(_AFTER)
        return parts
    return [*parts, rest]


def read_xml(payload: bytes) -> Elements:
    """Read a message. Never raises; bounded by the limits above in time and memory."""
    if len(payload) > MESSAGE_BYTES_MAX:
        return Elements(_scanned(payload[:MESSAGE_BYTES_MAX]), "", f"message: larger than {MESSAGE_BYTES_MAX} bytes")
    begins = _BEGINS.search(payload)
    if begins is None:
        return Elements({}, "", "message: no scaip, mrq or mrs element in it")
    body = payload[begins.start() :].strip(_AFTER)
    reader = _Reader()
    try:
        return Elements(*reader.read(body))
    except _Refused as fault:
        return Elements(_scanned(body), reader.root, f"message: {fault}")
    except (expat.ExpatError, ValueError, LookupError):
        return Elements(_scanned(body), reader.root, "message: is not well-formed XML, or was cut off")


class _Reader:
    """Collects the text of the elements that hold nothing else."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.attributes: dict[str, str] = {}
        self.root = ""
        self._depth = self._elements = 0
        self._text: list[str] = []

    def read(self, body: bytes) -> tuple[dict[str, str], str]:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._refuse
        parser.EntityDeclHandler = self._refuse
        parser.ExternalEntityRefHandler = self._refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text.append
        parser.Parse(body, True)
        return {**self.attributes, **self.values}, self.root

    def _refuse(self, *_: object) -> int:
        raise _Refused("a document type or an entity; send plain elements")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._elements += 1
        if self._depth > DEPTH_MAX or self._elements > ELEMENTS_MAX:
            raise _Refused("more or deeper elements than SCAIP has")
        if self._depth == 1:
            self.root = _plain(name)
        self._text.clear()
        for key, text in attributes.items():
            if (plain := _plain(key)) in _CODES and text.strip():
                self.attributes.setdefault(plain, text.strip()[:TEXT_CHARACTERS_MAX])

    def _end(self, name: str) -> None:
        self._depth -= 1
        text = "".join(self._text).strip()
        self._text.clear()
        if text:
            self.values.setdefault(_plain(name), text[:TEXT_CHARACTERS_MAX])


def _plain(name: str) -> str:
    """An element's name without its namespace, in lower case, as the standard abbreviates it."""
    lower = name.rpartition(" ")[2].rpartition(":")[2].lower()
    return _ALIASES.get(lower, lower)


def _scanned(body: bytes) -> dict[str, str]:
    """What stands between tags of a message that no parser takes."""
    values: dict[str, str] = {}
    for name, text in _ELEMENT.findall(body.decode("utf-8", "replace")):
        if text.strip() and len(values) < ELEMENTS_MAX:
            values.setdefault(_plain(name), text.strip())
    return values
