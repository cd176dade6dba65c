"""What is found in one sentence: masks, phrases, and what stayed unread."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.domain.reading import Grade
from pipeline.reading.tokens import Token
from pipeline.reading.vocabulary import Mask, Phrase
from pipeline.reading.words import Words

MASKED = ";"
"""Stands for a masked token: a clause end, which no gap of a pattern crosses."""

STOPS = frozenset({",", MASKED, ":", ".", "-", "but"})
"""Tokens behind which another statement may begin."""


@dataclass(frozen=True, slots=True)
class Match:
    """A phrase over tokens `first` to `last` (exclusive) of a sentence; `doubt` names what stands unread beside a verdict.

    `elsewhere`: all that puts it in doubt is that it is told of another time, reader or test. `look`: which look put it in doubt.
    """

    phrase: Phrase
    first: int
    last: int
    doubt: str = ""
    elsewhere: bool = False
    look: str = ""


@dataclass(frozen=True, slots=True)
class MaskMatch:
    mask: Mask
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class SentenceMatch:
    """Everything found in one sentence, in text order."""

    tokens: Sequence[Token]
    matches: tuple[Match, ...]
    masks: tuple[MaskMatch, ...]
    unread: tuple[int, ...]


def is_bare(match: Match, norms: Sequence[str], words: Words) -> bool:
    """Whether a "present" is nothing but the name of the disease."""
    if match.phrase.grade is not Grade.PRESENT:
        return False
    return all(norm in words.core or norm in words.naming or norm in STOPS for norm in norms[match.first : match.last])
