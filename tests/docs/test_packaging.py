"""What is installed is whole: wheel, locks, image and unit name only what exists."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.docs.pages import ROOT
from tests.docs.test_words_of_the_docs import commands, options_of


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    place = tmp_path_factory.mktemp("wheel")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--no-build-isolation",
        "--wheel-dir",
        str(place),
        str(ROOT),
    ]
    subprocess.run(command, check=True, capture_output=True)
    (made,) = place.glob("vqroute-*.whl")
    return zipfile.ZipFile(made).namelist()


def test_the_wheel_has_every_configuration_file(wheel: list[str]) -> None:
    ours = {path.relative_to(ROOT / "config").as_posix() for path in (ROOT / "config").rglob("*") if path.is_file()}
    assert {f"pipeline/_config/{path}" for path in ours} <= set(wheel)
    assert {"site.toml", "studies.toml", "letters/en.toml", "vocabulary/en.toml"} <= ours


def test_the_wheel_has_every_file_of_the_package(wheel: list[str]) -> None:
    ours = {
        path.relative_to(ROOT).as_posix() for path in (ROOT / "pipeline").rglob("*") if path.is_file() and "__pycache__" not in path.parts
    }
    assert ours <= set(wheel)
    assert any(re.fullmatch(r"pipeline/store/migrations/versions/\w+\.py", name) for name in wheel)
    assert "pipeline/letters/sidecar.schema.json" in wheel


def test_the_wheel_has_nothing_else(wheel: list[str]) -> None:
    tops = {name.split("/")[0] for name in wheel}
    assert all(top == "pipeline" or top.endswith(".dist-info") for top in tops)


def pins(lock: str) -> dict[str, str]:
    return dict(
        re.findall(r"^([a-z0-9-]+)==(\S+)(.*?)$", line)[0][:2]
        for line in (ROOT / lock).read_text().splitlines()
        if re.match(r"[a-z]", line)
    )


def test_locks_agree_and_every_pin_has_hashes() -> None:
    run, dev = pins("requirements.lock"), pins("requirements-dev.lock")
    assert run.items() <= dev.items()
    for lock in ("requirements.lock", "requirements-dev.lock"):
        entries = re.split(r"\n(?=[a-z])", (ROOT / lock).read_text())
        assert all("--hash=sha256:" in entry for entry in entries)
        assert "://" not in "".join(entries)


def test_the_lock_has_every_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {re.match(r"[A-Za-z0-9-]+", line)[0].lower() for line in project["dependencies"]}  # type: ignore[index]
    assert wanted <= set(pins("requirements.lock"))


@pytest.mark.parametrize("file", ["Dockerfile", "packaging/vqroute.service"])
def test_commands_of_image_and_unit_exist(file: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    lines = [re.sub(r'[\[\]",]+', " ", line).split() for line in text.splitlines() if re.match(r"(CMD|ExecStart\w*=| +CMD)", line)]
    assert len(lines) >= 2
    for words in lines:
        command = next(word for word in words if word in commands())
        flags = {word for word in words if word.startswith("--")}
        assert flags <= options_of(commands()[command])


def test_the_image_runs_as_nobody_special() -> None:
    last = (ROOT / "Dockerfile").read_text(encoding="utf-8").split("\nFROM ")[-1]
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", last, flags=re.M)
    assert "HEALTHCHECK" in last
    copied = re.findall(r"^COPY (?!--from)(\S.*) \S+$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), flags=re.M)
    assert all((ROOT / path).exists() for line in copied for path in line.split())


def test_make_starts_from_nothing_without_an_index_or_a_terminal() -> None:
    """What the two commands promise: locked, hashed, wheels only."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    installs = [line for line in makefile.splitlines() if "$(PIP) install" in line]
    assert installs
    for line in installs:
        assert "$(LOCKED) -r requirements" in line or "--no-deps --no-build-isolation -e ." in line
    assert "LOCKED := --require-hashes --no-deps --only-binary :all:" in makefile


@pytest.mark.parametrize(
    "file", ["Makefile", "Dockerfile", "docs/runbooks/install.md", "tools/fuzz/install", "tools/second_reader/install", "bench/peer.py"]
)
def test_a_lock_is_installed_as_it_stands(file: str) -> None:
    """pip has nothing to resolve, so a package that the index got since then cannot stop an installation."""
    installs = [line for line in (ROOT / file).read_text(encoding="utf-8").splitlines() if "--require-hashes" in line]
    assert installs
    assert all("--no-deps" in line for line in installs)


def test_the_locks_are_whole() -> None:
    """What is installed as it stands has to name everything that it needs."""
    check = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True, check=False)
    assert check.returncode == 0, check.stdout


def test_ci_does_all_three() -> None:
    script = ROOT / ".ci/run"
    assert script.stat().st_mode & 0o111
    assert [line for line in script.read_text().splitlines() if line.startswith("make ")] == ["make check", "make demo", "make test"]


def test_paths_in_the_image_and_the_unit_are_absolute() -> None:
    for file in ("Dockerfile", "packaging/vqroute.service"):
        for value in re.findall(r"--(?:config|state|output)[ ,\"=]+([^ \",\]\n]+)", (ROOT / file).read_text(encoding="utf-8")):
            assert Path(value).is_absolute()
