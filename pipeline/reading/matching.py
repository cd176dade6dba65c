"""Matches masks and phrases in one sentence, checks their polarity a second time, and tells what stayed unread."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.domain.reading import Category, Grade
from pipeline.reading.pattern import Index, Pattern
from pipeline.reading.tokens import Token
from pipeline.reading.vocabulary import Mask, Phrase, Vocabulary

MASKED = ";"
"""Stands for a masked token: a clause end, which no gap of a pattern crosses."""

_DANGLING = frozenset({"of", "for", "any", "or", "nor"})
"""Before a bare mention of the disease these belong to a phrase that was not understood ("... of acute pulmonary embolism")."""

_TURNING = frozenset({"not", "no", "never", "neither", "nor", "longer", "far", "hardly", "than", "least", "above"})
_GRADED = frozenset({Grade.VERY_LOW, Grade.LOW, Grade.INTERMEDIATE, Grade.HIGH, Grade.NORMAL})
_STOPS = frozenset({",", MASKED, ":", ".", "-", "but"})
_ALONE = frozenset({"clinician's", "physician's", "referrer's", "historical", "reportedly", "others", "clinician", "then", "ai"})
_OTHER_TESTS = frozenset({"dvt", "ctpa", "ct", "dimer", "doppler", "duplex", "ultrasound", "echo"})
_EARLIER = frozenset({"previous", "previously", "prior"})
_PAST_IT = _STOPS | {"with", "and"}
_BOTH_SIDES = _STOPS | {"?", "both", "either"}
_BESIDE = 2
_READERS = frozenset({"resident", "registrar", "trainee", "preliminary"})
_GOING_ON = frozenset({"the", "this", "it", "is", "are", "therefore", "thus", "so"})
_NOW = frozenset({"now", "today", "currently", "present", "current", "new", "but", "this", "these"})
_TOLD = frozenset(
    "was were had been showed shown stated wrote said read reported interpreted called demonstrated revealed suggested gave".split()
)
_EXCEPT = frozenset({"exception", "except", "excepting", "elsewhere", "apart", "aside", "other", "protocol"})
_PARTING = frozenset({",", ":", "-", "either"})
_PARTS = frozenset({"lung", "lobe", "lobes", "only", "side", "base", "zone"})
_PART_WORDS = 4
_TAKEN_BACK = frozenset({"rejected", "retracted", "refuted", "unsupported", "withdrawn", "disproved"})
_UPHELD = frozenset({"supported", "confirmed", "tenable", "correct", "accepted", "upheld", "valid"})
_CONDITIONS = frozenset({"pending", "assuming", "unless", "provided"})
_PLACES = frozenset({"outside", "save", "bar", "in", "of", "on", "within", "involving", "affecting", "to", "for", "by"})
_NEAR = 6
_NONE = frozenset({"no", "without", "neither", "nor", "never"})
_CHOICE = frozenset({"or", "versus", "vs", "/"})
_LISTED = 3
_BEFORE, _AFTER = 6, 3
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
    strong = _longest(_candidates(whole, vocabulary.by_strong), len(norms))
    masks = [m for m in _masks(norms, whole, vocabulary) if not any(s.first < m.last and m.first < s.last for s in strong)]
    left = list(norms)
    for found in masks:
        for number in range(found.first, found.last):
            left[number] = MASKED
    line = Line(left, vocabulary.signs) if masks else whole
    chosen = _longest(_candidates(line, vocabulary.by_phrase), len(left))
    taken = [False] * len(left)
    for match in chosen:
        for number in range(match.first, match.last):
            taken[number] = True
    checked = tuple(_second_look(match, norms, left, taken, vocabulary) for match in chosen)
    unread = tuple(n for n, norm in enumerate(left) if not taken[n] and norm != MASKED and vocabulary.is_trigger(norm))
    return SentenceMatch(tokens, checked, tuple(masks), unread)


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


def _second_look(match: Match, norms: Sequence[str], left: Sequence[str], taken: Sequence[bool], vocabulary: Vocabulary) -> Match:
    """Everything is checked twice: a word beside a verdict that could undo it, and that no phrase has taken, makes it doubtful."""
    if match.phrase.role != "verdict":
        return match
    doubt = (
        _dangling(match, left, taken)
        or _inside(match, left, vocabulary)
        or _before(match, left, taken, vocabulary)
        or _behind(match, norms, left, taken, vocabulary)
        or _somebody_elses(match, norms, left, vocabulary)
    )
    return Match(match.phrase, match.first, match.last, doubt) if doubt else match


def _dangling(match: Match, left: Sequence[str], taken: Sequence[bool]) -> str:
    before = match.first - 1
    bare = match.phrase.grade is Grade.PRESENT and before >= 0 and left[before] in _DANGLING and not taken[before]
    return left[before] if bare else ""


def _inside(match: Match, left: Sequence[str], vocabulary: Vocabulary) -> str:
    """A gap of a graded phrase may have swallowed a negation or another time ("the probability of PE on the prior study was low")."""
    if match.phrase.weak or match.phrase.grade not in _GRADED:
        return ""
    turning = _TURNING | (vocabulary.words.elsewhere - {"clinical", "clinically"})
    return next((norm for norm in left[match.first : match.last] if norm in turning), "")


def _before(match: Match, left: Sequence[str], taken: Sequence[bool], vocabulary: Vocabulary) -> str:
    if match.phrase.grade is Grade.PRESENT and match.first and (doubt := _one_of_several(match.first, left, taken)):
        return doubt
    watched = vocabulary.words.negators | vocabulary.words.hedges
    for number in range(match.first - 1, max(match.first - 1 - _BEFORE, -1), -1):
        if left[number] in _STOPS or (left[number] == "and" and left[number + 1] in _GOING_ON):
            return ""
        if not taken[number] and left[number] in watched:
            return left[number]
    return ""


def _one_of_several(first: int, left: Sequence[str], taken: Sequence[bool]) -> str:
    """What makes the disease one of a choice ("pneumonia or embolism"), or the last of a list of what is not there."""
    choice = next((norm for norm in left[first - 1 : first + 1] if norm in _CHOICE), "")
    if choice or left[first - 1] != ",":
        return choice
    # "No residual, recurrent or new embolism": what stands before the comma may be said of the whole list.
    listed = range(max(first - 1 - _LISTED, 0), first - 1)
    return next((left[number] for number in listed if left[number] in _NONE and not taken[number]), "")


def _behind(match: Match, norms: Sequence[str], left: Sequence[str], taken: Sequence[bool], vocabulary: Vocabulary) -> str:
    words = vocabulary.words
    rest = range(match.last, len(left))
    following = left[match.last] if match.last < len(left) else ""
    if following and norms[match.last] in _CONDITIONS:
        # Masked, since what it says is no verdict; but the verdict hangs on it.
        return norms[match.last]
    if following in ("?", ":") and match.last + 1 < len(left) and left[match.last + 1] in ("no", "yes", "not"):
        return following
    if match.phrase.grade is Grade.PRESENT and following in _CHOICE and not taken[match.last]:
        return following
    if match.phrase.grade is Grade.PRESENT and following == "," and "or" in left[match.last : match.last + 5]:
        return "or"
    if following in ("of", "for", "that") and match.last + 1 < len(left) and not taken[match.last] and match.phrase.grade in _GRADED:
        # "High probability of COPD": the verdict is about something else.
        return following
    for number in rest:
        if (left[number] in _TAKEN_BACK and not taken[number]) or (left[number] in _UPHELD and left[number - 1] == "not"):
            return left[number]
    watched = words.undoing | words.hedges
    for number in rest[:_AFTER]:
        # What was masked counts here: "... was considered" is no recommendation to whoever reads it after a verdict.
        if norms[number] in _PAST_IT:
            break
        if not taken[number] and norms[number] in watched:
            return norms[number]
    if match.phrase.grade is None or match.phrase.grade.category is not Category.NEGATIVE:
        return ""
    if following in words.excepting and match.phrase.grade is Grade.NORMAL:
        return following
    return _taken_out(left, taken, match.last, words.excepting)


def _taken_out(left: Sequence[str], taken: Sequence[bool], start: int, excepting: frozenset[str]) -> str:
    """What a negative verdict leaves out: "except ...", or one side or part that it is said of."""
    for number in range(start, len(left)):
        norm = left[number]
        if norm == "," and number + 1 < len(left) and left[number + 1] in _EXCEPT:
            return left[number + 1]
        if norm in _PARTING and _one_part(left[number + 1 :], excepting):
            return norm
        if (
            norm == "but"
            and set(left[number + 1 : number + 2]) & {"the", "for", "in"}
            and excepting.intersection(left[number + 1 : number + 4])
        ):
            return norm
        if norm in _BOTH_SIDES:
            return ""
        placed = set(left[max(number - 2, start) : number]) & _PLACES
        if not taken[number] and norm in excepting and (norm in _EXCEPT or (placed and number - start < _NEAR)):
            return norm
    return ""


def _one_part(tail: Sequence[str], excepting: frozenset[str]) -> bool:
    """Whether all that follows names one side or part: "No evidence of PE, left lung"."""
    named = [norm for norm in tail if norm not in _PLACES and norm != "the"]
    return 0 < len(named) <= _PART_WORDS and named[0] in excepting and named[-1] in _PARTS and not {"or", "and"} & set(named)


def _somebody_elses(match: Match, norms: Sequence[str], left: Sequence[str], vocabulary: Vocabulary) -> str:
    """A verdict that is told of another time, reader or test: "the outside scan, which was low probability"."""
    cue, place = "", 0
    for number in range(match.first - 1, -1, -1):
        if left[number] == MASKED or left[number] in _NOW:
            break
        if left[number] in vocabulary.words.elsewhere or _is_year(left[number]):
            cue, place = left[number], number
            break
    if cue in _ALONE or (cue in _OTHER_TESTS and match.first - place <= _BESIDE):
        return cue
    if cue and (set(left[place : match.last]) & _TOLD or (":" in left[place : match.first] and cue not in _READERS)):
        return cue
    if any(left[n].isdigit() and left[n + 1 : n + 4 : 2] == ["/", "/"] for n in range(max(match.first - 6, 0), max(match.first - 4, 0))):
        return "/"
    after = norms[match.last : match.last + 5]
    found = next((norm for norm in after if norm in ("ago", "wells", "geneva", "before") or _is_year(norm)), "")
    told_of = any(norm in _EARLIER and (n == 0 or after[n - 1] in ("on", "in", "at", "the")) for n, norm in enumerate(after[:4]))
    if told_of and not {"since", "unchanged", "from"} & set(after):
        return "previous"
    return "" if "since" in after else found


def _is_year(norm: str) -> bool:
    return norm.isdigit() and len(norm) == 4 and norm[:2] in ("19", "20")
