"""DESIGN section 6: corrections, retractions, and a wrong letter that is out."""

from dataclasses import replace

import pytest

from pipeline.domain.decision import NoticeEffect
from pipeline.domain.exam import Standing
from pipeline.domain.followup import FollowUpReason
from pipeline.domain.policy import Mode, Policy
from pipeline.domain.reading import Category, Grade, Reading
from pipeline.domain.report import Liveness, Status
from pipeline.errors import Refused
from tests.domain.world import (
    ANNA,
    BERT,
    CHRONIC,
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


def out(reading: Reading = NEGATIVE, policy: Policy | None = None) -> World:
    """An exam whose letter has left."""
    world = World(policy or Policy())
    world.send(reading)
    for hold in world.holds:
        world.release(hold)
    assert len(world.leave()) == 1
    world.now += hours(1)
    return world


def states(world: World) -> list[tuple[str, str, str]]:
    return world.letters[1:]


# ---- the later version changes the category, cannot be read, or retracts


@pytest.mark.parametrize(
    ("now", "letters"),
    [
        (POSITIVE, [("withdrawn", "withdrawn", "preparation"), ("positive", "corrected", "on-hold")]),
        (CHRONIC, [("withdrawn", "withdrawn", "preparation"), ("positive-chronic", "corrected", "on-hold")]),
        (UNREADABLE, [("withdrawn", "withdrawn", "preparation")]),
        (NONDIAGNOSTIC, [("nondiagnostic", "corrected", "preparation")]),
    ],
)
def test_the_patient_and_a_person_are_told_at_once(now: Reading, letters: list[tuple[str, str, str]]) -> None:
    world = out()
    first = world.notice
    world.send(now, C, at=hours(1))
    assert world.letters[0] == ("absent", "result", "entered-in-error")
    assert states(world) == letters
    item = world.item(R.WRONG_LETTER_OUT)
    assert (item.critical, item.due_at) == (True, world.now + hours(1))
    assert "no sign of a clot" in item.note
    for notice in world.exam.notices[1:]:
        assert notice.replaces == first.id
        assert notice.facts.replaces_at == first.facts.signed_at


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (NEGATIVE, "no sign of a clot"),
        (NORMAL, "normal"),
        (LOW, "a low chance"),
        (NONDIAGNOSTIC, "could not decide"),
        (POSITIVE, "a clot is likely"),
        (CHRONIC, "old clots"),
    ],
)
def test_the_follow_up_says_what_the_patient_holds(wrong: Reading, says: str) -> None:
    world = out(wrong)
    world.send(UNREADABLE, C, at=hours(1))
    note = world.item(R.WRONG_LETTER_OUT).note
    _, found, words = note.partition("Phone them. It says: ")
    assert found
    assert says in words
    assert says != "normal" or words == "normal."
    assert not any(word in note for word in ("Anna", "version", "M-1"))


def test_a_withdrawal_names_no_result() -> None:
    world = out()
    world.send(POSITIVE, C, at=hours(1))
    withdrawal = world.exam.notices[1]
    assert (withdrawal.category, withdrawal.grade, withdrawal.letter.value) == (Category.REVIEW, None, "withdrawn")


def test_the_withdrawal_leaves_before_the_corrected_letter() -> None:
    world = World(Policy(quiet_period=minutes(30)))
    world.send(NEGATIVE)
    world.now = T0 + hours(1)
    world.leave()
    world.send(NONDIAGNOSTIC, C, at=hours(1))
    assert states(world) == [("withdrawn", "withdrawn", "preparation"), ("nondiagnostic", "corrected", "preparation")]
    assert [notice.letter.value for notice in world.leave()] == ["withdrawn"], "at once; the letter has its quiet period"
    world.now += minutes(30)
    assert [notice.letter.value for notice in world.leave()] == ["nondiagnostic"]


def test_a_letter_that_is_just_being_sent_counts_as_out() -> None:
    world = World()
    world.send(NEGATIVE)
    world.lease()
    world.send(POSITIVE, C, at=hours(1))
    assert world.letters[0] == ("absent", "result", "entered-in-error")
    assert R.WRONG_LETTER_OUT in world.open


