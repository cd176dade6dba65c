"""What people do to holds; the command line and the web call these and nothing else."""

from dataclasses import replace
from datetime import datetime

from pipeline.domain.case import RESULT
from pipeline.domain.decision import Change
from pipeline.domain.dues import due_at
from pipeline.domain.exam import Exam
from pipeline.domain.followup import FollowUpReason, FollowUpState
from pipeline.domain.notice import Hold, HoldState, Notice, NoticeState, NoticeType
from pipeline.domain.plan import Plan
from pipeline.domain.policy import Policy
from pipeline.domain.reading import Category
from pipeline.domain.states import HOLD, NOTICE, advance
from pipeline.domain.working import acknowledge, complete
from pipeline.errors import Refused

__all__ = ["acknowledge", "complete", "release", "undelivered", "withhold"]


def release(exam: Exam, hold_id: str, by: str, patient_told: str, override: str, now: datetime) -> tuple[Change, ...]:
    """Let a held letter go at once.

    A letter about a clot goes only when the patient has been told (`patient_told`: when, in the words of whoever told
    them), or with an explicit `override` reason; so does a letter whose person is in doubt.

    Raises:
        Refused: with words for the person who asked.
    """
    _named(by)
    hold = _find(exam, hold_id)
    _still_open(hold)
    if not hold.notice_id:
        raise Refused("no letter was drafted: nobody could read this report safely. Read it and speak to the patient yourself")
    if "shadow" in hold.reasons:
        raise Refused("this site is in shadow mode: no letter leaves")
    notice = next(n for n in exam.notices if n.id == hold.notice_id)
    if notice.state is not NoticeState.ON_HOLD:
        raise Refused(f"the letter of this hold is {notice.state.value}; there is nothing to release")
    _check_current(exam, notice)
    _check_told(notice, hold, patient_told, override)
    freed = replace(hold, state=HoldState(advance(HOLD, hold.state, "released")), step_at=None, ended_by=by.strip())
    ready = replace(notice, state=NoticeState(advance(NOTICE, notice.state, "released")), release_at=now)
    return Change(freed, "released"), Change(ready, "released")


def withhold(exam: Exam, hold_id: str, by: str, reason: str) -> tuple[Change, ...]:
    """Decide that a held letter never leaves. Its follow-ups stay: somebody still has to speak to the patient.

    Where no letter was drafted, the hold ends: whoever read the report speaks to the patient, and no letter will be written for it.

    Raises:
        Refused: with words for the person who asked.
    """
    _named(by)
    if not reason.strip():
        raise Refused("say why the patient gets no letter: --reason")
    hold = _find(exam, hold_id)
    _still_open(hold)
    kept = replace(
        hold, state=HoldState(advance(HOLD, hold.state, "withheld")), step_at=None, ended_by=by.strip(), ended_why=reason.strip()
    )
    notice = next((one for one in exam.notices if one.id == hold.notice_id), None)
    if notice is None:
        return (Change(kept, "withheld"),)
    if notice.state is not NoticeState.ON_HOLD:
        raise Refused(f"the letter of this hold is {notice.state.value}; there is nothing to withhold")
    if notice.notice_type is NoticeType.WITHDRAWN and not _phoned(exam):
        raise Refused("the patient holds a letter that is wrong, and this one says so: phone them and complete that follow-up first")
    return Change(kept, "withheld"), Change(replace(notice, state=NoticeState(advance(NOTICE, notice.state, "withdrawn"))), "withheld")


def undelivered(exam: Exam, notice_id: str, by: str, policy: Policy, now: datetime) -> tuple[Change, ...]:
    """A letter came back. Undelivered counts as unacknowledged: whoever had the result on their list has it anew.

    Where nothing is open, an item of its own says that the patient may not have heard.

    Raises:
        Refused: with words for the person who asked.
    """
    _named(by)
    notice = next((one for one in exam.notices if one.id == notice_id), None)
    if notice is None:
        raise Refused("no letter has this id; see: vqroute show")
    if notice.returned_by:
        raise Refused(f"{notice.returned_by.partition(' (os:')[0]} has reported this letter already")
    if notice.state not in (NoticeState.COMPLETED, NoticeState.ENTERED_IN_ERROR) or not notice.left:
        raise Refused(f"this letter has not left (it is {notice.state.value}); it cannot have come back")
    plan = Plan(exam, policy, now, notice.report_hash)
    plan.return_notice(notice, by.strip())
    if notice.state is NoticeState.COMPLETED:
        _tell_another_way(plan, notice)
    return plan.changes


