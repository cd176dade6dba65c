"""What people do: acknowledge, complete, release; and what is refused to them, in words."""

from dataclasses import replace
from datetime import datetime

import pytest

from pipeline.domain import actions
from pipeline.domain.followup import FollowUpState
from pipeline.domain.notice import HoldState, NoticeState
from pipeline.domain.policy import Mode, Policy
from pipeline.errors import Refused
from tests.domain.world import ANNA, BERT, CHRONIC, NEGATIVE, NONDIAGNOSTIC, POSITIVE, T0, UNREADABLE, C, World, hours


def test_acknowledging_takes_the_item_and_leaves_it_open() -> None:
    world = World(now=T0 + hours(1))
    world.send(POSITIVE)
    change = actions.acknowledge(world.exam.follow_ups[0], " Dr Test ", world.now)
    world.apply((change,))
    (item,) = world.exam.follow_ups
    assert (item.state, item.acknowledged_by, item.acknowledged_at, item.version) == (FollowUpState.ACCEPTED, "Dr Test", world.now, 2)
    assert (item.state.open, change.why) == (True, "acknowledged")


@pytest.mark.parametrize("reading", [POSITIVE, CHRONIC])
def test_acknowledging_and_completing_never_release_a_letter(reading: object) -> None:
    world = World()
    world.send(reading)  # type: ignore[arg-type]
    world.acknowledge(world.exam.follow_ups[0])
    world.complete(world.exam.follow_ups[0])
    assert world.notice.state is NoticeState.ON_HOLD
    assert world.exam.follow_ups[0].state is FollowUpState.COMPLETED


def test_what_cannot_be_acknowledged() -> None:
    world = World()
    world.send(POSITIVE)
    item = world.exam.follow_ups[0]
    with pytest.raises(Refused, match="say who you are"):
        actions.acknowledge(item, "  ", T0)
    world.acknowledge(item)
    with pytest.raises(Refused, match="acknowledged before"):
        world.acknowledge(world.exam.follow_ups[0])
    world.complete(world.exam.follow_ups[0])
    with pytest.raises(Refused, match="completed"):
        world.acknowledge(world.exam.follow_ups[0])


def test_only_what_somebody_has_taken_can_be_completed() -> None:
    world = World()
    world.send(POSITIVE)
    item = world.exam.follow_ups[0]
    with pytest.raises(Refused, match="acknowledge it first"):
        actions.complete(item, "Dr Test", T0)
    with pytest.raises(Refused, match="say who you are"):
        actions.complete(replace(item, state=FollowUpState.ACCEPTED), "", T0)
    started = replace(item, state=FollowUpState.IN_PROGRESS)
    assert actions.complete(started, "Dr Test", T0).item.state is FollowUpState.COMPLETED
    with pytest.raises(Refused, match="cancelled"):
        actions.complete(replace(item, state=FollowUpState.CANCELLED), "Dr Test", T0)


# ---- release


def test_a_released_letter_leaves_at_once() -> None:
    world = World(Policy(quiet_period=hours(5)), now=T0 + hours(1))
    world.send(NEGATIVE, problems=["release-withheld"])
    world.release(world.hold)
    assert (world.notice.state, world.notice.release_at) == (NoticeState.PREPARATION, world.now)
    assert world.exam.holds[0].state is HoldState.RELEASED
    assert len(world.leave()) == 1


@pytest.mark.parametrize("reading", [POSITIVE, CHRONIC])
def test_a_positive_letter_wants_to_know_when_the_patient_was_told(reading: object) -> None:
    world = World()
    world.send(reading)  # type: ignore[arg-type]
    with pytest.raises(Refused, match="first hear of a clot"):
        world.release(world.hold, told=" ")
    with pytest.raises(Refused, match="before the scan"):
        world.release(world.hold, told="2020-01-01T10:00+00:00")
    world.release(world.hold, told="10:00 by phone")
    assert world.notice.state is NoticeState.PREPARATION


