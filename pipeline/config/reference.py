"""How known reports are read with the vocabulary that was packed, so that a site sees what its own vocabulary changes."""

import gzip
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from pipeline.domain.reading import Category, Grade, Reading
from pipeline.domain.report import TextBlock
from pipeline.reading import Vocabulary, read
from pipeline.reading.sections import IMPRESSION, sections_of
from pipeline.reading.tokens import plain

FOLDER = Path(__file__).resolve().parent / "reference_set"
REPORTS, READINGS = "en.reports.jsonl.gz", "en.readings.tsv"
_HEAD = "# vocabulary "


@dataclass(frozen=True, slots=True)
class Outcome:
    """What of a reading decides about letter and follow-up."""

    category: Category
    grade: Grade | None
    chronic: bool
    range_with_high: bool
    names_pioped2: bool
    reasons: tuple[str, ...]

    @classmethod
    def of(cls, reading: Reading) -> "Outcome":
        flags = (reading.chronic, reading.range_with_high, reading.names_pioped2)
        return cls(reading.category, reading.grade, *flags, reasons=tuple(sorted(reading.reasons)))

    def taken_as(self, low: Category = Category.NEGATIVE) -> Category:
        """The category as it is decided: `low` is what the site says, and nondiagnostic under modified PIOPED II."""
        if self.grade is Grade.LOW:
            return Category.NONDIAGNOSTIC if self.names_pioped2 else low
        return self.category

    def told(self, low: Category = Category.NEGATIVE) -> str:
        """In one line for a person: `negative (low)`, `review (hedge)`."""
        more = [self.grade.value if self.grade else "", "chronic" if self.chronic else "", *self.reasons]
        return f"{self.taken_as(low)} ({', '.join(word for word in more if word)})"


@dataclass(frozen=True, slots=True)
class Known:
    """One report of the set. `gold` is the category that its author gave it, `packed` how it was read when the set was made."""

    id: str
    style: str
    gold: str
    text: str
    packed: Outcome


class Harm(IntEnum):
    """What a changed reading could do to a patient, worst first."""

    NO_CLOT = 0
    UNDECIDED = 1
    CLOT = 2
    LETS_OUT = 3
    HOLDS_BACK = 4
    DETAIL = 5

    @property
    def dangerous(self) -> bool:
        """Whether a patient could be told something that the scan's reader did not say, were the new reading wrong."""
        return self <= Harm.CLOT

    @property
    def meaning(self) -> str:
        return _MEANINGS[self]


_MEANINGS = {
    Harm.NO_CLOT: "now read as negative: the letter says that there is no clot",
    Harm.UNDECIDED: "a positive result, or a range that reaches high, is no longer told as one",
    Harm.CLOT: "now read as positive",
    Harm.LETS_OUT: "went to a person, now read",
    Harm.HOLDS_BACK: "was read, now goes to a person",
    Harm.DETAIL: "the same category, other details",
}


@dataclass(frozen=True, slots=True)
class Change:
    """A report that the two vocabularies read differently.

    Attributes:
        phrases: the ids that decide now.
        right: the category is now the one that the report's author gave it.
    """

    known: Known
    after: Outcome
    phrases: tuple[str, ...]
    harm: Harm
    right: bool

    @property
    def before(self) -> Outcome:
        return self.known.packed


def hash_of_packed(folder: Path = FOLDER) -> str:
    """SHA-256 of the vocabulary that the readings of the set were made with."""
    with (folder / READINGS).open(encoding="utf-8") as lines:
        return next(lines).removeprefix(_HEAD).strip()


def known_reports(folder: Path = FOLDER) -> list[Known]:
    """The set, in its own order. Raises `OSError` or `ValueError` where the installation is damaged."""
    lines = (folder / READINGS).read_text(encoding="utf-8").splitlines()[1:]
    readings = dict(_from_line(line) for line in lines)
    rows = map(json.loads, gzip.decompress((folder / REPORTS).read_bytes()).decode("utf-8").splitlines())
    return [Known(row["id"], row["style"], row["gold"], row["text"], readings[row["id"]]) for row in rows]


def changes(
    vocabulary: Vocabulary,
    known: Sequence[Known],
    *,
    low: Category = Category.NEGATIVE,
    on_progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> list[Change]:
    """The reports that are read otherwise than when the set was made: the worst first, then in the order of the set.

    Args:
        low: what the site takes `low` for.
        on_progress: is told (done, all) after each report.
    """
    found = []
    for number, one in enumerate(known, 1):
        reading = read([TextBlock(one.text)], vocabulary)
        after = Outcome.of(reading)
        if after != one.packed:
            phrases = tuple(dict.fromkeys(evidence.phrase for evidence in reading.evidence))
            # The authors took `low` for negative; a site that does not is told so of each such report anyhow.
            found.append(Change(one, after, phrases, _harm(one.packed, after, low), right=after.taken_as() == one.gold))
        on_progress(number, len(known))
    return sorted(found, key=lambda change: (change.harm, change.right))


def impression_of(text: str, vocabulary: Vocabulary, longest: int = 100) -> str:
    """The beginning of what the reader concluded, in one line; of the whole text where there is no impression."""
    sections = sections_of([TextBlock(text)], text, plain(text), vocabulary.headings)
    shown = next((text[s.start : s.end] for s in sections if s.kind == IMPRESSION and text[s.start : s.end].strip()), text)
    return " ".join(shown.split())[:longest]


def _harm(before: Outcome, after: Outcome, low: Category) -> Harm:
    old, new = before.taken_as(low), after.taken_as(low)
    if new is Category.NEGATIVE and old is not Category.NEGATIVE:
        return Harm.NO_CLOT
    if new is Category.NONDIAGNOSTIC and (old is Category.POSITIVE or (before.range_with_high and not after.range_with_high)):
        return Harm.UNDECIDED
    if new is Category.POSITIVE and old is not Category.POSITIVE:
        return Harm.CLOT
    if old is new:
        return Harm.DETAIL
    return Harm.HOLDS_BACK if new is Category.REVIEW else Harm.LETS_OUT


# -- the form of the files

_FLAGS = ("chronic", "range_with_high", "names_pioped2")


def readings_text(vocabulary_hash: str, outcomes: Iterator[tuple[str, Outcome]]) -> str:
    """The readings as the file holds them: a line for each report, so that a change of the vocabulary can be read in its diff."""
    lines = [f"{_HEAD}{vocabulary_hash}"]
    for name, outcome in outcomes:
        flags = [flag for flag in _FLAGS if getattr(outcome, flag)]
        said = [name, outcome.category.value, outcome.grade or "", ",".join(flags), ",".join(outcome.reasons)]
        lines.append("\t".join(said))
    return "\n".join(lines) + "\n"


def _from_line(line: str) -> tuple[str, Outcome]:
    name, category, grade, flags, reasons = line.split("\t")
    said = flags.split(",")
    chronic, with_high, pioped2 = (flag in said for flag in _FLAGS)
    codes = tuple(reasons.split(",")) if reasons else ()
    return name, Outcome(Category(category), Grade(grade) if grade else None, chronic, with_high, pioped2, codes)
