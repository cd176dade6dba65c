"""What must hold of an exam after every step, whatever has happened to it. DESIGN section 6, made precise.

The result of a final version is *carried* by a follow-up of its own reason, or by the `discrepancy` that this one has become, whose
`report_hash` names that version; `result-changed`, `wrong-letter-out`, `identity` and the like come on top and carry nothing.
"""

from dataclasses import replace
from itertools import combinations

from pipeline.domain.exam import Exam, Standing, Version
from pipeline.domain.followup import FollowUp, FollowUpReason, FollowUpState
from pipeline.domain.identity import Patient, conflicts
from pipeline.domain.notice import HoldState, Notice, NoticeState, NoticeType
from pipeline.domain.policy import Mode
from pipeline.domain.reading import Category
from pipeline.domain.reasons import REASONS
from pipeline.domain.versions import in_force
from tests.domain.world import World

R = FollowUpReason
CARRIES = {
    Category.NONDIAGNOSTIC: {R.INDETERMINATE, R.DISCREPANCY},
    Category.POSITIVE: {R.POSITIVE, R.DISCREPANCY},
    Category.REVIEW: {R.UNREADABLE, R.NO_PE_QUESTION, R.DISCREPANCY},
}
ASKS = {
    "identity-conflict": {R.IDENTITY},
    "identity-study": {R.IDENTITY},
    "identity-version": {R.IDENTITY},
    "discrepancy": {R.DISCREPANCY, R.RESULT_CHANGED},
    "status-regressed": {R.STATUS_REGRESSED},
    "positive": {R.POSITIVE, R.DISCREPANCY, R.UNREADABLE},
    "chronic": {R.POSITIVE, R.DISCREPANCY, R.UNREADABLE},
    "range-with-high": {R.INDETERMINATE, R.DISCREPANCY, R.UNREADABLE},
    "status-unknown": {R.UNREADABLE, R.INDETERMINATE, R.POSITIVE, R.DISCREPANCY, R.NO_PE_QUESTION},
    "status-appended": {R.UNREADABLE, R.INDETERMINATE, R.POSITIVE, R.DISCREPANCY, R.NO_PE_QUESTION},
}
ASKS |= {code: CARRIES[Category.REVIEW] for code, reason in REASONS.items() if reason.review}
"""Which follow-up there must be for a hold of this kind. Kinds that are not here need none: a person only says go or not."""


def tracked(item: FollowUp) -> bool:
    """Open, or done by a person."""
    return item.state.open or item.state is FollowUpState.COMPLETED


def check(world: World, released: set[str]) -> None:
    """All of it. `released`: ids of letters that a person has let go, since the last doubt about them."""
    exam = world.exam
    one_version_speaks(exam)
    only_released_letters_may_leave(world, released)
    assert len([n for n in exam.notices if n.live and n.notice_type is not NoticeType.WITHDRAWN]) <= 1, "at most one live letter"
    holds_and_held_letters_are_the_same(exam)
    the_result_is_carried_by_one_follow_up(exam)
    a_preliminary_is_followed_up(exam)
    every_hold_has_somebody_who_works_on_it(exam)
    whoever_holds_a_wrong_letter_is_told(world)
    nobody_keeps_what_may_be_anothers(exam, released)
    letters_name_the_right_person(exam)
    every_open_item_has_an_owner_and_a_next_step(exam)


def every_open_item_has_an_owner_and_a_next_step(exam: Exam) -> None:
    for item in exam.follow_ups:
        assert item.owner
        assert (item.step_at is not None) is item.state.open, "what is open is never silent, what is closed always"


def one_version_speaks(exam: Exam) -> None:
    speaking = [v for v in exam.versions if v.standing in (Standing.CURRENT, Standing.PROVISIONAL)]
    assert len(speaking) <= 1
    if speaking and speaking[0].standing is Standing.CURRENT:
        # Retractions are not later: they would have taken it back, or it says something they do not know.
        others = [v for v in in_force(exam) if not v.status.provisional]
        if all(v.order[0] for v in exam.versions):
            assert all(v.order[:2] <= speaking[0].order[:2] for v in others), "the latest speaks, in whatever order they came"


def only_released_letters_may_leave(world: World, released: set[str]) -> None:
    exam = world.exam
    standing = {v.content_hash: v for v in exam.versions}
    for notice in (n for n in exam.notices if n.state is NoticeState.PREPARATION):
        assert not any(h.notice_id == notice.id and h.state is HoldState.OPEN for h in exam.holds), "held"
        assert notice.id in released or world.policy.mode is not Mode.SHADOW
        if notice.left:
            continue
        about = standing.get(notice.report_hash)
        assert about is None or about.standing is not Standing.NOT_LIVE
        if notice.notice_type is NoticeType.WITHDRAWN:
            continue
        assert about is not None
        assert about.standing is Standing.CURRENT, "only what speaks for the exam"
        assert about.category is not Category.REVIEW
        assert not dead(exam, about.patient), "no letter for the dead"
        if notice.id not in released:
            assert about.category is not Category.POSITIVE, "a positive letter waits for a person"
            assert not two_people(exam), "two people under one accession"
            assert not at_odds(exam, about), "a preliminary says something else"
            later = [v for v in in_force(exam) if v.status.provisional and v.order[:2] > about.order[:2]]
            assert not later, "a preliminary was signed after it"


