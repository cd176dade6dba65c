"""Counts the faults that the tests do not notice: `python -m tools.mutation domain`, or `reading`, or some modules of one of them."""

import argparse
import hashlib
import math
import sys
import time
from collections import Counter
from pathlib import Path

from tools.mutation.mutants import Mutant, enums_of, mutants_of
from tools.mutation.trial import KILLED, SURVIVED, TIMEOUT, Broken, Outcome, outcomes

ROOT = Path(__file__).resolve().parents[2]
EQUIVALENT = Path(__file__).parent / "equivalent.txt"


def main() -> int:
    """0 if every mutant is noticed or on the list of equivalents."""
    parser = argparse.ArgumentParser(prog="python -m tools.mutation", description=__doc__)
    parser.add_argument("package", choices=("domain", "reading"))
    parser.add_argument("module", nargs="*", help="only these modules (duties, mail, ...)")
    parser.add_argument("--tests", nargs="+", help="the tests to run (default: the folder of the package)")
    parser.add_argument("--only", default="", help="only mutants whose line in the report has this in it")
    parser.add_argument("--list", action="store_true", help="show the mutants and run nothing")
    parser.add_argument("--again", type=Path, help="only those that survived according to this earlier log")
    parser.add_argument("--part", choices=("functions", "tables"), help="only what acts when called, or when its module is loaded")
    parser.add_argument("--sample", type=int, help="only this many, each module in proportion; the same ones for the same --seed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--log", type=Path, help="write each mutant and what noticed it to this file")
    said = parser.parse_args()
    paths = sorted((ROOT / "pipeline" / said.package).glob("*.py"))
    enums = enums_of(sorted((ROOT / "pipeline").glob("*/*.py")))
    chosen = [path for path in paths if not said.module or path.stem in said.module]
    mutants = [mutant for path in chosen for mutant in mutants_of(path, f"pipeline.{said.package}.{path.stem}", enums)]
    equivalent = _equivalent(said.package)
    every = mutants
    if said.sample is not None:
        mutants = _sample(mutants, said.sample, said.seed)
    tried = [mutant for mutant in mutants if said.only in mutant.key and (said.only or mutant.key not in equivalent)]
    if said.part:
        tried = [mutant for mutant in tried if mutant.at_import == (said.part == "tables")]
    if said.again:
        lines = (line.split("\t") for line in said.again.read_text(encoding="utf-8").splitlines())
        survivors = {line[1].partition(": ")[2] for line in lines if line[0] == SURVIVED}
        tried = [mutant for mutant in tried if mutant.key in survivors]
    if said.list:
        print("\n".join(_line(mutant) for mutant in tried))
        return 0
    found = _run(said.tests or [f"tests/{said.package}"], tried, said.log)
    _report(found, sum(mutant.key in equivalent for mutant in mutants))
    if said.sample is not None:
        print(f"a sample of {len(mutants)} of {len(every)} mutants, seed {said.seed}")
    if not said.module and not said.only and (stale := equivalent - {mutant.key for mutant in every}):
        print("on the list of equivalents, but no mutant any more:", *sorted(stale), sep="\n  ")
        return 1
    return any(outcome.what == SURVIVED for outcome in found)


def _sample(mutants: list[Mutant], size: int, seed: int) -> list[Mutant]:
    """By lot, but each module in proportion (the largest remainders get what is left). The lot is a hash of the mutant's name, so that
    a sample stays nearly the same when the code changes.
    """
    strata: dict[str, list[Mutant]] = {}
    for mutant in mutants:
        strata.setdefault(mutant.module, []).append(mutant)
    size = min(size, len(mutants))
    exact = {name: size * len(stratum) / len(mutants) for name, stratum in strata.items()}
    by_remainder = sorted(exact, key=lambda name: (math.floor(exact[name]) - exact[name], name))
    left = size - sum(map(math.floor, exact.values()))
    share = {name: math.floor(exact[name]) + (name in by_remainder[:left]) for name in exact}

    def lot(mutant: Mutant) -> str:
        return hashlib.sha256(f"{seed} {mutant.module} {mutant.key}".encode()).hexdigest()

    drawn = {id(mutant) for name, stratum in strata.items() for mutant in sorted(stratum, key=lot)[: share[name]]}
    return [mutant for mutant in mutants if id(mutant) in drawn]


def _interval(share: float, count: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share of `count`."""
    z = 1.96
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return middle - half, middle + half


def _run(tests: list[str], mutants: list[Mutant], log: Path | None) -> list[Outcome]:
    found, start = [], time.monotonic()
    with log.open("w", encoding="utf-8") if log else open("/dev/null", "w", encoding="utf-8") as out:  # noqa: PTH123
        for outcome in outcomes(tests, mutants):
            found.append(outcome)
            print(f"{outcome.what}\t{_line(outcome.mutant)}\t{outcome.test}", file=out, flush=True)
            if outcome.what == SURVIVED:
                print(_line(outcome.mutant), flush=True)
            if len(found) % 100 == 0:
                print(f"  ... {len(found)} of {len(mutants)} in {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
    return found


def _equivalent(package: str) -> set[str]:
    """The mutants that no test can notice; the reason is on the line below, indented."""
    lines = EQUIVALENT.read_text(encoding="utf-8").splitlines()
    return {line.removeprefix(f"{package}/") for line in lines if line.startswith(f"{package}/")}


def _line(mutant: Mutant) -> str:
    return f"{mutant.path.relative_to(ROOT)}:{mutant.line}: {mutant.key}"


def _report(found: list[Outcome], equivalent: int) -> None:
    modules = dict.fromkeys(outcome.mutant.module for outcome in found)
    print(f"\n{'module':24}{'mutants':>9}{'killed':>9}{'time-out':>9}{'survived':>9}")
    for name in (*modules, ""):
        count = Counter(outcome.what for outcome in found if not name or outcome.mutant.module == name)
        label = name.rpartition(".")[2] or "all"
        print(f"{label:24}{count.total():9}{count[KILLED]:9}{count[TIMEOUT]:9}{count[SURVIVED]:9}")
    if found:
        score = sum(outcome.what != SURVIVED for outcome in found) / len(found)
        low, high = _interval(score, len(found))
        print(f"score: {score:.1%} noticed, 95 % interval of a sample of this size: {low:.1%} to {high:.1%}")
    print(f"{equivalent} more are equivalent: see {EQUIVALENT.relative_to(ROOT)}")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Broken as problem:
        sys.exit(f"mutation: {problem}")
