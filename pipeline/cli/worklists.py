"""`followups`, `holds` and what people do with them: `ack`, `complete`, `release`, `pause`, `resume`."""

import contextlib
import sys
from enum import StrEnum
from typing import Annotated

import typer

from pipeline.cli.clock import SystemClock
from pipeline.cli.failures import DONE, ENVIRONMENT, REJECTED, complain
from pipeline.cli.lists import show_follow_ups, show_holds
from pipeline.cli.options import ByOption, ConfigOption, JsonOption, OutputOption, Place, StateOption, place
from pipeline.cli.parts import ledger_of, looked_up, one_of, opened
from pipeline.cli.when import told_at
from pipeline.cli.working import show_report
from pipeline.errors import Misconfigured, Problem

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="Its first characters are enough.", show_default=False)]
AllOption = Annotated[bool, typer.Option("--all", help="Closed ones too.")]


class What(StrEnum):
    """What can be paused."""

    NOTICES = "notices"


WhatArgument = Annotated[What, typer.Argument(metavar="notices", help="Letters. Follow-ups are never paused.", show_default=False)]


def followups(
    as_json: JsonOption = False,
    closed_too: AllOption = False,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only open ones whose time has come.")] = False,
    owner: Annotated[str, typer.Option("--owner", metavar="WHO", help="Only those of this owner, or a part of the name.")] = "",
    mine: Annotated[str, typer.Option("--mine", metavar="WHO", help="Only those that are yours or that you took: your id or name.")] = "",
    reason: Annotated[str, typer.Option("--reason", metavar="REASON", help="Only those of this reason.")] = "",
    report: Annotated[bool, typer.Option("--report", help="Figures instead: open, overdue, time to acknowledge, closed.")] = False,
    since: Annotated[str, typer.Option("--since", metavar="DATE", help="With --report: only those opened since then.")] = "",
    config: ConfigOption = None,
    state: StateOption = None,
    output: OutputOption = None,
) -> None:
    """List the follow-ups that somebody must work, oldest due first."""
    here = place(config, state, output)
    if report:
        show_report(here, since, as_json=as_json)
        return
    _must_make_sense(reason, since)
    from pipeline.domain.identity import folded

    now = SystemClock().now()
    with looked_up(here) as queries:
        rows = [row for row in queries.follow_ups("all" if closed_too else "open") if row.overdue(now) or not overdue]
    if mine.strip():
        names = _names_of(here, mine)
        rows = [row for row in rows if any(name in folded(f"{row.owner} {row.acknowledged_by}") for name in names)]
    rows = [row for row in rows if folded(owner) in folded(row.owner) and (not reason or row.reason.value == reason)]
    show_follow_ups(rows, now, here.config.site.zone, as_json=as_json)


def holds(
    as_json: JsonOption = False,
    closed_too: AllOption = False,
    config: ConfigOption = None,
    state: StateOption = None,
    output: OutputOption = None,
) -> None:
    """List the letters that wait for a person, oldest due first."""
    here = place(config, state, output)
    with looked_up(here) as queries:
        rows = queries.holds("all" if closed_too else "open")
    show_holds(rows, SystemClock().now(), here.config.site.zone, as_json=as_json)


def ack(
    follow_up: IdArgument,
    by: ByOption,
    config: ConfigOption = None,
    state: StateOption = None,
    output: OutputOption = None,
) -> None:
    """Take a follow-up over. It stays open until it is completed, and never releases a letter."""
    here = place(config, state, output)
    with opened(here) as app:
        found = one_of(follow_up, [row.id for row in app.queries.follow_ups()], "follow-up", "vqroute followups")
        app.flow.acknowledge(found, _named(by))
    sys.stdout.write(f"follow-up {found[:12]} is yours; `vqroute complete {found[:12]} --by ...` when it is done\n")


def complete(
    follow_up: IdArgument,
    by: ByOption,
    outcome: Annotated[str, typer.Option("--outcome", metavar="TEXT", help="What came of it.")] = "",
    config: ConfigOption = None,
    state: StateOption = None,
    output: OutputOption = None,
) -> None:
    """Close a follow-up whose work is done."""
    here = place(config, state, output)
    with opened(here) as app:
        found = one_of(follow_up, [row.id for row in app.queries.follow_ups()], "follow-up", "vqroute followups")
        app.flow.complete(found, _named(by), outcome)
    sys.stdout.write(f"follow-up {found[:12]} is completed\n")


