"""Reports that no program should decide: they go to a person, and the patient gets nothing yet."""

import base64
from datetime import date

from tools.samples import sites
from tools.samples.hl7 import Exam, Text, Version, message
from tools.samples.people import Person
from tools.samples.sample import Sample, review


def cases(first_day: date) -> list[Sample]:
    return [
        *_quantitative(first_day),
        *_unclear(first_day),
        *_unknown_exam(first_day),
        *_spanish_report(first_day),
        *_pdf(first_day),
        *_unfinished(first_day),
    ]


def _quantitative(first_day: date) -> list[Sample]:
    mona = Person("SO5560", "Exemple", "Mona", "F", "19570228", 40)
    exam = Exam(
        40,
        sites.SAINTE_ODILE,
        mona,
        19,
        "09:00",
        first_day,
        "Lung cancer, before right upper lobectomy",
        code=("78598", "NM Lung Quantitative Differential Ventilation and Perfusion", "CPT4"),
        patient_class="O",
    )
    text: Text = (
        ("indication", "Tumour of the right upper lobe, planned lobectomy. FEV1 1.7 L."),
        ("technique", "DTPA aerosol and MAA, anterior and posterior views, geometric mean of counts."),
        (
            "findings",
            "Perfusion: right lung 44 % (upper third 9 %, middle 21 %, lower 14 %), left lung 56 %. Ventilation: right 46 %, left 54 %.",
        ),
        ("impression", "Split function: right 44 %, left 56 % of perfusion.\nPredicted FEV1 after right upper lobectomy 1.5 L."),
    )
    return [
        Sample(
            "40-quantitative.hl7",
            "A quantitative study before surgery (CPT 78598): nobody asked about an embolism, so no category; a slow follow-up.",
            message(exam, Version(text)),
            (review("no-pe-question"),),
        )
    ]


def _unclear(first_day: date) -> list[Sample]:
    people = (
        Person("0044352", "Charade", "Nils", "M", "19540410", 41),
        Person("LV300633", "Makeshift", "Olga", "F", "19671119", 42),
        Person("NG119077", "Pretext", "Paul", "M", "19490101", 43),
        Person("HL88103", "Facade", "Quirina", "F", "19830727", 44),
    )
    exams = (
        Exam(41, sites.FAIRHAVEN, people[0], 19, "13:00", first_day, "DYSPNEA"),
        Exam(42, sites.LAKEVIEW, people[1], 20, "10:00", first_day, "?PE"),
        Exam(43, sites.NORTHGATE, people[2], 20, "11:30", first_day, "CHEST PAIN"),
        Exam(44, sites.HARBOR, people[3], 20, "15:00", first_day, "Chest pain"),
    )
    texts: tuple[Text, ...] = (
        (
            ("indication", "DYSPNEA."),
            ("findings", "TWO DEFECTS AT THE LEFT BASE, AEROSOL PARTLY PRESERVED."),
            ("impression", "LOW PROBABILITY FOR PULMONARY EMBOLISM.\nHIGH PROBABILITY FOR PULMONARY EMBOLISM IN THE LEFT LOWER LOBE."),
        ),
        (
            ("indication", "Known to the chest clinic."),
            ("findings", "Perfusion of the left lower lobe is less than on the last scan."),
            ("impression", "Appearances as discussed at the meeting; clot burden to be reviewed with the chest team."),
        ),
        (
            ("indication", "Chest pain."),
            ("findings", "Perfusion is uneven at both bases, ventilation less so."),
            ("impression", "Pulmonary embolism cannot be entirely excluded."),
        ),
        (
            ("indication", "Chest pain."),
            ("findings", "Three large mismatched segmental perfusion defects in the right lung and two in the left. Technegas is even."),
            ("impression", "No evidence of pulmonary embolism."),
        ),
    )
    names = ("41-contradiction.hl7", "42-unread-mention.hl7", "43-hedged.hl7", "44-findings-disagree.hl7")
    abouts = (
        "The impression says low and high: a person reads it.",
        "No verdict, and a word about clot that no rule understands: nothing is left unread in silence.",
        "A hedge (cannot be entirely excluded) is no verdict.",
        "The impression says no embolism, the findings describe five mismatched segments: one of them is wrong (a left-out word, perhaps).",
    )
    rows = zip(names, abouts, exams, texts, strict=True)
    return [Sample(name, about, message(exam, Version(text)), (review(),)) for name, about, exam, text in rows]


