"""Negative results in five house styles: normal, low, very low, PE absent, no evidence of PE."""

from datetime import date

from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from tools.samples import nuclear, sites
from tools.samples.hl7 import Exam, Version, message
from tools.samples.imaging import Lungs, perfusion, spect, ventilation
from tools.samples.people import Person
from tools.samples.sample import STUDY, Sample, negative


def cases(first_day: date) -> list[Sample]:
    return [
        *_normal(first_day),
        *_low(first_day),
        *_very_low(first_day),
        *_absent(first_day),
        *_no_evidence(first_day),
        *_spanish(first_day),
    ]


def _normal(first_day: date) -> list[Sample]:
    ada = Person("RB700101", "Testperson", "Ada", "F", "19680307", 1, "Quill", language="en^English^ISO639")
    exam = Exam(1, sites.RIVERBEND, ada, 0, "09:20", first_day, "Shortness of breath for three days; iodine contrast allergy.")
    study = exam.study("NM LUNG VENTILATION PERFUSION", charset="ISO_IR 192")
    lungs = Lungs()
    text = (
        ("indication", "58-year-old woman, short of breath for three days. Severe reaction to iodinated contrast in the past."),
        (
            "technique",
            "Ventilation: 37 MBq of Tc-99m DTPA aerosol by mask. Perfusion: 148 MBq of Tc-99m MAA into a right antecubital vein. "
            "Eight planar views of each.",
        ),
        ("comparison", "Chest radiograph of the same morning: clear lungs, normal heart size."),
        (
            "findings",
            "Ventilation: even deposition in both lungs. A little aerosol in the trachea and, swallowed, in the stomach.\n"
            "Perfusion: even tracer in both lungs out to the pleura on all eight views. The fissures are not seen. The cardiac notch is as expected.",
        ),
        ("impression", "Normal ventilation-perfusion lung scan."),
    )
    return [
        Sample(
            "01-normal-0-perfusion.dcm",
            "Perfusion images of exam 01: eight planar views after Tc-99m MAA, even.",
            perfusion(study, lungs),
            (STUDY,),
        ),
        Sample(
            "01-normal-0-ventilation.dcm",
            "Ventilation images of exam 01: eight planar views after DTPA aerosol, a little tracer in windpipe and stomach.",
            ventilation(study, lungs),
            (STUDY,),
        ),
        Sample(
            "01-normal-1-report.hl7",
            "A normal scan; HL7 2.5.1, UTF-8, one OBX a section with LOINC codes (impression 19005-8), accession in OBR-18.",
            message(exam, Version(text)),
            (negative("normal"),),
        ),
    ]


def _low(first_day: date) -> list[Sample]:
    bert = Person("0044120", "Sampleton", "Bert", "M", "19510922", 2, "T")
    exam = Exam(2, sites.FAIRHAVEN, bert, 0, "11:05", first_day, "Dyspnea, COPD, r/o PE")
    study = exam.study("NM LUNG VENT/PERF")
    lungs = Lungs(
        balls=((-88, -25, 66, 34, 0.1), (86, 35, 74, 32, 0.15), (-84, 48, -52, 30, 0.15), (92, -30, 30, 20, 0.4)),
        size=1.05,
        heart=1.06,
        patchy=0.42,
    )
    text = (
        ("indication", "74 YEAR OLD MAN, LONG SMOKING HISTORY, MORE SHORT OF BREATH SINCE YESTERDAY. RULE OUT PULMONARY EMBOLISM."),
        ("technique", "INHALATION OF TC-99M DTPA AEROSOL, THEN 4.0 MCI TC-99M MAA IV. EIGHT STANDARD VIEWS FOR BOTH PARTS."),
        ("comparison", "CHEST X-RAY TODAY. NO EARLIER LUNG SCAN."),
        (
            "findings",
            "AEROSOL: PATCHY, WITH LESS ACTIVITY IN BOTH UPPER ZONES AND AT THE RIGHT BASE.\n"
            "PERFUSION: NONSEGMENTAL AREAS OF REDUCED ACTIVITY IN BOTH UPPER ZONES AND AT THE RIGHT BASE, EACH WITH A VENTILATION DEFECT "
            "OF THE SAME SIZE. NO SEGMENTAL DEFECT.\n"
            "CHEST X-RAY: HYPERINFLATED, NO CONSOLIDATION, NO EFFUSION.",
        ),
        ("impression", "LOW PROBABILITY FOR PULMONARY EMBOLISM.\nMATCHED CHANGES IN KEEPING WITH OBSTRUCTIVE AIRWAYS DISEASE."),
    )
    return [
        Sample(
            "02-low-probability-0-perfusion.dcm",
            "Perfusion images of exam 02: patchy, matched nonsegmental defects (COPD). Implicit VR, accession with issuer.",
            perfusion(exam.study("NM LUNG VENT/PERF", issued=True), lungs, syntax=ImplicitVRLittleEndian),
            (STUDY,),
        ),
        Sample(
            "02-low-probability-0-ventilation.dcm", "Ventilation images of exam 02: the same defects.", ventilation(study, lungs), (STUDY,)
        ),
        Sample(
            "02-low-probability-1-report.hl7",
            "Low probability; HL7 2.3, one OBX for each line of the report, hard-wrapped, all in capitals.",
            message(exam, Version(text)),
            (negative("low"),),
        ),
    ]


