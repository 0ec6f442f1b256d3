"""Contacts and consents: masked in lists; a whole record is shown to whoever names a purpose, on record."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from console.api.fields import (
    Body,
    Channels,
    Id,
    Line,
    Mail,
    Moment,
    Name,
    NoNul,
    Page,
    PageQuery,
    PhoneTyped,
    after_id,
    page_by_id,
)
from console.api.registers import as_problems, note_look_of_change, refuse_out_of_sight, refuse_unknown_resident
from console.api.residents import LookQuery
from console.problems import FieldProblem, unusable
from console.rights import READ_PEOPLE, WRITE_PEOPLE
from console.routes import Call, Match, Reply, Route
from rules.domain.consents import PURPOSE, Basis
from rules.domain.phones import read
from rules.domain.telling import ContactRole
from store.audit import note_look_now, open_case_of
from store.registers.contacts import (
    Consent,
    ContactListed,
    ContactRecord,
    add_consent,
    add_contact,
    change_contact,
    list_consents,
    list_contacts,
    read_consent,
    read_contact,
    withdraw_consent,
)

_MAY_BE_EMPTY: Final = frozenset({"phone", "phone_typed", "email"})
_LATER_ON_MOST: Final = 5


def _is_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("a time zone of the IANA database, as Asia/Shanghai") from error
    return name


Zone = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_is_zone)]
LocalTime = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class Hours(BaseModel):
    """From a local time to a local time, over midnight where the end is earlier; they hold P3 and below only."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    from_: Annotated[LocalTime, Field(alias="from")]
    to: LocalTime


class ContactFields(Body):
    """What a contact's record can hold."""

    relation: Line | None = None
    rank: Annotated[int, Field(ge=1, le=99)] | None = None
    phone: PhoneTyped | None = None
    email: Mail | None = None
    languages: Annotated[list[Line], Field(max_length=10)] | None = None
    time_zone: Zone | None = None
    channels: Channels | None = None
    quiet_hours: Annotated[list[Hours], Field(max_length=_LATER_ON_MOST)] | None = None

    def columns(self) -> dict[str, Any]:
        """What was named, as the store takes it; a null empties what may be empty."""
        named = self.model_dump(exclude_unset=True, by_alias=True, mode="json", exclude={"consent", "resident_id"})
        if "phone" in named:
            named["phone_typed"] = named["phone"]
            named["phone"] = read(named["phone"]).stored if named["phone"] else None
        return {name: value for name, value in named.items() if value is not None or name in _MAY_BE_EMPTY}


class Given(Body):
    """How somebody agreed."""

    basis: Basis = Basis.CONSENT
    given_by: Annotated[str, StringConstraints(pattern="^(self|guardian)$")]
    how: Annotated[str, StringConstraints(pattern="^(paper|voice|page)$")]
    text_version: Line = ""
    given_at: Moment | None = None


class NewContact(ContactFields):
    """A contact to make, with what the resident agreed to about them."""

    resident_id: Id
    name: Name
    role: ContactRole
    consent: Given | None = None


class ContactPatch(ContactFields):
    """What to change of a contact."""

    name: Name | None = None
    role: ContactRole | None = None


class NewConsent(Given):
    """What a resident agreed to."""

    resident_id: Id
    purpose: Annotated[str, StringConstraints(pattern=f"^({PURPOSE.pattern})$"), NoNul]


class ConsentPatch(Body):
    """The withdrawal: from now on, or from the moment it was said."""

    withdrawn_at: Moment


class OfResidentQuery(PageQuery):
    """All, or those of one resident."""

    resident: Id | None = None


async def contacts(call: Call) -> Reply:
    query = call.query_as(OfResidentQuery)
    resident_id = int(query.resident) if query.resident else None
    rows, seq = await list_contacts(
        call.context.db, resident_id=resident_id, sight=call.user.areas, after=after_id(query), limit=query.limit
    )
    return Reply(body=page_by_id(rows, query, seq))


