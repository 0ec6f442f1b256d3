"""The card that is read aloud to a control room, and the same case as an alert for their computers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import msgspec

from rules.domain import cap, card_words
from rules.domain.card_words import Both, word
from rules.domain.place import Point
from rules.domain.policy_value import BUILTIN
from rules.domain.vocabulary import Action, Class, Family, Mark, Priority, State, Step
from store import changes
from store.cases import Note, changes_of, load, save
from store.database import Database
from store.step_types import Hand, StepRefused

if TYPE_CHECKING:
    from store.opening import Centre
    from store.views.whole import Incident

#: Lines that fit one screen at a size that is read aloud from, and characters that fit a line.
LINES_MOST: Final = 12
LINE_MOST: Final = 140
#: People of one home that are named; the number of all of them is said.
PEOPLE_MOST: Final = 3


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line: what it is about, and what to say."""

    key: str
    zh: str
    en: str


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """What to read aloud, top to bottom, in the language of whoever listens."""

    incident: str
    number: str
    made_at: datetime
    lines: Sequence[Line]


async def note_read(database: Database, incident_id: int, *, by: Hand, centre: Centre, now: datetime) -> None:
    """Put on record that somebody looked at the card; StepRefused once the case is closed."""
    async with database.transaction() as connection:
        case = await load(connection, incident_id)
        if case.state is State.CLOSED:
            raise StepRefused("the case is closed", owner=None, state=case.state)
        first = case.last_seq + 1
        case.note(Note(at=now, actor=by.actor, action=Action.CARD_READ))
        await save(connection, case, keyring=centre.keyring)
        await changes.record(connection, changes_of(case, first), now=now)


def card_of(incident: Incident, *, call_back: str, now: datetime, zone: ZoneInfo) -> Card:
    """The card of a case as it is: place, way in, people, condition, what was seen, where to ring back."""
    said = (
        ("what", _what(incident)),
        ("place", _place(incident)),
        ("way_in", _ways_in(incident)),
        ("hazards", _joined(word(card_words.HAZARDS, hazard) for hazard in _hazards(incident))),
        ("people", _people(incident)),
        ("condition", _condition(incident)),
        ("seen", _seen(incident, zone)),
        ("answers", _answers(incident)),
        ("help", _help(incident)),
        ("services", _services(incident)),
        ("call_back", Both(f"回拨：{call_back}", f"Ring back: {call_back}") if call_back else None),
    )
    lines = [Line(key=key, zh=_clip(both.zh), en=_clip(both.en)) for key, both in said if both is not None]
    return Card(incident=incident.id, number=incident.number, made_at=now, lines=lines[:LINES_MOST])


def alert_of(incident: Incident, *, call_back: str, now: datetime, zone: ZoneInfo) -> cap.Alert:
    """The case as an alert: what, where, how urgent; nobody's name, nothing about anybody's health."""
    class_, family = Class(incident.class_), Family(incident.family)
    place, what = incident.place, _event(class_)
    where = (place.text if place is not None else None) or (incident.premises.address if incident.premises else "")
    point = None
    if place is not None and place.lat is not None and place.lon is not None:
        point = Point(lat=place.lat, lon=place.lon)
    return cap.Alert(
        number=incident.number, version=incident.version, sender=f"shouwang.{incident.area or 'centre'}",
        sent=now.astimezone(zone), opened_at=incident.opened_at, class_=class_, family=family,
        priority=Priority.from_label(incident.priority), certainty=_certainty(incident),
        is_test=Mark.TEST in incident.marks or class_ is Class.CANARY,
        addresses=tuple(str(service) for service in BUILTIN.row(class_).services) or ("emergency",),
        words=(
            _words("zh-CN", what.zh, where or "地点不明", f"{len(incident.people)}人在册", "守望应急呼叫中心"),
            _words("en-US", what.en, where or "place unknown", f"{len(incident.people)} people on record", "Shouwang"),
        ),
        contact=call_back, point=point, accuracy_m=place.accuracy_m if place is not None else None,
        area_code=incident.area.rpartition(".")[2] if incident.area else None,
    )  # fmt: skip


def _words(language: str, event: str, where: str, people: str, sender: str) -> cap.Words:
    return cap.Words(
        language=language, event=event, headline=f"{event} · {where}"[:160], description=f"{event}; {where}; {people}",
        area=where, sender_name=sender,
    )  # fmt: skip


def _event(class_: Class) -> Both:
    """The class's name; of vital signs only that a doctor is needed."""
    if class_ in (Class.MEDICAL, Class.MEDICAL_ATTENTION, Class.MEDICAL_CRITICAL):
        return Both("需要医疗救助", "Medical help needed")
    row = BUILTIN.row(class_)
    return Both(row.zh, row.en or str(class_).replace("_", " "))


def _certainty(incident: Incident) -> cap.Certainty:
    confirmed = any(entry.action == Action.SERVICES_CONFIRMED for entry in incident.timeline)
    if confirmed or incident.state == State.ON_SCENE:
        return cap.Certainty.OBSERVED
    return cap.Certainty.LIKELY if incident.alert_count > 1 else cap.Certainty.POSSIBLE


