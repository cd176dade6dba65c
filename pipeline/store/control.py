"""What operators switch, and what instances say about themselves."""

from datetime import datetime

from sqlalchemy import Connection, select, update

from pipeline.store import tables as t
from pipeline.store.audit import open_chain
from pipeline.store.dialect import database_now, insert_new, insert_or_update, storable
from pipeline.store.writer import Writer

NOTICES = "notices"
_PAUSED = select(t.control.c.paused).where(t.control.c.name == NOTICES)


def paused(connection: Connection) -> bool:
    """Whether letters are stopped."""
    return bool(connection.execute(_PAUSED).scalar())


def set_paused(connection: Connection, *, to: bool, by: str, now: datetime) -> bool:
    """Stops letters, or lets them leave again; audited in the chain `control`. False where it was so already."""
    row = {"name": NOTICES, "paused": False, "by": "", "at": None}
    connection.execute(insert_new(connection.dialect.name, t.control), row)
    was = connection.execute(select(t.control.c.paused).where(t.control.c.name == NOTICES).with_for_update()).scalar_one()
    if was == to:
        return False
    connection.execute(update(t.control).where(t.control.c.name == NOTICES).values(paused=to, by=storable(by), at=now))
    chain = open_chain(connection, "control")
    words = ("paused", "running")
    chain.add(now, "control", NOTICES, words[not was], words[not to], "paused" if to else "resumed", by)
    writer = Writer(connection)
    writer.trail(chain)
    writer.flush()
    return True


def beat(connection: Connection, name: str, version: str, *, scanned: bool | None = None) -> None:
    """An instance says that it lives, and with `scanned` how its last look at the inboxes went; by the database's clock."""
    now = database_now(connection)
    row: dict[str, object] = {"name": name, "version": version, "started_at": now, "heartbeat_at": now}
    columns = ["version", "heartbeat_at"]
    if scanned is not None:
        row |= {"last_scan_at": now, "last_scan_ok": scanned}
        columns += ["last_scan_at", "last_scan_ok"]
    connection.execute(insert_or_update(connection.dialect.name, t.daemons, tuple(columns)), row)


def gone(connection: Connection, name: str) -> None:
    """An instance has stopped in good order."""
    connection.execute(t.daemons.delete().where(t.daemons.c.name == name))
