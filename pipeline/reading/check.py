"""Runs the vocabulary's own examples: a block that does not do what it says is found before the first report is read."""

from pipeline.domain.reading import Reading, Role
from pipeline.domain.report import TextBlock
from pipeline.errors import Problem
from pipeline.reading.matching import Line
from pipeline.reading.reader import read
from pipeline.reading.sentences import sentences_of
from pipeline.reading.tokens import plain, tokens_of
from pipeline.reading.vocabulary import Mask, Phrase, Vocabulary


def check(vocabulary: Vocabulary) -> list[Problem]:
    """Every example that is not read as its block says, with the line of the block. Empty: all is well."""
    problems: list[Problem] = []

    def found(line: int, message: str) -> None:
        problems.append(Problem(vocabulary.file, line, message))

    for phrase in vocabulary.phrases:
        for example in phrase.examples:
            reading = _read(example, vocabulary)
            if not _does(phrase, reading):
                found(phrase.line, f"phrase {phrase.id!r}: this example is not read so: {example!r}; {_told(reading)}")
            elif rival := _rival(phrase, example, vocabulary):
                told = f"and {rival.id!r} (line {rival.line}) takes the same words as {rival.grade}"
                found(
                    phrase.line,
                    f"phrase {phrase.id!r}: this example is ambiguous: {example!r}; {phrase.id!r} takes it as {phrase.grade}, {told}",
                )
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


def _told(reading: Reading) -> str:
    """How an example is read instead, so that the block that takes it can be found."""
    by = ", ".join(dict.fromkeys(repr(evidence.phrase) for evidence in reading.evidence))
    said = f"it is read as {reading.grade}" if reading.grade else f"it goes to a person ({', '.join(reading.reasons)})"
    return f"{said} by {by}" if by else said


def _rival(phrase: Phrase, example: str, vocabulary: Vocabulary) -> Phrase | None:
    """Another verdict of another category over the same words, which only the order in the file keeps from winning."""
    lowered = plain(example)
    for begin, stop in sentences_of(example, lowered, 0, len(example)):
        line = Line([token.norm for token in tokens_of(lowered, begin, stop, vocabulary.speller)], vocabulary.signs)
        spans: dict[str, set[tuple[int, int]]] = {}
        rivals: list[tuple[Phrase, tuple[int, int]]] = []
        for other, pattern in vocabulary.by_phrase.candidates(line.words):
            for span in line.find(pattern):
                spans.setdefault(other.id, set()).add(span)
                if other.role == "verdict" and other.weak == phrase.weak and _unlike(other, phrase):
                    rivals.append((other, span))
        mine = spans.get(phrase.id, set())
        longest = max((last - first for first, last in mine), default=0)
        for rival, (first, last) in rivals:
            if (first, last) in mine and last - first == longest:
                return rival
    return None


def _unlike(one: Phrase, other: Phrase) -> bool:
    return one.grade is not None and other.grade is not None and one.grade.category is not other.grade.category


def _masks(mask: Mask, reading: Reading) -> bool:
    return any(span.role is Role.MASK and span.label == mask.kind for span in reading.spans)
