"""Noise: whatever the text, a reading without an exception, in linear time, and no negative verdict that nobody wrote."""

import importlib
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from pipeline.domain.reading import Category, Reading
from pipeline.domain.report import TextBlock
from pipeline.reading import read
from pipeline.reading.pattern import ENDS, MOST, SIGNS, Pattern
from pipeline.reading.tokens import plain, raw_words, tokens_of
from tests.reading.reading_kit import CORPUS, reading_of, sampled, vocabulary

TEXTS = [row["report_text"] for path in sorted(CORPUS.glob("*.jsonl")) for row in sampled(path.name)]
HEADINGS = ["IMPRESSION:", "FINDINGS:", "ADDENDUM:", "COMPARISON:", "Preliminary (resident):", "Attending:", "LEGEND:", "PE:"]
OWN = sorted(
    {word for written in vocabulary().signs for word in written.split()}
    | {word for key in vocabulary().by_phrase.keys | vocabulary().by_mask.keys for word in key.split()}
    | set(vocabulary().words.triggers)
    | vocabulary().words.negators
    | vocabulary().words.replaces
    | vocabulary().words.disowns
    | set("[ ] (x) ( ) ___ : , . ; ? / - % < 1. 2. 10 \n \n\n".split(" "))
)
"""Every word that the vocabulary has a use for, and the signs that templates and lists are made of."""
VERDICTS = [(phrase.id, pattern) for phrase in vocabulary().phrases if phrase.role == "verdict" for pattern in phrase.patterns]

SEPARATORS = ("", " ", "\n", ", ", ". ")
FLOOD = 16_000
"""Characters; counting every call makes a reading several times as slow."""
RATIO = 6
"""Four times the text may take six times the calls. Linear is 4, quadratic 16. Calls are counted, since timings never decide a test;
what a pattern costs inside is proved by its form (below)."""

TOGETHER = 144
"""How often the bounded repetitions around one place of a pattern may go round in all: `MOST` times `MOST`, one inside another."""


def well_formed(found: Reading, text: str) -> None:
    """What holds of every reading, whatever the text."""
    assert (found.grade is None) == (found.category is Category.REVIEW)
    assert found.category is not Category.REVIEW or found.reasons
    for span in found.spans:
        assert 0 <= span.start <= span.end <= len(text)
    for one in found.evidence:
        assert 0 <= one.start < one.end <= len(text)
        assert text[one.start : one.end] == one.text
    assert found.category is Category.REVIEW or found.evidence


def could_be_a_verdict(text: str) -> bool:
    """Whether the text holds, of at least one verdict phrase, every word that the phrase cannot do without (`Pattern.needs`).

    Asked of the whole text, not of a sentence, and with every correction and joining of words that could be made in it, so that it
    says yes too often: a text of which it says no holds no verdict, whoever reads it with this vocabulary.
    """
    lowered, speller = plain(text), vocabulary().speller
    words = set(raw_words(lowered, 0, len(lowered)))
    words |= {word for token in tokens_of(lowered, 0, len(lowered), speller) for word in token.norm.split()}
    for others in speller.could_begin(words).values():
        words |= {word for other in others for word in other.split()}
    words |= ENDS
    return any(all(not need.isdisjoint(words) for need in pattern.needs) for _, pattern in VERDICTS)


def soup(words: Sequence[str], size: int, between: str = " ") -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(words), max_size=size).map(between.join)


@settings(max_examples=400, deadline=None)
@given(st.text(max_size=600), st.sampled_from(["", *HEADINGS]))
def test_any_characters_are_survived(text: str, heading: str) -> None:
    whole = f"{heading} {text}"
    well_formed(reading_of(whole), whole)


