"""The reports that are learned from, as the second reader sees them."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pipeline.domain.reading import Category, Reading
from pipeline.domain.report import TextBlock
from pipeline.reading import Vocabulary, read
from pipeline.reading.evidence import Everything, Seen, features
from tools.corpus_report.corpora import CORPUS, VOCABULARY, rows

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Learned:
    """One report: its author (the file), its id there, what it says, how the second reader is shown it, and its features."""

    author: str
    id: str
    gold: Category
    seen: Seen
    features: frozenset[str] = field(repr=False)

    @property
    def reading(self) -> Reading:
        """What the rules read."""
        return self.seen.by_rules


def sources(folder: Path = CORPUS) -> list[Path]:
    """Every file but the blind ones: also the texts that are known to be misread."""
    return sorted([*folder.glob("*.jsonl"), *(folder / "open").glob("*.jsonl")])


def digest(paths: Sequence[Path]) -> str:
    """SHA-256 over what is learned from: names, texts and answers."""
    told = hashlib.sha256()
    for path in paths:
        for row in rows(path):
            told.update(json.dumps([path.stem, row["report_text"], row["gold_category"]]).encode())
    return told.hexdigest()


def by_rules() -> Vocabulary:
    """The packaged vocabulary, without a second reader."""
    return Vocabulary.parse(VOCABULARY.read_text(encoding="utf-8"), VOCABULARY.name)


def learned_from(paths: Sequence[Path]) -> list[Learned]:
    """The reports of the files, read by the rules alone; without those that are refused before anybody reads them."""
    vocabulary = by_rules()
    found = ((path.stem, row, _seen(row["report_text"], vocabulary)) for path in paths for row in rows(path))
    return [
        Learned(author, str(row["id"]), Category(row["gold_category"]), seen, frozenset(features(seen, Everything())))
        for author, row, seen in found
        if seen
    ]


def _seen(text: str, vocabulary: Vocabulary) -> Seen | None:
    told: list[Seen] = []

    def tracer(_question: str, answer: Answer, /) -> Answer:
        if isinstance(answer, Seen):
            told.append(answer)
        return answer

    read([TextBlock(text)], vocabulary, tracer)
    return told[0] if told else None


def numbered(reports: Sequence[Learned]) -> tuple[list[str], list[list[int]]]:
    """(the features that at least two reports have, in order; of each report the numbers of its own)."""
    count = Counter(feature for report in reports for feature in report.features)
    names = sorted(feature for feature, times in count.items() if times > 1)
    number = {name: place for place, name in enumerate(names)}
    return names, [sorted(number[feature] for feature in report.features if feature in number) for report in reports]


def beginnings(names: Sequence[str]) -> list[int]:
    """Of each feature, the number of the one that it goes on from, or -1."""
    number = {name: place for place, name in enumerate(names)}
    return [number.get(name.rpartition(" ")[0], -1) for name in names]
