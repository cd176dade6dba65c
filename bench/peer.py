"""medspaCy in an environment of its own, made when it is first wanted."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PLACE = ROOT / ".bench/medspacy"
LOCK = ROOT / "bench/medspacy-requirements.txt"
SIDE = ROOT / "bench/medspacy_side.py"
LONGEST_S = 600


def run(vocabulary: Path, texts: Sequence[str], longer: Mapping[str, Sequence[str]]) -> tuple[dict[str, Any] | None, str]:
    """What `medspacy_side` measured, or None and a sentence why not."""
    python, why_not = _python()
    if python is None:
        return None, why_not
    given = json.dumps({"vocabulary": str(vocabulary.resolve()), "texts": list(texts), "longer": dict(longer)})
    # One core, like ours.
    one = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    try:
        done = subprocess.run([str(python), str(SIDE)], input=given, capture_output=True, text=True, check=True, env=one, timeout=LONGEST_S)
    except subprocess.CalledProcessError as failure:
        last = (failure.stderr.strip().splitlines() or [""])[-1]
        return None, f"medspaCy is installed in {_shown(PLACE)} and fails: {last[:200]}"
    except subprocess.TimeoutExpired:
        return None, f"medspaCy took more than {LONGEST_S} s"
    found: dict[str, Any] = json.loads(done.stdout)
    return found, ""


def _python() -> tuple[Path | None, str]:
    """The interpreter with medspaCy, installed from the lock if it is not there; or None and a sentence why not."""
    python, mark = PLACE / "bin/python", PLACE / ".installed"
    if mark.exists() and mark.stat().st_mtime >= LOCK.stat().st_mtime:
        return python, ""
    print(f"installing medspaCy into {_shown(PLACE)}, once ({_shown(LOCK)}, about 280 MB) ...")
    try:
        subprocess.run([sys.executable, "-m", "venv", str(PLACE)], check=True, capture_output=True)
        # Its own packages come as source: they are built, unlike anything that vqroute itself runs on.
        install = ["-m", "pip", "--disable-pip-version-check", "--quiet", "install", "--require-hashes", "--no-deps", "-r", str(LOCK)]
        subprocess.run([str(python), *install], check=True, capture_output=True, text=True, timeout=LONGEST_S)
    except (subprocess.SubprocessError, OSError) as failure:
        return (
            None,
            f"medspaCy could not be installed into {_shown(PLACE)} ({type(failure).__name__}); without a package index there is no row",
        )
    mark.touch()
    return python, ""


def _shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)
