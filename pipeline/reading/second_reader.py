"""A second reader, learned from reports whose answers are known. It never reads alone: see `pipeline.reading.double`.

It is a linear model over the features of `pipeline.reading.evidence`: the weights of a report's features are added up for each
category, and the sums are made into chances that add up to one. So every opinion can be taken apart into the words that made it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.domain.reading import Category
from pipeline.reading.evidence import Seen, features
from pipeline.reading.weights import ORDER, Four, Weights


@dataclass(frozen=True, slots=True)
class Opinion:
    """How likely each category is to the second reader; the chances add up to 1.

    `leans`: of each feature that made it, what it speaks for: its weight for each category, in `ORDER`, above that of the others.
    """

    chances: Mapping[Category, float]
    leans: Mapping[str, Four] = field(default_factory=dict, repr=False)

    @property
    def likeliest(self) -> Category:
        return max(ORDER, key=lambda category: self.chances[category])

    def grounds(self, category: Category, most: int) -> list[tuple[str, float]]:
        """The features that speak most for a category (above 0) and most against it (below 0), strongest first, `most` of each."""
        place = ORDER.index(category)
        told = sorted(((feature, lean[place]) for feature, lean in self.leans.items()), key=lambda one: (-abs(one[1]), one[0]))
        return [*[one for one in told if one[1] > 0][:most], *[one for one in told if one[1] < 0][:most]]


def opinion_of(seen: Seen, weights: Weights) -> Opinion:
    """What the second reader who has learned these weights thinks of a report."""
    found = features(seen, weights.of)
    length = math.sqrt(sum(weights.rarity[feature] ** 2 for feature in found)) or 1.0
    sums = list(weights.bias)
    leans: dict[str, Four] = {}
    # In a fixed order, so that the last bit of a sum is the same on every run.
    for feature in sorted(found):
        share = weights.rarity[feature] / length
        negative, nondiagnostic, positive, review = (share * weight for weight in weights.of[feature])
        mean = (negative + nondiagnostic + positive + review) / 4
        leans[feature] = (negative - mean, nondiagnostic - mean, positive - mean, review - mean)
        for place, lean in enumerate(leans[feature]):
            sums[place] += lean
    top = max(sums)
    powers = [math.exp(value - top) for value in sums]
    whole = sum(powers)
    return Opinion({category: power / whole for category, power in zip(ORDER, powers, strict=True)}, leans)
