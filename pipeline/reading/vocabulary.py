"""The clinical language as data: headings, masks and phrases of one language, checked before anything is read with them."""

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pipeline.domain.reading import Grade
from pipeline.domain.reasons import REASONS
from pipeline.errors import Misconfigured, Problem
from pipeline.reading.facts import Facts
from pipeline.reading.pattern import SIGNS, Compiler, Index, Pattern, PatternError
from pipeline.reading.sections import Headings
from pipeline.reading.tokens import Speller
from pipeline.reading.weights import Rights, Weights
from pipeline.reading.words import WORD_LISTS, Remembered, Words

ROLES = ("verdict", "denied", "hedge", "remark", "refuse")
SCOPES = ("tail", "span", "sentence")
LEANS = ("open", "positive")
FINDINGS = ("mismatch", "small-mismatch", "no-mismatch", "range-with-high", "resolved")
HEADING_LISTS = ("weak", "not_ours", "last_words", "other_exam", "this_exam", "self_stating")
HEADING_KINDS = frozenset(
    "impression comment preliminary findings indication history comparison technique exam recommendation communication pretest legend "
    "addendum attending signature".split()
)
_HYPHENATED = re.compile(r"[a-z]-[a-z]")
_TABLES = ("spelling", "classes", "headings", "words")
_BLOCKS = ("phrase", "mask")


@dataclass(frozen=True, slots=True)
class Phrase:
    """A wording and what it says. Exactly one of `grade` (a verdict) and the other roles applies.

    A `weak` phrase (a percentage) counts only where no other phrase has taken its words. A `strong` one is looked for before
    the masks, since its wording holds what would otherwise be a mask.
    """

    id: str
    role: str
    patterns: tuple[Pattern, ...]
    grade: Grade | None = None
    lean: str = ""
    finding: str = ""
    reason: str = ""
    weak: bool = False
    strong: bool = False
    examples: tuple[str, ...] = ()
    not_examples: tuple[str, ...] = ()
    line: int = 0


@dataclass(frozen=True, slots=True)
class Mask:
    """A wording that is not this exam's verdict. `scope`: `tail` to the end of the sentence, `span`, or `sentence`."""

    id: str
    kind: str
    scope: str
    patterns: tuple[Pattern, ...]
    examples: tuple[str, ...] = ()
    line: int = 0


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """One language's vocabulary, and the second reader of that language if there is one.

    `hash`: SHA-256 of the file's text, with a second reader also of its weights and rights; it is stored with each reading.
    """

    language: str
    file: str
    hash: str
    headings: Headings
    speller: Speller
    masks: tuple[Mask, ...]
    phrases: tuple[Phrase, ...]
    words: Words
    by_mask: Index[Mask] = field(compare=False, repr=False)
    by_phrase: Index[Phrase] = field(compare=False, repr=False)
    by_strong: Index[Phrase] = field(compare=False, repr=False)
    by_hedge: Index[Phrase] = field(compare=False, repr=False)
    signs: Mapping[str, str] = field(compare=False, repr=False)
    _bearing: Remembered = field(compare=False, repr=False)
    weights: Weights | None = field(default=None, compare=False, repr=False)
    facts: Facts | None = field(default=None, compare=False, repr=False)
    rights: Rights = Rights.OFF

    def read_twice(self, weights: Weights, rights: Rights, facts: Facts | None = None) -> "Vocabulary":
        """This vocabulary with a second reader, who has learned these weights and facts, and may do what `rights` say."""
        if rights is Rights.OFF:
            return self
        learned = f"{weights.hash} {facts.hash if facts else ''}"
        digest = hashlib.sha256(f"{self.hash} {learned} {rights}".encode()).hexdigest()
        return replace(self, hash=digest, weights=weights, facts=facts, rights=rights)

    @classmethod
    def parse(cls, text: str, file: str) -> "Vocabulary":
        """Read a vocabulary file's text. Examples are run by `pipeline.reading.check`, not here.

        Raises:
            Misconfigured: with every problem found and its line.
        """
        try:
            data = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            found = re.search(r"line (\d+)", str(error))
            raise Misconfigured([Problem(file, int(found.group(1)) if found else 0, "this is not valid TOML")]) from None
        return _Parser(text, file, data).parse()

    def is_trigger(self, norm: str) -> bool:
        """Whether a word bears on a verdict, so that it may not stay unread."""
        return self._bearing[norm]


