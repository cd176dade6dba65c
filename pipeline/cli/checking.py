"""`vqroute check-config` and `vqroute version`."""

import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.comparing import show_changes
from pipeline.cli.failures import WRONG_USE, complain
from pipeline.cli.options import ConfigOption, JsonOption, OutputOption, StateOption
from pipeline.cli.signed import letter_problems, signatures

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.errors import Problem


def check_config(
    live: Annotated[bool, typer.Option("--live", help="Also say what keeps this site from live mode.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    state: StateOption = None,
    output: OutputOption = None,
) -> None:
    """Check the whole configuration and say every problem at once, with file and line.

    A site with a vocabulary of its own is also told which of the known reports (invented ones, which come with vqroute) it reads
    otherwise than the packaged vocabulary, the dangerous directions first. That informs and is no problem: the exit code stays 0.
    """
    from pipeline.config import read
    from pipeline.domain.policy import Mode
    from pipeline.errors import Misconfigured

    try:
        loaded = read(config)
    except Misconfigured as failure:
        _tell(failure.problems, as_json=as_json)
        raise typer.Exit(WRONG_USE) from None
    strict = live or loaded.site.mode is Mode.LIVE
    before_live = [*loaded.check_live(), *letter_problems(loaded, live=True)]
    folders = _folder_problems(loaded, state, output)
    found = [*loaded.problems(), *folders, *vocabulary_problems(loaded), *(before_live if strict else letter_problems(loaded, live=False))]
    _tell(found, as_json=as_json)
    if found:
        raise typer.Exit(WRONG_USE)
    show_changes(loaded, as_json=as_json)
    if not as_json:
        sys.stdout.write(f"{loaded.file}: no problems; mode {loaded.site.mode.value}\n")
        sys.stdout.write("".join(f"{line}\n" for line in signatures(loaded)))
        if before_live and not strict:
            sys.stdout.write(f"{len(before_live)} things to settle before live mode; `vqroute check-config --live` lists them\n")


def _folder_problems(config: "Config", state: Path | None, output: Path | None) -> list["Problem"]:
    """Folders that are something else. Those that are missing are made when they are needed."""
    from pipeline.errors import Problem

    wanted = [*config.folders.inbox, state or config.folders.state, output or config.folders.output]
    return [Problem(str(folder), 0, "this must be a folder") for folder in wanted if folder.exists() and not folder.is_dir()]


def vocabulary_problems(config: "Config") -> list["Problem"]:
    """What is wrong with the phrases, whose examples are run as they are read."""
    from pipeline.config.vocabulary import vocabulary_of
    from pipeline.errors import Misconfigured

    try:
        vocabulary_of(config)
    except Misconfigured as failure:
        return failure.problems
    return []


def _tell(problems: list["Problem"], *, as_json: bool) -> None:
    import json

    for problem in problems:
        if as_json:
            sys.stdout.write(json.dumps({"file": problem.file, "line": problem.line, "message": problem.message}) + "\n")
        else:
            complain(str(problem))


def version() -> None:
    """Say which version this is, and of what it is made."""
    import sqlite3

    from pipeline import __version__

    library = sqlite3.sqlite_version
    try:
        import pysqlite3.dbapi2 as bundled

        library = bundled.sqlite_version
    except ImportError:
        pass
    sys.stdout.write(f"vqroute {__version__} (Python {platform.python_version()}, SQLite {library}, {platform.system()})\n")
