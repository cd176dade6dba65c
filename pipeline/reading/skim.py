"""Passes over what stands beside the verdict and can say nothing against it: most of a long report, so that reading it stays cheap.

A skim may take a sentence too many for worth reading, never one too few: what `match_sentence` would find, it lets through.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.reading.matching import Line
from pipeline.reading.pattern import ENDS
from pipeline.reading.tokens import Token, raw_words
from pipeline.reading.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Skim:
    """One section, and the words of which a sentence of it must hold one to be worth reading.

    Attributes:
        bearing: words that bear on a verdict, or may once they are joined or corrected; None if the raw words tell nothing.
        keys: words that hedges are looked up by.
    """

    lowered: str
    vocabulary: Vocabulary
    hedges: bool
    bearing: frozenset[str] | None
    keys: frozenset[str]

    @classmethod
    def of(cls, lowered: str, start: int, end: int, vocabulary: Vocabulary, *, hedges: bool) -> "Skim":
        """Looks at the raw words of the section `lowered[start:end]`; `hedges`: they are asked for, not only verdicts."""
        if lowered.find("-\n", start, end) >= 0 or (hedges and not vocabulary.by_hedge.keys.isdisjoint(ENDS)):
            # A word broken over two lines is none of the raw words; and what every sentence holds tells nothing about one.
            return cls(lowered, vocabulary, hedges, None, frozenset())
        words = set(raw_words(lowered, start, end))
        keys = vocabulary.by_hedge.keys if hedges else frozenset()
        bearing = {word for word in words if vocabulary.is_trigger(word)}
        for word, others in vocabulary.speller.could_begin(words).items():
            if not keys.isdisjoint(others) or any(map(vocabulary.is_trigger, others)):
                bearing.add(word)
        return cls(lowered, vocabulary, hedges, frozenset(bearing), frozenset(words & keys))

    @property
    def empty(self) -> bool:
        """Nothing in the section is worth reading."""
        return self.bearing is not None and not self.bearing and not self.keys

    def worth_cutting(self, begin: int, stop: int) -> bool:
        """Whether the sentence `lowered[begin:stop]` must be cut into tokens to know more; a look at its raw words."""
        if self.bearing is None:
            return True
        words = raw_words(self.lowered, begin, stop)
        if not self.bearing.isdisjoint(words):
            return True
        return not self.keys.isdisjoint(words) and bool(self.vocabulary.by_hedge.candidates(ENDS.union(words)))

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
