"""`vqroute expect` and `vqroute expected`."""

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline import cli
from tests.cli.inputs import NEGATIVE, oru, write

RUNNER = CliRunner()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    write(tmp_path / "in", {"1.hl7": oru(NEGATIVE, number=1)})
    done = RUNNER.invoke(cli.app, ["replay", str(tmp_path / "in"), "--state", str(tmp_path / "state"), "--output", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    return tmp_path


def run(place: Path, *words: str) -> tuple[int, str]:
    done = RUNNER.invoke(cli.app, [*words, "--state", str(place / "state")])
    return done.exit_code, done.output


def listed(place: Path, text: str) -> str:
    file = place / "list.csv"
    file.write_text(text, encoding="utf-8")
    return os.fspath(file)


def test_a_missing_exam_is_told_with_exit_code_one(place: Path) -> None:
    file = listed(place, "Accession;Date\nNEVER-CAME;2026-03-02\n")
    assert run(place, "expect", file, "--authority", "RIS") == (0, "1 exams are expected, 1 of them new\n")
    code, said = run(place, "expected", "--day", "2026-03-02", "--json")
    assert code == 1
    rows = [json.loads(line) for line in said.splitlines()]
    assert {(row["accession"], row["authority"], row["state"]) for row in rows if row["state"] != "unexpected"} == {
        ("NEVER-CAME", "RIS", "missing")
    }
    code, said = run(place, "expected", "--day", "2026-03-02")
    assert code == 1
    assert "1 missing" in said


def test_a_dry_run_remembers_nothing(place: Path) -> None:
    code, said = run(place, "expect", listed(place, "accession,date\nX1,2026-03-02\n"), "--authority", "RIS", "--dry-run")
    assert (code, "nothing was remembered" in said) == (0, True)
    assert run(place, "expected", "--day", "2026-03-02")[0] == 0


def test_what_is_wrong_in_the_list_is_told_with_its_line_and_nothing_is_taken(place: Path) -> None:
    code, said = run(place, "expect", listed(place, "accession,date\nX1,2026-03-02\nX2,soon\n"))
    assert code == 2
    assert "list.csv:3" in said.replace("\n", "") or "3" in said
    assert run(place, "expected", "--day", "2026-03-02")[0] == 0


def test_a_list_that_does_not_say_whose_accessions_these_are_is_refused(place: Path) -> None:
    file = listed(place, "accession,date\nX1,2026-03-02\n")
    code, said = run(place, "expect", file)
    assert code == 2
    assert "--authority" in said
    site = place / "site.toml"
    two = '[sources.a]\nauthority = "NORTH"\n'
    site.write_text(two + '[sources.b]\nauthority = "SOUTH"\n', encoding="utf-8")
    assert run(place, "expect", file, "--config", str(site))[0] == 2, "two sites may have the same accession numbers"
    site.write_text(two, encoding="utf-8")
    assert run(place, "expect", file, "--config", str(site)) == (0, "1 exams are expected, 1 of them new\n")
    assert run(place, "expect", listed(place, "accession,date,site\nX2,2026-03-02,WEST\n")) == (0, "1 exams are expected, 1 of them new\n")


def test_a_day_without_anything(place: Path) -> None:
    assert run(place, "expected", "--day", "2001-01-01") == (0, "no exam was expected on that day, and none has come\n")
    assert run(place, "expected", "--day", "monday")[0] == 2
    assert run(place, "expected")[0] == 0
