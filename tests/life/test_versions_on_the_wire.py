"""Versions of one report as real bytes: every status in any order, repeated, late, and as DICOM SR (DESIGN section 6, issue 4 item 4)."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.hazards.hospital import Hospital
from tests.life import wire
from tests.life.model import ExamModel
from tests.life.ward import Ward
from tests.life.wire import ANNA, BERT, Letter, oru, slot, structured_report

SOME = Letter(says="absent", status="F", signed=slot(0), sent=slot(0))
"""A negative final; each test says what differs."""


@pytest.fixture
def ward() -> Iterator[Ward]:
    made = Ward()
    yield made
    made.close()


def version(status: str, says: str, at: int, late: int = 0, control: str = "") -> Letter:
    return Letter(status=status, says=says, signed=slot(at), sent=slot(at + late), control=control or f"{status}-{says}-{at}-{late}")


def send(ward: Ward, *letters: Letter | bytes) -> list[str]:
    """Sends and delivers one after the other; the standing that each got ("" for what was seen before)."""
    standings = []
    for letter in letters:
        (outcome,) = ward.ingest(letter if isinstance(letter, bytes) else oru(letter))
        standings.append("" if outcome.seen_before or not outcome.decision else outcome.decision.standing.value)
        ward.deliver()
    return standings


def follow_ups(ward: Ward, state: str = "open") -> list[str]:
    return sorted(row.reason for row in ward.app.queries.follow_ups(state))


def letters(ward: Ward) -> list[tuple[str, str]]:
    """(letter, state) in the order of their drafting."""
    found = ward.exam("RIS", "A-1")
    return [(notice.letter.value, notice.state.value) for notice in found[1].notices] if found else []


def says(ward: Ward) -> str:
    found = ward.exam("RIS", "A-1")
    assert found
    current = found[1].current
    return f"{current.category.value}, {current.standing.value}" if current else ""


# -- one status alone

ALONE = {
    "P": ([], ["indeterminate"]),
    "R": ([], ["indeterminate"]),
    "F": ([("nondiagnostic", "completed")], ["indeterminate"]),
    "C": ([("nondiagnostic", "completed")], ["indeterminate"]),
    "C on the line": ([("nondiagnostic", "completed")], ["indeterminate"]),
    "A": ([("nondiagnostic", "on-hold")], ["indeterminate"]),
    "appended": ([("nondiagnostic", "on-hold")], ["indeterminate"]),
    "B": ([("nondiagnostic", "on-hold")], ["indeterminate"]),
    "M": ([("nondiagnostic", "on-hold")], ["indeterminate"]),
    "empty": ([("nondiagnostic", "on-hold")], ["indeterminate"]),
    "F over P": ([("nondiagnostic", "on-hold")], ["indeterminate"]),
    "U": ([], ["unreadable"]),
    "no result": ([], ["unreadable"]),
    "X": ([], []),
    "W": ([], ["identity"]),
    "D": ([], []),
}


@pytest.mark.parametrize("status", wire.STATUSES)
def test_a_status_alone(ward: Ward, status: str) -> None:
    """A nondiagnostic report of each status: its letter, and its follow-up, which no status keeps away."""
    send(ward, version(status, "indeterminate", 0))
    assert (letters(ward), follow_ups(ward)) == ALONE[status]


@pytest.mark.parametrize("status", ["A", "appended", "B", "M", "empty", "F over P"])
def test_a_negative_that_nobody_explains_is_held_and_followed_up(ward: Ward, status: str) -> None:
    send(ward, version(status, "absent", 0))
    assert (letters(ward), follow_ups(ward)) == ([("absent", "on-hold")], ["unreadable"])


def test_a_source_that_leaves_obx_11_empty_may_be_set_to_mean_final() -> None:
    from tests.readers.making import message, msh, obr, obx, report, site

    body = message(msh(), ANNA.pid, obr("F"), obx("No evidence of pulmonary embolism.", status=""))
    assert report(body).status.value == "unknown"
    assert report(body, site(empty_obx11="final")).status.value == "final"


# -- order

LIFE = (version("P", "high", 0), version("F", "indeterminate", 1), version("C", "absent", 2))


@pytest.mark.parametrize("order", list(permutations(LIFE)), ids=lambda order: " ".join(one.status for one in order))
def test_the_latest_version_speaks_in_whatever_order_they_come(ward: Ward, order: tuple[Letter, ...]) -> None:
    send(ward, *order)
    assert says(ward) == "negative, current"
    # The preliminary said another thing: that is on somebody's list, however the three came.
    assert "discrepancy" in follow_ups(ward, "all") or "result-changed" in follow_ups(ward)
    live = [letter for letter in letters(ward) if letter[1] in ("preparation", "on-hold", "completed") and letter[0] != "withdrawn"]
    assert [letter for letter, _ in live] == ["absent"]


def test_a_late_preliminary_of_an_earlier_time_changes_nothing(ward: Ward) -> None:
    assert send(ward, version("F", "absent", 2), version("P", "absent", 0)) == ["current", "superseded"]
    assert (letters(ward), follow_ups(ward)) == ([("absent", "completed")], [])


def test_a_preliminary_signed_after_the_final_is_asked_about(ward: Ward) -> None:
    send(ward, version("F", "absent", 0), version("P", "absent", 2))
    assert (says(ward), follow_ups(ward)) == ("negative, current", ["status-regressed"])


def test_a_late_final_of_an_earlier_time_is_superseded_at_once(ward: Ward) -> None:
    assert send(ward, version("C", "absent", 3), version("F", "high", 0)) == ["current", "superseded"]
    assert (letters(ward), follow_ups(ward)) == ([("absent", "completed")], [])


def test_equal_sign_times_are_ordered_by_the_time_of_sending(ward: Ward) -> None:
    assert send(ward, version("C", "absent", 0, late=3), version("F", "indeterminate", 0, late=1)) == ["current", "superseded"]


def test_equal_times_and_different_verdicts_are_for_a_person(ward: Ward) -> None:
    send(ward, version("F", "absent", 0), version("F", "indeterminate", 0))
    assert says(ward) == "review, current"
    assert follow_ups(ward) == ["unreadable", "wrong-letter-out"]


# -- the same again


def test_the_same_bytes_again_are_not_even_a_version(ward: Ward) -> None:
    assert send(ward, version("F", "indeterminate", 0), version("F", "indeterminate", 0)) == ["current", ""]


def test_the_same_content_under_another_control_id_is_a_repeat(ward: Ward) -> None:
    one = version("F", "indeterminate", 0)
    assert send(ward, one, replace(one, control="OTHER"), replace(one, control="THIRD", sent=slot(5))) == ["current", "repeat", "repeat"]
    assert (letters(ward), follow_ups(ward)) == ([("nondiagnostic", "completed")], ["indeterminate"])


def test_another_content_under_the_same_control_id_is_a_version_of_its_own(ward: Ward) -> None:
    first = version("F", "absent", 0, control="SAME")
    assert send(ward, first, version("C", "indeterminate", 1, control="SAME")) == ["current", "current"]
    assert says(ward) == "nondiagnostic, current"
    assert follow_ups(ward) == ["indeterminate", "wrong-letter-out"]


@pytest.mark.parametrize("sr_first", [False, True])
@pytest.mark.parametrize("words", ["absent", "indeterminate", "high"])
def test_the_same_report_as_dicom_sr_is_a_repeat(ward: Ward, words: str, *, sr_first: bool) -> None:
    """One letter and one follow-up, whichever of the two comes first."""
    one = version("F", words, 0)
    both: list[Letter | bytes] = [one, structured_report(one)]
    assert send(ward, *(reversed(both) if sr_first else both)) == ["current", "repeat"]
    assert len(letters(ward)) == 1
    assert len(follow_ups(ward)) == (0 if words == "absent" else 1)


@pytest.mark.parametrize("status", ["P", "F", "C", "A", "appended", "X", "W", "D", "no result"])
def test_every_version_of_a_life_sent_twice_changes_nothing(ward: Ward, status: str) -> None:
    send(ward, version("F", "indeterminate", 0), version(status, "absent", 1))
    before = (letters(ward), follow_ups(ward, "all"), says(ward))
    send(ward, version("F", "indeterminate", 0, control="again"), replace(version(status, "absent", 1), control="again, too"))
    assert (letters(ward), follow_ups(ward, "all"), says(ward)) == before


# -- taken back


@pytest.mark.parametrize("status", ["X", "W", "D"])
def test_a_retraction_with_older_times_takes_back_all_the_same(ward: Ward, status: str) -> None:
    send(ward, version("F", "absent", 5), version(status, "absent", 1))
    assert says(ward) == ""
    assert "wrong-letter-out" in follow_ups(ward)
    assert ("absent", "entered-in-error") in letters(ward)
    # About another person somebody sees the withdrawal first.
    assert ("withdrawn", "on-hold" if status == "W" else "completed") in letters(ward)


@pytest.mark.parametrize("status", ["X", "W", "D"])
def test_what_was_taken_back_before_it_came_says_nothing(ward: Ward, status: str) -> None:
    assert send(ward, version(status, "absent", 5), version("F", "indeterminate", 1)) == ["retracted", "superseded"]
    assert letters(ward) == []


def test_a_final_after_a_retraction_speaks_again(ward: Ward) -> None:
    send(ward, version("F", "absent", 0), version("X", "absent", 1), version("F", "indeterminate", 2))
    assert says(ward) == "nondiagnostic, current"
    assert letters(ward)[-1] == ("nondiagnostic", "completed")


def test_a_deleted_impression_with_another_in_its_place_is_a_correction(ward: Ward) -> None:
    first = version("F", "absent", 0)
    second = oru(version("F", "indeterminate", 1))
    deleted = second.replace(b"OBX|2|", b"OBX|3|TX|78582&IMP^^L||No evidence of pulmonary embolism.||||||D\rOBX|2|")
    assert deleted != second
    send(ward, first, deleted)
    (row,) = ward.rows("SELECT value FROM versions WHERE standing = 'current'")
    assert '"corrected"' in row["value"]
    assert says(ward) == "nondiagnostic, current"
    assert "wrong-letter-out" in follow_ups(ward)


# -- text not sent again


def test_u_is_final_with_the_text_of_the_preliminary(ward: Ward) -> None:
    send(ward, version("P", "indeterminate", 0), version("U", "absent", 1))
    assert (says(ward), letters(ward), follow_ups(ward)) == ("nondiagnostic, current", [("nondiagnostic", "completed")], ["indeterminate"])


def test_u_does_not_speak_with_the_text_of_another_person(ward: Ward) -> None:
    send(ward, replace(version("P", "absent", 0), person=BERT), version("U", "absent", 1))
    assert says(ward) == "review, current"
    assert all(state != "completed" for _, state in letters(ward))


# -- order independence, as a property

STATUS = st.sampled_from(("P", "F", "C", "A", "appended"))


@st.composite
def histories(draw: st.DrawFn) -> list[Letter]:
    """Versions of one report at different times, no words said twice (else nobody can tell which was meant last)."""
    count = draw(st.integers(2, 4))
    times = draw(st.lists(st.integers(0, 20), min_size=count, max_size=count, unique=True))
    words = draw(st.permutations(["absent", "indeterminate", "high", "unreadable"]))
    return [version(draw(STATUS), said, at) for said, at in zip(words, times, strict=False)]


@settings(max_examples=12, deadline=None, derandomize=True, database=None)
@given(history=histories(), order=st.randoms(use_true_random=False), delivering=st.booleans())
def test_arrival_plays_no_part_in_who_speaks(history: list[Letter], order: object, delivering: bool) -> None:
    """The same messages in another order end with the same speaking version and category, letters sent between them or not."""
    shuffled = list(history)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    ends = []
    for messages in (history, shuffled):
        model, ward = ExamModel(), Ward()
        try:
            for letter in messages:
                model.tell(letter)
                ward.ingest(oru(letter))
                if delivering:
                    ward.deliver()
            found = ward.exam("RIS", "A-1")
            assert found
            current = found[1].current
            assert current
            speaker = model.speaker
            assert speaker
            assert not model.doubt
            assert current.category.value == speaker.category
            ends.append((current.content_hash, current.category, current.standing))
        finally:
            ward.close()
    assert ends[0] == ends[1]


# -- separate accessions for V and Q


@pytest.mark.parametrize("image_first", [False, True])
def test_the_same_report_under_two_accessions_is_one_exam(tmp_path: Path, *, image_first: bool) -> None:
    """One letter and one follow-up, also where the images of the second exam came before its report."""
    one = Letter(says="indeterminate", accessions=(("E-V", "RIS"),))
    with Hospital(tmp_path) as hospital:
        if image_first:
            hospital.send(wire.image(ANNA, "E-V", "RIS", 1), wire.image(ANNA, "E-Q", "RIS", 2))
        hospital.send(oru(one), oru(replace(one, accessions=(("E-Q", "RIS"),), control="C-2")))
        assert [letter["letter"] for letter in hospital.letters] == ["nondiagnostic"]
        assert hospital.open_reasons == ["indeterminate"]


def test_images_of_somebody_else_keep_the_two_exams_apart(tmp_path: Path) -> None:
    one = Letter(says="indeterminate", accessions=(("E-V", "RIS"),))
    with Hospital(tmp_path) as hospital:
        hospital.send(wire.image(BERT, "E-Q", "RIS", 2), oru(one), oru(replace(one, accessions=(("E-Q", "RIS"),), control="C-2")))
        assert len(hospital.letters) == 1
        assert hospital.hold_reasons == {"identity-study"}
