"""ORU messages into reports: status, text and sections, people, exam keys, and what breaks off."""

import base64
import json
from datetime import date
from pathlib import Path

import pytest

from pipeline.domain.arrival import NotForUs, Rejection
from pipeline.domain.identity import ExamKey, Identifier, PersonName
from pipeline.domain.reasons import REASONS
from pipeline.domain.report import Liveness, Report, Status, TextBlock
from pipeline.readers import read
from tests.readers.making import CONFIG, NORMAL, PID, message, msh, obr, obx, one, report, site, vq

EXAMPLES = Path("/work/shared/examples/hl7")


@pytest.mark.parametrize(
    ("order", "results", "status", "problems"),
    [
        ("F", "FF", Status.FINAL, ()),
        ("f", "Ff", Status.FINAL, ()),
        ("F", "CF", Status.CORRECTED, ()),
        ("C", "FF", Status.CORRECTED, ()),
        ("P", "PP", Status.PRELIMINARY, ()),
        ("R", "RR", Status.PRELIMINARY, ()),
        ("P", "FP", Status.PRELIMINARY, ()),
        ("I", "II", Status.REGISTERED, ()),
        ("S", "SS", Status.REGISTERED, ()),
        ("O", "OO", Status.REGISTERED, ()),
        ("", "PP", Status.PRELIMINARY, ()),
        ("", "SS", Status.PARTIAL, ()),
        ("X", "FF", Status.CANCELLED, ()),
        ("X", "XX", Status.CANCELLED, ()),
        ("F", "WF", Status.ENTERED_IN_ERROR, ("wrong-patient",)),
        ("C", "WW", Status.ENTERED_IN_ERROR, ("wrong-patient",)),
        ("F", "DD", Status.ENTERED_IN_ERROR, ()),
        ("F", "DF", Status.CORRECTED, ()),
        ("F", "XX", Status.FINAL, ("no-result",)),
        ("F", "XF", Status.UNKNOWN, ("status-conflict",)),
        ("F", "PP", Status.UNKNOWN, ("status-conflict",)),
        ("F", "FP", Status.UNKNOWN, ("status-conflict",)),
        ("P", "FF", Status.PRELIMINARY, ("status-conflict",)),
        ("P", "CC", Status.PRELIMINARY, ("status-conflict",)),
        ("F", "AA", Status.UNKNOWN, ("status-appended",)),
        ("F", "FB", Status.UNKNOWN, ("status-appended",)),
        ("F", "VV", Status.UNKNOWN, ("status-appended",)),
        ("F", "NN", Status.UNKNOWN, ("status-unknown",)),
        ("F", "QQ", Status.UNKNOWN, ("status-unknown",)),
        ("F", "  ", Status.UNKNOWN, ("status-unknown",)),
        ("P", "  ", Status.PRELIMINARY, ()),
        ("", "FF", Status.UNKNOWN, ("status-unknown",)),
        ("", "  ", Status.UNKNOWN, ("status-unknown",)),
        ("A", "FF", Status.UNKNOWN, ("status-unknown",)),
        ("M", "FF", Status.UNKNOWN, ("status-unknown",)),
        ("N", "FF", Status.UNKNOWN, ("status-unknown",)),
        ("Y", "FF", Status.UNKNOWN, ("status-unknown",)),
        ("Z", "FF", Status.UNKNOWN, ("status-unknown",)),
    ],
)
def test_every_status_code(order: str, results: str, status: Status, problems: tuple[str, ...]) -> None:
    found = report(vq(*(obx(NORMAL, status=code.strip()) for code in results), status=order))
    assert (found.status, found.problems) == (status, problems)


def test_only_the_impressions_status_counts_where_one_is_coded() -> None:
    found = report(vq(obx("Even.", code="78582&GDT", status="P"), obx(NORMAL, status="F")))
    assert (found.status, found.problems) == (Status.FINAL, ())


def test_but_a_wrong_patient_anywhere_recalls_all() -> None:
    found = report(vq(obx("Even.", code="78582&GDT", status="W"), obx(NORMAL)))
    assert (found.status, found.problems) == (Status.ENTERED_IN_ERROR, ("wrong-patient",))


def test_a_deleted_line_is_no_text() -> None:
    assert report(vq(obx("High probability for PE.", status="D"), obx(NORMAL, status="C"), status="C")).text == NORMAL


