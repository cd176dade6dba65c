"""Puts measured rows into the table of docs/benchmarks.md, each in place of the older one of its name."""

import re
from collections.abc import Iterable
from pathlib import Path

from bench.row import Row

PAGE = Path(__file__).resolve().parents[1] / "docs/benchmarks.md"
HEAD = "| what | figure | what it means | measured on |\n| --- | --- | --- | --- |\n"
_EMPTY = f"""# Benchmarks

Written by `python -m bench --write`, a row at a time: figures of one machine, to look at, and nothing that a test holds us to.
What stands beside each other was measured in the same run.

{HEAD}"""
_NUMBER = re.compile(r"\d+")


def write(rows: Iterable[Row], machine: str, page: Path = PAGE) -> Path:
    """The page, made if there is none. What a person wrote around the table stays; rows that were not measured now stay, too.

    Raises:
        ValueError: the page holds no table of ours.
    """
    text = page.read_text(encoding="utf-8") if page.exists() else _EMPTY
    before, found, after = text.partition(HEAD)
    if not found:
        raise ValueError(f"{page.name} holds no table with the head {HEAD.splitlines()[0]!r}")
    body = re.match(r"(?:\|.*\n)*", after)
    assert body is not None  # it matches the empty text, too
    lines = {_name(line): line for line in body[0].splitlines()}
    for row in rows:
        lines[_key(row.name)] = "| " + " | ".join(cell.replace("|", "\\|") for cell in (row.name, row.figure, row.note, machine)) + " |"
    table = "".join(f"{line}\n" for line in lines.values())
    page.write_text(f"{before}{HEAD}{table}{after[body.end() :]}", encoding="utf-8")
    return page


def _name(line: str) -> str:
    return _key(line.split(" | ")[0].removeprefix("| "))


def _key(name: str) -> str:
    """Numbers in a name (how many files waited) may differ from run to run."""
    return _NUMBER.sub("N", name)
