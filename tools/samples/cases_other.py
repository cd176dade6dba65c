"""Files that are not for us, and files that are broken: each must be left alone or put aside, and never stop the rest."""

from datetime import date, timedelta

import numpy as np
from pydicom.uid import CTImageStorage

from tools.samples import sites
from tools.samples.dicomfile import add_pixels, new, one, tm, written
from tools.samples.hl7 import Exam, Text, Version, message
from tools.samples.imaging import seeded
from tools.samples.people import Person
from tools.samples.phantom import Chest, grid
from tools.samples.sample import NOT_VQ, REJECTED, Expect, Sample


def cases(first_day: date) -> list[Sample]:
    return [*_other_reports(first_day), *_other_messages(first_day), *_ct_image(first_day), *_broken(first_day)]


def _other_reports(first_day: date) -> list[Sample]:
    wanda = Person("RB700311", "Bystander", "Wanda", "F", "19791111", 60, language="en^English^ISO639")
    ct = Exam(
        60, sites.RIVERBEND, wanda, 24, "08:00", first_day, "Chest pain, PE?", code=("71275", "CT ANGIOGRAPHY CHEST (PE PROTOCOL)", "CPT4")
    )
    ct_text: Text = (
        ("indication", "Chest pain. Pulmonary embolism? V/Q scan not available tonight."),
        ("findings", "Filling defects in segmental arteries of the right lower lobe."),
        ("impression", "Positive for acute pulmonary embolism in the right lower lobe."),
    )
    xenia = Person("NG119120", "Onlooker", "Xenia", "F", "19901231", 61)
    duplex = Exam(
        61,
        sites.NORTHGATE,
        xenia,
        24,
        "10:00",
        first_day,
        "NONDIAGNOSTIC V/Q SCAN",
        code=("93970", "US VENOUS DUPLEX LEGS BILATERAL", "CPT4"),
    )
    duplex_text: Text = (
        ("indication", "Nondiagnostic ventilation-perfusion scan of yesterday."),
        ("findings", "All deep veins of both legs can be compressed."),
        ("impression", "No deep vein thrombosis."),
    )
    yves = Person("0044400", "Visitor", "Yves", "M", "19450514", 62)
    bone = Exam(62, sites.FAIRHAVEN, yves, 24, "12:00", first_day, "BACK PAIN", code=("78306", "NM BONE SCAN WHOLE BODY", "CPT4"))
    bone_text: Text = (
        ("indication", "BACK PAIN."),
        ("findings", "DEGENERATIVE UPTAKE AT L4/L5."),
        ("impression", "NO EVIDENCE OF METASTASES."),
    )

    def nm_replaced(content: bytes, section: bytes) -> bytes:
        return content.replace(b"|NM|F|", b"|" + section + b"|F|", 1)

    return [
        Sample(
            "60-chest-ct-report.hl7",
            "A CT angiogram that is positive for an embolism, and that names a V/Q scan: another exam, not ours to read.",
            nm_replaced(message(ct, Version(ct_text)), b"CT"),
            (NOT_VQ,),
        ),
        Sample(
            "61-leg-ultrasound.hl7",
            "An ultrasound of the legs because of a nondiagnostic V/Q scan: the words are in the reason only.",
            nm_replaced(message(duplex, Version(duplex_text)), b"US"),
            (NOT_VQ,),
        ),
        Sample("62-bone-scan-report.hl7", "Nuclear medicine, but a bone scan.", message(bone, Version(bone_text)), (NOT_VQ,)),
    ]


def _other_messages(first_day: date) -> list[Sample]:
    zita = Person("HL88140", "Passerby", "Zita", "F", "19881003", 63)
    exam = Exam(63, sites.HARBOR, zita, 25, "07:30", first_day)
    site, when = sites.HARBOR, f"{exam.scanned:%Y%m%d%H%M%S}"
    pid = f"PID|1||{zita.mrn}^^^{site.key}^MR||Passerby^Zita||19881003|F|||66 Nowhere Lane^^{site.town}||^PRN^PH^^1^555^5550163"

    def joined(kind: str, control: str, *rest: str) -> bytes:
        msh = f"MSH|^~\\&|{site.application}|{site.key}|VQROUTE|{site.key}|{when}||{kind}|{control}|P|2.4"
        return b"".join(line.encode() + b"\r" for line in (msh, *rest))

    lab = joined(
        "ORU^R01",
        "HA06301",
        pid,
        f"OBR|1|L9001|L26-0063|48065-7^Fibrin D-dimer FEU^LN|||{when}|||||||||H2^Ravenscroft^Delia||||||{when}||HM|F",
        "OBX|1|NM|48065-7^Fibrin D-dimer FEU^LN||0.34|mg/L|<0.50|N|||F",
        "NTE|1|L|With a low clinical probability a pulmonary embolism is unlikely; V/Q scan not needed.",
    )
    admission = joined("ADT^A08", "HA06401", f"EVN|A08|{when}", pid, "PV1|1|O")
    order = joined("ORM^O01", "HA06501", pid, "PV1|1|O", "ORC|NW|700065", f"OBR|1|700065||HL778^V/Q SCAN LUNG^HLI|||{when}")
    return [
        Sample("63-lab-result.hl7", "A D-dimer whose comment names embolism, low probability and V/Q.", lab, (NOT_VQ,)),
        Sample("64-admission.hl7", "An ADT^A08 (patient data updated): no result.", admission, (NOT_VQ,)),
        Sample("65-order.hl7", "An order for a V/Q scan: no result yet.", order, (NOT_VQ,)),
    ]


