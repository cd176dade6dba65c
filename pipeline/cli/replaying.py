"""`vqroute replay`: the daemon's way over files and folders, once, with a summary at the end."""

import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.failures import DONE, ENVIRONMENT, REJECTED, complain
from pipeline.cli.options import ConfigOption, JsonOption, OutputOption, Place, StateOption, place
from pipeline.errors import Misconfigured, Problem

if TYPE_CHECKING:
    from pipeline.domain.reasons import Reason
    from pipeline.explain import Explained
    from pipeline.flow import Outcome
    from pipeline.intake.replay import Replayed, ReplayReport


def replay(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files and folders.", show_default=False)],
    as_json: JsonOption = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do everything in a temporary place and keep nothing.")] = False,
    no_deliver: Annotated[bool, typer.Option("--no-deliver", help="Decide only; a later replay or run delivers.")] = False,
    live: Annotated[bool, typer.Option("--live", help="Deliver to every destination of the site, not only to the output folder.")] = False,
    config: ConfigOption = None,
    state: StateOption = None,
    output: OutputOption = None,
) -> None:
    """Put files and folders through the daemon's way, once. The input is left as it is.

    Twice over the same input with the same state emits nothing new. Letters and follow-ups go to the output folder.
    """
    here = place(config, state, output, sends=True)
    missing = [Problem(str(path), 0, "no such file or folder") for path in paths if not path.exists()]
    if missing:
        raise Misconfigured(missing)

    from pipeline.app import App
    from pipeline.cli.clock import SystemClock
    from pipeline.cli.progress import progress
    from pipeline.intake import replay as engine

    summary = Summary()
    rows = Rows(here) if as_json else None

    def take(item: "Replayed") -> None:
        summary.add(item)
        if rows:
            rows.write(item)

    with ExitStack() as stack:
        if dry_run:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vqroute-dry-")))
            here = Place(here.config, folder / "state", folder / "output")
        app = stack.enter_context(App.build(here.config, here.state, here.output, SystemClock(), folder_only=not live, exclusive=True))
        with progress("replay") as on_progress:
            report = engine.replay(app, paths, deliver=not no_deliver, on_progress=on_progress, on_outcome=take)
    if not as_json:
        summary.show(report, here, dry_run=dry_run, delivered=not no_deliver)
    raise typer.Exit(exit_code(report))


def exit_code(report: "ReplayReport") -> int:
    """1 where something was rejected or given up, 3 where a file could not be read or a delivery not made."""
    if report.unreadable:
        complain(f"{len(report.unreadable)} files cannot be read, or changed while they were read; replay them again")
    if report.failed and report.waiting:
        complain(f"{report.waiting} deliveries could not be made yet; replay again, nothing is lost")
    if report.unreadable or (report.failed and report.waiting):
        return ENVIRONMENT
    return REJECTED if report.counts["rejected"] or report.dead else DONE


class Rows:
    """Writes the JSON line of each message. What the ledger no longer tells of a message seen before is read again from its file."""

    def __init__(self, here: Place) -> None:
        self._here = here
        self._unheard = False
        self._again: Callable[[Path], list[Explained]] | None = None
        self._last: tuple[Path, list[Explained]] | None = None

    def write(self, item: "Replayed") -> None:
        if self._unheard:
            return
        one = as_explained(str(item.path), item.outcome)
        if item.outcome.seen_before:
            one = one.filled_from(self._read_again(item.path, item.ordinal))
        try:
            sys.stdout.write(json.dumps(one.as_row()) + "\n")
            sys.stdout.flush()
        except BrokenPipeError:
            # Whoever read the rows has gone; the work goes on to its end all the same.
            self._unheard = True
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def _read_again(self, path: Path, ordinal: int) -> "Explained | None":
        if self._again is None:
            from pipeline.cli.explaining import explainer_of_files

            self._again = explainer_of_files(self._here.config)
        if self._last is None or self._last[0] != path:
            self._last = (path, self._again(path))
        return next((one for one in self._last[1] if one.message == ordinal), None)


