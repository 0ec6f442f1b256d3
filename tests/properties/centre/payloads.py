"""What there is to say: by devices, responders and desks; steps with what they usually carry, some not whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from devices.event import EventType
from rules.domain.assignments import Word
from rules.domain.call_words import CallResult
from rules.domain.resolution import Safety
from rules.domain.vocabulary import Class, Outcome, Priority, SafetyKind, Step
from store.step_types import Answered, Corrected, HandedOver, Offered, Reclassed, Told
from store.steps import StepRequest

TROUBLES: Final = (
    EventType.BATTERY_LOW, EventType.POWER_LOST, EventType.FAULT, EventType.TAMPER, EventType.REMOVED,
    EventType.WATER_LEAK, EventType.INTRUSION, EventType.INACTIVITY, EventType.FENCE_EXIT, EventType.BUTTON,
    EventType.POWER_RESTORED, EventType.FAULT_CLEAR,
)  # fmt: skip
ENDS: Final = (
    EventType.SOS_CLEAR, EventType.SMOKE_CLEAR, EventType.FIRE_CLEAR, EventType.FALL_CLEAR, EventType.GAS_CLEAR,
    EventType.CANCEL, EventType.MUTED, EventType.ANSWERED,
)  # fmt: skip
DESK_STEPS: Final = tuple(step for step in Step if step not in (Step.LEASE_LOST, Step.RESTORE))
#: What a responder says; the rest is said to them.
THEIR_WORDS: Final = tuple(word for word in Word if word not in (Word.TIME_OUT, Word.STAND_DOWN))


def request_for(step: Step, row: Any, choice: int, others: Sequence[int]) -> StepRequest:
    """A step with what it usually carries, chosen by number; some are not whole, and have to be refused."""
    return _PAYLOADS.get(step, _plain)(step, row, choice, others)


def _plain(step: Step, row: Any, choice: int, others: Sequence[int]) -> StepRequest:
    return StepRequest(step=step, if_match=row["version"] if choice % 2 else None)


def _with_text(step: Step, row: Any, choice: int, others: Sequence[int]) -> StepRequest:
    return StepRequest(step=step, text=("她说没事", "", "请再打一次")[choice % 3])


def _resolve(step: Step, row: Any, choice: int, others: Sequence[int]) -> StepRequest:
    outcome = tuple(Outcome)[choice % len(Outcome)]
    safety = None if choice % 5 == 0 else Safety(kind=SafetyKind.SPOKE_WITH_RESIDENT)
    stale = choice % 7 == 0
    return StepRequest(step=step, if_match=row["version"] - stale, outcome=outcome, safety=safety)


def _answer(step: Step, row: Any, choice: int, others: Sequence[int]) -> StepRequest:
    if not row["plan"] or choice % 9 == 0:
        return StepRequest(step=step, payload=Answered(step_id="no.such_step", value="yes"))
    asked = row["plan"][choice % len(row["plan"])]
    values = [one["value"] for one in asked["choices"]] or ["done"]
    return StepRequest(step=step, payload=Answered(step_id=asked["id"], value=values[choice % len(values)]))


def _call(step: Step, row: Any, choice: int, others: Sequence[int]) -> StepRequest:
    result = tuple(CallResult)[choice % len(CallResult)]
    to = ("resident", "contact", "responder", "service")[choice % 4]
    return StepRequest(step=step, text="13900000000", facts=(("to", to), ("result", str(result)), ("verified", "none")))


def _reclassify(step: Step, row: Any, choice: int, others: Sequence[int]) -> StepRequest:
    classes = (Class.SOS, Class.FALL, Class.FIRE, Class.MEDICAL, Class.WATER_LEAK, None)
    priorities = (*Priority, None)
    given = Reclassed(
        reason="" if choice % 11 == 0 else "电话里说的", class_=classes[choice % len(classes)],
        priority=priorities[choice // len(classes) % len(priorities)],
    )  # fmt: skip
    safety = Safety(kind=SafetyKind.SPOKE_WITH_RESIDENT) if choice % 2 else None
    return StepRequest(step=step, payload=given, safety=safety)


def _transfer(step: Step, row: Any, choice: int, others: Sequence[int]) -> StepRequest:
    return StepRequest(step=step, payload=Offered(to_user=1 + choice % 4))


def _hand_over(step: Step, row: Any, choice: int, others: Sequence[int]) -> StepRequest:
    service = ("ambulance", "fire", "police")[choice % 3]
    return StepRequest(
        step=step, payload=HandedOver(service=service, number="120", answer=("accepted", None)[choice % 2])
    )


def _correct(step: Step, row: Any, choice: int, others: Sequence[int]) -> StepRequest:
    return StepRequest(step=step, text="写错了", payload=Corrected(entry=1 + choice % (row["last_seq"] + 1)))


def _tell(step: Step, row: Any, choice: int, others: Sequence[int]) -> StepRequest:
    told = (Told(place_text="河边的亭子"), Told(resident_id=1), Told(resident_id=2), Told(resident_id=99))
    return StepRequest(step=step, payload=told[choice % len(told)])


def _versioned(step: Step, row: Any, choice: int, others: Sequence[int]) -> StepRequest:
    return StepRequest(step=step, if_match=None if choice % 5 == 0 else row["version"])


_PAYLOADS: Final = {
    Step.RESOLVE: _resolve,
    Step.CLOSE: _versioned,
    Step.MERGE: _versioned,
    Step.NOTE: _with_text,
    Step.ANSWER: _answer,
    Step.CALL: _call,
    Step.RECLASSIFY: _reclassify,
    Step.LOWER_PRIORITY: _reclassify,
    Step.TRANSFER: _transfer,
    Step.HANDOVER: _hand_over,
    Step.CORRECT: _correct,
    Step.TELL: _tell,
}
