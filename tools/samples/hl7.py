"""Writes the messages of the imaginary sites: HL7 v2 ORU^R01 in each site's own habit."""

import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from tools.samples.dicomfile import Study
from tools.samples.people import Person
from tools.samples.sites import Site

Text = tuple[tuple[str, str], ...]
"""A report: (section key, text) in reading order. A text may hold line breaks; lines are wrapped as the site does."""

_BREAK = "\\.br\\"

_LOINC = {
    "indication": "18785-6^Reason for study^LN",
    "technique": "55111-9^Procedure description^LN",
    "comparison": "18834-2^Comparison study^LN",
    "findings": "59776-5^Findings^LN",
    "impression": "19005-8^Impression^LN",
    "addendum": "55107-7^Addendum^LN",
    "communication": "73568-8^Communication of critical results^LN",
}


@dataclass(frozen=True)
class Exam:
    """One exam at one site. `day` counts from the first day of the collection; `clock` is the local time of the scan (HH:MM)."""

    number: int
    site: Site
    person: Person
    day: int
    clock: str
    first_day: date
    indication: str = ""
    code: tuple[str, str, str] | None = None
    patient_class: str = "E"
    orderer: int = 0
    reader: int = 1
    died: str = ""
    """PID-29 as sent; fills PID-30 too."""

    @property
    def accession(self) -> str:
        return f"{self.site.key[:2]}26-{4000 + self.number:05d}"

    @property
    def scanned(self) -> datetime:
        return datetime.combine(self.first_day + timedelta(days=self.day), time.fromisoformat(self.clock), self.site.zone)

    def study(self, description: str, *, issued: bool = False, charset: str = "ISO_IR 100") -> Study:
        code, text, system = self.code or self.site.code
        return Study(
            self.accession,
            self.person,
            self.scanned,
            self.site.name,
            description,
            (code, "C4" if system == "CPT4" else system if system == "LN" else f"99{self.site.key[:10]}", text),
            self.site.doctors[self.orderer],
            self.site.key,
            self.site.key if issued else "",
            charset,
        )


@dataclass(frozen=True)
class Version:
    """One sending of a report. Minutes count from the scan. `obx` overrides OBX-11; `text` None sends empty OBX-5."""

    text: Text
    signed: int = 95
    sent: int | None = None
    status: str = "F"
    obx: str | None = None
    processing: str = "P"
    serial: int = 1
    extra: tuple[str, ...] = field(default=())
    """Whole segments to put between PID and the order."""


def message(exam: Exam, version: Version) -> bytes:
    """The bytes of one ORU^R01, in the site's character set and line ends."""
    site = exam.site
    header, orders = segments(exam, version)
    return site.end.join(line.encode(site.encoding) for line in [*header, *orders]) + site.end


def segments(exam: Exam, version: Version) -> tuple[list[str], list[str]]:
    """MSH with PID and PV1, and the order group: OBR with its results."""
    site, person = exam.site, exam.person
    sent = version.sent if version.sent is not None else version.signed + 2
    control = f"{site.key[:2]}{exam.number:03d}{version.serial:02d}"
    kind = "ORU^R01^ORU_R01" if site.structure else "ORU^R01"
    msh = [
        "MSH",
        "^~\\&",
        site.application,
        site.key,
        "VQROUTE",
        site.key,
        stamp(exam, sent),
        "",
        kind,
        control,
        version.processing,
        site.version,
    ]
    if site.charset:
        msh += [""] * (17 - len(msh)) + [site.charset]
    header = ["|".join(msh), _pid(exam, person), *version.extra]
    if site.layout != "note":
        header.append(f"PV1|1|{exam.patient_class}")
    code = "^".join(exam.code or site.code)
    obr: dict[int, str] = {
        1: "1",
        2: f"{700000 + exam.number}",
        3: f"F{exam.accession}" if site.accession_in_obr18 else exam.accession,
        4: code,
        7: stamp(exam, 0),
        16: site.doctors[exam.orderer].hl7(site.upper),
        22: stamp(exam, version.signed),
        24: "NM",
        25: version.status,
        31: escaped(_cased(site, exam.indication)) and "^" + escaped(_cased(site, exam.indication)),
        32: site.doctors[exam.reader].hl7(site.upper).replace("^", "&"),
    }
    if site.accession_in_obr18:
        obr[18] = exam.accession
    orders = [f"ORC|RE|{obr[2]}|{obr[3]}||CM"] if site.orc else []
    orders.append("|".join(["OBR", *(obr.get(n, "") for n in range(1, 33))]))
    if site.study_uid:
        orders.append(f"ZDS|{exam.study('').uid}^^Application^DICOM")
    status = version.status if version.obx is None else version.obx
    orders += LAYOUTS[site.layout](site, code, version.text, status)
    return header, orders


def stamp(exam: Exam, minutes: int) -> str:
    when = exam.scanned + timedelta(minutes=minutes)
    if exam.site.offset:
        return f"{when:%Y%m%d%H%M%S%z}"
    return f"{when:%Y%m%d%H%M}" if exam.site.version == "2.3" else f"{when:%Y%m%d%H%M%S}"


def _pid(exam: Exam, person: Person) -> str:
    site = exam.site
    identifier = f"{person.mrn}^^^{site.key}^{site.identifier_type}".rstrip("^")
    name = _cased(site, "^".join((person.family, person.given, person.middle, "", person.prefix)).rstrip("^"))
    street = _cased(site, f"{person.phone + 3} Nowhere Lane^^{site.town}")
    phone = f"(555)555-01{person.phone:02d}" if site.version.startswith("2.3") else f"^PRN^PH^^1^555^55501{person.phone:02d}"
    pid = {1: "1", 3: identifier, 5: name, 7: person.birth, 8: person.sex, 11: street, 13: phone, 15: person.language}
    if exam.died:
        pid |= {29: exam.died, 30: "Y"}
    return "|".join(["PID", *(pid.get(n, "") for n in range(1, 31))]).rstrip("|")


