"""Deciding a version once more: a clinician says what it says, or today's rules read it otherwise."""

from dataclasses import dataclass, replace
from datetime import datetime

from pipeline.domain.case import Case
from pipeline.domain.decide import decide_again
from pipeline.domain.decision import Decision, NoticeEffect
from pipeline.domain.duties import settle_by_hand
from pipeline.domain.exam import Exam, Standing, Version
from pipeline.domain.gates import category_of, effect_of, reasons_for
from pipeline.domain.identity import Patient
from pipeline.domain.mail import write
from pipeline.domain.notice import HoldState
from pipeline.domain.policy import Policy
from pipeline.domain.reading import Category, Grade, Reading
from pipeline.domain.reasons import known
from pipeline.domain.report import Report
from pipeline.domain.versions import disagreeing, regressed
from pipeline.errors import Refused

BY_HAND = "decided-by-person"
NEIGHBOURS = frozenset(
    {"identity-study", "identity-version", "study-missing", "discrepancy", "status-regressed", "opt-out", "ask-first"}
) | {
    "retired-identifier",
    "identity-patient",
    "withheld-before",
    "deceased",
    "ventilation-not-acquired",
    "study-uid-conflict",
}
"""Codes that come from what lies beside a version: they may have changed since without anybody reading it otherwise."""

_PLACE = frozenset({"repeat", "superseded"})
"""Codes that say where a version stands among the others."""

_GRADES = {
    Category.NEGATIVE: (Grade.ABSENT, Grade.NORMAL, Grade.VERY_LOW, Grade.LOW),
    Category.NONDIAGNOSTIC: (Grade.NONDIAGNOSTIC, Grade.INTERMEDIATE, Grade.INDETERMINATE, Grade.LOW),
    Category.POSITIVE: (Grade.PRESENT, Grade.HIGH),
}
"""What a clinician may say of each category; the first is meant where they say no more."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a clinician says a report says. `grade` None: the usual one of the category."""

    category: Category
    by: str
    reason: str
    grade: Grade | None = None


def rule(
    exam: Exam, report: Report, reading: Reading, ruling: Ruling, policy: Policy, now: datetime, arrived_at: datetime | None = None
) -> Decision:
    """A clinician resolves a review. The letter of that category then follows its own gate; every other reason to hold it stays.

    Args:
        exam: with the version; `report` is that version, read again from its bytes.
        reading: what was read in it; its evidence is kept, its verdict (none) is not.
        arrived_at: when it was decided first, which is what its age is counted at; None: now.

    Raises:
        Refused: with words for the person who asked.
    """
    version, grade = may_rule(exam, ruling)
    said = Reading(ruling.category, grade, evidence=reading.evidence, spans=reading.spans)
    clear = replace(report, problems=_settled(report.problems))
    codes = reasons_for(exam, clear, said, ruling.category, policy, arrived_at or now)
    case = Case(exam, clear, said, policy, now, ruling.category, grade, codes, asked_at=now)
    case = case.having(*_settled(_holding(exam)), BY_HAND)
    if disagreeing(case):
        case = case.having("discrepancy")
    if regressed(case):
        case = case.having("status-regressed")
    plan = case.plan
    follow_up = settle_by_hand(case, plan, ruling.by.strip())
    write(case, plan)
    return case.settled(version.standing, follow_up, plan)


def may_rule(exam: Exam, ruling: Ruling) -> tuple[Version, Grade]:
    """The version that is ruled on, and the grade. Raises Refused."""
    if not ruling.by.strip():
        raise Refused("say who you are: --by")
    if not ruling.reason.strip():
        raise Refused("say how you know: --reason")
    version = exam.current
    if version is None:
        raise Refused("no report speaks for this exam; there is nothing to decide")
    if version.standing is not Standing.CURRENT:
        raise Refused("there is no final report of this exam yet; wait for it, a preliminary one is not decided by hand")
    if version.ruled_by:
        who = version.ruled_by.partition(" (os:")[0]
        raise Refused(f"{who} has decided this version already: {version.category.value}; a correction must come from its reader")
    if version.category is not Category.REVIEW:
        raise Refused(f"this report was read as {version.category.value}; only one that could not be read is decided by hand")
    grades = _GRADES.get(ruling.category)
    if grades is None:
        raise Refused("decide negative, nondiagnostic or positive; who cannot decide either leaves it as it is")
    grade = ruling.grade or grades[0]
    if grade not in grades:
        raise Refused(f"{grade.value} is no grade of {ruling.category.value}; there are: {', '.join(one.value for one in grades)}")
    return version, grade


