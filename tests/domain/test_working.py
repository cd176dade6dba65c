"""What people do to follow-ups, and what they cannot: make an open result vanish."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pipeline.domain import working
from pipeline.domain.decision import Change
from pipeline.domain.followup import FollowUp, FollowUpReason, FollowUpState
from pipeline.domain.policy import Mode
from pipeline.errors import Refused
from tests.domain.test_ladder import SITE, item
from tests.domain.world import NEGATIVE, NONDIAGNOSTIC, T0, C, World, hours, minutes

R, S = FollowUpReason, FollowUpState
NOW = T0 + minutes(10)


def done(change: Change) -> FollowUp:
    assert isinstance(change.item, FollowUp)
    return change.item


def taken(start: FollowUp | None = None) -> FollowUp:
    return done(working.acknowledge(start or item(), "Dora Quill", NOW, SITE))


def finished() -> FollowUp:
    return done(working.complete(taken(), "Dora Quill", NOW, "CTPA negative", SITE))


def test_whoever_takes_it_owns_it_and_the_ladder_stops() -> None:
    found = taken(replace(item(), level=2))
    assert (found.state, found.owner, found.level, found.acknowledged_by) == (S.ACCEPTED, "Dora Quill, 1", 0, "Dora Quill")
    assert found.step_at == T0 + hours(28)
    assert done(working.acknowledge(item(), "Dr Else", NOW, SITE)).owner == "Dr Else"


def test_a_plan_brings_it_back_after_its_day() -> None:
    planned = done(working.plan(taken(), " CTPA ", NOW + hours(48), "DQ", NOW, SITE))
    assert (planned.state, planned.plan, planned.step_at) == (S.IN_PROGRESS, "CTPA", NOW + hours(72))
    later = done(working.plan(planned, "ultrasound", NOW + hours(60), "DQ", NOW, SITE))
    assert (later.state, later.plan, later.version) == (S.IN_PROGRESS, "ultrasound", 4)


def test_whom_it_is_handed_to_must_take_it() -> None:
    planned = done(working.plan(taken(), "CTPA", NOW + hours(48), "DQ", NOW, SITE))
    handed = done(working.transfer(planned, "milo marsh", "DQ", NOW, SITE))
    assert (handed.state, handed.owner, handed.asked, handed.level) == (S.REQUESTED, "Milo Marsh, 2", "marsh", 0)
    assert (handed.acknowledged, handed.plan, handed.planned_for, handed.step_at) == (False, "", None, NOW + hours(2))


def test_who_declines_hands_on_and_in_the_end_the_duty_role_has_it() -> None:
    found, owners = taken(), []
    for _ in range(6):
        found = done(working.decline(found, "not mine", "DQ", NOW, SITE))
        owners.append(found.owner)
        assert (found.state, found.acknowledged) == (S.REQUESTED, False)
        assert found.step_at is not None
        assert found.step_at > NOW
    assert owners == ["Ward, 20", "NM on call, 21", "Lead, 24", "Safety, 25", "duty, 99", "duty, 99"]
    first = done(working.decline(item(), "not mine", "DQ", NOW, SITE))
    assert first.step_at == NOW + hours(2), "the next rung keeps its distance"


def test_what_is_put_off_rests_and_then_asks_the_same_person_first() -> None:
    put_off = done(working.snooze(item(), NOW + hours(3), "DQ", NOW, SITE))
    assert (put_off.step_at, put_off.level, put_off.snoozes, put_off.snoozed_s) == (T0 + hours(5), 0, 1, 3 * 3600)
    assert put_off.due_at == item().due_at, "overdue is what it was"
    mine = done(working.snooze(taken(), NOW + hours(40), "DQ", NOW, SITE))
    assert mine.step_at == NOW + hours(40)


def test_putting_off_has_an_end() -> None:
    once = done(working.snooze(item(), NOW + hours(40), "DQ", NOW, SITE))
    with pytest.raises(Refused, match="72 hours in all; 73 hours"):
        working.snooze(once, NOW + hours(33), "DQ", NOW, SITE)
    twice = done(working.snooze(once, NOW + hours(32), "DQ", NOW, SITE))
    with pytest.raises(Refused, match="2 times"):
        working.snooze(twice, NOW + minutes(1), "DQ", NOW, SITE)


def test_what_is_done_has_a_name_a_time_and_an_outcome() -> None:
    found = finished()
    assert (found.state, found.closed_by, found.closed_at, found.closed_why) == (S.COMPLETED, "Dora Quill", NOW, "CTPA negative")
    assert found.step_at is None


def test_what_was_completed_by_mistake_is_taken_up_again() -> None:
    again = done(working.reopen(finished(), None, "wrong patient", "DQ", NOW, SITE))
    assert (again.state, again.acknowledged, again.closed_by, again.closed_at) == (S.REQUESTED, False, "", None)
    assert (again.owner, again.due_at, again.step_at) == ("Dora Quill, 1", NOW + hours(4), NOW + hours(2))


def test_nothing_is_taken_up_again_where_another_stands_for_the_result() -> None:
    world = World(policy=SITE)
    world.send(NONDIAGNOSTIC)
    world.acknowledge(world.item(R.INDETERMINATE))
    world.complete(world.item(R.INDETERMINATE))
    (before,) = world.exam.follow_ups
    again = working.reopen(before, world.exam, "not done", "DQ", world.now, SITE)
    world.apply((again,))
    assert world.open == [R.INDETERMINATE]
    world.exam = replace(world.exam, follow_ups=(before, replace(before, id="f2", state=S.REQUESTED)))
    with pytest.raises(Refused, match="stands for it"):
        working.reopen(before, world.exam, "not done", "DQ", world.now, SITE)
    world.exam = replace(world.exam, follow_ups=(before,))
    world.send(NEGATIVE, C, at=minutes(5))
    with pytest.raises(Refused, match="stands for it"):
        working.reopen(before, world.exam, "not done", "DQ", world.now, SITE)
    with pytest.raises(Refused, match="stands for it"):
        working.reopen(before, replace(world.exam, versions=()), "not done", "DQ", world.now, SITE)


Act = Callable[[], Any]


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda: working.acknowledge(item(), " ", NOW, SITE), "who you are"),
        (lambda: working.acknowledge(taken(), "x", NOW, SITE), "acknowledged before"),
        (lambda: working.acknowledge(finished(), "x", NOW, SITE), "completed"),
        (lambda: working.plan(item(), "x", NOW + hours(1), "x", NOW, SITE), "acknowledge it first"),
        (lambda: working.plan(taken(), " ", NOW + hours(1), "x", NOW, SITE), "--what"),
        (lambda: working.plan(taken(), "x", NOW, "x", NOW, SITE), "90 days"),
        (lambda: working.plan(taken(), "x", NOW + hours(24 * 91), "x", NOW, SITE), "90 days"),
        (lambda: working.plan(taken(item(R.POSITIVE, critical=True)), "x", NOW + hours(24 * 8), "x", NOW, SITE), "7 days"),
        (lambda: working.transfer(item(), "nobody", "x", NOW, SITE), "no person or role"),
        (lambda: working.transfer(finished(), "ward", "x", NOW, SITE), "completed already"),
        (lambda: working.decline(item(), " ", "x", NOW, SITE), "why you decline"),
        (lambda: working.decline(finished(), "x", "x", NOW, SITE), "completed already"),
        (lambda: working.snooze(item(R.POSITIVE, critical=True), NOW + hours(1), "x", NOW, SITE), "nobody has taken it"),
        (lambda: working.snooze(item(), NOW, "x", NOW, SITE), "past"),
        (lambda: working.snooze(finished(), NOW + hours(1), "x", NOW, SITE), "completed already"),
        (lambda: working.complete(item(), "x", NOW, "", SITE), "acknowledge it first"),
        (lambda: working.reopen(taken(), None, "x", "x", NOW, SITE), "accepted"),
        (lambda: working.reopen(finished(), None, " ", "x", NOW, SITE), "why"),
    ],
)
def test_what_is_refused(act: Act, words: str) -> None:
    with pytest.raises(Refused, match=words):
        act()


def test_in_live_mode_only_people_who_are_known_act() -> None:
    live = replace(SITE, mode=Mode.LIVE)
    for stranger in ("Dr Unknown", "ward"):
        with pytest.raises(Refused, match=r"people\.toml"):
            working.acknowledge(item(), stranger, NOW, live)
    assert done(working.acknowledge(item(), "quill", NOW, live)).owner == "Dora Quill, 1"
    assert working.known(replace(SITE, mode=Mode.SHADOW), " Dr Unknown ") == "Dr Unknown"


def test_whoever_types_an_id_is_written_down_by_name() -> None:
    assert working.known(SITE, " quill") == "Dora Quill"
    assert done(working.acknowledge(item(), "quill", NOW, SITE)).acknowledged_by == "Dora Quill"
    assert working.known(SITE, "ward") == "ward", "a role is nobody: it is taken as it was typed"


def test_two_people_of_one_name_are_told_apart_by_what_they_typed() -> None:
    quill = SITE.directory.people["quill"]
    twin = replace(quill, id="quill2", numbers=(), phone="2")
    site = replace(SITE, directory=replace(SITE.directory, people={**SITE.directory.people, "quill2": twin}))
    assert working.known(replace(site, mode=Mode.LIVE), " quill2") == "quill2"
    taken = done(working.acknowledge(item(), "quill2", NOW, site))
    assert (taken.acknowledged_by, taken.owner) == ("quill2", "Dora Quill, 2")
