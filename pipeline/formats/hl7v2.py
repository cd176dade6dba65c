"""HL7 v2 in its delimited form, read leniently: files into messages, messages into segments and fields."""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from itertools import pairwise

from pipeline.errors import Unreadable
from pipeline.formats.charsets import Decoded, decode
from pipeline.formats.hl7text import Delimiters, unescape

SEGMENTS = frozenset(
    """
    ABS ACC ADD ADJ AFF AIG AIL AIP AIS AL1 APR ARQ ARV AUT BHS BLC BLG BPO BPX BTS BTX BUI CDM CDO CER CM0 CM1 CM2 CNS CON CSP CSR
    CSS CTD CTI CTR DB1 DEV DG1 DMI DON DPS DRG DSC DSP DST ECD ECR EDU EQP EQU ERR EVN FAC FHS FT1 FTS GOL GP1 GP2 GT1 IAM IAR IIM
    ILT IN1 IN2 IN3 INV IPC IPR ISD ITM IVC IVT LAN LCC LCH LDP LOC LRL MCP MFA MFE MFI MRG MSA MSH NCK NDS NK1 NPU NSC NST NTE OBR
    OBX ODS ODT OH1 OH2 OH3 OH4 OM1 OM2 OM3 OM4 OM5 OM6 OM7 OMC ORC ORG OVR PAC PCE PCR PD1 PDA PDC PEO PES PID PKG PM1 PMT PR1 PRA
    PRB PRC PRD PRT PSG PSH PSL PSS PTH PV1 PV2 PYE QAK QID QPD QRD QRF QRI RCP RDF RDT REL RF1 RFI RGS RMI ROL RQ1 RQD RXA RXC RXD
    RXE RXG RXO RXR RXV SAC SCD SCH SCP SDD SFT SGH SGT SHP SID SLT SPM STF STZ TCC TCD TQ1 TQ2 TXA UAC UB1 UB2 URD URS VAR VND
    """.split()
)

_USUAL = b"MSH|^~\\&|"
_LINE_START = b"\r\n\x0b\x1c"
_HEADERS = (b"FHS", b"BHS")
_TRAILERS = (b"BTS", b"FTS", b"BHS", b"FHS")
_BLANKS = b" \r\n\t"
_BOM = b"\xef\xbb\xbf"
_OBX_STATUS = 11
_TAIL = 400
_DROPPED_RECORD = re.compile(rb"(?:^|[\r\n\x0b])(?:PID|OBR|OBX)[^\w\s]")


@dataclass(frozen=True, slots=True)
class Record:
    """The bytes of one message within a file.

    Attributes:
        body: from MSH to the terminator of the last segment, without framing, byte order mark and blank lines after it.
        broken: it cannot be a message: it lacks a usable MSH.
    """

    body: bytes
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Records:
    """A file split into messages.

    `hl7` says that anything in the file starts a message or a batch, and `missing` that a batch trailer (BTS-1) counts more
    messages than were found.
    """

    found: tuple[Record, ...]
    missing: bool = False
    hl7: bool = True


def _first(content: bytes) -> int:
    """Where the first message or batch header starts; -1 if nowhere. Junk before it may even stand on its line."""
    if content[:3] == b"MSH" and _plausible(content, 0):
        return 0
    start = content.lstrip(b"\xef\xbb\xbf\x0b\x1c\r\n \t\x00")[:4]
    if start[:3] in _HEADERS and _delimiter(start[3:4]):
        return content.find(start[:3])
    position = content.find(b"MSH")
    while position >= 0:
        if _plausible(content, position) or (_starts_line(content, position) and _bare(content, position)):
            return position
        position = content.find(b"MSH", position + 3)
    return -1


def _delimiter(character: bytes) -> bool:
    return len(character) == 1 and not character.isalnum() and character not in b" \r\n\t_.,-'\"" and character[0] < 0x80


def _plausible(content: bytes, position: int) -> bool:
    """Whether `MSH` here is followed by a delimiter and encoding characters, as MSH-1 and MSH-2 are."""
    if content.startswith(_USUAL, position):
        return True
    separator = content[position + 3 : position + 4]
    if not _delimiter(separator):
        return False
    encoding, again, _ = content[position + 4 : position + 16].partition(separator)
    return bool(again) and not encoding[:2].isalnum() and not any(blank in encoding for blank in _BLANKS)


def _bare(content: bytes, position: int) -> bool:
    """A line that holds `MSH` and a delimiter, or nothing but `MSH`: a message that lost its header."""
    following = content[position + 3 : position + 4]
    return following in (b"", b"\r", b"\n") or _delimiter(following)


def _starts_line(content: bytes, position: int) -> bool:
    return position == 0 or content[position - 1] in _LINE_START or content[max(0, position - 3) : position] == _BOM


