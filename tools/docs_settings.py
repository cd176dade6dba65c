"""The reference of the settings: names, kinds and defaults from the models that check them, meanings from the comments of site.toml."""

import re
import types
import typing
from collections.abc import Iterator
from datetime import date, timedelta
from enum import Enum
from pathlib import Path
from typing import Any

from pydantic import BaseModel

CONFIG = Path(__file__).resolve().parent.parent / "config"
_KEY = re.compile(r"(#\s?)?([A-Za-z0-9_-]+)\s*=\s*[^#]*?(?:#\s*(.*))?$")
_TABLE = re.compile(r"(#\s?)?\[([A-Za-z0-9_.-]+)\]\s*$")


def settings_page() -> tuple[str, ...]:
    """Title, introduction and one part for each section of `site.toml`."""
    meanings = said_in(CONFIG / "site.toml")
    parts = []
    for section, doc, rows in sections():
        head = ["| setting | holds | default | meaning |", "| --- | --- | --- | --- |"]
        cells = [f"| `{name}` | {kind} | {default} | {meanings.get((section, name), '')} |" for name, kind, default in rows]
        parts.append("\n".join([f"## [{section}]", *(["", doc] if doc else []), "", *head, *cells]))
    intro = (
        "Every setting of `config/site.toml`, the one file that a site edits; the packaged one sets them all, with these comments. "
        '*(live)* marks what mode `live` insists on. A duration is written with its unit: `"90s"`, `"60min"`, `"24h"`, '
        '`"3d"`, `"3 working days"`. '
        "`vqroute check-config` reports every mistake at once, with its line. The default is what holds if the setting is left out."
    )
    return "Settings", intro, *parts


def sections() -> Iterator[tuple[str, str, list[tuple[str, str, str]]]]:
    """(section, what it is, [(setting, kind, default)]) in the order of the file. A section with free names holds `NAME`."""
    from pipeline.config.site import SiteFile

    for name, field in SiteFile.model_fields.items():
        yield from _section(name, field.annotation, "")


def said_in(file: Path) -> dict[tuple[str, str], str]:
    """(section, setting) -> the comment on its line, or above it, or above its table; it also speaks for the keys right below."""
    found: dict[tuple[str, str], str] = {}
    section = ""
    above: list[str] = []
    fresh = True
    for line in file.read_text(encoding="utf-8").splitlines():
        table, key = _TABLE.match(line), _KEY.match(line)
        if table:
            section = re.sub(r"^(sources|destinations)\..*", r"\1.NAME", table[2])
            above, fresh = ([], True) if fresh else (above, True)
        elif key and not (key[1] and " " in key[2]):
            found[(section, key[2])] = _plain(key[3] or " ".join(above))
            fresh = True
        elif line.startswith("#"):
            above = [*([] if fresh else above), line.lstrip("# ")]
            fresh = False
        else:
            above, fresh = [], True
    return found


def _plain(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _section(name: str, annotation: Any, doc: str) -> Iterator[tuple[str, str, list[tuple[str, str, str]]]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        rows, inner = [], []
        for key, field in annotation.model_fields.items():
            if typing.get_origin(field.annotation) is dict:
                inner.append((f"{name}.{key}", field.annotation))
            else:
                rows.append((key, _kind(field.annotation, field.metadata), _default(field)))
        yield name, " ".join((annotation.__doc__ or doc).split()), rows
        for path, kind in inner:
            yield from _section(path, kind, "")
        return
    key_kind, value_kind = typing.get_args(annotation)
    if isinstance(value_kind, type) and issubclass(value_kind, BaseModel):
        yield from _section(f"{name}.NAME", value_kind, doc)
    elif isinstance(key_kind, type) and issubclass(key_kind, Enum):
        from pipeline.domain.followup import FollowUpReason
        from pipeline.domain.policy import DEFAULT_CLOCKS

        defaults = {item: f"`{_value(DEFAULT_CLOCKS[FollowUpReason(item.value)])}`" for item in key_kind}
        yield name, doc, [(item.value, _kind(value_kind, []), default) for item, default in defaults.items()]
    else:
        yield name, doc, [("NAME", _kind(value_kind, []), "")]


def _kind(annotation: Any, metadata: list[Any]) -> str:
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _kind(args[0], list(args[1:]))
    if origin in (typing.Union, types.UnionType):
        return _kind(next(a for a in args if a is not type(None)), metadata)
    if origin is typing.Literal:
        return " or ".join(f'`"{_value(a)}"`' for a in args)
    if origin in (tuple, frozenset, list):
        return f"list of {_kind(args[0], [])}"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return " or ".join(f'`"{item.value}"`' for item in annotation)
    names = {bool: "`true` or `false`", int: "whole number", float: "number", date: "date", timedelta: "duration", Path: "path"}
    return names.get(annotation, "text") + _bounds(metadata)


def _bounds(metadata: list[Any]) -> str:
    low = next((getattr(m, name) for m in metadata for name in ("ge", "gt") if getattr(m, name, None) is not None), None)
    high = next((getattr(m, name) for m in metadata for name in ("le", "lt") if getattr(m, name, None) is not None), None)
    if low is None and high is None:
        return ""
    return f", {low} to {high}" if high is not None else f", from {low}"


def _default(field: Any) -> str:
    value = field.get_default(call_default_factory=True)
    return "" if value is None or value == "" else f"`{_value(value)}`"


def _value(value: Any) -> str:
    from pipeline.config.durations import spell

    if isinstance(value, timedelta):
        return spell(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, tuple | list | set | frozenset):
        return f"[{', '.join(_value(item) for item in value)}]"
    return str(value)
