"""The closed sets of words the rules speak in; their values stand in the database, in JSON and in the glossary."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Final


class State(StrEnum):
    """How far help has come. Who is responsible at the desk is `claimed_by`, and changes independently."""

    OPEN = "open"
    CLAIMED = "claimed"
    DISPATCHED = "dispatched"
    ON_SCENE = "on_scene"
    RESOLVED = "resolved"
    CLOSED = "closed"


#: States in which somebody may still need help.
UNRESOLVED: Final = frozenset({State.OPEN, State.CLAIMED, State.DISPATCHED, State.ON_SCENE})


class Step(StrEnum):
    """What can be done to an incident; the life cycle says when, `lifecycle.may` says by whom."""

    CLAIM = "claim"
    RELEASE = "release"
    PASS = "pass"  # noqa: S105 - a desk that cannot take a case, no password
    LEASE_LOST = "lease_lost"
    TRANSFER = "transfer"  #: offered; the giver keeps the case until it is accepted
    TRANSFER_ACCEPTED = "transfer_accepted"
    CONFIRM = "confirm"  #: the owner has seen a further alarm
    NOTE = "note"
    ANSWER = "answer"  #: to a step of the plan
    CALL = "call"
    DISPATCH = "dispatch"
    STAND_DOWN = "stand_down"
    DECLINE = "decline"  #: also a responder who leaves
    ARRIVE = "arrive"
    HANDOVER = "handover"
    RECLASSIFY = "reclassify"
    LOWER_PRIORITY = "lower_priority"
    CORRECT = "correct"
    MERGE = "merge"  #: of the one that goes
    SPLIT = "split"
    LINK = "link"
    TELL = "tell"  #: where it is, or whom it is about, as the desk learned
    RESOLVE = "resolve"
    RESTORE = "restore"  #: the system resolves a technical incident whose cause has ended
    REOPEN = "reopen"
    CLOSE = "close"


class Actor(StrEnum):
    """In which capacity a step is taken. Whoever owns the case is also at a desk."""

    OWNER = "owner"
    DESK = "desk"
    SUPERVISOR = "supervisor"
    RESPONDER = "responder"
    SYSTEM = "system"


class Priority(IntEnum):
    """1 is the highest, so that rows sort by the number."""

    CRITICAL = 1  #: life in danger
    URGENT = 2
    NOTICE = 3
    TECHNICAL = 4
    INFORMATION = 5

    @property
    def label(self) -> str:
        """As it stands in JSON: "P1" to "P5"."""
        return f"P{int(self)}"

    @classmethod
    def from_label(cls, label: str) -> Priority:
        """The priority of "P1" to "P5"; `ValueError` for anything else."""
        for priority in cls:
            if priority.label == label:
                return priority
        raise ValueError(f"not a priority: {label[:10]!r}")


class Family(StrEnum):
    """Kinds of trouble that may share an incident; families never do."""

    PERSON = "person"
    FIRE_AND_GAS = "fire_and_gas"
    SECURITY = "security"
    HOME = "home"
    TECHNICAL = "technical"
    REQUEST = "request"


class Class(StrEnum):
    """What an incident is about; each has one row in the policy (centre.md, part 3)."""

    SOS = "sos"
    SOS_NO_VOICE = "sos_no_voice"
    FIRE = "fire"
    SMOKE = "smoke"
    HEAT = "heat"
    GAS = "gas"
    CARBON_MONOXIDE = "carbon_monoxide"
    FALL = "fall"
    MEDICAL_CRITICAL = "medical_critical"
    MEDICAL = "medical"  #: the device says so, no personal bound could be applied
    MEDICAL_ATTENTION = "medical_attention"
    WANDERING_AT_RISK = "wandering_at_risk"
    WANDERING = "wandering"
    FENCE_EXIT = "fence_exit"
    INACTIVITY = "inactivity"
    INACTIVITY_UNKNOWN = "inactivity_unknown"
    WATER_LEAK_DEPENDENT = "water_leak_dependent"
    WATER_LEAK = "water_leak"
    INTRUSION = "intrusion"
    REMOVED_DEMENTIA = "removed_dementia"
    REMOVED = "removed"
    TAMPER = "tamper"
    TAMPER_OTHER = "tamper_other"
    RETAINED_CALL = "retained_call"
    UNKNOWN = "unknown"
    POWER_LOST_DEPENDENT = "power_lost_dependent"
    POWER_LOST = "power_lost"
    AREA_OUTAGE = "area_outage"
    HUB_LOST = "hub_lost"  #: with the devices behind it
    UNPROTECTED = "unprotected"  #: the last working life-safety device of somebody is silent
    DEVICE_LOST_DEPENDENT = "device_lost_dependent"
    DEVICE_LOST = "device_lost"
    DEVICE_LOST_OTHER = "device_lost_other"
    NEVER_HEARD = "never_heard"
    BATTERY_CRITICAL = "battery_critical"
    BATTERY_LOW = "battery_low"
    SENSOR_STUCK = "sensor_stuck"
    TEST_STUCK = "test_stuck"  #: a device says of itself that it is on test, for more than a day
    FAULT_LIFE_SAFETY = "fault_life_safety"
    FAULT_DEPENDENT = "fault_dependent"
    FAULT = "fault"
    CLOCK_WRONG = "clock_wrong"
    RUNAWAY_DEVICE = "runaway_device"
    ACTIVITY_WHILE_ABSENT = "activity_while_absent"  #: somebody is in a home that is said to be empty
    CALLS_CHANGED = "calls_changed"  #: who calls often calls far more, or no more
    CLONED_DEVICE = "cloned_device"  #: two that say they are the same push each other off the broker
    VISIT_MISSED_CRITICAL = "visit_missed_critical"
    VISIT_MISSED = "visit_missed"
    WELLBEING_UNANSWERED_AT_RISK = "wellbeing_unanswered_at_risk"
    WELLBEING_UNANSWERED = "wellbeing_unanswered"
    TEST_OVERDUE = "test_overdue"
    REQUEST = "request"
    RESPONDER_SILENT = "responder_silent"
    NOBODY_ON_DUTY = "nobody_on_duty"
    CHANNEL_FAILED = "channel_failed"
    LANE_UNHELD = "lane_unheld"
    MESSAGES_LOST = "messages_lost"
    DEAD_LETTER_RATE = "dead_letter_rate"
    UNREGISTERED_FLOOD = "unregistered_flood"
    CANARY = "canary"


#: No silence, storm, quiet hour, rate limit, runaway rule, visit or status touches these (centre.md, part 3).
LIFE_SAFETY: Final = frozenset(
    {
        Class.SOS,
        Class.SOS_NO_VOICE,
        Class.FIRE,
        Class.SMOKE,
        Class.HEAT,
        Class.GAS,
        Class.CARBON_MONOXIDE,
        Class.FALL,
        Class.MEDICAL_CRITICAL,
        Class.MEDICAL,
        Class.MEDICAL_ATTENTION,
        Class.WANDERING_AT_RISK,
        Class.WANDERING,
        Class.RETAINED_CALL,
        Class.UNKNOWN,
        Class.UNREGISTERED_FLOOD,
        Class.RESPONDER_SILENT,
    }
)

#: Resolving one of these without an arrival takes a second person (centre.md, end of part 3).
TWO_PERSON: Final = frozenset({Class.FIRE, Class.SMOKE, Class.GAS, Class.CARBON_MONOXIDE})


class Outcome(StrEnum):
    EMERGENCY = "emergency"
    ASSISTANCE = "assistance"
    FALSE_ALARM = "false_alarm"  #: the device, without cause
    ACCIDENTAL = "accidental"  #: a person, without need
    TEST = "test"
    TECHNICAL = "technical"
    NO_ANSWER = "no_answer"
    DUPLICATE = "duplicate"


class SafetyKind(StrEnum):
    """How it is known that the person is safe."""

    SPOKE_WITH_RESIDENT = "spoke_with_resident"
    SEEN_BY = "seen_by"
    HANDED_OVER = "handed_over"
    NO_PERSON_INVOLVED = "no_person_involved"
    SUPERVISOR_DECISION = "supervisor_decision"


class ResidentStatus(StrEnum):
    """Where a resident is in life. It never touches alarms (centre.md, 17)."""

    ACTIVE = "active"
    AWAY = "away"
    IN_HOSPITAL = "in_hospital"
    IN_CARE_HOME = "in_care_home"
    MOVED = "moved"
    DIED = "died"
    LEFT_SERVICE = "left_service"


class DeviceLife(StrEnum):
    IN_STOCK = "in_stock"
    INSTALLED = "installed"
    LIVE = "live"
    SUSPENDED = "suspended"
    RETURNED = "returned"
    LOST = "lost"


class DeviceKind(StrEnum):
    CALL_BUTTON = "call_button"
    SMOKE_ALARM = "smoke_alarm"
    LOCATION_BAND = "location_band"
    GAS_ALARM = "gas_alarm"
    FALL_SENSOR = "fall_sensor"
    BED_SENSOR = "bed_sensor"
    DOOR_SENSOR = "door_sensor"
    MOTION_SENSOR = "motion_sensor"
    HUB = "hub"
    OTHER = "other"


#: Devices a person's life may depend on; a hub carries them.
LIFE_SAFETY_KINDS: Final = frozenset(
    {
        DeviceKind.CALL_BUTTON,
        DeviceKind.SMOKE_ALARM,
        DeviceKind.LOCATION_BAND,
        DeviceKind.GAS_ALARM,
        DeviceKind.FALL_SENSOR,
        DeviceKind.HUB,
    }
)


class Wearer(StrEnum):
    PERSONAL = "personal"  #: a band, a pendant: it says who
    SHARED = "shared"  #: a wall button, a smoke alarm: it says where


class Hearing(StrEnum):
    OK = "ok"
    AIDED = "aided"
    DEAF = "deaf"


class Speech(StrEnum):
    OK = "ok"
    IMPAIRED = "impaired"
    NONE = "none"


class Channel(StrEnum):
    """Which topic a message came on."""

    ALARM = "alarm"
    TELEMETRY = "telemetry"


class Mark(StrEnum):
    """Facts about an alarm that are shown with it. None of them lowers a priority, a sound or a deadline,
    but `retained` of an old or unknown time (see `policy.assess`)."""

    UNREGISTERED = "unregistered"
    LATE = "late"
    CLOCK_WRONG = "clock_wrong"
    RETAINED = "retained"
    TEST = "test"
    DAMAGED = "damaged"
    ID_REUSED = "id_reused"
    NOT_LIVE = "not_live"
    STATUS = "status"  #: the register says the resident is not at home: that fact is shown first
    FLAPPING = "flapping"  #: a technical cause that comes and goes: its case stays open and counts
    DEVICE_MAY_DIE = "device_may_die"  #: the device of a call has little battery left: call now
    NO_MOVEMENT = "no_movement"  #: nothing has moved since the fall
    NEIGHBOURING_FIRE = "neighbouring_fire"  #: a home beside it reports smoke, fire or gas as well


class Target(StrEnum):
    """Whom a stage of the desk chain reaches."""

    OWNER = "owner"
    COMMUNITY_WORKER = "community_worker"  #: of the incident's area
    DESKS = "desks"
    SUPERVISORS = "supervisors"
    ON_CALL_PHONE = "on_call_phone"
    COUNTY_DUTY = "county_duty"
    RECORD = "record"  #: nobody: the entry alone proves that the engine is awake (canary)


class Action(StrEnum):
    """What the machine writes into a timeline besides the steps of people."""

    OPENED = "opened"
    JOINED = "joined"
    COUNTED = "counted"
    NOTED = "noted"
    RAISED = "raised"
    ESCALATED = "escalated"
    PASSED_OVER = "passed_over"
    UNATTENDED_AGAIN = "unattended_again"
    REMINDED = "reminded"
    TEST_UNCONFIRMED = "test_unconfirmed"
    STILL_REPORTED = "still_reported"
    RECHECKED = "rechecked"
    WRAP_UP_OVERDUE = "wrap_up_overdue"
    CLOSED = "closed"
    STEP_FAILED = "step_failed"
    RESTORED = "restored"
    ADOPTED = "adopted"
    COMMANDED = "commanded"  #: something was asked of a device
    COMMAND_ENDED = "command_ended"  #: its device answered, or did not in time
    DELAY_ENDED = "delay_ended"
    HELD = "held"  #: what would happen waits: a silence, a storm, a cause that comes and goes
    RELEASED = "released"  #: what held it has ended
    COMBINED = "combined"  #: with something else that is known it is graver, or belongs to another case
    DISPATCH_DUE = "dispatch_due"
    SERVICES_DUE = "services_due"
    FAMILY_DUE = "family_due"
    CALL_BACK_DUE = "call_back_due"
    NOTIFIED = "notified"  #: a channel took a notice
    NOT_NOTIFIED = "not_notified"  #: a notice was not sent, and why
    NOT_REACHED = "not_reached"  #: it rang, and nobody answered
    ACCEPTED_BY_PHONE = "accepted_by_phone"  #: "1"; only a claim ends the desk chain
    DECLINED_BY_PHONE = "declined_by_phone"  #: "2"
    TRANSFER_DECLINED = "transfer_declined"
    TRANSFER_LAPSED = "transfer_lapsed"  #: nobody accepted it in time: the giver has it still
    MERGED = "merged"  #: another case was taken in
    SERVICES_CONFIRMED = "services_confirmed"  #: the emergency services must be called now, and why
    CARD_READ = "card_read"  #: what is read aloud to an emergency service was looked at
    REVEALED = "revealed"  #: the code of a door was shown, and to whom
    ERASED = "erased"  #: personal text and places are gone, by a rule of retention
    BROUGHT_FORWARD = "brought_forward"  #: the first stage waits for no desk that is not there
    OFFERED = "offered"  #: a responder was asked to go
    INFORMED = "informed"  #: somebody near by was told to keep out of a danger
    ACCEPTED = "accepted"
    STANDBY = "standby"  #: would go, but another was first
    EN_ROUTE = "en_route"
    REPORTED = "reported"  #: a responder said how it goes
    COMPLETED = "completed"
    TAKEN_BACK = "taken_back"  #: "arrived" or "done" was pressed by mistake
    TIMED_OUT = "timed_out"
    NOT_MOVING = "not_moving"
    ARRIVAL_DOUBTED = "arrival_doubted"  #: somebody cannot be where they said to be: another is asked in addition
    ARRIVAL_OVERDUE = "arrival_overdue"
    REPORT_MISSING = "report_missing"  #: a responder on scene is called
    RESPONDER_SILENT = "responder_silent"
    NOBODY_TO_SEND = "nobody_to_send"
    ROUND_OVER = "round_over"  #: everybody was asked; it begins again
    FIELD_SATISFIED = "field_satisfied"  #: an arrival, or a hand-over that was accepted
