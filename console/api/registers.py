"""What the routes of all registers share: refusals of the store as problems, and whose sight a record is in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http import HTTPStatus

from console.api.accounts import stale
from console.problems import FieldProblem, Problem, forbidden, not_found, unusable
from console.rights import AGREES, Role
from console.routes import Call
from store.accounts import sees
from store.audit import note_look_now
from store.registers.deaths import SecondPersonNeeded
from store.registers.errors import NotCommissioned, RecordChanged, RecordTaken, RecordUnknown, ReferenceUnknown
from store.registers.premises import read_premises
from store.registers.references import unknown_areas
from store.registers.residents import area_of_resident
from store.users import UserUnknown, read_user


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
    except NotCommissioned as error:
        raise Problem(HTTPStatus.CONFLICT, "not_commissioned", str(error)) from error
    except SecondPersonNeeded as error:
        raise unusable([FieldProblem(field="second_user", code=error.code, message=str(error))]) from error
    except ReferenceUnknown as error:
        raise unusable([FieldProblem(field=error.field, code="unknown", message=str(error))]) from error


async def note_look_of_change(call: Call, what: str) -> None:
    """Who changes a record is shown the whole of it: a look like any other, and no way around saying why."""
    await note_look_now(
        call.context.db, call.user.user_id, "look", what, purpose="change", source=call.source, now=call.now
    )


def refuse_out_of_sight(call: Call, area: str | None) -> None:
    """404 for what lies outside the user's areas: nobody learns that it exists."""
    if not call.user.may_see(area):
        raise not_found()


def refuse_beyond(call: Call, area: str | None) -> None:
    """403 for changing what reaches beyond the user's areas, though they see it; None is the whole centre."""
    if not call.user.covers(area):
        raise forbidden("beyond_your_areas", "This is also for areas that are not yours.")


async def refuse_unknown_areas(call: Call, areas: Iterable[str | None], *, field: str = "area") -> None:
    """422 for naming areas that are not in the register: what is meant for them would reach nobody."""
    unknown = await unknown_areas(call.context.db, [area for area in areas if area is not None])
    if unknown:
        raise unusable([FieldProblem(field=field, code="unknown", message=", ".join(unknown))])


async def refuse_unknown_home(call: Call, premises_id: int | None, *, field: str = "premises_id") -> None:
    """422 for naming a home that does not exist or lies outside the user's areas: both look alike from here."""
    if premises_id is None:
        return
    try:
        home = await read_premises(call.context.db, premises_id)
    except RecordUnknown:
        home = None
    if home is None or home.ended_at is not None or not call.user.may_see(home.area):
        raise unusable([FieldProblem(field=field, code="unknown")])


async def refuse_unknown_resident(call: Call, resident_id: int | None, *, field: str = "resident_id") -> None:
    """The same for naming a resident."""
    if resident_id is None:
        return
    try:
        seen = call.user.may_see(await area_of_resident(call.context.db, resident_id))
    except RecordUnknown:
        seen = False
    if not seen:
        raise unusable([FieldProblem(field=field, code="unknown")])


async def refuse_unfit_second_user(call: Call, user_id: int | None, area: str | None) -> None:
    """422 for a second person who is nobody, may not keep these records, or does not see this one."""
    if user_id is None:
        return
    try:
        second = await read_user(call.context.db, user_id)
    except UserUnknown:
        second = None
    if second is None or second.disabled or Role(second.role) not in AGREES or not sees(second.areas, area):
        raise unusable([FieldProblem(field="second_user", code="unknown")])


def refuse_foreign_area(call: Call, area: str | None) -> None:
    """422 for putting something where the user may not see it."""
    if area is not None and not call.user.may_see(area):
        raise unusable([FieldProblem(field="area", code="not_yours")])
