"""Every word that the reader itself looks out for changes how some text is read: none is there in vain, none may get lost."""

import pytest

from tests.reading.reading_kit import outcome, verdict

SAYS_NO = "review unread-mention"


def table(*rows: tuple[str, str, str]) -> list[tuple[str, str]]:
    """(text, expected) of rows (text with `{}`, the words that stand there in turn, parted by `|`, expected)."""
    return [(text.replace("{}", word), expected) for text, words, expected in rows for word in words.split("|")]


@pytest.mark.parametrize(
    ("text", "expected"),
    table(
        # before a bare mention of the disease
        ("As was said {} acute pulmonary embolism is present.", "of|for", SAYS_NO),
        ("Defects {} acute pulmonary embolism.", "any", SAYS_NO),
        # inside a grade
        (
            "The probability of pulmonary embolism is {} low.",
            "not|no|never|neither|nor|no longer|far from|hardly|higher than|at least|above",
            SAYS_NO,
        ),
        ("The probability of pulmonary embolism is not {}.", "very low|intermediate|high", SAYS_NO),
        # between a verdict and a word that could undo it
        ("Images not ideal{} low probability for PE.", ",|:", "negative low"),
        ("Images not seen by Dr. A. Low probability for PE.", "", "negative low"),
        ("Not a good study but low probability for PE.", "", "negative low"),
        ("Images not ideal in spite of low probability for PE.", "", "review no-verdict"),
        ("Low probability for PE{} possible pneumonia.", ",|:| -| with| and| but", "negative low"),
        ("Low probability for PE possible pneumonia.", "", SAYS_NO),
        ("It is not large and {} no evidence of PE.", "the|this|it|is|are|therefore|thus|so", "negative absent"),
        ("It is not large and large with no evidence of PE.", "", "negative absent"),
        # what a negative leaves out
        ("No evidence of PE, {} in the apex.", "except|excepting|elsewhere|apart from that|aside from that|other than|protocol", SAYS_NO),
        ("No evidence of PE {} the left lung.", "in|of|on|within|involving|affecting|to|for|by", SAYS_NO),
        ("No evidence of PE in {} lung.", "either left or right|both the left and the right", "negative absent"),
        ("No evidence of PE{} effusion in the left lung.", ",| -|:| but", "negative absent"),
        # told of another time, reader or test
        ("{} low probability for PE.", "Reportedly|Others say|The clinician sees|The historical scan,", SAYS_NO),
        ("On {} no evidence of PE.", "CTPA|CT|dimer|Doppler|duplex|ultrasound|echo", SAYS_NO),
        ("Low probability for PE on {} imaging.", "previous|prior", SAYS_NO),
        ("Low probability for PE previously.", "", SAYS_NO),
        ("{}: low probability for PE.", "Resident|Registrar|Trainee|Preliminary", "negative low"),
        ("{}: low probability for PE.", "Outside|Yesterday|Others", SAYS_NO),
        ("The prior scan was abnormal, {} low probability for PE.", "now|today|currently|the current one|the present one", "negative low"),
        ("The prior scan was abnormal, {} low probability for PE.", "the new one is|this one is|these images are", "negative low"),
        ("The prior scan was abnormal but low probability for PE.", "", "negative low"),
        ("The outside scan {} low probability for PE.", "has been|had|gave|has shown|stated|wrote", SAYS_NO),
        (
            "The resident {} high probability for PE.",
            "was|said|read|reported|interpreted it as|called it|demonstrated|revealed|showed",
            SAYS_NO,
        ),
        ("Low probability for PE two weeks {}.", "ago|before", SAYS_NO),
        ("Low probability for PE ({}).", "Wells|Geneva|2019|1998", SAYS_NO),
        ("Low probability for PE{} 2019.", " since", "negative low"),
        ("Low probability for PE, {} the prior scan.", "unchanged since|unchanged from|as since|different from", "negative low"),
        ("Low probability for PE {} the prior scan.", "since|down from|unchanged beside", "negative low"),
        ("Low probability for PE beside the prior scan.", "", SAYS_NO),
        ("On 2/2/2022 no evidence of PE.", "", SAYS_NO),
    ),
)
def test_words_beside_a_verdict(text: str, expected: str) -> None:
    assert verdict(text) == expected


