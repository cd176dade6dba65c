"""DESIGN section 6: follow-ups over the versions of an exam: kept, taken up again, cancelled; never lost, never given more time."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.domain.arrival import Rejection
from pipeline.domain.decide import decide_rejection
from pipeline.domain.dues import add_working_days, base_time, due_at, overdue
from pipeline.domain.followup import FollowUpReason, FollowUpState
from pipeline.domain.identity import ExamKey
from pipeline.domain.plan import stable_id
from pipeline.domain.policy import DEFAULT_CLOCKS, Policy
from pipeline.domain.reading import Reading
from pipeline.domain.report import Liveness, Status
from tests.domain.world import (
    ANOTHER_QUESTION,
    BERT,
    CHRONIC,
    NEGATIVE,
    NONDIAGNOSTIC,
    NORMAL,
    POSITIVE,
    REACHING_HIGH,
    T0,
    UNREADABLE,
    C,
    F,
    P,
    W,
    World,
    X,
    hours,
    minutes,
)

R = FollowUpReason


def states(world: World) -> list[tuple[str, str]]:
    return [(item.reason.value, item.state.value) for item in world.exam.follow_ups]


# ---- a correction


def test_unacknowledged_and_indeterminate_is_cancelled_by_a_correction() -> None:
    world = World()
    world.send(NONDIAGNOSTIC)
    decision = world.send(NEGATIVE, C, at=hours(1))
    assert states(world) == [("indeterminate", "cancelled")]
    assert decision.follow_up is None


@pytest.mark.parametrize("reading", [NONDIAGNOSTIC, REACHING_HIGH])
def test_acknowledged_it_stays_open_as_result_changed_until_acknowledged_again(reading: Reading) -> None:
    world = World()
    world.send(reading)
    world.acknowledge(world.exam.follow_ups[0])
    assert world.send(NEGATIVE, C, at=hours(1)).follow_up is R.RESULT_CHANGED
    item = world.item(R.RESULT_CHANGED)
    assert (item.state, item.acknowledged_by, item.acknowledged_at, item.critical) == (FollowUpState.REQUESTED, "", None, True)
    assert item.due_at == T0 + hours(1), "the correction's sign time counts as now at the latest, and the positive's clock"
    world.acknowledge(item)
    assert world.item(R.RESULT_CHANGED).state is FollowUpState.ACCEPTED


@pytest.mark.parametrize("acknowledged", [True, False])
@pytest.mark.parametrize("reading", [POSITIVE, CHRONIC, UNREADABLE, ANOTHER_QUESTION])
def test_a_positive_or_unread_one_is_never_cancelled(reading: Reading, acknowledged: bool) -> None:
    world = World()
    world.send(reading)
    (item,) = world.exam.follow_ups
    if acknowledged:
        world.acknowledge(item)
    world.send(NEGATIVE, C, at=hours(1))
    assert states(world) == [("result-changed", "requested")]
    renewed = world.exam.follow_ups[0]
    assert (renewed.id, renewed.report_hash, renewed.critical) == (item.id, world.current.content_hash, True)
    assert "changed" in renewed.note


def test_a_positive_that_becomes_nondiagnostic_has_both() -> None:
    world = World()
    world.send(POSITIVE)
    assert world.send(NONDIAGNOSTIC, C, at=hours(1)).follow_up is R.INDETERMINATE
    assert world.open == [R.RESULT_CHANGED, R.INDETERMINATE]


def test_a_changed_result_that_changes_again_is_asked_again() -> None:
    world = World()
    world.send(POSITIVE)
    world.send(NONDIAGNOSTIC, C, at=hours(1))
    world.acknowledge(world.item(R.RESULT_CHANGED))
    assert world.send(NEGATIVE, C, at=hours(2)).follow_up is R.RESULT_CHANGED
    assert states(world) == [("result-changed", "requested"), ("indeterminate", "cancelled")]


def test_a_changed_result_that_nobody_has_looked_at_is_not_asked_twice() -> None:
    world = World()
    world.send(POSITIVE)
    world.send(NONDIAGNOSTIC, C, at=hours(1))
    before = world.item(R.RESULT_CHANGED)
    assert world.send(NEGATIVE, C, at=hours(2)).follow_up is None
    assert states(world) == [("result-changed", "requested"), ("indeterminate", "cancelled")]
    assert world.item(R.RESULT_CHANGED) == before


def test_one_item_tells_whoever_dealt_with_two_results_that_changed() -> None:
    world = World()
    world.send(POSITIVE)
    world.acknowledge(world.exam.follow_ups[0])
    world.complete(world.exam.follow_ups[0])
    world.send(NONDIAGNOSTIC, C, at=hours(1))
    world.acknowledge(world.item(R.INDETERMINATE))
    assert world.send(NEGATIVE, C, at=hours(2)).follow_up is R.RESULT_CHANGED
    assert states(world) == [("positive", "completed"), ("result-changed", "requested")]


def test_what_was_dealt_with_on_the_slow_clock_tells_nobody() -> None:
    world = World()
    world.send(NONDIAGNOSTIC)
    world.acknowledge(world.exam.follow_ups[0])
    world.complete(world.exam.follow_ups[0])
    assert world.send(NEGATIVE, C, at=hours(1)).follow_up is None
    assert states(world) == [("indeterminate", "completed")]


def test_what_is_not_about_the_result_is_no_changed_result() -> None:
    world = World()
    world.send(NEGATIVE)
    world.send(NEGATIVE, P, at=hours(1))
    before = world.item(R.STATUS_REGRESSED)
    assert world.send(NORMAL, C, at=hours(2)).follow_up is None
    assert world.item(R.STATUS_REGRESSED) == before


def test_a_report_that_is_taken_back_twice_changes_once() -> None:
    world = World()
    world.send(POSITIVE)
    world.send(POSITIVE, X, at=hours(1))
    world.acknowledge(world.item(R.RESULT_CHANGED))
    world.send(POSITIVE, W, at=hours(2))
    assert states(world) == [("result-changed", "accepted")]


def test_whoever_reads_the_report_already_is_not_asked_again_to_read_it() -> None:
    world = World()
    world.send(UNREADABLE)
    world.acknowledge(world.item(R.UNREADABLE))
    world.send(NEGATIVE, Status.UNKNOWN, at=hours(1))
    assert states(world) == [("unreadable", "accepted")]


def test_a_changed_result_that_stays_is_not_asked_again() -> None:
    world = World()
    world.send(POSITIVE)
    world.send(NEGATIVE, C, at=hours(1))
    world.acknowledge(world.item(R.RESULT_CHANGED))
    world.send(NORMAL, C, at=hours(2))
    assert states(world) == [("result-changed", "accepted")]


def test_whoever_dealt_with_a_positive_hears_that_it_is_none() -> None:
    world = World()
    world.send(POSITIVE)
    world.acknowledge(world.exam.follow_ups[0])
    world.complete(world.exam.follow_ups[0])
    assert world.send(NORMAL, C, at=hours(1)).follow_up is R.RESULT_CHANGED
    assert states(world) == [("positive", "completed"), ("result-changed", "requested")]


def closed(world: World) -> None:
    world.acknowledge(world.exam.follow_ups[-1])
    world.complete(world.exam.follow_ups[-1])


@pytest.mark.parametrize("reading", [NONDIAGNOSTIC, REACHING_HIGH, POSITIVE, UNREADABLE, ANOTHER_QUESTION])
def test_a_completed_one_is_taken_up_again_as_the_same_item(reading: Reading) -> None:
    world = World()
    world.send(reading)
    closed(world)
    (before,) = world.exam.follow_ups
    world.now += hours(30)
    world.send(reading, C, at=hours(29))
    (item,) = world.exam.follow_ups
    assert (item.id, item.reason, item.state, item.reopened) == (before.id, before.reason, FollowUpState.REQUESTED, True)
    assert (item.acknowledged, item.closed_by, item.closed_at, item.closed_why) == (False, "", None, "")
    assert (item.level, item.ladder_from, item.report_hash) == (0, world.now, world.current.content_hash)
    assert item.due_at > before.due_at
    assert item.step_at is not None
    assert item.version == before.version + 1


def test_what_somebody_once_completed_is_never_cancelled_without_a_word() -> None:
    world = World()
    world.send(NONDIAGNOSTIC)
    closed(world)
    world.send(NONDIAGNOSTIC, C, at=hours(1))
    world.send(NEGATIVE, C, at=hours(2))
    assert states(world) == [("result-changed", "requested")]


def test_a_result_that_comes_back_takes_up_its_own_item() -> None:
    world = World()
    world.send(NONDIAGNOSTIC)
    closed(world)
    world.send(POSITIVE, C, at=hours(1))
    world.send(NONDIAGNOSTIC, C, at=hours(2))
    assert states(world) == [("indeterminate", "requested"), ("result-changed", "requested")]


# ---- the same result in a new version


@pytest.mark.parametrize("reading", [NONDIAGNOSTIC, POSITIVE, CHRONIC, UNREADABLE, ANOTHER_QUESTION])
def test_the_same_result_keeps_its_item_its_time_and_its_person(reading: Reading) -> None:
    world = World(now=T0 + hours(1))
    world.send(reading)
    before = world.exam.follow_ups[0]
    world.acknowledge(before)
    world.send(reading, C, at=hours(1))
    (item,) = world.exam.follow_ups
    assert (item.id, item.due_at, item.acknowledged_by, item.state) == (before.id, before.due_at, "Dr Test", FollowUpState.ACCEPTED)
    assert (item.report_hash, item.version) == (world.current.content_hash, 3)


def test_graver_means_sooner() -> None:
    world = World(now=T0 + hours(1))
    world.send(NONDIAGNOSTIC)
    world.send(REACHING_HIGH, C, at=hours(1))
    assert (world.item(R.INDETERMINATE).due_at, world.item(R.INDETERMINATE).critical) == (T0 + hours(2), True)


def test_graver_is_asked_again() -> None:
    world = World(now=T0 + hours(1))
    world.send(NONDIAGNOSTIC)
    world.acknowledge(world.item(R.INDETERMINATE))
    world.send(REACHING_HIGH, C, at=hours(1))
    assert world.item(R.INDETERMINATE).state is FollowUpState.REQUESTED


@pytest.mark.parametrize("acknowledged", [True, False])
def test_chronic_that_turns_out_acute_is_on_the_acute_clock(acknowledged: bool) -> None:
    """On a Friday the chronic one's clock runs until Monday."""
    world = World(now=T0 + hours(1))
    world.send(CHRONIC)
    if acknowledged:
        world.acknowledge(world.item(R.POSITIVE))
    world.send(POSITIVE, C, at=hours(1))
    item = world.item(R.POSITIVE)
    assert (item.due_at, item.state) == (T0 + hours(2), FollowUpState.REQUESTED)


