"""The controls that docs/hazards.md names, each tried on a whole product: message in, letters and follow-ups out."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.domain.followup import FollowUpReason, FollowUpState
from pipeline.domain.reading import Category
from pipeline.reading.second_reader import Opinion
from tests.hazards.hospital import NOON, Hospital, oru

NEGATIVE = "No evidence of pulmonary embolism."
NONDIAGNOSTIC = "Intermediate probability for pulmonary embolism."
POSITIVE = "High probability for pulmonary embolism."


@pytest.fixture
def hospital(tmp_path: Path) -> Iterator[Hospital]:
    with Hospital(tmp_path) as one:
        yield one


# hazard 1, the letter says the opposite of the report


@pytest.mark.parametrize(
    ("impression", "more"),
    [
        ("Pulmonary embolism cannot be excluded.", {}),
        ("No mismatched defects are not seen.", {}),
        ("Low probability for pulmonary embolism. High probability for pulmonary embolism.", {}),
        ("The saddle clot sign of Zebra is noted.", {}),
        ("[Low/Intermediate/High] probability for pulmonary embolism.", {}),
        ("Possible pulmonary embolism.", {}),
        (NEGATIVE, {"findings": "Multiple large mismatched segmental perfusion defects in both lungs."}),
        ("", {}),
        ("Baja probabilidad de embolia pulmonar.", {}),
        ("No evidence of pulmonary embolism was expected but", {}),
    ],
)
def test_what_is_not_plain_goes_to_a_person_and_not_to_the_patient(hospital: Hospital, impression: str, more: dict[str, str]) -> None:
    hospital.send(oru(impression, **more))
    assert hospital.letters == []
    assert "unreadable" in hospital.open_reasons


@pytest.mark.parametrize(
    ("impression", "more", "letter"),
    [
        (NEGATIVE, {"history": "Prior pulmonary embolism in 2019, now chest pain. Evaluate for high probability scan."}, "absent"),
        (f"{NEGATIVE} High probability is defined as two or more large mismatched defects.", {}, "absent"),
        ("Low probability for pulmonary embolism.", {"history": "High clinical probability of pulmonary embolism."}, "low"),
    ],
)
def test_words_that_are_not_this_exams_verdict_do_not_become_it(
    hospital: Hospital, impression: str, more: dict[str, str], letter: str
) -> None:
    (outcome,) = hospital.send(oru(impression, **more))
    assert outcome.decision is not None
    # Sent to a person is safe; another letter than this one is not.
    assert [facts["letter"] for facts in hospital.letters] in ([letter], [])
    assert outcome.decision.category.value in ("negative", "review")


def test_a_settled_doubt_never_lets_a_letter_go(hospital: Hospital, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sentence that the rules cannot place, beside a plain verdict of which the second reader is sure; here he always is."""
    sure = Opinion({category: 1.0 if category is Category.NEGATIVE else 0.0 for category in Category})
    monkeypatch.setattr("pipeline.reading.reader.opinion_of", lambda _seen, _weights: sure)
    (outcome,) = hospital.send(oru(f"{NEGATIVE} Embolism glorbs in the middle."))
    assert outcome.decision is not None
    assert "second-reader" in outcome.decision.reasons
    assert outcome.decision.category is Category.NEGATIVE
    assert hospital.letters == []


# hazard 2, what "low" means


def test_the_site_says_what_low_means_and_the_report_may_overrule_it(tmp_path: Path) -> None:
    low = "Low probability for pulmonary embolism."
    with Hospital(tmp_path / "trinary", {"decisions": {"low": Category.NEGATIVE}}) as trinary:
        trinary.send(oru(low), oru(f"{low} Interpreted by modified PIOPED II criteria.", accession="A-2", control="C-2"))
        assert sorted((facts["category"], facts["grade"]) for facts in trinary.letters) == [("negative", "low"), ("nondiagnostic", "low")]
        assert trinary.open_reasons == ["indeterminate"]
    with Hospital(tmp_path / "pioped", {"decisions": {"low": Category.NONDIAGNOSTIC}}) as pioped:
        pioped.send(oru(low))
        assert [(facts["category"], facts["grade"]) for facts in pioped.letters] == [("nondiagnostic", "low")]
        assert pioped.open_reasons == ["indeterminate"]


