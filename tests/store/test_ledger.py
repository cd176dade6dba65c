"""The ledger's tables, chains and look-ups, on both databases."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import event, insert, select, text

from pipeline.domain.identity import ExamKey, Identifier, Patient, PersonName
from pipeline.domain.notice import Letter, LetterFacts, Notice, NoticeState, NoticeType
from pipeline.domain.reading import Category, Grade
from pipeline.store import control, outbox, record, seals
from pipeline.store import tables as t
from pipeline.store.audit import Chain, broken_at, open_chain
from pipeline.store.changes import delivery_id
from pipeline.store.codec import dump, load
from pipeline.store.engine import WRITES, open_sqlite
from pipeline.store.exams import Exams
from pipeline.store.ledger import Ledger
from pipeline.store.migrate import upgrade
from pipeline.store.objects import Archive
from pipeline.store.queries import Queries
from pipeline.store.tables import metadata
from pipeline.store.writer import Writer

T0 = datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC)


def test_the_migrations_make_exactly_the_tables(ledger: Ledger) -> None:
    with ledger.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, metadata) == []


def test_times_come_back_in_utc_whatever_zone_they_had(ledger: Ledger) -> None:
    local = T0.astimezone(timezone(timedelta(hours=-5)))
    with ledger.write() as connection:
        connection.execute(insert(t.control), {"name": "x", "paused": False, "by": "", "at": local})
    with ledger.read() as connection:
        at = connection.execute(select(t.control.c.at).where(t.control.c.name == "x")).scalar_one()
    assert at == T0
    assert at.utcoffset() == timedelta(0)


def test_a_time_without_zone_is_refused(ledger: Ledger) -> None:
    def write() -> None:
        with ledger.write() as connection:
            connection.execute(insert(t.control), {"name": "x", "paused": False, "by": "", "at": datetime(2026, 1, 1)})  # noqa: DTZ001

    with pytest.raises(Exception, match="without zone"):
        write()


def test_a_chain_shows_a_changed_a_removed_and_an_added_row(ledger: Ledger) -> None:
    def written() -> None:
        with ledger.write() as connection:
            connection.execute(text("DELETE FROM audit"))
            chain = Chain("a" * 64)
            for number in range(5):
                chain.add(T0, "notice", f"n{number}", "", "preparation", "decided", "Jürgen \x00")
            writer = Writer(connection)
            writer.trail(chain)
            writer.flush()

    for damage, place in (
        ("UPDATE audit SET became = 'completed' WHERE seq = 3", 3),
        ("DELETE FROM audit WHERE seq = 2", 2),
        ("UPDATE audit SET seq = 9 WHERE seq = 5", 5),
    ):
        written()
        with ledger.read() as connection:
            assert broken_at(connection, "a" * 64) is None
        with ledger.write() as connection:
            connection.execute(text(damage))
            assert broken_at(connection, "a" * 64) == place


def test_a_chain_goes_on_where_it_ended(ledger: Ledger) -> None:
    for number in range(3):
        with ledger.write() as connection:
            chain = open_chain(connection, "control")
            chain.add(T0, "control", "notices", "", str(number), "test")
            writer = Writer(connection)
            writer.trail(chain)
            writer.flush()
    with ledger.read() as connection:
        assert broken_at(connection, "control") is None
        assert open_chain(connection, "control").seq == 3


def test_exam_rows_are_made_once_and_aliases_lead_to_the_owner(ledger: Ledger) -> None:
    one, other = ExamKey("RIS", "A1"), ExamKey("RIS", "A2")
    with ledger.write() as connection:
        writer = Writer(connection)
        exams = Exams(writer, T0)
        exams.lock([one, other, one])
        row, second = exams.of(one), exams.of(other)
        assert row.fresh
        second.chain.add(T0, "instance", "x", "", "joined", "test")
        exams.absorb(second, row, "test", T0)
        exams.save(row, None)
        writer.flush()
        assert exams.of(other).digest == row.digest
    with ledger.write() as connection:
        writer = Writer(connection)
        exams = Exams(writer, T0)
        assert exams.of(other).digest == one.digest
        assert exams.of(one).chain.seq == 1
        assert exams.by_digest("f" * 64) is None


def test_finding_uses_an_index(ledger: Ledger) -> None:
    with ledger.write() as connection:
        writer = Writer(connection)
        exams = Exams(writer, T0)
        keys = [ExamKey("RIS", f"A{number}") for number in range(2000)]
        exams.lock(keys)
        for key in keys:
            patient = Patient((Identifier(f"M{key.accession}"),))
            record.add_identifiers(writer, key.digest, (key,), patient, study=f"1.2.{key.accession}")
        writer.flush()
    assert [found.accession for found in Queries(ledger).find("a77")] == ["A77"]
    if ledger.dialect == "sqlite":
        steps = _plan(ledger, "FROM identifiers", lambda: Queries(ledger).find("a77"))
        assert not any("SCAN" in step for step in steps)


def test_the_claim_uses_the_index_of_open_deliveries(ledger: Ledger) -> None:
    if ledger.dialect != "sqlite":
        pytest.skip("the plan of PostgreSQL depends on its statistics")

    def claim() -> None:
        with ledger.write() as connection:
            assert outbox.claim(connection, "folder", 10, timedelta(minutes=1), T0) == []

    steps = _plan(ledger, "FROM deliveries", claim)
    assert any("ix_deliveries_open" in step for step in steps)
    assert any("ix_deliveries_lane" in step for step in steps)


def _plan(ledger: Ledger, part: str, call: Callable[[], object]) -> list[str]:
    """What SQLite does for the first statement of `call` that contains `part`."""
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if part in statement:
            seen.append((statement, parameters))

    engine = ledger._engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        call()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    statement, parameters = seen[0]
    with engine.connect() as connection:
        return [row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]


def test_two_writers_on_postgresql_take_turns_on_one_exam(ledger: Ledger) -> None:
    if ledger.dialect != "postgresql":
        pytest.skip("SQLite has one writer")
    key, started, order = ExamKey("RIS", "A1"), threading.Event(), []

    def second() -> None:
        with ledger.write() as connection:
            started.set()
            Exams(Writer(connection), T0).of(key)
            order.append("second")

    with ledger.write() as connection:
        Exams(Writer(connection), T0).of(key)
        thread = threading.Thread(target=second)
        thread.start()
        assert started.wait(10)
        thread.join(0.3)
        assert thread.is_alive()
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]


def test_instances_say_that_they_live(ledger: Ledger) -> None:
    with ledger.write() as connection:
        control.beat(connection, "one", "0.1")
        control.beat(connection, "one", "0.1", scanned=True)
        control.beat(connection, "two", "0.1")
        control.gone(connection, "two")
    with ledger.read() as connection:
        rows = connection.execute(select(t.daemons)).all()
    assert [(row.name, row.last_scan_ok) for row in rows] == [("one", True)]
    assert rows[0].last_scan_at >= rows[0].started_at


def test_a_value_comes_back_as_it_was() -> None:
    facts = LetterFacts("An\x00na \udce9", "1960-05-01", "M1", T0, None, "Dr Ü", "A1", "en")
    notice = Notice("n", "r", Letter.LOW, NoticeType.RESULT, Category.NEGATIVE, Grade.VERY_LOW, NoticeState.ON_HOLD, T0, facts)
    assert load(Notice, dump(notice)) == notice
    assert dump(notice).isascii()
    patient = Patient((Identifier("1", "H", "MR"),), PersonName("A", "B"), date(1960, 1, 2), deceased=True)
    assert load(Patient, dump(patient)) == patient


@dataclass(frozen=True)
class Older:
    name: str


@dataclass(frozen=True)
class Newer:
    name: str
    since: datetime | None = None


def test_a_field_that_came_later_takes_its_default() -> None:
    assert load(Newer, dump(Older("x"))) == Newer("x")
    assert load(Older, dump(replace(Newer("x"), since=T0))) == Older("x")
    with pytest.raises(KeyError):
        load(Newer, "{}")


def test_a_delivery_id_is_made_of_what_it_delivers() -> None:
    known = delivery_id("e" * 64, "r" * 64, "notice:n1", "folder", 1)
    assert known == delivery_id("e" * 64, "r" * 64, "notice:n1", "folder", 1)
    others = [
        delivery_id("f" * 64, "r" * 64, "notice:n1", "folder", 1),
        delivery_id("e" * 64, "s" * 64, "notice:n1", "folder", 1),
        delivery_id("e" * 64, "r" * 64, "notice:n2", "folder", 1),
        delivery_id("e" * 64, "r" * 64, "notice:n1", "other", 1),
        delivery_id("e" * 64, "r" * 64, "notice:n1", "folder", 2),
    ]
    assert len({known, *others}) == 6
    assert len(known) == 32
    assert int(known, 16) >= 0


def test_the_archive_keeps_what_is_there(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive")
    kept = archive.put(b"content", "ab" * 32)
    assert kept == tmp_path / "archive" / "ab" / ("ab" * 32)
    assert (kept.stat().st_mode & 0o777, kept.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert archive.put(b"other", "ab" * 32) == kept
    assert archive.get("ab" * 32) == b"content"
    assert archive.get("cd" * 32) is None
    assert [path.name for path in kept.parent.iterdir()] == ["ab" * 32]


def test_a_ledger_of_the_first_revision_is_brought_up_to_date_and_its_trail_is_sealed(tmp_path: Path) -> None:
    file = tmp_path / "ledger.db"
    engine = open_sqlite(file)
    with engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
        upgrade(connection, "0001")
        chain = Chain("control")
        chain.add(T0, "control", "notices", "running", "paused", "paused", "Dr Duty")
        connection.execute(insert(t.audit), chain.take())
    engine.dispose()
    ledger = Ledger.open("", file)
    with ledger.write() as connection:
        sealed = seals.seal(connection, T0)
    assert sealed is not None
    assert sealed.rows == 1
    with ledger.read() as connection:
        assert seals.verify(connection, sealed.digest).faults == []
    ledger.close()
