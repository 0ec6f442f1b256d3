"""What can be wrong with what a device says, or with the name it is called by."""

from __future__ import annotations


class DecodeError(Exception):
    """The bytes do not say what they should; send what the wire contract describes."""


class NotADeviceId(DecodeError):
    """A device id has 1 to 64 of the characters A-Z a-z 0-9 . _ : -; rename the device."""
