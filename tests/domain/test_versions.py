"""DESIGN section 6: the order of versions, repeats, ties, and the text that is not sent again."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.domain.decide import promoted_text, version_of, words_of
from pipeline.domain.decision import NoticeEffect
from pipeline.domain.exam import Exam, Standing
from pipeline.domain.followup import FollowUpReason
from pipeline.domain.notice import HoldState, NoticeState
from pipeline.domain.policy import Policy
from pipeline.domain.reading import Category, Grade, Reading
from pipeline.domain.report import Liveness, Report, Status, TextBlock
from pipeline.domain.versions import in_force
from pipeline.reading import Vocabulary, read
from tests.domain.world import (
    ANNA,
    BERT,
    CHRONIC,
    KEY,
    LOW,
    NEGATIVE,
    NONDIAGNOSTIC,
    NORMAL,
    POSITIVE,
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
WORDS = Path(__file__).parents[2] / "config" / "vocabulary" / "en.toml"


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return Vocabulary.parse(WORDS.read_text(encoding="utf-8"), "en.toml")


def standings(world: World) -> list[str]:
    return [version.standing.value for version in world.exam.versions]


# ---- order


def test_the_order_is_sign_time_then_message_time_then_hash() -> None:
    world = World()
    first, second = world.report(at=minutes(1), sent=minutes(9)), world.report(at=minutes(2), sent=minutes(3))
    assert first.order < second.order
    again = replace(first, message_at=T0 + minutes(10))
    assert first.order < again.order
    twin = replace(first, content_hash="f" * 64)
    assert first.order < twin.order
    only_sent = world.report(at=None, sent=minutes(5))
    assert only_sent.order[:2] == ((T0 + minutes(5)).timestamp(),) * 2
    assert world.report(at=None).order[:2] == (0.0, 0.0)
    only_signed = replace(only_sent, signed_at=T0, message_at=None)
    assert only_signed.order == (T0.timestamp(), T0.timestamp(), only_signed.content_hash)


def test_older_than_one_already_decided_is_superseded_at_once() -> None:
    world = World()
    world.send(NEGATIVE, C, at=hours(1))
    decision = world.send(POSITIVE, at=hours(0))
    assert (decision.standing, decision.notice, decision.follow_up, decision.changes) == (Standing.SUPERSEDED, NoticeEffect.NEVER, None, ())
    assert "superseded" in decision.reasons
    assert world.current.category is Category.NEGATIVE


def test_a_later_version_speaks_whenever_it_comes() -> None:
    world = World()
    world.send(NEGATIVE)
    world.send(POSITIVE, C, at=hours(1))
    assert standings(world) == ["superseded", "current"]
    assert world.letters == [("absent", "result", "stopped"), ("positive", "result", "on-hold")]


SENT = st.lists(
    st.tuples(
        st.sampled_from((P, F, C)),
        st.sampled_from((NEGATIVE, NORMAL, LOW, NONDIAGNOSTIC, POSITIVE, CHRONIC, UNREADABLE)),
        st.sampled_from((ANNA, ANNA, ANNA, BERT, replace(ANNA, deceased=True))),
        st.integers(0, 6),
    ),
    min_size=2,
    max_size=4,
    unique_by=(lambda one: (one[0], one[1]), lambda one: one[3]),
)


def outcome(versions: list[tuple[Report, Reading]]) -> tuple[object, ...]:
    """What speaks at the end, and the letter that is live; not the follow-ups, which tell of what people may have acted on."""
    world = World()
    for report, reading in versions:
        world.receive(report, reading)
    current = world.exam.current
    live = [(n.letter, n.notice_type, n.state, n.report_hash) for n in world.exam.notices if n.live]
    return (current and (current.content_hash, current.category, current.standing), live)


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(SENT)
def test_preliminary_final_and_correction_end_the_same_in_any_order(sent: list[tuple[Status, Reading, object, int]]) -> None:
    """Versions with times and readings of their own (the same status and reading again is a repeat, see below)."""
    world = World()
    versions = [(world.report(status, at=minutes(at), patient=patient), reading) for status, reading, patient, at in sent]  # type: ignore[arg-type]
    outcomes = {repr(outcome(list(order))) for order in permutations(versions)}
    assert len(outcomes) == 1


def test_equal_times_and_the_same_verdict_are_ordered_by_their_hash() -> None:
    world = World()
    low, high = world.report(content_hash="0" * 64), world.report(C, content_hash="f" * 64)
    assert outcome([(low, NEGATIVE), (high, NEGATIVE)]) == outcome([(high, NEGATIVE), (low, NEGATIVE)])


# ---- ties and orders that nobody can tell


def is_tied(world: World) -> bool:
    """The latest version went to a person, and no letter of the exam may leave."""
    return (
        world.current.category is Category.REVIEW
        and not [n for n in world.exam.notices if n.live and not n.left]
        and R.UNREADABLE in world.open
        and any("version-tie" in hold.reasons for hold in world.holds)
    )


@pytest.mark.parametrize(("one", "other"), [(NEGATIVE, POSITIVE), (NEGATIVE, NONDIAGNOSTIC), (NORMAL, NEGATIVE), (CHRONIC, POSITIVE)])
def test_equal_times_and_different_verdicts_are_review(one: Reading, other: Reading) -> None:
    for readings in ((one, other), (other, one)):
        world = World()
        world.send(readings[0])
        decision = world.send(readings[1], C)
        assert (decision.category, decision.grade, decision.notice) == (Category.REVIEW, None, NoticeEffect.HOLD)
        assert "version-tie" in decision.reasons
        assert is_tied(world)
        assert world.item(R.UNREADABLE).critical


def test_a_later_version_ends_the_tie() -> None:
    world = World()
    world.send(NEGATIVE)
    world.send(POSITIVE)
    world.send(NONDIAGNOSTIC, C, at=hours(1))
    assert world.current.category is Category.NONDIAGNOSTIC
    assert world.notice.state.value == "preparation"


@pytest.mark.parametrize("first", [True, False])
def test_one_of_a_tie_sent_again_later_does_not_end_it(first: bool) -> None:
    world = World()
    sent = [world.report(words="no embolism"), world.report(words="high probability")]
    world.receive(sent[1 - first], POSITIVE if first else NEGATIVE)
    world.receive(sent[first], NEGATIVE if first else POSITIVE)
    assert is_tied(world)
    again = replace(sent[first], content_hash="e" * 64, message_at=T0 + hours(2))
    world.receive(again, NEGATIVE if first else POSITIVE)
    assert is_tied(world)


def test_a_version_without_any_time_never_decides_alone_against_another() -> None:
    world = World()
    world.send(NEGATIVE)
    world.send(POSITIVE, C, at=None)
    assert is_tied(world), "it would sort before everything and be lost"
    world = World()
    world.send(NEGATIVE, at=None)
    world.send(POSITIVE, at=hours(-1))
    assert is_tied(world)


def test_a_version_without_any_time_is_not_behind_a_preliminary() -> None:
    world = World()
    world.send(NEGATIVE)
    decision = world.send(POSITIVE, C, at=None)
    assert "version-tie" in decision.reasons
    assert "status-regressed" not in decision.reasons


@pytest.mark.parametrize(("sent", "regressed"), [(hours(0), False), (hours(1), True)], ids=["the same times", "sent later"])
def test_a_preliminary_of_the_finals_own_time_is_no_later_unless_it_was_sent_later(sent: timedelta, regressed: bool) -> None:
    world = World(now=T0 + hours(2))
    world.send(NEGATIVE, P, content_hash="f" * 64, sent=sent)
    assert ("status-regressed" in world.send(NEGATIVE).reasons) == regressed


def test_an_older_final_is_superseded_whatever_was_said_again_since() -> None:
    world = World(now=T0 + hours(4))
    world.send(NEGATIVE, at=hours(1))
    assert world.send(NEGATIVE, at=hours(3), words="IMPRESSION: version 1").standing is Standing.REPEAT
    decision = world.send(POSITIVE, at=hours(0))
    assert (decision.standing, "version-tie" in decision.reasons) == (Standing.SUPERSEDED, False)


def test_what_a_test_message_said_again_puts_nothing_in_doubt() -> None:
    world = World(now=T0 + hours(4))
    world.send(NEGATIVE)
    world.send(NEGATIVE, at=hours(3), liveness=Liveness.NOT_LIVE)
    assert world.send(POSITIVE, C, at=hours(2)).category is Category.POSITIVE


def test_whoever_says_what_was_said_again_is_heard() -> None:
    world = World(now=T0 + hours(6))
    world.send(NEGATIVE, words="no embolism")
    world.send(NEGATIVE, at=hours(5), words="no embolism")
    assert world.send(POSITIVE, C, at=hours(1)).category is Category.REVIEW
    assert world.send(NEGATIVE, C, at=hours(2), words="none after all").category is Category.NEGATIVE


def test_a_preliminary_that_was_said_again_puts_no_final_in_doubt() -> None:
    world = World(now=T0 + hours(6))
    world.send(NEGATIVE, P)
    assert world.send(NEGATIVE, P, at=hours(3)).standing is Standing.REPEAT
    world.send(NEGATIVE, at=hours(1))
    assert world.send(POSITIVE, C, at=hours(2)).category is Category.POSITIVE


def test_a_repetition_of_the_same_sign_time_that_was_sent_later_is_later() -> None:
    world = World(now=T0 + hours(6))
    world.send(NEGATIVE, words="no embolism")
    world.send(NEGATIVE, at=hours(3), sent=hours(4), words="no embolism")
    assert world.send(POSITIVE, C, at=hours(3)).category is Category.REVIEW


@pytest.mark.parametrize(
    ("signed", "sent", "now", "believed"),
    [(7, 0, 20, True), (7.01, 0, 20, False), (7, 7, 0, True), (7.01, 7.01, 0, False), (7.01, 0.5, 20, True)],
    ids=["a week after it was sent", "more than a week after", "in a week", "in more than a week", "less than a week after"],
)
def test_a_sign_time_is_believed_up_to_a_week_after_its_message_and_after_now(
    signed: float, sent: float, now: float, believed: bool
) -> None:
    world = World(now=T0 + timedelta(days=now))
    world.send(NEGATIVE)
    decision = world.send(POSITIVE, C, at=timedelta(days=signed), sent=timedelta(days=sent))
    assert decision.category is (Category.POSITIVE if believed else Category.REVIEW)


def test_old_words_in_a_message_of_another_status_or_of_a_test_are_no_old_words() -> None:
    world = World(now=T0 + hours(6))
    world.send(NEGATIVE, words="no embolism")
    world.send(NORMAL, C, at=hours(1))
    assert world.send(NEGATIVE, C, at=hours(2), words="no embolism").category is Category.NEGATIVE
    world = World(now=T0 + hours(6))
    world.send(NEGATIVE, words="no embolism", liveness=Liveness.NOT_LIVE)
    world.send(NEGATIVE, X, at=hours(1))
    assert world.send(NEGATIVE, at=hours(2), words="no embolism").category is Category.NEGATIVE


def test_words_that_are_read_otherwise_now_are_no_old_words() -> None:
    """The site has another vocabulary, and the final comes again under a later time."""
    world = World(now=T0 + hours(6))
    world.send(NORMAL)
    world.send(NEGATIVE, P, at=hours(1))
    world.send(NEGATIVE, C, at=hours(1), words="the same words")
    assert world.send(POSITIVE, C, at=hours(2), words="the same words").category is Category.POSITIVE


def test_one_of_a_tie_sent_again_later_does_not_end_it_where_there_was_a_version_before() -> None:
    world = World(now=T0 + hours(6))
    world.send(NORMAL, at=hours(-1))
    world.send(NEGATIVE, C)
    assert world.send(POSITIVE, C, words="embolism").category is Category.REVIEW
    assert world.send(POSITIVE, C, at=hours(1), words="embolism").category is Category.REVIEW


@pytest.mark.parametrize(
    ("retracted", "signed", "taken_back"),
    [((2, 2.5), (1, 3), True), ((1, 4), (2, 3), True), ((0.5, 1.5), (1, 2), False), ((1, 1), (1, 1), False), ((1, 2), (1, 1), True)],
    ids=["signed later", "sent later", "neither", "the same times", "signed at the same time, sent later"],
)
def test_what_a_retraction_takes_back(retracted: tuple[float, float], signed: tuple[float, float], taken_back: bool) -> None:
    world = World(now=T0 + hours(6))
    world.send(NEGATIVE, X, at=hours(retracted[0]), sent=hours(retracted[1]))
    decision = world.send(NEGATIVE, at=hours(signed[0]), sent=hours(signed[1]), content_hash="0" * 64)
    assert decision.standing is (Standing.SUPERSEDED if taken_back else Standing.CURRENT)
    assert [version.content_hash for version in in_force(world.exam)] == ([] if taken_back else ["0" * 64])


def test_a_version_without_any_time_that_says_the_same_is_no_doubt() -> None:
    world = World()
    world.send(NEGATIVE)
    decision = world.send(NEGATIVE, C, at=None)
    assert (decision.standing, world.current.category) == (Standing.SUPERSEDED, Category.NEGATIVE)


def test_a_sign_time_that_cannot_be_does_not_shut_out_corrections() -> None:
    world = World()
    world.send(NEGATIVE, at=timedelta(days=3000), sent=minutes(0))
    world.send(POSITIVE, C, at=hours(2))
    assert is_tied(world), "an OBR-22 in the year 2034 would supersede every correction for good"


def test_a_message_that_is_some_days_behind_its_signature_is_believed() -> None:
    world = World()
    world.send(NEGATIVE, at=timedelta(days=3), sent=minutes(0))
    assert world.send(POSITIVE, C, at=hours(2)).standing is Standing.SUPERSEDED


def test_old_words_that_come_again_after_a_correction_go_to_a_person() -> None:
    """A resent original must not overrule its correction, and a correction that goes back must not be lost as a repeat."""
    for first, then in ((NEGATIVE, POSITIVE), (POSITIVE, NEGATIVE)):
        world = World()
        world.send(first, words="the old words")
        world.send(then, C, at=hours(1))
        world.send(first, at=None, sent=hours(2), words="the old words")
        assert is_tied(world)


def test_the_original_sent_again_with_its_own_time_is_a_repeat() -> None:
    world = World()
    world.send(NEGATIVE, words="the old words")
    world.send(POSITIVE, C, at=hours(1))
    decision = world.send(NEGATIVE, sent=hours(2), words="the old words")
    assert (decision.standing, decision.changes) == (Standing.REPEAT, ())
    assert world.current.category is Category.POSITIVE


def test_the_reader_who_goes_back_in_new_words_is_heard() -> None:
    world = World()
    world.send(POSITIVE, C)
    world.send(NEGATIVE, C, at=hours(1))
    world.send(POSITIVE, C, at=hours(2))
    assert world.current.category is Category.POSITIVE
    assert world.notice.state.value == "on-hold"
    assert R.POSITIVE in world.open


def test_a_correction_signed_between_a_final_and_its_repetition_goes_to_a_person() -> None:
    world = World()
    world.send(POSITIVE)
    assert world.send(POSITIVE, at=hours(3)).standing is Standing.REPEAT
    world.send(NEGATIVE, C, at=hours(1))
    assert is_tied(world)


def test_a_correction_after_the_repetition_is_heard() -> None:
    world = World()
    world.send(POSITIVE)
    world.send(POSITIVE, at=hours(1))
    world.send(NEGATIVE, C, at=hours(3))
    assert world.current.category is Category.NEGATIVE


# ---- repeats


@pytest.mark.parametrize("reading", [NEGATIVE, NONDIAGNOSTIC, POSITIVE])
@pytest.mark.parametrize("status", [P, F, C, Status.UNKNOWN])
def test_the_same_status_reading_and_identity_again_changes_nothing(reading: Reading, status: Status) -> None:
    world = World()
    world.send(reading, status)
    before = (world.exam.notices, world.exam.follow_ups, world.exam.holds)
    decision = world.send(reading, status, at=minutes(5))
    assert (decision.standing, decision.notice, decision.follow_up, decision.changes) == (Standing.REPEAT, NoticeEffect.NEVER, None, ())
    assert (world.exam.notices, world.exam.follow_ups, world.exam.holds) == before
    assert standings(world)[1] == "repeat"


@pytest.mark.parametrize(
    "other", [NORMAL, LOW, NONDIAGNOSTIC, POSITIVE, CHRONIC, UNREADABLE], ids=lambda reading: str(reading.grade or reading.category)
)
def test_another_reading_is_no_repeat(other: Reading) -> None:
    world = World()
    world.send(NEGATIVE)
    assert world.send(other, at=hours(1)).standing is Standing.CURRENT


def test_the_same_reading_of_another_person_is_no_repeat() -> None:
    world = World()
    world.send(NEGATIVE)
    assert world.send(NEGATIVE, at=hours(1), patient=BERT).standing is Standing.CURRENT


@pytest.mark.parametrize(
    ("sent", "standing"), [(hours(0), Standing.REPEAT), (hours(1), Standing.SUPERSEDED)], ids=["the same times", "sent later"]
)
def test_a_preliminary_of_the_finals_own_time_that_comes_again(sent: timedelta, standing: Standing) -> None:
    world = World(now=T0 + hours(2))
    world.send(NEGATIVE, P)
    world.send(NEGATIVE)
    assert world.send(NEGATIVE, P, at=hours(0), sent=sent).standing is standing


def test_a_retraction_that_comes_again_with_a_wish_changes_nothing() -> None:
    world = World()
    world.send(NEGATIVE)
    world.send(NEGATIVE, X, at=hours(1))
    world.send(NEGATIVE, P, at=hours(2))
    decision = world.send(NEGATIVE, X, at=hours(1), problems=["release-withheld"])
    assert (decision.standing, decision.changes) == (Standing.REPEAT, ())


@pytest.mark.parametrize(
    "wish", [{"patient": replace(ANNA, restricted=True)}, {"problems": ["release-withheld"]}, {"problems": ["release-unknown"]}]
)
def test_each_wish_that_a_repeat_may_bring(wish: dict[str, object]) -> None:
    world = World()
    world.send(NEGATIVE)
    assert world.send(NEGATIVE, **wish).standing is Standing.REPEAT  # type: ignore[arg-type]
    assert world.letters == [("absent", "result", "on-hold")]


def test_a_wish_of_an_earlier_version_is_asked_of_the_later_one_too() -> None:
    world = World()
    world.send(NEGATIVE, problems=["release-withheld"])
    world.send(NORMAL, C, at=minutes(1))
    assert world.holds == []
    world.send(NORMAL, C, at=minutes(1), problems=["release-withheld"])
    assert world.hold.reasons == ("release-withheld",)


def test_what_cannot_be_read_repeats_only_word_for_word() -> None:
    world = World()
    world.send(UNREADABLE, words="strange words")
    assert world.send(UNREADABLE, at=minutes(1), words="STRANGE\n  words").standing is Standing.REPEAT
    assert world.send(UNREADABLE, at=minutes(2), words="other strange words").standing is Standing.CURRENT


def test_a_chronic_hint_in_an_unreadable_text_is_no_difference() -> None:
    world, reading = World(), replace(UNREADABLE, chronic=True)
    assert world.send(reading, words="strange").chronic is False
    assert world.send(reading, at=minutes(1), words="strange").standing is Standing.REPEAT


def test_a_report_issued_again_after_its_retraction_is_no_repeat() -> None:
    """Its follow-up was cancelled with the retraction: as a repeat the result would be lost."""
    world = World()
    world.send(NONDIAGNOSTIC)
    world.send(NONDIAGNOSTIC, X, at=hours(1))
    assert world.open == []
    decision = world.send(NONDIAGNOSTIC, at=hours(2))
    assert (decision.standing, decision.follow_up) == (Standing.CURRENT, R.INDETERMINATE)
    assert world.open == [R.INDETERMINATE]
    assert world.notice.state.value == "preparation"


def test_a_repeat_may_bring_death_or_a_wish() -> None:
    for patient, problems, state in (
        (replace(ANNA, deceased=True), [], "stopped"),
        (replace(ANNA, restricted=True), [], "on-hold"),
        (ANNA, ["release-withheld"], "on-hold"),
    ):
        world = World()
        world.send(NEGATIVE)
        decision = world.send(NEGATIVE, at=minutes(5), patient=patient, problems=problems)
        assert decision.standing is Standing.REPEAT
        assert [name for _, _, name in world.letters] == [state]
        assert len(world.holds) == (state == "on-hold")


def test_a_wish_that_somebody_has_answered_is_not_asked_again() -> None:
    world = World()
    world.send(NEGATIVE, problems=["release-withheld"])
    world.release(world.hold)
    world.send(NEGATIVE, at=minutes(5), problems=["release-withheld"])
    assert world.notice.state.value == "preparation"


def test_a_repeated_preliminary_asks_for_nothing() -> None:
    world = World()
    world.send(NEGATIVE, P)
    world.send(NEGATIVE, F, at=hours(1))
    assert world.send(NEGATIVE, P, problems=["release-withheld"]).standing is Standing.REPEAT
    assert world.notice.state.value == "preparation"


def test_a_wish_about_a_letter_that_is_to_correct_another_tells_the_patient_without_it() -> None:
    world = World()
    world.send(NEGATIVE)
    world.leave()
    world.send(NONDIAGNOSTIC, C, at=minutes(5))
    world.now += minutes(5)
    world.send(NONDIAGNOSTIC, C, at=minutes(6), problems=["release-withheld"])
    assert [(letter, state) for letter, _, state in world.letters[1:]] == [("nondiagnostic", "on-hold"), ("withdrawn", "preparation")]


# ---- final without the text (OBX-11 U)


def promoted(world: World, **more: object) -> Report:
    report = world.report(words="", problems=["text-promoted", "charset-assumed"], **more)  # type: ignore[arg-type]
    return promoted_text(world.exam, report)


def test_the_stored_preliminary_text_is_promoted() -> None:
    world = World()
    world.send(NONDIAGNOSTIC, P, words="IMPRESSION: intermediate")
    report = promoted(world, at=hours(1))
    assert report.text == "IMPRESSION: intermediate"
    assert "text-promoted" in report.problems
    world.receive(report, NONDIAGNOSTIC)
    assert world.current.status is F
    assert [item.preliminary for item in world.exam.follow_ups] == [False]


def test_nothing_stored_is_review() -> None:
    world = World()
    report = promoted(world)
    assert report.problems == ("charset-assumed", "nothing-to-promote")
    decision = world.receive(report, NEGATIVE)
    assert (decision.category, decision.notice, decision.follow_up) == (Category.REVIEW, NoticeEffect.HOLD, R.UNREADABLE)


def test_a_text_that_was_sent_is_never_replaced() -> None:
    world = World()
    world.send(POSITIVE, P, words="high")
    report = world.report(words="normal", problems=["text-promoted"])
    assert promoted_text(world.exam, report) is report
    assert promoted_text(world.exam, world.report()).problems == ()
    without = world.report(words="")
    assert promoted_text(world.exam, without) is without, "only where the message says so"


@pytest.mark.parametrize("blank", ["", " \n "])
def test_a_blank_text_is_no_text(blank: str) -> None:
    world = World()
    world.send(NEGATIVE, P, words="no embolism")
    world.send(NEGATIVE, F, at=hours(1), words=blank)
    report = promoted_text(world.exam, world.report(F, at=hours(2), words=blank, problems=["text-promoted"]))
    assert report.text == "no embolism"


def test_the_latest_stored_text_counts_and_a_final_one_is_stored_too() -> None:
    """A final that corrected the preliminary must not be undone by a message without text."""
    world = World()
    world.send(POSITIVE, P, words="high")
    world.send(NEGATIVE, F, at=hours(1), words="no embolism")
    world.send(POSITIVE, P, at=minutes(30), words="still high")
    assert promoted(world, at=hours(2)).text == "no embolism"


def test_a_final_without_text_that_is_sent_twice_is_a_repeat() -> None:
    world = World()
    world.send(NEGATIVE, P, words="no embolism")
    world.receive(promoted(world, at=hours(1)), NEGATIVE)
    again = promoted(world, at=hours(2))
    assert again.text == "no embolism"
    assert world.receive(again, NEGATIVE).standing is Standing.REPEAT


@pytest.mark.parametrize("liveness", [Liveness.NOT_LIVE])
def test_the_text_of_a_test_message_is_never_promoted(liveness: Liveness) -> None:
    world = World()
    world.send(NEGATIVE, P, words="no embolism", liveness=liveness)
    assert "nothing-to-promote" in promoted(world, at=hours(1)).problems
    assert [version.text for version in world.exam.versions] == [""]


@pytest.mark.parametrize("status", [X, W])
def test_a_text_that_was_taken_back_is_never_promoted(status: Status) -> None:
    world = World()
    world.send(NEGATIVE, P, words="no embolism")
    world.send(NEGATIVE, status, at=hours(1), words="no embolism")
    assert "nothing-to-promote" in promoted(world, at=hours(2)).problems


@pytest.mark.parametrize("status", [X, W])
def test_the_text_of_a_retraction_is_not_kept(status: Status) -> None:
    world = World()
    world.send(NEGATIVE, status, words="no embolism")
    assert [version.text for version in world.exam.versions] == [""]


def test_in_force_is_what_was_decided_after_the_last_retraction_and_is_not_older_than_any() -> None:
    """A retraction applies whatever its times: also where it was signed before what it takes back."""
    world = World(now=T0 + hours(9))
    sent = [(F, 1, "first"), (X, 0, ""), (F, 3, "second"), (X, 2, ""), (F, 4, "third"), (C, 5, "fourth"), (P, -1, "old"), (C, 5, "fourth")]
    seen = []
    for status, at, words in sent:
        world.send(NEGATIVE, status, at=hours(at), words=words)
        seen.append([version.text for version in in_force(world.exam)])
    third = ["third", "fourth"]
    assert seen == [["first"], [], ["second"], [], ["third"], third, third, third]


def test_the_latest_speaks_in_whatever_order_the_versions_are_stored() -> None:
    world = World()
    first = world.report(at=hours(1))
    second = world.report(at=hours(2))
    draft = world.report(P, at=hours(3))
    decided = [version_of(report, World().receive(report, NEGATIVE)) for report in (first, second, draft)]
    for versions in permutations(decided):
        assert Exam(KEY, versions).current == decided[1]
    assert Exam(KEY, (decided[2],)).current == decided[2]
    assert Exam(KEY).current is None


def test_an_old_text_that_arrives_after_its_retraction_is_not_promoted() -> None:
    world = World()
    world.send(NEGATIVE, X, at=hours(1))
    world.send(NEGATIVE, P, words="no embolism")
    assert "nothing-to-promote" in promoted(world, at=hours(2)).problems


def test_a_text_signed_later_but_sent_before_its_retraction_is_not_promoted() -> None:
    world = World()
    world.send(NEGATIVE, X, at=hours(1), sent=hours(4))
    world.send(NEGATIVE, P, at=hours(2), sent=hours(3), words="no embolism")
    assert "nothing-to-promote" in promoted(world, at=hours(5)).problems


def test_the_text_of_another_person_is_never_promoted() -> None:
    world = World()
    world.send(NEGATIVE, P, words="no embolism", patient=BERT)
    assert "nothing-to-promote" in promoted(world, at=hours(1)).problems


@pytest.mark.parametrize(
    "section", ["impression", "findings", "indication", "history", "comparison", "technique", "recommendation", "addendum"]
)
def test_stored_text_keeps_its_sections(section: str, vocabulary: Vocabulary) -> None:
    """Only text is stored: an indication without its heading would be read as a verdict."""
    blocks = [TextBlock("Prior scan with high probability.", section), TextBlock("No evidence of pulmonary embolism.", "impression")]
    if section == "impression":
        del blocks[0]
    world = World()
    preliminary = replace(world.report(P), blocks=tuple(blocks))
    direct = read(blocks, vocabulary)
    world.receive(preliminary, direct)
    again = read(promoted(world, at=hours(1)).blocks, vocabulary)
    assert (again.category, again.grade) == (direct.category, direct.grade)


def test_stored_text_has_the_headings_that_reports_have() -> None:
    world = World()
    report = replace(world.report(P), blocks=(TextBlock("Dyspnoea.", "indication"), TextBlock("No embolism.")))
    world.receive(report, NEGATIVE)
    assert world.current.text == "INDICATION:\nDyspnoea.\nNo embolism."


def test_words_are_compared_without_layout_case_and_accents() -> None:
    world = World()
    one, other = world.report(words="No Évidence\n of  PE."), world.report(words="no evidence of pe")
    assert words_of(one) == words_of(other) != words_of(world.report(words="evidence of pe"))


def test_a_version_remembers_what_later_decisions_need() -> None:
    world = World()
    report = world.report(P, words="high")
    version = version_of(report, world.receive(report, POSITIVE))
    assert (version.content_hash, version.order, version.status) == (report.content_hash, report.order, P)
    assert (version.category, version.grade, version.chronic) == (Category.POSITIVE, Grade.HIGH, False)
    assert (version.standing, version.patient, version.words, version.text) == (Standing.PROVISIONAL, ANNA, words_of(report), "high")


def test_holds_of_an_earlier_version_end_with_it() -> None:
    world = World(Policy())
    world.send(UNREADABLE)
    world.send(NEGATIVE, C, at=hours(1))
    assert [hold.state for hold in world.exam.holds] == [HoldState.SUPERSEDED]


def test_a_retraction_sent_after_a_report_takes_it_back_though_it_was_signed_before() -> None:
    world = World()
    world.send(NORMAL, Status.CANCELLED, at=hours(1), sent=hours(4))
    assert world.send(NORMAL, at=hours(2), sent=hours(3)).standing is Standing.SUPERSEDED


def test_a_report_from_the_future_does_not_silence_what_comes_after_it() -> None:
    world = World()
    world.send(NORMAL, at=hours(24 * 30), sent=hours(24 * 30))
    world.now = T0 + hours(2)
    decision = world.send(POSITIVE, Status.CORRECTED, at=hours(1))
    assert decision.category is Category.REVIEW
    assert decision.follow_up is not None


@pytest.mark.parametrize("first", ["repeat", "correction"])
def test_a_correction_of_the_same_time_as_a_repeat_of_what_it_corrects_is_for_a_person(first: str) -> None:
    world = World(now=T0 + hours(4))
    world.send(POSITIVE)
    if first == "repeat":
        world.send(POSITIVE, at=hours(3))
        decision = world.send(NEGATIVE, C, at=hours(3))
    else:
        world.send(NEGATIVE, C, at=hours(3))
        decision = world.send(POSITIVE, at=hours(3))
    assert decision.notice is NoticeEffect.HOLD
    assert not any(notice.state is NoticeState.PREPARATION for notice in world.exam.notices)


def test_a_correction_sent_after_a_repeat_of_the_same_sign_time_stands() -> None:
    world = World(now=T0 + hours(5))
    world.send(NEGATIVE)
    world.send(NEGATIVE, at=hours(3), sent=hours(3))
    assert world.send(NONDIAGNOSTIC, C, at=hours(3), sent=hours(4)).category is Category.NONDIAGNOSTIC
