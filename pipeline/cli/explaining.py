"""`vqroute explain`: what would happen to each message, and why."""

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol

import typer

from pipeline.cli.failures import DONE, ENVIRONMENT, REJECTED, complain
from pipeline.cli.options import ConfigOption, JsonOption, OutputOption, StateOption, place

if TYPE_CHECKING:
    from pipeline.cli.explain_page import Shown
    from pipeline.cli.explain_trace import Event
    from pipeline.config import Config
    from pipeline.explain import Explained
    from pipeline.reading import Vocabulary


def explainer_of_files(config: "Config") -> Callable[[Path], list["Explained"]]:
    """A function that explains every message of one file; of a file that cannot be read any more, none."""
    from pipeline.config.vocabulary import vocabulary_of
    from pipeline.explain import Explainer
    from pipeline.intake.taking import take

    now = datetime.now(UTC)
    explainer = Explainer(config, vocabulary_of(config), now)

    def messages(path: Path) -> list["Explained"]:
        try:
            item, _ = take(str(path), source="explain", received_at=now, max_bytes=config.limits.max_file_bytes, follow_links=True)
        except OSError:
            return []
        return list(explainer.explain(item.content, str(path), item.arrivals))

    return messages


def explain(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files and folders.", show_default=False)],
    as_json: JsonOption = False,
    html: Annotated[
        Path | None,
        typer.Option(
            "--html",
            metavar="OUT",
            help="Write one page for people to this file instead: the reports in full, what each part of them was taken as, and why.",
            show_default=False,
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Let --html write over a file that is there.")] = False,
    trace: Annotated[bool, typer.Option("--trace", help="Also say every step of the reading, in order.")] = False,
    config: ConfigOption = None,
    state: StateOption = None,
    output: OutputOption = None,
) -> None:
    """Say what would happen to each message in each file, and why. Nothing is written but the page that --html names."""
    from pipeline.errors import Refused

    if as_json and (html or trace):
        raise Refused("--json is for programs, --html and --trace are for people: one at a time")
    here = place(config, state, output)
    if html:
        from pipeline.cli.written import may_write

        may_write(html, "--html", force=force)

    from pipeline.cli.explain_trace import Recorder
    from pipeline.config.vocabulary import vocabulary_of
    from pipeline.explain import Explainer
    from pipeline.intake.taking import take
    from pipeline.intake.walk import files_under
    from pipeline.reading.tracing import untraced

    started = datetime.now(UTC)
    vocabulary = vocabulary_of(here.config)
    recorder = Recorder()
    explainer = Explainer(here.config, vocabulary, started, untraced if as_json else recorder)
    # A page of an earlier run is no message.
    files = [file for file in files_under(paths) if html is None or file.resolve() != html.resolve()]
    view: _View = (
        _Lines() if as_json else _Page(here.config, vocabulary, trace=trace) if html else _Panels(here.config, vocabulary, trace=trace)
    )
    code = DONE
    for number, file in enumerate(files, start=1):
        try:
            item, _ = take(str(file), source="explain", received_at=started, max_bytes=here.config.limits.max_file_bytes, follow_links=True)
        except OSError as failure:
            # Which file it is, is said by its place in the list: a name may hold patient data.
            complain(f"file {number} of {len(files)} cannot be read ({type(failure).__name__})")
            code = ENVIRONMENT
            continue
        for one in explainer.explain(item.content, str(file), item.arrivals):
            if one.outcome == "rejected":
                code = max(code, REJECTED)
            view.show(one, recorder.take())
    view.end(html, force=force)
    raise typer.Exit(code)


class _View(Protocol):
    """Shows one message after the other; `end` comes after the last."""

    def show(self, one: "Explained", events: "list[Event]") -> None: ...

    def end(self, html: Path | None, *, force: bool) -> None: ...


class _Lines:
    def show(self, one: "Explained", _events: "list[Event]") -> None:
        sys.stdout.write(json.dumps(one.as_row()) + "\n")

    def end(self, _html: Path | None, *, force: bool) -> None:
        pass


class _Panels:
    def __init__(self, config: "Config", vocabulary: "Vocabulary", *, trace: bool) -> None:
        from pipeline.cli.explain_roles import Marker
        from pipeline.cli.terminal import console

        self._screen, self._zone = console(wide=120), config.site.zone
        self._marker, self._trace = Marker(vocabulary), trace

    def show(self, one: "Explained", events: "list[Event]") -> None:
        from pipeline.cli.explain_trace import doubts, steps
        from pipeline.cli.explain_view import panel, traced

        self._screen.print(panel(one, self._zone, self._marker, doubts(events)))
        if self._trace:
            self._screen.print(traced(steps(one, events)))

    def end(self, _html: Path | None, *, force: bool) -> None:
        pass


class _Page:
    def __init__(self, config: "Config", vocabulary: "Vocabulary", *, trace: bool) -> None:
        from pipeline.cli.explain_roles import Marker

        self._zone, self._vocabulary = config.site.zone, vocabulary.hash
        self._marker, self._trace = Marker(vocabulary), trace
        self._shown: list[Shown] = []

    def show(self, one: "Explained", events: "list[Event]") -> None:
        from pipeline.cli.explain_page import shown
        from pipeline.cli.explain_trace import doubts, steps

        told = steps(one, events) if self._trace else ()
        self._shown.append(shown(one, self._zone, self._marker, doubts(events), told))

    def end(self, html: Path | None, *, force: bool) -> None:
        from pipeline.cli.explain_page import page
        from pipeline.cli.written import write_whole

        assert html
        write_whole(html, page(self._shown, self._vocabulary), "--html", force=force)
        count = len(self._shown)
        sys.stdout.write(f"{count} message{'' if count == 1 else 's'} explained in {html}, which holds reports of patients (mode 0600).\n")
