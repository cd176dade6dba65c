"""Finds the sections of a report: from the source's codes and from headings in their many spellings."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from pipeline.domain.report import TextBlock

IMPRESSION, ADDENDUM, PRELIMINARY, LEGEND, BODY, FINDINGS = "impression", "addendum", "preliminary", "legend", "body", "findings"
ATTENDING = "attending"
COMMENT = "comment"
OTHER_EXAM = "other-exam"
PRIOR_REPORT = "prior-report"
UNKNOWN = "unknown"
"""A label nobody knows: it ends what does not decide, and nothing else."""

_LINE = re.compile(r"[^\n]*(?:\n|$)")
_LABEL = re.compile(
    r"[\s\-*#=>•]{0,20}(?:\d{1,2}[.)]\s{0,4})?([a-z][^\n:]{1,110}?)\s{0,3}(?:\([^)\n:]{0,80}(?::[^)\n]{0,20})?\)\s{0,3})?(:|"
    r"--? |- |=|;(?=\s)|$)"
)
_INLINE = re.compile(r"(?:[.!?;\]]\s{1,4}|\s{2,10})([a-z][a-z/&' -]{2,45}?)\s?:")
_WORDS = re.compile(r"[a-z0-9]+")
_MOST_WORDS = 9
"""A label of more words is no heading."""
_DRAFT = re.compile(r"\b(?:resident|prelim\w*|trainee|registrar|overnight|on[- ]?call|provisional|draft|fellow|teleradiology)\b")
_GENERAL = re.compile(r"\b(?:findings?|description|observations?|report|results|body)\b")
_PAGE = re.compile(r"\bpage \d{1,3} of \d{1,3}\b")
_CONCLUDING = frozenset(
    {"impression", "conclusion", "conclusions", "interpretation", "opinion", "diagnosis", "verdict", "inference", "conclude"}
)
_REPORTS = frozenset({"report", "read", "reading", "result", "review"})
_OF_BEFORE = re.compile(r"\b(?:prior|previous|outside|old|last|earlier|ago)\b")
_NOT_OF_THE_SCAN = frozenset({"indication", "history", "comparison", "technique", "exam", "pretest", "signature", "recommendation"})
_OF_THE_SCAN = re.compile(
    r"\b(?:perfus|ventilat|maa\b|aerosol|technegas|xenon|krypton|scintigra|lungs?\b|[vq]\s?:|defect|mismatch|both phases)"
)
_ORGANS = frozenset({"pulmonary"})
_FEW_WORDS = 5
_BRACKETED = re.compile(r"[ \t]{0,8}\[([a-z][a-z /&]{2,40})\](?=[ \t]*\S|[ \t]*$)", re.MULTILINE)
_DOTTED = re.compile(r"[ \t]{0,8}([a-z][a-z /]{3,30})\.(?=[ \t]+\S)")
_TITLE_KINDS = frozenset({"exam"})


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of the report's text. `start` is after the heading, `heading` the span of the heading itself (empty: none)."""

    kind: str
    start: int
    end: int
    heading: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Headings:
    """What headings mean. All words are lower case without signs.

    Attributes:
        exact: heading -> kind.
        last_words: a heading that ends with one of these is an impression ("V/Q impression").
        first_words: heading beginnings -> kind ("reason for ...").
        other_exam: words that make a heading or an exam title another exam's.
        this_exam: words that make an exam title this exam's.
        self_stating: headings that are part of their own statement ("probability of PE: low").
        any_word: words that give a label on no list its kind ("ordering concern").
        weak: labels that may stand inside an impression and do not end it ("Left lung: ...").
        not_ours: words that make an impression somebody else's ("clinical impression").
    """

    exact: Mapping[str, str]
    last_words: frozenset[str]
    first_words: Mapping[str, str]
    other_exam: frozenset[str]
    this_exam: frozenset[str]
    self_stating: frozenset[str]
    weak: frozenset[str] = frozenset()
    any_word: Mapping[str, str] = field(default_factory=dict)
    not_ours: frozenset[str] = frozenset()
    beginnings: frozenset[str] = field(init=False)
    ending: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        first = {words[0] for label in (*self.exact, *self.first_words) if (words := label.split())}
        # A label's "v q" is looked up as "vq".
        object.__setattr__(self, "beginnings", frozenset(first | ({"v"} if "vq" in first else set())))
        object.__setattr__(self, "ending", re.compile("|".join(map(re.escape, sorted(self.last_words | {ADDENDUM})))))

    def may_open(self, line: str) -> bool:
        """Whether a lower-case line can hold a heading: by a sign, or by how it begins or ends. Never wrongly says no."""
        if ":" in line or "-" in line or "=" in line or "(" in line or self.ending.search(line):
            return True
        # A number may stand in front of the heading.
        first = _WORDS.search(line)
        second = _WORDS.search(line, first.end()) if first and first[0].isdigit() else None
        return bool(first and first[0] in self.beginnings) or bool(second and second[0] in self.beginnings)

    def kind_of(self, label: str) -> str | None:
        """The kind of the section a label opens; None where it is no heading we know."""
        words = _WORDS.findall(label.split(",", 1)[0])
        if not words or len(words) > _MOST_WORDS:
            return None
        while len(words) > 1 and words[-1][0].isdigit() and " ".join(words) not in self.exact:
            # A time or a date behind a heading is no part of it.
            words.pop()
        key = f" {' '.join(words)} ".replace(" v q ", " vq ").strip()
        known = self.exact.get(key)
        if known:
            return known
        if words[-1] == ADDENDUM:
            return ADDENDUM
        if words[-1] in self.last_words and set(words[:-1]) & self.not_ours:
            return "indication"
        if 1 < len(words) <= 6 and words[-1] in _REPORTS and _DRAFT.search(" ".join(words)):
            return PRELIMINARY
        if len(words) <= 6 and words[-1] in self.last_words:
            return OTHER_EXAM if self._of_other_exam(words) else self._impression(words)
        for count in (3, 2, 1):
            kind = self.first_words.get(" ".join(words[:count]))
            if kind and len(words) <= 7:
                other = kind == IMPRESSION and self._of_other_exam(words)
                return OTHER_EXAM if other else kind
        if len(words) <= 6 and set(words) & _CONCLUDING and not set(words) & self.not_ours:
            return OTHER_EXAM if self._of_other_exam(words) else self._impression(words)
        return None

    def _of_other_exam(self, words: Sequence[str]) -> bool:
        """Whether a heading of these words is another exam's, and names nothing of this one."""
        return not self.other_exam.isdisjoint(words) and self.this_exam.isdisjoint(words)

    def by_word(self, label: str) -> str:
        """The kind of a label that is on no list: by a word in it, else `UNKNOWN`."""
        words = _WORDS.findall(label)
        return next((self.any_word[word] for word in words if word in self.any_word), UNKNOWN) if len(words) <= _FEW_WORDS else UNKNOWN

    def _impression(self, words: list[str]) -> str:
        return PRELIMINARY if _DRAFT.search(" ".join(words)) else IMPRESSION


