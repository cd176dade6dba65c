"""A second reader, learned from reports whose answers are known. It never reads alone: see `pipeline.reading.double`.

It is a linear model over the features of `pipeline.reading.evidence`: the weights of a report's features are added up for each
category, and the sums are made into chances that add up to one. So every opinion can be taken apart into the words that made it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.domain.reading import Category
from pipeline.reading.evidence import Seen, features
from pipeline.reading.weights import ORDER, Row, Weights


@dataclass(frozen=True, slots=True)
class Opinion:
    """How likely each category is to the second reader; the chances add up to 1. `rows`: the features that made it, as they are weighed."""

    chances: Mapping[Category, float]
    rows: Mapping[str, Row] = field(default_factory=dict, repr=False)

    @property
    def likeliest(self) -> Category:
        return max(ORDER, key=lambda category: self.chances[category])

    def grounds(self, category: Category, most: int) -> list[tuple[str, float]]:
        """The features that speak most for a category (above 0) and most against it (below 0), strongest first, `most` of each.

        How much: what a feature adds for the category above what it adds for all four on average.
        """
        place, length = ORDER.index(category) + 1, _length(self.rows)
        leans = ((feature, (row[place] - sum(row[1:]) / len(ORDER)) / length) for feature, row in self.rows.items())
        told = sorted(leans, key=lambda one: (-abs(one[1]), one[0]))
        return [*[one for one in told if one[1] > 0][:most], *[one for one in told if one[1] < 0][:most]]


def opinion_of(seen: Seen, weights: Weights) -> Opinion:
    """What the second reader who has learned these weights thinks of a report."""
    found = features(seen, weights.rows)
    square = negative = nondiagnostic = positive = review = 0.0
    # In the order of the text, so that the last bit of a sum is the same on every run.
    for rare, for_negative, for_nondiagnostic, for_positive, for_review in found.values():
        square += rare
        negative += for_negative
        nondiagnostic += for_nondiagnostic
        positive += for_positive
        review += for_review
    length = math.sqrt(square) or 1.0
    sums = [start + one / length for start, one in zip(weights.bias, (negative, nondiagnostic, positive, review), strict=True)]
    top = max(sums)
    powers = [math.exp(value - top) for value in sums]
    whole = sum(powers)
    return Opinion({category: power / whole for category, power in zip(ORDER, powers, strict=True)}, found)


def _length(found: Mapping[str, Row]) -> float:
    return math.sqrt(sum(row[0] for row in found.values())) or 1.0
