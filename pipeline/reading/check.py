"""Runs the vocabulary's own examples: a block that does not do what it says is found before the first report is read."""

from pipeline.domain.reading import Reading, Role
from pipeline.domain.report import TextBlock
from pipeline.errors import Problem
from pipeline.reading.reader import read
from pipeline.reading.vocabulary import Mask, Phrase, Vocabulary


def check(vocabulary: Vocabulary) -> list[Problem]:
    """Every example that is not read as its block says, with the line of the block. Empty: all is well."""
    problems: list[Problem] = []

    def found(line: int, message: str) -> None:
        problems.append(Problem(vocabulary.file, line, message))

    for phrase in vocabulary.phrases:
        for example in phrase.examples:
            if not _does(phrase, _read(example, vocabulary)):
                found(phrase.line, f"phrase {phrase.id!r}: this example is not read so: {example!r}")
        for example in phrase.not_examples:
            if any(span.label == phrase.id for span in _read(example, vocabulary).spans):
                found(phrase.line, f"phrase {phrase.id!r}: this not_example matches: {example!r}")
    for mask in vocabulary.masks:
        for example in mask.examples:
            if not _masks(mask, _read(example, vocabulary)):
                found(mask.line, f"mask {mask.id!r}: this example is not masked: {example!r}")
    return problems


def _read(example: str, vocabulary: Vocabulary) -> Reading:
    return read([TextBlock(example, "impression")], vocabulary)


def _does(phrase: Phrase, reading: Reading) -> bool:
    if phrase.role == "verdict":
        return reading.grade is phrase.grade and any(evidence.phrase == phrase.id for evidence in reading.evidence)
    if phrase.role == "refuse":
        return phrase.reason in reading.reasons
    return any(span.label == phrase.id for span in reading.spans)


def _masks(mask: Mask, reading: Reading) -> bool:
    return any(span.role is Role.MASK and span.label == mask.kind for span in reading.spans)
