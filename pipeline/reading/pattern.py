"""The pattern language of the vocabulary, compiled to regular expressions that cannot backtrack without bound.

    low probability            these words, one after the other
    embol*                     a word that begins so
    (of|for)                   one of these
    [acute]                    or nothing
    <pe>                       a class of the vocabulary
    <mod>*3                    up to three of these
    ..4                        up to four tokens of any kind, but no comma, colon, semicolon, full stop or "but"
    ...4                       the same, commas allowed
    !(change|new)              not followed by this
    #                          a number
    ^ $                        the beginning and the end of the sentence
Every gap and repetition has a small bound, so that the cost stays linear in the length of the text.
"""

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

Owner = TypeVar("Owner")

MOST = 12
"""The largest bound that a gap or repetition may have."""

_LEX = re.compile(r"\s*(\.\.\.\d+|\.\.\d+|\*\d+|<[a-z_0-9]+>|!\(|[()\[\]|]|#|[^\s()\[\]|<>]+|[<>])")


SIGNS = "".join(chr(0xE000 + number) for number in range(200))
"""Characters of Unicode's private use area: `tokens.plain` lets none through."""

_AHEAD = "(?!(?:"
"""How a lookahead begins that was written `!(...)`; the gaps' own ones look at what they take, so that they change nothing."""

_SINGLE = re.compile(r"[^\s()\[\]|<>*#^$.]+")


ENDS = frozenset("^$")
"""Signs that stand at both ends of every sentence."""

_EVERYWHERE = frozenset(": - , of for the is are was were a an no not with to in and or on by from as has have be can".split())
"""Words that nearly every sentence holds, so that they are poor ones to look patterns up by."""


class PatternError(ValueError):
    """A pattern that does not follow the language; the message says where."""


@dataclass(frozen=True)
class Pattern:
    """A pattern. `needs`: sets of words of which each must have one in the sentence (a cheap first look)."""

    source: str
    needs: tuple[frozenset[str], ...]

    @property
    def looks_ahead(self) -> bool:
        """Whether what follows may forbid a match, so that there can be one where a part of the sentence is masked and none before."""
        return _AHEAD in self.source

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """Compiled when a sentence first needs it: all of them at once would cost seconds of every start."""
        return re.compile(self.source)


@dataclass(frozen=True, slots=True)
class _Node:
    source: str
    words: frozenset[str] | None
    """Of these it must hold one; None where it may hold none of those we can name (optional, gap, wildcard)."""


