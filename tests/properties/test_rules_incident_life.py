"""Any order of alarms, desks, responders, outages and time leaves no incident unwatched and no alarm unheard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from devices.event import LIFE_SAFETY, EventType
from rules.domain import correlation, deadlines, lifecycle
from rules.domain.deadlines import Clocks, DeadlineKind, Deadlines
from rules.domain.firing import Firing, IncidentView, decide, put_off
from rules.domain.policy import Assessment, Context, assess, assess_class
from rules.domain.policy_value import BUILTIN
from rules.domain.vocabulary import (
    LIFE_SAFETY as LIFE_SAFETY_CLASSES,
)
from rules.domain.vocabulary import (
    UNRESOLVED,
    Actor,
    Class,
    DeviceKind,
    Mark,
    Priority,
    State,
    Step,
    Wearer,
)

START = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)
RESIDENT, HOME, BAND, DETECTOR = 1, 2, 11, 12
DESKS = (101, 102)
#: The longest a case with life at stake may wait for its next look, in seconds.
LONGEST_WAIT_S = {Priority.CRITICAL: 180, Priority.URGENT: 600}


@dataclass
class Case:
    """What the store keeps of an incident."""

    id: int
    subject: correlation.Subject
    class_: Class
    priority: Priority
    first_escalation_s: int
    opened_at: datetime
    deadlines: Deadlines
    state: State = State.OPEN
    owner: int | None = None
    last_owner: int | None = None
    resolved_at: datetime | None = None
    marks: frozenset[Mark] = frozenset()
    alerts: list[EventType | None] = field(default_factory=list)
    counted: int = 0
    follows: int | None = None
    going: int = 0

    @property
    def clocks(self) -> Clocks:
        return Clocks(
            priority=self.priority,
            ladder=BUILTIN.ladder_for(self.class_, self.priority),
            first_escalation_s=BUILTIN.first_stage_s(self.class_, self.priority, self.first_escalation_s),
        )

    @property
    def unresolved(self) -> bool:
        return self.state in UNRESOLVED

    def view(self, *, still_reported: bool, follower_open: bool) -> IncidentView:
        return IncidentView(
            id=self.id,
            state=self.state,
            class_=self.class_,
            attended=self.owner is not None,
            clocks=self.clocks,
            deadlines=self.deadlines,
            ages_to=(ages_to := BUILTIN.row(self.class_).ages_to),
            aged_ladder=BUILTIN.ladder_for(self.class_, ages_to) if ages_to is not None else None,
            test=Mark.TEST in self.marks,
            still_reported=still_reported,
            follower_open=follower_open,
        )


class IncidentLife(RuleBasedStateMachine):
    """A store in memory around the rules, driven by chance."""

    @initialize()
    def begin(self) -> None:
        self.now = START
        self.cases: list[Case] = []
        self.standing: dict[tuple[int, EventType], datetime] = {}
        self.life_alarms = 0
        self.fails = 0

    # ── what devices say ──

    @rule(
        event_type=st.sampled_from(sorted(LIFE_SAFETY | {EventType.INACTIVITY, EventType.BATTERY_LOW})),
        late=st.booleans(),
        retained=st.booleans(),
        test_mode=st.booleans(),
        speechless=st.booleans(),
    )
    def alarm(self, *, event_type: EventType, late: bool, retained: bool, test_mode: bool, speechless: bool) -> None:
        detector = event_type in correlation.STATES
        context = Context(
            kind=DeviceKind.SMOKE_ALARM if detector else DeviceKind.CALL_BUTTON,
            wearer=Wearer.SHARED if detector else Wearer.PERSONAL,
            late=late,
            late_s=7200.0 if late else 0.0,
            retained=retained,
            test_mode=test_mode,
            tags=frozenset({"deaf"}) if speechless else frozenset(),
        )
        assessed = assess(event_type, context, now=self.now)
        device = DETECTOR if detector else BAND
        heard_before = sum(len(case.alerts) + case.counted for case in self.cases)
        self.receive(assessed, device=device, wearer=context.wearer)
        self.standing[device, event_type] = self.now
        if event_type in LIFE_SAFETY:
            heard = sum(len(case.alerts) + case.counted for case in self.cases)
            assert heard == heard_before + 1, "a life-safety alarm vanished"

    @rule(event_type=st.sampled_from([EventType.SMOKE_CLEAR, EventType.SOS_CLEAR, EventType.MUTED, EventType.CANCEL]))
    def word_or_end(self, event_type: EventType) -> None:
        assessed = assess(event_type, Context(wearer=Wearer.SHARED), now=self.now)
        before = [(case.state, case.priority, case.deadlines, case.owner) for case in self.cases]
        detector = event_type is EventType.SMOKE_CLEAR
        self.receive(assessed, device=DETECTOR if detector else BAND, wearer=Wearer.SHARED)
        after = [(case.state, case.priority, case.deadlines, case.owner) for case in self.cases]
        assert after == before, "an end or a word changed an incident of a life-safety class"
        if detector:
            self.standing.pop((DETECTOR, EventType.SMOKE), None)

    @rule()
    def something_unreadable_on_an_alarm_topic(self) -> None:
        self.receive(assess(None, Context(), now=self.now), device=BAND, wearer=Wearer.PERSONAL)

    @rule()
    def the_system_raises_a_technical_one(self) -> None:
        assessed = assess_class(Class.LANE_UNHELD, now=self.now)
        self.apply(assessed, correlation.subject_of(assessed, system="lane alarms"), standing_at=None)

    def receive(self, assessed: Assessment, *, device: int, wearer: Wearer) -> None:
        subject = correlation.subject_of(
            assessed, wearer=wearer, resident_id=RESIDENT, premises_id=HOME, device_id=device
        )
        standing_at = None
        if assessed.event_type is not None:
            standing_at = self.standing.get((device, assessed.event_type))
        self.apply(assessed, subject, standing_at=standing_at)

    def apply(self, assessed: Assessment, subject: correlation.Subject, *, standing_at: datetime | None) -> None:
        of_subject = [case for case in self.cases if case.subject == subject]
        open_ = next((case for case in of_subject if case.unresolved), None)
        resolved = [case for case in of_subject if case.resolved_at is not None]
        last = max(resolved, key=lambda case: case.resolved_at or START, default=None)
        decision = correlation.relate(
            assessed, self.as_open(open_), self.as_resolved(last), now=self.now, standing_at=standing_at
        )
        match decision:
            case correlation.OpenNew():
                assert open_ is None, "a second incident of one person and family"
                self.open(assessed, subject, follows=decision.follows)
            case correlation.Join():
                assert open_ is not None
                self.join(open_, assessed, decision)
            case correlation.Count():
                self.cases[decision.incident_id].counted += 1
            case _:
                pass

    def open(self, assessed: Assessment, subject: correlation.Subject, *, follows: int | None) -> None:
        case = Case(
            id=len(self.cases),
            subject=subject,
            class_=assessed.class_,
            priority=assessed.priority,
            first_escalation_s=assessed.first_escalation_s,
            opened_at=self.now,
            deadlines=(),
            marks=assessed.marks,
            alerts=[assessed.event_type],
            follows=follows,
        )
        case.deadlines = deadlines.on_open(case.clocks, now=self.now, soft_s=assessed.soft_s)
        self.cases.append(case)

    def join(self, case: Case, assessed: Assessment, decision: correlation.Join) -> None:
        before = deadlines.next_due(case.deadlines)
        was_attended = case.owner is not None
        case.alerts.append(assessed.event_type)
        if decision.raise_to is not None:
            assert decision.raise_to < case.priority, "the machine lowered a priority"
            case.priority = decision.raise_to
            case.first_escalation_s = min(case.first_escalation_s, assessed.first_escalation_s)
        if decision.real_at_once:
            case.marks -= {Mark.TEST}
        case.deadlines = deadlines.on_join(
            case.deadlines,
            case.clocks,
            now=self.now,
            raised=decision.raise_to is not None,
            confirm_within_s=decision.confirm_within_s,
            real_at_once=decision.real_at_once,
        )
        assert (decision.confirm_within_s is not None) is was_attended
        soonest = deadlines.next_due(case.deadlines)
        assert soonest is not None
        if was_attended:
            assert soonest <= self.now + timedelta(seconds=correlation.CONFIRM_LIMIT_S)
        elif not decision.real_at_once:
            assert before is not None
            assert soonest <= before, "a further alarm put a deadline off"

    # ── what people do ──

    @precondition(lambda self: self.cases)
    @rule(
        data=st.data(),
        user=st.sampled_from(DESKS),
        step=st.sampled_from([step for step in Step if step not in (Step.LEASE_LOST, Step.RESTORE)]),
    )
    def desk_takes_a_step(self, data: st.DataObject, user: int, step: Step) -> None:
        case = data.draw(st.sampled_from(self.cases))
        actors = frozenset({Actor.DESK} | ({Actor.OWNER} if case.owner == user else set()))
        self.step(case, step, actors, user)

    @precondition(lambda self: any(case.unresolved for case in self.cases))
    @rule(data=st.data(), user=st.sampled_from(DESKS))
    def desk_claims(self, data: st.DataObject, user: int) -> None:
        case = data.draw(st.sampled_from([case for case in self.cases if case.unresolved]))
        self.step(case, Step.CLAIM, frozenset({Actor.DESK}), user)

    @precondition(lambda self: any(case.owner is not None for case in self.cases))
    @rule(data=st.data(), step=st.sampled_from([Step.RESOLVE, Step.RELEASE, Step.DISPATCH, Step.CONFIRM, Step.PASS]))
    def owner_takes_a_step(self, data: st.DataObject, step: Step) -> None:
        case = data.draw(st.sampled_from([case for case in self.cases if case.owner is not None]))
        self.step(case, step, frozenset({Actor.DESK, Actor.OWNER}), case.owner)

    @precondition(lambda self: any(case.owner is not None for case in self.cases))
    @rule(data=st.data(), step=st.sampled_from([Step.LEASE_LOST, Step.DISPATCH, Step.RESTORE]))
    def system_takes_a_step(self, data: st.DataObject, step: Step) -> None:
        case = data.draw(st.sampled_from([case for case in self.cases if case.owner is not None]))
        self.step(case, step, frozenset({Actor.SYSTEM}), None)

    def step(self, case: Case, step: Step, actors: frozenset[Actor], user: int | None) -> None:
        before = (case.state, case.owner, case.deadlines, case.priority)
        by_owner = user is not None and case.owner == user
        try:
            lifecycle.refuse_unless_may(case.state, step, actors)
            state = lifecycle.after(
                case.state,
                step,
                unattended=case.owner is None,
                others_going=case.going > 1,
                later_open=any(other.unresolved and other.subject == case.subject for other in self.cases),
            )
        except lifecycle.RulesError:
            assert (case.state, case.owner, case.deadlines, case.priority) == before, "a refused step changed something"
            return
        if step is Step.CLOSE and not deadlines.can_close(case.state, still_reported=self.still_reported(case)):
            return
        if step is Step.CLAIM:
            assert case.owner is None, "two claims of one case"
        self.carry_out(case, step, state, user, by_owner=by_owner)

    def carry_out(self, case: Case, step: Step, state: State, user: int | None, *, by_owner: bool) -> None:
        case.state = state
        if step in lifecycle.TAKES_CLAIM:
            case.owner = case.last_owner = user
        elif step in lifecycle.LEAVES_CLAIM and (step is not Step.PASS or by_owner):
            case.owner = None
        if step is Step.DISPATCH:
            case.going += 1
        elif step in (Step.DECLINE, Step.STAND_DOWN):
            case.going = max(0, case.going - 1)
        if step is Step.LOWER_PRIORITY and case.priority < Priority.INFORMATION:
            case.priority = Priority(case.priority + 1)
        if state is State.RESOLVED and case.resolved_at is None:
            case.resolved_at = self.now
        elif state in UNRESOLVED:
            case.resolved_at = None
        case.deadlines = deadlines.on_step(
            case.deadlines,
            step,
            case.clocks,
            now=self.now,
            attended=case.owner is not None,
            by_owner=by_owner,
            life_safety=case.class_ in LIFE_SAFETY_CLASSES,
            claim_counted=self.now.second % 2 == 0,
        )

    @precondition(lambda self: any(case.owner is not None for case in self.cases))
    @rule(data=st.data(), class_=st.sampled_from([Class.SOS, Class.FALL, Class.WANDERING, Class.MEDICAL_ATTENTION]))
    def owner_reclassifies(self, data: st.DataObject, class_: Class) -> None:
        case = data.draw(st.sampled_from([case for case in self.cases if case.owner is not None]))
        if case.subject.family is not BUILTIN.row(class_).family:
            return
        assessed = assess_class(class_, now=self.now)
        case.class_, case.first_escalation_s = class_, assessed.first_escalation_s
        case.priority = min(case.priority, assessed.priority)
        case.deadlines = deadlines.on_raise(case.deadlines, case.clocks, now=self.now)
        self.step(case, Step.RECLASSIFY, frozenset({Actor.DESK, Actor.OWNER}), case.owner)

    @precondition(lambda self: any(case.unresolved for case in self.cases))
    @rule(
        data=st.data(),
        kind=st.sampled_from([DeadlineKind.SERVICES, DeadlineKind.CALL_BACK, DeadlineKind.TRANSFER]),
        seconds=st.integers(0, 600),
    )
    def a_chain_beside_the_desk_sets_its_time(self, data: st.DataObject, kind: DeadlineKind, seconds: int) -> None:
        case = data.draw(st.sampled_from([case for case in self.cases if case.unresolved]))
        before = {due for due in case.deadlines if due.kind not in deadlines.BESIDE}
        case.deadlines = deadlines.beside(case.deadlines, kind, self.now + timedelta(seconds=seconds))
        assert {due for due in case.deadlines if due.kind not in deadlines.BESIDE} == before

    @precondition(lambda self: any(case.state is State.CLOSED for case in self.cases))
    @rule(data=st.data())
    def a_merge_is_undone(self, data: st.DataObject) -> None:
        case = data.draw(st.sampled_from([case for case in self.cases if case.state is State.CLOSED]))
        if any(other.unresolved and other.subject == case.subject for other in self.cases):
            return
        case.state, case.owner, case.resolved_at, case.going = State.OPEN, None, None, 0
        case.deadlines = deadlines.on_open(case.clocks, now=self.now)

    # ── what time does ──

    @rule(seconds=st.sampled_from([1, 5, 20, 31, 60, 90, 200, 601, 3600, 90_000]))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def engine_runs(self) -> None:
        for case in list(self.cases):
            fired = 0
            while (firing := self.fire(case)) is not None:
                self.carry_out_firing(case, firing)
                fired += 1
                assert fired <= len(DeadlineKind), "one pass fires each kind at most once"

    @precondition(lambda self: any(due for case in self.cases for due in case.deadlines))
    @rule(data=st.data())
    def a_step_of_the_engine_fails(self, data: st.DataObject) -> None:
        case = data.draw(st.sampled_from([case for case in self.cases if case.deadlines]))
        due = deadlines.earliest(case.deadlines)
        assert due is not None
        if due.due_at <= self.now:
            rest = tuple(deadline for deadline in case.deadlines if deadline is not due)
            case.deadlines = (*rest, put_off(due, now=self.now))

    def fire(self, case: Case) -> Firing | None:
        follower = any(other.follows == case.id and other.unresolved for other in self.cases)
        return decide(case.view(still_reported=self.still_reported(case), follower_open=follower), self.now)

    def carry_out_firing(self, case: Case, firing: Firing) -> None:
        assert all(deadline.due_at > self.now for deadline in firing.deadlines if deadline.kind is firing.kind)
        case.deadlines = firing.deadlines
        if firing.raise_to is not None:
            assert firing.raise_to < case.priority, "the machine lowered a priority"
            case.priority = firing.raise_to
        if firing.becomes_real:
            case.marks -= {Mark.TEST}
        if firing.unclaim:
            case.state = lifecycle.after(case.state, Step.LEASE_LOST, unattended=False)
            case.owner = None
        if firing.close:
            case.state = lifecycle.after(case.state, Step.CLOSE, unattended=True)
        if firing.raise_again and not any(c.unresolved and c.subject == case.subject for c in self.cases):
            assessed = assess_class(case.class_, now=self.now)
            self.open(assessed, case.subject, follows=case.id)

    def still_reported(self, case: Case) -> bool:
        return any(
            (DETECTOR, event_type) in self.standing for event_type in case.alerts if event_type is EventType.SMOKE
        )

    def as_open(self, case: Case | None) -> correlation.OpenIncident | None:
        if case is None:
            return None
        return correlation.OpenIncident(
            id=case.id,
            state=case.state,
            class_=case.class_,
            priority=case.priority,
            attended=case.owner is not None,
            opened_at=case.opened_at,
            marks=case.marks,
        )

    def as_resolved(self, case: Case | None) -> correlation.ResolvedIncident | None:
        if case is None:
            return None
        return correlation.ResolvedIncident(
            id=case.id,
            class_=case.class_,
            resolved_at=case.resolved_at or START,
            last_owner_id=case.last_owner,
        )

    # ── what always holds ──

    def each(self, check: Callable[[Case], bool], sentence: str) -> None:
        for case in self.cases:
            assert check(case), f"{sentence}: {case}"

    @invariant()
    def closed_and_nothing_due_or_not_closed_and_something_due(self) -> None:
        self.each(lambda case: deadlines.covers(case.state, case.deadlines), "left without a deadline")

    @invariant()
    def one_deadline_of_a_kind(self) -> None:
        self.each(
            lambda case: len({due.kind for due in case.deadlines}) == len(case.deadlines), "two deadlines of one kind"
        )

    @invariant()
    def the_desk_chain_runs_exactly_while_nobody_attends(self) -> None:
        def holds(case: Case) -> bool:
            kinds = {due.kind for due in case.deadlines}
            if case.owner is not None:  # a press on test becomes real in its minute, whoever holds it
                return not case.unresolved or DeadlineKind.ESCALATE not in kinds
            return not case.unresolved or bool(kinds & {DeadlineKind.ESCALATE, DeadlineKind.TEST})

        self.each(holds, "the desk chain does not follow the claim")

    @invariant()
    def claimed_means_somebody_owns_it_and_open_that_nobody_does(self) -> None:
        self.each(lambda case: case.state is not State.OPEN or case.owner is None, "open with an owner")
        self.each(lambda case: case.state is not State.CLAIMED or case.owner is not None, "claimed by nobody")

    @invariant()
    def whoever_owns_a_case_must_show_an_act(self) -> None:
        self.each(
            lambda case: case.owner is None or any(due.kind is DeadlineKind.ACT for due in case.deadlines),
            "a claim without an act",
        )

    @invariant()
    def life_at_stake_is_looked_at_soon(self) -> None:
        def holds(case: Case) -> bool:
            wait_s = LONGEST_WAIT_S.get(case.priority)
            due = deadlines.next_due(case.deadlines)
            if wait_s is None or due is None or not case.unresolved or case.priority not in LONGEST_WAIT_S:
                return True
            return due <= self.now + timedelta(seconds=wait_s)

        self.each(holds, "an urgent case is left alone for too long")

    @invariant()
    def one_unresolved_incident_of_a_person_and_family(self) -> None:
        subjects = [case.subject for case in self.cases if case.unresolved]
        assert len(subjects) == len(set(subjects))


TestIncidentLife = pytest.mark.timeout(300)(IncidentLife.TestCase)
TestIncidentLife.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
