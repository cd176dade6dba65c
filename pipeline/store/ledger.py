"""The ledger: one database that is the truth about every file, exam and promise."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from pipeline.errors import EnvironmentFailed
from pipeline.store.engine import WRITES, open_sqlite, open_url, translated
from pipeline.telemetry import emit

REVISION = "0003"
"""The newest migration; a ledger with it needs no Alembic at start."""


class Ledger:
    """Transactions on one database. May be shared by threads; each transaction has its own connection."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writer = engine.execution_options(**{WRITES: True})

    @classmethod
    def open(cls, url: str, file: Path) -> Self:
        """The database of `url`, or the SQLite file `file` where `url` is empty; its tables made or brought up to date.

        Raises:
            EnvironmentFailed: no database, an SQLite that may corrupt it, or tables of a newer version than this program.
        """
        engine = open_url(url) if url else open_sqlite(file)
        try:
            ledger = cls(engine)
            ledger._bring_up_to_date()
        except SQLAlchemyError as error:
            engine.dispose()
            name = type(error.orig).__name__ if isinstance(error, DBAPIError) else type(error).__name__
            raise EnvironmentFailed(f"the ledger cannot be opened ({name})") from None
        except BaseException:
            engine.dispose()
            raise
        return ledger

    @property
    def dialect(self) -> str:
        return self._engine.dialect.name

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One write transaction: commits at the end of the block, rolls back if it raises.

        Raises:
            Contended: deadlock or serialisation failure; smaller pieces will do.
            TryAgain: the database is full, locked for too long, or gone.
        """
        try:
            with self._writer.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise translated(error) from None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One read transaction: everything in it is of the same moment (SQLite) or committed (PostgreSQL). Raises TryAgain."""
        try:
            with self._engine.connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise translated(error) from None

    def close(self) -> None:
        self._engine.dispose()

    def _bring_up_to_date(self) -> None:
        revision = self._revision()
        if revision != REVISION:
            if revision > REVISION:
                raise EnvironmentFailed("the ledger was made by a newer vqroute: install that version or a later one")
            from pipeline.store.migrate import upgrade

            try:
                with self._writer.begin() as connection:
                    upgrade(connection)
            except SQLAlchemyError:
                # Another instance may have done the same in the same moment; then there is nothing left to do.
                if self._revision() != REVISION:
                    raise
            emit("ledger.migrated", from_revision=revision and f"r{revision}", revision=f"r{REVISION}")
        sqlite = ".".join(map(str, self._engine.dialect.dbapi.sqlite_version_info)) if self._is_sqlite() else None  # type: ignore[union-attr]
        emit("ledger.opened", store=self.dialect, sqlite=sqlite, revision=f"r{REVISION}")

    def _is_sqlite(self) -> bool:
        return self.dialect == "sqlite"

    def _revision(self) -> str:
        with self._engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return ""
            return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")
