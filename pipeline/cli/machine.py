"""Plain data as JSON lines: times in UTC with `Z`, codes as text."""

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum


def write_line(row: object) -> None:
    """One JSON object on stdout. ASCII only, so that it survives any terminal's encoding."""
    sys.stdout.write(json.dumps(plain(row)) + "\n")


def plain(value: object) -> object:
    """A value of ours as JSON knows it; dataclasses become objects with their fields in order."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [plain(item) for item in value]
    return value
