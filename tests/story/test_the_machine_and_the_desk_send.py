"""The machine sends beside the desk, and never instead of it.

A claim before the first sending leaves the decision to the desk, but for fire and for who cannot use the telephone;
losing the claim gives it back. Two calls without an answer send somebody, whoever holds the case. Once it has begun, an
arrival or an accepted hand-over ends it and nothing else.
"""

from __future__ import annotations

from typing import Any

import pytest

from devices.event import EventType
from rules.domain.assignments import Word
from rules.domain.notices import Answer, Purpose
from rules.domain.vocabulary import Step
from store import field_chain, field_telephone, hand_overs
from store.answers import answered
from store.assignments import load_field
from store.cases import changes_of, load, save
from store.changes import record
from store.field_due import FieldDueStore
from store.field_telephone import by_key
from store.step_types import HandedOver
from tests.story.people_who_go import Field, field_in
from tests.town import CENTRE, NOW


async def _press(field: Field) -> int:
    call = (await field.night.press(await field.night.town.home())).incident_id
    assert call is not None
    return call


async def test_a_claim_in_time_leaves_it_to_the_desk_and_its_loss_gives_it_back(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        near = await field.responder(metres=300)
        desk = await field.night.town.user()
        call = await _press(field)
        await field.night.pass_seconds(20)
        await field.night.step(call, Step.CLAIM, desk)
        await field.night.holds_on(call)
        await field.night.pass_seconds(120)
        assert await field.standing(call) == {}
        await field.night.step(call, Step.RELEASE, desk)
        await field.night.pass_seconds(181)
        assert await field.standing(call) == {near: "offered"}


async def test_a_claim_that_lapses_gives_it_back_too(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        near = await field.responder(metres=300)
        desk = await field.night.town.user()
        call = await _press(field)
        await field.night.step(call, Step.CLAIM, desk)
        await field.night.pass_seconds(230)
        assert near in await field.standing(call)


async def test_fire_is_sent_to_at_once_though_somebody_has_claimed_it(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        home = await field.night.town.home()
        detector = await field.night.town.device("smoke_alarm", premises_id=home.premises_id)
        team = await field.responder("rescue_team", metres=300)
        desk = await field.night.town.user()
        call = (await field.night.press(home, EventType.FIRE, device=detector)).incident_id
        await field.night.step(call, Step.CLAIM, desk)
        await field.night.pass_seconds(1)
        assert await field.standing(call) == {team: "offered"}
        assert (await field.night.case(call))["state"] == "dispatched"


async def test_who_cannot_use_the_telephone_is_sent_to_though_somebody_has_claimed_it(fresh_dsn: str) -> None:
    """The mistake: the desk took the case to ring somebody who hears nothing, and nobody set out meanwhile."""
    async with field_in(fresh_dsn) as field:
        await field.responder()
        desk, home = await field.night.town.user(), await field.night.town.home(tags=("deaf",))
        call = (await field.night.press(home)).incident_id
        await field.night.pass_seconds(10)
        await field.night.step(call, Step.CLAIM, desk)
        await field.night.holds_on(call)
        await field.night.pass_seconds(48)
        assert await field.assignments(call) == []
        await field.night.pass_seconds(4)
        assert len(await field.assignments(call)) == 1


async def test_two_calls_without_an_answer_send_somebody_though_the_desk_holds_it(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        near = await field.responder(metres=300)
        desk = await field.night.town.user()
        call = await _press(field)
        await field.night.step(call, Step.CLAIM, desk)
        facts = (("to", "resident"), ("result", "no_answer"), ("verified", "none"))
        await field.night.step(call, Step.CALL, desk, facts=facts)
        await field.night.pass_seconds(40)
        assert await field.standing(call) == {}
        await field.night.step(call, Step.CALL, desk, facts=facts)
        await field.night.pass_seconds(1)
        assert await field.standing(call) == {near: "offered"}


async def test_once_begun_it_goes_on_beside_a_claim_until_somebody_is_there(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        people = [await field.responder(metres=one) for one in (300, 600, 900, 1200)]
        desk = await field.night.town.user()
        call = await _press(field)
        await field.night.pass_seconds(181)
        await field.night.step(call, Step.CLAIM, desk)
        await field.night.holds_on(call)
        await field.night.pass_seconds(62)
        assert (await field.standing(call))[people[2]] == "offered", "its offers go on"
        await field.says(call, people[2], Word.ACCEPT)
        await field.says(call, people[2], Word.EN_ROUTE)
        await field.night.pass_seconds(100)
        await field.says(call, people[2], Word.ARRIVE)
        actions = await field.night.actions(call)
        assert actions[-1] == "field_satisfied" or "field_satisfied" in actions
        kinds = await field.night.town.db.pool.fetch("SELECT kind FROM deadline WHERE incident_id = $1", call)
        assert "dispatch" not in {row["kind"] for row in kinds}


async def test_a_hand_over_that_was_accepted_ends_it_and_who_is_on_the_way_goes_on(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        near, far = await field.responder(metres=300), await field.responder(metres=900)
        call = await _press(field)
        await field.night.pass_seconds(181)
        await field.says(call, near, Word.ACCEPT)
        await _in_hand(field, call, "accepted")
        assert await field.standing(call) == {near: "accepted", far: "stood_down"}


async def _in_hand(field: Field, call: int, reason: str) -> None:
    async with field.night.town.db.transaction() as connection:
        case = await load(connection, call)
        first = case.last_seq + 1
        await field_chain.satisfied(connection, case, reason, now=field.night.now)
        await save(connection, case, keyring=CENTRE.keyring)
        await record(connection, changes_of(case, first), now=field.night.now)


async def test_an_alarm_in_test_mode_sends_nobody_until_it_is_real(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        near = await field.responder(metres=300)
        home = await field.night.town.home()
        await field.night.town.db.pool.execute(
            "INSERT INTO test_mode (device_id, from_at, until_at, reason)"
            " SELECT id, $2, $2::timestamptz + interval '30 minutes', 'x' FROM device WHERE device = $1",
            home.button, NOW,
        )  # fmt: skip
        call = (await field.night.press(home)).incident_id
        await field.night.pass_seconds(200)
        assert await field.standing(call) == {}
        await field.night.pass_seconds(45)
        assert near in await field.standing(call)


async def test_a_key_press_is_as_good_as_a_link(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        near, far = await field.responder(metres=300), await field.responder(metres=900)
        call = await _press(field)
        await field.night.pass_seconds(181)
        ids = {row["responder_id"]: row["id"] for row in await field.assignments(call)}
        db, now = field.night.town.db, field.night.now
        await by_key(db, ids[far], Purpose.OFFER, Answer.CANNOT, centre=CENTRE, now=now)
        await by_key(db, ids[near], Purpose.OFFER, Answer.TAKE, centre=CENTRE, now=now)
        await by_key(db, ids[near], Purpose.OFFER, Answer.HEARD, centre=CENTRE, now=now)
        assert await field.standing(call) == {near: "accepted", far: "declined"}
        await by_key(db, ids[near], Purpose.CHECK_BACK, Answer.CANNOT, centre=CENTRE, now=now)
        about = await db.pool.fetchval("SELECT priority FROM incident WHERE subject = $1", f"s:responder:{near}")
        assert about == 1, "who needs help is a case at once"


async def test_a_case_whose_look_fails_delays_no_other_and_two_engines_look_once(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        await field.responder(metres=300)
        await field.responder(metres=600)
        bad, good = await _press(field), await _press(field)
        await field.night.pass_seconds(181)
        field.night.clock.advance(61)
        store = _Failing(field.night.town.db, CENTRE)
        store.bad = bad
        report = await store.watch_field(field.night.now, 100)
        assert (report.failed, report.cases) == (1, 1)
        assert set((await field.standing(good)).values()) == {"timed_out"}
        assert set((await field.standing(bad)).values()) == {"offered"}
        again = await FieldDueStore(field.night.town.db, CENTRE).watch_field(field.night.now, 100)
        assert (again.cases, again.failed) == (0, 0), "put off, and nothing fires twice"


class _Failing(FieldDueStore):
    """A store in which one case always breaks."""

    bad = 0

    async def _rule(self, connection: Any, in_hand: Any, now: Any) -> Any:
        if in_hand.case.id == self.bad:
            raise ValueError("broken on purpose")
        return await super()._rule(connection, in_hand, now)


async def test_whoever_goes_to_a_case_that_is_merged_goes_to_the_one_that_stays(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        near, far = await field.responder(metres=300), await field.responder(metres=900)
        gone = await _press(field)
        await field.night.pass_seconds(181)
        await field.says(gone, near, Word.ACCEPT)
        stays = await _press(field)
        await field.night.pass_seconds(1)
        async with field.night.town.db.transaction() as connection:
            first, second = await load(connection, gone), await load(connection, stays)
            seqs = first.last_seq + 1, second.last_seq + 1
            await field_chain.merged(connection, first, second, now=field.night.now)
            for case in (first, second):
                await save(connection, case, keyring=CENTRE.keyring)
            written = changes_of(first, seqs[0]) + changes_of(second, seqs[1])
            await record(connection, written, now=field.night.now)
        assert await field.standing(stays) == {near: "accepted", far: "offered"}
        assert (await field.night.case(stays))["state"] == "dispatched"
        await field.night.pass_seconds(181)
        assert "not_moving" in await field.night.actions(stays), "they are watched there"


async def test_a_case_taken_up_again_is_sent_to_again(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        near, far = await field.responder(metres=300), await field.responder(metres=900)
        desk = await field.night.town.user()
        call = await _press(field)
        await field.night.pass_seconds(181)
        await field.says(call, near, Word.ACCEPT)
        await field.says(call, near, Word.EN_ROUTE)
        await field.night.pass_seconds(120)
        await field.says(call, near, Word.ARRIVE)
        await field.night.town.resolve(call, desk, now=field.night.now)
        assert (await field.standing(call))[near] == "done"
        await field.night.step(call, Step.REOPEN, desk)
        await field.night.step(call, Step.RELEASE, desk)
        await field.night.pass_seconds(182)
        standing = await field.standing(call)
        assert "offered" in standing.values(), "who came then is not there now"
        del far


async def test_a_service_that_accepted_and_then_refuses_leaves_the_machine_to_send_again(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        near = await field.responder(metres=300)
        desk = await field.night.town.user()
        call = await _press(field)
        await field.night.step(call, Step.CLAIM, desk)
        over = HandedOver(service="ambulance", number="0571-80000120", answer="accepted")
        await field.night.step(call, Step.HANDOVER, desk, payload=over)
        (made,) = await field.night.town.db.pool.fetch("SELECT id FROM hand_over")
        await hand_overs.change(
            field.night.town.db, made["id"], {"answer": "rejected"}, version=None, safety=None, by=desk,
            centre=CENTRE, now=field.night.now,
        )  # fmt: skip
        await field.night.pass_seconds(2)
        assert await field.standing(call) == {near: "offered"}


async def test_a_case_that_is_one_of_its_own_again_has_nobody_there(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        gone = await _press(field)
        await _in_hand(field, gone, "arrival")
        async with field.night.town.db.transaction() as connection:
            case = await load(connection, gone)
            await field_chain.let_out(connection, case)
            assert not (await load_field(connection, case)).chain.satisfied


async def test_a_key_that_could_not_be_taken_in_at_first_is_taken_in_when_it_comes_again(
    fresh_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with field_in(fresh_dsn) as field:
        near = await field.responder(metres=300)
        call = await _press(field)
        await field.night.pass_seconds(181)
        db, now = field.night.town.db, field.night.now
        notice = await db.pool.fetchval(
            "UPDATE outbox SET state = 'sent', channel = 'calls', reference = 'r1' WHERE purpose = 'offer' RETURNING id"
        )
        assert notice is not None

        async def locked(*_: Any, **__: Any) -> None:
            raise RuntimeError("in other hands for too long")

        with monkeypatch.context() as patched, pytest.raises(RuntimeError):
            patched.setattr(field_telephone, "by_key", locked)
            await answered(db, "calls", "r1", Answer.TAKE, centre=CENTRE, now=now)
        await answered(db, "calls", "r1", Answer.TAKE, centre=CENTRE, now=now)
        assert await field.standing(call) == {near: "accepted"}


async def test_an_arrival_that_was_none_leaves_the_services_to_be_called(fresh_dsn: str) -> None:
    async with field_in(fresh_dsn) as field:
        near = await field.responder(metres=300)
        call = await _press(field)
        await field.night.pass_seconds(181)
        for word in (Word.ACCEPT, Word.EN_ROUTE):
            await field.says(call, near, word)
        await field.night.pass_seconds(70)
        await field.says(call, near, Word.ARRIVE)
        for _ in range(4):
            await field.night.pass_seconds(15)
        await field.says(call, near, Word.TAKE_BACK)
        due = await field.night.town.db.pool.fetch("SELECT kind FROM deadline WHERE incident_id = $1", call)
        assert "services" in {row["kind"] for row in due}
