"""From the verdicts found to one reading: they agree, or a person reads the report."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from pipeline.domain.reading import Category, Evidence, Grade

_PREFERENCE = (
    Grade.HIGH,
    Grade.PRESENT,
    Grade.INTERMEDIATE,
    Grade.VERY_LOW,
    Grade.LOW,
    Grade.INDETERMINATE,
    Grade.NONDIAGNOSTIC,
    Grade.ABSENT,
    Grade.NORMAL,
)
"""Within one category the reader's more specific term is kept."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One stated verdict.

    Attributes:
        category: the grade's, or nondiagnostic for `low` under modified PIOPED II.
        chronic, acute: it speaks of chronic or of acute disease by name, and not of both.
        about_pe: it names the disease or a probability; `named`: the disease itself; `graded`: a probability.
        with_high: a range that reaches high.
        doubtful: something beside it stays unread; `elsewhere`: since it is told of another time, reader or test.
        denied: what puts it in doubt is a word that denies or takes back.
        odd: what puts it in doubt is how the sentence goes on, and no word that denies or doubts.
        resolved: that a disease has gone; `partial`: of one lung only; `scan`: it speaks of the scan as a whole.
        referred: a grade that something is held against ("more than a low probability scan").
        passing: a grade that is spoken of without being given.
        sentence: offset of the sentence's first word.
    """

    grade: Grade
    evidence: Evidence
    category: Category
    chronic: bool = False
    acute: bool = False
    about_pe: bool = True
    named: bool = True
    graded: bool = False
    with_high: bool = False
    doubtful: bool = False
    resolved: bool = False
    partial: bool = False
    scan: bool = True
    referred: bool = False
    elsewhere: bool = False
    denied: bool = False
    odd: bool = False
    passing: bool = False
    sentence: int = 0


class Mention(Enum):
    """What a sentence says that names the disease and that no phrase has taken.

    PLAIN: it neither denies, doubts nor dates anything. TOLD: of a question, a treatment, other people, or a test that could not tell.
    DENIED: a denying word, and no place. OPEN: anything else. GRADE: a grade or a finding stayed unread, not the disease alone.
    """

    PLAIN = auto()
    TOLD = auto()
    DENIED = auto()
    OPEN = auto()
    GRADE = auto()


_NO_MATTER = {
    Category.NEGATIVE: frozenset({Mention.TOLD, Mention.DENIED}),
    Category.POSITIVE: frozenset({Mention.TOLD, Mention.PLAIN}),
    Category.NONDIAGNOSTIC: frozenset(Mention),
}
"""Which mentions leave a verdict of a category alone that another sentence states plainly."""


@dataclass(slots=True)
class Findings:
    """What one part of the report (impression, addendum) was found to say.

    Attributes:
        unread: sentences that stop where something must follow.
        denied: grades that it says it is not.
        mentions: of each sentence in which words about the disease stayed unread, what it says.
    """

    verdicts: list[Verdict] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    hedges: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    unread: int = 0
    mentions: list[Mention] = field(default_factory=list)
    denied: int = 0


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
    verdicts = chronic if chronic is not None else _without_asides(found.verdicts)
    categories = {verdict.category for verdict in verdicts}
    if len(categories) > 1:
        reasons.append("contradiction")
    if _hedged(found.hedges, categories):
        reasons.append("hedge")
    if (
        found.unread
        or any(verdict.doubtful for verdict in verdicts)
        or any(m not in _NO_MATTER.get(_only(categories), ()) for m in found.mentions)
    ):
        reasons.append("unread-mention")
    if reasons or not verdicts:
        return Resolved(None, tuple(dict.fromkeys(reasons)))
    grade = min((verdict.grade for verdict in verdicts), key=_PREFERENCE.index)
    is_chronic = chronic is not None
    return Resolved(grade, (), is_chronic, any(verdict.with_high for verdict in verdicts), categories.pop())


def best_of(verdicts: Sequence[Verdict], category: Category) -> Resolved | None:
    """The outcome if the verdicts of one category stand and the others do not; None if there are none.

    Those that nothing puts in doubt tell the grade, if there are any.
    """
    ours = [verdict for verdict in verdicts if verdict.category is category]
    told = [verdict for verdict in ours if not verdict.doubtful] or ours
    if not told:
        return None
    grade = min((verdict.grade for verdict in told), key=_PREFERENCE.index)
    return Resolved(grade, (), _chronic(told) is not None, any(verdict.with_high for verdict in told), category)


def _only(categories: set[Category]) -> Category:
    return next(iter(categories)) if len(categories) == 1 else Category.REVIEW


def _chronic(verdicts: Sequence[Verdict]) -> list[Verdict] | None:
    """The verdicts that count where chronic disease is stated as present and acute disease, at most, denied; else None."""
    chronic = [v for v in verdicts if v.chronic and v.category is Category.POSITIVE]
    others = [v for v in verdicts if not (v.chronic and v.category is Category.POSITIVE)]
    if not chronic or any(v.category is Category.POSITIVE and not v.chronic for v in others):
        return None
    if all(v.acute and v.category is Category.NEGATIVE for v in others):
        return chronic
    return None


def _without_asides(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """The verdicts without those that say less than another one and do not contradict it.

    Beside an acute clot: that there is no chronic disease, none in another part of the lungs, or that an earlier one is gone.
    Beside a verdict about embolism: that perfusion is normal but for something, or, where nobody could decide, normal somewhere.
    """
    kept = list(verdicts)
    present = [v for v in kept if v.category is Category.POSITIVE and not v.chronic and not v.doubtful]
    if present:
        acute = any(v.acute for v in present)
        kept = [v for v in kept if not (v.category is Category.NEGATIVE and (v.chronic or v.partial or (acute and v.resolved)))]
    stated = [v for v in kept if not v.doubtful and not v.referred and (v.about_pe or v.grade is not Grade.NORMAL)]
    if not stated:
        return kept
    undecided = any(v.category is Category.NONDIAGNOSTIC for v in stated)
    kept = [v for v in kept if not (_aside(v) or (undecided and _says_less(v)))]
    given = [v for v in stated if not v.passing]
    if len({v.category for v in given}) != 1:
        return kept
    sentences = {v.sentence for v in given}
    category = given[0].category
    return [v for v in kept if v.category is category or not _only_mentioned(v, category) or v.sentence in sentences]


def _only_mentioned(verdict: Verdict, given: Category) -> bool:
    """Whether a grade is spoken of without being given; that nobody could decide is never said in passing beside a denial."""
    return verdict.passing and not (verdict.category is Category.NONDIAGNOSTIC and given is Category.NEGATIVE and not verdict.graded)


def _aside(verdict: Verdict) -> bool:
    """Whether it is put in doubt, but says nothing that another verdict could contradict."""
    return verdict.doubtful and (verdict.resolved or verdict.elsewhere or (verdict.grade is Grade.NORMAL and not verdict.about_pe))


def _says_less(verdict: Verdict) -> bool:
    """Whether it gives way to a reader who does not decide: a grade that is only compared with, a part of the lungs, what is in doubt."""
    if verdict.category is Category.NONDIAGNOSTIC:
        return verdict.doubtful
    if verdict.category is Category.POSITIVE and verdict.named and verdict.odd:
        return False
    normal_part = verdict.grade is Grade.NORMAL and not verdict.about_pe and not verdict.scan
    return verdict.doubtful or verdict.referred or verdict.partial or normal_part


def _hedged(hedges: Sequence[str], categories: set[Category]) -> bool:
    """Whether a hedge puts the verdict in doubt: a leaning one agrees with a positive, an open one with a nondiagnostic."""
    agrees = {"positive": {Category.POSITIVE}, "open": {Category.NONDIAGNOSTIC}}
    return any(categories != agrees[lean] for lean in hedges)