@settings(max_examples=400, deadline=None)
@given(soup(OWN, 80), soup(HEADINGS, 3, "\n"), st.sampled_from([" ", "\n", "-\n", "\t", "\u00a0"]))
def test_the_vocabularys_own_words_in_any_order_are_survived(text: str, heading: str, between: str) -> None:
    whole = f"{heading} {text}".replace(" ", between)
    well_formed(reading_of(whole), whole)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(TEXTS), st.sampled_from(TEXTS), st.floats(0, 1), st.floats(0, 1), st.sampled_from(["", " ", "\n", "\n\n"]))
def test_two_halves_of_different_reports_are_survived(first: str, second: str, here: float, there: float, between: str) -> None:
    text = first[: int(len(first) * here)] + between + second[int(len(second) * there) :]
    found = reading_of(text)
    well_formed(found, text)
    if found.category is Category.NEGATIVE:
        assert could_be_a_verdict(text)


@settings(max_examples=400, deadline=None)
@given(soup(OWN, 12), st.sampled_from(HEADINGS))
def test_no_verdict_out_of_words_that_make_up_none(text: str, heading: str) -> None:
    whole = f"{heading}\n{text}"
    noise = not could_be_a_verdict(whole)
    event("noise" if noise else "perhaps a verdict")
    found = reading_of(whole)
    if noise:
        assert found.category not in (Category.NEGATIVE, Category.POSITIVE), found.evidence


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=300))
def test_no_verdict_out_of_any_characters_that_make_up_none(text: str) -> None:
    whole = f"IMPRESSION: {text}"
    if not could_be_a_verdict(whole):
        assert reading_of(whole).category not in (Category.NEGATIVE, Category.POSITIVE)


def test_much_of_the_soup_is_noise_and_every_report_with_a_verdict_is_none() -> None:
    """What is told apart is worth telling apart: the definition of noise is neither empty nor lets a verdict pass."""
    soups = [" ".join(OWN[start + turn * 37 % 101 :: 997][:5]) for start in range(400) for turn in range(2)]
    assert sum(not could_be_a_verdict(text) for text in soups) > len(soups) / 4
    decided = [text for text in TEXTS if reading_of(text).category in (Category.NEGATIVE, Category.POSITIVE)]
    assert all(map(could_be_a_verdict, decided))


# -- cost


def spent(text: str) -> int:
    """How many functions one reading calls, those in C among them."""
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        read([TextBlock(text)], vocabulary())
    finally:
        sys.setprofile(None)
    return calls


