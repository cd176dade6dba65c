"""How hard a text is to read, by formulas of our own.

Flesch-Kincaid grade level: J. P. Kincaid, R. P. Fishburne, R. L. Rogers, B. S. Chissom, "Derivation of New Readability Formulas for
Navy Enlisted Personnel", Research Branch Report 8-75, Naval Technical Training Command, 1975.
Flesch reading ease: R. Flesch, "A new readability yardstick", Journal of Applied Psychology 32(3), 1948, 221-233.
Syllables: a rule that rather counts one too many, with the words of our letters that it gets wrong counted by hand.
"""

import re
from dataclasses import dataclass

COUNTED_BY_HAND = {"anyone": 3, "every": 2, "language": 2, "likely": 2, "people": 2, "serious": 3}

_VOWELS = re.compile(r"[aeiouy]+")


@dataclass(frozen=True)
class Score:
    words: int
    sentences: int
    syllables: int

    @property
    def grade(self) -> float:
        return 0.39 * self.words / self.sentences + 11.8 * self.syllables / self.words - 15.59

    @property
    def ease(self) -> float:
        return 206.835 - 1.015 * self.words / self.sentences - 84.6 * self.syllables / self.words


def words_of(text: str) -> list[str]:
    return re.findall(r"[^\W_]+(?:[’'.-][^\W_]+)*", text)


def sentences_of(text: str) -> list[str]:
    """A sentence ends with a stop, a question mark or a colon before a list; not after "Dr."."""
    text = re.sub(r"\b(Dr|Mr|Ms|St)\.", r"\1", text)
    return [part for part in re.split(r"(?<=[.?!:])[”’)]*\s+|\n", text) if words_of(part)]


def syllables(word: str) -> int:
    """Of one word; a number is counted by its digits, an abbreviation in capitals by its letters."""
    if any(character.isdigit() for character in word):
        return sum(character.isalnum() for character in word)
    if word.isupper() and len(word) > 1:
        return len(word.replace("/", ""))
    total = 0
    for piece in re.split(r"[^\w]+", word.lower()):
        if piece in COUNTED_BY_HAND:
            total += COUNTED_BY_HAND[piece]
        elif piece:
            total += _by_rule(piece)
    return max(1, total)


def _by_rule(word: str) -> int:
    count = len(_VOWELS.findall(word))
    if re.search(r"[^aeiouylr]e$|[aeiouy]re$|[aeiouy]le$", word) and count > 1:
        count -= 1  # make, here, while
    if re.search(r"[^aeiouytd]ed$", word) and count > 1:
        count -= 1  # called
    if re.search(r"[^aeiouysxzcg]es$", word) and not word.endswith(("ches", "shes", "les")) and count > 1:
        count -= 1  # makes
    if re.search(r"[iu]a[^l]|io[^nu]|eo[^u]|[^aeioucstg]ia", word):
        count += 1  # di-et, ra-di-o, vi-olin
    return count


def score(text: str) -> Score:
    words = words_of(text)
    return Score(len(words), len(sentences_of(text)), sum(syllables(word) for word in words))
