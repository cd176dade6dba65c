"""DESIGN section 6: a study without a report, a preliminary never finalised, a report taken back and not replaced."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.domain import clocks
from pipeline.domain.exam import Exam, Standing
from pipeline.domain.followup import FollowUpReason, FollowUpState
from pipeline.domain.policy import Policy
from pipeline.domain.report import Liveness, Status
from tests.domain.world import KEY, NEGATIVE, NONDIAGNOSTIC, POSITIVE, T0, UNREADABLE, C, F, P, W, World, X, hours

R = FollowUpReason
DAY = timedelta(hours=24)


def late(world: World) -> object:
    return clocks.late_from(world.exam, world.policy)


def test_a_study_without_a_report_after_a_day() -> None:
    world = World()
    world.image(acquired=hours(-2))
    world.image(acquired=hours(-1))
    assert late(world) == T0 - hours(2) + DAY
    world.now = T0 - hours(2) + DAY - timedelta(seconds=1)
    assert world.tick() == ()
    world.now += timedelta(seconds=1)
    assert len(world.tick()) == 1
    item = world.item(R.REPORT_OVERDUE)
    assert (item.due_at, item.critical, item.report_hash) == (T0 - hours(2) + DAY + hours(4), False, "")
    assert world.letters == []


def test_it_is_told_once() -> None:
    world = World(now=T0 + hours(48))
    world.image()
    world.tick()
    assert (late(world), world.tick()) == (None, ())
    world.acknowledge(world.item(R.REPORT_OVERDUE))
    world.complete(world.item(R.REPORT_OVERDUE))
    assert world.tick() == (), "somebody has dealt with it"


@pytest.mark.parametrize("acquired", [None, hours(24 * 365)])
def test_a_study_without_a_time_or_with_one_in_the_future_counts_from_when_we_saw_it(acquired: timedelta | None) -> None:
    world = World()
    world.image(acquired=acquired)
    assert late(world) == T0 + DAY


def test_nothing_known_nothing_late() -> None:
    world = World()
    assert (late(world), world.tick()) == (None, ())
    world.exam = Exam(KEY)
    world.image(acquired=None)
    assert (late(world), world.tick()) == (None, ())


@pytest.mark.parametrize("reading", [NEGATIVE, POSITIVE, UNREADABLE])
def test_a_final_ends_the_search(reading: object) -> None:
    world = World(now=T0 + hours(48))
    world.image()
    world.tick()
    world.send(reading)  # type: ignore[arg-type]
    assert late(world) is None
    assert R.REPORT_OVERDUE not in world.open
    assert world.exam.follow_ups[0].state is FollowUpState.CANCELLED


def test_a_test_message_does_not_end_it() -> None:
    world = World(now=T0 + hours(48))
    world.image()
    world.send(NEGATIVE, liveness=Liveness.NOT_LIVE)
    assert len(world.tick()) == 1


def test_a_preliminary_never_finalised_after_twelve_hours_from_its_signature() -> None:
    world = World(now=T0 + hours(3))
    world.image()
    world.send(NEGATIVE, P, at=hours(1), sent=hours(2))
    assert late(world) == T0 + hours(13)
    world.now = T0 + hours(13)
    world.tick()
    assert world.item(R.REPORT_OVERDUE).report_hash == world.current.content_hash


def test_a_preliminary_signed_in_the_future_counts_from_its_message() -> None:
    world = World()
    world.send(NEGATIVE, P, at=timedelta(days=300), sent=hours(0))
    assert late(world) == T0 + hours(12)


def test_a_preliminary_without_a_time_counts_from_when_we_saw_the_exam() -> None:
    world = World()
    world.send(NEGATIVE, P, at=None)
    assert late(world) == T0 + hours(12)
    world.exam = replace(world.exam, first_seen_at=None)
    assert late(world) is None


def test_each_preliminary_has_its_own_clock_and_one_open_item_is_enough() -> None:
    world = World(now=T0 + hours(30))
    world.image()
    world.tick()
    world.send(NEGATIVE, P, at=hours(29))
    assert late(world) is None, "somebody is looking for the report already"
    world.acknowledge(world.item(R.REPORT_OVERDUE))
    world.complete(world.item(R.REPORT_OVERDUE))
    assert late(world) == T0 + hours(41), "they found the preliminary; now its final is awaited"


def test_the_follow_up_of_the_preliminary_and_the_late_final_are_two() -> None:
    world = World(now=T0 + hours(20))
    world.send(NONDIAGNOSTIC, P)
    world.tick()
    assert world.open == [R.INDETERMINATE, R.REPORT_OVERDUE]
    world.send(NONDIAGNOSTIC, F, at=hours(19))
    assert world.open == [R.INDETERMINATE]


# ---- taken back


@pytest.mark.parametrize("status", [X, W])
def test_a_scan_whose_report_was_taken_back_lacks_a_report_again(status: Status) -> None:
    world = World()
    world.image(acquired=hours(-5))
    world.send(NONDIAGNOSTIC)
    world.send(NONDIAGNOSTIC, status, at=hours(3))
    assert world.open == []
    assert late(world) == T0 + hours(3) + DAY
    world.now = T0 + hours(3) + DAY
    world.tick()
    assert world.open == [R.REPORT_OVERDUE]
    assert world.tick() == ()
    world.send(NEGATIVE, C, at=hours(26))
    assert world.open == []


def test_images_after_the_retraction_count_from_their_acquisition() -> None:
    world = World()
    world.send(NEGATIVE, X, at=hours(-30))
    world.image(acquired=hours(-2))
    assert late(world) == T0 - hours(2) + DAY


@pytest.mark.parametrize(("status", "waits"), [(X, False), (W, True)])
def test_without_images_only_what_was_wrong_is_awaited_again(status: Status, waits: bool) -> None:
    """An order that was called off needs no report; one that was in error does."""
    world = World()
    world.send(NEGATIVE)
    world.send(NEGATIVE, status, at=hours(1))
    assert late(world) == (T0 + hours(1) + DAY if waits else None)


def test_a_second_retraction_is_told_again() -> None:
    world = World(now=T0 + hours(100))
    world.image()
    for number in (1, 2):
        world.send(NEGATIVE, F, at=hours(2 * number), words=f"report {number}")
        world.send(NEGATIVE, X, at=hours(2 * number + 1))
        assert len(world.tick()) == 1
        world.acknowledge(world.item(R.REPORT_OVERDUE))
        world.complete(world.item(R.REPORT_OVERDUE))


def test_a_retraction_is_told_once() -> None:
    world = World(now=T0 + hours(100))
    world.image()
    world.send(NEGATIVE)
    world.send(NEGATIVE, X, at=hours(1))
    world.tick()
    item = world.item(R.REPORT_OVERDUE)
    assert item.report_hash == world.exam.versions[-1].content_hash, "about the retraction"
    world.acknowledge(item)
    world.complete(world.item(R.REPORT_OVERDUE))
    assert (late(world), world.tick()) == (None, ()), "somebody has dealt with it"


def test_what_comes_after_a_retraction_and_changes_nothing_does_not_move_the_clock() -> None:
    world = World()
    world.image(acquired=hours(-5))
    world.send(NEGATIVE)
    world.send(NEGATIVE, X, at=hours(3))
    assert world.send(NEGATIVE, at=hours(-1)).standing is Standing.SUPERSEDED
    assert late(world) == T0 + hours(3) + DAY
    world.now = T0 + hours(3) + DAY
    world.tick()
    assert world.item(R.REPORT_OVERDUE).report_hash == world.exam.versions[1].content_hash


def test_time_alone_closes_and_releases_nothing() -> None:
    world = World(Policy(hold_expiry=hours(1)))
    world.send(POSITIVE)
    before = world.exam
    world.now += timedelta(days=400)
    assert world.tick() == ()
    assert world.exam == before
