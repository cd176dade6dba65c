"""Loads every language's words and their sign-offs, and reports everything that is wrong with them at once."""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from pipeline.config.lines import line_of, lines_of
from pipeline.config.problems import dotted, suggestion, toml_problem
from pipeline.domain.notice import Letter
from pipeline.domain.reading import Grade
from pipeline.errors import Misconfigured, Problem
from pipeline.letters.words import LanguageWords, LetterWords

APPROVALS_FILE = "approvals.toml"

Model = TypeVar("Model", bound=BaseModel)


class Approval(BaseModel):
    """One signature under one language's words. `status` `demo` counts in mode `demo` only; `draft` never counts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    language: Annotated[str, Field(min_length=2)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    reviewer: Annotated[str, Field(min_length=1)]
    date: date
    status: Literal["draft", "demo", "approved"]
    note: str = ""


class _Approvals(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    approval: tuple[Approval, ...] = ()


@dataclass(frozen=True, slots=True)
class Texts:
    """All languages there are words for, by BCP 47 tag, and all signatures."""

    languages: MappingProxyType[str, LanguageWords]
    approvals: tuple[Approval, ...]

    def approval(self, language: str) -> Approval | None:
        """The best signature under this language's words as they are now; None if they were changed after every one of them."""
        words = self.languages[language].sha256
        fitting = [one for one in self.approvals if one.language == language and one.sha256 == words]
        return max(fitting, key=lambda one: (("draft", "demo", "approved").index(one.status), one.date), default=None)


def approved_languages(texts: Texts, approvals: Iterable[Approval] | None = None, *, live: bool = False) -> frozenset[str]:
    """The languages whose words, as they are now, somebody has signed. `live`: a signature for the demo does not count."""
    signed = Texts(texts.languages, tuple(approvals)) if approvals is not None else texts
    enough = ("approved",) if live else ("approved", "demo")
    return frozenset(tag for tag in signed.languages if (one := signed.approval(tag)) and one.status in enough)


def load_texts(directory: Path) -> Texts:
    """Reads `<bcp47>.toml` and `approvals.toml` of `directory` (UTF-8). Raises `errors.Misconfigured` with all problems of all files."""
    problems: list[Problem] = []
    languages: dict[str, LanguageWords] = {}
    for path in sorted(directory.glob("*.toml")):
        if path.name != APPROVALS_FILE:
            words = _read(path, LanguageWords, problems)
            if words:
                problems += _whole(path, words)
                languages[words.language] = words
    path = directory / APPROVALS_FILE
    signed = (_read(path, _Approvals, problems) if path.exists() else None) or _Approvals()
    if not languages and not problems:
        problems.append(Problem(str(directory), 0, "holds no letters: put a <language>.toml there, such as en.toml"))
    if problems:
        raise Misconfigured(problems)
    return Texts(MappingProxyType(languages), signed.approval)


def _whole(path: Path, words: LanguageWords) -> list[Problem]:
    """What the types cannot say: the file's name, one wording for each letter and each grade, one quotation a letter."""
    lines = lines_of(path.read_text("utf-8"))
    found: list[Problem] = []
    if words.language != path.stem:
        message = f'language is "{words.language}", but the file is named {path.name}'
        found.append(Problem(str(path), line_of(("language",), lines), message))
    for letter in Letter:
        if letter not in words.letters:
            found.append(Problem(str(path), line_of(("letters",), lines), f"[letters.{letter}] is missing"))
            continue
        said = words.letters[letter]
        allowed = 0 if letter is Letter.WITHDRAWN else 1
        if str(said.meaning).count("{term}") > allowed or "{term}" in str((said.message, said.next)):
            message = "{term} may be quoted once, in meaning" if allowed else "a withdrawal tells no result, so it quotes no {term}"
            found.append(Problem(str(path), line_of(("letters", letter.value), lines), message))
    # The shared parts stand in the withdrawal too.
    for key, part in words.model_dump(mode="json", exclude={"letters"}).items():
        if "{term}" in str(part):
            found.append(Problem(str(path), line_of((key,), lines), f"[{key}] stands in every letter, so it quotes no {{term}}"))
    missing = [grade for grade in Grade if grade not in words.terms]
    found += [Problem(str(path), line_of(("terms",), lines), f"[terms] {grade} is missing") for grade in missing]
    return found


def _read(path: Path, model: type[Model], problems: list[Problem]) -> Model | None:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        problems.append(Problem(str(path), 0, "cannot be read as UTF-8 text"))
        return None
    try:
        return model.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        problems.append(toml_problem(error, str(path)))
    except ValidationError as error:
        lines = lines_of(text)
        # A line that is neither text nor a list of texts fails as both: said once.
        by_key = {_key(one): one for one in error.errors(include_url=False)}
        problems += [Problem(str(path), line_of(key, lines), _sentence(key, one)) for key, one in by_key.items()]
    return None


def _key(error: ErrorDetails) -> tuple[str | int, ...]:
    """Where the problem is; pydantic's own marks for the branches of a union are left out."""
    return tuple(part for part in error["loc"] if not re.match(r"str$|tuple\[|function-|\[key\]", str(part)))


def _sentence(key: tuple[str | int, ...], error: ErrorDetails) -> str:
    name = dotted(key)
    if error["type"] == "missing":
        return f"{name} is missing"
    if error["type"] == "extra_forbidden":
        return f"there is no {name}; {suggestion(str(key[-1]), sorted(_KEYS))}"
    if error["type"] == "enum":
        return f"{name} is not known; {suggestion(str(key[-1]), [*Letter, *Grade])}"
    return f"{name} {error['msg'].removeprefix('Value error, ')}"


def _keys(model: type[BaseModel]) -> set[str]:
    annotations = [field.annotation for field in model.model_fields.values()] + [LetterWords]
    parts = [one for one in annotations if isinstance(one, type) and issubclass(one, BaseModel)]
    return set(model.model_fields) | {key for part in parts for key in part.model_fields}


_KEYS = _keys(LanguageWords) | set(Approval.model_fields)
