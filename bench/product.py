"""The product's side of the measurements: through the same doors as a user's."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from bench.traffic import message
from pipeline.app import App
from pipeline.config import Config, load
from pipeline.intake.replay import replay
from pipeline.service import SystemClock

ROOT = Path(__file__).resolve().parents[1]


def replay_once(source: Path, state: Path) -> None:
    """`vqroute replay --no-deliver` of a folder into a new state, without the start of an interpreter."""
    with App.build(load(), state, state / "output", SystemClock(), folder_only=True, exclusive=True) as app:
        replay(app, [source], deliver=False, on_outcome=lambda _outcome: None)


def start_to_ready(root: Path, times: int = 3) -> float:
    """Seconds from the start of the process to `service.ready`; median."""
    taken = []
    for number in range(times):
        site = root / f"start-{number}"
        (site / "inbox").mkdir(parents=True)
        began = time.perf_counter()
        with _daemon(site, settle_s=1.0) as process:
            _read_until(process, "service.ready")
            taken.append(time.perf_counter() - began)
            process.terminate()
            process.wait(30)
        shutil.rmtree(site)
    return statistics.median(taken)


def memory_with_waiting_files(source: Path, root: Path, files: int) -> float:
    """Resident set in MB of a daemon that has seen all the files and waits for them to settle."""
    site = root / "memory"
    site.mkdir()
    source.rename(site / "inbox")
    try:
        with _daemon(site, settle_s=3600.0) as process:
            while _read_until(process, "scan.finished").get("waiting", 0) < files:
                pass
            resident = psutil.Process(process.pid).memory_info().rss / 1e6
            process.terminate()
            process.wait(30)
    finally:
        (site / "inbox").rename(source)
        shutil.rmtree(source / ".vqroute", ignore_errors=True)
        shutil.rmtree(site)
    return resident


def not_for_us_us(count: int = 2000) -> float:
    """Microseconds to see that a report is of another exam; best of five."""
    from pipeline.readers import read

    config = _settings()
    contents = [message(number, vq=False) for number in range(count)]
    return _best_us(lambda: [read(content, config) for content in contents], count)


def read_and_decide_us(count: int = 300) -> float:
    """Microseconds to read the bytes and the text of a V/Q report; best of five."""
    from pipeline.config.vocabulary import WORDS, packaged_vocabulary
    from pipeline.domain.report import Report
    from pipeline.readers import read as read_bytes
    from pipeline.reading import read as read_text

    config = _settings()
    vocabulary = packaged_vocabulary(config.find(WORDS))
    contents = [message(number, vq=True) for number in range(count)]

    def once() -> None:
        for content in contents:
            for arrival in read_bytes(content, config):
                if isinstance(arrival.what, Report):
                    read_text(arrival.what.blocks, vocabulary)

    return _best_us(once, count)


def _best_us(work: Callable[[], object], count: int, times: int = 5) -> float:

    best = float("inf")
    for _ in range(times):
        began = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - began)
    return best / count * 1e6


def _settings() -> Config:
    return load()


def _daemon(site: Path, *, settle_s: float) -> "subprocess.Popen[bytes]":
    settings = site / "site.toml"
    names = "[site]\nfacility = 'Bench'\nphone = '555-0100'\nemergency_number = '911'\n"
    settings.write_text(f"{names}[folders]\ninbox = ['{site / 'inbox'}']\nsettle_s = {settle_s}\n[logs]\nlevel = 'debug'\n")
    places = ["--config", str(settings), "--state", str(site / "state"), "--output", str(site / "output")]
    line = [sys.executable, "-m", "pipeline", "run", *places]
    return subprocess.Popen(line, cwd=ROOT, env=dict(os.environ), stdout=subprocess.PIPE)


def _read_until(process: "subprocess.Popen[bytes]", event: str) -> dict[str, Any]:
    assert process.stdout is not None
    for line in process.stdout:
        row: dict[str, Any] = json.loads(line)
        if row["event"] == event:
            return row
    raise RuntimeError(f"the daemon ended before {event}")