def growth(unit: str, most: int) -> float:
    """How many times as many calls `most` characters take as a quarter of them."""
    small, large = (spent(("IMPRESSION: " + unit * (size // len(unit) + 1))[:size]) for size in (most // 4, most))
    return large / small


@pytest.mark.no_cover
@pytest.mark.parametrize("word", vocabulary().words.triggers)
def test_the_cost_of_a_flood_grows_with_its_length(word: str) -> None:
    units = {word + between for between in SEPARATORS}
    for unit in units:
        # Patterns are compiled at their first use, which would make the shorter text look dear.
        reading_of(f"IMPRESSION: {unit * 40}")
    dear = {unit: round(times, 1) for unit in units if (times := growth(unit, FLOOD)) >= RATIO}
    assert dear == {}


@pytest.mark.no_cover
def test_the_cost_of_chronic_disease_grows_with_its_length() -> None:
    assert growth("cted. ", FLOOD) < RATIO


@pytest.mark.no_cover
@pytest.mark.parametrize(
    "unit", ["no evidence of pe. ", "1. low probability for pe\n", "addendum: high\n", "( ) low (x) high ", "embo-\n", "a:\n"]
)
def test_the_cost_of_many_verdicts_grows_with_their_number(unit: str) -> None:
    reading_of(f"IMPRESSION: {unit * 40}")
    assert growth(unit, FLOOD) < RATIO


@pytest.mark.parametrize("word", [*vocabulary().words.triggers, "probability for pe", "no", "a"])
def test_a_megabyte_is_refused_by_its_length(word: str) -> None:
    for between in (" ", ""):
        text = ((word + between) * (1_000_000 // len(word)))[:1_000_000]
        assert reading_of(text).reasons == ("text-too-long",)


# -- patterns that cannot run away

PARSER: Any = importlib.import_module("re._parser")
CODES: Any = importlib.import_module("re._constants")
REPEATS = {CODES.MAX_REPEAT, CODES.MIN_REPEAT, CODES.POSSESSIVE_REPEAT}


def repeated(tree: Any, times: int = 1, unbounded: int = 0) -> Iterator[tuple[int, int]]:
    """Of every place of a parsed pattern: the product of the bounds of what repeats it, and how many repetitions without one hold it."""
    yield times, unbounded
    for code, argument in tree:
        if code in REPEATS:
            _, most, inner = argument
            endless = most == CODES.MAXREPEAT
            yield from repeated(inner, times if endless else times * max(most, 1), unbounded + endless)
        else:
            for inner in _inside(code, argument):
                yield from repeated(inner, times, unbounded)


def _inside(code: Any, argument: Any) -> Sequence[Any]:
    if code is CODES.BRANCH:
        return list(argument[1])
    if code is CODES.SUBPATTERN:
        return [argument[3]]
    if code in (CODES.ASSERT, CODES.ASSERT_NOT):
        return [argument[1]]
    if code is CODES.ATOMIC_GROUP:
        return [argument]
    assert code in (CODES.LITERAL, CODES.NOT_LITERAL, CODES.IN, CODES.ANY, CODES.AT, CODES.CATEGORY), code
    return []


def patterns() -> list[tuple[str, Pattern]]:
    masks = [(mask.id, pattern) for mask in vocabulary().masks for pattern in mask.patterns]
    return masks + [(phrase.id, pattern) for phrase in vocabulary().phrases for pattern in phrase.patterns]


def runs_away(source: str) -> bool:
    found = list(repeated(PARSER.parse(source)))
    return max(unbounded for _, unbounded in found) > 1 or max(times for times, _ in found) > TOGETHER


def test_no_pattern_of_the_vocabulary_repeats_without_bound_what_repeats_without_bound() -> None:
    assert len(patterns()) > 400
    for _, pattern in patterns():
        assert pattern.regex.pattern == pattern.source  # it compiles
    assert sorted({name for name, pattern in patterns() if runs_away(pattern.source)}) == []
    assert not runs_away(vocabulary().headings.ending.pattern)


def test_what_repeats_without_bound_ends_at_a_blank() -> None:
    """Beside no nesting: the only thing a pattern repeats without a bound is "no blank", so that each word is gone through by itself."""
    for name, pattern in patterns():
        for inner in _endless(PARSER.parse(pattern.source)):
            # One sign only, and none of those that it may be is a blank: `[^ ]`, or one that excludes more.
            [(code, argument)] = inner
            assert (code, argument) == (CODES.NOT_LITERAL, ord(" ")) or (
                code is CODES.IN and argument[0] == (CODES.NEGATE, None) and (CODES.LITERAL, ord(" ")) in argument
            ), name


def _endless(tree: Any) -> Iterator[Any]:
    for code, argument in tree:
        if code in REPEATS:
            if argument[1] == CODES.MAXREPEAT:
                yield argument[2]
            yield from _endless(argument[2])
        else:
            for inner in _inside(code, argument):
                yield from _endless(inner)


@pytest.mark.parametrize(
    "source", ["(?:a*)*", "(?:(?:a+ )+b)", "(?:[^ ]* )*?x", "(?:(?:a ){0,12}b){0,13}", "(?=(?:a*b)*)c", f"(?:{SIGNS[0]}+)*+"]
)
def test_the_analysis_finds_what_runs_away(source: str) -> None:
    assert runs_away(source)


@pytest.mark.parametrize("source", ["a*b*", f"(?:(?:a ){{0,{MOST}}}b){{0,{MOST}}}", "(?:[^ ]*x ){0,6}", "(?:a|b)?"])
def test_the_analysis_lets_pass_what_is_bounded(source: str) -> None:
    assert not runs_away(source)