@pytest.mark.parametrize(
    ("exam_at", "signed_at", "told", "refused"),
    [
        (T0 - hours(1), T0, "2026-03-02T08:59:59+00:00", True),
        (T0 - hours(1), T0, " 2026-03-02T08:59:59Z ", True),
        (T0 - hours(1), T0, "2026-03-02T09:00:00+00:00", False),
        (T0 - hours(1), T0, "2026-03-02T09:59:59+01:00", True),
        (T0 - hours(1), T0, "2020-01-01T10:00", False),
        (None, T0, "2026-03-02T09:59:59+00:00", True),
        (None, T0, "2026-03-02T10:00:00+00:00", False),
        (None, None, "2020-01-01T10:00+00:00", False),
    ],
    ids=["before", "with spaces", "at the scan", "another zone", "no zone", "before it was signed", "when signed", "nobody knows when"],
)
def test_a_patient_is_told_after_the_scan_never_before(
    exam_at: datetime | None, signed_at: datetime | None, told: str, refused: bool
) -> None:
    world = World()
    world.receive(replace(world.report(), observed_at=exam_at, signed_at=signed_at, message_at=signed_at), POSITIVE)
    if refused:
        with pytest.raises(Refused, match="before the scan"):
            world.release(world.hold, told=told)
    else:
        world.release(world.hold, told=told)
    assert world.notice.state is (NoticeState.ON_HOLD if refused else NoticeState.PREPARATION)


def test_or_a_reason_why_not() -> None:
    world = World()
    world.send(POSITIVE)
    with pytest.raises(Refused, match="first hear of a clot"):
        world.release(world.hold, told="", override="  ")
    world.release(world.hold, told="", override="the patient asked for it by letter")
    assert world.notice.state is NoticeState.PREPARATION


def test_another_letter_needs_nobody_to_be_told() -> None:
    world = World()
    world.send(NONDIAGNOSTIC, problems=["release-unknown"])
    world.release(world.hold, told="")
    assert world.notice.state is NoticeState.PREPARATION


@pytest.mark.parametrize("told", ["", "10:00 by phone"])
def test_where_the_person_is_in_doubt_telling_is_not_enough(told: str) -> None:
    world = World()
    world.send(POSITIVE)
    world.image(BERT)
    with pytest.raises(Refused, match="another person"):
        world.release(world.hold, told=told)
    world.release(world.hold, override="compared with the wristband")
    assert world.notice.state is NoticeState.PREPARATION


def test_every_hold_of_a_letter_can_be_released() -> None:
    """However many reasons it has collected, there is one hold, and it can be let go."""
    world = World()
    world.send(POSITIVE, problems=["release-withheld"], patient=replace(ANNA, restricted=True))
    world.send(NONDIAGNOSTIC, world.exam.versions[0].status.PRELIMINARY, at=hours(-1))
    world.image(BERT)
    world.release(world.hold, override="all clear")
    assert world.notice.state is NoticeState.PREPARATION


def test_what_cannot_be_released() -> None:
    world = World()
    world.send(UNREADABLE)
    with pytest.raises(Refused, match="no letter was drafted"):
        world.release(world.hold)
    with pytest.raises(Refused, match="no hold has this id"):
        actions.release(world.exam, "0" * 32, "Dr Test", "", "", T0)
    with pytest.raises(Refused, match="say who you are"):
        actions.release(world.exam, world.hold.id, " ", "", "", T0)
    world.send(POSITIVE, C, at=hours(1))
    with pytest.raises(Refused, match="superseded"):
        world.release(world.exam.holds[0])
    stopped = replace(world.exam, notices=tuple(replace(one, state=NoticeState.STOPPED) for one in world.exam.notices))
    with pytest.raises(Refused, match="nothing to release"):
        actions.release(stopped, world.hold.id, "Dr Test", "now", "", T0)


def test_not_in_shadow_mode_whatever_the_reason() -> None:
    world = World(Policy(mode=Mode.SHADOW))
    world.send(NEGATIVE)
    with pytest.raises(Refused, match="shadow"):
        world.release(world.hold, override="please")
    assert world.notice.state is NoticeState.ON_HOLD


def test_a_release_is_possible_once() -> None:
    world = World()
    world.send(POSITIVE)
    hold = world.hold
    world.release(hold)
    with pytest.raises(Refused, match="released"):
        world.release(hold)


def test_a_released_letter_is_still_stopped_by_a_correction() -> None:
    world = World()
    world.send(POSITIVE)
    world.release(world.hold)
    world.send(NEGATIVE, C, at=hours(1))
    assert world.letters == [("positive", "result", "stopped"), ("absent", "result", "preparation")]
