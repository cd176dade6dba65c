"""The corpora on disk, and each of their reports as it is read now."""

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pipeline.config.reference import Outcome
from pipeline.config.vocabulary import facts_of, weights_of
from pipeline.domain.reading import Category, Reading, Role
from pipeline.domain.report import TextBlock
from pipeline.reading import Vocabulary, read
from pipeline.reading.evidence import Seen
from pipeline.reading.facts import Facts
from pipeline.reading.weights import Rights, Weights

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT / "tests/corpus"
VOCABULARY = ROOT / "config/vocabulary/en.toml"
WEIGHTS = ROOT / "config/vocabulary/en.second-reader.gz"
FACTS = ROOT / "config/vocabulary/en.findings.gz"
LEFT_OUT = "left out "
"""Before the name of an author in what the weights say of themselves: how the author's texts were read without having been learned."""

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Gold:
    """What the author of a report says that it says; `reason` is None where the author gave none."""

    category: Category
    grade: str | None
    chronic: bool
    reason: str | None


@dataclass(frozen=True, slots=True)
class Scored:
    """One report: what it says, and what was read: by both readers, and by the rules alone.

    `hits` are the phrases and masks that took a part of it.
    """

    id: str
    gold: Gold
    outcome: Outcome
    hits: frozenset[str]
    by_rules: Category = Category.REVIEW

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


def corpora(folder: Path = CORPUS, vocabulary: Path = VOCABULARY) -> tuple[Corpus, ...]:
    """Every corpus as it is read now, those that stay blind last. Takes about a second for 800 reports; read once a process."""
    return _corpora(folder, vocabulary)


@cache  # behind a function of its own: arguments left out and the same ones given are two keys
def _corpora(folder: Path, vocabulary: Path) -> tuple[Corpus, ...]:
    words = naming_vocabulary(vocabulary)
    looked_at = [_corpus(path, "traps" if path.name.startswith("x") else "tuned", words) for path in files(folder)]
    return (*looked_at, *(_corpus(path, "blind", words) for path in files(folder / "blind")))


def naming_vocabulary(path: Path = VOCABULARY) -> Vocabulary:
    """The vocabulary, but each mask marks what it takes with its id: several masks share a kind, and the kind decides nothing."""
    text = path.read_text(encoding="utf-8")
    named = Vocabulary.parse(re.sub(r"^kind = .*$", "", text, flags=re.M), path.name)
    return named.read_twice(weights(), Rights.SETTLES, facts())


def weights() -> Weights:
    """What the second reader has learned."""
    return weights_of(WEIGHTS)


def facts() -> Facts:
    """What was learned of findings."""
    return facts_of(FACTS)


def _corpus(path: Path, kind: str, vocabulary: Vocabulary) -> Corpus:
    return Corpus(path.name, kind, tuple(_scored(row, vocabulary) for row in rows(path)))


def _scored(row: dict[str, Any], vocabulary: Vocabulary) -> Scored:
    by_rules: list[Category] = []

    def tracer(question: str, answer: Answer, /) -> Answer:
        if question == "seen" and isinstance(answer, Seen):
            by_rules.append(Outcome.of(answer.by_rules).taken_as())
        return answer

    reading = read([TextBlock(row["report_text"])], vocabulary, tracer)
    gold = Gold(Category(row["gold_category"]), row["gold_grade"], bool(row["chronic"]), row.get("gold_reason"))
    return Scored(str(row["id"]), gold, Outcome.of(reading), _hits(reading), by_rules[0] if by_rules else reading.category)


def _hits(reading: Reading) -> frozenset[str]:
    taken = {span.label for span in reading.spans if span.role not in (Role.HEADING, Role.UNREAD)}
    return frozenset(taken | {evidence.phrase for evidence in reading.evidence})
