"""The gates: which reason codes one report version collects, and what they add up to."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from pipeline.domain.decision import NoticeEffect
from pipeline.domain.exam import Exam, Standing
from pipeline.domain.identity import Patient, conflicts
from pipeline.domain.notice import HoldState, Letter, NoticeType
from pipeline.domain.policy import SWITCHABLE, Mode, Policy
from pipeline.domain.reading import Category, Grade, Reading
from pipeline.domain.reasons import known, strictest
from pipeline.domain.report import Liveness, Report, Status
from pipeline.domain.statutes import Statute, statute_codes
from pipeline.domain.study import facts_of, speaks_of_ventilation

_TONGUES = {"eng": "en", "english": "en", "spa": "es", "spanish": "es", "español": "es", "ara": "ar", "arabic": "ar"} | {
    "zho": "zh-Hans",
    "chi": "zh-Hans",
    "zh": "zh-Hans",
    "chinese": "zh-Hans",
}
"""ISO 639-2 codes and English names as PID-15 holds them, to BCP 47."""

WISHES = frozenset({"opt-out", "ask-first"})
"""What patients may have asked for, as the site's list says it; the same words as the reason codes."""

_ASKED_OF_A_PERSON = frozenset({"identity-patient", "retired-identifier", "restricted"})
"""Doubts that a later message does not settle by not raising them again."""

_NEGATIVE_LETTERS: Mapping[Grade | None, Letter] = {Grade.NORMAL: Letter.NORMAL, Grade.ABSENT: Letter.ABSENT}


def category_of(reading: Reading, report: Report, policy: Policy) -> tuple[Category, Grade | None]:
    """The category this site gives the reading. Problems of the message may overrule the text: then it is review.

    `low` is nondiagnostic wherever the report itself names modified PIOPED II, whatever the site's setting.
    """
    grade = reading.grade
    if reading.category is Category.REVIEW or grade is None or any(known(code).review for code in (*report.problems, *reading.reasons)):
        return Category.REVIEW, None
    if grade is Grade.LOW:
        return (Category.NONDIAGNOSTIC if reading.names_pioped2 else policy.low_category), grade
    # A reading that contradicts itself is none.
    return (grade.category, grade) if reading.category is grade.category else (Category.REVIEW, None)


def letter_for(category: Category, grade: Grade | None, *, chronic: bool) -> Letter | None:
    """The letter of a category and grade; None where nothing may be drafted."""
    if category is Category.REVIEW:
        return None
    if category is Category.POSITIVE:
        return Letter.POSITIVE_CHRONIC if chronic else Letter.POSITIVE
    if category is Category.NONDIAGNOSTIC:
        return Letter.NONDIAGNOSTIC
    return _NEGATIVE_LETTERS.get(grade, Letter.LOW)


def language_for(patient: Patient, policy: Policy) -> tuple[str, str]:
    """(BCP 47 tag of the letter, language asked for that we lack or an empty string)."""
    asked = patient.language.strip().lower()
    tag = _TONGUES.get(asked, asked)
    if not tag or tag == policy.default_language.lower() or tag.split("-")[0] == policy.default_language.lower():
        return policy.default_language, ""
    approved = {language.lower(): language for language in policy.approved_languages}
    return (approved[tag.lower()], "") if tag.lower() in approved else (policy.default_language, tag)