# hazard 3, 9, a correction after the letter has left


def test_a_correction_takes_back_a_letter_that_has_left(hospital: Hospital) -> None:
    hospital.send(oru(NEGATIVE))
    assert [facts["letter"] for facts in hospital.letters] == ["absent"]
    hospital.send(oru(POSITIVE, status="C", signed="20260302115500", control="C-2"))
    assert [facts["notice_type"] for facts in hospital.letters] == ["result", "withdrawn"]
    assert {"positive", "wrong-letter-out"} <= set(hospital.open_reasons)
    withdrawal = hospital.words("withdrawn").lower()
    assert not any(word in withdrawal for word in ("high probability", "embolism is likely", "normal"))
    wrong = next(row for row in hospital.app.queries.follow_ups() if row.reason == "wrong-letter-out")
    assert wrong.critical


def test_a_late_original_does_not_replace_its_correction(hospital: Hospital) -> None:
    hospital.send(oru(POSITIVE, status="C", signed="20260302115500", control="C-2"), oru(NEGATIVE))
    assert hospital.letters == []
    assert hospital.open_reasons == ["positive"]


def test_a_retraction_for_the_wrong_patient_stops_everything(hospital: Hospital) -> None:
    hospital.send(oru(NEGATIVE))
    hospital.send(oru(NEGATIVE, status="W", signed="20260302115500", control="C-2"))
    assert [facts["notice_type"] for facts in hospital.letters] == ["result"]
    assert "wrong-letter-out" in hospital.open_reasons
    assert hospital.app.queries.holds() != []


# hazard 4, the wrong person


def test_two_people_in_one_message_wait_for_a_person(hospital: Hospital) -> None:
    other = "PID|1||M-2^^^GENERAL^MR||EXAMPLE^BERT||19500109|M"
    hospital.send(oru(NEGATIVE, before_obr=other))
    assert hospital.letters == []
    assert "identity" in hospital.open_reasons


def test_two_people_under_one_accession_wait_for_a_person(hospital: Hospital) -> None:
    hospital.send(oru(NEGATIVE))
    hospital.send(oru(NEGATIVE, mrn="M-2", name="EXAMPLE^BERT", born="19500109", control="C-2", signed="20260302115500", status="C"))
    assert [facts["notice_type"] for facts in hospital.letters].count("corrected") == 0
    assert "wrong-letter-out" in hospital.open_reasons or "identity" in hospital.open_reasons


def test_one_number_of_two_authorities_is_two_exams(hospital: Hospital) -> None:
    hospital.send(oru(NEGATIVE), oru(NONDIAGNOSTIC, authority="ELSEWHERE", mrn="M-2", name="EXAMPLE^BERT", born="19500109", control="C-2"))
    assert sorted(facts["letter"] for facts in hospital.letters) == ["absent", "nondiagnostic"]
    assert hospital.open_reasons == ["indeterminate"]


# hazard 6, twice


def test_the_same_result_again_is_one_letter(hospital: Hospital) -> None:
    hospital.send(oru(NONDIAGNOSTIC), oru(NONDIAGNOSTIC), oru(NONDIAGNOSTIC, control="C-2"))
    assert len(hospital.letters) == 1
    assert len(hospital.tasks) == 1


# hazard 7, a clot is told by a person first


