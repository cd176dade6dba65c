"""The figures of the corpora: rates and bounds, what is dangerous, and that nothing of a blind report but its id is shown."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from pipeline.config.reference import Outcome
from pipeline.config.vocabulary import packaged_vocabulary
from pipeline.domain.reading import Category, Grade, Reading
from pipeline.domain.reasons import REASONS
from pipeline.domain.report import TextBlock
from pipeline.reading import read
from tools.corpus_report import __main__ as program
from tools.corpus_report import reference
from tools.corpus_report.corpora import CORPUS, VOCABULARY, Corpus, Gold, Scored, corpora, files, naming_vocabulary, rows
from tools.corpus_report.measures import Figures, Rate, confusion, dangerous
from tools.corpus_report.page import OF_THE_TEXT, corpus_page, overview

NEGATIVE, NONDIAGNOSTIC, POSITIVE, REVIEW = Category
GRADES = {NEGATIVE: Grade.ABSENT, NONDIAGNOSTIC: Grade.INTERMEDIATE, POSITIVE: Grade.PRESENT, REVIEW: None}


def scored(gold: Category, read_as: Category, *, reason: str | None = None, reasons: tuple[str, ...] = (), chronic: bool = False) -> Scored:
    outcome = Outcome.of(Reading(read_as, GRADES[read_as], chronic, reasons))
    return Scored(f"{gold[:3]}-{read_as[:3]}", Gold(gold, GRADES[gold], False, reason), outcome, frozenset())


@pytest.mark.parametrize(
    ("hits", "of", "shown"),
    [
        (0, 0, "-"),
        (0, 1, "0/1 0.0 % (0.0-100.0)"),
        (0, 300, "0/300 0.0 % (0.0-1.0)"),
        # Wilson, as in Newcombe, Statistics in Medicine 1998, table I: 81 of 263, 15 of 148, 1 of 29.
        (81, 263, "81/263 30.8 % (25.5-36.6)"),
        (15, 148, "15/148 10.1 % (6.2-16.0)"),
        (1, 29, "1/29 3.4 % (0.6-17.2)"),
        (29, 29, "29/29 100.0 % (88.3-100.0)"),
    ],
)
def test_rates_have_their_bounds(hits: int, of: int, shown: str) -> None:
    assert str(Rate(hits, of)) == shown


def test_each_rate_counts_among_its_own() -> None:
    reports = [
        scored(NEGATIVE, NEGATIVE),
        scored(NEGATIVE, NEGATIVE, chronic=True),
        scored(NEGATIVE, REVIEW),
        scored(NEGATIVE, POSITIVE),
        scored(POSITIVE, NEGATIVE),
        scored(NONDIAGNOSTIC, NONDIAGNOSTIC),
        scored(REVIEW, REVIEW, reason="hedge", reasons=("hedge", "unread-mention")),
        scored(REVIEW, REVIEW, reason="hedge", reasons=("no-verdict",)),
        scored(REVIEW, REVIEW),
        scored(REVIEW, NEGATIVE, reason="hedge"),
    ]
    it = Figures.of(reports)
    assert (it.count, it.category, it.whole) == (10, Rate(6, 10), Rate(5, 10))
    assert (it.needless, it.missed) == (Rate(1, 6), Rate(1, 4))
    assert (it.false_negative, it.false_positive) == (Rate(2, 6), Rate(1, 9))
    assert it.reason == Rate(1, 2)
    assert confusion(reports)[REVIEW, REVIEW] == 3
    assert [dangerous(one) for one in reports] == [False, False, False, True, True, False, False, False, False, True]


def test_low_of_a_report_that_names_modified_pioped2_is_nondiagnostic() -> None:
    outcome = Outcome.of(Reading(NEGATIVE, Grade.LOW, names_pioped2=True))
    one = Scored("a", Gold(NONDIAGNOSTIC, "low", False, None), outcome, frozenset())
    assert one.exact
    assert one.whole


SECRET = "Zebra fish swim here."


def row(name: str, text: str, category: str, **more: Any) -> str:
    return json.dumps({"id": name, "report_text": text, "gold_category": category, "gold_grade": None, "chronic": False} | more) + "\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "blind").mkdir()
    (tmp_path / "open").mkdir()
    (tmp_path / "c1.jsonl").write_text(
        row("c1-1", "IMPRESSION: PE absent.", "negative", gold_grade="absent") + "\n" + row("c1-2", f"IMPRESSION: {SECRET}", "positive")
    )
    (tmp_path / "x1.jsonl").write_text(row("x1-1", "IMPRESSION: PE absent.", "review", gold_reason="hedge"))
    (tmp_path / "open/o.jsonl").write_text(row("open-1", "IMPRESSION: PE absent.", "review"))
    blind = row("b-1", f"IMPRESSION: {SECRET}", "negative") + row("b-2", "IMPRESSION: PE absent.", "positive")
    (tmp_path / "blind/b.jsonl").write_text(blind)
    return tmp_path


def test_the_page_tells_every_miss_and_of_a_blind_report_only_its_id_and_categories(folder: Path) -> None:
    found = corpora(folder)
    assert [(corpus.name, corpus.kind) for corpus in found] == [("c1.jsonl", "tuned"), ("x1.jsonl", "traps"), ("b.jsonl", "blind")]
    page = "\n\n".join(corpus_page(found))
    assert "- `c1-2`: positive -> review (no-verdict)" in page
    assert "- **dangerous** `x1-1`: review (hedge) -> negative (absent)" in page
    assert "- **dangerous** `b-2`: positive -> negative\n- `b-1`: negative -> review\n" in page
    assert SECRET not in page
    assert "open-1" not in page


def test_blind_reports_count_for_no_block_of_the_vocabulary(folder: Path) -> None:
    both = "\n".join(corpus_page(corpora(folder)))
    # The same file name under another folder: nothing of what other tests have read is read again.
    without_blind = folder.parent / "without blind"
    shutil.copytree(folder, without_blind)
    (without_blind / "blind/b.jsonl").unlink()
    without = "\n".join(corpus_page(corpora(without_blind)))
    marker = "## Coverage of the vocabulary"
    assert both.split(marker)[1] == without.split(marker)[1]
    assert "| `absent` | 2 |" in both


def test_a_kind_of_several_files_has_a_row_of_its_own(folder: Path) -> None:
    one, other = (Corpus(name, "blind", (scored(NEGATIVE, NEGATIVE),)) for name in ("a", "b"))
    assert "| **all blind** | 2 | 2/2 100.0 %" in overview([one, other])
    assert "**all traps**" not in overview(corpora(folder))


def test_every_reason_that_a_text_can_have_is_counted() -> None:
    every = {code for corpus in corpora() for one in corpus.reports for code in one.outcome.reasons}
    assert every <= set(OF_THE_TEXT) <= REASONS.keys()


def test_naming_masks_by_their_id_changes_no_reading() -> None:
    ours, named = packaged_vocabulary(VOCABULARY), naming_vocabulary()
    assert [(mask.id, mask.kind) for mask in named.masks] == [(mask.id, mask.id) for mask in ours.masks]
    texts = [one["report_text"] for path in files() for one in rows(path)[::10]]
    assert [Outcome.of(read([TextBlock(text)], ours)) for text in texts] == [Outcome.of(read([TextBlock(text)], named)) for text in texts]


def test_the_corpora_have_what_the_figures_need() -> None:
    for path in [*files(), *files(CORPUS / "blind")]:
        ids = [one["id"] for one in rows(path)]
        assert len(set(ids)) == len(ids), path.name
        for one in rows(path):
            if not path.name.startswith("x"):  # the author of the traps gave no grades
                assert (one["gold_category"] == "review") == (one["gold_grade"] is None), one["id"]
            assert one.get("gold_reason") is None or one["gold_reason"] in REASONS, one["id"]


def test_the_command_writes_what_is_out_of_date_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "docs").mkdir()
    monkeypatch.setattr(program, "ROOT", tmp_path)
    monkeypatch.setattr(program, "PAGE", tmp_path / "docs/corpus.md")
    monkeypatch.setattr(program, "FOLDER", tmp_path / "set")
    monkeypatch.setattr(reference.stale, "__defaults__", (tmp_path / "set",))
    monkeypatch.setattr(reference.write, "__defaults__", (tmp_path / "set",))
    assert program.main(["--check"]) == 1
    assert not (tmp_path / "docs/corpus.md").exists()
    capsys.readouterr()
    assert program.main([]) == 0
    assert capsys.readouterr().out.splitlines()[-3:] == [
        "set/en.reports.jsonl.gz written",
        "set/en.readings.tsv written",
        "docs/corpus.md written",
    ]
    assert program.main(["--check"]) == 0
