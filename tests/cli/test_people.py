"""What people do with follow-ups, holds and letters, and what they can look up."""

import json
import re
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipeline import cli
from tests.cli.inputs import NEGATIVE, NONDIAGNOSTIC, POSITIVE, oru, write

RUNNER = CliRunner()


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state with a negative, a nondiagnostic, a positive and a minor's report."""
    place = tmp_path_factory.mktemp("people")
    write(
        place / "in",
        {
            "1.hl7": oru(NEGATIVE, number=1),
            "2.hl7": oru(NONDIAGNOSTIC, number=2),
            "3.hl7": oru(POSITIVE, number=3),
            "4.hl7": oru(NEGATIVE, number=4, born="20150101"),
        },
    )
    done = RUNNER.invoke(cli.app, ["replay", str(place / "in"), "--state", str(place / "state"), "--output", str(place / "output")])
    assert done.exit_code == 0, done.output
    return place


@pytest.fixture
def place(replayed: Path, tmp_path: Path) -> Path:
    """A copy of that state for one test."""
    import shutil

    shutil.copytree(replayed / "state", tmp_path / "state")
    shutil.copytree(replayed / "output", tmp_path / "output")
    return tmp_path


def vqroute(place: Path, *arguments: str, code: int = 0) -> Any:
    done = RUNNER.invoke(cli.app, [*arguments, "--state", str(place / "state"), "--output", str(place / "output")])
    assert done.exit_code == code, done.output
    return done


def rows(place: Path, *arguments: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in vqroute(place, *arguments, "--json").stdout.splitlines()]


def letters(place: Path) -> set[str]:
    return {json.loads(file.read_text())["accession"] for file in (place / "output" / "notices").rglob("*.json")}


def test_follow_ups_are_listed_oldest_due_first_with_the_promised_keys(place: Path) -> None:
    listed = rows(place, "followups")
    assert [(row["accession"], row["reason"]) for row in listed] == [("ACCZQ0003", "positive"), ("ACCZQ0002", "indeterminate")]
    for row in listed:
        assert {"id", "accession", "reason", "state", "due_at", "overdue", "owner", "critical", "preliminary", "exam"} <= row.keys()
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", row["due_at"])
        assert row["state"] == "requested"
    assert [row["due_at"] for row in listed] == sorted(row["due_at"] for row in listed)
    assert listed[0]["critical"] is True
    assert listed[0]["overdue"] is True


def test_holds_are_listed_with_the_promised_keys(place: Path) -> None:
    listed = rows(place, "holds")
    assert {(row["accession"], row["reason"], row["letter"]) for row in listed} == {
        ("ACCZQ0003", "positive", "positive"),
        ("ACCZQ0004", "minor", "absent"),
    }
    for row in listed:
        assert {"id", "accession", "reason", "state", "due_at"} <= row.keys()


def test_tables_are_for_people(place: Path) -> None:
    told = vqroute(place, "followups").stdout
    assert "2 follow-ups, 2 overdue." in told
    assert "ACCZQ0003" in told
    assert "ACCZQ0004" in vqroute(place, "holds").stdout


def test_an_acknowledged_follow_up_stays_open_and_releases_nothing(place: Path) -> None:
    positive = rows(place, "followups")[0]
    before = letters(place)
    vqroute(place, "ack", positive["id"][:8], "--by", "Dr Reader")
    (row,) = [row for row in rows(place, "followups") if row["id"] == positive["id"]]
    assert (row["state"], row["acknowledged_by"]) == ("accepted", "Dr Reader")
    assert letters(place) == before
    vqroute(place, "ack", positive["id"], "--by", "Somebody Else", code=2)
    vqroute(place, "complete", positive["id"], "--by", "Dr Reader")
    assert positive["id"] not in {row["id"] for row in rows(place, "followups")}
    assert positive["id"] in {row["id"] for row in rows(place, "followups", "--all")}


def test_a_letter_about_a_clot_leaves_only_when_the_patient_was_told(place: Path) -> None:
    (hold,) = [row["id"] for row in rows(place, "holds") if row["reason"] == "positive"]
    refused = vqroute(place, "release", hold, "--by", "Dr Reader", code=2)
    assert "--patient-told" in refused.output
    assert "ACCZQ0003" not in letters(place)
    told = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    vqroute(place, "release", hold, "--by", "Dr Reader", "--patient-told", told)
    assert "ACCZQ0003" in letters(place), "delivered at once"
    vqroute(place, "release", hold, "--by", "Dr Reader", "--patient-told", told, code=2)
    assert "Dr Reader" in vqroute(place, "show", "ACCZQ0003").stdout


