"""Reports that read plainly, where something other than the text decides: who, when, which exam, which status."""

from dataclasses import replace
from datetime import date

from tools.samples import nuclear, sites
from tools.samples.hl7 import Exam, Text, Version, batch, message, segments
from tools.samples.imaging import Lungs, perfusion, ventilation
from tools.samples.people import Person
from tools.samples.sample import STUDY, Sample, negative, nondiagnostic, positive


def cases(first_day: date) -> list[Sample]:
    return [
        *_pregnant(first_day),
        *_minor(first_day),
        *_deceased(first_day),
        *_test_message(first_day),
        *_batch(first_day),
        *_other_person(first_day),
        *_two_exams(first_day),
        *_status(first_day),
    ]


def _pregnant(first_day: date) -> list[Sample]:
    alma = Person("SO5544", "Inventé", "Alma", "F", "19950712", 28)
    exam = Exam(
        28, sites.SAINTE_ODILE, alma, 14, "13:30", first_day, "Pregnant, 24 weeks, dyspnea", code=("78580", "NM Lung Perfusion", "CPT4")
    )
    study = exam.study("NM LUNG PERFUSION")
    lungs = Lungs(size=0.93, heart=1.08)
    text = (
        ("indication", "24 weeks pregnant, short of breath for two days. Ultrasound of both legs without thrombosis."),
        ("technique", "Perfusion only, with half of the usual activity: 74 MBq of Tc-99m MAA, eight views. Ventilation was left out."),
        ("comparison", "Chest radiograph with shielding, clear."),
        ("findings", "Even perfusion of both lungs out to the pleura. High diaphragm."),
        ("impression", "PE absent."),
    )
    return [
        Sample(
            "28-pregnancy-0-perfusion.dcm",
            "Perfusion-only images of exam 28, half the activity and half the counts.",
            perfusion(study, lungs, counts=190e3, dose_mbq=74, minutes=6),
            (STUDY,),
        ),
        Sample(
            "28-pregnancy-1-report.hl7",
            "Perfusion-only in pregnancy (CPT 78580), PE absent.",
            message(exam, Version(text, signed=50)),
            (negative("absent"),),
        ),
    ]


def _minor(first_day: date) -> list[Sample]:
    benno = Person("RB700281", "Toymaker", "Benno", "M", "20121019", 29, language="en^English^ISO639")
    exam = Exam(29, sites.RIVERBEND, benno, 15, "10:10", first_day, "Chest pain, family history of clots")
    study = exam.study("NM LUNG VENTILATION PERFUSION", charset="ISO_IR 192")
    lungs = Lungs(size=0.82)
    text = (
        ("indication", "13-year-old boy with chest pain at rest; an aunt had clots."),
        ("technique", "Krypton-81m and 60 MBq of Tc-99m MAA, eight views each."),
        ("findings", "Even krypton and MAA in both lungs."),
        ("impression", "Normal lung scan."),
    )
    return [
        Sample(
            "29-minor-0-ventilation.dcm",
            "Ventilation images of exam 29 (Kr-81m): the chest of a boy of thirteen.",
            ventilation(study, lungs, nuclear.KRYPTON, counts=150e3),
            (STUDY,),
        ),
        Sample(
            "29-minor-1-report.hl7",
            "A normal scan of a minor: the letter waits for somebody to say who gets it.",
            message(exam, Version(text)),
            (negative("normal", notice="hold"),),
        ),
    ]


def _deceased(first_day: date) -> list[Sample]:
    cosima = Person("0044301", "Storybook", "Cosima", "F", "19380926", 30)
    exam = Exam(30, sites.FAIRHAVEN, cosima, 15, "18:00", first_day, "ARREST, RESUSCITATED", patient_class="I", died="")
    exam = replace(exam, died=f"{exam.scanned:%Y%m%d}2210")
    text = (
        ("indication", "RESUSCITATED ON THE WARD, RIGHT HEART STRAIN ON ECHO."),
        ("findings", "ABSENT PERFUSION OF THE LEFT LOWER LOBE AND OF THREE SEGMENTS ON THE RIGHT WITH A NORMAL AEROSOL STUDY."),
        ("impression", "HIGH PROBABILITY FOR PULMONARY EMBOLISM."),
    )
    return [
        Sample(
            "30-deceased.hl7",
            "The patient died before the report was signed (PID-29, PID-30): never a letter; the follow-up opens all the same.",
            message(exam, Version(text, signed=360)),
            (positive("high", notice="never"),),
        )
    ]


def _test_message(first_day: date) -> list[Sample]:
    dora = Person("NG000000", "Interface", "Check", "F", "19800101", 31)
    exam = Exam(31, sites.NORTHGATE, dora, 15, "07:00", first_day, "INTERFACE TEST")
    text: Text = (
        ("findings", "Message for trying out the interface after the upgrade."),
        ("impression", "High probability for pulmonary embolism."),
    )
    return [
        Sample(
            "31-test-message.hl7",
            "A training message (MSH-11 T): recorded, and nothing else: no letter, no follow-up.",
            message(exam, Version(text, processing="T")),
            (positive("high", notice="never", follow_up=None),),
        )
    ]


