"""Text to tokens: lower-case words and signs, each with its place in the original text."""

import re
from collections.abc import Iterator, Mapping, Set
from typing import NamedTuple

_TOKEN = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?|\d+(?:\.\d+)?|[^\w\s]")
WORD = re.compile(r"[^\W\d_]+")
"""Letters in a row."""
_PRIVATE = dict.fromkeys(range(0xE000, 0xE0C8), "?")
_DROPPED = frozenset("()\"“”'`*_{}|~^#")
_TWICE = frozenset({"of", "the", "in", "for", "to", "either", "is", "with", "a"})
"""Small words that a dictation says twice."""
_CHARACTERS = {ord(dash): "-" for dash in "\u2010\u2011\u2012\u2013\u2014\u2212"} | {ord(mark): "'" for mark in "\u2018\u2019\u02bc\u00b4"}
_CHARACTERS |= {0x0D: " ", 0xA0: " ", 0x202F: " ", 0x2265: ">", 0x2264: "<"}
_TRANSLATED = _CHARACTERS | _PRIVATE
_LEADERS = ("....", ". . ", "……")
_LEADER = re.compile(r"\.{4,}|(?:\. ){3,}\.?|…{2,}")


class Token(NamedTuple):
    """`norm` is what patterns match; `start` and `end` are character offsets in the report's text."""

    norm: str
    start: int
    end: int


def plain(text: str) -> str:
    """Lower case with one kind of dash, quote and space; every character keeps its place."""
    swapped = text.replace("\r", " ") if text.isascii() else text.translate(_TRANSLATED)
    if any(sign in swapped for sign in _LEADERS):
        # Dot leaders of form-like reports stand for a colon.
        swapped = _LEADER.sub(lambda match: ":" + " " * (len(match.group()) - 1), swapped)
    lowered = swapped.lower()
    if len(lowered) == len(text):
        return lowered
    # A few letters grow when lowered; they stay as they are so that offsets hold.
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in swapped)


_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def _slips(word: str) -> set[str]:
    """Every way to write a word with one letter wrong, missing or too many, or two neighbours swapped; its first letter is right."""
    cuts = [(word[:n], word[n:]) for n in range(1, len(word) + 1)]
    found = {a + b[1:] for a, b in cuts if b} | {a + b[1] + b[0] + b[2:] for a, b in cuts if len(b) > 1}
    found |= {a + c + b[1:] for a, b in cuts if b for c in _LETTERS} | {a + c + b for a, b in cuts for c in _LETTERS}
    return found - {word}


class Speller:
    """Joins and corrects tokens by a closed list (`v / q` -> `vq`, `probablity` -> `probability`); never fuzzy."""

    def __init__(
        self, spellings: Mapping[tuple[str, ...], str], known: frozenset[str] = frozenset(), misspelt: frozenset[str] = frozenset()
    ) -> None:
        self._known = known
        self._by_first: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        wrong = {slip: word for word in sorted(misspelt) for slip in _slips(word) if slip not in known}
        for slip in wrong.keys() - {words[0] for words in spellings}:
            self._by_first[slip] = [((slip,), wrong[slip])]
        for words, norm in sorted(spellings.items(), key=lambda item: -len(item[0])):
            self._by_first.setdefault(words[0], []).append((words, norm))

    def whole(self, left: str, right: str) -> bool:
        """Whether two halves around a hyphen at a line's end are one word (`proba-` `bility`), not a compound (`high-` `probability`)."""
        known = self._known
        return len(left) > 1 and len(right) > 1 and (left + right in known or not (left in known and right in known))

    def could_begin(self, words: Set[str]) -> dict[str, set[str]]:
        """Those of the words that begin what is joined or corrected, each with the words that could stand in its place then."""
        return {word: {part for _, norm in self._by_first[word] for part in norm.split(" ")} for word in words & self._by_first.keys()}

    def apply(self, tokens: list[Token]) -> list[Token]:
        if self._by_first.keys().isdisjoint([token.norm for token in tokens]):
            return tokens
        out: list[Token] = []
        place = 0
        while place < len(tokens):
            for words, norm in self._by_first.get(tokens[place].norm, ()):
                last = place + len(words) - 1
                if last < len(tokens) and all(tokens[place + i].norm == word for i, word in enumerate(words)):
                    out.append(Token(norm, tokens[place].start, tokens[last].end))
                    place = last + 1
                    break
            else:
                out.append(tokens[place])
                place += 1
        return out


def tokens_of(lowered: str, start: int, end: int, speller: Speller) -> list[Token]:
    """Tokens of `lowered[start:end]`. Brackets and quotes are dropped; a hyphen is kept only where it stands alone."""
    found: list[Token] = []
    broken = False
    for match in _TOKEN.finditer(lowered, start, end):
        norm = match[0]
        if norm in _DROPPED or (norm in _TWICE and found and found[-1].norm == norm):
            continue
        at, after = match.span()
        if norm == "-" and _inside_word(lowered, at, start, end):
            broken = bool(found) and found[-1].end == at and lowered[after : after + 2].lstrip(" ")[:1] == "\n"
            continue
        if broken and norm.isalpha() and speller.whole(found[-1].norm, norm):
            found[-1] = Token(found[-1].norm + norm, found[-1].start, after)
        else:
            found.append(Token(norm, at, after))
        broken = False
    return speller.apply(found)


def raw_words(lowered: str, start: int, end: int) -> list[str]:
    """Words and signs as they are written, neither joined nor corrected, at a fraction of the cost of `tokens_of`."""
    return _TOKEN.findall(lowered, start, end)


def places_of(word: str, lowered: str, start: int, end: int) -> Iterator[int]:
    """Where a raw word stands, in order. A sign or number may be found inside a longer one."""
    letters = word[0].isalpha()
    place = lowered.find(word, start, end)
    while place >= 0:
        if not letters or not ((place > start and lowered[place - 1].isalpha()) or lowered[place + len(word) : end][:1].isalpha()):
            yield place
        place = lowered.find(word, place + 1, end)


def _inside_word(text: str, place: int, start: int, end: int) -> bool:
    before, after = place - 1, place + 1
    # A line may break right after the hyphen of a compound.
    while after < end and text[after] == "\n":
        after += 1
    return before >= start and after < end and text[before].isalpha() and text[after].isalnum()
