"""`vqroute check-config` says which known reports a site's own vocabulary reads otherwise."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline import cli
from pipeline.cli import comparing
from pipeline.config import packaged, reference
from pipeline.config.reference import Known, Outcome
from pipeline.domain.report import TextBlock
from pipeline.reading import read
from tests.reading.reading_kit import both_readers

PACKED = (packaged() / "vocabulary/en.toml").read_text(encoding="utf-8")
NAMES = '[site]\nfacility = "A"\nphone = "1"\nemergency_number = "2"\n'
BLOCK = (
    '\n[[phrase]]\nid = "light"\ngrade = "absent"\npatterns = ["embolism light green"]\n'
    'examples = ["Embolism light green."]\nnot_examples = ["PE."]\n'
)
GREEN = "FINDINGS: Even perfusion.\n\nIMPRESSION: Embolism light green."
CLOT = "FINDINGS: Large mismatched defects.\n\nIMPRESSION: High probability for pulmonary embolism."


def site(folder: Path, addition: str, more: str = "") -> Path:
    (folder / "vocabulary").mkdir()
    (folder / "vocabulary/en.toml").write_text(PACKED + addition, encoding="utf-8")
    (folder / "site.toml").write_text(NAMES + more, encoding="utf-8")
    return folder / "site.toml"


def known(name: str, text: str, gold: str) -> Known:
    return Known(name, "a style", gold, text, Outcome.of(read([TextBlock(text)], both_readers())))


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> list[Known]:
    """A set of a few reports in place of the shipped one."""
    reports = [known("t/right", GREEN, "negative"), known("t/other", CLOT, "positive"), known("t/wrong", GREEN, "positive")]
    monkeypatch.setattr(reference, "known_reports", lambda: reports)
    return reports


def check_config(file: Path, *words: str) -> tuple[str, str]:
    done = CliRunner().invoke(cli.app, ["check-config", "--config", str(file), *words])
    assert done.exit_code == 0, done.output
    return done.stdout, done.stderr


def test_the_packaged_vocabulary_is_not_compared(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(reference, "known_reports", lambda: pytest.fail("nothing to compare"))
    monkeypatch.setattr(reference, "hash_of_packed", lambda: both_readers().hash)
    assert "known reports" not in check_config(site(tmp_path, ""))[0]


def test_changed_readings_are_listed_the_dangerous_ones_first(few: list[Known], tmp_path: Path) -> None:
    file = site(tmp_path, BLOCK)
    out, err = check_config(file)
    lines = out.splitlines()
    assert lines[0] == f"{tmp_path / 'vocabulary/en.toml'}: not the packaged vocabulary; 2 of 3 known reports are read otherwise"
    assert lines[1].split(maxsplit=1) == ["2", "dangerous direction: now read as negative: the letter says that there is no clot"]
    assert lines[2] == "DANGEROUS t/wrong [a style]: review (unread-mention) -> negative (absent); by light"
    assert lines[3].strip() == 'its author: positive. "Embolism light green."'
    assert lines[4].startswith("LOOK AT t/right ")
    assert lines[6].endswith("no problems; mode demo")
    assert err == (
        "vqroute: warning: 2 known reports are read as negative with this vocabulary and not with the packaged one; "
        "of 1 the author says otherwise\n"
    )


def test_one_that_its_author_says_is_warned_of_in_the_singular(few: list[Known], tmp_path: Path) -> None:
    few.pop()
    err = check_config(site(tmp_path, BLOCK))[1]
    assert err == "vqroute: warning: 1 known report is read as negative with this vocabulary and not with the packaged one\n"


def test_json_is_one_object_for_each(few: list[Known], tmp_path: Path) -> None:
    out, err = check_config(site(tmp_path, BLOCK), "--json")
    rows = [json.loads(line) for line in out.splitlines()]
    assert [row["report"] for row in rows] == ["t/wrong", "t/right"]
    assert rows[0] == {
        "report": "t/wrong",
        "style": "a style",
        "gold": "positive",
        "before": {"category": "review", "grade": None, "chronic": False, "reasons": ["unread-mention"]},
        "after": {"category": "negative", "grade": "absent", "chronic": False, "reasons": []},
        "phrases": ["light"],
        "dangerous": True,
        "meaning": "now read as negative: the letter says that there is no clot",
        "impression": "Embolism light green.",
    }
    assert "warning" in err


def test_a_vocabulary_that_changes_nothing_says_so(few: list[Known], tmp_path: Path) -> None:
    few[:] = [few[1]]
    out, err = check_config(site(tmp_path, BLOCK))
    assert out.splitlines()[0].endswith("; 0 of 1 known reports are read otherwise")
    assert out.splitlines()[1].endswith("no problems; mode demo")
    assert err == ""


def test_the_sites_own_meaning_of_low_counts(few: list[Known], tmp_path: Path) -> None:
    low = BLOCK.replace('"absent"', '"low"')
    out, err = check_config(site(tmp_path, low, '[decisions]\nlow = "nondiagnostic"\n'))
    assert "review (unread-mention) -> nondiagnostic (low)" in out
    assert (err, "DANGEROUS" in out) == ("", False)


def test_many_harmless_changes_are_cut_and_counted(few: list[Known], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    middle = BLOCK.replace('"absent"', '"intermediate"')
    few[:] = [known(f"t/{number}", GREEN, "review") for number in range(5)]
    monkeypatch.setattr(comparing, "MOST_SHOWN", 2)
    out, _ = check_config(site(tmp_path, middle))
    assert out.count("-> nondiagnostic (intermediate)") == 2
    assert "3 more; `vqroute check-config --json` lists all" in out


def test_mistakes_are_told_before_anything_is_compared(few: list[Known], tmp_path: Path) -> None:
    file = site(tmp_path, BLOCK.replace("light green.", "light red."))
    done = CliRunner().invoke(cli.app, ["check-config", "--config", str(file)])
    assert done.exit_code == 2
    assert "known reports" not in done.output


def test_a_changed_copy_of_the_packaged_file_itself_is_noticed(few: list[Known], monkeypatch: pytest.MonkeyPatch) -> None:
    """In a checkout the packaged vocabulary is what people edit."""
    monkeypatch.setattr(reference, "hash_of_packed", lambda: "0" * 64)
    out, _ = check_config(packaged() / "site.toml")
    assert "not the packaged vocabulary" in out


def test_every_harm_is_told_in_words() -> None:
    assert all(harm.meaning for harm in reference.Harm)
    assert [harm.dangerous for harm in reference.Harm] == [True, True, True, False, False, False]
