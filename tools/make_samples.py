"""Writes sample_data/ (and docs/images/scan-views.png with --picture): `python -m tools.make_samples`."""

import argparse
import sys
from datetime import date, timedelta
from pathlib import Path

from tools.samples.collection import DAYS, FIRST_DAY, collection
from tools.samples.readme import readme

ROOT = Path(__file__).resolve().parent.parent


def files(first_day: date = FIRST_DAY) -> dict[str, bytes]:
    """Name and content of every file of the folder."""
    samples = collection(first_day)
    out = {"README.md": readme(samples, f"{first_day:%B %Y}")}
    for sample in samples:
        out[sample.name] = sample.content
        out[sample.expected_name] = sample.expected_content
    return out


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=ROOT / "sample_data", help="where to write (default: sample_data)")
    parser.add_argument("--today", type=date.fromisoformat, help="day of the last exam, YYYY-MM-DD (default: fixed days)")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the folder is not what would be written")
    parser.add_argument("--picture", action="store_true", help="also write docs/images/scan-views.png (needs pillow)")
    options = parser.parse_args(argv)
    made = files(FIRST_DAY if options.today is None else options.today - timedelta(days=DAYS))
    there = {path.name for path in options.output.iterdir() if not path.name.startswith(".")} if options.output.is_dir() else set()
    if options.check:
        same = {name for name in made.keys() & there if (options.output / name).read_bytes() == made[name]}
        wrong = sorted((made.keys() | there) - same)
        for name in wrong:
            print(f"differs: {name}", file=sys.stderr)
        return 1 if wrong else 0
    options.output.mkdir(parents=True, exist_ok=True)
    for name in there - made.keys():
        print(f"not of this collection, left alone: {name}", file=sys.stderr)
    for name, content in made.items():
        target = options.output / name
        if not (target.is_file() and target.read_bytes() == content):
            target.write_bytes(content)
    if options.picture:
        from tools.samples.picture import scan_views

        scan_views(made, ROOT / "docs" / "images" / "scan-views.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