def test_acute_that_turns_out_chronic_keeps_its_time() -> None:
    world = World(now=T0 + hours(1))
    world.send(POSITIVE)
    world.send(CHRONIC, C, at=hours(1))
    assert world.item(R.POSITIVE).due_at == T0 + hours(1)


# ---- a version that may be none of this exam's


@pytest.mark.parametrize(
    "doubt",
    [{"patient": BERT}, {"problems": ["identity-conflict"]}, {"problems": ["order-number-conflict"]}, {"liveness": Liveness.UNSTATED}],
    ids=["another person", "two people in the message", "two order numbers", "MSH-11 empty"],
)
@pytest.mark.parametrize(("reading", "status"), [(NEGATIVE, C), (NEGATIVE, X)])
def test_a_doubtful_version_cancels_nothing(doubt: dict[str, object], reading: Reading, status: Status) -> None:
    world = World()
    world.send(NONDIAGNOSTIC)
    world.send(reading, status, at=hours(1), **doubt)
    assert R.RESULT_CHANGED in world.open
    assert not [item for item in world.exam.follow_ups if item.state is FollowUpState.CANCELLED]


def test_a_doubtful_version_does_not_end_the_search_for_a_report() -> None:
    world = World()
    world.image()
    world.now = T0 + hours(30)
    world.tick()
    world.send(NEGATIVE, patient=BERT)
    assert set(world.open) == {R.REPORT_OVERDUE, R.IDENTITY}


