"""What single impressions are read as."""

import pytest

from pipeline.domain.reading import Category, Grade
from tests.reading.reading_kit import impression, reading_of, verdict


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # the ten result terms
        ("Normal ventilation and perfusion scan.", "negative normal"),
        ("Low probability for pulmonary embolism.", "negative low"),
        ("PE absent.", "negative absent"),
        ("No evidence of pulmonary embolism.", "negative absent"),
        ("Intermediate probability for pulmonary embolism.", "nondiagnostic intermediate"),
        ("Indeterminate probability for pulmonary embolism.", "nondiagnostic indeterminate"),
        ("Nondiagnostic study.", "nondiagnostic nondiagnostic"),
        ("High probability for pulmonary embolism.", "positive high"),
        ("PE present.", "positive present"),
        ("PE-positive.", "positive present"),
        # other words for the same
        ("Very low probability of PE.", "negative very_low"),
        ("Very low to low probability of PE.", "negative low"),
        ("Pulmonary embolism is excluded.", "negative absent"),
        ("The study has failed to show any evidence of embolic disease.", "negative absent"),
        ("The likelihood of pulmonary embolism is >80%.", "positive high"),
        ("Probability of PE: 30 to 40%.", "nondiagnostic intermediate"),
        ("Appearances are in keeping with acute PTE.", "positive present"),
        ("Non-diagnostic for P.E. due to failed ventilation.", "nondiagnostic nondiagnostic"),
        ("HIGH PROBABILTY FOR PULMONARY EMBOLIS.", "positive high"),
        ("This scan can neither confirm nor exclude PE.", "nondiagnostic nondiagnostic"),
        # ranges
        ("Low to intermediate probability for PE.", "nondiagnostic intermediate"),
        ("Intermediate to high probability for PE.", "nondiagnostic intermediate"),
        ("Low to high probability for PE.", "review wide-range"),
        ("Low vs. high probability for PE.", "review wide-range"),
        # denied grades are no verdict
        ("The pattern does not meet criteria for high probability. It is read as low probability for PE.", "negative low"),
        ("I would not call this low probability. It is indeterminate for pulmonary embolism.", "nondiagnostic indeterminate"),
        ("This is not a low probability study.", "review no-verdict"),
        ("The scan is not normal but it is low probability for PE.", "negative low"),
        # no change and no new never negate
        ("No change in mismatched defects, consistent with pulmonary emboli.", "positive present"),
        ("No new pulmonary emboli.", "review no-verdict"),
        # hedges
        ("Findings suspicious for pulmonary embolism.", "review hedge"),
        ("Possible pulmonary embolism.", "review hedge"),
        ("Pulmonary embolism cannot be excluded.", "review hedge"),
        ("Low probability scan. PE cannot be completely excluded.", "review hedge"),
        ("Nondiagnostic study. Pulmonary embolism cannot be excluded.", "nondiagnostic nondiagnostic"),
        ("High probability for PE, highly suspicious for acute pulmonary embolism.", "positive high"),
        # contradiction
        ("No evidence of PE. Findings consistent with acute pulmonary emboli.", "review contradiction"),
        # other emboli, other meanings of PE, dictation
        ("Multiple septic pulmonary emboli.", "review non-thrombotic"),
        ("Right PE (pleural effusion).", "review unread-mention"),
        ("Know evidence of pulmonary embolism.", "review unread-mention"),
        # nothing unread
        ("Low probability for PE. The clot has moved.", "review unread-mention"),
        # chronic disease
        ("Chronic thromboembolic disease. No acute pulmonary embolism.", "positive present chronic"),
        ("Findings of chronic thromboembolic pulmonary hypertension (CTEPH). No evidence of acute PE.", "positive present chronic"),
        ("Acute on chronic pulmonary embolism.", "positive present"),
        ("No evidence of chronic thromboembolic disease.", "negative absent"),
        ("History of CTEPH. No evidence of acute or chronic pulmonary embolism.", "negative absent"),
        # masks
        ("Low probability for PE. If suspicion for PE remains high, CTPA is recommended.", "negative low"),
        ("Prior high probability scan in 2019. Normal perfusion scan.", "negative normal"),
        ("High clinical suspicion for PE. Low probability for PE.", "negative low"),
        ("The category is changed from low to intermediate probability for PE.", "nondiagnostic intermediate"),
        # what is not said of this disease, or not of all of it
        (
            "Findings fail to satisfy the criteria for either a high probability or a low one. Intermediate. Leg doppler is negative.",
            "nondiagnostic intermediate",
        ),
        ("No central pulmonary embolism.", "review hedge"),
        ("Acute PE, five segments. No evidence of chronic thromboembolic disease.", "positive present"),
        ("There can be no doubt that he has had pulmonary emboli.", "positive present"),
        ("High proba-\nbility for pulmo-\nnary embolism.", "positive high"),
        ("High-\nprobability scan.", "positive high"),
        # lists
        ("Acute PE .......... Not present\nChronic PE ........ Not present", "negative absent"),
        ("Acute PE today? No", "negative absent"),
        # inadequate, not done
        ("The images obtained are not adequate to assess for PE.", "nondiagnostic nondiagnostic"),
        ("The study was not performed because the patient declined.", "review study-not-done"),
        # a normal ventilation is no verdict
        ("Normal ventilation.", "review no-verdict"),
    ],
)
def test_impression(text: str, expected: str) -> None:
    assert verdict(text) == expected


