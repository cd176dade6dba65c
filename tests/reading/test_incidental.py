"""What stands beside the verdict: a code of the result, boxes with a remark behind them, and words alone on a line."""

import pytest

from pipeline.domain.reading import Category
from pipeline.domain.report import TextBlock
from pipeline.reading import read
from pipeline.reading.incidental import coded_otherwise, incidental_in
from pipeline.reading.weights import ORDER, Rights, Weights, text_of
from tests.reading.reading_kit import outcome, vocabulary


@pytest.mark.parametrize(
    ("coded", "found"),
    [
        ("Coded result: PE = 1 (present)", "review contradiction"),
        ("Coded result: PE = 0 (absent)", "negative absent"),
        ("Study result code: 2 - NONDIAGNOSTIC", "review contradiction"),
        ("Result code 0: normal", "negative absent"),
        ("Result code: see below", "negative absent"),
        ("Diagnosis code: 3, high", "review contradiction"),
        ("Decoded by: the present operator", "negative absent"),
    ],
)
def test_a_code_of_the_result_must_be_the_verdicts(coded: str, found: str) -> None:
    assert outcome(f"{coded}\n\nIMPRESSION: No evidence of PE.") == found


def test_a_code_of_each_category() -> None:
    for word, category in (("positive", Category.POSITIVE), ("low", Category.NEGATIVE), ("indeterminate", Category.NONDIAGNOSTIC)):
        assert [coded_otherwise(f"result code: {word}", one) for one in ORDER[:3]] == [one is not category for one in ORDER[:3]]


def test_other_findings_are_remarks() -> None:
    assert incidental_in("a mass that is suspicious for malignancy") == ["malignancy-raised"]
    assert incidental_in("a nodule of 4 mm") == ["incidental"]
    assert incidental_in("no more") == []


def test_a_tick_behind_another_label_is_not_read_as_this_one() -> None:
    assert outcome("PE+ [ ]   PE- [ ]   nondiagnostic [X]   (aerosol leaked)").startswith(("review", "nondiagnostic"))


def test_a_no_alone_on_a_line_is_explained_away_by_nobody() -> None:
    told = "IMPRESSION: No\n\n normal lung scan."
    sure = Weights.parse(text_of({}, tuple(20.0 if one is Category.NEGATIVE else 0.0 for one in ORDER), {}), "made")
    assert outcome(told) == "review unread-mention"
    assert read([TextBlock(told)], vocabulary().read_twice(sure, Rights.SETTLES)).category is Category.REVIEW


@pytest.mark.parametrize("said", ["Will review in the morning.", "Will be reviewed with the team tomorrow.", "Subject to change."])
def test_what_is_still_to_be_looked_at_is_not_read(said: str) -> None:
    assert outcome(f"IMPRESSION: Low probability for PE.\n\n{said}") == "review addendum-unclear"


def test_a_scan_that_demonstrated_embolism_is_no_older_one() -> None:
    told = "IMPRESSION: No evidence of PE.\n\nSUMMARY: V/Q scan demonstrated right lower lobe pulmonary embolism."
    assert outcome(told).startswith("review")
