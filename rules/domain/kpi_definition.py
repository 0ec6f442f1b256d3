"""The shape of a figure's definition, and the closed set of figures."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from rules.domain.kpi import Exclusion, Kind, Target


class Figure(StrEnum):
    """The figures of `GET /reports/kpi`; a definition that changes keeps its id and grows in version."""

    RECEIPT = "receipt"
    DISPLAY = "display"
    ANSWER = "answer"
    TELEPHONE_ANSWER = "telephone_answer"
    GIVEN_UP = "given_up"
    FIRST_CONTACT = "first_contact"
    NO_ANSWER_DECISION = "no_answer_decision"
    DISPATCH = "dispatch"
    DECISION_TO_DISPATCH = "decision_to_dispatch"
    ACCEPTANCE = "acceptance"
    ARRIVAL = "arrival"
    SERVICE_ARRIVAL = "service_arrival"
    DOOR_TO_HELP = "door_to_help"
    HAND_OFF = "hand_off"
    FAMILY_TOLD = "family_told"
    UNATTENDED = "unattended"
    MACHINE_CARRIED = "machine_carried"
    DURATION = "duration"
    CAME_BACK = "came_back"
    REAL_HELP = "real_help"
    FALSE_ALARMS = "false_alarms"
    ALARM_LOAD = "alarm_load"
    FIRST_ATTEMPT = "first_attempt"
    PROTECTED = "protected"
    COVERAGE = "coverage"
    IN_THE_CIRCLE = "in_the_circle"
    REPAIR = "repair"
    MONTHLY_TEST = "monthly_test"
    MONTHLY_VISITS = "monthly_visits"
    VISIT_IN_TIME = "visit_in_time"
    SYSTEM_WATCH = "system_watch"
    RECOVERY_DRILL = "recovery_drill"
    CHANNEL_HEALTH = "channel_health"
    CALL_AUDITS = "call_audits"
    COMPLAINTS_ACKNOWLEDGED = "complaints_acknowledged"
    COMPLAINTS_ANSWERED = "complaints_answered"
    SATISFACTION = "satisfaction"
    LOOKS_WITHOUT_A_CASE = "looks_without_a_case"
    RIGHTS_REQUESTS = "rights_requests"
    HANDOVERS_SIGNED = "handovers_signed"


class NoData(StrEnum):
    """Why a figure has no value; it is never printed as a zero."""

    ONLY_A_METRIC = "only_a_metric"  #: timed in the process and kept by Prometheus, in no row
    NOT_RECORDED = "not_recorded"  #: no record of this kind is kept yet
    NOTHING_HAPPENED = "nothing_happened"  #: there is a record, and nothing of this in the period
    NO_HISTORY = "no_history"  #: the register keeps how it stands now, not how it stood
    NOT_BY_AREA = "not_by_area"  #: of the whole centre only


class Words(NamedTuple):
    """One text in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Definition:
    """What a figure says, so that nobody can argue about it: the table of centre.md, part 2."""

    figure: Figure
    name: Words
    kind: Kind
    unit: str  #: of the values: s, share, min, ...
    starts: Words
    stops: Words
    target: Words  #: as it is agreed, in words
    source: str
    version: int = 1
    targets: tuple[Target, ...] = ()  #: the same, as far as a machine can compare; the first one counts the misses
    exclusions: tuple[Exclusion, ...] = ()
    no_data: NoData | None = None  #: it has none, wherever and whenever
    whole_centre: bool = False  #: nothing of it belongs to an area

    @property
    def main_target(self) -> Target | None:
        return self.targets[0] if self.targets else None
