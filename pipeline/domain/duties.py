"""The follow-ups of a final version and of a retraction: one stands for the result, and none is lost on the way."""

from pipeline.domain.case import OF_CATEGORY, RESULT, Case
from pipeline.domain.followup import FollowUp, FollowUpReason, FollowUpState
from pipeline.domain.plan import Plan
from pipeline.domain.reading import Category
from pipeline.domain.versions import final_of

NEEDS_A_PERSON = frozenset({"status-unknown", "status-conflict", "status-appended"})
_CARRIES = RESULT | {FollowUpReason.DISCREPANCY}


def open_duties(case: Case, plan: Plan) -> FollowUpReason | None:
    """Open, take over, change and cancel the follow-ups of a final version. Returns the reason of the one it leads to."""
    wanted = FollowUpReason.DISCREPANCY if "discrepancy" in case.reasons else _own_reason(case)
    carried, changed = False, False
    for item in plan.open_follow_ups():
        if item.reason is FollowUpReason.REPORT_OVERDUE:
            if not case.unsure:
                plan.move_follow_up(item, "cancelled", "report-arrived")
        elif item.preliminary:
            _take_over(case, plan, item, wanted or FollowUpReason.DISCREPANCY)
            carried = True
        elif item.reason is wanted:
            _keep(case, plan, item)
            carried = True
        else:
            changed = _overrule(case, plan, item) or changed
    if wanted is None and not changed and _dealt_with_another(case):
        # Somebody has acted on a result that no longer stands, and nothing else would tell them.
        due = case.due(FollowUpReason.RESULT_CHANGED, critical=True)
        plan.open(FollowUpReason.RESULT_CHANGED, due, "corrected", critical=True)
        changed = True
    if wanted and not carried:
        _ask(case, plan, wanted)
    identity = open_identity(case, plan)
    if "status-regressed" in case.reasons and not plan.has_open(FollowUpReason.STATUS_REGRESSED):
        due = case.due(FollowUpReason.STATUS_REGRESSED, critical=True)
        plan.open(FollowUpReason.STATUS_REGRESSED, due, "status-regressed", critical=True)
    if wanted or identity:
        return wanted or FollowUpReason.IDENTITY
    if changed:
        return FollowUpReason.RESULT_CHANGED
    return FollowUpReason.STATUS_REGRESSED if "status-regressed" in case.reasons else None


def close_duties(case: Case, plan: Plan) -> FollowUpReason | None:
    """What a retraction does to the open follow-ups. Returns `result-changed` if somebody must look again, `identity` likewise."""
    changed = [_overrule(case, plan, item) for item in plan.open_follow_ups()]
    identity = open_identity(case, plan)
    if any(changed):
        return FollowUpReason.RESULT_CHANGED
    return FollowUpReason.IDENTITY if identity else None


def settle_by_hand(case: Case, plan: Plan, by: str) -> FollowUpReason | None:
    """The item of a review becomes the one of the category that a clinician has found in it; where none is asked for, it is done."""
    wanted = FollowUpReason.DISCREPANCY if "discrepancy" in case.reasons else _own_reason(case)
    carried = False
    for item in [one for one in plan.open_follow_ups() if one.reason in _CARRIES]:
        if wanted is None:
            plan.finish(item, by, "decided-by-person")
        elif item.reason is not wanted:
            critical = _critical(case, wanted)
            plan.renew(item, wanted, case.due(wanted, critical=critical), "decided-by-person", critical=critical)
        carried = True
    if wanted and not carried:
        _ask(case, plan, wanted)
    open_identity(case, plan)
    return wanted


def open_identity(case: Case, plan: Plan) -> bool:
    """Where it may be about another person, somebody must find out; one open item is enough. Returns whether it is in doubt."""
    if case.mistaken and not plan.has_open(FollowUpReason.IDENTITY):
        plan.open(FollowUpReason.IDENTITY, case.due(FollowUpReason.IDENTITY, critical=True), "identity", critical=True)
    return case.mistaken


def _ask(case: Case, plan: Plan, wanted: FollowUpReason) -> None:
    """Somebody must act on this result: one who has closed an item of the same kind takes it up again, so that an exam has one of it."""
    critical = _critical(case, wanted)
    due = case.due(wanted, critical=critical)
    closed = [item for item in plan.follow_ups.values() if item.reason is wanted and item.state is FollowUpState.COMPLETED]
    if closed:
        plan.reopen(closed[-1], due, critical=critical)
    else:
        plan.open(wanted, due, wanted.value, critical=critical)


def _own_reason(case: Case) -> FollowUpReason | None:
    """The follow-up that this version asks for by itself."""
    if case.another_question:
        return FollowUpReason.NO_PE_QUESTION
    if case.category is Category.REVIEW:
        return FollowUpReason.UNREADABLE
    own = OF_CATEGORY.get(case.category)
    return FollowUpReason.UNREADABLE if own is None and NEEDS_A_PERSON & set(case.reasons) else own


def _critical(case: Case, reason: FollowUpReason) -> bool:
    return case.critical or reason in (FollowUpReason.UNREADABLE, FollowUpReason.DISCREPANCY)


def _take_over(case: Case, plan: Plan, item: FollowUp, reason: FollowUpReason) -> None:
    """The follow-up of a preliminary becomes the final's."""
    critical = _critical(case, reason)
    plan.renew(item, reason, case.due(reason, critical=critical), "finalised", critical=critical, again=_graver(case, item, reason))


def _keep(case: Case, plan: Plan, item: FollowUp) -> None:
    """The item of an earlier version serves this one too; it asks again where the result has become graver or another."""
    critical = _critical(case, item.reason)
    other = item.reason is FollowUpReason.DISCREPANCY and _another_category(case)
    again = _graver(case, item, item.reason) or (other and item.acknowledged)
    plan.renew(item, item.reason, case.due(item.reason, critical=critical), "same-result", critical=critical, again=again)


def _overrule(case: Case, plan: Plan, item: FollowUp) -> bool:
    """An item about a result that no longer stands: cancelled only where nobody knows of it yet, else somebody must look again."""
    if item.reason is FollowUpReason.RESULT_CHANGED:
        again = item.acknowledged and _another_category(case)
    elif item.reason not in _CARRIES:
        return False
    elif item.reason is FollowUpReason.INDETERMINATE and not (item.acknowledged or item.reopened or case.unsure):
        plan.move_follow_up(item, "cancelled", "corrected")
        return False
    else:
        again = True
    if again:
        due = case.due(FollowUpReason.RESULT_CHANGED, critical=True)
        plan.renew(item, FollowUpReason.RESULT_CHANGED, due, "corrected", critical=True, again=True)
    return again


def _dealt_with_another(case: Case) -> bool:
    """Whether somebody has worked and closed a follow-up on the positive's clock: they may have begun a treatment."""
    done = [item for item in case.exam.follow_ups if item.state is FollowUpState.COMPLETED]
    graver = any(item.critical or item.reason is FollowUpReason.POSITIVE for item in done)
    return graver and _another_category(case)


def _another_category(case: Case) -> bool:
    """Whether what speaks for the exam until now says something else; a retraction always does."""
    final = final_of(case.exam)
    return final is not None and (case.report.status.retracted or final.category is not case.category)


def _graver(case: Case, item: FollowUp, reason: FollowUpReason) -> bool:
    """Whether an acknowledged item has become more urgent: on the positive's clock now, or acute where it was chronic."""
    if not item.acknowledged:
        return False
    before = case.exam.current
    acute = before is not None and before.chronic and not case.chronic
    return acute or (_critical(case, reason) and not item.critical)
