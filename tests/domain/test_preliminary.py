"""DESIGN section 6: preliminary reports, what becomes of their follow-ups, discrepancies, and a preliminary after the final."""

from dataclasses import replace

import pytest

from pipeline.domain.decision import NoticeEffect
from pipeline.domain.exam import Standing
from pipeline.domain.followup import FollowUpReason, FollowUpState
from pipeline.domain.policy import Policy
from pipeline.domain.reading import Category, Grade, Reading
from pipeline.domain.report import Liveness, Status
from tests.domain.world import (
    ANNA,
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
    World,
    X,
    hours,
    minutes,
)

R = FollowUpReason
PROVISIONAL = [P, Status.REGISTERED, Status.PARTIAL]


@pytest.mark.parametrize("status", PROVISIONAL)
@pytest.mark.parametrize(
    ("reading", "reason"),
    [(POSITIVE, R.POSITIVE), (CHRONIC, R.POSITIVE), (NONDIAGNOSTIC, R.INDETERMINATE), (REACHING_HIGH, R.INDETERMINATE)],
)
def test_a_positive_or_nondiagnostic_one_opens_its_follow_up_at_once(status: Status, reading: Reading, reason: FollowUpReason) -> None:
    world = World()
    decision = world.send(reading, status)
    assert (decision.notice, decision.follow_up, decision.standing) == (NoticeEffect.NEVER, reason, Standing.PROVISIONAL)
    item = world.item(reason)
    assert item.preliminary
    assert item.critical == (reading is not NONDIAGNOSTIC)
    assert (world.letters, world.holds) == ([], [])


@pytest.mark.parametrize("reading", [NEGATIVE, UNREADABLE])
def test_any_other_one_waits_for_its_final(reading: Reading) -> None:
    world = World()
    assert world.send(reading, P).follow_up is None
    assert (world.letters, world.holds, world.open) == ([], [], [])


# ---- the final takes it over


@pytest.mark.parametrize(("reading", "reason"), [(POSITIVE, R.POSITIVE), (NONDIAGNOSTIC, R.INDETERMINATE)])
def test_the_final_takes_the_follow_up_over(reading: Reading, reason: FollowUpReason) -> None:
    world = World()
    world.send(reading, P)
    item = world.item(reason)
    world.acknowledge(item)
    assert world.send(reading, F, at=hours(1)).follow_up is reason
    taken = world.item(reason)
    assert (taken.id, taken.preliminary, taken.acknowledged_by) == (item.id, False, "Dr Test")
    assert taken.report_hash == world.current.content_hash


def test_an_unacknowledged_item_gets_no_more_time_from_the_final() -> None:
    world = World(now=T0 + hours(3))
    world.send(POSITIVE, P)
    world.send(POSITIVE, F, at=hours(3))
    assert world.item(R.POSITIVE).due_at == T0 + hours(1)


def test_a_final_with_high_in_its_range_asks_again_and_sooner() -> None:
    world = World(now=T0 + hours(1))
    world.send(NONDIAGNOSTIC, P)
    world.acknowledge(world.item(R.INDETERMINATE))
    world.send(REACHING_HIGH, F, at=hours(1))
    item = world.item(R.INDETERMINATE)
    assert (item.critical, item.state, item.acknowledged_by, item.due_at) == (True, FollowUpState.REQUESTED, "", T0 + hours(2))


# ---- another category: discrepancy


AT_ODDS = [
    (POSITIVE, NEGATIVE),
    (POSITIVE, NONDIAGNOSTIC),
    (POSITIVE, UNREADABLE),
    (NONDIAGNOSTIC, NEGATIVE),
    (NONDIAGNOSTIC, POSITIVE),
    (NONDIAGNOSTIC, UNREADABLE),
]


@pytest.mark.parametrize(("draft", "final"), AT_ODDS)
@pytest.mark.parametrize("draft_first", [True, False])
@pytest.mark.parametrize("taken", [True, False])
def test_a_final_of_another_category_is_a_discrepancy_whichever_comes_first(
    draft: Reading, final: Reading, draft_first: bool, taken: bool
) -> None:
    world = World(now=T0 + hours(2))
    versions = [(draft, P, hours(0)), (final, F, hours(1))]
    first, second = versions if draft_first else reversed(versions)
    world.send(first[0], first[1], at=first[2])
    for item in world.exam.follow_ups if taken else ():
        world.acknowledge(item)
    decision = world.send(second[0], second[1], at=second[2])
    assert "discrepancy" in decision.reasons
    assert decision.follow_up is R.DISCREPANCY
    item = world.item(R.DISCREPANCY)
    assert (item.critical, item.preliminary, item.state) == (True, False, FollowUpState.REQUESTED)
    assert item.report_hash == world.current.content_hash
    assert len(world.exam.follow_ups) == 1, "the same follow-up"
    assert world.current.category is final.category
    assert [state for _, _, state in world.letters] == ([] if final is UNREADABLE else ["on-hold"])
    assert "discrepancy" in world.hold.reasons or final is UNREADABLE