def _unknown_exam(first_day: date) -> list[Sample]:
    rolf = Person("MC-21004", "Dummett", "Rolf", "M", "19770513", 45)
    exam = Exam(45, sites.MERROW, rolf, 21, "14:20", first_day, "CHEST PAIN", code=("NM399", "NM SPECIAL STUDY", "L"))
    text: Text = (
        ("indication", "Chest pain."),
        ("technique", "Technegas, then Tc-99m MAA, eight views of each."),
        ("findings", "Lung ventilation and lung perfusion are even."),
        ("impression", "No evidence of pulmonary embolism."),
    )
    return [
        Sample(
            "45-unknown-exam-code.hl7",
            "A nuclear-medicine report about lung perfusion under an exam code that is on no list: never dropped, a person looks.",
            message(exam, Version(text)),
            (review(),),
        )
    ]


def _spanish_report(first_day: date) -> list[Sample]:
    sara = Person("SO5571", "Ficticia", "Sara", "F", "19601002", 46, language="es")
    exam = Exam(46, sites.SAINTE_ODILE, sara, 21, "16:10", first_day, "Dolor torácico")
    text: Text = (
        ("indication", "Dolor torácico y disnea desde ayer."),
        ("technique", "Ventilación con aerosol de DTPA y perfusión con MAA, ocho proyecciones."),
        ("findings", "La ventilación y la perfusión son homogéneas en ambos pulmones."),
        ("impression", "Gammagrafía pulmonar normal. No hay signos de tromboembolismo pulmonar."),
    )
    return [
        Sample(
            "46-report-in-spanish.hl7",
            "The report itself is in Spanish, which is not read (yet): a person reads it.",
            message(exam, Version(text)),
            (review(),),
        )
    ]


def _pdf(first_day: date) -> list[Sample]:
    tom = Person("RB700290", "Papertown", "Tom", "M", "19480803", 47, language="en^English^ISO639")
    exam = Exam(47, sites.RIVERBEND, tom, 22, "09:40", first_day, "Dyspnea")
    content = message(exam, Version((("impression", "PLACE"),)))
    old = b"OBX|1|TX|19005-8^Impression^LN||PLACE|"
    new = b"OBX|1|ED|18748-4^Diagnostic imaging report^LN||^application^pdf^Base64^" + base64.b64encode(_picture_pdf()) + b"|"
    assert old in content
    return [
        Sample(
            "47-pdf-only.hl7",
            "The report is only a PDF in OBX-5 (a page with a grey box): nothing to read, a person opens it.",
            content.replace(old, new),
            (review(),),
        )
    ]


def _picture_pdf() -> bytes:
    """The smallest honest PDF: one page, a grey rectangle, no text."""
    drawing = b"0.8 g 72 72 400 600 re f"
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(drawing), drawing),
    ]
    out, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(out))
        out += b"%d 0 obj%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + b"xref\n0 5\n0000000000 65535 f \n" + table + b"trailer<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(out)


def _unfinished(first_day: date) -> list[Sample]:
    ute = Person("MC-21019", "Template", "Ute", "F", "19740607", 48)
    unfilled = Exam(48, sites.MERROW, ute, 22, "13:50", first_day, "DYSPNEA")
    blank: Text = (
        ("indication", "Dyspnea."),
        ("findings", "Ventilation: [normal/abnormal]. Perfusion: [normal/abnormal]."),
        ("impression", "[Low/Intermediate/High] probability for pulmonary embolism."),
    )
    viktor = Person("0044371", "Cutoff", "Viktor", "M", "19521209", 49)
    cut = Exam(49, sites.FAIRHAVEN, viktor, 23, "10:30", first_day, "DYSPNEA")
    long: Text = (
        ("indication", "DYSPNEA AFTER SURGERY."),
        ("technique", "TC-99M DTPA AEROSOL AND 4.0 MCI TC-99M MAA."),
        ("findings", "AEROSOL: EVEN.\nPERFUSION: LARGE DEFECT OF THE LEFT LOWER LOBE AND A MODERATE ONE IN THE RIGHT UPPER LOBE."),
        ("impression", "HIGH PROBABILITY FOR PULMONARY EMBOLISM."),
    )
    whole = message(cut, Version(long))
    return [
        Sample(
            "48-template-not-filled.hl7",
            "The reader signed a template without filling it: every grade is there, so none counts.",
            message(unfilled, Version(blank)),
            (review(),),
        ),
        Sample(
            "49-cut-in-the-findings.hl7",
            "The message breaks off in the middle of a findings line; patient and order are whole, so a person is asked to get the rest.",
            whole[: whole.index(b"AND A MODERATE") - 12],
            (review(report_status="unknown"),),
        ),
    ]
