"""Matches masks and phrases in one sentence, checks their polarity a second time, and tells what stayed unread."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.domain.reading import Grade
from pipeline.reading.pattern import Index, Pattern
from pipeline.reading.tokens import Token
from pipeline.reading.vocabulary import Mask, Phrase, Vocabulary

MASKED = ";"
"""Stands for a masked token: a clause end, which no gap of a pattern crosses."""

_DANGLING = frozenset({"of", "for", "any", "or", "nor"})
"""Before a bare mention of the disease these belong to a phrase that was not understood ("... of acute pulmonary embolism")."""

_BEFORE, _AFTER = 4, 3
"""How many tokens around a verdict must hold no polarity word that nothing has taken."""


@dataclass(frozen=True, slots=True)
class Match:
    """A phrase over tokens `first` to `last` (exclusive) of a sentence; `doubt` names what stands unread beside a verdict."""

    phrase: Phrase
    first: int
    last: int
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class MaskMatch:
    mask: Mask
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class SentenceMatch:
    """Everything found in one sentence, in text order."""

    tokens: Sequence[Token]
    matches: tuple[Match, ...]
    masks: tuple[MaskMatch, ...]
    unread: tuple[int, ...]


class _Line:
    """A sentence as one string of tokens, each followed by a space, with the way back to token numbers."""

    def __init__(self, norms: Sequence[str], signs: Mapping[str, str]) -> None:
        self.starts: list[int] = []
        written = [" ^ "]
        words = {"^", "$"}
        place = len(" ^ ")
        for norm in norms:
            self.starts.append(place)
            for word in norm.split(" "):
                words.add(word)
                part = word + signs.get(word, "") + " "
                written.append(part)
                place += len(part)
        self.text = "".join(written) + "$ "
        self.words = frozenset(words)

    def token_at(self, place: int) -> int:
        return max(bisect_right(self.starts, place) - 1, 0)

    def find(self, pattern: Pattern) -> Iterable[tuple[int, int]]:
        place = 0
        while match := pattern.regex.search(self.text, place):
            yield self.token_at(match.start()), self.token_at(match.end() - 2) + 1
            # From the next token on: an overlapping match further right may be the longer one.
            place = match.start() + 1


def match_sentence(tokens: Sequence[Token], vocabulary: Vocabulary) -> SentenceMatch:
    """Masks first, then phrases on what is left, the longest first; then the second look around each verdict."""
    norms = [token.norm for token in tokens]
    whole = _Line(norms, vocabulary.signs)
    strong = _longest(_candidates(whole, vocabulary.by_strong), len(norms))
    masks = [m for m in _masks(norms, whole, vocabulary) if not any(s.first < m.last and m.first < s.last for s in strong)]
    left = list(norms)
    for found in masks:
        for number in range(found.first, found.last):
            left[number] = MASKED
    line = _Line(left, vocabulary.signs)
    chosen = _longest(_candidates(line, vocabulary.by_phrase), len(left))
    taken = [False] * len(left)
    for match in chosen:
        for number in range(match.first, match.last):
            taken[number] = True
    checked = tuple(_second_look(match, left, taken, vocabulary) for match in chosen)
    unread = tuple(n for n, norm in enumerate(left) if not taken[n] and norm != MASKED and vocabulary.is_trigger(norm))
    return SentenceMatch(tokens, checked, tuple(masks), unread)


def _masks(norms: Sequence[str], line: _Line, vocabulary: Vocabulary) -> list[MaskMatch]:
    found: list[MaskMatch] = []
    for mask, pattern in vocabulary.by_mask.candidates(line.words):
        for first, last in line.find(pattern):
            if mask.scope == "tail":
                last = _tail(norms, last)
            elif mask.scope == "sentence":
                first, last = 0, len(norms)
            found.append(MaskMatch(mask, first, last))
    found.sort(key=lambda m: (m.first, -m.last))
    kept: list[MaskMatch] = []
    for match in found:
        if not kept or match.last > kept[-1].last:
            kept.append(match)
    return kept


def _tail(norms: Sequence[str], start: int) -> int:
    return next((number for number in range(start, len(norms)) if norms[number] == ";"), len(norms))


def _candidates(line: _Line, index: Index[Phrase]) -> list[Match]:
    found = []
    for phrase, pattern in index.candidates(line.words):
        found += [Match(phrase, first, last) for first, last in line.find(pattern)]
    return found


_RANK = {"refuse": 0, "hedge": 1, "denied": 2, "verdict": 3, "remark": 4}
"""Where two phrases are equally long, the more cautious one is taken."""


def _precedence(match: Match) -> tuple[bool, bool, int, int, int]:
    phrase = match.phrase
    return phrase.role != "refuse", phrase.weak, match.first - match.last, _RANK[phrase.role], match.first


def _longest(candidates: list[Match], size: int) -> list[Match]:
    """Refusals first, percentages last, else the longest first; what is taken is taken."""
    free = [True] * size
    chosen = []
    for match in sorted(candidates, key=_precedence):
        if all(free[match.first : match.last]):
            chosen.append(match)
            for number in range(match.first, match.last):
                free[number] = False
    return sorted(chosen, key=lambda m: m.first)


def _second_look(match: Match, left: Sequence[str], taken: Sequence[bool], vocabulary: Vocabulary) -> Match:
    """Polarity is checked twice: a negation or hedge right beside a verdict that no phrase has taken makes it doubtful."""
    if match.phrase.role != "verdict":
        return match
    before = vocabulary.words.negators | vocabulary.words.hedges
    behind = vocabulary.words.undoing | vocabulary.words.hedges
    if match.first and match.phrase.grade is Grade.PRESENT and left[match.first - 1] in _DANGLING and not taken[match.first - 1]:
        return Match(match.phrase, match.first, match.last, left[match.first - 1])
    for number in range(match.first - 1, max(match.first - 1 - _BEFORE, -1), -1):
        if left[number] in (",", MASKED, ":", "."):
            break
        if not taken[number] and left[number] in before:
            return Match(match.phrase, match.first, match.last, left[number])
    for number in range(match.last, min(match.last + _AFTER, len(left))):
        if left[number] in (",", MASKED, ":", ".", "with", "and", "but"):
            break
        if not taken[number] and left[number] in behind:
            return Match(match.phrase, match.first, match.last, left[number])
    return match