def _batch(first_day: date) -> list[Sample]:
    people = (
        Person("HL88070", "Madeup", "Emil", "M", "19800312", 32),
        Person("HL88071", "Unreal", "Fanny", "F", "19460901", 33),
        Person("HL88072", "Contrived", "Georg", "M", "19711222", 34),
    )
    texts: tuple[Text, ...] = (
        (("indication", "Chest pain."), ("findings", "Technegas and MAA even."), ("impression", "Normal V/Q scan.")),
        (
            ("indication", "Oxygen need after hip surgery."),
            ("findings", "Four mismatched segments, two on each side."),
            ("impression", "Positive for acute pulmonary embolism."),
        ),
        (
            ("indication", "Dyspnea, pneumonia."),
            ("findings", "Opacities on both sides with matching defects."),
            ("impression", "Non-diagnostic for pulmonary embolism."),
        ),
    )
    exams = [
        Exam(32 + n, sites.HARBOR, person, 16, f"{9 + n:02d}:00", first_day, "See report", patient_class="O")
        for n, person in enumerate(people)
    ]
    messages = [message(exam, Version(text)) for exam, text in zip(exams, texts, strict=True)]
    return [
        Sample(
            "32-batch.hl7",
            "A batch file (FHS, BHS, BTS, FTS) with three exams: normal, positive, nondiagnostic.",
            batch(sites.HARBOR, f"{exams[0].scanned:%Y%m%d}230000", messages),
            (negative("normal"), positive("present"), nondiagnostic("nondiagnostic")),
        )
    ]


def _other_person(first_day: date) -> list[Sample]:
    hanna = Person("LV300601", "Doublet", "Hanna", "F", "19560417", 35, prefix="Mrs")
    igor = Person("LV300602", "Wrongman", "Igor", "M", "19440820", 36, prefix="Mr")
    exam = Exam(35, sites.LAKEVIEW, hanna, 17, "11:45", first_day, "?PE")
    images = replace(exam, person=igor)
    text: Text = (
        ("indication", "Breathless since the weekend."),
        ("findings", "Even Technegas and even perfusion."),
        ("impression", "No evidence of pulmonary embolism."),
    )
    return [
        Sample(
            "35-another-person-0-perfusion.dcm",
            "Perfusion images under the accession of exam 35, but of another patient than the report's.",
            perfusion(images.study("Lung scan - Ventilation/Perfusion", issued=True), Lungs(size=1.06, heart=1.12)),
            (STUDY,),
        ),
        Sample(
            "35-another-person-1-report.hl7",
            "Report and images of one accession name two people: the letter waits, and an identity follow-up opens.",
            message(exam, Version(text)),
            (negative("absent", notice="hold", follow_up="identity", explain={"notice": "release", "follow_up": None}),),
        ),
    ]


def _two_exams(first_day: date) -> list[Sample]:
    jette = Person("0044333", "Playactor", "Jette", "F", "19720605", 37)
    exam = Exam(36, sites.FAIRHAVEN, jette, 17, "20:15", first_day, "DYSPNEA")
    film = replace(exam, number=136, code=("71046", "XR CHEST 2 VIEWS", "CPT4"))
    film_text: Text = (
        ("findings", "WEDGE-SHAPED OPACITY AT THE RIGHT BASE."),
        ("impression", "OPACITY AT THE RIGHT BASE, PULMONARY EMBOLISM WITH INFARCT IS POSSIBLE. V/Q SCAN TO FOLLOW."),
    )
    scan_text: Text = (
        ("indication", "DYSPNEA, OPACITY ON THE CHEST X-RAY."),
        ("findings", "MATCHED DEFECT AT THE RIGHT BASE, SMALLER THAN THE OPACITY ON THE FILM."),
        ("impression", "LOW PROBABILITY FOR PULMONARY EMBOLISM."),
    )
    header, first = segments(film, Version(film_text))
    _, second = segments(exam, Version(scan_text))
    first[0] = first[0].replace("|NM|F|", "|RAD|F|", 1)
    second[0] = second[0].replace("OBR|1|", "OBR|2|", 1)
    header[0] = header[0].replace("FA136", "FA036")
    content = b"".join(line.encode() + sites.FAIRHAVEN.end for line in [*header, *first, *second])
    return [
        Sample(
            "36-chest-film-in-same-message.hl7",
            "One message with two orders: a chest film whose impression speaks of an embolism, and the V/Q scan. Only the scan's text counts.",
            content,
            (negative("low"),),
        )
    ]


def _status(first_day: date) -> list[Sample]:
    kurt = Person("HL88090", "Alias", "Kurt", "M", "19640718", 38)
    waiting = Exam(38, sites.HARBOR, kurt, 18, "02:40", first_day, "Collapse")
    early: Text = (
        ("indication", "Collapse."),
        ("findings", "No perfusion of the whole right lower lobe, Technegas normal there."),
        ("impression", "High probability for pulmonary embolism."),
    )
    liv = Person("MC-20990", "Noname", "Liv", "F", "19860309", 39)
    open_ = Exam(39, sites.MERROW, liv, 18, "12:20", first_day, "CHEST PAIN")
    plain: Text = (
        ("indication", "Chest pain."),
        ("findings", "Even xenon, even MAA."),
        ("impression", "No evidence of pulmonary embolism."),
    )
    return [
        Sample(
            "38-preliminary-positive.hl7",
            "A preliminary high probability whose final has not come: no letter, the follow-up opens at once.",
            message(waiting, Version(early, signed=40, status="P")),
            (positive("high", notice="never", report_status="preliminary"),),
        ),
        Sample(
            "39-status-missing.hl7",
            "Neither OBR-25 nor OBX-11 says whether the report is final: the letter waits, a person looks.",
            message(open_, Version(plain, status="")),
            (negative("absent", notice="hold", follow_up="unreadable", report_status="unknown"),),
        ),
    ]
