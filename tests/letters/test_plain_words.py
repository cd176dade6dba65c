"""Holds every letter to the reading level and the words that its readers have."""

import re

import pytest

from pipeline.domain.notice import Letter
from pipeline.letters.document import Block, Document, Role
from pipeline.letters.words import Line, plain
from tests.letters.letters import ENGLISH, KINDS, document, named
from tests.letters.readability import COUNTED_BY_HAND, score, sentences_of, syllables, words_of

MAX_GRADE, MIN_EASE, MAX_WORDS = 6.0, 65.0, 20
BANNED = re.compile(
    r"\b(unremarkable|indeterminate|non-?diagnostic|positive|negative|suspicious|mismatch|defect|scintigraphy|embol|intermediate|perfusion"
    r"|ventilation|thromb|acute|anticoag)\w*",
    re.IGNORECASE,
)


def unquoted(line: Line) -> str:
    """The line without the one explained quotation of the reader's own term, and without web addresses."""
    return re.sub(r"https?://\S+", "it", "".join("that" if run.fact == "term" else run.text for run in line))


def lines_of(block: Block) -> list[Line]:
    return [*block.lines, *block.items, *block.after]


def prose(letter: Document, roles: set[Role] | None = None) -> str:
    """Everything the letter says in sentences: no letter head, no table, no captions."""
    blocks = [block for block in letter.blocks if roles is None or block.role in roles]
    said = [unquoted(letter.message), *(unquoted(line) for block in blocks for line in lines_of(block))]
    return "\n".join(said)


@pytest.mark.parametrize("kind", KINDS, ids=named)
def test_a_sixth_grader_can_read_the_whole_letter(kind: tuple[Letter, bool, bool]) -> None:
    got = score(prose(document(*kind)))
    assert got.grade <= MAX_GRADE
    assert got.ease >= MIN_EASE


@pytest.mark.parametrize("kind", KINDS, ids=named)
def test_the_part_that_is_about_this_result_is_as_plain(kind: tuple[Letter, bool, bool]) -> None:
    got = score(prose(document(*kind), {Role.MEANING, Role.NEXT}))
    assert got.grade <= MAX_GRADE
    assert got.ease >= MIN_EASE


@pytest.mark.parametrize("kind", KINDS, ids=named)
def test_no_sentence_is_long(kind: tuple[Letter, bool, bool]) -> None:
    long = [sentence for sentence in sentences_of(prose(document(*kind))) if len(words_of(sentence)) > MAX_WORDS]
    assert long == []


@pytest.mark.parametrize("kind", KINDS, ids=named)
def test_the_words_of_scan_readers_stand_in_one_quotation_at_most(kind: tuple[Letter, bool, bool]) -> None:
    letter = document(*kind)
    headings, labels = [block.heading for block in letter.blocks], [label for label, _ in letter.rows]
    assert BANNED.findall(" ".join([letter.title, prose(letter), *headings, *labels])) == []
    quoted = [run for block in letter.blocks for line in lines_of(block) for run in line if run.fact == "term"]
    assert len(quoted) <= 1


@pytest.mark.parametrize("kind", KINDS, ids=named)
def test_a_quoted_term_is_explained_in_the_same_line(kind: tuple[Letter, bool, bool]) -> None:
    for block in document(*kind).blocks:
        for line in lines_of(block):
            if any(run.fact == "term" for run in line):
                assert re.search(r"“[^”]+”.*this means", plain(line), re.IGNORECASE)


def all_words() -> list[str]:
    def walk(value: object) -> list[str]:
        if isinstance(value, str):
            return words_of(re.sub(r"\{\w+\}", " ", value))
        parts = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
        return [word for part in parts for word in walk(part)]

    return walk(ENGLISH.model_dump(mode="json"))


def test_syllables_counted_by_hand_are_of_words_in_use() -> None:
    # A list that nobody prunes hides the words that it was made for.
    assert set(COUNTED_BY_HAND) - {word.lower() for word in all_words()} == set()


@pytest.mark.parametrize(
    ("word", "count"),
    {
        "about": 2, "another": 3, "anyone": 3, "answer": 2, "because": 2, "breathe": 1, "breastfeeding": 3, "called": 1, "chronic": 2,
        "coughing": 2, "diseases": 3, "emergency": 4, "heartbeat": 2, "indeterminate": 5, "intermediate": 5, "likely": 2, "lungs": 1,
        "makes": 1, "medicines": 3, "ordered": 2, "people": 2, "pregnant": 2, "radiation": 4, "serious": 3, "sudden": 2, "swelling": 2,
        "taking": 2, "talked": 1, "tracer": 2, "trouble": 2, "ultrasound": 3, "PE": 2, "2026": 4, "Cholmondeley": 4,
    }.items(),
)  # fmt: skip
def test_the_syllable_counter_agrees_with_a_person(word: str, count: int) -> None:
    assert syllables(word) == count


def test_the_formulas_give_the_published_kind_of_values() -> None:
    easy, hard = score("The cat sat on the mat. It was warm."), score("Heterogeneous perfusion abnormalities characterized.")
    assert easy.grade == pytest.approx(0.39 * 9 / 2 + 11.8 * 9 / 9 - 15.59)
    assert easy.ease == pytest.approx(206.835 - 1.015 * 9 / 2 - 84.6)
    assert hard.grade > 20
    assert hard.ease < 0
