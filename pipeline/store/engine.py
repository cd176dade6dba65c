"""Opens a database in the only way that keeps what it promises: durable, serial writes, no half transactions."""

import importlib
import os
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from pipeline.errors import EnvironmentFailed, TryAgain

BUSY_MS = 10_000
WRITES = "vqroute_writes"
"""Execution option of a connection whose transactions write: they take the write lock at their start."""

_CONTENTION = frozenset({"40001", "40P01", "55P03"})  # serialization_failure, deadlock_detected, lock_not_available


class Contended(TryAgain):
    """Another writer was in the way (deadlock, serialisation): the same work, tried again in smaller pieces, will do."""


def fixed(version: tuple[int, ...]) -> bool:
    """Whether this SQLite has the fix of the WAL-reset bug, which can corrupt a database.

    Source: SQLite release notes: fixed in 3.51.3, and in 3.50.7 and 3.44.6 for their branches.
    """
    if version[:2] == (3, 50):
        return version >= (3, 50, 7)
    if version[:2] == (3, 44):
        return version >= (3, 44, 6)
    return version >= (3, 51, 3)


def sqlite_module() -> ModuleType:
    """The DB-API module whose SQLite may be trusted.

    Raises:
        EnvironmentFailed: neither `pysqlite3` nor the interpreter brings a fixed SQLite.
    """
    found = "none"
    for name in ("pysqlite3.dbapi2", "sqlite3.dbapi2"):
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue
        if fixed(module.sqlite_version_info):
            return module
        found = module.sqlite_version
    raise EnvironmentFailed(
        f"SQLite {found} may corrupt its database (WAL-reset bug): install pysqlite3, or use SQLite 3.51.3 or later, or PostgreSQL"
    )


def open_sqlite(file: Path) -> Engine:
    """An engine on one file, made 0600 if new. Raises EnvironmentFailed."""
    module = sqlite_module()
    try:
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise EnvironmentFailed(f"the ledger file cannot be opened ({type(error).__name__})") from None
    engine = create_engine(
        f"sqlite+pysqlite:///{file}",
        module=module,
        # Autocommit at driver level: its own implicit BEGIN would start a read transaction before ours, and leaves savepoints outside.
        connect_args={"isolation_level": None, "timeout": BUSY_MS / 1000, "check_same_thread": False},
        pool_size=4,
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def open_url(url: str) -> Engine:
    """An engine on PostgreSQL, or on the SQLite file of a `sqlite:///` URL. Raises EnvironmentFailed."""
    if url.startswith("sqlite"):
        return open_sqlite(Path(url.split("///", 1)[1]))
    try:
        return create_engine(url, isolation_level="READ COMMITTED", pool_size=4, pool_pre_ping=True, connect_args={"connect_timeout": 10})
    except (SQLAlchemyError, ImportError) as error:
        raise EnvironmentFailed(f"the ledger's database cannot be used ({type(error).__name__})") from None


def translated(error: SQLAlchemyError) -> Exception:
    """What the caller can do about it: Contended, TryAgain, or the error itself where it is a fault of ours.

    The new exception carries class names only: a driver's message may quote the row.
    """
    if not isinstance(error, DBAPIError):
        return TryAgain(type(error).__name__) if type(error).__name__ == "TimeoutError" else error
    original = error.orig
    state = getattr(original, "sqlstate", None)
    if state in _CONTENTION:
        return Contended("the database asked for another try")
    # SQLite: OperationalError is locked, full, read-only, I/O. psycopg: server gone, too many connections, disk full (class 53, 57, 58).
    if error.connection_invalidated or type(original).__name__ in ("OperationalError", "InterfaceError"):
        return TryAgain(f"the ledger cannot be used now ({type(original).__name__})")
    if isinstance(state, str) and state[:2] in ("08", "53", "57", "58"):
        return TryAgain(f"the ledger cannot be used now ({state})")
    return error


def _prepare(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    mode = cursor.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA temp_store = MEMORY")
    cursor.close()
    if mode != "wal":
        raise EnvironmentFailed("the ledger's file system does not allow write-ahead logging: put the state folder on a local disk")


def _begin(connection: Connection) -> None:
    # A transaction that reads first and then writes fails at once under contention, whatever the busy timeout: take the lock first.
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
