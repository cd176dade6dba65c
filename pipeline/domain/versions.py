"""The versions of one report beside each other: which repeats, which is later, which order nobody can tell."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from pipeline.domain.case import OF_CATEGORY, Case
from pipeline.domain.decision import Decision
from pipeline.domain.exam import Exam, Standing, Version
from pipeline.domain.gates import letter_for
from pipeline.domain.identity import conflicts, folded
from pipeline.domain.notice import Letter
from pipeline.domain.reading import Category
from pipeline.domain.report import Report, Status, TextBlock
from pipeline.domain.study import speaks_of_ventilation

_SPEAKING = (Standing.CURRENT, Standing.PROVISIONAL)
_IN_FORCE = (*_SPEAKING, Standing.SUPERSEDED)
_NOT_YET = timedelta(days=7).total_seconds()
"""A report cannot be signed long after its own message was sent; DICOM SR gives dates that are some days off."""


def version_of(report: Report, decision: Decision) -> Version:
    """The row that later decisions of this exam will see."""
    kept = decision.standing not in (Standing.NOT_LIVE, Standing.RETRACTED)
    return Version(
        content_hash=report.content_hash,
        order=report.order,
        status=report.status,
        category=decision.category,
        grade=decision.grade,
        chronic=decision.chronic,
        standing=decision.standing,
        patient=report.patient,
        words=words_of(report),
        observed_at=report.observed_at,
        urgent=report.urgent,
        ventilation=speaks_of_ventilation(report.text),
        text="\n".join(_headed(block) for block in report.blocks) if kept else "",
        orderer=report.orderer_name,
        orderer_id=report.orderer_id,
    )


def words_of(report: Report) -> str:
    """A hash of the report's words: layout, case and accents do not count."""
    return hashlib.sha256(folded(report.text).encode()).hexdigest()


def promoted_text(exam: Exam, report: Report) -> Report:
    """For OBX-11 `U` (final, text not sent again): the report with the latest stored text, or marked as lacking it.

    What was retracted, was not live or names another person is not stored text of this report.
    """
    if "text-promoted" not in report.problems or report.text.strip():
        return report
    stored = [version for version in in_force(exam) if version.text.strip() and not conflicts(version.patient, report.patient)]
    if not stored:
        problems = tuple(code for code in report.problems if code != "text-promoted")
        return replace(report, problems=(*problems, "nothing-to-promote"))
    latest = max(stored, key=lambda version: version.order)
    return replace(report, blocks=(TextBlock(latest.text),))


def in_force(exam: Exam) -> list[Version]:
    """Live versions that no retraction has taken back, the superseded ones too; repeats left out."""
    retracted = [number for number, version in enumerate(exam.versions) if version.standing is Standing.RETRACTED]
    since = exam.versions[retracted[-1] + 1 :] if retracted else exam.versions
    live = [version for version in since if version.standing in _IN_FORCE]
    return [version for version in live if not any(_takes_back(exam.versions[number], version.order) for number in retracted)]


def final_of(exam: Exam) -> Version | None:
    """The final version that speaks for the exam."""
    return next((version for version in exam.versions if version.standing is Standing.CURRENT), None)


def spoken_for(exam: Exam) -> tuple[tuple[str, Standing], ...]:
    """The versions that have spoken so far, as superseded: what `Decision.resettled` takes."""
    return tuple((version.content_hash, Standing.SUPERSEDED) for version in exam.versions if version.standing in _SPEAKING)


def repeats(case: Case) -> bool:
    """Whether the same status, reading and identity was decided before, and nothing says that it was said anew."""
    if case.report.status.retracted:
        return _retracted_before(case)
    if _ruled_on(case):
        return True
    alike = [version for version in in_force(case.exam) if _alike(version, case)]
    if any(version.standing in _SPEAKING for version in alike):
        return True
    final = final_of(case.exam)
    if case.report.status.provisional:
        # Behind a final, a preliminary without a sign time of its own is the old one, sent again.
        return bool(alike and final and (case.report.signed_at is None or case.report.order[:2] <= final.order[:2]))
    return bool(alike) and overtaken(case)


def overtaken(case: Case) -> bool:
    """Whether a final version or a retraction that is later was decided before this one came. Equal times: the hash decides."""
    mine = case.report.order
    for version in case.exam.versions:
        if version.standing is Standing.CURRENT and version.order > mine:
            return True
        if version.standing is Standing.RETRACTED and _takes_back(version, mine):
            return True
    return False


