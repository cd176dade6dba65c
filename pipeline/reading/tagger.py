"""Says of one sentence which of several statements it makes: a linear model over its word runs, learned from labelled sentences."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pipeline.reading.weights import SCALE

LONGEST_RUN = 3
MOST_WORDS = 120
"""Of a sentence; what goes on longer is hostile or a list, and its beginning says enough."""

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?|\d+|[^\w\s]")
_BEGINS, _ENDS, _NUMBER = "^", "$", "#"
_SURE = 30.0
"""Beyond it a chance is 0 or 1 to every place that is shown, and the power need not be taken."""

Value = TypeVar("Value")

Row = tuple[float, tuple[tuple[int, float], ...]]
"""Of one word run: its rarity squared, and what it adds for each tag that it bears on: (the tag's place, weight times rarity)."""


@dataclass(frozen=True, slots=True)
class Tagger:
    """`tags`: their names in order; `bias`: what each starts with; `rows`: the word runs that are known."""

    tags: tuple[str, ...]
    bias: tuple[float, ...]
    rows: Mapping[str, Row]

    @classmethod
    def parse(cls, lines: Sequence[str]) -> "Tagger":
        """Reads what `lines_of` wrote.

        Raises:
            ValueError: it is something else.
        """
        head, *tags = lines[0].split("\t")
        start, *numbers = lines[1].split("\t")
        if (head, start) != ("tags", "bias") or len(tags) != len(numbers):
            raise ValueError("no tagger")
        return cls(tuple(tags), tuple(int(number) / SCALE for number in numbers), dict(_row(line, len(tags)) for line in lines[2:]))

    def chances(self, sentence: str) -> tuple[float, ...]:
        """The chance that it makes each statement, in the order of `tags`. `sentence` is lower-case; cost is linear in its length."""
        sums, square = [0.0] * len(self.bias), 0.0
        for rare, adds in runs_of(sentence, self.rows).values():
            square += rare
            for place, add in adds:
                sums[place] += add
        length = math.sqrt(square) or 1.0
        return tuple(chance_of(start + one / length) for start, one in zip(self.bias, sums, strict=True))


def chance_of(total: float) -> float:
    """The chance that a sum stands for (logistic function)."""
    return 1 / (1 + math.exp(-max(-_SURE, min(_SURE, total))))


def runs_of(sentence: str, known: Mapping[str, Value]) -> dict[str, Value]:
    """The runs of up to three words, numbers all alike, that are known, with what is known of them, in the order of the text.

    `known` must hold every beginning of what it holds.
    """
    words = [_NUMBER if word[0].isdigit() else word for word in _WORD.findall(sentence)[:MOST_WORDS]]
    line = (_BEGINS, *words, _ENDS)
    look, found = known.get, {}
    for first, word in enumerate(line):
        run, reach = word, first
        value = look(run)
        while value is not None:
            found[run] = value
            reach += 1
            if reach == first + LONGEST_RUN or reach == len(line):
                break
            run = f"{run} {line[reach]}"
            value = look(run)
    return found


def lines_of(
    tags: Sequence[str], bias: Sequence[float], learned: Mapping[str, tuple[float, Sequence[float]]], *, least: float
) -> list[str]:
    """What `Tagger.parse` reads. `learned`: rarity, and the weight for each tag; what adds less than `least` for a tag is left out."""
    lines = ["\t".join(["tags", *tags]), "\t".join(["bias", *(str(round(number * SCALE)) for number in bias)])]
    for run, (rare, weights) in sorted(learned.items()):
        told = [f"{place}:{round(weight * SCALE)}" for place, weight in enumerate(weights) if abs(weight * rare) >= least]
        lines.append("\t".join([run, str(round(rare * SCALE)), *told]))
    return lines


def _row(line: str, most: int) -> tuple[str, Row]:
    run, rare, *told = line.split("\t")
    rarity = int(rare) / SCALE
    adds = []
    for one in told:
        place, weight = map(int, one.split(":"))
        if not 0 <= place < most:
            raise ValueError("no tagger")
        adds.append((place, weight / SCALE * rarity))
    return run, (rarity * rarity, tuple(adds))
