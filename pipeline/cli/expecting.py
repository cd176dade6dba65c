"""`expect` and `expected`: the RIS' daily list against what has come."""

import sys
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.clock import SystemClock
from pipeline.cli.failures import DONE, REJECTED, complain
from pipeline.cli.machine import write_line
from pipeline.cli.options import ConfigOption, JsonOption, OutputOption, StateOption, place
from pipeline.cli.parts import ledger_of
from pipeline.errors import Misconfigured, Problem

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_MEANS = {
    "report": "a report has come",
    "study": "images have come, and no report",
    "missing": "nothing has come",
    "cancelled": "called off",
    "unexpected": "came without being expected",
}


def expect(
    file: Annotated[
        Path, typer.Argument(metavar="LIST.csv", help="Columns accession and date; authority, time, code, MRN, status, priority.")
    ],
    authority: Annotated[str, typer.Option("--authority", metavar="NAME", help="Who issued the accessions, where no column says.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read the list, say what is in it, remember nothing.")] = False,
    config: ConfigOption = None,
    state: StateOption = None,
    output: OutputOption = None,
) -> None:
    """Take the RIS' list of V/Q exams, so that `vqroute expected` can say which of them are missing."""
    from pipeline.config import bytes_of
    from pipeline.readers.ris_list import read_list
    from pipeline.store.expected import put

    here = place(config, state, output)
    if not file.is_file():
        raise Misconfigured([Problem(str(file), 0, "there is no such file")])
    # Two sites may have the same accession numbers: only where all sources speak for one authority is it clear whose these are.
    said = {one.authority for one in here.config.sources.values() if one.authority}
    whose = authority.strip() or (said.pop() if len(said) == 1 else "")
    read = read_list(bytes_of(file), whose, here.config.site.zone, here.config.authorities)
    if read.problems:
        raise Misconfigured([Problem(str(file), line, words) for line, words in read.problems])
    if dry_run:
        sys.stdout.write(f"{len(read.exams)} exams in the list; nothing was remembered\n")
        return
    with ledger_of(here) as ledger, ledger.write() as connection:
        new = put(connection, read.exams, "list", SystemClock().now())
    sys.stdout.write(f"{len(read.exams)} exams are expected, {new} of them new\n")


def expected(
    day: Annotated[str, typer.Option("--day", metavar="DATE", help="Which day, such as 2026-03-02; without it today.")] = "",
    as_json: JsonOption = False,
    config: ConfigOption = None,
    state: StateOption = None,
    output: OutputOption = None,
) -> None:
    """Hold a day's expected V/Q exams against what has come. Exit code 1 if one is missing."""
    from pipeline.store.expected import day_of, not_for_us, reconcile

    here = place(config, state, output)
    zone = here.config.site.zone
    with ledger_of(here) as ledger, ledger.read() as connection:
        rows = reconcile(connection, *day_of(_start(day, zone)))
        missing = [row for row in rows if row.state == "missing"]
        swallowed = not_for_us(connection, sorted({row.code for row in missing if row.code}))
    if as_json:
        for row in rows:
            write_line(row)
    elif rows:
        from pipeline.cli.terminal import console, local, table

        shown = [(row.accession, row.authority, local(row.due_at, zone), _MEANS[row.state], "urgent" if row.urgent else "") for row in rows]
        console().print(table("", ("accession", "authority", "when", "what", ""), shown))
        counts = Counter(row.state for row in rows)
        sys.stdout.write(", ".join(f"{counts[state]} {state}" for state in _MEANS if counts[state]) + "\n")
    else:
        sys.stdout.write("no exam was expected on that day, and none has come\n")
    if swallowed:
        complain(f"{swallowed} results with the codes of missing exams were taken as other exams: see config/studies.toml")
    raise typer.Exit(REJECTED if missing else DONE)


def _start(day: str, zone: "ZoneInfo") -> datetime:
    if not day:
        return SystemClock().now().astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        return datetime.strptime(day.strip(), "%Y-%m-%d").replace(tzinfo=zone)
    except ValueError:
        raise Misconfigured([Problem("--day", 0, "write the day as 2026-03-02")]) from None
