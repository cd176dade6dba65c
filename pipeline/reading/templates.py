"""Check boxes, pick-lists, placeholders and legends of criteria: template text that must not be read as a verdict."""

import re
from dataclasses import dataclass

from pipeline.reading.tokens import WORD

_BOX = re.compile(r"[(\[][ \t]{0,3}([xX✓✔]?)[ \t]{0,3}[)\]]|([☐☑☒✅])")
_UNFILLED = re.compile(
    r"(?<!mr )(?<!mrs )(?<!ms )(?<!dr )_{3,}|(?<![\w_])_(?![\w_])|(?<!\S)\*{3}(?!\S)|\[\s{0,5}\]|\{[^}\n]{0,80}\}|"
    r"<[a-z][a-z /]{2,40}>|\?{3,}"
    r"|[(\[]\s?(?:enter|insert|select|choose|specify|describe|pick)\b(?! (?:one|all|any))"
    r"|(?<!/ )\b(?:no|yes|neg|negative|pos|positive|absent|present|y|n) ?/ ?(?:yes|no|pos|positive|neg|negative|present|absent|y|"
    r"n)\b(?! ?/| ?:)"
    r"|probability (?:of|for) [a-z ]{2,30}:\s{0,5}(?:normal\s{1,5})?(?:very low\s{1,5})?low\s{1,5}(?:intermediate|moderate)\s{1,5}high\b"
)
_BRACKETS = re.compile(r"\[([^\[\]]{0,160})\]")
_ORDER = re.compile(r"\s{0,5}(?:insert|select|choose|free text|text|fill|impression|enter)\b")
_GRADE = (
    r"(?:very[ -]low|low|intermed(?:iate)?|technically [a-z]+|inadequate|unsatisfactory|"
    r"indeterminate|high|normal|near[ -]normal|non-? ?diagnostic|pe (?:present|absent)|"
    r"no pe|positive|negative)"
)
_DEFINITION = re.compile(
    rf"^[ \t>*•\-]{{0,8}}(?:\d[.)]\s)?({_GRADE})(?:[ -](?:probability|prob\.?|likelihood|lr|"
    rf"scan))?(?:\s?\([^)\n]{{0,60}}\))?\s{{0,4}}(?:[:=]|-{{1,2}}>?|–|—|→)\s{{0,4}}\S+.*$",
    re.MULTILINE,
)
_KEY = re.compile(rf"(?:\b\d\s?[:=.)-]?\s?{_GRADE}\b[ a-z/-]{{0,30}}[;,/|]?\s{{0,2}}){{3,}}")
_KEY_GRADES = 3
_IN_A_KEY = ("low", "intermediate", "indeterminate", "high")
"""A key of grades holds one of these; most texts hold none, and need not be searched."""
_MENTION = re.compile(rf"\b{_GRADE}\b")
_NUMERIC = re.compile(
    rf"\b{_GRADE}\b(?:[ -](?:probability|prob|likelihood))?\s?[:=(]?\s?(?:[<>≥≤]|\d{{1,3}}\s?(?:-|to|–)\s?\d{{1,3}}\s?%|"
    rf"\d{{1,3}}\s?%)"
)
_PRETEST = re.compile(r"\b(?:pre-? ?test|clinical|wells|geneva|prior|previous)\b")
_ASKS = re.compile(
    r"\b(?:probability|category|result|impression|conclusion|pe|embol\w+|scan|interpretation|final|overall|reading|grade|"
    r"verdict|likelihood|class|tier|pioped|diagnosis|opinion|read)\b"
)
_ANSWER = re.compile(r"\s{0,9}(?:yes|no|present|absent|y|n)\b")
_DISEASE = re.compile(r"\b(?:p\.?t?e|\w{0,9}embol\w+|clots?)\b")
_BOXED, _OPEN = frozenset("[(☐☑☒✅"), frozenset("_*[{<?/(:")
_PARTING, _COMPARING = frozenset(":=-–—→"), frozenset("<>≥≤%")
_SIGNS = _BOXED | _OPEN | _PARTING | _COMPARING
"""What check boxes, blanks, definitions and legends with numbers cannot do without: a text with none of them need not be searched."""
_TITLE_WORDS = 5
_SAYS = frozenset(
    "no not without is are was were has have seen shown excluded absent present found evidence consistent compatible suggests unlikely "
    "likely confirmed resolved new acute chronic".split()
)
_BANNER = re.compile(r"[ \t]*\*{3}[^\n*]+\*{3}[ \t]*(?:\n|$)")
"""A title between asterisks: none of them stands for something to fill in."""
_CHECKED = frozenset("☑☒✅")


