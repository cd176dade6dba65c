"""Domain values as JSON and back, by their own type hints, so that a new field needs no change here."""

import json
import types
from collections.abc import Callable, Hashable
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")
_ENCODE = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


def dump(value: object) -> str:
    """Canonical JSON: sorted keys, ASCII only (a NUL or a lone surrogate in a name is stored as an escape, which PostgreSQL accepts)."""
    return _ENCODE(_plain(value))


def load(kind: type[T], stored: str) -> T:
    """The value that `dump` was given. Fields that were unknown when it was stored take their defaults.

    Raises:
        ValueError, KeyError: the text was not made by `dump` of this type.
    """
    made: T = _reader(cast(Hashable, kind))(json.loads(stored))
    return made


def _plain(value: object) -> object:
    return _writer(cast(Hashable, type(value)))(value)


@cache
def _writer(kind: Any) -> Callable[[Any], Any]:
    if kind in (type(None), bool, int, float, str):
        return _same
    if issubclass(kind, Enum):
        return lambda value: value.value
    if issubclass(kind, date):
        return lambda value: value.isoformat()
    if issubclass(kind, tuple | list):
        return lambda value: [_plain(item) for item in value]
    if is_dataclass(kind):
        names = tuple(field.name for field in fields(kind) if field.init)
        return lambda value: {name: _plain(getattr(value, name)) for name in names}
    raise TypeError(f"no JSON for {kind.__name__}")


@cache
def _reader(kind: Any) -> Callable[[Any], Any]:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        inner = next(_reader(option) for option in get_args(kind) if option is not type(None))
        return lambda value: None if value is None else inner(value)
    if origin is tuple:
        return _tuple_reader(get_args(kind))
    if is_dataclass(kind):
        return _dataclass_reader(kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind
    if kind in (datetime, date):
        made: Callable[[Any], Any] = kind.fromisoformat
        return made
    if kind in (str, int, float, bool):
        return _same
    raise TypeError(f"no reader for {kind}")


def _same(value: Any) -> Any:
    return value


def _tuple_reader(parts: tuple[Any, ...]) -> Callable[[Any], Any]:
    if len(parts) == 2 and parts[1] is Ellipsis:
        one = _reader(parts[0])
        return lambda value: tuple(one(item) for item in value)
    each = [_reader(part) for part in parts]
    return lambda value: tuple(read(item) for read, item in zip(each, value, strict=True))


def _dataclass_reader(kind: Any) -> Callable[[Any], Any]:
    hints = get_type_hints(kind)
    readers = {field.name: _reader(hints[field.name]) for field in fields(kind) if field.init}
    needed = {field.name for field in fields(kind) if field.init and field.default is MISSING and field.default_factory is MISSING}

    def read(value: Any) -> Any:
        if missing := needed - value.keys():
            raise KeyError(min(missing))
        return kind(**{name: reader(value[name]) for name, reader in readers.items() if name in value})

    return read
