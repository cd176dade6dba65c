"""Sentences beside the verdict: those that say less than it and leave it alone, and those that put it in doubt."""

import pytest

from tests.reading.reading_kit import verdict

UNREAD = "review unread-mention"
CONTRADICTION = "review contradiction"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # acute clot, and no chronic disease
        ("Acute pulmonary embolism. No chronic thromboembolic disease.", "positive present"),
        ("Pulmonary embolism is present. No chronic thromboembolic disease.", "positive present"),
        ("No chronic thromboembolic disease. Low probability for PE.", "negative low"),
        ("Pulmonary embolism is present. No acute thromboembolic disease.", CONTRADICTION),
        # chronic disease, and acute clot
        ("Chronic pulmonary embolism. Acute pulmonary embolism is present in the left lung.", "positive present"),
        ("Chronic pulmonary emboli are present. High probability for PE.", "positive high"),
        ("Chronic pulmonary emboli are present. No acute PE.", "positive present chronic"),
        # one is gone, another is there
        ("Acute PE. The earlier emboli have resolved.", "positive present"),
        ("PE present. Previous emboli have resolved.", "positive present"),
        ("Chronic pulmonary emboli. Previous emboli have resolved.", "positive present chronic"),
        ("Low probability for PE. Previous emboli have resolved.", "negative low"),
        ("Previous emboli have resolved.", "review no-verdict"),
        # the disease in one sentence, denied in the next
        ("Acute PE in the right lung. No evidence of PE.", CONTRADICTION),
        ("High probability for PE. No evidence of PE.", CONTRADICTION),
        # normal perfusion but for something
        ("Low probability for PE. Normal perfusion except at the left base.", "negative low"),
        ("High probability for PE. Normal perfusion except at the left base.", "positive high"),
        ("Normal perfusion except at the left base.", UNREAD),
        ("High probability for PE. Perfusion is normal.", CONTRADICTION),
        ("High probability for PE. Normal perfusion scan.", CONTRADICTION),
    ],
)
def test_beside_a_verdict(text: str, expected: str) -> None:
    assert verdict(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Perfusion of the left lung is normal.", "nondiagnostic intermediate"),
        ("Perfusion is normal.", "nondiagnostic intermediate"),
        ("Normal perfusion scan.", CONTRADICTION),
        ("No evidence of PE in the left lung.", "nondiagnostic intermediate"),
        ("No evidence of PE.", CONTRADICTION),
        ("The defects are more than is asked for the low category.", "nondiagnostic intermediate"),
        ("It is more than a low probability scan.", "nondiagnostic intermediate"),
        ("It is a low probability scan.", CONTRADICTION),
        ("The pattern falls short of the high probability category.", "nondiagnostic intermediate"),
        ("The pattern was high probability.", CONTRADICTION),
        ("A low probability scan was seen last year.", "nondiagnostic intermediate"),
        ("Emboli may be seen later.", "nondiagnostic intermediate"),
    ],
)
def test_beside_a_reader_who_does_not_decide(text: str, expected: str) -> None:
    assert verdict(f"Intermediate probability for PE. {text}") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # told of another time, reader or test
        ("Low probability for PE. On the prior scan there was high probability for PE.", "negative low"),
        ("Low probability for PE. The outside scan, which was high probability, is not available.", "negative low"),
        ("Low probability for PE. The scan is high probability for PE.", CONTRADICTION),
        # given in so many other words
        ("Low probability for PE. The new images show high probability.", CONTRADICTION),
        ("Low probability for PE. The right lung shows a high probability pattern.", CONTRADICTION),
        ("Low probability for PE. The pattern meets high probability.", CONTRADICTION),
        ("Low probability for PE. Two segments make this scan high probability.", CONTRADICTION),
        ("Low probability for PE. The scan has turned high probability.", CONTRADICTION),
        ("Low probability for PE. We favor high probability.", f"{CONTRADICTION} unread-mention"),
        ("High probability for PE. These defects amount to low probability.", CONTRADICTION),
        # spoken of without being given
        ("Low probability for PE. The high probability reading of the resident rested on a motion artefact.", "negative low"),
        ("High probability for PE. The low probability reading of the resident rested on too few views.", "positive high"),
        ("Low probability for PE. A scan called high probability elsewhere is not here to compare.", "negative low"),
        ("The high probability reading rested on motion.", UNREAD),
        ("Low probability for PE. The resident called it intermediate.", "negative low"),
        ("Low probability for PE. The resident called it intermediate but I do not.", UNREAD),
        ("Low probability for PE. Intermediate.", CONTRADICTION),
    ],
)
def test_a_grade_that_is_not_given_here(text: str, expected: str) -> None:
    assert verdict(text) == expected


NEGATIVE, POSITIVE, UNDECIDED = ("Low probability for PE.", "High probability for PE.", "Intermediate probability for PE.")


