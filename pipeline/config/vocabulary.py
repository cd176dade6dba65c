"""The site's vocabulary, ready to read with: parsed, every example in it read as its block says, and its second reader beside it."""

import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.config import bytes_of, packaged, text_of
from pipeline.errors import Misconfigured
from pipeline.reading import Vocabulary
from pipeline.reading.check import check
from pipeline.reading.facts import Facts
from pipeline.reading.weights import Rights, Weights

if TYPE_CHECKING:
    from pipeline.config import Config

LARGEST = 64 * 1024 * 1024
"""Bytes that a file of weights may unpack to."""
WORDS, WEIGHTS, FACTS = "vocabulary/en.toml", "vocabulary/en.second-reader.gz", "vocabulary/en.findings.gz"


def vocabulary_of(config: "Config") -> Vocabulary:
    """The vocabulary that reports are read with.

    Raises:
        Misconfigured: a file cannot be read; or every mistake with its line; or every example that is not read as its block says.
    """
    file, rights = config.find(WORDS), config.reading.second_reader
    # The examples are read by the rules alone: a block must say by itself what it says.
    vocabulary = Vocabulary.parse(text_of(file), str(file))
    if problems := check(vocabulary):
        raise Misconfigured(problems)
    if rights is Rights.OFF:
        return vocabulary
    return vocabulary.read_twice(weights_of(config.find(WEIGHTS)), rights, facts_of(config.find(FACTS)))


def packaged_vocabulary(words: Path | None = None) -> Vocabulary:
    """What the product reads with as it comes, or with another file of words; nothing in it is checked."""
    file = words or packaged() / WORDS
    learned, facts = weights_of(packaged() / WEIGHTS), facts_of(packaged() / FACTS)
    return Vocabulary.parse(text_of(file), file.name).read_twice(learned, Rights.SETTLES, facts)


def weights_of(file: Path) -> Weights:
    """What a second reader has learned, from its file: gzip of UTF-8 text.

    Raises:
        Misconfigured: the file cannot be read, or is not what it should be.
    """
    return Weights.parse(_unpacked(file), str(file))


def facts_of(file: Path) -> Facts:
    """What was learned of findings, from its file: gzip of UTF-8 text.

    Raises:
        Misconfigured: the file cannot be read, or is not what it should be.
    """
    return Facts.parse(_unpacked(file), str(file))


def _unpacked(file: Path) -> str:
    """The text in a file; nothing if it is no gzip of a text."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        text = unpacker.decompress(bytes_of(file), LARGEST).decode()
    except (zlib.error, UnicodeDecodeError):
        return ""
    return text if unpacker.eof else ""