def _very_low(first_day: date) -> list[Sample]:
    clara = Person("NG118822", "Exampleby", "Clara", "F", "19840619", 3)
    exam = Exam(3, sites.NORTHGATE, clara, 1, "14:10", first_day, "PLEURITIC PAIN LEFT, NEGATIVE CHEST FILM")
    text = (
        ("indication", "Stabbing pain on the left when breathing in, since a cold last week."),
        ("technique", "Krypton-81m ventilation and Tc-99m MAA perfusion, eight views."),
        ("comparison", "Chest radiograph of today, normal."),
        (
            "findings",
            "Perfusion shows one small nonsegmental area of reduced activity at the left base, smaller on the krypton images. Otherwise both lungs "
            "fill and perfuse evenly.",
        ),
        ("impression", "Very low probability for pulmonary embolism by modified PIOPED II criteria."),
    )
    return [
        Sample(
            "03-very-low-probability.hl7",
            "Very low probability in the words of modified PIOPED II; HL7 2.3.1, LF line ends, &GDT and &IMP suffixes, ~ as line break.",
            message(exam, Version(text)),
            (negative("very_low"),),
        )
    ]


def _absent(first_day: date) -> list[Sample]:
    dorian = Person("LV300456", "Placeholder", "Dorian", "M", "19590111", 4, prefix="Mr")
    exam = Exam(4, sites.LAKEVIEW, dorian, 1, "10:30", first_day, "Raised D-dimer, COPD, ?PE", code=("NLVQS", "Lung scan V/Q SPECT", "LVI"))
    study = exam.study("Lung V/Q SPECT")
    lungs = Lungs(
        reversed={"RUL-apical": 0.35, "RUL-posterior": 0.4, "LUL-apicoposterior": 0.35},
        patchy=0.16,
    )
    text = (
        ("indication", "Known COPD. Breathless on the stairs for a week, D-dimer raised."),
        ("technique", "V/Q SPECT with Technegas and 150 MBq of Tc-99m macroaggregated albumin."),
        ("comparison", "Chest X-ray 2 days ago. No previous lung scan."),
        (
            "findings",
            "Ventilation is uneven, with poor filling of both upper lobes. Perfusion of the upper lobes is better than their ventilation "
            "(reverse mismatch). Perfusion reaches the pleura everywhere else. There is no wedge-shaped perfusion defect.",
        ),
        ("impression", "PE absent. Reverse mismatch in both upper lobes, as in airways disease."),
    )
    return [
        Sample(
            "04-pe-absent-0-perfusion.dcm",
            "Perfusion SPECT of exam 04, reconstructed axial slices.",
            spect(study, lungs, part="perfusion", tracer=nuclear.MAA),
            (STUDY,),
        ),
        Sample(
            "04-pe-absent-0-ventilation.dcm",
            "Ventilation SPECT of exam 04 (Technegas): poor filling of both upper lobes, a reverse mismatch.",
            spect(study, lungs, part="ventilation", tracer=nuclear.TECHNEGAS),
            (STUDY,),
        ),
        Sample(
            "04-pe-absent-1-report.hl7",
            "PE absent with a (harmless) reverse mismatch; HL7 2.4, CRLF, the whole report in one OBX with \\.br\\.",
            message(exam, Version(text)),
            (negative("absent"),),
        ),
    ]


def _no_evidence(first_day: date) -> list[Sample]:
    helene = Person("SO5501", "Modèle-Fictif", "Hélène", "F", "19730528", 5, "Zoé")
    exam = Exam(5, sites.SAINTE_ODILE, helene, 2, "08:45", first_day, "Chest pain after a long flight", orderer=0, reader=1)
    study = exam.study("NM LUNG VQ")
    lungs = Lungs(size=0.95, heart=0.96)
    text = (
        ("indication", "Chest pain two days after a long flight. Seen by Dr. Chêneau."),
        ("technique", "Tc-99m DTPA aerosol, then Tc-99m MAA; eight projections each."),
        ("comparison", "Chest radiograph of the same day."),
        ("findings", "Ventilation and perfusion agree. No perfusion defect in any segment. Normal heart shadow."),
        ("impression", "No evidence of pulmonary embolism.\nNo other abnormality."),
    )
    return [
        Sample(
            "05-no-evidence-of-pe-0-perfusion.dcm",
            "Perfusion images of exam 05; the patient's name in Latin-1 (ISO_IR 100), uncompressed pixels.",
            perfusion(study, lungs, syntax=ExplicitVRLittleEndian),
            (STUDY,),
        ),
        Sample(
            "05-no-evidence-of-pe-0-ventilation.dcm", "Ventilation images of exam 05.", ventilation(study, lungs, stomach=0.9), (STUDY,)
        ),
        Sample(
            "05-no-evidence-of-pe-1-report.hl7",
            "No evidence of PE; HL7 2.5, Latin-1 names (MSH-18 8859/1), impression as CWE with the text in OBX-5.2, one OBX for each impression.",
            message(exam, Version(text)),
            (negative("absent"),),
        ),
    ]


def _spanish(first_day: date) -> list[Sample]:
    lucia = Person("RB700148", "Inventada Ejemplo", "Lucía", "F", "19620830", 6, language="es^Spanish^ISO639")
    exam = Exam(
        6, sites.RIVERBEND, lucia, 2, "13:15", first_day, "Fast heartbeat and breathlessness after a knee operation.", patient_class="O"
    )
    text = (
        ("indication", "Fast heartbeat and breathlessness ten days after a knee replacement. Interpreter present."),
        ("technique", "Technegas and Tc-99m MAA, eight planar views of each."),
        ("comparison", "Chest radiograph of yesterday."),
        ("findings", "Both lungs fill and perfuse evenly. The left hemidiaphragm stands a little high. No segmental defect."),
        ("impression", "No scintigraphic evidence of pulmonary embolism."),
    )
    return [
        Sample(
            "06-spanish-speaking.hl7",
            "The patient's record asks for Spanish (PID-15 es); the report is English. Sites without a Spanish letter send the default one with taglines.",
            message(exam, Version(text)),
            (negative("absent"),),
        )
    ]