def as_explained(source: str, outcome: "Outcome") -> "Explained":
    """What the flow made of a message, in the words of `explain`."""
    from pipeline.explain import Explained

    return Explained(
        source=source,
        message=outcome.ordinal,
        kind=outcome.kind,
        outcome=outcome.outcome,
        report=outcome.report,
        reading=outcome.reading,
        decision=outcome.decision,
        instance=outcome.instance,
        reason=outcome.reason or (outcome.rejection.reason if outcome.rejection else ""),
    )


class Summary:
    """Counts what became of the messages, for the table at the end."""

    def __init__(self) -> None:
        self.categories: Counter[tuple[str, str, str]] = Counter()
        self.outcomes: Counter[str] = Counter()
        self.rejected: Counter[str] = Counter()
        self.not_for_us: Counter[str] = Counter()
        self.parts: Counter[str] = Counter()
        self.seen_before = 0

    def add(self, item: "Replayed") -> None:
        outcome = item.outcome
        self.outcomes[outcome.outcome] += 1
        self.seen_before += outcome.seen_before
        if outcome.outcome == "rejected":
            self.rejected[outcome.reason or (outcome.rejection.reason if outcome.rejection else "failed-inside")] += 1
        elif outcome.outcome == "not_vq":
            self.not_for_us[outcome.reason] += 1
        elif outcome.instance is not None:
            self.parts[outcome.instance.part.value] += 1
        if outcome.decision is not None:
            decision = outcome.decision
            follow_up = decision.follow_up.value if decision.follow_up else "-"
            self.categories[decision.category.value, decision.notice.value, follow_up] += 1

    def show(self, report: "ReplayReport", here: Place, *, dry_run: bool, delivered: bool) -> None:
        from rich.text import Text

        from pipeline.cli.explain_view import CATEGORY_STYLE
        from pipeline.cli.terminal import console, table
        from pipeline.domain.reading import Category
        from pipeline.domain.reasons import REASONS

        screen = console()
        order = [category.value for category in Category]
        rows = sorted(self.categories.items(), key=lambda item: (order.index(item[0][0]), item[0]))
        if rows:
            shown = [(Text(key[0], style=CATEGORY_STYLE[Category(key[0])]), key[1], key[2], number) for key, number in rows]
            screen.print(table("Reports", ("category", "notice", "follow-up", "count"), shown))
            screen.print()
        rest = [("V/Q images", "", self.outcomes["study"])] if self.outcomes["study"] else []
        rest += [("not for us", _said(code, REASONS), number) for code, number in self.not_for_us.most_common()]
        rest += [("rejected", _said(code, REASONS), number) for code, number in self.rejected.most_common()]
        if rest:
            screen.print(table("Everything else", ("what", "why", "count"), rest))
            screen.print()
        messages = sum(self.outcomes.values())
        again = f", {self.seen_before} of them seen before" if self.seen_before else ""
        screen.print(Text(f"{report.files} files, {messages} messages and images{again}."))
        for line in _ending(report, here, dry_run=dry_run, delivered=delivered):
            screen.print(Text(line))


def _said(code: str, reasons: dict[str, "Reason"]) -> str:
    return f"{code}: {reasons[code].meaning}" if code in reasons else code


def _ending(report: "ReplayReport", here: Place, *, dry_run: bool, delivered: bool) -> list[str]:
    """Where things are now."""
    if dry_run:
        return ["Dry run: nothing was kept."]
    if not delivered:
        return [f"Nothing was delivered (--no-deliver); {here.state} remembers what waits."]
    lines = [f"{report.sent} deliveries written." if report.sent else "Nothing new to deliver."]
    lines.append(f"Letters: {here.output / 'notices'}   Follow-ups: {here.output / 'followups'}")
    if report.counts["rejected"]:
        lines.append(f"Rejected files, each with its reason: {here.state / 'quarantine'}")
    if report.dead:
        lines.append(f"{report.dead} deliveries were given up: vqroute dead-letters")
    return lines
