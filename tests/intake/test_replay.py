"""The replay engine over a flow that only counts: order, batches, what it leaves alone, when it stops delivering."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import Config
from pipeline.domain.arrival import Arrival, Kind, NotForUs, Rejection
from pipeline.errors import Misconfigured, TryAgain
from pipeline.intake.incoming import Incoming, Now
from pipeline.intake.replay import Replayed, replay
from pipeline.intake.taking import Identity, take
from tests.intake.conftest import MESSAGE, Fate


@dataclass(frozen=True)
class Outcome(Fate):
    seen_before: bool = False


@dataclass
class Delivered:
    sent: int = 0
    failed: int = 0
    dead: int = 0
    waiting: int = 0
    more: bool = False


@dataclass
class CountingFlow:
    """Knows a file again by its hash; refuses what begins with `bad`."""

    rounds: list[Delivered] = field(default_factory=list)
    batches: list[list[bytes]] = field(default_factory=list)
    known: set[str] = field(default_factory=set)
    times: list[datetime] = field(default_factory=list)
    delivered: int = 0
    sealed: int = 0

    def ingest(self, batch: Sequence[Incoming], *, now: Now | None = None) -> list[list[Outcome]]:
        assert now is not None
        self.batches.append([item.content for item in batch])
        results = []
        for item in batch:
            self.times.append(now(item, Arrival(Kind.OTHER, 1, item.file_hash, b"", NotForUs("not-a-result"))))
            again = item.file_hash in self.known
            self.known.add(item.file_hash)
            if item.content.startswith(b"bad"):
                results.append([Outcome("rejected", reason="broken-hl7", rejection=Rejection("broken-hl7"), seen_before=again)])
            else:
                results.append([Outcome("not_vq", seen_before=again), Outcome("read", ordinal=2, seen_before=again)])
        return results

    def deliver(self, limit: int = 256) -> Delivered:
        self.delivered += 1
        return self.rounds.pop(0) if self.rounds else Delivered()

    def seal(self) -> None:
        self.sealed += 1


@dataclass
class Machine:
    state: Path
    flow: CountingFlow = field(default_factory=CountingFlow)
    config: Config = field(default_factory=Config)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "state")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    for name in ("b.hl7", "a/z.hl7", "a/bad.hl7", "a/bad.expected.json", ".hidden"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes((b"bad " if "bad" in name else b"") + MESSAGE + name.encode())
    return folder


def test_outcomes_come_in_the_order_of_the_input(machine: Machine, source: Path) -> None:
    report = replay(machine, [source])
    assert [(str(item.path.relative_to(source)), item.ordinal) for item in report.outcomes] == [
        ("a/bad.hl7", 1),
        ("a/z.hl7", 1),
        ("a/z.hl7", 2),
        ("b.hl7", 1),
        ("b.hl7", 2),
    ]
    assert report.files == 3
    assert dict(report.counts) == {"rejected": 1, "not_vq": 2, "read": 2}


def test_the_input_is_left_alone_and_bad_files_are_copied_with_a_reason(machine: Machine, source: Path) -> None:
    before = {path: path.read_bytes() for path in source.rglob("*") if path.is_file()}
    replay(machine, [source])
    assert {path: path.read_bytes() for path in source.rglob("*") if path.is_file()} == before
    kept = sorted((machine.state / "quarantine").iterdir())
    assert len(kept) == 2
    assert kept[0].read_bytes() == (source / "a" / "bad.hl7").read_bytes()
    assert kept[1].name == f"{kept[0].name}.reason.json"


def test_a_second_run_says_that_everything_was_seen_before(machine: Machine, source: Path) -> None:
    replay(machine, [source])
    again = replay(machine, [source])
    assert again.seen_before == again.counts.total() == 5
    assert len(list((machine.state / "quarantine").iterdir())) == 2


def test_delivers_until_nothing_more_is_due_and_then_stops(machine: Machine, source: Path) -> None:
    machine.flow.rounds = [Delivered(sent=256, more=True), Delivered(sent=10, dead=1, waiting=3)]
    report = replay(machine, [source])
    assert (report.sent, report.dead, report.waiting, machine.flow.delivered) == (266, 1, 3, 2)


def test_a_round_that_does_nothing_ends_it(machine: Machine, source: Path) -> None:
    machine.flow.rounds = [Delivered(more=True)] * 5
    replay(machine, [source])
    assert machine.flow.delivered == 1
    assert machine.flow.sealed == 1


def test_no_deliver(machine: Machine, source: Path) -> None:
    replay(machine, [source], deliver=False)
    assert machine.flow.delivered == 0


def test_messages_without_a_time_get_the_same_one_in_every_run(machine: Machine, source: Path) -> None:
    for path in source.rglob("*"):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    replay(machine, [source])
    replay(machine, [source])
    assert set(machine.flow.times) == {datetime.fromtimestamp(1_700_000_000, UTC)}


def test_progress_ends_at_the_number_of_files_and_batches_are_cut(machine: Machine, tmp_path: Path) -> None:
    many = tmp_path / "many"
    many.mkdir()
    for number in range(700):
        (many / f"{number}.hl7").write_bytes(MESSAGE + b"%d" % number)
    steps: list[tuple[int, int]] = []
    replay(machine, [many], on_progress=lambda done, total: steps.append((done, total)))
    assert steps[-1] == (700, 700)
    assert all(len(batch) <= 256 for batch in machine.flow.batches)


def test_outcomes_may_be_taken_one_by_one(machine: Machine, source: Path) -> None:
    taken: list[Replayed] = []
    report = replay(machine, [source], on_outcome=taken.append)
    assert len(taken) == 5
    assert report.outcomes == []


def test_a_file_that_cannot_be_opened_is_said_and_the_rest_goes_on(machine: Machine, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str, **rest: Any) -> tuple[Incoming, Identity]:
        if path.endswith("z.hl7"):
            raise PermissionError(13, "no")
        return take(path, **rest)

    monkeypatch.setattr("pipeline.intake.replay.take", refuse)
    report = replay(machine, [source])
    assert [path.name for path in report.unreadable] == ["z.hl7"]
    assert report.counts.total() == 3


def test_a_path_that_is_not_there_is_wrong_use(machine: Machine, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="no such file"):
        replay(machine, [tmp_path / "nowhere"])


def test_a_ledger_that_cannot_be_written_ends_the_run_and_the_next_one_goes_on(machine: Machine, source: Path) -> None:
    class Full(CountingFlow):
        def ingest(self, batch: Sequence[Incoming], *, now: Now | None = None) -> list[list[Outcome]]:
            raise TryAgain("disk full")

    with pytest.raises(TryAgain):
        replay(Machine(machine.state, Full()), [source])
    assert replay(machine, [source]).seen_before == 0
