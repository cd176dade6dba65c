"""HL7 v2 escape sequences and the formatting commands of FT, in both directions."""

import re
from dataclasses import dataclass
from functools import lru_cache

_MOST_BLANK_LINES = 20


@dataclass(frozen=True, slots=True)
class Delimiters:
    """MSH-1 and MSH-2. A character that a sender left out is empty, and nothing is split on it."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"

    @classmethod
    def of(cls, field: str, encoding: str) -> "Delimiters":
        """From MSH-1 and MSH-2 of any length. A shorter MSH-2 takes the usual characters where they are still free.

        Source: HL7 v2.9 ch. 2.14.9.2. Five characters with a doubled escape character (`^~\\\\&`, from engines that write
        string literals) are read as the four that were meant; further ones (truncation, v2.7) are not needed for reading.
        """
        if len(encoding) >= 5 and encoding[2] == encoding[3]:
            encoding = encoding[:3] + encoding[4:]
        chosen = list(encoding[:4])
        for usual in "^~\\&"[len(chosen) :]:
            chosen.append("" if usual in chosen or usual == field else usual)
        return cls(field, *chosen)

    def repetitions(self, raw: str) -> list[str]:
        return raw.split(self.repetition) if self.repetition else [raw]

    def components(self, raw: str) -> list[str]:
        return raw.split(self.component) if self.component else [raw]

    def subcomponents(self, raw: str) -> list[str]:
        return raw.split(self.subcomponent) if self.subcomponent else [raw]

    def value(self, raw: str, component: int = 1, codec: str = "utf-8") -> str:
        """One component (1-based) of the first repetition, first subcomponent, unescaped, without blanks around; `""` is empty.

        Source: HL7 v2 ch. 2.5.3 (the null value).
        """
        if not raw or raw == '""':
            return ""
        parts = self.components(self.repetitions(raw)[0])
        if component > len(parts):
            return ""
        text = unescape(self.subcomponents(parts[component - 1])[0], self, codec).strip()
        return "" if text == '""' else text


def unescape(raw: str, delimiters: Delimiters, codec: str = "utf-8") -> str:
    """Text of a field: escapes replaced, formatting commands as line breaks and blanks.

    Escapes that an engine escaped once more (`\\E\\.br\\E\\`) count as written once. `\\X..\\` holds bytes of the message's
    character set. Highlighting, character-set switches and local escapes carry no text and go. What is no known escape stays
    as it is: a lost word is worse than a stray backslash. Source: HL7 v2.9 ch. 2.7.
    """
    escape = delimiters.escape
    if not escape or escape not in raw:
        return raw
    return _pattern(escape).sub(lambda found: _meaning(found, delimiters, codec), raw)


_COMMAND = (
    r"(?:[FSTRPEHN]|X(?:[0-9A-Fa-f]{2})+|\.(?i:br|sp|in|ti|fi|nf|ce|sk)[ ]{0,3}[+-]?\d{0,4}[ ]{0,3}"
    r"|Z[0-9A-Za-z]{0,64}|C[0-9A-Fa-f]{4}|M[0-9A-Fa-f]{4,6})"
)


@lru_cache(maxsize=64)
def _pattern(escape: str) -> re.Pattern[str]:
    mark = re.escape(escape)
    return re.compile(f"{mark}E{mark}({_COMMAND}){mark}E{mark}|{mark}({_COMMAND}){mark}")


def _meaning(found: re.Match[str], delimiters: Delimiters, codec: str) -> str:
    return _command(found[1] or found[2], delimiters, codec)


def _command(command: str, delimiters: Delimiters, codec: str) -> str:
    single = {
        "F": delimiters.field,
        "S": delimiters.component,
        "T": delimiters.subcomponent,
        "R": delimiters.repetition,
        "E": delimiters.escape,
        "P": "#",
        "H": "",
        "N": "",
    }
    if command in single:
        return single[command]
    if command[0] == ".":
        return _formatting(command[1:])
    if command[0] == "X":
        return _hexadecimal(command[1:], codec)
    return ""


def _formatting(command: str) -> str:
    name, number = command[:2].lower(), command[2:].strip()
    if name in ("br", "ce"):
        return "\n"
    if name == "sp":
        return "\n" * min(max(int(number) if number.strip("+-") else 1, 1), _MOST_BLANK_LINES)
    # Indents and fill modes start no line by themselves, but they do part words.
    return " "


def _hexadecimal(digits: str, codec: str) -> str:
    raw = bytes.fromhex(digits)
    try:
        text = raw.decode(codec)
    except (UnicodeDecodeError, LookupError):
        text = raw.decode("cp1252", errors="replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def escape(text: str, delimiters: Delimiters) -> str:
    """Text made fit for a field; line breaks become `\\.br\\`. The inverse of `unescape` for text that holds no escapes of its own."""
    mark = delimiters.escape
    table = {
        delimiters.field: f"{mark}F{mark}",
        delimiters.component: f"{mark}S{mark}",
        delimiters.subcomponent: f"{mark}T{mark}",
        delimiters.repetition: f"{mark}R{mark}",
        mark: f"{mark}E{mark}",
        "\n": f"{mark}.br{mark}",
    }
    return "".join(table.get(character, character) for character in text)
