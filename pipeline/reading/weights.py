"""What a second reader has learned: a weight of each feature for each category, as a file and as a table.

The file is made by `tools.second_reader` and changes only with a release or a site's own file.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pipeline.domain.reading import Category
from pipeline.errors import Misconfigured, Problem

ORDER = (Category.NEGATIVE, Category.NONDIAGNOSTIC, Category.POSITIVE, Category.REVIEW)
"""The order of the weights of a feature."""
HEAD = "vqroute second reader 1"
SCALE = 1_000
"""Numbers in the file are thousandths."""

Four = tuple[float, float, float, float]
Row = tuple[float, float, float, float, float]
"""Of one feature: its rarity squared, and its weight for each category, in `ORDER`, times its rarity."""


class Rights(StrEnum):
    """What a site lets the second reader do."""

    SETTLES = "settles"
    OBJECTS = "objects"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Weights:
    """The table.

    Attributes:
        hash: SHA-256 of the text.
        about: what the file says of itself: which texts were learned from.
        bias: what each category starts with, in `ORDER`.
        rows: of each feature what it adds to a sum; rarity is how much it tells by being rare (inverse document frequency).
    """

    hash: str
    about: Mapping[str, str]
    bias: Four
    rows: Mapping[str, Row]

    @classmethod
    def parse(cls, text: str, file: str) -> "Weights":
        """Reads the text of the file: a head, `name: value` lines, an empty line, `bias` and its four numbers, then a feature a line
        with its rarity and its four weights, parted by tabs.

        Raises:
            Misconfigured: it is no such file.
        """
        try:
            lines = text.split("\n")
            if lines[0] != HEAD:
                raise ValueError
            gap = lines.index("")
            about = dict(line.split(": ", 1) for line in lines[1:gap])
            name, *numbers = lines[gap + 1].split("\t")
            if name != "bias":
                raise ValueError
            bias = _four(numbers)
            rows = dict(_row(line) for line in lines[gap + 2 :] if line)
        except (ValueError, IndexError):
            raise Misconfigured([Problem(file, 0, "this is no file of a second reader's weights, or it is damaged")]) from None
        return cls(hashlib.sha256(text.encode()).hexdigest(), about, bias, rows)


def text_of(about: Mapping[str, str], bias: Sequence[float], learned: Mapping[str, tuple[float, Sequence[float]]]) -> str:
    """The text that `Weights.parse` reads. `learned`: rarity and weights of each feature."""
    lines = [HEAD, *(f"{name}: {value}" for name, value in about.items()), "", "\t".join(["bias", *map(_written, bias)])]
    lines += ["\t".join([feature, _written(rare), *map(_written, weights)]) for feature, (rare, weights) in sorted(learned.items())]
    return "\n".join([*lines, ""])


def _written(number: float) -> str:
    return str(round(number * SCALE))


def _row(line: str) -> tuple[str, Row]:
    feature, rare, *numbers = line.split("\t")
    rarity = int(rare) / SCALE
    negative, nondiagnostic, positive, review = _four(numbers)
    return feature, (rarity * rarity, rarity * negative, rarity * nondiagnostic, rarity * positive, rarity * review)


def _four(numbers: Sequence[str]) -> Four:
    negative, nondiagnostic, positive, review = (int(number) / SCALE for number in numbers)
    return negative, nondiagnostic, positive, review