def test_a_source_may_mean_final_by_an_empty_obx_11() -> None:
    found = report(vq(obx(NORMAL, status="")), site(empty_obx11="final"))
    assert (found.status, found.problems) == (Status.FINAL, ())


def test_final_without_text_waits_for_the_stored_text() -> None:
    found = report(vq(obx("", code="78582&GDT", status="U"), obx("", status="U")))
    assert (found.status, found.blocks, found.problems) == (Status.FINAL, (), ("text-promoted",))


def test_final_by_u_that_carries_its_text_all_the_same() -> None:
    found = report(vq(obx(NORMAL, status="U")))
    assert (found.status, found.text, found.problems) == (Status.FINAL, NORMAL, ())


@pytest.mark.parametrize(
    ("code", "problems"),
    [
        ("", ()),
        ("SIMM", ()),
        ("SWTH", ("release-withheld",)),
        ("SIDC", ("release-withheld",)),
        ("STBD", ("release-withheld",)),
        ("HUH", ("release-unknown",)),
    ],
)
def test_release_categories(code: str, problems: tuple[str, ...]) -> None:
    assert report(vq(obx(NORMAL, release=code))).problems == problems


@pytest.mark.parametrize(
    ("code", "liveness"),
    [
        ("P", Liveness.LIVE),
        ("p", Liveness.LIVE),
        ("P^T", Liveness.LIVE),
        ("P^A", Liveness.NOT_LIVE),
        ("P^R", Liveness.NOT_LIVE),
        ("P^I", Liveness.NOT_LIVE),
        ("^A", Liveness.NOT_LIVE),
        ("P^Q", Liveness.UNSTATED),
        ("", Liveness.UNSTATED),
        ("T", Liveness.NOT_LIVE),
        ("D", Liveness.NOT_LIVE),
        ("N", Liveness.NOT_LIVE),
        ("V", Liveness.NOT_LIVE),
    ],
)
def test_liveness(code: str, liveness: Liveness) -> None:
    assert report(vq(header=msh(f11=code))).liveness is liveness


@pytest.mark.parametrize(
    ("code", "section"),
    [
        ("78582&IMP^NM LUNG", "impression"),
        ("&IMP", "impression"),
        ("12345^&IMP", "impression"),
        ("19005-8^Impression^LN", "impression"),
        ("55110-1^Conclusions^LN", "impression"),
        ("55112-7^Summary^LN", "impression"),
        ("RPT^Text^L^19005-8^Impression^LN", "impression"),
        ("X1^Impression^L", "impression"),
        ("18782-3^Findings^LN", "findings"),
        ("59776-5^Findings^LN", "findings"),
        ("18785-6^Reason for study^LN", "indication"),
        ("11329-0^History^LN", "history"),
        ("18834-2^Comparison^LN", "comparison"),
        ("55115-0^Request^LN", "technique"),
        ("55111-9^Procedure description^LN", "technique"),
        ("18783-1^Recommendation^LN", "recommendation"),
        ("55107-7^Addendum^LN", "addendum"),
        ("73568-8^Communication of critical results^LN", "communication"),
        ("78582&GDT^NM LUNG", None),
        ("78582^NM LUNG^CPT4", None),
    ],
)
def test_sections_by_code(code: str, section: str | None) -> None:
    assert [block.section for block in report(vq(obx("Some words.", code=code))).blocks] == [section]


def test_a_sites_own_code_for_the_impression() -> None:
    found = report(vq(obx("x.", code="RAD7"), obx("y.", code="RAD9^Text")), site(impression_codes=("RAD9",)))
    assert [block.section for block in found.blocks] == [None, "impression"]


def test_lines_with_one_code_are_one_block_and_others_are_not() -> None:
    found = report(vq(obx("a", code="1&GDT^X"), obx("b", code="1&GDT"), obx("c"), obx("d"), obx("e", code="1&GDT")))
    assert found.blocks == (TextBlock("a\nb"), TextBlock("c\nd", "impression"), TextBlock("e"))
    assert found.text == "a\nb\nc\nd\ne"


