"""Times as people write them in a settings file: `60min`, `24h`, `3d`, `3 working days`."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer

_UNITS = {
    "s": 1,
    "sec": 1,
    "second": 1,
    "seconds": 1,
    "min": 60,
    "minute": 60,
    "minutes": 60,
    "h": 3600,
    "hour": 3600,
    "hours": 3600,
    "d": 86400,
    "day": 86400,
    "days": 86400,
    "working day": 86400,
    "working days": 86400,
}
_SHAPE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]+(?: [a-z]+)?)\s*\Z", re.IGNORECASE)
EXAMPLES = 'write a number and a unit, such as "90s", "60min", "24h", "3d" or "3 working days"'


def parse(value: object) -> timedelta:
    """A duration out of its text.

    Working days become as many days; the one clock that runs in working days (`no-pe-question`) counts Monday to Friday itself,
    and for every other one the earlier time is the safe one, since clocks say when a person must have looked.

    Raises:
        ValueError: not a duration, or negative. A bare number is refused too: nobody can see its unit.
    """
    if isinstance(value, timedelta):
        return value
    if isinstance(value, str):
        found = _SHAPE.match(value)
        if found and found[2].lower() in _UNITS:
            return timedelta(seconds=float(found[1]) * _UNITS[found[2].lower()])
    raise ValueError(f"not a duration; {EXAMPLES}")


def spell(value: timedelta) -> str:
    """The shortest text that `parse` reads back."""
    seconds = int(value.total_seconds())
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


Duration = Annotated[timedelta, BeforeValidator(parse), PlainSerializer(spell)]
