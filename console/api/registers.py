"""What the routes of all registers share: refusals of the store as problems, and whose sight a record is in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from console.api.accounts import stale
from console.problems import FieldProblem, Problem, not_found, unusable
from console.routes import Call
from store.registers.errors import RecordChanged, RecordTaken, RecordUnknown, ReferenceUnknown


@contextmanager
def as_problems() -> Iterator[None]:
    """Turn what the registers refuse into what a request answers."""
    try:
        yield
    except RecordUnknown as error:
        raise not_found() from error
    except RecordChanged as error:
        raise stale(error.current) from error
    except RecordTaken as error:
        raise Problem(HTTPStatus.CONFLICT, "taken", str(error)) from error
    except ReferenceUnknown as error:
        raise unusable([FieldProblem(field="resident_id, premises_id", code="unknown", message=str(error))]) from error


def refuse_out_of_sight(call: Call, area: str | None) -> None:
    """404 for what lies outside the user's areas: nobody learns that it exists."""
    if not call.user.may_see(area):
        raise not_found()


def refuse_foreign_area(call: Call, area: str | None) -> None:
    """422 for putting something where the user may not see it."""
    if area is not None and not call.user.may_see(area):
        raise unusable([FieldProblem(field="area", code="not_yours")])
