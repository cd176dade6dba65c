"""The bytes of the invented hospital: ORU^R01, ADT^A08 and A40, and NM images."""

from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np

from tools.samples import nuclear
from tools.samples.dicomfile import Study, written
from tools.samples.people import Doctor
from tools.samples.people import Person as SamplePerson
from tools.samples.uids import uid
from tools.simulate import words
from tools.simulate.truth import AUTHORITY, HOSPITAL, Exam, Image, PatientNews, Person, Version

ZONE = ZoneInfo("America/Chicago")
OTHER_EXAMS = ("71046^XR CHEST 2 VIEWS^C4", "70450^CT HEAD WITHOUT CONTRAST^C4", "73721^MR KNEE LEFT^C4")


def oru(exam: Exam, version: Version, sign: int) -> bytes:
    """One report version. `sign` chooses among sentences of the same meaning: the same for all versions of an exam."""
    impressions = words.IMPRESSION[version.grade]
    if version.grade == "normal" and "perfusion-only" in exam.oddities and not exam.tells_too_much(version):
        impressions = words.PERFUSION_ONLY
    signed, sent, done = (_stamp(when, exam) for when in (version.signed, version.sent, exam.done))
    doctor = "^".join(words.DOCTORS[exam.number % len(words.DOCTORS)])
    texts = [("HIST", "Dyspnea."), ("78582&GDT", words.FINDINGS[sign % 3]), ("78582&IMP", impressions[sign % len(impressions)])]
    if version.addendum:
        texts.append(("78582&ADT", words.ADDENDUM))
    lines = [
        f"MSH|^~\\&|SIM|{HOSPITAL}|VQROUTE|X|{sent}||ORU^R01|{version.control}|{version.processing}|2.5.1",
        _pid(version.named, dead=version.dead),
        f"PV1|1|{'OEI'[exam.number % 3]}||||||||||||||{'VIP' if version.named.restricted else ''}",
        (
            f"OBR|1||{exam.accession}^{AUTHORITY}|78582^NM LUNG VENTILATION PERFUSION^C4|||{done}{'|' * 9}{doctor}"
            f"{'|' * 6}{signed}||NM|{version.status}"
        ),
        f"ZDS|{study_uid(exam)}^^Application^DICOM",
    ]
    # The study stands behind its order and before the results.
    for number, (code, text) in enumerate(texts, 1):
        label = "11329-0^History^LN" if code == "HIST" else f"{code}^^L"
        lines.append(f"OBX|{number}|TX|{label}||{text}||||||{version.status}")
    return _joined(lines)


def other_exam(number: int, when: datetime) -> bytes:
    """A result of another exam: most of the traffic."""
    stamp = f"{when:%Y%m%d%H%M%S}+0000"
    code = OTHER_EXAMS[number % len(OTHER_EXAMS)]
    return _joined(
        [
            f"MSH|^~\\&|SIM|{HOSPITAL}|VQROUTE|X|{stamp}||ORU^R01|N{number}|P|2.5.1",
            f"PID|1||Z{number:07d}^^^{HOSPITAL}^MR||PASSER^BY{number}||19500101|F",
            f"OBR|1||SN{number:07d}^{AUTHORITY}|{code}|||{stamp}{'|' * 15}{stamp}||RAD|F",
            f"OBX|1|TX|{code.split('^')[0]}&IMP^^L||No acute abnormality.||||||F",
        ]
    )


def adt(news: PatientNews) -> bytes:
    stamp = f"{news.arrives:%Y%m%d%H%M%S}+0000"
    person = news.person
    structure = "ADT_A39" if news.event == "A40" else "ADT_A01"
    lines = [
        f"MSH|^~\\&|SIM|{HOSPITAL}|VQROUTE|X|{stamp}||ADT^{news.event}^{structure}|A{news.event}{person.mrn}|P|2.5.1",
        f"EVN|{news.event}|{stamp}",
    ]
    if news.event == "A40":
        lines += [_pid(person, mrn=person.merged_into), f"MRG|{person.mrn}^^^{HOSPITAL}^MR"]
    else:
        lines += [_pid(person, dead=True), "PV1|1|O"]
    return _joined(lines)


