"""Orders for V/Q scans that pass through, and the RIS' daily list. Every person is invented."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from pipeline.domain.arrival import ExpectedExam, NotForUs
from pipeline.domain.identity import ExamKey
from pipeline.readers.ris_list import read_list
from tests.readers.making import OBR4, PID, message, msh, obr, one, report, vq

CHICAGO = ZoneInfo("America/Chicago")


def order(
    kind: str = "ORM^O01", control: str = "NW", exam: str = OBR4, *more: str, pv1: str = "PV1|1|O", status: str = "", **fields: str
) -> ExpectedExam | None:
    orc = f"ORC|{control}|58233^EHR|HR25-118820^RIS||{status}"
    what = one(message(msh(f9=kind, f11=fields.pop("live", "P")), PID, pv1, orc, obr("", exam, **fields), *more)).what
    assert isinstance(what, NotForUs), what
    assert what.reason == "not-a-result"
    assert what.news is None or isinstance(what.news, ExpectedExam)
    return what.news


@pytest.mark.parametrize("kind", ["ORM^O01", "OMG^O19", "OMI^O23"])
def test_an_order_is_an_expected_exam(kind: str) -> None:
    found = order(kind, f36="20250423090000-0400")
    assert found is not None
    assert (found.key, found.cancelled, found.urgent, found.code) == (ExamKey("RIS", "HR25-118820"), False, False, "78582")
    assert found.due_at == datetime(2025, 4, 23, 13, tzinfo=UTC)
    assert found.patient.identifiers[0].value == "4471902"


@pytest.mark.parametrize(
    ("control", "status", "cancelled"),
    [("NW", "", False), ("XO", "", False), ("SC", "IP", False), ("SC", "CA", True), ("CA", "", True), ("OC", "", True), ("DC", "", True)],
)
def test_an_order_may_be_called_off(control: str, status: str, cancelled: bool) -> None:
    found = order("ORM^O01", control, status=status)
    assert found is not None
    assert found.cancelled is cancelled


@pytest.mark.parametrize("exam", ["71275^CT ANGIO CHEST^CPT4", "78306^NM BONE SCAN^CPT4", "80053^METABOLIC PANEL^CPT4"])
def test_other_orders_are_no_news(exam: str) -> None:
    assert order("ORM^O01", "NW", exam, f24="") is None


def test_what_is_not_live_or_says_something_else_is_no_news() -> None:
    assert order(live="T") is None
    assert order("ORM^O01", "DE") is None
    what = one(message(msh(f9="ADT^A08"), PID)).what
    assert isinstance(what, NotForUs)
    assert not isinstance(what.news, ExpectedExam)


@pytest.mark.parametrize(
    ("more", "fields", "pv1"),
    [
        (("TQ1|1||||||20250423090000||S",), {}, "PV1|1|O"),
        ((), {"f5": "S"}, "PV1|1|O"),
        ((), {"f27": "^^^^^A"}, "PV1|1|O"),
        ((), {}, "PV1|1|E"),
    ],
)
def test_emergency_and_stat(more: tuple[str, ...], fields: dict[str, str], pv1: str) -> None:
    found = order("OMI^O23", "NW", OBR4, *more, pv1=pv1, **fields)
    assert found is not None
    assert found.urgent


def test_a_report_says_that_it_is_urgent() -> None:
    assert not report(vq()).urgent
    assert report(message(msh(), PID, "PV1|1|E", obr("P"), "OBX|1|TX|78582&IMP||No embolism.||||||P")).urgent
    assert report(message(msh(), PID, obr("P", f5="S"), "OBX|1|TX|78582&IMP||No embolism.||||||P")).urgent


@pytest.mark.parametrize(
    "text",
    [
        "accession,date,time\nA-1,2026-03-02,14:20\n",
        "\ufeffAccession Number;Exam Date;Exam Time\r\nA-1;03/02/2026;2:20 PM\r\n",
        "ACC NO\tScheduled Date\nA-1\t20260302 1420\n",
        "\naccession|scheduled at|mrn\nA-1|2026-03-02T14:20|M-1\n\n",
    ],
)
def test_lists_in_several_spellings(text: str) -> None:
    found = read_list(text.encode(), "RIS", CHICAGO, {})
    assert found.problems == ()
    assert [(one.key, one.due_at) for one in found.exams] == [(ExamKey("RIS", "A-1"), datetime(2026, 3, 2, 14, 20, tzinfo=CHICAGO))]


def test_what_a_line_may_say() -> None:
    text = "accession,issuer,date,code,mrn,status,priority\nA-1,OLD,2026-03-02,78582,M-1,Cancelled,STAT\nA-2,,2026-03-02,,,,\n"
    first, second = read_list(text.encode(), "RIS", CHICAGO, {"OLD": "NEW"}).exams
    assert (first.key, first.cancelled, first.urgent, first.code) == (ExamKey("NEW", "A-1"), True, True, "78582")
    assert first.patient.identifiers[0].value == "M-1"
    assert (second.key, second.cancelled, second.urgent) == (ExamKey("RIS", "A-2"), False, False)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "empty"),
        ("patient,date\nx,2026-03-02\n", 1, '"accession"'),
        ("accession\nA-1\n", 1, '"date"'),
        ("accession,date\n,2026-03-02\n", 2, "no accession"),
        ("accession,date\nA-1,2026-03-02\nA-2,tomorrow\n", 3, "no date"),
        ("accession,date\nA-1,2026-03-02\nA-1,2026-03-02\n", 3, "line 2"),
    ],
)
def test_complaints_name_the_line(text: str, line: int, words: str) -> None:
    (problem,) = read_list(text.encode(), "RIS", CHICAGO, {}).problems
    assert problem[0] == line
    assert words in problem[1]
