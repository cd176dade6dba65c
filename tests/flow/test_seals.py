"""Seals of the audit trail: what a hand in the database changes, takes out, cuts off or writes anew shows."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from pipeline.store import seals
from pipeline.store.audit import Chain, open_chain
from pipeline.store.seals import Verified
from pipeline.store.writer import Writer
from tests.flow.kit import T0, Kit, report

STATEMENTS = {
    "a row is changed": "UPDATE audit SET became = 'never' WHERE seq = 2",
    "a row is taken out": "DELETE FROM audit WHERE seq = 2",
    "a chain is cut off": "DELETE FROM audit WHERE seq >= 3",
    "a chain is taken away": "DELETE FROM audit",
    "the whole trail and its seals are taken away": "DELETE FROM sealed; DELETE FROM seals; DELETE FROM audit",
    "where an exam ends is changed": "UPDATE exams SET audit_head = '00'",
    "a seal is changed": "UPDATE seals SET rows = rows, digest = '00' WHERE number = 1",
    "what a seal holds is changed": "UPDATE sealed SET seq = seq - 1",
}


def verified(kit: Kit, expected: str = "") -> Verified:
    with kit.ledger.read() as connection:
        return seals.verify(connection, expected)


def digests(kit: Kit) -> list[str]:
    return [str(row["digest"]) for row in kit.rows("SELECT digest FROM seals ORDER BY number")]


@pytest.fixture
def lived(kit: Kit) -> Kit:
    kit.one(report("normal"))
    kit.one(report("indeterminate", "second"))
    kit.deliver()
    kit.flow.seal()
    return kit


def test_everything_that_was_written_is_under_a_seal(lived: Kit) -> None:
    found = verified(lived)
    assert (found.faults, found.unsealed, found.seals) == ([], 0, 1)
    assert lived.rows("SELECT rows FROM seals") == [{"rows": found.rows}]
    assert found.rows == lived.count("audit") > 10
    assert [found.last] == digests(lived)


def test_nothing_new_needs_no_seal(lived: Kit) -> None:
    lived.flow.seal()
    assert lived.count("seals") == 1


def test_a_seal_holds_what_is_new_and_the_seal_before_it(lived: Kit) -> None:
    before = lived.count("audit")
    lived.clock.forward(hours=1)
    lived.one(report("high", signed=T0 + timedelta(hours=1), control="C2"))
    assert verified(lived).unsealed == 1
    lived.flow.seal()
    assert [row["rows"] for row in lived.rows("SELECT rows FROM seals ORDER BY number")] == [before, lived.count("audit") - before]
    assert verified(lived).faults == []
    lived.execute("DELETE FROM sealed WHERE seal = 1")
    assert len(verified(lived).faults) == 1


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS)
def test_what_a_hand_does_shows(lived: Kit, statement: str) -> None:
    for one in statement.split("; "):
        lived.execute(one)
    assert verified(lived).faults


def test_a_trail_that_was_written_anew_as_a_whole_shows(lived: Kit) -> None:
    with lived.ledger.write() as connection:
        row = dict(connection.execute(text("SELECT chain, item FROM audit WHERE seq = 1 ORDER BY chain LIMIT 1")).mappings().one())
        connection.execute(text("DELETE FROM audit WHERE chain = :chain"), row)
        chain = Chain(row["chain"])
        chain.add(T0, "report", row["item"], "", "current", "decided")
        writer = Writer(connection)
        writer.trail(chain)
        writer.flush()
    found = verified(lived)
    assert [fault for fault in found.faults if "row" in fault] == []
    assert [fault for fault in found.faults if "written anew" in fault]


def test_a_time_that_is_none_is_a_change_and_no_fault_of_ours(lived: Kit) -> None:
    if lived.ledger.dialect == "postgresql":
        pytest.skip("PostgreSQL keeps times only")
    lived.execute("UPDATE audit SET at = 'x' WHERE seq = 2")
    assert verified(lived).faults


def test_seals_that_are_taken_away_show_by_the_log(lived: Kit) -> None:
    (kept,) = digests(lived)
    assert verified(lived, kept).faults == []
    lived.execute("DELETE FROM sealed")
    lived.execute("DELETE FROM seals")
    assert verified(lived).faults == []
    assert verified(lived, kept).faults


def test_a_chain_that_somebody_works_on_waits_for_the_next_seal(lived: Kit) -> None:
    lived.one(report("low", "third"))
    lived.one(report("low", "fourth"))
    if lived.ledger.dialect == "sqlite":
        pytest.skip("SQLite has one writer")
    with lived.ledger.write() as busy:
        chain = open_chain(busy, busy.execute(text("SELECT min(chain) FROM unsealed")).scalar_one())
        chain.add(T0, "report", "x", "", "current", "decided")
        writer = Writer(busy)
        writer.trail(chain)
        writer.flush()
        lived.flow.seal()
        assert verified(lived).unsealed == 1
    lived.flow.seal()
    assert verified(lived).unsealed == 0


def test_many_chains_take_several_seals(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seals, "_MARKED", seals._MARKED.limit(2))
    monkeypatch.setattr(seals, "_MOST", 2)
    for name in ("one", "two", "three", "four", "five"):
        kit.one(report("normal", name))
    kit.flow.seal()
    assert kit.count("seals") == 3
    found = verified(kit)
    assert (found.faults, found.unsealed, found.chains) == ([], 0, 5)


def test_the_log_keeps_each_seal(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, dict[str, object]]] = []
    monkeypatch.setattr("pipeline.flow.emit", lambda event, **fields: told.append((event, fields)))
    kit.one(report("normal"))
    kit.flow.seal()
    assert ("ledger.sealed", {"seal": digests(kit)[0], "number": 1, "rows": kit.count("audit")}) in told
