"""What goes wrong in the registers, named by what is true."""

from __future__ import annotations

from store.database import StoreError


class RegisterError(StoreError):
    """Base of what goes wrong in the registers."""


class RecordUnknown(RegisterError):
    """No such record, or not in the reader's sight; read the list again."""


class RecordChanged(RegisterError):
    """Somebody changed the record since it was read; `current` is its version now."""

    def __init__(self, current: int) -> None:
        super().__init__(f"the record is at version {current} by now")
        self.current = current


class RecordTaken(RegisterError):
    """A name that must be alone is taken: a device's id, a resident's `ref`, an identity number."""


class ReferenceUnknown(RegisterError):
    """The record names another that does not exist; make that one first. `field` is where it names it."""

    def __init__(self, text: str, field: str = "resident_id, premises_id") -> None:
        super().__init__(text)
        self.field = field


class NotCommissioned(RegisterError):
    """The device was not pressed, with person and address confirmed, since it was given to whoever has it: put it
    into test mode, press it where it will be used, confirm the press with its place."""
