"""V/Q or not: the exam decides, by codes and words of the configuration."""

from pathlib import Path

import pytest

from pipeline.config import packaged, parse_file
from pipeline.config.studies import Studies
from pipeline.domain.arrival import NotForUs
from pipeline.domain.report import Report
from pipeline.errors import Misconfigured
from pipeline.readers.exams import Verdict, exams_of
from tests.readers.making import CONFIG, PID, message, msh, obr, obx, one

EXAMS = exams_of(CONFIG.studies)
TRACER = "After 185 MBq Tc-99m MAA, perfusion of both lungs was imaged. No PE."


def judged(code: str, name: str, modality: str = "NM") -> Verdict:
    return EXAMS.judge((code,) if code else (), (name,) if name else (), modality)


@pytest.mark.parametrize(
    ("code", "name", "modality"),
    [
        ("78582", "", ""),
        ("78580", "PERFUSION SCAN", "NM"),
        ("78579", "", "RAD"),
        ("39942-8", "NM Lung Ventilation and Perfusion", ""),
        ("", "NM V/Q Ventilation Perfusion Lung Scan", ""),
        ("", "NM Perfusion Lung Scan", ""),
        ("", "NM Quantitative Ventilation Perfusion Lung Scan", "NM"),
        ("", "Emerg-Lung Scan V/Q(Aero+PERF", ""),
        ("", "Lung Perfusion Scan", ""),
        ("", "Lung Scan Vent / Perf", ""),
        ("", "Lung Scan - Ventilation/Perfus", ""),
        ("", "NM Lung ventilation scan V", ""),
        ("", "NM Lung perfusion scan Q", ""),
        ("", "Lung Soon - Vent & Perfusion", ""),
        ("", "VENTILATION/PERFUSION SCAN", ""),
        ("", "V/Q SPECT/CT", "CT"),
        ("", "VQ", ""),
        ("NMVQ", "", ""),
        ("78597", "NM LUNG QUANTITATIVE DIFFERENTIAL", "NM"),
        ("", "NM RIGHT TO LEFT SHUNT MAA", "NM"),
        ("", "NM LIVER LUNG SHUNT Y-90 MAPPING", "NM"),
        ("", "68Ga VENTILATION-PERFUSION PET/CT", "PT"),
        ("", "Gammagrafía pulmonar", ""),
        ("", "Lungenperfusionsszintigraphie", ""),
    ],
)
def test_lung_scans(code: str, name: str, modality: str) -> None:
    assert judged(code, name, modality) is Verdict.LUNG


@pytest.mark.parametrize(
    ("code", "name", "modality"),
    [
        ("71275", "CT ANGIO CHEST PE PROTOCOL", "CT"),
        ("", "CTPA", ""),
        ("", "CT LUNG PERFUSION", "CT"),
        ("", "MR LUNG VENTILATION AND MORE", "MR"),
        ("", "XR CHEST 2 VIEWS", ""),
        ("USV", "US VENOUS DUPLEX LEGS", "US"),
        ("48065-7", "Fibrin D-dimer FEU", "COAG"),
        ("", "NM BONE SCAN WHOLE BODY", "NM"),
        ("", "NM MYOCARDIAL PERFUSION SPECT", "NM"),
        ("", "BRAIN PERFUSION SPECT", "NM"),
        ("", "V-P SHUNT SERIES", "XR"),
        ("", "NM V-P SHUNT PATENCY", "NM"),
        ("", "PULMONARY FUNCTION TEST", ""),
        ("85025", "", "HM"),
    ],
)
def test_other_exams(code: str, name: str, modality: str) -> None:
    assert judged(code, name, modality) is Verdict.OTHER


@pytest.mark.parametrize(
    ("code", "name", "modality"), [("78582", "CT HEAD", "CT"), ("", "XR CHEST FOR VQ SCAN", "XR"), ("78582", "NM BONE SCAN", "NM")]
)
def test_contradictions_are_for_a_person(code: str, name: str, modality: str) -> None:
    assert judged(code, name, modality) is Verdict.CONFLICT


