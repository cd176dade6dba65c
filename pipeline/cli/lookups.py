"""`find`, `show`, `status` and `dead-letters`: what the ledger knows."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.clock import SystemClock
from pipeline.cli.failures import REJECTED, complain
from pipeline.cli.machine import write_line
from pipeline.cli.options import ConfigOption, JsonOption, OutputOption, StateOption, place
from pipeline.cli.parts import looked_up
from pipeline.errors import Refused

if TYPE_CHECKING:
    from pipeline.cli.health import Health
    from pipeline.store.answers import FoundExam, Shown, Status
    from pipeline.store.queries import Queries


def find(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="Accession, record number, control id, study UID or file hash.")],
    as_json: JsonOption = False,
    config: ConfigOption = None,
    state: StateOption = None,
    output: OutputOption = None,
) -> None:
    """Find the exams that an accession, record number, control id or study belongs to."""
    here = place(config, state, output)
    with looked_up(here) as queries:
        found = queries.find(text)
    if as_json:
        for row in found:
            write_line(row)
    elif found:
        _show_found(found)
    else:
        sys.stdout.write("nothing has come under that name\n")


def show(
    exam: Annotated[str, typer.Argument(metavar="EXAM", help="An accession, or the first 8 or more characters of an exam's id.")],
    as_json: JsonOption = False,
    config: ConfigOption = None,
    state: StateOption = None,
    output: OutputOption = None,
) -> None:
    """Show what happened to an exam, in the order in which it happened, and how it stands now."""
    here = place(config, state, output)
    with looked_up(here) as queries:
        shown = one_exam(queries, exam)
    if as_json:
        from pipeline.cli.timeline import timeline

        write_line({"exam": shown.digest, "accessions": [key.accession for key in shown.keys], "timeline": timeline(shown)})
        return
    from rich.text import Text

    from pipeline.cli.terminal import console, harmless, local, table
    from pipeline.cli.timeline import now_lines, timeline

    screen, zone = console(), here.config.site.zone
    keys = ", ".join(f"{key.accession.removeprefix('msh10:')} ({key.authority})" for key in shown.keys)
    screen.print(Text(harmless(f"Exam {keys or 'of images without accession'}"), style="bold"))
    current = shown.exam.current
    if current and current.patient.name:
        born = f", born {current.patient.birth_date.isoformat()}" if current.patient.birth_date else ""
        screen.print(Text(harmless(f"Patient {current.patient.name.spoken}{born}")))
    screen.print(Text(f"Id {shown.digest}", style="dim"))
    screen.print()
    rows = [(local(line.at, zone), line.said, line.by.partition(" (os:")[0]) for line in timeline(shown)]
    screen.print(table("", (f"when ({zone.key})", "what", "who"), rows))
    screen.print()
    for said in now_lines(shown):
        screen.print(Text(harmless(said)))


def status(
    health: Annotated[bool, typer.Option("--health", help="Only say whether the daemon is well: exit code 0 or 1.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    state: StateOption = None,
    output: OutputOption = None,
) -> None:
    """Say how the service is and what is waiting."""
    from pipeline.cli.health import health_of

    here = place(config, state, output)
    now = SystemClock().now()
    daemon = health_of(here.state, now, here.config.folders.scan_s)
    if health:
        for problem in daemon.problems:
            complain(problem)
        raise typer.Exit(0 if daemon.well else 1)
    with looked_up(here) as queries:
        known = queries.status(now)
    if as_json:
        write_line({"mode": here.config.site.mode, "well": daemon.well, "problems": daemon.problems, "ledger": known})
    else:
        _show_status(here.config.site.mode.value, daemon, known)


def dead_letters(
    as_json: JsonOption = False,
    config: ConfigOption = None,
    state: StateOption = None,
    output: OutputOption = None,
) -> None:
    """List the deliveries that were given up. Exit code 1 if there are any."""
    here = place(config, state, output)
    with looked_up(here) as queries:
        rows = queries.dead_letters()
    if as_json:
        for row in rows:
            write_line(row)
    elif rows:
        from pipeline.cli.terminal import console, table

        shown = [(row.id[:12], row.kind, row.destination, row.attempts, row.error, row.exam[:12]) for row in rows]
        console().print(table("", ("id", "kind", "destination", "attempts", "error", "exam"), shown))
    else:
        sys.stdout.write("none\n")
    if rows:
        raise typer.Exit(REJECTED)


def one_exam(queries: "Queries", typed: str) -> "Shown":
    """The exam of that accession, else of that id.

    Raises:
        errors.Refused: there is none, or there are several.
    """
    found = [row for row in queries.find(typed) if "accession" in row.matched] or queries.find(typed)
    if len(found) > 1:
        ids = ", ".join(row.exam[:12] for row in found)
        raise Refused(f"{len(found)} exams answer to that; show one of them by its id: {ids}")
    shown = queries.show(found[0].exam if found else typed)
    if shown is None:
        raise Refused("no exam has that accession or id; `vqroute find` looks for record numbers and study UIDs too")
    return shown


def _show_found(found: list["FoundExam"]) -> None:
    from pipeline.cli.terminal import console, table

    rows = [
        (
            row.exam[:12],
            row.accession,
            row.authority,
            ", ".join(row.matched),
            row.category.value + (f" ({row.grade.value})" if row.grade else "") if row.category else "no report",
            row.versions,
            row.instances,
            row.open_follow_ups,
            row.open_holds,
        )
        for row in found
    ]
    columns = ("exam", "accession", "authority", "found by", "result", "versions", "images", "follow-ups", "holds")
    console().print(table("", columns, rows))


def _show_status(mode: str, daemon: "Health", known: "Status") -> None:
    from rich.text import Text

    from pipeline.cli.terminal import console, table

    screen = console()
    if daemon.well:
        age = f", inbox looked through {daemon.scan_age_s:.0f} s ago" if daemon.scan_age_s is not None else ""
        screen.print(Text(f"The daemon is well (version {daemon.version}, mode {mode}{age}).", style="green"))
    for problem in daemon.problems:
        screen.print(Text(f"Not well: {problem}.", style="yellow"))
    if known.paused:
        screen.print(Text(f"LETTERS ARE PAUSED by {known.paused_by}; `vqroute resume notices --by ...`", style="bold red"))
    waiting = sum(count for states in known.deliveries.values() for state, count in states.items() if state in ("new", "leased", "staged"))
    dead = sum(states.get("dead", 0) for states in known.deliveries.values())
    rows: list[tuple[str, object]] = [("files taken", known.files), ("exams", known.exams)]
    rows += [(f"messages and images: {outcome.replace('_', ' ')}", count) for outcome, count in sorted(known.outcomes.items())]
    rows += [("images waiting for their exam", known.waiting_studies)] if known.waiting_studies else []
    rows += [(f"open follow-ups: {reason}", count) for reason, count in sorted(known.follow_ups.items())]
    rows += [("follow-ups overdue", Text(str(known.overdue), style="bold red" if known.overdue else ""))]
    rows += [("letters held", known.holds), ("deliveries waiting", waiting)]
    rows += [("deliveries given up", Text(str(dead), style="bold red" if dead else ""))]
    screen.print(table("", ("what", "count"), rows))