@pytest.mark.parametrize(
    ("kind", "raw", "text"),
    [
        ("TX", "one~two~~three", "one\ntwo\n\nthree"),
        ("ST", "one~two", "one\ntwo"),
        ("FT", r"one\.br\two \T\ three", "one\ntwo & three"),
        ("FT", r"one\E\.br\E\two", "one\ntwo"),
        ("TX", "R^L ratio 45&55 ^ normal", "R^L ratio 45&55 ^ normal"),
        ("", "untyped text", "untyped text"),
        ("CWE", "^MASS LEFT LOWER LOBE", "MASS LEFT LOWER LOBE"),
        ("CE", "LP^Low probability for PE^L~HP^And more^L", "Low probability for PE\nAnd more"),
        ("CWE", "Bare text", "Bare text"),
        ("CE", "^PE is excluded^ but this is not^read", "PE is excluded but this is not read"),
        ("CWE", "LP^^^^^^^^Original words", "Original words"),
        ("TX", '""', ""),
    ],
)
def test_text_of_each_type(kind: str, raw: str, text: str) -> None:
    assert report(vq(obx(raw, kind=kind))).text == text


def test_numbers_are_no_report_text() -> None:
    assert (
        report(vq(obx("45", kind="NM", code="LT^Left lung"), obx(NORMAL), obx("1.2.3", kind="ST", code="113014^DICOM Study^DCM"))).text
        == NORMAL
    )


def test_notes_are_read_in_order() -> None:
    content = message(msh(), PID, "NTE|1||Not for the report", obr(), "NTE|1||Before~it", obx("Impression text."), "NTE|1||After it")
    assert report(content).blocks == (TextBlock("Before\nit"), TextBlock("Impression text.\nAfter it", "impression"))


def test_a_report_that_is_only_notes() -> None:
    found = report(message(msh(), PID, obr(), "NTE|1||IMPRESSION:", f"NTE|2||{NORMAL}"))
    assert found.text == f"IMPRESSION:\n{NORMAL}"


def test_an_empty_impression_is_kept_as_empty() -> None:
    assert report(vq(obx("", code="1&GDT"), obx(""))).blocks == (TextBlock("", "impression"),)


RTF = r"{\rtf1\ansi IMPRESSION:\par No evidence of PE.\par}"


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("FT", RTF),
        ("TX", RTF.replace("\\", r"\E" + "\\")),
        ("ED", "^application^rtf^Base64^" + base64.b64encode(RTF.encode()).decode()),
        ("ED", "RIS^TEXT^RTF^A^" + RTF),
        ("ED", "^text^plain^Base64^" + base64.b64encode(b"IMPRESSION:\nNo evidence of PE.").decode()),
    ],
)
def test_rtf_and_embedded_text(kind: str, raw: str) -> None:
    found = report(vq(obx(raw, kind=kind, code="1&GDT")))
    assert (found.text, found.problems) == ("IMPRESSION:\nNo evidence of PE.", ())


def test_rtf_over_several_obx() -> None:
    parts = (r"{\rtf1\ansi IMPRESSION:\par", r" No evidence", r" of PE.\par}")
    assert report(vq(*(obx(part, code="1&GDT") for part in parts))).text == "IMPRESSION:\n No evidence of PE."


@pytest.mark.parametrize(
    "raw", ["^AP^PDF^Base64^JVBERi0xLjQK", "^IM^JPEG^Base64^/9j/", "^application^rtf^Base64^!!!", "^text^html^Base64^PGI+"]
)
def test_what_is_no_text_is_never_opened(raw: str) -> None:
    assert report(vq(obx(raw, kind="ED", code="1"))).problems == ("text-not-readable",)
    assert report(vq(obx("See attached PDF.", code="1"), obx(raw, kind="ED", code="1"))).problems == ("text-not-readable",)
    assert report(vq(obx("http://pacs/1", kind="RP", code="1"))).problems == ("text-not-readable",)


def test_a_pdf_copy_beside_the_report_itself_does_no_harm() -> None:
    found = report(vq(obx(NORMAL), obx("^AP^PDF^Base64^JVBERi0xLjQK", kind="ED", code="PDF")))
    assert (found.text, found.problems) == (NORMAL, ())


def test_struck_through_text_is_for_a_person() -> None:
    assert "text-not-readable" in report(vq(obx(r"{\rtf1 PE is {\strike not} present}", kind="FT"))).problems


