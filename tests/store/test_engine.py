"""SQLite keeps its promises only in the way we open it; these tests hold that way."""

import threading
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from pipeline.errors import EnvironmentFailed, TryAgain
from pipeline.store import engine as engine_module
from pipeline.store.engine import WRITES, fixed, open_sqlite, sqlite_module
from pipeline.store.ledger import Ledger


@pytest.mark.parametrize(
    ("version", "good"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 45, 0), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 53, 4), True),
        ((4, 0, 0), True),
    ],
)
def test_versions_that_may_corrupt_are_known(version: tuple[int, ...], good: bool) -> None:
    assert fixed(version) is good


def test_an_unfixed_sqlite_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(engine_module, "fixed", lambda version: False)
    with pytest.raises(EnvironmentFailed, match="WAL-reset"):
        Ledger.open("", tmp_path / "ledger.db")


def test_the_sqlite_in_use_is_fixed() -> None:
    assert fixed(sqlite_module().sqlite_version_info)


def test_every_connection_is_durable_and_keeps_foreign_keys(tmp_path: Path) -> None:
    engine = open_sqlite(tmp_path / "x.db")
    with engine.connect() as connection:
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        told = {name: connection.execute(text(f"PRAGMA {name}")).scalar() for name in names}
    assert told == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}
    assert (tmp_path / "x.db").stat().st_mode & 0o777 == 0o600
    engine.dispose()


def test_a_released_savepoint_does_not_survive_the_outer_rollback(tmp_path: Path) -> None:
    engine = open_sqlite(tmp_path / "x.db").execution_options(**{WRITES: True})
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (x INTEGER)"))

    def insert_and_fail() -> None:
        with engine.begin() as connection:
            with connection.begin_nested():
                connection.execute(text("INSERT INTO t VALUES (1)"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        insert_and_fail()
    with engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM t")).scalar() == 0
    engine.dispose()


def test_the_default_way_would_lose_that(tmp_path: Path) -> None:
    """Why we open it ourselves. If this fails one day, the driver has been mended and our events may go."""
    engine = create_engine(f"sqlite+pysqlite:///{tmp_path / 'x.db'}", module=sqlite_module())
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (x INTEGER)")

    def insert_and_fail() -> None:
        with engine.begin() as connection:
            with connection.begin_nested():
                connection.exec_driver_sql("INSERT INTO t VALUES (1)")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        insert_and_fail()
    with engine.begin() as connection:
        survived = connection.exec_driver_sql("SELECT count(*) FROM t").scalar()
    engine.dispose()
    assert survived == 1


def test_reading_then_writing_under_contention_waits_and_does_not_fail(tmp_path: Path) -> None:
    ledger = Ledger.open("", tmp_path / "ledger.db")
    with ledger.write() as connection:
        connection.execute(text("INSERT INTO meta VALUES ('n', '0')"))
    failures: list[BaseException] = []
    together = threading.Barrier(4)

    def add(times: int) -> None:
        try:
            together.wait()
            for _ in range(times):
                with ledger.write() as connection:
                    before = int(connection.execute(text("SELECT value FROM meta WHERE name = 'n'")).scalar_one())
                    connection.execute(text("UPDATE meta SET value = :v WHERE name = 'n'"), {"v": str(before + 1)})
        except BaseException as error:  # noqa: BLE001 - told to the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=add, args=(25,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with ledger.read() as connection:
        assert connection.execute(text("SELECT value FROM meta WHERE name = 'n'")).scalar() == "100"
    ledger.close()


def test_a_ledger_that_stays_locked_is_told_as_try_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "BUSY_MS", 50)
    ledger = Ledger.open("", tmp_path / "ledger.db")

    def write_inside_a_write() -> None:
        with ledger.write(), ledger.write():
            raise AssertionError

    with pytest.raises(TryAgain):
        write_inside_a_write()
    ledger.close()


def test_a_newer_ledger_is_refused(tmp_path: Path) -> None:
    ledger = Ledger.open("", tmp_path / "ledger.db")
    with ledger.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    ledger.close()
    with pytest.raises(EnvironmentFailed, match="newer"):
        Ledger.open("", tmp_path / "ledger.db")


def test_a_folder_that_is_not_there_is_the_environments_fault(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailed):
        Ledger.open("", tmp_path / "missing" / "ledger.db")
    (tmp_path / "text.db").write_bytes(b"this is not a database at all" * 100)
    with pytest.raises(EnvironmentFailed):
        Ledger.open("", tmp_path / "text.db")
