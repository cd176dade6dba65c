"""The reference set: what of a changed vocabulary it shows, and that it is what corpora and vocabulary say."""

import gzip
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from pipeline.config import packaged, reference
from pipeline.config.reference import FOLDER, READINGS, REPORTS, Change, Harm, Known, Outcome, changes, impression_of, known_reports
from pipeline.domain.reading import Category, Grade, Reading
from pipeline.domain.report import TextBlock
from pipeline.reading import Vocabulary, read
from tools.corpus_report.reference import packed_readings, stale

PACKED = (packaged() / "vocabulary/en.toml").read_text(encoding="utf-8")
LIGHT = (
    '\n[[phrase]]\nid = "light"\ngrade = "{grade}"\npatterns = ["embolism light green"]\n'
    'examples = ["Embolism light green."]\nnot_examples = ["PE."]\n'
)
TEXT = "FINDINGS: Even perfusion.\n\nIMPRESSION: Embolism light green."


def vocabulary(addition: str = "") -> Vocabulary:
    return Vocabulary.parse(PACKED + addition, "en.toml")


def known(text: str = TEXT, gold: str = "review") -> Known:
    return Known("t/1", "a style", gold, text, Outcome.of(read([TextBlock(text)], vocabulary())))


def test_the_set_is_up_to_date() -> None:
    assert stale() == [], "run `python -m tools.corpus_report`"


def test_the_set_is_small_enough_to_ship() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 1_000_000


def test_the_set_comes_back_as_it_was_written() -> None:
    found = known_reports()
    assert len({one.id for one in found}) == len(found) > 1000
    assert reference.readings_text(reference.hash_of_packed(), ((one.id, one.packed) for one in found)) == packed_readings()


def test_no_blind_report_is_shipped(tmp_path: Path) -> None:
    from tools.corpus_report.reference import reports_text

    row = '{"id": "%s", "report_text": "PE absent.", "gold_category": "negative", "gold_grade": "absent", "chronic": false}\n'
    (tmp_path / "blind").mkdir()
    (tmp_path / "c9.jsonl").write_text(row % "seen")
    (tmp_path / "blind/b1.jsonl").write_text(row % "unseen")
    for text in (reports_text(tmp_path), packed_readings(tmp_path)):
        assert "c9/seen" in text
        assert "unseen" not in text


def test_the_packaged_vocabulary_changes_nothing() -> None:
    seen: list[tuple[int, int]] = []
    assert changes(vocabulary(), [known(), known("IMPRESSION: No evidence of PE.")], on_progress=lambda *step: seen.append(step)) == []
    assert seen == [(1, 2), (2, 2)]


def change(grade: str, gold: str = "review") -> Change:
    (found,) = changes(vocabulary(LIGHT.format(grade=grade)), [known(gold=gold)])
    return found


def test_a_changed_reading_is_shown_with_what_decides_now() -> None:
    found = change("absent")
    assert (found.before.told(), found.after.told()) == ("review (unread-mention)", "negative (absent)")
    assert found.phrases == ("light",)
    assert (found.harm, found.right) == (Harm.NO_CLOT, False)
    assert change("absent", gold="negative").right


@pytest.mark.parametrize(
    ("grade", "harm"), [("low", Harm.NO_CLOT), ("high", Harm.CLOT), ("intermediate", Harm.LETS_OUT), ("normal", Harm.NO_CLOT)]
)
def test_the_harm_follows_the_direction(grade: str, harm: Harm) -> None:
    assert change(grade).harm is harm


GRADES = {Category.NEGATIVE: Grade.ABSENT, Category.NONDIAGNOSTIC: Grade.INTERMEDIATE, Category.POSITIVE: Grade.HIGH, Category.REVIEW: None}


def outcome(category: Category, *, range_with_high: bool = False) -> Outcome:
    return Outcome.of(Reading(category, GRADES[category], range_with_high=range_with_high))


@pytest.mark.parametrize(("old", "new"), list(product(Category, Category)))
def test_every_direction_has_its_harm(old: Category, new: Category) -> None:
    harm = reference._harm(outcome(old), outcome(new), Category.NEGATIVE)
    worse = new in (Category.NEGATIVE, Category.POSITIVE) or (old, new) == (Category.POSITIVE, Category.NONDIAGNOSTIC)
    assert harm.dangerous is (worse and old is not new)
    assert (harm is Harm.NO_CLOT) is (new is Category.NEGATIVE and old is not new)
    assert (harm is Harm.DETAIL) is (old is new)
    assert (harm is Harm.HOLDS_BACK) is (new is Category.REVIEW and old is not new)
    assert harm.meaning


def test_a_range_that_no_longer_reaches_high_is_dangerous() -> None:
    high, not_high = outcome(Category.NONDIAGNOSTIC, range_with_high=True), outcome(Category.NONDIAGNOSTIC)
    assert reference._harm(high, not_high, Category.NEGATIVE) is Harm.UNDECIDED
    assert reference._harm(not_high, high, Category.NEGATIVE) is Harm.DETAIL


def test_low_is_what_site_and_report_take_it_for() -> None:
    low = Outcome.of(Reading(Category.NEGATIVE, Grade.LOW))
    assert low.taken_as() is Category.NEGATIVE
    assert low.taken_as(Category.NONDIAGNOSTIC) is Category.NONDIAGNOSTIC
    assert replace(low, names_pioped2=True).taken_as() is Category.NONDIAGNOSTIC
    (found,) = changes(vocabulary(LIGHT.format(grade="low")), [known()], low=Category.NONDIAGNOSTIC)
    assert found.harm is Harm.LETS_OUT


def test_the_worst_comes_first_and_then_what_its_author_does_not_say() -> None:
    one, another = known(), replace(known(gold="negative"), id="t/2")
    refused = replace(known(), id="t/3", packed=outcome(Category.POSITIVE), text="IMPRESSION: The lungs were looked at.")
    found = changes(vocabulary(LIGHT.format(grade="absent")), [refused, another, one])
    assert [(c.known.id, c.harm) for c in found] == [("t/1", Harm.NO_CLOT), ("t/2", Harm.NO_CLOT), ("t/3", Harm.HOLDS_BACK)]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (TEXT, "Embolism light green."),
        ("Nothing of\nthe kind.", "Nothing of the kind."),
        ("IMPRESSION: " + "No PE. " * 40, ("No PE. " * 40)[:100]),
    ],
)
def test_the_impression_is_shown_in_one_short_line(text: str, shown: str) -> None:
    assert impression_of(text, vocabulary()) == shown


def damaged(folder: Path, spoil: Callable[[Path], object]) -> Path:
    for name in (REPORTS, READINGS):
        (folder / name).write_bytes((FOLDER / name).read_bytes())
    spoil(folder)
    return folder


def test_what_is_out_of_date_is_named(tmp_path: Path) -> None:
    assert stale(tmp_path) == [REPORTS, READINGS]
    folder = damaged(tmp_path, lambda place: (place / READINGS).write_text("# vocabulary 0\n"))
    assert READINGS in stale(folder)
    (folder / REPORTS).write_bytes(gzip.compress(b"{}\n"))
    assert stale(folder) == [REPORTS, READINGS]
