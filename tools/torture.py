"""`make torture`: kills the product hundreds of times under load and compares what came out with an undisturbed run."""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from bench.traffic import fill
from tests.process.nursery import Nursery
from tests.process.running import Daemon, Receiver, Site

_PER_CYCLE = 60
_SETTLE_EVERY = 25


def main(arguments_given: Sequence[str] | None = None) -> int:
    """Two halves of the cycles each: replays killed and repeated, and a daemon killed while files come in."""
    parser = argparse.ArgumentParser(prog="python -m tools.torture", description=__doc__)
    parser.add_argument("--cycles", type=int, default=500, help="kills and restarts")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args(arguments_given)
    began = time.monotonic()
    half = arguments.cycles // 2
    with tempfile.TemporaryDirectory(prefix="vqroute-torture-") as folder:
        for name, work, cycles in (("replay", replays, half), ("daemon", daemons, arguments.cycles - half)):
            counts: Counter[str] = Counter()
            for number, trouble in enumerate(work(Path(folder) / name, cycles, arguments.seed, counts), 1):
                if trouble:
                    print(f"{name}: FAILED in round {number}: {trouble}", flush=True)
                    return 1
                print(f"{name}: round {number}, {dict(counts)}, {time.monotonic() - began:.0f} s", flush=True)
    print(f"{arguments.cycles} kills: nothing lost, nothing twice, {time.monotonic() - began:.0f} s")
    return 0


def replays(root: Path, cycles: int, seed: int, counts: Counter[str]) -> Iterator[str]:
    """Rounds of about 25 kills over fresh input; yields what is wrong after each, empty for nothing."""
    draw = random.Random(f"replay/{seed}")
    secret = root / "secret"
    with Nursery(secret) as nursery:
        for number in range(0, cycles, _SETTLE_EVERY):
            base = root / str(number)
            source = base / "input"
            fill(source, 500, share=0.5, seed=seed * 100_000 + number)
            (source / "bad.hl7").write_bytes(b"MSH|^~\\&|cut off in the middle of")
            calm, site = Site(base / "calm", secret), Site(base / "killed", secret)
            receiver = Receiver(site, base / "received")
            command = ("replay", str(source), *site.places)
            began = time.monotonic()
            nursery.wait(nursery.spawn("replay", str(source), *calm.places))
            whole_s = time.monotonic() - began
            for _ in range(min(_SETTLE_EVERY, cycles - number)):
                pid = nursery.spawn(*command)
                if nursery.wait(pid, draw.uniform(0.0, 0.2) * whole_s) is None:
                    os.kill(pid, signal.SIGKILL)
                    nursery.wait(pid)
                    counts["kills"] += 1
                else:
                    counts["finished before the kill"] += 1
                counts["files delivered"] += receiver.collect()
            nursery.wait(nursery.spawn(*command))
            counts["files delivered"] += receiver.collect()
            yield _difference(calm.written(), receiver.collected())
            shutil.rmtree(base)


def daemons(root: Path, cycles: int, seed: int, counts: Counter[str]) -> Iterator[str]:
    """One daemon, killed again and again while files are moved in; every 25 kills it may finish and is compared."""
    draw = random.Random(f"daemon/{seed}")
    site = Site(root / "site", root / "secret", settle_s=0.0, scan_s=0.3)
    receiver = Receiver(site, root / "received")
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    stock, sent = root / "stock", root / "sent"
    fill(stock, cycles * _PER_CYCLE, share=0.3, seed=seed, day=yesterday)
    waiting = iter(sorted(stock.rglob("*.hl7")))
    for number in range(1, cycles + 1):
        with Daemon.start(site) as daemon:
            for path in islice(waiting, _PER_CYCLE):
                copy = sent / path.name
                copy.parent.mkdir(exist_ok=True)
                copy.write_bytes(path.read_bytes())
                path.rename(site.inbox / path.name)
            if number % _SETTLE_EVERY and number != cycles:
                try:
                    daemon.process.wait(draw.uniform(0.0, 0.6))
                except subprocess.TimeoutExpired:
                    daemon.stop(signal.SIGKILL)
                    counts["kills"] += 1
                counts["files delivered"] += receiver.collect()
                continue
            daemon.until(lambda: not _inside(site.inbox), timeout_s=120, what="an empty inbox")
            daemon.until(lambda: not site.undelivered(), timeout_s=300, what="an empty outbox")
            if daemon.stop() != 0:
                yield "a stop did not end in good order"
        counts["files delivered"] += receiver.collect()
        calm = Site(root / f"calm-{number}", root / "secret")
        calm.replay(sent)
        # The clock of the daemon is the real one, so only the names, which are the delivery ids, can be the same.
        yield _difference(dict.fromkeys(calm.written(), b""), dict.fromkeys(receiver.collected(), b""))
        shutil.rmtree(calm.root)


def _inside(inbox: Path) -> list[Path]:
    return [path for path in inbox.rglob("*") if path.is_file() and path.name != "heartbeat"]


def _difference(expected: dict[str, bytes], found: dict[str, bytes]) -> str:
    lost, extra = expected.keys() - found.keys(), found.keys() - expected.keys()
    other = [name for name in expected.keys() & found.keys() if expected[name] != found[name]]
    return f"{len(lost)} lost, {len(extra)} too many, {len(other)} different" if lost or extra or other else ""


if __name__ == "__main__":
    sys.exit(main())