@dataclass(frozen=True, slots=True)
class Template:
    """Spans that are template text, the labels of ticked boxes left live, and whether something was left unfilled."""

    masked: tuple[tuple[int, int, str], ...] = ()
    unfilled: bool = False


def template_of(lowered: str, start: int, end: int) -> Template:
    """Look at one section."""
    signs = {sign for sign in _SIGNS if lowered.find(sign, start, end) >= 0}
    masked: list[tuple[int, int, str]] = _definitions(lowered, start, end) if signs & _PARTING else []
    masked += _numbered(lowered, start, end) if signs & _COMPARING else []
    masked += _keys(lowered, start, end) if any(lowered.find(grade, start, end) >= 0 for grade in _IN_A_KEY) else []
    unfilled = False
    options = _options(lowered, start, end) if signs & _BOXED else []
    for group in _groups(lowered, options):
        line = max(lowered.rfind("\n", start, group[0].box[0]) + 1, start)
        if _PRETEST.search(lowered, line, group[0].box[0]):
            masked.append((line, group[-1].end, "pretest"))
            continue
        graded = [option for option in group if _MENTION.search(lowered, *option.label)]
        if not graded:
            # "PE: yes [ ] no [x]": which box is whose is for a person to see.
            answers = any(_ANSWER.match(lowered, *option.label) for option in group)
            unfilled = unfilled or (answers and _DISEASE.search(lowered, line, group[0].end) is not None)
            continue
        question = lowered[line : group[0].start].strip(" .:-\t")
        if not question and (above := _title_above(lowered, start, line)):
            question = lowered[slice(*above)].strip(" .:-\t")
            masked.append((*above, "template"))
        if question and not _ASKS.search(question):
            # "Ventilation: [x] normal" answers another question than ours.
            masked.append((line, group[-1].end, "template"))
            continue
        ticked = [option for option in group if option.ticked]
        unfilled = unfilled or len(ticked) != 1
        # What stands before the first option is the question, and each box is a sign, not a word.
        masked.append((line, group[0].start, "template"))
        masked += [(option.start, option.end, "template") for option in graded if not option.ticked]
        masked += [(*option.box, "template") for option in ticked]
        # A ticked label is a statement of its own, whatever the next line says.
        masked += [(option.end, option.end, "template") for option in ticked]
    boxes = {option.box for option in options}
    if signs & _OPEN:
        blanks = [
            match
            for match in _UNFILLED.finditer(lowered, start, end)
            if not _BANNER.match(lowered, lowered.rfind("\n", start, match.start()) + 1)
        ]
        unfilled = unfilled or any(match.span() not in boxes for match in blanks)
        unfilled = unfilled or any(_is_choice(match.group(1)) for match in _BRACKETS.finditer(lowered, start, end))
    return Template(tuple(sorted(masked)), unfilled)


def _title_above(lowered: str, start: int, line: int) -> tuple[int, int] | None:
    """The line over a list of options if it is no more than the list's title: a few words that say nothing themselves."""
    above = max(lowered.rfind("\n", start, max(line - 1, start)) + 1, start), max(line - 1, start)
    words = WORD.findall(lowered, *above)
    if not 0 < len(words) <= _TITLE_WORDS or _SAYS.intersection(words) or _MENTION.search(lowered, *above) or _BOX.search(lowered, *above):
        return None
    before = max(lowered.rfind("\n", start, max(above[0] - 1, start)), start), above[0]
    # Between two boxes it is a part of the list.
    return None if lowered[slice(*above)].rstrip().endswith((".", ",", ";")) or _BOX.search(lowered, *before) else above


def _is_choice(inside: str) -> bool:
    """Whether brackets hold a choice nobody made (`[high/intermediate/low]`) or an order to the typist (`[insert text]`)."""
    return bool(_ORDER.match(inside)) or (any(sign in inside for sign in "/|,") and _MENTION.search(inside) is not None)


@dataclass(frozen=True, slots=True)
class _Option:
    """One check box with its label; `start` and `end` span both."""

    box: tuple[int, int]
    label: tuple[int, int]
    ticked: bool

    @property
    def start(self) -> int:
        return min(self.box[0], self.label[0])

    @property
    def end(self) -> int:
        return max(self.box[1], self.label[1])


