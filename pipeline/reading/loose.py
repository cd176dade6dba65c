"""Reads a sentence that no phrase fits, whatever its word order, if every word of it is one of a closed list."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.domain.reading import Grade
from pipeline.reading.vocabulary import Vocabulary

_GRADES = {
    "low": Grade.LOW,
    "intermediate": Grade.INTERMEDIATE,
    "high": Grade.HIGH,
    "indeterminate": Grade.INDETERMINATE,
    "nondiagnostic": Grade.NONDIAGNOSTIC,
    "inconclusive": Grade.NONDIAGNOSTIC,
}
BANDS = {Grade.VERY_LOW: (0, 20), Grade.LOW: (0, 20), Grade.INTERMEDIATE: (20, 80), Grade.HIGH: (80, 100)}
"""Percent. What the schemes of the PIOPED family mean by a grade (report_language.md 1.1)."""
_OF_NUMBERS = frozenset({"%", "to", "-", "between", "<", ">", "than", "greater", "less", "under", "over", "above", "below"})
_UPSIDE_DOWN = frozenset({"<", ">", "than", "under", "over", "above", "below", "excess"})
"""With these a number is a limit, and which side of it is meant is for the phrases to say."""
_ABOUT = frozenset({"of", "for", "that"})
"""A probability that does not name embolism, but goes on with one of these, is of something else."""
_ALONE = frozenset({Grade.INDETERMINATE, Grade.NONDIAGNOSTIC})
"""Grades that need no word of probability beside them."""
_PARTS = frozenset(
    {"left", "right", "upper", "lower", "middle", "lobe", "lobes", "lingula", "zone", "zones", "base", "bases", "side", "sides"}
)
_BEHIND_A_GRADE = frozenset(
    {"to", "or", "and", "for", "in", "on", "by", "at", "with", "as", "here", "today", "given", "is", "scan", "study", "%", "because"}
)
_RANGING = frozenset({"to", "or", "-", "/", "and"})
_DENYING = frozenset({"no", "without", "nil"})
_SIGNS = frozenset({",", ":", "-", "/", ";", "."})
_LONGEST = 40
"""Tokens; a longer sentence says more than one thing."""


@dataclass(frozen=True, slots=True)
class Loose:
    """The grade that a sentence's words leave, and the words that say so: tokens `first` to `last` (exclusive)."""

    grade: Grade
    first: int
    last: int


def loosely(norms: Sequence[str], vocabulary: Vocabulary) -> Loose | None:
    """The one verdict a sentence can hold, or None where a word is not on the list or more than one verdict could be meant.

    Args:
        norms: the tokens of a sentence of which no phrase has taken anything but a part of this verdict; `;` is what was masked.
        vocabulary: its word lists `core`, `chances`, `plain`, `naming` and `asserting` are closed: no word that turns, doubts, dates
            or moves a statement is on them, so that a sentence made of them says one thing in whatever order.
    """
    words = vocabulary.words
    if len(norms) > _LONGEST:
        return None
    cores = [n for n, norm in enumerate(norms) if norm in words.core]
    graded = [n for n, norm in enumerate(norms) if norm in _GRADES]
    denying = [n for n, norm in enumerate(norms) if norm in _DENYING]
    known = {*cores, *graded, *denying}
    rest = [norm for n, norm in enumerate(norms) if n not in known]
    counted = "%" in norms
    # "About 4 % of the total perfusion" sizes an embolism; "PE: 5%" is a probability, and "PE: 0" none.
    sized = not words.amounts.isdisjoint(norms) and "0" not in norms and any(norm.isdecimal() for norm in norms)
    only_names = (
        len(norms) > 1
        and ";" not in norms
        and all(norm in words.naming or norm in words.aging or norm in _SIGNS or (sized and _counts(norm)) for norm in rest)
    )
    plain = (words.between if denying else frozenset()) | words.plain | words.naming | words.asserting | words.chances | _SIGNS
    if only_names and cores and not graded and not denying:
        return Loose(Grade.PRESENT, 0, len(norms))
    unnamed = not cores and bool(graded) and not (words.chances | words.classes).isdisjoint(norms)
    if not cores and (not unnamed or not (words.ailments | _ABOUT).isdisjoint(norms)):
        return None
    if not all(norm in plain or norm in words.ailments or (counted and (norm.isdecimal() or norm in _OF_NUMBERS)) for norm in rest):
        return None
    if graded:
        return None if denying else _graded(norms, graded, cores, vocabulary)
    if counted:
        return None if denying else _counted(norms, cores, vocabulary)
    if denying:
        return _denied(norms, denying, cores, words.between | words.core)
    if any(norm in words.asserting for norm in rest):
        return Loose(Grade.PRESENT, 0, len(norms))
    return None


