"""Whether a file in a folder is whole: quiet, the same in two looks, and of a complete shape; or past the site's patience."""

import os
from collections.abc import Callable

from pipeline.intake.probe import Probe, probe
from pipeline.intake.settling import Settling


class Gate:
    """Asked about each file of a folder in each look, between `begin` and `end` (or `abandon`).

    Attributes:
        unreadable: files of this look that may not be opened.
    """

    def __init__(self, settle_s: float, give_up_s: float, clock: Callable[[], float]) -> None:
        self.settling = Settling(settle_s, clock)
        self.unreadable = 0
        self._give_up_s = give_up_s
        self._clock = clock
        self._partial: dict[str, tuple[int, int]] = {}

    def begin(self) -> None:
        self.settling.begin()
        self.unreadable = 0

    def passes(self, path: str, status: os.stat_result) -> bool:
        """Whether to take the file now."""
        age = self.settling.look(path, status.st_size, status.st_mtime_ns)
        if age is None:
            return False
        state = (status.st_size, status.st_mtime_ns)
        if self._partial.get(path) != state:
            try:
                if probe(path) is not Probe.PARTIAL:
                    self._partial.pop(path, None)
                    return True
            except FileNotFoundError:
                return False
            except OSError:
                self.unreadable += 1
                return False
            self._partial[path] = state
        if age >= self._give_up_s:
            del self._partial[path]
            return True
        self.settling.wait_for(self._clock() + self._give_up_s - age)
        return False

    def out_of_patience(self, path: str) -> bool:
        """Whether the file has been unchanged for so long that it goes on whatever it looks like."""
        since = self.settling.since(path)
        return since is not None and self._clock() - since >= self._give_up_s

    def end(self) -> None:
        self.settling.end()
        self._partial = {path: state for path, state in self._partial.items() if path in self.settling}

    def abandon(self) -> None:
        self.settling.abandon()
