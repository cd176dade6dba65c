"""docs/vocabulary.md does what it says: its block works, its patterns take what they say, its messages are those of the program."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline import cli
from pipeline.config import packaged, read, reference
from pipeline.config.reference import changes, known_reports
from pipeline.config.vocabulary import packaged_vocabulary, vocabulary_of
from pipeline.domain.reading import Grade, Reading
from pipeline.domain.report import TextBlock
from pipeline.errors import Misconfigured
from pipeline.reading import Vocabulary
from pipeline.reading import read as read_text
from pipeline.reading.pattern import Compiler
from tests.docs.pages import ROOT

PAGE = (ROOT / "docs/vocabulary.md").read_text(encoding="utf-8")
PACKED = (packaged() / "vocabulary/en.toml").read_text(encoding="utf-8")
BLOCK = re.findall(r"^```toml\n(.*?)^```", PAGE, flags=re.M | re.S)[0]
REPORT = re.findall(r"^```text\n(V/Q.*?)^```", PAGE, flags=re.M | re.S)[0]


def site(folder: Path, block: str) -> Path:
    """A site with its own copy of the vocabulary, and a block at the end of it."""
    (folder / "vocabulary").mkdir()
    (folder / "vocabulary/en.toml").write_text(f"{PACKED}\n{block}", encoding="utf-8")
    (folder / "site.toml").write_text("[site]\nfacility = 'A'\nphone = '1'\nemergency_number = '2'\n", encoding="utf-8")
    return folder / "site.toml"


def reading_of(vocabulary: Vocabulary, text: str = REPORT) -> Reading:
    return read_text([TextBlock(text)], vocabulary)


def test_the_block_does_what_the_page_says(tmp_path: Path) -> None:
    before = reading_of(packaged_vocabulary())
    assert (before.category, before.reasons) == ("review", ("unread-mention",))
    mine = vocabulary_of(read(site(tmp_path, BLOCK)))
    after = reading_of(mine)
    assert (after.category, after.grade) == ("negative", "absent")
    assert [evidence.phrase for evidence in after.evidence] == ["our-traffic-light-green"]
    assert reading_of(mine, REPORT.replace("GREEN", "RED")).category == "review"


def test_the_block_changes_none_of_the_known_reports(tmp_path: Path) -> None:
    """Counted against the vocabulary of now, not against the readings of the set, which may wait to be made again."""
    texts = known_reports()
    with_block, without = vocabulary_of(read(site(tmp_path, BLOCK))), packaged_vocabulary()
    assert [(c.known.id, c.after) for c in changes(with_block, texts)] == [(c.known.id, c.after) for c in changes(without, texts)]


def test_the_line_that_is_shown_is_the_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few = known_reports()[:50]
    monkeypatch.setattr(reference, "known_reports", lambda: few)
    done = CliRunner().invoke(cli.app, ["check-config", "--config", str(site(tmp_path, BLOCK))])
    assert done.exit_code == 0, done.output
    (shown,) = re.findall(r"^/etc/vqroute(/vocabulary/en.toml: .*)$", PAGE, flags=re.M)
    first = done.stdout.splitlines()[0].removeprefix(str(tmp_path))
    assert re.sub(r"\d+", "N", first) == re.sub(r"\d+", "N", shown)


def test_the_command_that_finds_the_packaged_vocabulary_does(capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = re.findall(r"python -c '(.*)'$", PAGE, flags=re.M)
    exec(line)
    assert Path(capsys.readouterr().out.strip()).read_text(encoding="utf-8") == PACKED


def test_every_grade_is_named() -> None:
    (line,) = [line for line in PAGE.splitlines() if line.startswith("| `grade` |")]
    assert {grade.value for grade in Grade} <= set(re.findall(r"`(\w+)`", line))


PATTERNS = re.findall(r"^\| `([^`]+)` \| ([^|`]+) \| ([^|`]+) \|$", PAGE.replace("\\|", "¦"), flags=re.M)


@pytest.mark.parametrize(("pattern", "takes", "leaves"), PATTERNS)
def test_patterns_take_what_the_page_says(pattern: str, takes: str, leaves: str) -> None:
    compiled = Compiler({}).compile(pattern.replace("¦", "|"))
    assert compiled.regex.search(f" ^ {takes} $ ")
    assert not compiled.regex.search(f" ^ {leaves} $ ")


def test_there_are_patterns() -> None:
    assert len(PATTERNS) >= 10


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('grade = "absent"', 'grade = "absent', "this is not valid TOML"),
        ('"our-traffic-light-green"', '"low"', "the id 'low' is used twice"),
        ('"absent"', '"lowish"', "no grade 'lowish'"),
        ("embolism (light", "<anpye> (light", "no class <anpye>"),
        (
            'examples = ["Embolism traffic light: GREEN.", "Embolism light is green."]\n',
            "",
            "needs at least one example and one not_example",
        ),
        ("[:|=] green", "[:|=] lime", "this example is not read so"),
        ("light: amber", "light: green", "this not_example matches"),
        ("patterns", "patern", "unknown setting 'patern'"),
    ],
)
def test_mistakes_are_told_in_the_words_of_the_page_and_with_their_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert f"| `{message}` |" in PAGE
    assert old in BLOCK
    with pytest.raises(Misconfigured) as caught:
        vocabulary_of(read(site(tmp_path, BLOCK.replace(old, new, 1))))
    told = [problem for problem in caught.value.problems if message in problem.message]
    assert told
    own = PACKED.count("\n") + 2
    assert all(own <= problem.line < own + BLOCK.count("\n") for problem in told)


def test_every_mistake_of_the_page_is_tried() -> None:
    table = PAGE.split("| it says | because |")[1].split("\n\n")[0]
    assert len(re.findall(r"^\| `", table, flags=re.M)) == 8


def test_the_marks_are_those_of_the_program() -> None:
    from pipeline.cli import comparing

    source = Path(comparing.__file__).read_text(encoding="utf-8")
    marks = re.findall(r"^\| ([A-Z ]+) \|", PAGE, flags=re.M)
    assert marks == ["DANGEROUS", "LOOK AT"]
    assert all(f'"{mark} "' in source for mark in marks)
