"""The site's vocabulary, ready to read with: parsed, every example in it read as its block says, and its second reader beside it."""

import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.config import bytes_of, packaged, text_of
from pipeline.errors import Misconfigured
from pipeline.reading import Vocabulary
from pipeline.reading.check import check
from pipeline.reading.weights import Rights, Weights

if TYPE_CHECKING:
    from pipeline.config import Config

LARGEST = 64 * 1024 * 1024
"""Bytes that a file of weights may unpack to."""
WORDS, WEIGHTS = "vocabulary/en.toml", "vocabulary/en.second-reader.gz"


def vocabulary_of(config: "Config") -> Vocabulary:
    """The vocabulary that reports are read with.

    Raises:
        Misconfigured: a file cannot be read; or every mistake with its line; or every example that is not read as its block says.
    """
    file, weights, rights = config.find(WORDS), config.find(WEIGHTS), config.reading.second_reader
    # The examples are read by the rules alone: a block must say by itself what it says.
    vocabulary = Vocabulary.parse(text_of(file), str(file))
    if problems := check(vocabulary):
        raise Misconfigured(problems)
    return vocabulary if rights is Rights.OFF else vocabulary.read_twice(weights_of(weights), rights)


def packaged_vocabulary(words: Path | None = None) -> Vocabulary:
    """What the product reads with as it comes, or with another file of words; nothing in it is checked."""
    file = words or packaged() / WORDS
    return Vocabulary.parse(text_of(file), file.name).read_twice(weights_of(packaged() / WEIGHTS), Rights.SETTLES)


def weights_of(file: Path) -> Weights:
    """What a second reader has learned, from its file: gzip of UTF-8 text.

    Raises:
        Misconfigured: the file cannot be read, or is not what it should be.
    """
    unpacker = zlib.decompressobj(wbits=31)
    try:
        text = unpacker.decompress(bytes_of(file), LARGEST).decode()
    except (zlib.error, UnicodeDecodeError):
        text = ""
    return Weights.parse(text if unpacker.eof else "", str(file))
