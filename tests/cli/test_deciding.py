"""What people say about results and letters from the command line: done once, audited by name, refused in words."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipeline import cli
from tests.cli.inputs import NEGATIVE, NONDIAGNOSTIC, POSITIVE, UNREADABLE, oru, write

RUNNER = CliRunner()
BY = ("--by", "Dr Reader")
WHY = ("--reason", "read with the radiologist")


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("deciding")
    messages = {"1.hl7": NEGATIVE, "2.hl7": NONDIAGNOSTIC, "3.hl7": POSITIVE, "4.hl7": UNREADABLE}
    write(place / "in", {name: oru(text, number=number) for number, (name, text) in enumerate(messages.items(), 1)})
    done = RUNNER.invoke(cli.app, ["replay", str(place / "in"), "--state", str(place / "state"), "--output", str(place / "output")])
    assert done.exit_code == 0, done.output
    return place


@pytest.fixture
def place(replayed: Path, tmp_path: Path) -> Path:
    shutil.copytree(replayed / "state", tmp_path / "state")
    shutil.copytree(replayed / "output", tmp_path / "output")
    return tmp_path


def vqroute(place: Path, *arguments: str, code: int = 0) -> Any:
    done = RUNNER.invoke(cli.app, [*arguments, "--state", str(place / "state"), "--output", str(place / "output")])
    assert done.exit_code == code, done.output
    return done


def rows(place: Path, *arguments: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in vqroute(place, *arguments, "--json").stdout.splitlines()]


def letters(place: Path) -> dict[str, str]:
    found = [json.loads(file.read_text()) for file in (place / "output" / "notices").rglob("*.json")]
    return {letter["accession"]: letter["letter"] for letter in found}


def open_reasons(place: Path) -> dict[str, str]:
    return {row["accession"]: row["reason"] for row in rows(place, "followups")}


def test_a_review_is_decided_by_its_accession_once(place: Path) -> None:
    said = vqroute(place, "decide", "ACCZQ0004", "nondiagnostic", "--grade", "intermediate", *BY, *WHY, "--read-report").stdout
    assert "the report is decided: nondiagnostic; letter: release; follow-up: indeterminate" in said
    assert letters(place)["ACCZQ0004"] == "nondiagnostic"
    assert open_reasons(place)["ACCZQ0004"] == "indeterminate"
    again = vqroute(place, "decide", "ACCZQ0004", "positive", *BY, *WHY, code=2)
    assert "has decided this version already: nondiagnostic" in again.output
    (line,) = [one for one in rows(place, "show", "ACCZQ0004")[0]["timeline"] if "was decided once more" in one["said"]]
    assert "read with the radiologist; has read the whole report" in line["said"]
    assert line["by"].startswith("Dr Reader (os:"), "with the seat, as every act of a person"
    assert rows(place, "audit", "verify")[0]["faults"] == []


def test_or_by_its_hold(place: Path) -> None:
    (hold,) = [row["id"] for row in rows(place, "holds") if row["accession"] == "ACCZQ0004"]
    vqroute(place, "decide", hold[:10], "positive", *BY, *WHY)
    assert "ACCZQ0004" not in letters(place), "the letter of a positive waits for a person"
    assert open_reasons(place)["ACCZQ0004"] == "positive"


def test_what_was_read_is_not_decided_by_hand(place: Path) -> None:
    assert "was read as negative" in vqroute(place, "decide", "ACCZQ0001", "positive", *BY, *WHY, code=2).output
    assert "no grade of negative" in vqroute(place, "decide", "ACCZQ0004", "negative", "--grade", "high", *BY, *WHY, code=2).output
    assert "--reason" in vqroute(place, "decide", "ACCZQ0004", "negative", *BY, "--reason", " ", code=2).output
    assert "--by" in vqroute(place, "decide", "ACCZQ0004", "negative", "--by", " ", *WHY, code=2).output
    assert "no exam" in vqroute(place, "decide", "NOSUCH", "negative", *BY, *WHY, code=2).output


def test_a_letter_is_withheld_once_and_its_follow_up_stays(place: Path) -> None:
    (hold,) = [row["id"] for row in rows(place, "holds") if row["reason"] == "positive"]
    vqroute(place, "withhold", hold[:10], *BY, "--reason", "told in person")
    assert open_reasons(place)["ACCZQ0003"] == "positive"
    assert hold not in {row["id"] for row in rows(place, "holds")}
    assert "no open hold" in vqroute(place, "withhold", hold, *BY, "--reason", "again", code=2).output
    told = " ".join(vqroute(place, "show", "ACCZQ0003").stdout.split())
    assert "withheld for good" in told


def test_a_letter_that_came_back_is_told_by_accession_or_file_name_and_once(place: Path) -> None:
    vqroute(place, "undelivered", "ACCZQ0001", "--by", "mail room", "--reason", "moved away")
    assert open_reasons(place)["ACCZQ0001"] == "undelivered"
    (name,) = {
        file.name.split(".")[0]
        for file in (place / "output" / "notices").rglob("*.json")
        if json.loads(file.read_text())["accession"] == "ACCZQ0001"
    }
    assert "reported this letter already" in vqroute(place, "undelivered", name, "--by", "mail room", code=2).output
    assert "no letter of this exam has left" in vqroute(place, "undelivered", "ACCZQ0003", "--by", "mail room", code=2).output


def test_who_wants_no_letters_is_on_a_list(place: Path) -> None:
    assert vqroute(place, "wishes").stdout == "nobody is on the list\n"
    said = vqroute(place, "wish", "MRNZQ0003", "opt-out", "--authority", "GENERAL", "--by", "jsmith").stdout
    assert "letters of 1 exams are held by it now" in said
    (row,) = rows(place, "wishes")
    assert (row["authority"], row["number"], row["wish"]) == ("general", "MRNZQ0003", "opt-out"), "as numbers are compared"
    assert "MRNZQ0003" in vqroute(place, "wishes").stdout
    (hold,) = [row for row in rows(place, "holds") if row["accession"] == "ACCZQ0003"]
    assert hold["reason"] == "opt-out"
    assert "already" in vqroute(place, "wish", "MRNZQ0003", "opt-out", "--authority", "GENERAL", "--by", "x", code=2).output
    assert "stay held" in vqroute(place, "wish", "MRNZQ0003", "none", "--authority", "GENERAL", "--by", "x").stdout
    assert rows(place, "wishes") == []
    assert "letters of 0 exams" in vqroute(place, "wish", "MRNZQ0003", "ask-first", "--authority", "ELSEWHERE", "--by", "x").stdout
    assert "--authority" in vqroute(place, "wish", "MRNZQ0003", "opt-out", "--authority", " ", "--by", "x", code=2).output
    assert "--by" in vqroute(place, "wish", "MRNZQ0001", "opt-out", "--authority", "GENERAL", "--by", " ", code=2).output


def test_reprocess_lists_then_does_then_finds_nothing(place: Path) -> None:
    config = place / "site.toml"
    config.write_text('[site]\ntime_zone = "UTC"\n[decisions]\nlow = "nondiagnostic"\n', encoding="utf-8")
    write(place / "more", {"5.hl7": oru("Low probability for pulmonary embolism.", number=5)})
    vqroute(place, "replay", str(place / "more"))
    settings = ("--config", str(config))
    (told,) = rows(place, "reprocess", "--dry-run", *settings)
    assert (told["accession"], told["letter"], told["does"]) == ("ACCZQ0005", "left", "acts")
    assert "1 reports would be decided otherwise; 1 letters" in vqroute(place, "reprocess", "--dry-run", *settings).stdout
    assert "1 reports were decided otherwise" in vqroute(place, "reprocess", *settings).stdout
    assert letters(place)["ACCZQ0005"] in ("low", "nondiagnostic")
    assert {row["reason"] for row in rows(place, "followups") if row["accession"] == "ACCZQ0005"} == {"indeterminate", "wrong-letter-out"}
    assert rows(place, "reprocess", *settings) == []
    assert rows(place, "reprocess", *settings, "--since", "2099-01-01", "--outcome", "review") == []
    assert "--since" in vqroute(place, "reprocess", "--since", "yesterday", code=2).output