@pytest.mark.parametrize(
    "content",
    [
        vq(obx("a."), obx("b.")).rsplit(b"||||||F", 1)[0],
        vq(obx("Findings.", code="1&GDT"), obx("No evidence of")).rsplit(b"||||||F", 1)[0],
        vq(obx("No evidence of pulm")).rsplit(b"||||||F", 1)[0],
        vq(obx("There is no evidence of")),
        vq(obx("Matched defects in the lower lobes, and")),
        vq(obx("a."), "OB").rstrip(b"\r"),
        vq().rsplit(b"OBX", 1)[0].rstrip(b"\r"),
        vq(obx("Findings. Low | probability of PE is not given")),
        vq(obx("Findings even."), "ADDENDUM: high probability of PE"),
        vq(obx("a."), obx("b.", status="F")).replace(b"b.||||||F", b"b."),
    ],
)
def test_broken_off(content: bytes) -> None:
    assert "broken-off" in report(content).problems


@pytest.mark.parametrize(
    "content",
    [
        vq(obx("Matched scar, left upper zone")),
        vq(obx("PE? No")),
        vq(obx("Low probability")).rstrip(b"\r"),
        vq(obx("Kind regards,")),
        vq(obx("Done."), "--- engine wrote this at 02:11 ---"),
        vq(obx("x y z\n-----")),
    ],
)
def test_not_broken_off(content: bytes) -> None:
    assert report(content).problems == ()


def test_an_unescaped_bar_loses_no_word() -> None:
    found = report(vq(obx("Ventilation even | perfusion even")))
    assert found.text == "Ventilation even | perfusion even"


def test_the_patient() -> None:
    pid = (
        "PID|1||S12^^^SOUTHCLINIC^PT~4471902^^^HARLOWREG^MR~H1^^^STATEHIE&1.2.3&ISO^PI||Nick^Name^^^^^N~ABARA&van^CORNELIUS^N^JR^MR^^L||19750628|M"
        "|||1170 Millrace||||EN^English^ISO639|||V88|||||||||||"
    )
    patient = report(vq(pid=pid)).patient
    assert patient.identifiers == (
        Identifier("4471902", "HARLOWREG", "MR"),
        Identifier("S12", "SOUTHCLINIC", "PT"),
        Identifier("H1", "STATEHIE", "PI"),
    )
    assert patient.name == PersonName("ABARA", "CORNELIUS", "N", "MR", "JR", "L")
    assert (patient.birth_date, patient.sex, patient.language, patient.deceased, patient.restricted) == (
        date(1975, 6, 28),
        "M",
        "en",
        False,
        False,
    )


def test_identifiers_without_authority_take_the_sources_and_aliases_apply() -> None:
    config = site(authority="HARLOW").model_copy(update={"authorities": {"SOUTHCLINIC": "South"}})
    found = report(vq(pid="PID|1||447~S1^^^SOUTHCLINIC||A^B||19800101"), config).patient.identifiers
    assert set(found) == {Identifier("447", "HARLOW"), Identifier("S1", "South")}


def test_pid_2_only_where_pid_3_is_empty() -> None:
    assert report(vq(pid="PID|1|OLD1|||A^B||19800101")).patient.identifiers == (Identifier("OLD1", "HARLOWREG"),)


@pytest.mark.parametrize("tail", ["|||||||||||||||||||||20250101", "||||||||||||||||||||||Y", "||||||||||||||||||||||y"])
def test_the_deceased(tail: str) -> None:
    assert report(vq(pid="PID|1||1||A^B||19800101|M" + tail)).patient.deceased


def test_the_null_value_says_no_death() -> None:
    assert not report(vq(pid='PID|1||1||A^B||19800101|M|||||||||||||||||||||""|N')).patient.deceased


@pytest.mark.parametrize(
    ("segments", "restricted"),
    [
        (("PV1|1|O||||||||||||||VIP",), True),
        (("PV1|1|O||||||||||||||N",), False),
        (('PV1|1|O||||||||||||||""',), False),
        (("PV2" + "|" * 22 + "Y",), True),
        (("PD1" + "|" * 12 + "Y",), True),
        (("ORC|RE" + "|" * 27 + "V^very restricted",), True),
        (("ORC|RE" + "|" * 27 + "U^usual",), False),
    ],
)
def test_restricted_records(segments: tuple[str, ...], restricted: bool) -> None:
    found = report(message(msh(), PID, *segments, obr(), obx(NORMAL)))
    assert found.patient.restricted is restricted