def test_a_hold_for_another_reason_is_released_by_a_name(place: Path) -> None:
    (hold,) = [row["id"] for row in rows(place, "holds") if row["reason"] == "minor"]
    vqroute(place, "release", hold, "--by", "Dr Reader")
    assert "ACCZQ0004" in letters(place)


def test_paused_letters_stay_and_resumed_ones_leave(place: Path) -> None:
    (hold,) = [row["id"] for row in rows(place, "holds") if row["reason"] == "minor"]
    vqroute(place, "pause", "notices", "--by", "jsmith")
    assert "PAUSED by jsmith" in vqroute(place, "status").stdout
    assert "paused" in vqroute(place, "release", hold, "--by", "Dr Reader").stdout
    assert "ACCZQ0004" not in letters(place)
    vqroute(place, "resume", "notices", "--by", "jsmith")
    assert "PAUSED" not in vqroute(place, "status").stdout
    write(place / "empty", {"nothing.hl7": oru(NEGATIVE, number=1)})
    vqroute(place, "replay", str(place / "empty"))
    assert "ACCZQ0004" in letters(place), "the next round delivers it"


@pytest.mark.parametrize("arguments", [("ack", "--by", "x"), ("complete", "--by", "x"), ("release", "--by", "x")])
def test_an_id_that_fits_nothing_or_too_much_is_refused(place: Path, arguments: tuple[str, ...]) -> None:
    command, *rest = arguments
    assert "no open" in vqroute(place, command, "ffffffffffffffffffffffff", *rest, code=2).output
    vqroute(place, command, "", *rest, code=2)


@pytest.mark.parametrize("text", ["ACCZQ0002", "acczq0002", "MRNZQ0002", "CTRLZQ0002"])
def test_an_exam_is_found_by_what_people_have_in_hand(place: Path, text: str) -> None:
    (row,) = rows(place, "find", text)
    assert (row["accession"], row["category"], row["open_follow_ups"]) == ("ACCZQ0002", "nondiagnostic", 1)
    assert row["exam"][:10] in vqroute(place, "show", row["exam"][:12]).stdout


def test_the_timeline_is_told_in_sentences(place: Path) -> None:
    told = " ".join(vqroute(place, "show", "ACCZQ0002").stdout.split())
    for said in (
        "A final report version came and was read as NONDIAGNOSTIC (nondiagnostic).",
        "opened: the scan could not decide.",
        "A letter was written [nondiagnostic]: it may leave.",
        "The letter has left",
        "Open follow-up",
    ):
        assert said in told
    timeline = rows(place, "show", "ACCZQ0002")[0]["timeline"]
    assert all(list(line) == ["at", "said", "by"] for line in timeline)


def test_what_is_not_there_is_said(place: Path) -> None:
    assert "no exam" in vqroute(place, "show", "NOSUCH", code=2).output
    assert vqroute(place, "find", "NOSUCH").stdout == "nothing has come under that name\n"
    assert vqroute(place, "dead-letters").stdout == "none\n"


def test_status_counts_what_is_open_and_knows_that_no_daemon_runs(place: Path) -> None:
    (told,) = rows(place, "status")
    assert told["ledger"]["follow_ups"] == {"indeterminate": 1, "positive": 1}
    assert told["ledger"]["holds"] == 2
    assert told["well"] is False
    vqroute(place, "status", "--health", code=1)


def test_a_lookup_changes_nothing(place: Path) -> None:
    before = written(place)
    for arguments in (
        ("followups",),
        ("holds",),
        ("find", "x"),
        ("show", "ACCZQ0001"),
        ("status",),
        ("dead-letters",),
        ("audit", "verify"),
    ):
        vqroute(place, *arguments)
    assert written(place) == before


def written(place: Path) -> dict[str, int]:
    return {str(file): file.stat().st_size for file in (place / "output").rglob("*")}


def test_the_trail_is_whole_and_a_row_that_somebody_changes_shows(place: Path) -> None:
    (found,) = rows(place, "audit", "verify")
    assert (found["faults"], found["seals"], found["unsealed"]) == ([], 1, 0)
    assert vqroute(place, "audit", "verify", "--seal", found["last"]).stdout.startswith("whole: ")
    assert "not in the ledger" in vqroute(place, "audit", "verify", "--seal", "5" * 64, code=1).output
    for typed in ("", found["last"][:10]):
        assert "64 hexadecimal digits" in vqroute(place, "audit", "verify", "--seal", typed, code=2).output
    with sqlite3.connect(place / "state/ledger.db") as base:
        base.execute("UPDATE audit SET by = 'somebody else' WHERE seq = 1")
    said = vqroute(place, "audit", "verify", code=1)
    assert "row 1 was changed" in said.output
    assert "BROKEN" in said.output
