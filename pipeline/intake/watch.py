"""Wakes the scan when something happens in a folder; losing every event costs only time."""

import logging
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from watchdog.events import (
    DirCreatedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer

from pipeline.intake.names import CLAIMS

if TYPE_CHECKING:
    from watchdog.observers.api import BaseObserver

logging.getLogger("watchdog").addHandler(logging.NullHandler())  # its messages hold file names
logging.getLogger("watchdog").propagate = False
_EVENTS: list[type[FileSystemEvent]] = [FileCreatedEvent, FileMovedEvent, FileClosedEvent, DirCreatedEvent, DirMovedEvent]


class _Wake(FileSystemEventHandler):
    def __init__(self, folder: Path, wake: Callable[[], None]) -> None:
        self._own = os.fspath(folder / CLAIMS)
        self._wake = wake

    def dispatch(self, event: FileSystemEvent) -> None:
        # Our own claims are renames too: a file that goes into the claim folder is no news.
        if not os.fsdecode(event.dest_path or event.src_path).startswith(self._own):
            self._wake()


class Watch:
    """Events of one folder and all below it, while armed.

    watchdog drops events in a burst without telling us, keeps quiet when its thread dies, and follows a folder's inode, not
    its path; so the owner arms it anew whenever the folder is another one, and never relies on it.
    """

    def __init__(self, folder: Path, wake: Callable[[], None]) -> None:
        self._folder = folder
        self._wake = wake
        self._observer: BaseObserver | None = None
        self._inode: tuple[int, int] | None = None

    @property
    def armed(self) -> bool:
        observer = self._observer
        return observer is not None and observer.is_alive() and bool(observer.emitters) and all(e.is_alive() for e in observer.emitters)

    def fits(self, status: os.stat_result) -> bool:
        """Whether it is armed on this very folder, not on one that was renamed or deleted since."""
        return self.armed and self._inode == (status.st_dev, status.st_ino)

    def arm(self, status: os.stat_result) -> None:
        """Begin to watch. Raises OSError where the system has no watches left or the folder is gone."""
        self.drop()
        observer = Observer()
        observer.daemon = True
        observer.schedule(_Wake(self._folder, self._wake), os.fspath(self._folder), recursive=True, event_filter=_EVENTS)
        observer.start()
        self._observer, self._inode = observer, (status.st_dev, status.st_ino)

    def drop(self) -> None:
        """Stop watching: in a burst the reader of events only competes with the reader of files."""
        observer, self._observer, self._inode = self._observer, None, None
        if observer is not None:
            with suppress(RuntimeError, OSError):
                observer.stop()
                if observer.is_alive() and observer is not threading.current_thread():
                    observer.join(5.0)