def _graded(norms: Sequence[str], graded: Sequence[int], cores: Sequence[int], vocabulary: Vocabulary) -> Loose | None:
    words = vocabulary.words
    grades = {_very(_GRADES[norms[n]], norms[n - 1] if n else "") for n in graded}
    grade = _one(grades)
    if grade is None:
        return None
    chances = [n for n, norm in enumerate(norms) if norm in words.chances]
    going_on = words.chances | words.classes | _SIGNS | _BEHIND_A_GRADE
    if grade not in _ALONE and not all(n + 1 == len(norms) or norms[n + 1] in going_on or _counts(norms[n + 1]) for n in graded):
        # "Low ventilation and PE probability": the low is said of something else.
        return None
    if grade not in _ALONE and not chances and not any(norm in words.classes for norm in norms):
        return None
    low, high = BANDS.get(grade, (0, -1))
    if not all(low <= int(norm) <= high for norm in norms if norm.isdecimal()):
        return None
    if len(grades) > 1 and not any(norm in _RANGING for norm in norms[graded[0] : graded[-1]]):
        return None
    places = sorted((*graded, *chances, *cores))
    return Loose(grade, places[0], places[-1] + 1)


def _counted(norms: Sequence[str], cores: Sequence[int], vocabulary: Vocabulary) -> Loose | None:
    """A probability given in percent alone: the grade whose band holds every number."""
    chances = [n for n, norm in enumerate(norms) if norm in vocabulary.words.chances]
    numbers = [int(norm) for norm in norms if norm.isdecimal()]
    if not chances or not numbers or not _UPSIDE_DOWN.isdisjoint(norms):
        return None
    grades = [grade for grade in (Grade.LOW, Grade.INTERMEDIATE, Grade.HIGH) if all(_within(number, grade) for number in numbers)]
    places = sorted((*chances, *cores))
    return Loose(grades[0], places[0], places[-1] + 1) if len(grades) == 1 else None


def _within(number: int, grade: Grade) -> bool:
    low, high = BANDS[grade]
    return low <= number <= high


def _one(grades: set[Grade]) -> Grade | None:
    """The grade of a range: one that touches intermediate is a reader who did not decide (DESIGN 5.6)."""
    if len(grades) == 1:
        return next(iter(grades))
    if grades == {Grade.VERY_LOW, Grade.LOW}:
        return Grade.LOW
    return Grade.INTERMEDIATE if grades == {Grade.LOW, Grade.INTERMEDIATE} else None


def _counts(norm: str) -> bool:
    return norm in ("%", "about", "approximately") or norm.isdecimal()


def _very(grade: Grade, before: str) -> Grade:
    return Grade.VERY_LOW if grade is Grade.LOW and before == "very" else grade


def _denied(norms: Sequence[str], denying: Sequence[int], cores: Sequence[int], between: frozenset[str]) -> Loose | None:
    """One denying word, and every mention of the disease behind it in the same breath."""
    first = denying[0]
    if not _PARTS.isdisjoint(norms) and not {"left", "right"} <= set(norms):
        return None
    if len(denying) > 1 or cores[0] < first or not between.issuperset(norms[first + 1 : cores[-1]]):
        return None
    return Loose(Grade.ABSENT, first, cores[-1] + 1)
