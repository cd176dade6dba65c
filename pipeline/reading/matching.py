"""Matches masks and phrases in one sentence, checks their polarity a second time, and tells what stayed unread."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence

from pipeline.domain.reading import Grade
from pipeline.reading.found import MASKED, MaskMatch, Match, SentenceMatch, is_bare
from pipeline.reading.loose import loosely
from pipeline.reading.pattern import Index, Pattern
from pipeline.reading.second_look import second_look
from pipeline.reading.tokens import Token
from pipeline.reading.vocabulary import Phrase, Vocabulary
from pipeline.reading.words import Words


class Line:
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
    whole = Line(norms, vocabulary.signs)
    strong = _longest(_candidates(whole, vocabulary.by_strong), norms, vocabulary.words)
    masks = [m for m in _masks(norms, whole, vocabulary) if not any(s.first < m.last and m.first < s.last for s in strong)]
    left = list(norms)
    for found in masks:
        for number in range(found.first, found.last):
            left[number] = MASKED
    line = Line(left, vocabulary.signs) if masks else whole
    chosen = _longest(_candidates(line, vocabulary.by_phrase), left, vocabulary.words)
    taken = [False] * len(left)
    for match in chosen:
        for number in range(match.first, match.last):
            taken[number] = True
    checked = tuple(second_look(match, norms, left, taken, vocabulary) for match in chosen)
    unread = tuple(n for n, norm in enumerate(left) if not taken[n] and norm != MASKED and vocabulary.is_trigger(norm))
    if unread or any(match.doubt for match in checked):
        loose = _loosely(checked, left, vocabulary)
        if loose:
            return SentenceMatch(tokens, loose, tuple(masks), ())
    return SentenceMatch(tokens, checked, tuple(masks), unread)


def _loosely(matches: Sequence[Match], left: Sequence[str], vocabulary: Vocabulary) -> tuple[Match, ...]:
    """The one verdict of a sentence of plain words that the phrases took in part; nothing where they say otherwise."""
    if any(match.phrase.role in ("hedge", "refuse") or match.phrase.finding for match in matches):
        return ()
    if any(match.doubt and match.doubt not in left for match in matches):
        # What was masked and still casts doubt ("... pending the chest film") is no word that could be plain.
        return ()
    denied = {n for m in matches if m.phrase.role == "denied" for n in range(m.first, m.last) if left[n] not in vocabulary.words.chances}
    found = loosely([MASKED if n in denied else norm for n, norm in enumerate(left)], vocabulary)
    if found is None or any(_against(m, found.grade, left, vocabulary.words) for m in matches):
        return ()
    return (Match(LOOSE[found.grade], found.first, found.last),)


def _against(match: Match, grade: Grade, left: Sequence[str], words: Words) -> bool:
    said = match.phrase.grade
    # The name of the disease by itself, or in doubt, says nothing against a grade in the same sentence.
    bare = is_bare(match, left, words)
    return said is not None and said.category is not grade.category and not (said is Grade.PRESENT and (match.doubt or bare))


LOOSE = {grade: Phrase(f"loose-{grade}", "verdict", (), grade) for grade in Grade}
"""What is found by its words in any order, as if a phrase of the vocabulary had taken it."""


def _masks(norms: Sequence[str], line: Line, vocabulary: Vocabulary) -> list[MaskMatch]:
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


def _candidates(line: Line, index: Index[Phrase]) -> list[Match]:
    found = []
    for phrase, pattern in index.candidates(line.words):
        found += [Match(phrase, first, last) for first, last in line.find(pattern)]
    return found


_RANK = {"refuse": 0, "hedge": 1, "denied": 2, "verdict": 3, "remark": 4}
"""Where two phrases are equally long, the more cautious one is taken."""


def _precedence(match: Match) -> tuple[bool, bool, int, int, int]:
    phrase = match.phrase
    return phrase.role != "refuse", phrase.weak, match.first - match.last, _RANK[phrase.role], match.first


def _longest(candidates: list[Match], norms: Sequence[str], words: Words) -> list[Match]:
    """Refusals first, then the longest, then percentages, and the bare name of the disease last; what is taken is taken."""
    free = [True] * len(norms)
    chosen = []
    denied = [m for m in candidates if m.phrase.role == "denied"]
    held = [m for m in candidates if m.phrase.role != "refuse" or not any(d.first <= m.first and m.last < d.last for d in denied)]
    for match in sorted(held, key=lambda m: (is_bare(m, norms, words), *_precedence(m))):
        if all(free[match.first : match.last]):
            chosen.append(match)
            for number in range(match.first, match.last):
                free[number] = False
    return sorted(chosen, key=lambda m: m.first)
