"""Puts the files that somebody names through the daemon's code path, once, and leaves them where they are."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from pipeline import telemetry
from pipeline.config import Config
from pipeline.intake.batches import Batch, cut
from pipeline.intake.disposal import Disposal
from pipeline.intake.incoming import Incoming, Now, message_time
from pipeline.intake.shelf import Shelf
from pipeline.intake.taking import Changed, take
from pipeline.intake.walk import files_under

SOURCE = "replay"
ROUND = 64
"""Deliveries a round: what a kill in the middle makes to be done again."""


class Round(Protocol):
    """One round of deliveries."""

    @property
    def sent(self) -> int: ...
    @property
    def failed(self) -> int: ...
    @property
    def dead(self) -> int: ...
    @property
    def waiting(self) -> int: ...
    @property
    def more(self) -> bool: ...


class Engine(Protocol):
    """The part of the flow that a replay drives."""

    def ingest(self, batch: Sequence[Incoming], *, now: Now | None = None) -> Sequence[Sequence[Any]]: ...
    def deliver(self, limit: int = ...) -> Round: ...
    def seal(self) -> None: ...


class Machine(Protocol):
    """The part of the application that a replay uses."""

    @property
    def config(self) -> Config: ...
    @property
    def flow(self) -> Engine: ...
    @property
    def state(self) -> Path: ...


@dataclass(frozen=True, slots=True)
class Replayed:
    """The outcome of one message: `ordinal` is its 1-based number in the file at `path`."""

    path: Path
    ordinal: int
    outcome: Any


@dataclass(slots=True)
class ReplayReport:
    """What a replay did.

    Attributes:
        files: input files found.
        outcomes: one for each message, in the order of the input; empty where `on_outcome` took them.
        counts: messages by outcome (`read`, `study`, `not_vq`, `rejected`).
        seen_before: messages that an earlier run had handled.
        unreadable: files that could not be opened or changed while they were read.
        sent, failed, dead: deliveries of this run; `waiting`: those that are still open after it.
    """

    files: int = 0
    outcomes: list[Replayed] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    seen_before: int = 0
    unreadable: list[Path] = field(default_factory=list)
    sent: int = 0
    failed: int = 0
    dead: int = 0
    waiting: int = 0


def replay(
    app: Machine,
    paths: Iterable[Path],
    *,
    deliver: bool = True,
    on_progress: Callable[[int, int], None] | None = None,
    on_outcome: Callable[[Replayed], None] | None = None,
) -> ReplayReport:
    """Ingest every file below `paths` in the order of their path's bytes, then deliver until nothing more is due.

    Input is never touched: bad files are copied to quarantine. What an earlier run with this state has handled is recognised and
    emits nothing; deliveries that it left are finished. Each message's own time is its "now", else when its file was last changed:
    two replays of one input give the same bytes.

    Args:
        app: with its state held by this process alone.
        deliver: False leaves phase 2 to a later run.
        on_progress: called with (files done, files found) after each batch.
        on_outcome: takes each outcome instead of the report, so that memory stays flat.

    Raises:
        Misconfigured: a path does not exist.
        TryAgain: the ledger cannot be written; run it again later.
    """
    files = files_under(paths)
    report = ReplayReport(files=len(files))
    disposal = Disposal(Shelf(app.state / "archive", fanned=True), Shelf(app.state / "quarantine"))
    telemetry.emit("replay.started", files=len(files), mode=app.config.site.mode.value)
    done = 0
    batch: Batch[tuple[Path, Incoming]] = Batch(app.config)
    for group in cut(_read(files, app.config, report), batch):
        results = app.flow.ingest([incoming for _, incoming in group], now=message_time)
        for (path, incoming), outcomes in zip(group, results, strict=True):
            disposal.after(path, incoming, outcomes, ours=False)
            for outcome in outcomes:
                _note(report, Replayed(path, outcome.ordinal, outcome), on_outcome)
        done += len(group)
        if on_progress is not None:
            on_progress(done + len(report.unreadable), len(files))
    if deliver:
        _deliver(app.flow, report)
    app.flow.seal()
    telemetry.emit("replay.finished", files=report.files, messages=report.counts.total(), rejected=report.counts["rejected"])
    return report


def _read(files: Iterable[Path], config: Config, report: ReplayReport) -> Iterator[tuple[tuple[Path, Incoming], int]]:
    limit = config.limits.max_file_bytes
    for path in files:
        for last_try in (False, True):
            try:
                incoming, _ = take(str(path), source=SOURCE, received_at=None, max_bytes=limit, follow_links=True)
            except Changed:
                if last_try:
                    report.unreadable.append(path)
            except OSError as error:
                report.unreadable.append(path)
                telemetry.emit("file.unreadable", folder=SOURCE, error=type(error).__name__)
                break
            else:
                yield (path, incoming), len(incoming.content)
                break


def _note(report: ReplayReport, item: Replayed, on_outcome: Callable[[Replayed], None] | None) -> None:
    report.counts[item.outcome.outcome] += 1
    report.seen_before += item.outcome.seen_before
    if on_outcome is None:
        report.outcomes.append(item)
    else:
        on_outcome(item)


def _deliver(flow: Engine, report: ReplayReport) -> None:
    while True:
        this = flow.deliver(ROUND)
        report.sent += this.sent
        report.failed += this.failed
        report.dead += this.dead
        report.waiting = this.waiting
        if not this.more or not (this.sent or this.failed or this.dead):
            return