def test_a_letter_whose_sending_came_to_nothing_does_not() -> None:
    world = World()
    world.send(NEGATIVE)
    world.lease()
    world.expire()
    world.send(POSITIVE, C, at=hours(1))
    assert world.letters[0] == ("absent", "result", "stopped")
    assert R.WRONG_LETTER_OUT not in world.open


def test_before_it_has_left_it_is_stopped_and_nobody_is_bothered() -> None:
    world = World(Policy(quiet_period=minutes(60)))
    world.send(NEGATIVE)
    world.send(NONDIAGNOSTIC, C, at=minutes(10))
    assert world.letters == [("absent", "result", "stopped"), ("nondiagnostic", "result", "preparation")]
    assert world.open == [R.INDETERMINATE]


# ---- same category


def test_same_letter_no_new_letter() -> None:
    world = out()
    decision = world.send(NEGATIVE, C, at=hours(1))
    assert decision.standing is Standing.CURRENT
    assert (states(world), world.open, world.holds) == ([], [], [])
    assert world.letters == [("absent", "result", "completed")]


def test_very_low_and_low_are_the_same_letter() -> None:
    world = out(LOW)
    world.send(Reading(Category.NEGATIVE, Grade.VERY_LOW), C, at=hours(1))
    assert states(world) == []


@pytest.mark.parametrize(("problems", "state"), [([], "preparation"), (["release-withheld"], "on-hold")])
def test_other_words_for_the_same_category_are_a_corrected_letter_and_no_alarm(problems: list[str], state: str) -> None:
    world = out(NORMAL)
    world.send(LOW, C, at=hours(1), problems=problems)
    assert world.letters == [("normal", "result", "entered-in-error"), ("low", "corrected", state)]
    assert world.open == []


def test_for_the_dead_the_old_letter_stands() -> None:
    world = out(NORMAL)
    world.send(LOW, C, at=hours(1), patient=replace(ANNA, deceased=True))
    assert world.letters == [("normal", "result", "completed")]


# ---- every letter after one that has left is `corrected`


def test_after_a_withdrawal_the_next_letter_is_still_corrected() -> None:
    world = out()
    first = world.exam.notices[0]
    world.send(UNREADABLE, C, at=hours(1))
    world.leave()
    world.send(NEGATIVE, C, at=hours(2), words="now it can be read")
    assert world.letters[-1] == ("absent", "corrected", "preparation")
    assert world.notice.replaces == first.id


def test_a_second_correction_replaces_the_letter_that_left_last() -> None:
    world = out()
    world.send(NONDIAGNOSTIC, C, at=minutes(10))
    world.leave()
    second = world.notice
    world.send(NEGATIVE, C, at=minutes(20))
    assert (world.notice.notice_type.value, world.notice.replaces) == ("corrected", second.id)


# ---- the letter that was to say it does not leave


@pytest.mark.parametrize("stop", [POSITIVE, UNREADABLE])
def test_a_stopped_correction_leaves_nobody_with_a_wrong_letter(stop: Reading) -> None:
    """Out: negative. The corrected letter would have told the patient, but it was stopped before it left."""
    world = out()
    world.send(NONDIAGNOSTIC, C, at=minutes(10))
    assert states(world) == [("nondiagnostic", "corrected", "preparation")]
    world.send(stop, C, at=minutes(20))
    assert world.letters[1] == ("nondiagnostic", "corrected", "stopped")
    assert world.letters[2] == ("withdrawn", "withdrawn", "preparation")
    assert world.exam.notices[2].replaces == world.exam.notices[0].id
    assert world.open.count(R.WRONG_LETTER_OUT) == 1


def test_a_correction_stopped_by_a_retraction_leaves_nobody_with_a_wrong_letter() -> None:
    world = out()
    world.send(NONDIAGNOSTIC, C, at=minutes(10))
    world.send(NONDIAGNOSTIC, X, at=minutes(20))
    assert world.letters[-1] == ("withdrawn", "withdrawn", "preparation")


def test_a_correction_stopped_by_its_opposite_is_replaced_and_a_person_knows() -> None:
    world = out(NORMAL)
    world.send(LOW, C, at=minutes(10))
    assert world.open == []
    world.send(NONDIAGNOSTIC, C, at=minutes(20))
    assert world.letters[-1] == ("nondiagnostic", "corrected", "preparation")
    assert R.WRONG_LETTER_OUT in world.open