@pytest.mark.parametrize("sign", [",", "/", "or", "and", "versus", ":", ", 1,", "tier"])
def test_a_run_of_all_three_categories_is_a_legend(sign: str) -> None:
    run = f"Low probability for PE {sign} nondiagnostic {sign} high probability for PE."
    assert verdict(f"{run} Low probability for PE.") == "negative low"


@pytest.mark.parametrize("sign", ["while", "in the", "seen with"])
def test_three_verdicts_with_words_between_them_are_no_legend(sign: str) -> None:
    run = f"Low probability for PE {sign} nondiagnostic {sign} high probability for PE."
    assert verdict(f"{run} Low probability for PE.").startswith("review ")


@pytest.mark.parametrize("word", "not never cannot without possible possibly unlikely questionable probable non".split())
def test_an_impression_that_stops_at_such_a_word(word: str) -> None:
    assert verdict(f"Low probability for PE. The scan is {word}") in (SAYS_NO, "review broken-off")
    assert verdict(f"Low probability for PE. The scan is {word}\n\nHeart size normal.") == SAYS_NO


@pytest.mark.parametrize("word", ["No", "Not", "Doubtful", "Unlikely", "Excludes"])
def test_a_lone_word_of_denial_is_part_of_something_lost(word: str) -> None:
    assert verdict(f"Low probability for PE.\n\n{word}") in (SAYS_NO, "review broken-off")


@pytest.mark.parametrize("word", ["Negative", "Absent", "Excluded"])
def test_a_lone_answer_is_none(word: str) -> None:
    assert verdict(f"Low probability for PE.\n\n{word}") == "negative low"


@pytest.mark.parametrize("word", "of the with and in to a an is are was very or at on by from than for".split())
def test_an_impression_that_is_broken_off(word: str) -> None:
    assert verdict(f"Low probability for PE. Seen {word}") == "review broken-off"
    assert verdict(f"Low probability for PE. Seen {word}.") == "negative low"


@pytest.mark.parametrize("word", ["of", "for"])
def test_what_stands_at_the_end_does_not_stand_before(word: str) -> None:
    assert verdict(f"Acute PE is present {word}") == "review broken-off"


@pytest.mark.parametrize("word", "acute acutely subacute recent fresh".split())
def test_chronic_disease_beside_a_denied_acute_one(word: str) -> None:
    assert verdict(f"Chronic PE. No {word} PE.") == "positive present chronic"


def test_chronic_disease_beside_no_new_one() -> None:
    assert verdict("Chronic pulmonary embolism. No evidence of new pulmonary embolism.") == "positive present chronic"
    assert verdict("Chronic pulmonary embolism. No evidence of large pulmonary embolism.") == "review contradiction"


@pytest.mark.parametrize("name", ["chronic pulmonary emboli", "CTEPH", "CTEPD", "CTED", "chronic thromboembolic disease"])
def test_names_of_chronic_disease(name: str) -> None:
    assert verdict(f"Findings consistent with {name}.") == "positive present chronic"


@pytest.mark.parametrize("word", ["Organised", "Organized", "Remote", "Chronic"])
def test_words_for_chronic_disease(word: str) -> None:
    assert verdict(f"{word} pulmonary embolism is present.") == "positive present chronic"


# -- what is added to a report

KEPT = "Low probability for PE.\n\nADDENDUM: "


@pytest.mark.parametrize("word", "abnormal changed different agreement high low nondiagnostic positive".split())
def test_an_addendum_that_touches_the_verdict(word: str) -> None:
    assert verdict(f"{KEPT}It is {word}.").startswith("review addendum-unclear")


@pytest.mark.parametrize(
    "text",
    [
        "The impression is unchanged; it is low.",
        "The high count leaves the impression unaffected.",
        "It should read the left side.",
        "It should be said that the impression stands.",
        "Neither the agreement nor anything else is different.",
        "The technique was different.",
        "The dose was low.",
        "The activity should be 200 MBq.",
        "The activity should be 4 mCi.",
    ],
)
def test_an_addendum_that_touches_it_not(text: str) -> None:
    assert verdict(f"{KEPT}{text}") == "negative low"


def signed(text: str) -> str:
    return verdict(f"PE absent.\n\nSIGNED: {text}")


@pytest.mark.parametrize("word", "report impression interpretation patient above dictated dictation conclusion attending reader I".split())
def test_a_report_that_is_taken_back(word: str) -> None:
    assert signed(f"The {word} is wrong.") == "review addendum-unclear"


