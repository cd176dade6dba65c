"""`python -m bench`: files a second beside a raw loop, start, memory, reading beside medspaCy; prints a table and fails nothing."""

import argparse
import cProfile
import os
import platform
import pstats
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench import page, raw_loop, reading, tick
from bench.product import memory_with_waiting_files, not_for_us_us, read_and_decide_us, replay_once, start_to_ready
from bench.row import Row
from bench.traffic import fill

PRODUCT_STORES = (
    "one row a file; for each V/Q report its bytes (compressed), identifiers, version, reading, decision, notice or hold, "
    "follow-up, audit rows and outbox; WAL, synchronous=FULL, one commit a batch (256 files, 8 MB or 50 ms); input left in place"
)


def main() -> None:
    arguments = _arguments()
    machine = f"{platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}"
    rows: list[Row] = []
    if arguments.only not in ("reading", "tick"):
        rows += _files(arguments, machine)
    if arguments.only in (None, "tick") and not arguments.profile:
        with tempfile.TemporaryDirectory(prefix="vqroute-bench-", dir=arguments.folder) as root:
            rows += _told(tick.rows(Path(root), arguments.exams))
    if arguments.only in (None, "reading") and not arguments.profile:
        print(machine)
        rows += _told(reading.rows(arguments.rounds))
    if arguments.write:
        print(f"{page.write(rows, machine)} written")


def _files(arguments: argparse.Namespace, machine: str) -> list[Row]:
    root = Path(tempfile.mkdtemp(prefix="vqroute-bench-", dir=arguments.folder))
    try:
        print(f"{machine}, in {root.parent}")
        print(f"writing {arguments.files} ORU files of about 5 KB, {arguments.share:.0%} of them V/Q, seed {arguments.seed} ...")
        source = root / "input"
        fill(source, arguments.files, share=arguments.share, seed=arguments.seed)
        if arguments.profile:
            _profile(source, root)
            return []
        return [*_throughput(source, root, arguments.rounds, arguments.files), *_rest(source, root, arguments.files)]
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _throughput(source: Path, root: Path, rounds: int, files: int) -> list[Row]:
    raw: list[float] = []
    product: list[float] = []
    _warm(source)
    for number in range(rounds):

        def once_raw(number: int = number) -> None:
            done = root / "done"
            raw.append(files / _seconds(lambda: raw_loop.run(source, done, root / f"raw-{number}.db")))
            raw_loop.put_back(source, done)

        def once_product(number: int = number) -> None:
            state = root / f"state-{number}"
            product.append(files / _seconds(lambda: replay_once(source, state)))
            shutil.rmtree(state)

        for once in (once_raw, once_product) if number % 2 == 0 else (once_product, once_raw):
            once()
        print(f"  round {number + 1}: raw loop {raw[-1]:8.0f}/s   vqroute {product[-1]:7.0f}/s   ratio {product[-1] / raw[-1]:.3f}")
    ratio = statistics.median(one / other for one, other in zip(product, raw, strict=True))
    print()
    return _told(
        [
            Row("raw loop", f"{statistics.median(raw):.0f} files/s", raw_loop.STORES),
            Row("vqroute replay --no-deliver", f"{statistics.median(product):.0f} files/s", PRODUCT_STORES),
            Row("ratio (median of rounds)", f"{ratio:.3f}", "goal 0.2; later 0.35"),
        ]
    )


def _rest(source: Path, root: Path, files: int) -> list[Row]:
    start = f"{start_to_ready(root):.2f} s"
    rows = _told([Row("start to ready", start, "the process started until it says service.ready, median of 3; goal below 2 s")])
    memory_mb = memory_with_waiting_files(source, root, files)
    rows += _told([Row(f"memory, {files} files waiting", f"{memory_mb:.0f} MB", "resident set of the daemon; goal below 200 MB")])
    rows += _told([Row("a report of another exam", f"{not_for_us_us():.0f} us", "readers.read alone; goal below 40 us")])
    micros = read_and_decide_us()
    note = f"{micros:.0f} us: readers.read and reading.read, no ledger"
    return [*rows, *_told([Row("a V/Q report", f"{1e6 / micros:.0f} reports/s", note)])]


def _profile(source: Path, root: Path) -> None:
    profile = cProfile.Profile()
    profile.runcall(replay_once, source, root / "state")
    stats = pstats.Stats(profile)
    stats.sort_stats("cumulative").print_stats(45)
    stats.sort_stats("tottime").print_stats(30)


def _warm(source: Path) -> None:
    for path in source.rglob("*.hl7"):
        path.read_bytes()


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _told(rows: list[Row]) -> list[Row]:
    for row in rows:
        print(f"{row.name:32} {row.figure:>18}   {row.note}")
    return rows


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--share", type=float, default=0.05, help="of V/Q among them")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--exams", type=int, default=tick.EXAMS, help="in the ledger that the tick looks at")
    parser.add_argument("--folder", default=None, help="on which file system to work; the default is the temporary folder")
    parser.add_argument("--only", choices=("files", "reading", "tick"), help="only the rows of one half")
    parser.add_argument("--write", action="store_true", help="also put the rows into docs/benchmarks.md")
    parser.add_argument("--profile", action="store_true", help="profile one replay instead")
    return parser.parse_args()


if __name__ == "__main__":
    main()
