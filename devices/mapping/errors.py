"""What can be wrong with a mapping file."""

from __future__ import annotations

from devices.errors import DecodeError


class NotAMapping(DecodeError):
    """The file does not say what a mapping file has to; each line names a key and what is expected there."""


class BadPath(Exception):
    """The text is no path; its words say how a path is written."""
