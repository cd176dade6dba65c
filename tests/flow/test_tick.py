"""What time makes due is told once, and people's work on it is kept."""

from datetime import timedelta

import pytest

from pipeline.domain.followup import FollowUpReason
from pipeline.domain.report import Status
from pipeline.errors import Refused
from tests.flow.kit import T0, Kit, image, report


def test_an_overdue_follow_up_is_told_once_for_each_due_time(kit: Kit) -> None:
    kit.one(report("indeterminate"))
    assert kit.flow.tick(kit.clock.forward(hours=3)).overdue == 0
    assert kit.flow.tick(kit.clock.forward(hours=2)).overdue == 1
    assert kit.flow.tick(kit.clock.forward(hours=2)).overdue == 0
    kit.one(report("high", status=Status.CORRECTED, signed=kit.clock.now(), control="C2"))
    assert kit.flow.tick(kit.clock.forward(hours=2)).overdue == 1


def test_an_acknowledged_follow_up_is_not_told_but_stays_open(kit: Kit) -> None:
    kit.one(report("indeterminate"))
    item = kit.queries.follow_ups()[0]
    kit.flow.acknowledge(item.id, "Dr Test")
    assert kit.flow.tick(kit.clock.forward(days=2)).overdue == 0
    row = kit.queries.follow_ups()[0]
    assert (row.state.value, row.acknowledged_by, row.overdue(kit.clock.now())) == ("accepted", "Dr Test", True)
    with pytest.raises(Refused):
        kit.flow.acknowledge(item.id, "Dr Other")
    kit.flow.complete(item.id, "Dr Test")
    assert kit.queries.follow_ups() == []
    assert [row.id for row in kit.queries.follow_ups("completed")] == [item.id]
    with pytest.raises(Refused):
        kit.flow.complete("0" * 32, "Dr Test")


def test_an_expired_hold_is_told_once_and_stays(kit: Kit) -> None:
    kit.one(report("high"))
    assert kit.flow.tick(kit.clock.forward(hours=25)).expired == 1
    assert kit.flow.tick(kit.clock.forward(hours=25)).expired == 0
    assert len(kit.queries.holds()) == 1


def test_a_preliminary_that_is_never_finalised(kit: Kit) -> None:
    kit.one(report("normal", status=Status.PRELIMINARY))
    assert kit.flow.tick(kit.clock.forward(hours=11)).changed == 0
    assert kit.flow.tick(kit.clock.forward(hours=2)).changed == 1
    assert [row.reason for row in kit.queries.follow_ups()] == [FollowUpReason.REPORT_OVERDUE]


def test_a_study_with_its_final_report_is_never_late(kit: Kit) -> None:
    kit.one(image(authority="RIS", issued=True))
    kit.one(report("normal"))
    assert kit.flow.tick(kit.clock.forward(days=3)).changed == 0
    assert kit.rows("SELECT late_at FROM exams") == [{"late_at": None}]


def test_lists_are_in_the_order_of_their_due_times(kit: Kit) -> None:
    for number, hours in enumerate((3, 1, 2)):
        kit.one(report("indeterminate", f"A{number}", signed=T0 - timedelta(hours=hours)))
    assert [row.accession for row in kit.queries.follow_ups()] == ["A0", "A2", "A1"]