def _ct_image(first_day: date) -> list[Sample]:
    arno = Person("RB700330", "Slice", "Arno", "M", "19680229", 66)
    exam = Exam(66, sites.RIVERBEND, arno, 25, "11:00", first_day, code=("71275", "CT ANGIOGRAPHY CHEST (PE PROTOCOL)", "CPT4"))
    study = exam.study("CT CHEST PE PROTOCOL", charset="ISO_IR 192")
    made = study.started + timedelta(minutes=4)
    ds = new(study, CTImageStorage, "CT", 3, 41, made)
    chest = Chest()
    x, y, _ = grid()
    level = 50
    hounsfield = np.where(chest.body[:, :, level], 40, -1000)
    hounsfield = np.where(chest.lungs[:, :, level], -820, hounsfield)
    hounsfield = np.where((x**2 + (y - 78) ** 2 < 18**2)[:, :, 0], 320, hounsfield)
    noisy = hounsfield + np.round(seeded("ct").random(hounsfield.shape) * 40 - 20)
    ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    ds.AcquisitionNumber = 1
    ds.AcquisitionDate, ds.AcquisitionTime = f"{made:%Y%m%d}", tm(made)
    ds.SeriesDescription = "CTPA 4.0"
    ds.BodyPartExamined = "CHEST"
    ds.AnatomicRegionSequence = one(("816094009", "SCT", "Chest"))
    ds.FrameOfReferenceUID = study.uid + ".1"
    ds.PositionReferenceIndicator = ""
    ds.PatientPosition = "HFS"
    ds.KVP = 120
    ds.ImagePositionPatient = [-176, -124, 0]
    ds.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    ds.PixelSpacing = [4, 4]
    ds.SliceThickness = 4
    ds.RescaleIntercept = -1024
    ds.RescaleSlope = 1
    add_pixels(ds, np.clip(noisy + 1024, 0, 4095).astype(np.uint16))
    return [Sample("66-ct-image.dcm", "One slice of a chest CT: an image, but not of a lung scan.", written(ds), (NOT_VQ,))]


def _broken(first_day: date) -> list[Sample]:
    bodo = Person("RB700350", "Fragment", "Bodo", "M", "19710717", 70)
    exam = Exam(70, sites.RIVERBEND, bodo, 26, "10:00", first_day)
    text: Text = (("findings", "Even."), ("impression", "Normal lung scan."))
    whole = message(exam, Version(text))
    nameless = (
        message(exam, Version(text, serial=2))
        .replace(b"RB700350^^^RIVERBEND^MR", b"")
        .replace(b"Fragment^Bodo", b"")
        .replace(b"19710717", b"")
    )
    page = b"<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head>\n<body><h1>502 Bad Gateway</h1></body></html>\n"
    note = (
        b"Note for the night shift\n"
        b"\n"
        b"The interface engine was restarted at 02:10. Please send the lung scans of Monday again\n"
        b"and call the help desk (555-0170) when they have arrived.\n"
    )
    as_text = Expect(
        "rejected",
        follow_up="rejected",
        explain=(("outcome", "read"), ("category", "review"), ("notice", "hold"), ("follow_up", "unreadable"), ("report_status", "final")),
    )
    return [
        Sample(
            "70-truncated.hl7",
            "The connection broke inside PID, before any identifier: put aside with a reason, and somebody is told.",
            whole[: whole.index(b"PID|1||") + len(b"PID|1||")],
            (REJECTED,),
        ),
        Sample("71-no-patient.hl7", "A report whose PID holds no identifier, no name and no birth date.", nameless, (REJECTED,)),
        Sample("72-empty.hl7", "An empty file.", b"", (REJECTED,)),
        Sample(
            "73-note.txt",
            "A text file that somebody left in the folder. `vqroute explain` takes any .txt for the text of a final report.",
            note,
            (as_text,),
        ),
        Sample("74-not-dicom.dcm", "The web page of a failing gateway, saved under a .dcm name.", page, (REJECTED,)),
    ]
