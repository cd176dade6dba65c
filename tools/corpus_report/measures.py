"""The figures of a corpus: how many readings are right, needlessly refused, or dangerous, and within which bounds."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from pipeline.domain.reading import Category
from tools.corpus_report.corpora import Scored

_Z = 1.96


@dataclass(frozen=True, slots=True)
class Rate:
    """`hits` of `of`. The bounds are of 95 %: Wilson's, or 0 to 3/n where nothing was hit."""

    hits: int
    of: int

    @classmethod
    def count(cls, reports: Iterable[Scored], hit: Callable[[Scored], bool]) -> "Rate":
        found = [hit(one) for one in reports]
        return cls(sum(found), len(found))

    @property
    def bounds(self) -> tuple[float, float]:
        if self.of == 0:
            return 0.0, 1.0
        if self.hits == 0:
            return 0.0, min(3 / self.of, 1.0)
        share, extra = self.hits / self.of, _Z * _Z / self.of
        middle = (share + extra / 2) / (1 + extra)
        half = _Z / (1 + extra) * math.sqrt((share * (1 - share) + extra / 4) / self.of)
        return max(middle - half, 0.0), min(middle + half, 1.0)

    def __str__(self) -> str:
        """`12/240 5.0 % (2.9-8.5)`; a dash where there is nothing to count."""
        if self.of == 0:
            return "-"
        low, high = self.bounds
        return f"{self.hits}/{self.of} {100 * self.hits / self.of:.1f} % ({100 * low:.1f}-{100 * high:.1f})"


@dataclass(frozen=True, slots=True)
class Figures:
    """All rates of some reports.

    Attributes:
        category: the author's category.
        whole: the author's category, grade and chronic flag.
        needless: of those that the author decided, sent to a person.
        missed: of those that the author would send to a person, decided.
        false_negative: of those that are not negative, read as negative.
        false_positive: of those that are not positive, read as positive.
        reason: of those refused by both and with the author's reason, refused for that one.
    """

    count: int
    category: Rate
    whole: Rate
    needless: Rate
    missed: Rate
    false_negative: Rate
    false_positive: Rate
    reason: Rate

    @classmethod
    def of(cls, reports: Sequence[Scored]) -> "Figures":
        decided = [one for one in reports if one.gold.category is not Category.REVIEW]
        refused = [one for one in reports if one.gold.category is Category.REVIEW]
        with_reason = [one for one in refused if one.gold.reason and one.read is Category.REVIEW]
        return cls(
            count=len(reports),
            category=Rate.count(reports, lambda one: one.exact),
            whole=Rate.count(reports, lambda one: one.whole),
            needless=Rate.count(decided, lambda one: one.read is Category.REVIEW),
            missed=Rate.count(refused, lambda one: one.read is not Category.REVIEW),
            false_negative=_wrongly(reports, Category.NEGATIVE),
            false_positive=_wrongly(reports, Category.POSITIVE),
            reason=Rate.count(with_reason, lambda one: one.gold.reason in one.outcome.reasons),
        )


def _wrongly(reports: Sequence[Scored], category: Category) -> Rate:
    return Rate.count([one for one in reports if one.gold.category is not category], lambda one: one.read is category)


def confusion(reports: Iterable[Scored]) -> Counter[tuple[Category, Category]]:
    """How often each (gold, read) is."""
    return Counter((one.gold.category, one.read) for one in reports)


def dangerous(one: Scored) -> bool:
    """Read as better than it is, or as a clot that nobody stated."""
    return not one.exact and one.read in (Category.NEGATIVE, Category.POSITIVE)


def tally(pairs: Iterable[tuple[Category, Category]]) -> tuple[int, int, int]:
    """Of (gold, read): how many are exact, how many read dangerously, how many sent to a person without need."""
    count = Counter(pairs)
    exact = sum(times for (gold, read), times in count.items() if read is gold)
    bad = sum(times for (gold, read), times in count.items() if read is not gold and read in (Category.NEGATIVE, Category.POSITIVE))
    needless = sum(times for (gold, read), times in count.items() if read is Category.REVIEW is not gold)
    return exact, bad, needless
