"""Takes whole files out of one inbox: a periodic look through the folder decides, events only hasten it."""

import errno
import math
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipeline import telemetry
from pipeline.config import Config
from pipeline.intake.batches import Batch
from pipeline.intake.claims import Claims
from pipeline.intake.disposal import Disposal, Fate
from pipeline.intake.gate import Gate
from pipeline.intake.incoming import Incoming
from pipeline.intake.names import is_ignored_file, is_ignored_folder
from pipeline.intake.reach import Reach
from pipeline.intake.taking import Changed, Identity, take

_BUSY_S = 0.5
_HEART_S = 10.0
_HEART_EXPIRED_S = 90.0
_FIRST_BACKOFF_S, _LAST_BACKOFF_S = 1.0, 60.0
_READ_ONLY = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})


@dataclass(frozen=True, slots=True)
class Taken:
    """A file in hand. `claimed`: it lies in our claim folder; else it is still where its sender put it."""

    incoming: Incoming
    path: str
    identity: Identity
    claimed: bool


class Inbox:
    """One watched folder of one instance. One thread uses it.

    Attributes:
        reach: whether and how the folder can be seen.
        looked_at: monotonic seconds of the last good look; None before the first.
        waiting: files that were there in the last look and are not taken yet.
    """

    def __init__(
        self,
        path: Path,
        label: str,
        *,
        config: Config,
        instance: str,
        now: Callable[[], datetime],
        disposal: Disposal,
        wake: threading.Event,
        stop: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        settings = config.folders
        self.path, self.label = path, label
        self.reach = Reach(path, label, settings.watch, wake.set, clock)
        self.looked_at: float | None = None
        self.waiting = 0
        self._config, self._now, self._disposal, self._wake, self._stop, self._clock = config, now, disposal, wake, stop, clock
        self._keep: bool = settings.keep_input
        self._claims = Claims(path, instance)
        self._gate = Gate(settings.settle_s, settings.give_up_s, clock)
        self._second_gate = Gate(max(settings.settle_s, _BUSY_S), settings.give_up_s, clock)
        self._moving: set[str] = set()
        self._done: dict[str, tuple[int, int]] = {}
        self._beat_at = self._took_over_at = -math.inf
        self._backoff_s, self._retry_at = _FIRST_BACKOFF_S, -math.inf
        self._look_again_at = math.inf
        self._rest_until = -math.inf
        self._incomplete = False

    def batches(self, *, woken: bool = False) -> Iterator[list[Taken]]:
        """One look through the folder: batches of whole files, claimed and read. Put each away, or call `failed`, before the next.

        Never raises for what the folder does; a folder that cannot be looked through gives nothing, and says so once.

        Args:
            woken: an event caused this look; for the count of files that only looks find.
        """
        announced = woken or not self.reach.watching()
        self._look_again_at = math.inf
        if not self.reach.check() or self._clock() < self._retry_at:
            return  # taking more while nothing can be kept would only pile up claims
        started, taken, complete = self._clock(), 0, False
        batch: Batch[Taken] = Batch(self._config, self._clock)
        self._gate.begin()
        try:
            self._tend_claims()
            for item in self._items():
                taken += 1
                if batch.add(item, len(item.incoming.content)):
                    yield batch.drain()
                    self._beat()
                if self._stop():
                    break
            else:
                complete = True
        except OSError as error:
            self.reach.lost(error)
        finally:
            if complete:
                self._gate.end()
            else:
                self._gate.abandon()
        if batch.items:
            yield batch.drain()
        if complete:
            self._looked(started, taken, announced)

    def next_look_s(self) -> float:
        """Seconds until the next look is due if nothing wakes us; 0 if it is due."""
        now = self._clock()
        due = min(now + min(self._config.folders.scan_s, _HEART_EXPIRED_S / 3), self._look_again_at, self._gate.settling.next_due)
        if self._moving:
            due = min(due, self._second_gate.settling.next_due)
        return max(0.0, max(due, self._retry_at) - now)

    def rest_s(self) -> float:
        """Seconds to let pass before the next look even if woken: looks that find nothing ready take a fifth of the time at most."""
        return max(0.0, self._rest_until - self._clock())

    def put_away(self, item: Taken, fates: Sequence[Fate]) -> bool:
        """After the commit: move a file out of the inbox; False if it must be tried again, which is harmless and happens alone."""
        path = Path(item.path)
        try:
            if item.claimed:
                self._disposal.after(path, item.incoming, fates, ours=True)
            else:
                mine = not self._keep and Identity.of(path.stat()) == item.identity
                self._disposal.after(path, item.incoming, fates, ours=mine)
                self._done[item.path] = (item.identity.size, item.identity.mtime_ns)
        except FileNotFoundError:
            return True  # the folder was taken away under us, or another instance took over: it will be recognised
        except OSError as error:
            telemetry.emit("file.move_failed", file=item.incoming.file_hash, folder=self.label, error=type(error).__name__)
            self.failed()
            return False
        return True

    def failed(self) -> None:
        """The last batch is not safe: what it claimed is taken up again after a pause that doubles."""
        if self._clock() < self._retry_at:
            return
        self._retry_at = self._clock() + self._backoff_s
        self._backoff_s = min(self._backoff_s * 2, _LAST_BACKOFF_S)

    def succeeded(self) -> None:
        """A batch is safe: the next failure starts with a short pause again."""
        self._backoff_s = _FIRST_BACKOFF_S

    def close(self) -> None:
        self.reach.close()

    def _items(self) -> Iterator[Taken]:
        if not self._keep:
            yield from self._left_over()
        for path, status in self._files():
            state = (status.st_size, status.st_mtime_ns)
            if self._done.get(path) == state:
                self._gate.settling.remember(path, *state)
                continue
            if self._gate.passes(path, status):
                item = self._take(path)
                if item is not None:
                    yield item

    def _files(self) -> Iterator[tuple[str, os.stat_result]]:
        """Every candidate with its size and times. Only the inbox itself must be readable; a folder in it that is not is counted."""
        pending = [os.fspath(self.path)]
        first = True
        while pending:
            try:
                entries = os.scandir(pending.pop())
            except OSError:
                if first:
                    raise
                self._gate.unreadable += 1
                continue
            first = False
            with entries:
                for entry in entries:
                    if entry.is_file(follow_symlinks=False):
                        if not is_ignored_file(entry.name):
                            with suppress(FileNotFoundError):
                                yield entry.path, entry.stat(follow_symlinks=False)
                    elif entry.is_dir(follow_symlinks=False) and not is_ignored_folder(entry.name):
                        pending.append(entry.path)

    def _take(self, path: str) -> Taken | None:
        claimed: str | None = None
        if not self._keep:
            try:
                claimed = self._claims.claim(path)
                if claimed is None:
                    return None
                self._gate.settling.forget(path)
            except OSError as error:
                if error.errno in _READ_ONLY:
                    self._give_up_claiming(error)
                elif error.errno != errno.EXDEV:  # another file system below the inbox: read it in place, remove it afterwards
                    raise
        return self._read(claimed or path, claimed=claimed is not None, alone=claimed is not None)

    def _left_over(self) -> Iterator[Taken]:
        """What lies in our claim folder at the beginning of a look: a crash, a failure or a late writer left it there."""
        held = self._claims.held()
        self._moving.intersection_update(held)
        self._second_gate.begin()
        for path in held:
            if path in self._moving:
                with suppress(FileNotFoundError):
                    if not self._second_gate.passes(path, os.lstat(path)):
                        continue
            item = self._read(path, claimed=True, alone=not self._second_gate.out_of_patience(path))
            if item is not None:
                yield item
        self._second_gate.end()

    def _read(self, path: str, *, claimed: bool, alone: bool) -> Taken | None:
        limit = self._config.limits.max_file_bytes
        try:
            incoming, identity = take(path, source=self.label, received_at=self._now(), max_bytes=limit, alone=alone)
        except FileNotFoundError:
            return None
        except Changed:
            if claimed:
                self._moving.add(path)
                self._second_gate.settling.wait_for(self._clock() + _BUSY_S)
            return None
        except OSError:
            self._gate.unreadable += 1
            return None
        self._moving.discard(path)
        return Taken(incoming, path, identity, claimed)

    def _tend_claims(self) -> None:
        if self._keep:
            return
        try:
            if not self._claims.folder.is_dir():
                self._claims.open()
            self._beat()
            if self._clock() - self._took_over_at >= _HEART_EXPIRED_S / 3:
                self._took_over_at = self._clock()
                if files := self._claims.take_over(_HEART_EXPIRED_S):
                    telemetry.emit("claim.taken_over", folder=self.label, files=files)
        except OSError as error:
            if error.errno not in _READ_ONLY:
                raise
            self._give_up_claiming(error)

    def _beat(self) -> None:
        if not self._keep and self._clock() - self._beat_at >= _HEART_S:
            self._beat_at = self._clock()
            self._claims.beat()

    def _give_up_claiming(self, error: OSError) -> None:
        self._keep = True
        telemetry.emit("inbox.read_only", folder=self.label, error=type(error).__name__)

    def _looked(self, started: float, taken: int, announced: bool) -> None:
        gate = self._gate
        self.looked_at = self._clock()
        if not taken:
            self._rest_until = self.looked_at + min(4 * (self.looked_at - started), self._config.folders.scan_s)
        self.waiting = len(gate.settling) + len(self._moving)
        news = gate.settling.news
        if self._keep:
            self._done = {path: state for path, state in self._done.items() if path in gate.settling}
            self.waiting -= len(self._done)
        if not announced and not self._wake.is_set() and gate.settling.fresh:
            telemetry.METRICS.files_found_by_scan_only_total.inc(gate.settling.fresh)
        if (gate.unreadable > 0) != self._incomplete:
            self._incomplete = gate.unreadable > 0
            telemetry.emit("scan.incomplete" if self._incomplete else "scan.completed", folder=self.label, unreadable=gate.unreadable)
        armed = self.reach.tend(news)
        if armed:
            self._look_again_at = self._clock()  # what came between the look and the watch was announced to nobody
        elif news and not self.reach.watching():
            self._look_again_at = self._clock() + min(_BUSY_S, self._config.folders.scan_s)
        if taken or news:
            telemetry.emit(
                "scan.finished", folder=self.label, found=news, ready=taken, waiting=self.waiting, seconds=round(self._clock() - started, 3)
            )
