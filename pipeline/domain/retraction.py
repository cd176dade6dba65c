"""The source takes its report back: stop what has not left, and say so where a letter has."""

from pipeline.domain.case import Case
from pipeline.domain.decision import Decision
from pipeline.domain.duties import close_duties
from pipeline.domain.exam import Standing
from pipeline.domain.followup import FollowUpReason
from pipeline.domain.mail import DEAD, out_of, stop_for_the_dead, stop_pending, take_back, tell_the_patient
from pipeline.domain.versions import spoken_for


def decide_retraction(case: Case) -> Decision:
    """A retraction applies whatever its times; only the very same one again, after a later version has spoken, changes nothing."""
    plan = case.plan
    out = out_of(plan)
    stop_pending(plan)
    if DEAD in case.reasons:
        stop_for_the_dead(plan)
    follow_up = close_duties(case, plan)
    if out:
        take_back(plan, out)
        follow_up = FollowUpReason.WRONG_LETTER_OUT
    tell_the_patient(plan, None, case.reasons)
    return case.settled(Standing.RETRACTED, follow_up, plan, spoken_for(case.exam))
