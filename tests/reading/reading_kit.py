"""What the reading tests share: the packaged vocabulary and a short way to read a text."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.config.vocabulary import packaged_vocabulary
from pipeline.domain.reading import Category, Reading
from pipeline.domain.report import TextBlock
from pipeline.reading import Vocabulary, read

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "config/vocabulary/en.toml"
CORPUS = ROOT / "tests/corpus"


@cache
def vocabulary() -> Vocabulary:
    """The rules alone."""
    return Vocabulary.parse(FILE.read_text(encoding="utf-8"), FILE.name)


@cache
def both_readers() -> Vocabulary:
    """The rules and the second reader, as the product reads."""
    return packaged_vocabulary(FILE)


def reading_of_both(text: str) -> Reading:
    return read([TextBlock(text)], both_readers())


def reading_of(text: str, section: str | None = None) -> Reading:
    return read([TextBlock(text, section)], vocabulary())


def impression(text: str) -> Reading:
    """The reading of a text that stands in the impression."""
    return reading_of(f"FINDINGS: Images of both lungs were obtained.\n\nIMPRESSION: {text}")


def verdict(text: str) -> str:
    """Category and grade, or review and its reasons, in one line."""
    found = impression(text)
    if found.category is Category.REVIEW:
        return "review " + " ".join(found.reasons)
    return f"{found.category} {found.grade}" + (" chronic" if found.chronic else "")


def outcome(text: str) -> str:
    """The same in one line for a whole report."""
    found = reading_of(text)
    return f"{found.category} {found.grade}" if found.grade else "review " + " ".join(found.reasons)


@cache
def corpus(name: str) -> tuple[dict[str, Any], ...]:
    lines = (CORPUS / name).read_text(encoding="utf-8").splitlines()
    return tuple(json.loads(line) for line in lines if line.strip())


def sampled(name: str) -> tuple[dict[str, Any], ...]:
    """The reports of a file for checks that cost much of each: all of the older files, every sixth of the larger ones since `d13`."""
    newer = name.startswith("d") and int(name[1:].split(".")[0]) >= 13
    return corpus(name)[:: 6 if newer else 1]
