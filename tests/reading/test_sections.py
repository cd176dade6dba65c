"""Where the verdict may stand: sections, several exams in one text, addenda, drafts, templates, legends."""

import pytest

from pipeline.domain.reading import Category, Grade
from pipeline.domain.report import TextBlock
from pipeline.reading import read
from tests.reading.reading_kit import outcome, reading_of, vocabulary


@pytest.mark.parametrize(
    "heading",
    [
        "IMPRESSION:",
        "Impression",
        "CONCLUSION:",
        "Opinion:",
        "INTERPRETATION:",
        "V/Q Scan Impression:",
        "Summary:",
        "Assessment -",
        "Read:",
        "Final category:",
    ],
)
def test_headings_in_their_many_spellings(heading: str) -> None:
    text = f"INDICATION: Rule out PE.\nFINDINGS: Prior scan was high probability.\n\n{heading}\nLow probability for PE."
    if heading in ("Read:", "Assessment -"):
        text = text.replace(f"{heading}\n", f"{heading} ")
    assert outcome(text) == "negative low"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # what stands elsewhere is no verdict
        ("INDICATION: High probability for PE on Monday.\nIMPRESSION: Normal V/Q scan.", "negative normal"),
        ("COMPARISON: Last scan high probability for PE.\nFINDINGS: Clear.\nIMPRESSION: PE absent.", "negative absent"),
        ("FINDINGS: Xenon clears. IMPRESSION: No pulmonary embolism.", "negative absent"),
        # no impression at all
        ("NM LUNG SCAN. Both lungs perfuse evenly. No evidence of pulmonary embolism.", "negative absent"),
        ("NM LUNG SCAN. Both lungs perfuse evenly.", "review no-impression"),
        ("TECHNIQUE: Tc-99m MAA.", "review no-impression"),
        ("", "review empty-impression"),
        ("FINDINGS: See below.\nIMPRESSION:\n", "review empty-impression"),
        ("IMPRESSION: Low probability for", "review broken-off"),
        ("FINDINGS: Patchy.\nIMPRESSION: There is a defect in the", "review broken-off"),
        # several exams in one text
        (
            "EXAM: CHEST X-RAY\nIMPRESSION: No pulmonary embolism on film.\nEXAM: NM LUNG V/Q SCAN\nIMPRESSION: High probability for PE.",
            "positive high",
        ),
        ("NM lung scan done.\nCXR IMPRESSION: No pulmonary embolism.", "review other-exam"),
        # addenda
        ("IMPRESSION: Low probability for PE.\nADDENDUM: Dose corrected to 4 mCi.", "negative low"),
        ("IMPRESSION: Low probability for PE.\nADDENDUM: Still low probability for PE after review.", "negative low"),
        ("IMPRESSION: Low probability for PE.\nADDENDUM: The impression is revised to high probability for PE.", "positive high"),
        ("IMPRESSION: Low probability for PE.\nADDENDUM: High probability for PE.", "review addendum-unclear"),
        ("IMPRESSION: Low probability for PE.\nADDENDUM: The impression above is withdrawn.", "review addendum-unclear"),
        ("IMPRESSION: Low probability for PE.\nADDENDUM: Emboli were discussed.", "review addendum-unclear unread-mention"),
        ("IMPRESSION: Low probability for PE.\nADDENDUM: PE present. PE absent.", "review addendum-unclear contradiction"),
        ("IMPRESSION: Defects as described.\nADDENDUM: Intermediate probability for PE.", "nondiagnostic intermediate"),
        (
            "IMPRESSION: Low probability for PE.\nADDENDUM: Films reviewed.\nREVISED IMPRESSION: High probability for PE.",
            "positive high",
        ),
        ("IMPRESSION: Matched defect. Low probability for PE.\nSTAFF ADDENDUM: I disagree. High probability for PE.", "positive high"),
        # drafts and attendings
        ("PRELIMINARY: High probability for PE.\nFINAL IMPRESSION: Disagree with the draft. Low probability for PE.", "negative low"),
        ("Resident impression: No evidence of PE.\nAttending impression: High probability for PE.", "review addendum-unclear"),
        ("IMPRESSION (resident): Low probability for PE.\nAttending: I agree with the above.", "negative low"),
        ("IMPRESSION (resident): Low probability for PE.\nAttending: I am less sure than the resident.", "review no-impression"),
        ("PRELIMINARY: Low probability for PE.\nIMPRESSION: Low probability for PE.", "negative low"),
        ("PRELIMINARY: Suspicious for PE.\nIMPRESSION: Low probability for PE.", "negative low"),
        # a critical-result sentence that states a verdict is live
        ("IMPRESSION: Low probability for PE.\nCRITICAL RESULT: High probability for PE called to Dr. X.", "review contradiction"),
        ("IMPRESSION: Low probability for PE.\nNOTIFIED: possible PE was discussed with Dr. X.", "negative low"),
        # legends
        (
            "IMPRESSION: Low probability.\nReporting key\nHigh probability: two or more large defects.\nLow probability: matched defects.",
            "negative low",
        ),
        (
            "IMPRESSION: Low probability for PE.\nHigh probability: two or more mismatched defects.\nIntermediate: neither of these two.",
            "negative low",
        ),
        ("IMPRESSION: Bands: low <20%, intermediate 20-79%, high >=80%.\nLow probability for PE.", "negative low"),
        ("IMPRESSION: PE present. This is a trinary scale (PE present, PE absent, nondiagnostic).", "positive present"),
        (
            "IMPRESSION: Low probability for PE.\nHigh probability: two or more\n    mismatched defects.\nIntermediate: neither of both.",
            "negative low",
        ),
        ("IMPRESSION: PE absent.\nChronic thromboembolic disease.", "review contradiction"),
        ("IMPRESSION: Chronic thromboembolic disease. No evidence of embolism.", "review contradiction"),
        # templates
        ("PIOPED category (mark one)\n ( ) Normal\n ( ) Low\n (X) High", "positive high"),
        ("PE probability: [x] High [ ] Intermediate [ ] Low", "positive high"),
        ("Final probability: low [ ]  intermediate [ ]  high [x]", "positive high"),
        ("PE probability: [ ] High [ ] Intermediate [ ] Low", "review template-unfilled"),
        ("PE probability: [x] High [x] Intermediate [ ] Low", "review template-unfilled contradiction"),
        ("Pre-test: [ ] low [x] high\nResult: [x] low [ ] high", "negative low"),
        ("Ventilation: [x] normal [ ] abnormal\nCategory: [ ] PE absent [ ] PE present [x] Indeterminate", "nondiagnostic indeterminate"),
        ("IMPRESSION: Ventilation: [x] normal [ ] abnormal\nHigh probability of pulmonary embolism.", "positive high"),
        ("IMPRESSION: [High/Intermediate/Low] probability for PE.", "review template-unfilled"),
        ("IMPRESSION: Low probability for PE. [insert recommendation]", "review template-unfilled"),
        ("IMPRESSION: Low probability for PE. Called to Dr. ____ at ____.", "review template-unfilled"),
        ("IMPRESSION: Low probability for PE [see note 3].", "negative low"),
        ("IMPRESSION: Low probability for PE. [x] Chest film reviewed.", "negative low"),
        ("IMPRESSION:\nProbability of PE\n [ ] Normal\n [ ] Low\n [x] Intermediate\n [ ] High", "nondiagnostic intermediate"),
        ("IMPRESSION:\nQuality of images\n [x] good [ ] low\nHigh probability for PE.", "positive high"),
        ("IMPRESSION:\nPE excluded\n [ ] Low\n [x] High", "review contradiction"),
        ("IMPRESSION:\nWe looked at it and so on,\n [ ] Low\n [x] High", "positive high"),
        ("IMPRESSION:\n*** V/Q REPORT ***\nLow probability for PE.", "negative low"),
        ("Key: 1 Normal; 2 Very low; 3 Low; 4 Intermediate; 5 High\nIMPRESSION: Normal perfusion lung scan.", "negative normal"),
        ("IMPRESSION: 1 Normal, 2 Normal, 3 Normal lung scan.", "negative normal"),
        # a comment, or what follows the question, where nothing is called the impression
        ("FINDINGS: Perfusion normal.\n\nCOMMENT: Normal study.", "negative normal"),
        ("IMPRESSION: Low probability for PE.\nComment: PE is present.", "review contradiction"),
        ("Indication: exclude PE\n\nPerfusion is even. No pulmonary embolism.", "negative absent"),
        ("Indication: exclude PE\n\nNo PE on the CT of last week.", "review unread-mention"),
        ("Indication: exclude PE\n\n", "review no-impression"),
        ("IMPRESSION. Low probability for PE.", "negative low"),
        # addenda that hint at something, and those of no matter
        (
            "IMPRESSION: Low probability for PE.\nADDENDUM: The apex was felt to be more prominent. Further opinion follows.",
            "review addendum-unclear",
        ),
        ("IMPRESSION: Low probability for PE.\nADDENDUM: More worrisome when the prior was reviewed.", "review addendum-unclear"),
        ("IMPRESSION: Low probability for PE.\nADDENDUM: Discussed with Dr. Example at 10:15.", "negative low"),
        (
            "IMPRESSION: High probability for PE.\nADDENDUM: The sides were transposed in the findings; it should read left.",
            "positive high",
        ),
        ("CORRECTION: The earlier statement was in error and is withdrawn.\nIMPRESSION: Positive for acute PE.", "positive present"),
        ("ADDENDUM: Discussed with Dr. Example at 10:15.", "review no-impression"),
        ("IMPRESSION: Wells [x] low [ ] high\nHigh probability for PE.", "positive high"),
        ("IMPRESSION: Normal lung scan. No PE, but a segmental defect was overlooked on the lateral views.", "review addendum-unclear"),
        ("IMPRESSION: The scan at admission was high probability.", "review unread-mention"),
        ("IMPRESSION: Two weeks ago the scan was low probability. Further imaging is advised.", "review unread-mention"),
        ("IMPRESSION: The outside V/Q scan was normal. Further imaging is advised.", "review unread-mention"),
        ("IMPRESSION: She was told elsewhere that there is acute pulmonary embolism.", "review no-verdict"),
        ("IMPRESSION: Normal perfusion in all segments but the lingula.", "review unread-mention"),
        ("IMPRESSION: Defects with normal perfusion between them.", "review unread-mention"),
        ("IMPRESSION:\n1. No pulmonary embolism in\n2. Cardiomegaly.", "review unread-mention"),
        ("IMPRESSION: Low probability for PE. There is a", "review broken-off"),
        ("IMPRESSION: Normal perfusion but left pleural effusion.", "negative normal"),
        ("IMPRESSION: Findings consistent with PE, tumor, or vasculitis.", "review unread-mention"),
        ("IMPRESSION: Low probability for PE pending chest radiograph.", "review unread-mention"),
        ("IMPRESSION: No evidence of PE outside the right lower lobe.", "review unread-mention"),
        ("IMPRESSION: No other pulmonary emboli are seen.", "review unread-mention"),
        ("IMPRESSION: Low probability for PE.\nATTENDING NOTE: I do not agree with the above interpretation.", "review addendum-unclear"),
        (
            "IMPRESSION: Low probability for PE.\nADDENDUM: A later CTPA showed a saddle pulmonary embolus.",
            "review addendum-unclear unread-mention",
        ),
        ("IMPRESSION: Study was not performed. Low probability for PE.", "review study-not-done"),
        (
            "FINDINGS: Large perfusion defects, with no corresponding ventilation defect.\nIMPRESSION: PE absent.",
            "review findings-disagree",
        ),
        ("FINDINGS: Not only matched but also mismatched defects are seen.\nIMPRESSION: PE absent.", "review findings-disagree"),
        ("FINDINGS: No ventilation defects. Segmental perfusion defects in RUL.\nIMPRESSION: PE absent.", "review findings-disagree"),
        ("IMPRESSION: PE absent. Left lung shows no perfusion at all with normal ventilation.", "review findings-disagree"),
        ("IMPRESSION: PE absent. Filling defect in the left pulmonary artery.", "review hedge"),
        ("FINDINGS: Study of another patient.\nIMPRESSION: PE absent.", "review addendum-unclear"),
        ("IMPRESSION: PE absent. Dictated for a different patient.", "review addendum-unclear"),
        # what the mutants of the reader showed
        ("EXAM: CT CHEST\nIMPRESSION: PE absent.", "review other-exam"),
        ("IMPRESSION: Low probability for PE, not supported by the images.", "review unread-mention"),
        ("IMPRESSION: Findings of pneumonia or pulmonary embolism are present.", "review unread-mention"),
        ("IMPRESSION: Low probability for PE.\nAddendum high probability for PE.", "review addendum-unclear"),
        ("IMPRESSION: No evidence of PE.\nCorrection there is evidence of PE.", "review addendum-unclear"),
        ("IMPRESSION: Low probability for PE.\nKey - PE is present in the left lower lobe.", "review contradiction"),
        ("FINDINGS: No effusion is seen and there are two mismatched defects.\nIMPRESSION: PE absent.", "review findings-disagree"),
        ("FINDINGS: Known asthma, with large mismatched defects.\nIMPRESSION: PE absent.", "review findings-disagree"),
        ("FINDINGS: Large mismatched defects in both lungs, effusion absent.\nIMPRESSION: PE absent.", "review findings-disagree"),
        ("FINDINGS: In January there were mismatched defects.\nIMPRESSION: PE absent.", "negative absent"),
        ("FINDINGS: The mismatched defects (RUL, LLL) are no longer present.\nIMPRESSION: PE absent.", "negative absent"),
        ("FINDINGS: A defect in the left lung; xenon was normal.\nIMPRESSION: PE absent.", "negative absent"),
        ("PE absent.\n\nADDENDUM: This report was dictated on the wrong patient, please call me.", "review addendum-unclear"),
        ("IMPRESSION: PE absent.\nTECHNIQUE: This report was dictated on the wrong patient.", "review addendum-unclear"),
        ("Low probability for PE.\n\nADDENDUM: On review the perfusion is abnormal on the right side.", "review addendum-unclear"),
        ("IMPRESSION: No evidence of PE, left lung.", "review unread-mention"),
        ("IMPRESSION: No evidence of PE: left lung only.", "review unread-mention"),
        ("IMPRESSION: No evidence of PE, left pleural effusion.", "negative absent"),
        ("IMPRESSION: Low probability for PE, rejected on review.", "review unread-mention"),
        ("IMPRESSION: The clinician's view, low probability for PE.", "review unread-mention"),
        ("IMPRESSION: No infiltrate, pulmonary embolism present.", "review unread-mention"),
        ("IMPRESSION: No residual, recurrent or new pulmonary thromboembolic disease is demonstrated.", "negative absent"),
        ("** THIS REPORT HAS BEEN RETRACTED **\nNM V/Q: Normal perfusion. No PE.", "review addendum-unclear"),
        ("The images belong to another patient.\nIMPRESSION: No PE.", "review addendum-unclear"),
        ("IMPRESSION: Low probability for PE. The defect that was overlooked by the resident is matched.", "negative low"),
        # what the findings say against it
        ("Mismatched segments: RS2, RS6, LS3\nMatched segments: none\n\nCONCLUSION: PE absent.", "review findings-disagree"),
        ("Mismatched segments (n): 0\nMatched segments: LS3\n\nCONCLUSION: PE absent.", "negative absent"),
        # another question
        ("NM QUANTITATIVE LUNG PERFUSION\nIMPRESSION: Left lung 44%, right lung 56%.", "review no-pe-question"),
        ("NM DIFFERENTIAL FUNCTION\nIMPRESSION: Normal lung perfusion scan.", "review no-pe-question"),
        ("NM DIFFERENTIAL FUNCTION\nIMPRESSION: Left 44%. No evidence of PE.", "negative absent"),
        ("NM V/Q, TRANSPLANT PATIENT\nIMPRESSION: Mismatched defects in both lungs.", "review no-verdict"),
        # a label inside an impression does not hide what follows it
        ("IMPRESSION: No evidence of PE. Left lung: acute pulmonary embolism is present.", "review contradiction"),
        ("IMPRESSION: Low probability for PE.\n2. Perfusion: acute pulmonary embolism is present.", "review contradiction"),
        ("IMPRESSION:\nLOW PROBABILITY, LIMITED BY POOR\nVENTILATION\nEMBOLI ARE SUSPECTED IN THE LINGULA.", "review hedge"),
        ("IMPRESSION: No evidence of PE.\n\nFINDINGS: Findings consistent with acute pulmonary embolism.", "review contradiction"),
        ("IMPRESSION: Low probability for PE.\nRECOMMENDATIONS:\nPE cannot be excluded; CTPA.", "review contradiction"),
        ("CLINICAL IMPRESSION: PE excluded.\nFINDINGS: Patchy.\nIMPRESSION: Defects.", "review no-verdict"),
        # a report that is disowned
        ("IMPRESSION: PE absent.\nSIGNED: This report was dictated on the wrong patient.", "review addendum-unclear"),
        ("IMPRESSION: PE absent.\nSIGNED: The resident and I disagree about the above.", "negative absent"),
        ("IMPRESSION: PE absent.\nSIGNED: Report amended from PE present to PE absent.", "negative absent"),
        # findings against impression
        ("FINDINGS: Multiple mismatched segmental defects.\nIMPRESSION: No evidence of PE.", "review findings-disagree"),
        ("FINDINGS: Large defects without matching ventilation abnormality.\nIMPRESSION: No evidence of PE.", "review findings-disagree"),
        ("FINDINGS: No mismatched defects.\nIMPRESSION: No evidence of PE.", "negative absent"),
        ("FINDINGS: Large mismatched segmental defects: 0\nIMPRESSION: No evidence of PE.", "negative absent"),
        ("FINDINGS: A mismatch is not seen.\nIMPRESSION: No evidence of PE.", "negative absent"),
        ("FINDINGS: Reverse mismatch at the bases.\nIMPRESSION: Low probability for PE.", "negative low"),
        ("FINDINGS: No segmental perfusion defect without matching ventilation change.\nIMPRESSION: No PE.", "negative absent"),
        ("FINDINGS: Perfusion is normal.\nIMPRESSION: High probability for PE.", "review findings-disagree"),
        ("FINDINGS: Perfusion is normal. Large defect in the right lung.\nIMPRESSION: High probability for PE.", "positive high"),
        ("FINDINGS: Elsewhere perfusion is normal.\nIMPRESSION: High probability for PE.", "positive high"),
        ("IMPRESSION: Single small subsegmental mismatch. Very low probability for PE.", "negative very_low"),
        ("IMPRESSION: Mismatched defect due to known hilar mass. There is no evidence of pulmonary embolism.", "negative absent"),
        ("FINDINGS: Mismatched defects.\nIMPRESSION: Nondiagnostic for PE.", "nondiagnostic nondiagnostic"),
        ("Mismatched defects in both lungs.\n\nIMPRESSION: No evidence of PE.", "review findings-disagree"),
        ("IMPRESSION: A defect with normal xenon. If fever, CTPA. No evidence of PE.", "review findings-disagree"),
        ("IMPRESSION: No PE. " + "If fever, CTPA. " * 10 + "A defect with normal xenon.", "review findings-disagree"),
        # the rest of the text against the verdict
        ("FINDINGS: Very low probability for PE.\nIMPRESSION: High probability for PE.", "review contradiction"),
        ("IMPRESSION: High probability for PE.\nFINDINGS: Normal V/Q scan.", "positive high"),
        ("FINDINGS: The outside scan had high probability for PE.\nIMPRESSION: No evidence of PE.", "negative absent"),
        ("FINDINGS: Acute PE is present.\nIMPRESSION: No evidence of PE.", "review contradiction"),
        ("Acute PE is present in both lungs.\n\nIMPRESSION: PE absent.", "review contradiction"),
        ("IMPRESSION: PE absent.\nATTENDING NOTE: Acute PE is present.", "review addendum-unclear"),
        ("IMPRESSION: PE absent.\nRECOMMENDATION: Acute PE is present.", "review contradiction"),
        ("IMPRESSION: PE absent.\nELECTRONICALLY SIGNED BY: Acute PE is present.", "review contradiction"),
        ("IMPRESSION: High probability for PE.\nRECOMMENDATION: No evidence of PE.", "review contradiction"),
        ("This report was dictated on the wrong patient.\n\nIMPRESSION: PE absent.", "review addendum-unclear"),
        ("IMPRESSION: PE absent.\nATTENDING NOTE: The report is wrong.", "review addendum-unclear"),
        ("IMPRESSION: PE absent.\nRECOMMENDATION: The report is wrong.", "review addendum-unclear"),
        ("FINDINGS: There is vascular obstruction.\nIMPRESSION: No evidence of PE.", "review contradiction"),
        ("FINDINGS: Suspicious for PE.\nIMPRESSION: High probability for PE.", "positive high"),
        ("No evidence of PE.\n\nNOTIFIED: It was called to the", "review broken-off"),
        ("EXAM: CHEST CT\nIMPRESSION: PE absent.\nEXAM: NM LUNG SCAN\nIMPRESSION: Defects.", "review no-verdict"),
        ("IMPRESSION: Chronic PE. Nondiagnostic for acute PE.", "review contradiction"),
        ("FINDINGS: There is vascular obstruction.\nIMPRESSION: High probability for PE.", "positive high"),
        ("IMPRESSION: PE present. Indeterminate for chronic PE.", "review contradiction"),
        # a normal examination that is no verdict on the disease
        ("FINDINGS: The examination is normal.", "review no-impression"),
        ("FINDINGS: Normal study, no PE.", "negative absent"),
        # languages
        ("Ünal Özdemir Çağlar Şahin Müller.\n\nIMPRESSION: PE absent.", "negative absent"),
        ("CONCLUSIÓN: Sin evidencia de embolia pulmonar en el estudio de la paciente, con perfusión normal.", "review foreign-language"),
        ("Заключение: тромбоэмболия легочной артерии не выявлена, перфузия сохранена", "review foreign-language"),
    ],
)
def test_text(text: str, expected: str) -> None:
    assert outcome(text) == expected


