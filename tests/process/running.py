"""Runs the product as a process of its own, the way an operator does, and looks at what it leaves behind."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[2]
Row = dict[str, Any]


def make_secret(path: Path) -> None:
    """The key that names output folders; installations that share it can be compared."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\x07" * 32)
        path.chmod(0o600)


@dataclass
class Site:
    """One installation in a temporary folder. Sites with the same `secret` name their output folders alike."""

    root: Path
    secret: Path
    settle_s: float = 0.3
    scan_s: float = 0.5
    give_up_s: float = 300.0

    def __post_init__(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        self.inbox.mkdir(exist_ok=True)
        make_secret(self.secret)
        self.write_settings()

    def write_settings(self, more: str = "") -> None:
        self.settings.write_text(
            "[site]\nmode = 'demo'\nfacility = 'Test Hospital'\nphone = '555-0100'\nemergency_number = '911'\n[folders]\n"
            f"inbox = ['{self.inbox}']\nstate = '{self.state}'\noutput = '{self.output}'\n"
            f"settle_s = {self.settle_s}\nscan_s = {self.scan_s}\ngive_up_s = {self.give_up_s}\n[logs]\nlevel = 'debug'\n{more}"
        )

    @property
    def inbox(self) -> Path:
        return self.root / "inbox"

    @property
    def state(self) -> Path:
        return self.root / "state"

    @property
    def output(self) -> Path:
        return self.root / "output"

    @property
    def settings(self) -> Path:
        return self.root / "site.toml"

    @property
    def places(self) -> list[str]:
        return ["--config", str(self.settings), "--state", str(self.state), "--output", str(self.output)]

    def spawn(self, *command: str, **streams: Any) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "VQROUTE_SECRET_FILE": str(self.secret)}
        environment.pop("PYTEST_CURRENT_TEST", None)
        line = [sys.executable, "-m", "pipeline", *command, *self.places]
        return subprocess.Popen(line, cwd=ROOT, env=environment, **streams)

    def call(self, *command: str, timeout_s: float = 60.0) -> tuple[int, str]:
        """Run a command to its end; its exit code and standard output."""
        with self.spawn(*command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            out, err = process.communicate(timeout=timeout_s)
        assert b"Traceback" not in err, err.decode()
        return process.returncode, out.decode()

    def replay(self, folder: Path, *options: str) -> int:
        return self.call("replay", str(folder), *options)[0]

    def undelivered(self) -> int:
        """Deliveries that the ledger still has to make, asked beside a running daemon."""
        connection = sqlite3.connect(f"file:{self.state / 'ledger.db'}?mode=ro", uri=True)
        try:
            return int(connection.execute("SELECT count(*) FROM deliveries WHERE state IN ('new', 'leased', 'staged')").fetchone()[0])
        finally:
            connection.close()

    def written(self) -> dict[str, bytes]:
        """Everything that a receiver can see under the output folder, by relative path."""
        return {name: path.read_bytes() for name, path in visible(self.output).items()}


def visible(folder: Path) -> dict[str, Path]:
    """Files below a folder, by relative path; nothing whose name, or whose folder's name, begins with a dot."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path.is_file() and not any(part.startswith(".") for part in name.parts):
            found[str(name)] = path
    return found


class Receiver:
    """Takes finished deliveries away as an integration would: a letter once its side-car is there, a task at once.

    Raises AssertionError for a file that comes a second time.
    """

    def __init__(self, site: Site, store: Path) -> None:
        self._site, self._store = site, store

    def collect(self) -> int:
        here = visible(self._site.output)
        ready = [name for name in here if name.endswith(".json")]
        taken = 0
        for side_car in ready:
            stem = side_car.removesuffix(".json")
            for name in [name for name in here if name == side_car or (name.startswith(stem + ".") and name != side_car)]:
                target = self._store / name
                assert not target.exists(), f"{name} was delivered twice"
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(here[name], target)
                taken += 1
        return taken

    def collected(self) -> dict[str, bytes]:
        return {name: path.read_bytes() for name, path in visible(self._store).items()}


@dataclass
class Daemon:
    """`vqroute run` in a process, with its log."""

    site: Site
    process: subprocess.Popen[bytes]
    rows: list[Row] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    _news: threading.Condition = field(default_factory=threading.Condition)
    _pumps: list[threading.Thread] = field(default_factory=list)

    @classmethod
    def start(cls, site: Site, *, ready: bool = True) -> Self:
        daemon = cls(site, site.spawn("run", stdout=subprocess.PIPE, stderr=subprocess.PIPE))
        for read in (daemon._read_out, daemon._read_err):
            pump = threading.Thread(target=read, daemon=True)
            pump.start()
            daemon._pumps.append(pump)
        if ready:
            daemon.wait_for("service.ready")
        return daemon

    def wait_for(self, event: str, count: int = 1, *, timeout_s: float = 30.0) -> list[Row]:
        """The rows of an event, once there are `count` of them."""
        self.until(lambda: len(self.of(event)) >= count, timeout_s=timeout_s, what=f"{count} x {event}")
        return self.of(event)

    def until(self, holds: Callable[[], bool], *, timeout_s: float = 30.0, what: str = "a condition") -> None:
        """Wait until something holds; asked again at each line of the log, and now and then without one."""
        deadline = time.monotonic() + timeout_s
        with self._news:
            while not holds():
                left = deadline - time.monotonic()
                if left <= 0 or self.process.poll() is not None:
                    raise AssertionError(f"waited in vain for {what}; exit code {self.process.poll()}\n{self.story()}")
                self._news.wait(min(left, 0.2))

    def of(self, event: str) -> list[Row]:
        return [row for row in list(self.rows) if row["event"] == event]

    def story(self) -> str:
        """The end of its log and all of its standard error, for a failure message."""
        return "\n".join([json.dumps(row) for row in self.rows[-40:]] + self.errors)

    def stop(self, by: signal.Signals = signal.SIGTERM, *, timeout_s: float = 30.0) -> int:
        """Send a signal and wait for the end; the exit code."""
        self.process.send_signal(by)
        try:
            return self.process.wait(timeout_s)
        finally:
            for pump in self._pumps:
                pump.join(5)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for pump in self._pumps:
            pump.join(5)
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()

    def _read_out(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._news:
                self.rows.append(json.loads(line))
                self._news.notify_all()

    def _read_err(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.errors.append(line.decode(errors="replace").rstrip())
