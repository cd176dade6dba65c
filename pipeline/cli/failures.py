"""What a failure becomes on the command line: one sentence for an engineer and an exit code, never a traceback."""

import os
import sys
import traceback
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

from pipeline import errors

DONE, REJECTED, WRONG_USE, ENVIRONMENT = 0, 1, 2, 3
"""Exit codes. Source: shared design, section 8."""

_PACKAGE = Path(__file__).resolve().parent.parent


class Guarded(TyperGroup):
    """The group of all commands, with a net below it: nothing that a command raises reaches the user raw."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; turn what it raises into a sentence on stderr and an exit code."""
        try:
            return super().invoke(ctx)
        except (errors.VqrouteError, OSError, KeyboardInterrupt) as failure:
            code = _explained(failure)
        except (typer.Exit, typer.Abort):
            raise
        except Exception as failure:
            if type(failure).__module__.startswith(("click", "typer")):
                raise
            code = _unforeseen(failure)
        raise typer.Exit(code)


def complain(sentence: str) -> None:
    """One line on stderr."""
    sys.stderr.write(f"vqroute: {sentence}\n")


def _explained(failure: BaseException) -> int:
    if isinstance(failure, errors.Misconfigured):
        for problem in failure.problems:
            complain(str(problem))
        return WRONG_USE
    if isinstance(failure, errors.Refused):
        complain(str(failure))
        return WRONG_USE
    if isinstance(failure, BrokenPipeError):
        # Whoever read our output has gone (`| head`): nothing is wrong, and the interpreter must not say so at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    if isinstance(failure, KeyboardInterrupt):
        complain("stopped; what was finished is safe, the same command goes on from there")
        return 130
    if isinstance(failure, errors.EnvironmentFailed | errors.TryAgain):
        complain(str(failure) or "the environment failed; nothing was lost, try again")
        return ENVIRONMENT
    if isinstance(failure, OSError):
        # The message of an OSError holds file names; its number says enough.
        said = os.strerror(failure.errno) if failure.errno else type(failure).__name__
        complain(f"the system refused something: {said}{_place(failure)}")
        return ENVIRONMENT
    return _unforeseen(failure)


def _unforeseen(failure: BaseException) -> int:
    complain(f"a fault of vqroute itself ({type(failure).__name__}{_place(failure)}); please report it with this line. Nothing was lost.")
    return ENVIRONMENT


def _place(failure: BaseException) -> str:
    """Where in our own code it happened: a file of ours and a line, never a value."""
    ours = [frame for frame in traceback.extract_tb(failure.__traceback__) if Path(frame.filename).is_relative_to(_PACKAGE)]
    return f" at {Path(ours[-1].filename).relative_to(_PACKAGE)}:{ours[-1].lineno}" if ours else ""
