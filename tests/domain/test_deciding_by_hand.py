"""A clinician resolves a review: what follows, what stays held, what is refused, and what undoes it."""

from dataclasses import replace

import pytest

from pipeline.domain.again import Before, Ruling, differing, listed_only, rule
from pipeline.domain.decision import Decision
from pipeline.domain.exam import Standing
from pipeline.domain.followup import FollowUpReason, FollowUpState
from pipeline.domain.notice import HoldState, NoticeState
from pipeline.domain.patients import PatientKnown
from pipeline.domain.reading import Category, Grade, Reading
from pipeline.domain.report import Report
from pipeline.errors import Refused
from tests.domain import invariants
from tests.domain.world import (
    ANNA,
    ANOTHER_QUESTION,
    BERT,
    NEGATIVE,
    NONDIAGNOSTIC,
    POSITIVE,
    T0,
    UNREADABLE,
    C,
    F,
    P,
    World,
    hours,
)

R = FollowUpReason
WORDS = "IMPRESSION: words that no rule knows"


def reviewed(world: World, reading: Reading = UNREADABLE, **more: object) -> Report:
    report = world.report(words=WORDS, **more)  # type: ignore[arg-type]
    world.receive(report, reading)
    assert world.current.category is Category.REVIEW
    return report


def decide(world: World, report: Report, category: str, grade: Grade | None = None, by: str = "Dr Test") -> Decision:
    ruling = Ruling(Category(category), by, "read with the radiologist", grade)
    decision = world.rule(report, UNREADABLE, ruling)
    invariants.check(world, set())
    return decision


@pytest.mark.parametrize(
    ("category", "letter", "grade", "state", "open_ones"),
    [
        ("negative", "absent", Grade.ABSENT, NoticeState.PREPARATION, []),
        ("nondiagnostic", "nondiagnostic", Grade.NONDIAGNOSTIC, NoticeState.PREPARATION, [R.INDETERMINATE]),
        ("positive", "positive", Grade.PRESENT, NoticeState.ON_HOLD, [R.POSITIVE]),
    ],
)
@pytest.mark.parametrize("reading", [UNREADABLE, ANOTHER_QUESTION])
def test_the_letter_of_the_category_follows_its_own_gate(
    category: str, letter: str, grade: Grade, state: NoticeState, open_ones: list[FollowUpReason], reading: Reading
) -> None:
    world = World()
    report = reviewed(world, reading)
    review_hold = world.hold
    decision = decide(world, report, category)
    assert (world.current.category.value, world.current.grade, world.current.standing) == (category, grade, Standing.CURRENT)
    assert (world.notice.letter.value, world.notice.state, world.open) == (letter, state, open_ones)
    assert "decided-by-person" in decision.reasons
    assert next(hold for hold in world.exam.holds if hold.id == review_hold.id).state is HoldState.SUPERSEDED
    assert len(world.exam.follow_ups) == 1, "the item of the review has become this one, or is done"
    if category == "negative":
        (item,) = world.exam.follow_ups
        assert (item.state, item.closed_by, item.acknowledged_by, item.step_at) == (FollowUpState.COMPLETED, "Dr Test", "Dr Test", None)


@pytest.mark.parametrize(
    ("category", "grade", "letter"),
    [
        ("negative", Grade.NORMAL, "normal"),
        ("negative", Grade.LOW, "low"),
        ("nondiagnostic", Grade.INTERMEDIATE, "nondiagnostic"),
        ("positive", Grade.HIGH, "positive"),
    ],
)
def test_the_readers_own_term_may_be_given(category: str, grade: Grade, letter: str) -> None:
    world = World()
    decide(world, reviewed(world), category, grade)
    assert (world.notice.letter.value, world.notice.grade) == (letter, grade)


def test_who_had_taken_the_review_over_is_the_one_who_had_it() -> None:
    world = World()
    report = reviewed(world)
    world.acknowledge(world.exam.follow_ups[0])
    decide(world, report, "negative", by="Dr Other")
    (item,) = world.exam.follow_ups
    assert (item.acknowledged_by, item.closed_by) == ("Dr Test", "Dr Other")


def test_a_review_that_was_done_before_gets_the_item_of_its_category() -> None:
    world = World()
    report = reviewed(world)
    world.acknowledge(world.exam.follow_ups[0])
    world.complete(world.exam.follow_ups[0])
    world.now = T0 + hours(9)
    decide(world, report, "nondiagnostic")
    assert world.open == [R.INDETERMINATE]
    assert world.item(R.INDETERMINATE).due_at == world.now + hours(4), "its clock runs from when it became known"


