"""The files under the paths that somebody names on a command line, in an order that is the same everywhere."""

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from pipeline.errors import Misconfigured, Problem
from pipeline.intake.names import is_companion


def files_under(paths: Iterable[Path]) -> list[Path]:
    """Every input file, each once, sorted by the bytes of its path.

    Folders are walked to the bottom; dotfiles and dot-folders in them, `*.expected.json` and README files are left out. A
    link to a file counts as the file (data sets are often trees of links); a link to a folder is not followed, so that a
    loop cannot hold us. Pipes, sockets and devices are left out.

    Raises:
        Misconfigured: a path does not exist or cannot be listed; all such paths are named.
    """
    found: set[str] = set()
    problems: list[Problem] = []
    for path in paths:
        try:
            mode = path.stat().st_mode
            if stat.S_ISDIR(mode):
                found.update(_below(os.fspath(path)))
            elif stat.S_ISREG(mode):
                if not is_companion(path.name):
                    found.add(os.fspath(path))
            else:
                problems.append(Problem(str(path), 0, "neither a file nor a folder"))
        except OSError as error:
            problems.append(Problem(str(path), 0, "no such file or folder" if isinstance(error, FileNotFoundError) else "cannot be read"))
    if problems:
        raise Misconfigured(problems)
    return [Path(path) for path in sorted(found, key=os.fsencode)]


def _below(folder: str) -> Iterator[str]:
    pending = [folder]
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
                elif _is_file(entry) and not is_companion(entry.name):
                    yield entry.path


def _is_file(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_file()
    except OSError:
        # A link that leads to itself is no more a file than one that leads nowhere, and must not stop the others.
        return False