def undecidable(case: Case) -> bool:
    """Whether this final and what speaks for the exam say different things, and nobody can tell which is the later.

    Their times are equal, or missing, or cannot be; or these words were said before what speaks now and come again, or what speaks
    now was sent again after this one was signed. Then neither may count alone.
    """
    exam, mine = case.exam, case.report.order
    final = final_of(exam)
    if final is None:
        return _beside_a_retraction(case)
    if _verdict(final) == (case.category, case.letter):
        return False
    if final.order[:2] == mine[:2] or _unplaced(final.order, case.now) or _unplaced(mine, case.now):
        return True
    return mine > final.order and (_said_again(case) or _said_before(case, final))


def disagreeing(case: Case) -> bool:
    """Whether a preliminary on which somebody may have acted says something else than this final."""
    return any(
        version.status.provisional and version.category in OF_CATEGORY and version.category is not case.category
        for version in in_force(case.exam)
    )


def regressed(case: Case) -> bool:
    """Whether a preliminary was signed after this final."""
    return any(version.status.provisional and version.order[:2] > case.report.order[:2] for version in in_force(case.exam))


def _retracted_before(case: Case) -> bool:
    """The same retraction again, after a later version has spoken: it must not take that one back too."""
    mine, current = case.report.order, case.exam.current
    if current is None or current.order <= mine:
        return False
    return any(
        version.standing is Standing.RETRACTED
        and version.status is case.report.status
        and version.order[0] == mine[0]
        and not conflicts(version.patient, case.report.patient)
        for version in case.exam.versions
    )


def _beside_a_retraction(case: Case) -> bool:
    mine = case.report.order
    retractions = [version for version in case.exam.versions if version.standing is Standing.RETRACTED]
    if not retractions:
        return False
    if any(version.order[:2] == mine[:2] or _unplaced(version.order, case.now) for version in retractions) or _unplaced(mine, case.now):
        return True
    return not overtaken(case) and _same_words(case.exam.versions, case)


def _said_again(case: Case) -> bool:
    """Whether a final that says something else came again after this one was signed, or at the same time: then nobody knows."""
    return any(
        version.standing is Standing.REPEAT
        and not version.status.provisional
        and version.order[:2] >= case.report.order[:2]
        and _verdict(version) != (case.category, case.letter)
        for version in case.exam.versions
    )


def _said_before(case: Case, final: Version) -> bool:
    """Whether these very words were said before `final`, or by `final` itself while its order was in doubt."""
    others = [version for version in in_force(case.exam) if version is not final and not version.status.provisional]
    doubted = any(version.order[:2] == final.order[:2] for version in others)
    return _same_words([*others, final] if doubted else others, case)


def _takes_back(retraction: Version, order: tuple[float, float, str]) -> bool:
    """Whether a retraction is later than a version of this order: signed after it, or at least sent after it."""
    return retraction.order[:2] > order[:2] or retraction.order[1] > order[1]


def _ruled_on(case: Case) -> bool:
    """Whether a person has decided what these very words say: sent again, finally, they must not undo it."""
    final = final_of(case.exam)
    if final is None or not final.ruled_by or case.mistaken or conflicts(final.patient, case.report.patient):
        return False
    return case.report.status in (Status.FINAL, Status.CORRECTED) and final.words == words_of(case.report)


def _alike(version: Version, case: Case) -> bool:
    """Same status, reading and identity; where nothing could be read, the same words too."""
    mine = (case.report.status, case.category, case.grade, case.chronic)
    if _reading(version) != mine or conflicts(version.patient, case.report.patient):
        return False
    return case.category is not Category.REVIEW or version.words == words_of(case.report)


def _reading(version: Version) -> tuple[object, ...]:
    return (version.status, version.category, version.grade, version.chronic)


def _verdict(version: Version) -> tuple[object, ...]:
    return (version.category, letter_of(version))


def letter_of(version: Version) -> Letter | None:
    """The letter that says what a version says; None where a person must read it."""
    return letter_for(version.category, version.grade, chronic=version.chronic)


def _same_words(versions: Sequence[Version], case: Case) -> bool:
    words = words_of(case.report)
    return any(
        version.status is case.report.status and version.words == words and version.standing is not Standing.NOT_LIVE
        for version in versions
    )


def _unplaced(order: tuple[float, float, str], now: datetime) -> bool:
    """Whether the times of a version say nothing about its place: there are none, or it was signed long after it was sent, or after now."""
    signed, sent, _ = order
    return not signed or signed > sent + _NOT_YET or signed > now.timestamp() + _NOT_YET


def _headed(block: TextBlock) -> str:
    """A block's text under the name of its section, since only text is kept and an indication must not be read as a verdict."""
    return f"{block.section.upper()}:\n{block.text}" if block.section else block.text
