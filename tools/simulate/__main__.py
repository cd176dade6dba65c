"""`make simulate`: a month of invented hospitals, a page about it, a picture, and what was wrong."""

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tools.simulate import chart, summary
from tools.simulate.simulation import several

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs" / "images" / "simulation.svg"


def main(arguments: list[str] | None = None) -> int:
    """0 exactly when nothing that must hold was broken."""
    told = _parser().parse_args(arguments)
    place = Path(tempfile.mkdtemp(prefix="vqroute-simulation-", dir=_fast(told.folder)))
    began = time.monotonic()
    try:
        month = several(place, seed=told.seed, exams=told.exams, days=told.days, hospitals=told.hospitals, say=_say)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    page = summary.page(month, time.monotonic() - began)
    _say("\r" + " " * 78 + "\r")
    print(page)
    picture = chart.drawn(month.samples, month.began, month.days)
    for file in [told.chart, *([DOCS] if told.docs else [])]:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(picture, encoding="utf-8")
        print(f"chart: {file.relative_to(ROOT) if file.is_relative_to(ROOT) else file}")
    return 1 if month.checked.wrong else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.simulate", description=__doc__)
    parser.add_argument("--exams", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--hospitals", type=int, default=2, help="that share the exams, each a process of its own (default: 2)")
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--folder", type=Path, help="where to work; the default is memory (/dev/shm) where there is enough of it")
    parser.add_argument("--chart", type=Path, default=ROOT / ".bench" / "simulation.svg")
    parser.add_argument("--docs", action="store_true", help="also write docs/images/simulation.svg")
    return parser


def _fast(chosen: Path | None) -> Path | None:
    """Durability is tested elsewhere: a month of fsync on a real disk would only cost time."""
    memory = Path("/dev/shm")
    if chosen or not memory.is_dir() or shutil.disk_usage(memory).free < 2 << 30:
        return chosen
    return memory


def _say(words: str) -> None:
    print(words, end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
