"""What people do to holds; the command line and the web call these and nothing else."""

from dataclasses import replace
from datetime import datetime

from pipeline.domain.decision import Change
from pipeline.domain.exam import Exam
from pipeline.domain.notice import Hold, HoldState, Notice, NoticeState
from pipeline.domain.reading import Category
from pipeline.domain.states import HOLD, NOTICE, advance
from pipeline.domain.working import acknowledge, complete
from pipeline.errors import Refused

__all__ = ["acknowledge", "complete", "release"]


def release(exam: Exam, hold_id: str, by: str, patient_told: str, override: str, now: datetime) -> tuple[Change, ...]:
    """Let a held letter go at once.

    A letter about a clot goes only when the patient has been told (`patient_told`: when, in the words of whoever told
    them), or with an explicit `override` reason; so does a letter whose person is in doubt.

    Raises:
        Refused: with words for the person who asked.
    """
    _named(by)
    hold = _find(exam, hold_id)
    if hold.state is not HoldState.OPEN:
        raise Refused(f"this hold is {hold.state.value} already")
    if not hold.notice_id:
        raise Refused("no letter was drafted: nobody could read this report safely. Read it and speak to the patient yourself")
    if "shadow" in hold.reasons:
        raise Refused("this site is in shadow mode: no letter leaves")
    notice = next(n for n in exam.notices if n.id == hold.notice_id)
    if notice.state is not NoticeState.ON_HOLD:
        raise Refused(f"the letter of this hold is {notice.state.value}; there is nothing to release")
    _check_told(notice, hold, patient_told, override)
    freed = replace(hold, state=HoldState(advance(HOLD, hold.state, "released")))
    ready = replace(notice, state=NoticeState(advance(NOTICE, notice.state, "released")), release_at=now)
    return Change(freed, "released"), Change(ready, "released")


def _check_told(notice: Notice, hold: Hold, patient_told: str, override: str) -> None:
    if override.strip():
        return
    if any(code.startswith("identity") or code == "wrong-patient" for code in hold.reasons):
        raise Refused("this letter may be about another person; releasing it needs --override with the reason why it is the right one")
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
