"""Holds over time in the ledger, with real bytes: reminded, escalated, decided, withheld, and held by a patient's wish."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.domain.again import Ruling
from pipeline.domain.reading import Category
from pipeline.errors import Refused
from tests.flow.kit import ANNA, BERT, Kit, report
from tests.hazards.hospital import NOON, Hospital, oru

NEGATIVE = "No evidence of pulmonary embolism."
UNREADABLE = "The ZQUILT sign is noted."


def steps(kit: Kit) -> list[dict[str, Any]]:
    return kit.rows("SELECT step_at FROM holds WHERE step_at IS NOT NULL")


def test_a_hold_is_told_of_then_goes_up_and_each_step_is_audited(kit: Kit) -> None:
    kit.one(report("high"))
    assert len(steps(kit)) == 1
    assert kit.flow.tick(kit.clock.forward(minutes=29)).expired == 0
    assert kit.flow.tick(kit.clock.forward(minutes=1)).expired == 1
    assert kit.flow.tick(kit.clock.forward(minutes=30)).expired == 0, "told of before; it goes up now"
    assert len(steps(kit)) == 1, "whoever has it is reminded again"
    whys = [row["why"] for row in kit.rows("SELECT why FROM audit WHERE what = 'hold' ORDER BY seq")]
    assert whys == ["positive", "hold-expired", "hold-escalated"]
    kit.flow.tick(kit.clock.forward(days=400))
    assert (len(kit.queries.holds()), kit.letters()) == (1, [])
    assert kit.chains_whole()


def test_a_closed_hold_takes_no_step(kit: Kit) -> None:
    kit.one(report("high"))
    (hold,) = kit.queries.holds()
    kit.flow.withhold(hold.id, "Dr Test", "told in person")
    assert (steps(kit), kit.flow.tick(kit.clock.forward(days=9)).expired) == ([], 0)
    with pytest.raises(Refused):
        kit.flow.withhold(hold.id, "Dr Test", "again")
    (row,) = kit.rows("SELECT why, by FROM audit WHERE became = 'withheld'")
    assert (row["why"], row["by"]) == ("withheld: reason: told in person", "Dr Test")
    kit.deliver()
    assert kit.letters() == []


def test_many_at_once_are_all_told(kit: Kit) -> None:
    for number in range(55):
        kit.one(report("high", f"A{number}", control=f"C{number}"))
    assert kit.flow.tick(kit.clock.forward(hours=2)).expired == len(kit.queries.holds())
    assert len(steps(kit)) == len(kit.queries.holds())


def test_a_wish_holds_the_letters_that_have_not_left_of_that_patient_alone(kit: Kit) -> None:
    kit.one(report("normal", "A1", patient=ANNA))
    kit.one(report("normal", "A2", patient=BERT, control="C2"))
    assert kit.flow.wish("HOSP", "M-1001", "opt-out", "jsmith") == 1
    kit.deliver()
    assert [letter["accession"] for letter in kit.letters()] == ["A2"]
    (hold,) = kit.queries.holds()
    assert hold.reasons == ("opt-out",)
    with pytest.raises(Refused, match="wants no letters"):
        kit.flow.release(hold.id, "Dr Test", "")
    assert kit.flow.wish("HOSP", "M-1001", "", "jsmith") == 0
    kit.deliver()
    assert len(kit.letters()) == 1, "taking a name off the list releases nothing"
    assert [row["by"] for row in kit.rows("SELECT by FROM audit WHERE what = 'wish'")] == ["jsmith", "jsmith"]
    assert kit.chains_whole()


# ---- with real bytes


def test_a_ruling_is_remembered_with_its_name_and_the_same_words_do_not_undo_it(tmp_path: Path) -> None:
    with Hospital(tmp_path) as hospital:
        hospital.send(oru(UNREADABLE))
        (hold,) = hospital.app.queries.holds()
        hospital.app.flow.decide(hold.exam, Ruling(Category.NEGATIVE, "Dr Test", "read it"))
        hospital.deliver()
        assert [letter["letter"] for letter in hospital.letters] == ["absent"]
        assert "SAMPLE" in hospital.words("absent").upper()
        hospital.send(oru(UNREADABLE, status="C", control="C-9", signed="20260302115900"))
        assert (hospital.open_reasons, len(hospital.letters)) == ([], 1)
        shown = hospital.app.queries.show(hold.exam)
        assert shown
        assert shown.exam.current
        assert (shown.exam.current.ruled_by, shown.exam.current.category) == ("Dr Test", Category.NEGATIVE)
        ruled = [row for row in shown.history if row.why.startswith("decided-by-person")]
        assert ("Dr Test", "decided-by-person: read it") in [(row.by, row.why) for row in ruled]
        with pytest.raises(Refused, match="already"):
            hospital.app.flow.decide(hold.exam, Ruling(Category.POSITIVE, "Dr Other", "no"))
        hospital.send(oru("High probability for pulmonary embolism.", status="C", control="C-10", signed="20260302120000"))
        assert hospital.open_reasons == ["positive", "wrong-letter-out"]


def test_a_review_whose_bytes_are_gone_is_not_decided(tmp_path: Path) -> None:
    with Hospital(tmp_path) as hospital:
        hospital.send(oru(UNREADABLE))
        (hold,) = hospital.app.queries.holds()
        with hospital.app.ledger.write() as connection:
            connection.exec_driver_sql("UPDATE messages SET body = NULL")
        with pytest.raises(Refused, match="bytes are gone"):
            hospital.app.flow.decide(hold.exam, Ruling(Category.NEGATIVE, "Dr Test", "read it"))


@pytest.mark.parametrize(
    ("code", "held"),
    [
        ("SIMM", None),
        ("SID", "release-withheld"),
        ("SIDC", "release-withheld"),
        ("SWNL", "release-withheld"),
        ("STBD", "release-withheld"),
        ("SWTH", "release-withheld"),
        ("XXXX", "release-unknown"),
    ],
)
def test_each_code_of_obx_26_has_its_answer(tmp_path: Path, code: str, held: str | None) -> None:
    """`SIMM` alone says that nobody need look first; what the others wait for (a day, a range, a clinician) only a person knows."""
    with Hospital(tmp_path) as hospital:
        hospital.send(oru(NEGATIVE, release=code))
        assert hospital.hold_reasons == ({held} if held else set())
        assert len(hospital.letters) == (0 if held else 1)


@pytest.mark.parametrize(("visit", "held"), [("PV1|1|I", True), ("PV1|1|I" + "|" * 43 + "20260302110000", False), ("PV1|1|O", False)])
def test_an_inpatient_is_held_until_discharged(tmp_path: Path, visit: str, held: bool) -> None:
    with Hospital(tmp_path, {"holds": {"inpatients": True}}) as hospital:
        hospital.send(oru(NEGATIVE, before_obr=visit))
        assert hospital.hold_reasons == ({"inpatient"} if held else set())


def test_a_letter_that_came_back_is_told_once_and_somebody_tells_the_patient(tmp_path: Path) -> None:
    with Hospital(tmp_path) as hospital:
        hospital.send(oru(NEGATIVE))
        found = hospital.app.queries.letter(hospital.letters[0].get("delivery_id", "") or _delivered(hospital))
        assert found
        hospital.app.flow.undelivered(found, "mail room", "moved away")
        assert hospital.open_reasons == ["undelivered"]
        with pytest.raises(Refused, match="reported this letter already"):
            hospital.app.flow.undelivered(found, "mail room")
        with pytest.raises(Refused, match="no letter"):
            hospital.app.flow.undelivered("f" * 32, "mail room")
        hospital.deliver()
        (task,) = hospital.tasks
        assert task["code"]["coding"][0]["code"] == "undelivered"
        assert (hospital.app.queries.letter("abc"), hospital.app.queries.letter("0" * 32)) == (None, None)


def _delivered(hospital: Hospital) -> str:
    (path,) = hospital.output.glob("notices/*/*.json")
    return path.name.split(".")[0]


def test_a_statutes_sentences_are_in_the_letter(tmp_path: Path) -> None:
    from dataclasses import replace

    from pipeline.domain.statutes import Statute

    act = Statute(
        "x",
        "t",
        "j",
        "c",
        categories=frozenset({Category.NONDIAGNOSTIC}),
        sentences=("Words of the Act & more.",),
        notify_within=timedelta(days=20),
    )
    with Hospital(tmp_path) as hospital:
        flow = hospital.app.flow
        flow._rules = replace(flow._rules, policy=replace(flow._rules.policy, statutes=(act,)))
        hospital.send(oru("Intermediate probability for pulmonary embolism."))
        assert "Words of the Act & more." in hospital.words("nondiagnostic")
        (page,) = hospital.output.glob("notices/*/*.html")
        assert "Words of the Act &amp; more." in page.read_text(encoding="utf-8")
        shown = hospital.app.queries.show(hospital.app.queries.find("A-1")[0].exam)
        assert shown
        assert shown.exam.notices[0].notify_by == NOON - timedelta(minutes=10) + timedelta(days=20)
