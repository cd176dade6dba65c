"""`vqroute explain`: one line a message, the promised keys, and a view for people."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipeline import cli
from tests.cli.inputs import NEGATIVE, NONDIAGNOSTIC, POSITIVE, UNREADABLE, lab, oru, write

KEYS = [
    "source", "message", "kind", "outcome", "report_status", "category", "grade", "chronic", "notice", "follow_up", "reasons", "evidence",
    "accession", "study_parts",
]  # fmt: skip
RUNNER = CliRunner()


def explain(*paths: Path, code: int = 0) -> list[dict[str, Any]]:
    done = RUNNER.invoke(cli.app, ["explain", "--json", *map(str, paths)])
    assert done.exit_code == code, done.output
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert all(list(row) == KEYS for row in rows)
    return rows


def test_a_report_is_explained_with_exactly_the_promised_keys(tmp_path: Path) -> None:
    file = write(tmp_path, {"a.hl7": oru(NEGATIVE)}) / "a.hl7"
    (row,) = explain(file)
    evidence = row.pop("evidence")
    assert row == {
        "source": str(file),
        "message": 1,
        "kind": "hl7-oru",
        "outcome": "read",
        "report_status": "final",
        "category": "negative",
        "grade": "absent",
        "chronic": False,
        "notice": "release",
        "follow_up": None,
        "reasons": ["negative"],
        "accession": "ACCZQ0001",
        "study_parts": [],
    }
    assert [list(found) for found in evidence] == [["phrase", "section", "text", "start", "end"]]
    assert evidence[0]["section"] == "impression"
    assert "pulmonary embolism" in evidence[0]["text"].lower()
    assert evidence[0]["end"] - evidence[0]["start"] == len(evidence[0]["text"])


@pytest.mark.parametrize(
    ("impression", "status", "told"),
    [
        (NEGATIVE, "F", ("negative", "release", None)),
        (NONDIAGNOSTIC, "F", ("nondiagnostic", "release", "indeterminate")),
        (POSITIVE, "F", ("positive", "hold", "positive")),
        (UNREADABLE, "F", ("review", "hold", "unreadable")),
        (POSITIVE, "P", ("positive", "never", "positive")),
        (NEGATIVE, "P", ("negative", "never", None)),
        (NEGATIVE, "", ("negative", "hold", "unreadable")),
    ],
)
def test_it_says_what_would_happen(impression: str, status: str, told: tuple[str, str, str | None], tmp_path: Path) -> None:
    (row,) = explain(write(tmp_path, {"a": oru(impression, status=status)}))
    assert (row["category"], row["notice"], row["follow_up"]) == told
    assert row["outcome"] == "read"


def test_each_message_of_a_batch_has_its_line(tmp_path: Path) -> None:
    batch = b"FHS|^~\\&\rBHS|^~\\&\r" + oru(NEGATIVE, number=1) + oru(POSITIVE, number=2) + lab(3) + b"BTS|3\rFTS|1\r"
    rows = explain(write(tmp_path, {"batch.hl7": batch}))
    assert [(row["message"], row["outcome"], row["category"]) for row in rows] == [
        (1, "read", "negative"),
        (2, "read", "positive"),
        (3, "not_vq", None),
    ]
    assert rows[2]["notice"] == "never"


def test_what_cannot_be_used_is_rejected_with_a_reason_and_exit_code_1(tmp_path: Path) -> None:
    nobody = oru(NEGATIVE).replace(oru(NEGATIVE).split(b"\r")[1], b"PID|1||||||||")
    files = {"0.hl7": b"", "1.bin": bytes(range(256)), "2.hl7": oru(NEGATIVE)[:60], "3.hl7": nobody, "4.hl7": oru(NEGATIVE)}
    rows = explain(write(tmp_path, files), code=1)
    assert [row["outcome"] for row in rows] == ["rejected"] * 4 + ["read"]
    for row in rows[:4]:
        assert (row["category"], row["grade"], row["notice"], row["report_status"]) == (None, None, "never", None)
        assert len(row["reasons"]) == 1


def test_text_without_a_format_is_a_final_live_report_only_where_its_name_says_txt(tmp_path: Path) -> None:
    text = f"FINDINGS: Normal.\nIMPRESSION: {NEGATIVE}\n".encode()
    write(tmp_path, {"a.txt": text, "b.TXT": text, "c.txt": oru(POSITIVE), "d.txt": b"", "e.txt": b"\xff\xfe\x00nonsense"})
    rows = explain(tmp_path)
    assert [(row["kind"], row["outcome"], row["category"]) for row in rows] == [
        ("text", "read", "negative"),
        ("text", "read", "negative"),
        ("hl7-oru", "read", "positive"),
        ("text", "read", "review"),
        ("text", "read", "review"),
    ]
    assert rows[0]["notice"] == "release"
    assert rows[0]["accession"] == ""
    assert rows[0]["report_status"] == "final"
    (tmp_path / "x.log").write_bytes(text)
    assert explain(tmp_path / "x.log", code=1)[0]["reasons"] == ["unknown-format"]


def test_folders_are_walked_to_the_bottom_in_the_order_of_their_bytes(tmp_path: Path) -> None:
    names = ["b/2.hl7", "b/10.hl7", "a.hl7", "Z.hl7", "b/deep/er/1.hl7"]
    write(tmp_path, {name: oru(NEGATIVE, number=index) for index, name in enumerate(names)})
    write(tmp_path, {"README.md": b"not a sample", "a.expected.json": b"{}", ".hidden": b"x"})
    assert [Path(row["source"]).relative_to(tmp_path).as_posix() for row in explain(tmp_path)] == sorted(names)


def test_it_decides_as_in_live_mode_with_everything_signed_whatever_the_site_is(tmp_path: Path) -> None:
    site = tmp_path / "site.toml"
    site.write_text('[site]\nmode = "shadow"\n[decisions]\nquiet_period = "60min"\nlow = "nondiagnostic"\n')
    write(tmp_path / "in", {"a.hl7": oru(NEGATIVE), "b.hl7": oru("Low probability for pulmonary embolism.", number=2)})
    done = RUNNER.invoke(cli.app, ["explain", "--json", "--config", str(site), str(tmp_path / "in")])
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(row["category"], row["notice"]) for row in rows] == [("negative", "release"), ("nondiagnostic", "release")]


def test_every_message_is_decided_on_its_own(tmp_path: Path) -> None:
    rows = explain(write(tmp_path, {"1.hl7": oru(NEGATIVE, control="A"), "2.hl7": oru(POSITIVE, control="B", signed="20250302101500")}))
    assert [row["follow_up"] for row in rows] == [None, "positive"]
    assert explain(tmp_path / "1.hl7", tmp_path / "2.hl7") == rows


def test_nothing_is_written_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(tmp_path / "in", {"a.hl7": oru(NEGATIVE), "bad.hl7": b"MSH|"})
    before = {file: (file.stat().st_mtime_ns, file.read_bytes()) for file in folder.iterdir()}
    monkeypatch.chdir(tmp_path)
    explain(folder, code=1)
    assert {file: (file.stat().st_mtime_ns, file.read_bytes()) for file in folder.iterdir()} == before
    assert [file.name for file in tmp_path.iterdir()] == ["in"]


def test_on_a_terminal_people_see_the_verdict_the_text_and_why(tmp_path: Path) -> None:
    write(tmp_path, {"a.hl7": oru(POSITIVE), "b.hl7": oru(UNREADABLE, number=2), "c.hl7": lab(3), "d.bin": b"?"})
    done = RUNNER.invoke(cli.app, ["explain", str(tmp_path)])
    assert done.exit_code == 1
    for said in (
        "POSITIVE (high) · final · notice: hold · follow-up: positive",
        "A letter would be written and held until a person releases it.",
        "A follow-up (positive) would open, due 2025-03-01",
        "positive: A letter is never how a patient first hears of a clot.",
        'verdict   "High probability',
        "No letter would be written: a person reads the report first.",
        "Not a V/Q result",
        "Cannot be used",
    ):
        assert said in done.stdout
    assert "High probability for pulmonary embolism." in done.stdout


def test_a_report_cannot_drive_the_terminal(tmp_path: Path) -> None:
    write(tmp_path, {"a.txt": b"IMPRESSION: No pulmonary embolism. \x1b[2J\x1b]0;owned\x07 [red]not markup[/red]\n"})
    done = RUNNER.invoke(cli.app, ["explain", str(tmp_path)])
    assert "\x1b" not in done.stdout
    assert "\x07" not in done.stdout
    assert "[red]not markup[/red]" in done.stdout


def test_a_file_that_cannot_be_opened_is_said_and_the_rest_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.intake import taking

    real = taking.take

    def take(path: str, **options: Any) -> Any:
        if path.endswith("secret-zq.hl7"):
            raise PermissionError(13, "Permission denied", path)
        return real(path, **options)

    monkeypatch.setattr(taking, "take", take)
    write(tmp_path, {"a.hl7": oru(NEGATIVE), "secret-zq.hl7": oru(NEGATIVE, number=2), "z.hl7": oru(NEGATIVE, number=3)})
    done = RUNNER.invoke(cli.app, ["explain", "--json", str(tmp_path)])
    assert done.exit_code == 3
    assert len(done.stdout.splitlines()) == 2
    assert "file 2 of 3 cannot be read (PermissionError)" in done.stderr
