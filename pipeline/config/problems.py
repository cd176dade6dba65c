"""Turns what pydantic and the TOML parser complain about into sentences with a file, a line and a suggestion."""

import difflib
import re
import types
import typing
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ValidationError

from pipeline.config.lines import Path, line_of
from pipeline.errors import Problem

_SECRET = frozenset({"url", "password", "token"})


def problems_of(error: ValidationError, model: type[BaseModel], file: str, lines: dict[Path, int]) -> list[Problem]:
    """One problem for each thing pydantic found, in the order of the lines."""
    found = []
    for item in error.errors(include_url=False):
        path = tuple(part for part in item["loc"] if part != "[key]")
        found.append(Problem(file, line_of(path, lines), _sentence(item, path, model)))
    return sorted(found, key=lambda problem: problem.line)


def toml_problem(error: ValueError, file: str) -> Problem:
    """The one problem of a file that is no TOML at all."""
    text = str(error)
    place = re.search(r"\(at line (\d+), column \d+\)", text)
    line = int(place[1]) if place else 0
    reason = re.sub(r"\s*\(at .*\)$", "", text) or "broken"
    return Problem(file, line, f"this is not TOML: {reason[0].lower()}{reason[1:]}; a text needs quotes, a list needs [ ]")


def suggestion(word: str, known: Iterable[str]) -> str:
    """`did you mean "x"?` where one known word is near, else the list of them."""
    choices = [str(choice) for choice in known]
    near = difflib.get_close_matches(word.lower(), choices, n=1, cutoff=0.6)
    if near:
        return f'did you mean "{near[0]}"?'
    return f"known here: {', '.join(choices)}" if choices else ""


def _sentence(item: Any, path: Path, model: type[BaseModel]) -> str:
    name = dotted(path)
    kind = item["type"]
    value = item.get("input")
    shown = f' ("{value}")' if isinstance(value, str | int | float) and path and path[-1] not in _SECRET else ""
    if kind == "extra_forbidden":
        hint = suggestion(str(path[-1]), _keys_at(model, path[:-1]))
        return f'there is no setting "{name}"; {hint}'.rstrip("; ")
    if kind in ("enum", "literal_error"):
        choices = [c for c in re.findall(r"'([^']*)'", item.get("ctx", {}).get("expected", "")) if c]
        return f"{name}: this value is not known{shown}; {suggestion(str(value), choices)}"
    if kind == "value_error":
        return f"{name}: {item['ctx']['error']}{shown}"
    if kind == "string_pattern_mismatch" and path[-1:] == ("url",):
        return f'{name}: write "" for SQLite in the state folder, or "postgresql+psycopg://USER@HOST/DATABASE"'
    message = item["msg"]
    return f"{name}: {message[0].lower()}{message[1:]}{shown}"


def dotted(path: Path) -> str:
    """`sources.ris.charset`, `destinations[0]`: the setting as a person would say it."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def _keys_at(model: type[BaseModel], path: Path) -> list[str]:
    """The keys that the table at `path` may hold; empty where any may stand."""
    current: Any = model
    for part in path:
        if isinstance(current, type) and issubclass(current, BaseModel):
            info = current.model_fields.get(str(part))
            current = info.annotation if info else None
        else:
            current = _value_type(current)
        current = _unwrapped(current)
    return list(current.model_fields) if isinstance(current, type) and issubclass(current, BaseModel) else []


def _unwrapped(annotation: Any) -> Any:
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return _unwrapped(typing.get_args(annotation)[0])
    if origin in (typing.Union, types.UnionType):
        return next((_unwrapped(a) for a in typing.get_args(annotation) if a is not type(None)), None)
    return annotation


def _value_type(annotation: Any) -> Any:
    arguments = [a for a in typing.get_args(annotation) if a is not Ellipsis]
    return arguments[-1] if arguments else None