def _tell_another_way(plan: Plan, notice: Notice) -> None:
    withdrawal = notice.notice_type is NoticeType.WITHDRAWN
    standing_for = {FollowUpReason.WRONG_LETTER_OUT} if withdrawal else RESULT | {FollowUpReason.DISCREPANCY, FollowUpReason.RESULT_CHANGED}
    critical = withdrawal or notice.category is Category.POSITIVE
    own = next((item for item in plan.open_follow_ups() if item.reason in standing_for), None)
    if own:
        due = due_at(own.reason, plan.now, plan.policy, critical=own.critical)
        note = f"{own.note} The letter to the patient came back: tell them another way."
        plan.renew(own, own.reason, due, "undelivered", critical=own.critical, preliminary=own.preliminary, again=True, note=note)
        return
    due = due_at(FollowUpReason.UNDELIVERED, plan.now, plan.policy, critical=critical)
    plan.open(FollowUpReason.UNDELIVERED, due, "undelivered", critical=critical, about=notice)


def _phoned(exam: Exam) -> bool:
    about = [item for item in exam.follow_ups if item.reason is FollowUpReason.WRONG_LETTER_OUT]
    return any(item.state is FollowUpState.COMPLETED for item in about) and not any(item.state.open for item in about)


def _still_open(hold: Hold) -> None:
    if hold.state is HoldState.SUPERSEDED:
        raise Refused("this hold is superseded: the exam has moved on; look at it again with: vqroute holds")
    if hold.state is not HoldState.OPEN:
        by = f" by {hold.ended_by}" if hold.ended_by else ""
        raise Refused(f"this hold is {hold.state.value} already{by}")


def _check_current(exam: Exam, notice: Notice) -> None:
    """A letter speaks for a version that speaks for its exam; a withdrawal speaks for none."""
    if exam.known.deceased:
        raise Refused("the patient has died; no letter leaves")
    current = exam.current
    moved_on = current is None or current.content_hash != notice.report_hash
    if moved_on and notice.notice_type is not NoticeType.WITHDRAWN:
        raise Refused("the exam has moved on: another report version speaks for it now, and this letter does not say what that one says")


def _check_told(notice: Notice, hold: Hold, patient_told: str, override: str) -> None:
    if override.strip():
        return
    if any(code.startswith("identity") or code == "wrong-patient" for code in hold.reasons):
        raise Refused("this letter may be about another person; releasing it needs --override with the reason why it is the right one")
    if "opt-out" in hold.reasons:
        raise Refused("this patient wants no letters; releasing it needs --override with the reason")
    if _too_early(notice, patient_told.strip()):
        raise Refused("the patient cannot have been told before the scan was done; look at the date of --patient-told")
    if notice.category is Category.POSITIVE and not patient_told.strip():
        raise Refused("a patient must not first hear of a clot from a letter; say when they were told: --patient-told, or give --override")


def _too_early(notice: Notice, patient_told: str) -> bool:
    done = notice.facts.exam_at or notice.facts.signed_at
    try:
        told = datetime.fromisoformat(patient_told)
    except ValueError:
        # Words instead of a time are a person's to judge.
        return False
    return bool(done and told.tzinfo and told < done)


def _named(by: str) -> None:
    if not by.strip():
        raise Refused("say who you are: --by")


def _find(exam: Exam, hold_id: str) -> Hold:
    for hold in exam.holds:
        if hold.id == hold_id:
            return hold
    raise Refused("no hold has this id; see: vqroute holds")