def _what(incident: Incident) -> Both:
    row, priority = BUILTIN.row(Class(incident.class_)), word(card_words.PRIORITIES, incident.priority)
    en = row.en or incident.class_.replace("_", " ")
    return Both(f"{row.zh}，{priority.zh}，编号{incident.number}", f"{en}, {priority.en}, case {incident.number}")


def _place(incident: Incident) -> Both | None:
    place, home = incident.place, incident.premises
    text = (place.text if place is not None else None) or (home.address if home is not None else "")
    point = f"（{place.lat:.5f}, {place.lon:.5f}）" if place is not None and place.lat is not None else ""
    if not text and not point:
        return Both("地点不明", "The place is not known")
    unsure = place is not None and place.hint
    zh = f"{text}{point}" + ("，位置仅供参考" if unsure else "")
    en = f"{text} {point.translate(_ROUND)}".strip() + (" (the place is only a hint)" if unsure else "")
    return Both(f"地点：{zh}", f"Place: {en}")


_ROUND: Final = str.maketrans("（）", "()")


def _ways_in(incident: Incident) -> Both | None:
    if incident.premises is None:
        return None
    ways = []
    for way in incident.premises.access:
        kind = word(card_words.WAYS_IN, way.kind)
        holder = f" {way.holder}" if way.holder else ""
        ways.append(Both(f"{kind.zh}{holder}", f"{kind.en}{holder}"))
    return _joined(ways, zh="进门：", en="Way in: ")


def _hazards(incident: Incident) -> Sequence[str]:
    return incident.premises.hazards if incident.premises is not None else ()


def _people(incident: Incident) -> Both | None:
    named = [incident.resident] if incident.resident is not None else incident.people
    if not named:
        return Both("人员不明", "Who is there is not known")
    names = "、".join(person.name for person in named[:PEOPLE_MOST])
    several = len(incident.people)
    return Both(
        f"当事人：{names}" + (f"，家中登记{several}人" if several > 1 else ""),
        f"Person: {names}" + (f"; {several} people live there" if several > 1 else ""),
    )


def _condition(incident: Incident) -> Both | None:
    """What those who are there live with; it decides how they are carried out."""
    named = incident.resident.id if incident.resident is not None else None
    people = [person for person in incident.people if named is None or person.id == named]
    risks = dict.fromkeys(risk for person in people for risk in person.risks if risk in card_words.RISKS)
    return _joined((word(card_words.RISKS, risk) for risk in risks), zh="情况：", en="Condition: ")


def _seen(incident: Incident, zone: ZoneInfo) -> Both | None:
    """The first alarm and the last two words, with their times."""
    alerts = [
        _at(word(card_words.ALARMS, alert.type), alert.received_at, zone)
        for alert in [*incident.alerts[:1], *incident.alerts[1:][-1:]]
    ]
    spoken = [_call(entry.detail, entry.at, zone) for entry in incident.timeline if entry.action == Step.CALL]
    return _joined([*alerts, *spoken[-2:]], zh="已知：", en="Known: ")


def _call(detail: Any, at: datetime, zone: ZoneInfo) -> Both:
    to, result = word(card_words.CALLED, str(detail.get("to"))), word(card_words.CALLS, str(detail.get("result")))
    return _at(Both(f"{to.zh}{result.zh}", f"{to.en}: {result.en}"), at, zone)


def _at(said: Both, at: datetime, zone: ZoneInfo) -> Both:
    time = at.astimezone(zone).strftime("%H:%M")
    return Both(f"{time}{said.zh}", f"{time} {said.en}")


def _answers(incident: Incident) -> Both | None:
    """What was asked of the person, the last three."""
    answered = sorted((step for step in incident.plan if step["answer"]), key=lambda step: str(step["answer"]["at"]))
    said = []
    for step in answered[-3:]:
        chosen = next((one for one in step["choices"] if one["value"] == step["answer"]["value"]), None)
        value = step["answer"]["value"]
        said.append(Both(chosen["zh"], chosen["en"]) if chosen is not None else Both(value, value))
    return _joined(said, zh="询问所得：", en="Asked: ")


def _help(incident: Incident) -> Both | None:
    going = len([one for one in incident.assignments if getattr(one, "state", None) in ("accepted", "en_route")])
    if incident.state == State.ON_SCENE:
        return Both("我方救助人员已到场", "Our responder is there")
    return Both(f"我方{going}人在途", f"{going} of ours on the way") if going else None


def _services(incident: Incident) -> Both | None:
    said = []
    for one in incident.hand_overs:
        service = word(card_words.SERVICES, one.service)
        answer = word(card_words.ANSWERS, one.answer) if one.answer else Both("已拨打", "rung")
        reference = f" {one.reference}" if one.reference else ""
        said.append(Both(f"{service.zh}{answer.zh}{reference}", f"{service.en}: {answer.en}{reference}"))
    return _joined(said, zh="已联系：", en="Rung already: ")


def _joined(parts: Iterable[Both], *, zh: str = "注意：", en: str = "Beware: ") -> Both | None:
    given = list(parts)
    if not given:
        return None
    return Both(zh + "、".join(part.zh for part in given), en + ", ".join(part.en for part in given))


def _clip(text: str) -> str:
    return text if len(text) <= LINE_MOST else text[: LINE_MOST - 1] + "…"
