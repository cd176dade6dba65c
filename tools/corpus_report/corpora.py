"""The corpora on disk, and each of their reports as it is read now."""

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.config.reference import Outcome
from pipeline.domain.reading import Category, Reading, Role
from pipeline.domain.report import TextBlock
from pipeline.reading import Vocabulary, read

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT / "tests/corpus"
VOCABULARY = ROOT / "config/vocabulary/en.toml"


@dataclass(frozen=True, slots=True)
class Gold:
    """What the author of a report says that it says; `reason` is None where the author gave none."""

    category: Category
    grade: str | None
    chronic: bool
    reason: str | None


@dataclass(frozen=True, slots=True)
class Scored:
    """One report: what it says, and what was read. `hits` are the phrases and masks that took a part of it."""

    id: str
    gold: Gold
    outcome: Outcome
    hits: frozenset[str]

    @property
    def read(self) -> Category:
        return self.outcome.taken_as()

    @property
    def exact(self) -> bool:
        return self.read is self.gold.category

    @property
    def whole(self) -> bool:
        """Category, grade and chronic flag are the author's."""
        return self.exact and self.outcome.grade == self.gold.grade and self.outcome.chronic == self.gold.chronic


@dataclass(frozen=True, slots=True)
class Corpus:
    """One file. `kind`: `tuned` (looked at while the vocabulary was written), `traps` (picked for having been misread), `blind`."""

    name: str
    kind: str
    reports: tuple[Scored, ...]


def files(folder: Path = CORPUS) -> list[Path]:
    """The corpora that were looked at. `open/` is left out: what it holds is known to be misread."""
    return sorted(folder.glob("*.jsonl"))


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


@cache
def corpora(folder: Path = CORPUS, vocabulary: Path = VOCABULARY) -> tuple[Corpus, ...]:
    """Every corpus as it is read now, those that stay blind last. Takes about a second for 1,500 reports."""
    words = naming_vocabulary(vocabulary)
    looked_at = [_corpus(path, "traps" if path.name.startswith("x") else "tuned", words) for path in files(folder)]
    return (*looked_at, *(_corpus(path, "blind", words) for path in files(folder / "blind")))


def naming_vocabulary(path: Path = VOCABULARY) -> Vocabulary:
    """The vocabulary, but each mask marks what it takes with its id: several masks share a kind, and the kind decides nothing."""
    text = path.read_text(encoding="utf-8")
    return Vocabulary.parse(re.sub(r"^kind = .*$", "", text, flags=re.M), path.name)


def _corpus(path: Path, kind: str, vocabulary: Vocabulary) -> Corpus:
    return Corpus(path.name, kind, tuple(_scored(row, vocabulary) for row in rows(path)))


def _scored(row: dict[str, Any], vocabulary: Vocabulary) -> Scored:
    reading = read([TextBlock(row["report_text"])], vocabulary)
    gold = Gold(Category(row["gold_category"]), row["gold_grade"], bool(row["chronic"]), row.get("gold_reason"))
    return Scored(str(row["id"]), gold, Outcome.of(reading), _hits(reading))


def _hits(reading: Reading) -> frozenset[str]:
    taken = {span.label for span in reading.spans if span.role not in (Role.HEADING, Role.UNREAD)}
    return frozenset(taken | {evidence.phrase for evidence in reading.evidence})
