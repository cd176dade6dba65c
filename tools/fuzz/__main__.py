"""Fuzzes the reading and the readers, in the environment of `tools/fuzz/install`: `python -m tools.fuzz [reading|readers]`."""

import argparse
import hashlib
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.fuzz.target import TARGETS

ROOT = Path(__file__).resolve().parents[2]
LONGEST = {"reading": 70_000, "readers": 300_000}
"""Bytes; a text longer than the longest that is read, and the largest sample."""
SLOWEST_S = 120
"""Of one input, by the clock: a hang. What is merely dear is found by the processor's time."""
MEMORY_MB = 2048
_DONE = re.compile(r"^stat::number_of_executed_units:\s*(\d+)", re.MULTILINE)
_COVERED = re.compile(r"\bcov: (\d+)")
_FINDING = re.compile(r"^\S*(?:Finding|Error|Exception)\b.*|^==\d+== ?ERROR: libFuzzer: .*", re.MULTILINE)


def main() -> int:
    """0 if no input was found that the program may not answer as it does."""
    parser = argparse.ArgumentParser(prog="python -m tools.fuzz", description=__doc__)
    parser.add_argument("target", nargs="*", help=f"which of {', '.join(TARGETS)} (default: all)")
    parser.add_argument("--seconds", type=int, default=300, help="for all targets together")
    parser.add_argument("--seed", type=int, default=1, help="of libFuzzer; the same one tries the same inputs, as far as time allows")
    parser.add_argument("--findings", type=Path, help="where inputs that fail are kept (default: a temporary folder)")
    said = parser.parse_args()
    chosen = said.target or TARGETS
    if unknown := set(chosen) - set(TARGETS):
        parser.error(f"no target {', '.join(sorted(unknown))}")
    kept = said.findings or Path(tempfile.mkdtemp(prefix="vqroute-findings-"))
    kept.mkdir(parents=True, exist_ok=True)
    bad = [name for name in chosen if not _fuzz(name, max(said.seconds // len(chosen), 1), said.seed, kept)]
    if not any(kept.iterdir()) and not said.findings:
        kept.rmdir()
    return bool(bad)


def _fuzz(name: str, seconds: int, seed: int, kept: Path) -> bool:
    """Whether the target stood the time without a finding."""
    with tempfile.TemporaryDirectory(prefix="vqroute-fuzz-") as folder:
        seeds, words, log = Path(folder, "seeds"), Path(folder, "words"), Path(folder, "log")
        seeds.mkdir()
        count = _plant(name, seeds)
        words.write_text(_dictionary(), encoding="utf-8")
        options = {
            "max_total_time": seconds, "max_len": LONGEST[name], "timeout": SLOWEST_S, "rss_limit_mb": MEMORY_MB, "seed": seed,
            "dict": words, "artifact_prefix": f"{kept}/{name}-", "print_final_stats": 1, "reload": 0,
        }  # fmt: skip
        print(f"{name}: {count} seeds, {seconds} s", flush=True)
        with log.open("wb") as out:
            command = [sys.executable, "-m", "tools.fuzz.target", name, str(seeds), *(f"-{key}={value}" for key, value in options.items())]
            code = subprocess.run(command, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT, check=False).returncode
        told = log.read_text(encoding="utf-8", errors="replace")
    done, covered = _DONE.findall(told), _COVERED.findall(told)
    print(f"{name}: {done[-1] if done else 'no'} inputs tried, {covered[-1] if covered else 'no'} places of the program reached")
    if code:
        found = _FINDING.search(told)
        print(f"{name}: {found[0][:200] if found else f'ended with {code}'}", f"the input is in {kept}", sep="\n", file=sys.stderr)
        if not found:
            print(told[-2000:], file=sys.stderr)
    return not code


def _plant(name: str, seeds: Path) -> int:
    """Write the inputs that the fuzzer starts from, each once."""
    contents = {path.read_bytes() for path in (ROOT / "sample_data").iterdir() if path.suffix in (".hl7", ".dcm", ".txt")}
    if name == "reading":
        rows = [
            json.loads(line) for path in (ROOT / "tests/corpus").rglob("*.jsonl") for line in path.read_text("utf-8").splitlines() if line
        ]
        contents = {row["report_text"].encode() for row in rows if "report_text" in row}
    for content in contents:
        (seeds / hashlib.sha256(content).hexdigest()[:16]).write_bytes(content)
    return len(contents)


def _dictionary() -> str:
    """Every word of the vocabulary file, in the form of libFuzzer's dictionaries: it puts them into what it tries."""
    text = (ROOT / "config/vocabulary/en.toml").read_text(encoding="utf-8")
    words = sorted(set(re.findall(r"[a-z]{2,}", text)) | {"IMPRESSION:", "ADDENDUM:", "FINDINGS:", "OBX|1|TX|", "OBR|", "MSH|"})
    return "".join(f'"{word}"\n' for word in words)


if __name__ == "__main__":
    sys.exit(main())
