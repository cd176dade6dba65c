"""The yardstick: the least that any program must do that takes files once and remembers them durably."""

import hashlib
import os
from pathlib import Path

import pysqlite3 as sqlite

GROUP = 256
STORES = (
    "one row a file (hash, name, size, MSH-10, OBR-4); WAL, synchronous=FULL, one commit for 256 files, as many as a batch of the "
    "product; the file renamed"
)


def header(content: bytes) -> tuple[bytes, bytes]:
    """MSH-10 and OBR-4 by two searches and two splits."""
    end = content.find(b"\r")
    fields = content[:end].split(b"|", 10)
    at = content.find(b"\rOBR|")
    order = content[at + 1 : at + 300].split(b"|", 5) if at >= 0 else []
    return (fields[9] if len(fields) > 9 else b""), (order[4] if len(order) > 4 else b"")


def run(source: Path, done: Path, ledger: Path) -> int:
    """Take every file below `source`, one folder deep; the number of files."""
    done.mkdir()
    base = sqlite.connect(str(ledger), isolation_level=None)
    base.execute("PRAGMA journal_mode=WAL")
    base.execute("PRAGMA synchronous=FULL")
    base.execute("CREATE TABLE file (hash TEXT PRIMARY KEY, name TEXT, size INTEGER, control BLOB, code BLOB) WITHOUT ROWID")
    count = 0
    rows: list[tuple[str, str, int, bytes, bytes]] = []
    moves: list[tuple[str, str]] = []

    def commit() -> None:
        base.execute("BEGIN IMMEDIATE")
        base.executemany("INSERT OR IGNORE INTO file VALUES (?, ?, ?, ?, ?)", rows)
        base.execute("COMMIT")
        for old, new in moves:
            os.rename(old, new)  # noqa: PTH104 - once a file
        rows.clear()
        moves.clear()

    for folder in sorted(os.scandir(source), key=lambda entry: entry.name):
        for entry in sorted(os.scandir(folder.path), key=lambda entry: entry.name):
            descriptor = os.open(entry.path, os.O_RDONLY)
            content = os.read(descriptor, 1 << 20)
            os.close(descriptor)
            rows.append((hashlib.sha256(content).hexdigest(), entry.name, len(content), *header(content)))
            moves.append((entry.path, f"{done}/{entry.name}"))
            count += 1
            if len(rows) == GROUP:
                commit()
    commit()
    base.close()
    return count


def put_back(source: Path, done: Path) -> None:
    """Undo the renames, for the next round."""
    for entry in os.scandir(done):
        Path(entry.path).rename(source / entry.name[:3] / entry.name)
    done.rmdir()