def image(exam: Exam, one: Image) -> bytes:
    """An NM image: one that pydicom wrote, with this exam's values in the place of others of the same length."""
    content = _template(one.part, issued=exam.number % 20 > 0)
    person = one.named
    for old, new in (
        (_ACCESSION, exam.accession),
        (_MRN, person.mrn),
        (_NAME, f"{person.family}^{person.given}".ljust(len(_NAME))),
        (_BORN, person.born),
        ("O ", f"{person.sex} "),
        (_STUDY, study_uid(exam)),
        (_INSTANCE[one.part], _fixed(uid("sim-instance", exam.accession, one.part))),
        (_DAY, f"{exam.done.astimezone(ZONE):%Y%m%d}"),
        (_TIME, f"{exam.done.astimezone(ZONE):%H%M%S}"),
    ):
        before, after = old.encode(), new.encode()
        assert len(before) == len(after), (old, new)
        if old == "O ":
            before, after = _SEX + before, _SEX + after
        content = content.replace(before, after)
    return content


def study_uid(exam: Exam) -> str:
    return _fixed(uid("sim-study", exam.accession))


def _fixed(made: str) -> str:
    """A UID of always the same length."""
    return made[:40].ljust(40, "1")


_ACCESSION, _MRN, _NAME, _BORN, _DAY, _TIME = "SIM0000000", "M0000000", "Nobody^Nemo".ljust(32, "~"), "18011231", "18020703", "234556"
_SEX = b"\x10\x00\x40\x00CS\x02\x00"
"""Patient's Sex is one letter and a blank: found by its tag."""
_STUDY = _fixed("2.25.9876543210987654321098765432109876543210")
_INSTANCE: dict[str, str] = {}


@cache
def _template(part: str, *, issued: bool) -> bytes:
    family, given = _NAME.split("^")
    started = datetime(1802, 7, 3, 23, 45, 56, tzinfo=ZONE)
    study = Study(
        _ACCESSION,
        SamplePerson(_MRN, family, given, "O", _BORN, 0),
        started,
        "Simulated (invented)",
        "NM LUNG VQ",
        ("78582", "C4", "NM LUNG VENTILATION PERFUSION"),
        Doctor("D11", "Referrer", "Robin"),
        HOSPITAL,
        AUTHORITY if issued else "",
    )
    tracer = nuclear.MAA if part == "perfusion" else nuclear.TECHNEGAS
    ds = nuclear.reconstructed(study, tracer, np.ones((2, 4, 4), np.uint16), series=1, made=started, pixel_mm=4.0)
    ds.StudyInstanceUID = _STUDY
    ds.StudyID = "1"
    for name in ("StudyTime", "SeriesTime", "AcquisitionTime", "ContentTime", "InstanceCreationTime"):
        setattr(ds, name, _TIME)
    own = _fixed(uid("sim-template", part))
    _INSTANCE[part] = own
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = own  # type: ignore[assignment]
    return written(ds)


def _pid(person: Person, *, dead: bool = False, mrn: str = "") -> str:
    language = f"{'|' * 7}{person.language}"
    line = f"PID|1||{mrn or person.mrn}^^^{HOSPITAL}^MR||{person.family}^{person.given}||{person.born}|{person.sex}{language}"
    return line + "|" * 15 + "Y" if dead else line


def _stamp(when: datetime, exam: Exam) -> str:
    """Half of the exams come from a system that writes local time without an offset."""
    return f"{when.astimezone(ZONE):%Y%m%d%H%M%S}" if exam.local_time else f"{when:%Y%m%d%H%M%S}+0000"


def _joined(lines: list[str]) -> bytes:
    return "\r".join(lines).encode() + b"\r"
