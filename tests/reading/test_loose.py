"""Sentences that no phrase fits: read in any word order where every word is plain, left to a person where one is not."""

import pytest

from tests.reading.reading_kit import impression, verdict

UNREAD = "review unread-mention"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # the grade comes first, last, or in the middle
        ("Low is the category of embolism in which this study falls.", "negative low"),
        ("Low in tier, as to embolism, is this scan.", "negative low"),
        ("This scan we place in the low category for embolism.", "negative low"),
        ("High is the group for embolism in which these images fall.", "positive high"),
        ("High is the likelihood, on these images, of emboli.", "positive high"),
        ("Moderate defects, high is the likelihood that these give for embolism.", "positive high"),
        ("As to embolism, likelihood is regarded as very low.", "negative very_low"),
        ("As to embolism, likelihood is regarded as intermediate, 50%.", "nondiagnostic intermediate"),
        ("Probability is judged, on the whole, low.", "negative low"),
        ("The likelihood in this scan we regard as intermediate.", "nondiagnostic intermediate"),
        # who could not tell needs no word of probability
        ("As to embolism this scan is regarded as nondiagnostic.", "nondiagnostic nondiagnostic"),
        ("As to embolism these images are inconclusive.", "nondiagnostic nondiagnostic"),
        ("As to embolism these images are indeterminate.", "nondiagnostic indeterminate"),
        # denied
        ("No embolism these images show.", "negative absent"),
        ("Without embolism these images are.", "negative absent"),
        ("No emboli these images show in left and right lung.", "negative absent"),
        # asserted
        ("Confirmed, in our opinion, on this scan, is embolism.", "positive present"),
        # nothing but names
        ("Old unresolved emboli.", "positive present chronic"),
        ("Pulmonary: embolism.", "positive present"),
        ("Burden of disease with emboli, about 30%.", "positive present"),
    ],
)
def test_plain_words_in_any_order(text: str, expected: str) -> None:
    assert verdict(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        # a grade of nothing that is named: low counts, high uptake
        "As to embolism these images are low.",
        "As to embolism these images are high.",
        # a word that turns, doubts, dates or moves it
        "As to embolism, the likelihood low we do not regard.",
        "Not high is the likelihood, on these images, of emboli.",
        "Hardly low is the likelihood of emboli.",
        "High is the likelihood, on these images, of emboli but not of pneumonia.",
        "Low is, perhaps, the likelihood of emboli.",
        "Low was the likelihood of emboli.",
        "Low, in the scheme of 2019, is the likelihood of emboli.",
        "Low is, on last week's images, the likelihood of emboli.",
        "Low is, on CT, the likelihood of emboli.",
        "Low is the likelihood of emboli in her mother.",
        "Is this scan, as to embolism, in the low tier?",
        # the probability of something else
        "The likelihood we regard as low for pneumonia.",
        "The likelihood, with emphysema, we regard as low.",
        "High is the likelihood, on these images, of pneumonia.",
        # two grades that are no range
        "The likelihood, as to embolism, is called very low, low.",
        "The likelihood of embolism here is low, intermediate.",
        # a number that no word of amount stands beside: a probability, or a count of none
        "Pulmonary embolism: 5%.",
        "PE (10-20%).",
        "PE: 0",
        "Emboli 0%.",
        "As to embolism, likelihood is regarded as low (\u00b2%).",
        # a finding, not a verdict
        "Bilateral acute emboli are found in this scan.",
        "Embolism is our question.",
        "In this scan embolism is, in our opinion, shown.",
        # denied of one part only
        "Left base: no convincing sign of emboli.",
        "No convincing scan sign in the left lung of emboli.",
        "No emboli these images show in the left lung.",
        "No emboli these images show in the right upper lobe.",
        "These images show no emboli in the lower zones.",
    ],
)
def test_one_word_that_is_not_plain_leaves_it_to_a_person(text: str) -> None:
    assert verdict(text) == UNREAD