@pytest.mark.parametrize("reading", [NEGATIVE, UNREADABLE])
def test_nobody_acts_on_such_a_preliminary_so_there_is_no_discrepancy(reading: Reading) -> None:
    for final in (POSITIVE, NONDIAGNOSTIC):
        world = World()
        world.send(reading, P)
        assert "discrepancy" not in world.send(final, F, at=hours(1)).reasons


def test_somebody_has_acted_and_closed_the_item_before_the_final_disagrees() -> None:
    world = World()
    world.send(POSITIVE, P)
    world.acknowledge(world.item(R.POSITIVE))
    world.complete(world.item(R.POSITIVE))
    world.send(NEGATIVE, F, at=hours(1))
    assert world.open == [R.DISCREPANCY]
    assert [state for _, _, state in world.letters] == ["on-hold"]


def test_a_letter_that_is_held_already_is_held_for_the_discrepancy_too() -> None:
    world = World()
    world.send(NEGATIVE, problems=["release-withheld"])
    seen = world.hold
    world.send(POSITIVE, P, at=minutes(-5))
    assert world.hold.reasons == ("discrepancy", "release-withheld")
    assert world.hold.id != seen.id, "whoever wants to release it must look again"
    assert world.hold.expires_at == seen.expires_at
    world.send(NONDIAGNOSTIC, P, at=minutes(-4))
    assert world.hold.reasons == ("discrepancy", "release-withheld")
    assert len(world.exam.holds) == 2


def test_a_letter_that_has_left_is_not_called_back_by_a_preliminary() -> None:
    world = World()
    world.send(NEGATIVE)
    world.leave()
    world.send(POSITIVE, P, at=minutes(-5))
    assert world.letters == [("absent", "result", "completed")]
    assert (world.open, world.holds) == ([R.DISCREPANCY], [])


def test_a_correction_that_still_disagrees_stays_held() -> None:
    world = World()
    world.send(POSITIVE, P)
    world.send(NEGATIVE, F, at=hours(1))
    item = world.item(R.DISCREPANCY)
    world.acknowledge(item)
    world.send(NORMAL, C, at=hours(2))
    assert world.letters[-1] == ("normal", "result", "on-hold")
    assert world.item(R.DISCREPANCY).id == item.id
    assert world.item(R.DISCREPANCY).acknowledged, "the same result, and somebody is on it"


def test_a_correction_that_disagrees_otherwise_asks_again() -> None:
    world = World()
    world.send(POSITIVE, P)
    world.send(NEGATIVE, F, at=hours(1))
    world.acknowledge(world.item(R.DISCREPANCY))
    world.send(NONDIAGNOSTIC, C, at=hours(2))
    assert world.open == [R.DISCREPANCY]
    assert not world.item(R.DISCREPANCY).acknowledged


def test_a_discrepancy_that_somebody_has_dealt_with_is_over() -> None:
    world = World()
    world.send(POSITIVE, P)
    world.send(NEGATIVE, F, at=hours(1))
    world.acknowledge(world.item(R.DISCREPANCY))
    world.complete(world.item(R.DISCREPANCY))
    world.send(NORMAL, C, at=hours(2))
    assert world.open == []
    assert world.letters[-1] == ("normal", "result", "preparation")
    world.send(NONDIAGNOSTIC, C, at=hours(3))
    assert world.open == [R.DISCREPANCY], "another category is another discrepancy"


def test_a_correction_that_agrees_with_the_preliminary_has_its_own_follow_up() -> None:
    world = World()
    world.send(POSITIVE, P)
    world.send(NEGATIVE, F, at=hours(1))
    world.send(POSITIVE, C, at=hours(2))
    assert world.open == [R.RESULT_CHANGED, R.POSITIVE]
    assert "discrepancy" not in world.hold.reasons


