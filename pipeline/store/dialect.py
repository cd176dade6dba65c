"""The few statements that SQLite and PostgreSQL spell alike but SQLAlchemy keeps apart."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table, TextClause, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import Insert

_NOW: dict[str, TextClause] = {
    "sqlite": text("SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"),
    "postgresql": text("SELECT clock_timestamp()"),
}


@cache
def insert_new(dialect: str, table: Table) -> Insert:
    """INSERT that leaves a row alone whose key is there already."""
    if dialect == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()


@cache
def insert_or_update(dialect: str, table: Table, columns: tuple[str, ...], only_where_state: str = "") -> Insert:
    """INSERT, or where the primary key is there already UPDATE of `columns` (if `only_where_state`: only of a row in that state)."""
    statement: Any = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    made: Insert = statement.on_conflict_do_update(
        index_elements=list(table.primary_key.columns),
        set_={name: statement.excluded[name] for name in columns},
        where=(table.c.state == only_where_state) if only_where_state else None,
    )
    return made


def database_now(connection: Connection) -> datetime:
    """The database's clock, in UTC: the only clock that leases of several machines may be measured by."""
    value = connection.execute(_NOW[connection.dialect.name]).scalar_one()
    return datetime.fromisoformat(value) if isinstance(value, str) else value.astimezone(UTC)


def storable(value: str, limit: int = 0) -> str:
    """Text as both databases take it: no NUL, no lone surrogate; cut to `limit` characters where an index must hold it."""
    clean = value if value.isascii() and "\x00" not in value else value.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
    return clean[:limit] if limit else clean
