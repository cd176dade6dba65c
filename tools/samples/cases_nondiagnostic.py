"""Results that could not decide: intermediate, indeterminate, nondiagnostic, ranges, and low under modified PIOPED II."""

from datetime import date

from tools.samples import sites
from tools.samples.hl7 import Exam, Version, message
from tools.samples.imaging import Lungs, perfusion, ventilation, xenon
from tools.samples.people import Person
from tools.samples.sample import STUDY, Sample, nondiagnostic


def cases(first_day: date) -> list[Sample]:
    return [*_intermediate(first_day), *_indeterminate(first_day), *_nondiagnostic(first_day), *_ranges(first_day)]


def _intermediate(first_day: date) -> list[Sample]:
    egon = Person("0044187", "Fictus", "Egon", "M", "19470402", 7)
    exam = Exam(7, sites.FAIRHAVEN, egon, 3, "02:10", first_day, "Hypoxia on ward, fever", patient_class="I")
    study = exam.study("NM LUNG VENT/PERF")
    lungs = Lungs(
        matched={"RLL-lateral-basal": 0.05, "RLL-anterior-basal": 0.1},
        balls=((84, 55, -55, 26, 0.35),),
        heart=1.1,
        patchy=0.3,
    )
    body = (
        ("indication", "79 YEAR OLD MAN, NEW OXYGEN NEED AND FEVER. PULMONARY EMBOLISM?"),
        ("technique", "TC-99M DTPA AEROSOL AND 4.1 MCI TC-99M MAA, EIGHT VIEWS EACH, DONE AT NIGHT ON THE PORTABLE BED."),
        ("comparison", "PORTABLE CHEST X-RAY FROM 01:20."),
        (
            "findings",
            "RIGHT LOWER ZONE: PERFUSION DEFECT OF TWO BASAL SEGMENTS WITH A VENTILATION DEFECT AND AN X-RAY OPACITY OF THE SAME SIZE. "
            "THE REMAINING LUNG IS PATCHY ON BOTH PARTS.",
        ),
    )
    first = (*body, ("impression", "PRELIMINARY READ BY THE RESIDENT ON CALL: INTERMEDIATE PROBABILITY FOR PULMONARY EMBOLISM."))
    last = (*body, ("impression", "INTERMEDIATE PROBABILITY FOR PULMONARY EMBOLISM.\nRIGHT LOWER LOBE CONSOLIDATION."))
    return [
        Sample(
            "07-intermediate-0-perfusion.dcm",
            "Perfusion images of exam 07: two basal segments of the right lung.",
            perfusion(study, lungs),
            (STUDY,),
        ),
        Sample(
            "07-intermediate-0-ventilation.dcm",
            "Ventilation images of exam 07: the same two segments.",
            ventilation(study, lungs),
            (STUDY,),
        ),
        Sample(
            "07-intermediate-1-preliminary.hl7",
            "The resident's preliminary read (OBR-25 and OBX-11 P): no letter, the follow-up opens at once, marked preliminary.",
            message(exam, Version(first, signed=70, status="P")),
            (nondiagnostic("intermediate", notice="never", report_status="preliminary"),),
        ),
        Sample(
            "07-intermediate-2-final.hl7",
            "The final report says the same: the letter may leave, and the follow-up of the preliminary becomes the final one's.",
            message(exam, Version(last, signed=400, serial=2)),
            (nondiagnostic("intermediate"),),
        ),
    ]


def _indeterminate(first_day: date) -> list[Sample]:
    freda = Person("MC-20913", "Notreal", "Freda", "F", "19390716", 8)
    exam = Exam(8, sites.MERROW, freda, 3, "15:40", first_day, "COPD, chest pain")
    study = exam.study("LUNG SCAN VENT / PERF")
    trapping = ("RUL-apical", "RUL-posterior", "LUL-apicoposterior", "RLL-superior", "LLL-superior")
    lungs = Lungs(matched={"RUL-posterior": 0.55, "LUL-apicoposterior": 0.6}, mismatched={"LLL-lateral-basal": 0.3}, patchy=0.4, size=1.04)
    text = (
        ("indication", "87-year-old woman with emphysema and chest pain since last night."),
        ("technique", "Xenon-133 by closed circuit, posterior: single breath, equilibrium, washout. Then MAA, eight views."),
        ("comparison", "None."),
        (
            "findings",
            "Single breath is uneven. Washout is slow in both upper zones and both superior lower segments, still visible at five minutes. "
            "Perfusion is patchy. One defect at the left base lies where the xenon can not be judged.",
        ),
        ("impression", "Indeterminate probability for pulmonary embolism. Ultrasound of the leg veins would help."),
    )
    return [
        Sample(
            "08-indeterminate-0-perfusion.dcm",
            "Perfusion images of exam 08: emphysema and one defect at the left base.",
            perfusion(study, lungs, counts=330e3),
            (STUDY,),
        ),
        Sample(
            "08-indeterminate-0-xenon.dcm",
            "Ventilation of exam 08: Xe-133 dynamic from behind, one single-breath, four equilibrium and eleven washout frames, slow in the upper zones.",
            xenon(study, lungs, trapping=trapping),
            (STUDY,),
        ),
        Sample(
            "08-indeterminate-1-report.hl7",
            "Indeterminate probability; HL7 2.3, the text is in NTE segments below one OBX that only says so.",
            message(exam, Version(text)),
            (nondiagnostic("indeterminate"),),
        ),
    ]