def test_another_late_preliminary_does_not_open_another_discrepancy() -> None:
    world = World()
    world.send(NEGATIVE)
    world.send(POSITIVE, P, at=minutes(-5))
    world.send(NONDIAGNOSTIC, P, at=minutes(-4))
    assert world.open == [R.DISCREPANCY]


def test_a_late_preliminary_that_agrees_is_superseded() -> None:
    world = World()
    world.send(NONDIAGNOSTIC)
    decision = world.send(NONDIAGNOSTIC, P, at=minutes(-5))
    assert (decision.standing, decision.changes, decision.follow_up) == (Standing.SUPERSEDED, (), None)
    assert "superseded" in decision.reasons


# ---- several preliminaries


def test_a_newer_preliminary_takes_the_item_over() -> None:
    world = World(now=T0 + hours(1))
    world.send(NONDIAGNOSTIC, P)
    item = world.item(R.INDETERMINATE)
    world.acknowledge(item)
    world.send(POSITIVE, P, at=hours(1))
    newer = world.item(R.POSITIVE)
    assert (newer.id, newer.preliminary, newer.critical, newer.acknowledged) == (item.id, True, True, False)
    assert [version.standing.value for version in world.exam.versions] == ["superseded", "provisional"]


def test_a_newer_preliminary_with_the_same_result_is_not_asked_again() -> None:
    world = World()
    world.send(NONDIAGNOSTIC, P)
    world.acknowledge(world.item(R.INDETERMINATE))
    world.send(Reading(Category.NONDIAGNOSTIC, Grade.NONDIAGNOSTIC), P, at=hours(1))
    item = world.item(R.INDETERMINATE)
    assert (item.state.value, item.report_hash, item.preliminary) == ("accepted", world.current.content_hash, True)


@pytest.mark.parametrize("second", [NEGATIVE, UNREADABLE])
def test_whoever_acted_on_an_overruled_preliminary_hears_of_it(second: Reading) -> None:
    world = World()
    world.send(POSITIVE, P)
    assert world.send(second, P, at=hours(1)).follow_up is R.DISCREPANCY
    assert (world.item(R.DISCREPANCY).preliminary, world.item(R.DISCREPANCY).critical) == (True, True)


@pytest.mark.parametrize(
    ("final", "reason", "state"),
    [(NEGATIVE, R.DISCREPANCY, "on-hold"), (NONDIAGNOSTIC, R.DISCREPANCY, "on-hold"), (POSITIVE, R.POSITIVE, "on-hold")],
)
def test_the_final_settles_what_the_preliminaries_disagreed_on(final: Reading, reason: FollowUpReason, state: str) -> None:
    world = World()
    world.send(POSITIVE, P)
    world.send(NEGATIVE, P, at=hours(1))
    world.send(final, F, at=hours(2))
    assert world.open == [reason]
    assert not world.item(reason).preliminary
    assert [name for _, _, name in world.letters] == [state]


def test_an_older_preliminary_changes_nothing() -> None:
    world = World()
    world.send(NEGATIVE, P, at=hours(1))
    decision = world.send(POSITIVE, P)
    assert (decision.standing, decision.changes) == (Standing.SUPERSEDED, ())


def test_a_preliminary_that_comes_back_is_heard() -> None:
    world = World()
    world.send(POSITIVE, P)
    world.send(NEGATIVE, P, at=hours(1))
    assert world.send(POSITIVE, P, at=hours(2)).standing is Standing.PROVISIONAL
    assert world.open == [R.POSITIVE]


def test_a_preliminary_of_a_retracted_report_changes_nothing_and_a_newer_one_does() -> None:
    world = World()
    world.send(POSITIVE, X, at=hours(1))
    assert world.send(POSITIVE, P).standing is Standing.SUPERSEDED
    assert world.open == []
    assert world.send(POSITIVE, P, at=hours(2)).standing is Standing.PROVISIONAL
    assert world.open == [R.POSITIVE]


# ---- a preliminary never displaces a final


