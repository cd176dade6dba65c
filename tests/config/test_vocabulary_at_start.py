"""A vocabulary that is wrong or contradicts itself stops the daemon at its start, with file and line."""

import gzip
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline import cli
from pipeline.config import packaged, read
from pipeline.config.vocabulary import LARGEST, vocabulary_of
from pipeline.errors import Misconfigured
from pipeline.reading.weights import Rights

ROOT = Path(__file__).resolve().parents[2]
PACKED = (packaged() / "vocabulary/en.toml").read_text(encoding="utf-8")
LINE = PACKED.count("\n") + 2
"""Of the first line of what a site puts at the end."""
NAMES = '[site]\nfacility = "A"\nphone = "1"\nemergency_number = "2"\n'


def block(name: str = "mine", grade: str = "low", pattern: str = "bland scan", example: str = "Bland scan.", other: str = "PE.") -> str:
    return (
        f'\n[[phrase]]\nid = "{name}"\ngrade = "{grade}"\npatterns = ["{pattern}"]\nexamples = ["{example}"]\nnot_examples = ["{other}"]\n'
    )


def site(folder: Path, vocabulary: bytes) -> Path:
    file = folder / "site.toml"
    file.write_text(NAMES + f'[folders]\ninbox = ["{folder / "inbox"}"]\n', encoding="utf-8")
    (folder / "vocabulary").mkdir()
    (folder / "vocabulary/en.toml").write_bytes(vocabulary)
    return file


WRONG = {
    "two blocks of one name": (block("low"), LINE, "the id 'low' is used twice"),
    "an example that the pattern does not take": (block(example="Scan bland."), LINE, "this example is not read so: 'Scan bland.'"),
    "a not_example that it takes": (block(other="A bland scan."), LINE, "this not_example matches: 'A bland scan.'"),
    "a class that is none": (block(pattern="<blandish> scan"), LINE, "no class <blandish>"),
    "an example that the packaged vocabulary reads with another grade": (
        block(grade="high", pattern="low probability for pe", example="Low probability for PE."),
        LINE,
        "this example is not read so: 'Low probability for PE.'",
    ),
    "two blocks of a site that read one example with two grades": (
        block() + block("again", "high"),
        LINE + 7,
        "phrase 'again': ",
    ),
    "a mask that hides packaged examples": (
        '\n[[mask]]\nid = "m"\nscope = "sentence"\npatterns = ["bland scan"]\n' + block(),
        LINE + 5,
        "phrase 'mine': this example is not read so: 'Bland scan.'",
    ),
}


@pytest.mark.process
@pytest.mark.parametrize(("addition", "line", "message"), WRONG.values(), ids=WRONG)
def test_the_daemon_does_not_start(tmp_path: Path, addition: str, line: int, message: str) -> None:
    """As a process: the daemon's logs go to the standard output for good, which in here would be another test's."""
    file = site(tmp_path, f"{PACKED}{addition}".encode())
    words = ["--config", str(file), "--state", str(tmp_path / "state"), "--output", str(tmp_path / "output")]
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "run", *words], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 2, done.stderr
    told = [text for text in done.stderr.splitlines() if message in text]
    assert [text.startswith(f"vqroute: {tmp_path / 'vocabulary/en.toml'}:{line}: ") for text in told] == [True], done.stderr
    assert not (tmp_path / "state/ledger.db").exists()


@pytest.mark.parametrize("command", [["check-config"], ["explain", "report.txt"]])
def test_other_commands_say_the_same(tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "report.txt").write_text("IMPRESSION: No PE.")
    file = site(tmp_path, f"{PACKED}{block('low')}".encode())
    done = CliRunner().invoke(
        cli.app, [*(str(tmp_path / word) if word.endswith(".txt") else word for word in command), "--config", str(file)]
    )
    assert done.exit_code == 2
    assert f"en.toml:{LINE}: the id 'low' is used twice" in done.output


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    mine = vocabulary_of(read(site(tmp_path, b"\xef\xbb\xbf" + PACKED.encode())))
    assert mine.hash == vocabulary_of(read(packaged() / "site.toml")).hash


def test_a_file_in_another_encoding_is_said_to_be_one(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="not UTF-8"):
        vocabulary_of(read(site(tmp_path, f"{PACKED}# für uns\n".encode("latin-1"))))


SECOND = (packaged() / "vocabulary/en.second-reader.gz").read_bytes()


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"no gzip at all",
        SECOND[:-9],
        SECOND[:200] + b"???" + SECOND[203:],
        gzip.compress(b"\xff"),
        zlib.compress(b"x"),
        gzip.compress(b"x"),
    ],
    ids=["empty", "other", "cut", "changed", "no UTF-8", "zlib", "another head"],
)
def test_a_damaged_second_reader_stops_the_start_with_its_name(tmp_path: Path, broken: bytes) -> None:
    file = site(tmp_path, PACKED.encode())
    (tmp_path / "vocabulary/en.second-reader.gz").write_bytes(broken)
    with pytest.raises(Misconfigured, match=r"second-reader\.gz.*damaged"):
        vocabulary_of(read(file))


def test_one_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    file = site(tmp_path, PACKED.encode())
    text = gzip.decompress(SECOND)
    (tmp_path / "vocabulary/en.second-reader.gz").write_bytes(gzip.compress(text + b"\n" * LARGEST))
    with pytest.raises(Misconfigured, match="damaged"):
        vocabulary_of(read(file))


def test_a_site_says_what_the_second_reader_may_do(tmp_path: Path) -> None:
    file = site(tmp_path, PACKED.encode())
    as_is = vocabulary_of(read(file))
    assert as_is.rights is Rights.SETTLES
    for rights in (Rights.OBJECTS, Rights.OFF):
        file.write_text(f'[reading]\nsecond_reader = "{rights}"\n')
        mine = vocabulary_of(read(file))
        assert mine.rights is rights
        assert mine.hash != as_is.hash
        assert (mine.weights is None) == (rights is Rights.OFF)