def outcome(exam: str, modality: str, text: str) -> Report | NotForUs:
    what = one(message(msh(), PID, obr(exam=exam, f24=modality), obx(text))).what
    assert isinstance(what, Report | NotForUs)
    return what


@pytest.mark.parametrize(
    ("exam", "modality"),
    [
        ("7788^NM SPECIAL STUDY", "NM"),
        ("7788^SPECIAL", "NM"),
        ("", "NM"),
        ("NM7788^SPECIAL", ""),
        ("7788^STUDY", ""),
        ("", ""),
        ("78803^NM SPECT SINGLE AREA", "NM"),
    ],
)
def test_an_exam_on_no_list_that_speaks_of_lung_perfusion_is_never_dropped(exam: str, modality: str) -> None:
    what = outcome(exam, modality, TRACER)
    assert isinstance(what, Report)
    assert what.problems == ("exam-unknown",)


@pytest.mark.parametrize(
    ("exam", "modality", "text"),
    [
        ("7788^NM SPECIAL STUDY", "NM", "Uptake in the left femur."),
        ("7788^CHEST 2 VIEWS", "RAD", "The lungs are clear. V/Q scan of yesterday was low probability."),
        ("71275^CT ANGIO CHEST", "CT", TRACER),
        ("NMB^NM BONE SCAN", "NM", TRACER),
        ("L1^D-DIMER", "LAB", "V/Q scan or CT not needed"),
    ],
)
def test_the_exam_decides_and_not_what_its_text_says_of_others(exam: str, modality: str, text: str) -> None:
    found = outcome(exam, modality, text)
    assert isinstance(found, NotForUs)
    assert (found.reason, found.code) == ("other-exam-code", exam.split("^")[0])


def test_only_the_observations_name_says_what_was_done() -> None:
    what = one(message(msh(), PID, obr(exam="", f24=""), obx("MAA even.", code="78582&IMP^NM LUNG VQ"))).what
    assert isinstance(what, Report)


@pytest.mark.parametrize("kind", ["ORM^O01", "ADT^A08", "ACK", "MDM^T02", "SIU^S12"])
def test_other_messages_are_not_for_us(kind: str) -> None:
    what = one(message(msh(f9=kind), PID, obr(), obx("MAA"))).what
    assert isinstance(what, NotForUs)
    assert what.reason == "not-a-result"


def test_free_text_in_the_place_of_a_code_reaches_no_count() -> None:
    assert outcome("CT for Mr Smith of ward 9", "CT", "x") == NotForUs("other-exam-code", "")


@pytest.mark.parametrize(
    ("good", "bad"),
    [('"perf*"', '"p*rf"'), ('"perf*"', '" perf"'), ('"perf*"', '"*"'), ('"technegas"', '"Technegas"'), ("organ =", "organs =")],
)
def test_a_mistake_in_the_lists_is_named_with_its_line(tmp_path: Path, good: str, bad: str) -> None:
    text = (packaged() / "studies.toml").read_text()
    place = text.index(good, text.index("\n[report_words]\n" if "technegas" in good else "\n[lung_scans]\n"))
    file = tmp_path / "studies.toml"
    file.write_text(text[:place] + bad + text[place + len(good) :])
    with pytest.raises(Misconfigured) as found:
        parse_file(file, Studies)
    assert found.value.problems[0].line > 1


def test_a_site_adds_its_own_code(tmp_path: Path) -> None:
    file = tmp_path / "studies.toml"
    file.write_text((packaged() / "studies.toml").read_text().replace('  "78579",', '  "XYZ1", "78579",', 1))
    assert exams_of(parse_file(file, Studies)).judge(("xyz1",), (), "") is Verdict.LUNG
    assert judged("xyz1", "", "") is Verdict.UNKNOWN
