"""Several versions of one report: corrections, addenda, late and repeated messages, retraction."""

from datetime import date

from tools.samples import sites
from tools.samples.hl7 import Exam, Text, Version, message
from tools.samples.people import Person
from tools.samples.sample import Expect, Sample, negative, nondiagnostic, positive


def cases(first_day: date) -> list[Sample]:
    return [
        *_corrections(first_day),
        *_addenda(first_day),
        *_discrepancy(first_day),
        *_promoted(first_day),
        *_out_of_order(first_day),
        *_taken_back(first_day),
    ]


def _text(indication: str, findings: str, impression: str, *more: tuple[str, str]) -> Text:
    return (("indication", indication), ("findings", findings), ("impression", impression), *more)


def _corrections(first_day: date) -> list[Sample]:
    rita = Person("RB700219", "Fabricant", "Rita", "F", "19760130", 19, language="en^English^ISO639")
    up = Exam(19, sites.RIVERBEND, rita, 9, "09:00", first_day, "Chest pain")
    before = _text(
        "Chest pain on the right.", "Ventilation and perfusion look alike in both lungs.", "Low probability for pulmonary embolism."
    )
    after = _text(
        "Chest pain on the right.",
        "Corrected: the ventilation images of another day had been loaded. With the right ones, three large perfusion defects in the right "
        "lower lobe and one in the left are mismatched.",
        "High probability for pulmonary embolism.",
    )
    sven = Person("0044260", "Imaginer", "Sven", "M", "19500511", 20)
    down = Exam(20, sites.FAIRHAVEN, sven, 9, "17:30", first_day, "DYSPNEA")
    wrong = _text(
        "DYSPNEA AFTER A JOURNEY.",
        "TWO LARGE PERFUSION DEFECTS AT THE LEFT BASE, AEROSOL NORMAL.",
        "HIGH PROBABILITY FOR PULMONARY EMBOLISM.",
    )
    right = _text(
        "DYSPNEA AFTER A JOURNEY.",
        "CORRECTED REPORT. THE DEFECTS WERE THOSE OF A METAL NECKLACE AND A PACEMAKER, THE REPEATED VIEWS SHOW EVEN PERFUSION.",
        "NO EVIDENCE OF PULMONARY EMBOLISM.",
    )
    return [
        Sample(
            "19-correction-up-1-final.hl7",
            "A low probability that will be corrected (next file): on its own the letter may leave.",
            message(up, Version(before)),
            (negative("low"),),
        ),
        Sample(
            "19-correction-up-2-corrected.hl7",
            "The correction (status C) flips the verdict to high: the first letter is stopped or taken back, a critical follow-up opens.",
            message(up, Version(after, signed=190, status="C", serial=2)),
            (positive("high", report_status="corrected"),),
        ),
        Sample(
            "20-correction-down-1-final.hl7",
            "A high probability that will be corrected (next file).",
            message(down, Version(wrong)),
            (positive("high"),),
        ),
        Sample(
            "20-correction-down-2-corrected.hl7",
            "The correction takes the embolism back: the letter may leave, and the critical follow-up stays open as result-changed until somebody has seen it.",
            message(down, Version(right, signed=240, status="C", serial=2)),
            (negative("absent", follow_up="result-changed", report_status="corrected", explain={"follow_up": None}),),
        ),
    ]


def _addenda(first_day: date) -> list[Sample]:
    tilda = Person("HL88034", "Sampleson", "Tilda", "F", "19811214", 21)
    same = Exam(21, sites.HARBOR, tilda, 10, "10:15", first_day, "Chest pain", patient_class="O")
    body = _text("Chest pain.", "Small matched changes at both bases. No segmental defect.", "Low probability for pulmonary embolism.")
    restated = (
        *body,
        (
            "addendum",
            "The chest film of the same day has now been seen. The impression is unchanged: low probability for pulmonary embolism.",
        ),
    )
    udo = Person("NG119001", "Nobody", "Udo", "M", "19530322", 22)
    changed = Exam(22, sites.NORTHGATE, udo, 10, "12:00", first_day, "COUGH AND FEVER")
    first = _text(
        "Cough and fever.",
        "One matched defect of the right lower zone. No chest film was at hand.",
        "Low probability for pulmonary embolism.",
    )
    second = (
        *first,
        (
            "addendum",
            "The chest film has arrived and shows an opacity of the same size in the right lower zone. The category is therefore changed from "
            "low to intermediate probability for pulmonary embolism.",
        ),
    )
    return [
        Sample(
            "21-addendum-same-1-final.hl7", "A low probability, with an addendum to come.", message(same, Version(body)), (negative("low"),)
        ),
        Sample(
            "21-addendum-same-2-addendum.hl7",
            "The addendum keeps the verdict and says so: nothing changes for the patient.",
            message(same, Version(restated, signed=300, status="C", serial=2)),
            (negative("low", report_status="corrected"),),
        ),
        Sample(
            "22-addendum-changes-1-final.hl7",
            "A low probability, with an addendum to come.",
            message(changed, Version(first)),
            (negative("low"),),
        ),
        Sample(
            "22-addendum-changes-2-addendum.hl7",
            "The addendum plainly replaces the verdict, low becomes intermediate: the addendum wins.",
            message(changed, Version(second, signed=310, status="C", serial=2)),
            (nondiagnostic("intermediate", report_status="corrected"),),
        ),
    ]