class Compiler:
    """Compiles patterns against a vocabulary's classes. Classes may use classes that were defined before them.

    The single words of a class get the class's sign, a character of private use, behind each of them in the line that is
    searched; a class is then one short expression however many words it has, and every pattern stays small. Since a word's
    signs are part of how it is written, all classes are told before anything is compiled.

    Attributes:
        words: every whole word of what has been compiled.

    Raises:
        PatternError: more classes than signs.
    """

    def __init__(self, classes: Mapping[str, Sequence[str]]) -> None:
        if len(classes) > len(SIGNS):
            raise PatternError(f"more than {len(SIGNS)} classes")
        self._classes: dict[str, _Node] = {}
        self._signs = dict(zip(classes, SIGNS, strict=False))
        self._written: dict[str, str] = {}
        self.words: set[str] = set()
        for name, alternatives in classes.items():
            for word in dict.fromkeys(alternatives):
                if _SINGLE.fullmatch(word) and word != ";":
                    self._written[word] = self._written.get(word, "") + self._signs[name]

    def define(self, name: str, alternatives: Sequence[str]) -> None:
        """Compile `<name>`, one of the classes told at the beginning. Raises PatternError."""
        single = frozenset(word for word in alternatives if word in self._written)
        nodes = [self._sequence(*self._lex(alternative))[0] for alternative in alternatives if alternative not in single]
        if single:
            nodes.append(_Node(f"[^ ]*{self._signs[name]}[^ ]* ", single))
        self._classes[name] = _either(nodes)

    def signs(self) -> dict[str, str]:
        """Which signs stand behind which word in the line that patterns search."""
        return dict(self._written)

    def compile(self, text: str) -> Pattern:
        """Raises PatternError."""
        node, needs = self._sequence(*self._lex(text))
        if not needs:
            raise PatternError("a pattern needs at least one word that must be there")
        return Pattern("(?<= )" + node.source, tuple(needs))

    def _lex(self, text: str) -> tuple[list[str], int]:
        parts, place = [], 0
        while place < len(text.rstrip()):
            match = _LEX.match(text, place)
            assert match is not None  # the last alternative takes any character
            parts.append(match.group(1))
            place = match.end()
        if not parts:
            raise PatternError("an empty pattern")
        return parts, 0

    def _sequence(self, parts: list[str], start: int) -> tuple[_Node, list[frozenset[str]]]:
        node, needs, place = self._items(parts, start)
        if place != len(parts):
            raise PatternError(f"unexpected {parts[place]!r}")
        return node, needs

    def _items(self, parts: list[str], place: int) -> tuple[_Node, list[frozenset[str]], int]:
        sources: list[str] = []
        needs: list[frozenset[str]] = []
        while place < len(parts) and parts[place] not in ("|", ")", "]"):
            node, place = self._item(parts, place)
            sources.append(node.source)
            if node.words is not None:
                needs.append(node.words)
        return _Node("".join(sources), min(needs, key=_commonness, default=None)), needs, place

    def _item(self, parts: list[str], place: int) -> tuple[_Node, int]:
        part = parts[place]
        if part in ("(", "[", "!("):
            node, place = self._group(parts, place + 1, "]" if part == "[" else ")")
            if part == "!(":
                return _Node(f"(?!{node.source})", None), place
            if part == "[":
                node = _Node(f"(?:{node.source})?", None)
        else:
            node = self._word(part)
            place += 1
        if place < len(parts) and re.fullmatch(r"\*\d+", parts[place]):
            node = _Node(f"(?:{node.source}){{0,{_bound(parts[place][1:])}}}", None)
            place += 1
        return node, place

    def _group(self, parts: list[str], place: int, closing: str) -> tuple[_Node, int]:
        nodes = []
        while True:
            node, _, place = self._items(parts, place)
            nodes.append(node)
            if place >= len(parts):
                raise PatternError(f"missing {closing!r}")
            if parts[place] == "|":
                place += 1
                continue
            if parts[place] != closing:
                raise PatternError(f"expected {closing!r}, found {parts[place]!r}")
            return _either(nodes), place + 1

    def _word(self, part: str) -> _Node:
        if part.startswith("..."):
            return _Node(rf"(?:(?!but )[^ ;:.^$]+ ){{0,{_bound(part[3:])}}}?", None)
        if part.startswith(".."):
            return _Node(rf"(?:(?!but )[^ ,;:.^$]+ ){{0,{_bound(part[2:])}}}?", None)
        if part.startswith("<") and part.endswith(">"):
            if part[1:-1] not in self._classes:
                raise PatternError(f"no class {part}")
            return self._classes[part[1:-1]]
        if part == ";":
            raise PatternError("a semicolon stands for what is masked: no pattern may hold one")
        if part == "#":
            return _Node("[0-9.][^ ]* ", None)
        if part.endswith("*") and len(part) > 1:
            return _Node(re.escape(part[:-1]) + "[^ ]* ", None)
        self.words.add(part)
        return _Node(f"{re.escape(part)}{self._written.get(part, '')} ", frozenset({part}))


class Index(Generic[Owner]):
    """Finds the patterns that a sentence could match at all, by the words it holds."""

    def __init__(self, owners: Iterable[tuple[Owner, tuple[Pattern, ...]]]) -> None:
        self._by_word: dict[str, list[tuple[int, Owner, Pattern, tuple[frozenset[str], ...]]]] = {}
        number = 0
        for owner, patterns in owners:
            for pattern in patterns:
                number += 1
                key = min(pattern.needs, key=_commonness)
                others = tuple(need for need in pattern.needs if need is not key)
                for word in key:
                    self._by_word.setdefault(word, []).append((number, owner, pattern, others))

    @property
    def keys(self) -> Set[str]:
        """The words that patterns are looked up by: a sentence without one of them has no candidates."""
        return self._by_word.keys()

    def candidates(self, words: Set[str]) -> list[tuple[Owner, Pattern]]:
        """In the order of the vocabulary, each pattern once."""
        found: dict[int, tuple[Owner, Pattern]] = {}
        for word in words & self._by_word.keys():
            for number, owner, pattern, others in self._by_word[word]:
                for need in others:
                    if need.isdisjoint(words):
                        break
                else:
                    found[number] = (owner, pattern)
        return [found[number] for number in sorted(found)]


def _commonness(words: frozenset[str]) -> tuple[bool, bool, int]:
    return bool(words & ENDS), bool(words & _EVERYWHERE), len(words)


def _either(nodes: list[_Node]) -> _Node:
    words: frozenset[str] | None = frozenset()
    for node in nodes:
        words = None if node.words is None or words is None else words | node.words
    ordered = sorted({node.source for node in nodes}, key=len, reverse=True)
    return _Node(f"(?:{'|'.join(ordered)})", words)


def _bound(digits: str) -> int:
    number = int(digits)
    if not 0 < number <= MOST:
        raise PatternError(f"a bound must be 1 to {MOST}, not {number}")
    return number