@pytest.mark.parametrize("draft_first", [True, False])
@pytest.mark.parametrize("draft", [NEGATIVE, NONDIAGNOSTIC, POSITIVE, UNREADABLE])
def test_one_signed_after_the_final_opens_status_regressed(draft_first: bool, draft: Reading) -> None:
    world = World()
    versions = [(draft, P, hours(1)), (NEGATIVE, F, hours(0))]
    first, second = versions if draft_first else reversed(versions)
    world.send(first[0], first[1], at=first[2])
    decision = world.send(second[0], second[1], at=second[2])
    assert "status-regressed" in decision.reasons
    assert world.current.status is F
    assert world.item(R.STATUS_REGRESSED).critical
    assert (R.DISCREPANCY in world.open) == (draft in (NONDIAGNOSTIC, POSITIVE))
    assert [state for _, _, state in world.letters] == ["on-hold"]
    assert "status-regressed" in world.hold.reasons


def test_a_correction_before_the_late_preliminary_is_held_as_well() -> None:
    world = World()
    world.send(NEGATIVE)
    world.send(NEGATIVE, P, at=hours(3))
    world.send(NORMAL, C, at=hours(1))
    assert world.letters[-1] == ("normal", "result", "on-hold")
    assert world.open == [R.STATUS_REGRESSED]


def test_a_final_signed_after_it_settles_the_letter() -> None:
    world = World()
    world.send(NEGATIVE)
    world.send(NEGATIVE, P, at=hours(1))
    assert "status-regressed" not in world.send(NORMAL, C, at=hours(2)).reasons
    assert world.letters[-1] == ("normal", "result", "preparation")
    assert world.open == [R.STATUS_REGRESSED], "somebody still asks the reader"


def test_signed_at_the_same_time_and_sent_later_is_late_too() -> None:
    world = World(now=T0 + hours(2))
    world.send(NEGATIVE)
    assert world.send(NEGATIVE, P, at=hours(0)).follow_up is None
    assert world.send(NEGATIVE, P, at=hours(0), sent=hours(1)).follow_up is R.STATUS_REGRESSED


def test_it_is_asked_once() -> None:
    world = World()
    world.send(NEGATIVE)
    world.send(NEGATIVE, P, at=hours(1))
    world.send(UNREADABLE, P, at=hours(2))
    assert world.open == [R.STATUS_REGRESSED]
    assert len(world.exam.holds) == 1


@pytest.mark.parametrize(("sign_time", "standing"), [(None, Standing.REPEAT), (hours(2), Standing.SUPERSEDED)])
def test_the_old_preliminary_sent_again_is_a_repeat_unless_it_was_signed_anew(sign_time: object, standing: Standing) -> None:
    world = World()
    world.send(NEGATIVE, P)
    world.send(NEGATIVE, F, at=hours(1))
    decision = world.send(NEGATIVE, P, at=sign_time, sent=hours(2))
    assert decision.standing is standing
    assert (R.STATUS_REGRESSED in world.open) == (standing is Standing.SUPERSEDED)


def test_not_live_and_unexplained_times() -> None:
    world = World()
    world.send(NEGATIVE)
    assert world.send(POSITIVE, P, at=hours(1), liveness=Liveness.NOT_LIVE).changes == ()
    assert world.send(POSITIVE, P, at=None).follow_up is R.DISCREPANCY, "without a time it is before the final"


# ---- who it is about


def test_a_preliminary_of_another_person_holds_the_letter_and_asks_who_it_is() -> None:
    world = World()
    world.send(NEGATIVE)
    world.send(NEGATIVE, P, at=minutes(-5), patient=BERT)
    assert world.open == [R.IDENTITY]
    assert world.hold.reasons == ("identity-version",)
    assert world.letters == [("absent", "result", "on-hold")]


def test_another_person_and_another_category_are_one_hold() -> None:
    world = World()
    world.send(NEGATIVE)
    world.send(POSITIVE, P, at=minutes(-5), patient=BERT)
    assert set(world.open) == {R.IDENTITY, R.DISCREPANCY}
    assert world.hold.reasons == ("discrepancy", "identity-version")
    assert len(world.exam.holds) == 1


def test_two_preliminaries_of_two_people_ask_at_once() -> None:
    world = World()
    world.send(POSITIVE, P)
    world.send(NEGATIVE, P, at=minutes(5), patient=BERT)
    assert set(world.open) == {R.DISCREPANCY, R.IDENTITY}


def test_death_that_a_late_preliminary_tells_stops_the_letter() -> None:
    world = World()
    world.send(NEGATIVE)
    world.send(NEGATIVE, P, at=minutes(-5), patient=replace(ANNA, deceased=True))
    assert world.letters == [("absent", "result", "stopped")]


