"""sample_data/ is what its generator makes, is complete, and holds nobody real."""

import json
import re
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from pipeline.domain.followup import FollowUpReason
from pipeline.domain.reading import Category, Grade
from pipeline.domain.report import Status
from tools.make_samples import files, main
from tools.samples.collection import FIRST_DAY

FOLDER = Path(__file__).resolve().parents[2] / "sample_data"
INPUTS = sorted(
    (path for path in FOLDER.iterdir() if not path.name.startswith((".", "README")) and not path.name.endswith(".expected.json")),
    key=lambda path: path.name.encode(),
)
NAMES = [path.name for path in INPUTS]


def expected(path: Path) -> dict[str, list[dict[str, object]]]:
    found = json.loads((FOLDER / f"{path.stem}.expected.json").read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


@pytest.fixture(scope="module")
def made() -> dict[str, bytes]:
    return files()


def test_making_it_again_changes_no_byte(made: dict[str, bytes]) -> None:
    there = {path.name: path.read_bytes() for path in FOLDER.iterdir() if not path.name.startswith(".")}
    assert sorted(there) == sorted(made)
    assert [name for name in there if there[name] != made[name]] == []


def test_fits_into_a_repository() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 8_000_000


def test_check_sees_a_changed_and_a_missing_file(tmp_path: Path, made: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.make_samples.files", lambda first_day=FIRST_DAY: made)
    assert main(["--output", str(tmp_path)]) == 0
    assert main(["--output", str(tmp_path), "--check"]) == 0
    (tmp_path / NAMES[0]).write_bytes(b"changed")
    assert main(["--output", str(tmp_path), "--check"]) == 1
    assert main(["--output", str(tmp_path)]) == 0
    (tmp_path / NAMES[1]).unlink()
    assert main(["--output", str(tmp_path), "--check"]) == 1


@pytest.mark.parametrize("name", NAMES)
def test_every_input_has_its_expected_file(name: str) -> None:
    found = expected(FOLDER / name)
    assert set(found) == {"about", "messages"}
    assert str(found["about"]).endswith(".")
    messages = found["messages"]
    assert messages
    keys = {"outcome", "category", "grade", "chronic", "notice", "follow_up", "report_status"}
    for message in messages:
        assert set(message) - {"explain"} == keys
        alone = message.get("explain", {})
        assert isinstance(alone, dict)
        assert set(alone) <= keys
        assert all(alone[key] != message[key] for key in alone)
        for row in (message, message | alone):
            assert row["outcome"] in {"read", "study", "not_vq", "rejected"}
            assert row["notice"] in {"release", "hold", "never"}
            assert row["category"] in {None, *Category}
            assert row["grade"] in {None, *Grade}
            assert row["report_status"] in {None, *Status}
            assert row["follow_up"] in {None, *FollowUpReason}
            if row["outcome"] != "read":
                nothing = {"category": None, "grade": None, "notice": "never", "chronic": False, "report_status": None}
                assert nothing.items() <= row.items()


def test_nothing_that_could_hide_an_embolism_is_released() -> None:
    rows = [message for path in INPUTS for message in expected(path)["messages"]]
    for row in rows:
        if row["category"] in ("positive", "review"):
            assert row["notice"] != "release"
        if row["category"] == "review":
            assert row["grade"] is None
        if row["outcome"] == "read" and row["report_status"] not in ("final", "corrected"):
            assert row["notice"] != "release"
        if row["category"] == "nondiagnostic" and row["notice"] != "never":
            assert row["follow_up"] == "indeterminate"


def test_every_input_is_in_the_readme() -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    for name in NAMES:
        assert f"| `{name}` |" in text
    assert "Nobody here exists" in text


def text_of(name: str) -> str:
    return (FOLDER / name).read_bytes().decode("latin-1")


def names_with(pattern: str) -> list[str]:
    return [name for name in NAMES if name.endswith(".hl7") and re.search(pattern, text_of(name))]


# each result term of the specification, the words that stand in the impression, and what they are
TERMS = {
    "normal": (r"Normal ventilation-perfusion lung scan", "negative", "normal"),
    "low probability": (r"(?i)low probability for pulmonary embolism", "negative", "low"),
    "PE absent": (r"PE absent", "negative", "absent"),
    "no evidence of PE": (r"No evidence of pulmonary embolism", "negative", "absent"),
    "intermediate probability": (r"(?i)intermediate probability for", "nondiagnostic", "intermediate"),
    "indeterminate probability": (r"(?i)indeterminate probability", "nondiagnostic", "indeterminate"),
    "nondiagnostic": (r"(?i)nondiagnostic ventilation-perfusion scan", "nondiagnostic", "nondiagnostic"),
    "high probability": (r"(?i)high probability for", "positive", "high"),
    "PE present": (r"PE present", "positive", "present"),
    "PE-positive": (r"PE-positive", "positive", "present"),
}


@pytest.mark.parametrize("term", TERMS)
def test_each_result_term_occurs_in_a_plain_final_report(term: str) -> None:
    words, category, grade = TERMS[term]
    rows = [row for name in names_with(words) for row in expected(FOLDER / name)["messages"]]
    want = {"outcome": "read", "category": category, "grade": grade, "report_status": "final"}
    assert any(want.items() <= row.items() for row in rows)


KINDS = {
    "version 2.3": r"\|2\.3[\r\n]",
    "version 2.3.1": r"\|2\.3\.1[\r\n]",
    "version 2.4": r"\|2\.4[\r\n]",
    "version 2.5": r"\|2\.5\|",
    "version 2.5.1": r"\|2\.5\.1\|",
    "Latin-1": r"\|8859/1",
    "UTF-8": r"\|UNICODE UTF-8",
    "LF": r"[^\r]\nPID",
    "CR": r"\rPID",
    "CRLF": r"\r\nPID",
    "MLLP bytes": r"^\x0bMSH",
    "batch": r"^FHS.*\rBHS",
    "one OBX a line": r"(?s)OBX\|1\|TX.*OBX\|12\|TX",
    "line breaks in one OBX": r"OBX\|1\|FT\|[^\r\n]*\\\.br\\",
    "repetitions": r"OBX\|1\|TX\|[^\r\n]*~",
    "suffix": r"&IMP",
    "LOINC impression": r"19005-8",
    "text in the second component": r"\|CWE\|[^|]*\|1\|\^",
    "NTE": r"NTE\|3\|",
    "preliminary": r"\|NM\|P\|",
    "corrected": r"\|NM\|C\|",
    "addendum": r"(?i)addendum",
    "Spanish speaker": r"\|es\^",
    "test message": r"\|T\|2\.3\.1",
    "deceased": r"\|Y[\r\n]",
    "perfusion only": r"78580",
    "quantitative": r"78598",
    "chronic": r"CTEPH",
    "PDF": r"\^application\^pdf\^Base64\^",
    "text promoted": r"\|U[\r\n]",
    "retraction": r"\|W[\r\n]",
    "study UID": r"ZDS\|2\.25\.",
    "chest CT report": r"71275",
    "lab result": r"D-dimer",
    "ADT": r"ADT\^A08",
    "order": r"ORM\^O01",
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_message_is_there(kind: str) -> None:
    assert names_with(KINDS[kind])


def test_there_are_at_least_24_exams_from_at_least_six_sites() -> None:
    accessions, sites = set(), set()
    for path in INPUTS:
        if path.suffix == ".hl7":
            content = text_of(path.name)
            if any(row["outcome"] == "read" for row in expected(path)["messages"]):
                accessions |= set(re.findall(r"\b[A-Z]{2}26-\d{5}\b", content))
                sites |= set(re.findall(r"MSH\|[^|]*\|[^|]*\|([A-Z]+)\|", content))
    assert len(accessions) >= 24
    assert len(sites) >= 6


def test_a_minor_is_a_minor() -> None:
    birth = re.search(r"PID\|1\|\|[^|]*\|\|[^|]*\|\|(\d{4})", text_of("29-minor-1-report.hl7"))
    assert birth
    assert FIRST_DAY.year - int(birth[1]) < 18


def test_every_telephone_number_is_set_aside_for_fiction() -> None:
    numbers = 0
    for path in INPUTS:
        content = path.read_bytes().decode("latin-1") if path.suffix != ".dcm" else ""
        assert not re.search(r"\d{3}[-. ]\d{4}(?<!555-01\d\d)(?!\d)", re.sub(r"\d-\d{5}|\d{4}-\d", "", content)), path.name
        for field in re.findall(r"PRN\^PH\^\^([\d^]+)", content):
            assert re.fullmatch(r"1\^555\^55501\d\d", field), path.name
            numbers += 1
        for field in re.findall(r"\((\d{3})\)", content):
            assert field == "555"
            numbers += 1
    assert numbers > 30


def test_messages_are_in_the_character_set_they_declare() -> None:
    encodings = {b"8859/1": "latin-1", b"UNICODE UTF-8": "utf-8", b"": "ascii"}
    seen = set()
    for path in INPUTS:
        if path.suffix == ".hl7" and b"PID|1||" in path.read_bytes():
            head = re.split(rb"[\r\n]", path.read_bytes().lstrip(b"\x0b"), maxsplit=1)[0].split(b"|")
            declared = head[17] if len(head) > 17 and head[0] == b"MSH" else b""
            text = path.read_bytes().decode(encodings[declared])
            if not text.isascii():
                seen.add(declared)
    assert seen == {b"8859/1", b"UNICODE UTF-8"}


def test_a_collection_for_today_keeps_every_name_and_expectation(made: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    # the pictures play no part here, and they are what takes the time
    monkeypatch.setattr("tools.samples.camera.project", lambda *_: np.ones((128, 128)))
    later = files(date(2027, 1, 4))
    assert set(later) == set(made)
    for name in later:
        if name.endswith(".expected.json"):
            assert later[name] == made[name]
    assert b"20270104" in later["01-normal-1-report.hl7"]
