"""Options that many commands share, and the settings that they lead to."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pipeline.config import Config

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        envvar="VQROUTE_CONFIG",
        help="The site's settings; without it config/site.toml, and without that the packaged demo.",
        show_default=False,
    ),
]
StateOption = Annotated[
    Path | None,
    typer.Option(
        "--state",
        metavar="DIR",
        envvar="VQROUTE_STATE",
        help="Ledger, archive and quarantine; without it the folder of the settings.",
        show_default=False,
    ),
]
OutputOption = Annotated[
    Path | None,
    typer.Option(
        "--output",
        metavar="DIR",
        envvar="VQROUTE_OUTPUT",
        help="What the folder destination writes; without it the folder of the settings.",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
ByOption = Annotated[str, typer.Option("--by", metavar="WHO", help="Your name, for the audit trail.")]


@dataclass(frozen=True, slots=True)
class Place:
    """The checked configuration and the two folders that a command works on."""

    config: "Config"
    state: Path
    output: Path


def place(config: Path | None, state: Path | None, output: Path | None, *, sends: bool = False) -> Place:
    """Read the configuration; options win over it.

    Args:
        sends: the command may send letters, so in live mode everything must be settled and signed. Others work without: a list
            must be seen, and letters must be stoppable, above all when something is wrong.

    Raises:
        errors.Misconfigured: with every problem.
    """
    from pipeline.config import read
    from pipeline.domain.policy import Mode
    from pipeline.errors import Misconfigured

    loaded = read(config)
    if sends:
        problems = loaded.problems()
        if loaded.site.mode is Mode.LIVE:
            from pipeline.cli.signed import letter_problems

            problems += [*loaded.check_live(), *letter_problems(loaded, live=True)]
        if problems:
            raise Misconfigured(problems)
    return Place(loaded, state or loaded.folders.state, output or loaded.folders.output)


def examples(*lines: str) -> str:
    """The end of a command's help: one-line examples."""
    return "Examples:\n\n" + "\n\n".join(f"  {line}" for line in lines)