def test_one_withdrawal_is_enough() -> None:
    world = out()
    world.send(UNREADABLE, C, at=minutes(10))
    world.send(POSITIVE, C, at=minutes(20))
    world.send(UNREADABLE, C, at=minutes(30), words="again")
    assert [letter for letter, _, _ in world.letters].count("withdrawn") == 1
    assert world.open.count(R.WRONG_LETTER_OUT) == 1


def test_each_wrong_letter_is_an_alarm_of_its_own() -> None:
    world = out()
    world.send(NONDIAGNOSTIC, C, at=minutes(10))
    world.leave()
    world.send(NEGATIVE, C, at=minutes(20))
    assert world.open.count(R.WRONG_LETTER_OUT) == 2


# ---- retraction


@pytest.mark.parametrize("status", [X, W])
@pytest.mark.parametrize("at", [hours(-1), hours(1)])
def test_a_retraction_applies_whatever_its_times(status: Status, at: object) -> None:
    world = World()
    world.send(NEGATIVE)
    decision = world.send(NEGATIVE, status, at=at)
    assert (decision.standing, decision.notice) == (Standing.RETRACTED, NoticeEffect.NEVER)
    assert world.letters == [("absent", "result", "stopped")]
    assert world.exam.current is None
    assert world.open == []


@pytest.mark.parametrize("status", [X, W])
def test_after_the_letter_has_left_it_is_a_wrong_letter(status: Status) -> None:
    world = out()
    decision = world.send(NEGATIVE, status, at=hours(1))
    assert decision.follow_up is R.WRONG_LETTER_OUT
    assert world.letters == [("absent", "result", "entered-in-error"), ("withdrawn", "withdrawn", "preparation")]
    assert world.open == [R.WRONG_LETTER_OUT]


def test_for_the_wrong_patient_the_withdrawal_waits_for_a_person() -> None:
    world = out()
    world.send(NEGATIVE, W, at=hours(1), problems=["wrong-patient"])
    assert world.letters[-1] == ("withdrawn", "withdrawn", "on-hold")
    assert set(world.open) == {R.WRONG_LETTER_OUT, R.IDENTITY}
    with pytest.raises(Refused, match="another person"):
        world.release(world.hold)
    world.release(world.hold, override="phoned, it is Anna's")
    assert world.letters[-1] == ("withdrawn", "withdrawn", "preparation")


def test_a_retraction_that_names_another_person_withdraws_from_whoever_got_the_letter() -> None:
    world = out()
    world.send(NEGATIVE, W, at=hours(1), patient=BERT, problems=["wrong-patient"])
    assert (world.notice.facts.patient_name, world.notice.facts.identifier) == ("Anna Example", "M-1")
    assert world.notice.state.value == "on-hold"


def test_held_letters_and_their_holds_end_with_it() -> None:
    for reading in (POSITIVE, UNREADABLE):
        world = World()
        world.send(reading)
        world.send(reading, X, at=hours(1))
        assert world.holds == []
        assert world.open == [R.RESULT_CHANGED]


def test_the_very_same_retraction_again_does_not_take_back_what_came_after_it() -> None:
    world = World()
    world.send(NEGATIVE)
    world.send(NEGATIVE, X, at=hours(1))
    world.send(NORMAL, C, at=hours(2))
    decision = world.send(NEGATIVE, X, at=hours(1), sent=hours(3))
    assert (decision.standing, decision.changes) == (Standing.REPEAT, ())
    assert world.letters[-1] == ("normal", "result", "preparation")


def test_a_retraction_again_takes_back_what_nobody_can_place_behind_it() -> None:
    world = World(now=T0 + hours(2))
    world.send(NEGATIVE)
    world.send(NEGATIVE, X, at=hours(1))
    assert world.send(NORMAL, at=hours(1)).category is Category.REVIEW
    assert world.send(NEGATIVE, X, at=hours(1), content_hash="f" * 64).standing is Standing.RETRACTED
    assert world.exam.current is None