def test_a_discrepancy_while_a_correction_waits_to_leave_tells_the_patient_without_it() -> None:
    world = World()
    world.send(NEGATIVE)
    world.leave()
    world.send(NONDIAGNOSTIC, C, at=minutes(1))
    world.now += minutes(1)
    world.send(POSITIVE, P, at=minutes(-5))
    assert [(letter, state) for letter, _, state in world.letters] == [
        ("absent", "entered-in-error"),
        ("nondiagnostic", "on-hold"),
        ("withdrawn", "preparation"),
    ]


@pytest.mark.parametrize(
    ("final", "draft"), [(NONDIAGNOSTIC, POSITIVE), (POSITIVE, NONDIAGNOSTIC), (UNREADABLE, POSITIVE), (ANOTHER_QUESTION, POSITIVE)]
)
def test_whatever_stands_for_the_final_becomes_the_discrepancy(final: Reading, draft: Reading) -> None:
    world = World()
    world.send(final)
    world.send(draft, P, at=hours(-1))
    assert world.open == [R.DISCREPANCY]


def test_a_discrepancy_that_was_dealt_with_is_over_for_this_category_and_this_report_alone() -> None:
    world = World(now=T0 + hours(9))
    world.send(POSITIVE, P)
    world.send(NEGATIVE, at=hours(1))
    world.image(BERT)
    for item in world.exam.follow_ups:
        if item.reason is R.DISCREPANCY:
            world.acknowledge(item)
            world.complete(world.exam.follow_ups[0])
    assert "discrepancy" not in world.send(NORMAL, C, at=hours(2)).reasons
    assert "discrepancy" in world.send(NONDIAGNOSTIC, C, at=hours(3)).reasons
    world.send(NONDIAGNOSTIC, X, at=hours(4))
    world.send(POSITIVE, P, at=hours(5))
    assert "discrepancy" in world.send(NEGATIVE, C, at=hours(6)).reasons, "another report"


def test_another_item_that_was_dealt_with_does_not_end_a_discrepancy() -> None:
    world = World()
    world.send(POSITIVE, P)
    world.now += hours(20)
    world.tick()
    world.acknowledge(world.item(R.REPORT_OVERDUE))
    world.complete(next(item for item in world.exam.follow_ups if item.reason is R.REPORT_OVERDUE))
    world.send(NEGATIVE, at=hours(1))
    assert "discrepancy" in world.send(NORMAL, C, at=hours(2)).reasons


def test_each_clock_of_a_preliminary_follows_the_policy() -> None:
    world = World(Policy(clocks={**Policy().clocks, R.INDETERMINATE: hours(9)}))
    world.send(NONDIAGNOSTIC, P)
    assert world.item(R.INDETERMINATE).due_at == T0 + hours(9)
    assert world.current.category is Category.NONDIAGNOSTIC


# ---- what the item says of the result


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (NONDIAGNOSTIC, POSITIVE, "a clot is likely"),
        (NONDIAGNOSTIC, CHRONIC, "signs of old clots"),
        (POSITIVE, NEGATIVE, "no sign of a clot"),
        (POSITIVE, NORMAL, "normal"),
        (POSITIVE, NONDIAGNOSTIC, "the scan could not decide"),
    ],
)
@pytest.mark.parametrize("early", [True, False], ids=["preliminary first", "preliminary late"])
def test_a_discrepancy_says_what_the_final_says(first: Reading, second: Reading, said: str, early: bool) -> None:
    world = World()
    if early:
        world.send(first, P)
    world.send(second, F, at=hours(1))
    if not early:
        world.send(first, P)
    assert world.item(R.DISCREPANCY).note.endswith(f"The report that counts now says: {said}.")


def test_a_discrepancy_that_is_corrected_to_a_clot_says_so() -> None:
    world = World()
    world.send(NONDIAGNOSTIC, P)
    world.send(NEGATIVE, F, at=hours(1))
    world.send(POSITIVE, C, at=hours(2))
    item = world.item(R.DISCREPANCY)
    assert item.critical
    assert item.note.endswith("says: a clot is likely.")


def test_nothing_is_said_of_a_result_that_is_nobodys_or_taken_back() -> None:
    world = World()
    world.send(POSITIVE, F)
    world.send(NEGATIVE, X, at=hours(1))
    assert "says" not in world.item(R.RESULT_CHANGED).note
    other = World()
    other.send(POSITIVE, F)
    other.send(NEGATIVE, C, at=hours(1), patient=BERT)
    assert [item.note for item in other.exam.follow_ups if "says:" in item.note] == []