def split(content: bytes) -> Records:
    """Split a file into its messages: single messages, MLLP frames, batches (FHS BHS ... BTS FTS) or all of them mixed.

    `content` has been through `charsets.without_utf16`.
    What stands before the first message, between an MLLP end block and the next message, and after a trailer belongs to no
    message. Whatever is wrong with one message never touches its neighbours. Source: HL7 v2 ch. 2.10.3 (batch), MLLP R1.
    """
    first = _first(content)
    if first < 0:
        return Records((), hl7=False)
    starts = [] if content[first : first + 3] in _HEADERS else [first]
    position = content.find(b"MSH", first + 3)
    while position >= 0:
        if _starts_line(content, position) and _bare(content, position):
            starts.append(position)
        position = content.find(b"MSH", position + 3)
    # Trailers stand at the end of a file; only a file with several records may hold them further up.
    single = starts == [first] and content.find(b"HS", 0, first + 3) < 0
    found = []
    if first and _DROPPED_RECORD.search(content, 0, first):
        found.append(Record(content[:first].strip(b"\x0b\x1c\r\n \t"), broken=True))
    for start, following in pairwise([*starts, len(content)]):
        end = _end(content, start, following, max(start + 3, following - _TAIL) if single else start + 3)
        found.append(Record(_trimmed(content, start, end), broken=not _plausible(content, start)))
        if end < following and _DROPPED_RECORD.search(content, end, following):
            found.append(Record(content[end:following].strip(b"\x0b\x1c\r\n \t"), broken=True))
    return Records(tuple(found), _missing(content, len(starts)))


def _end(content: bytes, start: int, following: int, trailers: int) -> int:
    """Where the message ends: at an MLLP end block, a batch trailer (looked for from `trailers` on) or the next message."""
    end = following
    block = content.find(b"\x1c", start, end)
    while block >= 0:
        if content[block + 1 : block + 2] in (b"", b"\r", b"\n", b"\x0b"):
            end = block
            break
        block = content.find(b"\x1c", block + 1, end)
    if content.find(b"TS", trailers, end) < 0 and content.find(b"HS", trailers, end) < 0:
        return end
    for trailer in _TRAILERS:
        at = content.find(trailer, trailers, end)
        while at >= 0:
            if content[at - 1] in b"\r\n" and _bare(content, at):
                end = at
                break
            at = content.find(trailer, at + 3, end)
    return end


def _trimmed(content: bytes, start: int, end: int) -> bytes:
    """The message without blank lines after it, but with the terminator of its last segment if it has one."""
    body = content if start == 0 and end == len(content) else content[start:end]
    kept = len(body.rstrip(b"\r\n \t\x00\x0b\x1a"))
    if kept == len(body):
        return body
    if body[kept : kept + 2] == b"\r\n":
        return body[: kept + 2]
    return body[: kept + 1] if body[kept] in b"\r\n" else body[:kept]


def _missing(content: bytes, messages: int) -> bool:
    at = content.rfind(b"BTS", max(0, len(content) - _TAIL))
    if at < 1 or content[at - 1] not in b"\r\n":
        return False
    count = re.match(rb"BTS[^\w\s](\d{1,9})(?!\d)", content[at : at + 16])
    return bool(count) and int(count[1]) > messages if count else False


@dataclass(slots=True)
class Segment:
    """One segment. `fields[n]` is field n as the standard numbers it, raw; `fields[0]` is the name."""

    name: str
    fields: list[str]

    def __getitem__(self, number: int) -> str:
        return self.fields[number] if number < len(self.fields) else ""


@dataclass(slots=True)
class Message:
    """One parsed message.

    Attributes:
        terminated: the last segment ends with a terminator.
        torn: the file ends in the middle of a segment's name.
        stray: lines that belong to no segment (they follow a complete OBX).
        decoded: how the characters were found.
    """

    delimiters: Delimiters
    segments: list[Segment]
    decoded: Decoded
    terminated: bool = True
    torn: bool = False
    stray: list[str] = field(default_factory=list)

    @property
    def header(self) -> Segment:
        return self.segments[0]

    def value(self, segment: Segment | None, number: int, component: int = 1) -> str:
        """One component of a field's first repetition, unescaped; empty for the null value and where there is nothing."""
        if segment is None or number >= len(segment.fields):
            return ""
        return self.delimiters.value(segment.fields[number], component, self.decoded.codec)

    def text(self, raw: str) -> str:
        """A whole field value unescaped, with all its delimiters kept as text; the null value is empty."""
        return "" if raw.strip() == '""' else unescape(raw, self.delimiters, self.decoded.codec)


def head(body: bytes) -> tuple[bytes, list[bytes]]:
    """Field separator and raw MSH fields (index = field number) of a message, cheaply."""
    end = body.find(b"\r")
    other = body.find(b"\n", 0, end if end >= 0 else len(body))
    end = other if other >= 0 else end
    separator = body[3:4]
    fields = body[: end if end >= 0 else 4096].split(separator)
    return separator, [fields[0], separator, *fields[1:]]


