"""An item that nobody works goes from one to the next, and never falls silent."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from pipeline.domain.directory import Away, Directory, Orderer, Person, Role
from pipeline.domain.followup import FollowUp, FollowUpReason, FollowUpState
from pipeline.domain.identity import PersonName
from pipeline.domain.ladder import begun, first_owner, handed_on, ladder_of, role_at, scheduled, step
from pipeline.domain.policy import Policy
from pipeline.domain.rungs import CALM, DEFAULT_LADDERS, DEFAULT_NEXT_STEPS, SLOW, URGENT, Rung, Since
from tests.domain.world import CHRONIC, NEGATIVE, NONDIAGNOSTIC, POSITIVE, REACHING_HIGH, T0, C, F, P, World, hours, minutes

R = FollowUpReason
AWAY_LATER = (Away(date(2026, 3, 3), date(2026, 3, 3)),)
BOOK = Directory(
    {
        "quill": Person("quill", "Dora Quill", "1", ("9001",), (), "marsh"),
        "marsh": Person("marsh", "Milo Marsh", "2", (), AWAY_LATER),
    },
    {
        "ward": Role("ward", "Ward", "20", ("quill", "marsh")),
        "nuclear-medicine-on-call": Role("nuclear-medicine-on-call", "NM on call", "21"),
        "charge-nurse": Role("charge-nurse", "Charge nurse", "22"),
        "chief-on-call": Role("chief-on-call", "Chief", "23"),
        "department-lead": Role("department-lead", "Lead", "24"),
        "patient-safety": Role("patient-safety", "Safety", "25"),
    },
)
SITE = Policy(owner="duty, 99", directory=BOOK)


def item(reason: FollowUpReason = R.INDETERMINATE, **more: object) -> FollowUp:
    due = more.pop("due_at", T0 + hours(4 if reason is R.INDETERMINATE else 1))
    new = FollowUp("f1", reason, FollowUpState.REQUESTED, T0, due, "", "r", **more)  # type: ignore[arg-type]
    return begun(new, SITE, T0, Orderer("9001"))


def climbed(start: FollowUp, until: timedelta, every: timedelta = minutes(5)) -> list[tuple[float, int, str]]:
    """(hours after T0, level, owner) of each step, looked at every five minutes."""
    found, now = [], T0
    while now <= T0 + until:
        if change := step(start, SITE, now):
            assert isinstance(change.item, FollowUp)
            assert change.item.version == start.version + 1
            start = change.item
            assert start.step_at is not None
            assert start.step_at > now
            found.append(((now - T0) / hours(1), start.level, start.owner))
        now += every
    return found


def test_an_indeterminate_result_that_nobody_takes() -> None:
    new = item()
    assert (new.owner, new.asked, new.step_at, new.next_step) == (
        "Dora Quill, 1",
        "quill",
        T0 + hours(2),
        DEFAULT_NEXT_STEPS[R.INDETERMINATE],
    )
    assert climbed(new, hours(121)) == [
        (2, 1, "Ward, 20"),
        (4, 2, "NM on call, 21"),
        (24, 3, "Lead, 24"),
        (72, 4, "Safety, 25"),
        (96, 5, "Safety, 25"),
        (120, 6, "Safety, 25"),
    ]


def test_a_clot_that_nobody_takes() -> None:
    new = item(R.POSITIVE, critical=True)
    assert climbed(new, hours(26)) == [
        (0.25, 1, "Milo Marsh, 2"),
        (0.5, 2, "Charge nurse, 22"),
        (1, 3, "Chief, 23"),
        (25, 4, "Chief, 23"),
    ]
    assert [role_at(replace(new, level=level), SITE) for level in (0, 1, 3, 9)] == ["owner", "deputy", "chief-on-call", "chief-on-call"]


def test_each_rung_asks_who_answers_then() -> None:
    new = item(R.POSITIVE, critical=True)
    moved = step(replace(new, ladder_from=T0 + hours(24), step_at=None), SITE, T0 + hours(24.3))
    assert moved is not None
    assert isinstance(moved.item, FollowUp)
    assert moved.item.owner == "Ward, 20", "the deputy is away that day"


def test_after_a_pause_it_goes_to_the_highest_rung_that_is_due_once() -> None:
    assert climbed(item(), hours(50), every=hours(25)) == [(25, 3, "Lead, 24")]
    late = step(item(), SITE, T0 + timedelta(days=9, hours=3))
    assert late is not None
    assert isinstance(late.item, FollowUp)
    assert (late.item.level, late.item.version, late.why) == (4, 2, "escalated")


def test_late_ticks_do_not_shift_the_reminders() -> None:
    top = replace(item(), level=4, step_at=T0 + hours(96))
    again = step(top, SITE, T0 + hours(96 + 49))
    assert again is not None
    assert isinstance(again.item, FollowUp)
    assert (again.item.step_at, again.why) == (T0 + hours(96 + 72), "reminded")


def test_whoever_took_it_is_reminded_and_then_the_top_is_asked() -> None:
    taken = replace(item(), acknowledged_by="Dora Quill", owner="Dora Quill, 1", state=FollowUpState.ACCEPTED)
    assert climbed(scheduled(taken, SITE, T0), hours(77)) == [
        (28, 1, "Dora Quill, 1"),
        (52, 2, "Safety, 25"),
        (76, 3, "Safety, 25"),
    ]
    assert [role_at(replace(taken, level=level), SITE) for level in (1, 2)] == ["owner", "patient-safety"]
    planned = scheduled(replace(taken, planned_for=T0 + hours(200)), SITE, T0)
    assert planned.step_at == T0 + hours(224)


def test_what_is_closed_takes_no_step() -> None:
    done = replace(item(), state=FollowUpState.COMPLETED)
    assert step(done, SITE, T0 + hours(500)) is None
    assert scheduled(done, SITE, T0).step_at is None


def test_an_item_from_before_there_were_ladders_climbs_too() -> None:
    old = FollowUp("f1", R.INDETERMINATE, FollowUpState.REQUESTED, T0, T0 + hours(4), "somebody", "r")
    first = step(old, SITE, T0 + hours(1))
    assert first is not None
    assert isinstance(first.item, FollowUp)
    assert (first.item.step_at, first.item.level, first.item.owner, first.why) == (T0 + hours(2), 0, "somebody", "ladder-set")


def test_a_site_with_an_empty_ladder_reminds_the_duty_role() -> None:
    bare = replace(SITE, ladders=dict.fromkeys(R, ()))
    new = begun(item(), bare, T0)
    assert (new.owner, new.step_at) == ("duty, 99", T0 + hours(24))
    for state in (new, replace(new, acknowledged_by="x", level=1)):
        moved = step(state, bare, T0 + hours(24))
        assert moved is not None
        assert isinstance(moved.item, FollowUp)
        assert moved.item.owner == "duty, 99"
        assert role_at(moved.item, bare) == "owner"
    assert handed_on(new, bare, T0).owner == "duty, 99"


def test_rungs_may_count_from_the_due_time_and_ask_the_first_owner_again() -> None:
    own = replace(
        SITE, ladders={**DEFAULT_LADDERS, R.INDETERMINATE: (Rung(hours(1), "owner", Since.DUE), Rung(hours(2), "nobody", Since.DUE))}
    )
    new = begun(item(), own, T0, Orderer("9001"))
    assert new.step_at == T0 + hours(5)
    first = step(replace(new, owner="other"), own, T0 + hours(5))
    assert first is not None
    assert isinstance(first.item, FollowUp)
    assert (first.item.owner, first.item.step_at) == ("Dora Quill, 1", T0 + hours(6))
    second = step(first.item, own, T0 + hours(6))
    assert second is not None
    assert isinstance(second.item, FollowUp)
    assert second.item.owner == "duty, 99", "a role that nobody knows: the last resort"


@pytest.mark.parametrize(
    ("reason", "critical", "due", "ladder"),
    [
        (R.INDETERMINATE, False, 4, CALM),
        (R.INDETERMINATE, True, 1, URGENT),
        (R.POSITIVE, True, 1, URGENT),
        (R.POSITIVE, True, 24, URGENT),
        (R.UNREADABLE, True, 1, URGENT),
        (R.WRONG_LETTER_OUT, True, 1, URGENT),
        (R.REJECTED, False, 24, SLOW),
        (R.REJECTED, True, 1, URGENT),
        (R.NO_PE_QUESTION, False, 72, SLOW),
    ],
)
def test_which_ladder(reason: FollowUpReason, critical: bool, due: int, ladder: tuple[Rung, ...]) -> None:
    assert ladder_of(item(reason, critical=critical, due_at=T0 + hours(due)), SITE) == ladder


def test_whom_a_new_item_is_for() -> None:
    known, unknown = Orderer("9001"), Orderer("77", "Else")
    assert first_owner(SITE, R.POSITIVE, known) == "quill"
    assert first_owner(SITE, R.POSITIVE, unknown) == ""
    for reason in (R.REPORT_OVERDUE, R.WRONG_LETTER_OUT, R.IDENTITY, R.REJECTED):
        assert first_owner(SITE, reason, known) == ""
    assert first_owner(replace(SITE, owners={R.REJECTED: "department-lead"}), R.REJECTED, known) == "department-lead"


def test_the_owner_comes_from_the_order_and_is_kept_for_later_versions() -> None:
    world = World(policy=SITE)
    world.receive(replace(world.report(), orderer=PersonName("Quill", "Dora"), orderer_id="9001"), NEGATIVE)
    assert world.current.orderer_id == "9001"
    world.receive(replace(world.report(C, at=minutes(5)), orderer=None), NONDIAGNOSTIC)
    found = world.item(R.INDETERMINATE)
    assert (found.owner, found.asked, found.level) == ("Dora Quill, 1", "quill", 0)


def test_a_graver_result_begins_its_ladder_anew_and_a_repeat_does_not() -> None:
    world = World(policy=SITE)
    world.send(NONDIAGNOSTIC, P)
    world.now = T0 + hours(3)
    change = step(world.item(R.INDETERMINATE), SITE, world.now)
    assert change is not None
    world.apply((change,))
    assert world.item(R.INDETERMINATE).level == 1
    world.send(NONDIAGNOSTIC, F, at=minutes(30))
    assert world.item(R.INDETERMINATE).level == 1, "nobody gets more time by waiting"
    world.send(POSITIVE, C, at=hours(3))
    renewed = world.item(R.DISCREPANCY)
    assert (renewed.level, renewed.step_at, renewed.next_step) == (0, T0 + hours(3.25), DEFAULT_NEXT_STEPS[R.DISCREPANCY])


def test_an_item_that_becomes_critical_unacknowledged_takes_the_urgent_ladder() -> None:
    world = World(policy=SITE)
    world.send(NONDIAGNOSTIC)
    world.send(REACHING_HIGH, C, at=minutes(10))
    found = world.item(R.INDETERMINATE)
    assert found.critical
    assert found.step_at == T0 + minutes(15)


def test_an_acknowledged_item_keeps_its_time_when_the_same_result_comes_again() -> None:
    world = World(policy=SITE)
    world.send(NONDIAGNOSTIC)
    world.acknowledge(world.item(R.INDETERMINATE))
    before = world.item(R.INDETERMINATE).step_at
    world.now = T0 + hours(6)
    world.send(NONDIAGNOSTIC, C, at=hours(1))
    assert world.item(R.INDETERMINATE).step_at == before


def test_a_cancelled_item_leaves_its_ladder() -> None:
    world = World(policy=SITE)
    world.send(NONDIAGNOSTIC)
    world.send(NEGATIVE, C, at=minutes(10))
    (found,) = world.exam.follow_ups
    assert (found.state, found.step_at) == (FollowUpState.CANCELLED, None)


def test_chronic_disease_has_a_calm_ladder() -> None:
    world = World(policy=SITE)
    world.send(CHRONIC)
    assert world.item(R.POSITIVE).step_at == T0 + hours(2)


def test_an_acute_clot_is_urgent_however_old_its_item_is() -> None:
    """The age of an item says nothing of its urgency: a clot taken up again, chronic disease that turned acute."""
    world = World()
    world.send(POSITIVE)
    world.acknowledge(world.exam.follow_ups[0])
    world.complete(world.exam.follow_ups[0])
    world.now += hours(20)
    world.send(POSITIVE, C, at=hours(20))
    assert len(world.exam.follow_ups) == 1
    assert ladder_of(world.exam.follow_ups[0], world.policy) == URGENT
    turned = World()
    turned.send(CHRONIC)
    assert ladder_of(turned.exam.follow_ups[0], turned.policy) == CALM
    turned.now += hours(3)
    turned.send(POSITIVE, C, at=hours(3))
    assert ladder_of(turned.exam.follow_ups[0], turned.policy) == URGENT