# ---- a retraction


@pytest.mark.parametrize("status", [X, W])
def test_a_retraction_cancels_and_keeps_by_the_same_rule(status: Status) -> None:
    for reading, acknowledged, left in (
        (NONDIAGNOSTIC, False, [("indeterminate", "cancelled")]),
        (NONDIAGNOSTIC, True, [("result-changed", "requested")]),
        (POSITIVE, False, [("result-changed", "requested")]),
        (POSITIVE, True, [("result-changed", "requested")]),
    ):
        world = World()
        world.send(reading)
        if acknowledged:
            world.acknowledge(world.exam.follow_ups[0])
        decision = world.send(reading, status, at=hours(1))
        assert states(world) == left
        assert decision.follow_up is (R.RESULT_CHANGED if "result-changed" in left[0] else None)


def test_a_changed_result_is_asked_again_when_it_is_taken_back() -> None:
    world = World()
    world.send(POSITIVE)
    world.send(NEGATIVE, C, at=hours(1))
    world.acknowledge(world.item(R.RESULT_CHANGED))
    world.send(NEGATIVE, X, at=hours(2))
    assert states(world) == [("result-changed", "requested")]


def test_a_discrepancy_that_is_taken_back_is_a_changed_result() -> None:
    world = World()
    world.send(POSITIVE, P)
    world.send(NEGATIVE, F, at=hours(1))
    world.send(NEGATIVE, X, at=hours(2))
    assert states(world) == [("result-changed", "requested")]
    world.send(NONDIAGNOSTIC, C, at=hours(3))
    assert world.open == [R.RESULT_CHANGED, R.INDETERMINATE]


