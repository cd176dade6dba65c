"""`python -m tools.second_reader`: learns from the corpora and writes the weights, with how texts of authors left out were read.

`--evaluate`: only says how they are read; writes nothing. `--check`: exit 1 if the weights are not of the texts on disk.
"""

import argparse
import gzip
import json
import subprocess
import sys
from collections.abc import Container, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.domain.reading import Category
from pipeline.reading.double import is_asked, put_together
from pipeline.reading.second_reader import Opinion
from pipeline.reading.weights import ORDER, Rights, text_of
from tools.corpus_report.corpora import FACTS, LEFT_OUT, ROOT, WEIGHTS, facts, weights
from tools.corpus_report.measures import tally
from tools.second_reader import findings
from tools.second_reader.texts import Learned, beginnings, digest, learned_from, numbered, sources

HERE = Path(__file__).resolve().parent
MOST = 40_000
"""Features that are kept, and their beginnings."""


def main(arguments: list[str] | None = None) -> int:
    """0; with `--check` 1 if the weights were learned from other texts."""
    parser = argparse.ArgumentParser(prog="python -m tools.second_reader", description=__doc__)
    parser.add_argument("--evaluate", action="store_true", help="leave out one author after the other; write nothing")
    parser.add_argument("--check", action="store_true", help="only say whether the weights are of these texts")
    parser.add_argument("--only", nargs="*", default=[], help="authors to leave out in turn (all)")
    chosen = parser.parse_args(arguments)
    paths = sources()
    if chosen.check:
        fresh = weights().about["texts"] == digest(paths) and facts().about["texts"] == findings.digest(paths)
        print(f"What was learned is of {'these texts' if fresh else 'other texts: run `make second-reader`'}")
        return 0 if fresh else 1
    sentences = findings.labelled()
    about = {"sentences": str(len(sentences)), "texts": findings.digest(paths)}
    of_findings, contradicted = findings.made(sentences, findings.verdicts(paths), about)
    reports = learned_from(paths)
    found = evaluate(reports, contradicted, chosen.only)
    if not chosen.evaluate:
        _write(FACTS, of_findings, f"{len(sentences):,} sentences")
        _write(WEIGHTS, made(reports, {"reports": str(len(reports)), "texts": digest(paths), **found}), f"{len(reports):,} reports")
    return 0


def _write(path: Path, text: str, source: str) -> None:
    path.write_bytes(gzip.compress(text.encode(), mtime=0))
    print(f"{path.relative_to(ROOT)} written: {path.stat().st_size:,} bytes, from {source}")


def made(reports: Sequence[Learned], about: Mapping[str, str]) -> str:
    """The text of the weights learned from these reports."""
    names, rows = numbered(reports)
    told = _fit(reports, names, rows, None)
    place = [told["order"].index(category.value) for category in ORDER]
    learned = {
        names[number]: (rare, [weights[n] for n in place])
        for number, rare, weights in zip(told["features"], told["rarity"], told["weights"], strict=True)
    }
    return text_of(about, [told["bias"][n] for n in place], learned)


def evaluate(reports: Sequence[Learned], contradicted: Container[tuple[str, str]], only: Sequence[str] = ()) -> dict[str, str]:
    """How each author's texts are read by the rules alone, and with a second reader who has not learned from that author; printed too.

    Of each author: count, then exact, dangerous and needless by the rules, where the second reader may object, and where he may settle.
    `contradicted`: author and id of the reports whose findings speak against their verdict, to who has not learned from their author.
    """
    authors = sorted({report.author for report in reports})
    left_out = {author: n for n, author in enumerate(authors) if not only or author in only}
    pairs = list(zip(reports, left_out_opinions(reports, left_out), strict=True))
    found = {}
    print(f"{'author':12} {'n':>5}   {'rules':22} {'may object':22} {'may settle':22} (exact, dangerous, needless)")
    for author in (*left_out, "all"):
        told = [(report, opinion) for report, opinion in pairs if opinion and author in (report.author, "all")]
        golds = [report.gold for report, _ in told]
        ways = [
            tally(zip(golds, (report.reading.category for report, _ in told), strict=True)),
            *(
                tally(zip(golds, (_outcome(*pair, rights, contradicted) for pair in told), strict=True))
                for rights in (Rights.OBJECTS, Rights.SETTLES)
            ),
        ]
        found[f"{LEFT_OUT}{author}"] = " ".join(map(str, (len(told), *(number for way in ways for number in way))))
        shown = " ".join(f"{exact / max(len(told), 1):7.1%} {bad:5} {needless:5}   " for exact, bad, needless in ways)
        print(f"{author:12} {len(told):5}  {shown}")
    return found


def left_out_opinions(reports: Sequence[Learned], folds: Mapping[str, int]) -> list[Opinion | None]:
    """Of each report of an author with a fold, what a second reader thinks who has learned from all other authors."""
    names, rows = numbered(reports)
    told = _fit(reports, names, rows, [folds.get(report.author, -1) for report in reports])
    return [Opinion({category: row[category.value] for category in ORDER}) if row else None for row in told]


def _outcome(report: Learned, opinion: Opinion, rights: Rights, contradicted: Container[tuple[str, str]]) -> Category:
    if (report.author, report.id) in contradicted:
        return Category.REVIEW
    if not is_asked(report.seen, rights):
        return report.reading.category
    both = put_together(report.seen, opinion)
    if both.objects:
        return Category.REVIEW
    return both.settled.category if both.settled else report.reading.category


def _fit(reports: Sequence[Learned], names: Sequence[str], rows: Sequence[Sequence[int]], folds: Sequence[int] | None) -> Any:
    subprocess.run([str(HERE / "install")], check=True)
    given = {
        "rows": rows,
        "gold": [report.gold.value for report in reports],
        "size": len(names),
        "before": beginnings(names),
        "most": MOST,
        "folds": folds,
    }
    python = HERE / ".venv/bin/python"
    done = subprocess.run([str(python), str(HERE / "fit.py")], input=json.dumps(given), stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


if __name__ == "__main__":
    sys.exit(main())