@pytest.mark.parametrize("doubt", ["identity-conflict", "release-withheld", "order-number-conflict"])
def test_every_other_reason_to_hold_it_stays(doubt: str) -> None:
    world = World()
    report = reviewed(world, problems=[doubt, "broken-off"])
    decision = decide(world, report, "negative")
    assert doubt in world.hold.reasons
    assert "broken-off" not in decision.reasons
    assert world.notice.state is NoticeState.ON_HOLD


def test_a_doubt_about_the_person_that_came_later_stays() -> None:
    world = World()
    report = reviewed(world)
    world.image(BERT)
    decide(world, report, "negative")
    assert "identity-study" in world.hold.reasons
    assert R.IDENTITY in world.open


def test_the_dead_and_those_who_want_no_letters_get_none() -> None:
    world = World()
    report = reviewed(world, patient=replace(ANNA, deceased=True))
    decide(world, report, "negative")
    assert world.exam.notices == ()
    world = World()
    report = reviewed(world)
    world.exam = replace(world.exam, known=PatientKnown(wish="opt-out"))
    decide(world, report, "negative")
    assert world.hold.reasons == ("opt-out",)


def test_where_a_preliminary_said_another_thing_it_is_a_discrepancy() -> None:
    world = World()
    world.send(POSITIVE, P, at=hours(-1))
    report = reviewed(world)
    assert world.open == [R.DISCREPANCY]
    decide(world, report, "negative")
    assert (world.open, world.hold.reasons) == ([R.DISCREPANCY], ("discrepancy",))


def test_where_the_preliminary_said_the_same_nothing_differs_any_more() -> None:
    world = World()
    world.send(NONDIAGNOSTIC, P, at=hours(-1))
    report = reviewed(world)
    decide(world, report, "nondiagnostic")
    assert (world.open, world.holds) == ([R.INDETERMINATE], [])


def test_a_preliminary_that_was_signed_later_still_holds_the_letter() -> None:
    world = World()
    report = reviewed(world)
    world.send(NEGATIVE, P, at=hours(1))
    decide(world, report, "negative")
    assert "status-regressed" in world.hold.reasons


def test_after_a_letter_that_was_wrong_the_new_one_is_a_corrected_one() -> None:
    world = World()
    world.send(NEGATIVE)
    world.leave()
    world.now = T0 + hours(1)
    report = world.report(C, at=hours(1), words=WORDS)
    world.receive(report, UNREADABLE)
    decide(world, report, "nondiagnostic")
    assert world.letters[-1] == ("nondiagnostic", "corrected", "preparation")
    assert world.notice.replaces == world.exam.notices[0].id


# ---- what is refused


def refused(world: World, report: Report, ruling: Ruling, words: str) -> None:
    with pytest.raises(Refused, match=words):
        rule(world.exam, report, UNREADABLE, ruling, world.policy, world.now)


def test_what_cannot_be_decided() -> None:
    world = World()
    report = world.report()
    good = Ruling(Category.NEGATIVE, "Dr Test", "r")
    refused(world, report, good, "no report speaks")
    world.receive(replace(report, status=P), UNREADABLE)
    refused(world, report, good, "no final report")
    final = reviewed(world)
    refused(world, final, replace(good, by=" "), "say who you are")
    refused(world, final, replace(good, reason=""), "say how you know")
    refused(world, final, replace(good, category=Category.REVIEW), "decide negative")
    refused(world, final, replace(good, grade=Grade.HIGH), "no grade of negative")
    decide(world, final, "negative")
    refused(world, final, replace(good, category=Category.POSITIVE), "Dr Test has decided this version already: negative")
    world.send(POSITIVE, C, at=hours(1))
    refused(world, final, good, "was read as positive")


# ---- what may undo it, and what may not


@pytest.mark.parametrize("status", [F, C])
@pytest.mark.parametrize("at", [hours(0), hours(2)])
def test_the_same_words_again_keep_what_the_clinician_said(status: object, at: object) -> None:
    world = World()
    report = reviewed(world)
    decide(world, report, "negative")
    world.now = T0 + hours(3)
    world.leave()
    again = world.receive(world.report(status, at=at, words=WORDS), UNREADABLE)  # type: ignore[arg-type]
    assert (again.standing, again.changes) == (Standing.REPEAT, ())
    assert (world.current.ruled_by, world.letters) == ("Dr Test", [("absent", "result", "completed")])


