"""The vocabulary as data: its own examples hold, and a wrong block is refused with its line."""

from hashlib import sha256

import pytest

from pipeline.domain.reasons import REASONS
from pipeline.errors import Misconfigured
from pipeline.reading import Vocabulary
from pipeline.reading.check import check
from pipeline.reading.pattern import SIGNS, Compiler, Index, PatternError
from pipeline.reading.tokens import plain, tokens_of
from pipeline.reading.words import Remembered
from tests.reading.reading_kit import FILE, vocabulary

TEXT = FILE.read_text(encoding="utf-8")


def test_every_example_is_read_as_its_block_says() -> None:
    assert check(vocabulary()) == []


def test_every_reason_of_the_vocabulary_is_on_the_list() -> None:
    assert {phrase.reason for phrase in vocabulary().phrases if phrase.reason} <= REASONS.keys()


def line_of(text: str, piece: str) -> int:
    return text[: text.index(piece)].count("\n") + 1


def problems(text: str) -> list[str]:
    with pytest.raises(Misconfigured) as caught:
        Vocabulary.parse(text, "site.toml")
    assert all(problem.file == "site.toml" for problem in caught.value.problems)
    return [f"{problem.line}: {problem.message}" for problem in caught.value.problems]


BLOCK = (
    '\n[[phrase]]\nid = "mine"\ngrade = "low"\npatterns = ["as good as gold"]\nexamples = ["As good as gold."]\nnot_examples = ["PE."]\n'
)


OWN_LINE = TEXT.count("\n") + 2


def test_a_site_adds_a_phrase_in_one_block() -> None:
    mine = Vocabulary.parse(TEXT + BLOCK, "site.toml")
    assert check(mine) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('grade = "low"', 'grade = "lowish"', "no grade 'lowish'"),
        ('grade = "low"\n', "", "give either a grade or a role"),
        ('grade = "low"', 'grade = "low"\nrole = "hedge"', "give either a grade or a role"),
        ('grade = "low"', 'role = "hedge"', "a hedge needs lean"),
        ('grade = "low"', 'grade = "low"\ncolour = "red"', "unknown setting 'colour'"),
        ('examples = ["As good as gold."]\n', "", "needs at least one example"),
        ('["as good as gold"]', '["as (good"]', "missing ')'"),
        ('["as good as gold"]', '["as good ; as gold"]', "a semicolon stands for what is masked"),
        ('["as good as gold"]', "[]", "no patterns"),
        ('id = "mine"\n', "", "a block without an id"),
        ('id = "mine"', 'id = "low"', "used twice"),
        ('grade = "low"', 'role = "refuse"', "a refusal needs a reason"),
        ('grade = "low"', 'role = "refuse"\nreason = "no-such"', "no reason 'no-such'"),
        ('grade = "low"', 'role = "refuse"\nreason = "incidental"', "no reason 'incidental' that sends a report to a person"),
        ('grade = "low"', 'grade = "low"\nfinding = "mismach"', "no finding 'mismach'"),
        ('grade = "low"', 'grade = "low"\nweak = "yes"', "weak is true or false"),
        ('["as good as gold"]', '["as good as Gold"]', "write it in lower case"),
        ('["as good as gold"]', '["as-good as gold"]', "write a blank for a hyphen"),
    ],
)
def test_a_wrong_phrase_is_refused_with_its_line(old: str, new: str, message: str) -> None:
    text = TEXT + BLOCK.replace(old, new)
    found = problems(text)
    assert any(message in problem and problem.startswith(f"{OWN_LINE}:") for problem in found), found


@pytest.mark.parametrize(
    ("addition", "message"),
    [
        ('\n[[mask]]\nid = "m"\nscope = "here"\npatterns = ["x"]\n', "scope must be one of"),
        ('\n[[mask]]\nid = "m"\nscope = "span"\nsize = 2\npatterns = ["x"]\n', "unknown setting 'size'"),
        ("\n[more]\nx = 1\n", "unknown part [more]"),
    ],
)
def test_other_mistakes(addition: str, message: str) -> None:
    assert any(message in problem for problem in problems(TEXT + addition))


def test_mistakes_in_the_other_parts() -> None:
    assert "this is not valid TOML" in problems("[[phrase\n")[0]
    assert "this is not valid TOML" in problems('language = "en')[0]
    assert any("no class <nothing>" in p for p in problems(TEXT.replace("\n[classes]\n", '\n[classes]\nbroken = ["<nothing> x"]\n')))
    assert any("is both" in p for p in problems(TEXT.replace('preliminary = ["preliminary"', 'preliminary = ["impression"')))
    assert any("unknown list" in p for p in problems(TEXT.replace("\n[words]\n", '\n[words]\nmore = ["x"]\n')))
    assert any("missing" in p for p in problems(TEXT.replace("\nhedges = ", "\nhegdes = ")))


def test_the_parts_have_their_shape() -> None:
    assert problems("phrase = 1\n") == ["1: phrase: there must be [[phrase]] blocks"]
    assert problems('language = "en"\nmask = ["a"]\n') == ["2: mask: there must be [[mask]] blocks"]
    for name in ("classes", "headings", "words", "spelling"):
        assert problems(f"{name} = 1\n") == [f"1: {name}: there must be one table [{name}]"]