def _options(lowered: str, start: int, end: int) -> list[_Option]:
    """The check boxes of a section, line by line.

    Labels stand behind their boxes or, where the line ends with a box (a remark in brackets may follow), before them.
    """
    options: list[_Option] = []
    line: list[re.Match[str]] = []
    line_end = start
    for box in _BOX.finditer(lowered, start, end):
        if box.start() >= line_end:
            options += _of_line(lowered, line, line_end)
            line = []
            line_end = lowered.find("\n", box.end(), end)
            line_end = end if line_end < 0 else line_end
        line.append(box)
    return options + _of_line(lowered, line, line_end)


def _of_line(lowered: str, boxes: list[re.Match[str]], line_end: int) -> list[_Option]:
    if not boxes:
        return []
    first = lowered.rfind("\n", 0, boxes[0].start()) + 1
    question = lowered.rfind(":", first, boxes[0].start()) + 1 or first
    remark = lowered[boxes[-1].end() : line_end].strip()
    before = bool(lowered[question : boxes[0].start()].strip()) and (not remark or (remark[0], remark[-1]) == ("(", ")"))
    options = []
    for number, box in enumerate(boxes):
        if before:
            label = (boxes[number - 1].end() if number else question, box.start())
        else:
            label = (box.end(), boxes[number + 1].start() if number + 1 < len(boxes) else line_end)
        options.append(_Option(box.span(), label, bool(box.group(1)) or box.group(2) in _CHECKED))
    return options


def _groups(lowered: str, options: list[_Option]) -> list[list[_Option]]:
    """Boxes that belong to one question: those of one line, or single ones on lines that follow each other."""
    groups: list[list[_Option]] = []
    for option in options:
        before = groups[-1][-1] if groups else None
        if before:
            breaks = lowered.count("\n", before.box[1], option.box[0])
            line = lowered.rfind("\n", before.box[1], option.box[0]) + 1
            if breaks == 0 or (breaks == 1 and not lowered[line : option.box[0]].strip()):
                groups[-1].append(option)
                continue
        groups.append([option])
    return groups


def _definitions(lowered: str, start: int, end: int) -> list[tuple[int, int, str]]:
    """Lines that define grades: at least two different ones within a few lines of each other."""
    found = [m for m in _DEFINITION.finditer(lowered, start, end) if len(m.group().split()) > 3 or _NUMERIC.search(m.group())]
    masked = []
    for number, match in enumerate(found):
        near = [m for m in found[max(0, number - 1) : number + 2] if m is not match and lowered.count("\n", *_between(m, match)) <= 4]
        if any(m.group(1) != match.group(1) for m in near):
            stop = _wrapped(lowered, match.end(), end)
            masked.append((match.start(), stop, "legend"))
    return masked


def _numbered(lowered: str, start: int, end: int) -> list[tuple[int, int, str]]:
    """Lines that define several grades by numbers."""
    masked = []
    line_start = start
    while line_start < end:
        line_end = lowered.find("\n", line_start, end)
        line_end = end if line_end < 0 else line_end
        if len({m.group() for m in _NUMERIC.finditer(lowered, line_start, line_end)}) > 1:
            masked.append((line_start, line_end, "legend"))
        line_start = line_end + 1
    return masked


def _keys(lowered: str, start: int, end: int) -> list[tuple[int, int, str]]:
    """Keys that give grades numbers, on one line: `1 Normal; 2 Low; 3 Intermediate; 4 High`."""
    found = (match.span() for match in _KEY.finditer(lowered, start, end))
    return [(*span, "legend") for span in found if len({grade.group() for grade in _MENTION.finditer(lowered, *span)}) >= _KEY_GRADES]


def _between(one: re.Match[str], other: re.Match[str]) -> tuple[int, int]:
    return min(one.end(), other.end()), max(one.start(), other.start())


def _wrapped(lowered: str, place: int, end: int) -> int:
    """The end of a definition that goes on over indented lines."""
    while place < end:
        stop = lowered.find("\n", place + 1, end)
        stop = end if stop < 0 else stop
        line = lowered[place + 1 : stop]
        if not line.startswith(("    ", "\t")) or _DEFINITION.match(line):
            break
        place = stop
    return place
