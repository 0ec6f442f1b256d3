"""What can be wrong with a set-up: each error is one clear line for the person who can mend it."""

from __future__ import annotations


class ShouwangError(Exception):
    """Base of what the program itself refuses; the text is one line naming the setting and the remedy."""


class SettingWrong(ShouwangError):
    """A setting is unknown or has a value out of its range; the text names it. Remedy: correct it and start again."""


class DataDirUnusable(ShouwangError):
    """The data folder cannot be used. Remedy: name another with SHOUWANG_DATA_DIR, or change its rights."""


class DatabaseNotRunning(ShouwangError):
    """The database does not start or does not answer; the text says which and where its log is."""


class BrokerNotRunning(ShouwangError):
    """The embedded broker does not start; the text says why."""


class PortTaken(ShouwangError):
    """Another program listens there. Remedy: stop it, or name another port with the setting in the text."""


class PartUnknown(ShouwangError):
    """A part of the program is not installed. Remedy: install the whole package."""
