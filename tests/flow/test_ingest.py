"""What comes in is remembered once, decided once, and never lost or blocked by a neighbour."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pipeline.domain import decide as domain
from pipeline.domain.arrival import NotForUs, Rejection
from pipeline.domain.followup import FollowUpReason
from pipeline.domain.report import Status
from pipeline.errors import TryAgain
from pipeline.store import batch
from pipeline.store.engine import Contended
from tests.flow.kit import T0, Kit, arrival, file_of, report

CHEST = NotForUs("other-exam-code", "71020")


def test_a_nondiagnostic_report_gives_one_letter_and_one_follow_up(kit: Kit) -> None:
    outcome = kit.one(report("indeterminate"))
    assert outcome.outcome == "read"
    assert outcome.decision is not None
    assert outcome.decision.follow_up is FollowUpReason.INDETERMINATE
    assert kit.deliver() == (2, 0, 0)
    assert [letter["letter"] for letter in kit.letters()] == ["nondiagnostic"]
    assert [task["reason"] for task in kit.tasks()] == ["indeterminate"]
    assert kit.chains_whole()


def test_the_same_file_again_is_recognised_and_emits_nothing(kit: Kit) -> None:
    first = kit.one(report("indeterminate"))
    kit.deliver()
    again = kit.one(report("indeterminate"))
    assert again.seen_before
    assert again.outcome == "read"
    assert again.exam_id == first.exam_id
    assert again.decision is not None
    assert first.decision is not None
    assert again.decision == replace(first.decision, changes=(), resettled=())
    assert kit.deliver() == (0, 0, 0)
    assert kit.count("versions") == 1


def test_the_same_file_twice_in_one_batch(kit: Kit) -> None:
    (first,), (second,) = kit.ingest(file_of(report()), file_of(report()))
    # One of the two outcomes is the message's own; both tell of the one version there is.
    assert first.exam_id == second.exam_id
    assert kit.count("versions") == 1
    assert kit.count("files") == 1


def test_a_message_seen_in_another_file_is_recognised(kit: Kit) -> None:
    kit.one(report("high"))
    outcomes = kit.ingest(file_of(report("high"), CHEST, report("normal", "A2")))[0]
    assert [(one.outcome, one.seen_before) for one in outcomes] == [("read", True), ("not_vq", False), ("read", False)]
    assert outcomes[0].decision is not None
    assert kit.count("versions") == 2
    assert kit.count("files") == 2


def test_what_is_not_for_us_costs_one_row_and_is_remembered(kit: Kit) -> None:
    files = [file_of(CHEST, salt=str(number)) for number in range(300)]
    outcomes = kit.ingest(*files)
    assert {one.outcome for of_file in outcomes for one in of_file} == {"not_vq"}
    assert kit.count("files") == 300
    assert kit.count("messages") == 0
    assert all(one.seen_before for of_file in kit.ingest(*files) for one in of_file)
    assert kit.queries.unmapped() == [("71020", 300)]


def test_a_rejected_input_is_tracked(kit: Kit) -> None:
    outcome = kit.one(Rejection("broken-hl7", "no MSH", maybe_vq=True))
    assert (outcome.outcome, outcome.reason) == ("rejected", "broken-hl7")
    row = kit.queries.follow_ups()[0]
    assert (row.reason, row.critical, row.exam, row.accession) == (FollowUpReason.REJECTED, True, "", "")
    assert row.due_at == T0 + timedelta(minutes=60)
    again = kit.one(Rejection("broken-hl7", "no MSH", maybe_vq=True))
    assert (again.outcome, again.reason, again.seen_before) == ("rejected", "broken-hl7", True)
    assert len(kit.queries.follow_ups()) == 1
    assert kit.deliver() == (1, 0, 0)
    kit.flow.acknowledge(row.id, "Dr Test")
    kit.flow.complete(row.id, "Dr Test")
    assert kit.queries.follow_ups() == []
    assert kit.deliver() == (2, 0, 0)
    assert [task["status"] for task in kit.tasks()] == ["requested", "accepted", "completed"]
    assert kit.chains_whole()


def test_one_that_always_fails_becomes_a_rejection_and_its_neighbours_go_on(kit: Kit) -> None:
    tried: list[str] = []

    def decide(exam: Any, one: Any, *rest: Any) -> Any:
        tried.append(one.accession)
        if one.accession == "BAD":
            raise ZeroDivisionError("patient text must not leak")
        return domain.decide(exam, one, *rest)

    kit.build(decide=decide)
    files = [file_of(report("high", "A1")), file_of(report("high", "BAD")), file_of(report("high", "A3")), file_of(CHEST)]
    outcomes = [of_file[0] for of_file in kit.ingest(*files)]
    assert [one.outcome for one in outcomes] == ["read", "rejected", "read", "not_vq"]
    assert tried == ["A1", "BAD", "A3", "BAD"]
    assert outcomes[1].rejection == Rejection("failed-inside", "ZeroDivisionError", maybe_vq=True)
    assert [row.reason.value for row in kit.queries.follow_ups()].count("rejected") == 1
    assert kit.rows("SELECT count(*) AS n FROM exams WHERE audit_seq > 0")[0]["n"] == 2
    # It was handled: the next time it is recognised, not tried again.
    again = kit.ingest(files[1])[0][0]
    assert (again.outcome, again.reason, again.seen_before) == ("rejected", "failed-inside", True)
    assert kit.chains_whole()


def test_one_that_fails_once_is_decided_alone(kit: Kit) -> None:
    failures = iter([True])

    def decide(*given: Any) -> Any:
        if next(failures, False):
            raise RuntimeError
        return domain.decide(*given)

    kit.build(decide=decide)
    outcome = kit.one(report("high"))
    assert outcome.outcome == "read"
    assert kit.count("versions") == 1
    assert [row.reason.value for row in kit.queries.follow_ups()] == ["positive"]


def test_a_failing_message_does_not_make_its_file_mates_twice(kit: Kit) -> None:
    def decide(exam: Any, one: Any, *rest: Any) -> Any:
        if one.accession == "BAD":
            raise RuntimeError
        return domain.decide(exam, one, *rest)

    kit.build(decide=decide)
    file = file_of(report("high", "A1"), report("high", "BAD"), report("indeterminate", "A3"))
    assert [one.outcome for one in kit.ingest(file)[0]] == ["read", "rejected", "read"]
    assert sorted(row.reason.value for row in kit.queries.follow_ups()) == ["indeterminate", "positive", "rejected"]
    assert all(one.seen_before for one in kit.ingest(file)[0])


def test_a_crash_between_the_batch_and_the_second_try_loses_nothing(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    failures = iter([True])

    def decide(exam: Any, one: Any, *rest: Any) -> Any:
        if one.accession == "BAD" and next(failures, False):
            raise RuntimeError
        return domain.decide(exam, one, *rest)

    kit.build(decide=decide)
    monkeypatch.setattr(batch, "commit_alone", _killed)
    file = file_of(report("high", "A1"), report("high", "BAD"))
    with pytest.raises(KeyboardInterrupt):
        kit.ingest(file)
    monkeypatch.undo()
    outcomes = kit.ingest(file)[0]
    assert [(one.outcome, one.seen_before) for one in outcomes] == [("read", True), ("read", False)]
    assert kit.count("versions") == 2
    assert all(one.seen_before for one in kit.ingest(file)[0])


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_reader_that_fails_is_a_tracked_rejection(kit: Kit) -> None:
    outcome = kit.ingest(replace(file_of(report()), arrivals=None))[0][0]
    assert (outcome.outcome, outcome.reason) == ("rejected", "failed-inside")
    text = kit.one(report("boom", "A9"))
    assert (text.outcome, text.reason) == ("rejected", "failed-inside")
    assert len(kit.queries.follow_ups()) == 2


def test_contention_is_retried_item_by_item(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    real, sizes = batch.commit, []

    def commit(*given: Any, **options: Any) -> list[str]:
        sizes.append(len(given[3]))
        if len(sizes) in (1, 3):
            raise Contended("deadlock")
        return real(*given, **options)

    monkeypatch.setattr(batch, "commit", commit)
    outcomes = kit.ingest(file_of(report("high", "A1")), file_of(report("high", "A2")))
    assert sizes == [2, 1, 1, 1]
    assert [of_file[0].outcome for of_file in outcomes] == ["read", "read"]
    assert not any(of_file[0].seen_before for of_file in outcomes)


def test_the_environment_is_the_callers_to_wait_for(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    def commit(*_: Any, **__: Any) -> list[str]:
        raise TryAgain("disk full")

    monkeypatch.setattr(batch, "commit", commit)
    with pytest.raises(TryAgain):
        kit.one(report())
    monkeypatch.undo()
    assert not kit.one(report()).seen_before


def test_what_the_database_refuses_is_only_its_own_files_fault(kit: Kit) -> None:
    # Neither of our databases takes a NULL here; which one it is does not matter, only that it comes from outside our own checks.
    broken = file_of(report("high", "A2"))
    assert broken.arrivals is not None
    broken = replace(broken, arrivals=(replace(broken.arrivals[0], ordinal=None),))  # type: ignore[arg-type]
    good = file_of(report("high", "A1"))
    outcomes = [of_file[0] for of_file in kit.ingest(good, broken)]
    assert [(one.outcome, one.reason) for one in outcomes] == [("read", ""), ("rejected", "failed-inside")]
    assert sorted(row.reason.value for row in kit.queries.follow_ups()) == ["positive", "rejected"]
    assert kit.ingest(broken)[0][0].seen_before


def test_large_bodies_go_to_the_archive(kit: Kit) -> None:
    item = file_of(report())
    assert item.arrivals is not None
    big = replace(item.arrivals[0], body=b"x" * 150_000)
    kit.ingest(replace(item, arrivals=(big,)))
    assert kit.archive.get(big.content_hash) == big.body
    assert kit.rows("SELECT body FROM messages")[0]["body"] is None


def test_names_with_nul_and_surrogates_are_kept(kit: Kit) -> None:
    from pipeline.domain.identity import Identifier, Patient, PersonName

    odd = Patient((Identifier("M\x001", "H\x00", "MR"),), PersonName("Sam\x00ple", "\udce9"))
    assert kit.one(report("high", "A\x001", patient=odd, control="C\x00")).outcome == "read"
    kit.clock.forward(minutes=5)
    outcome = kit.one(report("normal", "A\x001", patient=odd, status=Status.CORRECTED, signed=T0 + timedelta(minutes=5)))
    assert outcome.outcome == "read"
    assert kit.count("versions") == 2


def test_the_decision_carries_its_provenance(kit: Kit) -> None:
    kit.one(report("high"))
    shown = kit.queries.show(arrival(report("high")).content_hash)
    assert shown is None
    exam = kit.queries.find("a1")[0]
    shown = kit.queries.show(exam.exam[:12])
    assert shown is not None
    assert (shown.decisions[0].vocabulary_hash, shown.decisions[0].policy_hash) == ("0" * 64, "1" * 64)
    assert shown.broken_at is None
    assert [one.what for one in shown.history][:2] == ["report", "follow-up"]
