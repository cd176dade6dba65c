"""Folders, clocks and outcomes for tests of the way in."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.config import Config
from pipeline.domain.arrival import Kind, Rejection
from pipeline.intake.disposal import Disposal
from pipeline.intake.folder import Inbox, Taken
from pipeline.intake.shelf import Shelf

MESSAGE = b"MSH|^~\\&|RIS|HOSP|||20260105||ORU^R01|1|P|2.5.1\rPID|1||1\rOBR|1\rOBX|1|TX|1||text||||||F\r"


@dataclass
class Ticks:
    """A monotonic clock that moves when told to."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True)
class Fate:
    outcome: str = "not_vq"
    kind: Kind = Kind.HL7_ORU
    ordinal: int = 1
    reason: str = ""
    rejection: Rejection | None = None


@dataclass
class Bench:
    """An inbox with everything around it, and a list of what went through it."""

    root: Path
    ticks: Ticks = field(default_factory=Ticks)
    taken: list[bytes] = field(default_factory=list)
    hashes: list[str] = field(default_factory=list)
    fate: Callable[[Taken], Sequence[Fate]] = lambda _item: [Fate()]
    wake: threading.Event = field(default_factory=threading.Event)
    stop: threading.Event = field(default_factory=threading.Event)
    opened: list[Inbox] = field(default_factory=list)

    @property
    def inbox(self) -> Path:
        return self.root / "inbox"

    @property
    def quarantine(self) -> Path:
        return self.root / "state" / "quarantine"

    @property
    def archive(self) -> Path:
        return self.root / "state" / "archive"

    def open(self, instance: str = "one", **folders: object) -> Inbox:
        self.inbox.mkdir(exist_ok=True)
        settings: dict[str, object] = {"settle_s": 2.0, "give_up_s": 300.0, "scan_s": 5.0, "watch": "poll", **folders}
        inbox = Inbox(
            self.inbox,
            "inbox",
            config=Config.model_validate({"folders": settings}),
            instance=instance,
            now=lambda: datetime(2026, 1, 5, tzinfo=UTC),
            disposal=Disposal(Shelf(self.archive, fanned=True), Shelf(self.quarantine)),
            wake=self.wake,
            stop=self.stop.is_set,
            clock=self.ticks,
        )
        self.opened.append(inbox)
        return inbox

    def look(self, inbox: Inbox, *, after: float = 0.0, woken: bool = False) -> int:
        """One look, `after` seconds from now; the number of files taken, each put away at once."""
        self.ticks.now += after
        count = 0
        for batch in inbox.batches(woken=woken):
            for item in batch:
                self.taken.append(item.incoming.content)
                self.hashes.append(item.incoming.file_hash)
                inbox.put_away(item, self.fate(item))
                count += 1
            inbox.succeeded()
        return count

    def put(self, name: str, content: bytes = MESSAGE) -> Path:
        path = self.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    made.inbox.mkdir()
    yield made
    for inbox in made.opened:
        inbox.close()


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, object]]]:
    """What was logged, still checked against the catalogue."""
    from pipeline import telemetry

    seen: list[tuple[str, dict[str, object]]] = []
    real = telemetry.emit

    def emit(event: str, **fields: object) -> None:
        real(event, **fields)
        seen.append((event, fields))

    monkeypatch.setattr(telemetry, "emit", emit)
    return seen