@pytest.mark.parametrize(
    ("grade", "percent", "expected"),
    [
        ("low", "0", "negative low"),
        ("low", "15", "negative low"),
        ("low", "20", "negative low"),
        ("low", "21", UNREAD),
        ("low", "90", UNREAD),
        ("very low", "5", "negative very_low"),
        ("very low", "20", "negative very_low"),
        ("very low", "21", UNREAD),
        ("intermediate", "20", "nondiagnostic intermediate"),
        ("intermediate", "80", "nondiagnostic intermediate"),
        ("high", "79", UNREAD),
        ("high", "80", "positive high"),
        ("high", "100", "positive high"),
        ("high", "20", UNREAD),
    ],
)
def test_a_percentage_must_agree_with_the_grade(grade: str, percent: str, expected: str) -> None:
    assert verdict(f"Likelihood of embolism, as to these images, we regard as {grade} ({percent}%).") == expected


@pytest.mark.parametrize(
    ("percent", "expected"),
    [
        ("10%", "negative low"),
        ("10 - 15%", "negative low"),
        ("50%", "nondiagnostic intermediate"),
        ("90%", "positive high"),
        ("10 to 30%", UNREAD),
        ("over 10%", UNREAD),
        ("not 10%", UNREAD),
    ],
)
def test_a_percentage_alone(percent: str, expected: str) -> None:
    assert verdict(f"As to embolism we place the likelihood at {percent}.") == expected
    assert verdict(f"As to embolism we place it at {percent}.") == UNREAD


@pytest.mark.parametrize(
    "words",
    ["between 5 and 10%", "5 to 10%", "5 - 10%", "less than 5%", "below 20%", "under 20%", "<5%", "greater than 5%", "over 5%", "above 5%"],
)
def test_words_of_a_percentage(words: str) -> None:
    assert verdict(f"Likelihood of embolism, as to these images, we regard as low, {words}.") == "negative low"


@pytest.mark.parametrize("words", ["between 50 and 90%", "greater than 80%", "5 to 90%", "after 5%", "2.5% of 9", "5 segments, 10 zones"])
def test_a_number_that_is_no_percentage_of_this_grade(words: str) -> None:
    assert verdict(f"Likelihood of embolism, as to these images, we regard as low, {words}.").startswith("review ")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("low to very low", "negative low"),
        ("low to intermediate", "nondiagnostic intermediate"),
        ("very low and low", "negative low"),
        ("between low and intermediate", "nondiagnostic intermediate"),
        ("low / intermediate", "nondiagnostic intermediate"),
    ],
)
def test_a_range_of_grades(words: str, expected: str) -> None:
    assert verdict(f"The likelihood, as to embolism, is called {words}.") == expected


@pytest.mark.parametrize("words", ["low to high", "very low to high", "low, intermediate, high"])
def test_a_range_that_says_nothing(words: str) -> None:
    assert verdict(f"The likelihood, as to embolism, is called {words}.").startswith("review ")


def test_a_range_between_two_grades() -> None:
    assert verdict("The likelihood, as to embolism, falls between very low and low.") == "negative low"
    assert verdict("The likelihood, as to embolism, falls between low and intermediate.") == "nondiagnostic intermediate"


def test_a_range_must_be_called_one() -> None:
    assert verdict("The likelihood, as to embolism, we call low in the left and low in the right lung.") == "negative low"
    assert verdict("The likelihood, as to embolism, we call low in the left, very low in the right lung.") == UNREAD


def test_an_illness_beside_embolism_takes_nothing_from_the_grade() -> None:
    assert verdict("The likelihood of embolism, with emphysema, we regard as low.") == "negative low"
    assert verdict("High is the likelihood, on these images, of emboli and of pneumonia.") == "positive high"


def test_a_masked_condition_leaves_nothing_to_read() -> None:
    assert verdict("Low, if the film is clear, is the likelihood of emboli.") == "review no-verdict"
    assert verdict("Low is, the film being clear, the likelihood of emboli.") == "negative low"


@pytest.mark.parametrize(("here", "expected"), [(25, "negative low"), (40, UNREAD)])
def test_a_long_sentence_says_more_than_one_thing(here: int, expected: str) -> None:
    assert verdict("Low is the likelihood " + "here " * here + "of emboli.") == expected


def test_the_evidence_is_the_words_that_say_so() -> None:
    (evidence,) = impression("In our opinion low is the category of embolism in which this study falls.").evidence
    assert evidence.text == "low is the category of embolism"
    (evidence,) = impression("The likelihood, as to embolism, falls between low and intermediate.").evidence
    assert evidence.text == "likelihood, as to embolism, falls between low and intermediate"
    (evidence,) = impression("In this scan no embolism these images show.").evidence
    assert evidence.text == "no embolism"