def release(
    hold: IdArgument,
    by: ByOption,
    patient_told: Annotated[
        str, typer.Option("--patient-told", metavar="WHEN", help='When the patient was told: "now", "14:20", "2025-03-01 14:20".')
    ] = "",
    override: Annotated[str, typer.Option("--override", metavar="REASON", help="Release without having told the patient, and why.")] = "",
    config: ConfigOption = None,
    state: StateOption = None,
    output: OutputOption = None,
) -> None:
    """Let a held letter leave, at once."""
    here = place(config, state, output, sends=True)
    told = told_at(patient_told, SystemClock().now(), here.config.site.zone) if patient_told else ""
    with opened(here) as app:
        found = one_of(hold, [row.id for row in app.queries.holds()], "hold", "vqroute holds")
        app.flow.release(found, _named(by), told, override.strip())
        report = app.flow.deliver()
        paused = app.queries.status().paused
    sys.stdout.write(f"hold {found[:12]} is released\n")
    if paused:
        sys.stdout.write("letters are paused: it leaves when somebody resumes them\n")
    if report.dead:
        complain("a delivery was given up: `vqroute dead-letters`")
    raise typer.Exit(REJECTED if report.dead else ENVIRONMENT if report.failed else DONE)


def pause(
    what: WhatArgument,
    by: ByOption,
    config: ConfigOption = None,
    state: StateOption = None,
    output: OutputOption = None,
) -> None:
    """Stop all letters at once. Follow-ups go on."""
    here = place(config, state, output)
    # Whoever it is: stopping letters can wait for nobody.
    _switch(here, _named(by), to=True)
    sys.stdout.write(f"{what.value} are paused; follow-ups go on; `vqroute resume notices --by ...` lets letters leave again\n")


def resume(
    what: WhatArgument,
    by: ByOption,
    config: ConfigOption = None,
    state: StateOption = None,
    output: OutputOption = None,
) -> None:
    """Let letters leave again."""
    from pipeline.domain.working import known

    here = place(config, state, output)
    _switch(here, known(here.config.policy(frozenset()), by), to=False)
    sys.stdout.write(f"{what.value} leave again\n")


def retry(
    by: ByOption,
    deliveries: Annotated[list[str] | None, typer.Argument(metavar="[ID...]", help="Only these.", show_default=False)] = None,
    config: ConfigOption = None,
    state: StateOption = None,
    output: OutputOption = None,
) -> None:
    """Put deliveries that were given up back into the queue. The daemon, or the next replay, sends them."""
    here = place(config, state, output, sends=True)
    with opened(here) as app:
        dead = [row.id for row in app.queries.dead_letters()]
        wanted = [one_of(typed, dead, "dead letter", "vqroute dead-letters") for typed in deliveries or ()]
        number = app.flow.retry(_named(by), wanted)
    sys.stdout.write(f"{number} deliveries are in the queue again\n")


def _switch(here: Place, who: str, *, to: bool) -> None:
    """Straight into the ledger: letters must be stoppable when vocabulary or letters are broken, above all then."""
    from pipeline.store.control import set_paused

    with ledger_of(here) as ledger, ledger.write() as connection:
        set_paused(connection, to=to, by=who, now=SystemClock().now())


def _must_make_sense(reason: str, since: str) -> None:
    """An option that cannot do what was meant must not give a list that looks like "nothing is open"."""
    from pipeline.domain.followup import FollowUpReason

    known = [one.value for one in FollowUpReason]
    if reason and reason not in known:
        raise Misconfigured([Problem("--reason", 0, f"no such reason; there are {', '.join(known)}")])
    if since.strip():
        raise Misconfigured([Problem("--since", 0, "goes with --report only")])


def _names_of(here: Place, who: str) -> list[str]:
    """What an owner may be called whose id or name was typed; a list must be seen with a broken people.toml too."""
    from pipeline.domain.identity import folded

    with contextlib.suppress(Misconfigured):
        directory = here.config.directory_of_people
        found = directory.find(who)
        if found:
            return [folded(directory.people[found].name if found in directory.people else directory.roles[found].name)]
    return [folded(who)]


def _named(by: str) -> str:
    if not by.strip():
        raise Misconfigured([Problem("--by", 0, "say who you are")])
    return by.strip()
