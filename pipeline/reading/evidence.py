"""What a second reader looks at: the words of the report and what the rules made of them, as a set of features."""

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass

from pipeline.domain.reading import Category, Reading
from pipeline.reading.found import SentenceMatch
from pipeline.reading.parts import Part
from pipeline.reading.tokens import raw_words

_LONGEST_RUN = 4
"""Words in a row that make one feature, in what decides; beside it 2: there the texts are long and say less."""
_BESIDE_RUN = 2
_SYMBOL_RUN = 3
_MOST_BESIDE = 2_000
"""Words; a longer text beside the verdict is hostile, not a report."""
_MOST_LIVE = 1_500
_BESIDE_SHARE = 3
_LETTERS = {Category.NEGATIVE: "n", Category.NONDIAGNOSTIC: "d", Category.POSITIVE: "p", Category.REVIEW: "x"}
_BEGINS, _ENDS, _NUMBER, _NOTHING = "^", "$", "#", "-"


@dataclass(frozen=True, slots=True)
class Seen:
    """One report as the rules have read it.

    Attributes:
        live, added: what was read of the parts that may decide, and of each addendum.
        beside: lower-cased texts of the findings and of what stands in no section.
        kinds: the kinds of its sections, in their order.
        by_rules: what the rules make of it.
    """

    live: Part
    added: Sequence[Part]
    beside: Sequence[str]
    kinds: Sequence[str]
    by_rules: Reading

    @property
    def unexplained(self) -> int:
        """How much of the report no phrase and no mask has taken: its words in what may decide, and a third of those beside it."""
        left = 0
        for sentence in (sentence for part in (self.live, *self.added) for sentence in part.sentences):
            spans = [*((m.first, m.last) for m in sentence.matches), *((m.first, m.last) for m in sentence.masks)]
            taken = {n for span in spans for n in range(*span)}
            left += sum(token.norm[:1].isalpha() for n, token in enumerate(sentence.tokens) if n not in taken)
        return left + sum(word[:1].isalpha() for text in self.beside for word in raw_words(text, 0, len(text))) // _BESIDE_SHARE


class Everything:
    """Holds every feature: what a table is learned with."""

    def __contains__(self, _feature: object) -> bool:
        return True


EVERYTHING = Everything()


def features(seen: Seen, known: Container[str] = EVERYTHING) -> set[str]:
    """The features of a report that are in `known`, which must hold every beginning of what it holds ("no", "no evidence").

    The first letter says what it is of: `i` words in a row of what may decide, `a` of an addendum, `r` of what stands beside,
    `k` a section, `q` what sentences in a row state, `v` a verdict and whether it is in doubt, `h` a hedge, `f` a refusal, `m` a
    mention that no phrase has taken, `o` what the rules read, `w` why they did not. Cost is linear in the length of the text.
    """
    found = set(_words("i", seen.live.sentences, known))
    for part in seen.added:
        found.update(_words("a", part.sentences, known))
    stand = _stand(seen)
    for text in seen.beside:
        words = [_plain(word) for word in raw_words(text, 0, len(text))[:_MOST_BESIDE]]
        found.update(_runs("r", words, _BESIDE_RUN, known))
        # What stands beside a verdict bears on it by what the verdict is.
        found.update(_runs(f"r{stand}", words, _BESIDE_RUN, known))
    found.update(_runs("q", [_stated(sentence) for sentence in seen.live.sentences], _SYMBOL_RUN, known))
    found.update(feature for feature in _made_of(seen) if feature in known)
    return found


def _stand(seen: Seen) -> str:
    """The category that is in question, as one letter: what the rules read, or the only one that they found; `x` for none or several."""
    if seen.by_rules.category is not Category.REVIEW:
        return _LETTERS[seen.by_rules.category]
    found = {verdict.category for part in (seen.live, *seen.added) for verdict in part.found.verdicts}
    return _LETTERS[found.pop()] if len(found) == 1 else "x"


def _words(kind: str, sentences: Iterable[SentenceMatch], known: Container[str]) -> Iterator[str]:
    left = _MOST_LIVE
    for sentence in sentences:
        if left <= 0:
            return
        left -= len(sentence.tokens)
        yield from _runs(kind, [_plain(token.norm) for token in sentence.tokens], _LONGEST_RUN, known)


def _plain(word: str) -> str:
    """A word of a run: numbers are all one, and what the speller has written as two words stays one."""
    return _NUMBER if word[:1].isdigit() else word.replace(" ", "_")


def _runs(kind: str, words: Sequence[str], longest: int, known: Container[str]) -> Iterator[str]:
    line = (_BEGINS, *words, _ENDS)
    for first in range(len(line)):
        feature = kind
        for word in line[first : first + longest]:
            feature = f"{feature} {word}"
            if feature not in known:
                break
            yield feature


def _stated(sentence: SentenceMatch) -> str:
    """What a sentence states, as one word: the categories and roles of its phrases, a question mark behind what is in doubt."""
    said = sorted(
        (match.phrase.grade.category.value if match.phrase.grade else match.phrase.role) + ("?" if match.doubt else "")
        for match in sentence.matches
    )
    return "+".join(said) or _NOTHING


def _made_of(seen: Seen) -> Iterator[str]:
    for kind in seen.kinds:
        yield f"k {kind}"
    for part in (seen.live, *seen.added):
        found = part.found
        for verdict in found.verdicts:
            yield f"v {verdict.category}{'?' if verdict.doubtful else ''}"
        for lean in found.hedges:
            yield f"h {lean}"
        for reason in found.refusals:
            yield f"f {reason}"
        for mention in found.mentions:
            yield f"m {mention.name.lower()}"
        for remark in found.remarks:
            yield f"n {remark}"
    yield f"o {seen.by_rules.category}"
    for reason in seen.by_rules.reasons:
        yield f"w {reason}"