@pytest.mark.parametrize(
    ("again", "standing"),
    [
        ({"at": hours(1), "sent": hours(1.5)}, Standing.REPEAT),
        ({"at": hours(0.5), "sent": hours(1.25)}, Standing.RETRACTED),
        ({"at": hours(1), "status": W}, Standing.RETRACTED),
        ({"at": hours(1), "patient": BERT}, Standing.RETRACTED),
    ],
    ids=["sent again", "signed at another time", "another status", "another person"],
)
def test_the_very_same_retraction_is_the_one_of_this_status_time_and_person(again: dict[str, object], standing: Standing) -> None:
    world = World(now=T0 + hours(3))
    world.send(NEGATIVE)
    world.send(NEGATIVE, X, at=hours(1), sent=hours(1.25))
    world.send(NORMAL, at=hours(2))
    assert world.send(NEGATIVE, **({"status": X} | again)).standing is standing  # type: ignore[arg-type]


def test_a_retraction_that_was_a_test_is_none() -> None:
    world = World(now=T0 + hours(3))
    world.send(NEGATIVE, X, at=hours(1), liveness=Liveness.NOT_LIVE)
    world.send(NEGATIVE, at=hours(2))
    assert world.send(NEGATIVE, X, at=hours(1)).standing is Standing.RETRACTED


def test_what_may_lie_on_either_side_of_one_of_two_retractions_goes_to_a_person() -> None:
    world = World(now=T0 + hours(4))
    world.send(NEGATIVE, X, at=hours(1))
    world.send(NEGATIVE, W, at=hours(3))
    assert world.send(NEGATIVE, at=hours(1)).category is Category.REVIEW


def test_the_retracted_words_signed_before_the_retraction_stay_retracted() -> None:
    world = World(now=T0 + hours(4))
    world.send(NEGATIVE, words="no embolism")
    world.send(NEGATIVE, X, at=hours(2))
    assert world.send(NEGATIVE, at=hours(1), words="no embolism").standing is Standing.SUPERSEDED


def test_another_retraction_does() -> None:
    world = World()
    world.send(NEGATIVE)
    world.send(NEGATIVE, X, at=hours(1))
    world.send(NORMAL, C, at=hours(2))
    assert world.send(NEGATIVE, X, at=hours(1.5)).standing is Standing.RETRACTED
    assert world.exam.current is None


def test_a_retraction_twice_is_once() -> None:
    world = out()
    world.send(NEGATIVE, X, at=hours(1))
    before = (world.exam.notices, world.exam.follow_ups)
    world.send(NEGATIVE, X, at=hours(2))
    assert (world.exam.notices, world.exam.follow_ups) == before


def test_a_retraction_before_anything_else_causes_nothing() -> None:
    world = World()
    decision = world.send(NEGATIVE, X)
    assert (decision.standing, decision.changes, decision.follow_up) == (Standing.RETRACTED, (), None)


def test_what_was_signed_before_the_retraction_stays_retracted() -> None:
    world = World()
    world.send(NEGATIVE, X, at=hours(1))
    assert world.send(NEGATIVE).standing is Standing.SUPERSEDED
    assert world.letters == []


@pytest.mark.parametrize(
    "times", [{"at": hours(1)}, {"at": None}, {"at": hours(99999), "sent": hours(0)}], ids=["equal times", "no time", "impossible time"]
)
def test_a_report_of_which_nobody_knows_whether_it_was_retracted_goes_to_a_person(times: dict[str, object]) -> None:
    world = World()
    world.send(NEGATIVE, X, at=hours(1))
    decision = world.send(NEGATIVE, F, **times)
    assert (decision.category, decision.follow_up) == (Category.REVIEW, R.UNREADABLE)
    assert "version-tie" in decision.reasons


def test_a_retraction_without_a_time_makes_the_next_report_doubtful() -> None:
    world = World()
    world.send(NEGATIVE, X, at=None)
    assert "version-tie" in world.send(NEGATIVE).reasons


def test_the_retracted_words_again_go_to_a_person() -> None:
    world = World()
    world.send(NEGATIVE, words="no embolism")
    world.send(NEGATIVE, X, at=hours(1), words="")
    assert "version-tie" in world.send(NEGATIVE, at=None, sent=hours(2), words="no embolism").reasons
    assert world.letters == [("absent", "result", "stopped")]


def test_new_words_after_a_retraction_are_a_new_report() -> None:
    world = out()
    world.send(NEGATIVE, X, at=hours(1))
    world.send(NEGATIVE, at=hours(2))
    assert world.letters[-1] == ("absent", "corrected", "preparation")