def parse(body: bytes, charset: str = "", max_segments: int = 100_000) -> Message:
    """Parse the bytes of one message (a `Record.body`).

    Segment terminators may be CR, LF or both; a line that is no segment continues the field before it. Never raises for
    odd content except:

    Raises:
        errors.Unreadable: `broken-hl7` (no usable MSH) or `too-large` (more than `max_segments`).
    """
    if not _plausible(body, 0) or not body.startswith(b"MSH"):
        raise Unreadable("broken-hl7", "no usable MSH segment")
    separator, fields = head(body)
    declared = fields[18] if len(fields) > 18 else b""
    encoding = fields[2].decode("ascii", errors="replace") if len(fields) > 2 else ""
    delimiters = Delimiters.of(separator.decode("ascii"), encoding)
    first = delimiters.components(delimiters.repetitions(declared.decode("ascii", errors="replace"))[0])[0]
    decoded = decode(body, first, charset)
    lines = decoded.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    message = Message(delimiters, [], decoded, terminated=not lines[-1].strip())
    _assemble(message, lines, max_segments)
    return message


def _assemble(message: Message, lines: list[str], most: int) -> None:
    separator = message.delimiters.field
    raw: list[list[str]] = []
    blanks = 0
    for number, line in enumerate(lines):
        if not line.strip():
            blanks += 1
            continue
        name = _name(line, separator)
        if name:
            if len(raw) >= most:
                raise Unreadable("too-large", f"more than {most} segments")
            raw.append([line.lstrip()])
        elif number == len(lines) - 1 and len(line) <= 3 and any(known.startswith(line) for known in ("OBX", "OBR", "NTE", "ORC")):
            message.torn = True
        elif raw and _complete(raw[-1], separator):
            message.stray.append(line)
        elif raw:
            raw[-1].extend([""] * blanks)
            raw[-1].append(line)
        blanks = 0
    for parts in raw:
        fields = "\n".join(parts).split(separator)
        name = fields[0].strip().upper()
        if name in ("MSH", "BHS", "FHS"):
            fields.insert(1, separator)
        message.segments.append(Segment(name, fields))


def _name(line: str, separator: str) -> str:
    """The segment's name if the line is a segment: a known one or a Z segment, followed by the field separator or nothing."""
    line = line.lstrip()
    if line[3:4] not in (separator, ""):
        return ""
    name = line[:3].upper()
    if name in SEGMENTS or (len(name) == 3 and name[0] == "Z" and name[1:].isalnum() and line[:3].isupper()):
        return name if line[3:4] == separator or line[:3].isupper() else ""
    return ""


def _complete(parts: list[str], separator: str) -> bool:
    """Whether the segment is an OBX that has its status already: what follows then continues no text."""
    return parts[0][:3].upper() == "OBX" and sum(part.count(separator) for part in parts) >= _OBX_STATUS


_TIME = re.compile(r"(\d{4})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:\.(\d{1,6})\d*)?)?)?)?)?)?\s*([+-]\d{4})?$")
_PUNCTUATED = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6})\d*)?)?)?\s*([+-]\d{2}:?\d{2}|Z)?$")


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time as sent. `at` is UTC; `whole_day` says that no time of day was sent (`at` is then local midnight)."""

    at: datetime
    whole_day: bool = False


def moment(text: str, zone: tzinfo) -> Moment | None:
    """A TS or DTM value; None if it is empty, has no day, or is no time. `zone` counts where the value has no offset of its own.

    A local time that daylight saving skips or repeats is read with the offset before the change, a leap second as the second before it.
    Source: HL7 v2 ch. 2A.3.22 (DTM).
    """
    found = _TIME.match(text.strip()) or _PUNCTUATED.match(text.strip())
    if not found or not found[3]:
        return None
    year, month, day, hour, minute, second = (int(found[n] or 0) for n in range(1, 7))
    micro = int((found[7] or "0").ljust(6, "0"))
    own = found[8]
    try:
        local = datetime(year, month, day, hour, minute, 59 if second == 60 else second, micro, tzinfo=offset(own) if own else zone)
        at = local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return Moment(at, whole_day=found[4] is None) if 1900 <= at.year <= 2200 else None


def own_offset(text: str) -> timezone | None:
    """The offset that a TS or DTM value names itself; None if it names none, or is no time."""
    found = _TIME.match(text.strip()) or _PUNCTUATED.match(text.strip())
    try:
        return offset(found[8]) if found and found[8] else None
    except ValueError:
        return None


def offset(text: str) -> timezone:
    """`+HHMM`, `-HH:MM` or `Z` as a time zone. Raises ValueError."""
    if text == "Z":
        return UTC
    digits = text[1:].replace(":", "")
    span = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-span if text[0] == "-" else span)


def day(text: str) -> date | None:
    """The calendar date of a value, as written, whatever its zone; None if it does not name a day."""
    found = moment(text, UTC)
    digits = text.strip().replace("-", "")[:8]
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8])) if found else None
    except ValueError:
        return None
