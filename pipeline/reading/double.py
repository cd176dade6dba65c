"""Double reading: the rules read, a second reader who has learned from known reports looks at the same text, and they are put together.

The second reader never reads alone. It may **object** to what the rules read, and then a person reads the report. And where the rules
refuse only because words stayed that they could not place, beside a verdict that they did find, it may **settle** that doubt in favour
of that verdict. It can neither make a verdict that no phrase stated nor lift a refusal of any other kind, and what denies a verdict or
takes it back, in words that the rules know, it cannot explain away: "High probability, which is not correct" looks to it like a hundred
reports with high probability.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.domain.reading import Category
from pipeline.reading.evidence import Seen
from pipeline.reading.resolve import Resolved, best_of
from pipeline.reading.second_reader import Opinion
from pipeline.reading.weights import Rights

OBJECTS_BELOW: Mapping[Category, float] = {Category.NEGATIVE: 0.6, Category.NONDIAGNOSTIC: 0.3, Category.POSITIVE: 0.6}
"""Chance of the category that the rules read, below which a person reads the report. A nondiagnostic verdict sends nobody home and
frightens nobody: there it takes more to object."""
OBJECTS_FROM = 6
"""Words that no rule explains (`Seen.leaves`), from which there is something to object to. Of a text that the rules understand to the
last word they know more than what was learned from other texts."""
SETTLES_FROM: Mapping[Category, float] = {Category.NEGATIVE: 0.95, Category.NONDIAGNOSTIC: 0.95, Category.POSITIVE: 0.97}
"""Chance of a category from which the second reader settles a doubt in its favour.

All were chosen on texts of authors it had not learned from, fair samples (3,348 texts) and such as were chosen for their traps (3,709):
of the readings by the rules it then stopped 12 and 13 right ones, 6 of 18 and 19 of 105 dangerous ones; it settled 72 and 126 rightly,
1 and 11 wrongly.
"""
SETTLES = frozenset({"unread-mention", "contradiction", "hedge"})
"""Reasons that are about what words mean which the rules could not place. Any other refusal stands."""
STATES_FROM = 2
"""Words that no rule explains, from which a text may state more than its verdict."""
CONTRADICTED_FROM: Mapping[Category, float] = {Category.NEGATIVE: 0.3, Category.POSITIVE: 0.4}
"""Chance that the findings contradict the verdict, from which a person reads the report. Chosen on authors left out as well."""
OBJECTION = "readers-differ"
SETTLED = "second-reader"
DISAGREE = "findings-disagree"


@dataclass(frozen=True, slots=True)
class Double:
    """What comes of both readings. `settled`: the verdict that stands because the second reader settled a doubt, else None."""

    objects: bool = False
    settled: Resolved | None = None


def is_asked(seen: Seen, rights: Rights) -> bool:
    """Whether the second reader could change anything: there is something to object to, or a doubt that may be settled."""
    if seen.by_rules.category is not Category.REVIEW:
        return seen.leaves(OBJECTS_FROM)
    reasons = seen.by_rules.reasons
    may = rights is Rights.SETTLES and bool(seen.verdicts) and bool(reasons) and SETTLES.issuperset(reasons)
    return may and not any(verdict.denied for verdict in seen.verdicts) and not seen.refused


@dataclass(frozen=True, slots=True)
class Against:
    """The chance that what the sentences state contradicts the verdict; `counts`: it is so high that a person reads the report."""

    chance: float
    counts: bool


def held_against(category: Category, chance: float) -> Against:
    """What becomes of a negative or positive verdict that its findings contradict with this chance."""
    return Against(chance, chance >= CONTRADICTED_FROM[category])


def put_together(seen: Seen, opinion: Opinion) -> Double:
    """What stands when the second reader, who `is_asked`, thinks so."""
    category = seen.by_rules.category
    if category is not Category.REVIEW:
        return Double(objects=opinion.chances[category] < OBJECTS_BELOW[category])
    likeliest = opinion.likeliest
    if likeliest is Category.REVIEW or opinion.chances[likeliest] < SETTLES_FROM[likeliest]:
        return Double()
    if any(verdict.category is not likeliest and not verdict.doubtful for verdict in seen.verdicts):
        # Two plain verdicts that contradict each other are for a person, however sure anybody is.
        return Double()
    return Double(settled=best_of(seen.verdicts, likeliest))
