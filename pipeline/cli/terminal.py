"""How things look on a terminal: tables, panels, and text from outside made harmless."""

import os
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from rich.text import Text

_WIDE = 200


def console(*, stderr: bool = False, wide: int = _WIDE) -> Console:
    """A console for stdout or stderr. Where nobody watches, lines are long rather than cut."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or os.environ.get("COLUMNS") else wide
    return Console(stderr=stderr, width=width, highlight=False, soft_wrap=False)


def harmless(text: str) -> str:
    """Text from a message as it may be shown: control characters, which could drive the terminal, become `\ufffd` one for one."""
    return "".join(c if c in "\n\t" or c.isprintable() or c == "\u00a0" else "\ufffd" for c in text)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """A plain table; every cell is shown as it is, never read as markup."""
    made = Table(title=title or None, title_justify="left", show_edge=False, pad_edge=False, header_style="bold")
    for column in columns:
        made.add_column(Text(column), overflow="fold")
    for row in rows:
        made.add_row(*(cell if isinstance(cell, Text) else Text(harmless("" if cell is None else str(cell))) for cell in row))
    return made


def local(moment: datetime | None, zone: ZoneInfo) -> str:
    """A time as the site's people read it: local, to the minute."""
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M") if moment else ""


def utc(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC with `Z`, for machines."""
    from datetime import UTC

    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None
