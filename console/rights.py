"""Who may do what: roles, and the sets of them that routes are open to (centre.md, 36)."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """A user has one; it says what they may do, their areas say where."""

    DISPATCHER = "dispatcher"
    SUPERVISOR = "supervisor"
    CENTRE_MANAGER = "centre_manager"
    QUALITY_REVIEWER = "quality_reviewer"
    COMMUNITY_WORKER = "community_worker"
    RESPONDER = "responder"
    INSTALLER = "installer"
    REGISTER_CLERK = "register_clerk"
    DATA_PROTECTION_OFFICER = "data_protection_officer"
    SYSTEM_ADMINISTRATOR = "system_administrator"  #: no resident data
    SECURITY_ADMINISTRATOR = "security_administrator"  #: users and rights, no data
    AUDITOR = "auditor"  #: logs and chain, people masked
    PROGRAM = "program"
    ADMINISTRATOR = "administrator"  #: the one made at first start, until the three are appointed


Roles = frozenset[Role]

ANYBODY: Final[Roles | None] = None  #: also without sign-in
SIGNED_IN: Final = frozenset(Role)

_DESK: Final = frozenset({Role.DISPATCHER, Role.SUPERVISOR, Role.ADMINISTRATOR})

STEPS: Final = _DESK
DUTY: Final = _DESK
OPEN_CASES: Final = _DESK | {Role.COMMUNITY_WORKER, Role.PROGRAM}
#: What a telephone system reports, or a desk in its place.
REPORT_CALLS: Final = _DESK | {Role.PROGRAM}
READ_CASES: Final = _DESK | {
    *(Role.CENTRE_MANAGER, Role.QUALITY_REVIEWER, Role.COMMUNITY_WORKER, Role.DATA_PROTECTION_OFFICER, Role.PROGRAM),
}
#: Lists show people masked.
LIST_CASES: Final = READ_CASES | {Role.AUDITOR}
READ_PEOPLE: Final = READ_CASES | {Role.REGISTER_CLERK}
WRITE_PEOPLE: Final = frozenset({Role.REGISTER_CLERK, Role.SUPERVISOR, Role.PROGRAM, Role.ADMINISTRATOR})
#: Who may be the second to say that somebody has died.
AGREES: Final = (WRITE_PEOPLE | {Role.DISPATCHER, Role.COMMUNITY_WORKER, Role.CENTRE_MANAGER}) - {Role.PROGRAM}
READ_PLACES: Final = READ_PEOPLE | {Role.INSTALLER}
READ_DEVICES: Final = READ_PLACES
WRITE_DEVICES: Final = WRITE_PEOPLE | {Role.INSTALLER}
#: What a device signs in to the broker with; a system administrator keeps the broker and sees nobody's data by it.
CREDENTIALS: Final = WRITE_DEVICES | {Role.SYSTEM_ADMINISTRATOR}
READ_AREAS: Final = SIGNED_IN
DEAD_LETTERS: Final = _DESK | {Role.SYSTEM_ADMINISTRATOR, Role.CENTRE_MANAGER}
REPLAY: Final = frozenset({Role.SUPERVISOR, Role.CENTRE_MANAGER, Role.REGISTER_CLERK, Role.ADMINISTRATOR})
TEST_DEVICES: Final = _DESK | {Role.INSTALLER, Role.COMMUNITY_WORKER}
COMMAND_DEVICES: Final = _DESK | {Role.INSTALLER}
READ_SOURCES: Final = READ_DEVICES | {Role.SYSTEM_ADMINISTRATOR}
WRITE_SOURCES: Final = frozenset({Role.SUPERVISOR, Role.CENTRE_MANAGER, Role.SYSTEM_ADMINISTRATOR, Role.ADMINISTRATOR})
#: Where the area's own control rooms are rung: a wrong number costs minutes.
WRITE_AREAS: Final = frozenset(
    {Role.SUPERVISOR, Role.CENTRE_MANAGER, Role.REGISTER_CLERK, Role.PROGRAM, Role.ADMINISTRATOR}
)
#: What is not erased, and why (centre.md, 36: the data-protection officer).
LEGAL_HOLDS: Final = frozenset({Role.DATA_PROTECTION_OFFICER, Role.CENTRE_MANAGER, Role.ADMINISTRATOR})
TASKS: Final = _DESK | {*(Role.COMMUNITY_WORKER, Role.REGISTER_CLERK, Role.CENTRE_MANAGER, Role.PROGRAM)}
ACCOUNTS: Final = frozenset({Role.SECURITY_ADMINISTRATOR, Role.ADMINISTRATOR})
#: What may hold an alarm is a desk's to note; a silence and a storm are a supervisor's to answer for.
READ_HOLDERS: Final = READ_CASES
ABSENCES: Final = _DESK | {Role.COMMUNITY_WORKER, Role.REGISTER_CLERK, Role.PROGRAM}
SILENCES: Final = frozenset({Role.SUPERVISOR, Role.CENTRE_MANAGER, Role.ADMINISTRATOR})
STORMS: Final = frozenset({Role.SUPERVISOR, Role.CENTRE_MANAGER, Role.ADMINISTRATOR})
#: Whoever may be on it reads it; who is on it is the supervisors' word.
READ_SHIFTS: Final = _DESK | {Role.CENTRE_MANAGER, Role.COMMUNITY_WORKER, Role.AUDITOR, Role.PROGRAM}
WRITE_SHIFTS: Final = frozenset({Role.SUPERVISOR, Role.CENTRE_MANAGER, Role.ADMINISTRATOR})
READ_NOTICES: Final = frozenset(
    {Role.SUPERVISOR, Role.CENTRE_MANAGER, Role.QUALITY_REVIEWER, Role.AUDITOR, Role.ADMINISTRATOR}
)
#: Figures name cases by their ids and nobody by name.
READ_FIGURES: Final = frozenset(
    {Role.SUPERVISOR, Role.CENTRE_MANAGER, Role.QUALITY_REVIEWER, Role.AUDITOR, Role.ADMINISTRATOR}
)
#: Whoever is told of one writes it down; who reads them all answers for the centre.
TAKE_COMPLAINTS: Final = _DESK | {Role.CENTRE_MANAGER, Role.COMMUNITY_WORKER}
COMPLAINTS: Final = frozenset({Role.SUPERVISOR, Role.CENTRE_MANAGER, Role.ADMINISTRATOR})
READ_COMPLAINTS: Final = COMPLAINTS | {Role.QUALITY_REVIEWER, Role.DATA_PROTECTION_OFFICER}
AUDIT_CALLS: Final = frozenset({Role.QUALITY_REVIEWER, Role.SUPERVISOR, Role.CENTRE_MANAGER, Role.ADMINISTRATOR})
#: A dispatcher sees what was found of their own calls, and signs it.
READ_CALL_AUDITS: Final = AUDIT_CALLS | {Role.DISPATCHER}
#: Lists of people on a disk are what burglars live on: who asks does not agree.
AGREE_TO_EXPORTS: Final = frozenset(
    {Role.SUPERVISOR, Role.CENTRE_MANAGER, Role.DATA_PROTECTION_OFFICER, Role.ADMINISTRATOR}
)
EXPORTS: Final = AGREE_TO_EXPORTS | {Role.REGISTER_CLERK}
#: Who may know why an alarm got its class; no people stand in a policy.
READ_POLICIES: Final = READ_CASES | {Role.SYSTEM_ADMINISTRATOR}
PROPOSE_POLICIES: Final = frozenset(
    {Role.SUPERVISOR, Role.CENTRE_MANAGER, Role.SYSTEM_ADMINISTRATOR, Role.ADMINISTRATOR}
)
#: The second person answers for alarms, not for machines.
APPROVE_POLICIES: Final = frozenset({Role.SUPERVISOR, Role.CENTRE_MANAGER, Role.ADMINISTRATOR})
#: Whoever visits says so by their own account.
PLAN_VISITS: Final = WRITE_PEOPLE | {Role.DISPATCHER, Role.COMMUNITY_WORKER}
#: A responder too, of their own visits and of whom they go to.
CHECK_IN: Final = PLAN_VISITS | {Role.RESPONDER}
#: Whoever works off the list behind an outage.
OUTAGE_CALLS: Final = _DESK | {Role.COMMUNITY_WORKER}
#: Where somebody was, hour by hour: nobody who only keeps the register.
TRACKS: Final = READ_CASES
READ_RESPONDERS: Final = READ_PEOPLE
WRITE_RESPONDERS: Final = WRITE_PEOPLE
#: A responder says their own word; a desk writes it down on theirs, and so does a telephone system.
ASSIGNMENTS: Final = _DESK | {Role.RESPONDER, Role.PROGRAM}
OWN_ASSIGNMENTS: Final = frozenset({Role.RESPONDER})
POSITIONS: Final = _DESK | {Role.RESPONDER, Role.PROGRAM}
