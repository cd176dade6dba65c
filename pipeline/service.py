"""The daemon: loops around the flow, kept alive on their own, and the signals that end or renew them."""

import json
import os
import re
import select
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from pipeline import __version__, telemetry
from pipeline.app import App
from pipeline.config import Config, load
from pipeline.errors import Misconfigured, TryAgain, VqrouteError
from pipeline.flow import Incoming, Outcome
from pipeline.intake.disposal import Disposal
from pipeline.intake.folder import Inbox, Taken
from pipeline.intake.shelf import Shelf
from pipeline.intake.taking import refused
from pipeline.store.control import beat, gone

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_TEND_S = 1.0
_HEALTH_S = 5.0
_DELIVER_S = 2.0
_TICK_S = 10.0
_SEAL_S = 300.0
_DRAIN_S = 8.0
_ROUND = 64
_FIRST_BACKOFF_S, _LAST_BACKOFF_S = 1.0, 60.0


class SystemClock:
    """The machine's time, in UTC."""

    def now(self) -> datetime:
        return datetime.now(UTC)


def run(app: App, config: Config, *, reload: Callable[[], Config] | None = None) -> int:
    """Take files and deliver until SIGTERM or SIGINT; the exit code.

    Called on the main thread, with the state held by this process alone. A stop finishes the batch in hand and delivers what is
    due, for at most 8 s; whatever that leaves, the next start finds. SIGHUP reads the configuration again: a good one
    replaces the old between two batches, a bad one is refused and the old one stays.

    Args:
        reload: reads and checks the configuration anew, raising Misconfigured; None: from the file that it came from.
    """
    began = time.monotonic()
    with Mailbox(_SIGNALS) as signals:
        telemetry.emit(
            "service.started",
            version=__version__,
            mode=config.site.mode.value,
            instance=app.instance,
            config_hash=config.policy().hash,
            inboxes=len(config.folders.inbox),
        )
        daemon = Daemon(app, config)
        daemon.start()
        telemetry.emit("service.ready", seconds=round(time.monotonic() - began, 3), mode=config.site.mode.value, instance=app.instance)
        _tell_supervisor("READY=1")
        try:
            while True:
                caught = signals.wait(_TEND_S)
                if caught is None:
                    daemon.tend()
                elif caught == signal.SIGHUP:
                    daemon = _renewed(daemon, reload or (lambda: load(config.file)))
                else:
                    telemetry.emit("service.stopping", signal=caught.name.lower())
                    _tell_supervisor("STOPPING=1")
                    return 0
        finally:
            daemon.drain(_DRAIN_S)
            if daemon.app is not app:
                daemon.app.close()
            telemetry.emit("service.stopped", seconds=round(time.monotonic() - began, 3))


class Mailbox:
    """Signals as mail: the kernel's handler drops their number into a pipe, and nothing of ours runs until we look.

    Masks would not do: a thread that a library has started before us does not share them, and the signal would end the process.
    """

    def __init__(self, signals: Iterable[signal.Signals]) -> None:
        self._signals = tuple(signals)
        self._in, self._out = socket.socketpair()

    def wait(self, seconds: float) -> signal.Signals | None:
        """The next signal; None if none came in time."""
        if select.select([self._in], [], [], seconds)[0]:
            return signal.Signals(self._in.recv(1)[0])
        return None

    def __enter__(self) -> Self:
        self._out.setblocking(False)
        self._fd_before = signal.set_wakeup_fd(self._out.fileno(), warn_on_full_buffer=False)
        self._before = [signal.signal(number, lambda *_: None) for number in self._signals]
        return self

    def __exit__(self, *_: object) -> None:
        for number, before in zip(self._signals, self._before, strict=True):
            signal.signal(number, before)
        signal.set_wakeup_fd(self._fd_before)
        self._in.close()
        self._out.close()


@dataclass(frozen=True, slots=True)
class Pulse:
    """How a loop is: `error` is the class name of its last failure, empty while it works."""

    error: str = ""
    failures: int = 0


