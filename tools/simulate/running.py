"""The real product in the invented hospital: its clock is ours, its receiver may be down, and it can be killed."""

import contextlib
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline.app import App
from pipeline.config import Config, load
from pipeline.config.durations import parse
from pipeline.destinations import Destination, Unreachable
from pipeline.domain.parcel import Parcel
from pipeline.domain.reading import Category
from pipeline.flow import Incoming

ROOT = Path(__file__).resolve().parents[2]


class Killed(BaseException):
    """The process ends here; nothing of it may catch this."""


@dataclass(slots=True)
class Clock:
    at: datetime

    def now(self) -> datetime:
        return self.at


@dataclass(slots=True)
class Gone:
    """A parcel that has left: when, and what was in it."""

    at: datetime
    kind: str
    facts: dict[str, Any]
    text: str = ""


@dataclass(slots=True)
class Receiver:
    """Stands before the real folder destination: may be down, or die in the middle of a send."""

    inner: Destination
    down: bool = False
    dies: bool = False
    name: str = "folder"
    kinds: frozenset[str] = frozenset({"notice", "follow-up"})

    def prepare(self, parcel: Parcel) -> None:
        if self.down:
            raise Unreachable("ConnectionRefusedError")
        self.inner.prepare(parcel)

    def settle(self) -> None:
        self.inner.settle()

    def send(self, delivery_id: str) -> bool:
        if self.dies:
            raise Killed
        return self.inner.send(delivery_id)

    def recall(self, delivery_id: str) -> bool:
        return self.inner.recall(delivery_id)


class Product:
    """The running service over one state folder, restarted as often as need be."""

    def __init__(self, place: Path, clock: Clock) -> None:
        config: Config = load(ROOT / "config" / "site.toml")
        decisions = config.decisions.model_copy(update={"low": Category.NEGATIVE, "quiet_period": parse("60min")})
        self._config = config.model_copy(update={"decisions": decisions})
        self._place = place
        self.clock = clock
        self.output = place / "output"
        self.gone: list[Gone] = []
        self.starts = 0
        self.app, self.receiver = self._start()

    def _start(self) -> tuple[App, Receiver]:
        app = App.build(self._config, self._place / "state", self.output, self.clock, folder_only=True, exclusive=True)
        inner = app.flow._destinations["folder"]
        receiver = Receiver(inner)
        app.flow._destinations["folder"] = receiver
        self.starts += 1
        return app, receiver

    def restart(self) -> None:
        """As after a kill: nothing of the old process is left but what is on disk."""
        self.app.close()
        self.app, self.receiver = self._start()

    def ingest(self, contents: Sequence[bytes]) -> None:
        now = self.clock.now()
        items = [Incoming(content, hashlib.sha256(content).hexdigest(), "simulation", now) for content in contents]
        for start in range(0, len(items), 256):
            self.app.flow.ingest(items[start : start + 256])

    def deliver(self) -> None:
        sent, more = 0, True
        while more:
            report = self.app.flow.deliver()
            sent, more = sent + report.sent, report.more
        if sent:
            self._collect()

    def killed_while_delivering(self) -> None:
        """Dies with deliveries staged and not sent, and comes up again."""
        self.receiver.dies = True
        with contextlib.suppress(Killed):
            self.deliver()
        self.restart()

    def _collect(self) -> None:
        """What the receiver finds in the folder: side-cars stand behind their letters, so that a letter is whole."""
        for path in sorted(self.output.glob("followups/*.json")):
            self.gone.append(Gone(self.clock.now(), "follow-up", json.loads(path.read_bytes())))
            path.rename(self._kept("followups") / path.name)
        for path in sorted(self.output.glob("notices/*/*.json")):
            facts = json.loads(path.read_bytes())
            texts = [path.with_suffix(end).read_text(encoding="utf-8") for end in (".txt", ".html")]
            self.gone.append(Gone(self.clock.now(), "notice", facts, "\n".join(texts)))
            for one in path.parent.glob(f"{path.stem}.*"):
                one.rename(self._kept("notices") / one.name)
            with contextlib.suppress(OSError):  # another letter of the same exam is still in it
                path.parent.rmdir()

    def _kept(self, name: str) -> Path:
        folder = self._place / "received" / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder
