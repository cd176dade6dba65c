"""Noise, floods and nonsense: no exception, no hang, no verdict out of nothing."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.domain.reading import Category
from pipeline.domain.report import TextBlock
from pipeline.reading import read
from pipeline.reading.reader import LONGEST
from tests.reading.reading_kit import impression, reading_of, vocabulary

WORDS = [
    "no",
    "not",
    "PE",
    "embolism",
    "low",
    "high",
    "probability",
    "for",
    "of",
    "evidence",
    "absent",
    "present",
    "normal",
    "scan",
    ",",
    ".",
    ":",
    "\n",
]
WORDS += [
    "mismatch",
    "if",
    "prior",
    "IMPRESSION:",
    "ADDENDUM:",
    "( )",
    "(X)",
    "[",
    "]",
    "/",
    "-",
    "?",
    "1.",
    "nondiagnostic",
    "consistent",
    "with",
    "....",
]


@given(st.text(max_size=400))
@settings(max_examples=300, deadline=None)
def test_any_text_is_survived(text: str) -> None:
    found = reading_of(text)
    assert all(0 <= span.start <= span.end <= len(text) for span in found.spans)
    assert (found.grade is None) == (found.category is Category.REVIEW)
    assert found.category is not Category.REVIEW or found.reasons


@given(st.lists(st.sampled_from(WORDS), max_size=60).map(" ".join))
@settings(max_examples=300, deadline=None)
def test_word_salad_is_survived_and_the_same_each_time(text: str) -> None:
    assert reading_of(text) == reading_of(text)


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz ,.", max_size=300))
@settings(max_examples=200, deadline=None)
def test_no_negative_out_of_noise(text: str) -> None:
    words = {"pe", "embol", "normal", "negative", "low", "clot", "vte", "cte", "positive", "high"}
    if not any(word in text for word in words):
        assert reading_of(text).category not in (Category.NEGATIVE, Category.POSITIVE)


@pytest.mark.parametrize(
    "flood", ["pe ", "no ", "high probability for pe, ", "(x) low ", "1.", "[,", "\n \n", "if ", "low: x\n", "a" * 100, "addendum\n"]
)
def test_a_flood_of_a_reports_greatest_length_is_read_or_refused(flood: str) -> None:
    """The suite's time limit is the judge of a hang; `make bench` prints the cost."""
    text = "IMPRESSION: " + (flood * (LONGEST // len(flood)))[: LONGEST - 12]
    found = read([TextBlock(text)], vocabulary())
    assert found.category in (Category.REVIEW, Category.POSITIVE)


def test_whatever_is_put_before_a_verdict_it_is_found_or_refused() -> None:
    for before in ("", "Sinus rhythm. ", "Compared with yesterday, ", "1. ", "- ", "In summary, ", "Doctor, "):
        assert impression(f"{before}High probability for pulmonary embolism.").category in (Category.POSITIVE, Category.REVIEW)
