"""One fuzzing process: atheris takes it over and ends it, so that `tools.fuzz` starts one for each target."""

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tools.fuzz.checks import Checks

TARGETS = ("reading", "readers")
MEASURED = 200
"""Seeds that the cost is measured by, the shortest first: the largest pictures would tell nothing about text."""


def main() -> None:
    """`python -m tools.fuzz.target reading SEEDS [options of libFuzzer]`; a file in place of the folder is tried by itself."""
    name, seeds, options = sys.argv[1], Path(sys.argv[2]), sys.argv[3:]
    # By name: atheris is in the fuzzer's own environment and in no other.
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["pipeline", "pydicom"]):
        checks: Checks = importlib.import_module("tools.fuzz.checks").Checks.load()
    target: Callable[[bytes], None] = getattr(checks, name)
    files = sorted(seeds.iterdir() if seeds.is_dir() else [], key=lambda file: (file.stat().st_size, file.name))
    checks.measure(target, [file.read_bytes() for file in files[:MEASURED]])
    print(f"fuzz: {name}: {checks.rate_s * 1e6:.1f} s for a megabyte of seeds", file=sys.stderr, flush=True)
    atheris.Setup([sys.argv[0], *options, str(seeds)], target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