def age_at(born: date, day: date) -> int:
    """Completed years."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def reasons_for(exam: Exam, report: Report, reading: Reading, category: Category, policy: Policy, now: datetime) -> tuple[str, ...]:
    """Every code that applies to this version on its own and beside what the exam already holds; without order of versions."""
    codes: list[str] = [*report.problems, *reading.reasons]
    codes += _status_codes(report)
    codes += _patient_codes(exam, report, policy, now)
    codes += _site_codes(exam, report, policy, now)
    codes += statute_codes(applying(report, category, codes, policy))
    if category is not Category.REVIEW:
        codes.append(category.value)
    if reading.chronic:
        codes.append("chronic")
    if reading.range_with_high:
        codes.append("range-with-high")
    off = policy.holds_off & SWITCHABLE
    kept = tuple(code for code in dict.fromkeys(codes) if code not in off)
    if category is Category.REVIEW and not any(known(code).review for code in kept):
        # Whoever said review without saying why: a letter must not leave over it.
        kept += ("no-verdict",)
    return kept


def applying(report: Report, category: Category, codes: Iterable[str], policy: Policy) -> tuple[Statute, ...]:
    """The statute packs that this version falls under."""
    found = frozenset(codes)
    return tuple(statute for statute in policy.statutes if statute.applies(report.patient_class, category, found))


def effect_of(codes: tuple[str, ...]) -> NoticeEffect:
    """The strictest effect of the codes."""
    return strictest([known(code).effect for code in codes])


def _status_codes(report: Report) -> list[str]:
    codes = []
    if report.liveness is Liveness.NOT_LIVE:
        codes.append("not-live")
    if report.liveness is Liveness.UNSTATED:
        codes.append("liveness-unstated")
    if report.status.provisional:
        codes.append("preliminary")
    if report.status.retracted:
        codes.append("retracted")
    if report.status is Status.CORRECTED:
        codes.append("corrected")
    # A status nobody explained must still hold the letter.
    if report.status is Status.UNKNOWN and not {"status-conflict", "status-appended", "status-unknown"} & set(report.problems):
        codes.append("status-unknown")
    return codes


def _patient_codes(exam: Exam, report: Report, policy: Policy, now: datetime) -> list[str]:
    patient, codes = report.patient, []
    versions = [version for version in exam.versions if version.standing is not Standing.NOT_LIVE]
    # Death is not taken back by a message that does not speak of it.
    if patient.deceased or exam.known.deceased or any(one.patient.deceased and not conflicts(patient, one.patient) for one in versions):
        codes.append("deceased")
    if exam.known.retired:
        codes.append("retired-identifier")
    # Whatever a person has not decided yet holds for what comes meanwhile.
    asked = {code for hold in exam.holds if hold.state is HoldState.OPEN for code in hold.reasons}
    codes += sorted(asked & _ASKED_OF_A_PERSON)
    if _withheld(exam):
        codes.append("withheld-before")
    if patient.restricted:
        codes.append("restricted")
    if exam.known.wish in WISHES:
        codes.append(exam.known.wish)
    if report.kind != "text" and not (patient.identifiers and patient.name and patient.name.spoken):
        codes.append("identity-incomplete")
    if report.kind != "text" and policy.minor_age:
        if patient.birth_date is None:
            codes.append("birth-date-missing")
        elif age_at(patient.birth_date, now.date()) < policy.minor_age:
            codes.append("minor")
    if any(conflicts(patient, instance.patient) for instance in exam.instances):
        codes.append("identity-study")
    if any(conflicts(patient, version.patient) for version in versions):
        codes.append("identity-version")
    studies = {image.study_uid for image in exam.instances if image.study_uid}
    # Two studies under one accession are one exam; a report that names neither may be of another.
    if report.study_uid and studies and report.study_uid not in studies:
        codes.append("study-uid-conflict")
    facts = facts_of(exam.instances, settled=exam.settled)
    if facts.no_ventilation and speaks_of_ventilation(report.text):
        codes.append("ventilation-not-acquired")
    return codes


def _withheld(exam: Exam) -> bool:
    """Whether a person has decided that a letter of this exam never leaves, and none has let a later one go."""
    withdrawals = {notice.id for notice in exam.notices if notice.notice_type is NoticeType.WITHDRAWN}
    decided = [hold for hold in exam.holds if hold.ended_by and hold.notice_id not in withdrawals]
    kept = [hold.opened_at for hold in decided if hold.state is HoldState.WITHHELD]
    freed = [hold.opened_at for hold in decided if hold.state is HoldState.RELEASED]
    return bool(kept) and max(kept) >= max(freed, default=max(kept))


def _site_codes(exam: Exam, report: Report, policy: Policy, now: datetime) -> list[str]:
    codes = []
    signed = report.signed_at or report.message_at
    if signed and now - signed > policy.stale_after:
        codes.append("stale")
    if policy.hold_inpatients and report.patient_class == "I" and not report.discharged:
        codes.append("inpatient")
    if policy.require_study and not exam.instances:
        codes.append("study-missing")
    if policy.mode is Mode.SHADOW:
        codes.append("shadow")
    language, lacking = language_for(report.patient, policy)
    if lacking:
        codes.append("language-missing")
    if language not in policy.approved_languages:
        codes.append("language-unapproved")
    return codes
