"""The tick asks by index: its cost hangs on what is open or due, never on how many exams there have ever been."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from pipeline.store.joins import any_waiting
from pipeline.store.ledger import Ledger
from tests.flow.kit import T0, Kit, file_of, image, report

_PARTIAL = r"USING (COVERING )?INDEX ix_(exams_(late_at|settle_at|waiting)|follow_ups_(open|step)|holds_(open|step)|deliveries_open)\b"
_WHOLE = re.compile(rf"SCAN (?!\d+-ROW )\w+\b(?! {_PARTIAL})|SEARCH exams USING (COVERING )?INDEX sqlite_autoindex\w+ \(digest>")
"""A look through a table, or through an index of all its rows; one of what is open or waits may be looked through."""


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[Kit]:
    ledger = Ledger.open("", tmp_path / "ledger.db")
    yield Kit(ledger, tmp_path)
    ledger.close()


def test_no_statement_of_a_tick_looks_through_a_whole_table(kit: Kit) -> None:
    kit.ingest(file_of(report("indeterminate")), file_of(report("high", "A2")), file_of(image("1.2.3.9", "A9", study="1.2.9")))
    asked: list[tuple[str, Any]] = []

    def heard(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        asked.append((statement, parameters[0] if many else parameters))

    engine = kit.ledger._engine
    event.listen(engine, "before_cursor_execute", heard)
    kit.flow.tick(T0 + timedelta(days=2))
    with kit.ledger.read() as connection:
        # Not of the tick, but of every batch.
        assert any_waiting(connection)
    event.remove(engine, "before_cursor_execute", heard)
    statements = {statement: parameters for statement, parameters in asked if re.match(r"SELECT|UPDATE|DELETE", statement)}
    asked_of = {
        name for name in ("exams", "follow_ups", "holds", "identifiers", "other_exams", "deliveries") for one in statements if name in one
    }
    assert len(statements) > 8
    assert asked_of == {"exams", "follow_ups", "holds", "identifiers", "other_exams", "deliveries"}
    found = {}
    with kit.ledger.read() as connection:
        for statement, parameters in statements.items():
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
            plan = [str(row[-1]) for row in rows]
            if any(_WHOLE.match(line) for line in plan):
                found[statement] = plan
        assert connection.execute(text("SELECT count(*) FROM exams")).scalar_one() == 3
    assert found == {}
