"""Double reading: the rules read, a second reader who has learned from known reports looks at the same text, and they are put together.

The second reader never reads alone. It may **object** to what the rules read, and then a person reads the report. And where the rules
refuse only because words stayed that they could not place, beside a verdict that they did find, it may **settle** that doubt in favour
of that verdict. It can neither make a verdict that no phrase stated nor lift a refusal of any other kind.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.domain.reading import Category
from pipeline.reading.evidence import Seen
from pipeline.reading.resolve import Resolved, best_of
from pipeline.reading.second_reader import Opinion
from pipeline.reading.weights import Rights

OBJECTS_BELOW = 0.3
"""Chance of the category that the rules read, below which a person reads the report."""
OBJECTS_FROM = 6
"""Words that no rule explains (`Seen.leaves`), from which there is something to object to. Of a text that the rules understand to the
last word they know more than what was learned from other texts."""
SETTLES_FROM: Mapping[Category, float] = {Category.NEGATIVE: 0.95, Category.NONDIAGNOSTIC: 0.95, Category.POSITIVE: 0.97}
"""Chance of a category from which the second reader settles a doubt in its favour.

All were chosen on texts of authors it had not learned from: of 3,450 readings by the rules it then stopped 8 right ones and 7 of 24
dangerous ones; of 5,300 texts it settled 139 rightly and 6 wrongly.
"""
SETTLES = frozenset({"unread-mention", "contradiction", "hedge"})
"""Reasons that are about what words mean which the rules could not place. Any other refusal stands."""
OBJECTION = "readers-differ"
SETTLED = "second-reader"


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
    return rights is Rights.SETTLES and bool(seen.verdicts) and bool(reasons) and SETTLES.issuperset(reasons)


def put_together(seen: Seen, opinion: Opinion) -> Double:
    """What stands when the second reader, who `is_asked`, thinks so."""
    category = seen.by_rules.category
    if category is not Category.REVIEW:
        return Double(objects=opinion.chances[category] < OBJECTS_BELOW)
    likeliest = opinion.likeliest
    if likeliest is Category.REVIEW or opinion.chances[likeliest] < SETTLES_FROM[likeliest]:
        return Double()
    if any(verdict.category is not likeliest and not verdict.doubtful for verdict in seen.verdicts):
        # Two plain verdicts that contradict each other are for a person, however sure anybody is.
        return Double()
    return Double(settled=best_of(seen.verdicts, likeliest))
