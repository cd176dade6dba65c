"""docs/interface.md says what the product does: keys, codes, files and folders, looked at from outside."""

import json
import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli import failures
from pipeline.domain.arrival import Kind
from pipeline.domain.notice import Letter, NoticeType
from tests.docs.pages import ROOT

PAGE = (ROOT / "docs/interface.md").read_text(encoding="utf-8")
SAMPLES = ROOT / "sample_data"
VQROUTE = [sys.executable, "-m", "pipeline"]


def part(heading: str) -> str:
    """The text below a heading, to the next one of any level."""
    return re.split(r"^#+ ", PAGE.split(f"# {heading}\n", 1)[1], flags=re.M)[0]


def keys(heading: str) -> list[str]:
    return re.findall(r"^\| `?(\w+)`? \|", part(heading), flags=re.M)


def vqroute(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*VQROUTE, *map(str, words)], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)


def rows(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """State and output after one replay of all samples."""
    place = tmp_path_factory.mktemp("replayed")
    done = vqroute("replay", SAMPLES, "--json", "--state", place / "state", "--output", place / "output")
    assert done.returncode == failures.REJECTED, done.stderr
    (place / "rows.jsonl").write_text(done.stdout)
    return place


def test_exit_codes() -> None:
    said = [int(code) for code in keys("Exit codes") if code != "code"]
    assert said == [failures.DONE, failures.REJECTED, failures.WRONG_USE, failures.ENVIRONMENT]


def test_rows_of_replay_and_explain_have_exactly_these_keys(place: Path) -> None:
    said = [key for key in keys("Rows of `explain --json` and `replay --json`") if key != "key"]
    replayed = [json.loads(line) for line in (place / "rows.jsonl").read_text().splitlines()]
    explained = rows(vqroute("explain", SAMPLES, "--json"))
    assert len(explained) == len(replayed) > 20
    for row in [*replayed, *explained]:
        assert list(row) == said
        for found in row["evidence"]:
            assert set(found) == {"phrase", "section", "text", "start", "end"}


def test_every_kind_is_listed() -> None:
    line = next(line for line in PAGE.splitlines() if line.startswith("| `kind`"))
    assert set(re.findall(r"`([a-z0-9-]+)`", line.split("|")[2])) == {kind.value for kind in Kind}


@pytest.mark.parametrize("command", ["followups", "holds"])
def test_worklists(place: Path, command: str) -> None:
    done = vqroute(command, "--json", "--state", place / "state", "--output", place / "output")
    found = rows(done)
    assert (done.returncode, bool(found)) == (0, True)
    said = set(re.findall(r"`(\w+)`", part("Rows of `followups --json` and `holds --json`").split(",\n")[0].split("(UTC")[0]))
    assert said == {"id", "accession", "reason", "state", "due_at"}
    assert all(said <= set(row) for row in found)
    dues = [datetime.strptime(row["due_at"], "%Y-%m-%dT%H:%M:%SZ") for row in found]  # noqa: DTZ007 - only compared
    assert dues == sorted(dues)


def shape(folder: Path) -> set[str]:
    """Names below a folder with the variable parts as the page writes them."""
    found = set()
    for path in folder.rglob("*"):
        if path.is_file():
            name = re.sub(r"\b[0-9a-f]{32}\b", "<delivery_id>", path.relative_to(folder).as_posix())
            name = re.sub(r"\b[0-9a-f]{16}\b", "<exam>", name)
            found.add("OUTPUT/" + re.sub(r"\.(en|[a-z]{2}(-[A-Za-z0-9]+)?)\.(html|txt|json)$", r".<lang>.\3", name))
    return found


def test_output_folder(place: Path) -> None:
    said = set(re.findall(r"^(OUTPUT/\S+)", PAGE, flags=re.M))
    assert shape(place / "output") == said
    for path in (place / "output").rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600)


def test_side_car_of_each_letter(place: Path) -> None:
    schema = json.loads((ROOT / "pipeline/letters/sidecar.schema.json").read_text(encoding="utf-8"))
    section = part("The side-car of a letter")
    said = {"accession", "category", "grade", "language", "report_sha256", "notice_type", "letter"}
    assert {f"`{key}`" for key in said} <= set(re.findall(r"`[^`]+`", section))
    assert said <= set(schema["required"])
    assert {f"`{value.value}`" for value in [*Letter, *NoticeType]} <= set(re.findall(r"`[^`]+`", section))
    found = [json.loads(path.read_text(encoding="utf-8")) for path in (place / "output").rglob("notices/*/*.json")]
    assert found
    assert all(said <= set(facts) for facts in found)


def test_task_of_each_follow_up(place: Path) -> None:
    open_now = {row["id"]: row for row in rows(vqroute("followups", "--json", "--state", place / "state", "--output", place / "output"))}
    tasks = [json.loads(path.read_text(encoding="utf-8")) for path in (place / "output/followups").iterdir()]
    latest = {task["id"]: task for task in sorted(tasks, key=lambda task: int(task["meta"]["versionId"]))}
    assert open_now.keys() <= latest.keys()
    for key, row in open_now.items():
        task = latest[key]
        assert task["status"] == row["state"]
        assert task["code"]["coding"][0]["code"] == row["reason"]
        assert datetime.fromisoformat(task["restriction"]["period"]["end"]) == datetime.fromisoformat(row["due_at"])
        assert not row["accession"] or row["accession"] in [identifier["value"] for identifier in task["identifier"]]


def test_state_folder(place: Path) -> None:
    state = place / "state"
    assert state.stat().st_mode & 0o777 == 0o700
    assert (state / "ledger.db").is_file()
    assert any((state / "quarantine").rglob("*"))


def test_a_second_replay_emits_nothing(place: Path) -> None:
    def snapshot() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in (place / "output").rglob("*") if path.is_file()}

    before = snapshot()
    done = vqroute("replay", SAMPLES, "--json", "--state", place / "state", "--output", place / "output")
    assert done.returncode == failures.REJECTED
    assert snapshot() == before
