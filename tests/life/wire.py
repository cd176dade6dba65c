"""Bytes as hospitals send them for the life of an exam: ORU^R01 of every status, the report as DICOM SR, images, ADT."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import generate_uid

from tests.readers.making import MAA, code, container, nm, structured, text_item, written

LOCAL = ZoneInfo("America/Chicago")
EPOCH = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
"""Slot 0 of the machine; a slot is five minutes. Invented people, an invented day."""

WORDS = {
    "absent": "No evidence of pulmonary embolism.",
    "normal": "Normal lung ventilation and perfusion scan.",
    "low": "Low probability for pulmonary embolism.",
    "indeterminate": "Indeterminate for pulmonary embolism.",
    "nondiagnostic": "Nondiagnostic scan for pulmonary embolism.",
    "high": "High probability for pulmonary embolism.",
    "unreadable": "See dictated note.",
}

STATUSES = {
    "P": ("P", "P"),
    "R": ("R", "R"),
    "F": ("F", "F"),
    "C": ("C", "C"),
    "C on the line": ("F", "C"),
    "A": ("A", "F"),
    "appended": ("F", "A"),
    "B": ("F", "B"),
    "U": ("F", "U"),
    "no result": ("F", "X"),
    "M": ("M", "F"),
    "empty": ("", "F"),
    "F over P": ("F", "P"),
    "X": ("X", "X"),
    "W": ("F", "W"),
    "D": ("F", "D"),
}
"""Name -> OBR-25 and the impression's OBX-11."""


@dataclass(frozen=True)
class Person:
    """One invented patient."""

    mrn: str
    name: str
    born: str
    sex: str

    @property
    def pid(self) -> str:
        return f"PID|1||{self.mrn}^^^GENERAL^MR||{self.name}||{self.born}|{self.sex}"


ANNA = Person("M-1", "SAMPLE^ANNA", "19600501", "F")
BERT = Person("M-2", "EXAMPLE^BERT", "19500109", "M")
CLEO = Person("M-3", "INVENTED^CLEO", "19710311", "F")
PEOPLE = {"anna": ANNA, "bert": BERT, "cleo": CLEO}


@dataclass(frozen=True)
class Letter:
    """One ORU^R01 to be written. `signed` and `sent` are aware times; None leaves the field empty."""

    person: Person = ANNA
    accessions: tuple[tuple[str, str], ...] = (("A-1", "RIS"),)
    status: str = "F"
    says: str = "absent"
    signed: datetime | None = EPOCH
    sent: datetime | None = EPOCH
    control: str = "C-1"
    processing: str = "P"
    release: str = ""
    dead: bool = False
    vip: bool = False

    @property
    def impression(self) -> str:
        return "" if self.status == "U" else WORDS[self.says]


def stamp(at: datetime | None) -> str:
    """Local time of the sample hospital, as its systems write it."""
    return at.astimezone(LOCAL).strftime("%Y%m%d%H%M%S") if at else ""


def oru(letter: Letter) -> bytes:
    """One message; with several accessions one OBR for each, and the text under the first."""
    order, result = STATUSES[letter.status]
    pid = letter.person.pid + ("|" * 21 + "|Y" if letter.dead else "")
    lines = [f"MSH|^~\\&|RIS|GENERAL|VQROUTE|X|{stamp(letter.sent)}||ORU^R01|{letter.control}|{letter.processing}|2.5.1", pid]
    if letter.vip:
        lines.append("PV1|1|O" + "|" * 14 + "VIP")
    for number, (accession, authority) in enumerate(letter.accessions, 1):
        lines.append(
            f"OBR|{number}||{accession}^{authority}|78582^NM LUNG VENTILATION PERFUSION^C4|||20260302080000"
            f"{'|' * 15}{stamp(letter.signed)}||NM|{order}"
        )
        if number == 1:
            lines += [
                "OBX|1|TX|78582&GDT^^L||Comparison was made with the chest radiograph.||||||" + ("F" if result == "D" else result),
                f"OBX|2|TX|78582&IMP^^L||{letter.impression}||||||{result}" + (f"{'|' * 15}{letter.release}" if letter.release else ""),
            ]
    return "\r".join(lines).encode() + b"\r"


def structured_report(letter: Letter, number: int = 1) -> bytes:
    """The same report as a DICOM Basic Text SR: final (F) or preliminary (P)."""
    accession, authority = letter.accessions[0]
    issuer = Dataset()
    issuer.LocalNamespaceEntityID = authority
    signed = (letter.signed or EPOCH).astimezone(LOCAL)
    made = structured(
        container(
            code("59776-5", "LN", "Findings"), text_item(code("121071", "DCM", "Finding"), "Comparison was made with the chest radiograph.")
        ),
        container(code("19005-8", "LN", "Impressions"), text_item(code("121073", "DCM", "Impression"), letter.impression)),
        verification="UNVERIFIED" if letter.status == "P" else "VERIFIED",
        AccessionNumber=accession,
        IssuerOfAccessionNumberSequence=Sequence([issuer]),
        StudyInstanceUID=study_uid(accession, authority),
        SOPInstanceUID=generate_uid(entropy_srcs=["sr", accession, str(number)]),
        **_who(letter.person),
    )
    made.ContentDate, made.ContentTime = signed.strftime("%Y%m%d"), signed.strftime("%H%M%S")
    return written(made)


def image(person: Person, accession: str, authority: str, number: int, at: datetime = EPOCH) -> bytes:
    """One NM image, whose accession names its issuer."""
    issuer = Dataset()
    issuer.LocalNamespaceEntityID = authority
    local = at.astimezone(LOCAL)
    made = nm(
        "NM LUNG VENTILATION PERFUSION",
        MAA,
        AccessionNumber=accession,
        IssuerOfAccessionNumberSequence=Sequence([issuer]),
        StudyInstanceUID=study_uid(accession, authority),
        SOPInstanceUID=generate_uid(entropy_srcs=["image", accession, authority, str(number)]),
        AcquisitionDateTime=local.strftime("%Y%m%d%H%M%S"),
        **_who(person),
    )
    return written(made)


def study_uid(accession: str, authority: str) -> str:
    return str(generate_uid(entropy_srcs=["study", accession, authority]))


def merge(surviving: Person, retired: Person, at: datetime, control: str) -> bytes:
    """ADT^A40: the number of `retired` is from now on one of `surviving`'s."""
    return _adt("A40", surviving, at, control, f"MRG|{retired.mrn}^^^GENERAL^MR")


def death(person: Person, at: datetime, control: str) -> bytes:
    """ADT^A08 with PID-30 Y."""
    return _adt("A08", person, at, control, "", pid="|" * 21 + f"{stamp(at)}|Y")


def _adt(event: str, person: Person, at: datetime, control: str, last: str, pid: str = "") -> bytes:
    lines = [
        f"MSH|^~\\&|ADT|GENERAL|VQROUTE|X|{stamp(at)}||ADT^{event}^ADT_A01|{control}|P|2.5.1",
        f"EVN|{event}|{stamp(at)}",
        person.pid + pid,
    ]
    return "\r".join([*lines, "PV1|1|O", *([last] if last else [])]).encode() + b"\r"


def _who(person: Person) -> dict[str, str]:
    born = {"PatientBirthDate": person.born, "PatientSex": person.sex}
    return {"PatientID": person.mrn, "PatientName": person.name.title(), **born}


def slot(number: int) -> datetime:
    """The moment of a slot."""
    return EPOCH + timedelta(minutes=5 * number)
