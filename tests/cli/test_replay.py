"""`vqroute replay`: the same rows as explain, a summary for people, nothing twice, nothing where nothing may be."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from pipeline import cli
from tests.cli.inputs import NEGATIVE, NONDIAGNOSTIC, POSITIVE, UNREADABLE, lab, oru, write

RUNNER = CliRunner()
GOOD = {
    "1-negative.hl7": oru(NEGATIVE, number=1),
    "2-nondiagnostic.hl7": oru(NONDIAGNOSTIC, number=2),
    "3-positive.hl7": oru(POSITIVE, number=3),
    "4-unreadable.hl7": oru(UNREADABLE, number=4),
    "5-lab.hl7": lab(5),
}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def replay(place: Path, *options: str, code: int = 0) -> Any:
    where = ["--state", str(place / "state"), "--output", str(place / "output")]
    done = RUNNER.invoke(cli.app, ["replay", str(place / "in"), *where, *options])
    assert done.exit_code == code, done.output
    return done


def written(place: Path) -> dict[str, bytes]:
    return {str(file.relative_to(place)): file.read_bytes() for file in sorted((place / "output").rglob("*")) if file.is_file()}


def test_the_summary_counts_and_says_where_things_are(place: Path) -> None:
    write(place / "in", {**GOOD, "6-broken.hl7": b"MSH|^~\\&|"})
    told = replay(place, code=1).stdout
    lines = {" ".join(line.replace("│", " ").split()) for line in told.splitlines()}
    assert "negative release - 1" in lines
    assert "nondiagnostic release indeterminate 1" in lines
    assert "positive hold positive 1" in lines
    assert "review hold unreadable 1" in lines
    assert "not for us other-exam-code: A report of another exam. 1" in lines
    assert any(line.startswith("rejected") and line.endswith(" 1") for line in lines)
    assert "6 files, 6 messages and images." in told
    for folder in ("output/notices", "output/followups", "state/quarantine"):
        assert str(place / folder) in told
        assert any((place / folder).iterdir())


def test_json_lines_are_those_of_explain(place: Path) -> None:
    write(place / "in", GOOD)
    rows = [json.loads(line) for line in replay(place, "--json").stdout.splitlines()]
    explained = RUNNER.invoke(cli.app, ["explain", "--json", str(place / "in")])
    assert rows == [json.loads(line) for line in explained.stdout.splitlines()]
    assert list(rows[0]) == list(json.loads(explained.stdout.splitlines()[0]))


def test_a_second_time_tells_the_same_and_emits_nothing(place: Path) -> None:
    write(place / "in", GOOD)
    first = replay(place, "--json").stdout
    before = written(place)
    assert before
    assert replay(place, "--json").stdout == first
    told = replay(place).stdout
    assert "5 of them seen before" in told
    assert "Nothing new to deliver." in told
    assert written(place) == before


def test_the_input_is_left_alone(place: Path) -> None:
    folder = write(place / "in", {**GOOD, "bad.hl7": b"MSH|"})
    before = {file: (file.stat().st_mtime_ns, file.read_bytes()) for file in folder.iterdir()}
    replay(place, code=1)
    assert {file: (file.stat().st_mtime_ns, file.read_bytes()) for file in folder.iterdir()} == before


def test_a_dry_run_decides_everything_and_keeps_nothing(place: Path) -> None:
    write(place / "in", {**GOOD, "bad.hl7": b"MSH|"})
    told = replay(place, "--dry-run", code=1).stdout
    assert "Dry run: nothing was kept." in told
    assert [entry.name for entry in place.iterdir()] == ["in"]


def test_what_was_not_delivered_is_delivered_by_the_next_run(place: Path) -> None:
    write(place / "in", GOOD)
    assert "--no-deliver" in replay(place, "--no-deliver").stdout
    assert not (place / "output").exists() or not written(place)
    replay(place)
    kinds = sorted({name.split("/")[1] for name in written(place)})
    assert kinds == ["followups", "notices"]


def test_a_state_in_use_is_refused(place: Path) -> None:
    import fcntl

    write(place / "in", GOOD)
    replay(place)
    with (place / "state" / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done: Result = replay(place, code=3)
    assert "in use" in done.output


def test_positives_and_holds_are_ordinary_work(place: Path) -> None:
    write(place / "in", {"a.hl7": oru(POSITIVE), "b.hl7": oru(UNREADABLE, number=2)})
    replay(place, code=0)


def test_an_output_that_cannot_be_written_is_the_environments_failure(place: Path) -> None:
    write(place / "in", GOOD)
    (place / "output").write_text("a file where a folder should be")
    done = replay(place, code=3)
    assert "deliveries could not be made" in done.output
    (place / "output").unlink()
