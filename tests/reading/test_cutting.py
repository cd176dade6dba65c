"""How a text is cut: into sections, into sentences, and into template text and what a person wrote."""

import pytest

from pipeline.domain.reading import Role
from pipeline.domain.report import TextBlock
from pipeline.reading.sections import Headings, sections_of
from pipeline.reading.sentences import sentences_of
from pipeline.reading.templates import template_of
from pipeline.reading.tokens import plain, tokens_of
from tests.reading.reading_kit import outcome, reading_of, vocabulary


def sections(*blocks: tuple[str, str | None]) -> list[tuple[str, str, str]]:
    """(kind, text, heading) of each section."""
    text = "\n".join(block for block, _ in blocks)
    found = sections_of([TextBlock(*block) for block in blocks], text, plain(text), vocabulary().headings)
    return [(section.kind, text[section.start : section.end], text[slice(*section.heading)]) for section in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("IMPRESSION: low", [("impression", " low", "IMPRESSION:")]),
        ("V/Q IMPRESSION\nlow", [("impression", "low", "V/Q IMPRESSION\n")]),
        ("1. IMPRESSION: low", [("body", "1. ", ""), ("impression", " low", "IMPRESSION:")]),
        ("-- Impression --\nlow", [("body", "-- ", ""), ("impression", "low", "Impression --\n")]),
        ("IMPRESSION -- low", [("impression", "low", "IMPRESSION -- ")]),
        ("IMPRESSION- low", [("impression", "low", "IMPRESSION- ")]),
        ("Findings - none\nImpression = low", [("findings", "none\n", "Findings - "), ("impression", " low", "Impression =")]),
        ("V/Q scan impression -\nlow", [("impression", "low", "V/Q scan impression -\n")]),
        ("V/Q scan impression =\nlow", [("impression", "\nlow", "V/Q scan impression =")]),
        ("V/Q scan impression - low", [("body", "V/Q scan impression - low", "")]),
        ("Impression (today) - low", [("impression", "low", "Impression (today) - ")]),
        ("IMPRESSION 3/4/22: low", [("impression", " low", "IMPRESSION 3/4/22:")]),
        ("IMPRESSION (resident): low", [("preliminary", " low", "IMPRESSION (resident):")]),
        ("Seen here.\nImpression\nlow", [("body", "Seen here.\n", ""), ("impression", "low", "Impression\n")]),
        ("Seen here\n\n\nImpression\nlow", [("body", "Seen here\n\n\n", ""), ("impression", "low", "Impression\n")]),
        ("FINDINGS: a.  IMPRESSION: low", [("findings", " a.  ", "FINDINGS:"), ("impression", " low", "IMPRESSION:")]),
        ("Seen. The Impression: low", [("body", "Seen. ", ""), ("impression", " low", "The Impression:")]),
        # no heading
        ("seen here\nImpression\nlow", [("body", "seen here\nImpression\nlow", "")]),
        ("Impression.\nlow", [("body", "Impression.\nlow", "")]),
        ("Impression low", [("body", "Impression low", "")]),
        ("addendum was made", [("body", "addendum was made", "")]),
        # part of their own statement
        ("Pe: low", [("impression", "Pe: low", "")]),
        ("Probability of PE: low", [("impression", "Probability of PE: low", "")]),
        ("Probability of  PE: low", [("impression", "Probability of  PE: low", "")]),
        ("Probability of PE\nlow", [("body", "Probability of PE\nlow", "")]),
        # whose it is
        ("CT impression: x", [("other-exam", " x", "CT impression:")]),
        ("Lung CT impression: x", [("impression", " x", "Lung CT impression:")]),
        ("Clinical impression: x", [("indication", " x", "Clinical impression:")]),
        ("Resident opinion: x", [("preliminary", " x", "Resident opinion:")]),
        ("Lung draft conclusion: x", [("preliminary", " x", "Lung draft conclusion:")]),
        ("one two three four five impression: x", [("impression", " x", "one two three four five impression:")]),
        ("one two three four five six impression: x", [("body", "one two three four five six impression: x", "")]),
        ("Reason for the present exam: x", [("indication", " x", "Reason for the present exam:")]),
        ("Reason for an exam of this kind: x", [("indication", " x", "Reason for an exam of this kind:")]),
        ("Reason for an exam of this very kind: x", [("body", "Reason for an exam of this very kind: x", "")]),
        ("Pre test probability of it: x", [("pretest", " x", "Pre test probability of it:")]),
        ("Criteria used by us: x", [("legend", " x", "Criteria used by us:")]),
        ("Second addendum: x", [("addendum", " x", "Second addendum:")]),
        # where an impression ends
        ("IMPRESSION: a\n  PLAN: b", [("impression", " a\n  PLAN: b", "IMPRESSION:")]),
        ("IMPRESSION: a\n  RECOMMENDATIONS: b", [("impression", " a\n  ", "IMPRESSION:"), ("recommendation", " b", "RECOMMENDATIONS:")]),
        ("IMPRESSION: a\n- RECOMMENDATIONS: b", [("impression", " a\n- RECOMMENDATIONS: b", "IMPRESSION:")]),
        ("IMPRESSION: a. RECOMMENDATIONS: b", [("impression", " a. RECOMMENDATIONS: b", "IMPRESSION:")]),
        ("IMPRESSION: a. ADDENDUM: b", [("impression", " a. ", "IMPRESSION:"), ("addendum", " b", "ADDENDUM:")]),
        ("IMPRESSION: a\nLeft lung: b", [("impression", " a\nLeft lung: b", "IMPRESSION:")]),
        ("IMPRESSION: a\nVentilation images: b", [("impression", " a\nVentilation images: b", "IMPRESSION:")]),
        ("IMPRESSION: a\nFINDINGS: b", [("impression", " a\n", "IMPRESSION:"), ("findings", " b", "FINDINGS:")]),
    ],
)
def test_sections(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert sections((text, None)) == expected


def test_sections_of_coded_blocks() -> None:
    assert sections(("High PE", "history"), ("x\nADDENDUM: y", "impression"), ("z", None)) == [
        ("history", "High PE", ""),
        ("impression", "x\n", ""),
        ("addendum", " y", "ADDENDUM:"),
        ("body", "z", ""),
    ]
    assert sections(("IMPRESSION: x", "impression")) == [("impression", " x", "IMPRESSION:")]


def headings(exact: dict[str, str]) -> Headings:
    return Headings(exact, frozenset(), {}, frozenset(), frozenset(), frozenset())


def test_a_number_behind_a_heading_is_no_part_of_it_unless_it_is() -> None:
    mine = headings({"phase": "technique", "phase 2": "findings"})
    assert [mine.kind_of(label) for label in ("phase", "phase 1", "phase 2", "phase 2 10", "2")] == [
        *("technique", "technique", "findings", "findings"),
        None,
    ]


def test_lines_that_may_open_a_section() -> None:
    known = headings({"vq findings": "findings"})
    assert known.kind_of("v/q findings") == "findings"
    assert known.may_open("v q findings")
    assert not known.may_open("seen v q findings")
    assert not headings({"findings": "findings"}).may_open("v q findings")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three; four? Five", ["One.", " Two!", " Three;", " four?", " Five"]),
        ("One.Two. Three", ["One.Two.", " Three"]),
        ("Seen by Dr. Smith. Low.", ["Seen by Dr. Smith.", " Low."]),
        ("Seen by A. Smith. Low", ["Seen by A. Smith.", " Low"]),
        ("Series 4b. Low", ["Series 4b.", " Low"]),
        ("The 4.5 mCi dose. Low", ["The 4.5 mCi dose.", " Low"]),
        ("The scan (ext. 5) is low. Ok", ["The scan (ext. 5) is low.", " Ok"]),
        ("No. 4 is. No. Yes", ["No. 4 is.", " No.", " Yes"]),
        ("Seen on no. 4 of them. Low", ["Seen on no. 4 of them.", " Low"]),
        ("PE? Low", ["PE?", " Low"]),
        ("PE? No. Low", ["PE? No.", " Low"]),
        ('"One." Two.', ['"One.', '" Two.']),
        ("One;", ["One;"]),
        (". . .", []),
        ("-", []),
        ("\n\n  \nOne", ["One"]),
        # items and paragraphs
        ("1. One\n2. Two\n- three\n* four", ["1. One\n", "2. Two\n", "- three\n", "* four"]),
        ("a) one\nb) two", ["a) one\n", "b) two"]),
        ("(1) one\n(2) two\n#3 three", ["(1) one\n", "(2) two\n", "#3 three"]),
        ("One\n\nTwo", ["One\n", "Two"]),
        ("one\n-----\ntwo", ["one\n", "two"]),
        # lines that go on
        ("one\nTwo", ["one\n", "Two"]),
        ("low\nprobability", ["low\nprobability"]),
        ("One.\ntwo", ["One.", "two"]),
        ("One?\nNo", ["One?", "No"]),
        ("One?\nno", ["One?", "no"]),
        ("one\n  two", ["one\n  two"]),
        ("One!\nNo", ["One!", "No"]),
        ("one,\nTwo", ["one,\nTwo"]),
        ("one (\nTwo", ["one (\nTwo"]),
        ("one -\nTwo", ["one -\nTwo"]),
        ("one /\nTwo", ["one /\nTwo"]),
        ("for\nTwo", ["for\nTwo"]),
        ("one:\nTwo", ["one:\nTwo"]),
        ("one\n3 mm", ["one\n3 mm"]),
        ("one\n(Two)", ["one\n(Two)"]),
        ("one\n<5", ["one\n<5"]),
        ("one\n%Two", ["one\n%Two"]),
        ("Low\nPE", ["Low\nPE"]),
        ("LOW\nPROBABILITY", ["LOW\nPROBABILITY"]),
        ("I saw\nA lung", ["I saw\n", "A lung"]),
        ("I SAW\nA LUNG", ["I SAW\nA LUNG"]),
        # only where the next word would not have fitted
        (
            "short\nUpper lobe of the left lung is seen in this image again",
            ["short\n", "Upper lobe of the left lung is seen in this image again"],
        ),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    lowered = plain(text)
    assert [text[begin:stop] for begin, stop in sentences_of(text, lowered, 0, len(text))] == expected


UNFINISHED = (
    "a an the of for to with and or in on at by from as is are was were be been not no very low high intermediate moderate pulmonary acute "
    "chronic than that which this these its their per via into without within between any most more less probable likely consistent "
    "compatible meet criteria category"
)
ABBREVIATED = (
    "prob dr mr mrs ms prof vs approx eg ie fig st pt hr hrs inc cf resp dept jr sr ref tel ext vol al ca etc incl excl min sec gen lt col "
    "rev hon"
)


@pytest.mark.parametrize("word", UNFINISHED.split())
def test_a_line_that_ends_with_such_a_word_goes_on(word: str) -> None:
    text = f"One {word}\nTwo"
    assert list(sentences_of(text, plain(text), 0, len(text))) == [(0, len(text))]


@pytest.mark.parametrize("word", ABBREVIATED.split())
def test_a_full_stop_behind_an_abbreviation_ends_nothing(word: str) -> None:
    text = f"One {word}. Two"
    assert list(sentences_of(text, plain(text), 0, len(text))) == [(0, len(text))]


@pytest.mark.parametrize("room", range(-3, 4))
def test_a_capital_goes_on_only_if_its_word_would_not_have_fitted(room: int) -> None:
    widest = "Both lungs were imaged with great care and found quite clear today.\n"
    line = "x" * (len(widest) - 1 - len(" Upper") - room)
    text = f"{widest}{line}\nUpper lobes."
    found = list(sentences_of(text, plain(text), 0, len(text)))
    assert (len(found) == 2) is (room <= 0)


@pytest.mark.parametrize(("width", "count"), [(39, 2), (40, 2), (41, 1), (42, 1)])
def test_narrow_lines_tell_nothing_about_what_would_have_fitted(width: int, count: int) -> None:
    text = f"{'x' * (width - 1)}\nUpper lobes"
    assert len(list(sentences_of(text, plain(text), 0, len(text)))) == count


def templates(text: str) -> tuple[list[str], bool]:
    """(the masked pieces, each behind its label; whether something was left unfilled)."""
    found = template_of(plain(text), 0, len(text))
    return [f"{label}: {text[begin:stop]}" for begin, stop, label in found.masked if begin < stop], found.unfilled


@pytest.mark.parametrize(
    ("text", "masked", "unfilled"),
    [
        (
            "PE probability: [x] High [ ] Intermediate [ ] Low",
            ["template: PE probability: ", "template: [x]", "template: [ ] Intermediate ", "template: [ ] Low"],
            False,
        ),
        ("low [ ] high [x]", ["template: low [ ]", "template: [x]"], False),
        ("Result: low [ ] high [x]", ["template: Result:", "template:  low [ ]", "template: [x]"], False),
        ("Result:\n[x] low\n[ ] high", ["template: Result:", "template: [x]", "template: [ ] high"], False),
        ("(X) High\n( ) Low", ["template: (X)", "template: ( ) Low"], False),
        ("☑ high ☐ low", ["template: ☑", "template: ☐ low"], False),
        ("✅ high ☐ low", ["template: ✅", "template: ☐ low"], False),
        ("✅ high", ["template: ✅"], False),
        ("☑ high", ["template: ☑"], False),
        ("☒ high", ["template: ☒"], False),
        ("☐ high", ["template: ☐ high"], True),
        ("☐ high ☐ low", ["template: ☐ high ", "template: ☐ low"], True),
        ("☒ high ☒ low", ["template: ☒", "template: ☒"], True),
        ("[x] low [ ]", ["template: [x]"], False),
        # boxes that are apart are two questions
        ("[x] low\n[ ] high", ["template: [x]", "template: [ ] high"], False),
        ("[x] low\n\n[ ] high", ["template: [x]", "template: [ ] high"], True),
        ("[x] low\nand\n[ ] high", ["template: [x]", "template: [ ] high"], True),
        # another question
        ("Wells: [x] low [ ] intermediate [ ] high", ["pretest: Wells: [x] low [ ] intermediate [ ] high"], False),
        (
            "Wells: [x] low [ ] high\n\nResult: [ ] high [x] low",
            ["pretest: Wells: [x] low [ ] high", "template: Result: ", "template: [ ] high ", "template: [x]"],
            False,
        ),
        ("A\nClinical: [ ] low [ ] high", ["pretest: Clinical: [ ] low [ ] high"], False),
        ("Ventilation: [x] normal [ ] abnormal", ["template: Ventilation: [x] normal [ ] abnormal"], False),
        ("[ ] nothing [ ] something", [], False),
        # criteria
        (
            "Low: matched defects seen\nHigh: two mismatched defects",
            ["legend: Low: matched defects seen", "legend: High: two mismatched defects"],
            False,
        ),
        (
            "Low: matched defects seen\n    and more\nHigh: two mismatched defects\n\tand more",
            ["legend: Low: matched defects seen\n    and more", "legend: High: two mismatched defects\n\tand more"],
            False,
        ),
        ("Low: a b c\n\n\n\nHigh: d e f", ["legend: Low: a b c", "legend: High: d e f"], False),
        ("Low: a b c\n\n\n\n\nHigh: d e f", [], False),
        ("Low: a b c\nLow: d e f", [], False),
        ("Low: a b\nHigh: c d", [], False),
        ("Low: a b c\nLow: g h i\nHigh: d e f", ["legend: Low: g h i", "legend: High: d e f"], False),
        ("Low: <20%\nHigh: >80%", ["legend: Low: <20%", "legend: High: >80%"], False),
        ("1. Low: a b c\n- High probability -> d e f", ["legend: 1. Low: a b c", "legend: - High probability -> d e f"], False),
        ("a\nlow <20%, high >80%\nb", ["legend: low <20%, high >80%"], False),
        ("low 5-19%, high 80 to 100% here", ["legend: low 5-19%, high 80 to 100% here"], False),
        ("low < 20, high < 80", ["legend: low < 20, high < 80"], False),
        ("low > 20, high > 80", ["legend: low > 20, high > 80"], False),
        ("low 20%, high 80%", ["legend: low 20%, high 80%"], False),
        ("low 20, high 80", [], False),
        ("Low = a b c\nHigh = d e f", ["legend: Low = a b c", "legend: High = d e f"], False),
        ("Low → a b c\nHigh → d e f", ["legend: Low → a b c", "legend: High → d e f"], False),
        ("Low - a b c\nHigh -- d e f", ["legend: Low - a b c", "legend: High -- d e f"], False),
        ("low <20%\nhigh >80%", [], False),
        # blanks
        ("____ x", [], True),
        ("a _ b", [], True),
        ("a_b c", [], False),
        ("*** x", [], True),
        ("{pick}", [], True),
        ("<pick one>", [], True),
        ("???", [], True),
        ("??", [], False),
        ("[low/high]", [], True),
        ("[low|high]", [], True),
        ("[none, low]", [], True),
        ("[insert x]", [], True),
        ("[see note]", [], False),
        ("[left/right]", [], False),
        ("[low]", [], False),
    ],
)
def test_template_text(text: str, masked: list[str], unfilled: bool) -> None:
    assert templates(text) == (masked, unfilled)


def test_boxes_are_looked_at_in_their_section_alone() -> None:
    text = "Wells: a\nResult: [x] low [ ] high\n____"
    start, end = text.index("Result"), text.index("\n____")
    found = template_of(text.lower(), start, end)
    assert not found.unfilled
    assert [text[begin:stop] for begin, stop, _ in found.masked if begin < stop] == ["Result: ", "[x]", "[ ] high"]


def test_a_ticked_box_is_a_sentence_of_its_own() -> None:
    assert outcome("IMPRESSION:\nResult: [x] low [ ] high\nprobability for PE is what was asked for.").startswith("review ")
    found = template_of("[x] low [ ] high", 0, 16)
    assert (8, 8, "template") in found.masked


@pytest.mark.parametrize(
    ("text", "norms"),
    [
        ("pulmo-\nnary embo-\nlism", ["pulmonary", "embolism"]),
        ("high-\nprobability", ["high", "probability"]),
        ("high-probability", ["high", "probability"]),
        ("x-\nray", ["x", "ray"]),
        ("part-\ns", ["part", "s"]),
        ("high-\nfoo", ["highfoo"]),
        ("foo-\nar", ["fooar"]),
        ("foo- bar", ["foo", "-", "bar"]),
        ("foo-\n\nbar", ["foobar"]),
        ("low -\nhigh", ["low", "-", "high"]),
        ("foo-\n3", ["foo", "3"]),
        ("foo-\nbar, baz-\nqux quux", ["foobar", ",", "bazqux", "quux"]),
        ("foo -bar", ["foo", "-", "bar"]),
        ("- low", ["-", "low"]),
    ],
)
def test_words_at_a_hyphen(text: str, norms: list[str]) -> None:
    assert [token.norm for token in tokens_of(text, 0, len(text), vocabulary().speller)] == norms


@pytest.mark.parametrize(
    ("written", "read"),
    [("\u2010\u2011\u2012\u2013\u2014\u2212", "-" * 6), ("\u2018\u2019\u02bc\u00b4", "'" * 4), ("a\u00a0b\u202fc", "a b c"), ("≥≤", "><")],
)
def test_signs_are_made_plain(written: str, read: str) -> None:
    assert plain(written) == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("PE .... no", "pe :    no"),
        ("PE . . . . no", "pe :       no"),
        ("PE …… no", "pe :  no"),
        ("PE ... no", "pe ... no"),
        ("PE … no", "pe … no"),
    ],
)
def test_leaders_stand_for_a_colon(written: str, read: str) -> None:
    assert plain(written) == read


