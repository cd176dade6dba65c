"""What the sentences of a report say of the lungs, and whether that speaks against its verdict.

Two steps, both learned and both to be taken apart: a tagger says of each sentence what it states (perfusion lost, ventilation whole,
a match, ...), and a few measures over the whole report say how far that goes together with the verdict. No word list: a loss of
perfusion in air-filled lung has as many wordings as there are readers.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import mul

from pipeline.domain.reading import Category, Grade
from pipeline.errors import Misconfigured, Problem
from pipeline.reading.crosscheck import SENTENCE
from pipeline.reading.tagger import Tagger, chance_of
from pipeline.reading.weights import SCALE

HEAD = "vqroute findings reader 1"

WHOLE, LOST, SMALL, AIRED, UNAIRED, CLEAR, SHADOW, UNMATCHED, MATCHED, PAST, DENIED = "PLSVWCDUMGX"
TAGS: Mapping[str, str] = {
    WHOLE: "perfusion is whole",
    LOST: "perfusion is lost in a place",
    SMALL: "a change of perfusion that is small or no segment's",
    AIRED: "ventilation is whole",
    UNAIRED: "ventilation is disturbed",
    CLEAR: "film or CT is clear",
    SHADOW: "film or CT shows something",
    UNMATCHED: "a loss is not matched or explained",
    MATCHED: "a loss is matched or explained",
    PAST: "a loss is old, known, or gone",
    DENIED: "a loss or a mismatch is denied",
}
"""What a sentence may state of this scan."""

MOST_SENTENCES = 200
_SHORTEST = 5
"""Characters, below which a piece between two stops says nothing."""
_ABSENT = (LOST, SMALL, UNAIRED, SHADOW, UNMATCHED, MATCHED, PAST)
_BESIDE_LOSS = (AIRED, UNMATCHED, MATCHED)
_AFTER_LOSS = (AIRED, UNMATCHED, MATCHED, UNAIRED, SHADOW)
_GRADES = (Grade.NORMAL, Grade.VERY_LOW, Grade.LOW, Grade.ABSENT, Grade.HIGH, Grade.PRESENT)


@dataclass(frozen=True, slots=True)
class Stated:
    """One sentence in lower case, and the chance of each of `TAGS`, in their order."""

    text: str
    chances: tuple[float, ...]

    def tags(self, least: float = 0.5) -> list[str]:
        """What it states, in words."""
        return [said for said, chance in zip(TAGS.values(), self.chances, strict=True) if chance >= least]


@dataclass(frozen=True, slots=True)
class Facts:
    """What was learned of findings.

    Attributes:
        hash: SHA-256 of the text.
        about: what the file says of itself.
        tagger: says what a sentence states.
        against: for a negative and for a positive verdict, the weight of each of `measures`, and of `bias`.
    """

    hash: str
    about: Mapping[str, str]
    tagger: Tagger
    against: Mapping[Category, Mapping[str, float]]

    @classmethod
    def parse(cls, text: str, file: str) -> "Facts":
        """Reads the text of the file: a head, `name: value` lines, an empty line, a tagger, an empty line, then the measures' weights.

        Raises:
            Misconfigured: it is no such file.
        """
        try:
            head, learned, measured = text.split("\n\n")
            title, *lines = head.split("\n")
            tagger = Tagger.parse(learned.split("\n"))
            if title != HEAD or tagger.tags != tuple(TAGS):
                raise ValueError
            against: dict[Category, dict[str, float]] = {Category.NEGATIVE: {}, Category.POSITIVE: {}}
            for line in filter(None, measured.split("\n")):
                category, name, weight = line.split("\t")
                against[Category(category)][name] = int(weight) / SCALE
            about = dict(line.split(": ", 1) for line in lines)
            if any(weights.keys() != NAMES for weights in against.values()):
                raise ValueError
        except (ValueError, KeyError):
            raise Misconfigured([Problem(file, 0, "this is no file of a findings reader, or it is damaged")]) from None
        return cls(hashlib.sha256(text.encode()).hexdigest(), about, tagger, against)

    def stated(self, texts: Sequence[str]) -> list[Stated]:
        """What each sentence of the texts states."""
        return [Stated(sentence, self.tagger.chances(sentence)) for sentence in sentences_of(texts)]

    def speaks_against(self, stated: Sequence[Stated], grade: Grade, *, chronic: bool) -> float:
        """The chance that what is stated contradicts a negative or positive verdict."""
        weights = self.against[grade.category]
        told = measures([one.chances for one in stated], grade, chronic=chronic)
        total = weights["bias"] + sum([weights[name] * value for name, value in told.items()])
        return chance_of(total)


def sentences_of(texts: Sequence[str]) -> list[str]:
    """The sentences of lower-case texts, each in one line; headings without a sentence stay with the line that they head."""
    found = (" ".join(match[0].split()) for text in texts for match in SENTENCE.finditer(text))
    return [sentence for sentence, _ in zip((one for one in found if len(one) >= _SHORTEST), range(MOST_SENTENCES), strict=False)]


def measures(chances: Sequence[Sequence[float]], grade: Grade, *, chronic: bool) -> dict[str, float]:
    """What a report states as a whole, each from 0 to 1. `chances`: of each sentence, in the order of `TAGS`."""
    columns = [*zip(*chances, strict=True)] if chances else [(0.0,)] * len(TAGS)
    said = dict(zip(TAGS, columns, strict=True))
    found = {tag: max(column) for tag, column in said.items()}
    none = {tag: math.prod([1 - chance for chance in said[tag]]) for tag in _ABSENT}
    lost = [loss * (1 - past) * (1 - denied) for loss, past, denied in zip(said[LOST], said[PAST], said[DENIED], strict=True)]
    accounted = zip(lost, said[MATCHED], said[UNAIRED], said[SHADOW], said[SMALL], strict=True)
    bare = max([one * (1 - matched) * (1 - unaired) * (1 - shadow) * (1 - small) for one, matched, unaired, shadow, small in accounted])
    for tag in _BESIDE_LOSS:
        found[f"{LOST}{tag}"] = max(map(mul, said[LOST], said[tag]))
    for tag in _AFTER_LOSS:
        # What the next sentence says is often said of the loss that this one names.
        found[f"{LOST} then {tag}"] = max(map(mul, lost, said[tag][1:]), default=0.0)
    whole = found[WHOLE] * none[LOST] * none[UNMATCHED]
    return found | {
        "lost": max(lost),
        "bare": bare,
        "bare, aired": bare * found[AIRED] * none[MATCHED] * none[UNAIRED],
        "bare, alone": bare * none[MATCHED] * none[UNAIRED] * none[SHADOW],
        "bare, clear": bare * found[CLEAR] * none[MATCHED],
        "unmatched, not small": found[UNMATCHED] * none[SMALL] * none[PAST],
        "whole": whole,
        "whole, none small": whole * none[SMALL],
        "nothing lost": none[LOST] * none[UNMATCHED] * none[SMALL],
        "matched only": found[MATCHED] * none[UNMATCHED],
        f"grade {grade}": 1.0,
        "chronic": float(chronic),
    }


NAMES = frozenset({*measures([], Grade.ABSENT, chronic=False), *(f"grade {grade}" for grade in _GRADES), "bias"})
"""Of every measure that weighs in; a measure that a report does not have is 0."""