# ---- the dead, shadow mode, doubtful messages


@pytest.mark.parametrize("reading", [POSITIVE, NONDIAGNOSTIC, UNREADABLE])
@pytest.mark.parametrize("status", [C, X])
def test_no_withdrawal_goes_to_the_dead(reading: Reading, status: Status) -> None:
    world = out()
    world.send(reading, status, at=hours(1), patient=replace(ANNA, deceased=True))
    assert world.letters == [("absent", "result", "entered-in-error")]
    assert R.WRONG_LETTER_OUT in world.open, "the care team decides about the family"


def test_a_withdrawal_that_has_not_left_is_stopped_by_death() -> None:
    world = out()
    world.send(POSITIVE, C, at=hours(1), liveness=Liveness.UNSTATED)
    assert states(world) == [("withdrawn", "withdrawn", "on-hold"), ("positive", "corrected", "on-hold")]
    world.send(NEGATIVE, F, at=minutes(-1), patient=replace(ANNA, deceased=True))
    assert [state for _, _, state in states(world)] == ["stopped", "stopped"]
    assert world.holds == []


@pytest.mark.parametrize("status", [C, X])
def test_whatever_tells_of_death_stops_the_withdrawal(status: Status) -> None:
    world = out()
    world.send(POSITIVE, C, at=minutes(30))
    assert states(world) == [("withdrawn", "withdrawn", "preparation"), ("positive", "corrected", "on-hold")]
    world.send(NONDIAGNOSTIC, status, at=hours(1), patient=replace(ANNA, deceased=True))
    assert [state for _, _, state in states(world)] == ["stopped", "stopped"]


def test_a_further_doubt_is_about_the_correction_and_not_about_the_withdrawal() -> None:
    world = out()
    world.send(POSITIVE, C, at=hours(1), liveness=Liveness.UNSTATED)
    world.send(NONDIAGNOSTIC, P, at=hours(-1))
    letters = {notice.id: notice.letter.value for notice in world.exam.notices}
    assert {letters[hold.notice_id]: hold.reasons for hold in world.holds} == {
        "withdrawn": ("liveness-unstated",),
        "positive": ("discrepancy", "liveness-unstated", "positive"),
    }


def test_death_does_not_end_what_a_person_must_read() -> None:
    world = World()
    world.send(UNREADABLE)
    world.send(NEGATIVE, P, at=minutes(-1), patient=replace(ANNA, deceased=True))
    assert len(world.holds) == 1
    assert world.open == [R.UNREADABLE]


def test_death_is_not_forgotten_by_a_message_that_does_not_speak_of_it() -> None:
    world = World()
    world.send(NEGATIVE, patient=replace(ANNA, deceased=True))
    assert world.send(NONDIAGNOSTIC, C, at=hours(1)).notice is NoticeEffect.NEVER
    assert world.letters == []
    assert world.open == [R.INDETERMINATE]


def test_another_persons_death_is_not_the_patients() -> None:
    world = World()
    world.send(NEGATIVE)
    world.send(NEGATIVE, F, at=minutes(-1), patient=replace(BERT, deceased=True))
    assert world.letters == [("absent", "result", "on-hold")], "held for the identity, not stopped"


def test_shadow_mode_lets_no_withdrawal_leave() -> None:
    world = out()
    world.policy = Policy(mode=Mode.SHADOW)
    world.send(UNREADABLE, C, at=hours(1))
    assert states(world) == [("withdrawn", "withdrawn", "on-hold")]
    assert "shadow" in world.holds[0].reasons


def test_a_withdrawal_in_a_language_that_is_no_longer_signed_waits() -> None:
    world = out()
    world.policy = Policy(approved_languages=frozenset({"es"}))
    world.send(UNREADABLE, C, at=hours(1))
    assert states(world) == [("withdrawn", "withdrawn", "on-hold")]
    assert world.holds[0].reasons == ("language-unapproved",)


@pytest.mark.parametrize("status", [C, X])
def test_a_message_that_does_not_say_whether_it_is_live_withdraws_nothing_unseen(status: Status) -> None:
    world = out()
    world.send(POSITIVE, status, at=hours(1), liveness=Liveness.UNSTATED)
    assert ("withdrawn", "withdrawn", "on-hold") in world.letters
    assert R.WRONG_LETTER_OUT in world.open
