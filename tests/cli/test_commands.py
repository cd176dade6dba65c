"""The face of every command: help, options, exit codes, and failures as sentences."""

import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from pipeline import cli, errors
from pipeline.cli.failures import Guarded
from tests.cli.inputs import POSITIVE, oru

ROOT = Path(__file__).resolve().parents[2]
DESIGNED = (
    "run", "replay", "explain", "followups", "holds", "find", "show", "ack", "release", "pause", "resume", "status", "check-config",
    "dead-letters", "version",
)  # fmt: skip
RUNNER = CliRunner()


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


@pytest.mark.parametrize("name", [name for name, _, _ in cli._COMMANDS])
def test_every_command_explains_itself_with_an_example(name: str) -> None:
    done = RUNNER.invoke(cli.app, [name, "--help"], env={"COLUMNS": "200"})
    assert done.exit_code == 0
    assert f"vqroute {name}" in plain(done.stdout).split("Examples:")[1]
    if name != "version":
        for option in ("--config", "--state", "--output"):
            assert option in plain(done.stdout)


def test_every_designed_command_is_there() -> None:
    assert set(DESIGNED) <= {name for name, _, _ in cli._COMMANDS}


@pytest.mark.parametrize(
    "arguments",
    [
        ["no-such-command"],
        ["replay"],
        ["replay", "--no-such-option", "x"],
        ["replay", "/no/such/folder"],
        ["explain", "/no/such/file.hl7"],
        ["explain", "--config", "/no/such/site.toml", "README.md"],
        ["ack", "abc"],
        ["release", "abc", "--by", "me", "--patient-told", "soon"],
        ["release", "abc", "--by", "me", "--patient-told", "2999-01-01 10:00"],
        ["pause", "follow-ups", "--by", "me"],
    ],
)
def test_wrong_use_is_exit_code_2(arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = RUNNER.invoke(cli.app, arguments)
    assert done.exit_code == 2
    assert "Traceback" not in done.output
    assert not any(tmp_path.iterdir()), "a refused command leaves nothing behind"


@pytest.mark.parametrize(
    "command", [["followups"], ["holds"], ["find", "x"], ["show", "x"], ["dead-letters"], ["audit", "verify"], ["ack", "abc", "--by", "me"]]
)
def test_a_look_at_a_state_that_is_not_there_fails_and_makes_none(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = RUNNER.invoke(cli.app, [*command, "--state", str(tmp_path / "nowhere")])
    assert done.exit_code == 3
    assert "--state" in done.output
    assert not any(tmp_path.iterdir())


def guarded(failure: BaseException) -> typer.Typer:
    app = typer.Typer(cls=Guarded, pretty_exceptions_enable=False)

    @app.command()
    def fail() -> None:
        raise failure

    @app.command()
    def other() -> None:
        pass

    return app


@pytest.mark.parametrize(
    ("failure", "code", "said"),
    [
        (errors.Misconfigured([errors.Problem("a.toml", 3, "no"), errors.Problem("a.toml", 9, "nor this")]), 2, "a.toml:9: nor this"),
        (errors.Refused("somebody else has it"), 2, "somebody else has it"),
        (errors.EnvironmentFailed("the state is in use"), 3, "the state is in use"),
        (errors.TryAgain("busy"), 3, "busy"),
        (PermissionError(13, "Permission denied", "/in/DOE^JANE.hl7"), 3, "Permission denied"),
        (KeyboardInterrupt(), 130, "stopped"),
        (ValueError("DOE^JANE"), 3, "ValueError"),
        (KeyError("DOE^JANE"), 3, "KeyError"),
    ],
)
def test_a_failure_is_a_sentence_and_a_code(failure: BaseException, code: int, said: str) -> None:
    done = RUNNER.invoke(guarded(failure), ["fail"])
    assert done.exit_code == code
    assert said in done.output
    assert "Traceback" not in done.output
    assert "DOE" not in done.output


def test_output_that_nobody_reads_any_more_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "many").mkdir()
    for number in range(300):
        (tmp_path / "many" / f"{number}.txt").write_text("IMPRESSION: Normal perfusion. No pulmonary embolism.\n" * 20)
    line = f"{sys.executable} -m pipeline explain --json {tmp_path / 'many'} | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, cwd=ROOT)
    assert done.stderr == ""
    assert done.returncode == 0
    assert done.stdout.count("\n") == 1


def test_help_is_there_at_once_and_loads_no_heavy_part() -> None:
    heavy = (
        "sqlalchemy",
        "alembic",
        "pydicom",
        "hl7apy",
        "jinja2",
        "pydantic",
        "structlog",
        "babel",
        "pipeline.reading",
        "pipeline.config",
    )
    code = f"import sys; import pipeline.cli; print(*[m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == ""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run([sys.executable, "-m", "pipeline", "--help"], capture_output=True, check=True, cwd=ROOT)
    # Processor time: the machine may be busy with other tests.
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 0.5


def test_version_names_what_it_is_made_of() -> None:
    done = RUNNER.invoke(cli.app, ["version"])
    assert done.exit_code == 0
    assert re.match(r"vqroute \d+\.\d+\.\d+ \(Python 3\.\d+\.\d+, SQLite 3\.\d+", done.stdout)


def test_check_config_says_every_problem_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    file.write_text('[site]\nmoode = "demo"\n[folders]\nscan_s = "often"\n')
    done = RUNNER.invoke(cli.app, ["check-config", "--config", str(file)])
    assert done.exit_code == 2
    assert f'{file}:2: there is no setting "site.moode"; did you mean "mode"?' in done.output
    assert f"{file}:4: folders.scan_s" in done.output


def test_check_config_of_the_packaged_demo_is_content_and_live_is_not() -> None:
    file = str(ROOT / "config" / "site.toml")
    done = RUNNER.invoke(cli.app, ["check-config", "--config", file])
    assert done.exit_code == 0, done.output
    assert "mode demo" in done.stdout
    done = RUNNER.invoke(cli.app, ["check-config", "--live", "--json", "--config", file])
    assert done.exit_code == 2
    assert '"line": 13' in done.stdout


def test_live_mode_that_is_not_settled_starts_nothing(tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    file.write_text('[site]\nmode = "live"\n')
    for command in (["run"], ["replay", str(tmp_path)], ["release", "abc", "--by", "me"]):
        done = RUNNER.invoke(cli.app, [*command, "--config", str(file), "--state", str(tmp_path / "state")])
        assert done.exit_code == 2
        assert "live mode needs" in done.output
    assert not (tmp_path / "state").exists()


def test_lists_can_be_read_and_letters_stopped_whatever_is_wrong_with_site_and_words(tmp_path: Path) -> None:
    state = ["--state", str(tmp_path / "state"), "--output", str(tmp_path / "output")]
    (tmp_path / "in.hl7").write_bytes(oru(POSITIVE))
    assert RUNNER.invoke(cli.app, ["replay", str(tmp_path / "in.hl7"), *state]).exit_code == 0
    for folder in ("vocabulary", "letters"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "en.toml").write_text("broken")
    (tmp_path / "site.toml").write_text('[site]\nmode = "live"\n')
    for command in (["followups"], ["holds"], ["status"], ["pause", "notices", "--by", "me"], ["resume", "notices", "--by", "quill"]):
        done = RUNNER.invoke(cli.app, [*command, "--config", str(tmp_path), *state])
        assert done.exit_code == 0, done.output
    done = RUNNER.invoke(cli.app, ["resume", "notices", "--by", "me", "--config", str(tmp_path), *state])
    assert done.exit_code == 2
    assert '"me" is not in config/people.toml' in done.output
    assert RUNNER.invoke(cli.app, ["run", "--config", str(tmp_path), *state]).exit_code == 2