def test_a_positive_letter_leaves_only_when_somebody_has_told_the_patient(hospital: Hospital) -> None:
    hospital.send(oru(POSITIVE))
    (follow_up,) = hospital.app.queries.follow_ups()
    assert (hospital.letters, follow_up.critical) == ([], True)
    hospital.app.flow.acknowledge(follow_up.id, "Dr Duty")
    hospital.deliver()
    assert hospital.letters == []
    hospital.clock.forward(days=10)
    hospital.app.flow.tick(hospital.clock.now())
    hospital.deliver()
    assert hospital.letters == []
    (hold,) = hospital.app.queries.holds()
    hospital.app.flow.release(hold.id, "Dr Duty", "2026-03-02T18:30:00Z")
    hospital.deliver()
    assert [facts["letter"] for facts in hospital.letters] == ["positive"]


# hazard 8, the dead, minors, restricted records


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("minor", {"born": "20150501"}),
        ("birth-date-missing", {"born": ""}),
        ("release-withheld", {"release": "SWTH"}),
        ("release-unknown", {"release": "ZZZ"}),
        ("malignancy-raised", {"impression": f"{NONDIAGNOSTIC} New spiculated mass in the right upper lobe, suspicious for malignancy."}),
    ],
)
def test_letters_that_somebody_must_see_first_are_held_and_the_follow_up_opens(
    hospital: Hospital, reason: str, changes: dict[str, str]
) -> None:
    hospital.send(oru(**{"impression": NONDIAGNOSTIC, **changes}))
    assert hospital.letters == []
    assert reason in hospital.hold_reasons
    assert hospital.open_reasons == ["indeterminate"]


@pytest.mark.parametrize("pid", ["|" * 22 + "Y", "|" * 21 + "20260301"])
def test_no_letter_for_the_dead(hospital: Hospital, pid: str) -> None:
    hospital.send(oru(NONDIAGNOSTIC, pid=pid))
    assert (hospital.letters, hospital.app.queries.holds()) == ([], [])
    assert hospital.open_reasons == ["indeterminate"]


# hazard 10, an indeterminate result is not forgotten


def test_one_follow_up_with_owner_and_due_time_that_becomes_overdue(hospital: Hospital) -> None:
    hospital.send(oru(NONDIAGNOSTIC, status="P"), oru(NONDIAGNOSTIC, signed="20260302115500", control="C-2"))
    (row,) = hospital.app.queries.follow_ups()
    assert row.reason is FollowUpReason.INDETERMINATE
    assert row.owner
    assert not row.preliminary
    assert not row.overdue(hospital.clock.now())
    (task,) = hospital.tasks
    assert task["restriction"]["period"]["end"]
    hospital.clock.forward(hours=5)
    hospital.app.flow.tick(hospital.clock.now())
    (row,) = hospital.app.queries.follow_ups()
    assert row.state is FollowUpState.REQUESTED
    assert row.overdue(hospital.clock.now())


# hazard 11, tests and archives


@pytest.mark.parametrize("processing", ["T", "D", "N", "V", "P^A", "P^R", "P^I"])
def test_what_is_not_live_leads_to_nothing(hospital: Hospital, processing: str) -> None:
    hospital.send(oru(NONDIAGNOSTIC, processing=processing), oru(POSITIVE, processing=processing, accession="A-2", control="C-2"))
    assert (hospital.letters, hospital.tasks, hospital.app.queries.holds()) == ([], [], [])


def test_what_does_not_say_whether_it_is_live_is_held(hospital: Hospital) -> None:
    hospital.send(oru(NONDIAGNOSTIC, processing=""))
    assert (hospital.letters, hospital.open_reasons) == ([], ["indeterminate"])
    assert "liveness-unstated" in hospital.hold_reasons


# hazard 12, a load of old reports


def test_an_old_report_is_held_when_it_arrives(hospital: Hospital) -> None:
    hospital.clock.forward(days=31)
    hospital.send(oru(NONDIAGNOSTIC))
    assert hospital.letters == []
    assert "stale" in hospital.hold_reasons
    assert hospital.open_reasons == ["indeterminate"]


def test_letters_can_be_stopped_and_follow_ups_go_on(hospital: Hospital) -> None:
    hospital.app.flow.pause("Operations")
    hospital.send(oru(NONDIAGNOSTIC))
    assert (hospital.letters, len(hospital.tasks)) == ([], 1)
    hospital.app.flow.resume("Operations")
    hospital.deliver()
    assert len(hospital.letters) == 1


