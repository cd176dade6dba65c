"""What a second reader looks at: the words of the report and what the rules made of them, as a set of features."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

from pipeline.domain.reading import Category, Reading
from pipeline.reading.found import SentenceMatch
from pipeline.reading.parts import Part
from pipeline.reading.resolve import Verdict

_LONGEST_RUN = 4
"""Words in a row that make one feature, in what decides; beside it 2: there the texts are long and say less."""
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
        beside: raw words of the findings and of what stands in no section.
        kinds: the kinds of its sections, in their order.
        by_rules: what the rules make of it.
        verdicts: what it states, of which the rules chose, or between which they would not.
    """

    live: Part
    added: Sequence[Part]
    beside: Sequence[Sequence[str]]
    kinds: Sequence[str]
    by_rules: Reading
    verdicts: Sequence[Verdict] = ()

    @property
    def refused(self) -> bool:
        """Whether a phrase says by itself that a person must read it."""
        return any(part.found.refusals for part in (self.live, *self.added))

    def leaves(self, words: int) -> bool:
        """Whether at least so many words stay that no phrase and no mask has taken: in what may decide, and of those beside it a third."""
        beside = sum(sum(map(str.isalpha, told)) for told in self.beside) // _BESIDE_SHARE
        return beside >= words or beside + self._not_taken() >= words

    def _not_taken(self) -> int:
        left = 0
        for sentence in (sentence for part in (self.live, *self.added) for sentence in part.sentences):
            spans = [*((m.first, m.last) for m in sentence.matches), *((m.first, m.last) for m in sentence.masks)]
            taken = {n for span in spans for n in range(*span)}
            left += sum(token.norm[:1].isalpha() for n, token in enumerate(sentence.tokens) if n not in taken)
        return left


class Everything(Mapping[str, bool]):
    """Knows every feature: what a table is learned with."""

    def __getitem__(self, _feature: str) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        raise TypeError

    def __len__(self) -> int:
        raise TypeError


Value = TypeVar("Value")


def features(seen: Seen, known: Mapping[str, Value]) -> dict[str, Value]:
    """The features of a report that are known, with what is known of them, in the order of the text.

    `known` must hold every beginning of what it holds ("no", "no evidence"). The first letter says what a feature is of: `i` words in a
    row of what may decide, `a` of an addendum, `r` of what stands beside (and `rn`, `rd`, `rp`, `rx` by the category in question), `k` a
    section, `q` what sentences in a row state, `v` a verdict and whether it is in doubt, `h` a hedge, `f` a refusal, `m` a mention that no
    phrase has taken, `n` a remark, `o` what the rules read, `w` why they did not. Cost is linear in the length of the text.
    """
    found: dict[str, Value] = {}
    look = known.get
    _words("i", seen.live.sentences, look, found)
    for part in seen.added:
        _words("a", part.sentences, look, found)
    stand = f"r{_stand(seen)}"
    for raw in seen.beside:
        words = [_NUMBER if word[0].isdigit() else word for word in raw[:_MOST_BESIDE]]
        _pairs("r", words, look, found)
        # What stands beside a verdict bears on it by what the verdict is.
        _pairs(stand, words, look, found)
    _runs("q", [_stated(sentence) for sentence in seen.live.sentences], _SYMBOL_RUN, look, found)
    for feature in _made_of(seen):
        value = look(feature)
        if value is not None:
            found[feature] = value
    return found


def _stand(seen: Seen) -> str:
    """The category that is in question, as one letter: what the rules read, or the only one that they found; `x` for none or several."""
    if seen.by_rules.category is not Category.REVIEW:
        return _LETTERS[seen.by_rules.category]
    found = {verdict.category for part in (seen.live, *seen.added) for verdict in part.found.verdicts}
    return _LETTERS[found.pop()] if len(found) == 1 else "x"


def _words(kind: str, sentences: Iterable[SentenceMatch], look: Callable[[str], Value | None], found: dict[str, Value]) -> None:
    left = _MOST_LIVE
    for sentence in sentences:
        if left <= 0:
            return
        left -= len(sentence.tokens)
        _runs(kind, [_plain(token.norm) for token in sentence.tokens], _LONGEST_RUN, look, found)


def _plain(word: str) -> str:
    """A word of a run: numbers are all one, and what the speller has written as two words stays one."""
    return _NUMBER if word[:1].isdigit() else word.replace(" ", "_")


def _runs(kind: str, words: Sequence[str], longest: int, look: Callable[[str], Value | None], found: dict[str, Value]) -> None:
    line = (_BEGINS, *words, _ENDS)
    for first in range(len(line)):
        feature = kind
        for word in line[first : first + longest]:
            feature = f"{feature} {word}"
            value = look(feature)
            if value is None:
                break
            found[feature] = value


def _pairs(kind: str, words: Sequence[str], look: Callable[[str], Value | None], found: dict[str, Value]) -> None:
    """What `_runs` finds of runs of two, each looked for once: these texts are long and repeat themselves."""
    line = (_BEGINS, *words, _ENDS)
    known = set()
    for word in dict.fromkeys(line):
        feature = f"{kind} {word}"
        value = look(feature)
        if value is not None:
            found[feature] = value
            known.add(word)
    for first, second in dict.fromkeys(pairwise(line)):
        if first in known:
            feature = f"{kind} {first} {second}"
            value = look(feature)
            if value is not None:
                found[feature] = value


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
