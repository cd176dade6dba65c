"""What news about a person does to one exam: a merge, its undoing, a death, other demographics."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pipeline.domain.decision import Change
from pipeline.domain.dues import due_at
from pipeline.domain.exam import Exam, Standing
from pipeline.domain.followup import FollowUpReason
from pipeline.domain.gates import WISHES, language_for
from pipeline.domain.identity import Patient, conflicts
from pipeline.domain.mail import hold_pending, out_of, stop_for_the_dead
from pipeline.domain.notice import HoldState, LetterFacts, Notice, NoticeState
from pipeline.domain.plan import Plan
from pipeline.domain.policy import SWITCHABLE, Policy

DOUBT = "identity-patient"
_DECIDED = (HoldState.RELEASED, HoldState.WITHHELD)


@dataclass(frozen=True, slots=True)
class Heard:
    """News about the patient of one exam. `person`: as the news writes them, under the numbers that live now."""

    person: Patient
    said_at: datetime
    merged: bool = False
    """The exam was made under a number that has just been retired."""
    parted: bool = False
    """Two people after all; nobody knows whose this exam is until somebody has looked."""
    doubtful: bool = False
    """A merge that does not say plainly who has become whom."""
    died: bool = False
    revived: bool = False
    demographics: bool = False
    """Name, birth date, sex and language are newer than what was heard before."""


def hear(exam: Exam, heard: Heard, policy: Policy, now: datetime) -> tuple[Change, ...]:
    """The changes of one exam. Nothing is released by news, and no follow-up is ever ended by it.

    A letter that has left before a merge went to the right person under a number that is no more: it is flagged, not taken back.
    """
    current = exam.current
    plan = Plan(exam, policy, now, current.content_hash if current else "")
    newer = heard.demographics and not (current and current.order[1] > heard.said_at.timestamp())
    another = (newer or heard.merged or heard.died) and _another(exam, heard.person)
    if heard.parted or heard.doubtful or (another and not _looked_at(exam)):
        _doubt(plan)
    elif heard.merged and not another and out_of(plan):
        _ask(plan, "patient-merged")
    if (heard.died or exam.known.deceased) and not another:
        # Said now, or known of a number that this one was merged with.
        stop_for_the_dead(plan)
    if exam.known.wish in WISHES - policy.holds_off:
        hold_pending(plan, (exam.known.wish,))
    if heard.parted:
        _readdress(plan, exam, exam.current.patient if exam.current else Patient())
    elif (newer or heard.merged) and not another and not exam.known.deceased:
        _readdress(plan, exam, heard.person if newer else Patient())
        if heard.person.restricted and "restricted" not in policy.holds_off & SWITCHABLE:
            hold_pending(plan, ("restricted",))
    if (heard.revived or heard.parted) and _stopped_for_good(plan):
        _ask(plan, "patient-revived" if heard.revived else DOUBT)
    if not (heard.merged or heard.parted):
        return plan.changes
    # Open work goes out once more, under the number that counts now.
    touched = {change.item.id for change in plan.changes}
    again = [item for item in exam.follow_ups if item.state.open and item.id not in touched]
    why = "patient-merged" if heard.merged else "patient-parted"
    return (*plan.changes, *(Change(replace(item, version=item.version + 1), why) for item in again))


def disagree(exams: Sequence[Exam]) -> bool:
    """Whether what speaks for one of these exams names another person than what speaks for another one."""
    people = [mention for exam in exams for mention in _mentions(exam)]
    return any(conflicts(one, other) for number, one in enumerate(people) for other in people[:number])


def _mentions(exam: Exam) -> list[Patient]:
    """Whom the exam is about: what speaks for it, else whatever live there is."""
    if exam.current:
        return [exam.current.patient]
    live = [version.patient for version in exam.versions if version.standing is not Standing.NOT_LIVE]
    return live or [image.patient for image in exam.instances]


def _another(exam: Exam, person: Patient) -> bool:
    return any(conflicts(person, mention) for mention in _mentions(exam))


def _looked_at(exam: Exam) -> bool:
    """Whether somebody has decided over this doubt before: every later message of that system says the same again."""
    return any(DOUBT in hold.reasons and hold.state in _DECIDED for hold in exam.holds)


def _doubt(plan: Plan) -> None:
    """Hold what has not left, and ask whose the exam is; nothing to do where nothing is out and nobody works on it."""
    if not (any(notice.live for notice in plan.notices.values()) or plan.open_follow_ups()):
        return
    hold_pending(plan, (DOUBT,))
    if not any(DOUBT in hold.reasons and hold.state is HoldState.OPEN for hold in plan.holds.values()):
        # What comes later is held for it as well (see the gates), even where no letter waits now.
        plan.hold("", (DOUBT,), DOUBT)
    _ask(plan, DOUBT)


def _ask(plan: Plan, why: str) -> None:
    if not plan.has_open(FollowUpReason.IDENTITY):
        plan.open(FollowUpReason.IDENTITY, due_at(FollowUpReason.IDENTITY, plan.now, plan.policy, critical=True), why, critical=True)


def _stopped_for_good(plan: Plan) -> bool:
    """Whether a letter was stopped and none has taken its place, as a death does."""
    notices = plan.notices.values()
    return any(notice.state is NoticeState.STOPPED for notice in notices) and not any(notice.live for notice in notices)


def _readdress(plan: Plan, exam: Exam, person: Patient) -> None:
    """Letters that have not left say what is known now. One in the outbox is stopped and written anew, under an id of its own."""
    for notice in [one for one in plan.notices.values() if one.live and not one.left]:
        facts = _facts(notice, exam, person, plan.policy)
        if facts == notice.facts:
            continue
        if notice.state is NoticeState.ON_HOLD:
            plan.readdress(notice, facts, "patient-changed")
            continue
        plan.move_notice(notice, "withdrawn", "patient-changed")
        rewritten = replace(notice, facts=facts)
        plan.redraft(rewritten, "patient-changed")


def _facts(notice: Notice, exam: Exam, person: Patient, policy: Policy) -> LetterFacts:
    facts = notice.facts
    number = next((one.value for mention in _mentions(exam)[:1] for one in mention.identifiers), facts.identifier)
    language, lacking = language_for(person, policy) if person.language else (facts.language, facts.wants_language)
    return replace(
        facts,
        patient_name=person.name.spoken if person.name and person.name.spoken else facts.patient_name,
        birth_date=person.birth_date.isoformat() if person.birth_date else facts.birth_date,
        identifier=number,
        language=language,
        wants_language=lacking,
    )
