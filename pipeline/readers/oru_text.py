"""The text of an ORU message: which OBX and NTE are the report, in which section, and whether anything is cut off."""

import base64
import binascii
import re
from dataclasses import dataclass, field

from pipeline.domain.identity import folded
from pipeline.domain.report import TextBlock
from pipeline.errors import Unreadable
from pipeline.formats.hl7v2 import Message, Segment
from pipeline.formats.rtf import looks_like_rtf, plain_text

_SUFFIXES = {
    "IMP": "impression", "FND": "findings", "REC": "recommendation", "CNS": "recommendation",
    "ADT": "addendum", "ADD": "addendum", "ADN": "addendum",
}  # fmt: skip
"""`GDT` is none of these: it often carries whole reports with headings of their own. Source: HL7 v2 ch. 7, OBX-3 suffixes."""

LOINC_SECTIONS = {
    "19005-8": "impression", "55110-1": "impression", "55112-7": "impression",
    "18782-3": "findings", "59776-5": "findings",
    "18785-6": "indication", "55752-0": "indication",
    "11329-0": "history", "18834-2": "comparison", "55114-3": "comparison",
    "55115-0": "technique", "55111-9": "technique",
    "18783-1": "recommendation", "55107-7": "addendum", "73568-8": "communication",
}  # fmt: skip

_TITLES = {
    "impression": "impression", "impressions": "impression", "radiologist s impression": "impression",
    "radiologists impression": "impression", "diagnostic impression": "impression",
    "conclusion": "impression", "conclusions": "impression", "opinion": "impression",
    "finding": "findings", "findings": "findings",
    "indication": "indication", "indications": "indication", "reason for study": "indication", "reason for exam": "indication",
    "history": "history", "clinical history": "history",
    "comparison": "comparison", "comparisons": "comparison",
    "technique": "technique", "recommendation": "recommendation", "recommendations": "recommendation", "addendum": "addendum",
}  # fmt: skip
"""OBX-3.2 of senders that put the section in words, as the whole of it."""

_TEXT_TYPES = frozenset({"TX", "FT", "ST", "CE", "CWE", "CNE", "CF", ""})
_PROSE_TYPES = frozenset({"TX", "FT", "ST", ""})
_OPAQUE_TYPES = frozenset({"ED", "RP"})
_NOT_REPORT_CODES = frozenset({"113014", "110180", "121181"})
"""Study and series references (DCM) that some senders put among the OBX."""
_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")
_LARGEST_EMBEDDED = 4 * 1024 * 1024
_POINTER = re.compile(
    r"\b(?:attached|attachment|scanned|see (?:the )?(?:pdf|document|image|report)|embedded|enclosed|as (?:a )?pdf)\b", re.IGNORECASE
)
_HEADING = re.compile(
    r"(?im)^\W{0,5}(?:final |overall )?(?:impressions?|conclusions?|opinion|interpretation|summary|assessment|diagnosis|result|"
    r"read(?:ing)?|verdict)\b\s*[:\-.]"
)
_FEW_WORDS = 25


@dataclass(slots=True)
class Row:
    """One OBX of the report. `opaque`: its content is no text we read (PDF, picture, pointer)."""

    segment: Segment
    code: str
    section: str | None
    status: str
    release: str
    text: str
    opaque: bool = False
    torn: bool = False
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Story:
    """The text of one order: what stood before its first OBX, and its OBX in order."""

    before: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)

    def impression_rows(self) -> list[Row]:
        """The OBX whose status counts: those coded as impression, else all; where all under an impression's heading are deleted, those."""
        coded = [row for row in self.rows if row.section == "impression"]
        if coded:
            return coded
        headed = [number for number, row in enumerate(self.rows) if _HEADING.search(row.text)]
        below = self.rows[headed[0] :] if headed else []
        return below if below and all(row.status.strip().upper() == "D" for row in below) else self.rows

    @property
    def empty(self) -> bool:
        return not self.rows and not any(note.strip() for note in self.before)


def story(message: Message, segments: list[Segment], impression_codes: frozenset[str]) -> Story:
    """Collect OBX and NTE that follow an OBR, in message order. NTE after an OBX belongs to it; one after the OBR stands first."""
    told = Story()
    known: dict[str, tuple[str, str | None]] = {}
    for segment in segments:
        if segment.name == "NTE":
            note = _repeated(message, segment[3])
            if told.rows:
                told.rows[-1].notes.append(note)
            else:
                told.before.append(note)
        elif segment.name == "OBX":
            kind = segment[2].strip().upper()
            if kind not in _TEXT_TYPES and kind not in _OPAQUE_TYPES:
                continue
            raw = segment[3]
            if raw not in known:
                known[raw] = (message.value(segment, 3), _section(message, raw, impression_codes))
            if known[raw][0] not in _NOT_REPORT_CODES:
                told.rows.append(_row(message, segment, kind, *known[raw]))
    return told


