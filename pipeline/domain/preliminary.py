"""Preliminary versions: no letter ever, but a follow-up at once where somebody may act on them."""

from pipeline.domain.case import OF_CATEGORY, RESULT, Case
from pipeline.domain.decision import Decision
from pipeline.domain.duties import open_identity
from pipeline.domain.exam import Standing, Version
from pipeline.domain.followup import FollowUpReason
from pipeline.domain.mail import hold_pending, tell_the_patient
from pipeline.domain.persons import look_at_the_person
from pipeline.domain.plan import Plan
from pipeline.domain.versions import final_of, letter_of, overtaken, spoken_for


def decide_preliminary(case: Case) -> Decision:
    """A preliminary never displaces a final; before one it opens its follow-up, behind one it may raise a discrepancy."""
    final = final_of(case.exam)
    return _before_a_final(case) if final is None else _beside(case, final)


def _before_a_final(case: Case) -> Decision:
    plan = case.plan
    open_identity(case, plan)
    before = case.exam.current
    later = before is not None and before.order > case.report.order
    if later or overtaken(case):
        return case.having("superseded").settled(Standing.SUPERSEDED, None, plan)
    reason = OF_CATEGORY.get(case.category)
    own = next((item for item in plan.open_follow_ups() if item.preliminary), None)
    if own:
        # Where one preliminary has overruled another, whoever acted on the first must hear of it.
        reason = reason or FollowUpReason.DISCREPANCY
        critical = case.critical or reason is FollowUpReason.DISCREPANCY
        plan.renew(own, reason, case.due(reason, critical=critical), "preliminary", critical=critical, preliminary=True)
    elif reason:
        due = case.due(reason, critical=case.critical)
        plan.open(reason, due, "preliminary", critical=case.critical, preliminary=True)
    return case.settled(Standing.PROVISIONAL, reason, plan, spoken_for(case.exam))


def _beside(case: Case, final: Version) -> Decision:
    """Signed after the final, or at odds with it: the letter that has not left waits, and the final's follow-up says why."""
    # These items are about the final, in whatever order the two came.
    plan = Plan(case.exam, case.policy, case.now, final.content_hash, says=letter_of(final))
    look_at_the_person(case, plan)
    codes, opened = [], None
    if case.report.order[:2] > final.order[:2]:
        codes.append("status-regressed")
        opened = FollowUpReason.STATUS_REGRESSED
        if not plan.has_open(opened):
            plan.open(opened, case.due(opened, critical=True), opened.value, critical=True)
    if case.category in OF_CATEGORY and final.category is not case.category:
        codes.append("discrepancy")
        opened = _discrepancy(case, plan)
    if codes:
        hold_pending(plan, tuple(codes))
        tell_the_patient(plan, final.category, codes)
    return case.having(*(codes or ["superseded"])).settled(Standing.SUPERSEDED, opened, plan)


def _discrepancy(case: Case, plan: Plan) -> FollowUpReason:
    reason = FollowUpReason.DISCREPANCY
    due = case.due(reason, critical=True)
    own = next((item for item in plan.open_follow_ups() if item.reason in RESULT), None)
    if own:
        # The exam keeps one item: the final's own becomes the discrepancy, as it does where the preliminary came first.
        plan.renew(own, reason, due, reason.value, critical=True)
    elif not plan.has_open(reason):
        plan.open(reason, due, reason.value, critical=True)
    return reason
