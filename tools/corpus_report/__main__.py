"""`python -m tools.corpus_report`: prints the figures, writes docs/corpus.md and the reference set; `--check` writes nothing."""

import argparse
import sys

from pipeline.config.reference import FOLDER
from tools.corpus_report import reference
from tools.corpus_report.corpora import ROOT, corpora
from tools.corpus_report.page import corpus_page, overview
from tools.docs import page

PAGE = ROOT / "docs/corpus.md"


def main(arguments: list[str] | None = None) -> int:
    """0; with `--check` 1 if a file is not what corpora, vocabulary and code say."""
    parser = argparse.ArgumentParser(prog="python -m tools.corpus_report", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file is out of date")
    check = parser.parse_args(arguments).check
    print(overview(corpora()))
    text = page(*corpus_page())
    stale = reference.stale() if check else reference.write()
    names = [str((FOLDER / name).relative_to(ROOT)) for name in stale]
    if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
        names.append(str(PAGE.relative_to(ROOT)))
        if not check:
            PAGE.write_text(text, encoding="utf-8")
    for name in names:
        print(f"{name} {'is out of date: run `python -m tools.corpus_report`' if check else 'written'}")
    return 1 if check and names else 0


if __name__ == "__main__":
    sys.exit(main())
