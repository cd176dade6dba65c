"""What was read in the impression: category, grade, and the evidence a person can check."""

from dataclasses import dataclass, field
from enum import StrEnum


class Category(StrEnum):
    NEGATIVE = "negative"
    NONDIAGNOSTIC = "nondiagnostic"
    POSITIVE = "positive"
    REVIEW = "review"


class Grade(StrEnum):
    """The reader's own term. Source: shared design, section 2."""

    NORMAL = "normal"
    VERY_LOW = "very_low"
    LOW = "low"
    ABSENT = "absent"
    INTERMEDIATE = "intermediate"
    INDETERMINATE = "indeterminate"
    NONDIAGNOSTIC = "nondiagnostic"
    HIGH = "high"
    PRESENT = "present"

    @property
    def category(self) -> Category:
        """The category of the grade where no site setting says otherwise (`low` is negative, as in trinary reporting)."""
        return _CATEGORY[self]


_CATEGORY = {
    Grade.NORMAL: Category.NEGATIVE,
    Grade.VERY_LOW: Category.NEGATIVE,
    Grade.LOW: Category.NEGATIVE,
    Grade.ABSENT: Category.NEGATIVE,
    Grade.INTERMEDIATE: Category.NONDIAGNOSTIC,
    Grade.INDETERMINATE: Category.NONDIAGNOSTIC,
    Grade.NONDIAGNOSTIC: Category.NONDIAGNOSTIC,
    Grade.HIGH: Category.POSITIVE,
    Grade.PRESENT: Category.POSITIVE,
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """One phrase that decided. `start` and `end` are character offsets in `Report.text` (end exclusive)."""

    phrase: str
    section: str
    text: str
    start: int
    end: int


class Role(StrEnum):
    """What a span of the report was taken as; `explain` colours by it."""

    VERDICT = "verdict"
    NEGATION = "negation"
    MASK = "mask"
    UNREAD = "unread"
    HEADING = "heading"
    CONTEXT = "context"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of `Report.text` and what it was taken as. `label` is a phrase id or the kind of mask."""

    role: Role
    label: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Reading:
    """The result of reading one report text.

    Attributes:
        category: `review` where no verdict can be read safely.
        grade: the reader's own term; None exactly where the category is `review`.
        chronic: chronic thromboembolic disease is stated as present.
        reasons: codes of `pipeline.domain.reasons`, why it is `review` or what else was noticed.
        evidence: the phrases that decided, in text order.
        spans: everything that was consumed, for explanation; in text order.
        range_with_high: the reader's range reaches high ("intermediate to high").
        names_pioped2: the report itself names modified PIOPED II, where `low` is nondiagnostic.
    """

    category: Category
    grade: Grade | None = None
    chronic: bool = False
    reasons: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    spans: tuple[Span, ...] = field(default=(), repr=False)
    range_with_high: bool = False
    names_pioped2: bool = False