def test_what_has_nothing_to_do_with_the_result_stays_open() -> None:
    world = World()
    world.send(NEGATIVE)
    world.send(NEGATIVE, P, at=hours(1))
    world.send(NEGATIVE, X, at=hours(2))
    assert world.open == [R.STATUS_REGRESSED]


def test_the_wrong_patient_is_no_doubt_whether_the_retraction_is_this_exams() -> None:
    world = World()
    world.send(NONDIAGNOSTIC)
    world.send(NONDIAGNOSTIC, W, at=hours(1), problems=["wrong-patient"])
    assert states(world) == [("indeterminate", "cancelled"), ("identity", "requested")]


def test_the_wrong_patient_asks_whose_it_is() -> None:
    world = World()
    world.send(NEGATIVE)
    assert world.send(NEGATIVE, W, at=hours(1), problems=["wrong-patient"]).follow_up is R.IDENTITY
    assert world.open == [R.IDENTITY]
    world.send(NEGATIVE, W, at=hours(2), problems=["wrong-patient"])
    assert world.open == [R.IDENTITY]


# ---- clocks, ids, rejected input


def test_default_clocks() -> None:
    hour = {R.POSITIVE, R.UNREADABLE, R.IDENTITY, R.DISCREPANCY, R.STATUS_REGRESSED, R.WRONG_LETTER_OUT, R.RESULT_CHANGED}
    assert {reason for reason, clock in DEFAULT_CLOCKS.items() if clock == hours(1)} == hour
    assert DEFAULT_CLOCKS[R.INDETERMINATE] == hours(4)
    assert (Policy().preliminary_clock, Policy().study_clock) == (hours(12), hours(24))
    assert set(DEFAULT_CLOCKS) == set(R)


@pytest.mark.parametrize(
    ("days_on", "working_days", "arrives"), [(0, 1, 1), (4, 1, 7), (5, 1, 7), (6, 1, 7), (0, 3, 3), (2, 3, 7), (4, 3, 9), (0, 0, 0)]
)
def test_working_days(days_on: int, working_days: int, arrives: int) -> None:
    assert add_working_days(T0 + timedelta(days=days_on), working_days) == T0 + timedelta(days=arrives)


@pytest.mark.parametrize(
    ("signed", "sent", "base"), [(0, 1, 0), (1, 0, 1), (None, 1, 1), (None, None, 2), (3, 1, 2), (None, 3, 2)], ids=str
)
def test_clocks_start_when_the_report_was_signed_else_sent_else_now_and_never_later(
    signed: int | None, sent: int | None, base: int
) -> None:
    times = [T0 + hours(count) if count is not None else None for count in (signed, sent)]
    report = replace(World().report(), signed_at=times[0], message_at=times[1])
    assert base_time(report, T0 + hours(2)) == T0 + hours(base)


def test_only_another_question_counts_in_working_days() -> None:
    friday = T0 + timedelta(days=4)
    assert due_at(R.NO_PE_QUESTION, friday, Policy()) == T0 + timedelta(days=9)
    days = Policy(clocks=dict.fromkeys(R, timedelta(days=1)))
    assert {reason for reason in R if due_at(reason, friday, days) != friday + timedelta(days=1)} == {R.NO_PE_QUESTION}