def test_other_words_take_its_place() -> None:
    world = World()
    report = reviewed(world)
    decide(world, report, "negative")
    world.leave()
    world.send(POSITIVE, C, at=hours(1))
    assert (world.current.category, world.current.ruled_by) == (Category.POSITIVE, "")
    assert {R.POSITIVE, R.WRONG_LETTER_OUT} <= set(world.open)
    invariants.check(world, set())


def test_the_same_words_about_another_person_are_no_repeat() -> None:
    world = World()
    report = reviewed(world)
    decide(world, report, "negative")
    assert world.receive(world.report(C, at=hours(1), words=WORDS, patient=BERT), UNREADABLE).standing is not Standing.REPEAT
    assert R.IDENTITY in world.open


# ---- read once more by today's rules


def before(decision: Decision) -> Before:
    return Before(decision.category, decision.grade, decision.chronic, decision.reasons, T0)


def test_a_wish_that_came_with_a_repeat_is_kept_when_it_is_read_otherwise() -> None:
    world = World()
    report = world.report(words=WORDS)
    decision = world.receive(report, NEGATIVE)
    world.receive(world.report(words=WORDS, problems=["release-withheld"]), NEGATIVE)
    assert world.hold.reasons == ("release-withheld",)
    found = differing(world.exam, world.current, before(decision), report, NONDIAGNOSTIC, world.policy, T0)
    assert found
    assert found.decision
    world.exam = replace(world.exam, versions=(replace(world.exam.versions[0], category=Category.NONDIAGNOSTIC), *world.exam.versions[1:]))
    world.apply(found.decision.changes)
    assert (world.hold.reasons, world.open) == (("release-withheld",), [R.INDETERMINATE])
    assert differing(world.exam, world.current, before(found.decision), report, NONDIAGNOSTIC, world.policy, T0) is None


def test_a_tie_of_versions_stays_one() -> None:
    world = World()
    world.send(NEGATIVE, sent=hours(0))
    report = world.report(C, sent=hours(0))
    decision = world.receive(report, POSITIVE)
    assert "version-tie" in decision.reasons
    assert differing(world.exam, world.current, before(decision), report, POSITIVE, world.policy, T0) is None


@pytest.mark.parametrize(("reading", "told"), [(UNREADABLE, False), (NEGATIVE, False), (POSITIVE, True)])
def test_a_clinicians_word_is_never_overruled_by_todays_rules(reading: Reading, told: bool) -> None:
    world = World()
    report = reviewed(world)
    decision = decide(world, report, "negative")
    found = differing(world.exam, world.current, before(decision), report, reading, world.policy, T0)
    assert (found is not None) is told
    if found:
        assert (found.for_person, found.decision, found.category) == (True, None, Category.POSITIVE)


def test_a_version_that_no_longer_speaks_is_told_of_once_and_leads_to_nothing() -> None:
    world = World()
    report = world.report()
    first = world.receive(report, NEGATIVE)
    world.send(NEGATIVE, C, at=hours(1))
    (old, _) = world.exam.versions
    assert old.standing is Standing.REPEAT or old.standing is Standing.SUPERSEDED
    found = differing(world.exam, old, before(first), report, POSITIVE, world.policy, T0)
    assert found
    assert found.decision is None
    remembered = listed_only(found, before(first), old.standing)
    assert (remembered.category, remembered.changes, remembered.notice.value) == (Category.POSITIVE, (), "hold")
    assert differing(world.exam, old, before(remembered), report, POSITIVE, world.policy, T0) is None


def test_a_preliminary_that_reads_otherwise_changes_its_follow_up() -> None:
    world = World()
    report = world.report(P)
    decision = world.receive(report, NONDIAGNOSTIC)
    found = differing(world.exam, world.current, before(decision), report, POSITIVE, world.policy, T0)
    assert found
    assert found.decision
    world.apply(found.decision.changes)
    assert (found.decision.standing, world.open) == (Standing.PROVISIONAL, [R.POSITIVE])


def test_a_report_that_is_decided_late_was_not_stale_when_it_came() -> None:
    world = World()
    report = reviewed(world)
    ruling, late = Ruling(Category.NEGATIVE, "Dr Test", "r"), T0 + hours(24 * 90)
    assert "stale" not in rule(world.exam, report, UNREADABLE, ruling, world.policy, late, T0).reasons
    assert "stale" in rule(world.exam, report, UNREADABLE, ruling, world.policy, late).reasons
