"""The closed word lists of a vocabulary, and which words bear on a verdict."""

from dataclasses import dataclass

WORD_LISTS = (
    "triggers",
    "whole",
    "harmless",
    "negators",
    "undoing",
    "disowns",
    "elsewhere",
    "excepting",
    "hedges",
    "replaces",
    "no_pe_question",
    "no_matter",
    "follows",
    "states",
    "others",
    "context",
    "holds_now",
    "aging",
    "between",
    "ailments",
    "amounts",
    "misspelt",
    "core",
    "chances",
    "classes",
    "plain",
    "naming",
    "asserting",
    "english",
    "foreign",
)


@dataclass(frozen=True, slots=True)
class Words:
    """Closed word lists, each documented in the vocabulary file."""

    triggers: tuple[str, ...]
    whole: frozenset[str]
    harmless: frozenset[str]
    negators: frozenset[str]
    undoing: frozenset[str]
    disowns: frozenset[str]
    elsewhere: frozenset[str]
    excepting: frozenset[str]
    hedges: frozenset[str]
    replaces: frozenset[str]
    no_pe_question: frozenset[str]
    no_matter: frozenset[str]
    follows: frozenset[str]
    states: frozenset[str]
    others: frozenset[str]
    context: frozenset[str]
    holds_now: frozenset[str]
    aging: frozenset[str]
    between: frozenset[str]
    ailments: frozenset[str]
    amounts: frozenset[str]
    misspelt: frozenset[str]
    core: frozenset[str]
    chances: frozenset[str]
    classes: frozenset[str]
    plain: frozenset[str]
    naming: frozenset[str]
    asserting: frozenset[str]
    english: frozenset[str]
    foreign: frozenset[str]

    @property
    def turning(self) -> frozenset[str]:
        """Words that deny, undo or doubt."""
        return self.negators | self.undoing | self.hedges

    def denies(self, word: str) -> bool:
        """Whether it denies a statement or takes it back, and does not only doubt it."""
        return word in self.negators or word in self.undoing or word in self.disowns


class Remembered(dict[str, bool]):
    """Whether words bear on a verdict, each worked out once; forgotten all at once when they are too many, so that hostile text
    fills no memory.
    """

    MOST = 50_000

    def __init__(self, words: Words) -> None:
        super().__init__()
        self._words = words
        self._beginnings = tuple(trigger for trigger in words.triggers if trigger not in words.whole)

    def __missing__(self, word: str) -> bool:
        if len(self) >= self.MOST:
            self.clear()
        words = self._words
        known = word not in words.harmless and (word in words.whole or word.startswith(self._beginnings))
        self[word] = known
        return known
