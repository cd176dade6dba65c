"""What people do with follow-ups beyond taking and completing them: `plan`, `transfer`, `decline`, `snooze`, `reopen`; and the report."""

import re
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from pipeline.cli.clock import SystemClock
from pipeline.cli.options import ByOption, ConfigOption, OutputOption, Place, StateOption, place
from pipeline.cli.parts import ledger_of, one_of, opened
from pipeline.errors import Misconfigured, Problem

if TYPE_CHECKING:
    from pipeline.flow import Flow

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="Its first characters are enough.", show_default=False)]
ReasonOption = Annotated[str, typer.Option("--reason", metavar="WHY", help="Why; kept in the audit trail.")]


def plan(
    follow_up: IdArgument,
    by: ByOption,
    what: Annotated[str, typer.Option("--what", metavar="TEXT", help="What will be done.")],
    on: Annotated[str, typer.Option("--on", metavar="DATE", help='The day it will be done: "2025-03-01", or with a time.')],
    config: ConfigOption = None,
    state: StateOption = None,
    output: OutputOption = None,
) -> None:
    """Say what will be done about a follow-up, and when. It comes back if that day passes and it is not completed."""
    here = place(config, state, output)
    day = moment_of("--on", on, here.config.site.zone, end_of_day=True)
    found = _act(here, follow_up, lambda flow, item: flow.plan(item, what, day, by))
    sys.stdout.write(f"follow-up {found[:12]} is planned\n")


def transfer(
    follow_up: IdArgument,
    to: Annotated[str, typer.Option("--to", metavar="WHOM", help="A person or role of people.toml: its id or whole name.")],
    by: ByOption,
    reason: ReasonOption = "",
    config: ConfigOption = None,
    state: StateOption = None,
    output: OutputOption = None,
) -> None:
    """Hand a follow-up to somebody else, who must acknowledge it."""
    found = _act(place(config, state, output), follow_up, lambda flow, item: flow.transfer(item, to, by, reason))
    sys.stdout.write(f"follow-up {found[:12]} is handed on; nobody has taken it until they acknowledge it\n")


def decline(
    follow_up: IdArgument,
    reason: ReasonOption,
    by: ByOption,
    config: ConfigOption = None,
    state: StateOption = None,
    output: OutputOption = None,
) -> None:
    """Say that you will not do it. The next on its ladder is asked at once; it stays open."""
    found = _act(place(config, state, output), follow_up, lambda flow, item: flow.decline(item, reason, by))
    sys.stdout.write(f"follow-up {found[:12]} goes to the next on its ladder; it stays open\n")


def snooze(
    follow_up: IdArgument,
    by: ByOption,
    until: Annotated[str, typer.Option("--until", metavar="WHEN", help='"2025-03-01 08:00", in the site\'s time.')] = "",
    span: Annotated[str, typer.Option("--for", metavar="DURATION", help='"2h", "90min".')] = "",
    config: ConfigOption = None,
    state: StateOption = None,
    output: OutputOption = None,
) -> None:
    """Put a follow-up off: no reminder before then. Only so often and so long as the site allows."""
    here = place(config, state, output)
    if bool(until.strip()) == bool(span.strip()):
        raise Misconfigured([Problem("--until", 0, "say until when: either --until or --for")])
    when = moment_of("--until", until, here.config.site.zone) if until.strip() else SystemClock().now() + _span(span)
    found = _act(here, follow_up, lambda flow, item: flow.snooze(item, when, by))
    sys.stdout.write(f"follow-up {found[:12]} is put off; it stays open\n")


def reopen(
    follow_up: IdArgument,
    reason: ReasonOption,
    by: ByOption,
    config: ConfigOption = None,
    state: StateOption = None,
    output: OutputOption = None,
) -> None:
    """Take up again a follow-up that was completed by mistake."""
    found = _act(place(config, state, output), follow_up, lambda flow, item: flow.reopen(item, reason, by), among="completed")
    sys.stdout.write(f"follow-up {found[:12]} is open again\n")


def show_report(here: Place, since: str, *, as_json: bool) -> None:
    """Write the figures of all follow-ups (or those opened since) to stdout."""
    from pipeline.cli.machine import write_line
    from pipeline.store.figures import report

    start = moment_of("--since", since, here.config.site.zone) if since.strip() else None
    with ledger_of(here) as ledger:
        lines = report(ledger, SystemClock().now(), start)
    if as_json:
        for line in lines:
            write_line(asdict(line))
        return
    from pipeline.cli.terminal import console, table

    shown = [
        (
            "" if one.by == "all" else one.by,
            one.name,
            one.opened,
            one.open,
            one.overdue,
            _spoken(one.acknowledge_median_s),
            _spoken(one.acknowledge_p90_s),
            "" if one.closure_rate is None else f"{one.closure_rate:.0%}",
            one.escalations,
        )
        for one in lines
    ]
    columns = ("", "", "opened", "open", "overdue", "ack median", "ack 90 %", "closed", "escalations")
    console().print(table("", columns, [tuple(map(str, row)) for row in shown]))


def moment_of(option: str, text: str, zone: ZoneInfo, *, end_of_day: bool = False) -> datetime:
    """A day or a time as people type it, in the site's zone; a day alone is its start, or its end. Raises `errors.Misconfigured`."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Misconfigured([Problem(option, 0, 'say a day or a time: "2025-03-01" or "2025-03-01 14:20"')]) from None
    if end_of_day and re.fullmatch(r"\d{4}-\d\d-\d\d", text.strip()):
        moment = datetime.combine(moment.date(), time(23, 59))
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _span(text: str) -> timedelta:
    from pipeline.config.durations import parse

    try:
        return parse(text)
    except ValueError as error:
        raise Misconfigured([Problem("--for", 0, str(error))]) from None


def _act(here: Place, typed: str, act: "Callable[[Flow, str], None]", among: str = "open") -> str:
    with opened(here) as app:
        found = one_of(typed, [row.id for row in app.queries.follow_ups(among)], f"{among} follow-up", "vqroute followups --all")
        act(app.flow, found)
    return found


def _spoken(seconds: int | None) -> str:
    if seconds is None:
        return ""
    return f"{seconds // 60} min" if seconds < 2 * 3600 else f"{seconds / 3600:.1f} h"
