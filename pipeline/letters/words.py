"""The words of one language: what a letters file must hold, and how a line is filled in for one patient."""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from pipeline.domain.notice import Letter
from pipeline.domain.reading import Grade
from pipeline.letters.facts import ALWAYS, SOMETIMES

_FACT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of a line: words of the letters file (`fact` is empty), or the value of one fact. Always text, never markup."""

    text: str
    fact: str = ""


Line = tuple[Run, ...]
Alternatives = str | tuple[str, ...]


def _wordings(line: Alternatives) -> tuple[str, ...]:
    return (line,) if isinstance(line, str) else line


def _known_facts(line: Alternatives) -> Alternatives:
    for wording in _wordings(line):
        if not wording.strip():
            raise ValueError("is empty")
        for name in _FACT.findall(wording):
            if name not in ALWAYS | SOMETIMES:
                raise ValueError(f"speaks of {{{name}}}, which is no fact; there are: {' '.join(sorted(ALWAYS | SOMETIMES))}")
        if re.search(r"[{}]", _FACT.sub("", wording)):
            raise ValueError("has a brace that belongs to no {fact}")
    return line


def _never_left_out(line: Alternatives) -> Alternatives:
    if not set(_FACT.findall(_wordings(line)[-1])) <= ALWAYS:
        raise ValueError("would be left out where a fact is unknown: give a last alternative that needs none of those")
    return line


def _no_facts(text: str) -> str:
    if re.search(r"[{}]", text):
        raise ValueError("can hold no {fact}")
    return text


def _says(*names: str) -> AfterValidator:
    def check(text: str) -> str:
        if sorted(_FACT.findall(text)) != sorted(names):
            raise ValueError(f"must hold {' and '.join(f'{{{name}}}' for name in names)}, once")
        return text

    return AfterValidator(check)


Words = Annotated[str, Field(min_length=1), AfterValidator(_no_facts)]
SomeLine = Annotated[Alternatives, AfterValidator(_known_facts)]
SureLine = Annotated[Alternatives, AfterValidator(_known_facts), AfterValidator(_never_left_out)]
Lines = Annotated[tuple[SomeLine, ...], Field(min_length=1)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)


class Labels(_Table):
    about_you: Words
    patient: Words
    birth_year: Words
    record: Words
    record_end: Annotated[str, _says("record_end")]
    test: Words
    test_name: Words
    exam_on: Words
    report_at: Words
    orderer: Words
    date_and_time: Annotated[str, _says("date", "time")]
    phone: Words
    tty: Words
    footer: Annotated[str, _says("language", "version", "code")]


class Sample(_Table):
    mark: Annotated[Words, Field(max_length=12)]
    note: Words


class Section(_Table):
    heading: Words
    lines: Lines


class Emergency(_Table):
    heading: Words
    lead: SureLine
    signs: Annotated[tuple[SureLine, ...], Field(min_length=4)]
    lines: Annotated[tuple[SureLine, ...], Field(min_length=1)]


class About(Section):
    air: Words
    blood: Words
    picture: Words


class Headings(_Table):
    meaning: Words
    next: Words


class LetterWords(_Table):
    title: Words
    message: SureLine
    meaning: Lines
    next: Lines

    @property
    def promises_a_call(self) -> bool:
        """Whether it names a day by which the patient hears from somebody."""
        return "{hear_by}" in str(self.next)


class LanguageWords(_Table):
    """One `config/letters/<bcp47>.toml`. Every key is required and no other is allowed, so that nothing is forgotten in translation."""

    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
    name: Words
    direction: Literal["ltr", "rtl"]
    version: Annotated[int, Field(ge=1)]
    labels: Labels
    terms: dict[Grade, Words]
    sample: Sample
    headings: Headings
    corrected: Section
    emergency: Emergency
    who: Section
    about: About
    report: Section
    no_doctor: Section
    help: Section
    letters: dict[Letter, LetterWords]

    @property
    def sha256(self) -> str:
        """Hash of the words alone (64 hex): canonical JSON, so that comments, order and layout of the file do not count."""
        canonical = json.dumps(self.model_dump(mode="json"), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


def fill(line: Alternatives, facts: dict[str, str]) -> Line | None:
    """The first wording whose facts are all known, with them filled in; None if there is none.

    Values go in once and are never looked at again: a name that holds `{phone}` stays that name.
    """
    for wording in _wordings(line):
        if all(name in facts for name in _FACT.findall(wording)):
            pieces = _FACT.split(wording)
            runs = (Run(facts[piece], piece) if odd % 2 else Run(piece) for odd, piece in enumerate(pieces))
            return tuple(run for run in runs if run.text)
    return None


def fill_all(lines: tuple[Alternatives, ...], facts: dict[str, str]) -> tuple[Line, ...]:
    """The lines that can be filled, in order."""
    return tuple(filled for line in lines if (filled := fill(line, facts)))


def plain(line: Line) -> str:
    """The line as one string."""
    return "".join(run.text for run in line)