def test_a_verdict_with_a_stray_negation_beside_it_is_for_a_person() -> None:
    assert verdict("The question of acute pulmonary embolism.") != "positive present"
    assert verdict("High probability for PE unlikely.") == "review unread-mention"
    assert verdict("Hardly high probability for pulmonary embolism in doubt.").startswith("review")
    assert verdict("Questionable high probability for pulmonary embolism.") == "review unread-mention"


@pytest.mark.parametrize(
    "text",
    [
        "PE excluded: no.",
        "No evidence of pulmonary embolism in the left lung.",
        "No evidence of PE, except for the right lower lobe.",
        "No evidence of PE elsewhere.",
        "Normal perfusion in the right lung only.",
        "Loss of normal perfusion in both lungs.",
        "The probability of PE is not low.",
        "The probability of pulmonary embolism on the prior study was low.",
        "High probability of COPD.",
        "Low-risk PE in the right lower lobe.",
        "Rule out PE.",
        "D-dimer excludes PE if negative.",
        "The outside scan, which was low probability for PE.",
        "V/Q 02/02/22 negative for PE.",
        "PE unlikely (Wells score 2).",
        "PE was present in 2019.",
        "Findings consistent with PE or pneumonia.",
        "High probability for PE was considered but not supported.",
        "N\u200bot low probability for PE.",
        "<s>Low probability for PE.</s>",
        "Not\n\nlow probability for PE.",
        "Test report, please ignore: low probability for PE.",
        "No evidence of PE. The right lung was not imaged.",
        "No evidence of PE, but there are mismatched segmental defects in the right upper lobe.",
        "Thrombus in the right pulmonary artery. No evidence of PE.",
        "Normal scan with multiple segmental defects.",
        "High probability for PE on the previous scan, now resolved.",
        "IMPRESSION:\nLow probability for PE.\nNot",
        "Reportedly no evidence of PE.",
        "FINDINGS:\nVentilation normal.\nPerfusion shows a wedge.",
        "PE: no conclusion.",
        "IMPRESSION: Low probability for PE. Two segmental perfusion defects with normal Technegas.",
    ],
)
def test_what_no_verdict_may_be_taken_from(text: str) -> None:
    assert verdict(text).startswith("review ")


def test_a_range_that_reaches_high_says_so() -> None:
    assert impression("Intermediate to high probability for PE.").range_with_high
    assert not impression("Low to intermediate probability for PE.").range_with_high


def test_low_is_nondiagnostic_where_modified_pioped_ii_is_named() -> None:
    found = impression("Low probability for PE by modified PIOPED II, which counts as nondiagnostic.")
    assert (found.category, found.grade, found.names_pioped2) == (Category.NONDIAGNOSTIC, Grade.LOW, True)


def test_evidence_points_into_the_text() -> None:
    text = "FINDINGS: Normal.\n\nIMPRESSION:\nLow   probability\nfor PE."
    (evidence,) = reading_of(text).evidence
    assert text[evidence.start : evidence.end] == "Low   probability\nfor PE" == evidence.text
    assert (evidence.phrase, evidence.section) == ("low", "impression")


def test_evidence_ends_with_a_sign_where_the_wording_does() -> None:
    (evidence,) = impression("The likelihood of pulmonary embolism is less than 10%.").evidence
    assert evidence.text == "likelihood of pulmonary embolism is less than 10%"


@pytest.mark.parametrize("width", range(20, 64, 3))
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("No scintigraphic evidence of acute pulmonary embolism in either lung on today's examination.", Category.NEGATIVE),
        ("The findings are those of a high probability scan for acute pulmonary embolism in both lower lobes.", Category.POSITIVE),
        ("This examination is indeterminate for pulmonary embolism because of matching opacities.", Category.NONDIAGNOSTIC),
    ],
)
def test_line_breaks_at_any_width_change_nothing(text: str, expected: Category, width: int) -> None:
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    wrapped = "\n".join([*lines, line])
    assert reading_of(f"IMPRESSION:\n{wrapped}").category is expected
    assert reading_of(f"IMPRESSION:\n{wrapped.upper()}").category is expected


@pytest.mark.parametrize(
    "text", ["High probability for pulmonary embolism.", "PE present.", "Findings consistent with acute pulmonary emboli."]
)
@pytest.mark.parametrize("word", ["no", "not", "no evidence of"])
def test_an_inserted_negation_never_leaves_a_positive(text: str, word: str) -> None:
    words = text.split()
    for place in range(len(words)):
        changed = " ".join([*words[:place], word, *words[place:]])
        if impression(changed).category is Category.POSITIVE:
            # Only where the inserted word cannot reach the verdict ("PE no present" is refused, not read).
            raise AssertionError(changed)