class Daemon:
    """The running loops over one configuration: one for each inbox, one that delivers, one that minds the clocks.

    They fail and recover apart from each other. What writes decisions goes one at a time.
    """

    def __init__(self, app: App, config: Config) -> None:
        self.app, self.config, self.instance = app, config, app.instance
        self.pulses: dict[str, Pulse] = {}
        self._clock = SystemClock()
        self._stop = threading.Event()
        self._deliver_now = threading.Event()
        self._writing = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._wakes: list[threading.Event] = [self._deliver_now]
        self._health_at = 0.0
        self._sealed_at = time.monotonic()
        self.inboxes = [self._inbox(path, label) for path, label in _labelled(config.folders.inbox)]

    def start(self) -> None:
        for inbox, wake in self.inboxes:
            self._spawn(f"intake.{inbox.label}", _Looker(self, inbox, wake).look, wake)
        self._spawn("delivery", self._deliver, self._deliver_now)
        self._spawn("clocks", self._tick, self._stop)
        self.tend()

    def tend(self) -> None:
        """Now and then, from the main thread: gauges, the health file, the supervisor's watchdog."""
        now = time.monotonic()
        ages = [now - inbox.looked_at for inbox, _ in self.inboxes if inbox.looked_at is not None]
        telemetry.METRICS.scan_age_seconds.set(max(ages, default=0.0))
        if now - self._health_at >= _HEALTH_S:
            self._health_at = now
            with suppress(OSError):  # a full disk must not end the daemon; the age of the file tells
                self._write_health(now)
            _tell_supervisor("WATCHDOG=1")

    def drain(self, seconds: float) -> None:
        """Stop taking, finish what is in hand, deliver what is due; at most for `seconds`."""
        deadline = time.monotonic() + seconds
        self._stop.set()
        for wake in self._wakes:
            wake.set()
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        with suppress(VqrouteError):
            while time.monotonic() < deadline:
                report = self.app.flow.deliver(_ROUND)
                if not (report.more and (report.sent or report.failed or report.dead)):
                    break
            self.app.flow.seal()
            with self.app.ledger.write() as connection:
                gone(connection, self.instance)
        for inbox, _ in self.inboxes:
            inbox.close()

    def ingest(self, batch: Sequence[Incoming]) -> list[list[Outcome]]:
        """One batch into the ledger. Raises TryAgain where the environment fails."""
        with self._writing:
            try:
                results = self.app.flow.ingest(batch)
            except (TryAgain, OSError, MemoryError):
                raise
            except Exception as error:  # noqa: BLE001 - our own bug on some input must not stop the others
                results = [self._ingest_alone(item, error) for item in batch]
        self._deliver_now.set()
        return results

    @property
    def stopping(self) -> bool:
        return self._stop.is_set()

    def pause(self, seconds: float) -> None:
        """Wait, but not longer than until a stop."""
        self._stop.wait(seconds)

    def _ingest_alone(self, item: Incoming, _cause: Exception) -> list[Outcome]:
        try:
            return self.app.flow.ingest([item])[0]
        except (TryAgain, OSError, MemoryError):
            raise
        except Exception as error:  # noqa: BLE001 - tracked as a rejected file, with an owner and a clock
            telemetry.emit("item.failed", file=item.file_hash, error=type(error).__name__)
            arrivals = (refused(item.file_hash, "failed-inside", maybe_vq=True),)
            return self.app.flow.ingest([replace(item, arrivals=arrivals)])[0]

    def _deliver(self) -> float:
        self._deliver_now.clear()
        report = self.app.flow.deliver(_ROUND)
        if report.more and (report.sent or report.failed or report.dead):
            return 0.0
        if report.next_at is None:
            return _DELIVER_S
        return min(_DELIVER_S, max(0.05, (report.next_at - self._clock.now()).total_seconds()))

    def _tick(self) -> float:
        looks = [inbox.reach.reachable for inbox, _ in self.inboxes]
        with self._writing:
            report = self.app.flow.tick(self._clock.now())
            if time.monotonic() - self._sealed_at >= _SEAL_S:
                self.app.flow.seal()
                self._sealed_at = time.monotonic()
            with self.app.ledger.write() as connection:
                beat(connection, self.instance, __version__, scanned=all(looks))
        if report.changed:
            self._deliver_now.set()
        return _TICK_S

    def _inbox(self, path: Path, label: str) -> tuple[Inbox, threading.Event]:
        with suppress(OSError):  # if it cannot be made, the first look says so and goes on trying
            path.mkdir(parents=True, exist_ok=True)
        wake = threading.Event()
        self._wakes.append(wake)
        state = self.app.state
        inbox = Inbox(
            path,
            label,
            config=self.config,
            instance=self.instance,
            now=self._clock.now,
            disposal=Disposal(Shelf(state / "archive", fanned=True), Shelf(state / "quarantine")),
            wake=wake,
            stop=self._stop.is_set,
        )
        return inbox, wake

    def _spawn(self, name: str, step: Callable[[], float], wake: threading.Event) -> None:
        self.pulses[name] = Pulse()
        thread = threading.Thread(target=self._keep_going, args=(name, step, wake), name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _keep_going(self, name: str, step: Callable[[], float], wake: threading.Event) -> None:
        """Call `step` again and again, after the seconds that it returns or when woken; after a failure with growing pauses."""
        backoff_s = _FIRST_BACKOFF_S
        while not self._stop.is_set():
            try:
                wait_s = step()
            except Exception as error:  # noqa: BLE001 - whatever it is, the loop must live on
                pulse = self.pulses[name]
                telemetry.emit("loop.failed", loop=name, error=type(error).__name__, seconds=backoff_s)
                self.pulses[name] = Pulse(type(error).__name__, pulse.failures + 1)
                self._stop.wait(backoff_s)
                backoff_s = min(backoff_s * 2, _LAST_BACKOFF_S)
            else:
                if self.pulses[name].error:
                    self.pulses[name] = Pulse(failures=self.pulses[name].failures)
                    telemetry.emit("loop.recovered", loop=name)
                backoff_s = _FIRST_BACKOFF_S
                if wait_s > 0:
                    wake.wait(wait_s)

    def _write_health(self, now: float) -> None:
        inboxes = [
            {
                "folder": inbox.label,
                "reachable": inbox.reach.reachable,
                "mode": inbox.reach.mode,
                "waiting": inbox.waiting,
                "scan_age_s": None if inbox.looked_at is None else round(now - inbox.looked_at, 1),
            }
            for inbox, _ in self.inboxes
        ]
        loops = {name: {"ok": not pulse.error, "error": pulse.error, "failures": pulse.failures} for name, pulse in self.pulses.items()}
        whole = all(not pulse.error for pulse in self.pulses.values()) and all(inbox.reach.reachable for inbox, _ in self.inboxes)
        health = {
            "at": self._clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            "pid": os.getpid(),
            "instance": self.instance,
            "version": __version__,
            "ok": whole,
            "loops": loops,
            "inboxes": inboxes,
        }
        staging = self.app.state / "health.json.new"
        staging.write_text(json.dumps(health, indent=2) + "\n", encoding="utf-8")
        staging.chmod(0o600)
        staging.replace(self.app.state / "health.json")


class _Looker:
    """One look through one inbox after the other."""

    def __init__(self, daemon: Daemon, inbox: Inbox, wake: threading.Event) -> None:
        self._daemon, self._inbox, self._wake = daemon, inbox, wake

    def look(self) -> float:
        """Take what is whole; seconds until the next look."""
        if (rest_s := self._inbox.rest_s()) > 0:
            self._daemon.pause(rest_s)
        woken = self._wake.is_set() and not self._daemon.stopping
        if woken:
            self._wake.clear()
        for batch in self._inbox.batches(woken=woken):
            try:
                results = self._daemon.ingest([item.incoming for item in batch])
            except BaseException:
                self._inbox.failed()
                raise
            safe = [self._put_away(item, outcomes) for item, outcomes in zip(batch, results, strict=True)]
            if all(safe):
                self._inbox.succeeded()
        return self._inbox.next_look_s()

    def _put_away(self, item: Taken, outcomes: list[Outcome]) -> bool:
        first = outcomes[0] if outcomes else None
        telemetry.emit(
            "file.seen_before" if first and all(outcome.seen_before for outcome in outcomes) else "file.received",
            file=item.incoming.file_hash,
            folder=self._inbox.label,
            **({} if first and first.seen_before else {"size": item.identity.size, "messages": len(outcomes)}),
        )
        return self._inbox.put_away(item, outcomes)


def _renewed(old: Daemon, reload: Callable[[], Config]) -> Daemon:
    """A daemon over the configuration as it is on disk now; the old one, still running, if that cannot be used."""
    try:
        config = reload()
    except Misconfigured as failure:
        telemetry.emit("config.refused", problems=len(failure.problems))
        return old
    if config.site.mode is not old.config.site.mode:
        # An emptied file is a valid demo: what decides whether letters leave must not change by a signal.
        telemetry.emit("config.refused", problems=1, mode=config.site.mode.value)
        return old
    old.drain(_DRAIN_S)
    state, output = old.app.state, old.app.output
    old.app.close()
    try:
        app = App.build(config, state, output, SystemClock(), folder_only=False, exclusive=True)
    except (VqrouteError, OSError) as error:
        telemetry.emit("config.refused", problems=1, error=type(error).__name__)
        config = old.config
        app = App.build(config, state, output, SystemClock(), folder_only=False, exclusive=True)
    daemon = Daemon(app, config)
    daemon.start()
    telemetry.emit("config.reloaded", config_hash=config.policy().hash, mode=config.site.mode.value)
    return daemon


def _labelled(paths: Sequence[Path]) -> list[tuple[Path, str]]:
    """Each inbox with the name it has in logs and ledger: the last part of its path, which the site chose."""
    labelled: list[tuple[Path, str]] = []
    for number, path in enumerate(paths, 1):
        name = re.sub(r"[^a-z0-9]+", "-", path.resolve().name.lower()).strip("-")[:40] or "inbox"
        taken = any(name == label for _, label in labelled)
        labelled.append((path, f"{name}-{number}" if taken else name))
    return labelled


def _tell_supervisor(message: str) -> None:
    """Source: sd_notify(3). Without NOTIFY_SOCKET nobody listens."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
        channel.connect("\0" + address[1:] if address.startswith("@") else address)
        channel.sendall(message.encode())
