"""A later exam is proposed as a reason to close; nothing is ever closed by it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.domain.evidence_of_closure import Evidence, propose
from pipeline.domain.exam import Exam
from pipeline.domain.followup import FollowUpReason, FollowUpState
from pipeline.domain.identity import Identifier, Patient
from pipeline.domain.report import Liveness
from tests.domain.world import ANNA, BERT, KEY, NEGATIVE, NONDIAGNOSTIC, POSITIVE, T0, UNREADABLE, World, hours

MINE = Patient(ANNA.identifiers)


def ctpa(patient: Patient = MINE, at: timedelta = hours(5), kind: str = "ctpa", accession: str = "CT-1") -> Evidence:
    return Evidence(kind, patient, accession, T0 + at)


@pytest.mark.parametrize("reading", [NONDIAGNOSTIC, POSITIVE, UNREADABLE])
def test_a_later_result_is_proposed_and_closes_nothing(reading: object) -> None:
    world = World()
    world.send(reading)  # type: ignore[arg-type]
    before = world.exam.follow_ups[0]
    (change,) = propose(world.exam, [ctpa(at=hours(9)), ctpa(kind="leg-ultrasound", accession="")])
    item = change.item
    assert item == replace(before, version=before.version + 1, proposal=item.proposal)  # type: ignore[union-attr]
    assert item.proposal == "A later leg ultrasound of 2026-03-02 has a final report. See whether it answers the question."
    assert item.state is FollowUpState.REQUESTED
    assert change.why == "evidence-found"


def test_it_names_the_accession_and_is_told_once() -> None:
    world = World()
    world.send(NONDIAGNOSTIC)
    (change,) = propose(world.exam, [ctpa()])
    assert "CT pulmonary angiogram CT-1 of" in change.item.proposal  # type: ignore[union-attr]
    world.apply((change,))
    assert propose(world.exam, [ctpa(at=hours(3))]) == ()


@pytest.mark.parametrize(
    "found",
    [
        ctpa(at=hours(-2)),
        ctpa(BERT),
        ctpa(Patient((Identifier("M-1", "ELSEWHERE", "MR"),))),
        ctpa(Patient((Identifier("M-1", "", "MR"),))),
        ctpa(replace(ANNA, birth_date=BERT.birth_date)),
        ctpa(Patient()),
    ],
)
def test_earlier_exams_and_other_people_prove_nothing(found: Evidence) -> None:
    world = World()
    world.send(NONDIAGNOSTIC)
    assert propose(world.exam, [found]) == ()


def test_only_what_the_scan_said_can_be_answered() -> None:
    world = World()
    world.send(NEGATIVE)
    assert propose(world.exam, [ctpa()]) == ()
    world = World(now=T0 + hours(48))
    world.image()
    world.tick()
    assert [item.reason for item in world.exam.follow_ups] == [FollowUpReason.REPORT_OVERDUE]
    assert propose(world.exam, [ctpa()]) == ()


def test_without_a_time_of_the_scan_nothing_is_later() -> None:
    assert propose(Exam(KEY), [ctpa()]) == ()
    world = World()
    world.receive(replace(world.report(), observed_at=None), NONDIAGNOSTIC)
    assert propose(world.exam, [ctpa()]) == ()
    world.image(acquired=hours(0))
    assert len(propose(world.exam, [ctpa()])) == 1


def test_a_test_message_names_nobody() -> None:
    world = World()
    world.receive(replace(world.report(), liveness=Liveness.NOT_LIVE), NONDIAGNOSTIC)
    assert propose(world.exam, [ctpa()]) == ()