def sections_of(blocks: Sequence[TextBlock], text: str, lowered: str, headings: Headings) -> list[Section]:
    """Cut the whole text into sections, in text order, without gaps except the headings themselves."""
    found: list[Section] = []
    start = 0
    for coded, run in groupby(blocks, key=lambda block: block.section):
        # Blocks without a code are one text that was cut into segments.
        lengths = [len(block.text) for block in run]
        for length in lengths if coded else [sum(lengths) + len(lengths) - 1]:
            found += _cut(text, lowered, start, start + length, coded, headings)
            start += length + 1
    return _by_exam(_pasted(found, lowered), lowered, headings)


def _cut(text: str, lowered: str, start: int, end: int, coded: str | None, headings: Headings) -> list[Section]:
    sections: list[Section] = []
    kind, opened, heading = coded or BODY, start, (start, start)
    for at, after, new_kind, weak in _marks(text, lowered, start, end, headings):
        if weak and kind == IMPRESSION:
            continue
        if kind == IMPRESSION and new_kind == FINDINGS and not lowered[opened:at].strip() and not _GENERAL.search(lowered, at, after):
            # "IMPRESSION: / Chest film: negative. / Lung scan: ..." names its own parts.
            continue
        if new_kind == UNKNOWN:
            line_end = lowered.find("\n", at, end)
            if kind not in _NOT_OF_THE_SCAN or not _OF_THE_SCAN.search(lowered, at, end if line_end < 0 else line_end):
                continue
            new_kind = BODY
        if new_kind == IMPRESSION and not lowered[opened:at].strip() and _qualifies(kind, lowered[slice(*heading)]):
            new_kind = kind
        if opened < at or _PASTED.match(lowered[slice(*heading)]):
            sections.append(Section(kind, opened, at, heading))
        kind, opened, heading = new_kind, after, (at, max(at, after))
    sections.append(Section(kind, opened, end, heading))
    return sections