def test_headings_of_no_kind_are_refused() -> None:
    text = TEXT.replace("\n[headings.kinds]\n", '\n[headings.kinds]\nimpresion = ["my read"]\n')
    assert problems(text) == [f"{line_of(text, 'impresion =')}: [headings] impresion: there are no sections of this kind"]
    text = TEXT.replace("\n[headings.first_words]\n", '\n[headings.first_words]\n"my read" = "impresion"\n')
    line = line_of(text, '= "impresion"')
    assert problems(text) == [f"{line}: [headings] impresion: there are no sections of this kind"]
    text = TEXT.replace("\n[headings]\n", '\n[headings]\nweek = ["my read"]\n')
    assert problems(text) == [f"{line_of(text, 'week =')}: [headings] week: unknown list"]


OTHER = BLOCK.replace('"mine"', '"other"').replace('"low"', '"high"')


def test_one_pattern_with_two_meanings_is_ambiguous() -> None:
    message = f"phrase 'other': ambiguous: 'mine' (line {OWN_LINE}) has the same pattern 'as good as gold' and says something else"
    assert problems(TEXT + BLOCK + OTHER) == [f"{OWN_LINE + 7}: {message}"]
    assert check(
        Vocabulary.parse(TEXT + BLOCK + OTHER.replace('"high"', '"low"').replace("As good as gold.", "It is as good as gold."), "x")
    )


def test_one_example_that_two_phrases_of_different_category_take_is_ambiguous() -> None:
    wide = OTHER.replace("as good as gold", "as (good|fine) as gold").replace("As good as gold.", "As fine as gold.")
    found = check(Vocabulary.parse(TEXT + BLOCK + wide, "site.toml"))
    assert [(problem.line, "'other' (line" in problem.message) for problem in found] == [(OWN_LINE, True)]
    assert "ambiguous: 'As good as gold.'; 'mine' takes it as low" in found[0].message
    # The longer one wins, whatever the order.
    longer = OTHER.replace("as good as gold", "it is as good as gold").replace("As good as gold.", "It is as good as gold.")
    assert check(Vocabulary.parse(TEXT + BLOCK + longer, "site.toml")) == []


def test_an_example_that_is_read_otherwise_says_how() -> None:
    found = check(Vocabulary.parse(TEXT + BLOCK.replace("As good as gold.", "High probability for PE."), "site.toml"))
    assert found[0].message.endswith("it is read as high by 'high'")
    found = check(Vocabulary.parse(TEXT + BLOCK.replace("As good as gold.", "Gold as good."), "site.toml"))
    assert found[0].message.endswith("it goes to a person (no-verdict)")


def test_examples_that_do_not_hold_are_told_with_their_line() -> None:
    wrong = BLOCK.replace("As good as gold.", "High probability for PE.").replace('["PE."]', '["It is as good as gold."]')
    text = (
        TEXT
        + wrong
        + '\n[[mask]]\nid = "m"\nkind = "strange"\nscope = "sentence"\npatterns = ["zebra"]\nexamples = ["A lion. PE absent."]\n'
    )
    found = check(Vocabulary.parse(text, "site.toml"))
    assert [problem.line for problem in found] == [OWN_LINE] * 2 + [line_of(text, 'id = "m"') - 1]
    assert "not read so" in str(found[0])
    assert "not_example matches" in str(found[1])
    assert "not masked" in str(found[2])


def test_an_example_that_another_mask_takes_is_none() -> None:
    text = TEXT + '\n[[mask]]\nid = "m"\nkind = "strange"\nscope = "span"\npatterns = ["zebra"]\nexamples = ["PE absent. If so, rest."]\n'
    assert ["not masked" in str(problem) for problem in check(Vocabulary.parse(text, "site.toml"))] == [True]


def test_what_a_block_does_not_say() -> None:
    mine = Vocabulary.parse(TEXT + BLOCK + '[[mask]]\nid = "m"\nscope = "span"\npatterns = ["zebra"]\n', "site.toml")
    phrase, mask = mine.phrases[-1], mine.masks[-1]
    assert (phrase.id, phrase.role, phrase.grade, phrase.line) == ("mine", "verdict", "low", OWN_LINE)
    assert (phrase.lean, phrase.finding, phrase.reason, phrase.weak, phrase.strong) == ("", "", "", False, False)
    assert (phrase.examples, phrase.not_examples) == (("As good as gold.",), ("PE.",))
    assert (mask.kind, mask.scope, mask.examples) == ("m", "span", ())


def test_a_vocabulary_says_what_it_is() -> None:
    mine = Vocabulary.parse(TEXT, "site.toml")
    assert (mine.language, mine.file, mine.hash) == ("en", "site.toml", sha256(TEXT.encode()).hexdigest())


def test_a_block_that_stands_in_has_its_line_too() -> None:
    mine = Vocabulary.parse(TEXT + BLOCK.replace("[[phrase]]", "  [[phrase]]"), "site.toml")
    assert mine.phrases[-1].line == OWN_LINE