@pytest.mark.parametrize("word", ["overlooked", "misread", "retracted"])
def test_words_that_always_take_it_back(word: str) -> None:
    assert signed(f"It was {word}.") == "review addendum-unclear"
    assert signed("It was wrong.") == "negative absent"


@pytest.mark.parametrize("word", "side laterality dose weight technique date mCi MBq spelling".split())
def test_a_detail_that_is_corrected(word: str) -> None:
    assert signed(f"The {word} in the report was wrong.") == "negative absent"


@pytest.mark.parametrize("word", "preliminary resident draft overnight on-call trainee registrar outside".split())
def test_a_draft_that_is_overruled(word: str) -> None:
    assert signed(f"The {word} report was wrong.") == "negative absent"


@pytest.mark.parametrize("word", "agree agreed agrees concur concurs confirm confirmed confirms unchanged".split())
def test_a_draft_that_is_confirmed(word: str) -> None:
    text = "FINDINGS: Clear.\n\nPRELIMINARY: Low probability for PE.\nATTENDING: I have seen the images and {}."
    assert outcome(text.format(word)) == "negative low"
    assert outcome(text.format("left")).startswith("review ")


@pytest.mark.parametrize("word", "disagree disagrees not however but except less unsure".split())
def test_a_draft_that_is_confirmed_with_a_reservation(word: str) -> None:
    text = "FINDINGS: Clear.\n\nPRELIMINARY: Low probability for PE.\nATTENDING: I agree, {} with all of it."
    assert outcome(text.format(word)).startswith("review ")


# -- how far a word reaches


@pytest.mark.parametrize(
    ("text", "reach", "read_as"),
    [
        ("Doubtful {}low probability for PE.", 5, "negative low"),
        ("Low probability for PE {}unlikely.", 2, "negative low"),
        ("No evidence of PE {}in left lung.", 4, "negative absent"),
        ("No evidence of PE {}in lung left.", 3, "negative absent"),
        ("Low probability for PE {}ago.", 4, "negative low"),
        ("Low probability for PE {}on prior scan.", 2, "negative low"),
        ("On 2/2/2022 {}low probability for PE.", 1, "negative low"),
    ],
)
def test_a_word_reaches_so_many_tokens_and_no_further(text: str, reach: int, read_as: str) -> None:
    found = [verdict(text.format("here " * between)) for between in range(reach + 2)]
    assert found == [SAYS_NO] * (reach + 1) + [read_as]


def test_a_sentence_longer_than_any_is_read_in_pieces_and_what_a_cut_goes_through_is_for_a_person() -> None:
    assert [verdict("here " * words + "low probability for PE.") for words in (296, 297, 298, 299, 300)] == [
        *("negative low", SAYS_NO, SAYS_NO, SAYS_NO, "negative low"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # only a negative is undone by what it leaves out
        ("High probability for PE in the left lung.", "positive high"),
        ("High probability for PE, except for the left apex.", "positive high"),
        ("Intermediate probability for PE in the left lung.", "nondiagnostic intermediate"),
        # a mask ends what stands before and behind it
        ("History of PE inadequate to exclude PE.", "nondiagnostic nondiagnostic"),
        ("Known PE in 2019, low probability for PE, if anyone asks.", "negative low"),
        ("Low probability for PE if the film is clear.", SAYS_NO),
        ("The likelihood of PE in this clinical setting is low.", "negative low"),
        ("The likelihood of clinically significant PE is low.", "negative low"),
        ("The likelihood of PE in the CT setting is low.", SAYS_NO),
        ("Not if one asks; low probability for PE.", "negative low"),
        ("There is no history of asthma, low probability for PE.", "negative low"),
        ("Normal V/Q scan except for the left base.", SAYS_NO),
        ("PE present or absent.", SAYS_NO),
        ("PE present versus artefact.", SAYS_NO),
        ("PE present vs artefact.", SAYS_NO),
        ("PE present / artefact.", SAYS_NO),
        ("PE present? No.", "negative absent"),
        ("High probability for PE: no.", SAYS_NO),
        ("High probability for PE: yes.", SAYS_NO),
        ("High probability for PE? Not so.", SAYS_NO),
        ("Low probability of the disease.", SAYS_NO),
        ("Low probability for asthma.", SAYS_NO),
        ("Low probability that it is there.", SAYS_NO),
        ("High probability for PE of the left lung.", "positive high"),
    ],
)
def test_what_stands_right_behind_or_before(text: str, expected: str) -> None:
    assert verdict(text) == expected