def _qualifies(kind: str, heading: str) -> bool:
    """Whether a heading with nothing under it belongs to the impression below it: `PRIOR` on a line of its own, or a draft's.

    `Comparison:` with its colon is a field that was left empty.
    """
    return kind == PRELIMINARY or (kind in ("comparison", "history") and (":" not in heading or _OLD_REPORT.search(heading) is not None))


def _marks(text: str, lowered: str, start: int, end: int, headings: Headings) -> Iterator[tuple[int, int, str, bool]]:
    """(start of the heading, end of the heading, kind, whether an impression goes on behind it) of each heading, in order."""
    for line in _LINE.finditer(lowered, start, end):
        if line[0].lstrip().startswith(">>"):
            # Quoted: what it was taken from is over it.
            continue
        if framed := _framed(lowered, line.span(), headings):
            yield framed
            continue
        if not headings.may_open(line[0]):
            continue
        label = _LABEL.match(lowered, line.start(), line.end())
        after = line.start()
        if label:
            # A sentence's end inside the label: the heading, if any, stands further right.
            kind = None if ". " in label.group(1) else headings.kind_of(label.group(1))
            if kind == "exam" and _PAGE.search(lowered, max(start, line.start() - 200), line.end()):
                # The head of a new page, in the middle of what was said.
                continue
            if kind == IMPRESSION and _states_itself(label.group(1), headings) and _wrapped_there(lowered, line.start(), start):
                kind = None
            if kind == IMPRESSION and _OF_BEFORE.search(lowered, label.end(1), label.end()):
                kind = "comparison"
            if kind == IMPRESSION and _DRAFT.search(lowered, label.end(1), label.end()):
                kind = PRELIMINARY
            # A line that is nothing but words is a heading only if it cannot be a sentence's end or a statement by itself.
            bare = (
                not label.group(2)
                and (_stands_free(lowered, line.start(), start) or _capitals_alone(text, line.span(), start))
                and text[label.start(1)].isupper()
                and _is_title(label.group(1), headings)
            )
            alone = bare or (bool(label.group(2)) and not lowered[label.end() : line.end()].strip())
            exact = " ".join(_WORDS.findall(label.group(1))) in headings.exact
            ruled = kind != LEGEND and exact and label.group(2) in ("- ", "-- ", "=", ";")
            ruled = ruled and not (label.group(2) == ";" and _states_itself(label.group(1), headings))
            if kind and (
                label.group(2) == ":"
                or alone
                or ruled
                or ((kind == ADDENDUM or (kind == LEGEND and not label.group(2))) and text[label.start(1)].isupper())
            ):
                # "Addendum high probability for PE": a line that begins like a heading and goes on says something itself.
                said = kind == ADDENDUM and not label.group(2) and not exact
                after = label.start(1) if said or _states_itself(label.group(1), headings) else label.end()
                yield (
                    label.start(1),
                    after,
                    kind,
                    _weak(label.group(1), kind, headings, listed=_listed(lowered, line.start(), label.start(1))),
                )
                after = label.end()
            elif not kind and label.group(2) == ":" and ". " not in label.group(1) and text[label.start(1)].isupper():
                unlisted = headings.by_word(label.group(1))
                yield label.start(1), label.start(1) if unlisted == UNKNOWN else label.end(), unlisted, True
        for inline in _INLINE.finditer(lowered, after, line.end()) if lowered.find(":", after, line.end()) >= 0 else ():
            kind = headings.kind_of(inline.group(1))
            if kind:
                stop = inline.start(1) if _states_itself(inline.group(1), headings) else inline.end()
                yield inline.start(1), stop, kind, _weak(inline.group(1), kind, headings, listed=True)


_OVER_IT = frozenset({IMPRESSION, ADDENDUM, LEGEND, PRELIMINARY})
"""What may begin in the middle of an impression's line."""


def _framed(lowered: str, line: tuple[int, int], headings: Headings) -> tuple[int, int, str, bool] | None:
    """A heading we know that stands in brackets ("[Findings] ...") or ends with a full stop ("Findings. Both lungs ...")."""
    found = _BRACKETED.match(lowered, *line) or _DOTTED.match(lowered, *line)
    key = " ".join(_WORDS.findall(found[1])) if found else ""
    if not found or key not in headings.exact or key in headings.self_stating:
        return None
    kind = headings.kind_of(found[1])
    assert kind is not None  # it is on the list
    return found.start(1), found.end(), kind, _weak(found[1], kind, headings, listed=False)


