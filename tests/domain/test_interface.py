"""The words that the ledger, the side-cars and other programs rely on: another word here is another interface."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

import pytest

from pipeline.domain.arrival import Kind, NotForUs, Rejection
from pipeline.domain.decision import NoticeEffect
from pipeline.domain.exam import Exam, Standing, Version
from pipeline.domain.followup import FollowUp, FollowUpReason, FollowUpState
from pipeline.domain.identity import ExamKey, Identifier, Patient, PersonName
from pipeline.domain.instance import Instance, Part
from pipeline.domain.notice import HoldState, Letter, LetterFacts, Notice, NoticeState, NoticeType
from pipeline.domain.plan import Plan, stable_id
from pipeline.domain.policy import DEFAULT_CLOCKS, SWITCHABLE, HoldTerms, Mode, Policy
from pipeline.domain.reading import Category, Evidence, Grade, Reading, Role, Span
from pipeline.domain.reasons import REASONS
from pipeline.domain.report import Liveness, Report, Status, TextBlock
from pipeline.domain.states import DELIVERY, FOLLOW_UP, HOLD, NOTICE, Table
from tests.domain.world import ANNA, KEY, T0

R = FollowUpReason


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (Kind, "hl7-oru hl7-other dicom-image dicom-sr dicom-other text other"),
        (NoticeEffect, "release hold never"),
        (Standing, "current provisional superseded repeat retracted not-live"),
        (
            FollowUpReason,
            "indeterminate positive unreadable no-pe-question discrepancy status-regressed wrong-letter-out result-changed "
            "report-overdue identity undelivered rejected",
        ),
        (FollowUpState, "requested accepted in-progress completed cancelled"),
        (Part, "ventilation perfusion unknown"),
        (NoticeState, "preparation on-hold completed stopped entered-in-error"),
        (Letter, "normal absent low nondiagnostic positive positive-chronic withdrawn"),
        (NoticeType, "result corrected withdrawn"),
        (HoldState, "open released withheld superseded"),
        (Mode, "demo shadow live"),
        (Category, "negative nondiagnostic positive review"),
        (Grade, "normal very_low low absent intermediate indeterminate nondiagnostic high present"),
        (Role, "verdict negation mask unread heading context"),
        (Status, "registered partial preliminary final corrected cancelled entered-in-error unknown"),
        (Liveness, "live not-live unstated"),
    ],
)
def test_the_words_of_each_kind(kind: type[StrEnum], words: str) -> None:
    assert [member.value for member in kind] == words.split()
    assert [member.name for member in kind] == [word.upper().replace("-", "_") for word in words.split()]


EFFECTS = {
    NoticeEffect.RELEASE: "text-promoted corrected charset-assumed incidental negative nondiagnostic language-missing "
    "decided-by-person statute-notice study-uid-conflict no-chest-x-ray",
    NoticeEffect.HOLD: """
        liveness-unstated status-unknown status-conflict status-appended version-tie status-regressed discrepancy nothing-to-promote
        withheld-before no-result stale broken-off charset-undecodable accession-missing order-number-conflict
        identity-conflict identity-incomplete identity-patient
        retired-identifier identity-study identity-version minor birth-date-missing restricted
        release-withheld release-unknown inpatient study-missing opt-out ask-first statute-malignancy ventilation-not-acquired
        exam-unknown text-not-readable text-too-long no-impression empty-impression no-verdict contradiction unread-mention hedge
        wide-range range-with-high template-unfilled no-pe-question foreign-language findings-disagree addendum-unclear other-exam
        non-thrombotic study-not-done readers-differ second-reader malignancy-raised positive chronic
        shadow language-unapproved""",
    NoticeEffect.NEVER: """
        not-live preliminary retracted wrong-patient superseded repeat deceased
        empty-file unknown-format broken-hl7 no-identity broken-dicom too-large failed-inside
        other-exam-code not-a-result other-image other-object report-overdue""",
}
REVIEW = """
    version-tie nothing-to-promote no-result broken-off exam-unknown text-not-readable text-too-long no-impression empty-impression
    no-verdict contradiction unread-mention hedge wide-range template-unfilled no-pe-question foreign-language findings-disagree
    addendum-unclear other-exam non-thrombotic study-not-done readers-differ"""


def test_every_code_and_what_it_does_to_the_letter() -> None:
    """Said twice, on purpose: a code that begins to let letters go is a change of this list too."""
    for effect, codes in EFFECTS.items():
        assert {code for code, reason in REASONS.items() if reason.effect is effect} == set(codes.split()), effect
    assert {code for code, reason in REASONS.items() if reason.review} == set(REVIEW.split())


@pytest.mark.parametrize(
    ("table", "ways"),
    [
        (
            NOTICE,
            """
             drafted preparation | held on-hold
            preparation: held on-hold | sent completed | withdrawn stopped | taken-back entered-in-error
            on-hold: released preparation | withdrawn stopped
            completed: taken-back entered-in-error""",
        ),
        (
            FOLLOW_UP,
            """
             opened requested
             requested: acknowledged accepted | result-changed requested | cancelled cancelled | declined requested | transferred requested
             requested: settled completed
             accepted: started in-progress | result-changed requested | cancelled cancelled | completed completed | declined requested
             accepted: transferred requested | settled completed
             in-progress: result-changed requested | cancelled cancelled | completed completed | declined requested
             in-progress: transferred requested | settled completed
             completed: reopened requested""",
        ),
        (HOLD, " opened open\nopen: released released | withheld withheld | superseded superseded"),
        (
            DELIVERY,
            """
             queued new
            new: claimed leased | withdrawn withdrawn
            leased: lease-expired leased | staged staged | sent sent | failed new | given-up dead | recalled withdrawn
            staged: sent sent | failed staged | given-up dead | recalled withdrawn
            withdrawn: released-again new
            dead: retried new""",
        ),
    ],
    ids=["notice", "follow-up", "hold", "delivery"],
)
def test_every_way_from_state_to_state(table: Table, ways: str) -> None:
    found = {}
    for line in filter(None, map(str.strip, ways.splitlines())):
        state, _, events = line.rpartition(":")
        for event in events.split("|"):
            name, after = event.split()
            found[state, name.replace("-", " ")] = after
    assert dict(table) == found


def test_a_policy_that_nobody_has_changed() -> None:
    policy = Policy()
    assert (policy.mode, policy.low_category) == (Mode.DEMO, Category.NEGATIVE)
    assert (policy.quiet_period, policy.study_settle) == (timedelta(0), timedelta(seconds=60))
    assert (policy.hold_expiry, policy.stale_after) == (timedelta(hours=24), timedelta(days=30))
    assert policy.owner == "duty nuclear medicine physician"
    assert (policy.default_language, policy.approved_languages, policy.minor_age) == ("en", frozenset({"en"}), 18)
    assert (policy.holds_off, policy.require_study, policy.hold_inpatients, policy.hash) == (frozenset(), False, False, "")
    slow = {R.INDETERMINATE: 4, R.REPORT_OVERDUE: 4, R.REJECTED: 24, R.UNDELIVERED: 24, R.NO_PE_QUESTION: 72}
    assert dict(DEFAULT_CLOCKS) == dict(policy.clocks) == {reason: timedelta(hours=slow.get(reason, 1)) for reason in R}
    wishes = {"opt-out", "ask-first", "release-withheld", "release-unknown"}
    others = {"minor", "birth-date-missing", "restricted", "stale", "malignancy-raised", "second-reader", "ventilation-not-acquired"}
    assert wishes | others == SWITCHABLE
    assert (policy.hold_escalate, policy.hold_escalates_to, policy.statutes) == (timedelta(hours=48), "", ())
    clot = HoldTerms(timedelta(minutes=30), timedelta(minutes=60))
    assert policy.hold_terms == {"positive": clot, "range-with-high": clot}


def test_what_was_not_sent_is_empty() -> None:
    assert Identifier("1") == Identifier("1", authority="", type="")
    assert PersonName() == PersonName(family="", given="", middle="", prefix="", suffix="", type="")
    nobody = Patient(identifiers=(), name=None, birth_date=None, sex="", language="", deceased=False, restricted=False)
    assert Patient() == nobody
    assert Patient(birth_date=date(2000, 1, 1)) != nobody
    report = Report("text", KEY, "c", Status.FINAL, Liveness.LIVE, (), ANNA)
    assert (report.accession, report.exam_code, report.exam_text, report.patient_class) == ("", "", "", "")
    assert (report.study_uid, report.source, report.control_id, report.text) == ("", "", "", "")
    blocks = (TextBlock("FINDINGS: a"), TextBlock("b", "impression"))
    assert replace(report, blocks=blocks).text == "FINDINGS: a\nb", "what offsets count in"
    image = Instance("1", "2", "3", "4", "NM", Part.UNKNOWN, ANNA)
    assert (image.accession, image.issued, image.radiopharmaceutical, image.content_hash, image.source) == ("", False, "", "", "")
    assert (NotForUs("other-image").code, Rejection("empty-file")) == ("", Rejection("empty-file", detail="", maybe_vq=False))
    reading = Reading(Category.REVIEW)
    assert (reading.chronic, reading.range_with_high, reading.names_pioped2) == (False, False, False)
    facts = LetterFacts("", "", "", None, None, "", "", "en")
    letter = Notice("n", "c", Letter.LOW, NoticeType.RESULT, Category.NEGATIVE, Grade.LOW, NoticeState.PREPARATION, None, facts)
    assert (facts.wants_language, letter.replaces, letter.left, letter.returned_by) == ("", "", False, "")
    item = FollowUp("f", R.POSITIVE, FollowUpState.REQUESTED, T0, T0, "o", "c")
    assert (item.version, item.preliminary, item.critical, item.note, item.acknowledged_by) == (1, False, False, "", "")
    assert Version("c", (0.0, 0.0, "c"), Status.FINAL, Category.REVIEW, None, False, Standing.CURRENT, ANNA, "w").text == ""


def test_what_is_printed_says_nothing_twice() -> None:
    reading = Reading(
        Category.NEGATIVE, evidence=(Evidence("absent", "impression", "no clot", 0, 7),), spans=(Span(Role.MASK, "date", 8, 9),)
    )
    assert ("evidence" in repr(reading), "spans" in repr(reading)) == (True, False)
    report = Report("text", KEY, "c", Status.FINAL, Liveness.LIVE, (), ANNA)
    assert ("blocks=()" in repr(report), ", text=" in repr(report)) == (True, False), "said once"


def test_ids_are_thirty_two_hex_of_all_the_parts_and_their_order() -> None:
    ids = [stable_id("a", "b"), stable_id("b", "a"), stable_id("ab"), stable_id("ab", ""), stable_id("a", "b", "")]
    assert len(set(ids)) == 5
    assert all(len(one) == 32 and set(one) <= set("0123456789abcdef") for one in ids)
    assert stable_id("a", "b") == "f04cdced9736a69da6103f08a4daaf8c"


def test_the_digest_of_an_exam_is_the_same_for_ever() -> None:
    """Ids in the ledger are made from it."""
    assert ExamKey("RIS", "A1").digest == "9bae06b9066c8b0f34e9e087f71c31449c90c8b04b08052f75ddef48f962b541"


def test_changes_are_in_the_order_of_their_last_move_and_each_item_is_there_once() -> None:
    plan = Plan(Exam(KEY), Policy(), T0, "c")
    plan.open(R.POSITIVE, T0, "first", critical=True)
    plan.open(R.IDENTITY, T0, "second", critical=True)
    first, _ = plan.open_follow_ups()
    plan.renew(first, R.DISCREPANCY, T0, "third", critical=True)
    assert [(change.item.id == first.id, change.why) for change in plan.changes] == [(False, "second"), (True, "third")]
    assert [item.version for item in plan.open_follow_ups()] == [1, 1], "it leaves once"


NOTES = {
    R.INDETERMINATE: "could not decide",
    R.POSITIVE: "shows a clot",
    R.UNREADABLE: "could not be read safely",
    R.NO_PE_QUESTION: "another question",
    R.DISCREPANCY: "Preliminary and final report differ",
    R.STATUS_REGRESSED: "signed after the final",
    R.WRONG_LETTER_OUT: "no longer right",
    R.RESULT_CHANGED: "result changed",
    R.REPORT_OVERDUE: "late",
    R.IDENTITY: "not certain whose exam",
    R.UNDELIVERED: "came back",
    R.REJECTED: "quarantine",
}


@pytest.mark.parametrize("reason", list(R))
def test_each_follow_up_says_what_it_is_about(reason: FollowUpReason) -> None:
    plan = Plan(Exam(KEY), Policy(), datetime(2026, 3, 2, tzinfo=UTC), "c")
    plan.open(reason, plan.now, "why", critical=False)
    (change,) = plan.changes
    assert isinstance(change.item, FollowUp)
    assert [other for other, words in NOTES.items() if words in change.item.note] == [reason]