class _Parser:
    def __init__(self, text: str, file: str, data: Mapping[str, Any]) -> None:
        self.text, self.file, self.data = text, file, data
        self.problems: list[Problem] = []
        # Nothing may be looked up in what has not even the shape of a vocabulary: `parse` says so and stops.
        self.misshapen = [name for name in _TABLES if not isinstance(data.get(name, {}), dict)]
        self.misshapen += [name for name in _BLOCKS if not _is_blocks(data.get(name, []))]
        data = {name: value for name, value in data.items() if name not in self.misshapen}
        self.classes = {str(name): _strings(words) for name, words in data.get("classes", {}).items()}
        self.compiler = Compiler({} if len(self.classes) > len(SIGNS) else self.classes)

    def parse(self) -> Vocabulary:
        for name in self.misshapen:
            wanted = f"[[{name}]] blocks" if name in _BLOCKS else f"one table [{name}]"
            self._problem(f"{name}: there must be {wanted}", self._line(rf"^(\[+\s*)?{name}\b"))
        if self.misshapen:
            raise Misconfigured(self.problems)
        for name in self.data.keys() - {"language", "spelling", "classes", "headings", "mask", "phrase", "words"}:
            self._problem(f"unknown part [{name}]", self._line(rf"^\[+{re.escape(name)}\b"))
        self._classes()
        phrases = tuple(self._phrases())
        masks = tuple(self._masks())
        self._same_patterns()
        self._unique([(p.id, p.line) for p in phrases] + [(m.id, m.line) for m in masks])
        words, headings = self._words(), self._headings()
        if self.problems:
            raise Misconfigured(self.problems)
        spellings = {tuple(key.split()): str(value) for key, value in self.data.get("spelling", {}).items()}
        digest = hashlib.sha256(self.text.encode()).hexdigest()
        language = str(self.data.get("language", ""))
        return Vocabulary(
            language=language,
            file=self.file,
            hash=digest,
            headings=headings,
            speller=Speller(spellings, self._known_words(spellings), words.misspelt),
            masks=masks,
            phrases=phrases,
            words=words,
            signs=self.compiler.signs(),
            by_mask=Index((mask, mask.patterns) for mask in masks),
            by_phrase=Index((phrase, phrase.patterns) for phrase in phrases),
            by_strong=Index((phrase, phrase.patterns) for phrase in phrases if phrase.strong),
            by_hedge=Index((phrase, phrase.patterns) for phrase in phrases if phrase.role == "hedge"),
            _bearing=Remembered(words),
        )

    def _classes(self) -> None:
        if len(self.classes) > len(SIGNS):
            self._problem(f"[classes]: more than {len(SIGNS)} classes", self._line(r"^\[classes\]"))
            return
        for name, alternatives in self.classes.items():
            try:
                self.compiler.define(name, alternatives)
            except PatternError as error:
                self._problem(f"class <{name}>: {error}", self._line(rf"^\s*{re.escape(name)}\s*="))

    def _phrases(self) -> Iterable[Phrase]:
        for block, line in zip(self.data.get("phrase", []), self._blocks("phrase"), strict=True):
            name = str(block.get("id", ""))
            allowed = {"id", "grade", "role", "lean", "finding", "reason", "weak", "strong", "patterns", "examples", "not_examples"}
            self._check_block(block, allowed, name, line)
            grade = block.get("grade")
            role = "verdict" if grade else str(block.get("role", ""))
            if role not in ROLES or (grade and "role" in block) or (role == "verdict" and not grade):
                self._problem(f"phrase {name!r}: give either a grade or a role ({', '.join(ROLES[1:])})", line)
            if grade and grade not in set(Grade):
                self._problem(f"phrase {name!r}: no grade {grade!r}; one of {', '.join(Grade)}", line)
                grade = None
            if role == "hedge" and block.get("lean") not in LEANS:
                self._problem(f"phrase {name!r}: a hedge needs lean = one of {', '.join(LEANS)}", line)
            if role == "refuse" and not block.get("reason"):
                self._problem(f"phrase {name!r}: a refusal needs a reason", line)
            reason = block.get("reason")
            if reason and not (reason in REASONS and REASONS[reason].review):
                self._problem(f"phrase {name!r}: no reason {reason!r} that sends a report to a person; see docs/reasons.md", line)
            if (finding := block.get("finding")) and finding not in FINDINGS:
                self._problem(f"phrase {name!r}: no finding {finding!r}; one of {', '.join(FINDINGS)}", line)
            for key in ("weak", "strong"):
                if not isinstance(block.get(key, False), bool):
                    self._problem(f"phrase {name!r}: {key} is true or false, without quotation marks", line)
            if role == "verdict" and not (block.get("examples") and block.get("not_examples")):
                self._problem(f"phrase {name!r}: a verdict needs at least one example and one not_example", line)
            yield Phrase(
                id=name,
                role=role,
                patterns=self._patterns(block, f"phrase {name!r}", line),
                grade=Grade(grade) if grade else None,
                lean=str(block.get("lean", "")),
                finding=str(block.get("finding", "")),
                reason=str(block.get("reason", "")),
                weak=block.get("weak") is True,
                strong=block.get("strong") is True,
                examples=tuple(_strings(block.get("examples", []))),
                not_examples=tuple(_strings(block.get("not_examples", []))),
                line=line,
            )

    def _masks(self) -> Iterable[Mask]:
        for block, line in zip(self.data.get("mask", []), self._blocks("mask"), strict=True):
            name = str(block.get("id", ""))
            self._check_block(block, {"id", "kind", "scope", "patterns", "examples"}, name, line)
            scope = str(block.get("scope", ""))
            if scope not in SCOPES:
                self._problem(f"mask {name!r}: scope must be one of {', '.join(SCOPES)}", line)
            patterns = self._patterns(block, f"mask {name!r}", line)
            yield Mask(name, str(block.get("kind", name)), scope, patterns, tuple(_strings(block.get("examples", []))), line)

    def _check_block(self, block: Mapping[str, Any], allowed: set[str], name: str, line: int) -> None:
        if not name:
            self._problem("a block without an id", line)
        for key in block.keys() - allowed:
            self._problem(f"{name!r}: unknown setting {key!r}", line)

    def _patterns(self, block: Mapping[str, Any], what: str, line: int) -> tuple[Pattern, ...]:
        compiled = []
        for source in _strings(block.get("patterns", [])):
            if source != source.lower():
                self._problem(f"{what}: pattern {source!r}: write it in lower case, as every text is read", line)
            if _HYPHENATED.search(source):
                self._problem(f"{what}: pattern {source!r}: write a blank for a hyphen inside a word, as every text is read", line)
            try:
                compiled.append(self.compiler.compile(source))
            except PatternError as error:
                self._problem(f"{what}: pattern {source!r}: {error}", line)
        if not block.get("patterns"):
            self._problem(f"{what}: no patterns", line)
        return tuple(compiled)

    def _words(self) -> Words:
        given = self.data.get("words", {})
        for name in set(WORD_LISTS) ^ given.keys():
            self._problem(f"[words] {name}: " + ("missing" if name in WORD_LISTS else "unknown list"), self._line(r"^\[words\]"))
        lists = {name: frozenset(_strings(given.get(name, []))) for name in WORD_LISTS if name != "triggers"}
        return Words(triggers=tuple(_strings(given.get("triggers", []))), **lists)

    def _headings(self) -> Headings:
        given = self.data.get("headings", {})
        for name in given.keys() - {*HEADING_LISTS, "kinds", "first_words", "any_word"}:
            self._problem(f"[headings] {name}: unknown list", self._line(rf"^\s*{re.escape(name)}\s*="))
        for kind in sorted(
            {*given.get("kinds", {}), *given.get("any_word", {}), *map(str, given.get("first_words", {}).values())} - HEADING_KINDS
        ):
            line = self._line(rf"^\s*{re.escape(kind)}\s*=|=\s*\"{re.escape(kind)}\"")
            self._problem(f"[headings] {kind}: there are no sections of this kind", line)
        exact: dict[str, str] = {}
        for kind, labels in given.get("kinds", {}).items():
            for label in _strings(labels):
                if exact.setdefault(label, kind) != kind:
                    self._problem(f"heading {label!r} is both {exact[label]} and {kind}", self._line(r"^\[headings.kinds\]"))
        return Headings(
            exact=exact,
            last_words=frozenset(_strings(given.get("last_words", []))),
            first_words={str(k): str(v) for k, v in given.get("first_words", {}).items()},
            other_exam=frozenset(_strings(given.get("other_exam", []))),
            this_exam=frozenset(_strings(given.get("this_exam", []))),
            self_stating=frozenset(_strings(given.get("self_stating", []))),
            weak=frozenset(_strings(given.get("weak", []))),
            any_word={word: kind for kind, words in given.get("any_word", {}).items() for word in _strings(words)},
            not_ours=frozenset(_strings(given.get("not_ours", []))),
        )

    def _known_words(self, spellings: Iterable[tuple[str, ...]]) -> frozenset[str]:
        return frozenset(self.compiler.words | self.compiler.signs().keys() | {word for key in spellings for word in key})

    def _same_patterns(self) -> None:
        """One wording in two phrases that say different things: only their order in the file would decide between them."""
        seen: dict[str, tuple[str, object, int]] = {}
        for block, line in zip(self.data.get("phrase", []), self._blocks("phrase"), strict=True):
            name, said = str(block.get("id", "")), tuple(block.get(key) for key in ("grade", "role", "lean", "reason", "finding"))
            for source in _strings(block.get("patterns", [])):
                first, meaning, place = seen.setdefault(" ".join(source.split()), (name, said, line))
                if meaning != said:
                    self._problem(
                        f"phrase {name!r}: ambiguous: {first!r} (line {place}) has the same pattern {source!r} and says something else",
                        line,
                    )

    def _unique(self, ids: list[tuple[str, int]]) -> None:
        seen: set[str] = set()
        for name, line in ids:
            if name in seen:
                self._problem(f"the id {name!r} is used twice", line)
            seen.add(name)

    def _blocks(self, kind: str) -> list[int]:
        lines = [n for n, line in enumerate(self.text.splitlines(), 1) if line.strip() == f"[[{kind}]]"]
        count = len(self.data.get(kind, []))
        return lines if len(lines) == count else [0] * count

    def _line(self, pattern: str) -> int:
        return next((n for n, line in enumerate(self.text.splitlines(), 1) if re.search(pattern, line)), 0)

    def _problem(self, message: str, line: int) -> None:
        self.problems.append(Problem(self.file, line, message))


def _is_blocks(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(block, dict) for block in value)


def _strings(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]