# hazard 13, times


@pytest.mark.parametrize(
    ("signed", "due"),
    [
        ("20260302115000", datetime(2026, 3, 2, 21, 50, tzinfo=UTC)),
        ("20260302115000-0600", datetime(2026, 3, 2, 21, 50, tzinfo=UTC)),
        ("20260302175000+0000", datetime(2026, 3, 2, 21, 50, tzinfo=UTC)),
        # The night in which the clocks go forward: 01:30 is still winter time.
        ("20260308013000", datetime(2026, 3, 8, 11, 30, tzinfo=UTC)),
    ],
)
def test_due_times_count_from_the_sign_time_in_the_sites_zone(hospital: Hospital, signed: str, due: datetime) -> None:
    hospital.clock.at = max(NOON, due)
    hospital.send(oru(NONDIAGNOSTIC, signed=signed))
    (row,) = hospital.app.queries.follow_ups()
    assert row.due_at == due


# hazard 17, understood


def test_only_a_normal_scan_is_called_normal_and_every_letter_says_when_to_call_for_help(hospital: Hospital) -> None:
    hospital.send(
        oru("Normal ventilation-perfusion lung scan."),
        oru(NEGATIVE, accession="A-2", control="C-2"),
        oru("Low probability for pulmonary embolism.", accession="A-3", control="C-3"),
        oru(NONDIAGNOSTIC, accession="A-4", control="C-4"),
    )
    letters = {facts["letter"] for facts in hospital.letters}
    assert letters == {"normal", "absent", "low", "nondiagnostic"}
    for letter in letters:
        assert "911" in hospital.words(letter)
        assert letter == "normal" or " normal" not in hospital.words(letter).lower()


# hazard 18, V/Q or not


def test_another_exams_impression_never_gets_in(hospital: Hospital) -> None:
    ct = (
        "OBR|2||A-2^RIS|71275^CT ANGIOGRAPHY CHEST^C4|||20260302090000|||||||||||||||20260302115000||CT|F\r"
        "OBX|1|TX|71275&IMP^^L||Large saddle pulmonary embolism.||||||F"
    )
    hospital.send(oru(NEGATIVE, after=ct))
    assert [facts["letter"] for facts in hospital.letters] == ["absent"]
    assert hospital.open_reasons == []


def test_a_lung_scan_under_an_unknown_code_is_never_dropped(hospital: Hospital) -> None:
    hospital.send(oru(POSITIVE, code="ZZ123^NM LUNG PERFUSION SPECIAL^L"))
    assert hospital.letters == []
    assert hospital.open_reasons != []


# hazard 19, broken messages


def test_what_breaks_off_is_read_by_a_person(hospital: Hospital) -> None:
    whole = oru(NEGATIVE)
    hospital.send(whole[: whole.index(b"No evidence of") + len(b"No evid")])
    assert hospital.letters == []
    assert hospital.open_reasons != []


def test_a_pdf_is_read_by_a_person(hospital: Hospital) -> None:
    pdf = b"OBX|3|ED|PDF^Report^L||RIS^AP^PDF^Base64^JVBERi0xLjQK||||||F"
    message = oru("").split(b"\r")
    kept = [line for line in message if not line.startswith(b"OBX")]
    hospital.send(b"\r".join([*kept[:-1], pdf, b""]))
    assert hospital.letters == []
    assert "unreadable" in hospital.open_reasons


# hazard 5, what cannot be used is somebody's work


def test_what_cannot_be_used_is_a_tracked_item_with_an_owner(hospital: Hospital) -> None:
    hospital.send(b"\x00\x01 not a message", b"MSH|^~\\&|RIS|GENERAL\r", b"")
    rows = hospital.app.queries.follow_ups()
    assert [row.reason for row in rows] == ["rejected"] * 3
    assert all(row.owner and row.due_at for row in rows)