async def contact(call: Call) -> Reply:
    """The whole record, once the look stands in the audit with its purpose."""
    with as_problems():
        found = await _in_sight(call)
    db, user_id = call.context.db, call.user.user_id
    purpose = call.query_as(LookQuery).purpose
    if not purpose:
        case = await open_case_of(db, int(found.resident_id))
        if case is None:
            raise unusable([FieldProblem(field="purpose", code="purpose_required", message="Say why you look.")])
        purpose = f"case {case}"
    await note_look_now(db, user_id, "look", f"contact:{call.id}", purpose=purpose, source=call.source, now=call.now)
    return Reply(body=found, version=found.version)


async def make_contact(call: Call) -> Reply:
    body = call.body_as(NewContact)
    resident_id = int(body.resident_id)
    await refuse_unknown_resident(call, resident_id)
    consent = body.consent.model_dump() if body.consent is not None else None
    with as_problems():
        made = await add_contact(
            call.context.db, resident_id, body.columns(), consent, by=call.user.user_id, now=call.now
        )
        found = await read_contact(call.context.db, made)
    return Reply(body=found, version=found.version, status=HTTPStatus.CREATED)


async def patch_contact(call: Call) -> Reply:
    fields = call.body_as(ContactPatch).columns()
    with as_problems():
        await _in_sight(call)
        await change_contact(call.context.db, call.id, fields, version=call.version, by=call.user.user_id, now=call.now)
        await note_look_of_change(call, f"contact:{call.id}")
        found = await read_contact(call.context.db, call.id)
    return Reply(body=found, version=found.version)


async def consents(call: Call) -> Reply:
    query = call.query_as(OfResidentQuery)
    resident_id = int(query.resident) if query.resident else None
    rows, seq = await list_consents(
        call.context.db, resident_id=resident_id, sight=call.user.areas, after=after_id(query), limit=query.limit
    )
    return Reply(body=page_by_id(rows, query, seq))


async def make_consent(call: Call) -> Reply:
    body = call.body_as(NewConsent)
    await refuse_unknown_resident(call, int(body.resident_id))
    fields = {**body.model_dump(), "resident_id": int(body.resident_id)}
    with as_problems():
        made = await add_consent(call.context.db, fields, by=call.user.user_id, now=call.now)
        found = await read_consent(call.context.db, made)
    return Reply(body=found, status=HTTPStatus.CREATED)


async def patch_consent(call: Call) -> Reply:
    body = call.body_as(ConsentPatch)
    with as_problems():
        refuse_out_of_sight(call, (await read_consent(call.context.db, call.id)).area)
        await withdraw_consent(call.context.db, call.id, body.withdrawn_at, by=call.user.user_id, now=call.now)
        found = await read_consent(call.context.db, call.id)
    return Reply(body=found)


async def _in_sight(call: Call) -> ContactRecord:
    found = await read_contact(call.context.db, call.id)
    refuse_out_of_sight(call, found.area)
    return found


def _route(method: str, path: str, zh: str, en: str, handler: Any, **more: Any) -> Route:
    roles = READ_PEOPLE if method == "GET" else WRITE_PEOPLE
    return Route(method=method, path=path, zh=zh, en=en, roles=roles, handler=handler, **more)


ROUTES: Final = [
    _route(
        "GET", "/contacts", "联系人列表(脱敏)", "Contacts, masked", contacts,
        query=OfResidentQuery, reply=Page[ContactListed],
    ),
    _route(
        "POST", "/contacts", "新建联系人", "Make a contact", make_contact,
        body=NewContact, reply=ContactRecord, status=201,
    ),
    _route(
        "GET", "/contacts/{id}", "联系人全部资料(用途登记)", "One contact, with the purpose of the look", contact,
        query=LookQuery, reply=ContactRecord,
    ),
    _route(
        "PATCH", "/contacts/{id}", "修改联系人", "Change a contact", patch_contact,
        body=ContactPatch, reply=ContactRecord, match=Match.MAY,
    ),
    _route(
        "GET", "/consents", "同意记录", "Consents", consents, query=OfResidentQuery, reply=Page[Consent]
    ),
    _route(
        "POST", "/consents", "登记同意", "Write down a consent", make_consent,
        body=NewConsent, reply=Consent, status=201,
    ),
    _route(
        "PATCH", "/consents/{id}", "撤回同意", "Take a consent back", patch_consent, body=ConsentPatch, reply=Consent
    ),
]  # fmt: skip