@pytest.mark.parametrize(
    ("names", "family", "restricted"), [("A^B^^^^^D~C^D^^^^^L", "C", False), ("X^Y^^^^^MSK", "X", True), ("T^T^^^^^TEMP~C^D", "C", False)]
)
def test_names_by_their_type(names: str, family: str, restricted: bool) -> None:
    patient = report(vq(pid=f"PID|1||1||{names}||19800101|M")).patient
    assert patient.name is not None
    assert (patient.name.family, patient.restricted) == (family, restricted)


def test_partial_birth_dates_are_none() -> None:
    assert [report(vq(pid=f"PID|1||1||A^B||{born}")).patient.birth_date for born in ("1980", "198001", "19800101120000")] == [
        None,
        None,
        date(1980, 1, 1),
    ]


def test_clinicians_and_visit() -> None:
    content = message(msh(), PID, "PV1|1|i", "ORC|RE||||||||||2|9^Other^One", obr(f16="", f32="3307&Abernathy-Cole&Tamsin"), obx(NORMAL))
    found = report(content)
    assert (found.orderer, found.interpreter, found.patient_class) == (
        PersonName("Other", "One"),
        PersonName("Abernathy-Cole", "Tamsin"),
        "I",
    )
    assert report(vq()).orderer == PersonName("Quillfeather", "Dora")
    assert report(message(msh(), PID, obr(f32="1^Lee^Ann"), obx(NORMAL))).interpreter == PersonName("Lee", "Ann")


@pytest.mark.parametrize(
    ("pids", "conflict"),
    [
        ((PID, PID), False),
        ((PID, PID.replace("4471902", "99")), True),
        ((PID, "PID|1||5^^^X^MR||SMITH^ANN||19500101|F"), True),
        (("PID|1||1^^^H^MR~2^^^H^MR||A^B||19800101",), True),
        (("PID|1||1^^^H^MR~2^^^J^MR||A^B||19800101",), False),
    ],
)
def test_two_people_before_one_order(pids: tuple[str, ...], conflict: bool) -> None:
    assert ("identity-conflict" in report(message(msh(), *pids, obr(), obx(NORMAL))).problems) is conflict


@pytest.mark.parametrize(
    ("header", "conflict"),
    [
        ("PATIENT NAME: SMITH, JOHN   DOB: 06/28/1975", True),
        ("Patient: Abara, Cornelius N.", False),
        ("Patient: Cornelius Abara (M)", False),
        ("Patient Name: ABARA-JONES, C", False),
        ("Patient: 58-year-old male", False),
        ("Patient: Supine Position", False),
        ("Patient: unable to hold breath", False),
        ("Re: Mrs. Iris Tremblett, DOB 28/06/1975", True),
        ("Re: Lung Perfusion Scan", False),
        ("DOB: 28.06.1975", False),
        ("DOB: 06/28/75", False),
        ("Date of birth: 1975-06-29", True),
        ("MRN: 4471902", False),
        ("MRN: 04471902", False),
        ("MRN: 998877", True),
    ],
)
def test_a_report_header_that_names_another_person(header: str, conflict: bool) -> None:
    found = report(vq(obx(f"{header}\nNM LUNG V/Q", code="1&GDT"), obx(NORMAL)))
    assert found.problems == (("identity-conflict",) if conflict else ())


def test_exam_keys() -> None:
    assert report(vq()).key == ExamKey("RIS", "HR25-118820")
    assert report(message(msh(), PID, obr(accession="A7"), obx(NORMAL))).key == ExamKey("HARLOWREG", "A7")
    assert report(message(msh(), PID, "ORC|RE||A9^X", obr(accession=""), obx(NORMAL))).key == ExamKey("X", "A9")
    assert report(message(msh(), PID, obr(accession="A7", f18="ACC1"), obx(NORMAL))).key == ExamKey("HARLOWREG", "ACC1")
    assert report(message(msh(), PID, obr(accession="A7"), "IPC|IP1^PACS|2|1.2.840.9", obx(NORMAL))).key == ExamKey("PACS", "IP1")
    assert report(message(msh(), PID, obr(accession="A7"), obx(NORMAL)), site(authority="Harlow")).key == ExamKey("Harlow", "A7")
    aliased = CONFIG.model_copy(update={"authorities": {"RIS": "Harlow"}})
    assert report(vq(), aliased).key == ExamKey("Harlow", "HR25-118820")


