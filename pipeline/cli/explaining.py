"""`vqroute explain`: what would happen to each message, and why."""

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.failures import DONE, ENVIRONMENT, REJECTED, complain
from pipeline.cli.options import ConfigOption, JsonOption, OutputOption, StateOption, place

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.explain import Explained


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
    config: ConfigOption = None,
    state: StateOption = None,
    output: OutputOption = None,
) -> None:
    """Say what would happen to each message in each file, and why. Nothing is written."""
    here = place(config, state, output)

    from pipeline.config.vocabulary import vocabulary_of
    from pipeline.explain import Explainer
    from pipeline.intake.taking import take
    from pipeline.intake.walk import files_under

    started = datetime.now(UTC)
    explainer = Explainer(here.config, vocabulary_of(here.config), started)
    files = files_under(paths)
    show = _as_line if as_json else _as_panel(here.config)
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
            show(one)
    raise typer.Exit(code)


def _as_line(one: "Explained") -> None:
    sys.stdout.write(json.dumps(one.as_row()) + "\n")


def _as_panel(config: "Config") -> Callable[["Explained"], None]:
    from pipeline.cli.explain_view import panel
    from pipeline.cli.terminal import console

    screen, zone = console(wide=120), config.site.zone
    return lambda one: screen.print(panel(one, zone))
