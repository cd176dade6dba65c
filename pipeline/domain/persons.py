"""Whose exam it is: what follows where a version or an image names somebody else, or says that the patient has died."""

from pipeline.domain.case import Case
from pipeline.domain.dues import due_at
from pipeline.domain.followup import FollowUpReason
from pipeline.domain.identity import conflicts
from pipeline.domain.mail import DEAD, hold_pending, out_of, stop_for_the_dead, take_back, tell_the_patient
from pipeline.domain.plan import Plan
from pipeline.domain.reading import Category


def another_person(plan: Plan, code: str, category: Category | None) -> None:
    """One accession with two patients: every letter of it is held and `identity` opens; one that has left was wrong.

    Args:
        code: why: `identity-study` or `identity-version`.
        category: what the exam says now; None where nothing speaks for it.
    """
    hold_pending(plan, (code,))
    if not plan.has_open(FollowUpReason.IDENTITY):
        due = due_at(FollowUpReason.IDENTITY, plan.now, plan.policy, critical=True)
        plan.open(FollowUpReason.IDENTITY, due, code, critical=True)
    if out := out_of(plan):
        take_back(plan, out)
    tell_the_patient(plan, category, (code,))


def look_at_the_person(case: Case, plan: Plan) -> None:
    """What a version that does not speak for the exam still says about its patient."""
    speaker = case.exam.current
    if conflicts(speaker.patient, case.report.patient) if speaker else case.mistaken:
        another_person(plan, "identity-version", speaker.category if speaker else None)
    elif DEAD in case.reasons:
        stop_for_the_dead(plan)