def _nondiagnostic(first_day: date) -> list[Sample]:
    gus = Person("RB700177", "Mockridge", "Gus", "M", "19551203", 9, language="en^English^ISO639")
    exam = Exam(9, sites.RIVERBEND, gus, 4, "16:20", first_day, "Chest tightness; bilateral airspace disease on the film.")
    text = (
        ("indication", "Chest tightness and oxygen need. Bilateral airspace disease."),
        ("technique", "Tc-99m DTPA aerosol and 152 MBq of Tc-99m MAA, eight planar views of each."),
        ("comparison", "Chest radiograph of today: patchy opacities in all zones."),
        (
            "findings",
            "Ventilation and perfusion are reduced in many places in both lungs, for the most part alike. Several areas correspond to the "
            "opacities on the radiograph, others can not be attributed.",
        ),
        ("impression", "1. Nondiagnostic ventilation-perfusion scan.\n2. Recommend CT pulmonary angiography if renal function allows."),
        ("communication", "Discussed by telephone with Dr. Halvorsen at 18:05."),
    )
    return [
        Sample(
            "09-nondiagnostic.hl7",
            "Nondiagnostic, with a recommendation that must not be read as a verdict: letter and follow-up.",
            message(exam, Version(text)),
            (nondiagnostic("nondiagnostic"),),
        )
    ]


def _ranges(first_day: date) -> list[Sample]:
    hedda = Person("NG118907", "Sketchly", "Hedda", "F", "19660214", 10)
    pioped = Exam(10, sites.NORTHGATE, hedda, 4, "09:50", first_day, "CHEST PAIN, CKD STAGE 4")
    ivo = Person("HL88012", "Blankson", "Ivo", "M", "19700925", 11)
    low = Exam(11, sites.HARBOR, ivo, 5, "10:00", first_day, "Dyspnea", patient_class="O")
    juno = Person("HL88019", "Draftwell", "Juno", "F", "19581130", 12)
    high = Exam(12, sites.HARBOR, juno, 5, "11:30", first_day, "Dyspnea, swollen leg", patient_class="O")
    named = (
        ("indication", "Chest pain, kidney disease stage 4."),
        ("technique", "Technegas and MAA, eight views each. Read by modified PIOPED II."),
        ("comparison", "Chest film of today, right lower zone opacity."),
        ("findings", "A single matched defect at the right base together with the opacity on the film (triple match, lower zone)."),
        ("impression", "Low probability for pulmonary embolism (modified PIOPED II)."),
    )
    lower = (
        ("indication", "Breathless for a month."),
        ("findings", "One moderate perfusion defect in the lingula, partly matched by the aerosol. The film is clear there."),
        ("impression", "Low to intermediate probability for pulmonary embolism."),
    )
    upper = (
        ("indication", "Short of breath, left calf swollen."),
        (
            "findings",
            "One large perfusion defect in the right lower lobe without an aerosol defect, and a moderate one beside it that is partly matched.",
        ),
        ("impression", "Intermediate to high probability for pulmonary embolism. Ultrasound of the legs suggested."),
    )
    return [
        Sample(
            "10-low-under-pioped-ii.hl7",
            "Low probability where the report itself names modified PIOPED II: that scheme counts low as nondiagnostic, whatever the site's setting.",
            message(pioped, Version(named)),
            (nondiagnostic("low"),),
        ),
        Sample(
            "11-low-to-intermediate.hl7",
            "A range that touches intermediate: the reader did not decide. HL7 2.4, ~ as line break, heading Assessment.",
            message(low, Version(lower)),
            (nondiagnostic("intermediate"),),
        ),
        Sample(
            "12-intermediate-to-high.hl7",
            "A range that reaches high: nondiagnostic, but the letter waits and the follow-up has the clock of a positive one.",
            message(high, Version(upper)),
            (nondiagnostic("intermediate", notice="hold"),),
        ),
    ]
