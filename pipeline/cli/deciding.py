"""`withhold`, `decide`, `undelivered`, `wish`, `wishes`, `reprocess`: what people say about results and letters."""

import sys
from collections import Counter
from contextlib import closing
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from pipeline.cli.failures import DONE, ENVIRONMENT, REJECTED, complain
from pipeline.cli.lookups import one_exam
from pipeline.cli.machine import write_line
from pipeline.cli.options import ByOption, ConfigOption, JsonOption, OutputOption, StateOption, place
from pipeline.cli.parts import ledger_of, one_of, opened
from pipeline.domain.reading import Category, Grade
from pipeline.errors import Misconfigured, Problem, Refused

if TYPE_CHECKING:
    from pipeline.app import App
    from pipeline.store.queries import Queries
    from pipeline.store.reprocessing import Changed


class Verdict(StrEnum):
    """What a clinician may say that a report says."""

    NEGATIVE = "negative"
    NONDIAGNOSTIC = "nondiagnostic"
    POSITIVE = "positive"


class Asked(StrEnum):
    """What a patient may have asked for."""

    OPT_OUT = "opt-out"
    ASK_FIRST = "ask-first"
    NONE = "none"


ReasonOption = Annotated[str, typer.Option("--reason", metavar="WORDS", help="Why; it goes into the audit trail.")]


def withhold(
    hold: Annotated[str, typer.Argument(metavar="HOLD", help="Its first characters are enough.", show_default=False)],
    by: ByOption,
    reason: ReasonOption,
    config: ConfigOption = None,
    state: StateOption = None,
    output: OutputOption = None,
) -> None:
    """Decide that a held letter never leaves. Follow-ups stay open."""
    here = place(config, state, output)
    with opened(here) as app:
        found = one_of(hold, [row.id for row in app.queries.holds()], "hold", "vqroute holds")
        app.flow.withhold(found, by, reason)
    sys.stdout.write(f"hold {found[:12]} is withheld: its letter never leaves; follow-ups stay as they are\n")


def decide(
    what: Annotated[
        str, typer.Argument(metavar="EXAM|HOLD", help="An accession, or the id of an exam or of its hold.", show_default=False)
    ],
    category: Annotated[Verdict, typer.Argument(metavar="CATEGORY", help="negative, nondiagnostic or positive.", show_default=False)],
    by: ByOption,
    reason: ReasonOption,
    grade: Annotated[Grade | None, typer.Option("--grade", help="The reader's own term, if there is one.", show_default=False)] = None,
    read_report: Annotated[bool, typer.Option("--read-report", help="Say for the audit trail that you read the whole report.")] = False,
    config: ConfigOption = None,
    state: StateOption = None,
    output: OutputOption = None,
) -> None:
    """Say what a report says that could not be read safely. The letter of that category then follows its own rules."""
    from pipeline.domain.again import Ruling

    here = place(config, state, output, sends=True)
    with opened(here) as app:
        exam = _exam_of(app, what)
        note = f"{reason.strip()}{'; has read the whole report' if read_report else ''}"
        decision = app.flow.decide(exam, Ruling(Category(category.value), by, reason, grade), note)
        report = app.flow.deliver()
    follow_up = f"; follow-up: {decision.follow_up.value}" if decision.follow_up else ""
    sys.stdout.write(f"the report is decided: {decision.category.value}; letter: {decision.notice.value}{follow_up}\n")
    if report.dead:
        complain("a delivery was given up: `vqroute dead-letters`")
    raise typer.Exit(REJECTED if report.dead else ENVIRONMENT if report.failed else DONE)


def undelivered(
    notice: Annotated[
        str,
        typer.Argument(metavar="NOTICE", help="A letter's id, the name of its file, or its accession.", show_default=False),
    ],
    by: ByOption,
    reason: Annotated[str, typer.Option("--reason", metavar="WORDS", help="What the post says; it goes into the audit trail.")] = "",
    config: ConfigOption = None,
    state: StateOption = None,
    output: OutputOption = None,
) -> None:
    """Report that a letter came back. Whoever has the result on their list has it anew; nobody had it: an item of its own opens."""
    here = place(config, state, output)
    with opened(here) as app:
        found = app.queries.letter(notice.strip().lower()) or _last_letter(app.queries, notice)
        app.flow.undelivered(found, by, reason)
    sys.stdout.write(f"letter {found[:12]} is known to have come back; see `vqroute followups`\n")


def wish(
    mrn: Annotated[str, typer.Argument(metavar="MRN", help="The patient's record number.", show_default=False)],
    asked: Annotated[Asked, typer.Argument(metavar="WISH", help="opt-out, ask-first or none.", show_default=False)],
    by: ByOption,
    authority: Annotated[str, typer.Option("--authority", metavar="NAME", help="Who issued the number (PID-3.4).", show_default=False)],
    config: ConfigOption = None,
    state: StateOption = None,
    output: OutputOption = None,
) -> None:
    """Write down that a patient wants no letters, or wants to be asked first. Letters that have not left are held."""
    here = place(config, state, output)
    with opened(here) as app:
        held = app.flow.wish(authority, mrn, "" if asked is Asked.NONE else asked.value, by)
    sys.stdout.write(f"the wish is {asked.value}; letters of {held} exams are held by it now\n")
    if asked is Asked.NONE:
        sys.stdout.write("letters that were held for it stay held until somebody releases them: `vqroute holds`\n")


