"""Every change of state of a letter, hold, follow-up or delivery leaves an audit row."""

from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import text

from pipeline.destinations.handing import Handing
from pipeline.domain.states import TABLES
from pipeline.store.audit import broken_at
from tests.hazards.hospital import Hospital, oru

NEGATIVE = "No evidence of pulmonary embolism."
POSITIVE = "High probability for pulmonary embolism."
NONDIAGNOSTIC = "Intermediate probability for pulmonary embolism."
ITEMS = {"notice": "notices", "follow-up": "follow_ups", "hold": "holds", "delivery": "deliveries"}


@pytest.fixture
def lived(tmp_path: Path) -> Path:
    """A hospital in which letters left, were taken back, held, released and stopped, and follow-ups were worked."""
    with Hospital(tmp_path) as one:
        flow, queries = one.app.flow, one.app.queries
        one.send(oru(NEGATIVE), oru(NONDIAGNOSTIC, accession="A-2", control="C-2"), oru(POSITIVE, accession="A-3", control="C-3"), b"noise")
        one.send(oru(POSITIVE, status="C", signed="20260302115500", control="C-4"))
        one.send(oru(NEGATIVE, status="C", accession="A-2", signed="20260302115500", control="C-5"))
        (hold,) = [row for row in queries.holds() if row.accession == "A-3"]
        flow.release(hold.id, "Dr Duty", "2026-03-02T18:30:00Z")
        for row in queries.follow_ups():
            flow.acknowledge(row.id, "Dr Duty")
        flow.complete(queries.follow_ups()[0].id, "Dr Duty")
        one.deliver()
    return tmp_path


def ways(hospital: Hospital) -> dict[tuple[str, str], list[str]]:
    """(kind, id) -> its states in the order of the audit rows, where each row begins where the one before it ended."""
    found: dict[tuple[str, str], list[str]] = {}
    with hospital.app.ledger.read() as connection:
        rows = connection.execute(text("SELECT what, item, was, became FROM audit ORDER BY chain, seq")).all()
    for what, item, was, became in rows:
        if what not in ITEMS:
            continue
        way = found.setdefault((what, item), [""])
        assert way[-1] == was, f"a {what} jumps from {way[-1]!r} to {was!r}"
        way.append(became)
    return found


def test_the_rows_tell_the_whole_way_of_every_item(lived: Path) -> None:
    with Hospital(lived) as hospital:
        found = ways(hospital)
        for what, table in ITEMS.items():
            with hospital.app.ledger.read() as connection:
                now = {row.id: row.state for row in connection.execute(text(f"SELECT id, state FROM {table}"))}
            assert len(now) > 1, f"hardly any {what}: this test looks at nothing"
            assert {item: way[-1] for (kind, item), way in found.items() if kind == what} == now


def test_a_delivery_tells_each_step_on_its_way_out(lived: Path) -> None:
    with Hospital(lived) as hospital:
        found = ways(hospital)
        with hospital.app.ledger.read() as connection:
            sent = set(connection.execute(text("SELECT id FROM deliveries WHERE state = 'sent'")).scalars())
    assert len(sent) > 5
    assert {tuple(found["delivery", one]) for one in sent} == {("", "new", "leased", "staged", "sent")}


def test_a_delivery_that_fails_is_given_up_and_asked_for_again_tells_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Hospital(tmp_path) as one:
        monkeypatch.setattr(Handing, "send", lambda self, name, _make: self.later.update({name: "OSError"}))
        monkeypatch.setattr("pipeline.flow.ATTEMPTS", 1)
        one.send(oru(NEGATIVE))
        monkeypatch.undo()
        one.app.flow.retry("Operator")
        one.deliver()
        (way,) = [way for (what, _), way in ways(one).items() if what == "delivery"]
    assert way == ["", "new", "leased", "staged", "dead", "new", "leased", "staged", "sent"]


def test_no_row_tells_a_way_that_does_not_exist(lived: Path) -> None:
    with Hospital(lived) as hospital:
        for (what, _), way in ways(hospital).items():
            steps = {(before, after) for (before, _), after in TABLES[what].items()}
            for before, after in pairwise(way):
                assert before == after or (before, after) in steps, f"{what}: no way from {before!r} to {after!r}"


def test_a_row_that_somebody_changes_shows(lived: Path) -> None:
    with Hospital(lived) as hospital:
        with hospital.app.ledger.read() as connection:
            chains = connection.execute(text("SELECT DISTINCT chain FROM audit")).scalars().all()
            assert [broken_at(connection, chain) for chain in chains] == [None] * len(chains)
        with hospital.app.ledger.write() as connection:
            connection.execute(text("UPDATE audit SET by = 'nobody' WHERE by = 'Dr Duty'"))
        with hospital.app.ledger.read() as connection:
            assert any(broken_at(connection, chain) for chain in chains)
