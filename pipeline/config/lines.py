"""Where in a TOML file a setting stands, so that a problem can name its line."""

import re

Path = tuple[str | int, ...]

_HEADER = re.compile(r"\s*(\[\[?)\s*(.+?)\s*\]\]?\s*(?:#.*)?$")
_NAME = r"""(?:"(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+)"""
_KEY = re.compile(rf"\s*({_NAME}(?:\s*\.\s*{_NAME})*)\s*=(.*)$")
_PART = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*\.?""")


def lines_of(text: str) -> dict[Path, int]:
    """1-based line of each table and key of a TOML text. Elements of an array stand with their key.

    The text may be broken: what cannot be understood is left out, since a TOML parser has already had its say.
    """
    found: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    table: Path = ()
    waiting = _Value()
    for number, line in enumerate(text.splitlines(), start=1):
        if waiting.open:
            waiting.feed(line)
            continue
        header = _HEADER.match(line)
        if header:
            table = _parts(header[2])
            for length in range(1, len(table)):
                found.setdefault(table[:length], number)
            if header[1] == "[[":
                index = counts.get(table, 0)
                counts[table] = index + 1
                found.setdefault(table, number)
                table = (*table, index)
            found.setdefault(table, number)
            continue
        key = _KEY.match(line)
        if key:
            path: Path = (*table, *_parts(key[1]))
            for length in range(len(table) + 1, len(path) + 1):
                found.setdefault(path[:length], number)
            waiting = _Value()
            waiting.feed(key[2])
    return found


def line_of(path: Path, lines: dict[Path, int]) -> int:
    """The line of the setting, or of the nearest table that holds it; 0 where nothing of it is in the file."""
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return 0


def _parts(dotted: str) -> Path:
    return tuple(double or single or bare for double, single, bare in _PART.findall(dotted))


class _Value:
    """Follows a value over the lines it spans: brackets, strings, multi-line strings."""

    def __init__(self) -> None:
        self.depth = 0
        self.quote = ""

    @property
    def open(self) -> bool:
        return self.depth > 0 or len(self.quote) == 3

    def feed(self, line: str) -> None:
        at = 0
        while at < len(line):
            if self.quote:
                if self.quote[0] == '"' and line[at] == "\\":
                    at += 2
                    continue
                if line.startswith(self.quote, at):
                    at += len(self.quote)
                    self.quote = ""
                    continue
                at += 1
                continue
            char = line[at]
            if char == "#":
                return
            if char in "\"'":
                self.quote = char * 3 if line.startswith(char * 3, at) else char
                at += len(self.quote)
                continue
            if char in "[{":
                self.depth += 1
            elif char in "]}":
                self.depth -= 1
            at += 1
        if len(self.quote) == 1:
            # A one-line string never runs on: the text is broken and the parser has said so.
            self.quote = ""