def test_critical_puts_any_reason_on_the_positives_clock_but_chronic_has_a_working_day() -> None:
    policy = Policy()
    assert due_at(R.INDETERMINATE, T0, policy, critical=True) == T0 + hours(1)
    assert due_at(R.NO_PE_QUESTION, T0, policy, critical=True) == T0 + hours(1)
    assert due_at(R.POSITIVE, T0, policy, critical=True, chronic=True) == T0 + timedelta(days=1)
    assert due_at(R.INDETERMINATE, T0, policy, chronic=True) == T0 + hours(4)
    assert due_at(R.NO_PE_QUESTION, T0, policy) == T0 + timedelta(days=3)


def test_overdue_is_computed_and_ends_with_the_item() -> None:
    world = World()
    world.send(POSITIVE)
    item = world.exam.follow_ups[0]
    assert not overdue(item, item.due_at)
    assert overdue(item, item.due_at + timedelta(seconds=1))
    world.acknowledge(item)
    assert overdue(world.exam.follow_ups[0], T0 + hours(9)), "taking it is not doing it"
    world.complete(world.exam.follow_ups[0])
    assert not overdue(world.exam.follow_ups[0], T0 + hours(9))


@pytest.mark.parametrize(("maybe_vq", "due"), [(True, hours(1)), (False, hours(24))])
def test_rejected_input_is_tracked_and_urgent_where_it_may_have_been_a_lung_scan(maybe_vq: bool, due: timedelta) -> None:
    item = decide_rejection("a" * 64, Rejection("broken-hl7", maybe_vq=maybe_vq), Policy(owner="Dr Owner"), T0)
    assert (item.reason, item.state, item.critical, item.due_at, item.owner) == (
        R.REJECTED,
        FollowUpState.REQUESTED,
        maybe_vq,
        T0 + due,
        "Dr Owner",
    )
    assert item == decide_rejection("a" * 64, Rejection("broken-hl7", maybe_vq=maybe_vq), Policy(owner="Dr Owner"), T0)
    assert "quarantine" in item.note
    assert item.id == stable_id("a" * 64, "rejected")
    assert item.id != decide_rejection("b" * 64, Rejection("broken-hl7"), Policy(), T0).id


def test_ids_are_the_same_on_every_run_and_in_no_other_exam() -> None:
    def ids(world: World) -> set[str]:
        world.send(POSITIVE)
        world.send(NONDIAGNOSTIC, C, at=hours(1))
        exam = world.exam
        return {one.id for one in exam.notices} | {one.id for one in exam.follow_ups} | {one.id for one in exam.holds}

    first, second, other = World(), World(), World()
    other.exam = replace(other.exam, key=ExamKey("ELSEWHERE", "A1"))
    assert ids(first) == ids(second)
    assert len(ids(World())) == 5
    assert not ids(World()) & ids(other)


def test_every_note_is_our_own_sentence() -> None:
    world = World()
    for number, reading in enumerate((POSITIVE, NONDIAGNOSTIC, UNREADABLE, NEGATIVE)):
        world.send(reading, C, at=minutes(number))
    assert all(item.note.endswith(".") and "version" not in item.note for item in world.exam.follow_ups)


def test_a_discrepancy_about_a_chronic_clot_that_turns_out_acute_is_asked_again() -> None:
    world = World(now=T0 + hours(4))
    world.send(NONDIAGNOSTIC, P)
    world.send(CHRONIC, at=hours(1))
    world.acknowledge(world.item(FollowUpReason.DISCREPANCY))
    world.send(POSITIVE, C, at=hours(2))
    assert world.item(FollowUpReason.DISCREPANCY).state is FollowUpState.REQUESTED


def test_a_discrepancy_about_a_chronic_clot_that_is_taken_back_to_nothing_is_not_asked_again_as_graver() -> None:
    world = World(now=T0 + hours(4))
    world.send(NONDIAGNOSTIC, P)
    world.send(CHRONIC, at=hours(1))
    world.acknowledge(world.item(FollowUpReason.DISCREPANCY))
    world.send(CHRONIC, C, at=hours(2))
    assert world.item(FollowUpReason.DISCREPANCY).acknowledged
