"""Plan, transfer, decline, snooze, reopen and the figures, as people type them."""

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipeline import cli
from tests.cli.inputs import NONDIAGNOSTIC, POSITIVE, oru, write

RUNNER = CliRunner()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    write(tmp_path / "in", {"1.hl7": oru(NONDIAGNOSTIC, number=1), "2.hl7": oru(POSITIVE, number=2)})
    vqroute(tmp_path, "replay", str(tmp_path / "in"))
    return tmp_path


def vqroute(place: Path, *arguments: str, code: int = 0) -> Any:
    done = RUNNER.invoke(cli.app, [*arguments, "--state", str(place / "state"), "--output", str(place / "output")])
    assert done.exit_code == code, done.output
    return done


def rows(place: Path, *arguments: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in vqroute(place, "followups", "--json", *arguments).stdout.splitlines()]


def test_a_follow_up_through_many_hands(place: Path) -> None:
    (item,) = rows(place, "--reason", "indeterminate")
    short, by = item["id"][:10], ("--by", "Dr Test")
    assert "CT pulmonary angiography" in item["next_step"]
    assert item["step_at"]
    vqroute(place, "decline", short, "--reason", "not mine", *by)
    assert rows(place, "--reason", "indeterminate")[0]["level"] == 1
    vqroute(place, "transfer", short, "--to", "reed", *by)
    assert [row["id"] for row in rows(place, "--mine", "reed")] == [item["id"]]
    assert [row["id"] for row in rows(place, "--owner", "reedham")] == [item["id"]]
    vqroute(place, "ack", short, *by)
    vqroute(place, "plan", short, "--what", "ultrasound", "--on", "2001-01-01", *by, code=2)
    vqroute(place, "snooze", short, "--for", "2h", *by)
    vqroute(place, "complete", short, "--outcome", "no clot", *by)
    vqroute(place, "reopen", short, "--reason", "too early", *by)
    shown = vqroute(place, "show", item["exam"][:16]).stdout
    for words in (
        "not mine",
        "handed to somebody else",
        "now for Dr. Runa Reedham",
        "put off: until 20",
        "no clot",
        "taken up again",
        "Recommended",
    ):
        assert words in shown
    with sqlite3.connect(place / "state" / "ledger.db") as ledger:
        names = {row[0] for row in ledger.execute("SELECT by FROM audit WHERE by != ''")}
    ((name),) = names
    assert name.startswith("Dr Test (os:")
    assert "@" in name


@pytest.mark.parametrize(
    "arguments",
    [
        ("snooze", "--by", "x"),
        ("snooze", "--by", "x", "--for", "2h", "--until", "2030-01-01"),
        ("snooze", "--by", "x", "--for", "soon"),
        ("snooze", "--by", "x", "--until", "soon"),
        ("transfer", "--by", "x", "--to", "nobody"),
        ("decline", "--by", " ", "--reason", "x"),
        ("reopen", "--by", "x", "--reason", "x"),
    ],
)
def test_what_is_refused_changes_nothing(place: Path, arguments: tuple[str, ...]) -> None:
    before = rows(place)
    item = rows(place, "--reason", "indeterminate")[0]["id"]
    done = RUNNER.invoke(cli.app, [arguments[0], item, *arguments[1:], "--state", str(place / "state"), "--output", str(place / "output")])
    assert done.exit_code != 0
    assert rows(place) == before


def test_the_report(place: Path) -> None:
    lines = [json.loads(line) for line in vqroute(place, "followups", "--report", "--json").stdout.splitlines()]
    assert [(line["by"], line["name"], line["opened"]) for line in lines][:3] == [
        ("all", "all", 2),
        ("reason", "indeterminate", 1),
        ("reason", "positive", 1),
    ]
    assert "escalations" in vqroute(place, "followups", "--report").stdout
    assert json.loads(vqroute(place, "followups", "--report", "--json", "--since", "2100-01-01").stdout)["opened"] == 0


def test_a_reason_that_is_none_is_refused_and_not_an_empty_list(place: Path) -> None:
    assert "there are indeterminate" in vqroute(place, "followups", "--reason", "indeterminat", code=2).output
    assert "--report" in vqroute(place, "followups", "--since", "2025-03-01", code=2).output


def test_the_table_says_plan_and_how_often_it_was_asked(place: Path) -> None:
    (item,) = rows(place, "--reason", "indeterminate")
    vqroute(place, "decline", item["id"], "--reason", "not mine", "--by", "x")
    assert "asked again 1x" in vqroute(place, "followups").stdout
    vqroute(place, "ack", item["id"], "--by", "x")
    day = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    vqroute(place, "plan", item["id"], "--by", "x", "--what", "leg ultrasound", "--on", day)
    assert f"Planned by {day} 23:59: leg ultrasound." in vqroute(place, "followups").stdout
    shown = vqroute(place, "show", item["exam"][:16]).stdout
    assert f"has a plan: leg ultrasound, by {day} 23:59." in shown
    assert "(os:" not in shown


def test_a_hold_says_how_far_it_has_climbed(place: Path) -> None:
    found = [json.loads(line) for line in vqroute(place, "holds", "--json").stdout.splitlines()]
    assert found
    assert {row["level"] for row in found} == {0}
    assert all(row["step_at"] for row in found)
    assert all("statute_at" in row for row in found)


def test_a_task_says_when_its_version_came_to_be(place: Path) -> None:
    (item,) = rows(place, "--reason", "indeterminate")
    vqroute(place, "decline", item["id"], "--reason", "not mine", "--by", "x")
    vqroute(place, "replay", str(place / "in"))
    sent = [json.loads(path.read_bytes()) for path in (place / "output" / "followups").glob("*.json")]
    first, second = sorted((one for one in sent if one["id"] == item["id"]), key=lambda one: one["meta"]["versionId"])
    assert first["authoredOn"] == second["authoredOn"]
    with sqlite3.connect(place / "state" / "ledger.db") as ledger:
        (told,) = ledger.execute("SELECT why FROM audit WHERE why LIKE 'declined%'").fetchone()
    assert told == f"declined: not mine; now for {second['owner']['display']}"
    assert second["lastModified"] > first["authoredOn"][:17]