def test_coded_sections_decide() -> None:
    blocks = [TextBlock("High probability for PE in 2019.", "history"), TextBlock("PE absent.", "impression")]
    assert read(blocks, vocabulary()).grade is Grade.ABSENT
    blocks = [TextBlock("Reason: PE.", "indication"), TextBlock("IMPRESSION: Normal V/Q scan.\nRECOMMENDATION: CTPA for PE.", "impression")]
    assert read(blocks, vocabulary()).grade is Grade.NORMAL


def test_a_text_longer_than_any_report_is_not_read() -> None:
    found = reading_of("IMPRESSION: PE absent. " * 10_000)
    assert (found.category, found.reasons) == (Category.REVIEW, ("text-too-long",))


def test_other_things_to_act_on_are_told_beside_the_category() -> None:
    assert reading_of("IMPRESSION: PE absent. New nodule suspicious for malignancy.").reasons == ("malignancy-raised",)
    assert reading_of("IMPRESSION: PE absent. Stable lung nodule.").reasons == ("incidental",)
    assert reading_of("IMPRESSION: PE absent.").reasons == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PRIOR\nIMPRESSION:\nNo evidence of PE.\nFINDINGS:\nMultiple perfusion defects.", "review no-impression"),
        ("COMPARISON:\nIMPRESSION:\nNo evidence of PE.", "negative absent"),
        ("PRELIMINARY\nIMPRESSION:\nNo evidence of PE.\nATTENDING:\nHigh probability for PE.", "review addendum-unclear"),
    ],
)
def test_a_heading_above_the_impressions_own(text: str, expected: str) -> None:
    assert outcome(text) == expected
