"""Reports read once more from their archived bytes, with the real product under other rules than before."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.domain.again import Ruling
from pipeline.domain.policy import Mode
from pipeline.domain.reading import Category
from pipeline.errors import Refused
from pipeline.store.reprocessing import Changed, Wanted
from pipeline.store.rereading import Rereader
from tests.hazards.hospital import Hospital, adt, oru

NEGATIVE = "No evidence of pulmonary embolism."
LOW = "Low probability for pulmonary embolism."
UNREADABLE = "The ZQUILT sign is noted."


def reopened(hospital: Hospital, place: Path, changes: dict[str, dict[str, Any]]) -> Hospital:
    """The same ledger under other settings."""
    hospital.app.close()
    again = Hospital(place, changes)
    again.clock = hospital.clock
    again.app.flow._clock = hospital.clock
    return again


def run(hospital: Hospital, *, dry_run: bool = False, **wanted: Any) -> list[Changed]:
    found = list(hospital.app.flow.reprocess(Wanted(**wanted), dry_run=dry_run))
    hospital.deliver()
    return found


def counts(hospital: Hospital, table: str) -> int:
    with hospital.app.ledger.read() as connection:
        return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())


def decisions(hospital: Hospital) -> list[tuple[Any, ...]]:
    with hospital.app.ledger.read() as connection:
        query = "SELECT number, category, policy_hash, vocabulary_hash FROM decisions ORDER BY report, number"
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def test_under_the_same_rules_nothing_changes(tmp_path: Path) -> None:
    with Hospital(tmp_path) as hospital:
        hospital.send(
            oru(NEGATIVE), oru("High probability.", accession="A-2", control="C-2"), oru(UNREADABLE, accession="A-3", control="C-3")
        )
        hospital.send(
            oru(LOW, accession="A-4", control="C-4", born="20200101"), oru(NEGATIVE, accession="A-5", control="C-5", mrn="M-5", status="P")
        )
        hospital.clock.forward(days=90)
        assert run(hospital) == []
        assert hospital.app.flow.to_reprocess(Wanted()) == 5
        assert counts(hospital, "decisions") == 5


def test_that_a_later_version_is_of_a_restricted_record_is_no_other_reading_of_the_first(tmp_path: Path) -> None:
    with Hospital(tmp_path) as hospital:
        hospital.send(oru(NEGATIVE))
        vip = "PV1|1|O" + "|" * 14 + "VIP"
        hospital.send(oru("High probability.", control="C-2", signed="20260302115500", status="C", before_obr=vip))
        assert ["restricted" in hold.reasons for hold in hospital.app.queries.holds()] == [True], hospital.app.queries.holds()
        assert run(hospital) == []


def without_text(**more: Any) -> bytes:
    """A final that sends no impression, only that it is the one known already (OBX-11 `U`)."""
    return oru("", **more).replace(b"IMP^^L||||||||F", b"IMP^^L||||||||U")


def test_a_final_without_text_keeps_the_preliminarys_after_its_patient_got_another_number(tmp_path: Path) -> None:
    with Hospital(tmp_path) as hospital:
        hospital.send(oru(NEGATIVE, status="P"), without_text(control="C-2", signed="20260302115500"))
        left = counts(hospital, "notices")
        assert left == 1, hospital.app.queries.holds()
        hospital.send(adt("A40", "M-2", "M-1", at="20260302115600"))
        assert run(hospital) == []
        assert counts(hospital, "notices") == left


def test_a_final_without_text_of_a_merged_patient_is_decided_by_hand_on_the_text_it_stands_for(tmp_path: Path) -> None:
    with Hospital(tmp_path) as hospital:
        hospital.send(oru(UNREADABLE, status="P"), without_text(control="C-2", signed="20260302115500"))
        hospital.send(adt("A40", "M-2", "M-1", at="20260302115600"))
        (digest,) = {item.exam for item in hospital.app.queries.follow_ups() if item.reason == "unreadable"}
        hospital.app.flow.decide(digest, Ruling(Category.NEGATIVE, "Dr. Dora Quillfeather", "read it"))
        with hospital.app.ledger.read() as connection:
            query = "SELECT reasons FROM decisions WHERE reasons LIKE '%decided-by-person%'"
            (reasons,) = connection.exec_driver_sql(query).scalars()
        assert "text-promoted" in reasons
        assert "nothing-to-promote" not in reasons


def test_who_reads_everything_again_is_in_the_audit_trail(tmp_path: Path) -> None:
    hospital = Hospital(tmp_path)
    hospital.send(oru(LOW))
    with reopened(hospital, tmp_path, {"decisions": {"low": Category.NONDIAGNOSTIC}}) as hospital:
        hospital.app.flow.seated("ops@box")
        (row,) = run(hospital, by=" quill ")
        with hospital.app.ledger.read() as connection:
            query = "SELECT DISTINCT by FROM audit WHERE chain = ? AND why IN ('reprocessed', 'indeterminate')"
            assert list(connection.exec_driver_sql(query, (row.exam,)).scalars()) == ["Dr. Dora Quillfeather (os:ops@box)"]


def test_in_live_mode_only_somebody_known_reads_everything_again(tmp_path: Path) -> None:
    with Hospital(tmp_path) as hospital:
        hospital.send(oru(LOW))
        rules = hospital.app.flow._rules
        hospital.app.flow._rules = replace(rules, policy=replace(rules.policy, mode=Mode.LIVE))
        for stranger in ("", "Dr Nobody"):
            with pytest.raises(Refused, match=r"--by|people\.toml"):
                run(hospital, by=stranger)
        assert run(hospital, dry_run=True) == []
        for act in (hospital.app.flow.resume, hospital.app.flow.retry):
            with pytest.raises(Refused, match=r"people\.toml"):
                act("Dr Nobody")
        hospital.app.flow.pause("Dr Nobody")


def test_a_letter_that_has_left_and_would_say_another_thing_is_a_wrong_letter_out(tmp_path: Path) -> None:
    hospital = Hospital(tmp_path)
    hospital.send(oru(LOW))
    assert [letter["letter"] for letter in hospital.letters] == ["low"]
    with reopened(hospital, tmp_path, {"decisions": {"low": Category.NONDIAGNOSTIC}}) as hospital:
        (told,) = run(hospital, dry_run=True)
        assert (told.was, told.becomes) == (("negative", "low", "release"), ("nondiagnostic", "low", "release"))
        assert (told.letter, told.does, told.accession) == ("left", "acts", "A-1")
        assert (hospital.open_reasons, counts(hospital, "decisions")) == ([], 1), "a dry run changes nothing"
        assert len(run(hospital)) == 1
        assert hospital.open_reasons == ["indeterminate", "wrong-letter-out"]
        assert [(letter["letter"], letter["notice_type"]) for letter in hospital.letters] == [
            ("low", "result"),
            ("nondiagnostic", "corrected"),
        ]
        first, second = decisions(hospital)
        assert (first[:2], second[:2]) == ((1, "negative"), (2, "nondiagnostic"))
        assert first[2] != second[2], "each decision names the policy it was made under"
        assert run(hospital) == [], "a second run finds nothing"
        assert counts(hospital, "decisions") == 2


def test_a_letter_that_has_not_left_is_stopped_and_drafted_anew(tmp_path: Path) -> None:
    hospital = Hospital(tmp_path)
    hospital.send(oru(LOW, born="20200101"))
    assert hospital.letters == []
    with reopened(hospital, tmp_path, {"decisions": {"low": Category.NONDIAGNOSTIC}, "holds": {"minor_age": 0}}) as hospital:
        (told,) = run(hospital)
        assert (told.letter, told.becomes) == ("waiting", ("nondiagnostic", "low", "release"))
        assert [letter["letter"] for letter in hospital.letters] == ["nondiagnostic"]
        assert hospital.open_reasons == ["indeterminate"]
        assert hospital.app.queries.holds() == []


def test_only_what_speaks_for_its_exam_acts_and_the_rest_is_told_once(tmp_path: Path) -> None:
    hospital = Hospital(tmp_path)
    hospital.send(oru(LOW), oru(NEGATIVE, status="C", control="C-2", signed="20260302115500"))
    with reopened(hospital, tmp_path, {"decisions": {"low": Category.NONDIAGNOSTIC}}) as hospital:
        (told,) = run(hospital)
        assert (told.does, told.standing.value) == ("listed", "superseded")
        assert hospital.open_reasons == []
        assert run(hospital) == []


def test_a_clinicians_word_is_told_of_and_never_overruled(tmp_path: Path) -> None:
    with Hospital(tmp_path) as hospital:
        hospital.send(oru(UNREADABLE))
        (hold,) = hospital.app.queries.holds()
        hospital.app.flow.decide(hold.exam, Ruling(Category.NEGATIVE, "Dr Test", "read it"))
        hospital.deliver()
        before = hospital.letters
        flow = hospital.app.flow
        told = replace(flow._rules, interpret=lambda blocks: hospital_reading(flow, "High probability for pulmonary embolism."))
        flow._reread = Rereader(flow._parse, hospital.app.archive, told)
        (row,) = run(hospital)
        assert (row.does, row.becomes[0]) == ("person", "positive")
        assert (hospital.open_reasons, hospital.letters, counts(hospital, "decisions")) == ([], before, 2)


def hospital_reading(flow: Any, text: str) -> Any:
    from pipeline.domain.report import TextBlock

    return flow._rules.interpret((TextBlock(text, "impression"),))


def test_other_words_in_the_vocabulary_read_a_review_and_a_preliminary_anew(tmp_path: Path) -> None:
    with Hospital(tmp_path) as hospital:
        hospital.send(oru(UNREADABLE), oru(UNREADABLE, accession="A-2", control="C-2", mrn="M-2", status="P"))
        assert hospital.open_reasons == ["unreadable"]
        flow = hospital.app.flow
        rules = replace(
            flow._rules,
            interpret=lambda blocks: hospital_reading(flow, "Intermediate probability for pulmonary embolism."),
            provenance=replace(flow._rules.provenance, vocabulary_hash="e" * 64),
        )
        flow._reread = Rereader(flow._parse, hospital.app.archive, rules)
        assert [row.does for row in run(hospital)] == ["acts", "acts"]
        assert hospital.open_reasons == ["indeterminate", "indeterminate", "result-changed"]
        assert [letter["accession"] for letter in hospital.letters] == ["A-1"]
        assert {row[3] for row in decisions(hospital) if row[0] == 2} == {"e" * 64}
        assert run(hospital) == []


@pytest.mark.parametrize("gone", ["bytes", "reader"])
def test_what_cannot_be_read_again_is_told_and_left_alone(tmp_path: Path, gone: str) -> None:
    with Hospital(tmp_path) as hospital:
        hospital.send(oru(NEGATIVE))
        if gone == "bytes":
            with hospital.app.ledger.write() as connection:
                connection.exec_driver_sql("UPDATE messages SET body = NULL")
        else:
            flow = hospital.app.flow
            flow._reread = Rereader(_failing, hospital.app.archive, flow._rules)
        (row,) = run(hospital)
        assert (row.does, row.becomes) == ("lost" if gone == "bytes" else "failed", (None, None, None))
        assert counts(hospital, "decisions") == 1


def _failing(content: bytes, file_hash: str) -> Any:
    raise RuntimeError("boom")


def test_killed_in_the_middle_it_goes_on_where_it_was(tmp_path: Path) -> None:
    hospital = Hospital(tmp_path)
    hospital.send(*(oru(LOW, accession=f"A-{number}", control=f"C-{number}", mrn=f"M-{number}") for number in range(4)))
    with reopened(hospital, tmp_path, {"decisions": {"low": Category.NONDIAGNOSTIC}}) as hospital:
        found = hospital.app.flow.reprocess(Wanted(), dry_run=False)
        next(found)
        next(found)
        found.close()
        assert len(hospital.open_reasons) == 4
        assert len(run(hospital)) == 2
        assert len(hospital.open_reasons) == 8
        assert run(hospital) == []


def test_only_the_wanted_ones_are_looked_at(tmp_path: Path) -> None:
    hospital = Hospital(tmp_path)
    hospital.send(oru(LOW))
    hospital.clock.forward(days=1)
    later = hospital.clock.now()
    hospital.send(oru(LOW, accession="A-2", control="C-2", mrn="M-2"))
    with reopened(hospital, tmp_path, {"decisions": {"low": Category.NONDIAGNOSTIC}}) as hospital:
        assert run(hospital, dry_run=True, category=Category.POSITIVE) == []
        assert [row.accession for row in run(hospital, dry_run=True, since=later)] == ["A-2"]
        assert hospital.app.flow.to_reprocess(Wanted(since=later)) == 1