def wishes(as_json: JsonOption = False, config: ConfigOption = None, state: StateOption = None, output: OutputOption = None) -> None:
    """List the patients who want no letters, or want to be asked first."""
    from pipeline.store.wishes import wishes as listed

    here = place(config, state, output)
    with ledger_of(here) as ledger, ledger.read() as connection:
        rows = listed(connection)
    if as_json:
        for row in rows:
            write_line(row)
    elif rows:
        from pipeline.cli.terminal import console, harmless, local, table

        zone = here.config.site.zone
        shown = [(harmless(row.number), harmless(row.authority), row.wish, local(row.changed_at, zone)) for row in rows]
        console().print(table("", ("record number", "issued by", "wish", f"since ({zone.key})"), shown))
    else:
        sys.stdout.write("nobody is on the list\n")


def reprocess(
    since: Annotated[str, typer.Option("--since", metavar="WHEN", help='Only what was decided since then: "2025-03-01 14:20".')] = "",
    outcome: Annotated[
        Category | None, typer.Option("--outcome", help="Only what was decided as this category.", show_default=False)
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list what would change.")] = False,
    by: Annotated[
        str, typer.Option("--by", metavar="WHO", help="Your name, for the audit trail; without it your OS user. Live: needed.")
    ] = "",
    as_json: JsonOption = False,
    config: ConfigOption = None,
    state: StateOption = None,
    output: OutputOption = None,
) -> None:
    """Read the archived reports once more under today's rules, list what would be decided otherwise, and make it so.

    A letter that has left and would say another thing today is a wrong letter out. Killed and started again, it goes on where it was.
    """
    from pipeline.cli.progress import progress
    from pipeline.store.reprocessing import Wanted

    here = place(config, state, output, sends=not dry_run)
    start = _since(since, here.config.site.zone) if since else None
    wanted = Wanted(start, outcome, by)
    counts: Counter[str] = Counter()
    left, rows = 0, []
    with opened(here) as app, progress("reprocess") as on_progress:
        total = app.flow.to_reprocess(wanted)
        with closing(app.flow.reprocess(wanted, dry_run=dry_run, on_progress=lambda done: on_progress(done, total))) as found:
            for row in found:
                counts[row.does] += 1
                left += row.letter == "left"
                if as_json:
                    write_line(row)
                else:
                    rows.append(row)
        report = None if dry_run else app.flow.deliver()
    if not as_json:
        _show(rows, counts, left, total, dry_run=dry_run)
    if report and report.failed:
        raise typer.Exit(ENVIRONMENT)
    raise typer.Exit(REJECTED if counts["lost"] or counts["failed"] or (report and report.dead) else DONE)


_LETTER = {"left": "has left"}
_DOES = {
    "acts": "changed",
    "listed": "no longer speaks for its exam",
    "person": "A CLINICIAN DECIDED IT: LOOK",
    "lost": "cannot be read again",
    "failed": "we failed on it",
}


def _show(rows: "list[Changed]", counts: Counter[str], left: int, total: int, *, dry_run: bool) -> None:
    if rows:
        from pipeline.cli.terminal import console, harmless, table

        words = _DOES | ({"acts": "would change"} if dry_run else {})
        shown = [
            (
                harmless(row.accession),
                _verdict(row.was),
                _verdict(row.becomes),
                "has left" if row.letter == "left" else row.letter,
                words[row.does],
            )
            for row in rows
        ]
        console().print(table("", ("accession", "was", "today", "letter", ""), shown))
    tense = "would be" if dry_run else "were"
    sys.stdout.write(
        f"{total} exams looked at; {counts['acts']} reports {tense} decided otherwise; {left} letters of such reports have left.\n"
    )


def _verdict(said: tuple[str | None, str | None, str | None]) -> str:
    category, grade, notice = said
    return f"{category}{f' ({grade})' if grade else ''}, letter {notice}" if category else "-"


def _exam_of(app: "App", typed: str) -> str:
    """The exam of an accession, an exam's id or a hold's id. Raises Refused."""
    wanted = typed.strip().lower()
    holds = {row.exam for row in app.queries.holds() if wanted and row.id.startswith(wanted) and len(wanted) >= 4}
    if len(holds) == 1:
        return holds.pop()
    return one_exam(app.queries, typed).digest


def _last_letter(queries: "Queries", typed: str) -> str:
    """The letter of an exam that left last: whoever holds the envelope knows the patient, not our ids. Raises Refused."""
    left = [one for one in one_exam(queries, typed).exam.notices if one.left]
    if not left:
        raise Refused("no letter of this exam has left; it cannot have come back")
    return left[-1].id


def _since(typed: str, zone: ZoneInfo) -> datetime:
    try:
        moment = datetime.fromisoformat(typed.strip())
    except ValueError:
        raise Misconfigured([Problem("--since", 0, 'say a day or a time, such as "2025-03-01" or "2025-03-01 14:20"')]) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
