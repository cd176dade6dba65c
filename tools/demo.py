"""Runs every sample through vqroute in a fresh folder, shows what came of each, and fails if any differs from what it should be."""

import json
import re
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "sample_data"
PLACE = ROOT / "demo"
VQROUTE = ROOT / ".venv" / "bin" / "vqroute"
COLOURS = {"negative": "green", "nondiagnostic": "yellow", "positive": "red", "review": "magenta"}
Row = dict[str, Any]


@dataclass(frozen=True)
class Checked:
    """One message of one sample beside what it should be. `wrong` names the keys that differ, and says how."""

    file: str
    what: str
    row: Row
    wrong: tuple[str, ...]


def replay(samples: Path, place: Path) -> list[Row]:
    """The rows of `vqroute replay --json` over `samples`, with a new ledger and output below `place`.

    Raises:
        SystemExit: the command failed (2: configuration, 3: environment). Its 1 is expected: some samples are bad on purpose.
    """
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    command = [VQROUTE, "replay", samples, "--json", "--config", ROOT / "config" / "site.toml"]
    done = subprocess.run(
        [*map(str, command), "--state", str(place / "state"), "--output", str(place / "output")],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode not in (0, 1):
        raise SystemExit(f"vqroute replay ended with exit code {done.returncode}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.strip()]


def check(samples: Path, rows: list[Row]) -> list[Checked]:
    """Every message of every sample, in the order of the files; one that is missing or that nobody expected is wrong."""
    by_file: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_file[Path(row["source"]).resolve().relative_to(samples.resolve()).as_posix()].append(row)
    checked = []
    for expectation in sorted(samples.rglob("*.expected.json")):
        expected = json.loads(expectation.read_text(encoding="utf-8"))
        for file in _inputs(expectation):
            name = file.relative_to(samples).as_posix()
            found = by_file.pop(name, [])
            wanted = expected["messages"]
            for number in range(max(len(found), len(wanted))):
                row = found[number] if number < len(found) else {}
                want = wanted[number] if number < len(wanted) else {}
                checked.append(Checked(name, str(expected.get("about", "")), row, _differences(row, want)))
    for name, found in sorted(by_file.items()):
        checked += [Checked(name, "", row, ("nobody said what this should be",)) for row in found]
    return checked


def _inputs(expectation: Path) -> list[Path]:
    """The input beside `name.expected.json`: the file `name`, or the files `name.*` of any other ending."""
    stem = expectation.name.removesuffix(".expected.json")
    whole = expectation.with_name(stem)
    if whole.is_file():
        return [whole]
    return sorted(p for p in expectation.parent.glob(f"{stem}.*") if not p.name.endswith(".expected.json"))


def _differences(row: Row, want: Row) -> tuple[str, ...]:
    if not row:
        return ("nothing came of it",)
    if not want:
        return ("one message more than expected",)
    # `explain` holds what differs when the message is looked at alone: not what replay does.
    want = {key: value for key, value in want.items() if key != "explain"}
    return tuple(f"{key}: {row.get(key, 'not said')!r}, should be {value!r}" for key, value in want.items() if row.get(key, ...) != value)


def show(console: Console, checked: list[Checked]) -> None:
    """The table of all samples, a line each; below it what differs."""
    table = Table(title="What came of each sample", title_justify="left", header_style="bold", pad_edge=False, box=box.SIMPLE_HEAD)
    # Everything else is short and fixed; the description takes what is left of the line, and goes first on a narrow terminal.
    left = console.width - 110
    for head, width in (("", 1), ("sample", 38), ("what it is", left), ("category", 13), ("grade", 15), ("letter", 7), ("follow-up", 14)):
        if width > 0:
            table.add_column(head, no_wrap=True, overflow="ellipsis", width=width)
    for item in checked:
        row = item.row
        category = row.get("category") or {"study": "images", "not_vq": "not for us"}.get(str(row.get("outcome")), row.get("outcome", "-"))
        table.add_row(
            Text("✗", "bold red") if item.wrong else Text("✓", "green"),
            item.file,
            *([Text(_short(item.what), "dim")] if left > 0 else []),
            Text(str(category), COLOURS.get(str(row.get("category")), "dim")),
            str(row.get("grade") or "") + (" chronic" if row.get("chronic") else ""),
            str(row.get("notice") if row.get("category") else ""),
            str(row.get("follow_up") or ""),
        )
    console.print(table)
    for item in checked:
        if item.wrong:
            console.print(f"[bold red]✗[/] {item.file}: {'; '.join(item.wrong)}", highlight=False)


def _short(what: str) -> str:
    """The first clause of a sample's description."""
    return re.split(r"[;:]|\. |\.$", what)[0]


def show_letter(console: Console, output: Path) -> None:
    """Where letters and follow-ups are, and the text of one letter."""
    letters = sorted(output.glob("notices/*/*.txt"))
    tasks = sorted(output.glob("followups/*.json"))
    console.print(f"\n{len(letters)} letters in {output.relative_to(ROOT)}/notices (HTML, text and facts as JSON)", highlight=False)
    console.print(f"{len(tasks)} follow-ups in {output.relative_to(ROOT)}/followups (FHIR R4 Task)\n", highlight=False)
    for letter in letters:
        facts = json.loads(letter.with_suffix(".json").read_text(encoding="utf-8"))
        if facts["letter"] == "nondiagnostic":
            title = f"one of them: {letter.relative_to(ROOT).with_suffix('.html')}"
            console.print(Panel(Text(letter.read_text(encoding="utf-8").strip()), title=title, title_align="left", width=100))
            return


def main() -> int:
    """0 exactly when every sample came out as it should."""
    started = time.monotonic()
    console = Console(width=None if sys.stdout.isatty() else 150)
    checked = check(SAMPLES, replay(SAMPLES, PLACE))
    show(console, checked)
    show_letter(console, PLACE / "output")
    wrong = sum(1 for item in checked if item.wrong)
    console.print(
        f"{len(checked) - wrong} as expected, {wrong} not, in {time.monotonic() - started:.1f} s",
        style="bold red" if wrong else "bold green",
    )
    return 1 if wrong or not checked else 0


if __name__ == "__main__":
    sys.exit(main())