def holds_and_held_letters_are_the_same(exam: Exam) -> None:
    held = [n.id for n in exam.notices if n.state is NoticeState.ON_HOLD]
    holding = [h.notice_id for h in exam.holds if h.state is HoldState.OPEN and h.notice_id]
    assert sorted(held) == sorted(holding), "each held letter has one open hold, and each open hold its letter"
    assert sum(h.state is HoldState.OPEN and not h.notice_id for h in exam.holds) <= 1
    for hold in exam.holds:
        assert hold.reasons
        assert hold.owner


def the_result_is_carried_by_one_follow_up(exam: Exam) -> None:
    current = exam.current
    if current is None or current.standing is not Standing.CURRENT:
        return
    wanted = CARRIES.get(current.category, set())
    carrying = [f for f in exam.follow_ups if f.reason in wanted and tracked(f) and f.report_hash == current.content_hash]
    if wanted:
        # A second one only where the first is done: a further preliminary has raised its discrepancy since.
        assert carrying, f"nothing carries {current.category.value}"
        assert len([f for f in carrying if f.reason is not R.DISCREPANCY]) <= 1
        assert sum(f.state.open for f in carrying) <= 1
        assert all(f.critical for f in carrying) or current.category is not Category.POSITIVE
    carriers = {R.INDETERMINATE, R.POSITIVE, R.UNREADABLE, R.NO_PE_QUESTION, R.DISCREPANCY}
    assert sum(f.state.open and f.reason in carriers for f in exam.follow_ups) <= 1, "one open item for the result"
    for reason in (R.IDENTITY, R.STATUS_REGRESSED, R.REPORT_OVERDUE):
        assert sum(f.state.open and f.reason is reason for f in exam.follow_ups) <= 1


def a_preliminary_is_followed_up(exam: Exam) -> None:
    current = exam.current
    if current and current.standing is Standing.PROVISIONAL and current.category in (Category.NONDIAGNOSTIC, Category.POSITIVE):
        assert any(f.preliminary and tracked(f) and f.report_hash == current.content_hash for f in exam.follow_ups)


def every_hold_has_somebody_who_works_on_it(exam: Exam) -> None:
    there = {f.reason for f in exam.follow_ups if tracked(f)}
    for hold in (h for h in exam.holds if h.state is HoldState.OPEN):
        for code in hold.reasons:
            assert code not in ASKS or ASKS[code] & there, f"nobody works on {code}"


def whoever_holds_a_wrong_letter_is_told(world: World) -> None:
    """The last letter that left, if what it says no longer stands: a person was told, and the patient is told at once."""
    exam = world.exam
    left = [n for n in exam.notices if n.left and n.notice_type is not NoticeType.WITHDRAWN]
    if not left:
        return
    last, current = left[-1], exam.current
    says = current.category if current and current.standing is Standing.CURRENT else None
    if last.category is says:
        return
    assert last.state is NoticeState.ENTERED_IN_ERROR
    assert any(f.reason is R.WRONG_LETTER_OUT for f in exam.follow_ups)
    words = [n for n in exam.notices if n.replaces == last.id and n.live]
    told = [n for n in words if n.notice_type is NoticeType.WITHDRAWN or (n.state is NoticeState.PREPARATION and _now(n, world))]
    phoned = any(f.reason is R.WRONG_LETTER_OUT and f.state is FollowUpState.COMPLETED for f in exam.follow_ups)
    assert told or phoned or any(v.patient.deceased for v in exam.versions), "the patient is told"


def nobody_keeps_what_may_be_anothers(exam: Exam, released: set[str]) -> None:
    if not two_people(exam):
        return
    assert any(f.reason is R.IDENTITY for f in exam.follow_ups)
    kept = [n for n in exam.notices if n.left and n.live and n.notice_type is not NoticeType.WITHDRAWN]
    assert all(n.id in released for n in kept), "a letter that may be another person's was left alone"


def letters_name_the_right_person(exam: Exam) -> None:
    patients = {v.content_hash: v.patient for v in exam.versions}
    letters = {n.id: n for n in exam.notices}
    for notice in exam.notices:
        if notice.notice_type is NoticeType.WITHDRAWN:
            wrong = letters[notice.replaces]
            assert notice.facts == replace(wrong.facts, replaces_at=wrong.facts.signed_at), "to whoever got the wrong letter"
        else:
            assert notice.facts.identifier == patients[notice.report_hash].identifiers[0].value
        assert (notice.replaces == "") == (notice.notice_type is NoticeType.RESULT)
        assert not notice.replaces or letters[notice.replaces].left


def two_people(exam: Exam) -> bool:
    versions = [v.patient for v in exam.versions if v.standing is not Standing.NOT_LIVE]
    people = [*versions, *(image.patient for image in exam.instances)]
    return any(conflicts(one, other) for one, other in combinations(people, 2))


def dead(exam: Exam, patient: Patient) -> bool:
    return any(v.patient.deceased and not conflicts(v.patient, patient) for v in exam.versions if v.standing is not Standing.NOT_LIVE)


def at_odds(exam: Exam, final: Version) -> bool:
    done = any(f.reason is R.DISCREPANCY and f.state is FollowUpState.COMPLETED for f in exam.follow_ups)
    acted_on = (Category.NONDIAGNOSTIC, Category.POSITIVE)
    drafts = [v for v in in_force(exam) if v.status.provisional and v.category in acted_on]
    return not done and any(v.category is not final.category for v in drafts)


def _now(notice: Notice, world: World) -> bool:
    return (notice.release_at or world.now) <= world.now
