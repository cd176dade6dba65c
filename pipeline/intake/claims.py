"""Claims: a file belongs to the instance into whose folder it was renamed, until that instance's heart stops."""

import errno
import os
from pathlib import Path

from pipeline.intake.names import CLAIMS

_HEART = "heartbeat"


class Claims:
    """The folder `<inbox>/.vqroute/<instance>/` of one instance.

    It lies in the inbox because a rename is atomic within one file system only. Claimed files get new names: the sender's
    name may be as long as names can be, may hold anything, and says who the patient is. A rename replaces what has the name
    already, so each process has a prefix of its own and counts: no two claims ever share a name, whatever an earlier process
    left here. Heartbeats are compared by the file server's clock alone, so that machines with different clocks may share an inbox.
    """

    def __init__(self, inbox: Path, instance: str) -> None:
        self.folder = inbox / CLAIMS / instance
        self._heart = self.folder / _HEART
        self._prefix = os.urandom(8).hex()
        self._count = 0

    def open(self) -> None:
        """Make the folder if need be.

        Raises:
            OSError: the inbox is read-only, or gone.
        """
        self.folder.parent.mkdir(mode=0o700, exist_ok=True)
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self.beat()

    def beat(self) -> None:
        """Show that we live. Raises OSError where the folder cannot be written."""
        self._heart.touch(mode=0o600)

    def claim(self, path: str) -> str | None:
        """Make a file ours; its new path, or None if it is gone: its sender or another instance was faster.

        Raises:
            OSError: it cannot be renamed (EXDEV: it lies on another file system below the inbox; EROFS, EACCES ...).
        """
        self._count += 1
        target = os.fspath(self.folder / f"{self._prefix}-{self._count:09d}")
        try:
            os.rename(path, target)  # noqa: PTH104 - once a file
        except FileNotFoundError:
            if self.folder.is_dir():
                return None
            self.open()
            return self.claim(path)
        return target

    def held(self) -> list[str]:
        """What lies in our folder: what a crash or a failed move left."""
        try:
            return sorted(_files_in(self.folder))
        except FileNotFoundError:
            return []

    def take_over(self, expiry_s: float) -> int:
        """Claim what instances hold whose last heartbeat is older than `expiry_s` seconds; the number of files.

        Raises:
            OSError: the claim folders cannot be read.
        """
        self.beat()
        now = self._heart.stat().st_mtime
        taken = 0
        with os.scandir(self.folder.parent) as others:
            names = [entry.name for entry in others if entry.is_dir(follow_symlinks=False) and entry.name != self.folder.name]
        for name in names:
            folder = self.folder.parent / name
            if now - _last_beat(folder) > expiry_s:
                taken += self._empty(folder)
        return taken

    def _empty(self, folder: Path) -> int:
        taken = sum(self.claim(path) is not None for path in _files_in(folder))
        try:
            (folder / _HEART).unlink(missing_ok=True)
            folder.rmdir()
        except OSError as error:
            # Its owner is back, or somebody put something there: it is theirs.
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT):
                raise
        return taken


def _files_in(folder: Path) -> list[str]:
    with os.scandir(folder) as entries:
        return [entry.path for entry in entries if entry.name != _HEART and entry.is_file(follow_symlinks=False)]


def _last_beat(folder: Path) -> float:
    try:
        return (folder / _HEART).stat().st_mtime
    except FileNotFoundError:
        return folder.stat().st_mtime