def _capitals_alone(text: str, line: tuple[int, int], start: int) -> bool:
    """Whether a line is all capitals between lines that are not."""
    before = text[text.rfind("\n", start, max(line[0] - 1, start)) + 1 : max(line[0] - 1, start)]
    return text[slice(*line)].isupper() and bool(before.strip()) and not before.isupper()


def _weak(label: str, kind: str, headings: Headings, *, listed: bool) -> bool:
    """Whether an impression goes on behind a label: inside a line or a list only an addendum, a legend or another impression ends it."""
    return kind not in _OVER_IT and (listed or (" ".join(_WORDS.findall(label)) in headings.weak and kind != FINDINGS) or _part(label))


def _part(label: str) -> bool:
    return bool({"lung", "lungs", "ventilation", "perfusion"} & set(_WORDS.findall(label)))


def _listed(lowered: str, line_start: int, label_start: int) -> bool:
    return bool(lowered[line_start:label_start].strip())


def _stands_free(lowered: str, line_start: int, start: int) -> bool:
    """Whether the line before is blank or ends a sentence: else a lone word is the middle of one that was wrapped."""
    before = lowered[max(start, line_start - 200) : line_start]
    said = before.rstrip()
    return not said or said[-1] in ".!?:;-=_*" or before[len(said) :].count("\n") > 1


_PROSE = 30
"""Characters; a line of a form is rarely longer without a colon."""


def _wrapped_there(lowered: str, line_start: int, start: int) -> bool:
    """Whether the line before is prose that goes on here: "... It confirms / pulmonary embolism: I count six segments"."""
    before = lowered[lowered.rfind("\n", start, max(line_start - 1, start)) + 1 : line_start].rstrip()
    return len(before) > _PROSE and ":" not in before and before[-1] not in ".!?;-=_*"


def _is_title(label: str, headings: Headings) -> bool:
    key = " ".join(_WORDS.findall(label))
    return (
        not label.endswith(".") and key not in headings.self_stating and (key in headings.exact or key.split()[-1] in headings.last_words)
    )


def _states_itself(label: str, headings: Headings) -> bool:
    return " ".join(_WORDS.findall(label)) in headings.self_stating


_OLD_REPORT = re.compile(r"\b(?:prior|previous|outside) (?:exam|examination|report|scan|study)\b")
_PASTED = re.compile(r"\s*(?:prior|previous|old|outside) (?:report|impression|exam|study)\b[^:\n]*$")


def _pasted(sections: list[Section], lowered: str) -> list[Section]:
    """Turn all that stands under the title of a whole earlier report into `prior-report`, up to a title of this exam.

    An addendum may be this report's: it stays, and decides nothing by itself.
    """
    out, inside = [], False
    for section in sections:
        heading = lowered[slice(*section.heading)]
        if section.kind == "comparison" and _PASTED.match(heading):
            inside = True
        elif inside and (section.kind in _TITLE_KINDS or re.search(r"\b(?:current|today|this|new)\b", heading)):
            inside = False
        kept = not inside or section.kind == ADDENDUM
        out.append(section if kept else Section(PRIOR_REPORT, section.start, section.end, section.heading))
    return out


def _by_exam(sections: list[Section], lowered: str, headings: Headings) -> list[Section]:
    """Turn every section of another exam's part into `other-exam`: a report text may hold several exams."""
    titles = [section for section in sections if section.kind in _TITLE_KINDS]
    named = [_title_words(s, lowered) for s in titles]
    # "CT pulmonary angiogram": the organ alone does not make it this exam.
    foreign = [bool(words & headings.other_exam) and not words & (headings.this_exam - _ORGANS) for words in named]
    if not any(foreign):
        return sections
    out, inside = [], False
    verdicts = iter(foreign)
    for section in sections:
        if section.kind in _TITLE_KINDS:
            inside = next(verdicts)
        out.append(Section(OTHER_EXAM, section.start, section.end, section.heading) if inside else section)
    return out


def _title_words(section: Section, lowered: str) -> set[str]:
    first_line = lowered[section.start : section.end].strip().split("\n", 1)[0]
    return set(_WORDS.findall(first_line[:120]))