@pytest.mark.parametrize(
    ("text", "under_low", "under_high"),
    [
        # a question, a treatment, other people, a test that could not tell
        ("The referrer asked about embolism.", "negative low", "positive high"),
        ("She is worried about embolism.", "negative low", "positive high"),
        ("The treated embolism of last year left no trace.", "negative low", "positive high"),
        ("CTPA for embolism was nondiagnostic.", "negative low", "positive high"),
        ("In place of probability the term likelihood is used.", "negative low", "positive high"),
        # the disease itself, in words that nobody can take for a denial
        ("Emboli are tricky.", UNREAD, "positive high"),
        ("The clot is large.", UNREAD, "positive high"),
        ("The clot burden is large.", UNREAD, "positive high"),
        # a denial without a place says the same as a negative, and something else than a positive
        ("No clot there.", "negative low", CONTRADICTION),
        ("No emboli she has felt.", "negative low", CONTRADICTION),
        # a grade that stays a grade
        ("The probability was 50% at first.", CONTRADICTION, CONTRADICTION),
        ("Probability: moderate.", CONTRADICTION, CONTRADICTION),
        ("The probability was hard to assign.", "negative low", "positive high"),
        ("The probability, it seems, is anything but normal.", UNREAD, UNREAD),
        # what still holds
        ("Embolism she had, with a history of asthma.", "negative low", "positive high"),
        ("Embolism she had, with a history of asthma, and has still.", UNREAD, "positive high"),
        ("Perhaps embolism, with a history of asthma.", UNREAD, UNREAD),
        # left open
        ("Emboli may be seen later.", "review hedge", "review hedge"),
        ("No clot in the left lobe there.", UNREAD, "review contradiction unread-mention"),
    ],
)
def test_a_mention_that_no_phrase_takes(text: str, under_low: str, under_high: str) -> None:
    assert verdict(f"{NEGATIVE} {text}") == under_low
    assert verdict(f"{POSITIVE} {text}") == under_high


@pytest.mark.parametrize("text", ["She is worried about embolism.", "Emboli are tricky.", "Emboli have been felt.", "Clot here?"])
def test_any_mention_leaves_alone_a_reader_who_does_not_decide(text: str) -> None:
    assert verdict(f"{UNDECIDED} {text}") == "nondiagnostic intermediate"


# -- the second look around a verdict


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # what nobody writes behind a grade that stands
        ("Low probability for PE no longer applies.", UNREAD),
        ("Low probability for PE is hard to keep.", UNREAD),
        ("Low probability for PE is untenable.", UNREAD),
        ("Low probability for PE cannot be sustained.", UNREAD),
        ("Low probability for PE has become doubtful.", UNREAD),
        ("Low probability for PE was the reading of the resident.", UNREAD),
        ("Low probability for PE was seen.", UNREAD),
        ("Low probability for PE is the reading.", "negative low"),
        ("Low probability for PE is given.", "negative low"),
        ("Low probability for PE is reported by both readers.", "negative low"),
        ("Low probability for PE stands.", "negative low"),
        ("High probability for PE no longer applies.", UNREAD),
        ("High probability for PE is hard to keep.", UNREAD),
        ("High probability for PE was thought of.", UNREAD),
        ("High probability for PE sounds too strong.", UNREAD),
        ("High probability for PE is the reading.", "positive high"),
        ("High probability for PE, supported by CT.", "positive high"),
        # a denial may be told in the past tense, and says no more than that
        ("No evidence of PE was seen.", "negative absent"),
        ("No evidence of PE is seen.", "negative absent"),
        ("No evidence of PE is possible.", UNREAD),
        ("No evidence of PE would surprise me.", UNREAD),
        # taken back further on
        ("High probability for PE, not upheld.", UNREAD),
        ("High probability for PE was not supported.", UNREAD),
        ("High probability for PE on review not confirmed on later imaging.", UNREAD),
        ("Low probability for PE on review of all images, a reading since refuted.", UNREAD),
        ("PE present, not confirmed.", UNREAD),
        ("PE present, confirmed on CT.", "positive present"),
        # a name, and the denial behind it
        ("Pulmonary embolism, no evidence.", UNREAD),
        ("Pulmonary emboli, none.", UNREAD),
        ("Pulmonary embolism, nil.", UNREAD),
        ("Emboli, no sign.", UNREAD),
        ("Pulmonary embolism, no effusion.", "positive present"),
        ("Pulmonary embolism: none.", "negative absent"),
        ("Acute PE in question.", UNREAD),
        ("Acute PE in the left lung.", "positive present"),
        # a named clot that is left open
        ("A small embolus in the left lower lobe is present.", "positive present"),
        ("A small embolus in the left lower lobe cannot be excluded.", UNREAD),
        ("A small embolus in the left lower lobe is possible.", UNREAD),
        ("A small embolus in the left lower lobe is unlikely.", UNREAD),
        ("A small embolus in the left lower lobe is difficult to dismiss.", UNREAD),
        ("A small embolus in the left lower lobe is present, pneumonia is possible.", "positive present"),
        ("A small embolus in the left lower lobe is present and pneumonia cannot be excluded.", "positive present"),
        # a word against its number
        ("Probability of PE low (<10%).", "negative low"),
        ("Probability of PE high (<10%).", UNREAD),
        ("Likelihood of embolism is high (20%).", UNREAD),
        ("Likelihood of embolism is high (90%).", "positive high"),
        ("The likelihood of PE high here is <10%.", UNREAD),
        # whose reading it is
        ("High probability for PE was the reading of the resident.", UNREAD),
        ("High probability for PE by the overnight resident.", UNREAD),
        ("High probability for PE by PIOPED criteria.", "positive high"),
        ("Low probability for PE from the outside hospital.", UNREAD),
        ("The 2019 images showed low probability for PE.", UNREAD),
        ("In 2019 it was read as high probability for PE.", UNREAD),
        ("These images showed low probability for PE.", "negative low"),
        # a topic, or the rest of something that was not understood
        ("Regarding acute pulmonary embolism.", UNREAD),
        ("As to acute pulmonary embolism, the film is clear.", UNREAD),
        ("In this case of acute pulmonary embolism.", UNREAD),
        ("Study for acute pulmonary embolism.", UNREAD),
        ("Acute pulmonary embolism.", "positive present"),
        ("Regarding pulmonary embolism: absent.", "negative absent"),
        ("Regarding acute pulmonary embolism: high probability.", "positive high"),
    ],
)
def test_what_stands_around_a_verdict(text: str, expected: str) -> None:
    assert verdict(text) == expected
