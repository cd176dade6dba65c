"""Positive results: high probability, PE present, PE-positive, chronic disease; and reports that come as DICOM SR."""

from datetime import date

from tools.samples import nuclear, sites
from tools.samples.hl7 import Exam, Version, framed, message
from tools.samples.imaging import Lungs, perfusion, ventilation
from tools.samples.people import Person
from tools.samples.sample import STUDY, Sample, nondiagnostic, positive
from tools.samples.sr import basic_text


def cases(first_day: date) -> list[Sample]:
    return [*_high(first_day), *_present(first_day), *_pe_positive(first_day), *_chronic(first_day), *_sr(first_day)]


def _high(first_day: date) -> list[Sample]:
    karl = Person("0044203", "Bogusson", "Karl", "M", "19611018", 13)
    exam = Exam(13, sites.FAIRHAVEN, karl, 6, "19:25", first_day, "SUDDEN DYSPNEA, LEFT LEG SWELLING")
    study = exam.study("NM LUNG VENT/PERF")
    lungs = Lungs(
        mismatched={
            "RUL-anterior": 0.06,
            "RLL-superior": 0.08,
            "RLL-posterior-basal": 0.07,
            "LUL-superior-lingula": 0.08,
            "LUL-inferior-lingula": 0.1,
            "LLL-lateral-basal": 0.08,
        },
        size=1.03,
    )
    text = (
        ("indication", "65 YEAR OLD MAN WITH SUDDEN SHORTNESS OF BREATH AND A SWOLLEN LEFT LEG. CREATININE 3.4."),
        ("technique", "TC-99M DTPA AEROSOL, THEN 4.2 MCI TC-99M MAA IV. EIGHT VIEWS EACH."),
        ("comparison", "CHEST X-RAY OF 17:50, NORMAL."),
        (
            "findings",
            "AEROSOL: EVEN IN BOTH LUNGS.\n"
            "PERFUSION: LARGE DEFECTS OF THE ANTERIOR SEGMENT OF THE RIGHT UPPER LOBE, THE SUPERIOR AND POSTERIOR BASAL SEGMENTS OF THE RIGHT "
            "LOWER LOBE, BOTH LINGULAR SEGMENTS AND THE LATERAL BASAL SEGMENT OF THE LEFT LOWER LOBE. NONE HAS A VENTILATION DEFECT.",
        ),
        ("impression", "HIGH PROBABILITY FOR PULMONARY EMBOLISM."),
        ("communication", "CALLED TO DR. QUILLINGTON AT 20:50, READ BACK."),
    )
    return [
        Sample(
            "13-high-probability-0-perfusion.dcm",
            "Perfusion images of exam 13: six segmental defects in both lungs.",
            perfusion(study, lungs),
            (STUDY,),
        ),
        Sample(
            "13-high-probability-0-ventilation.dcm",
            "Ventilation images of exam 13: even, so the defects are mismatched.",
            ventilation(study, lungs),
            (STUDY,),
        ),
        Sample(
            "13-high-probability-1-report.hl7",
            "High probability: the letter waits until somebody has spoken to the patient; a critical follow-up opens.",
            message(exam, Version(text, signed=80)),
            (positive("high"),),
        ),
    ]


def _present(first_day: date) -> list[Sample]:
    lotte = Person("LV300511", "Pretendson", "Lotte", "F", "19780423", 14, prefix="Ms")
    exam = Exam(14, sites.LAKEVIEW, lotte, 6, "14:00", first_day, "Post partum day 12, pleuritic pain", patient_class="I")
    text = (
        ("indication", "Pleuritic pain and a fast pulse twelve days after a Caesarean section."),
        ("technique", "V/Q SPECT with Technegas and 120 MBq of Tc-99m MAA."),
        ("comparison", "Chest X-ray of this morning: clear."),
        (
            "findings",
            "Ventilation is normal. There are wedge-shaped perfusion defects in segments 6 and 9 on the right and in segment 8 on the left, all of "
            "them mismatched. About a tenth of the lung is not perfused.",
        ),
        ("impression", "PE present, both lower lobes."),
        ("communication", "Telephoned to the maternity registrar at 15:30."),
    )
    return [
        Sample(
            "14-pe-present.hl7",
            "PE present, in a European style without any probability; an inpatient.",
            message(exam, Version(text)),
            (positive("present"),),
        )
    ]


def _pe_positive(first_day: date) -> list[Sample]:
    max_ = Person("NG118950", "Mustermann", "Max", "M", "19700101", 15)
    exam = Exam(15, sites.NORTHGATE, max_, 7, "08:30", first_day, "SYNCOPE")
    text = (
        ("indication", "Fainted at home, oxygen saturation 88 %."),
        ("technique", "Perfusion with Tc-99m MAA, read together with the chest film (PISAPED)."),
        ("comparison", "Chest film of 07:40: clear."),
        ("findings", "Several wedge-shaped defects that reach the pleura, in both lower lobes and in the right upper lobe."),
        ("impression", "PE-positive."),
    )
    return [
        Sample(
            "15-pe-positive.hl7",
            "PE-positive, two words for an impression; the file still has the MLLP bytes around the message.",
            framed(message(exam, Version(text))),
            (positive("present"),),
        )
    ]