def test_a_broken_word_keeps_its_place() -> None:
    text = "no pulmo-\nnary embo-\nlism, here"
    tokens = tokens_of(text, 0, len(text), vocabulary().speller)
    assert [text[token.start : token.end] for token in tokens] == ["no", "pulmo-\nnary", "embo-\nlism", ",", "here"]


def test_what_the_reader_marks_in_a_text() -> None:
    text = "IMPRESSION: High probability for PE in 2019. If PE is suspected, CTPA. No evidence of PE.\n[x] low [ ] high, clot"
    found = reading_of(text)
    assert [(span.role, span.label, text[span.start : span.end]) for span in found.spans if span.start < span.end] == [
        (Role.HEADING, "impression", "IMPRESSION:"),
        (Role.VERDICT, "high", "High probability"),
        (Role.MASK, "history", "PE in 2019"),
        (Role.MASK, "condition", "If PE is suspected, CTPA"),
        (Role.VERDICT, "no-evidence", "No evidence of PE"),
        (Role.MASK, "template", "[x]"),
        (Role.VERDICT, "low", "low"),
        (Role.MASK, "template", "[ ] high, clot"),
    ]
    assert found.reasons == ("contradiction", "unread-mention")
    assert [evidence.phrase for evidence in found.evidence] == ["high", "no-evidence", "low"]


def test_what_a_mask_holds_is_marked_once() -> None:
    text = "IMPRESSION: PE absent. If clinical suspicion for PE remains high, CTPA is recommended."
    masks = [text[span.start : span.end] for span in reading_of(text).spans if span.role is Role.MASK]
    assert masks == ["If clinical suspicion for PE remains high, CTPA is recommended"]


def test_what_stays_unread_and_a_legend_are_marked() -> None:
    text = (
        "IMPRESSION: I would not call this low probability. PE? The clots have moved. "
        "A scale, low probability, nondiagnostic, high probability. Low probability for PE."
    )
    found = reading_of(text)
    marked = {(span.role, span.label): text[span.start : span.end] for span in found.spans}
    assert marked[(Role.UNREAD, "unread")] == "clots"
    assert marked[(Role.MASK, "legend")] == "low probability, nondiagnostic, high probability"
    assert [evidence.text for evidence in found.evidence] == ["Low probability for PE"]
    denied = [text[span.start : span.end] for span in found.spans if span.role is Role.NEGATION]
    assert denied == ["would not call this low probability"]