def escaped(text: str) -> str:
    """HL7 v2 escapes for the default delimiters. Source: HL7 v2.5.1 ch. 2.7."""
    for sign, letter in (("\\", "E"), ("|", "F"), ("^", "S"), ("&", "T"), ("~", "R")):
        text = text.replace(sign, "\0" + letter + "\0") if sign == "\\" else text.replace(sign, f"\\{letter}\\")
    return text.replace("\0", "\\")


def _cased(site: Site, text: str) -> str:
    return text.upper() if site.upper else text


def laid_out(site: Site, text: Text) -> list[str]:
    """The report as lines of plain text with the site's headings, an empty line between sections."""
    lines: list[str] = []
    for key, body in text:
        if lines:
            lines.append("")
        lines += _section(site, key, body)
    return lines


def _section(site: Site, key: str, body: str) -> list[str]:
    heading = site.headings.get(key, "")
    first, *rest = body.split("\n")
    lead = f"{heading} {first}".strip() if not rest else heading
    parts = [lead] if not rest else [heading, first, *rest]
    return [line for part in parts if part for line in textwrap.wrap(part, site.width, break_on_hyphens=False)]


def _line(site: Site, code: str, text: Text, status: str) -> list[str]:
    return [f"OBX|{n}|TX|{code}||{escaped(line)}||||||{status}" for n, line in enumerate(laid_out(site, text), 1)]


def _formatted(site: Site, code: str, text: Text, status: str) -> list[str]:
    return [f"OBX|1|FT|{code}||{_BREAK.join(escaped(line) for line in laid_out(site, text))}||||||{status}"]


def _repeat(site: Site, code: str, text: Text, status: str) -> list[str]:
    return [f"OBX|1|TX|{code}||{'~'.join(escaped(line) for line in laid_out(site, text))}||||||{status}"]


def _suffix(site: Site, code: str, text: Text, status: str) -> list[str]:
    out = []
    identifier, name, system = code.split("^")
    for n, (key, body) in enumerate(text, 1):
        impression = key in ("impression", "addendum")
        lines = [line for part in body.split("\n") for line in textwrap.wrap(part, site.width)] if impression else _section(site, key, body)
        if key == "addendum":
            lines.insert(0, site.headings[key])
        label = f"{identifier}&{'IMP' if impression else 'GDT'}^{name}^{system}"
        out.append(f"OBX|{n}|TX|{label}||{'~'.join(escaped(line) for line in lines)}||||||{status}")
    return out


def _chapter7(site: Site, code: str, text: Text, status: str) -> list[str]:
    # HL7 v2 chapter 7: dictated text of an impression goes in the second component, each impression in its own OBX
    identifier, name, system = code.split("^")
    out: list[str] = []
    for key, body in text:
        if key in ("impression", "addendum"):
            for sub, part in enumerate(body.split("\n"), 1):
                value = f"{site.headings[key]} {part}" if key == "addendum" else part
                out.append(
                    f"OBX|{len(out) + 1}|CWE|{identifier}&IMP^RADIOLOGIST'S IMPRESSION^{system}|{sub}|^{escaped(value)}||||||{status}"
                )
        else:
            lines = _BREAK.join(escaped(line) for line in _section(site, key, body))
            out.append(f"OBX|{len(out) + 1}|FT|{identifier}&GDT^{name}^{system}||{lines}||||||{status}")
    return out


def _loinc(_site: Site, _code: str, text: Text, status: str) -> list[str]:
    out = []
    for n, (key, body) in enumerate(text, 1):
        kind = "FT" if "\n" in body else "TX"
        out.append(f"OBX|{n}|{kind}|{_LOINC[key]}||{_BREAK.join(map(escaped, body.splitlines()))}||||||{status}")
    return out


def _note(site: Site, code: str, text: Text, status: str) -> list[str]:
    notes = [f"NTE|{n}|L|{escaped(line)}" for n, line in enumerate(laid_out(site, text), 1)]
    return [f"OBX|1|ST|{code}||SEE NOTES BELOW||||||{status}", *notes]


LAYOUTS: dict[str, Callable[[Site, str, Text, str], list[str]]] = {
    "line": _line,
    "formatted": _formatted,
    "repeat": _repeat,
    "suffix": _suffix,
    "chapter7": _chapter7,
    "loinc": _loinc,
    "note": _note,
}


def batch(site: Site, stamped: str, messages: list[bytes], count: int | None = None) -> bytes:
    """An HL7 batch file: FHS BHS messages BTS FTS. Source: HL7 v2.5.1 ch. 2.10.3."""
    head = f"|^~\\&|{site.application}|{site.key}|VQROUTE|{site.key}|{stamped}"
    lines = [f"FHS{head}||NIGHTLY.HL7||F{stamped}", f"BHS{head}||||B{stamped}"]
    tail = [f"BTS|{len(messages) if count is None else count}", "FTS|1"]
    return b"".join([*(line.encode() + site.end for line in lines), *messages, *(line.encode() + site.end for line in tail)])


def framed(content: bytes) -> bytes:
    """The message between the bytes of the lower layer protocol (MLLP), as some engines leave them in files."""
    return b"\x0b" + content + b"\x1c\r"
