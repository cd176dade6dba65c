"""Plain text out of RTF, in one pass, without ever running or loading anything in it."""

import re
from dataclasses import dataclass, field

from pipeline.errors import Unreadable

_TOKEN = re.compile(
    r"\\(?:([a-zA-Z]{1,32})(-?\d{1,10})?[ ]?|'([0-9a-fA-F]{2})|([^a-zA-Z']))"  # a control word, a byte, a control symbol
    r"|([{}])|([^\\{}\r\n]+)|[\r\n]+|\\"
)
_SKIPPED = frozenset(
    """
    fonttbl colortbl stylesheet info pict object header headerl headerr headerf footer footerl footerr footerf footnote annotation
    listtable listoverridetable rsidtbl generator themedata colorschememapping datastore latentstyles xmlnstbl fldinst nonshppict
    filetbl revtbl pgptbl bkmkstart bkmkend
    """.split()
)
"""Groups that hold no report text."""
_BREAKS = {"par": "\n", "line": "\n", "sect": "\n", "page": "\n", "row": "\n", "cell": " ", "nestcell": " ", "nestrow": "\n", "tab": " "}
_SIGNS = {
    "emdash": "\u2014", "endash": "\u2013", "lquote": "\u2018", "rquote": "\u2019", "ldblquote": "\u201c", "rdblquote": "\u201d",
    "bullet": "\u2022", "emspace": " ", "enspace": " ", "qmspace": " ",
}  # fmt: skip
_DEEPEST = 100
_LONGEST = 16 * 1024 * 1024


@dataclass(slots=True)
class _Group:
    skipped: bool = False
    hidden: bool = False
    fallback: int = 1
    """How many characters after `\\u` repeat it for old readers."""


@dataclass(slots=True)
class _Reader:
    codec: str = "cp1252"
    groups: list[_Group] = field(default_factory=lambda: [_Group()])
    out: list[str] = field(default_factory=list)
    pending: bytearray = field(default_factory=bytearray)
    drop: int = 0
    star: bool = False

    def flush(self) -> None:
        if self.pending:
            self.out.append(self.pending.decode(self.codec, errors="replace"))
            self.pending.clear()

    def put(self, text: str) -> None:
        self.flush()
        if self.drop:
            dropped = min(self.drop, len(text))
            self.drop -= dropped
            text = text[dropped:]
        group = self.groups[-1]
        if text and not group.skipped and not group.hidden:
            self.out.append(text)


def looks_like_rtf(text: str) -> bool:
    return text.lstrip()[:5].lower() == "{\\rtf"


def plain_text(rtf: str) -> str:
    """The visible text. Hidden and deleted passages, headers, footers and embedded objects are left out.

    Raises:
        errors.Unreadable: nesting, size or strike-through (its meaning cannot be told in plain text) forbid a safe reading.
    """
    if len(rtf) > _LONGEST:
        raise Unreadable("text-not-readable", "RTF larger than 16 MiB")
    reader = _Reader()
    position = 0
    while position < len(rtf):
        found = _TOKEN.match(rtf, position)
        if found is None:  # cannot happen: the last alternative takes any backslash
            raise Unreadable("text-not-readable", "RTF that cannot be split")
        position = found.end()
        word, number, code, sign, brace, text = found.groups()
        if word:
            position += _control(reader, word, number)
        elif code:
            _byte(reader, int(code, 16))
        elif sign:
            _symbol(reader, sign)
        elif brace:
            _brace(reader, brace)
        elif text:
            reader.put(text)
        if not word and sign != "*" and brace != "{":
            reader.star = False
    reader.flush()
    return re.sub(r"[ \t]+\n", "\n", "".join(reader.out)).strip("\n")


def _brace(reader: _Reader, brace: str) -> None:
    reader.flush()
    reader.drop = 0
    if brace == "{":
        if len(reader.groups) > _DEEPEST:
            raise Unreadable("text-not-readable", "RTF nested too deep")
        last = reader.groups[-1]
        reader.groups.append(_Group(last.skipped, last.hidden, last.fallback))
    elif len(reader.groups) > 1:
        reader.groups.pop()


def _byte(reader: _Reader, value: int) -> None:
    if reader.drop:
        reader.drop -= 1
        return
    group = reader.groups[-1]
    if not group.skipped and not group.hidden:
        reader.pending.append(value)


def _symbol(reader: _Reader, sign: str) -> None:
    if sign == "*":
        reader.star = True
    elif sign == "~":
        reader.put(" ")
    elif sign == "_":
        reader.put("-")
    elif sign in "\r\n":
        reader.put("\n")
    elif sign in "\\{}":
        reader.put(sign)


def _control(reader: _Reader, word: str, number: str | None) -> int:
    """Act on a control word; returns how many further characters belong to it (binary data)."""
    group = reader.groups[-1]
    value = int(number) if number else None
    if reader.star or word in _SKIPPED:
        group.skipped = True
        reader.star = False
    elif word in ("v", "deleted"):
        reader.flush()
        group.hidden = value != 0
    elif word in ("strike", "striked") and value != 0:
        if not group.skipped:
            raise Unreadable("text-not-readable", "RTF with text struck through")
    elif word == "plain":
        reader.flush()
        group.hidden = False
    elif word == "ansicpg" and value:
        reader.codec = _codec(value)
    elif word == "mac":
        reader.codec = "mac_roman"
    elif word == "uc":
        group.fallback = max(0, min(value or 0, 16))
    elif word == "u" and value is not None:
        reader.put(_character(value))
        reader.drop = group.fallback
        return 0
    elif word == "bin":
        return max(0, value or 0)
    elif word in _BREAKS:
        reader.put(_BREAKS[word])
    elif word in _SIGNS:
        reader.put(_SIGNS[word])
    return 0


def _character(value: int) -> str:
    value &= 0xFFFF
    return "\ufffd" if 0xD800 <= value <= 0xDFFF else chr(value)


def _codec(page: int) -> str:
    if page == 65001:
        return "utf-8"
    return f"cp{page}" if page in (437, 850, 852, 866, 874, 932, 936, 949, 950, *range(1250, 1259)) else "cp1252"