def _chronic(first_day: date) -> list[Sample]:
    nora = Person("RB700203", "Makebelieve", "Nora", "F", "19690909", 16, language="en^English^ISO639")
    exam = Exam(
        16,
        sites.RIVERBEND,
        nora,
        7,
        "10:40",
        first_day,
        "Pulmonary hypertension on echocardiography; chronic thromboembolic disease?",
        patient_class="O",
    )
    study = exam.study("NM LUNG VENTILATION PERFUSION", charset="ISO_IR 192")
    lungs = Lungs(
        mismatched={
            "RUL-apical": 0.3,
            "RML-lateral": 0.15,
            "RLL-anterior-basal": 0.2,
            "RLL-lateral-basal": 0.25,
            "LUL-anterior": 0.2,
            "LLL-posterior-basal": 0.3,
        },
        patchy=0.18,
        heart=1.14,
    )
    text = (
        (
            "indication",
            "Progressive breathlessness for a year, pulmonary hypertension on echocardiography. Anticoagulated since the spring.",
        ),
        ("technique", "Technegas and 150 MBq of Tc-99m MAA, eight planar views of each."),
        ("comparison", "Outside scan of eight months ago, report only: the same segments."),
        (
            "findings",
            "Even ventilation. Segmental perfusion defects in the right upper, middle and lower lobes and in the left upper and lower lobes, "
            "mismatched, in the places that the earlier report names. Enlarged heart.",
        ),
        (
            "impression",
            "1. Findings of chronic thromboembolic pulmonary hypertension (CTEPH).\n2. No evidence of acute pulmonary embolism.",
        ),
    )
    return [
        Sample(
            "16-cteph-0-perfusion.dcm",
            "Perfusion images of exam 16: segmental defects in both lungs, not quite empty.",
            perfusion(study, lungs),
            (STUDY,),
        ),
        Sample(
            "16-cteph-0-ventilation.dcm",
            "Ventilation images of exam 16 (Technegas): even.",
            ventilation(study, lungs, nuclear.TECHNEGAS),
            (STUDY,),
        ),
        Sample(
            "16-cteph-1-report.hl7",
            "Chronic thromboembolic disease without an acute embolism: positive and chronic, with its own letter and clock.",
            message(exam, Version(text)),
            (positive("present", chronic=True),),
        ),
    ]


def _sr(first_day: date) -> list[Sample]:
    otto = Person("LV300533", "Cipherton", "Otto", "M", "19430617", 17)
    exam = Exam(17, sites.LAKEVIEW, otto, 8, "11:20", first_day, "?PE")
    study = exam.study("Lung scan - Ventilation/Perfusion", issued=True)
    reader = sites.LAKEVIEW.doctors[1]
    body = (
        ("indication", "Collapse in the garden, oxygen saturation 90 %."),
        ("technique", "Technegas and MAA, planar, eight views each. The patient coughed through the Technegas part."),
        ("findings", "Central clumps of Technegas in both lungs. Perfusion is patchy; two defects can not be compared with ventilation."),
    )
    first = (*body, ("impression", "Nondiagnostic V/Q scan (registrar's reading, to be checked)."))
    last = (*body, ("impression", "Nondiagnostic V/Q scan because of poor ventilation images."))
    petra = Person("LV300540", "Dummyfield", "Petra", "F", "19870203", 18)
    second = Exam(18, sites.LAKEVIEW, petra, 8, "15:10", first_day, "?PE")
    sure = (
        ("indication", "Right-sided chest pain, fourth day after abdominal surgery."),
        ("technique", "Krypton-81m and MAA, planar."),
        ("findings", "Normal krypton images. Three large perfusion defects in the right lung and one in the left."),
        ("impression", "High probability of pulmonary embolism."),
    )
    return [
        Sample(
            "17-structured-report-1-unverified.dcm",
            "DICOM Basic Text SR, complete but not verified: no letter yet, the follow-up opens as preliminary.",
            basic_text(study, body=first, minutes=60, number=1, reader=reader, verified=False),
            (nondiagnostic("nondiagnostic", notice="never", report_status="preliminary"),),
        ),
        Sample(
            "17-structured-report-2-verified.dcm",
            "The verified SR of the same exam (TID 2000, LOINC headings), which names the first one as its predecessor.",
            basic_text(study, body=last, minutes=170, number=2, reader=reader, verified=True),
            (nondiagnostic("nondiagnostic"),),
        ),
        Sample(
            "18-structured-report-high.dcm",
            "A verified DICOM SR with a high probability, in the older DCM heading codes (121072 and the like).",
            basic_text(
                second.study("Lung scan - Ventilation/Perfusion", issued=True),
                body=sure,
                minutes=90,
                number=1,
                reader=reader,
                verified=True,
                legacy=True,
            ),
            (positive("high"),),
        ),
    ]
