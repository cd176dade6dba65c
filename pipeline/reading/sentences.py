"""Joins hard-wrapped lines and cuts a section into sentences and list items."""

import re
from collections.abc import Callable, Iterator

_LINE = re.compile(r"[^\n]*(?:\n|$)")
_ITEM = re.compile(r"\s*(?:\d{1,2}[.)](?=\s)|[a-h][.)]\s|[-*•+>]+\s|\(\d\)|#\d|#\s)")
_ENDS = re.compile(r"[.!;](?=[\s\"')\]]|$)|(?<=[^\s:])\?(?=[\s\"')\]]|$)(?!\s{1,3}(?:no|yes|none|nil|negative|positive)\b)")
_RULE = re.compile(r"\s*[-=_*~.]{3,}\s*$")
_BANNER = re.compile(r"[ \t]*\*+[^\n*]+\*+[ \t]*(?:\n|$)")
"""A line between asterisks says something of its own."""
_TITLES = frozenset(
    "prob dr mr mrs ms prof vs approx eg ie fig st pt hr hrs inc cf resp dept jr sr ref tel ext no vol al ca etc incl excl "
    "min sec gen lt col rev hon".split()
)
_GOES_ON = frozenset(
    "a an the of for to with and or in on at by from as is are was were be been not no very low high intermediate moderate pulmonary acute "
    "chronic than that which this these its their per via into without within between any most more less probable "
    "likely consistent compatible "
    "meet criteria category".split()
)
_LAST_WORD = re.compile(r"([a-z]+|[,(/-])\s*$")
_LABELLED = re.compile(r"[ \t]*[A-Z][a-zA-Z]{2,20}(?: [a-zA-Z]{2,20})?(?::\s| ?\.{4,})")
"""A line that begins with a label of its own."""
_FIELD = re.compile(r"[ \t]*[a-z][a-z ]{1,40}?(?::\s| ?\.{4,})", re.IGNORECASE)
"""A line of a form; two of them that follow each other are two statements."""
_FIRST_WORD = re.compile(r"\s*(\S+)")


def sentences_of(
    text: str, lowered: str, start: int, end: int, worth: Callable[[int, int], bool] | None = None
) -> Iterator[tuple[int, int]]:
    """(start, end) of each sentence of `text[start:end]`, in order; blank ones are left out, and those that `worth` says no to."""
    for first, last in _paragraphs(text, lowered, start, end):
        if worth is None:
            yield from _split(lowered, first, last)
        elif worth(first, last):
            yield from (found for found in _split(lowered, first, last) if found == (first, last) or worth(*found))


def after_marker(lowered: str, start: int, end: int) -> int:
    """Where the words of a sentence begin: after a list marker, if it has one."""
    item = _ITEM.match(lowered, start, end)
    return item.end() if item else start


def _paragraphs(text: str, lowered: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Runs of lines that belong together: wrapped lines joined, list items and blank lines apart."""
    lines = [(m.start(), min(m.end(), end)) for m in _LINE.finditer(text, start, end) if m.start() < end]
    width = max((b - a for a, b in lines), default=0)
    opened: int | None = None
    closed = start
    for first, last in lines:
        body = lowered[first:last]
        if not body.strip() or _RULE.match(body):
            if opened is not None:
                yield opened, closed
            opened = None
        elif opened is None:
            opened = first
        elif (
            _ITEM.match(body)
            or _BANNER.match(lowered, opened, closed)
            or _BANNER.match(body)
            or not _continues(text, lowered, (opened, closed), (first, last), width)
        ):
            yield opened, closed
            opened = first
        closed = last
    if opened is not None:
        yield opened, closed


def _continues(text: str, lowered: str, before: tuple[int, int], line: tuple[int, int], width: int) -> bool:
    """Whether a line goes on with the sentence of the lines before it."""
    earlier = lowered[max(before[0], before[1] - 200) : before[1]].rstrip()
    if lowered[line[0] : line[1]].lstrip().startswith(":"):
        # A dot leader that was wrapped onto a line of its own.
        return True
    if earlier.endswith((".", "!", "?", ";")):
        return earlier.endswith("vs.")
    if not earlier.endswith((",", "-")) and (_LABELLED.match(text, *line) or (_FIELD.match(text, *line) and _FIELD.match(text, *before))):
        return False
    last = _LAST_WORD.search(earlier)
    if last and (last.group(1) in _GOES_ON or not last.group(1).isalpha()):
        return True
    first = _FIRST_WORD.match(text, line[0], line[1])
    if first is None or earlier.endswith(":"):
        return True
    word = first.group(1)
    if word[0].islower() or word[0].isdigit() or word[0] in "(%/<>=":
        return True
    if word.isupper() and (len(word) > 1 or text[before[0] : before[1]].isupper()):
        # In capitals a new line says nothing about a new sentence, and an abbreviation may stand anywhere in one.
        return True
    # A new line that begins with a capital was wrapped only if its first word would not have fitted on the line before.
    line_start = lowered.rfind("\n", before[0], before[1] - 1) + 1
    used = len(lowered[max(line_start, before[0]) : before[1]].rstrip())
    return width > 40 and used + 1 + len(word) >= width - 1


def _split(lowered: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    opened = start
    place = after_marker(lowered, start, end)
    for stop in _ENDS.finditer(lowered, place, end):
        if lowered[stop.start()] == "." and _abbreviated(lowered, opened, stop.start()):
            continue
        if lowered[opened : stop.end()].strip(" \n.;"):
            yield opened, stop.end()
        opened = stop.end()
    if lowered[opened:end].strip(" \n.;-"):
        yield opened, end


def _abbreviated(lowered: str, start: int, stop: int) -> bool:
    begin = stop
    while begin > start and lowered[begin - 1].isalpha():
        begin -= 1
    word = lowered[begin:stop]
    if word == "no":
        # "PE: no." ends; "no. 4" does not.
        after = lowered[stop + 1 : stop + 3].strip()
        return after[:1].isdigit()
    if begin > start and lowered[begin - 1] == "/":
        # "V/Q." ends.
        return False
    return word in _TITLES or (len(word) == 1 and word.isalpha() and not (begin > start and lowered[begin - 1].isdigit()))
