"""The real product for the machine: opened, crashed and opened again on one state folder, with a destination that fails on demand."""

import functools
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlalchemy import Connection, text

from pipeline import app as application
from pipeline.app import App
from pipeline.config import Config, load
from pipeline.destinations import Unreachable
from pipeline.destinations.folder import Folder
from pipeline.domain.exam import Exam
from pipeline.domain.identity import ExamKey
from pipeline.domain.parcel import Parcel
from pipeline.flow import Incoming, Outcome
from pipeline.store import engine
from pipeline.store.deciding import Rules
from pipeline.store.exams import load_exam
from tests.docs.pages import ROOT
from tests.hazards.hospital import Clock
from tests.life import wire


class Killed(BaseException):
    """The process dies here. No `except Exception` of the product may catch it."""


@functools.cache
def packaged() -> tuple[Config, Rules]:
    """The sample site, and its rules: the vocabulary takes most of a start."""
    config = load(ROOT / "config" / "site.toml")
    return config, application._rules(config)


@functools.cache
def _empty_state() -> Path:
    """A state folder with an empty ledger, to be copied: migrations and the site's secret are not what is tried here."""
    place = Path(tempfile.mkdtemp(prefix="vqroute-life-"))
    config, rules = packaged()
    with patch.object(application, "_rules", lambda _config: rules):
        App.build(config, place / "state", place / "output", Clock(), folder_only=True, exclusive=True).close()
    return place / "state"


def _quick(connection: Any, record: Any) -> None:
    """As the product prepares a connection, but nothing waits for the disk: a killed process loses nothing by that, only a machine."""
    _PREPARE(connection, record)
    connection.execute("PRAGMA synchronous = OFF")


_PREPARE = engine._prepare
_LEASES = ("lease", "leased_until")


class Wobbly:
    """A folder that is down when told so, and where the process may die before and after each step."""

    def __init__(self, ward: "Ward") -> None:
        self._ward = ward
        self._folder = Folder(ward.output)
        self.name = self._folder.name
        self.kinds = self._folder.kinds

    def prepare(self, parcel: Parcel) -> None:
        with self._step():
            self._folder.prepare(parcel)

    def settle(self) -> None:
        with self._step():
            self._folder.settle()

    def send(self, delivery_id: str) -> bool:
        with self._step():
            return self._folder.send(delivery_id)

    def recall(self, delivery_id: str) -> bool:
        with self._step():
            return self._folder.recall(delivery_id)

    @contextmanager
    def _step(self) -> Iterator[None]:
        if self._ward.down:
            raise Unreachable("OSError")
        self._ward.point()
        yield
        self._ward.point()


class Ward:
    """One site in mode demo, on a state folder of its own."""

    def __init__(self, *, quiet: timedelta = timedelta(0), require_study: bool = False) -> None:
        self._stack = ExitStack()
        self.place = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="vqroute-ward-")))
        self.output = self.place / "output"
        shutil.copytree(_empty_state(), self.place / "state")
        config, rules = packaged()
        self.rules = replace(rules, policy=replace(rules.policy, quiet_period=quiet, require_study=require_study))
        self.config = config
        self.clock = Clock(wire.slot(6))
        self.down = False
        self.countdown = 0
        self.kills = 0
        self.files: list[bytes] = []
        self.seen: dict[Path, str] = {}
        self.stamps: dict[Path, int] = {}
        self.app = self._opened()

    def close(self) -> None:
        self.app.close()
        self._stack.close()

    def point(self) -> None:
        """A place where the process may die."""
        if self.countdown:
            self.countdown -= 1
            if not self.countdown:
                self.kills += 1
                raise Killed

    def _opened(self) -> App:
        with (
            patch.object(application, "_rules", lambda _config: self.rules),
            patch.object(application, "_destinations", lambda *_args, **_kwargs: [Wobbly(self)]),
            patch.object(engine, "_prepare", _quick),
        ):
            app = App.build(self.config, self.place / "state", self.output, self.clock, folder_only=True, exclusive=True)
        write = app.ledger.write

        @contextmanager
        def dying() -> Iterator[Connection]:
            with write() as connection:
                yield connection
                # Everything is written, nothing is committed.
                self.point()
            self.point()

        app.ledger.write = dying  # type: ignore[method-assign]
        return app

    def restart(self, *, lost: bool = False) -> None:
        """A new process on the same state. `lost`: the old one's leases are somebody else's, and end by time alone."""
        self.countdown = 0
        self.app.close()
        if lost:
            (self.place / "state" / "instance").unlink()
        self.app = self._opened()

    # -- what happens

    def ingest(self, content: bytes) -> list[Outcome]:
        with patch.object(os, "fsync", lambda _descriptor: None):
            item = Incoming(content, hashlib.sha256(content).hexdigest(), "test", self.clock.now())
            return self.app.flow.ingest([item])[0]

    def deliver(self) -> None:
        with patch.object(os, "fsync", lambda _descriptor: None):
            while self.app.flow.deliver().more:
                pass

    # -- what is

    def rows(self, query: str, **values: object) -> list[dict[str, Any]]:
        with self.app.ledger.read() as connection:
            return [dict(row) for row in connection.execute(text(query), values).mappings()]

    def exam(self, authority: str, accession: str) -> tuple[str, Exam] | None:
        """(digest of the row that answers, aggregate) of an exam that the ledger knows."""
        digest = ExamKey(authority, accession).digest
        found = self.rows("SELECT coalesce(owner, digest) AS digest FROM exams WHERE digest = :digest", digest=digest)
        if not found:
            return None
        answering = str(found[0]["digest"])
        with self.app.ledger.read() as connection:
            row = connection.execute(text("SELECT authority, accession FROM exams WHERE digest = :digest"), {"digest": answering}).one()
            return answering, load_exam(connection, answering, ExamKey(row.authority, row.accession), self.clock.now(), lock=False)

    def dump(self, *without: str) -> str:
        """Everything the ledger holds but heartbeats and leases: two equal states, two equal texts."""
        tables = [str(row["name"]) for row in self.rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        kept = []
        for table in tables:
            if table in ("daemons", *without) or table.startswith("sqlite_"):
                continue
            rows = self.rows(f"SELECT * FROM {table}")
            kept += [f"{table} {sorted((name, value) for name, value in row.items() if name not in _LEASES)}" for row in rows]
        return "\n".join(sorted(kept))

    def leases_end(self) -> None:
        """As if the time of every lease, and of every pause after a failure, had passed on the database's clock."""
        with self.app.ledger._writer.begin() as connection:
            connection.execute(text("UPDATE deliveries SET leased_until = '2000-01-01T00:00:00.000000Z' WHERE leased_until IS NOT NULL"))
