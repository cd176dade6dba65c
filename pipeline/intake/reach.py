"""Whether an inbox is there, on the file system it was on, and whether it tells us when something happens in it."""

import errno
import os
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from pipeline import telemetry
from pipeline.intake.mounts import Mount, mount_of
from pipeline.intake.watch import Watch

_BURST = 256
_REARM_S = 60.0


class Reach:
    """One folder. Says once that it is lost and once that it is back; keeps the watch on the folder that is there now.

    Attributes:
        reachable: whether the last check found it.
        mode: `events` or `poll`, as decided for the file system it is on; empty before the first check.
    """

    def __init__(
        self,
        path: Path,
        label: str,
        wanted: Literal["auto", "events", "poll"],
        wake: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
        mounted: Callable[[Path], Mount] = mount_of,
    ) -> None:
        self.path, self.label = path, label
        self.reachable = True
        self.mode: Literal["", "events", "poll"] = ""
        self._wanted, self._clock, self._mounted = wanted, clock, mounted
        self._watch = Watch(path, wake)
        self._no_watch_before = 0.0
        self._mount: Mount | None = None
        self._inode: tuple[int, int] | None = None
        self._status: os.stat_result | None = None

    def check(self) -> bool:
        """Look at the folder itself; True if it can be looked through. A changed identity means that it is another folder now."""
        try:
            status = self.path.stat()
            if not stat.S_ISDIR(status.st_mode):
                raise NotADirectoryError(errno.ENOTDIR, "not a folder")
            inode = (status.st_dev, status.st_ino)
            if inode != self._inode:
                self._meet(inode)
        except OSError as error:
            self.lost(error)
            return False
        self._status = status
        if not self.reachable:
            self.reachable = True
            telemetry.emit("scan.recovered", folder=self.label)
        return True

    def lost(self, error: OSError) -> None:
        """It could not be looked through."""
        self._watch.drop()
        if self.reachable:
            self.reachable = False
            telemetry.emit("scan.failed", folder=self.label, error=type(error).__name__)

    def watching(self) -> bool:
        """Whether events would have woken us for a file that came since the last look."""
        return self._status is not None and self._watch.fits(self._status)

    def tend(self, news: int) -> bool:
        """After a look that found `news` files: hold the watch or let it go; True if it was armed just now, so look again.

        In a burst it is let go, because its thread only competes with ours, and armed again after a look that finds little.
        """
        if self.mode != "events" or self._status is None:
            return False
        if news > _BURST:
            self._watch.drop()
            return False
        if self._watch.fits(self._status) or self._clock() < self._no_watch_before:
            return False
        try:
            self._watch.arm(self._status)
        except OSError as error:
            self._no_watch_before = self._clock() + _REARM_S
            telemetry.emit("watch.failed", folder=self.label, error=type(error).__name__)
            return False
        return True

    def close(self) -> None:
        self._watch.drop()

    def _meet(self, inode: tuple[int, int]) -> None:
        mount = self._mounted(self.path)
        if self._mount is not None and len(mount.point) < len(self._mount.point):
            # The bare mount point shows through: what is put there now would vanish behind the share when it comes back.
            raise FileNotFoundError(errno.ENOENT, "not mounted")
        self._mount, self._inode = mount, inode
        mode: Literal["events", "poll"] = "events" if self._wanted == "events" or (self._wanted == "auto" and mount.tells) else "poll"
        if mode != self.mode:
            self.mode = mode
            telemetry.emit("watch.chosen", folder=self.label, mode=mode, file_system=mount.kind or "unknown")