@pytest.mark.parametrize(
    ("text", "piece"),
    [
        (f"{TEXT}\n[more]\nx = 1\n", "[more]"),
        (f"{TEXT}\n[[more]]\nx = 1\n", "[[more]]"),
        (TEXT.replace("\n[classes]\n", '\n[classes]\nbroken = ["<nothing> x"]\n'), "broken ="),
        (TEXT.replace('preliminary = ["preliminary"', 'preliminary = ["impression"'), "[headings.kinds]"),
        (TEXT.replace("\n[words]\n", '\n[words]\nmore = ["x"]\n'), "[words]\n"),
        (TEXT.replace("\nhedges = ", "\nhegdes = "), "[words]\n"),
        ("\n[[phrase\n", "[[phrase"),
    ],
)
def test_each_mistake_has_its_line(text: str, piece: str) -> None:
    assert {problem.partition(":")[0] for problem in problems(text)} == {str(line_of(text, piece))}


def test_no_character_that_classes_are_marked_with_comes_in_with_a_text() -> None:
    assert plain(SIGNS) == "?" * len(SIGNS)
    beside = chr(ord(SIGNS[0]) - 1) + chr(ord(SIGNS[-1]) + 1)
    assert plain(f"é{beside}") == f"é{beside}"


def test_inline_blocks_have_no_line_but_are_read() -> None:
    text = TEXT.replace("[[phrase]]\nid", "[[ phrase ]]\nid", 1)
    assert Vocabulary.parse(text, "x").phrases[0].line == 0


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("", "an empty pattern"),
        ("[low]", "at least one word"),
        ("low )", "unexpected ')'"),
        ("(low", "missing ')'"),
        ("(low ]", "expected ')'"),
        ("low ..0", "a bound must be 1 to 12"),
        ("low ..13", "a bound must be 1 to 12"),
        ("<none>", "no class <none>"),
    ],
)
def test_patterns_that_do_not_follow_the_language(pattern: str, message: str) -> None:
    with pytest.raises(PatternError, match=message.replace("(", r"\(").replace(")", r"\)").replace("[", r"\[")):
        Compiler({}).compile(pattern)


@pytest.mark.parametrize(
    ("pattern", "line", "found"),
    [
        ("low probability", "low probability for pe", True),
        ("low embol*", "low embolism", True),
        ("low embol*", "low thromboembolism", False),
        ("low embol*", "low effusion", False),
        ("low [very] risk", "low very risk", True),
        ("low [very] risk", "low risk", True),
        ("low ..2 risk", "low a b risk", True),
        ("low ..2 risk", "low a , risk", False),
        ("low ...2 risk", "low a , risk", True),
        ("low ..2 risk", "low but high risk", False),
        ("no !(change|new) pe", "no pe", True),
        ("no !(change) change", "no change", False),
        ("# %", "20 %", True),
        ("(x)*3 y", "x x x y", True),
        ("^ low $", "low", True),
        ("^ low $", "very low", False),
        ("<mod>*2 pe", "acute large pe", True),
        ("< 20", "< 20", True),
    ],
)
def test_what_patterns_match(pattern: str, line: str, found: bool) -> None:
    compiler = Compiler({"mod": ["acute", "large", "very big"]})
    compiler.define("mod", ["acute", "large", "very big"])
    compiled = compiler.compile(pattern)
    signs = compiler.signs()
    text = " ^ " + "".join(f"{word}{signs.get(word, '')} " for word in line.split()) + "$ "
    assert (compiled.regex.search(text) is not None) is found
    words = frozenset(line.split()) | {"^", "$"}
    assert not found or Index([(0, (compiled,))]).candidates(words)


def test_more_classes_than_signs_are_refused() -> None:
    with pytest.raises(PatternError, match="more than"):
        Compiler({f"c{number}": ["a"] for number in range(len(SIGNS) + 1)})
    many = "".join(f'c{number} = ["a"]\n' for number in range(len(SIGNS)))
    assert any("more than" in problem for problem in problems(TEXT.replace("\n[classes]\n", f"\n[classes]\n{many}")))


def test_tokens_keep_their_places() -> None:
    text = "V/Q: non-diagnostic “scan” – PE?\u00a0İ .... none"
    tokens = tokens_of(plain(text), 0, len(text), vocabulary().speller)
    assert [token.norm for token in tokens] == ["vq", ":", "nondiagnostic", "scan", "-", "pe", "?", "İ", ":", "none"]
    assert [text[token.start : token.end] for token in tokens][:3] == ["V/Q", ":", "non-diagnostic"]


def test_a_compound_broken_over_lines_is_one_word() -> None:
    text = "Non-\ndiagnostic"
    assert [token.norm for token in tokens_of(plain(text), 0, len(text), vocabulary().speller)] == ["nondiagnostic"]


def test_words_are_remembered_only_so_many() -> None:
    words = vocabulary()
    assert words.is_trigger("embolism")
    assert not words.is_trigger("infarct")
    assert not words.is_trigger("zebra")
    remembered = Remembered(words.words)
    assert [remembered[str(number)] for number in range(Remembered.MOST + 5)].count(True) == 0
    assert len(remembered) == 5
