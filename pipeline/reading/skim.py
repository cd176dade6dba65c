"""Passes over what stands beside the verdict and can say nothing against it: most of a long report, so that reading it stays cheap.

A skim may take a sentence too many for worth reading, never one too few: what `match_sentence` would find, it lets through.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.reading.matching import Line
from pipeline.reading.pattern import ENDS
from pipeline.reading.tokens import Token, places_of, raw_words
from pipeline.reading.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Skim:
    """One section, and the words of which a sentence of it must hold one to be worth reading.

    Attributes:
        told: the raw words tell something; if not, every sentence is worth reading.
        places: where words stand that bear on a verdict, or may once they are joined or corrected, and those that hedges are
            looked up by; in order.
        bears: of each place, whether it is one of the former.
    """

    lowered: str
    vocabulary: Vocabulary
    hedges: bool
    told: bool = False
    places: tuple[int, ...] = ()
    bears: tuple[bool, ...] = ()

    @classmethod
    def of(cls, lowered: str, start: int, end: int, vocabulary: Vocabulary, *, hedges: bool) -> "Skim":
        """Looks at the raw words of the section `lowered[start:end]`; `hedges`: they are asked for, not only verdicts."""
        if lowered.find("-\n", start, end) >= 0 or (hedges and not vocabulary.by_hedge.keys.isdisjoint(ENDS)):
            # A word broken over two lines is none of the raw words; and what every sentence holds tells nothing about one.
            return cls(lowered, vocabulary, hedges)
        words = set(raw_words(lowered, start, end))
        keys = vocabulary.by_hedge.keys if hedges else frozenset()
        bearing = {word for word in words if vocabulary.is_trigger(word)}
        for word, others in vocabulary.speller.could_begin(words).items():
            if not keys.isdisjoint(others) or any(map(vocabulary.is_trigger, others)):
                bearing.add(word)
        places = sorted((place, word in bearing) for word in bearing | (words & keys) for place in places_of(word, lowered, start, end))
        return cls(lowered, vocabulary, hedges, True, tuple(place for place, _ in places), tuple(bears for _, bears in places))

    @property
    def empty(self) -> bool:
        """Nothing in the section is worth reading."""
        return self.told and not self.places

    def worth_cutting(self, begin: int, stop: int) -> bool:
        """Whether the text `lowered[begin:stop]` must be cut into sentences and tokens to know more; a look at its raw words."""
        if not self.told:
            return True
        first = bisect_left(self.places, begin)
        last = bisect_left(self.places, stop, first)
        if first == last:
            return False
        return any(self.bears[first:last]) or bool(self.vocabulary.by_hedge.candidates(ENDS.union(raw_words(self.lowered, begin, stop))))

    def worth_reading(self, tokens: Sequence[Token]) -> bool:
        """Whether the sentence of these tokens can hold a verdict about the disease or, if asked, a hedge.

        A hedge found where part of the sentence is masked is found in the whole sentence too, unless its pattern looks ahead.
        """
        norms = [token.norm for token in tokens]
        if any(self.vocabulary.is_trigger(word) for norm in norms for word in norm.split(" ")):
            return True
        if not self.hedges:
            return False
        line = Line(norms, self.vocabulary.signs)
        found = self.vocabulary.by_hedge.candidates(line.words)
        return any(pattern.looks_ahead or pattern.regex.search(line.text) for _, pattern in found)