def _discrepancy(first_day: date) -> list[Sample]:
    vera = Person("0044288", "Standin", "Vera", "F", "19631105", 23)
    exam = Exam(23, sites.FAIRHAVEN, vera, 11, "03:20", first_day, "R/O PE")
    night = _text(
        "RULE OUT PE.",
        "PATCHY PERFUSION AT BOTH BASES, AEROSOL IMAGES NOT YET REVIEWED.",
        "INTERMEDIATE PROBABILITY FOR PULMONARY EMBOLISM.",
    )
    day = _text(
        "RULE OUT PE.",
        "PERFUSION AND AEROSOL ARE EVEN IN BOTH LUNGS. BREAST SHADOW ON THE ANTERIOR VIEWS.",
        "NORMAL VENTILATION AND PERFUSION LUNG SCAN.",
    )
    return [
        Sample(
            "23-discrepancy-1-preliminary.hl7",
            "A preliminary intermediate read at night.",
            message(exam, Version(night, signed=50, status="P")),
            (nondiagnostic("intermediate", notice="never", report_status="preliminary"),),
        ),
        Sample(
            "23-discrepancy-2-final.hl7",
            "The final report of the morning says normal: somebody may have acted on the preliminary one, so the letter waits and the follow-up becomes a discrepancy.",
            message(exam, Version(day, signed=330, serial=2)),
            (negative("normal", notice="hold", follow_up="discrepancy", explain={"notice": "release", "follow_up": None}),),
        ),
    ]


def _promoted(first_day: date) -> list[Sample]:
    willa = Person("HL88051", "Pseudon", "Willa", "F", "19590808", 24)
    exam = Exam(24, sites.HARBOR, willa, 11, "14:45", first_day, "Dyspnea")
    text = _text("Dyspnea, heart failure.", "Patchy perfusion with effusions on both sides.", "Nondiagnostic scan for pulmonary embolism.")
    final: Text = (("impression", ""),)
    return [
        Sample(
            "24-final-without-text-1-preliminary.hl7",
            "A preliminary report with text.",
            message(exam, Version(text, signed=60, status="P")),
            (nondiagnostic("nondiagnostic", notice="never", report_status="preliminary"),),
        ),
        Sample(
            "24-final-without-text-2-final.hl7",
            "The final message does not send the text again (OBX-11 U): the stored preliminary text counts. Alone it can not be read.",
            message(exam, Version(final, signed=150, obx="U", serial=2)).replace(b"Assessment:", b""),
            (nondiagnostic("nondiagnostic", explain={"category": "review", "grade": None, "notice": "hold", "follow_up": "unreadable"}),),
        ),
    ]


def _out_of_order(first_day: date) -> list[Sample]:
    xaver = Person("LV300577", "Phantomius", "Xaver", "M", "19480229", 25)
    late = Exam(25, sites.LAKEVIEW, xaver, 12, "09:30", first_day, "?PE")
    old = _text("Breathless.", "Technegas images of poor quality, perfusion uneven.", "Nondiagnostic for PE.")
    new = _text("Breathless.", "The Technegas part was repeated and is good. Matched changes only.", "No evidence of PE.")
    yolanda = Person("MC-20958", "Ficta", "Yolanda", "F", "19920415", 26)
    twice = Exam(26, sites.MERROW, yolanda, 12, "16:00", first_day, "CHEST PAIN")
    text = _text("Chest pain after a fall.", "Xenon and MAA are even.", "Normal lung scan.")
    never = {"notice": "never", "follow_up": None}
    return [
        Sample(
            "25-late-original-1-corrected.hl7",
            "A correction that arrives before the report it corrects.",
            message(late, Version(new, signed=260, status="C", serial=2)),
            (negative("absent", report_status="corrected"),),
        ),
        Sample(
            "25-late-original-2-original.hl7",
            "The original arrives last; it was signed earlier, so it is superseded at once and causes nothing.",
            message(late, Version(old, signed=100, sent=102)),
            (nondiagnostic("nondiagnostic", **never, explain={"notice": "release", "follow_up": "indeterminate"}),),
        ),
        Sample("26-sent-twice-1.hl7", "A normal report.", message(twice, Version(text)), (negative("normal"),)),
        Sample(
            "26-sent-twice-2.hl7",
            "The same report again under a new message number: a repeat, which changes nothing.",
            message(twice, Version(text, sent=700, serial=2)),
            (negative("normal", **never, explain={"notice": "release"}),),
        ),
    ]


def _taken_back(first_day: date) -> list[Sample]:
    zeno = Person("RB700266", "Stagename", "Zeno", "M", "19650606", 27, language="en^English^ISO639")
    exam = Exam(27, sites.RIVERBEND, zeno, 13, "11:10", first_day, "Dyspnea")
    text = _text("Dyspnea.", "Even ventilation and perfusion.", "Normal ventilation-perfusion lung scan.")
    gone = Expect("read", "negative", "normal", follow_up="identity", report_status="entered-in-error")
    return [
        Sample(
            "27-wrong-patient-1-final.hl7",
            "A normal report, filed under the wrong patient.",
            message(exam, Version(text)),
            (negative("normal"),),
        ),
        Sample(
            "27-wrong-patient-2-retracted.hl7",
            "The source takes it back (OBX-11 W, original wrong): no letter, what is pending is cancelled, and somebody must find out whose report it was.",
            message(exam, Version(text, signed=95, sent=150, status="C", obx="W", serial=2)),
            (gone,),
        ),
    ]
