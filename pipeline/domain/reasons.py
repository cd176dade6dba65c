"""Every reason code: what it does to the notice, what it means, and what a person should do about it.

The one list: readers, reading and decision may use no other code (`known` holds them to it), and docs/reasons.md is made from it.
"""

from dataclasses import dataclass

from pipeline.domain.decision import NoticeEffect

RELEASE, HOLD, NEVER = NoticeEffect.RELEASE, NoticeEffect.HOLD, NoticeEffect.NEVER


@dataclass(frozen=True, slots=True)
class Reason:
    """One code. `effect` is the least that it does to the notice; `review` says that no category may be taken from the text."""

    code: str
    effect: NoticeEffect
    meaning: str
    what_to_do: str
    review: bool = False


_READ = "Read the report, decide with the reader of the scan, and tell the patient yourself."

_ALL = (
    # the message and its status
    Reason("not-live", NEVER, "MSH-11 says test, training, archive or initial load.", "Find out why the source sends such messages here."),
    Reason("liveness-unstated", HOLD, "MSH-11 is empty.", "Ask the source to fill MSH-11; release if it is a live report."),
    Reason("preliminary", NEVER, "Not final yet (OBR-25 P, R, I, S or O).", "Wait for the final report; the clock watches it."),
    Reason("status-unknown", HOLD, "Nothing says whether the report is final.", "Ask the source; release or withhold by hand."),
    Reason("status-conflict", HOLD, "OBR-25 and OBX-11 contradict each other.", "Ask the source; release or withhold by hand."),
    Reason("status-appended", HOLD, "Amended, appended or verified (OBX-11 A, B, V): may or may not change the verdict.", _READ),
    Reason(
        "retracted",
        NEVER,
        "The source took the report back (OBR-25 X, OBX-11 W or D).",
        "See whether a letter has left; the follow-up says so.",
    ),
    Reason(
        "wrong-patient",
        NEVER,
        "OBX-11 W: the original is wrong, for example sent for another patient.",
        "Find out whose report it was before anybody is told anything.",
    ),
    Reason("superseded", NEVER, "A later version of this report was decided before this one came.", "Nothing."),
    Reason("repeat", NEVER, "The same report again.", "Nothing."),
    Reason(
        "version-tie",
        HOLD,
        "Two versions with different verdicts, and nothing tells which is the later (times equal, missing or impossible; old words again).",
        _READ,
        review=True,
    ),
    Reason("status-regressed", HOLD, "A preliminary was signed after the final.", "Ask the reader which one stands."),
    Reason(
        "discrepancy", HOLD, "Preliminary and final differ in category.", "Make sure that whoever acted on the preliminary knows the final."
    ),
    Reason("text-promoted", RELEASE, "OBX-11 U: final without text; the stored preliminary text was read.", "Nothing."),
    Reason("nothing-to-promote", HOLD, "OBX-11 U: final without text, and no preliminary text is stored.", _READ, review=True),
    Reason("no-result", HOLD, "OBX-11 X: the result could not be obtained.", _READ, review=True),
    Reason("corrected", RELEASE, "A corrected report.", "Nothing."),
    Reason("stale", HOLD, "A final older than the site's limit when it arrived.", "See why it is late; release or withhold by hand."),
    Reason("broken-off", HOLD, "The message or its impression breaks off.", "Get the whole report from the source.", review=True),
    Reason(
        "charset-assumed",
        RELEASE,
        "Characters outside ASCII without MSH-18; read as UTF-8 or the site's default.",
        "Ask the source to fill MSH-18.",
    ),
    Reason(
        "charset-undecodable",
        HOLD,
        "A name or the impression holds bytes that the declared character set lacks.",
        "Compare with the source before releasing.",
    ),
    Reason("accession-missing", HOLD, "No accession in any configured field.", "Find the exam by hand."),
    Reason("order-number-conflict", HOLD, "OBR-3 and ORC-3 of one order differ.", "Ask the source which exam it is."),
    # who
    Reason("identity-conflict", HOLD, "The message names two people.", "Find out whose report it is before anybody is told anything."),
    Reason("identity-incomplete", HOLD, "No name, or no record number: a letter could reach anybody.", "Find out who it is, then release."),
    Reason(
        "identity-study", HOLD, "Report and images name different people.", "Find out whose report it is before anybody is told anything."
    ),
    Reason(
        "identity-version",
        HOLD,
        "Versions of one report name different people.",
        "Find out whose report it is before anybody is told anything.",
    ),
    Reason(
        "identity-patient",
        HOLD,
        "A merge, an unlink or an update of the patient does not fit what the report says.",
        "Find out whose report it is before anybody is told anything.",
    ),
    Reason(
        "retired-identifier",
        HOLD,
        "The report came under a number that was merged into another one before; the first such report waits.",
        "See that the report is this patient's, then release; later ones under that number are not held for it.",
    ),
    Reason(
        "deceased",
        NEVER,
        "The patient has died (PID-30 or PID-29, in the report or in an ADT message).",
        "Nothing to send; the care team decides about the family.",
    ),
    Reason("minor", HOLD, "The patient is a minor.", "Decide with the care team who gets the letter."),
    Reason("birth-date-missing", HOLD, "No birth date: may be a minor, may be the wrong person.", "Check the identity, then release."),
    Reason("restricted", HOLD, "VIP or restricted record.", "Ask who may see it."),
    Reason("release-withheld", HOLD, "OBX-26 asks to withhold the result from the patient.", "The ordering clinician decides."),
    Reason("release-unknown", HOLD, "OBX-26 holds a code that is not in table 0909.", "Ask the source."),
    Reason("inpatient", HOLD, "The patient is still on the ward (PV1-2 I, not discharged).", "Hand the letter to the ward."),
    Reason("opt-out", HOLD, "The patient wants no letters.", "Tell them the way they want; withhold the letter."),
    Reason("ask-first", HOLD, "The patient wants to be asked before a letter leaves.", "Ask them, then release or withhold."),
    Reason(
        "withheld-before",
        HOLD,
        "Somebody has decided that no letter about this exam leaves; this one was written since.",
        "See why the earlier one was withheld, then release or withhold this one.",
    ),
    Reason("study-missing", HOLD, "The site wants images before a letter, and none have come.", "Find the study."),
    Reason(
        "study-uid-conflict", RELEASE, "The report names another study than the images of its accession.", "Find out which study was read."
    ),
    Reason(
        "ventilation-not-acquired",
        HOLD,
        "The report tells what ventilation showed, and only perfusion images came: it may be another study's report.",
        "Compare the report with the images; release if it is this study's.",
    ),
    Reason("no-chest-x-ray", RELEASE, "No chest x-ray passed through from a day before the scan to shortly after.", "Look for one."),
    # the text
    Reason(
        "exam-unknown",
        HOLD,
        "A nuclear-medicine report with lung words under an exam code on no list.",
        "Put the code on the V/Q or on the known-other list.",
        review=True,
    ),
    Reason("text-not-readable", HOLD, "The report is a PDF or a picture.", _READ, review=True),
    Reason("text-too-long", HOLD, "The text is longer than any report; it was not read.", "Look at what the source sent.", review=True),
    Reason("no-impression", HOLD, "No impression, conclusion or single verdict was found.", _READ, review=True),
    Reason("empty-impression", HOLD, "The impression is empty.", "Get the report from the source.", review=True),
    Reason("no-verdict", HOLD, "The impression states no verdict about pulmonary embolism.", _READ, review=True),
    Reason("contradiction", HOLD, "The impression states two different verdicts.", _READ, review=True),
    Reason("unread-mention", HOLD, "The impression holds a word about embolism that no rule understood.", _READ, review=True),
    Reason("hedge", HOLD, "The verdict is hedged (possible, cannot be excluded ...).", _READ, review=True),
    Reason("wide-range", HOLD, "A range from low to high.", _READ, review=True),
    Reason("range-with-high", HOLD, "The reader's range reaches high.", "Tell the care team as for a positive result."),
    Reason("template-unfilled", HOLD, "A template was left unfilled.", "Get the finished report.", review=True),
    Reason("no-pe-question", HOLD, "The study asked another question (split function, shunt, follow-up ...).", _READ, review=True),
    Reason("foreign-language", HOLD, "The report is not in a language we read.", _READ, review=True),
    Reason("findings-disagree", HOLD, "Findings and impression contradict each other.", "Ask the reader of the scan.", review=True),
    Reason("addendum-unclear", HOLD, "An addendum that does not plainly keep or replace the verdict.", _READ, review=True),
    Reason(
        "readers-differ",
        HOLD,
        "The rules read a verdict, and the second reader, who has learned from known reports, doubts it.",
        _READ,
        review=True,
    ),
    Reason(
        "second-reader",
        HOLD,
        "The impression holds words that no rule understood; the second reader holds its verdict to stand all the same.",
        "Read the report; release if the letter says what it says.",
    ),
    Reason("other-exam", HOLD, "The impression belongs to another exam in the same report.", _READ, review=True),
    Reason("non-thrombotic", HOLD, "Septic, fat, air or tumour emboli.", _READ, review=True),
    Reason("study-not-done", HOLD, "The scan was not done.", "See whether the patient still needs it.", review=True),
    Reason("malignancy-raised", HOLD, "The report newly raises a malignancy.", "The care team speaks to the patient first."),
    Reason("incidental", RELEASE, "The report mentions another finding to act on.", "The full report says which."),
    Reason("positive", HOLD, "A letter is never how a patient first hears of a clot.", "Tell the patient, then release."),
    Reason("chronic", HOLD, "Chronic thromboembolic disease is stated.", "Tell the patient, then release."),
    Reason("negative", RELEASE, "No clot, or a low chance.", "Nothing."),
    Reason("nondiagnostic", RELEASE, "The scan could not decide.", "Work the follow-up."),
    Reason("decided-by-person", RELEASE, "A clinician read the report and decided, with name and reason.", "Nothing."),
    # the site
    Reason(
        "statute-malignancy",
        HOLD,
        "A statute lets a clinician speak first where malignancy is raised.",
        "Speak to the patient, then release.",
    ),
    Reason(
        "statute-notice",
        RELEASE,
        "A statute says until when, and in which words, the patient must be told.",
        "See that the letter leaves in time.",
    ),
    Reason("shadow", HOLD, "Shadow mode: everything is computed, nothing leaves.", "Compare with what was really done."),
    Reason("language-missing", RELEASE, "No letter in the patient's language; the default one with taglines goes.", "Call an interpreter."),
    Reason("language-unapproved", HOLD, "The letter's text is not signed off.", "Have it reviewed and signed."),
    # rejected input
    Reason("empty-file", NEVER, "A file without content.", "Look at the sender: what should it have been?"),
    Reason("unknown-format", NEVER, "Neither HL7 v2 nor DICOM.", "Look at the quarantined file."),
    Reason("broken-hl7", NEVER, "HL7 v2 that cannot be read.", "Look at the reason file; ask the sender."),
    Reason("no-identity", NEVER, "A report without any patient identity.", "Ask the sender; somebody's result is in it."),
    Reason("broken-dicom", NEVER, "DICOM that cannot be read.", "Look at the reason file; ask the sender."),
    Reason("too-large", NEVER, "Larger than the site's limit.", "Look at the quarantined file."),
    Reason("failed-inside", NEVER, "Our own failure on this input.", "Send the reason file and the event id to support."),
    # not for us
    Reason("other-exam-code", NEVER, "A report of another exam.", "Nothing."),
    Reason("not-a-result", NEVER, "An HL7 message that is no result (order, admission ...).", "Nothing."),
    Reason("other-image", NEVER, "An image of another exam.", "Nothing."),
    Reason("other-object", NEVER, "A DICOM object that is no image and no report.", "Nothing."),
    # clocks
    Reason("report-overdue", NEVER, "A study without a final report after its time.", "Find the report or the reader."),
)

REASONS: dict[str, Reason] = {reason.code: reason for reason in _ALL}


def known(code: str) -> Reason:
    """The reason behind a code. Raises KeyError for a code that is on no list: that is a programming error."""
    return REASONS[code]


def strictest(effects: list[NoticeEffect]) -> NoticeEffect:
    """The effect that wins: never before hold before release."""
    for effect in (NEVER, HOLD):
        if effect in effects:
            return effect
    return RELEASE