def test_no_accession() -> None:
    found = report(message(msh(), PID, obr(accession=""), obx(NORMAL)))
    assert (found.key, found.accession, found.problems) == (ExamKey("HARLOWREG", "msh10:PD-1"), "", ("accession-missing",))


def test_order_numbers_that_differ() -> None:
    found = report(message(msh(), PID, "ORC|RE||OTHER", obr(), obx(NORMAL)))
    assert (found.accession, found.problems) == ("HR25-118820", ("order-number-conflict",))


def test_separate_ventilation_and_perfusion_orders_are_one_report() -> None:
    content = message(
        msh(), PID, obr(exam="78579^NM LUNG VENT", accession="V1"), obr(exam="78580^NM LUNG PERF", accession="Q1"), obx(NORMAL)
    )
    found = report(content)
    assert (found.key.accession, [key.accession for key in found.linked], found.status) == ("V1", ["Q1"], Status.FINAL)


@pytest.mark.parametrize(
    "place", ["IPC|A1|2|1.2.840.99|3", "ZDS|1.2.840.99^App^Application^DICOM", "OBX|2|ST|113014^DICOM Study^DCM||1.2.840.99||||||F"]
)
def test_study_uid(place: str) -> None:
    assert report(message(msh(), PID, obr(), place, obx(NORMAL))).study_uid == "1.2.840.99"


def test_other_exams_in_the_message_never_get_in() -> None:
    chest = (
        obr(exam="71046^XR CHEST 2 VIEWS", accession="C1", f24="CR"),
        obx("Large pulmonary embolism suspected on film.", code="71046&IMP"),
    )
    scan = (obr(), obx(NORMAL))
    for segments in ((*chest, *scan), (*scan, *chest)):
        found = report(message(msh(), PID, *segments))
        assert (found.text, found.accession, found.linked, found.problems) == (NORMAL, "HR25-118820", (), ())


def test_two_patients_in_one_message_are_two_reports() -> None:
    other = "PID|2||99^^^HARLOW^MR||SMITH^ANN||19500101|F"
    arrivals = read(message(msh(), PID, obr(), obx("Normal scan."), other, obr(accession="B2"), obx("High probability for PE.")), CONFIG)
    found = [arrival.what for arrival in arrivals]
    assert [(r.accession, r.text, r.patient.sex, r.problems) for r in found if isinstance(r, Report)] == [
        ("HR25-118820", "Normal scan.", "M", ()),
        ("B2", "High probability for PE.", "F", ()),
    ]
    assert len({arrival.content_hash for arrival in arrivals}) == 2


def test_a_repeated_pid_of_the_same_person_is_one_report() -> None:
    found = report(message(msh(), PID, obr(accession="A1"), obx("One."), PID, obr(accession="A2"), obx("Two.")))
    assert (found.text, [key.accession for key in found.linked], found.problems) == ("One.\nTwo.", ["A2"], ())


def test_text_under_a_child_order_that_no_list_names() -> None:
    found = report(message(msh(), PID, obr(), obr(exam="RPT^REPORT", f24="", accession=""), obx(NORMAL)))
    assert (found.text, found.problems) == (NORMAL, ("exam-unknown",))


GOLD = [json.loads(line) for line in (EXAMPLES / "gold.jsonl").read_text().splitlines()] if EXAMPLES.is_dir() else []


@pytest.mark.skipif(not GOLD, reason="the worked examples are not in this checkout")
@pytest.mark.parametrize("row", GOLD, ids=[row["file"] for row in GOLD])
def test_the_worked_examples_are_what_they_are(row: dict[str, str]) -> None:
    name, _, number = row["file"].partition("#")
    what = read((EXAMPLES / name).read_bytes(), CONFIG)[int(number or 1) - 1].what
    expected = {"reject": Rejection, "not_vq": NotForUs}.get(row["gold_category"], Report)
    assert isinstance(what, expected)
    if isinstance(what, Report):
        assert all(code in REASONS for code in what.problems)
        if row["patient_notice_allowed"] == "auto":
            assert (what.problems, what.liveness) == ((), Liveness.LIVE)
            assert what.status in (Status.FINAL, Status.CORRECTED)


def test_the_arrival_keeps_the_messages_bytes() -> None:
    arrival = one(vq())
    assert arrival.body == vq()
    assert one(arrival.body).content_hash == arrival.content_hash