@dataclass(frozen=True, slots=True)
class Difference:
    """What today's rules say of a version that was decided before. `decision` is None where nothing of it is acted on.

    `for_person`: a clinician has decided it by hand, and is never overruled: somebody should look.
    """

    category: Category
    grade: Grade | None
    chronic: bool
    notice: str
    reasons: tuple[str, ...] = ()
    for_person: bool = False
    decision: Decision | None = None


@dataclass(frozen=True, slots=True)
class Before:
    """What was decided last of a version. `decided_at`: when it was decided first, which is what its age is counted at."""

    category: Category
    grade: Grade | None
    chronic: bool
    reasons: tuple[str, ...]
    decided_at: datetime


def differing(
    exam: Exam, version: Version, before: Before, report: Report, reading: Reading, policy: Policy, now: datetime
) -> Difference | None:
    """What would be decided otherwise today of a version of `exam`; None where nothing would.

    Only a version that speaks for its exam is acted on, exactly as a correction would be.

    Args:
        report, reading: the version, read again from its bytes.
    """
    category, grade = category_of(reading, report, policy)
    tied = ("version-tie",) if "version-tie" in before.reasons else ()
    if tied:
        category, grade = Category.REVIEW, None
    chronic = reading.chronic and category is not Category.REVIEW
    others = replace(exam, versions=tuple(one for one in exam.versions if one.content_hash != version.content_hash))
    codes = (*reasons_for(others, report, reading, category, policy, before.decided_at), *tied)
    effect = effect_of(_own(codes, report.patient))
    if version.ruled_by:
        # A clinician's word is never overruled; where today's rules say another thing, a person looks.
        other = category not in (Category.REVIEW, version.category)
        return Difference(category, grade, chronic, effect.value, codes, for_person=True) if other else None
    same = effect is effect_of(_own(before.reasons, version.patient))
    if same and (category, grade, chronic) == (before.category, before.grade, before.chronic):
        return None
    decision = None
    if version.standing in (Standing.CURRENT, Standing.PROVISIONAL):
        case = Case(exam, report, reading, policy, now, category, grade, codes, asked_at=now)
        # What the hold was widened by since; what this version itself was held for is judged anew.
        since = tuple(code for code in _holding(exam) if code not in before.reasons)
        decision = decide_again(case.having(*since), version.standing)
        # They are the hold's, not this version's own: the next time they would look like another decision.
        decision = replace(decision, reasons=tuple(code for code in decision.reasons if code not in since))
    return Difference(category, grade, chronic, effect.value, codes, decision=decision)


def listed_only(difference: Difference, before: Before, standing: Standing) -> Decision:
    """The decision to remember of a version that does not speak for its exam: it leads to nothing, and is told of once."""
    said = (*difference.reasons, *(code for code in before.reasons if code in NEIGHBOURS | _PLACE))
    notice = NoticeEffect(difference.notice)
    return Decision(difference.category, difference.grade, difference.chronic, standing, notice, None, tuple(dict.fromkeys(said)))


def _own(codes: tuple[str, ...], patient: Patient) -> tuple[str, ...]:
    """The codes that a version has by itself. That a record is restricted may have been said by another one, and holds for all."""
    others = NEIGHBOURS | _PLACE | (frozenset() if patient.restricted else {"restricted"})
    return tuple(code for code in codes if code not in others)


def _holding(exam: Exam) -> tuple[str, ...]:
    """Why letters of this exam are held now, beyond what belongs to the verdict: doubts and wishes that came from elsewhere."""
    codes = [code for hold in exam.holds if hold.state is HoldState.OPEN for code in hold.reasons]
    own = {"discrepancy", "status-regressed", "second-reader", "chronic", "range-with-high", *(one.value for one in Category)}
    return tuple(code for code in dict.fromkeys(codes) if code not in own)


def _settled(codes: tuple[str, ...]) -> tuple[str, ...]:
    """Without the doubts about the text, which are what a person resolves."""
    return tuple(code for code in codes if not known(code).review)
