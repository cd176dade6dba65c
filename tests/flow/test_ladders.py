"""The clock moves follow-ups up their ladders in a real ledger; nothing is lost, doubled or told to nobody."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pipeline import telemetry
from pipeline.domain.arrival import Rejection
from pipeline.domain.directory import Directory, Person, Role
from pipeline.domain.followup import FollowUpState
from pipeline.domain.identity import PersonName
from pipeline.domain.policy import Mode, Policy
from pipeline.domain.report import Status
from pipeline.errors import Refused
from pipeline.flow import Flow
from pipeline.store import changes, ladders
from pipeline.store.answers import FollowUpRow
from pipeline.store.figures import report as figures
from tests.flow.kit import T0, Kit, report

ROLES = ("nuclear-medicine-on-call", "department-lead", "patient-safety", "charge-nurse", "chief-on-call")
BOOK = Directory(
    {"quill": Person("quill", "Dora Quill", "1", ("9001",)), "marsh": Person("marsh", "Milo Marsh", "2")},
    {"ward": Role("ward", "Ward", "20", ("quill", "marsh")), **{name: Role(name, name.upper(), "3") for name in ROLES}},
)
SITE = Policy(owner="duty, 99", directory=BOOK)
ORDERED: dict[str, Any] = {"orderer": PersonName("Quill", "Dora"), "orderer_id": "9001"}


@pytest.fixture
def site(kit: Kit) -> Kit:
    kit.rules = replace(kit.rules, policy=SITE)
    kit.build()
    return kit


def only(kit: Kit) -> FollowUpRow:
    (row,) = kit.queries.follow_ups()
    return row


def test_each_step_is_a_version_that_is_delivered_and_audited(site: Kit, capsys: pytest.CaptureFixture[str]) -> None:
    site.one(report("indeterminate", **ORDERED))
    assert only(site).owner == "Dora Quill, 1"
    assert site.flow.tick(site.clock.forward(minutes=119)).escalated == 0
    assert site.flow.tick(site.clock.forward(minutes=1)).escalated == 1
    assert site.flow.tick(site.clock.now()).escalated == 0, "the same moment again moves nothing"
    assert (only(site).owner, only(site).level, only(site).version) == ("Ward, 20", 1, 2)
    site.build()  # a restart in between
    assert site.flow.tick(site.clock.forward(hours=2)).escalated == 1
    assert only(site).owner == "NUCLEAR-MEDICINE-ON-CALL, 3"
    site.deliver()
    assert [task["version"] for task in site.tasks()] == [1, 2, 3]
    told = site.rows("SELECT why FROM audit WHERE what = 'follow-up' ORDER BY seq")
    assert [row["why"].split(": now for ")[0] for row in told] == ["indeterminate", "escalated", "escalated"]
    assert site.chains_whole()


def test_days_without_the_daemon_give_one_version_not_a_burst(site: Kit) -> None:
    site.one(report("indeterminate", **ORDERED))
    assert site.flow.tick(site.clock.forward(days=10)).escalated == 1
    assert (only(site).level, only(site).version, only(site).owner) == (4, 2, "PATIENT-SAFETY, 3")
    for day in range(1, 4):
        assert site.flow.tick(site.clock.forward(days=1)).escalated == 1
        assert only(site).version == 2 + day, "it never falls silent"


def test_a_rejected_input_has_a_ladder_too(site: Kit) -> None:
    site.one(Rejection("no-identity", "", maybe_vq=True))
    assert only(site).owner == "duty, 99"
    site.flow.tick(site.clock.forward(hours=1))
    assert (only(site).owner, only(site).level) == ("CHIEF-ON-CALL, 3", 3)
    site.flow.acknowledge(only(site).id, "Milo Marsh")
    assert only(site).owner == "Milo Marsh, 2"
    assert site.flow.tick(site.clock.forward(hours=20)).escalated == 0
    site.flow.complete(only(site).id, "Milo Marsh", "read by hand")
    assert site.flow.tick(site.clock.forward(days=20)).escalated == 0
    assert site.chains_whole()


def test_acts_are_kept_with_seat_and_reason_and_move_the_clock(site: Kit) -> None:
    site.one(report("indeterminate", **ORDERED))
    item = only(site).id
    site.flow.seated("jsmith@ward3")
    site.flow.decline(item, "not on duty", "Dora Quill")
    site.flow.transfer(item, "Milo Marsh", "Dora Quill", "knows her")
    site.flow.acknowledge(item, "Milo Marsh")
    site.flow.plan(item, "CT pulmonary angiography", site.clock.now() + timedelta(hours=30), "Milo Marsh")
    assert site.flow.tick(site.clock.forward(hours=53)).escalated == 0
    assert site.flow.tick(site.clock.forward(hours=2)).escalated == 1, "the plan's day has passed"
    site.flow.snooze(item, site.clock.now() + timedelta(hours=40), "Milo Marsh")
    assert site.flow.tick(site.clock.forward(hours=39)).escalated == 0
    site.flow.complete(item, "Milo Marsh", "no clot")
    site.flow.reopen(item, "wrong scan", "Milo Marsh")
    assert (only(site).state, only(site).owner) == (FollowUpState.REQUESTED, "Milo Marsh, 2")
    told = site.rows("SELECT why, by FROM audit WHERE what = 'follow-up' AND by != '' ORDER BY seq")
    # Beside whoever acted it says for whom the item is then.
    assert [row["why"].split("; now for ")[0] for row in told] == [
        "declined: not on duty",
        "transferred: knows her",
        "acknowledged",
        "planned: CT pulmonary angiography, by 2026-03-03 15:00",
        "snoozed: until 2026-03-06 08:00",
        "completed: no clot",
        "reopened: wrong scan",
    ]
    assert {row["by"] for row in told} == {"Dora Quill (os:jsmith@ward3)", "Milo Marsh (os:jsmith@ward3)"}
    with pytest.raises(Refused, match="no follow-up"):
        site.flow.reopen("0" * 32, "x", "Milo Marsh")


def test_in_live_mode_strangers_are_refused_and_nothing_changes(site: Kit) -> None:
    site.one(report("high", **ORDERED))
    site.rules = replace(site.rules, policy=replace(SITE, mode=Mode.LIVE))
    site.build()
    with pytest.raises(Refused, match=r"people\.toml"):
        site.flow.acknowledge(only(site).id, "Dr Unknown")
    with pytest.raises(Refused, match=r"people\.toml"):
        site.flow.release(site.queries.holds()[0].id, "Dr Unknown", "10:00")
    assert only(site).version == 1


def test_a_correction_ends_the_ladder_and_the_cancellation_is_delivered(site: Kit) -> None:
    site.one(report("indeterminate", **ORDERED))
    site.flow.tick(site.clock.forward(hours=5))
    site.one(report("normal", status=Status.CORRECTED, signed=site.clock.now(), control="C2"))
    assert site.queries.follow_ups() == []
    assert site.flow.tick(site.clock.forward(days=9)).escalated == 0
    site.deliver()
    assert [task["status"] for task in site.tasks()] == ["requested", "requested", "cancelled"]


def test_a_correction_after_completion_asks_anew_from_the_foot(site: Kit) -> None:
    site.one(report("high", **ORDERED))
    item = only(site).id
    site.flow.acknowledge(item, "Dora Quill")
    site.one(report("normal", status=Status.CORRECTED, signed=T0 + timedelta(minutes=5), control="C2"))
    changed = only(site)
    assert (changed.id, changed.reason.value, changed.level, changed.owner) == (item, "result-changed", 0, "Dora Quill, 1")
    assert site.flow.tick(site.clock.forward(minutes=16)).escalated == 1


def test_many_items_each_climb_once_and_the_rest_have_their_turn(site: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ladders, "_ROUND", 70)
    for number in range(120):
        site.one(report("indeterminate", f"A{number}", control=f"C{number}", signed=T0 - timedelta(minutes=number)))
    site.clock.forward(hours=3)
    assert [site.flow.tick(site.clock.now()).escalated for _ in range(3)] == [70, 50, 0]
    assert {(row.level, row.version) for row in site.queries.follow_ups()} == {(1, 2)}
    assert site.chains_whole()


def test_a_second_daemon_that_comes_late_moves_nothing_twice(site: Kit) -> None:
    site.one(report("high", **ORDERED))
    other: Flow = site.flow
    site.build()
    at = site.clock.forward(minutes=20)
    assert (site.flow.tick(at).escalated, other.tick(at).escalated) == (1, 0)


def test_a_failure_in_the_middle_of_a_chunk_moves_nothing_and_the_next_round_does(site: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        site.one(report("indeterminate", f"A{number}", control=f"C{number}", signed=T0 - timedelta(seconds=number)))
    real, calls = changes.apply, []

    def failing(*arguments: object, **more: object) -> object:
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("power cut")
        return real(*arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(ladders, "apply", failing)
    with pytest.raises(RuntimeError):
        site.flow.tick(site.clock.forward(hours=2))
    assert {row.level for row in site.queries.follow_ups()} == {0}
    assert site.flow.tick(site.clock.now()).escalated == 3
    assert site.chains_whole()


def test_figures(site: Kit) -> None:
    for number in range(4):
        site.one(report("indeterminate", f"A{number}", control=f"C{number}", signed=T0 - timedelta(seconds=number), **ORDERED))
    site.one(report("high", "B1", control="C9"))
    rows = [row for row in site.queries.follow_ups() if row.reason.value == "indeterminate"]
    for wait, row in zip((5, 10, 20), rows, strict=False):
        site.clock.at = T0 + timedelta(minutes=wait)
        site.flow.acknowledge(row.id, "Milo Marsh")
    site.flow.complete(rows[0].id, "Milo Marsh")
    site.flow.tick(site.clock.forward(hours=5))
    lines = {(line.by, line.name): line for line in figures(site.ledger, site.clock.now())}
    everything, calm = lines["all", "all"], lines["reason", "indeterminate"]
    assert (everything.opened, everything.open, everything.overdue, everything.escalations) == (5, 4, 4, 2)
    assert (calm.acknowledged, calm.acknowledge_median_s, calm.acknowledge_p90_s) == (3, 600, 1200)
    assert (calm.closed, calm.closure_rate) == (1, 0.25)
    assert lines["owner", "Milo Marsh, 2"].opened == 3
    assert lines["reason", "positive"].acknowledge_median_s is None
    assert figures(site.ledger, site.clock.now(), since=site.clock.now())[0].closure_rate is None


def test_only_the_index_is_asked_for_what_is_due(site: Kit) -> None:
    with site.ledger.read() as connection:
        if connection.dialect.name != "sqlite":
            pytest.skip("the plan of PostgreSQL depends on its statistics")
    plan = site.rows("EXPLAIN QUERY PLAN SELECT id, exam FROM follow_ups WHERE step_at <= '2026' ORDER BY step_at, id LIMIT 5")
    assert any("ix_follow_ups_step" in str(row) for row in plan)


@contextmanager
def logged() -> Iterator[list[dict[str, Any]]]:
    """The lines of the log, once the block is left."""
    stream, lines = io.StringIO(), list[dict[str, Any]]()
    telemetry.start(stream, level="debug")
    try:
        yield lines
    finally:
        telemetry.stop()
        lines += map(json.loads, stream.getvalue().splitlines())


def test_an_escalation_is_told_in_the_log_and_the_tick_goes_on(site: Kit) -> None:
    site.one(report("indeterminate", **ORDERED))
    with logged() as lines:
        assert site.flow.tick(site.clock.forward(hours=2)).escalated == 1
    (line,) = [one for one in lines if one["event"] == "follow_up.escalated"]
    assert (line["level"], line["step"], line["role"]) == ("warning", 1, "team")


def test_a_reminder_is_told_as_one_and_not_as_an_escalation(site: Kit) -> None:
    """Whoever counts escalations in the log must not count the same person, asked again each day."""
    site.one(report("high"))
    with logged() as told:
        for _ in range(9):
            site.flow.tick(site.clock.forward(days=1))
    item = [one["event"] for one in told if one["event"] in ("follow_up.escalated", "follow_up.reminded")]
    hold = [one["event"] for one in told if one["event"].startswith("hold.")]
    assert item == ["follow_up.escalated", *["follow_up.reminded"] * 8]
    assert hold == ["hold.expired", "hold.escalated", *["hold.reminded"] * 8]
