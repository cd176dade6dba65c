"""What one report version causes: the whole clinical logic, as a pure function of what is known."""

from dataclasses import dataclass, replace
from datetime import datetime

from pipeline.domain.arrival import Rejection
from pipeline.domain.case import Case
from pipeline.domain.decision import Change, Decision
from pipeline.domain.dues import due_at
from pipeline.domain.duties import open_duties
from pipeline.domain.exam import Exam, Standing
from pipeline.domain.followup import FollowUp, FollowUpReason, FollowUpState
from pipeline.domain.gates import WISHES, category_of, reasons_for
from pipeline.domain.identity import conflicts
from pipeline.domain.instance import Instance
from pipeline.domain.ladder import begun
from pipeline.domain.mail import DEAD, hold_pending, release_found, stop_for_the_dead, tell_the_patient, write
from pipeline.domain.notice import HoldState
from pipeline.domain.persons import another_person, look_at_the_person
from pipeline.domain.plan import Plan, rejection_follow_up
from pipeline.domain.policy import Policy
from pipeline.domain.preliminary import decide_preliminary
from pipeline.domain.reading import Category, Reading
from pipeline.domain.report import Liveness, Report
from pipeline.domain.retraction import decide_retraction
from pipeline.domain.versions import disagreeing, final_of, overtaken, promoted_text, regressed, repeats, spoken_for, undecidable
from pipeline.domain.versions import version_of as version_of
from pipeline.domain.versions import words_of as words_of

__all__ = [
    "InstanceDecision",
    "decide",
    "decide_again",
    "decide_instance",
    "decide_rejection",
    "promoted_text",
    "version_of",
    "words_of",
]

_WISHES = frozenset({"restricted", "release-withheld", "release-unknown"}) | WISHES
"""What a repeated report may ask for that its first sending did not."""


@dataclass(frozen=True, slots=True)
class InstanceDecision:
    """What one image causes: usually nothing."""

    reasons: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()


def decide(exam: Exam, report: Report, reading: Reading, policy: Policy, now: datetime) -> Decision:
    """Decide one report version. Never raises for content.

    Args:
        exam: everything known of the exam before this version.
        report: the version; `OBX-11 U` already promoted (see `promoted_text`).
        reading: what was read in its text.
        policy: the site's settings.
        now: aware UTC; the daemon's clock, or the message's own time in replay and explain.
    """
    category, grade = category_of(reading, report, policy)
    case = Case(exam, report, reading, policy, now, category, grade, reasons_for(exam, report, reading, category, policy, now))
    if report.liveness is Liveness.NOT_LIVE:
        return case.settled(Standing.NOT_LIVE, None)
    if repeats(case):
        return _repeat(case)
    if report.status.retracted:
        return decide_retraction(case)
    if report.status.provisional:
        return decide_preliminary(case)
    if undecidable(case):
        return _final(replace(case.having("version-tie"), category=Category.REVIEW, grade=None))
    if overtaken(case):
        return _superseded(case)
    return _final(case)


def decide_again(case: Case, standing: Standing) -> Decision:
    """A version that speaks for its exam, read anew: what its other reading leads to is what a correction would lead to."""
    decision = decide_preliminary(case) if standing is Standing.PROVISIONAL else _final(case)
    return replace(decision, standing=standing, resettled=())


def decide_instance(exam: Exam, instance: Instance, policy: Policy, now: datetime) -> InstanceDecision:
    """Compare an image with what was decided. A study of another patient holds every letter; one that has left was wrong."""
    current = exam.current
    plan = Plan(exam, policy, now, current.content_hash if current else "")
    others = [version.patient for version in exam.versions if version.standing is not Standing.NOT_LIVE]
    others += [image.patient for image in exam.instances]
    if any(conflicts(instance.patient, other) for other in others):
        another_person(plan, "identity-study", current.category if current else None)
        return InstanceDecision(("identity-study",), plan.changes)
    release_found(plan, "study-missing", "study-found")
    return InstanceDecision((), plan.changes)


def decide_rejection(content_hash: str, rejection: Rejection, policy: Policy, now: datetime) -> FollowUp:
    """The tracked item of an input that could not be used. What may have been a V/Q report is on the positive's clock."""
    due = due_at(FollowUpReason.REJECTED, now, policy, critical=rejection.maybe_vq)
    item = rejection_follow_up(content_hash, critical=rejection.maybe_vq, due=due, owner=policy.owner, now=now)
    return begun(item, policy, now)


def _final(case: Case) -> Decision:
    """A final, corrected or unexplained version that now speaks for the exam."""
    if _at_odds_with_a_preliminary(case):
        case = case.having("discrepancy")
    if regressed(case):
        case = case.having("status-regressed")
    plan = case.plan
    follow_up = open_duties(case, plan)
    write(case, plan)
    if follow_up is None and any(change.why == "wrong-letter-out" for change in plan.changes):
        follow_up = FollowUpReason.WRONG_LETTER_OUT
    return case.settled(Standing.CURRENT, follow_up, plan, spoken_for(case.exam))


def _at_odds_with_a_preliminary(case: Case) -> bool:
    """Unless somebody has dealt with it: the same category was at odds before, and the follow-up about that is done."""
    final = final_of(case.exam)
    dealt_with = any(item.reason is FollowUpReason.DISCREPANCY and item.state is FollowUpState.COMPLETED for item in case.exam.follow_ups)
    return disagreeing(case) and not (dealt_with and final and final.category is case.category)


def _superseded(case: Case) -> Decision:
    """Too late to say anything about the result; what it says about the patient still counts."""
    plan = case.plan
    look_at_the_person(case, plan)
    return case.having("superseded").settled(Standing.SUPERSEDED, None, plan)


def _repeat(case: Case) -> Decision:
    """The same report again changes nothing, but for a letter that has not left and that it asks to keep back."""
    final = final_of(case.exam)
    plan = Plan(case.exam, case.policy, case.now, (final or case.report).content_hash)
    if DEAD in case.reasons:
        stop_for_the_dead(plan)
    seen = {code for hold in case.exam.holds if hold.state in (HoldState.OPEN, HoldState.RELEASED) for code in hold.reasons}
    wishes = tuple(code for code in case.reasons if code in _WISHES - seen)
    if wishes and final and not case.report.status.provisional:
        hold_pending(plan, wishes)
        tell_the_patient(plan, final.category, wishes)
    return case.having("repeat").settled(Standing.REPEAT, None, plan)
