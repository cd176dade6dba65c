"""The daily list of V/Q exams out of the RIS: CSV in the spellings that exports use, into expected exams or clear complaints."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from pipeline.domain.arrival import ExpectedExam
from pipeline.domain.identity import ExamKey, Identifier, Patient, folded
from pipeline.formats.charsets import without_utf16

_SPELLINGS = {
    "accession": (
        "accession",
        "accession number",
        "accession no",
        "acc",
        "acc no",
        "accnum",
        "exam number",
        "filler order number",
        "order number",
    ),
    "authority": ("authority", "issuer", "assigning authority", "site", "facility"),
    "date": ("date", "exam date", "scheduled date", "study date", "appointment date", "scheduled", "scheduled at", "date time", "datetime"),
    "time": ("time", "exam time", "scheduled time", "study time", "appointment time", "start time"),
    "code": ("code", "exam code", "procedure code", "cpt", "cpt code"),
    "patient": ("patient id", "mrn", "patient number", "medical record number", "pid"),
    "status": ("status", "order status", "exam status"),
    "priority": ("priority", "urgency", "stat"),
}
_DATES = ("%Y-%m-%d", "%Y%m%d", "%m/%d/%Y", "%m/%d/%y", "%d.%m.%Y")
_TIMES = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%H%M", "%H%M%S")
_MOST_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class RisList:
    """What the list says, and what is wrong with it: (line number, our own words). With problems nothing of it may be used."""

    exams: tuple[ExpectedExam, ...]
    problems: tuple[tuple[int, str], ...]


def read_list(content: bytes, authority: str, zone: tzinfo, aliases: Mapping[str, str]) -> RisList:
    """Reads the list; times are local to `zone`. Never raises for content.

    `authority` stands in where a row names none; a row for which nobody says who issued its accession is a problem.
    """
    try:
        text = without_utf16(content).decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    lines = text.splitlines()
    first = next((number for number, line in enumerate(lines) if line.strip()), None)
    if first is None:
        return RisList((), ((1, "the list is empty"),))
    delimiter = max(",;\t|", key=lines[first].count)
    rows = csv.reader(io.StringIO("\n".join(lines[first:])), delimiter=delimiter)
    try:
        table = [(first + rows.line_num, [cell.strip() for cell in row]) for row in rows if any(cell.strip() for cell in row)]
    except csv.Error:
        return RisList((), ((first + rows.line_num, "this line is not CSV"),))
    columns = _columns(table[0][1])
    if missing := [name for name in ("accession", "date") if name not in columns]:
        words = " and ".join(f'"{name}"' for name in missing)
        return RisList((), ((table[0][0], f"no column {words} in the header line; known are {_known(missing)}"),))
    if len(table) > _MOST_ROWS:
        return RisList((), ((table[_MOST_ROWS][0], f"more than {_MOST_ROWS} lines"),))
    found: list[ExpectedExam] = []
    problems: list[tuple[int, str]] = []
    seen: dict[ExamKey, int] = {}
    for line, row in table[1:]:
        said = {name: row[index] for name, index in columns.items() if index < len(row)}
        exam = _exam(said, authority, zone, aliases)
        if isinstance(exam, str):
            problems.append((line, exam))
        elif exam.key in seen:
            problems.append((line, f"the same accession as in line {seen[exam.key]}"))
        else:
            seen[exam.key] = line
            found.append(exam)
    return RisList(tuple(found), tuple(problems))


def _columns(header: list[str]) -> dict[str, int]:
    spoken = [folded(cell) for cell in header]
    return {name: spoken.index(one) for name, known in _SPELLINGS.items() for one in reversed(known) if one in spoken}


def _known(names: list[str]) -> str:
    return "; ".join(", ".join(_SPELLINGS[name]) for name in names)


def _exam(said: Mapping[str, str], authority: str, zone: tzinfo, aliases: Mapping[str, str]) -> ExpectedExam | str:
    accession = said.get("accession", "")
    if not accession:
        return "no accession"
    due_at = next(_moments(said.get("date", ""), said.get("time", ""), zone), None)
    if due_at is None:
        return "no date that can be read, such as 2026-03-02 or 03/02/2026, with or without a time such as 14:20"
    named = said.get("authority", "") or authority
    if not named:
        return 'nobody says who issued this accession: add a column "authority", or give --authority NAME'
    number = said.get("patient", "")
    return ExpectedExam(
        ExamKey(aliases.get(named, named), accession),
        Patient((Identifier(number),) if number else ()),
        due_at,
        folded(said.get("status", "")) in ("cancelled", "canceled", "ca", "discontinued", "no show"),
        folded(said.get("priority", "")) in ("stat", "s", "asap", "a", "emergency", "e", "urgent", "y", "yes"),
        said.get("code", ""),
    )


def _moments(day: str, time: str, zone: tzinfo) -> Iterator[datetime]:
    texts = [f"{day} {time}".strip(), day.replace("T", " ")]
    for text in dict.fromkeys(" ".join(one.split()) for one in texts):
        for pattern in (*(f"{date} {clock}" for date in _DATES for clock in _TIMES), *_DATES):
            try:
                yield datetime.strptime(text, pattern).replace(tzinfo=zone)
            except ValueError:
                continue
