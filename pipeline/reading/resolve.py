"""From the verdicts found to one reading: they agree, or a person reads the report."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.domain.reading import Category, Evidence, Grade

_PREFERENCE = (
    Grade.HIGH,
    Grade.PRESENT,
    Grade.INTERMEDIATE,
    Grade.VERY_LOW,
    Grade.LOW,
    Grade.INDETERMINATE,
    Grade.NONDIAGNOSTIC,
    Grade.NORMAL,
    Grade.ABSENT,
)
"""Within one category the reader's more specific term is kept."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One stated verdict.

    `category` is the grade's, or nondiagnostic for `low` under modified PIOPED II. `acute`: it speaks of acute disease by name;
    `about_pe`: it names the disease at all.
    """

    grade: Grade
    evidence: Evidence
    category: Category
    chronic: bool = False
    acute: bool = False
    about_pe: bool = True
    with_high: bool = False
    doubtful: bool = False


@dataclass(slots=True)
class Findings:
    """What one part of the report (impression, addendum) was found to say."""

    verdicts: list[Verdict] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    hedges: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    unread: int = 0
    doubts: int = 0


@dataclass(frozen=True, slots=True)
class Resolved:
    """The outcome for one part. `reasons` is filled exactly where `grade` is None, but for soft codes."""

    grade: Grade | None
    reasons: tuple[str, ...] = ()
    chronic: bool = False
    with_high: bool = False
    category: Category = Category.REVIEW


def resolve(found: Findings) -> Resolved:
    """All live verdicts must agree in category, nothing may stay unread, and no hedge may stand on the verdict."""
    reasons = list(dict.fromkeys(found.refusals))
    chronic = _chronic(found.verdicts)
    verdicts = chronic if chronic is not None else _without_mere_chronic_denials(found.verdicts)
    categories = {verdict.category for verdict in verdicts}
    if len(categories) > 1:
        reasons.append("contradiction")
    if _hedged(found.hedges, categories):
        reasons.append("hedge")
    if found.unread or found.doubts:
        reasons.append("unread-mention")
    if reasons or not verdicts:
        return Resolved(None, tuple(dict.fromkeys(reasons)))
    grade = min((verdict.grade for verdict in verdicts), key=_PREFERENCE.index)
    is_chronic = chronic is not None
    return Resolved(grade, (), is_chronic, any(verdict.with_high for verdict in verdicts), categories.pop())


def _chronic(verdicts: Sequence[Verdict]) -> list[Verdict] | None:
    """The verdicts that count where chronic disease is stated as present and acute disease, at most, denied; else None."""
    chronic = [v for v in verdicts if v.chronic and v.category is Category.POSITIVE]
    others = [v for v in verdicts if v not in chronic]
    if not chronic or any(v.category is Category.POSITIVE and not v.chronic for v in others):
        return None
    if all(v.acute and v.category is Category.NEGATIVE for v in others):
        return chronic
    return None


def _without_mere_chronic_denials(verdicts: list[Verdict]) -> list[Verdict]:
    """Beside an acute clot, "no chronic disease" contradicts nothing."""
    if not any(v.category is Category.POSITIVE and not v.chronic for v in verdicts):
        return verdicts
    return [v for v in verdicts if not (v.chronic and v.category is Category.NEGATIVE)]


def _hedged(hedges: Sequence[str], categories: set[Category]) -> bool:
    """Whether a hedge puts the verdict in doubt: a leaning one agrees with a positive, an open one with a nondiagnostic."""
    agrees = {"positive": {Category.POSITIVE}, "open": {Category.NONDIAGNOSTIC}}
    return any(categories != agrees[lean] for lean in hedges)