def _row(message: Message, segment: Segment, kind: str, code: str, section: str | None) -> Row:
    row = Row(segment, code, section, segment[11].strip(), message.value(segment, 26), "")
    if kind in _OPAQUE_TYPES:
        text = _embedded(message, segment[5]) if kind == "ED" else None
        row.opaque = text is None
        row.text = text or ""
    elif looks_like_rtf(segment[5]):
        # Unescaped RTF: its backslashes, tildes and braces are its own, not ours.
        row.text = segment[5]
    elif kind in _PROSE_TYPES:
        raw, row.torn = _whole(segment, message.delimiters.field)
        row.text = _repeated(message, raw)
    else:
        row.text = "\n".join(_coded(message, raw) for raw in message.delimiters.repetitions(segment[5]))
    return row


def _whole(segment: Segment, separator: str) -> tuple[str, bool]:
    """OBX-5, with what an unescaped field separator cut off it. Text has no units: words in OBX-6 are the rest of OBX-5."""
    if len(segment.fields) <= 6 or not any(segment.fields[6:10]):
        return segment[5], False
    last = 5
    for number in (6, 7, 8, 9):
        if len(segment[number].split()) > 1 and any(c.isalpha() for c in segment[number]):
            last = number
    return separator.join(segment.fields[5 : last + 1]), last > 5


def _repeated(message: Message, raw: str) -> str:
    if message.delimiters.repetition not in raw:
        return message.text(raw)
    return "\n".join(message.text(part) for part in message.delimiters.repetitions(raw))


def _coded(message: Message, raw: str) -> str:
    """Text of a CE or CWE: dictated words stand in its second component. Source: HL7 v2 ch. 7 (OBX-3 suffix IMP)."""
    parts = [message.text(part).strip() for part in message.delimiters.components(raw)]
    parts += [""] * (9 - len(parts))
    if not parts[0] and parts[1] and len(parts[2].split()) > 1:
        # An unescaped component separator in prose: what follows is no name of a coding system.
        return " ".join(part for part in parts[1:] if part)
    return parts[1] or parts[8] or parts[4] or parts[0]


def _section(message: Message, raw: str, impression_codes: frozenset[str]) -> str | None:
    components = message.delimiters.components(message.delimiters.repetitions(raw)[0])
    plain = [[message.text(sub).strip() for sub in message.delimiters.subcomponents(part)] for part in components]
    first = [subs[0] for subs in plain]
    if impression_codes & {components[0].strip().casefold(), *(sub.casefold() for sub in plain[0][:2])}:
        return "impression"
    for subs in plain:
        for suffix in subs[1:]:
            if suffix.upper() in _SUFFIXES:
                return _SUFFIXES[suffix.upper()]
    for code in first:
        if code in LOINC_SECTIONS:
            return LOINC_SECTIONS[code]
    for title in first[1:2] + first[4:5]:
        if folded(title) in _TITLES:
            return _TITLES[folded(title)]
    return None


def _embedded(message: Message, raw: str) -> str | None:
    """Text of an ED value if it is plain text or RTF; None for anything else, which is never opened. Source: HL7 v2 ch. 2A (ED)."""
    parts = message.delimiters.components(raw)
    if len(parts) < 5:
        return None
    kind, subtype, encoding = (part.strip().lower() for part in parts[1:4])
    data = message.delimiters.component.join(parts[4:])
    if "base64" in encoding:
        if not ("rtf" in subtype or "rtf" in kind or kind in ("text", "tx") or "plain" in subtype) or len(data) > _LARGEST_EMBEDDED:
            return None
        try:
            content = base64.b64decode("".join(data.split()), validate=True)
        except (binascii.Error, ValueError):
            return None
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            text = content.decode("cp1252", errors="replace")
        return None if "\x00" in text or text.startswith("%PDF") or "html" in subtype else text
    if encoding in ("a", "ascii", "") and ("rtf" in subtype or "plain" in subtype or kind in ("text", "tx")) and "html" not in subtype:
        return data if looks_like_rtf(data) else message.text(data)
    return None


