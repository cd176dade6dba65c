"""What is passed over to save time could not have said anything: every short cut, held against the long way."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.domain.report import TextBlock
from pipeline.reading import Vocabulary, crosscheck, gates, sections
from pipeline.reading.matching import match_sentence
from pipeline.reading.sections import sections_of
from pipeline.reading.sentences import sentences_of
from pipeline.reading.skim import Skim
from pipeline.reading.tokens import plain, tokens_of
from tests.reading.reading_kit import CORPUS, FILE, sampled, vocabulary

ASCII = st.characters(max_codepoint=127)
NAMES = sorted(path.name for path in CORPUS.glob("*.jsonl"))
WORDS = sorted({word for words in vocabulary().signs for word in words.split()} | vocabulary().by_hedge.keys | {"heart", "size", "v", "q"})


def tells(words: Vocabulary, lowered: str, begin: int, stop: int, *, hedges: bool) -> bool:
    """The long way: whether the sentence holds a verdict about the disease, or a hedge if they are asked for."""
    found = match_sentence(tokens_of(lowered, begin, stop, words.speller), words)
    for match in found.matches:
        said = {word for token in found.tokens[match.first : match.last] for word in token.norm.split()}
        if match.phrase.role == "verdict" and any(map(words.is_trigger, said)):
            return True
        if hedges and match.phrase.role == "hedge":
            return True
    return False


def passed_over(words: Vocabulary, text: str, *, hedges: bool) -> list[str]:
    """The sentences that a skim of the text passes over and that told something."""
    lowered = plain(text)
    skim = Skim.of(lowered, 0, len(text), words, hedges=hedges)
    return [
        text[begin:stop]
        for begin, stop in sentences_of(text, lowered, 0, len(text))
        if (skim.empty or not skim.worth_cutting(begin, stop) or not skim.worth_reading(tokens_of(lowered, begin, stop, words.speller)))
        and tells(words, lowered, begin, stop, hedges=hedges)
    ]


@pytest.mark.parametrize("hedges", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_no_sentence_of_the_corpora_that_tells_something_is_passed_over(name: str, hedges: bool) -> None:
    assert [one for row in sampled(name) for one in passed_over(vocabulary(), row["report_text"], hedges=hedges)] == []


@settings(max_examples=300)
@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=12), st.sampled_from([" ", "-", "-\n", ", ", ". "]), st.booleans())
def test_no_run_of_words_that_tells_something_is_passed_over(words: list[str], between: str, hedges: bool) -> None:
    assert passed_over(vocabulary(), between.join(words), hedges=hedges) == []


def test_most_sentences_are_passed_over() -> None:
    text = "The heart is of normal size. The images are of good quality. The dose was given through a vein."
    assert Skim.of(text.lower(), 0, len(text), vocabulary(), hedges=True).empty is False
    assert Skim.of(text.lower(), 0, len(text), vocabulary(), hedges=False).empty
    skim = Skim.of(text.lower() + " no pe.", 0, len(text) + 7, vocabulary(), hedges=True)
    assert not skim.worth_cutting(0, 28)
    assert skim.worth_cutting(len(text) + 1, len(text) + 7)


def test_a_word_broken_over_two_lines_is_looked_at() -> None:
    text = "no evidence of pulmonary embo-\nlism"
    assert not Skim.of(text, 0, len(text), vocabulary(), hedges=False).told
    assert passed_over(vocabulary(), text, hedges=False) == []


def test_a_word_that_begins_what_is_put_right_is_looked_at() -> None:
    own = '"gold dust" = "pulmonary embolism"'
    words = Vocabulary.parse(FILE.read_text(encoding="utf-8").replace("[spelling]\n", f"[spelling]\n{own}\n"), "site.toml")
    assert tells(words, "no gold dust", 0, 12, hedges=False)
    assert passed_over(words, "no gold dust", hedges=False) == []


def test_a_hedge_that_any_sentence_could_be_passes_nothing_over() -> None:
    block = '\n[[phrase]]\nid = "bare"\nrole = "hedge"\nlean = "open"\npatterns = ["^ (as it were|so to say) $"]\n'
    words = Vocabulary.parse(FILE.read_text(encoding="utf-8") + block, "site.toml")
    assert passed_over(words, "So to say.", hedges=True) == []


def test_a_hedge_that_only_a_mask_lets_match_is_not_passed_over() -> None:
    block = '\n[[phrase]]\nid = "ahead"\nrole = "hedge"\nlean = "open"\npatterns = ["gold dust !(seen previously)"]\n'
    words = Vocabulary.parse(FILE.read_text(encoding="utf-8") + block, "site.toml")
    text = "gold dust seen previously"
    skim = Skim.of(text, 0, len(text), words, hedges=True)
    assert skim.worth_cutting(0, len(text))
    assert skim.worth_reading(tokens_of(text, 0, len(text), words.speller))


@pytest.mark.parametrize("name", NAMES)
def test_lines_that_are_passed_over_open_no_section(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut() -> list[list[sections.Section]]:
        headings = vocabulary().headings
        texts = [row["report_text"] for row in sampled(name)]
        return [sections_of([TextBlock(text)], text, plain(text), headings) for text in texts]

    quick = cut()
    monkeypatch.setattr(sections.Headings, "may_open", lambda *_: True)
    assert quick == cut()


@pytest.mark.parametrize(
    ("line", "opens"),
    [
        ("impression", True),
        ("v q impression", True),
        ("2. findings", True),
        ("late addendum", True),
        ("my own addendum", True),
        ("my own impression", True),
        ("seen today by the whole team", False),
        ("3 of us have seen it", False),
        ("seen today: by the whole team", True),
        ("   ", False),
    ],
)
def test_a_line_may_hold_a_heading(line: str, opens: bool) -> None:
    assert vocabulary().headings.may_open(line) is opens


@settings(max_examples=400)
@given(st.from_regex(gates._ODD, alphabet=ASCII))
def test_whatever_is_odd_in_ascii_holds_a_sign_that_it_is_looked_for_by(text: str) -> None:
    assert any(sign in text for sign in gates._ODD_SIGNS)


FOUND_BY = [
    (crosscheck._AIR_THERE, crosscheck._OF_MISMATCH),
    (crosscheck._UNVENTILATED, crosscheck._OF_MISMATCH),
    (crosscheck._MISMATCH, crosscheck._OF_MISMATCH),
    (crosscheck._ABNORMAL, crosscheck._OF_ABNORMAL),
    (crosscheck._SEGMENTAL, crosscheck._OF_SEGMENTAL),
    (crosscheck._NORMAL_PERFUSION, crosscheck._OF_PERFUSION),
]


@settings(max_examples=600)
@given(st.sampled_from(FOUND_BY).flatmap(lambda one: st.tuples(st.from_regex(one[0], alphabet=ASCII), st.just(one[1]))))
def test_whatever_a_cross_check_looks_for_holds_a_piece_that_it_is_found_by(case: tuple[str, tuple[str, ...]]) -> None:
    text, pieces = case
    assert any(piece in text for piece in pieces)
