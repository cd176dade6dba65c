"""Which waiting files have stopped changing; a few numbers a file, never its content."""

import math
from collections.abc import Callable
from typing import NamedTuple


class Sight(NamedTuple):
    """How a file looked, and since when (monotonic seconds) it has looked so."""

    size: int
    mtime_ns: int
    since: float


class Settling:
    """Remembers how each waiting file looked in the last look through its folder.

    Only differences of a monotonic clock count: the file server's clock may be wrong, and ours may be set. A look is
    bracketed by `begin` and `end`; a name that was not seen between the two is forgotten.

    Attributes:
        fresh: files of this look that were not there in the last one.
        news: those, and the ones that have changed.
        next_due: when the next one may be ready (monotonic seconds).
    """

    def __init__(self, settle_s: float, clock: Callable[[], float]) -> None:
        self._settle_s = settle_s
        self._clock = clock
        self._before: dict[str, Sight] = {}
        self._now: dict[str, Sight] = {}
        self.news = self.fresh = 0
        self.next_due = math.inf

    def __len__(self) -> int:
        return len(self._before)

    def __contains__(self, name: str) -> bool:
        return name in self._before

    def since(self, name: str) -> float | None:
        """Since when (monotonic seconds) a file has looked as it does; None if it is not known."""
        sight = self._now.get(name) or self._before.get(name)
        return sight.since if sight else None

    def begin(self) -> None:
        self._now = {}
        self.news = self.fresh = 0
        self.next_due = math.inf

    def look(self, name: str, size: int, mtime_ns: int) -> float | None:
        """Note a file; the seconds for which it has been unchanged once they are enough, else None.

        With `settle_s` 0 the first look is enough: the senders of such a folder rename whole files into place.
        """
        now = self._clock()
        sight = self._before.get(name)
        if sight is None or sight.size != size or sight.mtime_ns != mtime_ns:
            self.news += 1
            self.fresh += sight is None
            sight = Sight(size, mtime_ns, now)
        self._now[name] = sight
        age = now - sight.since
        if age >= self._settle_s:
            return age
        self.wait_for(sight.since + self._settle_s)
        return None

    def remember(self, name: str, size: int, mtime_ns: int) -> None:
        """Note a file that need not be looked at: it stays known and is no news."""
        self._now[name] = self._before.get(name) or Sight(size, mtime_ns, self._clock())

    def wait_for(self, due: float) -> None:
        """A look is wanted at this monotonic time at the latest."""
        self.next_due = min(self.next_due, due)

    def forget(self, name: str) -> None:
        """The file is gone from the folder."""
        self._now.pop(name, None)

    def end(self) -> None:
        self._before, self._now = self._now, {}

    def abandon(self) -> None:
        """The look was cut short: keep what is known of the names that were not reached."""
        self._before |= self._now
        self._now = {}