def blocks(told: Story) -> tuple[tuple[TextBlock, ...], list[str]]:
    """The text as blocks, and reason codes found on the way. OBX in a row with one code and section are one block."""
    made: list[tuple[tuple[str, str | None], list[str]]] = []
    problems: list[str] = []
    made.extend((("", None), [note]) for note in told.before)
    for row in told.rows:
        if row.status.strip().upper() == "D" or row.opaque:
            continue
        key = (row.code, row.section)
        lines = [row.text, *row.notes] if row.text.strip() or row.section == "impression" else row.notes
        if made and made[-1][0] == key:
            made[-1][1].extend(lines)
        elif lines:
            made.append((key, lines))
    out = []
    for (_, section), lines in made:
        text, unreadable = _clean("\n".join(lines))
        problems += unreadable
        if text.strip() or section == "impression":
            out.append(TextBlock(text, section))
    if any(row.torn for row in told.rows):
        problems.append("broken-off")
    if any(row.opaque for row in told.rows) and not _readable(out):
        problems.append("text-not-readable")
    return tuple(out), problems


def _clean(text: str) -> tuple[str, list[str]]:
    if looks_like_rtf(text):
        try:
            text = plain_text(text)
        except Unreadable:
            return "", ["text-not-readable"]
    text = _CONTROLS.sub(" ", text.replace("\f", "\n"))
    lines = [line.rstrip() for line in text.split("\n")]
    return "\n".join(lines).strip("\n"), []


def _readable(made: list[TextBlock]) -> bool:
    """Whether the text beside a PDF is the report itself and the PDF its copy."""
    text = "\n".join(block.text for block in made)
    if any(block.section == "impression" and block.text.strip() for block in made):
        return True
    return bool(_HEADING.search(text)) or (len(text.split()) >= _FEW_WORDS and not _POINTER.search(text))


_DANGLING = frozenset(
    """
    of the a an and or for with without to from in is are was were which that than but if into between because be has have very
    """.split()
)


def breaks_off(message: Message, told: Story, made: tuple[TextBlock, ...], *, last_order: bool) -> bool:
    """Whether the message or its impression ends too early.

    The last OBX lacks the status that its siblings have, or the file ends inside a segment, or the impression stops in
    mid-sentence. A missing terminator alone is no sign: many senders leave out the last one.
    """
    if last_order and _cut(message, told):
        return True
    impressions = [block for block in made if block.section == "impression"] or list(made[-1:])
    return any(_in_mid_sentence(block.text) for block in impressions[-1:])


def _cut(message: Message, told: Story) -> bool:
    if message.torn or any(_clinical(line) for line in message.stray):
        return True
    last = message.segments[-1]
    if told.rows and told.rows[-1].segment is last:
        row = told.rows[-1]
        if not row.status and any(other.status for other in told.rows[:-1]):
            return True
        if message.terminated or len(last.fields) > 11:
            return False
        siblings = [len(other.segment.fields) for other in told.rows[:-1]]
        return len(last.fields) < 6 or not siblings or len(last.fields) < min(siblings) or not _ends_a_sentence(row.text)
    if last.name == "NTE" and told.rows and not message.terminated:
        return not _ends_a_sentence(last[3])
    # No report text at all and no terminator: the message stopped before it came to the text.
    return not message.terminated and not told.rows


_WORDS_OF_A_REPORT = (
    "embol", "probab", "perfusion", "ventilation", "impression", "conclusion", "addendum", "mismatch", "defect", "lung", "diagnos",
    "indeterminate", "thrombo",
)  # fmt: skip


def _clinical(line: str) -> bool:
    """Whether a line that belongs to no segment may be lost report text rather than an engine's log line."""
    small = line.lower()
    return any(word in small for word in _WORDS_OF_A_REPORT) or re.search(r"\bPE\b", line) is not None


def _ends_a_sentence(text: str) -> bool:
    return text.rstrip().endswith((".", "!", "?", ")", ":", "]"))


def _in_mid_sentence(text: str) -> bool:
    lines = [line for line in text.rstrip().split("\n") if line.strip()]
    if not lines:
        return False
    tail = " ".join(lines[-2:]).split()
    if len(tail) < 4:
        return False
    last = tail[-1]
    open_sign = (last.endswith((",", "(", "/")) and any(c.isalpha() for c in last)) or (last == "-" and tail[-2].isalpha())
    return open_sign or last.lower() in _DANGLING
